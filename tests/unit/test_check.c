#include "unit.h"

#include <apr_strings.h>
#include <string.h>

#include "check.h"
#include "model.h"

/* The rule book says exactly this, at this level, and nothing else. */
static void says(apr_pool_t *p, const lync_model_t *model, lync_level_t level, const char *text)
{
    apr_array_header_t *findings = lync_check(model, p);
    const lync_finding_t *first;

    if (!findings->nelts)
        fail_msg("no finding, expected: %s", text);
    first = APR_ARRAY_IDX(findings, 0, lync_finding_t *);
    if (!strstr(first->message, text) || first->level != level)
        fail_msg("%s: '%s', expected '%s'", lync_level_name(first->level), first->message, text);
    assert_non_null(first->remedy);
}

static void test_sound(void **state)
{
    apr_array_header_t *findings = lync_check(model_sound(*state), *state);

    if (findings->nelts)
        fail_msg("%s", APR_ARRAY_IDX(findings, 0, lync_finding_t *)->message);
}

static void test_reference(void **state)
{
    lync_model_t *model = model_sound(*state);

    model_route(*state, model, "webext.contoso.com", "/abs", "other.contoso.local");
    says(*state, model, LYNC_ERROR, "names pool 'other.contoso.local', which does not exist");
}

static void test_listener(void **state)
{
    lync_model_t *model = model_sound(*state);

    apr_array_clear(model->rows[LYNC_BINDING]);
    says(*state, model, LYNC_UNFINISHED, "listener 'external' has no default certificate");
    model = model_sound(*state);
    model_add(*state, model, LYNC_LISTENER, "name=b", "address=10.0.0.1", "port=443", "scheme=http", NULL);
    says(*state, model, LYNC_ERROR, "both listen on port 443");
    model = model_sound(*state);
    ((lync_listener_t *)LYNC_ROW(model, LYNC_LISTENER, 0))->tls_policy = NULL;
    says(*state, model, LYNC_ERROR, "without a TLS policy");
}

static void test_pool(void **state)
{
    lync_model_t *model = model_sound(*state);

    ((lync_pool_t *)LYNC_ROW(model, LYNC_POOL, 0))->ca = NULL;
    says(*state, model, LYNC_ERROR, "nothing says which root certificates to trust");
    model = model_sound(*state);
    ((lync_server_t *)LYNC_ROW(model, LYNC_SERVER, 0))->state = "drain";
    says(*state, model, LYNC_WARNING, "has no active server");
    apr_array_clear(model->rows[LYNC_SERVER]);
    says(*state, model, LYNC_ERROR, "pool 'pool.contoso.local' has no server");
}

static void test_what_mod_proxy_cannot_keep(void **state)
{
    lync_model_t *model = model_sound(*state);
    lync_pool_t *pool = LYNC_ROW(model, LYNC_POOL, 0);
    lync_server_t *server = LYNC_ROW(model, LYNC_SERVER, 0);

    server->host = "10.0.0.1";
    says(*state, model, LYNC_ERROR, "is an address, and nothing says which name its certificate must bear");
    pool->verify_name = "pool.contoso.local";
    assert_int_equal(lync_check(model, *state)->nelts, 0);
    pool->cookie = "a-name-of-more-than-sixty-characters-for-a-cookie-is-not-a-name";
    says(*state, model, LYNC_ERROR, "cookie name of more than 60 characters");
    pool->cookie = "C";
    pool->health_path = "/a/path/of/more/than/sixty/characters/for/a/probe/is/much/too/long";
    says(*state, model, LYNC_ERROR, "health path of more than 60 characters");
}

static void test_route_actions(void **state)
{
    lync_model_t *model = model_sound(*state);
    lync_route_t *route = model_route(*state, model, "webext.contoso.com", "/abs", "pool.contoso.local");

    route->profile = NULL;
    says(*state, model, LYNC_ERROR, "publishes without a profile");
    route->action = "redirect";
    route->pool = NULL;
    says(*state, model, LYNC_ERROR, "redirects without a location");
    route->action = "refuse";
    route->location = "https://a.com/";
    says(*state, model, LYNC_ERROR, "does not redirect but has a location");
    route->location = NULL;
    route->pool = "pool.contoso.local";
    says(*state, model, LYNC_ERROR, "does not publish but names a pool");
}

static void test_route_twins(void **state)
{
    lync_model_t *model = model_sound(*state);

    model_route(*state, model, "webext.contoso.com", "/Abs", "pool.contoso.local");
    model_route(*state, model, "webext.contoso.com", "/abs", "pool.contoso.local");
    says(*state, model, LYNC_ERROR, "differ only in case");
}

