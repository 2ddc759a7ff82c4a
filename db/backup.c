#include "backup.h"

#include <apr_strings.h>

#include "file.h"
#include "store_private.h"

const lync_err_t *lync_backup_copy(lync_store_t *store, const char *path, const char **temporary, apr_pool_t *p)
{
    const lync_err_t *err;

    LYNC_TRY(lync_file_new(temporary, path, p));
    err = lync_sql_backup(store->db, *temporary, p);
    if (!err)
        return NULL;
    return lync_file_drop(*temporary, lync_err(p, "cannot write '%s': %s", path, err->sentence), p);
}

/* The file must not be open when it gets its name. */
static const lync_err_t *check_copy(const char *path, const lync_store_t *store, lync_verified_t *verified,
                                    apr_pool_t *p)
{
    const lync_err_t *err;
    lync_store_t *copy;
    apr_pool_t *inner;

    apr_pool_create(&inner, p);
    err = lync_store_open(&copy, path, inner);
    if (!err) {
        lync_store_progress(copy, lync_sql_progress_of(store->db));
        err = lync_store_intact(copy, verified, inner);
    }
    if (err)
        err = lync_err(p, "%s", err->sentence);
    else
        verified->hash = apr_pstrdup(p, verified->hash);
    apr_pool_destroy(inner);
    return err;
}

/* Of two that are not intact the store is the one to tell of. */
static const lync_err_t *tell_damage(lync_store_t *store, const char *path, const lync_err_t *err, apr_pool_t *p)
{
    lync_verified_t ignored;

    LYNC_TRY(lync_store_intact(store, &ignored, p));
    return lync_err(p, "cannot write '%s': the copy is not what store '%s' is: %s", path, lync_store_path(store),
                    err->sentence);
}

const lync_err_t *lync_backup(lync_store_t *store, const char *path, int trial, lync_verified_t *verified,
                              apr_pool_t *p)
{
    const char *temporary;
    const lync_err_t *err;

    LYNC_TRY(lync_backup_copy(store, path, &temporary, p));
    err = check_copy(temporary, store, verified, p);
    if (err)
        err = tell_damage(store, path, err, p);
    else if (!trial)
        err = lync_file_place(temporary, path, p);
    return err || trial ? lync_file_drop(temporary, err, p) : NULL;
}
