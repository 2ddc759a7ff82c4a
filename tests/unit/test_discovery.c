#include "unit.h"

#include <apr_strings.h>
#include <string.h>

#include "../../admin/discovery.h"
#include "../../admin/lyncadm.h"

#define RTC "application/vnd.microsoft.rtc.autodiscover+xml; v=1"

static const lync_err_t *read_it(const char *text, const char *type, discovery_document_t **document, apr_pool_t *p)
{
    return discovery_read(text, strlen(text), type, "it", document, p);
}

/* "LOCATION SHAPE: TOKEN=HREF TOKEN=HREF | SERVER=HOST:PORT" */
static const char *told(const char *text, const char *type, apr_pool_t *p)
{
    discovery_document_t *document;
    const char *line;
    int i;

    SUCCEEDS(read_it(text, type, &document, p));
    line = apr_pstrcat(p, document->location ? document->location : "-", " ", document->shape, ":", NULL);
    for (i = 0; i < document->links->nelts; ++i) {
        const discovery_link_t *link = &APR_ARRAY_IDX(document->links, i, discovery_link_t);

        line = apr_pstrcat(p, line, " ", link->token, "=", link->href ? link->href : "-", NULL);
    }
    for (i = 0; i < document->servers->nelts; ++i) {
        const discovery_link_t *server = &APR_ARRAY_IDX(document->servers, i, discovery_link_t);

        line = apr_pstrcat(p, line, " | ", server->token, "=", server->href, NULL);
    }
    return line;
}

static void test_shapes(void **state)
{
    assert_string_equal(told("{\"AccessLocation\":\"External\",\"Root\":{\"Links\":[{\"href\":\"https://a/d\","
                             "\"token\":\"Domain\"},{\"token\":\"User\",\"href\":\"https://a/u\"}]}}",
                             "application/json", *state),
                        "External links: Domain=https://a/d User=https://a/u");
    assert_string_equal(told("{\"_links\":{\"self\":{\"href\":\"https://a/\"},\"user\":[{\"href\":\"https://a/1\"},"
                             "{\"href\":\"https://a/2\"}]}}", "application/json; charset=utf-8", *state),
                        "- HAL: self=https://a/ user=https://a/1 user=https://a/2");
    assert_string_equal(told("<?xml version=\"1.0\"?><AutodiscoverResponse AccessLocation=\"External\"><Root>"
                             "<Link token=\"User\" "
                             "href=\"https://a/u?b=1&amp;c=2\"/></Root></AutodiscoverResponse>", RTC, *state),
                        "External XML: User=https://a/u?b=1&c=2");
    assert_string_equal(told("<a:AutodiscoverResponse xmlns:a=\"urn:x\"><a:Root><a:Link token=\"OAuth\" href=\"h\"/>"
                             "</a:Root></a:AutodiscoverResponse>", NULL, *state), "- XML: OAuth=h");
}

static void test_redirect(void **state)
{
    assert_string_equal(told("{\"_links\":{\"redirect\":{\"href\":\"https://b/\"}}}", "application/json", *state),
                        "- HAL: redirect=https://b/");
    assert_string_equal(told("{\"AccessLocation\":\"Internal\",\"Root\":{\"Links\":[{\"token\":\"Redirect\",\"href\":"
                             "\"https://b/\"}]}}", NULL, *state), "Internal links: Redirect=https://b/");
}

static void test_servers_are_no_links(void **state)
{
    assert_string_equal(told("<AutodiscoverResponse><User>"
                             "<SipServerExternalAccess fqdn=\"sip.contoso.com\" port=\"443\"/>"
                             "<Link token=\"Self\" href=\"h\"/></User></AutodiscoverResponse>", RTC, *state),
                        "- XML: Self=h | SipServerExternalAccess=sip.contoso.com:443");
    assert_string_equal(told("{\"User\":{\"SipClientExternalAccess\":{\"fqdn\":\"sip.contoso.com\",\"port\":443},"
                             "\"SipServerExternalAccess\":{\"fqdn\":\"s\",\"port\":\"5061\"},\"Links\":[]}}", NULL,
                             *state),
                        "- links: | SipClientExternalAccess=sip.contoso.com:443 | SipServerExternalAccess=s:5061");
}

