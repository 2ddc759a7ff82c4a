#include "check_private.h"

#include <stdlib.h>

#include "certificate.h"
#include "host.h"

/* The rule book on certificates: what they are good for, how long, and for which names (lync-requirements §3). */

#define SMALLEST_RSA 2048

const char *lync_book_replace(const lync_book_t *book, const lync_certificate_t *certificate)
{
    return certificate->managed ? "see why mod_md does not renew it: httpd's error log, and its page md-status"
                                : SAY("lyncadm certificate import FILE ... --name %s", certificate->name);
}

static void check_validity(lync_book_t *book, const lync_certificate_t *certificate)
{
    apr_time_t now = apr_time_now();
    const char *expiry = lync_certificate_expiry(lync_certificate_time(certificate->not_after), now);
    const char *replace = lync_book_replace(book, certificate);

    if (expiry)
        FIND(LYNC_WARNING, LYNC_CERTIFICATE, certificate,
             SAY("certificate '%s' %s on %.10s", certificate->name, !strcmp(expiry, "expired") ? expiry : "expires",
                 certificate->not_after), replace);
    if (lync_certificate_time(certificate->not_before) > now)
        FIND(LYNC_WARNING, LYNC_CERTIFICATE, certificate,
             SAY("certificate '%s' is not valid before %.10s", certificate->name, certificate->not_before), replace);
}

static void check_strength(lync_book_t *book, const lync_certificate_t *certificate)
{
    const char *type = certificate->key_type, *signature = certificate->signature;

    if (type && !strncmp(type, "RSA ", 4) && atoi(type + 4) < SMALLEST_RSA)
        FIND(LYNC_WARNING, LYNC_CERTIFICATE, certificate,
             SAY("certificate '%s' has a key of %s bits, and clients want %d", certificate->name, type + 4,
                 SMALLEST_RSA), "lyncadm certificate request --key rsa2048");
    if (type && strncmp(type, "RSA ", 4) && strcmp(type, "EC P-256") && strcmp(type, "EC P-384"))
        FIND(LYNC_WARNING, LYNC_CERTIFICATE, certificate,
             SAY("certificate '%s' has a key of a kind that clients do not take (%s)", certificate->name,
                 type),
             "lyncadm certificate request --key rsa2048");
    if (signature && (!strcmp(signature, "sha1") || !strncmp(signature, "md", 2)))
        FIND(LYNC_WARNING, LYNC_CERTIFICATE, certificate,
             SAY("certificate '%s' is signed with %s, which clients refuse", certificate->name,
                 !strcmp(signature, "sha1") ? "SHA-1" : signature), "have it issued anew, signed with SHA-256");
}

/* Documented as unsupported for every role; it mostly works. */
static void check_common_name(lync_book_t *book, const lync_certificate_t *certificate)
{
    if (certificate->subject && strstr(SAY(",%s", certificate->subject), ",CN=*."))
        FIND(LYNC_ADVICE, LYNC_CERTIFICATE, certificate,
             SAY("certificate '%s' has a wildcard as common name, which Microsoft does not support: test phones and older "
                 "clients", certificate->name), "have one issued with the external name of a pool as common name");
}

/* A certificate made for mail or for clients only. */
static void check_usages(lync_book_t *book, const lync_certificate_t *certificate)
{
    if (certificate->usages && !lync_word_in(certificate->usages, "serverAuth")
        && !lync_word_in(certificate->usages, "anyExtendedKeyUsage"))
        FIND(LYNC_WARNING, LYNC_CERTIFICATE, certificate,
             SAY("certificate '%s' is no server's certificate: its usages are %s, without serverAuth",
                 certificate->name, certificate->usages), "have one issued for server authentication");
}

void lync_check_certificate(lync_book_t *book, const lync_certificate_t *certificate)
{
    check_validity(book, certificate);
    check_strength(book, certificate);
    check_usages(book, certificate);
    check_common_name(book, certificate);
    lync_check_managed(book, certificate);
    if (certificate->missing)
        FIND(LYNC_WARNING, LYNC_CERTIFICATE, certificate,
             SAY("the chain of certificate '%s' lacks '%s': clients that do not know it will refuse the certificate",
                 certificate->name, certificate->missing),
             SAY("lyncadm certificate import FILE ... --name %s, with that certificate in a file", certificate->name));
}

