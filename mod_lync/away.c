#include "mod_lync.h"

#include <apr_portable.h>
#include <http_connection.h>
#include <http_core.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <util_filter.h>

/*
 * mod_proxy waits for an answer and nothing else: of a client that goes away during a poll it learns when the poll is
 * over, and holds a thread and a connection to the pool until then. Here a wait that has taken PATIENCE goes on for
 * either the answer or the end of the client, or until this child has to make room for others (retire.c) or to end at
 * once. All of it happens in the thread that serves the request, which is also the one that closes both sockets.
 *
 * Room is made by what the pool has been sent and has not begun to answer. Its client asks again, and what the pool may be
 * at work on would be done twice: what has a body is taken for waiting only after WORK.
 *
 * An answer is waited for above TLS, where OpenSSL holds no buffers meanwhile; with mod_ssl's own waiting it would hold
 * two of 16 KB for each poll. What comes of it in pieces, and a handshake, is waited for between TLS and the socket.
 *
 * A FIN is taken for the end: TCP does not tell who closed from who only has no more to send, and no client of Lync
 * does the latter. One that does has PATIENCE to get his answer. A stream of HTTP/2 that is reset is told of in its
 * connection's record alone, which is looked at every LOOK.
 *
 * Of a client that goes away while it sends a body mod_proxy learns by itself, and takes it for an error of the server's.
 */

#define PATIENCE apr_time_from_sec(1)
#define WORK apr_time_from_sec(30)
#define LOOK apr_time_from_sec(1)
#define LONGEST apr_time_from_sec(3600)         /* that poll() is asked to wait */

static ap_filter_rec_t *above, *below, *body;

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
static apr_status_t let_go(lync_handshake_t *handshake)
{
    request_rec *r = handshake->r;

    lync_log(r, APLOG_DEBUG, LYNCNO(0027) "pool '%s': this generation of children ends: no longer waiting for server "
             "'%s'", handshake->member->pool->name, handshake->member->server->host);
    handshake->let_go = 1;
    r->log = &quiet;
    return APR_TIMEUP;
}

static int makes_room(const lync_handshake_t *handshake, apr_interval_time_t waited)
{
    return handshake->answered && !is_answered(handshake->r)
           && (waited >= WORK || !lync_upstream_has_body(handshake->r));
}

/* How much of what is left to wait until there is something to look at. */
static apr_interval_time_t slice(const lync_handshake_t *handshake, apr_interval_time_t waited, apr_interval_time_t left)
{
    apr_interval_time_t next = LONGEST;

    if (handshake && waited < WORK && !makes_room(handshake, waited))
        next = WORK - waited;
    if (handshake && handshake->r->connection->master && next > LOOK)
        next = LOOK;
    return left < next ? left : next;
}

static int is_reset(const lync_handshake_t *handshake)
{
    return handshake && handshake->r->connection->master && handshake->r->connection->aborted;
}

/* Since begun, for timeout. Without a handshake for the server alone. APR_SUCCESS: there is something to read; APR_TIMEUP;
 * APR_ECONNABORTED: the client is gone. */
static apr_status_t wait_for(apr_socket_t *server, lync_handshake_t *handshake, apr_time_t begun,
                             apr_interval_time_t timeout)
{
    struct pollfd fds[] = { { .fd = descriptor(server), .events = POLLIN },
                            { .fd = handshake ? client_of(handshake->r) : -1, .events = POLLRDHUP },
                            { .fd = handshake ? lync_retire_cut_descriptor() : -1, .events = POLLIN },
                            { .events = POLLIN } };

    for (;;) {
        apr_interval_time_t waited = lync_clock() - begun, left = waited < timeout ? timeout - waited : 0;
        apr_interval_time_t next = slice(handshake, waited, left);
        int ready;

        fds[3].fd = handshake && makes_room(handshake, waited) ? lync_retire_descriptor() : -1;
        ready = poll(fds, 4, next ? (int)(apr_time_as_msec(next) + 1) : 0);
        if (ready < 0 && errno != EINTR)
            return errno;
        if (ready > 0 && fds[0].revents)
            return APR_SUCCESS;
        if (is_reset(handshake) || (ready > 0 && (fds[1].revents || fds[2].revents)))
            return APR_ECONNABORTED;
        if (ready > 0)
            return let_go(handshake);
        if (!ready && next == left)
            return APR_TIMEUP;
    }
}

static void give_up(lync_handshake_t *handshake)
{
    request_rec *r = handshake->r;

    lync_log(r, APLOG_DEBUG, LYNCNO(0026) "pool '%s': the client's connection ended: closing the one to server '%s'",
             handshake->member->pool->name, handshake->member->server->host);
    handshake->gone = 1;
    r->connection->aborted = 1;
    r->log = &quiet;
}

/* It has them again when it needs them. Not in the middle of a record: some versions would free what they use
 * (CVE-2024-4741). */
static void release_buffers(conn_rec *c)
{
    SSL *ssl = lync_connection(c)->ssl;

    if (ssl && !strcmp(SSL_rstate_string(ssl), "RH"))
        (void)!SSL_free_buffers(ssl);
}

/* Counted are those who wait long: for a poll that costs nothing. */
static apr_status_t wait_long(apr_socket_t *server, lync_handshake_t *handshake, apr_time_t begun,
                              apr_interval_time_t timeout)
{
    apr_status_t rv;

    lync_count_waiting(1);
    rv = wait_for(server, handshake, begun, timeout);
    lync_count_waiting(-1);
    return rv;
}