static void test_clear_text(void **state)
{
    lync_model_t *model = model_sound(*state);
    lync_route_t *route = model_route(*state, model, "lyncdiscover.fabrikam.com", "/abs", "pool.contoso.local");

    model_add(*state, model, LYNC_LISTENER, "name=discovery", "port=80", "scheme=http", NULL);
    route->listener = "discovery";
    route->methods = "GET HEAD";
    says(*state, model, LYNC_ERROR, "lets credentials through");
    route->refuse_headers = "Authorization X-MS-WebTicket";
    test_sound(state);
    route->methods = "GET POST";
    says(*state, model, LYNC_ERROR, "lets other methods than GET and HEAD through");
    route->methods = NULL;
    says(*state, model, LYNC_ERROR, "lets other methods than GET and HEAD through");
}

static void test_refused_services(void **state)
{
    lync_model_t *model = model_sound(*state);

    apr_array_pop(model->rows[LYNC_ROUTE]);
    says(*state, model, LYNC_WARNING, "publishes '/cscp' (cscp), which should not be reached");
}

static void test_timeout(void **state)
{
    lync_model_t *model = model_sound(*state);

    model_route(*state, model, "webext.contoso.com", "/ucwa", "pool.contoso.local")->service = "ucwa";
    says(*state, model, LYNC_WARNING, "gives up after 300 s, service 'ucwa' needs 1800 s");
}

static void test_certificates(void **state)
{
    lync_model_t *model = model_sound(*state);
    lync_certificate_t *certificate = LYNC_ROW(model, LYNC_CERTIFICATE, 0);

    certificate->not_after = "2021-01-01T00:00:00Z";
    says(*state, model, LYNC_WARNING, "expired on 2021-01-01");
    certificate->not_after = "2090-01-01T00:00:00Z";
    certificate->not_before = "2080-01-01T00:00:00Z";
    says(*state, model, LYNC_WARNING, "is not valid before 2080-01-01");
    certificate->not_before = "2020-01-01T00:00:00Z";
    model_route(*state, model, "meet.a.fabrikam.com", "/meet", "pool.contoso.local");
    says(*state, model, LYNC_WARNING, "does not cover 'meet.a.fabrikam.com'");
    model_add(*state, model, LYNC_BINDING, "listener=external", "host=gone.contoso.com", "certificate=external", NULL);
    says(*state, model, LYNC_WARNING, "does not cover 'meet.a.fabrikam.com'");
    assert_int_equal(lync_check(model, *state)->nelts, 2);
}

static void test_simple_urls(void **state)
{
    lync_model_t *model = model_sound(*state);
    lync_domain_t *a = model_add(*state, model, LYNC_DOMAIN, "name=contoso.com",
                                 "meet=https://lync.contoso.com/meet", "dialin=https://dialin.contoso.com", NULL);
    lync_domain_t *b = model_add(*state, model, LYNC_DOMAIN, "name=fabrikam.com",
                                 "meet=https://lync.contoso.com/meetfabrikam",
                                 "dialin=https://dialin.contoso.com", NULL);

    assert_int_equal(lync_check(model, *state)->nelts, 0);
    b->meet = a->meet;
    says(*state, model, LYNC_ERROR, "is a prefix of");
    b->meet = "https://lync.contoso.com/Meet/fabrikam";
    says(*state, model, LYNC_ERROR, "is a prefix of");
}

static void test_files(void **state)
{
    lync_model_t *model = model_sound(*state);
    apr_array_header_t *findings = lync_check(model, *state);

    lync_check_files(model, findings, *state);
    assert_int_equal(findings->nelts, 2);
    FAILS(lync_check_refusal(findings, "/x/lync.db", *state),
          "store '/x/lync.db', table certificate, row 0: certificate 'external': cannot read certificate file");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT_TEST(test_sound), UNIT_TEST(test_reference), UNIT_TEST(test_listener), UNIT_TEST(test_pool),
        UNIT_TEST(test_what_mod_proxy_cannot_keep), UNIT_TEST(test_route_actions), UNIT_TEST(test_route_twins), UNIT_TEST(test_clear_text),
        UNIT_TEST(test_refused_services), UNIT_TEST(test_timeout), UNIT_TEST(test_certificates),
        UNIT_TEST(test_simple_urls), UNIT_TEST(test_files),
    };

    return cmocka_run_group_tests_name("check", tests, NULL, NULL);
}
