#include "mod_lync.h"

#include <apr_lib.h>
#include <apr_strings.h>

#include "host.h"
#include "server_state.h"

/* From the rows of a revision to the virtual hosts and balancers that serve it; target.c has its routes. */

typedef struct plan_t {
    lync_snapshot_t *snapshot;
    const lync_model_t *model;
    apr_pool_t *pool;           /* what is kept */
    apr_pool_t *scratch;
    apr_hash_t *bindings;       /* "listener host" -> lync_binding_t */
    apr_hash_t *names;          /* host names of balancers given away */
    apr_hash_t *members;        /* "pool scheme" -> array of lync_member_t * */
} plan_t;

static void *get(apr_hash_t *hash, const char *key)
{
    return apr_hash_get(hash, key, APR_HASH_KEY_STRING);
}

static void put(apr_hash_t *hash, const char *key, const void *value)
{
    apr_hash_set(hash, key, APR_HASH_KEY_STRING, value);
}

/* Short, and the same after every reload, so that a client's cookie goes on to lead somewhere. */
static const char *route_of(const char *host, apr_pool_t *p)
{
    apr_uint32_t hash = 2166136261u;

    for (; *host; ++host)
        hash = (hash ^ (unsigned char)*host) * 16777619u;
    return apr_psprintf(p, "%08x", hash);
}

static apr_array_header_t *members_of(plan_t *plan, const lync_pool_t *pool, const char *scheme)
{
    const char *key = apr_pstrcat(plan->scratch, pool->name, " ", scheme, NULL);
    apr_array_header_t *members = get(plan->members, key);
    int i, tls = !strcmp(scheme, "https");

    if (members)
        return members;
    members = apr_array_make(plan->pool, 4, sizeof(lync_member_t *));
    for (i = 0; i < plan->model->rows[LYNC_SERVER]->nelts; ++i) {
        const lync_server_t *server = LYNC_ROW(plan->model, LYNC_SERVER, i);
        lync_member_t *member;

        if (strcmp(server->pool, pool->name))
            continue;
        member = apr_pcalloc(plan->pool, sizeof(*member));
        member->server = server;
        member->pool = pool;
        member->port = tls ? pool->https_port : pool->http_port;
        member->verify_name = pool->verify_name ? pool->verify_name : server->host;
        member->route = route_of(server->host, plan->pool);
        member->said = lync_server_state_of(plan->snapshot->states, server->host, server->pool);
        if (tls) {
            member->slot = plan->snapshot->members->nelts;
            APR_ARRAY_PUSH(plan->snapshot->members, lync_member_t *) = member;
        }
        APR_ARRAY_PUSH(members, lync_member_t *) = member;
    }
    put(plan->members, key, members);
    return members;
}

/* A host name, unique, and short enough for the 96 bytes mod_proxy has for it. */
static const char *backend_url(plan_t *plan, const char *pool, const char *profile, const char *scheme)
{
    char *name = apr_psprintf(plan->pool, "lync-%.24s-%.16s-%s", pool, profile, scheme), *c;

    for (c = name; *c; ++c)
        *c = *c == '_' ? '-' : (char)apr_tolower(*c);
    if (get(plan->names, name))
        name = apr_psprintf(plan->pool, "%s-%d", name, plan->snapshot->backends->nelts);
    put(plan->names, name, name);
    return apr_pstrcat(plan->pool, "balancer://", name, NULL);
}

static void add_backend(plan_t *plan, const lync_route_t *route)
{
    const char *key = lync_route_backend(route, plan->scratch);
    lync_backend_t *backend;

    if (get(plan->snapshot->by_target, key))
        return;
    backend = apr_pcalloc(plan->pool, sizeof(*backend));
    backend->index = plan->snapshot->backends->nelts;
    backend->pool = lync_model_find(plan->model, LYNC_POOL, route->pool);
    backend->profile = lync_model_find(plan->model, LYNC_PROFILE, route->profile);
    backend->scheme = route->scheme;
    backend->url = backend_url(plan, route->pool, route->profile, route->scheme);
    backend->members = members_of(plan, backend->pool, route->scheme);
    APR_ARRAY_PUSH(plan->snapshot->backends, lync_backend_t *) = backend;
    put(plan->snapshot->by_target, apr_pstrdup(plan->pool, key), backend);
}

static void plan_backends(plan_t *plan)
{
    int i;

    for (i = 0; i < plan->model->rows[LYNC_ROUTE]->nelts; ++i) {
        const lync_route_t *route = LYNC_ROW(plan->model, LYNC_ROUTE, i);

        if (!strcmp(route->action, "publish") && !lync_target_lost(plan->snapshot, route))
            add_backend(plan, route);
    }
}

static lync_site_t *add_site(plan_t *plan, const lync_listener_t *listener, const lync_certificate_t *certificate,
                             const lync_certificate_t *beside)
{
    lync_site_t *site = apr_pcalloc(plan->pool, sizeof(*site));

    site->listener = listener;
    site->certificate = certificate;
    site->beside = beside;
    site->index = plan->snapshot->sites->nelts;
    site->hosts = apr_array_make(plan->pool, 8, sizeof(const char *));
    APR_ARRAY_PUSH(plan->snapshot->sites, lync_site_t *) = site;
    return site;
}

static const lync_binding_t *bound(plan_t *plan, const lync_listener_t *listener, const char *host)
{
    return get(plan->bindings, apr_pstrcat(plan->scratch, listener->name, " ", host, NULL));
}

static const lync_certificate_t *usable(plan_t *plan, const char *name)
{
    const lync_certificate_t *certificate = lync_model_find(plan->model, LYNC_CERTIFICATE, name);

    return certificate && lync_quarantined(plan->snapshot, certificate) ? NULL : certificate;
}

