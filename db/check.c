#include "check.h"

#include <apr_file_info.h>
#include <apr_hash.h>
#include <apr_strings.h>
#include <stdlib.h>
#include <string.h>

#include "certificate.h"
#include "value.h"

#define EXPIRY_WARNING_DAYS 30

/* One run over a model. */
typedef struct book_t {
    const lync_model_t *model;
    apr_array_header_t *findings;
    apr_hash_t *routes;         /* "listener host path" with the path in lower case -> lync_route_t */
    apr_hash_t *covered;        /* "listener host" whose certificate has been looked at */
    apr_pool_t *pool;
} book_t;

static void find(book_t *book, lync_level_t level, lync_noun_id_t id, const void *row, const char *message,
                 const char *remedy)
{
    lync_finding_t *finding = apr_palloc(book->pool, sizeof(*finding));

    finding->level = level;
    finding->noun = lync_noun(id);
    finding->row = row;
    finding->message = message;
    finding->remedy = remedy;
    APR_ARRAY_PUSH(book->findings, lync_finding_t *) = finding;
}

#define SAY(...) apr_psprintf(book->pool, __VA_ARGS__)

/* Every value that names another row names one: a store edited by hand may lie. */
static void check_references(book_t *book)
{
    int id, i;

    for (id = 0; id < LYNC_NOUNS; ++id) {
        const lync_noun_t *noun = lync_noun(id);
        const lync_field_t *field;

        for (field = noun->fields; field->name; ++field) {
            for (i = 0; field->refers >= 0 && i < book->model->rows[id]->nelts; ++i) {
                void *row = LYNC_ROW(book->model, id, i);
                const char *value = lync_row_get(book->pool, field, row);

                if (value && !lync_model_find(book->model, field->refers, value))
                    find(book, LYNC_ERROR, id, row,
                         SAY("%s '%s' names %s '%s', which does not exist", noun->name,
                             lync_row_label(book->pool, noun, row), lync_noun(field->refers)->name, value),
                         SAY("lyncadm %s set or remove it", noun->name));
            }
        }
    }
}

static const lync_binding_t *default_binding(const lync_model_t *model, const char *listener)
{
    int i;

    for (i = 0; i < model->rows[LYNC_BINDING]->nelts; ++i) {
        const lync_binding_t *binding = LYNC_ROW(model, LYNC_BINDING, i);

        if (!strcmp(binding->listener, listener) && !strcmp(binding->host, "*"))
            return binding;
    }
    return NULL;
}

/* httpd binds '*' and an address on the same port only to fail at start, after -t has passed. */
static void check_ports(book_t *book, const lync_listener_t *listener)
{
    int i;

    for (i = 0; i < book->model->rows[LYNC_LISTENER]->nelts; ++i) {
        const lync_listener_t *other = LYNC_ROW(book->model, LYNC_LISTENER, i);

        if (other != listener && other->port == listener->port
            && (!strcmp(listener->address, "*") || !strcmp(listener->address, other->address)))
            find(book, LYNC_ERROR, LYNC_LISTENER, listener,
                 SAY("listeners '%s' and '%s' both listen on port %d", listener->name, other->name, listener->port),
                 SAY("lyncadm listener set %s --port PORT, or give both an address", listener->name));
    }
}

static void check_listener(book_t *book, const lync_listener_t *listener)
{
    const lync_binding_t *binding = default_binding(book->model, listener->name);

    check_ports(book, listener);
    if (!strcmp(listener->scheme, "https")) {
        if (!binding)
            find(book, LYNC_ERROR, LYNC_LISTENER, listener,
                 SAY("listener '%s' has no default certificate", listener->name),
                 SAY("lyncadm binding add %s '*' --certificate NAME", listener->name));
        if (!listener->tls_policy)
            find(book, LYNC_ERROR, LYNC_LISTENER, listener,
                 SAY("listener '%s' speaks https without a TLS policy", listener->name),
                 SAY("lyncadm listener set %s --tls-policy intermediate", listener->name));
    }
    else if (binding) {
        find(book, LYNC_ERROR, LYNC_BINDING, binding,
             SAY("a certificate is bound to listener '%s', which speaks http", listener->name),
             SAY("lyncadm binding remove %s '*'", listener->name));
    }
}

