#include "mod_lync.h"

#include <apr_atomic.h>
#include <apr_strings.h>
#include <http_connection.h>
#include <http_protocol.h>

#include "pin.h"

/*
 * NTLM and Negotiate authenticate a TCP connection, not a request, and mod_proxy shares its
 * connections to a pool among all clients. So a client connection that authenticates gets a
 * connection to the pool of its own, a pin, until either side closes:
 *
 * 1. wants_pin() decides from the request alone, before mod_proxy takes a connection.
 * 2. The pin's server stays the client's server: lync_pin_member() is asked before the balancer is.
 * 3. lync_pin_worker() hands mod_proxy_http a private copy of the server's worker, which shares all
 *    but the connections. No copy, no request: it never falls back to the shared ones.
 * 4. The pin ends with the client connection, when it was not used for LyncPinIdle, when its server is
 *    unusable, or when mod_proxy closes it; what comes next on the client connection starts out
 *    anonymous and is asked to log in.
 */

typedef struct lync_pin_t {
    struct lync_pin_t *next;
    apr_pool_t *pool;           /* a child of the client connection's; the pin and its socket */
    const lync_member_t *member;
    apr_uint32_t number;        /* among those of this child so far */
    apr_time_t used;            /* end of its last request, or start of the present one */
    proxy_worker worker;        /* the private copy */
    proxy_conn_pool connections;        /* holds one at most */
} lync_pin_t;

/* Schemes whose credentials are a request's, not a connection's, and one word (RFC 6750, 7617). */
static const char *const unbound_schemes[] = { "Bearer ", "Basic ", NULL };

static apr_uint32_t pins;       /* of this child */
static apr_uint32_t made;       /* how many it has made so far */
static apr_uint32_t full;       /* whether it was said that they are too many */

/* Whatever is not just one of those is taken for bound to the connection, because a pin too many
 * costs a socket, one too few an identity: other schemes may follow, as fields that a client repeats
 * arrive merged. A token may well spell NTLM somewhere. */
int lync_pin_credentials(const request_rec *r)
{
    const char *value = apr_table_get(r->headers_in, "Authorization");
    int i;

    if (!value || !*value)
        return 0;
    for (i = 0; unbound_schemes[i]; ++i) {
        apr_size_t length = strlen(unbound_schemes[i]);

        if (!strncasecmp(value, unbound_schemes[i], length)) {
            value += length + strspn(value + length, " ");
            return value[strcspn(value, ", \t")] != '\0';
        }
    }
    return 1;
}

unsigned int lync_pin_count(void)
{
    return apr_atomic_read32(&pins);
}

static int same_pool(const lync_member_t *member, const lync_backend_t *backend)
{
    const lync_member_t *other = backend->members->nelts ? LYNC_ITEM(backend->members, lync_member_t *, 0) : NULL;

    return other && other->pool == member->pool && other->port == member->port;
}

static lync_pin_t **find(conn_rec *c, const lync_backend_t *backend)
{
    lync_pin_t **pin = &lync_connection(c)->pins;

    while (*pin && !same_pool((*pin)->member, backend))
        pin = &(*pin)->next;
    return pin;
}

static void drop(lync_pin_t **pin)
{
    apr_pool_t *pool = (*pin)->pool;

    *pin = (*pin)->next;
    apr_pool_destroy(pool);
}

static int wants_pin(const request_rec *r, const lync_target_t *target)
{
    switch (target->pin) {
    case LYNC_PIN_OFF:
        return 0;
    case LYNC_PIN_ALWAYS:
        return 1;
    case LYNC_PIN_AUTH:
        return *find(r->connection, target->backend) || lync_pin_credentials(r);
    }
    return 1;
}

proxy_worker *lync_pin_member(request_rec *r, const lync_target_t *target)
{
    lync_pin_t **pin = find(r->connection, target->backend);
    const lync_backend_t *backend = target->backend;
    int i;

    if (!*pin || target->pin == LYNC_PIN_OFF)
        return NULL;
    if ((*pin)->used + lync_config_pin_idle() < apr_time_now()) {
        drop(pin);
        return NULL;
    }
    for (i = 0; i < backend->members->nelts && i < backend->balancer->workers->nelts; ++i) {
        proxy_worker *worker = LYNC_ITEM(backend->balancer->workers, proxy_worker *, i);

        if (LYNC_ITEM(backend->members, lync_member_t *, i) == (*pin)->member && PROXY_WORKER_IS_USABLE(worker))
            return worker;
    }
    drop(pin);
    return NULL;
}

static apr_status_t count_out(void *unused)
{
    (void)unused;
    apr_atomic_dec32(&pins);
    apr_atomic_set32(&full, 0);
    return APR_SUCCESS;
}

/* Counts before it makes: of two threads at the limit one gets the last pin. A warning when the limit
 * is reached, not for each client that it turns away. */
