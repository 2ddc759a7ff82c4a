#include "store_private.h"

#include <apr_file_io.h>
#include <apr_strings.h>
#include <stdlib.h>

/* "Lync": what PRAGMA application_id in schema.sql sets */
#define APPLICATION_ID 0x4c796e63

#define LAST_SECOND 253402300799LL      /* of the year 9999: what a person can be told */

const char lync_schema_sql[] = {
#include "schema.sql.h"
    , 0
};

static lync_store_t *new_store(apr_pool_t *p)
{
    lync_store_t *store = apr_pcalloc(p, sizeof(*store));

    store->pool = p;
    return store;
}

/* O_EXCL decides who creates when two do it at once; a half-made store is removed. */
const lync_err_t *lync_store_create(lync_store_t **result, const char *path, apr_pool_t *p)
{
    lync_store_t *store = new_store(p);
    const lync_err_t *err;
    apr_file_t *file;
    apr_status_t rv;
    char reason[120];

    rv = apr_file_open(&file, path, APR_WRITE | APR_CREATE | APR_EXCL, LYNC_STORE_MODE, p);
    if (rv != APR_SUCCESS)
        return lync_err(p, "cannot create store '%s': %s", path, apr_strerror(rv, reason, sizeof(reason)));
    apr_file_close(file);
    err = lync_sql_open(&store->db, path, LYNC_SQL_WRITE, p);
    if (!err)
        err = lync_sql_exec(store->db, "PRAGMA journal_mode = DELETE; BEGIN IMMEDIATE", p);
    if (!err)
        err = lync_sql_exec(store->db, lync_schema_sql, p);
    if (!err)
        err = lync_sql_exec(store->db, "COMMIT", p);
    if (err) {
        apr_file_remove(path, p);
        return err;
    }
    store->version = LYNC_SCHEMA_VERSION;
    *result = store;
    return NULL;
}

/* What a file is: no store at all, of another version, or ours. */
static const lync_err_t *identify(lync_store_t *store, int *version, apr_pool_t *p)
{
    int application_id;

    LYNC_TRY(lync_sql_int(store->db, "PRAGMA application_id", &application_id, p));
    if (application_id != APPLICATION_ID)
        return lync_err(p, "cannot read store '%s': it is no store of lyncadm", lync_store_path(store));
    LYNC_TRY(lync_sql_int(store->db, "PRAGMA user_version", version, p));
    if (*version > LYNC_SCHEMA_VERSION)
        return lync_err(p, "cannot read store '%s': its schema version %d is newer than %d, the newest that this "
                        "program knows: install a newer mod_lync", lync_store_path(store), *version,
                        LYNC_SCHEMA_VERSION);
    store->version = *version;
    if (*version < 1)
        return lync_err(p, "cannot read store '%s': it has no schema version", lync_store_path(store));
    return NULL;
}

const lync_err_t *lync_store_open_mode(lync_store_t **result, const char *path, lync_sql_mode_t mode, apr_pool_t *p)
{
    lync_store_t *store = new_store(p);
    int version;

    LYNC_TRY(lync_sql_open(&store->db, path, mode, p));
    LYNC_TRY(identify(store, &version, p));
    if (version < LYNC_SCHEMA_SERVED)
        return lync_err(p, "cannot read store '%s': its schema version %d is older than %d: any lyncadm command "
                        "that edits it brings it up to date, such as 'lyncadm apply'", path, version,
                        LYNC_SCHEMA_VERSION);
    *result = store;
    return NULL;
}

const lync_err_t *lync_store_open(lync_store_t **result, const char *path, apr_pool_t *p)
{
    return lync_store_open_mode(result, path, LYNC_SQL_READ, p);
}

const lync_err_t *lync_store_glance(lync_store_t **result, const char *path, apr_pool_t *p)
{
    return lync_store_open_mode(result, path, LYNC_SQL_WATCH, p);
}

static const lync_err_t *open_write(lync_store_t **result, const char *path, int backs_up, apr_pool_t *p)
{
    lync_store_t *store = new_store(p);
    int version;

    LYNC_TRY(lync_sql_open(&store->db, path, LYNC_SQL_WRITE, p));
    LYNC_TRY(identify(store, &version, p));
    if (version < LYNC_SCHEMA_VERSION)
        LYNC_TRY(lync_store_migrate(store, version, backs_up ? apr_psprintf(p, "%s.v%d", path, version) : NULL, p));
    *result = store;
    return NULL;
}

const lync_err_t *lync_store_open_write(lync_store_t **result, const char *path, apr_pool_t *p)
{
    return open_write(result, path, 1, p);
}

const lync_err_t *lync_store_open_copy(lync_store_t **result, const char *path, apr_pool_t *p)
{
    return open_write(result, path, 0, p);
}

void lync_store_progress(lync_store_t *store, lync_progress_fn *progress)
{
    lync_sql_progress(store->db, progress);
}

const char *lync_store_path(const lync_store_t *store)
{
    return lync_sql_path(store->db);
}

/* Of a file that was replaced since it was opened, anybody gets the lock. */
const lync_err_t *lync_store_lock(lync_store_t *store, apr_pool_t *p)
{
    const lync_err_t *err, *ignored;

    LYNC_TRY(lync_sql_exec(store->db, "BEGIN IMMEDIATE", p));
    store->in_transaction = 1;
    err = lync_sql_replaced(store->db, p);
    if (err) {
        ignored = lync_store_rollback(store, p);
        (void)ignored;  /* the first error says why */
    }
    return err;
}

