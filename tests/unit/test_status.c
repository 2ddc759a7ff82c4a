#include "unit.h"

#include <string.h>

#include "../../mod_lync/status.h"

static void says(apr_pool_t *p, const char *(*function)(const char *text, apr_pool_t *p), const char *text,
                 const char *expected)
{
    const char *said = function(text, p);

    if (strcmp(said, expected))
        fail_msg("'%s' became '%s', not '%s'", text, said, expected);
}

static void test_text_is_one_line_of_utf8(void **state)
{
    static const char *const odd[] = {
        "\xff", "\xc3", "\xc0\xaf", "\xe0\x80\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xe2\x80",
        "\xf0\x90\x80", "\x80", NULL
    };
    char text[16], expected[16];
    int i;

    assert_null(lync_text_clean(NULL, *state));
    says(*state, lync_text_clean, "", "");
    says(*state, lync_text_clean, "a\tb\nc\x1b[31m\x7f", "a?b?c?[31m?");
    says(*state, lync_text_clean, "M\xc3\xbcnchen \xe2\x82\xac \xf0\x9f\x98\x80", "M\xc3\xbcnchen \xe2\x82\xac \xf0\x9f\x98\x80");
    for (i = 0; odd[i]; ++i) {
        apr_size_t length = strlen(odd[i]);

        memcpy(text, odd[i], length + 1);
        memset(expected, '?', length);
        expected[length] = '\0';
        says(*state, lync_text_clean, text, expected);
    }
    says(*state, lync_text_clean, "\xc3\xbc and \xff", "?? and ?");
}

#define STRUCK "\xe2\x80\xa6"

static void test_file_names_are_struck_out(void **state)
{
    assert_null(lync_text_discreet(NULL, *state));
    says(*state, lync_text_discreet, "", "");
    says(*state, lync_text_discreet, "cannot open store '/var/lib/lync/lync.db': no such file",
         "cannot open store '" STRUCK "': no such file");
    says(*state, lync_text_discreet, "key file '/a b/it's.key' does not match the first certificate of '/c'",
         "key file '" STRUCK "' does not match the first certificate of '" STRUCK "'");
    says(*state, lync_text_discreet, "error:80000002:system library:fopen('/etc/x.pem','r')",
         "error:80000002:system library:fopen('" STRUCK "','r')");
    says(*state, lync_text_discreet, "/etc/passwd and file:/etc/shadow, (/x/y)",
         STRUCK " and file:" STRUCK ", (" STRUCK ")");
    says(*state, lync_text_discreet, "cut off in '/var/lib/ly", "cut off in '" STRUCK);
    says(*state, lync_text_discreet, "and/or https://meet.contoso.com/x, 1/2, route '/'",
         "and/or https://meet.contoso.com/x, 1/2, route '/'");
}

static void test_addresses_are_struck_out(void **state)
{
    says(*state, lync_text_discreet, "server '10.1.2.3' of 10.1.2.3:4443 and fd00::12, [fd00::1]:4443.",
         "server '" STRUCK "' of " STRUCK ":4443 and " STRUCK ", [" STRUCK "]:4443.");
    says(*state, lync_text_discreet, ": . .. a :", ": . .. a :");
    says(*state, lync_text_discreet, "at 10.1.2.3.", "at " STRUCK ".");
    says(*state, lync_text_discreet, "port 8443 at 2026-03-01T12:00:00Z, OpenSSL 3.0.19, 300 s, abc, a.b.c.d: done",
         "port 8443 at 2026-03-01T12:00:00Z, OpenSSL 3.0.19, 300 s, abc, a.b.c.d: done");
}

static void test_spans(void **state)
{
    assert_string_equal(lync_text_span(-5, *state), "0 s");
    assert_string_equal(lync_text_span(119, *state), "119 s");
    assert_string_equal(lync_text_span(120, *state), "2 min");
    assert_string_equal(lync_text_span(7199, *state), "119 min");
    assert_string_equal(lync_text_span(11520, *state), "3 h 12 min");
    assert_string_equal(lync_text_span(172800, *state), "2 days");
    assert_string_equal(lync_text_span(APR_INT64_C(4000000000), *state), "46296 days");
}

