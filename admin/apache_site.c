#include <apr_strings.h>
#include <apr_uri.h>
#include <string.h>

#include "apache.h"
#include "value.h"

/* Virtual hosts: where they listen, what they are called, what they do with requests. */

/* "*:443", "_default_:443", "10.0.0.1:443", "[::1]:443" */
static int take_address(const char *word, apache_address_t *address, apr_pool_t *p)
{
    const char *colon = strrchr(word, ':'), *end = colon ? colon : word + strlen(word);
    const lync_noun_t *noun = lync_noun(LYNC_LISTENER);

    address->port = 0;
    if (colon && strcmp(colon, ":*") && !lync_value_int(colon + 1, 1, 65535, &address->port))
        return 0;
    if (*word == '[' && end > word + 1 && end[-1] == ']') {
        ++word;
        --end;
    }
    address->address = apr_pstrmemdup(p, word, end - word);
    if (!strcasecmp(address->address, "_default_") || !*address->address)
        address->address = "*";
    return !lync_row_set(p, noun, lync_field(noun, "address"), lync_row_new(p, noun), address->address);
}

static void take_addresses(apache_t *apache, apache_site_t *site)
{
    int i;

    for (i = 0; i < site->node->words->nelts && i < APACHE_ADDRESSES; ++i) {
        apache_address_t address;

        if (take_address(apache_word(site->node, i), &address, apache->pool))
            APR_ARRAY_PUSH(site->addresses, apache_address_t) = address;
        else
            apache_skip(apache, site->node, "one of its addresses is none: listeners have IP addresses, or '*'");
    }
}

/* What is outside of virtual hosts is served wherever httpd listens: "Listen 443", "Listen 10.0.0.1:443 https". */
static void take_listens(apache_t *apache, apache_site_t *site)
{
    int i;

    for (i = 0; i < site->node->children->nelts && site->addresses->nelts < APACHE_ADDRESSES; ++i) {
        const apache_node_t *node = APR_ARRAY_IDX(site->node->children, i, const apache_node_t *);
        const char *word = apache_word(node, 0);
        apache_address_t address;

        if (!apache_is(node, "Listen"))
            continue;
        if (take_address(strchr(word, ':') ? word : apr_pstrcat(apache->pool, "*:", word, NULL), &address,
                         apache->pool))
            APR_ARRAY_PUSH(site->addresses, apache_address_t) = address;
        else
            apache_skip(apache, node, "it is no IP address with a port");
    }
}

/* An address without a port is on that of its scheme; a virtual host of none is on all. */
static void complete_addresses(apache_site_t *site)
{
    int i;

    if (!site->addresses->nelts) {
        apache_address_t *any = apr_array_push(site->addresses);

        any->address = "*";
        any->port = 0;
    }
    for (i = 0; i < site->addresses->nelts; ++i) {
        apache_address_t *address = &APR_ARRAY_IDX(site->addresses, i, apache_address_t);

        if (!address->port)
            address->port = apr_uri_port_of_scheme(site->is_tls ? "https" : "http");
    }
}

/* Host names only; "https://name:443" is one for ServerName. */
static void take_name(apache_t *apache, apache_site_t *site, const apache_node_t *node, const char *word)
{
    const char *mark = strstr(word, "://"), *name = mark ? mark + 3 : word;
    const char *host = apache_lower(apache->pool, name, strcspn(name, ":"));
    int i;

    for (i = 0; i < site->names->nelts; ++i) {
        if (!strcmp(APR_ARRAY_IDX(site->names, i, const char *), host))
            return;
    }
    if (lync_value_is_host(host))
        APR_ARRAY_PUSH(site->names, const char *) = host;
    else
        apache_skip(apache, node, strpbrk(host, "*?") ? "a name with a wildcard: each name is published by itself"
                                                      : "one of its names is no host name");
}

static void take_names(apache_t *apache, apache_site_t *site)
{
    int i, j;

    for (i = 0; i < site->node->children->nelts && site->names->nelts < APACHE_NAMES; ++i) {
        const apache_node_t *node = APR_ARRAY_IDX(site->node->children, i, const apache_node_t *);

        for (j = 0; (apache_is(node, "ServerName") || apache_is(node, "ServerAlias")) && j < node->words->nelts; ++j)
            take_name(apache, site, node, apache_word(node, j));
    }
}

static int is_section(const apache_node_t *node, const char *name)
{
    return node->children && apache_is(node, name);
}

/* What a section and its <Location>s do; those count first. */
static const lync_err_t *take_rules(apache_t *apache, apache_site_t *site, const apache_node_t *section, int *count)
{
    int i;

    for (i = section->children->nelts - 1; i >= 0; --i) {
        const apache_node_t *node = APR_ARRAY_IDX(section->children, i, const apache_node_t *);

        if (is_section(node, "Location") || is_section(node, "LocationMatch"))
            LYNC_TRY(apache_rules(apache, site, node, count));
    }
    return apache_rules(apache, site, section, count);
}

/* Names that only rules have: of a server without any. */
static void take_hosts(apache_site_t *site)
{
    int i, j;

    for (i = 0; i < site->rules->nelts; ++i) {
        const apache_rule_t *rule = APR_ARRAY_IDX(site->rules, i, const apache_rule_t *);

        for (j = 0; rule->hosts && j < rule->hosts->nelts && site->names->nelts < APACHE_NAMES; ++j) {
            const char *host = APR_ARRAY_IDX(rule->hosts, j, const char *);
            int k = 0;

            while (k < site->names->nelts && strcmp(APR_ARRAY_IDX(site->names, k, const char *), host))
                ++k;
            if (k == site->names->nelts)
                APR_ARRAY_PUSH(site->names, const char *) = host;
        }
    }
}

static const lync_err_t *add_site(apache_t *apache, apache_node_t *node, apr_array_header_t *sites, int *count)
{
    apache_site_t *site = apr_pcalloc(apache->pool, sizeof(*site));

    if (sites->nelts == APACHE_SITES)
        return apache_err(apache, node->file, node->line, "there are more than %d virtual hosts", APACHE_SITES);
    site->node = node;
    site->addresses = apr_array_make(apache->pool, 2, sizeof(apache_address_t));
    site->names = apr_array_make(apache->pool, 4, sizeof(const char *));
    site->rules = apr_array_make(apache->pool, 8, sizeof(apache_rule_t *));
    if (node->parent)
        take_addresses(apache, site);
    else
        take_listens(apache, site);
    site->is_tls = apache_has(node, "SSLEngine", "on");
    take_names(apache, site);
    complete_addresses(site);
    if (node->parent)           /* RewriteRules of the whole are not for virtual hosts, but its ProxyPass are */
        LYNC_TRY(take_rules(apache, site, apache->top, count));
    LYNC_TRY(take_rules(apache, site, node, count));
    take_hosts(site);
    apache_share_workers(site);
    APR_ARRAY_PUSH(sites, apache_site_t *) = site;
    return NULL;
}

const lync_err_t *apache_sites(apache_t *apache, apr_array_header_t **sites)
{
    int i, count = 0;

    *sites = apr_array_make(apache->pool, 8, sizeof(apache_site_t *));
    for (i = 0; i < apache->top->children->nelts; ++i) {
        apache_node_t *node = APR_ARRAY_IDX(apache->top->children, i, apache_node_t *);

        if (is_section(node, "VirtualHost"))
            LYNC_TRY(add_site(apache, node, *sites, &count));
    }
    /* what is outside of virtual hosts is a site where there are none */
    return (*sites)->nelts ? NULL : add_site(apache, apache->top, *sites, &count);
}
