/* A request target, and a Host field after its first newline, against a table of routes. */

#include "fuzz.h"

#include <apr_strings.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "route.h"
#include "view.h"

static void add(lync_model_t *model, const char *path, const char *action, apr_pool_t *p)
{
    lync_route_t *route = lync_row_new(p, lync_noun(LYNC_ROUTE));

    route->listener = "external";
    route->host = "webext.contoso.com";
    route->path = path;
    route->action = action;
    APR_ARRAY_PUSH(model->rows[LYNC_ROUTE], void *) = route;
}

/* A path in a view is absolute, in lower case, without empty segments and trailing slash. */
static void check_view(const char *path, size_t length)
{
    size_t i;

    PROMISE(!length || path[0] == '/');
    PROMISE(!length || path[length - 1] != '/');
    for (i = 0; i < length; ++i) {
        PROMISE(path[i]);
        PROMISE(path[i] < 'A' || path[i] > 'Z');
        PROMISE(path[i] != '/' || path[i + 1 < length ? i + 1 : i] != '/' || i + 1 == length);
    }
}

void fuzz_one(const uint8_t *data, size_t size, apr_pool_t *p)
{
    char *target = apr_pstrmemdup(p, (const char *)data, size), *host = strchr(target, '\n');
    lync_model_t *model = apr_pcalloc(p, sizeof(*model));
    const lync_route_t *route;
    lync_views_t views;
    lync_match_t match;
    int i;

    if (host)
        *host++ = '\0';
    model->rows[LYNC_ROUTE] = apr_array_make(p, 4, sizeof(void *));
    add(model, "/", "publish", p);
    add(model, "/ucwa/v1", "publish", p);
    add(model, "/cscp", "refuse", p);
    match = lync_route_find(lync_route_map(model, "external", p), host && *host ? host : "webext.contoso.com",
                            target, &route, p);
    PROMISE(match != LYNC_MATCH_ROUTE || route);
    if (lync_view(&views, target, p)) {
        for (i = 0; i < views.count; ++i) {
            check_view(views.path[i], views.length[i]);
            /* what any view calls a refused directory is never published */
            if (match == LYNC_MATCH_ROUTE && views.length[i] >= 5 && !memcmp(views.path[i], "/cscp", 5)
                && (views.length[i] == 5 || views.path[i][5] == '/'))
                PROMISE(!strcmp(route->action, "refuse"));
        }
    }
}
