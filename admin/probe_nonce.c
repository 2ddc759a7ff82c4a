#include <apr_strings.h>
#include <signal.h>

#include "probe.h"
#include "served.h"

/* The nonce of the probes under way, and that it ends with them. */

#define VALID 20                /* seconds: longer than one request may take */

static const int ends[] = { SIGHUP, SIGINT, SIGTERM };

#define ENDS (sizeof(ends) / sizeof(ends[0]))

/* For the signal handler. */
static lync_served_t *held;
static struct sigaction before[ENDS];

static void restore(void)
{
    apr_size_t i;

    for (i = 0; i < ENDS; ++i)
        sigaction(ends[i], &before[i], NULL);
}

static void end(int number)
{
    lync_served_probe_end(held);
    restore();
    raise(number);
}

const lync_err_t *probe_nonce_begin(const char *served, apr_pool_t *p)
{
    struct sigaction action = { .sa_handler = end };
    apr_size_t i;

    LYNC_TRY(lync_served_open_write(&held, served, p));
    sigemptyset(&action.sa_mask);
    for (i = 0; i < ENDS; ++i) {
        sigaction(ends[i], NULL, &before[i]);
        if (before[i].sa_handler != SIG_IGN)
            sigaction(ends[i], &action, NULL);
    }
    return NULL;
}

void probe_nonce_end(void)
{
    lync_served_probe_end(held);
    restore();
    held = NULL;
}

const lync_err_t *probe_nonce(const char **nonce, apr_pool_t *p)
{
    LYNC_TRY(lync_served_probe(held, VALID, p));
    *nonce = apr_pstrdup(p, held->probe);
    return NULL;
}
