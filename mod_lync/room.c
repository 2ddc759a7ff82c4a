#include "mod_lync.h"

#include <ap_mpm.h>
#include <scoreboard.h>
#include <sys/wait.h>

/*
 * Slots of the scoreboard, counted as the MPM counts them when it looks for idle threads, under the limits of the
 * running generation: a child of another one has those of its own.
 */

#define MOST_SPARE 1000000

int lync_room_generation(void)
{
    return ap_get_scoreboard_global()->running_generation;
}

/* Threads that httpd likes to have idle; with prefork a child is one. */
static int spare(void)
{
    int threads = lync_mpm_limit(AP_MPMQ_MIN_SPARE_THREADS);

    return threads > 0 ? threads : lync_mpm_limit(AP_MPMQ_MIN_SPARE_DAEMONS);
}

/* Of the MPMs event alone goes beyond what MaxRequestWorkers comes to. */
void lync_room_limits(lync_served_limits_t *limits)
{
    int threads = lync_mpm_limit(AP_MPMQ_MAX_THREADS);

    limits->children = (apr_uint32_t)lync_mpm_limit(AP_MPMQ_MAX_DAEMONS);
    limits->slots = lync_mpm_limit(AP_MPMQ_IS_ASYNC) ? (apr_uint32_t)lync_mpm_limit(AP_MPMQ_HARD_LIMIT_DAEMONS)
                                                     : limits->children;
    limits->threads = threads > 1 ? (apr_uint32_t)threads : 1;
    limits->spare = (apr_uint32_t)spare();
    limits->old_generations = (apr_uint32_t)lync_config_old_generations();
}

/* Children can write what is said of another generation; no reload changes what the scoreboard has places for. */
static int bounded(apr_uint32_t value, int most)
{
    return most > 0 && value > (apr_uint32_t)most ? most : (int)value;
}

/* It goes no further than enough: there may be thousands. */
static int idle_threads(int slot, int threads, int enough)
{
    int i, idle = 0;

    for (i = 0; i < threads && idle < enough; ++i) {
        const worker_score *worker = ap_get_scoreboard_worker_from_indexes(slot, i);

        idle += worker && worker->status <= SERVER_READY;
    }
    return idle;
}

/* active: of its children those that httpd did not tell to end, because they were idle. */
static void count_running(lync_room_t *room, int slots, int *active, int *idle, int wanted)
{
    int running = lync_room_generation(), i;

    for (i = 0; i < slots; ++i) {
        const process_score *child = ap_get_scoreboard_process(i);

        if (!child || !child->pid || child->generation != running)
            continue;
        ++room->children;
        *active += !child->quiescing;
        if (!child->quiescing && !child->not_accepting && *idle < wanted)
            *idle += idle_threads(i, room->threads, wanted - *idle);
    }
}

/* MPM worker starts children in slots of others that are ending. */
void lync_room(lync_room_t *room, const lync_served_limits_t *limits, int old)
{
    int most = lync_mpm_limit(AP_MPMQ_HARD_LIMIT_DAEMONS), slots = bounded(limits->slots, most);
    int wanted, active = 0, idle = 0;

    memset(room, 0, sizeof(*room));
    room->threads = bounded(limits->threads, lync_mpm_limit(AP_MPMQ_HARD_LIMIT_THREADS));
    if (room->threads > 1 && !lync_mpm_limit(AP_MPMQ_IS_ASYNC))
        old = 0;
    wanted = bounded(limits->spare, MOST_SPARE) + room->threads;
    count_running(room, slots, &active, &idle, wanted);
    room->unused = room->children + old < slots ? slots - room->children - old : 0;
    room->is_short = active + room->unused < bounded(limits->children, most)
                     && idle + room->unused * room->threads < wanted;
}

/* Those that have ended the MPM takes for free as soon as it looks. */
int lync_room_old(void)
{
    int running = lync_room_generation(), old = 0, i;
    lync_served_limits_t limits;

    lync_room_limits(&limits);
    for (i = 0; i < (int)limits.slots; ++i) {
        const process_score *child = ap_get_scoreboard_process(i);
        siginfo_t info = { 0 };

        if (!child || !child->pid || child->generation == running)
            continue;
        old += waitid(P_PID, (id_t)child->pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && !info.si_pid;
    }
    return old;
}
