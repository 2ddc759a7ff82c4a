#ifndef LYNC_SERVER_STATE_H
#define LYNC_SERVER_STATE_H

#include "store.h"

/* What an operator says of a server while httpd runs: the table server_state. It beats server.state. */

typedef struct lync_server_state_t {
    const char *host, *pool;
    const char *state;          /* drain or disabled */
} lync_server_state_t;

/* All of them, of lync_server_state_t, and the store's last change, of the same moment. A store without
 * the table has none, and change 0. */
const lync_err_t *lync_server_states(lync_store_t *store, apr_array_header_t **states, int *change,
                                     apr_pool_t *p) LYNC_MUST_USE;

/* Within a transaction; state NULL lifts it. */
const lync_err_t *lync_server_state_set(lync_store_t *store, const char *host, const char *pool, const char *state,
                                        apr_pool_t *p) LYNC_MUST_USE;

/* What is said of a server, or NULL; states may be NULL. */
const char *lync_server_state_of(const apr_array_header_t *states, const char *host, const char *pool);

/* Whoever looks at a store every now and then: it stays open in between, without a lock. */
typedef struct lync_watch_t lync_watch_t;

/* Opens nothing yet. */
lync_watch_t *lync_watch(const char *path, apr_pool_t *p);

/* *states is NULL when the store is as it was at the last look that had no error: the same file, no
 * commit since. Takes no memory but from p, and waits a moment at most. */
const lync_err_t *lync_watch_look(lync_watch_t *watch, apr_array_header_t **states, int *change,
                                  apr_pool_t *p) LYNC_MUST_USE;

/* The store that the last look left open, until the next one; NULL when it had an error. */
lync_store_t *lync_watch_store(lync_watch_t *watch);

/* The next look reads it anew, whether it has changed or not. */
void lync_watch_again(lync_watch_t *watch);

#endif
