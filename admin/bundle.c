#include "bundle.h"

#include <apr_file_info.h>
#include <apr_file_io.h>
#include <apr_strings.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <string.h>

#include "certificate.h"

#define SIZE_LIMIT (1024 * 1024)        /* bytes of a file */
#define COUNT_LIMIT 200                 /* certificates or keys of a heap */
#define ROUNDS_LIMIT 5000000
#define BLOCK_LIMIT 1000                /* of PEM, whatever is in them */
#define BEGIN "-----BEGIN "
#define NAME_LIMIT 100                  /* of what comes after it */

static apr_status_t free_bundle(void *data)
{
    bundle_t *bundle = data;
    int i;

    sk_X509_pop_free(bundle->certificates, X509_free);
    for (i = 0; i < bundle->keys->nelts; ++i)
        EVP_PKEY_free(APR_ARRAY_IDX(bundle->keys, i, EVP_PKEY *));
    if (bundle->legacy)
        OSSL_PROVIDER_unload(bundle->legacy);
    return APR_SUCCESS;
}

bundle_t *bundle_new(bundle_ask_t *ask, void *data, apr_pool_t *p)
{
    bundle_t *bundle = apr_pcalloc(p, sizeof(*bundle));

    bundle->certificates = sk_X509_new_null();
    bundle->keys = apr_array_make(p, 2, sizeof(EVP_PKEY *));
    bundle->ask = ask;
    bundle->data = data;
    bundle->pool = p;
    apr_pool_cleanup_register(p, bundle, free_bundle, apr_pool_cleanup_null);
    return bundle;
}

/* Takes it over; what is there already once more is dropped. */
static void add_certificate(bundle_t *bundle, X509 *certificate)
{
    int i, count = sk_X509_num(bundle->certificates);

    for (i = 0; i < count && X509_cmp(sk_X509_value(bundle->certificates, i), certificate); ++i)
        ;
    if (i < count || count >= COUNT_LIMIT || !sk_X509_push(bundle->certificates, certificate))
        X509_free(certificate);
}

static void add_key(bundle_t *bundle, EVP_PKEY *key)
{
    int i;

    for (i = 0; i < bundle->keys->nelts && EVP_PKEY_eq(APR_ARRAY_IDX(bundle->keys, i, EVP_PKEY *), key) != 1; ++i)
        ;
    if (i < bundle->keys->nelts || i >= COUNT_LIMIT)
        EVP_PKEY_free(key);
    else
        APR_ARRAY_PUSH(bundle->keys, EVP_PKEY *) = key;
}

/* A stack of certificates, none of which is given away. */
static int add_copies(bundle_t *bundle, STACK_OF(X509) *certificates)
{
    int i;

    for (i = 0; i < sk_X509_num(certificates); ++i) {
        X509_up_ref(sk_X509_value(certificates, i));
        add_certificate(bundle, sk_X509_value(certificates, i));
    }
    return sk_X509_num(certificates) > 0;
}

static int add_pkcs7(bundle_t *bundle, PKCS7 *pkcs7)
{
    int found = 0;

    if (pkcs7 && PKCS7_type_is_signed(pkcs7) && pkcs7->d.sign)
        found = add_copies(bundle, pkcs7->d.sign->cert);
    PKCS7_free(pkcs7);
    return found;
}

static const char *reason(void)
{
    const char *text = ERR_reason_error_string(ERR_peek_last_error());

    ERR_clear_error();
    return text ? text : "it cannot be decrypted";
}

static const lync_err_t *password_of(bundle_t *bundle, const char *path, const char **password)
{
    bundle->asked = 1;
    if (!bundle->ask)
        return lync_err(bundle->pool, "file '%s' needs a password", path);
    return bundle->ask(bundle->data, path, bundle->pool, password);
}

/* PKCS#12 */

/* Windows protects a .pfx with RC2 and 3DES unless told otherwise; OpenSSL 3 has these in a provider of their own. */
static int load_legacy(bundle_t *bundle)
{
    if (!bundle->legacy)
        bundle->legacy = OSSL_PROVIDER_try_load(NULL, "legacy", 1);
    ERR_clear_error();
    return bundle->legacy != NULL;
}

/* Rounds of hashing that its password takes: a hostile file can ask for days of them. */
static int is_endless(PKCS12 *pkcs12)
{
    const ASN1_INTEGER *rounds = NULL;

    PKCS12_get0_mac(NULL, NULL, NULL, &rounds, pkcs12);
    return rounds && (ASN1_INTEGER_get(rounds) < 0 || ASN1_INTEGER_get(rounds) > ROUNDS_LIMIT);
}

