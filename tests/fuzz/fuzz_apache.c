/* A configuration of httpd as anybody may have written it; no other file is read. */

#include "fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../admin/apache.h"
#include "value.h"

static void check_node(const apache_node_t *node, int depth)
{
    int i;

    PROMISE(depth <= APACHE_DEPTH && node->line >= 0);
    for (i = 0; node->children && i < node->children->nelts; ++i) {
        const apache_node_t *child = APR_ARRAY_IDX(node->children, i, const apache_node_t *);

        PROMISE(child->parent == node && *child->name && lync_is_one_line(child->name));
        check_node(child, depth + 1);
    }
}

static void check_rule(apache_t *apache, const apache_site_t *site, const apache_rule_t *rule)
{
    const apr_array_header_t *members;
    int i;

    PROMISE(*rule->path == '/' && rule->worker && rule->scope);
    PROMISE(rule->is_refusal == !rule->url);
    if (rule->is_refusal)
        return;
    PROMISE(*rule->host && rule->port >= 0 && rule->port <= 65535);
    PROMISE(!strncmp(rule->target, rule->url, strlen(rule->url)));
    (void)apache_parameter(apache, site, rule, "timeout");
    (void)apache_has_worker(apache, site, rule);
    members = apache_members(apache, site, rule);
    PROMISE(members->nelts <= APACHE_NAMES);
    for (i = 0; i < members->nelts; ++i)
        PROMISE(APR_ARRAY_IDX(members, i, apache_member_t).state);
}

static void check_site(apache_t *apache, const apache_site_t *site)
{
    int i;

    PROMISE(site->names->nelts <= APACHE_NAMES && site->addresses->nelts > 0);
    for (i = 0; i < site->names->nelts; ++i)
        PROMISE(lync_value_is_host(APR_ARRAY_IDX(site->names, i, const char *)));
    for (i = 0; i < site->addresses->nelts; ++i)
        PROMISE(APR_ARRAY_IDX(site->addresses, i, apache_address_t).port > 0);
    /* what grows with the square of the rules is bounded by their number, which is small here */
    for (i = 0; i < site->rules->nelts && i < 50; ++i)
        check_rule(apache, site, APR_ARRAY_IDX(site->rules, i, const apache_rule_t *));
}

void fuzz_one(const uint8_t *data, size_t size, apr_pool_t *p)
{
    apache_t *apache = apache_new("/fuzz", "/", p);
    char *text = apr_pcalloc(p, size + 1);
    apr_array_header_t *sites;
    int i;

    memcpy(text, data, size);
    apache->is_alone = 1;
    if (apache_parse(apache, text, size, "/fuzz", apache->top, 0))
        return;
    check_node(apache->top, 0);
    if (apache_sites(apache, &sites))
        return;
    for (i = 0; i < sites->nelts; ++i)
        check_site(apache, APR_ARRAY_IDX(sites, i, const apache_site_t *));
    for (i = 0; i < apache->skips->nelts; ++i)
        PROMISE(lync_is_one_line(APR_ARRAY_IDX(apache->skips, i, apache_skip_t).because));
}