static const lync_certificate_t *certificate_of(const lync_model_t *model, const char *listener, const char *host)
{
    const lync_binding_t *found = default_binding(model, listener);
    int i;

    for (i = 0; i < model->rows[LYNC_BINDING]->nelts; ++i) {
        const lync_binding_t *binding = LYNC_ROW(model, LYNC_BINDING, i);

        if (!strcmp(binding->listener, listener) && !strcmp(binding->host, host))
            found = binding;
    }
    return found ? lync_model_find(model, LYNC_CERTIFICATE, found->certificate) : NULL;
}

static void check_coverage(book_t *book, const lync_listener_t *listener, const lync_route_t *route)
{
    const lync_certificate_t *certificate;
    const char *key = SAY("%s %s", listener->name, route->host);

    if (apr_hash_get(book->covered, key, APR_HASH_KEY_STRING))
        return;
    apr_hash_set(book->covered, key, APR_HASH_KEY_STRING, key);
    certificate = certificate_of(book->model, listener->name, route->host);
    if (certificate && !lync_certificate_covers(certificate, route->host))
        find(book, LYNC_WARNING, LYNC_ROUTE, route,
             SAY("certificate '%s' does not cover '%s': clients will refuse it", certificate->name, route->host),
             SAY("bind one that does: lyncadm binding add %s %s --certificate NAME", listener->name, route->host));
}

static void check_binding(book_t *book, const lync_binding_t *binding)
{
    int i;

    if (!strcmp(binding->host, "*"))
        return;
    for (i = 0; i < book->model->rows[LYNC_ROUTE]->nelts; ++i) {
        const lync_route_t *route = LYNC_ROW(book->model, LYNC_ROUTE, i);

        if (!strcmp(route->listener, binding->listener) && !strcmp(route->host, binding->host))
            return;
    }
    find(book, LYNC_ADVICE, LYNC_BINDING, binding,
         SAY("a certificate is bound for '%s', which listener '%s' does not publish", binding->host,
             binding->listener), SAY("lyncadm binding remove %s %s", binding->listener, binding->host));
}

static void check_certificate(book_t *book, const lync_certificate_t *certificate)
{
    apr_time_t now = apr_time_now(), end = lync_certificate_time(certificate->not_after);
    const char *replace = SAY("lyncadm certificate set %s --chain FILE --key FILE", certificate->name);

    if (end && end < now)
        find(book, LYNC_WARNING, LYNC_CERTIFICATE, certificate,
             SAY("certificate '%s' expired on %.10s", certificate->name, certificate->not_after), replace);
    else if (end && end < now + apr_time_from_sec(EXPIRY_WARNING_DAYS * 86400))
        find(book, LYNC_WARNING, LYNC_CERTIFICATE, certificate,
             SAY("certificate '%s' expires on %.10s", certificate->name, certificate->not_after), replace);
    if (lync_certificate_time(certificate->not_before) > now)
        find(book, LYNC_WARNING, LYNC_CERTIFICATE, certificate,
             SAY("certificate '%s' is not valid before %.10s", certificate->name, certificate->not_before), replace);
}

static int is_reached_by_https(const lync_model_t *model, const char *pool)
{
    int i;

    for (i = 0; i < model->rows[LYNC_ROUTE]->nelts; ++i) {
        const lync_route_t *route = LYNC_ROW(model, LYNC_ROUTE, i);

        if (route->pool && route->scheme && !strcmp(route->pool, pool) && !strcmp(route->scheme, "https"))
            return 1;
    }
    return 0;
}

/* mod_proxy and mod_proxy_hcheck keep these in fields of fixed size and would cut them off. */
#define MAX_SERVER_HOST 220
#define MAX_HEALTH_PATH 60
#define MAX_COOKIE 60

