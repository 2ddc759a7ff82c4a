#include "unit.h"

#include <apr_strings.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>

#include "certificate.h"

/* A self-signed certificate with these names and a key, in one file. */
static const char *make(apr_pool_t *p, const char *names)
{
    const char *path = unit_file(p);
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *leaf = X509_new();
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, names);
    FILE *file = fopen(path, "w");

    X509_NAME_add_entry_by_txt(X509_get_subject_name(leaf), "CN", MBSTRING_ASC, (const unsigned char *)"a.com", -1, -1, 0);
    X509_set_issuer_name(leaf, X509_get_subject_name(leaf));
    ASN1_TIME_set_string(X509_getm_notBefore(leaf), "20260102030405Z");
    ASN1_TIME_set_string(X509_getm_notAfter(leaf), "20360102030405Z");
    X509_set_pubkey(leaf, key);
    X509_add_ext(leaf, extension, -1);
    assert_true(X509_sign(leaf, key, EVP_sha256()) > 0);
    PEM_write_X509(file, leaf);
    PEM_write_PrivateKey(file, key, NULL, NULL, 0, NULL, NULL);
    fclose(file);
    X509_EXTENSION_free(extension);
    X509_free(leaf);
    EVP_PKEY_free(key);
    return path;
}

static void test_facts(void **state)
{
    const char *file = make(*state, "DNS:WebExt.contoso.com,DNS:*.fabrikam.com,IP:10.0.0.1,DNS:webext.contoso.com");
    lync_certificate_t certificate = { .name = "external", .chain = file, .key = file };

    SUCCEEDS(lync_certificate_read(&certificate, *state));
    assert_string_equal(certificate.subject, "CN=a.com");
    assert_string_equal(certificate.names, "webext.contoso.com *.fabrikam.com");
    assert_string_equal(certificate.not_before, "2026-01-02T03:04:05Z");
    assert_string_equal(certificate.not_after, "2036-01-02T03:04:05Z");
    assert_int_equal(strlen(certificate.fingerprint), 64);
    assert_true(lync_certificate_covers(&certificate, "webext.contoso.com"));
    assert_true(lync_certificate_covers(&certificate, "meet.fabrikam.com"));
    assert_false(lync_certificate_covers(&certificate, "fabrikam.com"));
    assert_false(lync_certificate_covers(&certificate, "a.meet.fabrikam.com"));
    assert_false(lync_certificate_covers(&certificate, "a.com"));
}

/* As somebody presents it, and as who may not read the key sees the file. */
static void test_facts_without_the_key(void **state)
{
    const char *file = make(*state, "DNS:a.com");
    lync_certificate_t whole = { .name = "a", .chain = file, .key = file }, read = whole, facts = { .name = "a" };
    char pem[4096] = "";
    FILE *stream = fopen(file, "r");

    assert_true(fread(pem, 1, sizeof(pem) - 1, stream) > 0);
    fclose(stream);
    SUCCEEDS(lync_certificate_read(&whole, *state));
    SUCCEEDS(lync_certificate_presented(&facts, pem, *state));
    assert_string_equal(facts.fingerprint, whole.fingerprint);
    assert_string_equal(facts.subject, "CN=a.com");
    FAILS(lync_certificate_presented(&facts, "nonsense", *state), "cannot read the certificate that was presented");
    read.key = "/nonexistent";
    FAILS(lync_certificate_read(&read, *state), "cannot read key file");
    assert_string_equal(read.fingerprint, whole.fingerprint);
}

static void test_files(void **state)
{
    const char *one = make(*state, "DNS:a.com"), *two = make(*state, "DNS:a.com");
    lync_certificate_t certificate = { .name = "external", .chain = one, .key = two };

    FAILS(lync_certificate_test(&certificate, *state), "does not match the first certificate of");
    certificate.key = "/nonexistent";
    FAILS(lync_certificate_test(&certificate, *state), "cannot read key file '/nonexistent': No such file");
    certificate.key = one;
    SUCCEEDS(lync_certificate_test(&certificate, *state));
    SUCCEEDS(lync_certificate_test_ca(one, *state));
    certificate.chain = "/etc/passwd";
    FAILS(lync_certificate_test(&certificate, *state), "holds no PEM certificate: no start line");
    FAILS(lync_certificate_test_ca("/etc/passwd", *state), "holds no PEM certificate");
    FAILS(lync_certificate_test_ca("/dev/null", *state), "cannot read certificate file '/dev/null': it is no regular");
}

static void test_time(void **state)
{
    (void)state;
    assert_int_equal(lync_certificate_time("1970-01-01T00:01:00Z"), apr_time_from_sec(60));
    assert_int_equal(lync_certificate_time("nonsense"), 0);
    assert_int_equal(lync_certificate_time(NULL), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = { UNIT_TEST(test_facts), UNIT_TEST(test_facts_without_the_key),
                                        UNIT_TEST(test_files), UNIT_TEST(test_time) };

    return cmocka_run_group_tests_name("certificate", tests, NULL, NULL);
}
