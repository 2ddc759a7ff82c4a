#include "mod_lync.h"

#include <apr_strings.h>
#include <http_protocol.h>

/* What the routes of a revision mean for requests, with the virtual hosts and balancers that there are. */

static apr_array_header_t *words(const char *text, apr_pool_t *p)
{
    apr_array_header_t *array;
    char *last, *word;

    if (!text)
        return NULL;
    array = apr_array_make(p, 2, sizeof(const char *));
    for (word = apr_strtok(apr_pstrdup(p, text), " ", &last); word; word = apr_strtok(NULL, " ", &last))
        APR_ARRAY_PUSH(array, const char *) = word;
    return array;
}

static apr_int64_t method_mask(const apr_array_header_t *methods)
{
    apr_int64_t mask = 0;
    int i;

    for (i = 0; methods && i < methods->nelts; ++i) {
        int number = ap_method_number_of(LYNC_ITEM(methods, const char *, i));

        if (number != M_INVALID)
            mask |= AP_METHOD_BIT << number;
    }
    return mask;
}

const char *lync_target_lost(const lync_snapshot_t *snapshot, const lync_route_t *route)
{
    const lync_pool_t *pool = lync_model_find(snapshot->model, LYNC_POOL, route->pool);

    return strcmp(route->scheme, "https") ? NULL : lync_quarantined(snapshot, pool);
}

/* 0: there is no balancer for it. */
static int find_backend(lync_target_t *target, const lync_snapshot_t *snapshot, apr_pool_t *p, apr_pool_t *scratch)
{
    const char *backend = lync_route_backend(target->route, scratch);

    if (!backend)
        return 1;
    target->quarantine = lync_target_lost(snapshot, target->route);
    if (target->quarantine)
        return 1;
    target->backend = apr_hash_get(snapshot->by_target, backend, APR_HASH_KEY_STRING);
    if (!target->backend)
        return 0;
    target->prefix = apr_pstrcat(p, "proxy:", target->backend->url, NULL);
    return 1;
}

static int add_targets(lync_table_t *table, const lync_snapshot_t *snapshot, apr_pool_t *p, apr_pool_t *scratch)
{
    int i;

    table->targets = apr_hash_make(p);
    for (i = 0; i < table->model->rows[LYNC_ROUTE]->nelts; ++i) {
        const lync_route_t *route = LYNC_ROW(table->model, LYNC_ROUTE, i);
        lync_target_t *target = apr_pcalloc(p, sizeof(*target));

        target->route = route;
        target->name = apr_pstrcat(p, route->host, route->path, NULL);
        target->route_count = target->service_count = -1;
        if (!find_backend(target, snapshot, p, scratch))
            return 0;
        target->methods = words(route->methods, p);
        target->allowed = method_mask(target->methods);
        target->pin = !strcmp(route->pin, "off") ? LYNC_PIN_OFF : !strcmp(route->pin, "always") ? LYNC_PIN_ALWAYS
                      : LYNC_PIN_AUTH;
        target->refuse_headers = words(route->refuse_headers, p);
        apr_hash_set(table->targets, &route->row.rowid, sizeof(route->row.rowid), target);
    }
    return 1;
}

/* Sites of one listener share a map; they come one after the other. */
static void add_maps(lync_table_t *table, const lync_snapshot_t *snapshot, apr_pool_t *p)
{
    const char *last = NULL;
    int i;

    table->maps = apr_pcalloc(p, sizeof(*table->maps) * (apr_size_t)snapshot->sites->nelts);
    for (i = 0; i < snapshot->sites->nelts; ++i) {
        const char *listener = LYNC_ITEM(snapshot->sites, lync_site_t *, i)->listener->name;

        table->maps[i] = last && !strcmp(last, listener) ? table->maps[i - 1]
                         : lync_route_map(table->model, listener, p);
        last = listener;
    }
}

lync_table_t *lync_target_table(const lync_snapshot_t *snapshot, const lync_model_t *model, apr_pool_t *p)
{
    lync_table_t *table = apr_pcalloc(p, sizeof(*table));
    apr_pool_t *scratch;
    int complete;

    table->model = model;
    /* The first site is home to the balancers: without a site there is none, and nobody to ask. */
    if (!snapshot->sites->nelts)
        return table;
    apr_pool_create(&scratch, p);
    complete = add_targets(table, snapshot, p, scratch);
    apr_pool_destroy(scratch);
    if (!complete)
        return NULL;
    add_maps(table, snapshot, p);
    return table;
}

const lync_target_t *lync_target(const lync_table_t *table, const lync_route_t *route)
{
    return apr_hash_get(table->targets, &route->row.rowid, sizeof(route->row.rowid));
}
