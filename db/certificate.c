#include "certificate.h"

#include <apr_file_info.h>
#include <apr_file_io.h>
#include <apr_strings.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <string.h>

#include "check.h"
#include "managed.h"

#define ASN1_SEQUENCE 0x30      /* with which DER and PKCS#12 begin */
#define CHAIN_LIMIT 100

/* OpenSSL's last reason, in its words; the error queue is empty afterwards. */
static const char *reason(void)
{
    const char *text = ERR_reason_error_string(ERR_peek_last_error());

    ERR_clear_error();
    return text ? text : "unknown reason";
}

/* Why a file that was read is not PEM, in words that help who got it from a Windows server. */
static const char *not_pem(BIO *bio)
{
    unsigned char first = 0;
    const char *text;

    if (ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_BAD_PASSWORD_READ)
        text = "it has one: 'lyncadm certificate import' takes it as it is";
    else if (BIO_seek(bio, 0) >= 0 && BIO_read(bio, &first, 1) == 1 && first == ASN1_SEQUENCE)
        text = "it is DER or PKCS#12 (.cer, .pfx): 'lyncadm certificate import' takes it as it is";
    else
        return reason();
    ERR_clear_error();
    return text;
}

/* Anything but a regular file, a FIFO above all, could keep a reader waiting for ever. */
static const lync_err_t *open_bio(BIO **bio, const char *what, const char *path, apr_pool_t *p)
{
    apr_finfo_t info;
    apr_file_t *probe;
    apr_status_t rv = apr_stat(&info, path, APR_FINFO_TYPE, p);
    char text[120];

    if (rv == APR_SUCCESS && info.filetype != APR_REG)
        return lync_err(p, "cannot read %s file '%s': it is no regular file", what, path);
    if (rv == APR_SUCCESS)
        rv = apr_file_open(&probe, path, APR_READ, APR_OS_DEFAULT, p);
    if (rv != APR_SUCCESS)
        return lync_err(p, "cannot read %s file '%s': %s", what, path, apr_strerror(rv, text, sizeof(text)));
    apr_file_close(probe);
    *bio = BIO_new_file(path, "r");
    if (!*bio)
        return lync_err(p, "cannot read %s file '%s': %s", what, path, reason());
    return NULL;
}

static apr_status_t free_chain(void *chain)
{
    sk_X509_pop_free(chain, X509_free);
    return APR_SUCCESS;
}

/* The certificates of a PEM file, one at least; freed with p. What follows them is not looked at. */
static const lync_err_t *read_chain(STACK_OF(X509) **chain, const char *path, apr_pool_t *p)
{
    X509 *certificate;
    const char *why;
    BIO *bio;

    LYNC_TRY(open_bio(&bio, "certificate", path, p));
    *chain = sk_X509_new_null();
    apr_pool_cleanup_register(p, *chain, free_chain, apr_pool_cleanup_null);
    while (sk_X509_num(*chain) < CHAIN_LIMIT && (certificate = PEM_read_bio_X509(bio, NULL, NULL, NULL)))
        sk_X509_push(*chain, certificate);
    why = sk_X509_num(*chain) ? NULL : not_pem(bio);
    BIO_free(bio);
    ERR_clear_error();
    if (why)
        return lync_err(p, "certificate file '%s' holds no PEM certificate: %s", path, why);
    return NULL;
}

/* A key with a passphrase must not make OpenSSL ask on the terminal: httpd could not be asked. */
static int no_passphrase(char *buffer, int size, int writing, void *data)
{
    (void)buffer, (void)size, (void)writing, (void)data;
    return -1;
}

static const lync_err_t *test_key(X509 *leaf, const char *key, const char *chain, apr_pool_t *p)
{
    EVP_PKEY *pair;
    const char *why;
    BIO *bio;
    int match;

    LYNC_TRY(open_bio(&bio, "key", key, p));
    pair = PEM_read_bio_PrivateKey(bio, NULL, no_passphrase, NULL);
    why = pair ? NULL : not_pem(bio);
    BIO_free(bio);
    if (why)
        return lync_err(p, "key file '%s' holds no PEM private key without passphrase: %s", key, why);
    match = X509_check_private_key(leaf, pair);
    EVP_PKEY_free(pair);
    ERR_clear_error();
    if (!match)
        return lync_err(p, "key file '%s' does not match the first certificate of '%s'", key, chain);
    return NULL;
}

