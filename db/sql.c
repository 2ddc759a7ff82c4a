#include "sql.h"

#include <apr_file_info.h>
#include <apr_strings.h>
#include <apr_time.h>
#include <sqlite3.h>

/* Writers wait longer: for other writers, an apply that lets httpd test, and slow readers. Who watches
 * looks again soon anyway. */
#define BUSY_MILLISECONDS 5000
#define BUSY_MILLISECONDS_WRITER 20000
#define NAP_MILLISECONDS 10
#define BUSY_MILLISECONDS_WATCH 100
#define INSTRUCTIONS 20000      /* of SQLite's between two times that somebody is told: a millisecond or two */

struct lync_sql_t {
    sqlite3 *handle;
    const char *path;
    int patience;               /* milliseconds to wait for a lock */
    lync_stmt_t *statements;    /* the latest of those that are not finalized */
    apr_pool_t *pool;
    lync_progress_fn *progress; /* or NULL */
};

struct lync_stmt_t {
    sqlite3_stmt *handle;       /* NULL: finalized */
    lync_sql_t *db;
    lync_stmt_t *next;          /* of the database's */
    lync_stmt_t **place;        /* of the pointer to this one */
};

static apr_status_t finalize(void *data)
{
    lync_stmt_t *stmt = data;

    if (!stmt->handle)
        return APR_SUCCESS;
    sqlite3_finalize(stmt->handle);
    stmt->handle = NULL;
    *stmt->place = stmt->next;
    if (stmt->next)
        stmt->next->place = stmt->place;
    return APR_SUCCESS;
}

/* Statements in pools that live longer would keep the file open: in httpd's parent, which forks. */
static apr_status_t close_database(void *data)
{
    lync_sql_t *db = data;

    while (db->statements)
        finalize(db->statements);
    sqlite3_close_v2(db->handle);
    db->handle = NULL;
    return APR_SUCCESS;
}

static int has_moved(const lync_sql_t *db)
{
    int moved = 0;

    return sqlite3_file_control(db->handle, "main", SQLITE_FCNTL_HAS_MOVED, &moved) == SQLITE_OK && moved;
}

const lync_err_t *lync_sql_replaced(const lync_sql_t *db, apr_pool_t *p)
{
    return has_moved(db) ? lync_err(p, "store '%s' was replaced meanwhile: try again", db->path) : NULL;
}

void lync_sql_tell(const lync_sql_t *db, const char *what, int done, int total)
{
    if (db->progress)
        db->progress(what, done, total);
}

/* Anything but 0 would interrupt the statement. */
static int go_on(void *data)
{
    lync_sql_tell(data, NULL, 0, 0);
    return 0;
}

void lync_sql_progress(lync_sql_t *db, lync_progress_fn *progress)
{
    db->progress = progress;
    sqlite3_progress_handler(db->handle, INSTRUCTIONS, progress ? go_on : NULL, db);
}

lync_progress_fn *lync_sql_progress_of(const lync_sql_t *db)
{
    return db->progress;
}

/* A writer that waits would, once the lock of a file that was replaced is free, take the journal of who writes the
 * new one for its own. */
static int wait_for_lock(void *data, int count)
{
    const lync_sql_t *db = data;

    if (count >= db->patience / NAP_MILLISECONDS || has_moved(db))
        return 0;
    lync_sql_tell(db, "waiting for another process to leave the store", 0, 0);
    apr_sleep(apr_time_from_msec(NAP_MILLISECONDS));
    return 1;
}

/* The system's reason where there is one: SQLite's says no more than that it failed. */
static const char *reason_of(sqlite3 *handle, int rc, apr_pool_t *p)
{
    char reason[120];

    if (!handle || !sqlite3_system_errno(handle) || (rc != SQLITE_IOERR && rc != SQLITE_CANTOPEN))
        return sqlite3_errstr(rc);
    return apr_pstrdup(p, apr_strerror(APR_FROM_OS_ERROR(sqlite3_system_errno(handle)), reason, sizeof(reason)));
}

static const lync_err_t *no_permission(const lync_sql_t *db, apr_pool_t *p)
{
    return lync_err(p, "cannot write store '%s': no write permission on it or its directory", db->path);
}

static const lync_err_t *left_undone(const lync_sql_t *db, apr_pool_t *p)
{
    return lync_err(p, "store '%s' was left half written by a process that was killed: any lyncadm command that edits "
                    "it mends it", db->path);
}