/* The listener's site with the certificates of a binding, or NULL when none of them can be used. */
static lync_site_t *site_with(plan_t *plan, apr_hash_t *sites, const lync_listener_t *listener,
                              const lync_binding_t *binding)
{
    const lync_certificate_t *certificate = binding ? usable(plan, binding->certificate) : NULL;
    const lync_certificate_t *beside = binding ? usable(plan, binding->beside) : NULL;
    const char *key;
    lync_site_t *site;

    if (!certificate) {
        certificate = beside;
        beside = NULL;
    }
    if (!certificate)
        return NULL;
    key = apr_pstrcat(plan->scratch, certificate->name, " ", beside ? beside->name : "", NULL);
    site = get(sites, key);
    if (!site) {
        site = add_site(plan, listener, certificate, beside);
        put(sites, key, site);
    }
    return site;
}

static void add_host(plan_t *plan, lync_site_t *site, const char *host)
{
    APR_ARRAY_PUSH(site->hosts, const char *) = host;
    put(plan->snapshot->by_sni, apr_psprintf(plan->pool, "%s:%d", host, site->listener->port), site);
}

/* mod_md must not meet them at a site of its own: there they are answered when it is the default of its port. */
static void add_lost(plan_t *plan, lync_site_t *site, apr_hash_t *lost)
{
    apr_hash_index_t *entry;
    const void *host;

    for (entry = apr_hash_first(plan->scratch, lost); entry; entry = apr_hash_next(entry)) {
        apr_hash_this(entry, &host, NULL, NULL);
        site->quarantine = lost;
        if (!lync_is_managed(site->certificate))
            add_host(plan, site, host);
    }
}

static int is_better_refuge(const lync_site_t *site, const lync_site_t *than)
{
    return site && (!than || (lync_is_managed(than->certificate) && !lync_is_managed(site->certificate)));
}

/* Hosts whose certificate cannot be used are answered by the listener's first other one, if any. */
static void plan_https(plan_t *plan, const lync_listener_t *listener)
{
    const lync_binding_t *initial = bound(plan, listener, "*");
    apr_array_header_t *hosts = lync_hosts(plan->model, listener->name, plan->scratch);
    apr_hash_t *sites = apr_hash_make(plan->scratch), *lost = apr_hash_make(plan->pool);
    /* First, so that a client without SNI gets the default certificate. */
    lync_site_t *first = site_with(plan, sites, listener, initial), *site;
    int i;

    for (i = 0; i < hosts->nelts; ++i) {
        const char *name = LYNC_ITEM(hosts, const char *, i);
        const lync_binding_t *binding = bound(plan, listener, name);

        binding = binding ? binding : initial;
        site = site_with(plan, sites, listener, binding);
        first = is_better_refuge(site, first) ? site : first;
        if (site)
            add_host(plan, site, name);
        else if (binding)
            put(lost, name, lync_quarantined(plan->snapshot, lync_model_find(plan->model, LYNC_CERTIFICATE,
                                                                             binding->certificate)));
    }
    if (!first)
        return;
    add_lost(plan, first, lost);
    APR_ARRAY_PUSH(plan->snapshot->listeners, const lync_listener_t *) = listener;
}

static void plan_http(plan_t *plan, const lync_listener_t *listener)
{
    const lync_route_map_t *map = lync_route_map(plan->model, listener->name, plan->scratch);
    lync_site_t *site = add_site(plan, listener, NULL, NULL);
    apr_hash_index_t *entry;
    const void *host;

    APR_ARRAY_PUSH(plan->snapshot->listeners, const lync_listener_t *) = listener;
    site->elsewhere = lync_hosts_elsewhere(plan->model, listener, plan->pool);
    apr_array_cat(site->hosts, lync_hosts(plan->model, listener->name, plan->scratch));
    for (entry = apr_hash_first(plan->scratch, site->elsewhere); entry; entry = apr_hash_next(entry)) {
        apr_hash_this(entry, &host, NULL, NULL);
        if (!lync_route_has_host(map, host))
            APR_ARRAY_PUSH(site->hosts, const char *) = host;
    }
}

static void read_bindings(plan_t *plan)
{
    int i;

    for (i = 0; i < plan->model->rows[LYNC_BINDING]->nelts; ++i) {
        const lync_binding_t *binding = LYNC_ROW(plan->model, LYNC_BINDING, i);

        put(plan->bindings, apr_pstrcat(plan->scratch, binding->listener, " ", binding->host, NULL), binding);
    }
}

void lync_plan(lync_snapshot_t *snapshot, apr_pool_t *p)
{
    plan_t plan = { .snapshot = snapshot, .model = snapshot->model, .pool = p };
    int i;

    apr_pool_create(&plan.scratch, p);
    plan.bindings = apr_hash_make(plan.scratch);
    plan.names = apr_hash_make(plan.scratch);
    plan.members = apr_hash_make(plan.scratch);
    read_bindings(&plan);
    for (i = 0; i < plan.model->rows[LYNC_LISTENER]->nelts; ++i) {
        const lync_listener_t *listener = LYNC_ROW(plan.model, LYNC_LISTENER, i);

        if (lync_quarantined(snapshot, listener))
            continue;
        if (!strcmp(listener->scheme, "https"))
            plan_https(&plan, listener);
        else
            plan_http(&plan, listener);
    }
    /* The first site is home to the balancers: without a site there is no need for any. */
    if (snapshot->sites->nelts)
        plan_backends(&plan);
    snapshot->table = lync_target_table(snapshot, snapshot->model, p);
    snapshot->table->trial = snapshot->trial;
    apr_pool_destroy(plan.scratch);
}