const lync_err_t *lync_certificate_read(lync_certificate_t *certificate, apr_pool_t *p)
{
    STACK_OF(X509) *chain;

    LYNC_TRY(read_chain(&chain, certificate->chain, p));
    lync_certificate_facts(certificate, chain, p);
    return test_key(sk_X509_value(chain, 0), certificate->key, certificate->chain, p);
}

const lync_err_t *lync_certificate_adopt(lync_certificate_t *certificate, apr_pool_t *p)
{
    STACK_OF(X509) *chain;

    LYNC_TRY(lync_certificate_read(certificate, p));
    LYNC_TRY(read_chain(&chain, certificate->chain, p));
    certificate->missing = lync_certificate_missing(chain, p);
    return NULL;
}

const lync_err_t *lync_certificate_presented(lync_certificate_t *facts, const char *pem, apr_pool_t *p)
{
    BIO *bio = BIO_new_mem_buf(pem, -1);
    X509 *leaf = bio ? PEM_read_bio_X509(bio, NULL, NULL, NULL) : NULL;
    const char *why = leaf ? NULL : reason();
    STACK_OF(X509) *chain;

    BIO_free(bio);
    if (why)
        return lync_err(p, "cannot read the certificate that was presented: %s", why);
    chain = sk_X509_new_null();
    apr_pool_cleanup_register(p, chain, free_chain, apr_pool_cleanup_null);
    sk_X509_push(chain, leaf);
    lync_certificate_facts(facts, chain, p);
    return NULL;
}

const lync_err_t *lync_certificate_test(const lync_certificate_t *certificate, apr_pool_t *p)
{
    STACK_OF(X509) *chain;

    LYNC_TRY(read_chain(&chain, certificate->chain, p));
    return test_key(sk_X509_value(chain, 0), certificate->key, certificate->chain, p);
}

const lync_err_t *lync_certificate_test_ca(const char *ca, apr_pool_t *p)
{
    STACK_OF(X509) *anchors;

    return read_chain(&anchors, ca, p);
}

const char *lync_certificate_issuer_end(const char *file, const char **not_after, apr_pool_t *p)
{
    STACK_OF(X509) *chain;
    X509 *issuer = read_chain(&chain, file, p) ? NULL : lync_certificate_first_to_end(chain);

    if (!issuer)
        return NULL;
    *not_after = lync_certificate_iso(X509_get0_notAfter(issuer), p);
    return lync_certificate_name(X509_get_subject_name(issuer), p);
}

int lync_certificate_covers(const lync_certificate_t *certificate, const char *host)
{
    const char *parent = strchr(host, '.');
    char wildcard[256];

    if (lync_word_in(certificate->names, host))
        return 1;
    if (!parent || strlen(parent) + 2 > sizeof(wildcard))
        return 0;
    wildcard[0] = '*';
    apr_cpystrn(wildcard + 1, parent, sizeof(wildcard) - 1);
    return lync_word_in(certificate->names, wildcard);
}

apr_time_t lync_certificate_time(const char *iso)
{
    apr_time_exp_t when = { 0 };
    apr_time_t time = 0;

    if (!iso || sscanf(iso, "%4d-%2d-%2dT%2d:%2d:%2dZ", &when.tm_year, &when.tm_mon, &when.tm_mday, &when.tm_hour,
                       &when.tm_min, &when.tm_sec) != 6)
        return 0;
    when.tm_year -= 1900;
    when.tm_mon -= 1;
    apr_time_exp_gmt_get(&time, &when);
    return time;
}

apr_int64_t lync_certificate_warning(const lync_certificate_t *facts, int days)
{
    apr_time_t life = lync_certificate_time(facts->not_after) - lync_certificate_time(facts->not_before);

    return facts->managed ? apr_time_sec(life) * LYNC_MANAGED_WARNING / 100 : (apr_int64_t)days * 86400;
}

const char *lync_certificate_expiry(apr_time_t end, apr_time_t now)
{
    if (!end)
        return NULL;
    return end <= now ? "expired" : end < now + apr_time_from_sec(LYNC_EXPIRY_WARNING_DAYS * 86400) ? "expiring" : NULL;
}
