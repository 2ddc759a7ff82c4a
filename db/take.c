#include "take.h"

#include <apr_hash.h>
#include <apr_strings.h>
#include <string.h>

#include "host.h"
#include "route.h"

/* Services and domains are what lyncadm plans by: httpd makes nothing of them. */
int lync_take_noun(lync_noun_id_t noun)
{
    return noun == LYNC_ROUTE || noun == LYNC_SERVICE || noun == LYNC_DOMAIN;
}

/* Rows come by key. */
static const char *other_row(const lync_noun_t *noun, const apr_array_header_t *from, const apr_array_header_t *to,
                             apr_pool_t *p)
{
    int i;

    for (i = 0; i < from->nelts && i < to->nelts; ++i) {
        const void *row = APR_ARRAY_IDX(to, i, void *);

        if (!lync_row_same(noun, APR_ARRAY_IDX(from, i, void *), row))
            return apr_psprintf(p, "has another %s '%s'", noun->name, lync_row_label(p, noun, row));
    }
    return from->nelts == to->nelts ? NULL : apr_psprintf(p, "has %s rows of %s", from->nelts < to->nelts ? "more"
                                                          : "fewer", noun->name);
}

static const char *other_hosts(const char *listener, const lync_model_t *from, const lync_model_t *to, apr_pool_t *p)
{
    const apr_array_header_t *before = lync_hosts(from, listener, p), *after = lync_hosts(to, listener, p);
    int i;

    for (i = 0; i < before->nelts || i < after->nelts; ++i) {
        const char *old = i < before->nelts ? APR_ARRAY_IDX(before, i, const char *) : NULL;
        const char *new = i < after->nelts ? APR_ARRAY_IDX(after, i, const char *) : NULL;

        if (!old || (new && strcmp(new, old) < 0))
            return apr_psprintf(p, "has a new host '%s' on listener '%s'", new, listener);
        if (!new || strcmp(new, old))
            return apr_psprintf(p, "has no host '%s' on listener '%s' any more", old, listener);
    }
    return NULL;
}

static const char *new_backend(const lync_model_t *from, const lync_model_t *to, apr_pool_t *p)
{
    apr_hash_t *known = apr_hash_make(p);
    const char *key;
    int i;

    for (i = 0; i < from->rows[LYNC_ROUTE]->nelts; ++i) {
        key = lync_route_backend(LYNC_ROW(from, LYNC_ROUTE, i), p);
        if (key)
            apr_hash_set(known, key, APR_HASH_KEY_STRING, key);
    }
    for (i = 0; i < to->rows[LYNC_ROUTE]->nelts; ++i) {
        const lync_route_t *route = LYNC_ROW(to, LYNC_ROUTE, i);

        key = lync_route_backend(route, p);
        if (key && !apr_hash_get(known, key, APR_HASH_KEY_STRING))
            return apr_psprintf(p, "publishes to pool '%s' by %s with profile '%s', which no route did", route->pool,
                                route->scheme, route->profile);
    }
    return NULL;
}

static const char *compare(const lync_model_t *from, const lync_model_t *to, apr_pool_t *p)
{
    const char *why;
    int id, i;

    for (id = 0; id < LYNC_NOUNS; ++id) {
        why = lync_take_noun(id) ? NULL : other_row(lync_noun(id), from->rows[id], to->rows[id], p);
        if (why)
            return why;
    }
    for (i = 0; i < to->rows[LYNC_LISTENER]->nelts; ++i) {
        why = other_hosts(((const lync_listener_t *)LYNC_ROW(to, LYNC_LISTENER, i))->name, from, to, p);
        if (why)
            return why;
    }
    return new_backend(from, to, p);
}

const char *lync_take_refusal(const lync_model_t *from, const lync_model_t *to, apr_pool_t *p)
{
    const char *why;
    apr_pool_t *scratch;

    apr_pool_create(&scratch, p);
    why = compare(from, to, scratch);
    if (why)
        why = apr_pstrdup(p, why);
    apr_pool_destroy(scratch);
    return why;
}

lync_model_t *lync_take_model(const lync_model_t *from, const lync_model_t *to, apr_pool_t *p)
{
    lync_model_t *model = apr_pmemdup(p, from, sizeof(*from));
    int id, i;

    model->revision = to->revision;
    model->seal = apr_pstrdup(p, to->seal);
    for (id = 0; id < LYNC_NOUNS; ++id) {
        if (!lync_take_noun(id))
            continue;
        model->rows[id] = apr_array_make(p, to->rows[id]->nelts, sizeof(void *));
        for (i = 0; i < to->rows[id]->nelts; ++i)
            APR_ARRAY_PUSH(model->rows[id], void *) = lync_row_copy(p, lync_noun(id), LYNC_ROW(to, id, i));
    }
    return model;
}