/* NULL: it may have none. An empty one is written in either of two ways. */
static const char *empty_password(PKCS12 *pkcs12, int *is_empty)
{
    *is_empty = 1;
    if (!PKCS12_mac_present(pkcs12) || PKCS12_verify_mac(pkcs12, NULL, 0))
        return NULL;
    if (PKCS12_verify_mac(pkcs12, "", 0))
        return "";
    *is_empty = 0;
    return NULL;
}

/* Whether anything was in it; -1: it could not be opened. */
static int open_pkcs12(bundle_t *bundle, PKCS12 *pkcs12, const char *password)
{
    STACK_OF(X509) *others = NULL;
    EVP_PKEY *key = NULL;
    X509 *leaf = NULL;
    int found;

    if (!PKCS12_parse(pkcs12, password, &key, &leaf, &others))
        return -1;
    found = add_copies(bundle, others) || leaf || key;
    if (leaf)
        add_certificate(bundle, leaf);
    if (key)
        add_key(bundle, key);
    sk_X509_pop_free(others, X509_free);
    return found;
}

static const lync_err_t *parse_pkcs12(bundle_t *bundle, const char *path, PKCS12 *pkcs12)
{
    int is_empty, found, legacy = load_legacy(bundle);
    const char *password;

    if (is_endless(pkcs12))
        return lync_err(bundle->pool, "file '%s' asks for more than %d rounds of hashing: it is damaged or hostile", path,
                        ROUNDS_LIMIT);
    password = empty_password(pkcs12, &is_empty);
    if (!is_empty) {
        LYNC_TRY(password_of(bundle, path, &password));
        if (!PKCS12_verify_mac(pkcs12, password, -1)) {
            ERR_clear_error();
            return lync_err(bundle->pool, "the password of file '%s' is wrong, or the file is damaged", path);
        }
    }
    found = open_pkcs12(bundle, pkcs12, password);
    if (found < 0 && !legacy)
        return lync_err(bundle->pool, "cannot open file '%s': %s: it may be protected with RC2 or 3DES, for which "
                        "OpenSSL's legacy provider is not installed: export it with AES256-SHA256", path, reason());
    if (found < 0)
        return lync_err(bundle->pool, "cannot open file '%s': %s", path, reason());
    return found ? NULL : lync_err(bundle->pool, "file '%s' holds neither a certificate nor a key", path);
}

/* PEM */

typedef struct asking_t {
    bundle_t *bundle;
    const char *path;
    const lync_err_t *err;
} asking_t;

static int answer(char *buffer, int size, int writing, void *data)
{
    asking_t *asking = data;
    const char *password = NULL;
    apr_size_t length;

    (void)writing;
    load_legacy(asking->bundle);
    asking->err = password_of(asking->bundle, asking->path, &password);
    length = asking->err ? 0 : strlen(password);
    if (!length || length > (apr_size_t)size)
        return -1;
    memcpy(buffer, password, length);
    return (int)length;
}

static const lync_err_t *take_pem_key(bundle_t *bundle, const char *path, BIO *block, int *found)
{
    asking_t asking = { bundle, path, NULL };
    EVP_PKEY *key = PEM_read_bio_PrivateKey(block, NULL, answer, &asking);

    if (key) {
        add_key(bundle, key);
        *found = 1;
        return NULL;
    }
    if (asking.err)
        return asking.err;
    return lync_err(bundle->pool, "cannot read the key in file '%s': %s%s", path,
                    bundle->asked ? "the password is wrong or the key is damaged: " : "", reason());
}

/* One block: what it is and its text. */
static const lync_err_t *take_block(bundle_t *bundle, const char *path, const char *name, BIO *block, int *found)
{
    if (!strcmp(name, PEM_STRING_X509) || !strcmp(name, PEM_STRING_X509_OLD) || !strcmp(name, PEM_STRING_X509_TRUSTED)) {
        X509 *certificate = PEM_read_bio_X509_AUX(block, NULL, NULL, NULL);

        if (!certificate)
            return lync_err(bundle->pool, "file '%s' has a damaged certificate: %s", path, reason());
        add_certificate(bundle, certificate);
        *found = 1;
    }
    else if (!strcmp(name, PEM_STRING_PKCS7) || !strcmp(name, PEM_STRING_CMS) || !strcmp(name, "PKCS #7 SIGNED DATA"))
        *found |= add_pkcs7(bundle, PEM_read_bio_PKCS7(block, NULL, NULL, NULL));
    else if (strlen(name) >= strlen(PEM_STRING_PKCS8INF)
             && !strcmp(name + strlen(name) - strlen(PEM_STRING_PKCS8INF), PEM_STRING_PKCS8INF))
        return take_pem_key(bundle, path, block, found);
    ERR_clear_error();
    return NULL;
}