static void check_server(book_t *book, const lync_server_t *server)
{
    const lync_pool_t *pool = lync_model_find(book->model, LYNC_POOL, server->pool);

    if (strlen(server->host) > MAX_SERVER_HOST)
        find(book, LYNC_ERROR, LYNC_SERVER, server,
             SAY("server '%s' has a name of more than %d characters", server->host, MAX_SERVER_HOST),
             SAY("lyncadm server remove %s --pool %s", server->host, server->pool));
    if (pool && !pool->verify_name && !lync_value_is_host(server->host)
        && is_reached_by_https(book->model, pool->name))
        find(book, LYNC_ERROR, LYNC_SERVER, server,
             SAY("server '%s' of pool '%s' is an address, and nothing says which name its certificate must bear",
                 server->host, pool->name),
             SAY("lyncadm pool set %s --verify-name NAME", pool->name));
}

static void check_pool_lengths(book_t *book, const lync_pool_t *pool)
{
    if (strlen(pool->health_path) > MAX_HEALTH_PATH)
        find(book, LYNC_ERROR, LYNC_POOL, pool,
             SAY("pool '%s' has a health path of more than %d characters", pool->name, MAX_HEALTH_PATH),
             SAY("lyncadm pool set %s --health-path PATH", pool->name));
    if (strlen(pool->cookie) > MAX_COOKIE)
        find(book, LYNC_ERROR, LYNC_POOL, pool,
             SAY("pool '%s' has a cookie name of more than %d characters", pool->name, MAX_COOKIE),
             SAY("lyncadm pool set %s --cookie NAME", pool->name));
}

static void check_pool(book_t *book, const lync_pool_t *pool)
{
    int i, servers = 0, usable = 0;

    check_pool_lengths(book, pool);
    for (i = 0; i < book->model->rows[LYNC_SERVER]->nelts; ++i) {
        const lync_server_t *server = LYNC_ROW(book->model, LYNC_SERVER, i);

        if (strcmp(server->pool, pool->name))
            continue;
        ++servers;
        usable += !strcmp(server->state, "active") || !strcmp(server->state, "standby");
    }
    if (!servers)
        find(book, LYNC_ERROR, LYNC_POOL, pool, SAY("pool '%s' has no server", pool->name),
             SAY("lyncadm server add HOST --pool %s, or lyncadm pool remove %s", pool->name, pool->name));
    else if (!usable)
        find(book, LYNC_WARNING, LYNC_POOL, pool, SAY("pool '%s' has no active server", pool->name),
             SAY("lyncadm server set HOST --pool %s --state active", pool->name));
    if (!pool->ca && is_reached_by_https(book->model, pool->name))
        find(book, LYNC_ERROR, LYNC_POOL, pool,
             SAY("pool '%s' is reached over https but nothing says which root certificates to trust", pool->name),
             SAY("lyncadm pool set %s --ca FILE", pool->name));
}

static const char *route_key(book_t *book, const char *listener, const char *host, const char *path)
{
    char *key = apr_pstrcat(book->pool, listener, " ", host, " ", path, NULL), *c;

    for (c = key + strlen(key) - strlen(path); *c; ++c) {
        if (*c >= 'A' && *c <= 'Z')
            *c |= 0x20;
    }
    return key;
}

static void check_twins(book_t *book, const lync_route_t *route)
{
    const char *key = route_key(book, route->listener, route->host, route->path);
    const lync_route_t *twin = apr_hash_get(book->routes, key, APR_HASH_KEY_STRING);

    if (twin && twin != route)
        find(book, LYNC_ERROR, LYNC_ROUTE, route,
             SAY("routes '%s' and '%s' of host '%s' differ only in case, which Lync ignores", twin->path,
                 route->path, route->host),
             SAY("lyncadm route remove %s %s %s", route->listener, route->host, route->path));
}

