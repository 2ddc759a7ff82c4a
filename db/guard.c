#include <apr_hash.h>
#include <apr_strings.h>
#include <string.h>

#include "audit.h"
#include "store_private.h"

/* The triggers, which let nobody but lyncadm write, and the views, which tell what there is, of a store that somebody
 * had in his hands: they are to be those of the schema. Views of one's own do no harm; triggers act. */

static const lync_err_t *read_guards(lync_sql_t *db, apr_hash_t *guards, apr_pool_t *p)
{
    const lync_err_t *err;
    lync_stmt_t *stmt;
    int row;

    LYNC_TRY(lync_sql_prepare(&stmt, db, "SELECT type || ' ''' || name || '''', sql FROM sqlite_schema "
                              "WHERE type IN ('trigger', 'view') ORDER BY name", p));
    for (err = lync_stmt_step(stmt, &row, p); !err && row; err = lync_stmt_step(stmt, &row, p))
        apr_hash_set(guards, lync_stmt_text(stmt, 0, p), APR_HASH_KEY_STRING, lync_stmt_text(stmt, 1, p));
    lync_stmt_end(stmt);
    return err;
}

static const lync_err_t *read_schema(apr_hash_t *guards, apr_pool_t *p)
{
    lync_sql_t *db;

    LYNC_TRY(lync_sql_open(&db, ":memory:", LYNC_SQL_WRITE, p));
    LYNC_TRY(lync_sql_exec(db, lync_schema_sql, p));
    return read_guards(db, guards, p);
}

static void add(apr_array_header_t *breaches, const char *name, const char *what, apr_pool_t *p)
{
    lync_breach_t *breach = apr_array_push(breaches);

    memset(breach, 0, sizeof(*breach));
    breach->message = lync_one_line(apr_psprintf(p, "%s was %s without lyncadm", name, what));
}

const lync_err_t *lync_guards_verify(lync_store_t *store, apr_array_header_t *breaches, apr_pool_t *p)
{
    apr_hash_t *present = apr_hash_make(p), *schema = apr_hash_make(p);
    apr_hash_index_t *i;

    if (store->version < LYNC_SCHEMA_VERSION)
        return NULL;
    LYNC_TRY(read_guards(store->db, present, p));
    LYNC_TRY(read_schema(schema, p));
    for (i = apr_hash_first(p, schema); i; i = apr_hash_next(i)) {
        const char *name = apr_hash_this_key(i), *now = apr_hash_get(present, name, APR_HASH_KEY_STRING);

        if (!now || strcmp(now, apr_hash_this_val(i)))
            add(breaches, name, now ? "changed" : "removed", p);
    }
    for (i = apr_hash_first(p, present); i; i = apr_hash_next(i)) {
        const char *name = apr_hash_this_key(i);

        if (!strncmp(name, "trigger", 7) && !apr_hash_get(schema, name, APR_HASH_KEY_STRING))
            add(breaches, name, "added", p);
    }
    return NULL;
}
