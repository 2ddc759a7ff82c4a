#include <apr_strings.h>
#include <string.h>

#include "certificate.h"
#include "host.h"
#include "managed.h"
#include "probe.h"

/* What there is to ask of a revision. */

typedef struct plan_t {
    const lync_model_t *model;
    apr_pool_t *pool;
    apr_hash_t *certificates;   /* name -> lync_certificate_t, with the facts of the file */
    probe_listener_t *listener; /* the present one */
    apr_hash_t *elsewhere;      /* its hosts that are redirected to https, or NULL */
    apr_hash_t *seen;           /* its hosts so far */
    apr_array_header_t *all;    /* the same, of probe_host_t * */
} plan_t;

/* A renewed file is what httpd has read, whatever the row says of it. Its key may not be for us to read. */
static void read_file(plan_t *plan, lync_certificate_t *certificate)
{
    const lync_err_t *ignored;

    if (certificate->managed && !lync_managed_is_there(certificate, plan->pool))
        *certificate = *lync_managed_fallback(certificate, plan->pool);
    ignored = lync_certificate_read(certificate, plan->pool);
    (void)ignored;
}

static const lync_certificate_t *certificate_of(plan_t *plan, const char *name)
{
    const lync_certificate_t *row = lync_model_find(plan->model, LYNC_CERTIFICATE, name);
    lync_certificate_t *copy = row ? apr_hash_get(plan->certificates, row->name, APR_HASH_KEY_STRING) : NULL;

    if (!row || copy)
        return copy;
    copy = apr_pmemdup(plan->pool, row, sizeof(*row));
    read_file(plan, copy);
    apr_hash_set(plan->certificates, copy->name, APR_HASH_KEY_STRING, copy);
    return copy;
}

static const lync_binding_t *binding_of(const plan_t *plan, const char *host)
{
    return lync_host_binding(plan->model, plan->listener->listener->name, host);
}

static void add_host(plan_t *plan, const char *name, const char *target, const char *decision)
{
    probe_host_t *host = apr_pcalloc(plan->pool, sizeof(*host));
    const lync_binding_t *binding = binding_of(plan, name);

    host->host = name;
    host->target = target;
    host->decision = decision;
    if (!strcmp(plan->listener->listener->scheme, "https") && binding) {
        host->certificate = certificate_of(plan, binding->certificate);
        host->beside = certificate_of(plan, binding->beside);
    }
    host->awaited = host->certificate && host->certificate->managed && lync_managed_is_fallback(host->certificate);
    APR_ARRAY_PUSH(plan->all, probe_host_t *) = host;
    apr_hash_set(plan->seen, name, APR_HASH_KEY_STRING, host);
}

/* Each host once, by its first route that lets anything through. */
static void look_at(plan_t *plan, const lync_route_t *route)
{
    int here = !strcmp(route->listener, plan->listener->listener->name);
    const char *target = here ? route->path : "/", *decision;
    const lync_route_t *found;

    if (apr_hash_get(plan->seen, route->host, APR_HASH_KEY_STRING)
        || (here ? !strcmp(route->action, "refuse") : !plan->elsewhere || !lync_host_get(plan->elsewhere, route->host)
                                                      || lync_route_has_host(plan->listener->map, route->host)))
        return;
    decision = lync_route_decision(plan->listener->map, plan->elsewhere, route->host, target, &found, plan->pool);
    if (!here || found == route)
        add_host(plan, route->host, target, decision);
}

/* One of each certificate, and then the first. */
static void choose(plan_t *plan)
{
    apr_hash_t *presented = apr_hash_make(plan->pool), *chosen = apr_hash_make(plan->pool);
    probe_listener_t *listener = plan->listener;
    int i, rest;

    for (i = 0; i < plan->all->nelts; ++i) {
        probe_host_t *host = APR_ARRAY_IDX(plan->all, i, probe_host_t *);

        if (!host->certificate || apr_hash_get(presented, host->certificate->name, APR_HASH_KEY_STRING))
            continue;
        apr_hash_set(presented, host->certificate->name, APR_HASH_KEY_STRING, host);
        apr_hash_set(chosen, host->host, APR_HASH_KEY_STRING, host);
    }
    rest = PROBE_HOSTS - (int)apr_hash_count(chosen);
    for (i = 0; i < plan->all->nelts; ++i) {
        probe_host_t *host = APR_ARRAY_IDX(plan->all, i, probe_host_t *);

        if (apr_hash_get(chosen, host->host, APR_HASH_KEY_STRING) || rest-- > 0)
            APR_ARRAY_PUSH(listener->hosts, probe_host_t *) = host;
    }
    listener->left_out = plan->all->nelts - listener->hosts->nelts;
}

