#ifndef LYNC_COUNTS_H
#define LYNC_COUNTS_H

#include <apr_pools.h>
#include <apr_tables.h>
#include <apr_time.h>

#include "err.h"

/*
 * What a running httpd has answered: a file in its runtime directory that the children map. It outlives reloads; a start
 * makes another one. Numbers only grow. A child adds to one of a few shards, so that children do not wait for each
 * other's cache lines; what is told is the sum of the shards. The children can write anything to it: numbers are taken
 * as they are, texts come as printable lines.
 */

#define LYNC_COUNTS_FILE "lync.counts"
#define LYNC_COUNTS_SHARDS 8
#define LYNC_COUNTS_ROUTES 16384        /* a power of 2, as the next */
#define LYNC_COUNTS_SERVERS 1024
#define LYNC_COUNTS_SERVICES 64
#define LYNC_COUNTS_NAME 64
#define LYNC_COUNTS_SPAN 300            /* seconds: recent is what this span and the one before had */

/* Of durations: one bucket for what took less than a millisecond, then BUCKETS_PER_DOUBLE for each doubling up to half an
 * hour and more, and one for the rest. */
#define LYNC_COUNTS_DOUBLES 21
#define LYNC_COUNTS_PER_DOUBLE 4
#define LYNC_COUNTS_BUCKETS (1 + LYNC_COUNTS_DOUBLES * LYNC_COUNTS_PER_DOUBLE + 1)

/* How a request was answered. */
typedef enum lync_answered_t {
    LYNC_ANSWERED_2XX,
    LYNC_ANSWERED_3XX,
    LYNC_ANSWERED_4XX,
    LYNC_ANSWERED_5XX,
    LYNC_ANSWERED_NOT,          /* the client went away: 499 */
    LYNC_ANSWERS
} lync_answered_t;

/* Why a request was refused, before any pool saw it. */
typedef enum lync_refusal_t {
    LYNC_REFUSAL_METHOD,        /* published by no route, or not by this one */
    LYNC_REFUSAL_FORM,          /* no Host, a target that is no path, a version or coding that there is not */
    LYNC_REFUSAL_HEAD,          /* larger than the limit */
    LYNC_REFUSAL_HOST,          /* not published */
    LYNC_REFUSAL_HTTPS,         /* redirected to https */
    LYNC_REFUSAL_PATH,          /* not published */
    LYNC_REFUSAL_AMBIGUOUS,     /* the path has more than one meaning */
    LYNC_REFUSAL_BAD_PATH,      /* it has none */
    LYNC_REFUSAL_ROUTE,         /* whose action is refuse */
    LYNC_REFUSAL_FIELD,         /* that the route refuses */
    LYNC_REFUSAL_PIN_OFF,       /* credentials where the route has pin off */
    LYNC_REFUSAL_PIN_LIMIT,     /* LyncPinLimit */
    LYNC_REFUSAL_QUARANTINE,    /* 503: what it takes is in quarantine */
    LYNC_REFUSALS
} lync_refusal_t;

typedef struct lync_counts_t lync_counts_t;

/* Of requests for a service. */
typedef struct lync_counts_service_t {
    apr_uint64_t answered[LYNC_ANSWERS];
    apr_uint64_t microseconds;          /* that they took together */
    apr_uint64_t bucket[LYNC_COUNTS_BUCKETS];
} lync_counts_service_t;

/* Of requests for a route, or sent to a server. */
typedef struct lync_counts_few_t {
    apr_uint64_t requests;
    apr_uint64_t errors;        /* answered with 5xx */
} lync_counts_few_t;

/* Creates the file (mode 0644, replaces) and maps it to write, for the life of p. */
const lync_err_t *lync_counts_create(lync_counts_t **counts, const char *path, apr_pool_t *p) LYNC_MUST_USE;

