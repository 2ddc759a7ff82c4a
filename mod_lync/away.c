#include "mod_lync.h"

#include <apr_portable.h>
#include <http_connection.h>
#include <http_core.h>
#include <poll.h>
#include <util_filter.h>

/*
 * mod_proxy waits for an answer and nothing else: of a client that goes away during a poll it learns when the poll is
 * over, and holds a thread and a connection to the pool until then. Here, in a filter between TLS and the socket of
 * each connection to a pool, a wait that has taken PATIENCE goes on for either the answer or the end of the client, or
 * until this child has to make room for others (retire.c). All of it happens in the thread that serves the request, which is also the one that closes both sockets.
 *
 * A FIN is taken for the end: TCP does not tell who closed from who only has no more to send, and no client of Lync
 * does the latter. One that does has PATIENCE to get his answer.
 */

#define PATIENCE apr_time_from_sec(1)

static ap_filter_rec_t *handle;

/* What mod_proxy would log is an error of the server's. */
static const struct ap_logconf quiet = { NULL, APLOG_CRIT };

static int descriptor(apr_socket_t *socket)
{
    apr_os_sock_t fd = -1;

    return socket && apr_os_sock_get(&fd, socket) == APR_SUCCESS ? fd : -1;
}

/* A stream of HTTP/2 has no socket; its connection stays open until all of its streams have ended. */
static int client_of(const request_rec *r)
{
    return descriptor(ap_get_conn_socket(r->connection->master ? r->connection->master : r->connection));
}

/* What is being sent to the client is finished: it would take a part for the whole. 1xx is no answer yet. */
static int is_answered(const request_rec *r)
{
    const char *status = apr_table_get(r->notes, "proxy-status");

    return status && *status != '1';
}

/* As the service's own time-out would end it, sooner. */
static apr_status_t let_go(request_rec *r, const lync_member_t *member)
{
    ap_log_rerror(APLOG_MARK, APLOG_DEBUG, 0, r, LYNCNO(0027) "pool '%s': this generation of children ends: no longer "
                  "waiting for server '%s'", member->pool->name, member->server->host);
    r->log = &quiet;
    return APR_TIMEUP;
}

/* APR_SUCCESS: there is something to read; APR_TIMEUP; APR_ECONNABORTED: the client is gone. */
static apr_status_t wait_for_either(apr_socket_t *server, const lync_handshake_t *handshake, apr_interval_time_t timeout)
{
    request_rec *r = handshake->r;
    struct pollfd fds[] = { { .fd = descriptor(server), .events = POLLIN },
                            { .fd = client_of(r), .events = POLLRDHUP },
                            { .fd = is_answered(r) ? -1 : lync_retire_descriptor(), .events = POLLIN } };
    apr_time_t end = apr_time_now() + timeout;

    for (;;) {
        apr_interval_time_t left = end - apr_time_now();
        int ready = poll(fds, 3, left > 0 ? (int)(apr_time_as_msec(left) + 1) : 0);

        if (ready < 0 && errno != EINTR)
            return errno;
        if (ready > 0)
            return fds[0].revents ? APR_SUCCESS : fds[1].revents ? APR_ECONNABORTED : let_go(r, handshake->member);
        if (left <= 0)
            return APR_TIMEUP;
    }
}

static void give_up(lync_handshake_t *handshake)
{
    request_rec *r = handshake->r;

    ap_log_rerror(APLOG_MARK, APLOG_DEBUG, 0, r, LYNCNO(0026) "pool '%s': the client went away: closing the connection "
                  "to server '%s'", handshake->member->pool->name, handshake->member->server->host);
    handshake->gone = 1;
    r->connection->aborted = 1;
    r->log = &quiet;
}

/* Fast answers cost two assignments: the socket's own waiting does the rest. */
static apr_status_t watch(ap_filter_t *filter, apr_bucket_brigade *bb, ap_input_mode_t mode, apr_read_type_e block,
                          apr_off_t bytes)
{
    lync_handshake_t *handshake = lync_handshake_expected();
    apr_socket_t *server = ap_get_conn_socket(filter->c);
    apr_interval_time_t timeout;
    apr_status_t rv;

    if (!handshake || block != APR_BLOCK_READ || mode == AP_MODE_INIT || !server
        || apr_socket_timeout_get(server, &timeout) != APR_SUCCESS || timeout <= PATIENCE)
        return ap_get_brigade(filter->next, bb, mode, block, bytes);
    if (handshake->gone)
        return APR_ECONNABORTED;
    apr_socket_timeout_set(server, PATIENCE);
    rv = ap_get_brigade(filter->next, bb, mode, block, bytes);
    apr_socket_timeout_set(server, timeout);
    if (!APR_STATUS_IS_TIMEUP(rv))
        return rv;
    rv = wait_for_either(server, handshake, timeout - PATIENCE);
    if (rv == APR_ECONNABORTED)
        give_up(handshake);
    return rv == APR_SUCCESS ? ap_get_brigade(filter->next, bb, mode, block, bytes) : rv;
}

static int pre_connection(conn_rec *c, void *csd)
{
    (void)csd;
    if (!c->outgoing || !lync_handshake_expected())
        return DECLINED;
    ap_add_input_filter_handle(handle, NULL, NULL, c);
    return OK;
}

void lync_away_register(apr_pool_t *p)
{
    (void)p;
    /* below mod_ssl's */
    handle = ap_register_input_filter("LYNC_AWAY", watch, NULL, AP_FTYPE_NETWORK - 1);
    ap_hook_pre_connection(pre_connection, NULL, NULL, APR_HOOK_MIDDLE);
}
