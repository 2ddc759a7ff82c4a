#include <apr_lib.h>
#include <apr_strings.h>
#include <stdlib.h>
#include <string.h>

#include "apache_plan.h"
#include "value.h"

/* What is dangerous of an old configuration. The words are in templates/publish/apache.json, and so are the directives
 * that are dangerous by themselves, or by being left out; what follows from several is found here. */

static const json_t *knowledge(const apache_plan_t *plan, const char *name)
{
    return json_object_get(plan->apache->knowledge, name);
}

void apache_danger(apache_plan_t *plan, const char *danger, const apache_node_t *node, const char *detail)
{
    const char *line = apr_itoa(plan->pool, node->line);
    const char *key = apr_pstrcat(plan->pool, danger, " ", node->file, ":", line, NULL);
    json_t *each;
    size_t i;

    if (apr_hash_get(plan->told, key, APR_HASH_KEY_STRING))
        return;
    apr_hash_set(plan->told, key, APR_HASH_KEY_STRING, "");
    json_array_foreach(knowledge(plan, "dangers"), i, each) {
        const char *cells[] = { danger, node->file, line, detail, lyncadm_json_text(each, "what"),
                                lyncadm_json_text(each, "instead") };

        if (!strcmp(lyncadm_json_text(each, "danger"), danger))
            lyncadm_rows_add(plan->dangers, cells);
    }
}

/* Whether one of a directive's words is in a list of words. */
static int has_word(const apache_node_t *node, const char *words)
{
    int i;

    for (i = 0; i < node->words->nelts; ++i) {
        if (*apache_word(node, i) && lync_word_in(words, apache_word(node, i)))
            return 1;
    }
    return 0;
}

/* A directive that is dangerous by itself: always, when it has one of some words, unless it has. */
static int look_at_directive(apache_plan_t *plan, const apache_node_t *node)
{
    int is_known = 0;
    json_t *each;
    size_t i;

    json_array_foreach(knowledge(plan, "directives"), i, each) {
        const char *when = lyncadm_json_text(each, "when"), *unless = lyncadm_json_text(each, "unless");

        if (!apache_is(node, lyncadm_json_text(each, "directive")))
            continue;
        is_known = 1;
        if ((!when || has_word(node, when)) && (!unless || !has_word(node, unless)))
            apache_danger(plan, lyncadm_json_text(each, "danger"), node, node->name);
    }
    json_array_foreach(knowledge(plan, "missing"), i, each) {
        is_known |= apache_is(node, lyncadm_json_text(each, "directive"));
    }
    return is_known;
}

/* What stands around virtual hosts is of other modules as well: there only what is dangerous is told. */
static void look_at_node(apache_plan_t *plan, const apache_node_t *node, int within)
{
    int i;

    if (!look_at_directive(plan, node) && within && !node->children
        && !lyncadm_json_has(knowledge(plan, "understood"), node->name)
        && !lyncadm_json_has(knowledge(plan, "ignored"), node->name))
        apache_skip(plan->apache, node, "it is not known here: what it does was left out");
    for (i = 0; node->children && i < node->children->nelts; ++i)
        look_at_node(plan, APR_ARRAY_IDX(node->children, i, const apache_node_t *), within);
}

static void look_at_directives(apache_plan_t *plan, const apache_site_t *site)
{
    int i;

    for (i = 0; i < plan->apache->top->children->nelts; ++i) {
        const apache_node_t *node = APR_ARRAY_IDX(plan->apache->top->children, i, const apache_node_t *);

        if (!apache_is(node, "VirtualHost") || !node->children)
            look_at_node(plan, node, site->node == plan->apache->top);
    }
    if (site->node != plan->apache->top)
        look_at_node(plan, site->node, 1);
}

/* What a site lacks is told at the first of its rules only. */
static int is_first(const apache_plan_t *plan, const char *name, const apache_site_t *site)
{
    const char *key = apr_psprintf(plan->pool, "%s %pp", name, (const void *)site);
    int is = !apr_hash_get(plan->told, key, APR_HASH_KEY_STRING);

    apr_hash_set(plan->told, key, APR_HASH_KEY_STRING, "");
    return is;
}

/* Directives whose default is dangerous. */
static void look_for_missing(apache_plan_t *plan, const apache_site_t *site, const apache_rule_t *rule,
                             const char *scheme)
{
    json_t *each;
    size_t i;

    json_array_foreach(knowledge(plan, "missing"), i, each) {
        const char *name = lyncadm_json_text(each, "directive"), *only = lyncadm_json_text(each, "scheme");
        const apache_node_t *node = apache_proxy_setting(plan->apache, site, rule, name);

        if ((only && strcmp(only, scheme)) || (node && has_word(node, lyncadm_json_text(each, "wanted")))
            || (!node && !is_first(plan, name, site)))
            continue;
        apache_danger(plan, lyncadm_json_text(each, "danger"), node ? node : rule->node,
                      apr_psprintf(plan->pool, "%s is not '%s'", name, lyncadm_json_text(each, "wanted")));
    }
}

/* Whether a rule is for a path of a service with this value of a member. */
static int covers(const apache_plan_t *plan, const apache_rule_t *rule, const char *member, const char *value)
{
    json_t *service;
    size_t i;

    json_array_foreach(lyncadm_template(plan->pool, "services"), i, service) {
        const char *path = lyncadm_json_text(service, "path");

        if (!strcmp(lyncadm_json_text(service, member), value)
            && !strcmp(lyncadm_json_text(service, "action"), "publish")
            && (apache_below(path, rule->path) || apache_below(rule->path, path)))
            return 1;
    }
    return 0;
}

