#include "mod_lync.h"

#include <apr_strings.h>
#include <dlfcn.h>

#include "proxy.h"

lync_proxy_t lync_proxy;

/* The modules that a revision needs, as a2enmod calls them. */
static const char *missing(const lync_snapshot_t *snapshot, apr_pool_t *p)
{
    static const struct {
        const char *file;
        const char *name;
        int tls;
    } needed[] = {
        { "mod_proxy.c", "proxy", 0 },
        { "mod_proxy_http.c", "proxy_http", 0 },
        { "mod_proxy_balancer.c", "proxy_balancer", 0 },
        { "mod_proxy_hcheck.c", "proxy_hcheck", 0 },
        { "mod_lbmethod_byrequests.c", "lbmethod_byrequests", 0 },
        { "mod_slotmem_shm.c", "slotmem_shm", 0 },
        { "mod_watchdog.c", "watchdog", 0 },
        { "mod_ssl.c", "ssl", 1 }
    };
    const char *names = NULL;
    apr_size_t i;
    int tls = snapshot->members->nelts > 0, j;

    for (j = 0; j < snapshot->sites->nelts; ++j)
        tls = tls || LYNC_ITEM(snapshot->sites, lync_site_t *, j)->certificate;
    for (i = 0; i < sizeof(needed) / sizeof(*needed); ++i)
        if ((tls || !needed[i].tls) && !ap_find_linked_module(needed[i].file))
            names = names ? apr_pstrcat(p, names, " ", needed[i].name, NULL) : needed[i].name;
    return names;
}

const char *lync_proxy_load(const lync_snapshot_t *snapshot, apr_pool_t *p)
{
    const char *names = missing(snapshot, p);

    if (names)
        return apr_psprintf(p, "revision %d of store '%s' needs modules that are not loaded: a2enmod %s",
                            snapshot->revision, snapshot->path, names);
    lync_proxy.module = ap_find_linked_module("mod_proxy.c");
    *(void **)&lync_proxy.hook_scheme_handler = dlsym(RTLD_DEFAULT, "proxy_hook_scheme_handler");
    *(void **)&lync_proxy.run_scheme_handler = dlsym(RTLD_DEFAULT, "proxy_run_scheme_handler");
    *(void **)&lync_proxy.hook_pre_request = dlsym(RTLD_DEFAULT, "proxy_hook_pre_request");
    if (!lync_proxy.hook_scheme_handler || !lync_proxy.run_scheme_handler || !lync_proxy.hook_pre_request)
        return "mod_proxy does not show its hooks: mod_lync needs the mod_proxy of httpd 2.4.60 or later";
    return NULL;
}
