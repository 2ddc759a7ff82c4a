#include "mod_lync.h"

#include <apr_atomic.h>
#include <apr_shm.h>
#include <http_core.h>
#include <openssl/x509_vfy.h>

#include "health.h"
#include "proxy.h"
#include "tell.h"

/*
 * A line in the log when a server goes down or comes back, when a pool has no server left or has one again, and when an
 * operator or a revision has another word for a server. All at NOTICE, which httpd writes at any LogLevel. What the log
 * has said stands in the health file: of the children the first to see a change says it, a reload takes over what was
 * said, and children that end say nothing.
 *
 * mod_proxy also has a server for well when some time has passed, for a client to try it, and whenever httpd reloads.
 * That is no news: a server is back when a probe has ended since it was seen well, and it is so still.
 */

/* probed: of each, when its last probe had ended when it was first seen well; 0: it was not. *unwell: one that is not, or
 * NULL. Whether all are well and have been probed since. */
static int is_back(const apr_array_header_t *workers, apr_int64_t *probed, const proxy_worker **unwell)
{
    int back = 1, i;

    *unwell = NULL;
    for (i = 0; i < workers->nelts; ++i) {
        const proxy_worker *worker = LYNC_ITEM(workers, proxy_worker *, i);
        apr_int64_t since = __atomic_load_n(&probed[i], __ATOMIC_RELAXED);
        /* 0: it is being probed. A probe has its say in status first. */
        apr_int64_t ended = __atomic_load_n(&worker->s->updated, __ATOMIC_ACQUIRE);
        int well = !(worker->s->status & LYNC_UNWELL);

        if (!well)
            *unwell = worker;
        if (well ? !since && ended : since != 0)
            __atomic_store_n(&probed[i], well ? ended : 0, __ATOMIC_RELEASE);
        back &= well && since && ended > since;
    }
    return back;
}

static const char *reason(const lync_health_server_t *server, const proxy_worker *unwell)
{
    apr_uint32_t failed = apr_atomic_read32((volatile apr_uint32_t *)&server->failed);

    if (failed)
        return failed < LYNC_HANDSHAKE_FAILED ? X509_verify_cert_error_string((long)failed) : "TLS handshake failed";
    return unwell->s->status & PROXY_WORKER_HC_FAIL ? "its probe is not answered well" : "a request was not answered";
}

static apr_uint32_t now(void)
{
    return (apr_uint32_t)apr_time_sec(apr_time_now());
}

/* Whether this child is the one to say that it becomes what; *lasted: seconds that it was the other. */
static int is_mine(apr_uint32_t *told, apr_uint32_t *since, apr_uint32_t what, int *lasted)
{
    if (apr_atomic_cas32(told, what, !what) != !what)
        return 0;
    *lasted = (int)(now() - apr_atomic_xchg32(since, now()));
    return 1;
}

void lync_tell_server(const lync_tell_t *tell, int place, const apr_array_header_t *workers, apr_int64_t *probed)
{
    lync_health_server_t *server = &tell->health->server[place];
    apr_uint32_t told = apr_atomic_read32(&server->told);
    const proxy_worker *unwell;
    int back = is_back(workers, probed, &unwell), lasted;

    if (!told && unwell && is_mine(&server->told, &server->told_since, 1, &lasted))
        ap_log_error(APLOG_MARK, APLOG_NOTICE, 0, tell->s, LYNCNO(0090) "pool '%s': server '%s' (port %d) is down: %s",
                     server->pool, server->host, (int)server->port, reason(server, unwell));
    else if (told && back && is_mine(&server->told, &server->told_since, 0, &lasted))
        ap_log_error(APLOG_MARK, APLOG_NOTICE, 0, tell->s, LYNCNO(0091) "pool '%s': server '%s' (port %d) is up again "
                     "after %d s", server->pool, server->host, (int)server->port, lasted);
}

/* What is said is said of all of its ports. */
static int is_first(const lync_health_t *health, int place)
{
    const lync_health_server_t *server = &health->server[place];
    int i = 0;

    while (i < place && (strcmp(health->server[i].pool, server->pool) || strcmp(health->server[i].host, server->host)))
        ++i;
    return i == place;
}

