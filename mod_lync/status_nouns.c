#include "status_collect.h"

#include <apr_strings.h>

#include "certificate.h"
#include "host.h"
#include "managed.h"

#define DAY 86400

static void read_published(lync_collect_t *collect)
{
    int i, j;

    collect->published = apr_array_make(collect->pool, 16, sizeof(lync_published_t));
    for (i = 0; i < collect->model->rows[LYNC_LISTENER]->nelts; ++i) {
        const lync_listener_t *listener = LYNC_ROW(collect->model, LYNC_LISTENER, i);
        apr_array_header_t *hosts = lync_hosts(collect->model, listener->name, collect->pool);

        for (j = 0; !strcmp(listener->scheme, "https") && j < hosts->nelts; ++j) {
            lync_published_t *published = apr_array_push(collect->published);

            published->host = LYNC_ITEM(hosts, const char *, j);
            published->binding = lync_host_binding(collect->model, listener->name, published->host);
        }
    }
}

/* Names, each once. */
typedef struct names_t {
    apr_array_header_t *list;   /* of const char * */
    apr_hash_t *seen;
} names_t;

static names_t no_names(apr_pool_t *p)
{
    names_t names = { apr_array_make(p, 8, sizeof(const char *)), apr_hash_make(p) };

    return names;
}

static void add_name(names_t *names, const char *host)
{
    if (apr_hash_get(names->seen, host, APR_HASH_KEY_STRING))
        return;
    apr_hash_set(names->seen, host, APR_HASH_KEY_STRING, host);
    APR_ARRAY_PUSH(names->list, const char *) = host;
}

/* Whether a binding's certificate or the one beside it is usable. */
static int is_served(const lync_collect_t *collect, const lync_binding_t *binding)
{
    const lync_certificate_t *one = lync_model_find(collect->model, LYNC_CERTIFICATE, binding->certificate);
    const lync_certificate_t *two = lync_model_find(collect->model, LYNC_CERTIFICATE, binding->beside);

    return (one && !lync_quarantined(collect->snapshot, one)) || (two && !lync_quarantined(collect->snapshot, two));
}

/* Lost: only those that no other certificate serves. */
static apr_array_header_t *hosts_of_certificate(const lync_collect_t *collect, const lync_certificate_t *certificate,
                                                int lost)
{
    names_t names = no_names(collect->pool);
    int i;

    for (i = 0; i < collect->published->nelts; ++i) {
        const lync_published_t *published = &LYNC_ITEM(collect->published, lync_published_t, i);
        const lync_binding_t *binding = published->binding;

        if (binding && (!strcmp(binding->certificate, certificate->name)
                        || (binding->beside && !strcmp(binding->beside, certificate->name)))
            && !(lost && is_served(collect, binding)))
            add_name(&names, published->host);
    }
    return names.list;
}

/* With a route that leads there and needs trust anchors. */
static apr_array_header_t *hosts_of_pool(const lync_collect_t *collect, const lync_pool_t *pool)
{
    names_t names = no_names(collect->pool);
    int i;

    for (i = 0; i < collect->model->rows[LYNC_ROUTE]->nelts; ++i) {
        const lync_route_t *route = LYNC_ROW(collect->model, LYNC_ROUTE, i);

        if (!strcmp(route->action, "publish") && !strcmp(route->pool, pool->name) && !strcmp(route->scheme, "https"))
            add_name(&names, route->host);
    }
    return names.list;
}

/* The names that go with a row in quarantine, separated by blanks. */
static const char *lost_names(const lync_collect_t *collect, const lync_finding_t *finding)
{
    apr_array_header_t *hosts = NULL;

    if (finding->noun->id == LYNC_CERTIFICATE)
        hosts = hosts_of_certificate(collect, finding->row, 1);
    else if (finding->noun->id == LYNC_POOL)
        hosts = hosts_of_pool(collect, finding->row);
    else if (finding->noun->id == LYNC_LISTENER)
        hosts = lync_hosts(collect->model, ((const lync_listener_t *)finding->row)->name, collect->pool);
    return hosts && hosts->nelts ? apr_array_pstrcat(collect->pool, hosts, ' ') : NULL;
}

static void add_quarantine(const lync_collect_t *collect, lync_facts_t *facts)
{
    int i;

    for (i = 0; i < collect->snapshot->quarantine->nelts; ++i) {
        const lync_finding_t *finding = LYNC_ITEM(collect->snapshot->quarantine, const lync_finding_t *, i);

        lync_facts_row(facts);
        lync_facts_text(facts, "kind", finding->noun->name);
        lync_facts_text(facts, "name", lync_row_label(collect->pool, finding->noun, finding->row));
        lync_facts_text(facts, "because", lync_text_discreet(finding->message, collect->pool));
        lync_facts_text(facts, "names", lost_names(collect, finding));
    }
}

static void add_listeners(const lync_collect_t *collect, lync_facts_t *facts)
{
    int i;

    for (i = 0; i < collect->model->rows[LYNC_LISTENER]->nelts; ++i) {
        const lync_listener_t *listener = LYNC_ROW(collect->model, LYNC_LISTENER, i);
        int hosts = lync_hosts(collect->model, listener->name, collect->pool)->nelts;

        lync_facts_row(facts);
        lync_facts_text(facts, "name", listener->name);
        lync_facts_text(facts, "address", listener->address);
        lync_facts_number(facts, "port", 1, listener->port);
        lync_facts_text(facts, "scheme", listener->scheme);
        lync_facts_text(facts, "http2", listener->http2);
        lync_facts_number(facts, "hosts", 1, hosts);
        lync_facts_text(facts, "state", lync_is_open(collect->snapshot, listener) ? "open" : "closed");
    }
}

