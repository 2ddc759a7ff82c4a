#include <apr_strings.h>
#include <stdarg.h>
#include <string.h>

#include "topology.h"

/* What a topology wants to be published, as a model of its own: the functions of publish write it, as if an
 * administrator had typed it into a draft that has listeners and certificates, and nothing published. */

void topology_warn(topology_plan_t *plan, const char *format, ...)
{
    apr_array_header_t *warnings = plan->edit->warnings;
    char *text;
    va_list args;
    int i;

    va_start(args, format);
    text = lync_one_line(apr_pvsprintf(plan->edit->pool, format, args));
    va_end(args);
    for (i = 0; i < warnings->nelts; ++i) {
        if (!strcmp(APR_ARRAY_IDX(warnings, i, const char *), text))
            return;
    }
    APR_ARRAY_PUSH(warnings, const char *) = text;
}

static int is_planned(lync_noun_id_t id)
{
    return id == LYNC_POOL || id == LYNC_SERVER || id == LYNC_DOMAIN || id == LYNC_ROUTE;
}

static lync_model_t *bare(const lync_model_t *draft, apr_pool_t *p)
{
    lync_model_t *model = apr_pmemdup(p, draft, sizeof(*draft));
    int id;

    for (id = 0; id < LYNC_NOUNS; ++id)
        model->rows[id] = is_planned(id) ? apr_array_make(p, 64, sizeof(void *)) : apr_array_copy(p, draft->rows[id]);
    return model;
}

lyncadm_rows_t *topology_table(apr_pool_t *p, const char *noun, const char *const *columns)
{
    lyncadm_rows_t *rows = lyncadm_rows(p);

    lyncadm_rows_call(rows, noun);
    for (; *columns; ++columns)
        lyncadm_rows_column(rows, *columns, strstr(*columns, "port") || !strcmp(*columns, "line") ? LYNCADM_CELL_INTEGER : LYNCADM_CELL_TEXT);
    return rows;
}

static void make_tables(topology_plan_t *plan, apr_pool_t *p)
{
    static const char *const pools[] = { "name", "role", "release", "servers", "https_port", "published_https_port",
                                         "http_port", "published_http_port", NULL };
    static const char *const names[] = { "host", "path", "listener", "pool", "what", NULL };
    static const char *const domains[] = { "name", "meet", "dialin", "admin", NULL };
    static const char *const listeners[] = { "name", "scheme", "port", "certificate", NULL };
    static const char *const skipped[] = { "role", "pools", "because", NULL };

    plan->pools = topology_table(p, "plan_pool", pools);
    plan->names = topology_table(p, "plan_name", names);
    plan->domains = topology_table(p, "plan_domain", domains);
    plan->listeners = topology_table(p, "plan_listener", listeners);
    plan->skipped = topology_table(p, "plan_skipped", skipped);
}

const char *topology_pool_of(const lync_model_t *model, const char *host)
{
    int i;

    for (i = 0; i < model->rows[LYNC_ROUTE]->nelts; ++i) {
        const lync_route_t *route = LYNC_ROW(model, LYNC_ROUTE, i);

        if (route->pool && !strcmp(route->host, host))
            return route->pool;
    }
    return NULL;
}

void topology_plan_name(topology_plan_t *plan, const lyncadm_publish_t *publish, const char *what)
{
    const char *cells[] = { publish->host, publish->url_path && *publish->url_path ? publish->url_path : NULL,
                            publish->listener->name, publish->pool, what };

    lyncadm_rows_add(plan->names, cells);
}

const lync_err_t *topology_publish(topology_plan_t *plan, const char *deployment, const char *host, const char *pool,
                                   int port, const char *what)
{
    lyncadm_publish_t publish = { .edit = &plan->aside, .host = host, .pool = pool };
    const char *other = topology_pool_of(plan->aside.model, host);

    if (other && strcmp(other, pool))
        return lync_err(plan->edit->pool, "document '%s' has host '%s' for both pools '%s' and '%s'",
                        plan->topology->name, host, other, pool);
    if (other)
        return NULL;
    publish.deployment = lyncadm_publish_deployment(plan->edit->pool, deployment);
    LYNC_TRY(topology_listener(plan, "https", port, &publish.listener));
    topology_plan_name(plan, &publish, what);
    return lyncadm_publish_routes(&publish, json_object_get(publish.deployment, "https"));
}

/* The only listener of a scheme on a port, or NULL; how many there are. */
static const lync_listener_t *find_listener(const lync_model_t *model, const char *scheme, int port, int *count)
{
    const lync_listener_t *found = NULL;
    int i;

    *count = 0;
    for (i = 0; i < model->rows[LYNC_LISTENER]->nelts; ++i) {
        const lync_listener_t *listener = LYNC_ROW(model, LYNC_LISTENER, i);

        if (!strcmp(listener->scheme, scheme) && listener->port == port && ++*count == 1)
            found = listener;
    }
    return found;
}

static int is_used(const lync_model_t *model, const char *listener)
{
    int i;

    for (i = 0; i < model->rows[LYNC_ROUTE]->nelts; ++i) {
        if (!strcmp(((const lync_route_t *)LYNC_ROW(model, LYNC_ROUTE, i))->listener, listener))
            return 1;
    }
    return 0;
}

/* What is in front may lead from the usual port to another one: it does where the draft publishes on one listener. */
static const lync_listener_t *leading_to(const topology_plan_t *plan, const char *scheme, int port)
{
    const lync_model_t *draft = plan->edit->model;
    const lync_listener_t *found = NULL;
    int i;

    for (i = 0; i < draft->rows[LYNC_LISTENER]->nelts; ++i) {
        const lync_listener_t *listener = LYNC_ROW(draft, LYNC_LISTENER, i);

        if (strcmp(listener->scheme, scheme) || !is_used(draft, listener->name))
            continue;
        if (found)
            return NULL;
        found = listener;
    }
    return port == (strcmp(scheme, "https") ? HTTP_PORT : HTTPS_PORT) ? found : NULL;
}

