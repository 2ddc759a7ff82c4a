#include "mod_lync.h"

#include <apr_atomic.h>

/*
 * Nobody joins the threads of mod_watchdog and mod_proxy_hcheck when a child ends: they go on while exit() takes OpenSSL
 * down. What they find then is not about the pool (a good certificate's key is "too weak"), and they crash. So what has
 * begun gets a moment to be through, and of what is ours nothing begins any more.
 */

#define MOMENT 80                       /* pauses */
#define PAUSE apr_time_from_msec(25)

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
    apr_atomic_dec32(&busy);
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
}
