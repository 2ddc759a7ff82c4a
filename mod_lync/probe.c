#include "mod_lync.h"

#include <http_connection.h>
#include <http_core.h>
#include <util_filter.h>

/*
 * mod_proxy_hcheck gives a probe the timeout of requests, which is half an hour for polls: a server
 * that accepts connections and then hangs would never be noticed. A probe has to be answered
 * within the interval at which it is made. The limit is set with the first byte that is sent,
 * because mod_proxy sets its own after all hooks of a new connection have run.
 */

static ap_filter_rec_t *handle;

static apr_status_t limit(ap_filter_t *filter, apr_bucket_brigade *bb)
{
    apr_socket_t *socket = ap_get_conn_socket(filter->c);
    ap_filter_t *next = filter->next;

    if (socket)
        apr_socket_timeout_set(socket, apr_time_from_sec(*(const int *)filter->ctx));
    ap_remove_output_filter(filter);
    return ap_pass_brigade(next, bb);
}

/* Of the pool that is probed nothing is known here but its port. */
static const int *interval_of(const lync_snapshot_t *snapshot, int port)
{
    const int *interval = NULL;
    int i;

    for (i = 0; i < snapshot->backends->nelts; ++i) {
        const lync_pool_t *pool = LYNC_ITEM(snapshot->backends, lync_backend_t *, i)->pool;

        if ((pool->https_port == port || pool->http_port == port)
            && (!interval || *interval < pool->health_interval))
            interval = &pool->health_interval;
    }
    return interval;
}

static int pre_connection(conn_rec *c, void *csd)
{
    const int *interval;

    (void)csd;
    if (!c->outgoing || lync_handshake_expected() || !lync_config_site(c->base_server))
        return DECLINED;
    interval = interval_of(lync_config_snapshot(), c->client_addr->port);
    if (interval)
        ap_add_output_filter_handle(handle, (void *)interval, NULL, c);
    return OK;
}

void lync_probe_register(apr_pool_t *p)
{
    (void)p;
    /* Before the TLS filter, whose handshake is the first thing that can hang. */
    handle = ap_register_output_filter("LYNC_PROBE", limit, NULL, AP_FTYPE_CONNECTION);
    ap_hook_pre_connection(pre_connection, NULL, NULL, APR_HOOK_MIDDLE);
}
