#include <apr_strings.h>
#include <apr_uri.h>
#include <string.h>

#include "topology.h"

/* The pools of a plan, and what of the topology is none. */

static const char *director_of(const topology_plan_t *plan, const topology_service_t *service)
{
    int i;

    for (i = 0; i < plan->topology->services->nelts; ++i) {
        const topology_service_t *other = APR_ARRAY_IDX(plan->topology->services, i, const topology_service_t *);

        if (other->is_director && other->cluster == service->cluster)
            return lyncadm_json_text(service->meaning, "director");
    }
    return NULL;
}

/* Whether it has one server, which bears its name. */
static int is_single(const topology_cluster_t *cluster)
{
    return cluster->single || !cluster->machines->nelts
           || (cluster->machines->nelts == 1 && topology_has(cluster->machines, cluster->name));
}

static int has_server(const lync_model_t *model, const char *pool, const char *host)
{
    int i;

    for (i = 0; i < model->rows[LYNC_SERVER]->nelts; ++i) {
        const lync_server_t *server = LYNC_ROW(model, LYNC_SERVER, i);

        if (!strcmp(server->pool, pool) && (!host || !strcmp(server->host, host)))
            return 1;
    }
    return 0;
}

static int has_machine(const lync_model_t *model, const topology_cluster_t *cluster)
{
    int i;

    for (i = 0; i < cluster->machines->nelts; ++i) {
        if (has_server(model, cluster->name, APR_ARRAY_IDX(cluster->machines, i, const char *)))
            return 1;
    }
    return 0;
}

static apr_array_header_t *servers_of_draft(const topology_plan_t *plan, const char *pool)
{
    apr_array_header_t *hosts = apr_array_make(plan->edit->pool, 4, sizeof(const char *));
    int i;

    for (i = 0; i < plan->edit->model->rows[LYNC_SERVER]->nelts; ++i) {
        const lync_server_t *server = LYNC_ROW(plan->edit->model, LYNC_SERVER, i);

        if (!strcmp(server->pool, pool))
            APR_ARRAY_PUSH(hosts, const char *) = server->host;
    }
    return hosts;
}

/* The single servers, or the load balancer before them, whose name is the pool's. A draft that has the pool has said so
 * already; an address instead of the load balancer's name is the administrator's. */
static const apr_array_header_t *hosts_of(const topology_plan_t *plan, const topology_cluster_t *cluster)
{
    const lync_model_t *draft = plan->edit->model;
    apr_array_header_t *hosts;

    if (cluster->machines->nelts && (lyncadm_given(plan->edit->adm, "balance") || has_machine(draft, cluster)))
        return cluster->machines;
    if (has_server(draft, cluster->name, NULL))
        return servers_of_draft(plan, cluster->name);
    hosts = apr_array_make(plan->edit->pool, 1, sizeof(const char *));
    APR_ARRAY_PUSH(hosts, const char *) = cluster->name;
    return hosts;
}

static const char *number(apr_pool_t *p, int port)
{
    return port ? apr_itoa(p, port) : NULL;
}

static void tell_pool(topology_plan_t *plan, const topology_service_t *service, const lync_pool_t *pool,
                      const apr_array_header_t *hosts)
{
    apr_pool_t *p = plan->edit->pool;
    int machines = service->cluster->machines->nelts;
    const char *servers = apr_array_pstrcat(p, hosts, ' ');
    const char *cells[] = { pool->name, pool->role, service->release,
                            hosts->nelts < machines ? apr_psprintf(p, "%s (in front of %d)", servers, machines)
                                                    : servers,
                            number(p, pool->https_port), number(p, service->https.published),
                            number(p, pool->http_port), number(p, service->http.published) };

    lyncadm_rows_add(plan->proposal->pools, cells);
}

static void warn_of_port(topology_plan_t *plan, const char *pool, int external, int internal)
{
    if (external && external == internal)
        proposal_warn(plan->proposal, "pool '%s' listens on port %d for inside and outside: it takes clients from "
                      "outside for such from inside", pool, external);
}

