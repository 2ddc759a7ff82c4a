#include <apr_lib.h>
#include <apr_strings.h>
#include <string.h>

#include "apache_plan.h"

/* The routes of a public name: of the whole as publish would write them, of single paths besides. */

typedef struct host_t {
    apache_plan_t *plan;
    const apache_site_t *site;
    const apache_rule_t *root;  /* publishes all paths; NULL: none does */
    const lync_pool_t *root_pool;       /* to this one */
    lyncadm_publish_t publish;
} host_t;

static const json_t *deployment(const apache_plan_t *plan, const char *key)
{
    return lyncadm_publish_deployment(plan->pool, lyncadm_json_text(plan->apache->knowledge, key));
}

/* Whether a host's first label is this one, with digits behind it or not. */
static int is_label(const char *host, const char *label)
{
    apr_size_t length = strlen(label);

    if (strncmp(host, label, length))
        return 0;
    while (apr_isdigit(host[length]))
        ++length;
    return host[length] == '.';
}

int apache_is_discovery(const apache_plan_t *plan, const char *host)
{
    const char *label = lyncadm_json_text(deployment(plan, "discover"), "host");

    return is_label(host, label) && host[strlen(label)] == '.' && strchr(host + strlen(label) + 1, '.');
}

static int is_one_of(const json_t *labels, const char *host)
{
    json_t *label;
    size_t i;

    json_array_foreach(labels, i, label) {
        if (is_label(host, json_string_value(label)))
            return 1;
    }
    return 0;
}

int apache_is_farm(const apache_plan_t *plan, const char *host)
{
    return is_one_of(json_object_get(json_object_get(plan->apache->knowledge, "farms"), "labels"), host);
}

int apache_is_other(const apache_plan_t *plan, const char *host)
{
    return is_one_of(json_object_get(plan->apache->knowledge, "others"), host);
}

int apache_all(const apache_plan_t *plan, const apache_site_t *site, apache_is_t *is)
{
    int i;

    for (i = 0; i < site->names->nelts; ++i) {
        if (!is(plan, APR_ARRAY_IDX(site->names, i, const char *)))
            return 0;
    }
    return i > 0;
}

/* The kind of simple URL whose name a host bears, or NULL. */
static const json_t *kind_of(const apache_plan_t *plan, const char *host)
{
    json_t *kind;
    size_t i;

    json_array_foreach(json_object_get(deployment(plan, "simple-url"), "kinds"), i, kind) {
        if (is_label(host, lyncadm_json_text(kind, "name")))
            return kind;
    }
    return NULL;
}

static const lync_err_t *publish_discovery(host_t *host)
{
    const lync_noun_t *noun = lync_noun(LYNC_DOMAIN);
    lync_domain_t *domain = lync_row_new(host->plan->pool, noun);

    host->publish.deployment = deployment(host->plan, "discover");
    domain->name = strchr(host->publish.host, '.') + 1;
    if (!lyncadm_find_key(host->plan->edit->model, noun, domain))
        LYNC_TRY(lyncadm_edit_add(host->plan->edit, noun, domain));
    proposal_tell_name(host->plan->proposal, &host->publish,
                       apr_pstrcat(host->plan->pool, "discovery of ", domain->name, NULL));
    return lyncadm_publish_routes(&host->publish, json_object_get(host->publish.deployment,
                                                                  host->publish.listener->scheme));
}

static const lync_err_t *publish_simple_url(host_t *host, const char *kind)
{
    const char *url = apr_pstrcat(host->plan->pool, "https://", host->publish.host, NULL);
    const lync_domain_t *domain = lync_model_find(host->plan->edit->model, LYNC_DOMAIN, host->publish.host);
    const lync_err_t *err;

    host->publish.deployment = deployment(host->plan, "simple-url");
    err = domain ? NULL : lyncadm_publish_simple_url(&host->publish, kind, url, NULL);
    if (err || domain) {
        apache_skip(host->plan->apache, host->root->node, "%s", err ? err->sentence
                    : "it bears the name of a SIP domain");
        return NULL;
    }
    proposal_tell_name(host->plan->proposal, &host->publish, kind);
    return NULL;
}

static const lync_err_t *publish_root(host_t *host)
{
    const apache_plan_t *plan = host->plan;
    const json_t *kind = kind_of(plan, host->publish.host);
    const lync_pool_t *pool = lync_model_find(plan->edit->model, LYNC_POOL, host->publish.pool);
    int is_farm = apache_is_farm(plan, host->publish.host);

    if (apache_is_discovery(plan, host->publish.host))
        return publish_discovery(host);
    if (kind) {
        if (strcmp(lyncadm_json_text(kind, "action"), "publish")) {
            apache_skip(plan->apache, host->root->node, "'%s' is for administrators inside: it is not published",
                        host->publish.host);
            return NULL;
        }
        return publish_simple_url(host, lyncadm_json_text(kind, "name"));
    }
    host->publish.deployment = is_farm
        ? lyncadm_publish_deployment(plan->pool, lyncadm_json_text(json_object_get(plan->apache->knowledge, "farms"),
                                                                   "publish")) : deployment(plan, "pool");
    proposal_tell_name(plan->proposal, &host->publish, is_farm ? "Office Web Apps" : pool->role);
    return lyncadm_publish_routes(&host->publish, json_object_get(host->publish.deployment, "https"));
}

/* The service that a path is of, or NULL. */
static const lync_service_t *service_of(const lync_model_t *model, const char *path)
{
    const lync_service_t *found = NULL;
    int i;

    for (i = 0; i < model->rows[LYNC_SERVICE]->nelts; ++i) {
        const lync_service_t *service = LYNC_ROW(model, LYNC_SERVICE, i);

        if (apache_below(path, service->path) && (!found || strlen(service->path) > strlen(found->path)))
            found = service;
    }
    return found;
}

