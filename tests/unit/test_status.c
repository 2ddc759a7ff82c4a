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

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT_TEST(test_text_is_one_line_of_utf8), UNIT_TEST(test_file_names_are_struck_out),
        UNIT_TEST(test_addresses_are_struck_out), UNIT_TEST(test_spans), UNIT_TEST(test_json),
        UNIT_TEST(test_json_escapes_by_itself), UNIT_TEST(test_html), UNIT_TEST(test_broken_templates),
    };

    return cmocka_run_group_tests_name("status", tests, NULL, NULL);
}
