#ifndef UNIT_MODEL_H
#define UNIT_MODEL_H

#include "lync.h"
#include "store.h"

/* An empty model of revision 0. */
lync_model_t *model_new(apr_pool_t *p);

/* Adds a row: "name=value" pairs after the noun, NULL at the end. Fails the test on a bad value. */
void *model_add(apr_pool_t *p, lync_model_t *model, lync_noun_id_t id, ...);

/* A route that publishes to pool. */
lync_route_t *model_route(apr_pool_t *p, lync_model_t *model, const char *host, const char *path, const char *pool);

/* Profiles, a policy, a listener "external" with certificate, a pool "pool.contoso.local" with a
 * server; no findings but the certificate's files. */
lync_model_t *model_sound(apr_pool_t *p);

/* Who the tests' changes are by. */
extern const lync_change_t model_alice;

/* Writes every row of a model to the draft. */
void model_write(apr_pool_t *p, lync_store_t *store, const lync_model_t *model);

/* Runs SQL as an administrator with sqlite3 would. */
const lync_err_t *model_raw(apr_pool_t *p, const char *path, const char *sql);

#endif