/* What a route's action needs, and what would be misleading beside it. */
static void check_action(book_t *book, const lync_route_t *route)
{
    int publish = !strcmp(route->action, "publish"), redirect = !strcmp(route->action, "redirect");
    const char *label = lync_row_label(book->pool, lync_noun(LYNC_ROUTE), route);
    const char *remedy = SAY("lyncadm route set %s", label);

    if (publish && (!route->pool || !route->scheme || !route->profile))
        find(book, LYNC_ERROR, LYNC_ROUTE, route, SAY("route '%s' publishes without %s", label,
             !route->pool ? "a pool" : !route->scheme ? "a scheme" : "a profile"),
             SAY("%s --pool POOL --scheme https --profile PROFILE", remedy));
    if (!publish && route->pool)
        find(book, LYNC_ERROR, LYNC_ROUTE, route, SAY("route '%s' does not publish but names a pool", label),
             SAY("%s --action publish", remedy));
    if (redirect != (route->location != NULL))
        find(book, LYNC_ERROR, LYNC_ROUTE, route,
             redirect ? SAY("route '%s' redirects without a location", label)
                      : SAY("route '%s' does not redirect but has a location", label),
             redirect ? SAY("%s --location URL", remedy) : SAY("%s --action redirect", remedy));
}

/* Credentials must never travel on the clear-text rule (lync-requirements §6.1). */
static void check_clear_text(book_t *book, const lync_route_t *route)
{
    const char *label = lync_row_label(book->pool, lync_noun(LYNC_ROUTE), route);
    char *methods = apr_pstrdup(book->pool, route->methods ? route->methods : ""), *last, *method;
    int others = !*methods;

    for (method = apr_strtok(methods, " ", &last); method; method = apr_strtok(NULL, " ", &last))
        others = others || !lync_word_in("GET HEAD", method);
    if (others)
        find(book, LYNC_ERROR, LYNC_ROUTE, route,
             SAY("route '%s' lets other methods than GET and HEAD through in clear text", label),
             SAY("lyncadm route set %s --methods 'GET HEAD'", label));
    if (!lync_word_in(route->refuse_headers, "Authorization"))
        find(book, LYNC_ERROR, LYNC_ROUTE, route,
             SAY("route '%s' lets credentials through in clear text", label),
             SAY("lyncadm route set %s --refuse-headers Authorization", label));
}

static void check_timeout(book_t *book, const lync_route_t *route)
{
    const lync_service_t *service = lync_model_find(book->model, LYNC_SERVICE, route->service);
    const lync_profile_t *profile = lync_model_find(book->model, LYNC_PROFILE, route->profile);
    const lync_profile_t *needed = service ? lync_model_find(book->model, LYNC_PROFILE, service->profile) : NULL;

    if (profile && needed && profile->timeout < needed->timeout)
        find(book, LYNC_WARNING, LYNC_ROUTE, route,
             SAY("route '%s' gives up after %d s, service '%s' needs %d s",
                 lync_row_label(book->pool, lync_noun(LYNC_ROUTE), route), profile->timeout, service->name,
                 needed->timeout),
             SAY("lyncadm route set %s --profile %s", lync_row_label(book->pool, lync_noun(LYNC_ROUTE), route),
                 needed->name));
}

/* A prefix that publishes must not publish what is refused by default (lync-requirements §8). */
static void check_refused_services(book_t *book, const lync_route_t *route)
{
    const lync_pool_t *pool = lync_model_find(book->model, LYNC_POOL, route->pool);
    int i;

    if (!pool || !strcmp(pool->role, "officewebapps") || strcmp(route->path, "/"))
        return;
    for (i = 0; i < book->model->rows[LYNC_SERVICE]->nelts; ++i) {
        const lync_service_t *service = LYNC_ROW(book->model, LYNC_SERVICE, i);
        const char *key = route_key(book, route->listener, route->host, service->path);

        if (!strcmp(service->action, "refuse") && !apr_hash_get(book->routes, key, APR_HASH_KEY_STRING))
            find(book, LYNC_WARNING, LYNC_ROUTE, route,
                 SAY("host '%s' publishes '%s' (%s), which should not be reached from outside", route->host,
                     service->path, service->name),
                 SAY("lyncadm route add %s %s %s --action refuse --service %s", route->listener, route->host,
                     service->path, service->name));
    }
}