/* The route of a path: made, or that of the templates, which then leads elsewhere. */
static const lync_err_t *put_route(host_t *host, const apache_rule_t *rule, const lync_service_t *service)
{
    const lync_noun_t *noun = lync_noun(LYNC_ROUTE);
    lyncadm_edit_t *edit = host->plan->edit;
    lync_route_t *route = lync_row_new(edit->pool, noun), *old;
    const lync_err_t *err = lync_row_set(edit->pool, noun, lync_field(noun, "path"), route, rule->path);

    if (err) {
        apache_skip(host->plan->apache, rule->node, "it is for no path that a route can have");
        return NULL;
    }
    route->listener = host->publish.listener->name;
    route->host = host->publish.host;
    route->action = rule->is_refusal ? "refuse" : "publish";
    route->service = service && !strcasecmp(service->path, route->path) ? service->name : NULL;
    if (!rule->is_refusal) {
        const json_t *whole = json_array_get(json_object_get(deployment(host->plan, "pool"), "https"), 0);

        route->pool = host->publish.pool;
        route->scheme = host->publish.listener->scheme;
        route->profile = service ? service->profile : lyncadm_json_text(whole, "profile");
    }
    old = lyncadm_find_key(edit->model, noun, route);
    if (!old)
        return lyncadm_edit_add(edit, noun, route);
    route->path = old->path;
    return lyncadm_edit_set(edit, noun, old, route);
}

static const lync_err_t *publish_path(host_t *host, const apache_rule_t *rule)
{
    const lync_service_t *service = service_of(host->plan->edit->model, rule->path);
    const lync_pool_t *pool;

    if (rule->is_refusal)
        return strcmp(rule->path, "/") ? put_route(host, rule, service) : NULL;
    if (service && strcmp(service->action, "publish")) {
        apache_skip(host->plan->apache, rule->node, "'%s' is refused on every published name: %s", service->path,
                    service->purpose);
        return NULL;
    }
    if (rule->is_changed) {
        apache_skip(host->plan->apache, rule->node, "the pool gets the path that was asked for, not another");
        return NULL;
    }
    LYNC_TRY(apache_plan_pool(host->plan, host->site, rule, host->publish.host, &pool));
    if (!pool || (host->root_pool && !strcmp(host->root_pool->name, pool->name)))
        return NULL;            /* it is part of the whole */
    host->publish.pool = pool->name;
    host->publish.url_path = rule->path;
    proposal_tell_name(host->plan->proposal, &host->publish, service ? service->name : NULL);
    host->publish.url_path = NULL;
    return put_route(host, rule, service);
}

/* Whether a rule before it takes all that it is for. */
static int is_hidden(const host_t *host, int index)
{
    const apache_rule_t *rule = APR_ARRAY_IDX(host->site->rules, index, const apache_rule_t *);
    int i;

    for (i = 0; i < index; ++i) {
        const apache_rule_t *first = APR_ARRAY_IDX(host->site->rules, i, const apache_rule_t *);

        if (first->kind != APACHE_DENY && apache_rule_for(first, host->publish.host) && apache_hides(first, rule))
            return 1;
    }
    return 0;
}

/* The rule for all paths: on names that the pool knows by Host, what is put before the path is what it adds itself. */
static int is_root(const host_t *host, const apache_rule_t *rule)
{
    return !strcmp(rule->path, "/") && !rule->is_refusal
           && (!rule->is_changed || kind_of(host->plan, host->publish.host)
               || apache_is_discovery(host->plan, host->publish.host));
}

static const lync_err_t *publish_paths(host_t *host)
{
    int i;

    for (i = 0; i < host->site->rules->nelts; ++i) {
        const apache_rule_t *rule = APR_ARRAY_IDX(host->site->rules, i, const apache_rule_t *);

        if (rule == host->root || !apache_rule_for(rule, host->publish.host))
            continue;
        if (is_hidden(host, i))
            apache_skip(host->plan->apache, rule->node, "an earlier rule takes what it is for");
        else if (!strcmp(host->publish.listener->scheme, "https"))
            LYNC_TRY(publish_path(host, rule));
    }
    return NULL;
}

static int is_there(const lync_model_t *model, const char *listener, const char *host)
{
    int i;

    for (i = 0; i < model->rows[LYNC_ROUTE]->nelts; ++i) {
        const lync_route_t *route = LYNC_ROW(model, LYNC_ROUTE, i);

        if (!strcmp(route->host, host) && !strcmp(route->listener, listener))
            return 1;
    }
    return 0;
}

const lync_err_t *apache_plan_host(apache_plan_t *plan, const apache_site_t *site, const lync_listener_t *listener,
                                   const char *name)
{
    host_t host = { .plan = plan, .site = site, .publish = { .edit = plan->edit, .listener = listener, .host = name } };
    const lync_pool_t *pool;
    int i;

    if (is_there(plan->edit->model, listener->name, name)) {
        apache_skip(plan->apache, site->node, "a virtual host before it has the name '%s'", name);
        return NULL;
    }
    for (i = 0; !host.root && i < site->rules->nelts; ++i) {
        const apache_rule_t *rule = APR_ARRAY_IDX(site->rules, i, const apache_rule_t *);

        if (apache_rule_for(rule, name) && is_root(&host, rule) && !is_hidden(&host, i))
            host.root = rule;
    }
    if (host.root) {
        LYNC_TRY(apache_plan_pool(plan, site, host.root, name, &pool));
        host.publish.pool = pool ? pool->name : NULL;
        host.root_pool = pool;
        if (pool)
            LYNC_TRY(publish_root(&host));
    }
    return publish_paths(&host);
}
