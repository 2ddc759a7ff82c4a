#ifndef LYNC_HEALTH_H
#define LYNC_HEALTH_H

#include <apr_pools.h>
#include <apr_time.h>

#include "err.h"

/*
 * Which servers a running httpd sends requests to, for lyncadm to see: a file in httpd's runtime
 * directory, written by the parent at each (re)start and kept up to date by its children.
 */

#define LYNC_HEALTH_FILE "lync.servers"
#define LYNC_HEALTH_NAME 256
#define LYNC_HANDSHAKE_FAILED 0x10000   /* beyond all X509_V_ERR_ */

/* server.state, by number. */
typedef enum lync_health_state_t {
    LYNC_STATE_ACTIVE,
    LYNC_STATE_DRAIN,
    LYNC_STATE_DISABLED,
    LYNC_STATE_STANDBY
} lync_health_state_t;

/* A member of a pool, by the port at which requests are sent to it. */
typedef struct lync_health_server_t {
    char pool[LYNC_HEALTH_NAME];
    char host[LYNC_HEALTH_NAME];
    apr_uint32_t port;
    apr_uint32_t own;           /* lync_health_state_t in the revision */
    apr_uint32_t said;          /* the same by an operator; LYNC_STATE_ACTIVE: nothing is said */
    apr_uint32_t down;          /* 1: mod_proxy takes it for unusable */
    apr_uint32_t since;         /* seconds since 1970: when it became up or down */
    apr_uint32_t failed;        /* why the last TLS handshake with it did: an X509_V_ERR_ that its certificate is
                                   refused for, or LYNC_HANDSHAKE_FAILED; 0: it did not, or there was none */
    apr_uint32_t unused;        /* 1: no route leads to its pool any more */
    apr_uint32_t told;          /* 1: the last that httpd's log has of it is that it is down; */
    apr_uint32_t told_since;    /* seconds since 1970 */
    apr_uint32_t pool_told;     /* 1: that its pool has no server at this port; of the pool's first one here */
    apr_uint32_t pool_since;    /* the same */
    apr_int64_t not_after;      /* seconds since 1970: of the certificate that it presented last; 0: none was seen */
} lync_health_server_t;

typedef struct lync_health_t {
    char magic[8];
    apr_uint32_t pid;           /* of the parent */
    apr_uint32_t generation;    /* of its children */
    apr_uint32_t count;
    lync_health_server_t server[];
} lync_health_t;

/* Room for count servers, with pid and generation. */
lync_health_t *lync_health_new(int generation, int count, apr_pool_t *p);

/* Fills a place of it; state: of the revision, said: by an operator, or NULL. */
void lync_health_put(lync_health_t *health, int place, const char *pool, const char *host, int port,
                     const char *state, const char *said);

/* Writes it to the file, replacing, and maps that to write, for the life of p. */
const lync_err_t *lync_health_create(lync_health_t **mapped, const char *path, const lync_health_t *health,
                                     apr_pool_t *p) LYNC_MUST_USE;

/* Reads a file as it is just now. Error when there is none or it is none of ours. The children can write
 * to it: texts come as printable lines, numbers as they are, but times that there cannot be as not known. */
const lync_err_t *lync_health_read(lync_health_t **health, const char *path, apr_pool_t *p) LYNC_MUST_USE;

/* "drain" and the number for it; '?' and LYNC_STATE_ACTIVE for what is none. */
const char *lync_health_word(apr_uint32_t state);
lync_health_state_t lync_health_state(const char *word);

/* What is in force: the operator's word, or else the revision's. */
apr_uint32_t lync_health_effective(const lync_health_server_t *server);

/* Whether both are of one pool at one port; whether it is the first one of those. */
int lync_health_is_with(const lync_health_server_t *server, const lync_health_server_t *other);
int lync_health_is_first(const lync_health_t *health, apr_uint32_t place);

/* Whether new clients are sent to it, should it be down or not. One that drains goes on for those who are bound to it. */
int lync_health_takes(const lync_health_server_t *server, apr_uint32_t down);

/* How many servers of a pool get new clients at the port where they are fewest, -1: it has none here; and the ports
 * where none does, for people in p, or NULL. */
int lync_health_usable(const lync_health_t *health, const char *pool, const char **gone, apr_pool_t *p);

/* What it presents: "refused", "expired", "expiring" or "verified"; NULL: not known. */
const char *lync_health_certificate(const lync_health_server_t *server, apr_time_t now);

/* Why the last handshake with it failed, as a sentence; NULL: it did not. */
const char *lync_health_because(const lync_health_server_t *server, apr_pool_t *p);

#endif
