#include "check_private.h"

#include "certificate.h"
#include "host.h"
#include "managed.h"
#include "value.h"

/* The rule book on certificates that mod_md manages. A site that has a name of one and another name besides, or names
 * of two, is a fault on which httpd ends after httpd -t has passed it. */

/* "lyncadm certificate managed a b --name c" */
static const char *manage(const lync_book_t *book, const lync_certificate_t *certificate, const char *more)
{
    return SAY("lyncadm certificate managed %s%s%s --name %s", certificate->managed, *more ? " " : "", more,
               certificate->name);
}

/* They become words of mod_md's directives, of which it takes some for options. */
static void check_names(lync_book_t *book, const lync_certificate_t *certificate)
{
    apr_array_header_t *names = lync_managed_names(certificate, book->pool);
    int i;

    for (i = 0; i < names->nelts; ++i) {
        const char *name = APR_ARRAY_IDX(names, i, const char *);

        if (!lync_value_is_host(name) || !strchr(name, '.'))
            FIND(LYNC_ERROR, LYNC_CERTIFICATE, certificate,
                 SAY("certificate '%s' cannot be managed for '%s': it is no host name", certificate->name, name),
                 SAY("lyncadm certificate managed HOST ... --name %s", certificate->name));
    }
    if (!lync_managed_domain(certificate, book->pool))
        FIND(LYNC_ERROR, LYNC_CERTIFICATE, certificate,
             SAY("certificate '%s' is managed, and its chain '%s' is no file of mod_md's store", certificate->name,
                 certificate->chain), manage(book, certificate, ""));
}

static void check_overlap(lync_book_t *book, const lync_certificate_t *certificate)
{
    apr_array_header_t *names = lync_managed_names(certificate, book->pool);
    int i, j;

    for (i = 0; i < book->model->rows[LYNC_CERTIFICATE]->nelts; ++i) {
        const lync_certificate_t *other = LYNC_ROW(book->model, LYNC_CERTIFICATE, i);

        if (other == certificate)
            return;
        for (j = 0; j < names->nelts; ++j)
            if (lync_word_in(other->managed, APR_ARRAY_IDX(names, j, const char *)))
                FIND(LYNC_ERROR, LYNC_CERTIFICATE, certificate,
                     SAY("'%s' is managed for certificate '%s' and for '%s': mod_md takes a name once",
                         APR_ARRAY_IDX(names, j, const char *), other->name, certificate->name),
                     SAY("lyncadm certificate managed, without it, --name %s", certificate->name));
    }
}

/* mod_md warns at the same time. */
static void check_life(lync_book_t *book, const lync_certificate_t *certificate)
{
    lync_certificate_t now = *certificate;
    const lync_err_t *ignored = lync_certificate_read(&now, book->pool);
    apr_time_t begin = lync_certificate_time(now.not_before), end = lync_certificate_time(now.not_after);
    apr_time_t left = end - apr_time_now();

    (void)ignored;      /* it may not be there yet, or not for us to read */
    if (!end || left > (end - begin) / 100 * LYNC_MANAGED_WARNING)
        return;
    FIND(LYNC_WARNING, LYNC_CERTIFICATE, certificate,
         SAY("certificate '%s' %s on %.16s, and mod_md has not renewed it", certificate->name,
             left < 0 ? "expired" : "expires", now.not_after), lync_book_replace(book, certificate));
}

void lync_check_managed(lync_book_t *book, const lync_certificate_t *certificate)
{
    if (!certificate->managed)
        return;
    check_names(book, certificate);
    check_overlap(book, certificate);
}

void lync_check_managed_file(lync_book_t *book, const lync_certificate_t *certificate)
{
    if (lync_managed_is_bound(book->model, certificate))
        check_life(book, certificate);
}

static void check_host(lync_book_t *book, const lync_route_t *route, const lync_certificate_t *certificate)
{
    const char *host = route->host;
    int i;

    if (certificate->managed && !lync_word_in(certificate->managed, host))
        FIND(LYNC_ERROR, LYNC_ROUTE, route,
             SAY("certificate '%s' is managed by mod_md, and '%s' of listener '%s' is not among its names",
                 certificate->name, host, route->listener), manage(book, certificate, host));
    for (i = 0; i < book->model->rows[LYNC_CERTIFICATE]->nelts; ++i) {
        const lync_certificate_t *other = LYNC_ROW(book->model, LYNC_CERTIFICATE, i);

        if (other != certificate && lync_word_in(other->managed, host) && lync_managed_is_bound(book->model, other))
            FIND(LYNC_ERROR, LYNC_ROUTE, route,
                 SAY("'%s' is managed for certificate '%s', which mod_md presents wherever the name is, and listener "
                     "'%s' has certificate '%s' for it", host, other->name, route->listener, certificate->name),
                 SAY("lyncadm binding add %s %s --certificate %s", route->listener, host, other->name));
    }
}

static int is_any_managed(const lync_book_t *book)
{
    int i;

    for (i = 0; i < book->model->rows[LYNC_CERTIFICATE]->nelts; ++i)
        if (((const lync_certificate_t *)LYNC_ROW(book->model, LYNC_CERTIFICATE, i))->managed)
            return 1;
    return 0;
}

void lync_check_managed_host(lync_book_t *book, const lync_listener_t *listener, const lync_route_t *route)
{
    const lync_certificate_t *certificate;
    const char *key;

    if (!is_any_managed(book))
        return;
    key = SAY("%s %s managed", listener->name, route->host);
    if (apr_hash_get(book->covered, key, APR_HASH_KEY_STRING))
        return;
    apr_hash_set(book->covered, key, APR_HASH_KEY_STRING, key);
    certificate = lync_host_certificate(book->model, listener->name, route->host);
    if (certificate)
        check_host(book, route, certificate);
}