/* A whole, two listeners, no pool. */
static apr_array_header_t *tables(apr_pool_t *p)
{
    apr_array_header_t *tables = apr_array_make(p, 3, sizeof(const lync_facts_t *));
    lync_facts_t *facts = lync_facts("status", p);

    lync_facts_row(facts);
    lync_facts_text(facts, "state", "served");
    lync_facts_text(facts, "because", NULL);
    lync_facts_text(facts, "name", "whole");
    lync_facts_number(facts, "served", 1, 7);
    lync_facts_number(facts, "wanted", 0, 7);
    lync_facts_time(facts, "since", apr_time_from_sec(1772366400));
    lync_facts_time(facts, "never", 0);
    lync_facts_hint(facts, "since_for", "3 h");
    APR_ARRAY_PUSH(tables, const lync_facts_t *) = facts;
    facts = lync_facts("listener", p);
    lync_facts_row(facts);
    lync_facts_text(facts, "name", "\"<a&b>'\\\n\xff");
    lync_facts_text(facts, "because", "it \"is\"");
    lync_facts_row(facts);
    lync_facts_text(facts, "name", "second");
    lync_facts_text(facts, "because", NULL);
    APR_ARRAY_PUSH(tables, const lync_facts_t *) = facts;
    APR_ARRAY_PUSH(tables, const lync_facts_t *) = lync_facts("pool", p);
    return tables;
}

static void test_json(void **state)
{
    assert_string_equal(lync_status_json(tables(*state), *state),
        "[\n  {\"noun\": \"status\", \"state\": \"served\", \"because\": null, \"name\": \"whole\", \"served\": 7, "
        "\"wanted\": null, \"since\": \"2026-03-01T12:00:00Z\", \"never\": null},\n"
        "  {\"noun\": \"listener\", \"name\": \"\\\"<a&b>'\\\\??\", \"because\": \"it \\\"is\\\"\"},\n"
        "  {\"noun\": \"listener\", \"name\": \"second\", \"because\": null}\n]\n");
}

/* Whatever a fact is made of: the writer does not rely on it being clean. */
static void test_json_escapes_by_itself(void **state)
{
    apr_array_header_t *array = tables(*state);
    lync_fact_t *fact = &APR_ARRAY_IDX(APR_ARRAY_IDX(APR_ARRAY_IDX(array, 0, lync_facts_t *)->rows, 0,
                                                     apr_array_header_t *), 0, lync_fact_t);

    fact->value = "\x01\n\x1f\"\\\x7f";
    assert_non_null(strstr(lync_status_json(array, *state), "\"\\u0001\\u000a\\u001f\\\"\\\\\x7f\""));
}

static const lync_part_t parts[] = { { "style", "a{{b}}<>" }, { NULL, NULL } };

static void fills(apr_pool_t *p, const char *template, const char *expected)
{
    const char *said = lync_status_html(template, parts, tables(p), p);

    if (!said || strcmp(said, expected))
        fail_msg("'%s' became '%s', not '%s'", template, said, expected);
}

static void test_html(void **state)
{
    fills(*state, "", "");
    fills(*state, "{{served}} {{since_for}}{{because}}.", "7 3 h.");
    fills(*state, "{{#listener}}[{{name}}{{served}}]{{/listener}}",
          "[&quot;&lt;a&amp;b&gt;'\\??7][second7]");
    fills(*state, "{{#listener}}{{#because}}{{because}}{{/because}}{{^because}}-{{/because}}{{/listener}}",
          "it &quot;is&quot;-");
    fills(*state, "{{#pool}}x{{/pool}}{{^pool}}none{{/pool}}{{^listener}}none{{/listener}}", "none");
    fills(*state, "{{#state=served}}yes{{/state=served}}{{^state=served}}no{{/state=served}}", "yes");
    fills(*state, "{{#state=down}}yes{{/state=down}}{{^state=down}}no{{/state=down}}{{#because=}}x{{/because=}}", "no");
    fills(*state, "<{{>style}}>", "<a{{b}}<>>");
}

static void test_broken_templates(void **state)
{
    static const char *const broken[] = {
        "{{", "{{}}", "{{served", "{{unknown}}", "{{#listener}}", "{{/listener}}", "{{>unknown}}", "{{#unknown}}{{/unknown}}",
        "{{#listener}}{{#because}}{{/listener}}{{/because}}", "{{#served}}{{served{{/served}}", NULL
    };
    int i;

    for (i = 0; broken[i]; ++i)
        if (lync_status_html(broken[i], parts, tables(*state), *state))
            fail_msg("'%s' was taken for a template", broken[i]);
}