static void test_no_documents(void **state)
{
    static const struct {
        const char *text, *type, *sentence;
    } each[] = {
        { "", NULL, "document 'it', line 1" },
        { "<html>", "text/html", "is a page (text/html), no discovery document" },
        { "<Other/>", RTC, "its root is 'Other'" },
        { "<O\xe2\x80\xae/>", RTC, "is no" },
        { "<!DOCTYPE a><AutodiscoverResponse/>", RTC, "(DTD), which no discovery document has" },
        { "{}", "application/json", "there are no links in it" },
        { "{\"_links\":[]}", "application/json", "there are no links in it" },
        { "[{\"Links\":[]}]", "application/json", "there are no links in it" },
        { "{\"Root\":{\"Links\":{}}}", "application/json", "there are no links in it" },
        { "{\"_links\":{},\"_links\":{}}", "application/json", "duplicate object key" },
        { "<AutodiscoverResponse/>", "application/json", "document 'it', line 1" },
    };
    discovery_document_t *document;
    apr_size_t i;

    for (i = 0; i < sizeof(each) / sizeof(each[0]); ++i)
        FAILS(read_it(each[i].text, each[i].type, &document, *state), each[i].sentence);
}

static void test_links_of_wrong_types(void **state)
{
    assert_string_equal(told("{\"_links\":{\"a\":7,\"b\":{\"href\":7},\"c\":[null]}}", NULL, *state), "- HAL: b=- c=-");
    assert_string_equal(told("{\"R\":{\"Links\":[7,{\"token\":\"a\\nb\"}],\"S\":{\"fqdn\":\"x y\"}},\"T\":null}", NULL,
                             *state),
                        "- links: ?=- a?b=- | S=x?y");
}

static void test_many_links(void **state)
{
    apr_array_header_t *links = apr_array_make(*state, 10000, sizeof(const char *));
    discovery_document_t *document;
    const char *text;
    int i;

    for (i = 0; i < 10000; ++i)
        APR_ARRAY_PUSH(links, const char *) = "{\"token\":\"a\",\"href\":\"b\"}";
    text = apr_pstrcat(*state, "{\"Root\":{\"Links\":[", apr_array_pstrcat(*state, links, ','), "]}}", NULL);
    SUCCEEDS(read_it(text, NULL, &document, *state));
    assert_int_equal(document->links->nelts, DISCOVERY_LINKS);
    assert_int_equal(document->left_out, 10000 - DISCOVERY_LINKS);
}

static void test_fields(void **state)
{
    apr_table_t *fields = apr_table_make(*state, 4);
    discovery_document_t *document = discovery_document(*state);

    apr_table_set(fields, "x-ms-webticketurl", "https://a/ticket");
    apr_table_set(fields, "WWW-Authenticate", "Bearer trusted_issuers=\"href=\", MsRtcOAuth href=\"https://a/token\","
                  "grant_type=\"password\", xhref=\"no\", MsRtcOAuth href=\"https://b/\", href=\"cut");
    apr_table_set(fields, "Location", "https://c/");
    apr_table_set(fields, "Content-Location", "https://d/");
    discovery_fields(fields, document);
    assert_int_equal(document->links->nelts, 4);
    assert_string_equal(APR_ARRAY_IDX(document->links, 0, discovery_link_t).href, "https://a/ticket");
    assert_string_equal(APR_ARRAY_IDX(document->links, 1, discovery_link_t).href, "https://a/token");
    assert_string_equal(APR_ARRAY_IDX(document->links, 2, discovery_link_t).href, "https://b/");
    assert_string_equal(APR_ARRAY_IDX(document->links, 2, discovery_link_t).token, "WWW-Authenticate");
    assert_string_equal(APR_ARRAY_IDX(document->links, 3, discovery_link_t).href, "https://c/");
}

static void test_urls(void **state)
{
    static const char *const each[][2] = {
        { "https://WebExt.contoso.com", "https://webext.contoso.com:443/" },
        { "HTTPS://webext.contoso.com:443/A?b=c#d", "https://webext.contoso.com:443/A?b=c" },
        { "https://webext.contoso.com:/a", "https://webext.contoso.com:443/a" },
        { "http://webext.contoso.com?x", "http://webext.contoso.com:80/?x" },
        { "https://webext.contoso.com:4443/%2e%2e/", "https://webext.contoso.com:4443/%2e%2e/" },
        { "/ucwa", "https://base.contoso.com:8443/ucwa" },
    };
    discovery_url_t base, url;
    apr_size_t i;

    discovery_url("https://base.contoso.com:8443/x", NULL, &base, *state);
    for (i = 0; i < sizeof(each) / sizeof(each[0]); ++i) {
        discovery_url(each[i][0], &base, &url, *state);
        assert_null(url.fault);
        assert_string_equal(url.key, each[i][1]);
    }
}

