#include <apr_strings.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>
#include <string.h>

#include "certificate.h"
#include "deposit.h"
#include "request.h"

/* Key and request, by OpenSSL. */

/* A key on a curve encrypts no keys: RFC 8813 forbids keyEncipherment, and CAs refuse it. */
#define RSA_USAGE "critical,digitalSignature,keyEncipherment"
#define EC_USAGE "critical,digitalSignature"

static const struct kind {
    const char *word, *key_type;
    unsigned int bits;          /* RSA */
    const char *curve, *usage, *digest;
} kinds[] = {
    { "rsa2048", "RSA 2048", 2048, NULL, RSA_USAGE, "SHA256" },
    { "rsa3072", "RSA 3072", 3072, NULL, RSA_USAGE, "SHA256" },
    { "rsa4096", "RSA 4096", 4096, NULL, RSA_USAGE, "SHA256" },
    { "p256", "EC P-256", 0, "P-256", EC_USAGE, "SHA256" },
    { "p384", "EC P-384", 0, "P-384", EC_USAGE, "SHA384" },
};

static const struct {
    const char *option, *argument, *attribute, *help;
} subject[] = {
    { "country", "CC", "C", "for the subject: country, two letters" },
    { "state", "TEXT", "ST", "for the subject: state or province" },
    { "locality", "TEXT", "L", "for the subject: city" },
    { "organization", "TEXT", "O", "for the subject: who the CA is to certify" },
};

void request_csr_options(apr_array_header_t *options)
{
    apr_size_t i;

    lyncadm_option(options, "key", "rsa2048|rsa3072|rsa4096|p256|p384", "what key is made (rsa2048 unless given: every "
                   "client and phone can use it)");
    for (i = 0; i < sizeof(subject) / sizeof(subject[0]); ++i)
        lyncadm_option(options, subject[i].option, subject[i].argument, subject[i].help);
}

static const lync_err_t *find_kind(lyncadm_t *adm, const struct kind **kind)
{
    const char *word = lyncadm_given(adm, "key");
    apr_array_header_t *words = apr_array_make(adm->pool, 8, sizeof(const char *));
    apr_size_t i;

    for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); ++i) {
        *kind = &kinds[i];
        if (!word || !strcmp(kinds[i].word, word))
            return NULL;
        APR_ARRAY_PUSH(words, const char *) = kinds[i].word;
    }
    return lyncadm_usage(adm, "unknown kind of key '%s': there is %s", word, lyncadm_nearest(adm->pool, word, words));
}

static apr_status_t free_key(void *key)
{
    EVP_PKEY_free(key);
    return APR_SUCCESS;
}

static apr_status_t free_request(void *csr)
{
    X509_REQ_free(csr);
    return APR_SUCCESS;
}

static const lync_err_t *make_key(request_t *request, const struct kind *kind, apr_pool_t *p)
{
    request->key = kind->curve ? EVP_EC_gen(kind->curve) : EVP_RSA_gen(kind->bits);
    if (!request->key)
        return deposit_no_openssl("make a key", p);
    apr_pool_cleanup_register(p, request->key, free_key, apr_pool_cleanup_null);
    request->key_type = kind->key_type;
    return NULL;
}

static int add_attribute(X509_NAME *name, const char *attribute, const char *value)
{
    return X509_NAME_add_entry_by_txt(name, attribute, MBSTRING_UTF8, (const unsigned char *)value, -1, -1, 0);
}

static const lync_err_t *fill_subject(lyncadm_t *adm, request_t *request, X509_NAME *name)
{
    apr_size_t i;

    for (i = 0; i < sizeof(subject) / sizeof(subject[0]); ++i) {
        const char *value = lyncadm_given(adm, subject[i].option);

        if (value && !lync_is_one_line(value))
            return lyncadm_usage(adm, "--%s is to be a single line of text", subject[i].option);
        if (value && !add_attribute(name, subject[i].attribute, value))
            return lyncadm_bad_value(adm, deposit_no_openssl(apr_psprintf(adm->pool, "take --%s '%s' into a "
                                                                          "certificate", subject[i].option, value),
                                                             adm->pool));
    }
    if (!add_attribute(name, "CN", request->common_name))
        return lync_err(adm->pool, "common name '%s' is too long: a certificate has room for 64 characters: "
                        "--common-name names another host", request->common_name);
    request->subject = lync_certificate_name(name, adm->pool);
    return NULL;
}

static int add_extension(STACK_OF(X509_EXTENSION) **extensions, int nid, const char *value)
{
    X509_EXTENSION *extension;
    X509V3_CTX context;
    int added;

    X509V3_set_ctx(&context, NULL, NULL, NULL, NULL, 0);
    extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
    added = extension && X509v3_add_ext(extensions, extension, -1);
    X509_EXTENSION_free(extension);
    return added;
}

/* "DNS:webext.contoso.com,DNS:…": nothing in a name needs quoting. */
static const char *alternative_names(const request_t *request, apr_pool_t *p)
{
    apr_array_header_t *words = apr_array_make(p, request->names->nelts, sizeof(const char *));
    int i;

    for (i = 0; i < request->names->nelts; ++i)
        APR_ARRAY_PUSH(words, const char *) = apr_pstrcat(p, "DNS:", APR_ARRAY_IDX(request->names, i, const char *),
                                                          NULL);
    return apr_array_pstrcat(p, words, ',');
}

static int add_extensions(X509_REQ *csr, const request_t *request, const struct kind *kind, apr_pool_t *p)
{
    STACK_OF(X509_EXTENSION) *extensions = NULL;
    int added = add_extension(&extensions, NID_subject_alt_name, alternative_names(request, p))
                && add_extension(&extensions, NID_key_usage, kind->usage)
                && add_extension(&extensions, NID_ext_key_usage, REQUEST_USAGES)
                && X509_REQ_add_extensions(csr, extensions);

    sk_X509_EXTENSION_pop_free(extensions, X509_EXTENSION_free);
    return added;
}

static const char *write_pem(X509_REQ *csr, apr_pool_t *p)
{
    BIO *bio = BIO_new(BIO_s_mem());
    const char *pem = NULL;
    char *text;
    long length;

    if (PEM_write_bio_X509_REQ(bio, csr)) {
        length = BIO_get_mem_data(bio, &text);
        pem = apr_pstrmemdup(p, text, (apr_size_t)length);
    }
    BIO_free(bio);
    return pem;
}

const lync_err_t *request_make(lyncadm_t *adm, request_t *request)
{
    X509_REQ *csr = X509_REQ_new();
    apr_pool_t *p = adm->pool;
    const struct kind *kind = NULL;

    apr_pool_cleanup_register(p, csr, free_request, apr_pool_cleanup_null);
    LYNC_TRY(find_kind(adm, &kind));
    LYNC_TRY(fill_subject(adm, request, X509_REQ_get_subject_name(csr)));
    LYNC_TRY(make_key(request, kind, p));
    if (X509_REQ_set_version(csr, X509_REQ_VERSION_1) && X509_REQ_set_pubkey(csr, request->key)
        && add_extensions(csr, request, kind, p)
        && X509_REQ_sign(csr, request->key, EVP_get_digestbyname(kind->digest)))
        request->pem = write_pem(csr, p);
    return request->pem ? NULL : deposit_no_openssl("make the request", p);
}
