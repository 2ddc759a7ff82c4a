#ifndef LYNC_STATUS_COLLECT_H
#define LYNC_STATUS_COLLECT_H

#include "health.h"
#include "mod_lync.h"
#include "serving.h"
#include "status.h"

/* The facts of the status page. File names, addresses of servers, people, processes and versions are not among
 * them. */

/* A name that an https listener publishes, and what is bound for it. */
typedef struct lync_published_t {
    const char *host;
    const lync_binding_t *binding;      /* NULL: nothing */
} lync_published_t;

typedef struct lync_collect_t {
    const lync_snapshot_t *snapshot;    /* NULL: there is no LyncStore */
    const lync_table_t *table;          /* that this child serves; NULL with snapshot */
    const lync_model_t *model;          /* the table's; NULL: nothing is published */
    const lync_health_t *health;        /* NULL: not known */
    const lync_counts_t *counts;        /* NULL: nothing is counted */
    apr_array_header_t *published;      /* of lync_published_t */
    apr_time_t now;
    apr_pool_t *pool;
} lync_collect_t;

/* status_collect.c: all tables, in p, as a child of a generation tells them. */
apr_array_header_t *lync_status_collect(const lync_snapshot_t *snapshot, const lync_table_t *table, int generation,
                                        apr_pool_t *p);

/* status_servers.c: reads the health file, if it is of the generation that is served. */
void lync_collect_health(lync_collect_t *collect, const lync_serving_t *serving);
void lync_collect_servers(const lync_collect_t *collect, lync_facts_t *facts);

/* status_counts.c: what was answered by service, route and server; why requests were refused. */
void lync_collect_services(const lync_collect_t *collect, lync_facts_t *facts);
void lync_collect_routes(const lync_collect_t *collect, lync_facts_t *facts);
void lync_collect_refusals(const lync_collect_t *collect, lync_facts_t *facts);
/* Adds requests and errors of a server to its row. */
void lync_collect_sent(const lync_collect_t *collect, lync_facts_t *facts, const lync_health_server_t *server);
/* Adds since when is counted, and what is recent. */
void lync_collect_since(const lync_collect_t *collect, lync_facts_t *facts);

/* status_nouns.c: adds those of what this child serves of the model. */
void lync_collect_nouns(lync_collect_t *collect, apr_array_header_t *tables);
/* Hints: how long a certificate is good for (left), or has been over (expired_for). */
void lync_collect_left(const lync_collect_t *collect, lync_facts_t *facts, apr_time_t end);

#endif
