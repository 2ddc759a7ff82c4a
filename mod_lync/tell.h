#ifndef LYNC_TELL_H
#define LYNC_TELL_H

#include "health.h"
#include "mod_lync.h"

/* What the log says of servers and pools when they change: tell.c. */

/* Of a proxy_worker's status: mod_proxy sends it nothing, without anybody having said so. */
#define LYNC_UNWELL (PROXY_WORKER_NOT_USABLE_BITMAP & ~PROXY_WORKER_DISABLED)

typedef struct lync_tell_t {
    server_rec *s;              /* whose log it is */
    lync_health_t *health;      /* what was said: told, told_since, pool_told, pool_since of each server */
    apr_uint32_t count;         /* of them: children can write to that of health */
    apr_uint32_t *first;        /* by place: the first one of its pool at its port */
    int *left;                  /* by that: how many servers there are for new clients */
} lync_tell_t;

/* By the parent, once all of them are in their places. */
void lync_tell_begin(lync_tell_t *tell, server_rec *s, lync_health_t *health, apr_pool_t *p);

/* Memory that the children of a generation share, for lync_tell_server(): one for each worker. NULL: there is none. */
apr_int64_t *lync_tell_probed(int workers, apr_pool_t *p);

/* By the parent, of each server: what the generation before this one has said of it, in its health, was said. */
void lync_tell_carry(server_rec *s, lync_health_t *health, int place, const lync_health_t *before);

/* By children that are not about to end, again and again: of each server, with mod_proxy's workers for it (of
 * proxy_worker *) and probed of the first of them; then of pools. */
void lync_tell_server(const lync_tell_t *tell, int place, const apr_array_header_t *workers, apr_int64_t *probed);
void lync_tell_pools(const lync_tell_t *tell);

/* By who has seen it first: something else is in force for a server now. */
void lync_tell_state(server_rec *s, const lync_health_t *health, int place);

#endif
