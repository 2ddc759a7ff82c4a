#ifndef LYNC_SERVING_H
#define LYNC_SERVING_H

#include <apr_tables.h>
#include <apr_time.h>

#include "served.h"

/* What the served file says, counted: for lyncadm and for the status page. Its children can write to the
 * file: no number of it is trusted further than to be shown. */

/* A generation of children, of which some run; the latest also without any. */
typedef struct lync_generation_t {
    int number;
    int revision;               /* 0: none, or not known any more */
    apr_time_t started;         /* 0: not known any more */
    int children;               /* that run */
    int accepting;              /* of those, that take new connections */
    int pid;                    /* of one of these */
    unsigned int under_way, waiting, bound;     /* of all, as lync_served_child_t has it */
} lync_generation_t;

typedef struct lync_serving_t {
    int alive;                  /* all else is 0 when not */
    int pid;
    int generation;             /* the latest */
    int revision;               /* that all of its children serve; while they take one over, that of one that has not */
    const char *seal;           /* of the revision, or NULL */
    int late;                   /* pid of such a child, or 0 */
    int live;                   /* whether all of them take over routes without a reload */
    apr_time_t since;           /* that the revision is served */
    int wanted;                 /* the store's active revision as the generation found it; 0: not to be read */
    int children;               /* of the generation that take new connections */
    const char *store;
    const char *because;        /* why the generation does not serve all that is wanted, or NULL */
    int quarantined, closed;    /* as the served file has them */
    const char *closed_names;   /* or NULL */
    apr_time_t because_since;   /* that this is the reason; 0: there is none */
    apr_array_header_t *generations;    /* of lync_generation_t, the latest first */
} lync_serving_t;

/* Of an httpd that runs; texts in p. */
void lync_serving_read(lync_serving_t *serving, const lync_served_t *served, apr_pool_t *p);

/* A generation before the latest that still takes new connections, or NULL. */
const lync_generation_t *lync_serving_old(const lync_serving_t *serving);

/* What is to be said of it all: "served", "reloading", "behind", "degraded", "down" or "empty". */
const char *lync_serving_state(const lync_serving_t *serving);

/* Percent of the threads that are taken, from which on clients may soon have to wait, or do. */
#define LYNC_SERVING_CROWDED 80
#define LYNC_SERVING_FULL 95

/* Whether so many requests are "much" for the room that there is, or "all" of it; NULL: neither, or that is not known
 * (0). */
const char *lync_serving_crowding(apr_uint64_t requests, apr_uint64_t room);

#endif
