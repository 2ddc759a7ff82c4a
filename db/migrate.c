#include "store_private.h"

#include <apr_file_io.h>
#include <apr_strings.h>

/*
 * Step n brings a store from schema version n to n + 1; a released step never changes. The texts
 * are db/migrations/. A store and its backup never go down a version.
 */
static const char *const step[LYNC_SCHEMA_VERSION] = { NULL /* version 1 is the first */ };

const lync_err_t *lync_store_migrate(lync_store_t *store, int from, apr_pool_t *p)
{
    const char *backup = apr_psprintf(p, "%s.v%d", lync_store_path(store), from);
    const lync_err_t *err = NULL;
    int version;

    LYNC_TRY(lync_sql_backup(store->db, backup, p));
    LYNC_TRY(lync_store_begin(store, p));
    for (version = from; !err && version < LYNC_SCHEMA_VERSION; ++version)
        err = lync_sql_exec(store->db, step[version], p);
    if (!err)
        return lync_store_commit(store, p);
    LYNC_TRY(lync_store_rollback(store, p));
    return err;
}
