#include <apr_strings.h>
#include <string.h>

#include "control.h"

/* httpd's runtime directory, in which it tells what it serves. */

void lyncadm_runtime_option(apr_array_header_t *options)
{
    lyncadm_option(options, "runtime", "DIR", "httpd's runtime directory (/var/run/apache2): httpd is not asked "
                   "for it then");
    APR_ARRAY_IDX(options, options->nelts - 1, lyncadm_option_t).is_file = 1;
}

const lync_err_t *lyncadm_runtime_httpd(lyncadm_t *adm, const char *control, lyncadm_httpd_t **httpd)
{
    const char *directory = lyncadm_given(adm, "runtime");

    if (!directory)
        return lyncadm_httpd_test(adm, control, 0, httpd);
    *httpd = apr_pcalloc(adm->pool, sizeof(**httpd));
    (*httpd)->served = apr_pstrcat(adm->pool, directory, "/" LYNC_SERVED_FILE, NULL);
    (*httpd)->revision = -1;
    (*httpd)->user = (*httpd)->group = -1;
    return NULL;
}

const char *lyncadm_runtime_file(const char *served, const char *name, apr_pool_t *p)
{
    const char *slash = strrchr(served, '/');

    return apr_pstrcat(p, apr_pstrmemdup(p, served, slash ? (apr_size_t)(slash + 1 - served) : 0), name, NULL);
}

/* The store may not be this one's to read, who may see what httpd does all the same. */
static const char *control_of(lyncadm_t *adm)
{
    const char *control = lyncadm_given(adm, "control");
    lync_store_t *store;

    if (control || lyncadm_given(adm, "runtime"))
        return control;
    if (lyncadm_open(adm, 0, &store) || lyncadm_httpd_control(adm, store, &control))
        control = LYNCADM_CONTROL;
    return control;
}

const lync_err_t *lyncadm_runtime_served(lyncadm_t *adm, const char **served)
{
    const char *control = control_of(adm);
    lyncadm_httpd_t *httpd;

    LYNC_TRY(lyncadm_runtime_httpd(adm, control, &httpd));
    *served = httpd->served;
    if (*served)
        return NULL;
    return lync_err(adm->pool, "httpd does not say where its runtime directory is: %s: --runtime names it",
                    httpd->refusal ? httpd->refusal : "it has no LyncStore line");
}
