#include "mod_lync.h"

#include <ap_mpm.h>
#include <http_main.h>
#include <mpm_common.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

/*
 * At a reload the children stop accepting at once, and the parent starts others when one of them has ended, or else
 * after it slept for a second, during which nobody accepts. With a request pending in every child that is always.
 *
 * The sleep is a select(), which any signal with a handler ends, and then the parent does what it does after the
 * second. So a timer sends the parent one from before its first sleep on:
 *
 * - until it has started children, and for a second at most: one that comes while it sleeps is enough. Each one more has it
 *   do what it does every second, which is to start or end children by the number of idle threads, and each tenth what it
 *   does every ten, its monitor hooks.
 * - of the calls that a parent makes SA_RESTART has all go on but those that sleep.
 * - SIGALRM, whose handler nobody in httpd sets. Whoever did set one, or ignores it, is left alone, and then the second
 *   is what it was. Children and what they execute get neither the timer nor the handler.
 * - the handler is in a module that is unloaded at the next reload: before that the timer is gone, and so is what it
 *   sent and was not delivered.
 *
 * Where the scoreboard is full of children that make room (retire.c) it would be too early: the parent would find no
 * slot and say so. It waits for them to end first.
 */

#define TICK 10                         /* milliseconds */
#define FIRST_TICK 2                    /* by when the parent mostly sleeps */
#define TICKS 100
#define TICKS_AFTER 3                   /* that a child was started in the place of one: then the parent sleeps soon */
#define TICKS_WITHOUT_ROOM 500          /* where no child can be started at all */

static volatile sig_atomic_t ticks;
static timer_t timer;
static pid_t armed;                     /* the parent, or 0 */
static struct sigaction before;
static int ended = -1;                  /* slot of the child that ended last, or -1 */

static void set(int first, int every)
{
    struct itimerspec times = { { 0, every * 1000000L }, { 0, first * 1000000L } };

    timer_settime(timer, 0, &times, NULL);
}

static void tick(int number)
{
    int error = errno;

    (void)number;
    if (--ticks <= 0)
        set(0, 0);
    errno = error;
}

/* A signal that is pending would end httpd under the disposition that it had before. */
static apr_status_t disarm(void *unused)
{
    struct sigaction ignore = { .sa_handler = SIG_IGN };

    (void)unused;
    if (armed != getpid())
        return APR_SUCCESS;
    timer_delete(timer);
    sigaction(SIGALRM, &ignore, NULL);
    sigaction(SIGALRM, &before, NULL);
    armed = 0;
    return APR_SUCCESS;
}

static void arm(apr_pool_t *pconf)
{
    struct sigaction action = { .sa_handler = tick, .sa_flags = SA_RESTART };
    struct sigevent event = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGALRM };

    if (sigaction(SIGALRM, NULL, &before) || before.sa_handler != SIG_DFL
        || timer_create(CLOCK_MONOTONIC, &event, &timer))
        return;
    ticks = TICKS;
    armed = getpid();
    apr_pool_cleanup_register(pconf, NULL, disarm, apr_pool_cleanup_null);
    sigaction(SIGALRM, &action, NULL);
    set(FIRST_TICK, TICK);
}

/* A signal ends it, as it would end the sleep. */
static void wait_for_room(void)
{
    struct timespec moment = { 0, TICK * 1000000L };
    lync_served_limits_t limits;
    lync_room_t room;
    int i;

    lync_room_limits(&limits);
    for (i = 0; i < TICKS_WITHOUT_ROOM; ++i) {
        lync_room(&room, &limits, lync_room_old());
        if (!room.is_short || (room.unused && i >= TICKS) || nanosleep(&moment, NULL))
            break;
    }
}

/* The last hook before the MPM's, of which there may be one only. */
static void before_mpm(void)
{
    int generation = 0;

    ap_mpm_query(AP_MPMQ_GENERATION, &generation);
    if (!lync_config_snapshot() || !lync_config_quick_reload() || generation < 1)
        return;
    wait_for_room();
    arm(ap_server_conf->process->pconf);
}

/* One that takes the place of another does not tell that the sleep is over: there may be more to be started. */
static void child_status(server_rec *s, pid_t pid, ap_generation_t generation, int slot, mpm_child_status status)
{
    (void)s;
    (void)pid;
    (void)generation;
    if (armed && status == MPM_CHILD_STARTED && slot != ended)
        set(0, 0);
    else if (armed && status == MPM_CHILD_STARTED && ticks > 0)
        ticks = TICKS_AFTER;
    ended = status == MPM_CHILD_EXITED ? slot : -1;
}

static void child_init(apr_pool_t *p, server_rec *s)
{
    (void)p;
    (void)s;
    if (armed)
        sigaction(SIGALRM, &before, NULL);
    armed = 0;
}

void lync_restart_register(apr_pool_t *p)
{
    (void)p;
    ap_hook_optional_fn_retrieve(before_mpm, NULL, NULL, APR_HOOK_REALLY_LAST);
    ap_hook_child_status(child_status, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_child_init(child_init, NULL, NULL, APR_HOOK_REALLY_FIRST);
}
