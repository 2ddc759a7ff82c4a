#include "check_private.h"

#include "certificate.h"
#include "host.h"

/* The rule book on listeners and what they present. */

static const lync_binding_t *default_binding(const lync_model_t *model, const char *listener)
{
    int i;

    for (i = 0; i < model->rows[LYNC_BINDING]->nelts; ++i) {
        const lync_binding_t *binding = LYNC_ROW(model, LYNC_BINDING, i);

        if (!strcmp(binding->listener, listener) && !strcmp(binding->host, "*"))
            return binding;
    }
    return NULL;
}

/* Whether who listens on a takes the place of who wants to listen on b. */
static int takes(const char *a, const char *b)
{
    return !strcmp(a, "*") || !strcmp(a, b) || !strcmp(a, strchr(b, ':') ? "::" : "0.0.0.0");
}

/* httpd binds '*' and an address on the same port only to fail at start, after -t has passed. */
static void check_ports(lync_book_t *book, const lync_listener_t *listener)
{
    int i;

    for (i = 0; i < book->model->rows[LYNC_LISTENER]->nelts; ++i) {
        const lync_listener_t *other = LYNC_ROW(book->model, LYNC_LISTENER, i);

        if (other != listener && other->port == listener->port && takes(listener->address, other->address))
            FIND(LYNC_ERROR, LYNC_LISTENER, listener,
                 SAY("listeners '%s' and '%s' both listen on port %d", listener->name, other->name, listener->port),
                 SAY("lyncadm listener set %s --port PORT, or give both an address", listener->name));
    }
}

void lync_check_listener(lync_book_t *book, const lync_listener_t *listener)
{
    const lync_binding_t *binding = default_binding(book->model, listener->name);

    check_ports(book, listener);
    if (!strcmp(listener->scheme, "https")) {
        if (!binding)
            FIND(LYNC_ERROR, LYNC_LISTENER, listener,
                 SAY("listener '%s' has no default certificate", listener->name),
                 SAY("lyncadm binding add %s '*' --certificate NAME", listener->name));
        if (!listener->tls_policy)
            FIND(LYNC_ERROR, LYNC_LISTENER, listener,
                 SAY("listener '%s' speaks https without a TLS policy", listener->name),
                 SAY("lyncadm listener set %s --tls-policy intermediate", listener->name));
    }
    else if (binding) {
        FIND(LYNC_ERROR, LYNC_BINDING, binding,
             SAY("a certificate is bound to listener '%s', which speaks http", listener->name),
             SAY("lyncadm binding remove %s '*'", listener->name));
    }
}

void lync_check_coverage(lync_book_t *book, const lync_listener_t *listener, const lync_route_t *route)
{
    const lync_certificate_t *certificate;
    const char *key = SAY("%s %s", listener->name, route->host);

    if (apr_hash_get(book->covered, key, APR_HASH_KEY_STRING))
        return;
    apr_hash_set(book->covered, key, APR_HASH_KEY_STRING, key);
    certificate = lync_host_certificate(book->model, listener->name, route->host);
    if (certificate && !lync_certificate_covers(certificate, route->host))
        FIND(LYNC_WARNING, LYNC_ROUTE, route,
             SAY("certificate '%s' does not cover '%s': clients will refuse it", certificate->name, route->host),
             SAY("bind one that does: lyncadm binding add %s %s --certificate NAME", listener->name, route->host));
}

void lync_check_binding(lync_book_t *book, const lync_binding_t *binding)
{
    int i;

    if (!strcmp(binding->host, "*"))
        return;
    for (i = 0; i < book->model->rows[LYNC_ROUTE]->nelts; ++i) {
        const lync_route_t *route = LYNC_ROW(book->model, LYNC_ROUTE, i);

        if (!strcmp(route->listener, binding->listener) && !strcmp(route->host, binding->host))
            return;
    }
    FIND(LYNC_ADVICE, LYNC_BINDING, binding,
         SAY("a certificate is bound for '%s', which listener '%s' does not publish", binding->host,
             binding->listener), SAY("lyncadm binding remove %s %s", binding->listener, binding->host));
}

void lync_check_certificate(lync_book_t *book, const lync_certificate_t *certificate)
{
    apr_time_t now = apr_time_now(), end = lync_certificate_time(certificate->not_after);
    const char *replace = SAY("lyncadm certificate set %s --chain FILE --key FILE", certificate->name);

    if (end && end < now)
        FIND(LYNC_WARNING, LYNC_CERTIFICATE, certificate,
             SAY("certificate '%s' expired on %.10s", certificate->name, certificate->not_after), replace);
    else if (end && end < now + apr_time_from_sec(LYNC_EXPIRY_WARNING_DAYS * 86400))
        FIND(LYNC_WARNING, LYNC_CERTIFICATE, certificate,
             SAY("certificate '%s' expires on %.10s", certificate->name, certificate->not_after), replace);
    if (lync_certificate_time(certificate->not_before) > now)
        FIND(LYNC_WARNING, LYNC_CERTIFICATE, certificate,
             SAY("certificate '%s' is not valid before %.10s", certificate->name, certificate->not_before), replace);
}
