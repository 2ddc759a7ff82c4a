#include "check_private.h"

#include "value.h"

/* The rule book on pools and their servers. */

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

void lync_check_server(lync_book_t *book, const lync_server_t *server)
{
    const lync_pool_t *pool = lync_model_find(book->model, LYNC_POOL, server->pool);

    if (strlen(server->host) > MAX_SERVER_HOST)
        FIND(LYNC_ERROR, LYNC_SERVER, server,
             SAY("server '%s' has a name of more than %d characters", server->host, MAX_SERVER_HOST),
             SAY("lyncadm server remove %s --pool %s", server->host, server->pool));
    if (pool && !pool->verify_name && !lync_value_is_host(server->host)
        && is_reached_by_https(book->model, pool->name))
        FIND(LYNC_ERROR, LYNC_SERVER, server,
             SAY("server '%s' of pool '%s' is an address, and nothing says which name its certificate must bear",
                 server->host, pool->name),
             SAY("lyncadm pool set %s --verify-name NAME", pool->name));
}

static void check_pool_lengths(lync_book_t *book, const lync_pool_t *pool)
{
    if (strlen(pool->health_path) > MAX_HEALTH_PATH)
        FIND(LYNC_ERROR, LYNC_POOL, pool,
             SAY("pool '%s' has a health path of more than %d characters", pool->name, MAX_HEALTH_PATH),
             SAY("lyncadm pool set %s --health-path PATH", pool->name));
    if (strlen(pool->cookie) > MAX_COOKIE)
        FIND(LYNC_ERROR, LYNC_POOL, pool,
             SAY("pool '%s' has a cookie name of more than %d characters", pool->name, MAX_COOKIE),
             SAY("lyncadm pool set %s --cookie NAME", pool->name));
}

void lync_check_pool(lync_book_t *book, const lync_pool_t *pool)
{
    int i, servers = 0, usable = 0;

    check_pool_lengths(book, pool);
    lync_check_pool_tls(book, pool);
    for (i = 0; i < book->model->rows[LYNC_SERVER]->nelts; ++i) {
        const lync_server_t *server = LYNC_ROW(book->model, LYNC_SERVER, i);

        if (strcmp(server->pool, pool->name))
            continue;
        ++servers;
        usable += !strcmp(server->state, "active") || !strcmp(server->state, "standby");
    }
    if (!servers)
        FIND(LYNC_ERROR, LYNC_POOL, pool, SAY("pool '%s' has no server", pool->name),
             SAY("lyncadm server add HOST --pool %s, or lyncadm pool remove %s", pool->name, pool->name));
    else if (!usable)
        FIND(LYNC_WARNING, LYNC_POOL, pool, SAY("pool '%s' has no active server", pool->name),
             SAY("lyncadm server set HOST --pool %s --state active", pool->name));
    if (!pool->ca && is_reached_by_https(book->model, pool->name))
        FIND(LYNC_ERROR, LYNC_POOL, pool,
             SAY("pool '%s' is reached over https but nothing says which root certificates to trust", pool->name),
             SAY("lyncadm pool set %s --ca FILE", pool->name));
}