static probe_listener_t *plan_listener(plan_t *plan, const lync_listener_t *listener)
{
    probe_listener_t *planned = apr_pcalloc(plan->pool, sizeof(*planned));
    int i, https = !strcmp(listener->scheme, "https");

    planned->listener = listener;
    planned->map = lync_route_map(plan->model, listener->name, plan->pool);
    planned->addresses = probe_addresses(listener, plan->pool);
    planned->hosts = apr_array_make(plan->pool, 16, sizeof(probe_host_t *));
    plan->listener = planned;
    plan->seen = apr_hash_make(plan->pool);
    plan->all = apr_array_make(plan->pool, 16, sizeof(probe_host_t *));
    plan->elsewhere = !https && !strcmp(listener->otherwise, "redirect")
                      ? lync_hosts_elsewhere(plan->model, listener, plan->pool) : NULL;
    if (https && binding_of(plan, "*"))
        planned->initial = certificate_of(plan, binding_of(plan, "*")->certificate);
    for (i = 0; i < plan->model->rows[LYNC_ROUTE]->nelts; ++i)
        look_at(plan, LYNC_ROW(plan->model, LYNC_ROUTE, i));
    choose(plan);
    return planned;
}

apr_array_header_t *probe_plan(const lync_model_t *model, apr_pool_t *p)
{
    apr_array_header_t *listeners = apr_array_make(p, 4, sizeof(probe_listener_t *));
    plan_t plan = { .model = model, .pool = p, .certificates = apr_hash_make(p) };
    int i;

    for (i = 0; i < model->rows[LYNC_LISTENER]->nelts; ++i)
        APR_ARRAY_PUSH(listeners, probe_listener_t *) = plan_listener(&plan, LYNC_ROW(model, LYNC_LISTENER, i));
    return listeners;
}

/* An administrator who takes the last server out wants no answer. */
static int has_server(const lync_model_t *model, const lync_pool_t *pool)
{
    int i;

    for (i = 0; i < model->rows[LYNC_SERVER]->nelts; ++i) {
        const lync_server_t *server = LYNC_ROW(model, LYNC_SERVER, i);

        if (!strcmp(server->pool, pool->name) && lync_word_in("active standby", server->state))
            return 1;
    }
    return 0;
}

static const probe_host_t *host_of(const probe_listener_t *listener, const lync_pool_t *pool, apr_pool_t *p)
{
    const lync_route_t *route;
    int i;

    for (i = 0; i < listener->hosts->nelts; ++i) {
        const probe_host_t *host = APR_ARRAY_IDX(listener->hosts, i, probe_host_t *);

        apr_pool_clear(p);
        if (!host->awaited && lync_route_find(listener->map, host->host, pool->health_path, &route, p)
                                  == LYNC_MATCH_ROUTE && !strcmp(route->action, "publish") && !strcmp(route->pool, pool->name)
            && (!route->methods || lync_word_in(route->methods, "GET")))
            return host;
    }
    return NULL;
}

/* Over https where it can be: there the pool's certificate has to verify. */
static void plan_pool(apr_array_header_t *pools, const apr_array_header_t *listeners, const lync_pool_t *pool,
                      apr_pool_t *scratch)
{
    static const char *const schemes[] = { "https", "http" };
    int i, j;

    for (i = 0; i < 2; ++i)
        for (j = 0; j < listeners->nelts; ++j) {
            probe_listener_t *listener = APR_ARRAY_IDX(listeners, j, probe_listener_t *);
            const probe_host_t *host = strcmp(listener->listener->scheme, schemes[i]) ? NULL
                                       : host_of(listener, pool, scratch);

            if (host) {
                probe_pool_t *planned = apr_palloc(pools->pool, sizeof(*planned));

                *planned = (probe_pool_t){ pool, listener, host };
                APR_ARRAY_PUSH(pools, probe_pool_t *) = planned;
                return;
            }
        }
}

apr_array_header_t *probe_plan_pools(const lync_model_t *model, const apr_array_header_t *listeners, apr_pool_t *p)
{
    apr_array_header_t *pools = apr_array_make(p, 8, sizeof(probe_pool_t *));
    apr_pool_t *scratch;
    int i;

    apr_pool_create(&scratch, p);
    for (i = 0; i < model->rows[LYNC_POOL]->nelts; ++i) {
        const lync_pool_t *pool = LYNC_ROW(model, LYNC_POOL, i);

        if (has_server(model, pool))
            plan_pool(pools, listeners, pool, scratch);
    }
    apr_pool_destroy(scratch);
    return pools;
}
