#include "check_private.h"

/* The rule book on simple URLs (lync-requirements §6.3). */

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
void lync_check_simple_urls(lync_book_t *book)
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
                FIND(LYNC_ERROR, LYNC_DOMAIN, a->domain,
                     SAY("simple URL %s '%s' of domain '%s' is a prefix of %s '%s'", a->kind, a->url,
                         a->domain->name, b->kind, b->url),
                     SAY("lyncadm domain set %s --%s URL", a->domain->name, a->kind));
        }
    }
}
