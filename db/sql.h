#ifndef LYNC_SQL_H
#define LYNC_SQL_H

#include <apr_pools.h>

#include "err.h"
#include "lasting.h"

/* SQLite behind a seam: sql.c is the one file that includes sqlite3.h. */

typedef struct lync_sql_t lync_sql_t;           /* a database connection, closed with its pool */
typedef struct lync_stmt_t lync_stmt_t;         /* a statement, finalized with its pool or the database */

typedef enum lync_sql_mode_t {
    LYNC_SQL_READ,              /* what a killed writer left half written is rolled back first, which takes the right
                                   to write; waits 5 s for writers */
    LYNC_SQL_WRITE,             /* waits 20 s for others */
    LYNC_SQL_WATCH              /* reads, writes in no case, waits a moment */
} lync_sql_mode_t;

/* Opens path, without creating it. Errors name the file. */
const lync_err_t *lync_sql_open(lync_sql_t **db, const char *path, lync_sql_mode_t mode, apr_pool_t *p) LYNC_MUST_USE;

/* Has somebody told of work that lasts: of statements that run, and of waiting for who has locked the store. */
void lync_sql_progress(lync_sql_t *db, lync_progress_fn *progress);

/* Who is told; NULL: nobody. */
lync_progress_fn *lync_sql_progress_of(const lync_sql_t *db);

/* Tells him of other work. */
void lync_sql_tell(const lync_sql_t *db, const char *what, int done, int total);

/* Runs one or more statements that return no rows. */
const lync_err_t *lync_sql_exec(lync_sql_t *db, const char *sql, apr_pool_t *p) LYNC_MUST_USE;

/* Prepares one statement. */
const lync_err_t *lync_sql_prepare(lync_stmt_t **stmt, lync_sql_t *db, const char *sql,
                                   apr_pool_t *p) LYNC_MUST_USE;

/* Binds parameter index (from 1); the text must live until the statement is reset. NULL binds NULL. */
void lync_stmt_bind_text(lync_stmt_t *stmt, int index, const char *value);
void lync_stmt_bind_int(lync_stmt_t *stmt, int index, int value);

/* Steps: *row tells whether there is one. After the last row, and after an error, it is reset. */
const lync_err_t *lync_stmt_step(lync_stmt_t *stmt, int *row, apr_pool_t *p) LYNC_MUST_USE;

/* Column index (from 0) of the current row; text is a copy in p, NULL for NULL. */
const char *lync_stmt_text(lync_stmt_t *stmt, int index, apr_pool_t *p);
int lync_stmt_int(lync_stmt_t *stmt, int index);

/* Ends a statement before its last row: until then it holds the store's lock. */
void lync_stmt_end(lync_stmt_t *stmt);

/* The one integer that sql returns. */
const lync_err_t *lync_sql_int(lync_sql_t *db, const char *sql, int *value, apr_pool_t *p) LYNC_MUST_USE;

/* The one text that sql returns; NULL: no row. */
const lync_err_t *lync_sql_text(lync_sql_t *db, const char *sql, const char **text, apr_pool_t *p) LYNC_MUST_USE;

/* Copies the whole database to an empty file at path (SQLite's online backup); the error does not name that. */
const lync_err_t *lync_sql_backup(lync_sql_t *db, const char *path, apr_pool_t *p) LYNC_MUST_USE;

/* The error that the file that is open is no longer the one of its name: it was replaced, or removed. */
const lync_err_t *lync_sql_replaced(const lync_sql_t *db, apr_pool_t *p) LYNC_MUST_USE;

/* Whether the last call failed because the file is no database, or a damaged one. */
int lync_sql_damaged(const lync_sql_t *db);

/* The file name that the database was opened with. */
const char *lync_sql_path(const lync_sql_t *db);

#endif
