#include "mod_lync.h"

#include <apr_atomic.h>
#include <apr_optional_hooks.h>
#include <apr_shm.h>
#include <apr_strings.h>
#include <mod_ssl_openssl.h>
#include <openssl/err.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>
#include <time.h>

#include "health.h"
#include "proxy.h"
#include "session.h"

/*
 * mod_ssl verifies the pool's certificates. What is added: OpenSSL verifies the name as well, so
 * that mod_proxy_hcheck's probes do it too, and a failure is told with its reason, once until it
 * changes or is over. The health file gets what the member presented last.
 */

/* Of a member, shared by all children. */
typedef struct state_t {
    apr_uint32_t failure;       /* 0: well */
    apr_uint32_t failed_at;     /* seconds since 1970; 0: never */
} state_t;

static state_t *states;                 /* by member->slot */
static apr_hash_t *backends;            /* SSL_CTX of a balancer's section -> lync_backend_t */
static ap_conf_vector_t *section;       /* that mod_ssl is making an SSL_CTX for */
static int ssl_index = -1;              /* SSL -> lync_member_t */
static int connection_index = -1;       /* SSL -> lync_connection_t */
static __thread lync_handshake_t *expected;

void lync_handshake_expect(lync_handshake_t *handshake)
{
    expected = handshake;
}

lync_handshake_t *lync_handshake_expected(void)
{
    return expected;
}

static int is_at(const lync_member_t *member, const conn_rec *c)
{
    apr_sockaddr_t *address;

    if (apr_sockaddr_info_get(&address, member->server->host, APR_UNSPEC, (apr_port_t)member->port, 0, c->pool)
        != APR_SUCCESS)
        return 0;
    for (; address; address = address->next)
        if (apr_sockaddr_equal(address, c->client_addr))
            return 1;
    return 0;
}

static const lync_backend_t *backend_of(const SSL *ssl)
{
    const SSL_CTX *context = SSL_get_SSL_CTX(ssl);

    return apr_hash_get(backends, &context, sizeof(context));
}

/* A probe comes without a request: its section's SSL_CTX tells the balancer, and where the servers
 * of a pool have names of their own, the address which of them it is. */
static const lync_member_t *probed(const conn_rec *c, const lync_backend_t *backend)
{
    int i;

    for (i = 0; backend && i < backend->members->nelts; ++i) {
        const lync_member_t *member = LYNC_ITEM(backend->members, lync_member_t *, i);

        if (backend->members->nelts == 1 || is_at(member, c))
            return member;
    }
    return NULL;
}

static void complain(const lync_member_t *member, const char *what, const char *reason)
{
    const lync_snapshot_t *snapshot = lync_config_snapshot();

    ap_log_error(APLOG_MARK, APLOG_ERR, 0, LYNC_ITEM(snapshot->sites, lync_site_t *, 0)->server, LYNCNO(0021)
                 "pool '%s': server '%s' (port %d, as '%s'): %s: %s", member->pool->name, member->server->host,
                 member->port, member->verify_name, what, reason);
}

/* OpenSSL goes on to say that it wants to read after the server's alert, which came instead. */
static int is_alert(unsigned long code)
{
    return ERR_GET_LIB(code) == ERR_LIB_SSL && ERR_GET_REASON(code) > SSL_AD_REASON_OFFSET;
}

/* Seconds since 1970, 0: not known. Of a certificate that is refused OpenSSL keeps nothing but the chain. */
static apr_int64_t not_after(const SSL *ssl)
{
    const STACK_OF(X509) *chain = SSL_get_peer_cert_chain(ssl);
    struct tm tm;

    if (sk_X509_num(chain) < 1 || !ASN1_TIME_to_tm(X509_get0_notAfter(sk_X509_value(chain, 0)), &tm))
        return 0;
    return timegm(&tm);
}

static void failed(const SSL *ssl, const lync_member_t *member)
{
    long result = SSL_get_verify_result(ssl);
    apr_uint32_t state = result == X509_V_OK ? LYNC_HANDSHAKE_FAILED : (apr_uint32_t)result;
    unsigned long code = ERR_peek_last_error();

    if (expected) {
        expected->failed = 1;
        expected->refused = result != X509_V_OK;
    }
    /* Either would block, or the server hung up: mod_proxy tells. */
    if (result == X509_V_OK && !is_alert(code) && (SSL_want(ssl) != SSL_NOTHING || !code))
        return;
    lync_operate_handshake(member, state, not_after(ssl));
    apr_atomic_set32(&states[member->slot].failed_at, (apr_uint32_t)apr_time_sec(apr_time_now()));
    if (apr_atomic_xchg32(&states[member->slot].failure, state) == state)
        return;
    if (result != X509_V_OK)
        complain(member, "certificate verify failed", X509_verify_cert_error_string(result));
    else
        complain(member, "TLS handshake failed", ERR_reason_error_string(code) ? ERR_reason_error_string(code) : "?");
}

static void succeeded(const SSL *ssl, const lync_member_t *member)
{
    const lync_snapshot_t *snapshot = lync_config_snapshot();

    if (expected)
        expected->failed = 0;
    /* Nothing was presented: what was seen of the server since stands. */
    if (SSL_session_reused(ssl))
        return;
    lync_operate_handshake(member, 0, not_after(ssl));
    if (apr_atomic_read32(&states[member->slot].failure) && apr_atomic_xchg32(&states[member->slot].failure, 0))
        ap_log_error(APLOG_MARK, APLOG_NOTICE, 0, LYNC_ITEM(snapshot->sites, lync_site_t *, 0)->server, LYNCNO(0022)
                     "pool '%s': server '%s' (port %d, as '%s'): certificate verified", member->pool->name,
                     member->server->host, member->port, member->verify_name);
}

