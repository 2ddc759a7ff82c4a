#include <apr_lib.h>
#include <apr_strings.h>
#include <string.h>

#include "apache.h"

/* Directives that say where a request goes. */

typedef struct taker_t {
    apache_t *apache;
    apache_site_t *site;
    apr_array_header_t *conditions;     /* of const apache_node_t *: RewriteCond of the next RewriteRule */
    int *count;
} taker_t;

int apache_below(const char *path, const char *prefix)
{
    apr_size_t length = strlen(prefix);

    if (!strcmp(prefix, "/"))
        return 1;
    while (length > 1 && prefix[length - 1] == '/')
        --length;
    return !strncasecmp(path, prefix, length) && (!path[length] || path[length] == '/');
}

int apache_rule_for(const apache_rule_t *rule, const char *host)
{
    int i;

    for (i = 0; rule->hosts && i < rule->hosts->nelts; ++i) {
        if (!strcmp(APR_ARRAY_IDX(rule->hosts, i, const char *), host))
            return 1;
    }
    return !rule->hosts;
}

int apache_hides(const apache_rule_t *first, const apache_rule_t *then)
{
    return then->kind != APACHE_DENY && apache_below(then->path, first->path);
}

static const lync_err_t *new_rule(taker_t *taker, const apache_node_t *node, apache_kind_t kind, const char *path,
                                  apache_rule_t **result)
{
    apache_rule_t *rule = *result = apr_pcalloc(taker->apache->pool, sizeof(*rule));
    apr_size_t length = strlen(path);

    if (++*taker->count > APACHE_RULES)
        return apache_err(taker->apache, node->file, node->line, "there are more than %d rules", APACHE_RULES);
    while (length > 1 && path[length - 1] == '/')
        --length;
    rule->node = node;
    rule->scope = node->parent;
    rule->kind = kind;
    rule->path = apr_pstrmemdup(taker->apache->pool, path, length);
    rule->parameters = apr_table_make(taker->apache->pool, 4);
    rule->worker = rule;
    return NULL;
}

static void take(taker_t *taker, apache_rule_t *rule)
{
    APR_ARRAY_PUSH(taker->site->rules, apache_rule_t *) = rule;
    taker->site->is_proxy |= !rule->is_refusal;
}

/* Whether a target's path is the one that was asked for, but for a '/' that both lack or have at the end. */
static int is_same_path(const char *to, const char *path)
{
    apr_size_t a = strlen(to), b = strlen(path);

    while (a && to[a - 1] == '/')
        --a;
    while (b && path[b - 1] == '/')
        --b;
    return a == b && !strncmp(to, path, a);
}

/* Where a rule leads to: to is its target with what the pattern stands for. */
static int take_target(taker_t *taker, apache_rule_t *rule, const char *to, const char *whole)
{
    const char *rest = "";

    if (!apache_url(to, rule, &rest, taker->apache->pool)
        || (strcmp(rule->scheme, "https") && strcmp(rule->scheme, "http") && strcmp(rule->scheme, "balancer"))) {
        apache_skip(taker->apache, rule->node, "it leads to no URL of https, http or a balancer");
        return 0;
    }
    rule->is_changed = !is_same_path(rest, whole);
    rule->is_raw = apr_table_get(rule->parameters, "nocanon") != NULL;
    return 1;
}

static const lync_err_t *take_pass(taker_t *taker, const apache_node_t *node, const char *within)
{
    const char *path = within ? within : apache_word(node, 0), *to = apache_word(node, within ? 0 : 1);
    apache_rule_t *rule;

    if (*path != '/') {
        apache_skip(taker->apache, node, "it is for no path");
        return NULL;
    }
    LYNC_TRY(new_rule(taker, node, APACHE_PASS, path, &rule));
    apache_parameters(rule->parameters, node, within ? 1 : 2);
    rule->is_refusal = !strcmp(to, "!");
    if (rule->is_refusal || take_target(taker, rule, to, path))
        take(taker, rule);
    return NULL;
}

/* A worker of a pattern is called as it is written. */
static void keep_variables(const taker_t *taker, apache_rule_t *rule, const char *to)
{
    apache_rule_t raw;
    const char *rest;

    memset(&raw, 0, sizeof(raw));
    if (apache_url(to, &raw, &rest, taker->apache->pool) && !strcmp(raw.url, rule->url))
        rule->target = apr_pstrcat(taker->apache->pool, rule->url, rest, NULL);
}

