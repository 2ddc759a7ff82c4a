#include "mod_lync.h"

#include <ap_mpm.h>
#include <apr_atomic.h>
#include <http_main.h>
#include <mpm_common.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>

/*
 * After a reload a child stays until all that it waits for is answered, half an hour if need be, and keeps its slot of
 * the scoreboard. When all are taken nobody is served. So a thread of each child that accepts no more looks whether
 *
 * 1. httpd would start children for the running generation, and has no slots for them
 * 2. or the next generation will have no slots for as many, and another old one stays all the same
 * 3. or there are more old generations than LyncOldGenerations
 * 4. or httpd ends gracefully, and the time that it gives is over: nobody accepts any more.
 *
 * Then the oldest generation, with 4 all of them, lets go: what its children wait for ends as its own time-out would end
 * it (away.c), and so do they. The next one has its turn when they are gone, or did not go within HELD. Right after a
 * reload most children are about to end by themselves: that is waited for, shortly where there is nobody to accept
 * connections meanwhile.
 *
 * 1 to 3 under the limits of the running generation, and nothing before they are known: its number is raised before its
 * configuration is read.
 *
 * 2 is not for MPM prefork, where a child is a request, and MPM worker is never short of slots (room.c).
 *
 * Nobody joins the thread: MPM prefork ends a child within a signal handler. What it touches stays until exit(), but for
 * the place in the served file, which ending.c has the end of the child wait for.
 */

#define SELDOM 1000                     /* milliseconds between two looks of a child that accepts connections */
#define OFTEN 50                        /* of one that does not */
#define SETTLED apr_time_from_sec(1)
#define SETTLED_SHORT apr_time_from_msec(150)
#define HELD apr_time_from_sec(3)

/* Since when what may be a reason has lasted; 0: it does not. */
typedef struct since_t {
    apr_time_t reason;
    apr_time_t unserved;
} since_t;

/* Of the generations before the running one, as the served file has them. */
typedef struct old_t {
    int children;
    int oldest;                         /* that has not let go; -1: there is none */
    int generations;                    /* that have not */
    int known[LYNC_SERVED_SLOTS];       /* which these are */
    int letting_go;                     /* the latest that has; -1: there is none */
    int accepting;                      /* children of the running one that accept connections */
} old_t;

static int own;                         /* generation of this child */
static apr_uint32_t stopping;           /* 1: it accepts no more */
static int gone;                        /* 1: it has let go */
static int go = -1, cut = -1, wake = -1;        /* eventfds: it lets go; its clients' connections are closed; its thread
                                                   is to look */

int lync_retire_descriptor(void)
{
    return go;
}

int lync_retire_cut_descriptor(void)
{
    return cut;
}

static void raise_event(int fd)
{
    eventfd_write(fd, 1);
}

static void know(old_t *old, int generation)
{
    int i;

    for (i = 0; i < old->generations; ++i)
        if (old->known[i] == generation)
            return;
    if (old->generations < LYNC_SERVED_SLOTS)
        old->known[old->generations++] = generation;
    if (old->oldest < 0 || generation < old->oldest)
        old->oldest = generation;
}

/* A child that ended without leaving is there until the parent noticed. */
static void count(old_t *old, const lync_served_t *served)
{
    int running = lync_room_generation(), i;

    memset(old, 0, sizeof(*old));
    old->oldest = old->letting_go = -1;
    for (i = 0; i < LYNC_SERVED_CHILDREN; ++i) {
        const lync_served_child_t *child = &served->child[i];
        int generation = (int)child->generation;

        if (!child->pid)
            continue;
        if (generation == running) {
            old->accepting += !child->stopping;
            continue;
        }
        ++old->children;
        if (child->stopping < 2)
            know(old, generation);
        else if (generation > old->letting_go)
            old->letting_go = generation;
    }
}

/* Which of the reasons, or NULL; settled: how long it has to last. */
static const char *reason(const old_t *old, const lync_served_limits_t *limits, apr_interval_time_t *settled)
{
    lync_room_t room;

    *settled = SETTLED;
    if (limits->old_generations && (apr_uint32_t)old->generations > limits->old_generations)
        return "there are more generations before the running one than LyncOldGenerations";
    lync_room(&room, limits, old->children);
    if (room.is_short) {
        *settled = SETTLED_SHORT;
        return "there is no room in the scoreboard for the running generation";
    }
    if (room.threads > 1 && old->generations > 1 && room.children && room.unused < room.children)
        return "there is no room in the scoreboard for another generation";
    return NULL;
}

