#include "bundle.h"

#include <apr_strings.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "certificate.h"

/* Out of the heap: which certificate is the server's, which key is its, who issued it. */

EVP_PKEY *bundle_key(const bundle_t *bundle, X509 *certificate)
{
    int i;

    for (i = 0; i < bundle->keys->nelts; ++i) {
        EVP_PKEY *key = APR_ARRAY_IDX(bundle->keys, i, EVP_PKEY *);
        int fits = X509_check_private_key(certificate, key);

        ERR_clear_error();
        if (fits == 1)
            return key;
    }
    return NULL;
}

static int is_issuer(const bundle_t *bundle, X509 *certificate)
{
    int i;

    for (i = 0; i < sk_X509_num(bundle->certificates); ++i) {
        X509 *other = sk_X509_value(bundle->certificates, i);

        if (other != certificate && lync_certificate_issued(certificate, other))
            return 1;
    }
    return X509_check_ca(certificate) == 1;
}

static const lync_err_t *two_leaves(const bundle_t *bundle, X509 *one, X509 *two)
{
    return lync_err(bundle->pool, "there are two server certificates, '%s' (%.16s) and '%s' (%.16s): import them one by "
                    "one", lync_certificate_name(X509_get_subject_name(one), bundle->pool),
                    lync_certificate_fingerprint(one, bundle->pool),
                    lync_certificate_name(X509_get_subject_name(two), bundle->pool),
                    lync_certificate_fingerprint(two, bundle->pool));
}

const lync_err_t *bundle_leaf(const bundle_t *bundle, X509 **leaf)
{
    X509 *without_key = NULL, *another = NULL;
    int i;

    *leaf = NULL;
    for (i = 0; i < sk_X509_num(bundle->certificates); ++i) {
        X509 *certificate = sk_X509_value(bundle->certificates, i);

        if (bundle_key(bundle, certificate)) {
            if (*leaf)
                return two_leaves(bundle, *leaf, certificate);
            *leaf = certificate;
        }
        else if (!is_issuer(bundle, certificate)) {
            another = without_key;
            without_key = certificate;
        }
    }
    if (!*leaf && another)
        return two_leaves(bundle, another, without_key);
    if (*leaf)
        return NULL;
    *leaf = without_key ? without_key
            : sk_X509_num(bundle->certificates) == 1 ? sk_X509_value(bundle->certificates, 0) : NULL;
    if (!*leaf)
        return lync_err(bundle->pool, bundle->keys->nelts && !sk_X509_num(bundle->certificates)
                        ? "there is a key and no certificate: name the certificate's file as well"
                        : "there is no server's certificate, only those of issuers: '--pool POOL' takes them as trust "
                        "anchors of a pool");
    if (bundle->keys->nelts)
        return lync_err(bundle->pool, "the key does not fit certificate '%s': it belongs to another one",
                        lync_certificate_name(X509_get_subject_name(*leaf), bundle->pool));
    return NULL;
}

const char *bundle_pem(STACK_OF(X509) *certificates, apr_pool_t *p)
{
    BIO *bio = BIO_new(BIO_s_mem());
    const char *pem;
    char *text;
    long length;
    int i;

    for (i = 0; i < sk_X509_num(certificates); ++i)
        PEM_write_bio_X509(bio, sk_X509_value(certificates, i));
    length = BIO_get_mem_data(bio, &text);
    pem = apr_pstrmemdup(p, text, (apr_size_t)length);
    BIO_free(bio);
    return pem;
}

const char *bundle_chain(const bundle_t *bundle, X509 *leaf, apr_array_header_t **spare, apr_pool_t *p)
{
    STACK_OF(X509) *chain = lync_certificate_path(bundle->certificates, leaf);
    const char *pem;
    X509 *last;
    int i;

    *spare = apr_array_make(p, 2, sizeof(const char *));
    for (i = 0; i < sk_X509_num(bundle->certificates); ++i) {
        X509 *certificate = sk_X509_value(bundle->certificates, i);

        if (sk_X509_find(chain, certificate) < 0)
            APR_ARRAY_PUSH(*spare, const char *) = lync_certificate_name(X509_get_subject_name(certificate), p);
    }
    /* every client of a public root has it; of a private one it proves that the chain is whole */
    last = sk_X509_value(chain, sk_X509_num(chain) - 1);
    if (last != leaf && lync_certificate_issued(last, last) && lync_certificate_system_root(last))
        sk_X509_pop(chain);
    pem = bundle_pem(chain, p);
    sk_X509_free(chain);
    return pem;
}