static const char *certificate_state(const lync_collect_t *collect, const lync_certificate_t *certificate,
                                     const lync_certificate_t *loaded, apr_time_t end)
{
    apr_int64_t left;

    if (lync_quarantined(collect->snapshot, certificate))
        return "quarantined";
    if (!end)
        return certificate->managed && lync_managed_is_bound(collect->model, certificate) ? "awaited" : NULL;
    left = apr_time_sec(end - collect->now);
    return left <= 0 ? "expired"
           : left < lync_certificate_warning(loaded, LYNC_EXPIRY_WARNING_DAYS) ? "expiring" : "loaded";
}

void lync_collect_left(const lync_collect_t *collect, lync_facts_t *facts, apr_time_t end)
{
    apr_int64_t left = apr_time_sec(end - collect->now);

    lync_facts_hint(facts, "left", end > collect->now ? lync_text_span(left, collect->pool) : NULL);
    lync_facts_hint(facts, "expired_for", end && end <= collect->now ? lync_text_span(-left, collect->pool) : NULL);
}

static void add_certificates(const lync_collect_t *collect, lync_facts_t *facts)
{
    const apr_array_header_t *all = collect->snapshot->loaded;
    int i;

    for (i = 0; all && i < all->nelts; ++i) {
        const lync_certificate_t *certificate = LYNC_ROW(collect->model, LYNC_CERTIFICATE, i);
        const lync_certificate_t *loaded = LYNC_ITEM(all, const lync_certificate_t *, i);
        apr_time_t end = lync_certificate_time(loaded->not_after);
        apr_int64_t left = apr_time_sec(end - collect->now);

        lync_facts_row(facts);
        lync_facts_text(facts, "name", certificate->name);
        lync_facts_time(facts, "not_after", end);
        lync_facts_number(facts, "days_left", end != 0, left / DAY);
        lync_facts_text(facts, "loaded", loaded->fingerprint);
        lync_facts_number(facts, "hosts", 1, hosts_of_certificate(collect, certificate, 0)->nelts);
        lync_facts_text(facts, "state", certificate_state(collect, certificate, loaded, end));
        lync_collect_left(collect, facts, end);
    }
}

static void add_pool(const lync_collect_t *collect, const lync_pool_t *pool, lync_facts_t *facts)
{
    const lync_model_t *model = collect->model;
    int i, servers = 0, routes = 0, usable;
    const char *gone = NULL;

    for (i = 0; i < model->rows[LYNC_SERVER]->nelts; ++i)
        servers += !strcmp(((const lync_server_t *)LYNC_ROW(model, LYNC_SERVER, i))->pool, pool->name);
    for (i = 0; i < model->rows[LYNC_ROUTE]->nelts; ++i) {
        const lync_route_t *route = LYNC_ROW(model, LYNC_ROUTE, i);

        routes += route->pool && !strcmp(route->pool, pool->name);
    }
    lync_facts_row(facts);
    lync_facts_text(facts, "name", pool->name);
    lync_facts_text(facts, "role", pool->role);
    lync_facts_number(facts, "servers", 1, servers);
    lync_facts_number(facts, "routes", 1, routes);
    lync_facts_text(facts, "state", lync_quarantined(collect->snapshot, pool) ? "quarantined" : routes ? "published"
                    : "unused");
    usable = collect->health ? lync_health_usable(collect->health, pool->name, &gone, collect->pool) : -1;
    lync_facts_number(facts, "usable", usable >= 0, usable);
    lync_facts_hint(facts, "gone", routes ? gone : NULL);
    lync_facts_hint(facts, "fewer", usable >= 0 && usable < servers ? "yes" : NULL);
}

static void add_pools(const lync_collect_t *collect, lync_facts_t *facts)
{
    int i;

    for (i = 0; i < collect->model->rows[LYNC_POOL]->nelts; ++i)
        add_pool(collect, LYNC_ROW(collect->model, LYNC_POOL, i), facts);
}

void lync_collect_nouns(lync_collect_t *collect, apr_array_header_t *tables)
{
    static const struct {
        const char *noun;
        void (*add)(const lync_collect_t *collect, lync_facts_t *facts);
    } nouns[] = {
        { "quarantine", add_quarantine }, { "listener", add_listeners }, { "certificate", add_certificates },
        { "pool", add_pools }, { "server", lync_collect_servers }, { "service", lync_collect_services },
        { "route", lync_collect_routes }, { "refusal", lync_collect_refusals },
    };
    apr_size_t i;

    if (collect->model)
        read_published(collect);
    for (i = 0; i < sizeof(nouns) / sizeof(*nouns); ++i) {
        lync_facts_t *facts = lync_facts(nouns[i].noun, collect->pool);

        if (collect->model)
            nouns[i].add(collect, facts);
        APR_ARRAY_PUSH(tables, const lync_facts_t *) = facts;
    }
}
