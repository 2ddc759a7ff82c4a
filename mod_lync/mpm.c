#include "mod_lync.h"

#include <ap_mpm.h>
#include <apr_file_io.h>
#include <http_core.h>
#include <mpm_common.h>

/* Tells lyncadm how many requests this httpd takes at once. */

int lync_mpm_limit(int query)
{
    int value = 0;

    return ap_mpm_query(query, &value) == APR_SUCCESS ? value : 0;
}

static void dump(apr_pool_t *p, server_rec *s)
{
    apr_file_t *out;

    (void)s;
    if (!lync_config_snapshot() || !ap_exists_config_define("DUMP_RUN_CFG")
        || apr_file_open_stdout(&out, p) != APR_SUCCESS)
        return;
    apr_file_printf(out, "LyncMpm: \"%s\" children=%d server_limit=%d threads=%d stack=%" APR_SIZE_T_FMT
                    " reqtimeout=%d\n", ap_show_mpm(), lync_mpm_limit(AP_MPMQ_MAX_DAEMONS),
                    lync_mpm_limit(AP_MPMQ_HARD_LIMIT_DAEMONS), lync_mpm_limit(AP_MPMQ_MAX_THREADS),
                    ap_thread_stacksize, ap_find_linked_module("mod_reqtimeout.c") != NULL);
}

void lync_mpm_register(apr_pool_t *p)
{
    (void)p;
    ap_hook_test_config(dump, NULL, NULL, APR_HOOK_MIDDLE);
}