/* Whether a line is there, and where; each is there once. */
static const char *line(const char *text, const char *line)
{
    const char *found = NULL, *at;
    apr_size_t length = strlen(line);

    for (at = text; (at = strstr(at, line)) != NULL; at += length)
        if ((at == text || at[-1] == '\n') && at[length] == '\n') {
            if (found)
                fail_msg("twice: %s", line);
            found = at;
        }
    return found;
}

static void has(const char *text, const char *expected)
{
    if (!line(text, expected))
        fail_msg("not there: %s", expected);
}

static void has_not(const char *text, const char *unexpected)
{
    if (strstr(text, unexpected))
        fail_msg("there: %s", unexpected);
}

static void put_server(lync_facts_t *facts, const char *host, apr_int64_t requests, const char *health)
{
    lync_facts_row(facts);
    lync_facts_text(facts, "pool", "pool01");
    lync_facts_text(facts, "host", host);
    lync_facts_number(facts, "port", 1, 4443);
    lync_facts_text(facts, "state", "drain");
    lync_facts_text(facts, "health", health);
    lync_facts_number(facts, "requests", 1, requests);
    lync_facts_time(facts, "not_after", requests ? apr_time_from_sec(1798761600) : 0);
}

static apr_array_header_t *with_servers(apr_pool_t *p)
{
    apr_array_header_t *array = tables(p);
    lync_facts_t *facts = lync_facts("server", p);

    put_server(facts, "fe02", 3, "up");
    put_server(facts, "\xe2\x80\xa6", 1, "up");
    put_server(facts, "fe01", 0, "down");
    put_server(facts, "\xe2\x80\xa6", 2, "down");
    APR_ARRAY_PUSH(array, const lync_facts_t *) = facts;
    return array;
}

/* What is known, in the format's own way; what is not known is not there. */
static void test_metrics(void **state)
{
    const char *open = lync_status_openmetrics(with_servers(*state), *state);
    const char *prometheus = lync_status_prometheus(with_servers(*state), *state);

    has(open, "lync_revision_served 7");
    has(open, "# TYPE lync_revision_active gauge");
    has_not(open, "lync_revision_active 7");
    has(open, "lync_state{state=\"served\"} 1");
    has(open, "lync_state{state=\"down\"} 0");
    has(open, "lync_server_up{pool=\"pool01\",host=\"fe01\",port=\"4443\"} 0");
    has(open, "lync_server_up{pool=\"pool01\",host=\"fe02\",port=\"4443\"} 1");
    has(open, "lync_server_state{pool=\"pool01\",host=\"fe02\",port=\"4443\",state=\"drain\"} 1");
    has(open, "lync_server_state{pool=\"pool01\",host=\"fe02\",port=\"4443\",state=\"active\"} 0");
    has(open, "lync_server_certificate_expiry_timestamp_seconds{pool=\"pool01\",host=\"fe02\",port=\"4443\"} 1798761600");
    has_not(open, "lync_server_certificate_expiry_timestamp_seconds{pool=\"pool01\",host=\"fe01\"");
    has(open, "# TYPE lync_server_requests counter");
    has(open, "# UNIT lync_request_duration_seconds seconds");
    has(open, "lync_server_requests_total{pool=\"pool01\",host=\"fe02\",port=\"4443\"} 3");
    assert_string_equal(line(open, "# EOF"), "# EOF\n");
    has(prometheus, "# TYPE lync_server_requests_total counter");
    has(prometheus, "lync_server_requests_total{pool=\"pool01\",host=\"fe02\",port=\"4443\"} 3");
    has_not(prometheus, "# EOF");
    has_not(prometheus, "# UNIT");
    assert_int_equal(prometheus[strlen(prometheus) - 1], '\n');
}