static const lync_err_t *failed(const lync_sql_t *db, apr_pool_t *p)
{
    int code = sqlite3_errcode(db->handle);

    if (code == SQLITE_BUSY || code == SQLITE_READONLY)
        LYNC_TRY(lync_sql_replaced(db, p));
    if (sqlite3_extended_errcode(db->handle) == SQLITE_READONLY_ROLLBACK)
        return left_undone(db, p);
    switch (code) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return lync_err(p, "store '%s' is locked by another process: try again when it is done", db->path);
    case SQLITE_FULL:
        return lync_err(p, "cannot write store '%s': disk is full", db->path);
    case SQLITE_READONLY:
        return no_permission(db, p);
    case SQLITE_NOTADB:
        return lync_err(p, "cannot read store '%s': file is not a database", db->path);
    case SQLITE_IOERR:
        return lync_err(p, "cannot read or write store '%s': %s", db->path, reason_of(db->handle, code, p));
    default:
        return lync_err(p, "store '%s': %s", db->path, sqlite3_errmsg(db->handle));
    }
}

/* A writer that was killed leaves a journal which the next one to open the file rolls back. Who
 * opens it to read cannot, and fails at its first look. */
static int is_left_undone(const lync_sql_t *db)
{
    int rc = sqlite3_exec(db->handle, "PRAGMA user_version", NULL, NULL, NULL);

    return rc != SQLITE_OK && sqlite3_extended_errcode(db->handle) == SQLITE_READONLY_ROLLBACK;
}

static const lync_err_t *roll_back(const lync_sql_t *db, apr_pool_t *p)
{
    sqlite3 *writer = NULL;
    int rc = sqlite3_open_v2(db->path, &writer, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);

    if (rc == SQLITE_OK) {
        sqlite3_busy_timeout(writer, BUSY_MILLISECONDS);
        rc = sqlite3_exec(writer, "PRAGMA user_version", NULL, NULL, NULL);
    }
    sqlite3_close(writer);
    if (rc == SQLITE_OK)
        return NULL;
    return lync_err(p, "store '%s' was left half written by a process that was killed, and cannot be mended: %s: run "
                    "any lyncadm command that edits it, as a user who may", db->path, sqlite3_errstr(rc));
}

static int busy_milliseconds(lync_sql_mode_t mode)
{
    switch (mode) {
    case LYNC_SQL_READ:
        return BUSY_MILLISECONDS;
    case LYNC_SQL_WRITE:
        return BUSY_MILLISECONDS_WRITER;
    case LYNC_SQL_WATCH:
        return BUSY_MILLISECONDS_WATCH;
    }
    return 0;
}

