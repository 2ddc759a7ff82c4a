#include <apr_strings.h>
#include <string.h>

#include "apache_plan.h"

/*
 * What is proposed, as if an administrator had typed it:
 *  1. names of discovery, which say what SIP domains there are
 *  2. all other names that are published over https, with listeners, certificates and pools as they are needed
 *  3. listeners that redirect to them
 */

static int is_published(const apache_site_t *site, const char *host)
{
    int i;

    for (i = 0; i < site->rules->nelts; ++i) {
        const apache_rule_t *rule = APR_ARRAY_IDX(site->rules, i, const apache_rule_t *);

        if (!rule->is_refusal && apache_rule_for(rule, host))
            return 1;
    }
    return 0;
}

static const lync_err_t *plan_name(apache_plan_t *plan, const apache_site_t *site, const char *host)
{
    const lync_listener_t *listener;
    int i;

    for (i = 0; i < site->addresses->nelts; ++i) {
        if (plan->edit->model->rows[LYNC_ROUTE]->nelts > APACHE_ROUTES)
            return apache_err(plan->apache, site->node->file, site->node->line, "up to here there are more than %d "
                              "routes to propose", APACHE_ROUTES);
        LYNC_TRY(apache_plan_listener(plan, site, &APR_ARRAY_IDX(site->addresses, i, apache_address_t), &listener));
        LYNC_TRY(apache_plan_host(plan, site, listener, host));
        if (site->is_tls)
            LYNC_TRY(apache_plan_binding(plan, site, listener, host));
    }
    return NULL;
}

static void skip_clear_text(apache_plan_t *plan, const apache_site_t *site, const char *host)
{
    int i;

    for (i = 0; i < site->rules->nelts; ++i) {
        const apache_rule_t *rule = APR_ARRAY_IDX(site->rules, i, const apache_rule_t *);

        if (!rule->is_refusal && apache_rule_for(rule, host))
            apache_skip(plan->apache, rule->node, "'%s' in clear text: only discovery is published so, other names are "
                        "redirected to https", host);
    }
}

static const lync_err_t *plan_site(apache_plan_t *plan, const apache_site_t *site, int discovery)
{
    int i;

    if (site->is_proxy && !site->names->nelts)
        apache_skip(plan->apache, site->node->parent ? site->node
                    : APR_ARRAY_IDX(site->rules, 0, const apache_rule_t *)->node,
                    "it has no name: ServerName says which one clients ask for");
    for (i = 0; i < site->names->nelts; ++i) {
        const char *host = APR_ARRAY_IDX(site->names, i, const char *);

        if (!is_published(site, host) || apache_is_discovery(plan, host) != discovery)
            continue;
        if (apache_is_other(plan, host))
            apache_skip(plan->apache, site->node, "'%s' is no name of Lync, by its first label: it stays where it is",
                        host);
        else if (site->is_tls || discovery)
            LYNC_TRY(plan_name(plan, site, host));
        else
            skip_clear_text(plan, site, host);
    }
    return NULL;
}

static int is_known(const apache_plan_t *plan, const apache_site_t *site)
{
    int i;

    for (i = 0; i < site->names->nelts; ++i) {
        if (proposal_pool_of(plan->edit->model, APR_ARRAY_IDX(site->names, i, const char *)))
            return 1;
    }
    return 0;
}

/* What is published over https is redirected by a listener in clear text unless it says otherwise. */
static const lync_err_t *plan_redirect(apache_plan_t *plan, const apache_site_t *site)
{
    const lync_listener_t *listener;
    int i, n;

    if (site->is_tls || (!site->is_secured && !site->is_proxy) || !is_known(plan, site))
        return NULL;
    for (i = 0; i < site->addresses->nelts; ++i) {
        n = plan->edit->model->rows[LYNC_LISTENER]->nelts;
        LYNC_TRY(apache_plan_listener(plan, site, &APR_ARRAY_IDX(site->addresses, i, apache_address_t), &listener));
        if (plan->edit->model->rows[LYNC_LISTENER]->nelts > n) {
            const char *cells[] = { listener->name, listener->scheme, apr_itoa(plan->pool, listener->port), NULL };

            lyncadm_rows_add(plan->proposal->listeners, cells);
        }
    }
    return NULL;
}