static void test_urls_that_nobody_follows(void **state)
{
    static const char *const each[][3] = {
        { "", "no-url", "" },
        { "/relative", "no-url", "/relative" },
        { "//webext.contoso.com/", "no-url", "//webext.contoso.com/" },
        { "javascript:alert(1)", "scheme", "javascript:alert(1)" },
        { "ftp://a/", "scheme", "ftp://a/" },
        { "file:///etc/passwd", "scheme", "file:///etc/passwd" },
        { "https://alice:geheim@a.com/", "user", "https://...@a.com/" },
        { "https://geheim@a.com/", "user", "https://...@a.com/" },
        { "https://a:b@c:d@a.com/x@y", "user", "https://...@a.com/x@y" },
        { "ftp://alice:geheim@a.com/", "scheme", "ftp://...@a.com/" },
        { "https://[::1]/", "address", "https://[::1]/" },
        { "https://[fe80::1%25eth0]:443/", "address", "https://[fe80::1%25eth0]:443/" },
        { "https://10.0.0.1:4443/", "address", "https://10.0.0.1:4443/" },
        { "https://2130706433/", "address", "https://2130706433/" },
        { "https:///x", "no-url", "https:///x" },
        { "https:x", "no-url", "https:x" },
        { "https://a b/", "no-url", "https://a?b/" },
        { "https://a.com/\r\nHost: b", "no-url", "https://a.com/??Host:?b" },
        { "https://a.com/\"'>\033[2J", "no-url", "https://a.com/????[2J" },
        { "https://a.com\\@b.com/", "no-url", "https://...@b.com/" },
        { "https://a.com:0/", "no-url", "https://a.com:0/" },
        { "https://a.com:65536/", "no-url", "https://a.com:65536/" },
        { "https://a.com:4 3/", "no-url", "https://a.com:4?3/" },
        { "https://-a.com/", "no-url", "https://-a.com/" },
        { "https://\xc3\xa4.com/", "no-url", "https://??.com/" },
    };
    discovery_url_t url;
    apr_size_t i;

    for (i = 0; i < sizeof(each) / sizeof(each[0]); ++i) {
        discovery_url(each[i][0], NULL, &url, *state);
        assert_non_null(url.fault);
        assert_string_equal(url.fault, each[i][1]);
        assert_string_equal(url.shown, each[i][2]);
    }
}

static void test_a_long_url(void **state)
{
    char *href = apr_palloc(*state, 1 << 20);
    discovery_url_t url;

    memset(href, 'a', (1 << 20) - 1);
    href[(1 << 20) - 1] = '\0';
    memcpy(href, "https://a.com/", 14);
    discovery_url(href, NULL, &url, *state);
    assert_string_equal(url.fault, "no-url");
    assert_int_equal(strlen(url.shown), DISCOVERY_SHOWN + 3);

    /* It costs no more because of what it is made of. */
    memset(href, '/', (1 << 20) - 1);
    discovery_url(href, NULL, &url, *state);
    assert_string_equal(url.fault, "no-url");
}

static void test_users_are_not_shown(void **state)
{
    static const char *const each[][2] = {
        { "", "" }, { "//", "//" }, { "//@", "//...@" }, { "a //@//@//@", "a //...@//...@//...@" },
        { "'https://u:p@q@h/x@y' and 'http://h/' and ftp://v@k", "'https://...@h/x@y' and 'http://h/' and ftp://...@k" }
    };
    size_t i;

    for (i = 0; i < sizeof(each) / sizeof(each[0]); ++i)
        assert_string_equal(lyncadm_without_users(each[i][0], *state), each[i][1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT_TEST(test_shapes), UNIT_TEST(test_redirect), UNIT_TEST(test_servers_are_no_links),
        UNIT_TEST(test_no_documents), UNIT_TEST(test_links_of_wrong_types), UNIT_TEST(test_many_links),
        UNIT_TEST(test_fields), UNIT_TEST(test_urls), UNIT_TEST(test_urls_that_nobody_follows),
        UNIT_TEST(test_a_long_url), UNIT_TEST(test_users_are_not_shown),
    };

    return cmocka_run_group_tests_name("discovery", tests, NULL, NULL);
}
