#include <apr_strings.h>
#include <stdlib.h>
#include <string.h>

#include "apache.h"
#include "value.h"

/* Balancers and workers: connections to pools, and what was said of them anywhere. */

/* The port behind a host, if there is one. */
static int take_port(const char *colon, const char *end, int *port, apr_pool_t *p)
{
    *port = 0;
    return colon == end || lync_value_int(apr_pstrmemdup(p, colon + 1, end - colon - 1), 1, 65535, port);
}

int apache_url(const char *url, apache_rule_t *parts, const char **rest, apr_pool_t *p)
{
    const char *mark = strstr(url, "://"), *host, *end, *at, *colon, *name;

    if (!mark || mark - url > 10)
        return 0;
    parts->scheme = apache_lower(p, url, mark - url);
    host = mark + 3;
    end = host + strcspn(host, "/?$%");
    for (at = end; at > host && *at != '@'; --at)
        ;
    parts->has_user = *at == '@' && at < end;
    host = parts->has_user ? at + 1 : host;
    colon = *host == '[' ? memchr(host, ']', (apr_size_t)(end - host)) : host;
    colon = colon ? memchr(colon, ':', (apr_size_t)(end - colon)) : NULL;
    colon = colon ? colon : end;
    if (!take_port(colon, end, &parts->port, p))
        return 0;
    name = apache_lower(p, host, colon - host);
    parts->host = *name == '[' ? apr_pstrmemdup(p, name + 1, strcspn(name + 1, "]")) : name;
    parts->url = parts->port ? apr_psprintf(p, "%s://%s:%d", parts->scheme, name, parts->port)
                             : apr_pstrcat(p, parts->scheme, "://", name, NULL);
    parts->target = apr_pstrcat(p, parts->url, apr_pstrmemdup(p, end, strcspn(end, "?$%\1")), NULL);
    *rest = end;
    return *parts->host != '\0';
}

void apache_parameters(apr_table_t *table, const apache_node_t *node, int from)
{
    int i;

    for (i = from; i < node->words->nelts; ++i) {
        const char *word = apache_word(node, i), *is = strchr(word, '=');

        if (is)
            apr_table_set(table, apr_pstrmemdup(node->words->pool, word, is - word), is + 1);
        else
            apr_table_set(table, word, "");
    }
}

int apache_is_worker(const char *url, const apache_rule_t *rule)
{
    apr_size_t length = strlen(url);

    while (length && url[length - 1] == '/')
        --length;
    return length >= strlen(rule->url) && !strncasecmp(url, rule->target, length);
}

static const apache_node_t *server_of(const apache_node_t *node)
{
    while (node->parent && !apache_is(node, "VirtualHost"))
        node = node->parent;
    return node;
}

static int has_own(const apache_rule_t *rule)
{
    return rule->url && rule->kind != APACHE_REWRITE && rule->worker == rule;
}

static int by_order(const void *a, const void *b)
{
    return (*(apache_rule_t *const *)a)->node->order - (*(apache_rule_t *const *)b)->node->order;
}

/* The longest of those that are there when the rule is read; RewriteRules look when they are asked. */
static const apache_rule_t *find_worker(const apr_array_header_t *rules, const apache_rule_t *rule)
{
    const apache_rule_t *found = NULL;
    int i;

    for (i = 0; i < rules->nelts; ++i) {
        const apache_rule_t *other = APR_ARRAY_IDX(rules, i, const apache_rule_t *);

        if (has_own(other) && (rule->kind == APACHE_REWRITE || other->node->order < rule->node->order)
            && apache_is_worker(other->target, rule) && server_of(other->node) == server_of(rule->node)
            && (!found || strlen(other->target) > strlen(found->target)))
            found = other;
    }
    return found;
}

void apache_share_workers(apache_site_t *site)
{
    apr_array_header_t *rules = apr_array_copy(site->rules->pool, site->rules);
    int i, last;

    qsort(rules->elts, (size_t)rules->nelts, sizeof(apache_rule_t *), by_order);
    for (last = 0; last < 2; ++last) {
        for (i = 0; i < rules->nelts; ++i) {
            apache_rule_t *rule = APR_ARRAY_IDX(rules, i, apache_rule_t *);
            const apache_rule_t *worker = rule->url && (rule->kind == APACHE_REWRITE) == last
                                          ? find_worker(rules, rule) : NULL;

            if (worker)
                rule->worker = worker;
        }
    }
}

static void add_member(apr_array_header_t *members, const apache_node_t *node, int first, apr_pool_t *p)
{
    const char *rest, *status;
    apache_member_t *member;
    apache_rule_t parts;
    int weight;

    memset(&parts, 0, sizeof(parts));
    if (members->nelts == APACHE_NAMES || !apache_url(apache_word(node, first), &parts, &rest, p))
        return;
    member = apr_array_push(members);
    memset(member, 0, sizeof(*member));
    member->node = node;
    member->scheme = parts.scheme;
    member->host = parts.host;
    member->port = parts.port;
    member->parameters = apr_table_make(p, 4);
    apache_parameters(member->parameters, node, first + 1);
    status = apr_table_get(member->parameters, "status");
    status = status ? status : "";
    member->state = strpbrk(status, "DdSs") ? "disabled" : strpbrk(status, "HhRr") ? "standby"
        : strpbrk(status, "Nn") ? "drain" : "active";
    status = apr_table_get(member->parameters, "loadfactor");
    if (status && lync_value_int(apr_pstrmemdup(p, status, strcspn(status, ".")), 1, 100, &weight))
        member->weight = weight;
}

