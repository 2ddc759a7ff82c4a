#include "certificate.h"

#include <apr_escape.h>
#include <apr_file_info.h>
#include <apr_file_io.h>
#include <apr_lib.h>
#include <apr_strings.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "check.h"

#define NAME_LIMIT 4096
#define ASN1_SEQUENCE 0x30      /* with which DER and PKCS#12 begin */

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
        text = "it has one, which 'openssl pkey -in FILE -out NEWFILE' takes off";
    else if (BIO_seek(bio, 0) >= 0 && BIO_read(bio, &first, 1) == 1 && first == ASN1_SEQUENCE)
        text = "it is DER or PKCS#12 (.cer, .pfx), of which 'openssl x509' or 'openssl pkcs12' makes PEM";
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

static apr_status_t free_x509(void *leaf)
{
    X509_free(leaf);
    return APR_SUCCESS;
}

/* The first certificate of a PEM file; freed with p. */
static const lync_err_t *read_leaf(X509 **leaf, const char *chain, apr_pool_t *p)
{
    const char *why;
    BIO *bio;

    LYNC_TRY(open_bio(&bio, "certificate", chain, p));
    *leaf = PEM_read_bio_X509(bio, NULL, NULL, NULL);
    why = *leaf ? NULL : not_pem(bio);
    BIO_free(bio);
    if (why)
        return lync_err(p, "certificate file '%s' holds no PEM certificate: %s", chain, why);
    apr_pool_cleanup_register(p, *leaf, free_x509, apr_pool_cleanup_null);
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

static const char *iso_time(const ASN1_TIME *when, apr_pool_t *p)
{
    struct tm tm;

    if (!ASN1_TIME_to_tm(when, &tm))
        return NULL;
    return apr_psprintf(p, "%04d-%02d-%02dT%02d:%02d:%02dZ", tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday,
                        tm.tm_hour, tm.tm_min, tm.tm_sec);
}

static const char *subject(X509 *leaf, apr_pool_t *p)
{
    BIO *bio = BIO_new(BIO_s_mem());
    char *text;
    long length;
    const char *copy;

    X509_NAME_print_ex(bio, X509_get_subject_name(leaf), 0, XN_FLAG_RFC2253);
    length = BIO_get_mem_data(bio, &text);
    copy = apr_pstrmemdup(p, text, length > NAME_LIMIT ? NAME_LIMIT : (apr_size_t)length);
    BIO_free(bio);
    return *copy ? copy : NULL;
}

/* A name that would not survive as a word (blanks, NUL, other than ASCII) covers no host anyway. */
static const char *add_name(const char *names, const ASN1_STRING *value, apr_pool_t *p)
{
    const char *data = (const char *)ASN1_STRING_get0_data(value);
    apr_size_t length = (apr_size_t)ASN1_STRING_length(value), i;
    char *word = apr_pstrmemdup(p, data, length);

    for (i = 0; i < length; ++i) {
        if (!apr_isalnum(word[i]) && (!word[i] || !strchr("-_.*", word[i])))
            return names;
        word[i] = (char)apr_tolower(word[i]);
    }
    return length && !lync_word_in(names, word) ? apr_pstrcat(p, names, *names ? " " : "", word, NULL) : names;
}

static const char *alternative_names(X509 *leaf, apr_pool_t *p)
{
    GENERAL_NAMES *general = X509_get_ext_d2i(leaf, NID_subject_alt_name, NULL, NULL);
    const char *names = "";
    int i;

    for (i = 0; i < sk_GENERAL_NAME_num(general); ++i) {
        const GENERAL_NAME *name = sk_GENERAL_NAME_value(general, i);

        if (name->type == GEN_DNS)
            names = add_name(names, name->d.dNSName, p);
    }
    GENERAL_NAMES_free(general);
    ERR_clear_error();
    return *names ? names : NULL;
}

static const char *fingerprint(X509 *leaf, apr_pool_t *p)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned int length = 0;
    char *hex;

    if (!X509_digest(leaf, EVP_sha256(), digest, &length))
        return NULL;
    hex = apr_palloc(p, 2 * length + 1);
    if (apr_escape_hex(hex, digest, length, 0, NULL) != APR_SUCCESS)
        return NULL;
    return hex;
}

static void take_facts(lync_certificate_t *certificate, X509 *leaf, apr_pool_t *p)
{
    certificate->subject = subject(leaf, p);
    certificate->names = alternative_names(leaf, p);
    certificate->not_before = iso_time(X509_get0_notBefore(leaf), p);
    certificate->not_after = iso_time(X509_get0_notAfter(leaf), p);
    certificate->fingerprint = fingerprint(leaf, p);
}

const lync_err_t *lync_certificate_read(lync_certificate_t *certificate, apr_pool_t *p)
{
    X509 *leaf;

    LYNC_TRY(read_leaf(&leaf, certificate->chain, p));
    take_facts(certificate, leaf, p);
    return test_key(leaf, certificate->key, certificate->chain, p);
}

const lync_err_t *lync_certificate_facts(lync_certificate_t *facts, const char *pem, apr_pool_t *p)
{
    BIO *bio = BIO_new_mem_buf(pem, -1);
    X509 *leaf = bio ? PEM_read_bio_X509(bio, NULL, NULL, NULL) : NULL;
    const char *why = leaf ? NULL : reason();

    BIO_free(bio);
    if (why)
        return lync_err(p, "cannot read the certificate that was presented: %s", why);
    take_facts(facts, leaf, p);
    X509_free(leaf);
    return NULL;
}

const lync_err_t *lync_certificate_test(const lync_certificate_t *certificate, apr_pool_t *p)
{
    X509 *leaf;

    LYNC_TRY(read_leaf(&leaf, certificate->chain, p));
    return test_key(leaf, certificate->key, certificate->chain, p);
}

const lync_err_t *lync_certificate_test_ca(const char *ca, apr_pool_t *p)
{
    X509 *anchor;

    return read_leaf(&anchor, ca, p);
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

const char *lync_certificate_expiry(apr_time_t end, apr_time_t now)
{
    if (!end)
        return NULL;
    return end <= now ? "expired" : end < now + apr_time_from_sec(LYNC_EXPIRY_WARNING_DAYS * 86400) ? "expiring" : NULL;
}
