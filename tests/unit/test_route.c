#include "unit.h"

#include <apr_strings.h>
#include <string.h>

#include "model.h"
#include "route.h"
#include "view.h"

static lync_route_map_t *map_of(apr_pool_t *p)
{
    lync_model_t *model = model_new(p);

    model_route(p, model, "webext.contoso.com", "/", "a");
    model_route(p, model, "webext.contoso.com", "/ucwa", "b");
    model_route(p, model, "webext.contoso.com", "/Abs/Handler", "c");
    model_route(p, model, "webext.contoso.com", "/cscp", "d")->action = "refuse";
    model_route(p, model, "lync.contoso.com", "/meet", "e");
    model_route(p, model, "lync.contoso.com", "/dialin", "f");
    model_route(p, model, "other.contoso.com", "/", "g")->listener = "other";
    return lync_route_map(model, "external", p);
}

static void finds(apr_pool_t *p, const char *host, const char *target, lync_match_t match, const char *pool)
{
    const lync_route_t *route;
    lync_match_t found = lync_route_find(map_of(p), host, target, &route, p);

    if (found != match)
        fail_msg("%s%s: match %d, expected %d", host, target, found, match);
    if (pool && strcmp(route->pool, pool))
        fail_msg("%s%s: pool %s, expected %s", host, target, route->pool, pool);
}

static void test_host(void **state)
{
    finds(*state, "webext.contoso.com", "/", LYNC_MATCH_ROUTE, "a");
    finds(*state, "WEBEXT.Contoso.com:443", "/", LYNC_MATCH_ROUTE, "a");
    finds(*state, "webext.contoso.com.", "/", LYNC_MATCH_ROUTE, "a");
    finds(*state, "webext.contoso.com:", "/", LYNC_MATCH_ROUTE, "a");
    finds(*state, "webext.contoso.com:x", "/", LYNC_MATCH_NO_HOST, NULL);
    finds(*state, "other.contoso.com", "/", LYNC_MATCH_NO_HOST, NULL);
    finds(*state, "", "/", LYNC_MATCH_NO_HOST, NULL);
    finds(*state, ".", "/", LYNC_MATCH_NO_HOST, NULL);
    finds(*state, "10.0.0.1", "/", LYNC_MATCH_NO_HOST, NULL);
    finds(*state, "[::1]:443", "/", LYNC_MATCH_NO_HOST, NULL);
    finds(*state, "webext.contoso.com@evil.com", "/", LYNC_MATCH_NO_HOST, NULL);
}

static void test_longest_prefix(void **state)
{
    finds(*state, "webext.contoso.com", "/ucwa", LYNC_MATCH_ROUTE, "b");
    finds(*state, "webext.contoso.com", "/ucwa/", LYNC_MATCH_ROUTE, "b");
    finds(*state, "webext.contoso.com", "/UCWA/v1?x=/abs", LYNC_MATCH_ROUTE, "b");
    finds(*state, "webext.contoso.com", "/ucwax", LYNC_MATCH_ROUTE, "a");
    finds(*state, "webext.contoso.com", "/abs", LYNC_MATCH_ROUTE, "a");
    finds(*state, "webext.contoso.com", "/abs/handler/F-1.lsabs", LYNC_MATCH_ROUTE, "c");
    finds(*state, "webext.contoso.com", "/a/b/c/d/e/f", LYNC_MATCH_ROUTE, "a");
    finds(*state, "lync.contoso.com", "/", LYNC_MATCH_NO_PATH, NULL);
    finds(*state, "lync.contoso.com", "/Admin", LYNC_MATCH_NO_PATH, NULL);
    finds(*state, "lync.contoso.com", "/meetx", LYNC_MATCH_NO_PATH, NULL);
}

static void test_raw_targets_that_are_safe(void **state)
{
    static const char *const safe[] = { "/a%2Fb", "/a%25b", "/a%252Fb", "/a;b=c", "//a", "/a//b", "/a/../b", "/a/%2e%2e/b",
        "/a%5cb", "/a\xe4\xf6", "/%7Ea", "/?", "/?a=%00", "/a%20b", "/a.b/", "/%E2%82%AC", "/a%", "/a%zz", "/a%u20ac",
        "/(S(a)", "/(S(a))x", "/()", "/a(b)", NULL };
    int i;

    for (i = 0; safe[i]; ++i)
        finds(*state, "webext.contoso.com", safe[i], LYNC_MATCH_ROUTE, "a");
    finds(*state, "webext.contoso.com", "/ucwa/a%2Fb/%252e", LYNC_MATCH_ROUTE, "b");
}

static void test_refused_in_every_spelling(void **state)
{
    static const char *const spelling[] = { "/cscp", "/CSCP/", "/cscp/x", "/%63scp", "/%43%53%43%50", "/%2563scp",
        "/%252563scp", "/x/../cscp", "/x/%2e%2e/cscp", "/x%2f..%2fcscp", "/x%5c..%5ccscp", "/x\\..\\cscp", "/\\cscp",
        "//cscp", "/./cscp", "/%2e/cscp", "/cscp.", "/cscp%20", "/cscp%20.", "/cscp;x", "/cscp%3bx/y", "/cscp:$DATA",
        "/cscp%3a%3a$INDEX_ALLOCATION/", "/%u0063scp", "/%uff43scp", "/c%c5%bfcp", "/%ef%bd%83scp", "/%c1%a3scp",
        "/%e0%81%a3scp", "/x/..;/cscp", "/cscp%09", "/ucwa/../cscp", "/ucwa/..%2fcscp", "/cscp?x", "/%c0%afcscp",
        "/x/../cscp/.../x", "/cscp%2f...", "/x/../cscp/x.aspx/.../.../x", "/x/../cscp/..%20/x", "/x\\..\\cscp/....",
        "/x/a%2fb/../../cscp", "/x/a%5cb/../../cscp",
        "/(S(abc))/cscp/", "/(A(x)F(y))/cscp", "/cs(S(a))cp", "/(S((S(a))x))cscp", "/(S(x))%2fcscp", "/(s())cscp", NULL };
    const lync_route_t *route;
    int i;

    for (i = 0; spelling[i]; ++i) {
        if (lync_route_find(map_of(*state), "webext.contoso.com", spelling[i], &route, *state) != LYNC_MATCH_ROUTE
            || strcmp(route->action, "refuse"))
            fail_msg("%s is not refused", spelling[i]);
    }
}