/* What the files say of the worker or balancer of a rule. */
typedef struct worker_t {
    const apache_rule_t *rule;
    apr_array_header_t *members;        /* of a balancer */
    apr_table_t *parameters;
    int is_there;               /* it is spoken of */
    apr_pool_t *pool;
} worker_t;

static void look_at(worker_t *worker, const apache_node_t *node, int is_within)
{
    int first = is_within ? 0 : 1, is_set = apache_is(node, "ProxySet");

    if (!is_set && !apache_is(node, "BalancerMember"))
        return;
    if (!is_within && !apache_is_worker(apache_word(node, 0), worker->rule))
        return;
    if (is_set)
        apache_parameters(worker->parameters, node, first);
    else
        add_member(worker->members, node, first, worker->pool);
    worker->is_there |= is_set;
}

/* What a section says of it: in <Proxy URL>, or in lines that name it. */
static void look_in(worker_t *worker, const apache_node_t *section)
{
    int i, j;

    for (i = 0; i < section->children->nelts; ++i) {
        const apache_node_t *node = APR_ARRAY_IDX(section->children, i, const apache_node_t *);

        if (!node->children) {
            look_at(worker, node, 0);
            continue;
        }
        if (!apache_is(node, "Proxy") || !apache_is_worker(apache_word(node, 0), worker->rule))
            continue;
        apache_parameters(worker->parameters, node, 1);
        worker->is_there |= node->words->nelts > 1;
        for (j = 0; j < node->children->nelts; ++j)
            look_at(worker, APR_ARRAY_IDX(node->children, j, const apache_node_t *), 1);
    }
}

/* Looked for once for each target of a site. */
static const worker_t *worker_of(apache_t *apache, const apache_site_t *site, const apache_rule_t *rule)
{
    const char *key = apr_psprintf(apache->pool, "%pp %s", (const void *)site, rule->target);
    worker_t *worker = apr_hash_get(apache->workers, key, APR_HASH_KEY_STRING);

    if (worker)
        return worker;
    worker = apr_pcalloc(apache->pool, sizeof(*worker));
    worker->rule = rule;
    worker->members = apr_array_make(apache->pool, 4, sizeof(apache_member_t));
    worker->parameters = apr_table_make(apache->pool, 4);
    worker->pool = apache->pool;
    look_in(worker, apache->top);
    if (site->node != apache->top)
        look_in(worker, site->node);
    apr_hash_set(apache->workers, key, APR_HASH_KEY_STRING, worker);
    return worker;
}

const apr_array_header_t *apache_members(apache_t *apache, const apache_site_t *site, const apache_rule_t *rule)
{
    apr_array_header_t *members;
    apache_member_t *member;

    if (!strcmp(rule->scheme, "balancer"))
        return worker_of(apache, site, rule)->members;
    members = apr_array_make(apache->pool, 1, sizeof(apache_member_t));
    member = apr_array_push(members);
    memset(member, 0, sizeof(*member));
    member->node = rule->node;
    member->scheme = rule->scheme;
    member->host = rule->host;
    member->port = rule->port;
    member->state = "active";
    member->parameters = rule->worker->parameters;
    return members;
}

const char *apache_parameter(apache_t *apache, const apache_site_t *site, const apache_rule_t *rule, const char *name)
{
    const worker_t *worker = worker_of(apache, site, rule);
    const char *value;

    /* what a balancer calls timeout is how long a request waits for a free member */
    if (!strcmp(rule->scheme, "balancer"))
        return worker->members->nelts
            ? apr_table_get(APR_ARRAY_IDX(worker->members, 0, apache_member_t).parameters, name) : NULL;
    value = apr_table_get(worker->parameters, name);
    return value ? value : apr_table_get(rule->worker->parameters, name);
}

const char *apache_proxy_set(apache_t *apache, const apache_site_t *site, const apache_rule_t *rule, const char *name)
{
    return apr_table_get(worker_of(apache, site, rule)->parameters, name);
}

int apache_is_sticky(apache_t *apache, const apache_site_t *site, const apache_rule_t *rule)
{
    return apr_table_get(rule->worker->parameters, "stickysession")
           || apr_table_get(worker_of(apache, site, rule)->parameters, "stickysession");
}

int apache_has_worker(apache_t *apache, const apache_site_t *site, const apache_rule_t *rule)
{
    return rule->kind != APACHE_REWRITE || rule->worker != rule || !strcmp(rule->scheme, "balancer")
           || worker_of(apache, site, rule)->is_there;
}