const char *topology_listener_name(const topology_plan_t *plan, const char *scheme, int port)
{
    const char *name = lyncadm_json_text(json_object_get(plan->knowledge, "listeners"), scheme);

    return lync_model_find(plan->aside.model, LYNC_LISTENER, name) ? apr_psprintf(plan->edit->pool, "%s-%d", name, port)
                                                                   : name;
}

static const lync_err_t *new_listener(topology_plan_t *plan, const char *name, const char *scheme, int port,
                                      const lync_listener_t **result)
{
    const lync_noun_t *noun = lync_noun(LYNC_LISTENER), *bound = lync_noun(LYNC_BINDING);
    const char *certificate = strcmp(scheme, "https") ? NULL : lyncadm_given(plan->edit->adm, "certificate");
    lync_listener_t *listener = lync_row_new(plan->edit->pool, noun);
    lync_binding_t *binding = lync_row_new(plan->edit->pool, bound);

    LYNC_TRY(lyncadm_bad_value(plan->edit->adm, lync_row_set(plan->edit->pool, noun, noun->fields, listener, name)));
    listener->port = port;
    listener->scheme = scheme;
    if (!strcmp(scheme, "https"))
        listener->tls_policy = lyncadm_default_policy(plan->edit->pool);
    LYNC_TRY(lyncadm_edit_add(&plan->aside, noun, listener));
    *result = listener;
    if (!certificate)
        return NULL;
    if (!lync_model_find(plan->aside.model, LYNC_CERTIFICATE, certificate))
        return lync_err(plan->edit->pool, "there is no certificate '%s': 'lyncadm certificate import FILE --name %s' "
                        "adds it", certificate, certificate);
    binding->listener = listener->name;
    binding->certificate = certificate;
    return lyncadm_edit_add(&plan->aside, bound, binding);
}

const lync_err_t *topology_listener(topology_plan_t *plan, const char *scheme, int port,
                                    const lync_listener_t **listener)
{
    const char *option = strcmp(scheme, "https") ? "http-listener" : "listener";
    const char *name = lyncadm_given(plan->edit->adm, option);
    int count = 0;

    *listener = NULL;
    if (!name)
        *listener = find_listener(plan->aside.model, scheme, port, &count);
    else if (lync_model_find(plan->aside.model, LYNC_LISTENER, name))
        LYNC_TRY(lyncadm_publish_listener(&plan->aside, scheme, option, listener));
    if (!name && count > 1)
        return lync_err(plan->edit->pool, "there are %d %s listeners on port %d: say which with --%s NAME", count,
                        scheme, port, option);
    if (!name && !count)
        *listener = leading_to(plan, scheme, port);
    if (!*listener)
        return new_listener(plan, name ? name : topology_listener_name(plan, scheme, port), scheme, port, listener);
    if ((*listener)->port != port)
        topology_warn(plan, "clients are told port %d, and listener '%s' is on port %d: something in front has to "
                      "lead from one to the other", port, (*listener)->name, (*listener)->port);
    return NULL;
}

static const char *certificate_of(const lync_model_t *model, const char *listener)
{
    int i;

    for (i = 0; i < model->rows[LYNC_BINDING]->nelts; ++i) {
        const lync_binding_t *binding = LYNC_ROW(model, LYNC_BINDING, i);

        if (!strcmp(binding->listener, listener) && !strcmp(binding->host, "*"))
            return binding->certificate;
    }
    return NULL;
}

static void tell_listeners(topology_plan_t *plan)
{
    const lync_model_t *model = plan->aside.model;
    int i;

    for (i = 0; i < model->rows[LYNC_LISTENER]->nelts; ++i) {
        const lync_listener_t *listener = LYNC_ROW(model, LYNC_LISTENER, i);
        const char *cells[] = { listener->name, listener->scheme, apr_itoa(plan->edit->pool, listener->port),
                                certificate_of(model, listener->name) };

        if (is_used(model, listener->name))
            lyncadm_rows_add(plan->listeners, cells);
    }
}

static void tell_domains(topology_plan_t *plan)
{
    const apr_array_header_t *rows = plan->aside.model->rows[LYNC_DOMAIN];
    int i;

    for (i = 0; i < rows->nelts; ++i) {
        const lync_domain_t *domain = APR_ARRAY_IDX(rows, i, const lync_domain_t *);
        const char *cells[] = { domain->name, domain->meet, domain->dialin, domain->admin };

        lyncadm_rows_add(plan->domains, cells);
    }
}

topology_plan_t *topology_plan_new(lyncadm_edit_t *edit, const topology_t *topology)
{
    topology_plan_t *plan = apr_pcalloc(edit->pool, sizeof(*plan));

    plan->topology = topology;
    plan->edit = edit;
    plan->knowledge = lyncadm_template(edit->pool, "topology");
    plan->keep = lyncadm_given(edit->adm, "keep") != NULL;
    make_tables(plan, edit->pool);
    lyncadm_edit_aside(&plan->aside, edit, bare(edit->model, edit->pool));
    return plan;
}

void topology_plan_tell(topology_plan_t *plan)
{
    tell_listeners(plan);
    tell_domains(plan);
}

const lync_err_t *topology_plan(lyncadm_edit_t *edit, const topology_t *topology, topology_plan_t **result)
{
    topology_plan_t *plan = *result = topology_plan_new(edit, topology);

    LYNC_TRY(topology_plan_pools(plan));
    LYNC_TRY(topology_plan_domains(plan));
    topology_plan_tell(plan);
    return NULL;
}
