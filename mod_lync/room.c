#include "mod_lync.h"

#include <ap_mpm.h>
#include <scoreboard.h>
#include <sys/wait.h>

/* Slots of the scoreboard, counted as the MPM counts them when it looks for idle threads. */

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

/* Of the MPMs event alone goes beyond what MaxRequestWorkers comes to. */
static int slots(void)
{
    return lync_mpm_limit(lync_mpm_limit(AP_MPMQ_IS_ASYNC) ? AP_MPMQ_HARD_LIMIT_DAEMONS : AP_MPMQ_MAX_DAEMONS);
}

/* active: of its children those that httpd did not tell to end, because they were idle. */
static void count_running(lync_room_t *room, int *active, int *idle, int wanted)
{
    int running = lync_room_generation(), i;

    for (i = 0; i < slots(); ++i) {
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
void lync_room(lync_room_t *room, int old)
{
    int wanted, active = 0, idle = 0;

    memset(room, 0, sizeof(*room));
    room->threads = lync_mpm_limit(AP_MPMQ_MAX_THREADS) > 1 ? lync_mpm_limit(AP_MPMQ_MAX_THREADS) : 1;
    if (room->threads > 1 && !lync_mpm_limit(AP_MPMQ_IS_ASYNC))
        old = 0;
    wanted = spare() + room->threads;
    count_running(room, &active, &idle, wanted);
    room->unused = room->children + old < slots() ? slots() - room->children - old : 0;
    room->is_short = active + room->unused < lync_mpm_limit(AP_MPMQ_MAX_DAEMONS)
                     && idle + room->unused * room->threads < wanted;
}

/* Those that have ended the MPM takes for free as soon as it looks. */
int lync_room_old(void)
{
    int running = lync_room_generation(), old = 0, i;

    for (i = 0; i < slots(); ++i) {
        const process_score *child = ap_get_scoreboard_process(i);
        siginfo_t info = { 0 };

        if (!child || !child->pid || child->generation == running)
            continue;
        old += waitid(P_PID, (id_t)child->pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && !info.si_pid;
    }
    return old;
}
