#include "mod_lync.h"

#include <ap_mpm.h>
#include <apr_file_io.h>
#include <apr_strings.h>
#include <http_core.h>
#include <mpm_common.h>
#include <unistd.h>

#include "mapping.h"

/* Tells lyncadm how many requests this httpd takes at once: by its configuration, and as it runs, which differ until a
 * restart or a reload. */

int lync_mpm_limit(int query)
{
    int value = 0;

    return ap_mpm_query(query, &value) == APR_SUCCESS ? value : 0;
}

static const char *limits(apr_pool_t *p)
{
    return apr_psprintf(p, "LyncMpm: \"%s\" children=%d server_limit=%d threads=%d thread_limit=%d min_spare=%d "
                        "max_spare=%d stack=%" APR_SIZE_T_FMT " reqtimeout=%d", ap_show_mpm(),
                        lync_mpm_limit(AP_MPMQ_MAX_DAEMONS), lync_mpm_limit(AP_MPMQ_HARD_LIMIT_DAEMONS),
                        lync_mpm_limit(AP_MPMQ_MAX_THREADS), lync_mpm_limit(AP_MPMQ_HARD_LIMIT_THREADS),
                        lync_mpm_limit(AP_MPMQ_MIN_SPARE_THREADS), lync_mpm_limit(AP_MPMQ_MAX_SPARE_THREADS),
                        ap_thread_stacksize, ap_find_linked_module("mod_reqtimeout.c") != NULL);
}

static void dump(apr_pool_t *p, server_rec *s)
{
    apr_file_t *out;

    (void)s;
    if (lync_config_snapshot() && ap_exists_config_define("DUMP_RUN_CFG")
        && apr_file_open_stdout(&out, p) == APR_SUCCESS)
        apr_file_printf(out, "%s\n", limits(p));
}

/* At a reload the MPM has by now put back what only a restart changes. */
static int post_config(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp, server_rec *s)
{
    const char *text = apr_psprintf(ptemp, "%s pid=%ld\n", limits(ptemp), (long)getpid());
    const lync_err_t *err;
    void *mapped;

    (void)pconf;
    (void)plog;
    if (!lync_config_snapshot() || ap_state_query(AP_SQ_MAIN_STATE) != AP_SQ_MS_CREATE_CONFIG)
        return OK;
    err = lync_mapping_create(&mapped, ap_runtime_dir_relative(ptemp, LYNC_LIMITS_FILE), text, strlen(text), ptemp);
    if (err)
        ap_log_error(APLOG_MARK, APLOG_WARNING, 0, s, LYNCNO(0085) "%s: lyncadm check --users will not see with which "
                     "limits httpd runs", err->sentence);
    return OK;
}

void lync_mpm_register(apr_pool_t *p)
{
    (void)p;
    ap_hook_test_config(dump, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_post_config(post_config, NULL, NULL, APR_HOOK_LAST);
}
