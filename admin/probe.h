#ifndef LYNC_PROBE_H
#define LYNC_PROBE_H

#include <apr_hash.h>

#include "lyncadm.h"
#include "route.h"

/*
 * The parts of apply's probes: what there is to ask, one request, the nonce, the pools. Only probe_ask.c
 * knows libcurl.
 */

/* A public name as a listener has it. */
typedef struct probe_host_t {
    const char *host;
    const char *target;         /* to ask for: a path that is published or redirected */
    const char *decision;       /* what has to become of it, as lync_route_decision() says it */
    const lync_certificate_t *certificate;      /* that has to be presented, its facts as the file is now; NULL: http */
    const lync_certificate_t *beside;   /* or this one; NULL: none */
    int awaited;                /* mod_md has not obtained it: mod_ssl presents another and answers with 503 */
} probe_host_t;

typedef struct probe_listener_t {
    const lync_listener_t *listener;
    const lync_route_map_t *map;
    apr_array_header_t *addresses;      /* of const char *: where it can be reached from this host */
    const char *address;        /* the one of them at which it was found, or NULL */
    apr_array_header_t *hosts;  /* of probe_host_t *: those to be probed */
    int left_out;               /* how many more there are */
    const lync_certificate_t *initial;  /* presented to who sends no SNI, or NULL */
} probe_listener_t;

/* A pool, and over which name it is asked how it is. */
typedef struct probe_pool_t {
    const lync_pool_t *pool;
    probe_listener_t *listener;
    const probe_host_t *host;
} probe_pool_t;

/* probe_plan.c: the listeners of a revision, of probe_listener_t *; of a listener's hosts so many, but of
 * each certificate one. */
#define PROBE_HOSTS 256
apr_array_header_t *probe_plan(const lync_model_t *model, apr_pool_t *p);

/* The pools that are published over one of those hosts and have a server to answer, of probe_pool_t *. */
apr_array_header_t *probe_plan_pools(const lync_model_t *model, const apr_array_header_t *listeners, apr_pool_t *p);

/* probe_address.c: where a listener is reached from this host: its address; of any address loopback's first. */
apr_array_header_t *probe_addresses(const lync_listener_t *listener, apr_pool_t *p);

/* probe_ask.c */
typedef struct probe_question_t {
    const lync_listener_t *listener;
    const char *address;        /* to connect to */
    const char *host;           /* in the Host field, and unless silent by SNI */
    int silent;                 /* no SNI is sent */
    const char *fingerprints;   /* words: of the certificates without which nothing is asked; NULL: any */
    const char *target;         /* NULL: only the handshake */
    const char *nonce;          /* NULL: none */
} probe_question_t;

typedef struct probe_answer_t {
    int status;                 /* 0: none came */
    apr_table_t *fields;
    lync_certificate_t leaf;    /* facts of what was presented; without a fingerprint: nothing was */
} probe_answer_t;

/* Asks on a connection of its own, for 5 s and 10 s at most; both are in p. The answer is told also when there is an
 * error, as far as it came. */
const lync_err_t *probe_ask(const probe_question_t *question, probe_answer_t *answer, apr_pool_t *p) LYNC_MUST_USE;

/* probe_nonce.c: probes begin and end, SIGINT and the like included, which ends the nonce first. */
const lync_err_t *probe_nonce_begin(const char *served, apr_pool_t *p) LYNC_MUST_USE;
void probe_nonce_end(void);
/* A nonce for one request. */
const lync_err_t *probe_nonce(const char **nonce, apr_pool_t *p) LYNC_MUST_USE;

/* Probes under way. */
typedef struct probe_run_t {
    lyncadm_t *adm;
    int revision;               /* that has to answer */
    int proof;                  /* whether there are nonces */
    apr_time_t end;             /* when all of it has to be over */
} probe_run_t;

/* probe_host.c: whether clients of a host, silent or not, get to the revision; tried for so many seconds. The error
 * says what they get instead. */
const lync_err_t *probe_host(const probe_run_t *run, probe_listener_t *listener, const probe_host_t *host, int silent,
                             int seconds, apr_pool_t *p) LYNC_MUST_USE;

/* probe_pool.c: asks a pool over its listener, which was found, for so many seconds; what came in place of a good
 * answer, in p, or NULL. Good is 200, or any answer of the pool's if it was another one before (status, 0: none).
 * *status: of the pool's last answer, 0: none. */
const char *probe_pool(const probe_pool_t *pool, int before, int seconds, int *status, apr_pool_t *p);

#endif