static void watch(const SSL *ssl, int where, int ret)
{
    const lync_member_t *member = SSL_get_ex_data(ssl, ssl_index);
    void (*next)(const SSL *, int, int) = SSL_CTX_get_info_callback(SSL_get_SSL_CTX(ssl));

    if (next)
        next(ssl, where, ret);
    if (lync_ending())
        return;
    if (where & SSL_CB_HANDSHAKE_START) {
        lync_session_start(ssl);
    } else if (where & SSL_CB_HANDSHAKE_DONE) {
        lync_session_done(ssl);
        succeeded(ssl, member);
    } else if (where == SSL_CB_CONNECT_EXIT && ret <= 0) {
        lync_session_failed(ssl);
        failed(ssl, member);
    }
}

/* OpenSSL calls it when an SSL goes, which is before its connection's pool does. */
static void forget(void *parent, void *connection, CRYPTO_EX_DATA *data, int index, long number, void *pointer)
{
    (void)parent;
    (void)data;
    (void)index;
    (void)number;
    (void)pointer;
    if (connection)
        ((lync_connection_t *)connection)->ssl = NULL;
}

/* mod_ssl has OpenSSL return after each record of its own, with more in a buffer: away.c would wait at the socket for
 * what is there. */
static void remember(conn_rec *c, SSL *ssl)
{
    lync_connection_t *connection = lync_connection(c);

    SSL_set_mode(ssl, SSL_MODE_AUTO_RETRY);
    if (connection_index >= 0 && SSL_set_ex_data(ssl, connection_index, connection))
        connection->ssl = ssl;
}

static int pre_handshake(conn_rec *c, SSL *ssl, int is_proxy)
{
    X509_VERIFY_PARAM *param = SSL_get0_param(ssl);
    const lync_backend_t *backend;
    const lync_member_t *member;

    if (!is_proxy || ssl_index < 0 || !states || !backends || !lync_config_site(c->base_server))
        return DECLINED;
    backend = backend_of(ssl);
    member = expected ? expected->member : probed(c, backend);
    if (!member || !SSL_set_ex_data(ssl, ssl_index, (void *)member))
        return DECLINED;
    SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    if (!X509_VERIFY_PARAM_set1_ip_asc(param, member->verify_name) && !SSL_set1_host(ssl, member->verify_name))
        return HTTP_INTERNAL_SERVER_ERROR;
    SSL_set_info_callback(ssl, watch);
    remember(c, ssl);
    if (expected && backend)
        lync_session_offer(ssl, backend, member, apr_atomic_read32(&states[member->slot].failed_at));
    ERR_clear_error();
    return OK;
}

/* mod_proxy runs this for each <Proxy> section; mod_ssl's, which comes next, makes its SSL_CTX. */
static int section_post_config(apr_pool_t *p, apr_pool_t *plog, apr_pool_t *ptemp, server_rec *s,
                               ap_conf_vector_t *section_config)
{
    (void)p;
    (void)plog;
    (void)ptemp;
    (void)s;
    section = section_config;
    return OK;
}

static int init_server(server_rec *s, apr_pool_t *p, int is_proxy, SSL_CTX *context)
{
    const lync_snapshot_t *snapshot = lync_config_snapshot();
    int i;

    for (i = 0; is_proxy && section && lync_config_site(s) && i < snapshot->backends->nelts; ++i) {
        const lync_backend_t *backend = LYNC_ITEM(snapshot->backends, lync_backend_t *, i);

        if (!backends)
            backends = apr_hash_make(p);
        if (lync_balancer_section(backend) == section) {
            apr_hash_set(backends, apr_pmemdup(p, &context, sizeof(context)), sizeof(context), backend);
            lync_session_prepare(context);
        }
    }
    section = NULL;
    return OK;
}

static int post_config(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp, server_rec *s)
{
    const lync_snapshot_t *snapshot = lync_config_snapshot();
    apr_size_t size;
    apr_shm_t *shm;
    apr_status_t rv;

    (void)plog;
    (void)ptemp;
    if (!snapshot || !snapshot->members->nelts)
        return OK;
    size = sizeof(*states) * (apr_size_t)snapshot->members->nelts;
    rv = apr_shm_create(&shm, size, NULL, pconf);
    if (rv != APR_SUCCESS) {
        ap_log_error(APLOG_MARK, APLOG_CRIT, rv, s, LYNCNO(0023) "cannot create shared memory");
        return HTTP_INTERNAL_SERVER_ERROR;
    }
    states = apr_shm_baseaddr_get(shm);
    memset(states, 0, size);
    return OK;
}

/* In children only: OpenSSL never forgets an index, and the parent loads us anew at each reload. */
static void child_init(apr_pool_t *p, server_rec *s)
{
    (void)p;
    (void)s;
    ssl_index = SSL_get_ex_new_index(0, NULL, NULL, NULL, NULL);
    connection_index = SSL_get_ex_new_index(0, NULL, NULL, NULL, forget);
}

void lync_handshake_register(apr_pool_t *p)
{
    static const char *const ssl[] = { "mod_ssl.c", NULL };

    (void)p;
    APR_OPTIONAL_HOOK(proxy, section_post_config, section_post_config, NULL, ssl, APR_HOOK_FIRST);
    APR_OPTIONAL_HOOK(ssl, init_server, init_server, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_post_config(post_config, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_child_init(child_init, NULL, NULL, APR_HOOK_MIDDLE);
    APR_OPTIONAL_HOOK(ssl, pre_handshake, pre_handshake, NULL, NULL, APR_HOOK_MIDDLE);
}