/* Why it is this generation's turn, or NULL. */
static const char *is_due(const old_t *old, const lync_served_limits_t *limits, apr_time_t *since)
{
    apr_interval_time_t settled, lasts;
    const char *why = reason(old, limits, &settled);
    apr_time_t now = lync_clock();

    if (own <= old->letting_go)
        return "so do others of it";
    if (!why)
        *since = 0;
    else if (!*since)
        *since = now;
    lasts = now - *since;
    return why && own == old->oldest && lasts >= (old->letting_go < 0 ? settled : HELD) ? why : NULL;
}

/* A file that is written no more does not have those who accept. */
static int is_over(const old_t *old, const lync_served_t *served, apr_time_t *since)
{
    apr_interval_time_t most = apr_time_from_sec(ap_graceful_shutdown_timeout);
    apr_time_t now = lync_clock();

    if (old->accepting || !most || lync_served_is_left(served))
        *since = 0;
    else if (!*since)
        *since = now;
    return *since && now - *since >= (most > HELD ? most : HELD);
}

/* 0: not known yet. In a file that is written no more they never are: then those of this child are all there is. */
static int running_limits(lync_served_limits_t *limits, const lync_served_t *served)
{
    if (!lync_served_is_left(served))
        return lync_served_limits(served, lync_room_generation(), limits);
    lync_room_limits(limits);
    return 1;
}

/* Whether there is no more to look for. A child that was told to end gracefully does not hear of the end that others are
 * told of. */
static int look(since_t *since)
{
    const lync_served_t *served = lync_generation_served();
    lync_served_limits_t limits;
    const char *why;
    old_t old;

    if (lync_served_is_cut(served)) {
        raise_event(cut);
        return 1;
    }
    if (gone || !running_limits(&limits, served)) {
        memset(since, 0, sizeof(*since));
        return 0;
    }
    count(&old, served);
    if (is_over(&old, served, &since->unserved))
        why = "httpd is to end, and its time is over";
    else
        why = own != lync_room_generation() ? is_due(&old, &limits, &since->reason) : NULL;
    if (!why)
        return 0;
    ap_log_error(APLOG_MARK, APLOG_INFO, 0, ap_server_conf, LYNCNO(0061) "generation %d lets go of pending requests: "
                 "%s", own, why);
    lync_generation_letting_go();
    raise_event(go);
    gone = 1;
    return 0;
}

static void *watch(void *unused)
{
    struct pollfd fd = { .fd = wake, .events = POLLIN };
    since_t since = { 0, 0 };
    eventfd_t raised;

    (void)unused;
    while (lync_ending_begin()) {
        int old = apr_atomic_read32(&stopping) || own != lync_room_generation(), done = old && look(&since);

        if (old)
            lync_count_look();
        lync_ending_done();
        if (done)
            break;
        poll(&fd, 1, old ? OFTEN : SELDOM);
        eventfd_read(wake, &raised);
    }
    return NULL;
}

/* Signals are for the main thread, which prefork has wait for them. */
static void start(void)
{
    sigset_t all, before;
    pthread_t thread;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    if (!pthread_create(&thread, NULL, watch, NULL))
        pthread_detach(thread);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

static void child_init(apr_pool_t *p, server_rec *s)
{
    (void)p;
    (void)s;
    if (!lync_config_snapshot())
        return;
    ap_mpm_query(AP_MPMQ_GENERATION, &own);
    go = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    cut = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (lync_generation_served() && go >= 0 && wake >= 0)
        start();
}

/* Ungracefully the MPM closes its clients' connections, and waits for the threads that wait for the pool; prefork says so
 * of each child. */
static void child_stopping(apr_pool_t *p, int graceful)
{
    (void)p;
    apr_atomic_set32(&stopping, 1);
    if (!graceful) {
        raise_event(cut);
        if (lync_mpm_limit(AP_MPMQ_IS_THREADED))
            lync_generation_cut();
    }
    raise_event(wake);
}

void lync_retire_register(apr_pool_t *p)
{
    (void)p;
    ap_hook_child_init(child_init, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_child_stopping(child_stopping, NULL, NULL, APR_HOOK_MIDDLE);
}