static int is_given(const char *value, const char *wanted)
{
    return value && !strcasecmp(value, wanted);
}

static void look_at_connections(apache_plan_t *plan, const apache_site_t *site, const apache_rule_t *rule)
{
    const char *disabled = apache_parameter(plan->apache, site, rule, "disablereuse");
    const char *enabled = apache_parameter(plan->apache, site, rule, "enablereuse");
    int is_single = is_given(disabled, "on") || is_given(enabled, "off")
                    || !apache_has_worker(plan->apache, site, rule);

    if (covers(plan, rule, "authentication", lyncadm_json_text(plan->apache->knowledge, "authentication")))
        apache_danger(plan, is_single ? "ntlm-broken" : "ntlm-pooled", rule->node, NULL);
}

/* Seconds that a pool may be silent: of the worker, else ProxyTimeout, Timeout, httpd's own. */
static int timeout_of(const apache_plan_t *plan, const apache_site_t *site, const apache_rule_t *rule)
{
    static const char *const names[] = { "ProxyTimeout", "Timeout" };
    const char *value = apache_parameter(plan->apache, site, rule, "timeout");
    int seconds, i;

    for (i = 0; !value && i < 2; ++i) {
        const apache_node_t *node = apache_setting(rule->scope, names[i]);

        value = node ? apache_word(node, 0) : NULL;
    }
    if (value && apr_isdigit(*value) && strlen(value) < 10 && !strstr(value, "ms")) {
        seconds = atoi(value);
        return strstr(value, "min") ? seconds * 60 : strchr(value, 'h') ? seconds * 3600 : seconds;
    }
    return value ? 0 : (int)json_integer_value(knowledge(plan, "default_timeout"));
}

static void look_at_timeout(apache_plan_t *plan, const apache_site_t *site, const apache_rule_t *rule)
{
    int seconds = timeout_of(plan, site, rule), wanted = (int)json_integer_value(knowledge(plan, "pending"));

    if (seconds < wanted && covers(plan, rule, "profile", lyncadm_json_text(plan->apache->knowledge, "profile")))
        apache_danger(plan, "timeout-short", rule->node, apr_psprintf(plan->pool, "%d seconds, and %d are needed",
                                                                      seconds, wanted));
}

static int is_of_rule(const char *parameter)
{
    return lync_word_in("nocanon noquery interpolate", parameter);
}

/* Parameters that a worker does not take: an earlier line made it, or ProxySet says otherwise. */
static void look_at_worker(apache_plan_t *plan, const apache_site_t *site, const apache_rule_t *rule)
{
    const apr_array_header_t *own = apr_table_elts(rule->parameters);
    int i;

    for (i = 0; strcmp(rule->scheme, "balancer") && i < own->nelts; ++i) {
        const apr_table_entry_t *entry = &APR_ARRAY_IDX(own, i, apr_table_entry_t);
        const char *set = apache_proxy_set(plan->apache, site, rule, entry->key);
        const char *holds = set ? set : apr_table_get(rule->worker->parameters, entry->key);

        if (is_of_rule(entry->key) || (holds && !strcasecmp(holds, entry->val)))
            continue;
        apache_danger(plan, "worker-shared", rule->node, set ? "ProxySet holds"
                      : apr_psprintf(plan->pool, "line %d comes first", rule->worker->node->line));
        return;
    }
}

static void look_at_members(apache_plan_t *plan, const apache_site_t *site, const apache_rule_t *rule)
{
    const apr_array_header_t *members = apache_members(plan->apache, site, rule);
    const char *host = site->names->nelts ? APR_ARRAY_IDX(site->names, 0, const char *) : "";
    int i;

    for (i = 0; i < members->nelts; ++i) {
        const apache_member_t *member = &APR_ARRAY_IDX(members, i, apache_member_t);

        if (apache_is_internal(plan, member, host))
            apache_danger(plan, "internal-site", member->node, NULL);
        if (site->is_tls && !strcmp(member->scheme, "http"))
            apache_danger(plan, "tls-offloaded", member->node, NULL);
    }
    if (members->nelts)
        look_for_missing(plan, site, rule, APR_ARRAY_IDX(members, 0, apache_member_t).scheme);
}

static void look_at_rule(apache_plan_t *plan, const apache_site_t *site, const apache_rule_t *rule)
{
    if (site->is_tls) {
        look_at_connections(plan, site, rule);
        look_at_timeout(plan, site, rule);
    }
    look_at_worker(plan, site, rule);
    look_at_members(plan, site, rule);
    if (rule->has_user)
        apache_danger(plan, "credentials-in-url", rule->node, NULL);
    if (!rule->is_raw)
        apache_danger(plan, "path-decoded", rule->node, NULL);
    if (rule->is_changed)
        apache_danger(plan, "path-changed", rule->node, NULL);
}

void apache_dangers(apache_plan_t *plan)
{
    int i, j;

    for (i = 0; i < plan->sites->nelts; ++i) {
        const apache_site_t *site = APR_ARRAY_IDX(plan->sites, i, const apache_site_t *);

        if (!site->is_proxy || apache_all(plan, site, apache_is_other))
            continue;
        for (j = 0; j < site->rules->nelts; ++j) {
            const apache_rule_t *rule = APR_ARRAY_IDX(site->rules, j, const apache_rule_t *);

            if (!rule->is_refusal)
                look_at_rule(plan, site, rule);
        }
        apache_path_dangers(plan, site);
        look_at_directives(plan, site);
    }
}
