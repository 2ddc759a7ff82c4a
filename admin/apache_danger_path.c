#include <apr_strings.h>
#include <string.h>

#include "apache_plan.h"

/* What an old configuration lets through that it should not. */

/* A service that is refused by default, of a release that is still there. */
static int is_refused_service(const apache_plan_t *plan, const json_t *service)
{
    json_t *release;
    size_t i;

    if (strcmp(lyncadm_json_text(service, "action"), "refuse"))
        return 0;
    json_array_foreach(json_object_get(lyncadm_template(plan->pool, "deployments"), "releases"), i, release) {
        if (lync_word_in(lyncadm_json_text(service, "releases"), json_string_value(release)))
            return 1;
    }
    return 0;
}

/* Whether a rule lets a path through: none before it, and none that always holds, refuses it. */
static int lets_through(const apache_site_t *site, const apache_rule_t *rule, const char *path)
{
    int i, is_before = 1;

    if (!apache_below(path, rule->path))
        return 0;
    for (i = 0; i < site->rules->nelts; ++i) {
        const apache_rule_t *other = APR_ARRAY_IDX(site->rules, i, const apache_rule_t *);

        is_before &= other != rule;
        if (other->is_refusal && (is_before || other->kind == APACHE_DENY) && apache_below(path, other->path))
            return 0;
    }
    return 1;
}

/* The refused paths that a rule lets through, of const char *. */
static apr_array_header_t *reached(const apache_plan_t *plan, const apache_site_t *site, const apache_rule_t *rule)
{
    apr_array_header_t *paths = apr_array_make(plan->pool, 8, sizeof(const char *));
    json_t *service;
    size_t i;

    json_array_foreach(lyncadm_template(plan->pool, "services"), i, service) {
        const char *path = lyncadm_json_text(service, "path");

        if (is_refused_service(plan, service) && lets_through(site, rule, path))
            APR_ARRAY_PUSH(paths, const char *) = path;
    }
    return paths;
}

static int is_path_of_refused(const apache_plan_t *plan, const char *path)
{
    json_t *service;
    size_t i;

    json_array_foreach(lyncadm_template(plan->pool, "services"), i, service) {
        if (is_refused_service(plan, service) && apache_below(lyncadm_json_text(service, "path"), path))
            return 1;
    }
    return 0;
}

void apache_path_dangers(apache_plan_t *plan, const apache_site_t *site)
{
    int i, is_farm = apache_all(plan, site, apache_is_farm);

    for (i = 0; i < site->rules->nelts; ++i) {
        const apache_rule_t *rule = APR_ARRAY_IDX(site->rules, i, const apache_rule_t *);
        const apr_array_header_t *paths = reached(plan, site, rule);

        if (!rule->is_refusal && !is_farm && paths->nelts)
            apache_danger(plan, "root-unrestricted", rule->node, apr_array_pstrcat(plan->pool, paths, ' '));
        if (rule->is_refusal && !rule->any_case && is_path_of_refused(plan, rule->path))
            apache_danger(plan, "refused-in-one-case", rule->node, NULL);
        if (!rule->is_refusal && !site->is_tls && !apache_all(plan, site, apache_is_discovery))
            apache_danger(plan, "clear-text", rule->node, NULL);
    }
}
