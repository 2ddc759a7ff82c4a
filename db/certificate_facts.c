#include "certificate.h"

#include <apr_escape.h>
#include <apr_hash.h>
#include <apr_lib.h>
#include <apr_strings.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <string.h>
#include <time.h>

/* What is told of a certificate: the facts of its row. */

#define NAME_LIMIT 4096

const char *lync_certificate_iso(const ASN1_TIME *when, apr_pool_t *p)
{
    struct tm tm;

    if (!ASN1_TIME_to_tm(when, &tm))
        return NULL;
    return apr_psprintf(p, "%04d-%02d-%02dT%02d:%02d:%02dZ", tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday,
                        tm.tm_hour, tm.tm_min, tm.tm_sec);
}

const char *lync_certificate_name(const X509_NAME *name, apr_pool_t *p)
{
    BIO *bio = BIO_new(BIO_s_mem());
    char *text;
    long length;
    const char *copy;

    X509_NAME_print_ex(bio, name, 0, XN_FLAG_RFC2253);
    length = BIO_get_mem_data(bio, &text);
    /* of nothing OpenSSL gives no text at all */
    copy = length > 0 ? apr_pstrmemdup(p, text, length > NAME_LIMIT ? NAME_LIMIT : (apr_size_t)length) : "(no name)";
    BIO_free(bio);
    return copy;
}

/* Words, each once: there may be tens of thousands. */
typedef struct words_t {
    apr_array_header_t *list;   /* of const char * */
    apr_hash_t *known;
} words_t;

static void add_word(words_t *words, const char *word)
{
    if (apr_hash_get(words->known, word, APR_HASH_KEY_STRING))
        return;
    apr_hash_set(words->known, word, APR_HASH_KEY_STRING, word);
    APR_ARRAY_PUSH(words->list, const char *) = word;
}

static words_t new_words(apr_pool_t *p)
{
    words_t words = { apr_array_make(p, 8, sizeof(const char *)), apr_hash_make(p) };

    return words;
}

static const char *text_of(const words_t *words, apr_pool_t *p)
{
    return words->list->nelts ? apr_array_pstrcat(p, words->list, ' ') : NULL;
}

/* A name that would not survive as a word (blanks, NUL, other than ASCII) covers no host anyway. */
static void add_name(words_t *names, const ASN1_STRING *value, apr_pool_t *p)
{
    const char *data = (const char *)ASN1_STRING_get0_data(value);
    apr_size_t length = (apr_size_t)ASN1_STRING_length(value), i;
    char *word = apr_pstrmemdup(p, data, length);

    for (i = 0; i < length; ++i) {
        if (!apr_isalnum(word[i]) && (!word[i] || !strchr("-_.*", word[i])))
            return;
        word[i] = (char)apr_tolower(word[i]);
    }
    if (length)
        add_word(names, word);
}

static const char *alternative_names(X509 *leaf, apr_pool_t *p)
{
    GENERAL_NAMES *general = X509_get_ext_d2i(leaf, NID_subject_alt_name, NULL, NULL);
    words_t names = new_words(p);
    int i;

    for (i = 0; i < sk_GENERAL_NAME_num(general); ++i) {
        const GENERAL_NAME *name = sk_GENERAL_NAME_value(general, i);

        if (name->type == GEN_DNS)
            add_name(&names, name->d.dNSName, p);
    }
    GENERAL_NAMES_free(general);
    ERR_clear_error();
    return text_of(&names, p);
}

const char *lync_certificate_fingerprint(X509 *leaf, apr_pool_t *p)
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

/* "RSA 2048", "EC P-256" */
static const char *key_type(X509 *leaf, apr_pool_t *p)
{
    EVP_PKEY *key = X509_get0_pubkey(leaf);
    char group[80];
    const char *curve;

    if (!key)
        return NULL;
    if (EVP_PKEY_get_base_id(key) != EVP_PKEY_EC || !EVP_PKEY_get_group_name(key, group, sizeof(group), NULL))
        return apr_psprintf(p, "%s %d", EVP_PKEY_get0_type_name(key), EVP_PKEY_get_bits(key));
    curve = EC_curve_nid2nist(OBJ_txt2nid(group));
    return apr_psprintf(p, "EC %s", curve ? curve : group);
}

/* "sha256" of sha256WithRSAEncryption; NULL: one that has none to tell, as of Ed25519. */
static const char *signature(X509 *leaf, apr_pool_t *p)
{
    int digest = NID_undef;

    if (!X509_get_signature_info(leaf, &digest, NULL, NULL, NULL) || digest == NID_undef)
        return NULL;
    return apr_pstrdup(p, OBJ_nid2ln(digest));
}

/* "serverAuth clientAuth"; NULL: it says none, so that it is good for all. */
static const char *usages(X509 *leaf, apr_pool_t *p)
{
    EXTENDED_KEY_USAGE *usage = X509_get_ext_d2i(leaf, NID_ext_key_usage, NULL, NULL);
    words_t words = new_words(p);
    int i;

    for (i = 0; i < sk_ASN1_OBJECT_num(usage); ++i) {
        char oid[80];
        int nid = OBJ_obj2nid(sk_ASN1_OBJECT_value(usage, i));

        OBJ_obj2txt(oid, sizeof(oid), sk_ASN1_OBJECT_value(usage, i), 1);
        add_word(&words, nid == NID_undef ? apr_pstrdup(p, oid) : OBJ_nid2sn(nid));
    }
    EXTENDED_KEY_USAGE_free(usage);
    ERR_clear_error();
    return text_of(&words, p);
}

/* Where its issuer answers whether it is revoked (OCSP). */
static const char *responder(X509 *leaf, apr_pool_t *p)
{
    STACK_OF(OPENSSL_STRING) *urls = X509_get1_ocsp(leaf);
    const char *url = sk_OPENSSL_STRING_num(urls) > 0 ? sk_OPENSSL_STRING_value(urls, 0) : NULL, *c;

    for (c = url ? url : ""; apr_isgraph(*c); ++c)
        ;
    url = url && *url && !*c ? apr_pstrdup(p, url) : NULL;
    X509_email_free(urls);
    ERR_clear_error();
    return url;
}

void lync_certificate_facts(lync_certificate_t *certificate, STACK_OF(X509) *chain, apr_pool_t *p)
{
    X509 *leaf = sk_X509_value(chain, 0);

    certificate->subject = lync_certificate_name(X509_get_subject_name(leaf), p);
    certificate->issuer = lync_certificate_name(X509_get_issuer_name(leaf), p);
    certificate->names = alternative_names(leaf, p);
    certificate->key_type = key_type(leaf, p);
    certificate->signature = signature(leaf, p);
    certificate->usages = usages(leaf, p);
    certificate->responder = responder(leaf, p);
    certificate->not_before = lync_certificate_iso(X509_get0_notBefore(leaf), p);
    certificate->not_after = lync_certificate_iso(X509_get0_notAfter(leaf), p);
    certificate->fingerprint = lync_certificate_fingerprint(leaf, p);
}
