#include "unit.h"

#include <string.h>

#include "lync.h"

static const lync_field_t *field(lync_noun_id_t id, const char *name)
{
    const lync_field_t *found = lync_field(lync_noun(id), name);

    assert_non_null(found);
    return found;
}

static void refuses(apr_pool_t *p, lync_noun_id_t id, const char *name, const char *value)
{
    void *row = lync_row_new(p, lync_noun(id));

    if (!lync_row_set(p, lync_noun(id), field(id, name), row, value))
        fail_msg("%s %s accepts '%s'", lync_noun(id)->name, name, value);
}

static void stores(apr_pool_t *p, lync_noun_id_t id, const char *name, const char *value, const char *stored)
{
    void *row = lync_row_new(p, lync_noun(id));

    SUCCEEDS(lync_row_set(p, lync_noun(id), field(id, name), row, value));
    assert_string_equal(lync_row_get(p, field(id, name), row), stored);
}

static void test_host_names(void **state)
{
    static const char *const bad[] = { "", " ", "a b", "a\nb", "a\"b", "a'b", "*.contoso.com", "a..b", ".a", "a.",
        "-a.com", "a-.com", "10.0.0.1", "a_b.com", "a/b", "a:443", "\xc3\xa4.com", "${HOME}", NULL };
    char label[260];
    int i;

    for (i = 0; bad[i]; ++i)
        refuses(*state, LYNC_ROUTE, "host", bad[i]);
    memset(label, 'a', sizeof(label));
    label[64] = '\0';
    refuses(*state, LYNC_ROUTE, "host", label);
    stores(*state, LYNC_ROUTE, "host", "WebExt.Contoso.COM", "webext.contoso.com");
    stores(*state, LYNC_SERVER, "host", "10.0.0.1", "10.0.0.1");
    stores(*state, LYNC_SERVER, "host", "fd00::1", "fd00::1");
    refuses(*state, LYNC_SERVER, "host", "10.0.0");
    refuses(*state, LYNC_SERVER, "host", "10.0.0.0/8");
    refuses(*state, LYNC_SERVER, "host", "10.0.0.256");
}

static void test_numbers(void **state)
{
    static const char *const bad[] = { "", "0", "65536", "abc", "443x", "-1", "+443", " 443", "0x1bb", "4 43",
        "99999999999999999999", NULL };
    int i;

    for (i = 0; bad[i]; ++i)
        refuses(*state, LYNC_LISTENER, "port", bad[i]);
    stores(*state, LYNC_LISTENER, "port", "1", "1");
    stores(*state, LYNC_LISTENER, "port", "65535", "65535");
}

static void test_paths(void **state)
{
    static const char *const bad[] = { "", "abs", "//abs", "/a//b", "/../abs", "/a/..", "/a/./b", "/a b", "/a%2f",
        "/a\\b", "/a\"", "/a.", "/a;b", "/a?b", "/a#b", NULL };
    int i;

    for (i = 0; bad[i]; ++i)
        refuses(*state, LYNC_ROUTE, "path", bad[i]);
    stores(*state, LYNC_ROUTE, "path", "/", "/");
    stores(*state, LYNC_ROUTE, "path", "/Abs/", "/Abs");
    stores(*state, LYNC_ROUTE, "path", "/Autodiscover/AutodiscoverService.svc", "/Autodiscover/AutodiscoverService.svc");
}

static void test_urls(void **state)
{
    static const char *const bad[] = { "", "meet.contoso.com", "http://meet.contoso.com", "https://meet.contoso.com:443",
        "https://meet.contoso.com/?a", "https://meet.contoso.com/a#b", "https://u@meet.contoso.com",
        "https://10.0.0.1", "https://meet.contoso.com/a b", "https:///x", "https://*.contoso.com", NULL };
    int i;

    for (i = 0; bad[i]; ++i)
        refuses(*state, LYNC_DOMAIN, "meet", bad[i]);
    stores(*state, LYNC_DOMAIN, "meet", "https://Meet.contoso.com/", "https://meet.contoso.com");
    stores(*state, LYNC_DOMAIN, "meet", "https://lync.contoso.com/Meet/", "https://lync.contoso.com/Meet");
    refuses(*state, LYNC_ROUTE, "location", "ftp://x.com/");
    refuses(*state, LYNC_ROUTE, "location", "https://x.com/\"");
    stores(*state, LYNC_ROUTE, "location", "https://x.com:8443/a?b=c", "https://x.com:8443/a?b=c");
}

static void test_other_kinds(void **state)
{
    refuses(*state, LYNC_LISTENER, "name", "a b");
    refuses(*state, LYNC_LISTENER, "name", "a/b");
    refuses(*state, LYNC_LISTENER, "address", "localhost");
    stores(*state, LYNC_LISTENER, "address", "::", "::");
    refuses(*state, LYNC_LISTENER, "scheme", "ftp");
    refuses(*state, LYNC_LISTENER, "scheme", "https|http");
    refuses(*state, LYNC_CERTIFICATE, "chain", "relative.pem");
    refuses(*state, LYNC_CERTIFICATE, "chain", "/a\nb");
    refuses(*state, LYNC_PROFILE, "purpose", "two\nlines");
    stores(*state, LYNC_ROUTE, "methods", " GET   HEAD ", "GET HEAD");
    refuses(*state, LYNC_ROUTE, "methods", "GET,HEAD");
    refuses(*state, LYNC_BINDING, "host", "*.contoso.com");
    stores(*state, LYNC_BINDING, "host", "*", "*");
}

static void test_error_says_it_all(void **state)
{
    lync_listener_t *row = lync_row_new(*state, lync_noun(LYNC_LISTENER));
    const lync_noun_t *noun = lync_noun(LYNC_LISTENER);

    FAILS(lync_row_set(*state, noun, lync_field(noun, "port"), row, "70000"),
          "listener: port '70000' is no number from 1 to 65535");
    FAILS(lync_row_set(*state, noun, lync_field(noun, "scheme"), row, "ftp"),
          "listener: scheme 'ftp' is no choice of https or http");
    FAILS(lync_row_set(*state, noun, lync_field(noun, "name"), row, "a\nb"), "'a?b'");
    FAILS(lync_row_set(*state, noun, lync_field(noun, "port"), row, NULL), "cannot be unset");
    assert_null(row->name);
}

static void test_words(void **state)
{
    (void)state;
    assert_true(lync_word_in("GET HEAD", "head"));
    assert_false(lync_word_in("GET HEAD", "HEA"));
    assert_false(lync_word_in("GET HEAD", "GET HEAD"));
    assert_false(lync_word_in(NULL, "GET"));
}

static void test_names_of_nouns(void **state)
{
    (void)state;
    assert_ptr_equal(lync_noun_named("tls-policy"), lync_noun(LYNC_TLS_POLICY));
    assert_ptr_equal(lync_noun_named("tls_policy"), lync_noun(LYNC_TLS_POLICY));
    assert_null(lync_noun_named("tls"));
    assert_ptr_equal(lync_field(lync_noun(LYNC_POOL), "verify-name"), lync_field(lync_noun(LYNC_POOL), "verify_name"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT_TEST(test_host_names), UNIT_TEST(test_numbers), UNIT_TEST(test_paths), UNIT_TEST(test_urls),
        UNIT_TEST(test_other_kinds), UNIT_TEST(test_error_says_it_all), UNIT_TEST(test_words),
        UNIT_TEST(test_names_of_nouns),
    };

    return cmocka_run_group_tests_name("noun", tests, NULL, NULL);
}
