#include "mod_lync.h"

#include <apr_optional_hooks.h>
#include <apr_strings.h>

#include "pin.h"
#include "proxy.h"

/* What surrounds mod_proxy_http for a request of ours. */

/* mod_proxy_balancer tells of a client without the cookie of its server, but is not asked about a
 * bound one. */
static void tell_route(request_rec *r, const lync_pool_t *pool, const char *route)
{
    const char *cookies = apr_table_get(r->headers_in, "Cookie");

    if (!cookies || !ap_strstr_c(cookies, apr_pstrcat(r->pool, pool->cookie, "=.", route, NULL)))
        apr_table_setn(r->subprocess_env, "BALANCER_ROUTE_CHANGED", "1");
}

/* Only on the first attempt: mod_proxy comes again, with the balancer, to have another server tried.
 * A client that is bound stays with its server; all others are balanced. */
static int pre_request(proxy_worker **worker, proxy_balancer **balancer, request_rec *r, proxy_server_conf *conf,
                       char **url)
{
    const lync_request_t *request = lync_request(r);

    (void)conf;
    if (!request || *balancer)
        return DECLINED;
    lync_away_watch_body(r);
    *balancer = request->target->backend->balancer;
    *worker = lync_pin_member(r, request->target);
    if (!*worker)
        return DECLINED;
    *url = apr_pstrcat(r->pool, (*worker)->s->name_ex, request->raw, NULL);
    tell_route(r, request->target->backend->pool, (*worker)->s->route);
    return OK;
}

static const lync_member_t *member_of(const lync_backend_t *backend, const proxy_worker *worker)
{
    const apr_array_header_t *workers = backend->balancer->workers;
    int i;

    for (i = 0; i < backend->members->nelts && i < workers->nelts; ++i)
        if (LYNC_ITEM(workers, proxy_worker *, i) == worker)
            return LYNC_ITEM(backend->members, lync_member_t *, i);
    return NULL;
}

/* For every answer to a request that came without it, as lync-requirements §11 has it. */
static const char *cookie(request_rec *r, const lync_member_t *member)
{
    if (strcmp(member->pool->affinity, "cookie") || !apr_table_get(r->subprocess_env, "BALANCER_ROUTE_CHANGED"))
        return NULL;
    return apr_pstrcat(r->pool, member->pool->cookie, "=.", member->route, "; path=/", NULL);
}

/* HTTP/2 needs neither field. */
int lync_upstream_has_body(const request_rec *r)
{
    const char *length = apr_table_get(r->headers_in, "Content-Length");

    return apr_table_get(r->headers_in, "Transfer-Encoding") || (length && strcmp(length, "0"))
           || (r->connection->master && !length && r->method_number != M_GET);
}

/* Not the server's fault, whatever mod_proxy_http made of it, and for no other server to try. */
static int end_without_answer(request_rec *r)
{
    if (!r->sent_bodyct)
        r->status = LYNC_CLIENT_CLOSED;
    /* else httpd would look for the rest of its body, and make 400 of it */
    r->connection->keepalive = AP_CONN_CLOSE;
    return DONE;
}

/* What mod_proxy is to make of how it went. */
static int outcome(request_rec *r, const proxy_worker *worker, const lync_handshake_t *handshake, int status)
{
    if (handshake->gone)
        return end_without_answer(r);
    if (status == DECLINED)
        return HTTP_INTERNAL_SERVER_ERROR;
    /* Until a probe finds it well: no client is to be spent on it again. */
    if (handshake->refused)
        worker->s->status |= PROXY_WORKER_HC_FAIL;
    /* The head went out with an Expect field and was not answered in time: the server may be at it, and
     * 503 would have mod_proxy send it to another one as well. */
    if (status == HTTP_SERVICE_UNAVAILABLE && apr_table_get(r->notes, "proxy_timedout"))
        return HTTP_GATEWAY_TIME_OUT;
    /* Nothing was sent yet, so another server may be asked: only 503 makes mod_proxy do it. Of a
     * body some may be gone already. */
    if (status == HTTP_INTERNAL_SERVER_ERROR && handshake->failed && !lync_upstream_has_body(r))
        return HTTP_SERVICE_UNAVAILABLE;
    return status;
}

/*
 * mod_proxy takes SNI and the name to verify from r->hostname while it sends the Host field as it
 * came: with the member's name in its place for the time of the call, all public names share the
 * pool's connections.
 */
static int scheme_handler(request_rec *r, proxy_worker *worker, proxy_server_conf *conf, char *url,
                          const char *proxyname, apr_port_t proxyport)
{
    lync_request_t *request = lync_request(r);
    lync_handshake_t handshake = { .r = r };
    const char *hostname = r->hostname;
    const struct ap_logconf *log = r->log;
    proxy_worker *use = worker;
    int status;

    if (!request || request->forwarding)
        return DECLINED;
    handshake.member = member_of(request->target->backend, worker);
    if (!handshake.member) {
        lync_log(r, APLOG_ERR, LYNCNO(0020) "pool '%s': '%s' is none of its servers",
                 request->target->backend->pool->name, worker->s->hostname_ex);
        return HTTP_INTERNAL_SERVER_ERROR;
    }
    /* Not the server's fault: with 503 mod_proxy would have all servers for down, and clients that
     * are bound to them would lose their connections. request_status() makes 503 of it. */
    if (lync_pin_worker(r, request->target, handshake.member, &use) != OK)
        return HTTP_BAD_GATEWAY;
    request->member = handshake.member;
    request->cookie = cookie(r, handshake.member);
    lync_answer_watch(r, request);
    r->hostname = handshake.member->verify_name;
    request->forwarding = 1;
    lync_handshake_expect(&handshake);
    status = lync_proxy.run_scheme_handler(r, use, conf, url, proxyname, proxyport);
    lync_handshake_expect(NULL);
    lync_pin_done(r, request->target);
    request->forwarding = 0;
    r->hostname = hostname;
    r->log = log;
    status = outcome(r, worker, &handshake, status);
    lync_count_server(handshake.member, status >= HTTP_INTERNAL_SERVER_ERROR || r->status >= HTTP_INTERNAL_SERVER_ERROR);
    return status;
}

/* Lync clients take 502 for a reason to start over with discovery: what mod_proxy could not get
 * answered becomes 503 with a time, or 504. The pool's own answers do not come along here. */
static int request_status(int *status, request_rec *r)
{
    const lync_request_t *request = lync_request(r);

    if (!request || *status < HTTP_INTERNAL_SERVER_ERROR)
        return DECLINED;
    /* mod_proxy tells the client names and addresses of servers in these. */
    apr_table_unset(r->notes, "error-notes");
    apr_table_unset(r->notes, "verbose-error-to");
    if (*status == HTTP_GATEWAY_TIME_OUT || apr_table_get(r->notes, "proxy_timedout")) {
        *status = HTTP_GATEWAY_TIME_OUT;
        return OK;
    }
    *status = HTTP_SERVICE_UNAVAILABLE;
    lync_answer_unavailable(r, request);
    return OK;
}

void lync_upstream_hook(void)
{
    lync_proxy.hook_pre_request(pre_request, NULL, NULL, APR_HOOK_REALLY_FIRST);
    lync_proxy.hook_scheme_handler(scheme_handler, NULL, NULL, APR_HOOK_REALLY_FIRST);
    APR_OPTIONAL_HOOK(proxy, request_status, request_status, NULL, NULL, APR_HOOK_LAST);
}