static void check_route(book_t *book, const lync_route_t *route)
{
    const lync_listener_t *listener = lync_model_find(book->model, LYNC_LISTENER, route->listener);

    check_twins(book, route);
    check_action(book, route);
    if (strcmp(route->action, "publish") || !listener)
        return;
    if (!strcmp(listener->scheme, "http"))
        check_clear_text(book, route);
    else
        check_coverage(book, listener, route);
    if (!strcmp(listener->scheme, "https") && route->scheme && !strcmp(route->scheme, "http"))
        find(book, LYNC_WARNING, LYNC_ROUTE, route,
             SAY("route '%s' takes https to the pool's clear-text port",
                 lync_row_label(book->pool, lync_noun(LYNC_ROUTE), route)),
             SAY("lyncadm route set %s --scheme https", lync_row_label(book->pool, lync_noun(LYNC_ROUTE), route)));
    check_timeout(book, route);
    check_refused_services(book, route);
}

static int is_prefix(const char *url, const char *other)
{
    apr_size_t length = strlen(url);

    return !strncasecmp(url, other, length) && (!other[length] || other[length] == '/');
}

typedef struct simple_url_t {
    const lync_domain_t *domain;
    const char *url;
    const char *kind;
} simple_url_t;

/* Unique, and none a prefix of another (lync-requirements §6.3); one Dialin serves all domains. */
static void check_simple_urls(book_t *book)
{
    apr_array_header_t *urls = apr_array_make(book->pool, 8, sizeof(simple_url_t));
    int i, j;

    for (i = 0; i < book->model->rows[LYNC_DOMAIN]->nelts; ++i) {
        const lync_domain_t *domain = LYNC_ROW(book->model, LYNC_DOMAIN, i);

        if (domain->meet)
            APR_ARRAY_PUSH(urls, simple_url_t) = (simple_url_t){ domain, domain->meet, "meet" };
        if (domain->dialin)
            APR_ARRAY_PUSH(urls, simple_url_t) = (simple_url_t){ domain, domain->dialin, "dialin" };
        if (domain->admin)
            APR_ARRAY_PUSH(urls, simple_url_t) = (simple_url_t){ domain, domain->admin, "admin" };
    }
    for (i = 0; i < urls->nelts; ++i) {
        const simple_url_t *a = &APR_ARRAY_IDX(urls, i, simple_url_t);

        for (j = 0; j < urls->nelts; ++j) {
            const simple_url_t *b = &APR_ARRAY_IDX(urls, j, simple_url_t);
            int shared = !strcmp(a->kind, b->kind) && strcmp(a->kind, "meet") && !strcmp(a->url, b->url);

            if (i != j && !shared && is_prefix(a->url, b->url))
                find(book, LYNC_ERROR, LYNC_DOMAIN, a->domain,
                     SAY("simple URL %s '%s' of domain '%s' is a prefix of %s '%s'", a->kind, a->url,
                         a->domain->name, b->kind, b->url),
                     SAY("lyncadm domain set %s --%s URL", a->domain->name, a->kind));
        }
    }
}

static int by_level(const void *a, const void *b)
{
    const lync_finding_t *x = *(const lync_finding_t *const *)a, *y = *(const lync_finding_t *const *)b;

    if (x->level != y->level)
        return (int)x->level - (int)y->level;
    return x->noun->id != y->noun->id ? (int)x->noun->id - (int)y->noun->id : strcmp(x->message, y->message);
}

static void index_routes(book_t *book)
{
    int i;

    book->routes = apr_hash_make(book->pool);
    book->covered = apr_hash_make(book->pool);
    for (i = 0; i < book->model->rows[LYNC_ROUTE]->nelts; ++i) {
        const lync_route_t *route = LYNC_ROW(book->model, LYNC_ROUTE, i);

        apr_hash_set(book->routes, route_key(book, route->listener, route->host, route->path),
                     APR_HASH_KEY_STRING, route);
    }
}

