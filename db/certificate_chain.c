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

const char *lync_certificate_missing(STACK_OF(X509) *chain, apr_pool_t *p)
{
    X509 *last = sk_X509_value(chain, 0), *issuer;
    int depth;

    for (depth = 0; depth < sk_X509_num(chain) && !lync_certificate_issued(last, last); ++depth) {
        issuer = lync_certificate_issuer(chain, last);
        if (!issuer)
            return lync_certificate_system_root(last) ? NULL
                   : lync_certificate_name(X509_get_issuer_name(last), p);
        last = issuer;
    }
    return NULL;
}

X509 *lync_certificate_first_to_end(STACK_OF(X509) *chain)
{
    X509 *last = sk_X509_value(chain, 0), *first = NULL;
    int depth;

    for (depth = 1; depth < sk_X509_num(chain) && !lync_certificate_issued(last, last); ++depth) {
        last = lync_certificate_issuer(chain, last);
        if (!last)
            break;
        if (!first || ASN1_TIME_compare(X509_get0_notAfter(last), X509_get0_notAfter(first)) < 0)
            first = last;
    }
    return first;
}