/* Maps an existing one to read. Error when there is none or it is none of ours. */
const lync_err_t *lync_counts_open(const lync_counts_t **counts, const char *path, apr_pool_t *p) LYNC_MUST_USE;

/* When it was made, and by which parent. */
apr_time_t lync_counts_since(const lync_counts_t *counts);
int lync_counts_pid(const lync_counts_t *counts);

/* Places of what is counted, the same for a name as long as the file is there; -1: there are no more, and it is not
 * counted. In any process that has mapped it to write. */
int lync_counts_route(lync_counts_t *counts, const char *listener, const char *host, const char *path);
int lync_counts_server(lync_counts_t *counts, const char *pool, const char *host, int port);
int lync_counts_service(lync_counts_t *counts, const char *name);

/* The same for reading; -1: nothing was counted. */
int lync_counts_find_route(const lync_counts_t *counts, const char *listener, const char *host, const char *path);
int lync_counts_find_server(const lync_counts_t *counts, const char *pool, const char *host, int port);

/* Begins another span when it is time for it: often, in any process that has mapped it to write. */
void lync_counts_turn(lync_counts_t *counts, apr_time_t now);

/* Adds; places may be -1; shard: any number that is a child's own. In any thread. */
void lync_counts_add(lync_counts_t *counts, unsigned int shard, int service, int route, lync_answered_t answered,
                     apr_time_t took);
void lync_counts_add_server(lync_counts_t *counts, unsigned int shard, int server, int is_error);
void lync_counts_add_refusal(lync_counts_t *counts, unsigned int shard, lync_refusal_t refusal);

/* Sums. The service at a place, which is less than LYNC_COUNTS_SERVICES; its name in p, NULL: there is none. */
const char *lync_counts_service_name(const lync_counts_t *counts, int place, apr_pool_t *p);
void lync_counts_sum_service(const lync_counts_t *counts, int place, lync_counts_service_t *sum);
void lync_counts_sum_recent(const lync_counts_t *counts, int place, lync_counts_service_t *sum);
void lync_counts_sum_route(const lync_counts_t *counts, int place, lync_counts_few_t *sum);
void lync_counts_sum_server(const lync_counts_t *counts, int place, lync_counts_few_t *sum);
apr_uint64_t lync_counts_sum_refusal(const lync_counts_t *counts, lync_refusal_t refusal);
apr_uint64_t lync_counts_recent_refusal(const lync_counts_t *counts, lync_refusal_t refusal);

/* Since when recent is. */
apr_time_t lync_counts_recent_since(const lync_counts_t *counts);

/* counts_less.c: takes from a sum what it was before; 0: it was more then, which is of another file. */
int lync_counts_less(lync_counts_service_t *sum, const lync_counts_service_t *before);

/* All requests of a service. */
apr_uint64_t lync_counts_requests(const lync_counts_service_t *sum);

/* Within how many microseconds this part of them was over, by at most a fifth too many; -1: there were none. The last
 * bucket has no end: its beginning is told. */
apr_int64_t lync_counts_within(const lync_counts_service_t *sum, double part);

/* End of a bucket in microseconds; 0: the last, which has none. */
apr_int64_t lync_counts_bucket_end(int bucket);

/* "unknown-host" and the like: in logs, metrics and JSON. */
const char *lync_refusal_word(lync_refusal_t refusal);
const char *lync_answered_word(lync_answered_t answered);

/* counts_services.c */

typedef struct lync_counts_named_t {
    const char *name;                   /* "": of no service */
    lync_counts_service_t all, recent;
} lync_counts_named_t;

/* Services that were asked for, each once (there may be two places for a name), by name: of lync_counts_named_t in p.
 * None when counts is NULL. */
apr_array_header_t *lync_counts_services(const lync_counts_t *counts, apr_pool_t *p);

/* Whether so many requests were answered with 5xx of late that people should be told. */
int lync_counts_is_failing(const lync_counts_service_t *recent);

#endif