/* "*.contoso.com" for a.b.contoso.com and contoso.com, which it looks like covering and does not; or NULL. */
static const char *near_wildcard(const lync_book_t *book, const lync_certificate_t *certificate, const char *host)
{
    char *last, *word = apr_strtok(SAY("%s", certificate->names ? certificate->names : ""), " ", &last);

    for (; word; word = apr_strtok(NULL, " ", &last)) {
        apr_size_t length = strlen(word), host_length = strlen(host);

        if (!strncmp(word, "*.", 2) && (!strcmp(word + 2, host)
                                        || (host_length > length && !strcmp(host + host_length - length + 1, word + 1))))
            return word;
    }
    return NULL;
}

/* Whether the subject's common name is the host. */
static int is_common_name(const lync_book_t *book, const lync_certificate_t *certificate, const char *host)
{
    const char *subject = certificate->subject ? SAY(",%s,", certificate->subject) : "";
    const char *found = strstr(subject, SAY(",CN=%s,", host));

    return found != NULL;
}

/* Why clients will refuse the certificate for the host. */
static const char *uncovered(const lync_book_t *book, const lync_certificate_t *certificate, const char *host)
{
    const char *wildcard = near_wildcard(book, certificate, host);

    if (wildcard)
        return SAY("certificate '%s' does not cover '%s': its '%s' stands for one label before '%s' and no other",
                   certificate->name, host, wildcard, wildcard + 2);
    if (is_common_name(book, certificate, host))
        return SAY("certificate '%s' does not cover '%s': it has it as common name only, and clients look at the "
                   "alternative names", certificate->name, host);
    return SAY("certificate '%s' does not cover '%s': clients will refuse it", certificate->name, host);
}

static void check_cover(lync_book_t *book, const lync_listener_t *listener, const lync_route_t *route,
                        const lync_certificate_t *certificate)
{
    const char *host = route->host, *domain = lync_host_domain(book->model, host);

    if (!certificate || certificate->managed || lync_certificate_covers(certificate, host))
        return;
    FIND(LYNC_WARNING, LYNC_ROUTE, route, uncovered(book, certificate, host),
         domain
         ? SAY("bind one that does, or leave it to port 80, which needs none: lyncadm publish discover %s --via %s "
               "--http", domain, route->pool ? route->pool : "POOL")
         : SAY("bind one that does: lyncadm binding add %s %s --certificate NAME", listener->name, host));
}

void lync_check_coverage(lync_book_t *book, const lync_listener_t *listener, const lync_route_t *route)
{
    const lync_binding_t *binding;
    const char *key = SAY("%s %s", listener->name, route->host);

    if (apr_hash_get(book->covered, key, APR_HASH_KEY_STRING))
        return;
    apr_hash_set(book->covered, key, APR_HASH_KEY_STRING, key);
    binding = lync_host_binding(book->model, listener->name, route->host);
    if (!binding)
        return;
    check_cover(book, listener, route, lync_model_find(book->model, LYNC_CERTIFICATE, binding->certificate));
    check_cover(book, listener, route, lync_model_find(book->model, LYNC_CERTIFICATE, binding->beside));
}

/* mod_ssl keeps one certificate of each kind of key: of two alike the first would never be seen. */
static void check_beside(lync_book_t *book, const lync_binding_t *binding)
{
    const lync_certificate_t *one = lync_model_find(book->model, LYNC_CERTIFICATE, binding->certificate);
    const lync_certificate_t *two = lync_model_find(book->model, LYNC_CERTIFICATE, binding->beside);
    const char *remedy = SAY("lyncadm binding set %s '%s' --beside ''", binding->listener, binding->host);

    if (!one || !two)
        return;
    if (one->managed || two->managed)
        FIND(LYNC_ERROR, LYNC_BINDING, binding,
             SAY("certificate '%s' cannot be presented beside '%s': one of them is managed, and mod_md sees to one "
                 "alone", two->name, one->name), remedy);
    else if (one->key_type && two->key_type && !strncmp(one->key_type, two->key_type, 3))
        FIND(LYNC_ERROR, LYNC_BINDING, binding,
             SAY("certificate '%s' cannot be presented beside '%s': the keys of both are of the same kind (%s, %s)",
                 two->name, one->name, one->key_type, two->key_type), remedy);
}

void lync_check_binding(lync_book_t *book, const lync_binding_t *binding)
{
    int i;

    check_beside(book, binding);
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