void lync_tell_state(server_rec *s, const lync_health_t *health, int place)
{
    const lync_health_server_t *server = &health->server[place];

    if (is_first(health, place))
        ap_log_error(APLOG_MARK, APLOG_NOTICE, 0, s, LYNCNO(0052) "pool '%s': server '%s' is in state %s now",
                     server->pool, server->host, lync_health_word(lync_health_effective(server)));
}

void lync_tell_begin(lync_tell_t *tell, server_rec *s, lync_health_t *health, apr_pool_t *p)
{
    apr_uint32_t i;

    tell->s = s;
    tell->health = health;
    tell->count = health->count;
    tell->first = apr_pcalloc(p, sizeof(*tell->first) * health->count);
    tell->left = apr_palloc(p, sizeof(*tell->left) * health->count);
    for (i = 0; i < health->count; ++i)
        while (!lync_health_is_with(&health->server[tell->first[i]], &health->server[i]))
            ++tell->first[i];
}

void lync_tell_pools(const lync_tell_t *tell)
{
    apr_uint32_t i;
    int lasted;

    memset(tell->left, 0, sizeof(*tell->left) * tell->count);
    for (i = 0; i < tell->count; ++i)
        tell->left[tell->first[i]] += lync_health_takes(&tell->health->server[i], tell->health->server[i].told);
    for (i = 0; i < tell->count; ++i) {
        lync_health_server_t *first = &tell->health->server[i];
        apr_uint32_t told = apr_atomic_read32(&first->pool_told);

        if (tell->first[i] != i)
            continue;
        if (!told && !tell->left[i] && is_mine(&first->pool_told, &first->pool_since, 1, &lasted))
            ap_log_error(APLOG_MARK, APLOG_NOTICE, 0, tell->s, LYNCNO(0092) "pool '%s' (port %d) has no server: who is "
                         "not bound to one gets 503", first->pool, (int)first->port);
        else if (told && tell->left[i] && is_mine(&first->pool_told, &first->pool_since, 0, &lasted))
            ap_log_error(APLOG_MARK, APLOG_NOTICE, 0, tell->s, LYNCNO(0093) "pool '%s' (port %d) has servers again "
                         "after %d s", first->pool, (int)first->port, lasted);
    }
}

static const lync_health_server_t *before(const lync_health_t *health, const lync_health_server_t *server)
{
    apr_uint32_t i;

    for (i = 0; i < health->count; ++i)
        if (lync_health_is_with(&health->server[i], server) && !strcmp(health->server[i].host, server->host))
            return &health->server[i];
    return NULL;
}

/* Of its pool at its port, where the first server may have been another one. */
static void carry_pool(lync_health_server_t *server, const lync_health_t *health)
{
    apr_uint32_t i;

    for (i = 0; i < health->count; ++i)
        if (lync_health_is_with(&health->server[i], server) && lync_health_is_first(health, i)) {
            server->pool_told = health->server[i].pool_told != 0;
            server->pool_since = health->server[i].pool_since;
        }
}

void lync_tell_carry(server_rec *s, lync_health_t *health, int place, const lync_health_t *other)
{
    lync_health_server_t *server = &health->server[place];
    const lync_health_server_t *known = before(other, server);

    carry_pool(server, other);
    if (!known)
        return;
    server->told = known->told != 0;
    server->told_since = known->told_since;
    if (lync_health_effective(known) != lync_health_effective(server))
        lync_tell_state(s, health, place);
}

apr_int64_t *lync_tell_probed(int workers, apr_pool_t *p)
{
    apr_size_t size = sizeof(apr_int64_t) * (apr_size_t)workers;
    apr_int64_t *probed;
    apr_shm_t *shm;

    if (!workers || apr_shm_create(&shm, size, NULL, p) != APR_SUCCESS)
        return NULL;
    probed = apr_shm_baseaddr_get(shm);
    memset(probed, 0, size);
    return probed;
}
