#ifndef LYNC_ROUTE_H
#define LYNC_ROUTE_H

#include <apr_hash.h>

#include "lync.h"

/*
 * Route matching, pure: no httpd, no locks, constant after it was built. The path of a request is
 * looked at in every view that the pool's IIS may take of it (view.c); it is forwarded raw.
 */

typedef struct lync_route_map_t lync_route_map_t;       /* the routes of one listener */

/* The routes of a listener, in p; entries point into the model. */
lync_route_map_t *lync_route_map(const lync_model_t *model, const char *listener, apr_pool_t *p);

typedef enum lync_match_t {
    LYNC_MATCH_ROUTE,           /* *route is it; its action may be to refuse */
    LYNC_MATCH_NO_HOST,         /* the host is not published on this listener */
    LYNC_MATCH_NO_PATH,         /* the host is, the path is not */
    LYNC_MATCH_AMBIGUOUS,       /* the raw path and a view of it lead to different routes */
    LYNC_MATCH_BAD_PATH         /* NUL, escapes the root, not decodable, no path at all */
} lync_match_t;

/*
 * The route of host (as in the Host field: any case, with or without port) and target (origin
 * form: path and query, raw). The longest prefix wins; case is ignored. p is for the views.
 * When any view leads to a route that refuses, that is the route.
 */
lync_match_t lync_route_find(const lync_route_map_t *map, const char *host, const char *target,
                             const lync_route_t **route, apr_pool_t *p);

/*
 * What becomes of a request for host and target, in words: "publish to POOL by https", "redirect to URL",
 * "refuse", "redirect to https", "unknown host", …; in p. elsewhere: hosts that the listener redirects to
 * https, or NULL. *route: NULL when none was found. Module and lyncadm say the same when they know the same.
 */
const char *lync_route_decision(const lync_route_map_t *map, apr_hash_t *elsewhere, const char *host,
                                const char *target, const lync_route_t **route, apr_pool_t *p);

/* Where a route publishes to, the same for all that share connections; in p. NULL: it does not publish. */
const char *lync_route_backend(const lync_route_t *route, apr_pool_t *p);

/* Whether host (as above) has any route in this map. */
int lync_route_has_host(const lync_route_map_t *map, const char *host);

/* The value of a host (as above) in a hash by lower case names, or NULL. */
const void *lync_host_get(apr_hash_t *hosts, const char *host);

/* Length of the name in a Host field, without port and without a trailing dot; 0 when it is no
 * host name. */
apr_size_t lync_host_length(const char *host);

#endif
