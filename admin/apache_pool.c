#include <apr_strings.h>
#include <apr_uri.h>
#include <string.h>

#include "apache_plan.h"
#include "value.h"

/* The pools that an old configuration leads to. */

const apache_node_t *apache_proxy_setting(const apache_t *apache, const apache_site_t *site, const apache_rule_t *rule,
                                          const char *name)
{
    const apache_node_t *const sections[] = { site->node, apache->top };
    int i, j;

    for (i = 0; i < 2; ++i) {
        for (j = 0; j < sections[i]->children->nelts; ++j) {
            const apache_node_t *node = APR_ARRAY_IDX(sections[i]->children, j, const apache_node_t *);
            const apache_node_t *found = node->children && apache_is(node, "Proxy") ? apache_setting(node, name) : NULL;

            if (found && found->parent == node && apache_is_worker(apache_word(node, 0), rule))
                return found;
        }
    }
    return apache_setting(rule->scope, name);
}

static int port_of(const apache_member_t *member)
{
    return member->port ? member->port : apr_uri_port_of_scheme(member->scheme);
}

int apache_is_internal(const apache_plan_t *plan, const apache_member_t *member, const char *host)
{
    return !apache_is_farm(plan, host) && port_of(member) == apr_uri_port_of_scheme(member->scheme);
}

static int is_public(const apache_plan_t *plan, const char *host)
{
    int i, j;

    for (i = 0; i < plan->sites->nelts; ++i) {
        const apache_site_t *site = APR_ARRAY_IDX(plan->sites, i, const apache_site_t *);

        for (j = 0; j < site->names->nelts; ++j) {
            if (!strcmp(APR_ARRAY_IDX(site->names, j, const char *), host))
                return 1;
        }
    }
    return 0;
}

/* A pool is called as its balancer or its server; what has that name already, or cannot be one, is "pool-" of it. */
static const char *name_of(const apache_plan_t *plan, const apache_rule_t *rule)
{
    char *name = apr_pstrdup(plan->pool, rule->host), *c;

    for (c = name; *c; ++c) {
        if (*c == '_' || *c == ':' || (*c == '.' && !lync_value_is_host(rule->host)))
            *c = '-';
    }
    return lync_value_is_host(rule->host) && !is_public(plan, rule->host)
           ? name : apr_pstrcat(plan->pool, "pool-", name, NULL);
}

static const char *deployment_of(const apache_plan_t *plan, const char *host)
{
    const json_t *knowledge = plan->apache->knowledge;

    return apache_is_farm(plan, host) ? lyncadm_json_text(json_object_get(knowledge, "farms"), "publish")
                                      : lyncadm_json_text(knowledge, "pool");
}

/* The trust anchors: of --ca, of the old one; the draft's own stay. */
static const lync_err_t *set_ca(apache_plan_t *plan, const apache_site_t *site, const apache_rule_t *rule,
                                lync_pool_t *pool)
{
    const lync_noun_t *noun = lync_noun(LYNC_POOL);
    const apache_node_t *file = apache_proxy_setting(plan->apache, site, rule, "SSLProxyCACertificateFile");
    const char *given = lyncadm_given(plan->edit->adm, "ca");

    if (!given && !file && !pool->ca) {
        plan->lacks_ca = 1;
        apache_skip(plan->apache, rule->node, "pool '%s' needs --ca FILE: the root certificates that its certificates "
                    "hang on", pool->name);
    }
    if (pool->ca || (!given && !file))
        return NULL;
    return lyncadm_bad_value(plan->edit->adm, lync_row_set(plan->pool, noun, lync_field(noun, "ca"), pool, given
                                                           ? given : apache_path(plan->apache, apache_word(file, 0))));
}

static void set_details(apache_plan_t *plan, const apache_site_t *site, const apache_rule_t *rule, const char *host,
                        lync_pool_t *pool)
{
    const apr_array_header_t *members = apache_members(plan->apache, site, rule);
    const char *wait = apache_parameter(plan->apache, site, rule, "connectiontimeout");
    const char *policy = apache_policy(plan, apache_proxy_setting(plan->apache, site, rule, "SSLProxyProtocol"));
    int i;

    if (wait && !lync_value_int(wait, 1, 300, &pool->connect_timeout))
        apache_skip(plan->apache, rule->node, "connectiontimeout is no number of seconds from 1 to 300");
    if (policy)
        pool->tls_policy = policy;
    if (apache_is_sticky(plan->apache, site, rule))
        pool->affinity = "cookie";
    for (i = 0; i < members->nelts; ++i) {
        if (!lync_value_is_host(APR_ARRAY_IDX(members, i, apache_member_t).host))
            pool->verify_name = host;
    }
}

static const lync_err_t *add_pool(apache_plan_t *plan, const apache_site_t *site, const apache_rule_t *rule,
                                  const char *host, lync_pool_t *pool)
{
    const json_t *roles = json_object_get(lyncadm_publish_deployment(plan->pool, deployment_of(plan, host)), "roles");
    const lync_noun_t *noun = lync_noun(LYNC_POOL);
    const lync_pool_t *draft = lync_model_find(plan->proposal->edit->model, LYNC_POOL, pool->name);

    if (draft)
        *pool = *draft;
    else {
        pool->role = json_string_value(json_array_get(roles, 0));
        LYNC_TRY(lyncadm_pool_role(plan->edit->adm, pool));
        set_details(plan, site, rule, host, pool);
    }
    LYNC_TRY(set_ca(plan, site, rule, pool));
    return lyncadm_edit_add(plan->edit, noun, pool);
}

