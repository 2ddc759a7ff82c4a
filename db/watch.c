#include <apr_file_info.h>
#include <apr_strings.h>

#include "server_state.h"
#include "store_private.h"

/* A commit shows in SQLite's data_version, a file that was renamed into the place of the old one does not. */

struct lync_watch_t {
    const char *path;
    apr_pool_t *pool;           /* of the open store; emptied when it is closed */
    lync_store_t *store;        /* NULL: closed */
    apr_ino_t inode;            /* of the file that is open */
    apr_dev_t device;
    int version;                /* SQLite's data_version at the last look */
};

lync_watch_t *lync_watch(const char *path, apr_pool_t *p)
{
    lync_watch_t *watch = apr_pcalloc(p, sizeof(*watch));

    watch->path = apr_pstrdup(p, path);
    apr_pool_create(&watch->pool, p);
    apr_pool_tag(watch->pool, "lync_watch");
    return watch;
}

static void shut(lync_watch_t *watch)
{
    watch->store = NULL;
    apr_pool_clear(watch->pool);
}

void lync_watch_again(lync_watch_t *watch)
{
    shut(watch);
}

lync_store_t *lync_watch_store(lync_watch_t *watch)
{
    return watch->store;
}

static const lync_err_t *version_of(lync_watch_t *watch, int *version, apr_pool_t *p)
{
    return lync_sql_int(watch->store->db, "PRAGMA data_version", version, p);
}

/* Asks for the version before it reads: a commit in between shows at the next look. */
static const lync_err_t *look_anew(lync_watch_t *watch, const apr_finfo_t *info, apr_array_header_t **states,
                                   int *change, apr_pool_t *p)
{
    shut(watch);
    LYNC_TRY(lync_store_open_mode(&watch->store, watch->path, LYNC_SQL_WATCH, watch->pool));
    watch->inode = info->inode;
    watch->device = info->device;
    LYNC_TRY(version_of(watch, &watch->version, p));
    return lync_server_states(watch->store, states, change, p);
}

static const lync_err_t *look(lync_watch_t *watch, apr_array_header_t **states, int *change, apr_pool_t *p)
{
    char reason[120];
    apr_finfo_t info;
    apr_status_t rv = apr_stat(&info, watch->path, APR_FINFO_IDENT, p);
    int version;

    if (rv != APR_SUCCESS)
        return lync_err(p, "cannot open store '%s': %s", watch->path, apr_strerror(rv, reason, sizeof(reason)));
    if (!watch->store || info.inode != watch->inode || info.device != watch->device)
        return look_anew(watch, &info, states, change, p);
    LYNC_TRY(version_of(watch, &version, p));
    return version == watch->version ? NULL : look_anew(watch, &info, states, change, p);
}

const lync_err_t *lync_watch_look(lync_watch_t *watch, apr_array_header_t **states, int *change, apr_pool_t *p)
{
    const lync_err_t *err;

    *states = NULL;
    err = look(watch, states, change, p);
    if (err) {
        err = lync_err(p, "%s", err->sentence);         /* it may be in the pool that is emptied */
        *states = NULL;
        shut(watch);
    }
    return err;
}