static void warn_of(topology_plan_t *plan, const topology_service_t *service, const lync_pool_t *pool)
{
    const json_t *releases = json_object_get(lyncadm_template(plan->edit->pool, "deployments"), "releases");

    warn_of_port(plan, pool->name, service->https.listening, service->internal_https);
    warn_of_port(plan, pool->name, service->http.listening, service->internal_http);
    if (!service->url && !lyncadm_json_has(releases, service->release))
        proposal_warn(plan->proposal, "pool '%s' is of ServiceVersion '%s', which is %s: it is published as the others "
                      "are", pool->name, service->version ? service->version : "", service->release
                      ? apr_psprintf(plan->edit->pool, "release %s, whose services are not known", service->release)
                      : "no release that is known");
}

static const lync_err_t *add_pool(topology_plan_t *plan, const topology_service_t *service, const char *deployment)
{
    const json_t *roles = json_object_get(lyncadm_publish_deployment(plan->edit->pool, deployment), "roles");
    const lync_noun_t *noun = lync_noun(LYNC_POOL);
    lync_pool_t *pool = lync_row_new(plan->edit->pool, noun);
    const char *ca = lyncadm_given(plan->edit->adm, "ca"), *single;
    const apr_array_header_t *hosts = hosts_of(plan, service->cluster);

    pool->name = service->cluster->name;
    pool->role = json_string_value(json_array_get(roles, 0));
    single = lyncadm_json_text(json_object_get(plan->knowledge, "single"), pool->role);
    if (single && is_single(service->cluster))
        pool->role = single;
    LYNC_TRY(lyncadm_pool_role(plan->edit->adm, pool));
    if (service->https.listening)
        pool->https_port = service->https.listening;
    if (service->http.listening)
        pool->http_port = service->http.listening;
    if (ca)
        LYNC_TRY(lyncadm_bad_value(plan->edit->adm, lync_row_set(plan->edit->pool, noun, lync_field(noun, "ca"), pool,
                                                                 ca)));
    if (!ca && !lync_model_find(plan->edit->model, LYNC_POOL, pool->name))
        return lyncadm_usage(plan->edit->adm, "pool '%s' is new and needs --ca FILE: the root certificates that its "
                             "certificates hang on", pool->name);
    tell_pool(plan, service, pool, hosts);
    warn_of(plan, service, pool);
    LYNC_TRY(lyncadm_edit_add(plan->aside, noun, pool));
    return lyncadm_pool_servers(plan->aside, pool, hosts, 1);
}

static void skip(topology_plan_t *plan, const char *role, const char *pools, const char *because)
{
    const char *cells[] = { role, pools, because };

    lyncadm_rows_add(plan->skipped, cells);
}

static const lync_err_t *plan_web(topology_plan_t *plan, const topology_service_t *service)
{
    const char *director = director_of(plan, service), *name = service->cluster->name;
    const char *deployment = director ? director : lyncadm_json_text(service->meaning, "publish");
    int i, port = service->https.published ? service->https.published : apr_uri_port_of_scheme("https");

    if (!service->host) {
        skip(plan, service->role, name, "it has no external name");
        return NULL;
    }
    LYNC_TRY(add_pool(plan, service, deployment));
    LYNC_TRY(topology_publish(plan, deployment, service->host, name, port, "external web services"));
    for (i = 0; i < service->hosts->nelts; ++i)
        LYNC_TRY(topology_publish(plan, deployment, APR_ARRAY_IDX(service->hosts, i, const char *), name, port,
                                  "of an URL that overrides"));
    return NULL;
}

static const lync_err_t *plan_office(topology_plan_t *plan, const topology_service_t *service)
{
    const char *deployment = lyncadm_json_text(service->meaning, "publish");

    if (!service->host) {
        skip(plan, service->role, service->cluster->name,
             apr_psprintf(plan->edit->pool, "its URL '%s' is none of https", service->url ? service->url : ""));
        return NULL;
    }
    LYNC_TRY(add_pool(plan, service, deployment));
    return topology_publish(plan, deployment, service->host, service->cluster->name, service->https.published,
                            service->is_external ? "Office Web Apps, outside of the firewall" : "Office Web Apps");
}

