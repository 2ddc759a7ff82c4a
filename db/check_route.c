#include "check_private.h"

/* The rule book on routes. */

static void check_twins(lync_book_t *book, const lync_route_t *route)
{
    const char *key = lync_book_key(book, route->listener, route->host, route->path);
    const lync_route_t *twin = apr_hash_get(book->routes, key, APR_HASH_KEY_STRING);

    if (twin && twin != route)
        FIND(LYNC_ERROR, LYNC_ROUTE, route,
             SAY("routes '%s' and '%s' of host '%s' differ only in case, which Lync ignores", twin->path,
                 route->path, route->host),
             SAY("lyncadm route remove %s %s %s", route->listener, route->host, route->path));
}

/* What a route's action needs, and what would be misleading beside it. */
static void check_action(lync_book_t *book, const lync_route_t *route)
{
    int publish = !strcmp(route->action, "publish"), redirect = !strcmp(route->action, "redirect");
    const char *label = lync_row_label(book->pool, lync_noun(LYNC_ROUTE), route);
    const char *remedy = SAY("lyncadm route set %s", label);

    if (publish && (!route->pool || !route->scheme || !route->profile))
        FIND(LYNC_ERROR, LYNC_ROUTE, route, SAY("route '%s' publishes without %s", label,
             !route->pool ? "a pool" : !route->scheme ? "a scheme" : "a profile"),
             SAY("%s --pool POOL --scheme https --profile PROFILE", remedy));
    if (!publish && route->pool)
        FIND(LYNC_ERROR, LYNC_ROUTE, route, SAY("route '%s' does not publish but names a pool", label),
             SAY("%s --action publish", remedy));
    if (redirect != (route->location != NULL))
        FIND(LYNC_ERROR, LYNC_ROUTE, route,
             redirect ? SAY("route '%s' redirects without a location", label)
                      : SAY("route '%s' does not redirect but has a location", label),
             redirect ? SAY("%s --location URL", remedy) : SAY("%s --action redirect", remedy));
}

/* Credentials must never travel on the clear-text rule (lync-requirements §6.1). */
static void check_clear_text(lync_book_t *book, const lync_route_t *route)
{
    const char *label = lync_row_label(book->pool, lync_noun(LYNC_ROUTE), route);
    char *methods = apr_pstrdup(book->pool, route->methods ? route->methods : ""), *last, *method;
    int others = !*methods;

    for (method = apr_strtok(methods, " ", &last); method; method = apr_strtok(NULL, " ", &last))
        others = others || !lync_word_in("GET HEAD", method);
    if (others)
        FIND(LYNC_ERROR, LYNC_ROUTE, route,
             SAY("route '%s' lets other methods than GET and HEAD through in clear text", label),
             SAY("lyncadm route set %s --methods 'GET HEAD'", label));
    if (!lync_word_in(route->refuse_headers, "Authorization"))
        FIND(LYNC_ERROR, LYNC_ROUTE, route,
             SAY("route '%s' lets credentials through in clear text", label),
             SAY("lyncadm route set %s --refuse-headers Authorization", label));
}

static void check_timeout(lync_book_t *book, const lync_route_t *route)
{
    const lync_service_t *service = lync_model_find(book->model, LYNC_SERVICE, route->service);
    const lync_profile_t *profile = lync_model_find(book->model, LYNC_PROFILE, route->profile);
    const lync_profile_t *needed = service ? lync_model_find(book->model, LYNC_PROFILE, service->profile) : NULL;

    if (profile && needed && profile->timeout < needed->timeout)
        FIND(LYNC_WARNING, LYNC_ROUTE, route,
             SAY("route '%s' gives up after %d s, service '%s' needs %d s",
                 lync_row_label(book->pool, lync_noun(LYNC_ROUTE), route), profile->timeout, service->name,
                 needed->timeout),
             SAY("lyncadm route set %s --profile %s", lync_row_label(book->pool, lync_noun(LYNC_ROUTE), route),
                 needed->name));
}

/* A prefix that publishes must not publish what is refused by default (lync-requirements §8). */
static void check_refused_services(lync_book_t *book, const lync_route_t *route)
{
    const lync_pool_t *pool = lync_model_find(book->model, LYNC_POOL, route->pool);
    int i;

    if (!pool || !strcmp(pool->role, "officewebapps") || strcmp(route->path, "/"))
        return;
    for (i = 0; i < book->model->rows[LYNC_SERVICE]->nelts; ++i) {
        const lync_service_t *service = LYNC_ROW(book->model, LYNC_SERVICE, i);
        const char *key = lync_book_key(book, route->listener, route->host, service->path);

        if (!strcmp(service->action, "refuse") && !apr_hash_get(book->routes, key, APR_HASH_KEY_STRING))
            FIND(LYNC_WARNING, LYNC_ROUTE, route,
                 SAY("host '%s' publishes '%s' (%s), which should not be reached from outside", route->host,
                     service->path, service->name),
                 SAY("lyncadm route add %s %s %s --action refuse --service %s", route->listener, route->host,
                     service->path, service->name));
    }
}

void lync_check_route(lync_book_t *book, const lync_route_t *route)
{
    const lync_listener_t *listener = lync_model_find(book->model, LYNC_LISTENER, route->listener);

    check_twins(book, route);
    check_action(book, route);
    if (listener && !strcmp(listener->scheme, "https"))
        lync_check_managed_host(book, listener, route);
    if (strcmp(route->action, "publish") || !listener)
        return;
    if (!strcmp(listener->scheme, "http"))
        check_clear_text(book, route);
    else
        lync_check_coverage(book, listener, route);
    if (!strcmp(listener->scheme, "https") && route->scheme && !strcmp(route->scheme, "http"))
        FIND(LYNC_WARNING, LYNC_ROUTE, route,
             SAY("route '%s' takes https to the pool's clear-text port",
                 lync_row_label(book->pool, lync_noun(LYNC_ROUTE), route)),
             SAY("lyncadm route set %s --scheme https", lync_row_label(book->pool, lync_noun(LYNC_ROUTE), route)));
    check_timeout(book, route);
    check_refused_services(book, route);
}