/* Rows go by their labels, wherever they stand; and no two are the same. */
static void test_metrics_in_order(void **state)
{
    const char *text = lync_status_prometheus(with_servers(*state), *state);
    const char *one = line(text, "lync_server_requests_total{pool=\"pool01\",host=\"fe01\",port=\"4443\"} 0");
    const char *two = line(text, "lync_server_requests_total{pool=\"pool01\",host=\"fe02\",port=\"4443\"} 3");
    const char *first = line(text, "lync_server_requests_total{pool=\"pool01\",host=\"\xe2\x80\xa6\",port=\"4443\"} 1");
    const char *second = line(text, "lync_server_requests_total{pool=\"pool01\",host=\"\xe2\x80\xa6\",port=\"4443\","
                              "twin=\"2\"} 2");

    assert_true(one && two && first && second);
    assert_true(one < two && two < first && first < second);
}

/* Whatever a fact is made of. */
static void test_metrics_escape(void **state)
{
    apr_array_header_t *array = with_servers(*state);
    const lync_facts_t *facts = lync_facts_of(array, "server");
    lync_fact_t *fact = &APR_ARRAY_IDX(APR_ARRAY_IDX(facts->rows, 0, apr_array_header_t *), 1, lync_fact_t);

    assert_string_equal(fact->name, "host");
    fact->value = "a\\b\"c\nd} 1";
    has(lync_status_openmetrics(array, *state),
        "lync_server_up{pool=\"pool01\",host=\"a\\\\b\\\"c\\nd} 1\",port=\"4443\"} 1");
}

/* Ends as they come, then all, sum and number; a service without a name is another one. JSON tells none of it. */
static void test_metrics_histogram(void **state)
{
    apr_array_header_t *array = tables(*state);
    lync_facts_t *facts = lync_facts("service", *state);
    const char *text;

    lync_facts_row(facts);
    lync_facts_text(facts, "name", NULL);
    lync_facts_number(facts, "requests", 1, 9);
    lync_facts_number(facts, "2xx", 1, 8);
    lync_facts_number(facts, "client-gone", 1, 1);
    lync_facts_metric(facts, "le=0.001", "2");
    lync_facts_metric(facts, "le=2097.152", "8");
    lync_facts_metric(facts, "seconds", "3000.000001");
    APR_ARRAY_PUSH(array, const lync_facts_t *) = facts;
    text = lync_status_openmetrics(array, *state);
    if (!strstr(text, "\n# UNIT lync_request_duration_seconds seconds\n"
                "lync_request_duration_seconds_bucket{service=\"other\",le=\"0.001\"} 2\n"
                "lync_request_duration_seconds_bucket{service=\"other\",le=\"2097.152\"} 8\n"
                "lync_request_duration_seconds_bucket{service=\"other\",le=\"+Inf\"} 9\n"
                "lync_request_duration_seconds_sum{service=\"other\"} 3000.000001\n"
                "lync_request_duration_seconds_count{service=\"other\"} 9\n#"))
        fail_msg("%s", text);
    has(text, "lync_requests_total{service=\"other\",code=\"2xx\"} 8");
    has(text, "lync_requests_total{service=\"other\",code=\"client-gone\"} 1");
    has_not(text, "code=\"5xx\"");
    has_not(lync_status_json(array, *state), "le=");
}

/* Every row is there in a format's own order of families, also when there is nothing of a noun. */
static void test_metrics_of_nothing(void **state)
{
    apr_array_header_t *array = apr_array_make(*state, 1, sizeof(const lync_facts_t *));
    lync_facts_t *facts = lync_facts("status", *state);
    const char *text;

    lync_facts_row(facts);
    lync_facts_text(facts, "state", "no_store");
    APR_ARRAY_PUSH(array, const lync_facts_t *) = facts;
    text = lync_status_prometheus(array, *state);
    has(text, "lync_state{state=\"no_store\"} 1");
    has(text, "lync_last_known_good 0");
    has(text, "# TYPE lync_refused_total counter");
    has_not(text, "lync_refused_total{");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT_TEST(test_text_is_one_line_of_utf8), UNIT_TEST(test_file_names_are_struck_out),
        UNIT_TEST(test_addresses_are_struck_out), UNIT_TEST(test_spans), UNIT_TEST(test_json),
        UNIT_TEST(test_json_escapes_by_itself), UNIT_TEST(test_html), UNIT_TEST(test_broken_templates),
        UNIT_TEST(test_metrics), UNIT_TEST(test_metrics_in_order), UNIT_TEST(test_metrics_escape),
        UNIT_TEST(test_metrics_histogram), UNIT_TEST(test_metrics_of_nothing),
    };

    return cmocka_run_group_tests_name("status", tests, NULL, NULL);
}
