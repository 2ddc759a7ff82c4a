#include "mod_lync.h"

#include <time.h>

/* Of the wall clock an interval may be anything: it is set. */
apr_time_t lync_clock(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return apr_time_from_sec(now.tv_sec) + now.tv_nsec / 1000;
}