const lync_err_t *lync_sql_open(lync_sql_t **result, const char *path, lync_sql_mode_t mode, apr_pool_t *p)
{
    lync_sql_t *db = apr_pcalloc(p, sizeof(*db));
    int flags = (mode == LYNC_SQL_WRITE ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY) | SQLITE_OPEN_NOMUTEX;
    apr_finfo_t info;
    int rc;

    db->path = apr_pstrdup(p, path);
    db->pool = p;
    if (apr_stat(&info, path, APR_FINFO_TYPE, p) == APR_SUCCESS && info.filetype != APR_REG)
        return lync_err(p, "cannot open store '%s': it is no file", db->path);      /* a pipe is opened for ever */
    rc = sqlite3_open_v2(path, &db->handle, flags, NULL);
    apr_pool_cleanup_register(p, db, close_database, apr_pool_cleanup_null);
    if (rc != SQLITE_OK)
        return lync_err(p, "cannot open store '%s': %s", db->path, reason_of(db->handle, rc, p));
    /* SQLite opens a file that may only be read so, and locks nothing then */
    if (mode == LYNC_SQL_WRITE && sqlite3_db_readonly(db->handle, "main"))
        return no_permission(db, p);
    sqlite3_extended_result_codes(db->handle, 0);
    db->patience = busy_milliseconds(mode);
    sqlite3_busy_handler(db->handle, wait_for_lock, db);
    /* the file may be an attacker's: its triggers and views get no functions with side effects */
    sqlite3_db_config(db->handle, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    sqlite3_db_config(db->handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    if (mode != LYNC_SQL_WRITE && is_left_undone(db))
        LYNC_TRY(mode == LYNC_SQL_WATCH ? left_undone(db, p) : roll_back(db, p));
    *result = db;
    return lync_sql_exec(db, "PRAGMA foreign_keys = ON", p);
}

const lync_err_t *lync_sql_exec(lync_sql_t *db, const char *sql, apr_pool_t *p)
{
    if (sqlite3_exec(db->handle, sql, NULL, NULL, NULL) != SQLITE_OK)
        return failed(db, p);
    return NULL;
}

const lync_err_t *lync_sql_prepare(lync_stmt_t **result, lync_sql_t *db, const char *sql, apr_pool_t *p)
{
    lync_stmt_t *stmt = apr_pcalloc(p, sizeof(*stmt));

    stmt->db = db;
    if (sqlite3_prepare_v2(db->handle, sql, -1, &stmt->handle, NULL) != SQLITE_OK)
        return failed(db, p);
    stmt->next = db->statements;
    stmt->place = &db->statements;
    if (stmt->next)
        stmt->next->place = &stmt->next;
    db->statements = stmt;
    apr_pool_cleanup_register(p, stmt, finalize, apr_pool_cleanup_null);
    *result = stmt;
    return NULL;
}

void lync_stmt_bind_text(lync_stmt_t *stmt, int index, const char *value)
{
    sqlite3_bind_text(stmt->handle, index, value, -1, SQLITE_STATIC);
}

void lync_stmt_bind_int(lync_stmt_t *stmt, int index, int value)
{
    sqlite3_bind_int(stmt->handle, index, value);
}

const lync_err_t *lync_stmt_step(lync_stmt_t *stmt, int *row, apr_pool_t *p)
{
    const lync_err_t *err = NULL;
    int rc = sqlite3_step(stmt->handle);

    *row = rc == SQLITE_ROW;
    if (rc != SQLITE_ROW) {
        if (rc != SQLITE_DONE)
            err = failed(stmt->db, p);
        sqlite3_reset(stmt->handle);
    }
    return err;
}

const char *lync_stmt_text(lync_stmt_t *stmt, int index, apr_pool_t *p)
{
    const unsigned char *value = sqlite3_column_text(stmt->handle, index);

    return value ? apr_pstrmemdup(p, (const char *)value, sqlite3_column_bytes(stmt->handle, index)) : NULL;
}

int lync_stmt_int(lync_stmt_t *stmt, int index)
{
    return sqlite3_column_int(stmt->handle, index);
}

void lync_stmt_end(lync_stmt_t *stmt)
{
    sqlite3_reset(stmt->handle);
}

const lync_err_t *lync_sql_int(lync_sql_t *db, const char *sql, int *value, apr_pool_t *p)
{
    lync_stmt_t *stmt;
    int row;

    *value = 0;
    LYNC_TRY(lync_sql_prepare(&stmt, db, sql, p));
    LYNC_TRY(lync_stmt_step(stmt, &row, p));
    if (!row)
        return lync_err(p, "store '%s': no answer to '%s'", db->path, sql);
    *value = lync_stmt_int(stmt, 0);
    lync_stmt_end(stmt);
    return NULL;
}

const lync_err_t *lync_sql_text(lync_sql_t *db, const char *sql, const char **text, apr_pool_t *p)
{
    lync_stmt_t *stmt;
    int row;

    LYNC_TRY(lync_sql_prepare(&stmt, db, sql, p));
    LYNC_TRY(lync_stmt_step(stmt, &row, p));
    *text = row ? lync_stmt_text(stmt, 0, p) : NULL;
    lync_stmt_end(stmt);
    return NULL;
}

const lync_err_t *lync_sql_backup(lync_sql_t *db, const char *path, apr_pool_t *p)
{
    sqlite3 *copy;
    sqlite3_backup *backup;
    const lync_err_t *err = NULL;
    int rc = sqlite3_open(path, &copy);

    if (rc == SQLITE_OK) {
        backup = sqlite3_backup_init(copy, "main", db->handle, "main");
        if (backup) {
            sqlite3_backup_step(backup, -1);
            sqlite3_backup_finish(backup);
        }
        rc = sqlite3_errcode(copy);
    }
    /* in the mode of a store: one in WAL mode would have a part of it in another file, which a rename loses */
    if (rc == SQLITE_OK)
        rc = sqlite3_exec(copy, "PRAGMA journal_mode = DELETE", NULL, NULL, NULL);
    if (rc != SQLITE_OK)
        err = lync_err(p, "cannot copy store '%s': %s", db->path, reason_of(copy, rc, p));
    sqlite3_close(copy);
    return err;
}

int lync_sql_damaged(const lync_sql_t *db)
{
    int code = sqlite3_errcode(db->handle);

    return code == SQLITE_NOTADB || code == SQLITE_CORRUPT;
}

const char *lync_sql_path(const lync_sql_t *db)
{
    return db->path;
}