static int count_in(request_rec *r, apr_pool_t *pool)
{
    int limit = lync_config_pin_limit();

    if (apr_atomic_inc32(&pins) >= (apr_uint32_t)limit) {
        int level = apr_atomic_xchg32(&full, 1) ? APLOG_INFO : APLOG_WARNING;

        apr_atomic_dec32(&pins);
        lync_log(r, level, LYNCNO(0040) "%d client connections are bound to connections of their own, which is "
                 "LyncPinLimit: refused another", limit);
        lync_count_refused(r, LYNC_REFUSAL_PIN_LIMIT);
        return 0;
    }
    apr_pool_cleanup_register(pool, NULL, count_out, apr_pool_cleanup_null);
    return 1;
}

static lync_pin_t *make(request_rec *r, const lync_member_t *member, const proxy_worker *shared)
{
    apr_pool_t *pool;
    lync_pin_t *pin;

    apr_pool_create(&pool, r->connection->pool);
    apr_pool_tag(pool, "lync_pin");
    if (!count_in(r, pool)) {
        apr_pool_destroy(pool);
        return NULL;
    }
    pin = apr_pcalloc(pool, sizeof(*pin));
    pin->pool = pool;
    pin->member = member;
    pin->number = apr_atomic_inc32(&made) + 1;
    /* Addresses outlive the connections that use them: pools are destroyed in reverse order. */
    apr_pool_create(&pin->connections.dns_pool, pool);
    apr_pool_create(&pin->connections.pool, pool);
    pin->worker = *shared;
    pin->worker.cp = &pin->connections;
    pin->worker.context = NULL;
    pin->worker.address = NULL;
    if (apr_thread_mutex_create(&pin->worker.tmutex, APR_THREAD_MUTEX_DEFAULT, pool) != APR_SUCCESS) {
        apr_pool_destroy(pool);
        return NULL;
    }
    return pin;
}

/* The pin serves all timeout profiles of the pool: the request's worker lends its settings. */
static void lend(lync_pin_t *pin, const proxy_worker *shared)
{
    const proxy_conn_rec *conn = pin->connections.conn;

    pin->used = apr_time_now();
    pin->worker.s = shared->s;
    pin->worker.section_config = shared->section_config;
    pin->worker.balancer = shared->balancer;
    if (conn && conn->sock && shared->s->timeout_set)
        apr_socket_timeout_set(conn->sock, shared->s->timeout);
}

/* What would have mod_proxy_http close the connection after the request. */
static void keep_open(request_rec *r)
{
    apr_table_unset(r->subprocess_env, "proxy-initial-not-pooled");
    apr_table_unset(r->subprocess_env, "proxy-nokeepalive");
    apr_table_unset(r->subprocess_env, "force-proxy-request-1.0");
}

int lync_pin_worker(request_rec *r, const lync_target_t *target, const lync_member_t *member, proxy_worker **worker)
{
    lync_pin_t **place;

    if (!wants_pin(r, target))
        return OK;
    place = find(r->connection, target->backend);
    if (*place && (*place)->member != member)
        drop(place);
    place = find(r->connection, target->backend);
    if (!*place) {
        *place = make(r, member, *worker);
        if (!*place)
            return HTTP_BAD_GATEWAY;
        lync_log(r, APLOG_DEBUG, LYNCNO(0041) "client connection is bound to server '%s' of pool '%s'",
                 member->server->host, member->pool->name);
    }
    lend(*place, *worker);
    keep_open(r);
    lync_request(r)->bound = (*place)->number;
    *worker = &(*place)->worker;
    return OK;
}

void lync_pin_done(request_rec *r, const lync_target_t *target)
{
    lync_pin_t *pin = *find(r->connection, target->backend);

    if (pin)
        pin->used = apr_time_now();
}

/* HTTP/2 has no connection to bind: mod_http2 makes HTTP_1_1_REQUIRED of this, and the client comes
 * back as RFC 9113 §8.1.1.3 has it. Without HTTP/2 nothing is refused but what a route says. */
int lync_pin_refuse(request_rec *r, const lync_target_t *target)
{
    int bound = lync_pin_credentials(r);

    if (target->pin == LYNC_PIN_OFF && bound) {
        lync_log(r, APLOG_INFO, LYNCNO(0042) "refused credentials that bind a connection: route '%s' of host '%s' has "
                 "pin off", target->route->path, target->route->host);
        lync_count_refused(r, LYNC_REFUSAL_PIN_OFF);
        return HTTP_FORBIDDEN;
    }
    if (r->connection->master && (bound || target->pin == LYNC_PIN_ALWAYS)) {
        apr_table_setn(r->notes, "ssl-renegotiate-forbidden", "verify-client");
        lync_log(r, APLOG_DEBUG, LYNCNO(0043) "HTTP/1.1 is required to bind a connection");
        return HTTP_FORBIDDEN;
    }
    return OK;
}

static int pre_close(conn_rec *c)
{
    lync_connection_t *connection = ap_get_module_config(c->conn_config, &lync_module);

    while (connection && connection->pins)
        drop(&connection->pins);
    return OK;
}

void lync_pin_register(apr_pool_t *p)
{
    (void)p;
    ap_hook_pre_close_connection(pre_close, NULL, NULL, APR_HOOK_MIDDLE);
}