const lync_err_t *lync_store_begin(lync_store_t *store, const lync_change_t *change, apr_pool_t *p)
{
    const lync_err_t *err;

    LYNC_TRY(lync_store_lock(store, p));
    err = lync_change_open(store, change, p);
    if (err) {
        const lync_err_t *ignored = lync_store_rollback(store, p);

        (void)ignored;  /* the first error says why */
    }
    return err;
}

/* A commit that fails (disk full) leaves the transaction open: it is rolled back, so that the
 * store is as it was and the next begin works. */
const lync_err_t *lync_store_commit(lync_store_t *store, apr_pool_t *p)
{
    const lync_err_t *err;

    if (!store->entries)
        return lync_store_rollback(store, p);
    err = lync_change_seal(store, p);
    if (!err)
        err = lync_sql_exec(store->db, "COMMIT", p);
    if (err) {
        const lync_err_t *ignored = lync_store_rollback(store, p);

        (void)ignored;  /* SQLite may have rolled back itself; the first error says why */
    }
    store->in_transaction = 0;
    store->change = 0;
    return err;
}

const lync_err_t *lync_store_rollback(lync_store_t *store, apr_pool_t *p)
{
    if (!store->in_transaction)
        return NULL;
    store->in_transaction = 0;
    store->change = 0;
    return lync_sql_exec(store->db, "ROLLBACK", p);
}

static const lync_err_t *get_state(lync_store_t *store, const char *name, const char **value, apr_pool_t *p)
{
    lync_stmt_t *stmt;
    int row;

    LYNC_TRY(lync_sql_prepare(&stmt, store->db, "SELECT value FROM state WHERE name = ?", p));
    lync_stmt_bind_text(stmt, 1, name);
    LYNC_TRY(lync_stmt_step(stmt, &row, p));
    *value = row ? lync_stmt_text(stmt, 0, p) : NULL;
    lync_stmt_end(stmt);
    return NULL;
}

static const lync_err_t *state_json(lync_store_t *store, const char *name, const char **json, apr_pool_t *p)
{
    const lync_place_t place = lync_place_state();
    lync_stmt_t *stmt;
    int row;

    LYNC_TRY(lync_sql_prepare(&stmt, store->db, apr_pstrcat(p, "SELECT ", place.json, " FROM state WHERE name = ?",
                                                            NULL), p));
    lync_stmt_bind_text(stmt, 1, name);
    LYNC_TRY(lync_stmt_step(stmt, &row, p));
    *json = row ? lync_stmt_text(stmt, 0, p) : NULL;
    lync_stmt_end(stmt);
    return NULL;
}

/* value NULL: removes it. */
static const lync_err_t *set_state(lync_store_t *store, const char *name, const char *value, apr_pool_t *p)
{
    const char *before, *after;
    lync_stmt_t *stmt;
    int row;

    LYNC_TRY(state_json(store, name, &before, p));
    LYNC_TRY(lync_sql_prepare(&stmt, store->db, value ? "INSERT INTO state VALUES (?1, ?2) ON CONFLICT (name) "
                              "DO UPDATE SET value = excluded.value" : "DELETE FROM state WHERE name = ?1", p));
    lync_stmt_bind_text(stmt, 1, name);
    if (value)
        lync_stmt_bind_text(stmt, 2, value);
    LYNC_TRY(lync_stmt_step(stmt, &row, p));
    LYNC_TRY(state_json(store, name, &after, p));
    return lync_change_entry(store, "state", name, before, after, p);
}

const lync_err_t *lync_store_active(lync_store_t *store, int *revision, apr_pool_t *p)
{
    const char *value;

    LYNC_TRY(get_state(store, "active", &value, p));
    *revision = value ? atoi(value) : 0;
    return NULL;
}

const lync_err_t *lync_store_activate(lync_store_t *store, int revision, apr_pool_t *p)
{
    lync_revision_t *ignored;

    if (revision != 0)
        LYNC_TRY(lync_revision_read(store, revision, &ignored, p));
    return set_state(store, "active", apr_itoa(p, revision), p);
}

const lync_err_t *lync_store_control(lync_store_t *store, const char **control, apr_pool_t *p)
{
    return get_state(store, "control", control, p);
}

const lync_err_t *lync_store_set_control(lync_store_t *store, const char *control, apr_pool_t *p)
{
    return set_state(store, "control", control, p);
}

const lync_err_t *lync_store_confirm(lync_store_t *store, lync_confirm_t **result, apr_pool_t *p)
{
    lync_confirm_t *confirm = apr_pcalloc(p, sizeof(*confirm));
    const char *value;
    long long seconds;
    char *end;

    *result = NULL;
    LYNC_TRY(get_state(store, "confirm", &value, p));
    if (!value)
        return NULL;
    confirm->revision = (int)strtol(value, &end, 10);
    confirm->before = (int)strtol(end, &end, 10);
    seconds = strtoll(end, &end, 10);
    if (*end || confirm->revision < 1 || confirm->before < 0 || seconds < 0 || seconds > LAST_SECOND)
        return lync_err(p, "store '%s': state 'confirm' is '%s', not two revisions and a time", lync_store_path(store),
                        value);
    confirm->until = apr_time_from_sec(seconds);
    *result = confirm;
    return NULL;
}

const lync_err_t *lync_store_set_confirm(lync_store_t *store, const lync_confirm_t *confirm, apr_pool_t *p)
{
    return set_state(store, "confirm", confirm ? apr_psprintf(p, "%d %d %" APR_TIME_T_FMT, confirm->revision,
                     confirm->before, apr_time_sec(confirm->until)) : NULL, p);
}

const lync_err_t *lync_store_set_restored(lync_store_t *store, const char *text, apr_pool_t *p)
{
    return set_state(store, "restored", text, p);
}
