#include <string.h>

#include "audit.h"
#include "store_private.h"

/* Whether a store is whole: what SQLite can tell, then what the audit tells. */

static const lync_err_t *check_pages(lync_store_t *store, apr_pool_t *p)
{
    const char *found;

    lync_sql_tell(store->db, "checking the store's pages", 0, 0);
    LYNC_TRY(lync_sql_text(store->db, "PRAGMA integrity_check(1)", &found, p));
    if (found && !strcmp(found, "ok"))
        return NULL;
    return lync_err(p, "store '%s' is damaged: %s", lync_store_path(store), found ? found : "it cannot be checked");
}

static const lync_err_t *check_references(lync_store_t *store, apr_pool_t *p)
{
    const char *found;

    LYNC_TRY(lync_sql_text(store->db, "SELECT 'table ' || \"table\" || ', row ' || rowid || ' refers to a row of ' || "
                           "parent || ' that is not there' FROM pragma_foreign_key_check LIMIT 1", &found, p));
    return found ? lync_err(p, "store '%s' is damaged: %s", lync_store_path(store), found) : NULL;
}

const lync_err_t *lync_store_whole(lync_store_t *store, apr_pool_t *p)
{
    LYNC_TRY(check_pages(store, p));
    return check_references(store, p);
}

const lync_err_t *lync_store_intact(lync_store_t *store, lync_verified_t *verified, apr_pool_t *p)
{
    const lync_breach_t *first;

    memset(verified, 0, sizeof(*verified));
    LYNC_TRY(lync_store_whole(store, p));
    if (store->version < 2)
        return NULL;
    LYNC_TRY(lync_audit_verify(store, verified, p));
    if (!verified->breaches->nelts)
        return NULL;
    first = &APR_ARRAY_IDX(verified->breaches, 0, lync_breach_t);
    return lync_err(p, "the audit of store '%s' is broken: %s", lync_store_path(store), first->message);
}
