#ifndef LYNC_STORE_PRIVATE_H
#define LYNC_STORE_PRIVATE_H

#include "sql.h"
#include "store.h"

struct lync_store_t {
    lync_sql_t *db;
    apr_pool_t *pool;
    int in_transaction;
};

/* The schema of the current version, as in schema.sql. */
extern const char lync_schema_sql[];

/* Brings an open store from schema version `from` to LYNC_SCHEMA_VERSION in one transaction, after
 * a backup to "<path>.v<from>". */
const lync_err_t *lync_store_migrate(lync_store_t *store, int from, apr_pool_t *p) LYNC_MUST_USE;

/* "name, name, …" of a noun's columns, each with prefix before it; in p. */
const char *lync_columns(apr_pool_t *p, const lync_noun_t *noun, const char *prefix);

#endif
