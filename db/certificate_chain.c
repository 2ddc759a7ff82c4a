#include "certificate.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>

/* From the leaf up: who issued whom, and where it ends. */

int lync_certificate_issued(X509 *issuer, X509 *certificate)
{
    int issued = X509_check_issued(issuer, certificate) == X509_V_OK
                 && X509_verify(certificate, X509_get0_pubkey(issuer)) > 0;

    ERR_clear_error();
    return issued;
}

X509 *lync_certificate_issuer(STACK_OF(X509) *candidates, X509 *certificate)
{
    X509 *found = NULL;
    int i;

    for (i = 0; i < sk_X509_num(candidates); ++i) {
        X509 *candidate = sk_X509_value(candidates, i);

        /* of a cross-signed one the copy that is valid longest */
        if (candidate != certificate && lync_certificate_issued(candidate, certificate)
            && (!found || ASN1_TIME_compare(X509_get0_notAfter(candidate), X509_get0_notAfter(found)) > 0))
            found = candidate;
    }
    return found;
}

/* Whether the root certificate that issued it is one of this system's. */
int lync_certificate_system_root(X509 *certificate)
{
    X509_STORE *store = X509_STORE_new();
    X509_STORE_CTX *context = X509_STORE_CTX_new();
    X509 *root = NULL;
    int known = 0;

    if (store && context && X509_STORE_set_default_paths(store)
        && X509_STORE_CTX_init(context, store, certificate, NULL)
        && X509_STORE_CTX_get1_issuer(&root, context, certificate) > 0)
        known = lync_certificate_issued(root, certificate);
    X509_free(root);
    X509_STORE_CTX_free(context);
    X509_STORE_free(store);
    ERR_clear_error();
    return known;
}

STACK_OF(X509) *lync_certificate_path(STACK_OF(X509) *candidates, X509 *leaf)
{
    STACK_OF(X509) *path = sk_X509_new_null();
    X509 *next = leaf;

    /* two that issued each other end it as well */
    while (next && sk_X509_find(path, next) < 0 && sk_X509_push(path, next))
        next = lync_certificate_issued(next, next) ? NULL : lync_certificate_issuer(candidates, next);
    return path;
}

const char *lync_certificate_missing(STACK_OF(X509) *chain, apr_pool_t *p)
{
    STACK_OF(X509) *path = lync_certificate_path(chain, sk_X509_value(chain, 0));
    X509 *last = sk_X509_value(path, sk_X509_num(path) - 1);
    int i, whole = lync_certificate_issued(last, last);

    /* a root that is cross-signed by one nobody knows any more is a root all the same */
    for (i = 0; !whole && i < sk_X509_num(path); ++i)
        whole = lync_certificate_system_root(sk_X509_value(path, i));
    sk_X509_free(path);
    return whole ? NULL : lync_certificate_name(X509_get_issuer_name(last), p);
}

X509 *lync_certificate_first_to_end(STACK_OF(X509) *chain)
{
    STACK_OF(X509) *path = lync_certificate_path(chain, sk_X509_value(chain, 0));
    X509 *first = NULL;
    int i;

    for (i = 1; i < sk_X509_num(path); ++i) {
        X509 *issuer = sk_X509_value(path, i);

        if (!first || ASN1_TIME_compare(X509_get0_notAfter(issuer), X509_get0_notAfter(first)) < 0)
            first = issuer;
    }
    sk_X509_free(path);
    return first;
}