static void tell_pool(apache_plan_t *plan, const lync_pool_t *pool)
{
    apr_array_header_t *hosts = apr_array_make(plan->pool, 4, sizeof(const char *));
    const lync_model_t *model = plan->edit->model;
    const char *cells[] = { pool->name, pool->role, NULL, NULL, apr_itoa(plan->pool, pool->https_port), NULL,
                            apr_itoa(plan->pool, pool->http_port), NULL };
    int i;

    for (i = 0; i < model->rows[LYNC_SERVER]->nelts; ++i) {
        const lync_server_t *server = LYNC_ROW(model, LYNC_SERVER, i);

        if (!strcmp(server->pool, pool->name))
            APR_ARRAY_PUSH(hosts, const char *) = server->host;
    }
    cells[3] = apr_array_pstrcat(plan->pool, hosts, ' ');
    lyncadm_rows_add(plan->proposal->pools, cells);
}

static void tell_skipped(apache_plan_t *plan)
{
    int i;

    for (i = 0; i < plan->apache->skips->nelts; ++i) {
        const apache_skip_t *skip = &APR_ARRAY_IDX(plan->apache->skips, i, apache_skip_t);
        const char *cells[] = { skip->directive, skip->file, apr_itoa(plan->pool, skip->line), skip->because };

        lyncadm_rows_add(plan->skipped, cells);
    }
}

static void tell_assumed(apache_plan_t *plan)
{
    const apr_array_header_t *assumed = plan->apache->assumed;
    const apache_node_t *first;

    if (!assumed->nelts)
        return;
    first = APR_ARRAY_IDX(assumed, 0, const apache_node_t *);
    proposal_warn(plan->proposal, "conditions are taken as met: <%s> of file '%s', line %d%s", first->name, first->file,
                  first->line, assumed->nelts > 1 ? apr_psprintf(plan->pool, ", and %d more", assumed->nelts - 1) : "");
}

static void tell(apache_plan_t *plan)
{
    const apr_array_header_t *pools = plan->edit->model->rows[LYNC_POOL];
    int i;

    for (i = 0; i < pools->nelts; ++i)
        tell_pool(plan, APR_ARRAY_IDX(pools, i, const lync_pool_t *));
    proposal_tell(plan->proposal);
    tell_assumed(plan);
    apache_dangers(plan);
    tell_skipped(plan);
}

const lync_err_t *apache_plan(lyncadm_edit_t *edit, apache_t *apache, const apr_array_header_t *sites,
                              apache_plan_t **result)
{
    static const char *const skipped[] = { "directive", "file", "line", "because", NULL };
    static const char *const dangers[] = { "danger", "file", "line", "detail", "what", "instead", NULL };
    apache_plan_t *plan = *result = apr_pcalloc(edit->pool, sizeof(*plan));
    int i, step;

    plan->apache = apache;
    plan->sites = sites;
    plan->proposal = proposal_new(edit);
    plan->proposal->keep = 1;       /* what the old one does not have is no reason to remove anything */
    plan->edit = &plan->proposal->aside;
    plan->pool = edit->pool;
    plan->ports = apr_hash_make(edit->pool);
    plan->told = apr_hash_make(edit->pool);
    plan->skipped = proposal_table(edit->pool, "plan_skipped", skipped);
    plan->dangers = proposal_table(edit->pool, "plan_danger", dangers);
    for (step = 1; step >= 0; --step) {
        for (i = 0; i < sites->nelts; ++i)
            LYNC_TRY(plan_site(plan, APR_ARRAY_IDX(sites, i, const apache_site_t *), step));
    }
    for (i = 0; i < sites->nelts; ++i)
        LYNC_TRY(plan_redirect(plan, APR_ARRAY_IDX(sites, i, const apache_site_t *)));
    tell(plan);
    return NULL;
}
