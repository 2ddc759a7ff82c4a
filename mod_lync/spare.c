#include "mod_lync.h"

#include <apr_allocator.h>
#include <http_connection.h>
#include <http_protocol.h>
#include <mpm_common.h>

/*
 * Lync's clients keep their connections for hours. Besides what a request needs while it is under way, httpd keeps for each
 * connection what earlier ones needed at most, up to 2 MB, and mod_ssl some bytes of each request until the connection ends.
 */

/* No more than that is kept. Requests that are not unusually large do with it, so that they ask the system for nothing. */
#define SPARE (48 * 1024)

/* After so many a connection ends. */
#define ANSWERS 4000

static void limit(conn_rec *c)
{
    if (!ap_max_mem_free || ap_max_mem_free > SPARE)
        apr_allocator_max_free_set(apr_pool_allocator_get(c->pool), SPARE);
}

/* After sni.c has found out whose connection it is. The allocator goes with what httpd has for a connection from one to the next. */
static void pre_read_request(request_rec *r, conn_rec *c)
{
    if (!c->master && !c->keepalives && lync_config_site(r->server))
        limit(c);
}

/* To HTTP/2: its connection reads no request itself. */
static int protocol_switch(conn_rec *c, request_rec *r, server_rec *s, const char *protocol)
{
    (void)r;
    (void)protocol;
    if (s && lync_config_site(s))
        limit(c);
    return DECLINED;
}

/* A stream has an allocator that goes from one of its connection to the next. */
static int post_read_request(request_rec *r)
{
    if (r->connection->master && lync_config_site(r->server))
        limit(r->connection);
    return DECLINED;
}

/* As MaxKeepAliveRequests would, but never between the steps of a sign-in, which belongs to the connection. */
void lync_spare_end(request_rec *r)
{
    if (r->connection->keepalives >= ANSWERS && r->status != HTTP_UNAUTHORIZED)
        r->connection->keepalive = AP_CONN_CLOSE;
}

void lync_spare_register(apr_pool_t *p)
{
    (void)p;
    ap_hook_protocol_switch(protocol_switch, NULL, NULL, APR_HOOK_FIRST);
    ap_hook_pre_read_request(pre_read_request, NULL, NULL, APR_HOOK_LAST);
    ap_hook_post_read_request(post_read_request, NULL, NULL, APR_HOOK_FIRST);
}
