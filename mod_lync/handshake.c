#include "mod_lync.h"

#include <apr_atomic.h>
#include <apr_optional_hooks.h>
#include <apr_shm.h>
#include <apr_strings.h>
#include <mod_ssl_openssl.h>
#include <openssl/err.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

/*
 * mod_ssl verifies the pool's certificates. What is added: OpenSSL verifies the name as well, so
 * that mod_proxy_hcheck's probes do it too, and a failure is told with its reason, once until it
 * changes or is over.
 */

#define FAILED_OTHERWISE 0x10000        /* beyond all X509_V_ERR_ */

typedef struct address_t {
    const lync_member_t *member;
    int agreed;                 /* all pools that have it verify the same name */
} address_t;

static apr_uint32_t *states;            /* by member->slot, shared by all children; 0: well */
static apr_hash_t *by_address;          /* "host:port" -> address_t */
static int ssl_index = -1;              /* SSL -> lync_member_t */
static __thread lync_handshake_t *expected;

void lync_handshake_expect(lync_handshake_t *handshake)
{
    expected = handshake;
}

int lync_handshake_expected(void)
{
    return expected != NULL;
}

/* Probes come without a request: the address that was connected to tells the member. */
const lync_member_t *lync_handshake_member_at(const conn_rec *c, int *agreed)
{
    const address_t *address;
    char key[300];

    if (!by_address || !c->client_addr || !c->client_addr->hostname)
        return NULL;
    apr_snprintf(key, sizeof(key), "%s:%d", c->client_addr->hostname, c->client_addr->port);
    address = apr_hash_get(by_address, key, APR_HASH_KEY_STRING);
    *agreed = address && address->agreed;
    return address ? address->member : NULL;
}

static void complain(const lync_member_t *member, const char *what, const char *reason)
{
    const lync_snapshot_t *snapshot = lync_config_snapshot();

    ap_log_error(APLOG_MARK, APLOG_ERR, 0, LYNC_ITEM(snapshot->sites, lync_site_t *, 0)->server, LYNCNO(0021)
                 "pool '%s': server '%s' (port %d, as '%s'): %s: %s", member->pool->name, member->server->host,
                 member->port, member->verify_name, what, reason);
}

static void failed(const SSL *ssl, const lync_member_t *member)
{
    long result = SSL_get_verify_result(ssl);
    apr_uint32_t state = result == X509_V_OK ? FAILED_OTHERWISE : (apr_uint32_t)result;
    unsigned long code = ERR_peek_last_error();

    if (expected)
        expected->failed = 1;
    /* Either would block, or the server hung up: mod_proxy tells. */
    if (result == X509_V_OK && (SSL_want(ssl) != SSL_NOTHING || !code))
        return;
    if (apr_atomic_xchg32(&states[member->slot], state) == state)
        return;
    if (result != X509_V_OK)
        complain(member, "certificate verify failed", X509_verify_cert_error_string(result));
    else
        complain(member, "TLS handshake failed", ERR_reason_error_string(code) ? ERR_reason_error_string(code) : "?");
}

static void succeeded(const lync_member_t *member)
{
    const lync_snapshot_t *snapshot = lync_config_snapshot();

    if (expected)
        expected->failed = 0;
    if (apr_atomic_read32(&states[member->slot]) && apr_atomic_xchg32(&states[member->slot], 0))
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
    if (where & SSL_CB_HANDSHAKE_DONE)
        succeeded(member);
    else if (where == SSL_CB_CONNECT_EXIT && ret <= 0)
        failed(ssl, member);
}

static int pre_handshake(conn_rec *c, SSL *ssl, int is_proxy)
{
    X509_VERIFY_PARAM *param = SSL_get0_param(ssl);
    const lync_member_t *member;
    int agreed = 1;

    if (!is_proxy || ssl_index < 0 || !states || !lync_config_site(c->base_server))
        return DECLINED;
    member = expected ? expected->member : lync_handshake_member_at(c, &agreed);
    if (!member || !agreed || !SSL_set_ex_data(ssl, ssl_index, (void *)member))
        return DECLINED;
    SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    if (!X509_VERIFY_PARAM_set1_ip_asc(param, member->verify_name) && !SSL_set1_host(ssl, member->verify_name))
        return HTTP_INTERNAL_SERVER_ERROR;
    ERR_clear_error();
    SSL_set_info_callback(ssl, watch);
    return OK;
}

static void index_members(const lync_backend_t *backend, apr_pool_t *p)
{
    int i;

    for (i = 0; i < backend->members->nelts; ++i) {
        const lync_member_t *member = LYNC_ITEM(backend->members, lync_member_t *, i);
        const char *key = apr_psprintf(p, "%s:%d", member->server->host, member->port);
        address_t *address = apr_hash_get(by_address, key, APR_HASH_KEY_STRING);

        if (!address) {
            address = apr_pcalloc(p, sizeof(*address));
            address->member = member;
            address->agreed = 1;
            apr_hash_set(by_address, key, APR_HASH_KEY_STRING, address);
        }
        address->agreed = address->agreed && !strcasecmp(address->member->verify_name, member->verify_name);
    }
}

static int post_config(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp, server_rec *s)
{
    const lync_snapshot_t *snapshot = lync_config_snapshot();
    apr_size_t size;
    apr_shm_t *shm;
    apr_status_t rv;
    int i;

    (void)plog;
    (void)ptemp;
    if (!snapshot || !snapshot->backends->nelts)
        return OK;
    by_address = apr_hash_make(pconf);
    for (i = 0; i < snapshot->backends->nelts; ++i)
        index_members(LYNC_ITEM(snapshot->backends, lync_backend_t *, i), pconf);
    if (!snapshot->members->nelts)
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
}

void lync_handshake_register(apr_pool_t *p)
{
    (void)p;
    ap_hook_post_config(post_config, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_child_init(child_init, NULL, NULL, APR_HOOK_MIDDLE);
    APR_OPTIONAL_HOOK(ssl, pre_handshake, pre_handshake, NULL, NULL, APR_HOOK_MIDDLE);
}
