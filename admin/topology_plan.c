#include <apr_strings.h>
#include <apr_uri.h>
#include <string.h>

#include "topology.h"

/* What a topology wants to be published, and on which listeners. */

const lync_err_t *topology_publish(topology_plan_t *plan, const char *deployment, const char *host, const char *pool,
                                   int port, const char *what)
{
    lyncadm_publish_t publish = { .edit = plan->aside, .host = host, .pool = pool };
    const char *other = proposal_pool_of(plan->aside->model, host);

    if (other && strcmp(other, pool))
        return lync_err(plan->edit->pool, "document '%s' has host '%s' for both pools '%s' and '%s'",
                        plan->topology->name, host, other, pool);
    if (other)
        return NULL;
    publish.deployment = lyncadm_publish_deployment(plan->edit->pool, deployment);
    LYNC_TRY(topology_listener(plan, "https", port, &publish.listener));
    proposal_tell_name(plan->proposal, &publish, what);
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

/* What is in front may lead from the usual port to another one: it does where the draft publishes on one listener. */
static const lync_listener_t *leading_to(const topology_plan_t *plan, const char *scheme, int port)
{
    const lync_model_t *draft = plan->edit->model;
    const lync_listener_t *found = NULL;
    int i;

    for (i = 0; i < draft->rows[LYNC_LISTENER]->nelts; ++i) {
        const lync_listener_t *listener = LYNC_ROW(draft, LYNC_LISTENER, i);

        if (strcmp(listener->scheme, scheme) || !proposal_is_used(draft, listener->name))
            continue;
        if (found)
            return NULL;
        found = listener;
    }
    return port == apr_uri_port_of_scheme(scheme) ? found : NULL;
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
    LYNC_TRY(lyncadm_edit_add(plan->aside, noun, listener));
    *result = listener;
    if (!certificate)
        return NULL;
    if (!lync_model_find(plan->aside->model, LYNC_CERTIFICATE, certificate))
        return lync_err(plan->edit->pool, "there is no certificate '%s': 'lyncadm certificate import FILE --name %s' "
                        "adds it", certificate, certificate);
    binding->listener = listener->name;
    binding->certificate = certificate;
    return lyncadm_edit_add(plan->aside, bound, binding);
}

static void warn_of_listener(const topology_plan_t *plan, const lync_listener_t *listener, int port)
{
    const char *certificate = lyncadm_given(plan->edit->adm, "certificate");
    const char *has = proposal_certificate_of(plan->aside->model, listener->name);

    if (listener->port != port)
        proposal_warn(plan->proposal, "clients are told port %d, and listener '%s' is on port %d: something in front "
                      "has to lead from one to the other", port, listener->name, listener->port);
    if (certificate && !strcmp(listener->scheme, "https") && (!has || strcmp(has, certificate)))
        proposal_warn(plan->proposal, "listener '%s' is there already and its certificate stays as it is: lyncadm binding "
                      "%s %s '*' --certificate %s", listener->name, has ? "set" : "add", listener->name, certificate);
}

const lync_err_t *topology_listener(topology_plan_t *plan, const char *scheme, int port,
                                    const lync_listener_t **listener)
{
    const char *option = strcmp(scheme, "https") ? "http-listener" : "listener";
    const char *name = lyncadm_given(plan->edit->adm, option);
    int count = 0;

    *listener = NULL;
    if (!name)
        *listener = find_listener(plan->aside->model, scheme, port, &count);
    else if (lync_model_find(plan->aside->model, LYNC_LISTENER, name))
        LYNC_TRY(lyncadm_publish_listener(plan->aside, scheme, option, listener));
    if (!name && count > 1)
        return lync_err(plan->edit->pool, "there are %d %s listeners on port %d: say which with --%s NAME", count,
                        scheme, port, option);
    if (!name && !count)
        *listener = leading_to(plan, scheme, port);
    if (!*listener)
        return new_listener(plan, name ? name : proposal_listener_name(plan->proposal, scheme, port), scheme, port,
                            listener);
    warn_of_listener(plan, *listener, port);
    return NULL;
}

static const apr_array_header_t *all_urls(const topology_t *topology, apr_pool_t *p)
{
    apr_array_header_t *urls = apr_array_make(p, topology->urls->nelts, sizeof(const char *));
    int i;

    for (i = 0; i < topology->urls->nelts; ++i)
        APR_ARRAY_PUSH(urls, const char *) = APR_ARRAY_IDX(topology->urls, i, topology_url_t).url;
    return urls;
}

const lync_err_t *topology_plan(lyncadm_edit_t *edit, const topology_t *topology, topology_plan_t **result)
{
    static const char *const skipped[] = { "role", "pools", "because", NULL };
    topology_plan_t *plan = *result = apr_pcalloc(edit->pool, sizeof(*plan));

    plan->topology = topology;
    plan->proposal = proposal_new(edit);
    plan->proposal->urls = topology->has_urls ? all_urls(topology, edit->pool) : NULL;
    plan->proposal->keep = lyncadm_given(edit->adm, "keep") != NULL;
    plan->edit = edit;
    plan->aside = &plan->proposal->aside;
    plan->knowledge = lyncadm_template(edit->pool, "topology");
    plan->skipped = proposal_table(edit->pool, "plan_skipped", skipped);
    LYNC_TRY(topology_plan_pools(plan));
    LYNC_TRY(topology_plan_domains(plan));
    proposal_tell(plan->proposal);
    return NULL;
}
