#include <apr_lib.h>
#include <apr_strings.h>
#include <string.h>

#include "apache.h"
#include "value.h"

/* Balancers and workers: connections to pools, and what was said of them anywhere. */

static const char *lower(apr_pool_t *p, const char *text, apr_size_t length)
{
    char *copy = apr_pstrmemdup(p, text, length), *c;

    for (c = copy; *c; ++c)
        *c = (char)apr_tolower(*c);
    return copy;
}

/* The port behind a host, if there is one. */
static int take_port(const char *colon, const char *end, int *port, apr_pool_t *p)
{
    *port = 0;
    return colon == end || lync_value_int(apr_pstrmemdup(p, colon + 1, end - colon - 1), 1, 65535, port);
}

int apache_url(const char *url, apache_rule_t *parts, const char **rest, apr_pool_t *p)
{
    const char *mark = strstr(url, "://"), *host, *end, *at, *colon;

    if (!mark || mark - url > 10)
        return 0;
    parts->scheme = lower(p, url, mark - url);
    host = mark + 3;
    end = host + strcspn(host, "/?$%");
    for (at = end; at > host && *at != '@'; --at)
        ;
    parts->has_user = *at == '@' && at < end;
    host = parts->has_user ? at + 1 : host;
    colon = memchr(host, ':', (apr_size_t)(end - host));
    colon = colon ? colon : end;
    if (!take_port(colon, end, &parts->port, p))
        return 0;
    parts->host = lower(p, host, colon - host);
    parts->url = parts->port ? apr_psprintf(p, "%s://%s:%d", parts->scheme, parts->host, parts->port)
                             : apr_pstrcat(p, parts->scheme, "://", parts->host, NULL);
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
    return length && !strncasecmp(url, rule->target, length) && (!rule->target[length] || rule->target[length] == '/');
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

typedef struct search_t {
    const apache_rule_t *rule;  /* that leads to the worker or balancer */
    apr_array_header_t *members;        /* gets those of a balancer; or NULL */
    apr_table_t *parameters;    /* gets what is said of it; or NULL */
    int is_there;               /* it is spoken of */
    apr_pool_t *pool;
} search_t;

static void look_at(search_t *search, const apache_node_t *node, int is_within)
{
    int first = is_within ? 0 : 1;

    if (!is_within && !apache_is_worker(apache_word(node, 0), search->rule))
        return;
    if (apache_is(node, "BalancerMember") && search->members)
        add_member(search->members, node, first, search->pool);
    if (apache_is(node, "ProxySet")) {
        search->is_there = 1;
        if (search->parameters)
            apache_parameters(search->parameters, node, first);
    }
}

/* What a section says of a worker: in <Proxy URL>, or in lines that name it. */
static void look_in(search_t *search, const apache_node_t *section)
{
    int i, j;

    for (i = 0; i < section->children->nelts; ++i) {
        const apache_node_t *node = APR_ARRAY_IDX(section->children, i, const apache_node_t *);

        if (!node->children) {
            look_at(search, node, 0);
            continue;
        }
        if (!apache_is(node, "Proxy") || !apache_is_worker(apache_word(node, 0), search->rule))
            continue;
        if (search->parameters && node->words->nelts > 1)
            apache_parameters(search->parameters, node, 1);
        search->is_there |= node->words->nelts > 1;
        for (j = 0; j < node->children->nelts; ++j)
            look_at(search, APR_ARRAY_IDX(node->children, j, const apache_node_t *), 1);
    }
}

static void look(search_t *search, const apache_t *apache, const apache_site_t *site)
{
    look_in(search, apache->top);
    if (site->node != apache->top)
        look_in(search, site->node);
}

apr_array_header_t *apache_members(apache_t *apache, const apache_site_t *site, const apache_rule_t *rule)
{
    apr_array_header_t *members = apr_array_make(apache->pool, 4, sizeof(apache_member_t));
    search_t search = { rule, members, NULL, 0, apache->pool };
    apache_member_t *member;

    if (!strcmp(rule->scheme, "balancer")) {
        look(&search, apache, site);
        return members;
    }
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
    search_t search = { rule, NULL, apr_table_make(apache->pool, 4), 0, apache->pool };
    const char *value = NULL;

    if (!strcmp(rule->scheme, "balancer")) {
        const apr_array_header_t *members = apache_members(apache, site, rule);

        /* what a balancer calls timeout is how long a request waits for a free member */
        return members->nelts ? apr_table_get(APR_ARRAY_IDX(members, 0, apache_member_t).parameters, name) : NULL;
    }
    look(&search, apache, site);
    if (rule->worker->kind != APACHE_REWRITE)
        value = apr_table_get(rule->worker->parameters, name);
    return value ? value : apr_table_get(search.parameters, name);
}

int apache_has_worker(apache_t *apache, const apache_site_t *site, const apache_rule_t *rule)
{
    search_t search = { rule, NULL, NULL, 0, apache->pool };
    int i;

    if (rule->kind != APACHE_REWRITE || !strcmp(rule->scheme, "balancer"))
        return 1;
    for (i = 0; i < site->rules->nelts; ++i) {
        const apache_rule_t *other = APR_ARRAY_IDX(site->rules, i, const apache_rule_t *);

        if (other->kind != APACHE_REWRITE && other->url && apache_is_worker(other->target, rule))
            return 1;
    }
    look(&search, apache, site);
    return search.is_there;
}
