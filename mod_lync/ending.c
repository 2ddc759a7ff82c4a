#include "mod_lync.h"

#include <apr_atomic.h>
#include <http_connection.h>
#include <openssl/crypto.h>

/*
 * Nobody joins the threads of mod_watchdog and mod_proxy_hcheck when a child ends: they go on, and end, while exit()
 * takes OpenSSL down. What they find then is not about the pool (a good certificate's key is "too weak"), and OpenSSL
 * frees what it has for a thread a second time when that one ends just then. So what has begun in them gets a moment to
 * be through, nothing begins any more, and a thread keeps nothing of OpenSSL's afterwards.
 */

#define MOMENT 80                       /* pauses */
#define PAUSE apr_time_from_msec(25)
#define EXIT apr_time_from_sec(10)      /* no child lives so long once it ends */

static apr_uint32_t busy;               /* how many are */
static apr_uint32_t ending;             /* 1: this child is */

int lync_ending(void)
{
    return apr_atomic_read32(&ending) != 0;
}

int lync_ending_begin(void)
{
    apr_atomic_inc32(&busy);
    if (!lync_ending())
        return 1;
    apr_atomic_dec32(&busy);
    return 0;
}

void lync_ending_done(void)
{
    OPENSSL_thread_stop();
    apr_atomic_dec32(&busy);
}

static apr_status_t probe_over(void *unused)
{
    (void)unused;
    lync_ending_done();
    return APR_SUCCESS;
}

/* Before mod_ssl's, so that the cleanup comes after it has freed its SSL. */
static int pre_connection(conn_rec *c, void *csd)
{
    (void)csd;
    if (!c->outgoing || lync_handshake_expected() || !lync_config_site(c->base_server))
        return DECLINED;
    if (lync_ending_begin())
        apr_pool_cleanup_register(c->pool, NULL, probe_over, apr_pool_cleanup_null);
    else
        apr_sleep(EXIT);                /* a failure would be told of the server */
    return OK;
}

static apr_status_t child_ends(void *unused)
{
    int i;

    (void)unused;
    apr_atomic_set32(&ending, 1);
    for (i = 0; i < MOMENT && apr_atomic_read32(&busy); ++i)
        apr_sleep(PAUSE);
    return APR_SUCCESS;
}

static void child_init(apr_pool_t *p, server_rec *s)
{
    (void)s;
    apr_pool_pre_cleanup_register(p, NULL, child_ends);
}

void lync_ending_register(apr_pool_t *p)
{
    (void)p;
    ap_hook_child_init(child_init, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_pre_connection(pre_connection, NULL, NULL, APR_HOOK_REALLY_FIRST);
}
