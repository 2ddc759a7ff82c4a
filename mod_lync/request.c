#include "mod_lync.h"

#include <apr_strings.h>
#include <http_core.h>
#include <http_protocol.h>
#include <http_request.h>

/*
 * A request for one of our virtual hosts is either answered here or forwarded whole: the raw target
 * goes to mod_proxy as the client wrote it, and no other module gets to translate or map it.
 */

lync_request_t *lync_request(const request_rec *r)
{
    return ap_get_module_config(r->request_config, &lync_module);
}

/* The target without scheme and host, or NULL when it has none that is ours to serve. httpd has
 * made the Host of an absolute target the Host field by now, as RFC 9112 wants it. */
static const char *origin_form(request_rec *r, const char *host)
{
    const char *target = r->unparsed_uri, *rest;
    apr_size_t length = lync_host_length(host);

    if (*target == '/')
        return target;
    if (strncasecmp(target, "http://", 7) && strncasecmp(target, "https://", 8))
        return NULL;
    rest = strstr(target, "://") + 3;
    /* Also refuses user:password@host. */
    if (strncasecmp(rest, host, length) || (rest[length] && !strchr(":/?.", rest[length])))
        return NULL;
    rest += strcspn(rest, "/?");
    return *rest == '/' ? rest : apr_pstrcat(r->pool, "/", rest, NULL);
}

static int forward(request_rec *r, const lync_site_t *site, const lync_target_t *target, const char *raw)
{
    lync_request_t *request = apr_pcalloc(r->pool, sizeof(*request));

    request->site = site;
    request->target = target;
    ap_set_module_config(r->request_config, &lync_module, request);
    r->filename = apr_pstrcat(r->pool, target->prefix, raw, NULL);
    r->handler = "proxy-server";
    r->proxyreq = PROXYREQ_REVERSE;
    apr_table_setn(r->notes, "proxy-nocanon", "1");
    return DONE;
}

static int pre_translate(request_rec *r)
{
    const lync_site_t *site = lync_config_site(r->server);
    const char *host, *raw;
    const lync_route_t *route;
    const lync_target_t *target;
    lync_match_t match;
    int status;

    if (!site)
        return DECLINED;
    if (r->method_number == M_TRACE || r->method_number == M_CONNECT)
        return lync_refuse_method(r, "never published");
    host = apr_table_get(r->headers_in, "Host");
    if (!host)
        host = "";
    raw = origin_form(r, host);
    if (!raw)
        return lync_refuse_form(r);
    match = lync_route_find(site->map, host, raw, &route, r->pool);
    if (match != LYNC_MATCH_ROUTE)
        return lync_refuse_match(r, site, match, raw);
    target = apr_hash_get(lync_config_snapshot()->targets, &route->row.rowid, sizeof(route->row.rowid));
    status = lync_refuse_route(r, target);
    return status == OK ? forward(r, site, target, raw) : status;
}

/* httpd goes on to translate what was translated: mod_rewrite, mod_alias and others stop here. */
static int translate(request_rec *r)
{
    return lync_request(r) ? OK : DECLINED;
}

/* In place of mod_proxy's walk over all <Proxy> sections, which would not find the balancer's in
 * another server. */
static int map_to_storage(request_rec *r)
{
    const lync_request_t *request = lync_request(r);

    if (!request)
        return DECLINED;
    r->per_dir_config = request->site->defaults[request->target->backend->index];
    return OK;
}

void lync_request_register(apr_pool_t *p)
{
    static const char *const proxy[] = { "mod_proxy.c", NULL };

    (void)p;
    ap_hook_pre_translate_name(pre_translate, NULL, proxy, APR_HOOK_REALLY_FIRST);
    ap_hook_translate_name(translate, NULL, proxy, APR_HOOK_REALLY_FIRST);
    ap_hook_map_to_storage(map_to_storage, NULL, proxy, APR_HOOK_REALLY_FIRST);
}
