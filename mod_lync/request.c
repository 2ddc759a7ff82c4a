#include "mod_lync.h"

#include <apr_strings.h>
#include <http_core.h>
#include <http_protocol.h>
#include <http_request.h>
#include <http_ssl.h>

#include "certificate.h"
#include "pin.h"

/*
 * A request for one of our virtual hosts is either answered here or forwarded whole: the raw target
 * goes to mod_proxy as the client wrote it, and no other module gets to translate or map it.
 */

lync_request_t *lync_request(const request_rec *r)
{
    return ap_get_module_config(r->request_config, &lync_module);
}

/* NULL: the client sent none. */
static const char *sni_of(request_rec *r)
{
    const char *sni = ap_ssl_conn_is_ssl(r->connection) ? ap_ssl_var_lookup(r->pool, r->server, r->connection, NULL,
                                                                            "SSL_TLS_SNI") : NULL;

    return sni && *sni ? sni : NULL;
}

/* Whether an absolute target may be for another host than the client connected to. What its Host
 * field was httpd has forgotten by now, in favour of the target, but not its SNI. */
static int other_host(request_rec *r, const char *host, apr_size_t length)
{
    const char *sni = sni_of(r);

    return sni && (strlen(sni) != length || strncasecmp(sni, host, length));
}

/* The target without scheme and host, or NULL when it has none that is ours to serve. */
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
    if (strncasecmp(rest, host, length) || (rest[length] && !strchr(":/?.", rest[length]))
        || other_host(r, host, length))
        return NULL;
    rest += strcspn(rest, "/?");
    return *rest == '/' ? rest : apr_pstrcat(r->pool, "/", rest, NULL);
}

/* A coding that mod_proxy does not know is a 500 to it, for which it has the server for down: clients
 * that are bound to it would lose their connections to it. */
static int is_coded(const request_rec *r)
{
    const char *coding = apr_table_get(r->headers_in, "Transfer-Encoding");

    return coding && ap_cstr_casecmp(coding, "chunked");
}

static int covers(const lync_site_t *site, const char *host)
{
    return lync_certificate_covers(site->certificate, host)
           && (!site->beside || lync_certificate_covers(site->beside, host));
}

/* A host with a certificate of its own is another virtual host. Who sent no SNI cannot come back with another one, as
 * mod_ssl would have it (421), and is served under the default certificate when that is good for the host, too. */
static void stay(request_rec *r)
{
    const lync_site_t *shown = lync_config_site(r->connection->base_server), *asked = lync_config_site(r->server);

    if (!shown || !asked || shown == asked || shown->listener != asked->listener || !shown->certificate || !r->hostname
        || sni_of(r) || !covers(shown, r->hostname))
        return;
    r->server = shown->server;
    r->per_dir_config = shown->server->lookup_defaults;
}

/* Before mod_ssl, who would log it as an error. */
static int post_read_request(request_rec *r)
{
    lync_sni_choose(r);
    stay(r);
    if (!lync_config_site(r->server) || apr_table_get(r->headers_in, "Host"))
        return DECLINED;
    lync_count_note_served(r);
    return lync_refuse_form(r, "it has no Host field");
}

/* In any case: to httpd "trace" is an unknown method, to be forwarded; what it is to a pool is not
 * known. TRACK is what IIS calls TRACE. */
static int is_never_published(const char *method)
{
    return !strcasecmp(method, "TRACE") || !strcasecmp(method, "TRACK") || !strcasecmp(method, "CONNECT");
}

/* Why a host cannot be served now, or NULL. */
static const char *quarantine_of(const lync_site_t *site, const char *host)
{
    return site->quarantine ? lync_host_get(site->quarantine, host) : NULL;
}

/* The target in origin form; NULL: it is asked of no pool whatever the routes say, and the refusal. */
static const char *target_of(request_rec *r, const char *host, int *refusal)
{
    const char *target = NULL;

    if (is_never_published(r->method))
        *refusal = lync_refuse_method(r, "never published");
    else if (r->proto_num >= HTTP_VERSION(2, 0) && !r->connection->master)
        *refusal = lync_refuse_form(r, "its version of HTTP does not exist");
    else if (is_coded(r))
        *refusal = lync_refuse_form(r, "its transfer coding is more than chunked");
    else {
        target = host ? origin_form(r, host) : NULL;
        *refusal = target ? OK : lync_refuse_form(r, "its target is neither a path nor a URL of this host");
    }
    return target;
}