apr_array_header_t *lync_check(const lync_model_t *model, apr_pool_t *p)
{
    book_t book_ = { model, apr_array_make(p, 16, sizeof(lync_finding_t *)), NULL, NULL, p }, *book = &book_;
    int i;

#define EACH(id, check) \
    for (i = 0; i < model->rows[id]->nelts; ++i) \
        check(book, LYNC_ROW(model, id, i))

    index_routes(book);
    check_references(book);
    EACH(LYNC_LISTENER, check_listener);
    EACH(LYNC_CERTIFICATE, check_certificate);
    EACH(LYNC_BINDING, check_binding);
    EACH(LYNC_POOL, check_pool);
    EACH(LYNC_SERVER, check_server);
    EACH(LYNC_ROUTE, check_route);
#undef EACH
    check_simple_urls(book);
    qsort(book->findings->elts, book->findings->nelts, sizeof(lync_finding_t *), by_level);
    return book->findings;
}

static int is_bound(const lync_model_t *model, const char *certificate)
{
    int i;

    for (i = 0; i < model->rows[LYNC_BINDING]->nelts; ++i) {
        if (!strcmp(((lync_binding_t *)LYNC_ROW(model, LYNC_BINDING, i))->certificate, certificate))
            return 1;
    }
    return 0;
}

static void check_key_mode(book_t *book, const lync_certificate_t *certificate)
{
    apr_finfo_t info;

    if (apr_stat(&info, certificate->key, APR_FINFO_PROT, book->pool) == APR_SUCCESS
        && info.protection & (APR_FPROT_WREAD | APR_FPROT_WWRITE))
        find(book, LYNC_WARNING, LYNC_CERTIFICATE, certificate,
             SAY("key file '%s' of certificate '%s' can be read by every user", certificate->key, certificate->name),
             SAY("chmod 600 %s", certificate->key));
}

void lync_check_files(const lync_model_t *model, apr_array_header_t *findings, apr_pool_t *p)
{
    book_t book_ = { model, findings, NULL, NULL, p }, *book = &book_;
    int i;

    for (i = 0; i < model->rows[LYNC_CERTIFICATE]->nelts; ++i) {
        const lync_certificate_t *certificate = LYNC_ROW(model, LYNC_CERTIFICATE, i);
        const lync_err_t *err = lync_certificate_test(certificate, p);

        if (err)
            find(book, is_bound(model, certificate->name) ? LYNC_ERROR : LYNC_WARNING, LYNC_CERTIFICATE, certificate,
                 SAY("certificate '%s': %s", certificate->name, err->sentence),
                 SAY("lyncadm certificate set %s --chain FILE --key FILE", certificate->name));
        check_key_mode(book, certificate);
    }
    for (i = 0; i < model->rows[LYNC_POOL]->nelts; ++i) {
        const lync_pool_t *pool = LYNC_ROW(model, LYNC_POOL, i);
        const lync_err_t *err = pool->ca ? lync_certificate_test_ca(pool->ca, p) : NULL;

        if (err)
            find(book, LYNC_ERROR, LYNC_POOL, pool, SAY("trust anchors of pool '%s': %s", pool->name, err->sentence),
                 SAY("lyncadm pool set %s --ca FILE", pool->name));
    }
    qsort(findings->elts, findings->nelts, sizeof(lync_finding_t *), by_level);
}

const char *lync_level_name(lync_level_t level)
{
    switch (level) {
    case LYNC_ERROR:
        return "error";
    case LYNC_WARNING:
        return "warning";
    case LYNC_ADVICE:
        return "advice";
    }
    return "?";
}

const lync_err_t *lync_check_refusal(const apr_array_header_t *findings, const char *store, apr_pool_t *p)
{
    const lync_finding_t *first = findings->nelts ? APR_ARRAY_IDX(findings, 0, lync_finding_t *) : NULL;

    if (!first || first->level != LYNC_ERROR)
        return NULL;
    return lync_err(p, "store '%s', table %s, row %d: %s (remedy: %s)", store, first->noun->name,
                    first->row ? ((const lync_row_t *)first->row)->rowid : 0, first->message, first->remedy);
}
