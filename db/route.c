#include "route.h"

#include <apr_lib.h>
#include <apr_strings.h>
#include <string.h>

#include "view.h"

/* What a Host field may be at most: a DNS name of 253. */
#define MAX_HOST 253

typedef struct host_t {
    apr_hash_t *paths;          /* view of a route's path -> lync_route_t */
    int depth;                  /* segments of the longest path: bounds the probes */
} host_t;

struct lync_route_map_t {
    apr_hash_t *hosts;          /* name in lower case -> host_t */
};

static int segments(const char *path, apr_size_t length)
{
    apr_size_t i;
    int n = 0;

    for (i = 0; i < length; ++i)
        n += path[i] == '/';
    return n;
}

static void add(lync_route_map_t *map, const lync_route_t *route, apr_pool_t *p)
{
    host_t *host = apr_hash_get(map->hosts, route->host, APR_HASH_KEY_STRING);
    lync_views_t views;
    int depth, i;

    if (!host) {
        host = apr_pcalloc(p, sizeof(*host));
        host->paths = apr_hash_make(p);
        apr_hash_set(map->hosts, route->host, APR_HASH_KEY_STRING, host);
    }
    /* a stored path is plain enough that only its case can differ */
    if (!lync_view(&views, route->path, p))
        return;
    for (i = 0; i < views.count; ++i) {
        apr_hash_set(host->paths, views.path[i], (apr_ssize_t)views.length[i], route);
        depth = segments(views.path[i], views.length[i]);
        if (depth > host->depth)
            host->depth = depth;
    }
}

lync_route_map_t *lync_route_map(const lync_model_t *model, const char *listener, apr_pool_t *p)
{
    lync_route_map_t *map = apr_palloc(p, sizeof(*map));
    int i;

    map->hosts = apr_hash_make(p);
    for (i = 0; i < model->rows[LYNC_ROUTE]->nelts; ++i) {
        const lync_route_t *route = LYNC_ROW(model, LYNC_ROUTE, i);

        if (!strcmp(route->listener, listener))
            add(map, route, p);
    }
    return map;
}

apr_size_t lync_host_length(const char *host)
{
    apr_size_t length = strcspn(host, ":");
    const char *port = host + length;

    if (*port && port[1 + strspn(port + 1, "0123456789")])
        return 0;
    if (length && host[length - 1] == '.')
        --length;
    return length <= MAX_HOST ? length : 0;
}

const void *lync_host_get(apr_hash_t *hosts, const char *host)
{
    apr_size_t length = lync_host_length(host), i;
    char name[MAX_HOST];

    for (i = 0; i < length; ++i)
        name[i] = (char)apr_tolower(host[i]);
    return length ? apr_hash_get(hosts, name, (apr_ssize_t)length) : NULL;
}

const char *lync_route_backend(const lync_route_t *route, apr_pool_t *p)
{
    return strcmp(route->action, "publish") ? NULL
           : apr_pstrcat(p, route->pool, " ", route->profile, " ", route->scheme, NULL);
}

int lync_route_has_host(const lync_route_map_t *map, const char *host)
{
    return lync_host_get(map->hosts, host) != NULL;
}

/* The longest prefix of path on a segment boundary that is a route's. */
static const lync_route_t *longest(const host_t *host, const char *path, apr_size_t length)
{
    int extra = segments(path, length) - host->depth;
    const lync_route_t *route;

    for (; extra > 0; --extra) {
        while (path[--length] != '/')
            ;
    }
    for (;;) {
        route = apr_hash_get(host->paths, path, (apr_ssize_t)length);
        if (route || !length)
            return route;
        while (path[--length] != '/')
            ;
    }
}

static int refuses(const lync_route_t *route)
{
    return route && !strcmp(route->action, "refuse");
}

lync_match_t lync_route_find(const lync_route_map_t *map, const char *name, const char *target,
                             const lync_route_t **route, apr_pool_t *p)
{
    const host_t *host = lync_host_get(map->hosts, name);
    const lync_route_t *first;
    lync_views_t views;
    int i, agree = 1;

    *route = NULL;
    if (!host)
        return LYNC_MATCH_NO_HOST;
    if (!lync_view(&views, target, p))
        return LYNC_MATCH_BAD_PATH;
    first = longest(host, views.path[0], views.length[0]);
    for (i = 1; i < views.count && !refuses(first); ++i) {
        const lync_route_t *other = longest(host, views.path[i], views.length[i]);

        agree = agree && other == first;
        if (refuses(other))
            first = other;
    }
    *route = first;
    if (refuses(first))
        return LYNC_MATCH_ROUTE;
    if (!agree || views.odd)
        return LYNC_MATCH_AMBIGUOUS;
    return first ? LYNC_MATCH_ROUTE : LYNC_MATCH_NO_PATH;
}

static const char *describe(const lync_route_t *route, apr_pool_t *p)
{
    if (!strcmp(route->action, "publish"))
        return apr_psprintf(p, "publish to %s by %s", route->pool, route->scheme);
    return !strcmp(route->action, "redirect") ? apr_psprintf(p, "redirect to %s", route->location) : route->action;
}

const char *lync_route_decision(const lync_route_map_t *map, apr_hash_t *elsewhere, const char *host,
                                const char *target, const lync_route_t **route, apr_pool_t *p)
{
    lync_match_t match = lync_route_find(map, host, target, route, p);

    if (match == LYNC_MATCH_ROUTE)
        return describe(*route, p);
    *route = NULL;
    if (match == LYNC_MATCH_NO_HOST)
        return elsewhere && lync_host_get(elsewhere, host) ? "redirect to https" : "unknown host";
    return match == LYNC_MATCH_NO_PATH ? "unknown path" : match == LYNC_MATCH_AMBIGUOUS ? "ambiguous path" : "bad path";
}