/* DECLINED: it is to be forwarded, by what request has of it. */
static int decide(request_rec *r, const lync_site_t *site, const lync_table_t *table, lync_request_t *request)
{
    const lync_snapshot_t *snapshot = lync_config_snapshot();
    const char *host = apr_table_get(r->headers_in, "Host"), *lost;
    const lync_route_t *route;
    lync_match_t match;
    int status;

    request->raw = target_of(r, host, &status);
    if (!request->raw)
        return status;
    lost = snapshot->withheld ? snapshot->withheld : quarantine_of(site, host);
    if (lync_prove_asked(r))
        return lync_prove(r, site, table, request->raw, lost);
    if (lost)
        return lync_refuse_quarantine(r, lost);
    match = lync_route_find(table->maps[site->index], host, request->raw, &route, r->pool);
    if (match != LYNC_MATCH_ROUTE)
        return lync_refuse_match(r, site, match, request->raw);
    request->target = lync_target(table, route);
    lync_count_request(request, table);
    status = lync_refuse_route(r, request->target);
    if (status == OK)
        status = lync_pin_refuse(r, request->target);
    return status == OK ? DECLINED : status;
}

/*
 * Here, because httpd's own look at the path comes next, with an error in the log for what is a
 * refusal, and because a redirect is no answer for pre_translate_name to give.
 */
static int quick_handler(request_rec *r, int lookup)
{
    const lync_site_t *site = lync_config_site(r->server);
    const lync_table_t *table;
    lync_request_t *request;
    int status;

    (void)lookup;
    /* an error page that httpd goes on to look for was asked for by nobody: no pool is, and it finds none */
    if (!site || r->prev)
        return DECLINED;
    table = lync_table_take(r->pool);
    lync_count_watch(r);
    request = apr_pcalloc(r->pool, sizeof(*request));
    request->site = site;
    request->revision = table->revision;
    status = decide(r, site, table, request);
    if (status == DECLINED)
        ap_set_module_config(r->request_config, &lync_module, request);
    else if (status != OK)
        lync_count_note(r, request);
    return status;
}

static int pre_translate(request_rec *r)
{
    /* What a SetEnvIf for other sites may have set, and would cost the pool's connections. */
    static const char *const unwanted[] = { "force-proxy-request-1.0", "proxy-nokeepalive",
                                            "proxy-initial-not-pooled", NULL };
    const lync_request_t *request = lync_request(r);
    int i;

    if (!request)
        return lync_config_site(r->server) ? HTTP_NOT_FOUND : DECLINED;
    r->filename = apr_pstrcat(r->pool, request->target->prefix, request->raw, NULL);
    r->handler = "proxy-server";
    r->proxyreq = PROXYREQ_REVERSE;
    apr_table_setn(r->notes, "proxy-nocanon", "1");
    for (i = 0; unwanted[i]; ++i)
        apr_table_unset(r->subprocess_env, unwanted[i]);
    /* The head goes to the pool before the body is there. */
    apr_table_setn(r->subprocess_env, "proxy-prefetch-nonblocking", "1");
    return DONE;
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
    static const char *const proxy[] = { "mod_proxy.c", NULL }, *const remoteip[] = { "mod_remoteip.c", NULL };

    (void)p;
    ap_hook_post_read_request(post_read_request, remoteip, NULL, APR_HOOK_REALLY_FIRST);
    ap_hook_quick_handler(quick_handler, NULL, NULL, APR_HOOK_REALLY_FIRST);
    ap_hook_pre_translate_name(pre_translate, NULL, proxy, APR_HOOK_REALLY_FIRST);
    ap_hook_translate_name(translate, NULL, proxy, APR_HOOK_REALLY_FIRST);
    ap_hook_map_to_storage(map_to_storage, NULL, proxy, APR_HOOK_REALLY_FIRST);
}
