#ifndef OPERATE_H
#define OPERATE_H

#include "control.h"

/* What operators say of servers while httpd runs, and what httpd's children know of it. */

/* access.c: lets httpd's children read the store: gives it to their group when they cannot. NULL: they can, or
 * nobody knows who they are; else why they still cannot, and what to do, without the store's name. */
const char *lyncadm_access(lyncadm_t *adm, const lyncadm_httpd_t *httpd);

/* take_over.c */

#define LYNCADM_WAIT_CHILDREN 5 /* seconds that httpd's children may need to take over what operators say */
#define LYNCADM_WAIT_ROUTES 10  /* the same of routes, before httpd is reloaded */

typedef struct lyncadm_taken_t {
    int children;               /* that have it */
    const char *pending;        /* why httpd need not have it now, as the end of a sentence; NULL: it has it */
} lyncadm_taken_t;

/* Waits until each child of httpd that accepts connections has taken over the store's changes up to this one;
 * with --reload, a reload may help. The error is the end of a sentence. */
const lync_err_t *lyncadm_take_over(lyncadm_t *adm, lync_store_t *store, int change,
                                    lyncadm_taken_t *taken) LYNC_MUST_USE;

/* From a revision (0: none) to another, which is the active one already. */
typedef struct lyncadm_turn_t {
    int from, to;
    int wait;                   /* seconds that a reload may take */
    int generation;             /* that serves it then */
    int live;                   /* without a reload */
    int ended;                  /* httpd did, while it was waited for: it serves it when it starts */
} lyncadm_turn_t;

/* Has httpd serve it: waits until its children have taken it over, where they can, or reloads httpd. */
const lync_err_t *lyncadm_serve(lyncadm_t *adm, lync_store_t *store, const lyncadm_httpd_t *httpd, const char *control,
                                lyncadm_turn_t *turn) LYNC_MUST_USE;

/* server_state.c: server drain, disable, enable */

lyncadm_run_t lyncadm_server_drain;
lyncadm_run_t lyncadm_server_disable;
lyncadm_run_t lyncadm_server_enable;

/* Adds their options. */
void lyncadm_server_state_options(apr_array_header_t *options);

/* Adds advice on what is said of servers that are not there any more. */
const lync_err_t *lyncadm_server_state_check(lyncadm_t *adm, lync_store_t *store, const lync_model_t *draft,
                                             apr_array_header_t *findings) LYNC_MUST_USE;

/* status_server.c: the servers that the running httpd sends requests to, and how they are: pool, host, port, state
 * (in force), by (revision or operator), health (up or down), since. Without rows when that is not known. */
lyncadm_rows_t *lyncadm_status_servers(lyncadm_t *adm, const lyncadm_httpd_t *httpd, const lync_serving_t *serving);

#endif