static void test_ambiguous(void **state)
{
    finds(*state, "webext.contoso.com", "/x/..%2fucwa", LYNC_MATCH_AMBIGUOUS, NULL);
    finds(*state, "webext.contoso.com", "/ucwa%2f..", LYNC_MATCH_ROUTE, "a");
    finds(*state, "webext.contoso.com", "/ucwa/..", LYNC_MATCH_AMBIGUOUS, NULL);
    finds(*state, "webext.contoso.com", "/%75cwa", LYNC_MATCH_AMBIGUOUS, NULL);
    finds(*state, "lync.contoso.com", "/meet/..%2fadmin", LYNC_MATCH_AMBIGUOUS, NULL);
    finds(*state, "lync.contoso.com", "/x/../meet", LYNC_MATCH_AMBIGUOUS, NULL);
    /* all but some readers stay in the same place */
    finds(*state, "webext.contoso.com", "/a/../a/...", LYNC_MATCH_AMBIGUOUS, NULL);
    finds(*state, "webext.contoso.com", "/a/..;%252fa/cscp", LYNC_MATCH_AMBIGUOUS, NULL);
    finds(*state, "webext.contoso.com", "/a/a%252fb/../%252e%252e/cscp", LYNC_MATCH_AMBIGUOUS, NULL);
    finds(*state, "webext.contoso.com", "/a/(S(a))/../a", LYNC_MATCH_AMBIGUOUS, NULL);
}

static void test_bad(void **state)
{
    static const char *const bad[] = { "", "*", "x", "http://webext.contoso.com/", "/%00", "/a%00b", "/a%2500", "/%u0000",
        "/..", "/a/../..", "/a/..%2f..", "/%2e%2e", "/..\\", "/#a", "/(S((S((S((S((S(a))b))c))d))e))", "/%2525252525252563scp", NULL };
    int i;

    for (i = 0; bad[i]; ++i)
        finds(*state, "webext.contoso.com", bad[i], LYNC_MATCH_BAD_PATH, NULL);
}

static void decides(apr_pool_t *p, apr_hash_t *elsewhere, const char *host, const char *target, const char *decision)
{
    const lync_route_t *route;

    assert_string_equal(lync_route_decision(map_of(p), elsewhere, host, target, &route, p), decision);
    assert_int_equal(route != NULL, !strncmp(decision, "publish", 7) || !strcmp(decision, "refuse"));
}

static void test_decision(void **state)
{
    apr_hash_t *elsewhere = apr_hash_make(*state);
    lync_model_t *model = model_new(*state);
    const lync_route_t *route;

    apr_hash_set(elsewhere, "meet.contoso.com", APR_HASH_KEY_STRING, "");
    decides(*state, elsewhere, "WebExt.contoso.com:443", "/x?y", "publish to a by https");
    decides(*state, elsewhere, "webext.contoso.com", "/CSCP", "refuse");
    decides(*state, elsewhere, "Meet.contoso.com.:80", "/", "redirect to https");
    decides(*state, NULL, "meet.contoso.com", "/", "unknown host");
    decides(*state, elsewhere, "lync.contoso.com", "/", "unknown path");
    decides(*state, elsewhere, "lync.contoso.com", "/meet/..%2fdialin", "ambiguous path");
    decides(*state, elsewhere, "lync.contoso.com", "/%00", "bad path");
    model_add(*state, model, LYNC_ROUTE, "listener=external", "host=a.contoso.com", "path=/", "action=redirect",
              "location=https://b.contoso.com/c", NULL);
    assert_string_equal(lync_route_decision(lync_route_map(model, "external", *state), NULL, "a.contoso.com", "/",
                                            &route, *state), "redirect to https://b.contoso.com/c");
}

static void test_views(void **state)
{
    lync_views_t views;

    assert_true(lync_view(&views, "/Abs/Handler/", *state));
    assert_int_equal(views.count, 1);
    assert_string_equal(apr_pstrmemdup(*state, views.path[0], views.length[0]), "/abs/handler");
    assert_true(lync_view(&views, "/A%2fB%252fC;d", *state));
    assert_int_equal(views.count, 3);
    assert_string_equal(apr_pstrmemdup(*state, views.path[0], views.length[0]), "/a%2fb%252fc;d");
    assert_string_equal(apr_pstrmemdup(*state, views.path[1], views.length[1]), "/a/b%2fc;d");
    assert_string_equal(apr_pstrmemdup(*state, views.path[2], views.length[2]), "/a/b/c");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT_TEST(test_host), UNIT_TEST(test_longest_prefix), UNIT_TEST(test_raw_targets_that_are_safe),
        UNIT_TEST(test_refused_in_every_spelling), UNIT_TEST(test_ambiguous), UNIT_TEST(test_bad), UNIT_TEST(test_decision),
        UNIT_TEST(test_views),
    };

    return cmocka_run_group_tests_name("route", tests, NULL, NULL);
}
