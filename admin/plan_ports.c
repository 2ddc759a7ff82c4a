#include <apr_strings.h>
#include <apr_uri.h>
#include <string.h>

#include "plan.h"

/* Firewall rules (lync-requirements §4). */

static const char *const columns[] = { "interface", "protocol", "port", "scheme", "source", "destination", "listener",
    "pool", "need", "purpose", NULL };

typedef struct rule_t {
    const char *interface, *port, *scheme, *source, *destination, *listener, *pool, *need, *purpose;
} rule_t;

static void add(lyncadm_rows_t *rows, const rule_t *rule)
{
    const char *cells[] = { rule->interface, "TCP", rule->port, rule->scheme, rule->source, rule->destination,
                            rule->listener, rule->pool, rule->need, rule->purpose };

    lyncadm_rows_add(rows, cells);
}

static int fits(const json_t *entry, const char *member, const char *value)
{
    const char *wanted = lyncadm_json_text(entry, member);

    return !wanted || !strcmp(wanted, value);
}

/* Fills in what the template says of such a rule: the first entry that fits. */
static void describe(const plan_t *plan, rule_t *rule, const char *role, const char *when)
{
    const json_t *entries = json_object_get(json_object_get(plan->words, "ports"), rule->interface);
    json_t *entry;
    size_t i;

    json_array_foreach(entries, i, entry) {
        if (fits(entry, "scheme", rule->scheme) && fits(entry, "role", role) && fits(entry, "when", when)) {
            rule->need = lyncadm_json_text(entry, "need");
            rule->purpose = lyncadm_json_text(entry, "purpose");
            return;
        }
    }
}

static const char *proxy(const plan_t *plan, const char *addresses)
{
    return addresses ? addresses : lyncadm_json_text(plan->words, "proxy");
}

/* What a route publishes by http is "only" there, or "also" by https. */
static const char *when_of(const plan_t *plan, const lync_route_t *route)
{
    const plan_name_t *name = plan_name(plan, route->host);

    return name && !name->https ? "only" : "also";
}

/* What is published on an http listener: "only" there, "also" by https, or "never". */
static const char *when_listener(const plan_t *plan, const lync_listener_t *listener)
{
    const char *when = "never";
    int i;

    for (i = 0; i < plan->model->rows[LYNC_ROUTE]->nelts; ++i) {
        const lync_route_t *route = LYNC_ROW(plan->model, LYNC_ROUTE, i);

        if (strcmp(route->listener, listener->name) || !strcmp(route->action, "refuse"))
            continue;
        when = when_of(plan, route);
        if (!strcmp(when, "only"))
            break;
    }
    return when;
}

static void add_listener(plan_t *plan, lyncadm_rows_t *rows, const lync_listener_t *listener)
{
    const char *own = strcmp(listener->address, "*") ? listener->address : NULL;
    const char *outside = plan_join(plan_outside(plan, listener), plan->pool);
    rule_t rule = { .interface = "external", .port = apr_itoa(plan->pool, listener->port), .scheme = listener->scheme,
                    .source = lyncadm_json_text(plan->words, "any"), .listener = listener->name };

    rule.destination = proxy(plan, outside ? outside : own);
    describe(plan, &rule, "", when_listener(plan, listener));
    add(rows, &rule);
}

/* Whether routes lead to a pool by a scheme, and "only" so; NULL: none does. */
static const char *when_pool(const plan_t *plan, const lync_pool_t *pool, const char *scheme)
{
    const char *when = NULL;
    int i;

    for (i = 0; i < plan->model->rows[LYNC_ROUTE]->nelts; ++i) {
        const lync_route_t *route = LYNC_ROW(plan->model, LYNC_ROUTE, i);
        const lync_listener_t *listener = lync_model_find(plan->model, LYNC_LISTENER, route->listener);

        if (!route->pool || strcmp(route->pool, pool->name) || strcmp(route->scheme, scheme))
            continue;
        /* bridged from https to http: there is no other way */
        when = listener && !strcmp(listener->scheme, "https") ? "only" : when_of(plan, route);
        if (!strcmp(when, "only"))
            break;
    }
    return when;
}

static void add_pool(plan_t *plan, lyncadm_rows_t *rows, const lync_pool_t *pool, const char *scheme, int port)
{
    const char *when = when_pool(plan, pool, scheme);
    rule_t rule = { .interface = "internal", .port = apr_itoa(plan->pool, port), .scheme = scheme, .pool = pool->name };
    int i;

    if (!when)
        return;
    rule.source = proxy(plan, plan_join(plan->internal_addresses, plan->pool));
    describe(plan, &rule, pool->role, when);
    for (i = 0; i < plan->model->rows[LYNC_SERVER]->nelts; ++i) {
        const lync_server_t *server = LYNC_ROW(plan->model, LYNC_SERVER, i);

        if (strcmp(server->pool, pool->name))
            continue;
        rule.destination = server->host;
        add(rows, &rule);
    }
}

/* Where stapling asks for a certificate that is bound; each place once. */
static void add_responder(plan_t *plan, lyncadm_rows_t *rows, apr_hash_t *known, const char *certificate)
{
    const json_t *words = json_object_get(json_object_get(plan->words, "ports"), "responder");
    const lync_certificate_t *row = certificate ? lync_model_find(plan->model, LYNC_CERTIFICATE, certificate) : NULL;
    rule_t rule = { .interface = "external", .need = lyncadm_json_text(words, "need"),
                    .purpose = lyncadm_json_text(words, "purpose") };
    const char *key;
    apr_uri_t uri;

    if (!row || !row->responder || apr_uri_parse(plan->pool, row->responder, &uri) != APR_SUCCESS || !uri.hostname)
        return;
    rule.scheme = uri.scheme;
    rule.port = apr_itoa(plan->pool, uri.port ? uri.port : apr_uri_port_of_scheme(uri.scheme));
    rule.destination = uri.hostname;
    rule.source = proxy(plan, plan_join(plan->public_addresses, plan->pool));
    key = apr_pstrcat(plan->pool, rule.destination, ":", rule.port, NULL);
    if (apr_hash_get(known, key, APR_HASH_KEY_STRING))
        return;
    apr_hash_set(known, key, APR_HASH_KEY_STRING, key);
    add(rows, &rule);
}

lyncadm_rows_t *plan_ports(plan_t *plan)
{
    lyncadm_rows_t *rows = plan_table(plan, "port", columns);
    const lync_model_t *model = plan->model;
    apr_hash_t *responders = apr_hash_make(plan->pool);
    int i;

    for (i = 0; i < model->rows[LYNC_LISTENER]->nelts; ++i)
        add_listener(plan, rows, LYNC_ROW(model, LYNC_LISTENER, i));
    for (i = 0; i < model->rows[LYNC_BINDING]->nelts; ++i) {
        const lync_binding_t *binding = LYNC_ROW(model, LYNC_BINDING, i);

        add_responder(plan, rows, responders, binding->certificate);
        add_responder(plan, rows, responders, binding->beside);
    }
    for (i = 0; i < model->rows[LYNC_POOL]->nelts; ++i) {
        const lync_pool_t *pool = LYNC_ROW(model, LYNC_POOL, i);

        add_pool(plan, rows, pool, "https", pool->https_port);
        add_pool(plan, rows, pool, "http", pool->http_port);
    }
    return rows;
}
