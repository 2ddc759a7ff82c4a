#include <apr_strings.h>
#include <string.h>

#include "verify.h"

/* The pool itself, asked as the proxy asks it: SNI and the name to verify are the pool's, Host is the public one. */

static const lync_server_t *server_of(const verify_t *verify, const char *pool)
{
    int i;

    for (i = 0; i < verify->model->rows[LYNC_SERVER]->nelts; ++i) {
        const lync_server_t *server = LYNC_ROW(verify->model, LYNC_SERVER, i);

        if (!strcmp(server->pool, pool) && !strcmp(server->state, "active"))
            return server;
    }
    return NULL;
}

static const char *bracketed(const char *host, apr_pool_t *p)
{
    return strchr(host, ':') ? apr_psprintf(p, "[%s]", host) : host;
}

/* As it is in the URL: with the port that clients use. */
static const char *authority_of(const char *url, apr_pool_t *p)
{
    const char *begin = strstr(url, "://") + 3;

    return apr_pstrndup(p, begin, strcspn(begin, "/?"));
}

verify_ask_t *verify_direct(const verify_t *verify, const verify_check_t *check, const char *target)
{
    const lync_route_t *route = check->route;
    const lync_pool_t *pool = lync_model_find(verify->model, LYNC_POOL, route->pool);
    const lync_server_t *server = pool ? server_of(verify, pool->name) : NULL;
    int https = !strcmp(route->scheme, "https"), port;
    apr_pool_t *p = verify->pool;
    verify_ask_t *ask;
    apr_table_t *send;

    if (!server)
        return NULL;
    port = https ? pool->https_port : pool->http_port;
    ask = apr_pmemdup(p, check->ask, sizeof(*ask));
    ask->url = apr_psprintf(p, "%s://%s:%d%s", route->scheme,
                            bracketed(pool->verify_name ? pool->verify_name : server->host, p), port, target);
    ask->connect = apr_psprintf(p, "::%s:%d", bracketed(server->host, p), port);
    send = apr_table_copy(p, check->ask->send);
    apr_table_set(send, "Host", authority_of(check->ask->url, p));
    ask->send = send;
    ask->ca = pool->ca;
    ask->trust = https;
    return ask;
}
