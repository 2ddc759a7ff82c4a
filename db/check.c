#include "check_private.h"

#include <stdlib.h>

void lync_book_find(lync_book_t *book, lync_level_t level, lync_noun_id_t id, const void *row, const char *message,
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

const char *lync_book_key(const lync_book_t *book, const char *listener, const char *host, const char *path)
{
    char *key = apr_pstrcat(book->pool, listener, " ", host, " ", path, NULL), *c;

    for (c = key + strlen(key) - strlen(path); *c; ++c) {
        if (*c >= 'A' && *c <= 'Z')
            *c |= 0x20;
    }
    return key;
}

/* Every value that names another row names one: a store edited by hand may lie. */
static void check_references(lync_book_t *book)
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
                    FIND(LYNC_ERROR, id, row,
                         SAY("%s '%s' names %s '%s', which does not exist", noun->name,
                             lync_row_label(book->pool, noun, row), lync_noun(field->refers)->name, value),
                         SAY("lyncadm %s set or remove it", noun->name));
            }
        }
    }
}

int lync_book_by_level(const void *a, const void *b)
{
    const lync_finding_t *x = *(const lync_finding_t *const *)a, *y = *(const lync_finding_t *const *)b;

    if (x->level != y->level)
        return (int)x->level - (int)y->level;
    return x->noun->id != y->noun->id ? (int)x->noun->id - (int)y->noun->id : strcmp(x->message, y->message);
}

static void index_routes(lync_book_t *book)
{
    int i;

    book->routes = apr_hash_make(book->pool);
    book->covered = apr_hash_make(book->pool);
    for (i = 0; i < book->model->rows[LYNC_ROUTE]->nelts; ++i) {
        const lync_route_t *route = LYNC_ROW(book->model, LYNC_ROUTE, i);

        apr_hash_set(book->routes, lync_book_key(book, route->listener, route->host, route->path),
                     APR_HASH_KEY_STRING, route);
    }
}

apr_array_header_t *lync_check(const lync_model_t *model, apr_pool_t *p)
{
    lync_book_t book_ = { model, apr_array_make(p, 16, sizeof(lync_finding_t *)), NULL, NULL, p }, *book = &book_;
    int i;

#define EACH(id, check) \
    for (i = 0; i < model->rows[id]->nelts; ++i) \
        check(book, LYNC_ROW(model, id, i))

    index_routes(book);
    check_references(book);
    EACH(LYNC_TLS_POLICY, lync_check_tls_policy);
    EACH(LYNC_LISTENER, lync_check_listener);
    EACH(LYNC_CERTIFICATE, lync_check_certificate);
    EACH(LYNC_BINDING, lync_check_binding);
    EACH(LYNC_POOL, lync_check_pool);
    EACH(LYNC_SERVER, lync_check_server);
    EACH(LYNC_ROUTE, lync_check_route);
#undef EACH
    lync_check_simple_urls(book);
    qsort(book->findings->elts, book->findings->nelts, sizeof(lync_finding_t *), lync_book_by_level);
    return book->findings;
}

const char *lync_level_name(lync_level_t level)
{
    switch (level) {
    case LYNC_ERROR:
    case LYNC_UNFINISHED:
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

    if (!first || first->level > LYNC_UNFINISHED)
        return NULL;
    return lync_err(p, "store '%s', table %s, row %d: %s (remedy: %s)", store, first->noun->name,
                    first->row ? ((const lync_row_t *)first->row)->rowid : 0, first->message, first->remedy);
}