/* A rule for each path that a pattern stands for. */
static const lync_err_t *take_patterns(taker_t *taker, const apache_node_t *node, apache_kind_t kind,
                                       const char *pattern, const char *to, const apache_rule_t *like)
{
    apr_array_header_t *all = apache_pattern(pattern, taker->apache->pool);
    int i;

    if (!all)
        apache_skip(taker->apache, node, "its pattern is none of those that are understood");
    for (i = 0; all && i < all->nelts; ++i) {
        const apache_pattern_t *each = &APR_ARRAY_IDX(all, i, apache_pattern_t);
        const char *target = apache_fill(each, to, taker->apache->pool);
        apache_rule_t *rule;

        LYNC_TRY(new_rule(taker, node, kind, each->path, &rule));
        rule->any_case = each->any_case || like->any_case;
        rule->hosts = like->hosts;
        rule->is_refusal = like->is_refusal;
        apr_table_overlap(rule->parameters, like->parameters, APR_OVERLAP_TABLES_SET);
        if (kind == APACHE_MATCH && !strcmp(target, to))        /* $0 is implied */
            target = apr_pstrcat(taker->apache->pool, to, each->whole, NULL);
        if (!rule->is_refusal && !take_target(taker, rule, target, each->whole))
            continue;
        if (!rule->is_refusal)
            keep_variables(taker, rule, to);
        take(taker, rule);
    }
    return NULL;
}

static const lync_err_t *take_match(taker_t *taker, const apache_node_t *node, const char *within)
{
    const char *pattern = within ? within : apache_word(node, 0), *to = apache_word(node, within ? 0 : 1);
    apache_rule_t like;

    memset(&like, 0, sizeof(like));
    like.parameters = apr_table_make(taker->apache->pool, 4);
    apache_parameters(like.parameters, node, within ? 1 : 2);
    like.is_refusal = !strcmp(to, "!");
    return take_patterns(taker, node, APACHE_MATCH, pattern, to, &like);
}

/* Whether a RewriteRule has a flag: "[P,NC]". */
static int has_flag(const apache_node_t *node, const char *flag)
{
    char *flags = apr_pstrdup(node->words->pool, apache_word(node, 2)), *last, *each;

    for (each = apr_strtok(flags, "[], ", &last); each; each = apr_strtok(NULL, "[], ", &last)) {
        if (!strncasecmp(each, flag, strlen(flag)) && (!each[strlen(flag)] || each[strlen(flag)] == '='))
            return 1;
    }
    return 0;
}

static int is_of_path(const apache_node_t *condition)
{
    return !strcasecmp(apache_word(condition, 0), "%{REQUEST_URI}") && *apache_word(condition, 1) != '!';
}

/* What is refused by conditions on the path, of which there are n. */
static const lync_err_t *take_path_conditions(taker_t *taker, const apache_rule_t *like, int *n)
{
    int i;

    *n = 0;
    for (i = 0; i < taker->conditions->nelts; ++i) {
        const apache_node_t *node = APR_ARRAY_IDX(taker->conditions, i, const apache_node_t *);
        apache_rule_t each = *like;

        if (!is_of_path(node))
            continue;
        ++*n;
        each.any_case |= has_flag(node, "NC") || has_flag(node, "nocase");
        LYNC_TRY(take_patterns(taker, node, APACHE_REWRITE, apache_word(node, 1), "", &each));
    }
    return NULL;
}

/* The hosts that conditions leave; 0: one is not understood. */
static int take_conditions(taker_t *taker, apache_rule_t *like)
{
    apr_array_header_t *all = apr_array_make(taker->apache->pool, 4, sizeof(const char *)), *hosts;
    int i;

    for (i = 0; i < taker->conditions->nelts; ++i) {
        const apache_node_t *node = APR_ARRAY_IDX(taker->conditions, i, const apache_node_t *);
        const char *what = apache_word(node, 0);

        if (!strcasecmp(what, "%{HTTPS}") || !strcasecmp(what, "%{SERVER_PORT}")
            || (like->is_refusal && is_of_path(node)))
            continue;
        hosts = strcasecmp(what, "%{HTTP_HOST}") || *apache_word(node, 1) == '!' ? NULL
            : apache_hosts(apache_word(node, 1), taker->site->names, taker->apache->pool);
        if (!hosts || all->nelts > APACHE_NAMES)
            return 0;
        apr_array_cat(all, hosts);
        like->hosts = all;
    }
    return 1;
}

/* To https, under the same name, or by what only redirects. */
static int is_to_https(const apache_site_t *site, const apache_node_t *node, const char *to)
{
    int i;

    if (strncasecmp(to, "https://", 8))
        return 0;
    for (i = 0; i < site->names->nelts; ++i) {
        const char *name = APR_ARRAY_IDX(site->names, i, const char *);

        if (!strncasecmp(to + 8, name, strlen(name)))
            return 1;
    }
    return !apache_is(node, "RewriteRule") || to[8] == '%';
}