/* The servers that a rule leads to and that can be some. */
static apr_array_header_t *members_of(apache_plan_t *plan, const apache_site_t *site, const apache_rule_t *rule)
{
    const apr_array_header_t *all = apache_members(plan->apache, site, rule);
    apr_array_header_t *good = apr_array_make(plan->pool, 4, sizeof(apache_member_t));
    const lync_noun_t *noun = lync_noun(LYNC_SERVER);
    int i;

    if (!all->nelts)
        apache_skip(plan->apache, rule->node, "the balancer has no BalancerMember");
    for (i = 0; i < all->nelts; ++i) {
        const apache_member_t *member = &APR_ARRAY_IDX(all, i, apache_member_t);

        if (strcmp(member->scheme, "https") && strcmp(member->scheme, "http"))
            apache_skip(plan->apache, member->node, "the server that it leads to speaks neither https nor http");
        else if (lync_row_set(plan->pool, noun, lync_field(noun, "host"), lync_row_new(plan->pool, noun), member->host))
            apache_skip(plan->apache, member->node, "the server that it leads to has no host name, and no address");
        else
            APR_ARRAY_PUSH(good, apache_member_t) = *member;
    }
    return good;
}

static const lync_err_t *add_server(apache_plan_t *plan, const lync_pool_t *pool, const apache_member_t *member)
{
    const lync_noun_t *noun = lync_noun(LYNC_SERVER);
    lync_server_t *server = lync_row_new(plan->pool, noun);

    server->host = member->host;
    server->pool = pool->name;
    if (member->weight)
        server->weight = member->weight;
    server->state = member->state;
    return lyncadm_find_key(plan->edit->model, noun, server) ? NULL : lyncadm_edit_add(plan->edit, noun, server);
}

/* The port that it is asked on, by its scheme; that of the internal site is not taken over. */
static const lync_err_t *set_port(apache_plan_t *plan, const apache_member_t *member, const char *host,
                                  const lync_pool_t **pool)
{
    const char *key = apr_pstrcat(plan->pool, (*pool)->name, " ", member->scheme, NULL);
    const int *known = apr_hash_get(plan->ports, key, APR_HASH_KEY_STRING);
    lync_pool_t *new = apr_pmemdup(plan->pool, *pool, sizeof(*new));
    int port = port_of(member);
    const lync_pool_t *old = *pool;

    if (apache_is_internal(plan, member, host))
        return NULL;
    if (known && *known != port) {
        apache_skip(plan->apache, member->node, "pool '%s' is asked on port %d elsewhere, and has only one", old->name,
                    *known);
        return NULL;
    }
    apr_hash_set(plan->ports, key, APR_HASH_KEY_STRING, apr_pmemdup(plan->pool, &port, sizeof(port)));
    *(strcmp(member->scheme, "https") ? &new->http_port : &new->https_port) = port;
    *pool = new;
    return lyncadm_edit_set(plan->edit, lync_noun(LYNC_POOL), old, new);
}

/* Whether another balancer has the name: one of its servers is not there. */
static int is_another(const apache_plan_t *plan, const lync_pool_t *pool, const apr_array_header_t *members)
{
    const lync_noun_t *noun = lync_noun(LYNC_SERVER);
    int i;

    for (i = 0; i < members->nelts; ++i) {
        lync_server_t server = { .host = APR_ARRAY_IDX(members, i, apache_member_t).host, .pool = pool->name };

        if (!lyncadm_find_key(plan->edit->model, noun, &server))
            return 1;
    }
    return 0;
}

static const lync_err_t *see_to_pool(apache_plan_t *plan, const apache_site_t *site, const apache_rule_t *rule,
                                     const char *host, lync_pool_t *wanted, const lync_pool_t **pool)
{
    apr_array_header_t *members = members_of(plan, site, rule);
    int i;

    *pool = lync_model_find(plan->edit->model, LYNC_POOL, wanted->name);
    if (*pool && is_another(plan, *pool, members))
        apache_skip(plan->apache, rule->node, "a balancer of this name has other servers");
    if (!members->nelts || (*pool && is_another(plan, *pool, members))) {
        *pool = NULL;
        return NULL;
    }
    if (!*pool)
        LYNC_TRY(add_pool(plan, site, rule, host, wanted));
    *pool = lync_model_find(plan->edit->model, LYNC_POOL, wanted->name);
    for (i = 0; i < members->nelts; ++i) {
        LYNC_TRY(add_server(plan, *pool, &APR_ARRAY_IDX(members, i, apache_member_t)));
        LYNC_TRY(set_port(plan, &APR_ARRAY_IDX(members, i, apache_member_t), host, pool));
    }
    return NULL;
}

const lync_err_t *apache_plan_pool(apache_plan_t *plan, const apache_site_t *site, const apache_rule_t *rule,
                                   const char *host, const lync_pool_t **pool)
{
    const lync_noun_t *noun = lync_noun(LYNC_POOL);
    lync_pool_t *wanted = lync_row_new(plan->pool, noun);

    *pool = NULL;
    if (lync_row_set(plan->pool, noun, noun->fields, wanted, name_of(plan, rule))) {
        apache_skip(plan->apache, rule->node, "it leads to no host name, and no address");
        return NULL;
    }
    return see_to_pool(plan, site, rule, host, wanted, pool);
}
