#include "mod_lync.h"

#include <http_core.h>
#include <http_request.h>
#include <util_filter.h>

/*
 * An existing Apache says things outside of its virtual hosts that are meant for its own pages:
 * Header, AddOutputFilterByType DEFLATE, ErrorDocument, <Location "/"> Require …, SetHandler,
 * RewriteRule. Virtual hosts inherit them. Instead of a list of directives that undo some, ours are
 * cut off: their per-directory configuration is every module's default with our own directives
 * merged in, and no <Location> of the main server applies to them.
 */

static ap_conf_vector_t *fresh(apr_pool_t *p)
{
    ap_conf_vector_t *vector = ap_create_per_dir_config(p);
    module *m;

    for (m = ap_top_module; m; m = m->next)
        if (m->create_dir_config)
            ap_set_module_config(vector, m, m->create_dir_config(p, NULL));
    return vector;
}

/* Before other modules look at the merged configuration in check_config and post_config. */
static int check_config(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp, server_rec *s)
{
    lync_snapshot_t *snapshot = lync_config_snapshot();
    int i;

    (void)plog;
    (void)ptemp;
    (void)s;
    for (i = 0; snapshot && i < snapshot->sites->nelts; ++i) {
        lync_site_t *site = LYNC_ITEM(snapshot->sites, lync_site_t *, i);
        server_rec *own = site->server;
        core_server_config *core = ap_get_core_module_config(own->module_config);
        core_dir_config *defaults;

        own->lookup_defaults = ap_merge_per_dir_configs(pconf, fresh(pconf), site->own);
        defaults = ap_get_core_module_config(own->lookup_defaults);
        defaults->log = &own->log;
        core->sec_url = apr_array_make(pconf, 1, sizeof(ap_conf_vector_t *));
    }
    return OK;
}

/* A module may also insert filters by its server configuration: what changes content goes, and
 * BYTERANGE, which would cut a 200 of the pool into a 206. */
static void insert_filter(request_rec *r)
{
    ap_filter_t *filter, *next;

    if (!lync_request(r))
        return;
    for (filter = r->output_filters; filter && filter->frec->ftype < AP_FTYPE_CONNECTION; filter = next) {
        next = filter->next;
        if (filter->frec->ftype < AP_FTYPE_PROTOCOL || !strcmp(filter->frec->name, "byterange"))
            ap_remove_output_filter(filter);
    }
}

void lync_isolate_register(apr_pool_t *p)
{
    (void)p;
    ap_hook_check_config(check_config, NULL, NULL, APR_HOOK_REALLY_FIRST);
    ap_hook_insert_filter(insert_filter, NULL, NULL, APR_HOOK_REALLY_LAST);
}