static const lync_err_t *take_rewrite(taker_t *taker, const apache_node_t *node)
{
    const char *pattern = apache_word(node, 0), *to = apache_word(node, 1);
    int is_proxy = has_flag(node, "P") || has_flag(node, "proxy");
    apache_rule_t like;
    int n = 0;

    memset(&like, 0, sizeof(like));
    like.parameters = apr_table_make(taker->apache->pool, 1);
    like.any_case = has_flag(node, "NC") || has_flag(node, "nocase");
    like.is_refusal = has_flag(node, "F") || has_flag(node, "forbidden") || has_flag(node, "G");
    if (!apache_has(node->parent, "RewriteEngine", "on"))
        return NULL;
    if (!is_proxy && !like.is_refusal && !taker->site->is_tls && is_to_https(taker->site, node, to)) {
        taker->site->is_secured = 1;
        return NULL;
    }
    if (!is_proxy && !like.is_refusal) {
        apache_skip(taker->apache, node, "paths are not rewritten and not redirected: the pool gets what was asked "
                    "for");
        return NULL;
    }
    if (!take_conditions(taker, &like)) {
        apache_skip(taker->apache, node, "one of its conditions is not understood");
        return NULL;
    }
    if (like.is_refusal)
        LYNC_TRY(take_path_conditions(taker, &like, &n));
    return n ? NULL : take_patterns(taker, node, APACHE_REWRITE, pattern, to, &like);
}

static void take_redirect(taker_t *taker, const apache_node_t *node, const char *path)
{
    int to = node->words->nelts - 1;

    if (!path && to > 0 && !taker->site->is_tls && is_to_https(taker->site, node, apache_word(node, to))
        && (!strcmp(apache_word(node, to - 1), "/") || apache_is(node, "RedirectMatch")))
        taker->site->is_secured = 1;
    else
        apache_skip(taker->apache, node, "a redirect that keeps what follows its path is none of a route's");
}

/* Whether it refuses what is asked for in a section to all, or to all but some addresses. */
static int is_denial(const apache_node_t *node, int *partly)
{
    static const char *const addresses[] = { "ip", "host", "local", "forward-dns" };
    const char *whom = apache_word(node, 0);
    int i;

    *partly = 0;
    if (apache_is(node, "Deny"))
        return !strcasecmp(apache_word(node, 1), "all");
    for (i = 0; apache_is(node, "Require") && i < 4; ++i)
        *partly |= !strcasecmp(whom, addresses[i]);
    return *partly || (apache_is(node, "Require") && !strcasecmp(whom, "all")
                       && !strcasecmp(apache_word(node, 1), "denied"));
}

static const lync_err_t *take_denial(taker_t *taker, const apache_node_t *node, const char *path, int is_pattern)
{
    apache_rule_t like, *rule;
    int partly;

    if (!path || !is_denial(node, &partly))
        return NULL;
    if (partly && (is_pattern || !strcmp(path, "/"))) {
        apache_skip(taker->apache, node, "routes are for all addresses");
        return NULL;
    }
    memset(&like, 0, sizeof(like));
    like.parameters = apr_table_make(taker->apache->pool, 1);
    like.is_refusal = 1;
    if (is_pattern)
        return take_patterns(taker, node, APACHE_DENY, path, "", &like);
    LYNC_TRY(new_rule(taker, node, APACHE_DENY, path, &rule));
    rule->is_refusal = 1;
    take(taker, rule);
    return NULL;
}

/* What the whole says of rewriting is not for virtual hosts. */
static int is_inherited(const taker_t *taker, const apache_node_t *node)
{
    return node->parent->parent || taker->site->node == node->parent || !strncasecmp(node->name, "ProxyPass", 9);
}

static const lync_err_t *take_node(taker_t *taker, const apache_node_t *node, const char *path, int is_pattern)
{
    if (!is_inherited(taker, node))
        return NULL;
    if (apache_is(node, "ProxyPass"))
        return is_pattern ? take_match(taker, node, path) : take_pass(taker, node, path);
    if (apache_is(node, "ProxyPassMatch"))
        return take_match(taker, node, path);
    if (apache_is(node, "RewriteCond"))
        APR_ARRAY_PUSH(taker->conditions, const apache_node_t *) = node;
    if (apache_is(node, "RewriteRule")) {
        LYNC_TRY(take_rewrite(taker, node));
        apr_array_clear(taker->conditions);
    }
    if (!strncasecmp(node->name, "Redirect", 8))
        take_redirect(taker, node, path);
    return take_denial(taker, node, path, is_pattern);
}

const lync_err_t *apache_rules(apache_t *apache, apache_site_t *site, const apache_node_t *section, int *count)
{
    taker_t taker = { apache, site, apr_array_make(apache->pool, 4, sizeof(const apache_node_t *)), count };
    int is_pattern = apache_is(section, "LocationMatch"), is_location = is_pattern || apache_is(section, "Location");
    const char *path = is_location ? apache_word(section, 0) : NULL;
    int i;

    if (is_location && !strcmp(path, "~")) {
        path = apache_word(section, 1);
        is_pattern = 1;
    }
    for (i = 0; i < section->children->nelts; ++i)
        LYNC_TRY(take_node(&taker, APR_ARRAY_IDX(section->children, i, const apache_node_t *), path, is_pattern));
    return NULL;
}
