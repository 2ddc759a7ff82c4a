#include <apr_network_io.h>
#include <apr_strings.h>
#include <stdlib.h>
#include <string.h>

#include "host.h"
#include "plan.h"
#include "publish.h"

/* The public names of a revision, what each is for, and where it is to lead. */

static const char *const private_networks[] = { "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10",
    "127.0.0.0/8", "169.254.0.0/16", "0.0.0.0/8", "fc00::/7", "fe80::/10", "::/127", NULL };

const plan_name_t *plan_name(const plan_t *plan, const char *host)
{
    int i;

    for (i = 0; i < plan->names->nelts; ++i) {
        const plan_name_t *name = APR_ARRAY_IDX(plan->names, i, const plan_name_t *);

        if (!strcmp(name->host, host))
            return name;
    }
    return NULL;
}

const char *plan_deployment(const plan_t *plan, const lync_pool_t *pool)
{
    json_t *deployments = json_object_get(lyncadm_template(plan->pool, "deployments"), "publish"), *deployment;
    size_t i;

    json_array_foreach(deployments, i, deployment) {
        if (lyncadm_json_has(json_object_get(deployment, "roles"), pool->role))
            return lyncadm_json_text(deployment, "name");
    }
    return NULL;
}

/* A name that has a simple URL below a pool's own pages is the pool's. */
static int is_simple_url(const plan_t *plan, const char *url, const plan_name_t *name)
{
    const char *host, *path = url ? lyncadm_url_split(plan->pool, url, &host) : NULL;

    return path && !strcmp(host, name->host) && (!*path || !name->root);
}

static const char *kind_of(const plan_t *plan, const plan_name_t *name)
{
    const char *deployment = name->pool ? plan_deployment(plan, name->pool) : NULL;
    int i;

    if (lync_host_domain(plan->model, name->host))
        return "discover";
    for (i = 0; i < plan->model->rows[LYNC_DOMAIN]->nelts; ++i) {
        const lync_domain_t *domain = LYNC_ROW(plan->model, LYNC_DOMAIN, i);

        if (is_simple_url(plan, domain->meet, name))
            return "meet";
        if (is_simple_url(plan, domain->dialin, name))
            return "dialin";
    }
    return deployment ? deployment : "other";
}

/* The words of the service behind it, which may be an administrator's own. */
static const char *purpose_of(const plan_t *plan, const plan_name_t *name)
{
    const json_t *words = json_object_get(json_object_get(plan->words, "dns"), "external");
    const json_t *kind = json_object_get(words, name->kind);
    const char *service = lyncadm_json_text(kind, "service");
    const lync_service_t *row = service ? lync_model_find(plan->model, LYNC_SERVICE, service) : NULL;

    return row && row->purpose ? row->purpose : lyncadm_json_text(kind, "purpose");
}

static plan_name_t *name_of(plan_t *plan, const char *host)
{
    plan_name_t *name = (plan_name_t *)plan_name(plan, host);

    if (name)
        return name;
    name = apr_pcalloc(plan->pool, sizeof(*name));
    name->host = host;
    name->listeners = apr_array_make(plan->pool, 2, sizeof(const lync_listener_t *));
    APR_ARRAY_PUSH(plan->names, plan_name_t *) = name;
    return name;
}

/* Rows come by listener and host. */
static void add_listener(plan_name_t *name, const lync_listener_t *listener)
{
    int last = name->listeners->nelts - 1;

    if (last >= 0 && APR_ARRAY_IDX(name->listeners, last, const lync_listener_t *) == listener)
        return;
    APR_ARRAY_PUSH(name->listeners, const lync_listener_t *) = listener;
    if (!strcmp(listener->scheme, "https"))
        name->https = 1;
}

static void add_route(plan_t *plan, const lync_route_t *route, const lync_listener_t *listener)
{
    plan_name_t *name = name_of(plan, route->host);
    int root = !strcmp(route->path, "/");

    add_listener(name, listener);
    if (!route->pool || (name->pool && !root))
        return;
    name->pool = lync_model_find(plan->model, LYNC_POOL, route->pool);
    name->root = root;
}

static int by_host(const void *a, const void *b)
{
    return strcmp((*(const plan_name_t *const *)a)->host, (*(const plan_name_t *const *)b)->host);
}

void plan_names(plan_t *plan)
{
    int i;

    plan->names = apr_array_make(plan->pool, 16, sizeof(plan_name_t *));
    for (i = 0; i < plan->model->rows[LYNC_ROUTE]->nelts; ++i) {
        const lync_route_t *route = LYNC_ROW(plan->model, LYNC_ROUTE, i);
        const lync_listener_t *listener = lync_model_find(plan->model, LYNC_LISTENER, route->listener);

        if (listener && strcmp(route->action, "refuse"))
            add_route(plan, route, listener);
    }
    for (i = 0; i < plan->names->nelts; ++i) {
        plan_name_t *name = APR_ARRAY_IDX(plan->names, i, plan_name_t *);

        name->kind = kind_of(plan, name);
        name->purpose = purpose_of(plan, name);
    }
    if (plan->names->nelts)
        qsort(plan->names->elts, (size_t)plan->names->nelts, sizeof(plan_name_t *), by_host);
}

/* Whether only neighbours can reach it. */
static int is_private(const char *address, apr_pool_t *p)
{
    apr_sockaddr_t *sockaddr;
    int i;

    if (apr_sockaddr_info_get(&sockaddr, address, APR_UNSPEC, 0, 0, p) != APR_SUCCESS)
        return 1;
    for (i = 0; private_networks[i]; ++i) {
        char *network = apr_pstrdup(p, private_networks[i]), *bits = strchr(network, '/');
        apr_ipsubnet_t *subnet;

        *bits++ = '\0';
        if (apr_ipsubnet_create(&subnet, network, bits, p) == APR_SUCCESS && apr_ipsubnet_test(subnet, sockaddr))
            return 1;
    }
    return 0;
}

apr_array_header_t *plan_outside(const plan_t *plan, const lync_listener_t *listener)
{
    apr_array_header_t *own;

    if (plan->public_addresses->nelts)
        return plan->public_addresses;
    own = apr_array_make(plan->pool, 1, sizeof(const char *));
    if (strcmp(listener->address, "*") && !is_private(listener->address, plan->pool))
        APR_ARRAY_PUSH(own, const char *) = listener->address;
    return own;
}

apr_array_header_t *plan_discovery(const plan_t *plan, const char *domain)
{
    apr_array_header_t *hosts = apr_array_make(plan->pool, 1, sizeof(const char *));
    int i;

    for (i = 0; i < plan->model->rows[LYNC_SERVICE]->nelts; ++i) {
        const lync_service_t *service = LYNC_ROW(plan->model, LYNC_SERVICE, i);

        if (service->label)
            APR_ARRAY_PUSH(hosts, const char *) = apr_pstrcat(plan->pool, service->label, ".", domain, NULL);
    }
    return hosts;
}
