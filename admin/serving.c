#include <apr_file_info.h>
#include <string.h>

#include "control.h"
#include "served.h"

const lync_err_t *lyncadm_httpd_serving(const char *path, lync_serving_t *serving, apr_pool_t *p)
{
    const lync_served_t *served;
    apr_finfo_t info;

    memset(serving, 0, sizeof(*serving));
    if (!path || APR_STATUS_IS_ENOENT(apr_stat(&info, path, APR_FINFO_TYPE, p)))
        return NULL;
    LYNC_TRY(lync_served_open(&served, path, p));
    if (lync_served_alive(served))
        lync_serving_read(serving, served, p);
    return NULL;
}

void lyncadm_httpd_serving_now(const char *path, lync_serving_t *serving, apr_pool_t *p)
{
    if (lyncadm_httpd_serving(path, serving, p))
        memset(serving, 0, sizeof(*serving));
}