/* The text of one block after another, from its BEGIN line on. */
static const lync_err_t *parse_pem(bundle_t *bundle, const char *path, const char *text, apr_size_t length)
{
    const char *begin, *next;
    int found = 0, blocks = 0;

    for (begin = strstr(text, BEGIN); begin; begin = next) {
        const char *name = begin + strlen(BEGIN), *dashes = strstr(name, "-----");
        const lync_err_t *err = NULL;
        BIO *block;

        if (++blocks > BLOCK_LIMIT)
            return lync_err(bundle->pool, "file '%s' has more than %d PEM blocks: name one with what belongs to one "
                            "certificate", path, BLOCK_LIMIT);
        next = strstr(name, BEGIN);
        block = BIO_new_mem_buf(begin, (int)((next ? next : text + length) - begin));
        if (dashes && dashes - name < NAME_LIMIT)
            err = take_block(bundle, path, apr_pstrmemdup(bundle->pool, name, dashes - name), block, &found);
        BIO_free(block);
        if (err)
            return err;
    }
    return found ? NULL : lync_err(bundle->pool, "file '%s' holds neither a certificate nor a key", path);
}

/* DER */

static const lync_err_t *parse_der(bundle_t *bundle, const char *path, const unsigned char *data, apr_size_t length)
{
    const unsigned char *at = data;
    PKCS8_PRIV_KEY_INFO *info;
    X509 *certificate = d2i_X509(NULL, &at, (long)length);
    const lync_err_t *err;
    PKCS12 *pkcs12;
    PKCS7 *pkcs7;
    EVP_PKEY *key;

    if (certificate) {
        add_certificate(bundle, certificate);
        return NULL;
    }
    at = data;
    pkcs12 = d2i_PKCS12(NULL, &at, (long)length);
    if (pkcs12) {
        err = parse_pkcs12(bundle, path, pkcs12);
        PKCS12_free(pkcs12);
        return err;
    }
    at = data;
    pkcs7 = d2i_PKCS7(NULL, &at, (long)length);
    if (pkcs7 && add_pkcs7(bundle, pkcs7))
        return NULL;
    at = data;
    info = d2i_PKCS8_PRIV_KEY_INFO(NULL, &at, (long)length);
    key = info ? EVP_PKCS82PKEY(info) : NULL;
    PKCS8_PRIV_KEY_INFO_free(info);
    at = data;
    key = key ? key : d2i_AutoPrivateKey(NULL, &at, (long)length);
    ERR_clear_error();
    if (key)
        add_key(bundle, key);
    return key ? NULL : lync_err(bundle->pool, "file '%s' is neither PEM nor a certificate, PKCS#7, PKCS#12 or key in DER, "
                                 "or it is damaged", path);
}

const lync_err_t *bundle_parse(bundle_t *bundle, const char *path, const void *data, apr_size_t length)
{
    const char *text = apr_pstrmemdup(bundle->pool, data, length);
    const lync_err_t *err;

    err = strstr(text, BEGIN) ? parse_pem(bundle, path, text, length) : parse_der(bundle, path, data, length);
    ERR_clear_error();
    return err;
}

const lync_err_t *bundle_read(bundle_t *bundle, const char *path)
{
    apr_pool_t *p = bundle->pool;
    apr_finfo_t info;
    apr_file_t *file;
    apr_status_t rv = apr_stat(&info, path, APR_FINFO_TYPE | APR_FINFO_SIZE, p);
    apr_size_t length = 0;
    char *data, text[120];

    if (rv == APR_SUCCESS && info.filetype != APR_REG)
        return lync_err(p, "cannot read file '%s': it is no regular file", path);
    if (rv == APR_SUCCESS && info.size > SIZE_LIMIT)
        return lync_err(p, "file '%s' is too large for certificates: %" APR_OFF_T_FMT " bytes", path, info.size);
    if (rv == APR_SUCCESS)
        rv = apr_file_open(&file, path, APR_READ, APR_OS_DEFAULT, p);
    if (rv != APR_SUCCESS)
        return lync_err(p, "cannot read file '%s': %s", path, apr_strerror(rv, text, sizeof(text)));
    data = apr_palloc(p, (apr_size_t)info.size + 1);
    /* whoever renews it may be writing it just now */
    rv = apr_file_read_full(file, data, (apr_size_t)info.size, &length);
    apr_file_close(file);
    if (rv != APR_SUCCESS && !APR_STATUS_IS_EOF(rv))
        return lync_err(p, "cannot read file '%s': %s", path, apr_strerror(rv, text, sizeof(text)));
    return bundle_parse(bundle, path, data, length);
}