static int is_first_of_role(const topology_t *topology, int i)
{
    const char *role = APR_ARRAY_IDX(topology->services, i, const topology_service_t *)->role;

    while (--i >= 0) {
        if (!strcmp(APR_ARRAY_IDX(topology->services, i, const topology_service_t *)->role, role))
            return 0;
    }
    return 1;
}

/* The pools of a role that is skipped, three of them by name. */
static const char *pools_of_role(const topology_plan_t *plan, const char *role)
{
    apr_array_header_t *names = apr_array_make(plan->edit->pool, 4, sizeof(const char *));
    int i, more = 0;

    for (i = 0; i < plan->topology->services->nelts; ++i) {
        const topology_service_t *service = APR_ARRAY_IDX(plan->topology->services, i, const topology_service_t *);

        if (strcmp(service->role, role) || !service->cluster || topology_has(names, service->cluster->name))
            continue;
        if (names->nelts == 3)
            ++more;
        else
            APR_ARRAY_PUSH(names, const char *) = service->cluster->name;
    }
    if (more)
        APR_ARRAY_PUSH(names, const char *) = apr_psprintf(plan->edit->pool, "and %d more", more);
    return apr_array_pstrcat(plan->edit->pool, names, ' ');
}

static void tell_skipped(topology_plan_t *plan)
{
    int i;

    for (i = 0; i < plan->topology->services->nelts; ++i) {
        const topology_service_t *service = APR_ARRAY_IDX(plan->topology->services, i, const topology_service_t *);
        const char *why = service->meaning ? lyncadm_json_text(service->meaning, "why")
                                           : lyncadm_json_text(plan->knowledge, "unknown");

        if (why && is_first_of_role(plan->topology, i))
            skip(plan, service->role, pools_of_role(plan, service->role), why);
    }
}

/* The word of the document for what has the web services, and how many it has. */
static int count_web(const topology_plan_t *plan, const char **role, const char **others)
{
    const topology_t *topology = plan->topology;
    apr_array_header_t *roles = apr_array_make(plan->edit->pool, 8, sizeof(const char *));
    int i, n = 0;

    *role = lyncadm_json_text(json_array_get(json_object_get(plan->knowledge, "roles"), 0), "role");
    for (i = 0; i < topology->services->nelts; ++i) {
        const char *each = APR_ARRAY_IDX(topology->services, i, const topology_service_t *)->role;

        n += !strcmp(each, *role);
        if (is_first_of_role(topology, i) && roles->nelts < 20)
            APR_ARRAY_PUSH(roles, const char *) = each;
    }
    *others = roles->nelts ? apr_array_pstrcat(plan->edit->pool, roles, ' ') : "none";
    return n;
}

const lync_err_t *topology_plan_pools(topology_plan_t *plan)
{
    const char *role, *others;
    int i;

    if (!count_web(plan, &role, &others))
        return lync_err(plan->edit->pool, "document '%s' names no %s role, so that there is nothing to publish: its "
                        "roles are %s", plan->topology->name, role, others);
    for (i = 0; i < plan->topology->services->nelts; ++i) {
        const topology_service_t *service = APR_ARRAY_IDX(plan->topology->services, i, const topology_service_t *);

        if (!lyncadm_json_text(service->meaning, "publish"))
            continue;
        LYNC_TRY(!strcmp(service->role, role) ? plan_web(plan, service) : plan_office(plan, service));
    }
    tell_skipped(plan);
    if (lyncadm_rows_empty(plan->proposal->pools))
        return lync_err(plan->edit->pool, "document '%s' has no pool with an external name, so that there is nothing "
                        "to publish", plan->topology->name);
    return NULL;
}