static apr_status_t start_of_answer(ap_filter_t *filter, apr_bucket_brigade *bb, ap_input_mode_t mode, apr_off_t bytes,
                                    lync_handshake_t *handshake, apr_interval_time_t timeout)
{
    apr_socket_t *server = ap_get_conn_socket(filter->c);
    apr_time_t begun = lync_clock();
    apr_interval_time_t waited = 0;
    apr_status_t rv;

    while (waited < timeout) {
        rv = waited < PATIENCE && timeout > PATIENCE ? wait_for(server, NULL, begun, PATIENCE)
             : wait_long(server, handshake, begun, timeout);
        if (rv == APR_ECONNABORTED)
            give_up(handshake);
        if (rv != APR_SUCCESS && (rv != APR_TIMEUP || handshake->let_go))
            return rv;
        /* also after PATIENCE: it may be in a buffer of somebody between */
        rv = ap_get_brigade(filter->next, bb, mode, APR_NONBLOCK_READ, bytes);
        if (!APR_STATUS_IS_EAGAIN(rv) && (rv != APR_SUCCESS || !APR_BRIGADE_EMPTY(bb)))
            return rv;
        /* something of TLS, and no answer yet */
        release_buffers(filter->c);
        waited = lync_clock() - begun;
    }
    return APR_TIMEUP;
}

static apr_status_t watch_above(ap_filter_t *filter, apr_bucket_brigade *bb, ap_input_mode_t mode,
                                apr_read_type_e block, apr_off_t bytes)
{
    lync_handshake_t *handshake = lync_handshake_expected();
    apr_socket_t *server = ap_get_conn_socket(filter->c);
    apr_interval_time_t timeout;

    if (!handshake || handshake->answered || mode != AP_MODE_GETLINE || block != APR_BLOCK_READ || !server
        || apr_socket_timeout_get(server, &timeout) != APR_SUCCESS || timeout <= 0)
        return ap_get_brigade(filter->next, bb, mode, block, bytes);
    handshake->answered = 1;
    return start_of_answer(filter, bb, mode, bytes, handshake, timeout);
}

/* Fast answers cost two assignments: the socket's own waiting does the rest. */
static apr_status_t watch_below(ap_filter_t *filter, apr_bucket_brigade *bb, ap_input_mode_t mode,
                                apr_read_type_e block, apr_off_t bytes)
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
    rv = wait_for(server, handshake, lync_clock() - PATIENCE, timeout);
    if (rv == APR_ECONNABORTED)
        give_up(handshake);
    return rv == APR_SUCCESS ? ap_get_brigade(filter->next, bb, mode, block, bytes) : rv;
}

static int is_end(apr_status_t rv)
{
    return APR_STATUS_IS_EOF(rv) || APR_STATUS_IS_INCOMPLETE(rv) || APR_STATUS_IS_ECONNRESET(rv)
           || APR_STATUS_IS_ECONNABORTED(rv) || APR_STATUS_IS_EPIPE(rv);
}

static apr_status_t watch_body(ap_filter_t *filter, apr_bucket_brigade *bb, ap_input_mode_t mode, apr_read_type_e block,
                               apr_off_t bytes)
{
    lync_handshake_t *handshake = lync_handshake_expected();
    apr_status_t rv = ap_get_brigade(filter->next, bb, mode, block, bytes);

    if (!handshake || rv == APR_SUCCESS || APR_STATUS_IS_EAGAIN(rv))
        return rv;
    if (is_end(rv)) {
        give_up(handshake);
        return rv;
    }
    lync_log(filter->r, APLOG_DEBUG, LYNCNO(0096) "pool '%s': the client's body cannot be read on: closing the connection to "
             "server '%s'", handshake->member->pool->name, handshake->member->server->host);
    filter->r->log = &quiet;
    return rv;
}

/* mod_proxy is not to read all of the body first, as it does where a filter may change it. */
void lync_away_watch_body(request_rec *r)
{
    int changed = r->input_filters != r->proto_input_filters;

    if (!lync_upstream_has_body(r))
        return;
    ap_add_input_filter_handle(body, NULL, r, r->connection);
    if (!changed)
        r->proto_input_filters = r->input_filters;
}

static int pre_connection(conn_rec *c, void *csd)
{
    lync_handshake_t *handshake = lync_handshake_expected();

    (void)csd;
    if (!c->outgoing || !handshake)
        return DECLINED;
    /* one after another that turned out to be closed, too */
    handshake->answered = 0;
    ap_add_input_filter_handle(above, NULL, NULL, c);
    ap_add_input_filter_handle(below, NULL, NULL, c);
    return OK;
}

void lync_away_register(apr_pool_t *p)
{
    (void)p;
    /* mod_ssl's is between them */
    above = ap_register_input_filter("LYNC_ANSWER_WAIT", watch_above, NULL, AP_FTYPE_CONNECTION + 1);
    below = ap_register_input_filter("LYNC_AWAY", watch_below, NULL, AP_FTYPE_NETWORK - 1);
    body = ap_register_input_filter("LYNC_BODY", watch_body, NULL, AP_FTYPE_RESOURCE);
    ap_hook_pre_connection(pre_connection, NULL, NULL, APR_HOOK_MIDDLE);
}
