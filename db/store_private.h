#ifndef LYNC_STORE_PRIVATE_H
#define LYNC_STORE_PRIVATE_H

#include <apr_file_info.h>

#include "hash.h"
#include "sql.h"
#include "store.h"

#define LYNC_STORE_MODE (APR_FPROT_UREAD | APR_FPROT_UWRITE | APR_FPROT_GREAD)

struct lync_store_t {
    lync_sql_t *db;
    apr_pool_t *pool;
    int version;                /* of its schema */
    int in_transaction;
    int change;                 /* the open one, or 0 */
    int entries;                /* that it has in the audit so far */
    char head[LYNC_HASH_SIZE];  /* hash of the change before it; "" before the first */
    char hash[LYNC_HASH_SIZE];  /* of its last entry, or head */
};

/* The schema of the current version, as in schema.sql. */
extern const char lync_schema_sql[];

/* guard.c: adds a lync_breach_t for each trigger or view of the schema that is gone or another, and for each trigger
 * that is none of it. */
const lync_err_t *lync_guards_verify(lync_store_t *store, apr_array_header_t *breaches, apr_pool_t *p) LYNC_MUST_USE;

/* BEGIN IMMEDIATE, on the file that has the store's name still. */
const lync_err_t *lync_store_lock(lync_store_t *store, apr_pool_t *p) LYNC_MUST_USE;

/* lync_store_open in another mode than LYNC_SQL_READ, but not to write. */
const lync_err_t *lync_store_open_mode(lync_store_t **store, const char *path, lync_sql_mode_t mode,
                                       apr_pool_t *p) LYNC_MUST_USE;

/* Brings an open store from schema version `from` to LYNC_SCHEMA_VERSION in one transaction, after
 * a backup to the file; NULL: without. */
const lync_err_t *lync_store_migrate(lync_store_t *store, int from, const char *backup, apr_pool_t *p) LYNC_MUST_USE;

/* change.c: opens a change within the transaction; seals it, which makes the hash chain go on. */
const lync_err_t *lync_change_open(lync_store_t *store, const lync_change_t *change, apr_pool_t *p) LYNC_MUST_USE;
const lync_err_t *lync_change_seal(lync_store_t *store, apr_pool_t *p) LYNC_MUST_USE;

/* Writes an entry of the open change: a row, as JSON, before and after. The same on both sides is none. */
const lync_err_t *lync_change_entry(lync_store_t *store, const char *noun, const char *key, const char *before,
                                    const char *after, apr_pool_t *p) LYNC_MUST_USE;

/* Goes on with a hash chain: hash becomes SHA-256 of itself and the text. */
const lync_err_t *lync_change_chain(char *hash, const char *text, apr_pool_t *p) LYNC_MUST_USE;

/* What the hashes are taken over: columns of a row of audit, of a row of change. */
#define LYNC_AUDIT_TEXT "json_array(change, seq, noun, key, before, after)"
#define LYNC_CHANGE_TEXT "json_array(id, time, login, sudo, origin, command, reason, entries)"

/* replay.c: a place whose rows the audit tells too. */
typedef struct lync_place_t {
    const char *noun;           /* as the audit calls it */
    const char *key, *json;     /* SQL expressions: a row's key, and all of it */
    const char *rows;           /* "table WHERE …" */
    int change;                 /* up to which the audit is to be read */
} lync_place_t;

/* A row that is not as the audit has it; NULL: there is none. */
typedef struct lync_divergence_t {
    const char *key;
    const char *audited, *present;
} lync_divergence_t;

/* The place of a noun's rows in a revision; of the revisions; of the state; of what operators say. */
lync_place_t lync_place_noun(apr_pool_t *p, const lync_noun_t *noun, int revision, int change);
lync_place_t lync_place_revision(void);
lync_place_t lync_place_state(void);
lync_place_t lync_place_server_state(void);

/* SQL: whether an entry of the audit is of the draft. */
#define LYNC_OF_DRAFT "noun NOT IN ('revision', 'state', 'server_state')"

/* All rows that diverge, of lync_divergence_t. A column that the audit does not know yet, because
 * the schema has got it since, counts only when exact. */
const lync_err_t *lync_replay(lync_store_t *store, const lync_place_t *place, int exact, apr_array_header_t **result,
                              apr_pool_t *p) LYNC_MUST_USE;

/* Writes into the open change what makes the audit agree with a revision's rows (0: the draft's). */
const lync_err_t *lync_replay_adopt(lync_store_t *store, int revision, apr_pool_t *p) LYNC_MUST_USE;

/* revision.c: says in a revision which change made it, seals it, and writes its entry. */
const lync_err_t *lync_revision_record(lync_store_t *store, int number, apr_pool_t *p) LYNC_MUST_USE;

/* The error that a store is too old to have an audit. */
const lync_err_t *lync_need_audit(lync_store_t *store, apr_pool_t *p) LYNC_MUST_USE;

/* The SQL expression of a noun's row as a JSON object; its key with blanks between the values. */
const char *lync_json(apr_pool_t *p, const lync_noun_t *noun);
const char *lync_key(apr_pool_t *p, const lync_noun_t *noun);

/* "name, name, …" of a noun's columns, with NULL for what an older store lacks; in p. */
const char *lync_columns(const lync_store_t *store, const lync_noun_t *noun, apr_pool_t *p);

/* The same of those that are its key. */
const char *lync_key_columns(apr_pool_t *p, const lync_noun_t *noun);

#endif
