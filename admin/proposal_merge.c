#include <apr_strings.h>
#include <string.h>

#include "proposal.h"

/*
 * What the draft is to be. Of a row that both have, the proposal says only what it knows; the rest is as the
 * administrator has it. Of those that only the draft has, go:
 *   pools, and servers
 *   SIP domains, and of those that stay simple URLs
 *   routes that lead to a pool that goes
 *   of a host that the proposal publishes on a listener: there the routes that publish a service. What is refused stays
 *   so: it must not become part of what is published
 *   of a host that the proposal does not: all routes, where it was published
 */

typedef struct merge_t {
    proposal_t *proposal;       /* warnings are its */
    const lync_model_t *draft, *wanted;
    lync_model_t *model;
    int keep;
    apr_pool_t *pool;
} merge_t;

static const char *const of_pool[] = { "role", "https_port", "http_port", NULL };
static const char *const of_domain[] = { "meet", "dialin", "admin", NULL };
static const char *const of_route[] = { "pool", NULL };
static const char *const of_nothing[] = { NULL };

static int is_published(const lync_route_t *route)
{
    return route->pool != NULL;
}

/* Whether a model has routes, or such that publish, of a route's host on its listener. */
static int has_host(const lync_model_t *model, const lync_route_t *route, int published)
{
    int i;

    for (i = 0; i < model->rows[LYNC_ROUTE]->nelts; ++i) {
        const lync_route_t *other = LYNC_ROW(model, LYNC_ROUTE, i);

        if (!strcmp(other->host, route->host) && !strcmp(other->listener, route->listener)
            && (!published || is_published(other)))
            return 1;
    }
    return 0;
}

/* Whether it leads to a pool that goes. */
static int has_no_pool(const merge_t *merge, const lync_route_t *route)
{
    return !merge->keep && route->pool && !lync_model_find(merge->wanted, LYNC_POOL, route->pool);
}

/* Whether a row that only the draft has goes. */
static int goes(const merge_t *merge, const lync_noun_t *noun, const void *row)
{
    const lync_route_t *route = row;

    if (merge->keep)
        return 0;
    if (noun->id != LYNC_ROUTE)
        return 1;
    if (has_no_pool(merge, route))
        return 1;
    if (has_host(merge->wanted, route, 0))
        return is_published(route) && route->service;
    return has_host(merge->draft, route, 1);
}

/* Whether it is a simple URL that goes: one that the proposal has not at all, whosever it says it is. */
static int is_lost(const merge_t *merge, const lync_field_t *field, const void *old)
{
    const lync_noun_t *noun = lync_noun(LYNC_DOMAIN);
    const char *url = lync_row_get(merge->pool, field, old);
    void *other = lync_row_new(merge->pool, noun);
    int i;

    if (merge->keep || !merge->proposal->urls || field->kind != LYNC_KIND_URL || !url)
        return 0;
    for (i = 0; i < merge->proposal->urls->nelts; ++i) {
        if (!lync_row_set(merge->pool, noun, field, other, APR_ARRAY_IDX(merge->proposal->urls, i, const char *))
            && !strcmp(lync_row_get(merge->pool, field, other), url))
            return 0;
    }
    return 1;
}

/* The plan names a host that nobody reaches. */
static void warn_of_closed(const merge_t *merge, const lync_route_t *old, const lync_route_t *wanted)
{
    if (!is_published(old) && is_published(wanted) && !strcmp(old->path, "/"))
        proposal_warn(merge->proposal, "route '%s' is to %s in the draft, and stays so: 'lyncadm route remove %s %s "
                      "%s' and a second import publish it", lync_row_label(merge->pool, lync_noun(LYNC_ROUTE), old),
                      old->action, old->listener, old->host, old->path);
}

/* The row of both: the draft's, with what the proposal knows. A route that was closed by hand stays so. */
static const lync_err_t *join(const merge_t *merge, const lync_noun_t *noun, const void *old, const void *wanted,
                              const char *const *known, void **row)
{
    *row = apr_pmemdup(merge->pool, old, noun->size);
    if (noun->id == LYNC_ROUTE && has_no_pool(merge, old)) {
        *row = apr_pmemdup(merge->pool, wanted, noun->size);
        return NULL;
    }
    if (noun->id == LYNC_ROUTE && (!is_published(old) || !is_published(wanted))) {
        warn_of_closed(merge, old, wanted);
        return NULL;
    }
    for (; *known; ++known) {
        const lync_field_t *field = lync_field(noun, *known);
        const char *value = lync_row_get(merge->pool, field, wanted);

        if (value || is_lost(merge, field, old))
            LYNC_TRY(lync_row_set(merge->pool, noun, field, *row, value));
    }
    return NULL;
}

static const lync_err_t *merge_noun(merge_t *merge, lync_noun_id_t id, const char *const *known)
{
    apr_array_header_t *rows = apr_array_make(merge->pool, 64, sizeof(void *));
    const lync_noun_t *noun = lync_noun(id);
    void *row;
    int i;

    merge->model->rows[id] = rows;
    for (i = 0; i < merge->draft->rows[id]->nelts; ++i) {
        void *old = LYNC_ROW(merge->draft, id, i), *wanted = lyncadm_find_key(merge->wanted, noun, old);

        if (!wanted && goes(merge, noun, old))
            continue;
        row = old;
        if (wanted)
            LYNC_TRY(join(merge, noun, old, wanted, known, &row));
        APR_ARRAY_PUSH(rows, void *) = row;
    }
    for (i = 0; i < merge->wanted->rows[id]->nelts; ++i) {
        row = LYNC_ROW(merge->wanted, id, i);
        if (!lyncadm_find_key(merge->draft, noun, row))
            APR_ARRAY_PUSH(rows, void *) = row;
    }
    return NULL;
}

const lync_err_t *proposal_merge(proposal_t *proposal, lync_model_t **model)
{
    apr_pool_t *p = proposal->edit->pool;
    merge_t merge = { proposal, proposal->edit->model, proposal->aside.model, NULL, proposal->keep, p };

    merge.model = *model = apr_pmemdup(p, merge.wanted, sizeof(*merge.wanted));
    LYNC_TRY(merge_noun(&merge, LYNC_POOL, of_pool));
    LYNC_TRY(merge_noun(&merge, LYNC_SERVER, of_nothing));
    LYNC_TRY(merge_noun(&merge, LYNC_DOMAIN, of_domain));
    return merge_noun(&merge, LYNC_ROUTE, of_route);
}
