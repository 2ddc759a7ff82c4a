#include "unit.h"

#include <apr_strings.h>
#include <string.h>

#include "take.h"
#include "model.h"
#include "rows.h"

#define REFUSES(to, text) \
    do { \
        const char *unit_why_ = lync_take_refusal(from, to, p); \
        if (!unit_why_ || !strstr(unit_why_, text)) \
            fail_msg("'%s' does not contain '%s'", unit_why_ ? unit_why_ : "(nothing)", text); \
    } while (0)

static lync_route_t *route_at(const lync_model_t *model, int index)
{
    return LYNC_ROW(model, LYNC_ROUTE, index);
}

/* Any change of routes to where the first revision has a connection, and of what only lyncadm looks at. */
static void test_routes_alone(void **state)
{
    apr_pool_t *p = *state;
    const lync_model_t *from = model_sound(p);
    lync_model_t *to = model_sound(p);

    assert_null(lync_take_refusal(from, to, p));
    model_route(p, to, "webext.contoso.com", "/more", "pool.contoso.local")->pin = "always";
    model_add(p, to, LYNC_ROUTE, "listener=external", "host=webext.contoso.com", "path=/away", "action=redirect",
              "location=https://a.example/", NULL);
    route_at(to, 1)->path = "/Other";
    model_add(p, to, LYNC_DOMAIN, "name=contoso.com", NULL);
    model_add(p, to, LYNC_SERVICE, "name=new", "path=/new", "releases=2013", "authentication=windows", "profile=web",
              "action=refuse", NULL);
    assert_null(lync_take_refusal(from, to, p));
    assert_null(lync_take_refusal(to, from, p));
}

/* Each noun that httpd makes something of. */
static void test_other_nouns(void **state)
{
    apr_pool_t *p = *state;
    const lync_model_t *from = model_sound(p);
    lync_model_t *to = model_sound(p);

    ((lync_listener_t *)LYNC_ROW(to, LYNC_LISTENER, 0))->http2 = "on";
    REFUSES(to, "has another listener 'external'");
    to = model_sound(p);
    ((lync_profile_t *)LYNC_ROW(to, LYNC_PROFILE, 1))->timeout = 10;
    REFUSES(to, "has another profile 'poll'");
    to = model_sound(p);
    ((lync_tls_policy_t *)LYNC_ROW(to, LYNC_TLS_POLICY, 0))->ciphers = "ALL";
    REFUSES(to, "has another tls_policy");
    to = model_sound(p);
    ((lync_certificate_t *)LYNC_ROW(to, LYNC_CERTIFICATE, 0))->fingerprint = "ab";
    REFUSES(to, "has another certificate 'external'");
    to = model_sound(p);
    ((lync_pool_t *)LYNC_ROW(to, LYNC_POOL, 0))->health_interval = 77;
    REFUSES(to, "has another pool");
    to = model_sound(p);
    ((lync_server_t *)LYNC_ROW(to, LYNC_SERVER, 0))->weight = 77;
    REFUSES(to, "has another server 'fe01.contoso.local");
    to = model_sound(p);
    model_add(p, to, LYNC_SERVER, "host=fe02.contoso.local", "pool=pool.contoso.local", NULL);
    REFUSES(to, "has more rows of server");
    to = model_sound(p);
    to->rows[LYNC_BINDING]->nelts = 0;
    REFUSES(to, "has fewer rows of binding");
}

static void test_hosts(void **state)
{
    apr_pool_t *p = *state;
    const lync_model_t *from = model_sound(p);
    lync_model_t *to = model_sound(p);

    route_at(to, 0)->host = route_at(to, 1)->host = "a.contoso.com";
    REFUSES(to, "has a new host 'a.contoso.com' on listener 'external'");
    from = to;
    to = model_sound(p);
    REFUSES(to, "has no host 'a.contoso.com' on listener 'external' any more");
    to->rows[LYNC_ROUTE]->nelts = 0;
    REFUSES(to, "has no host 'a.contoso.com' on listener 'external' any more");
    from = to;
    REFUSES(model_sound(p), "has a new host 'webext.contoso.com'");
}

static void test_backends(void **state)
{
    apr_pool_t *p = *state;
    const lync_model_t *from = model_sound(p);
    lync_model_t *to = model_sound(p);

    model_route(p, to, "webext.contoso.com", "/slow", "pool.contoso.local")->profile = "poll";
    REFUSES(to, "publishes to pool 'pool.contoso.local' by https with profile 'poll', which no route did");
    assert_null(lync_take_refusal(to, from, p));
    to = model_sound(p);
    route_at(to, 0)->scheme = "http";
    REFUSES(to, "by http with profile 'web'");
    to = model_sound(p);
    route_at(to, 0)->action = "refuse";
    assert_null(lync_take_refusal(from, to, p));
}

/* What is served then: routes of the one, copied; all else of the other, as it is there. */
static void test_model(void **state)
{
    apr_pool_t *p = *state, *gone;
    const lync_model_t *from = model_sound(p), *model;
    lync_model_t *to;

    apr_pool_create(&gone, NULL);
    to = model_sound(gone);
    to->revision = 7;
    to->seal = apr_pstrdup(gone, "abc");
    model_route(gone, to, "webext.contoso.com", "/more", "pool.contoso.local");
    model = lync_take_model(from, to, p);
    apr_pool_destroy(gone);
    assert_int_equal(model->revision, 7);
    assert_string_equal(model->seal, "abc");
    assert_ptr_equal(model->rows[LYNC_POOL], from->rows[LYNC_POOL]);
    assert_int_equal(model->rows[LYNC_ROUTE]->nelts, 3);
    assert_string_equal(route_at(model, 2)->path, "/more");
}

/* As it is kept for children that come later. */
static void test_rows(void **state)
{
    apr_pool_t *p = *state;
    const lync_model_t *from = model_sound(p);
    char *text = lync_rows_text(lync_noun(LYNC_ROUTE), from->rows[LYNC_ROUTE], p);
    lync_model_t *back = lync_rows_parse(apr_pstrdup(p, text), p);
    int i;

    assert_non_null(back);
    assert_int_equal(back->rows[LYNC_ROUTE]->nelts, from->rows[LYNC_ROUTE]->nelts);
    for (i = 0; i < back->rows[LYNC_ROUTE]->nelts; ++i) {
        assert_true(lync_row_same(lync_noun(LYNC_ROUTE), route_at(back, i), route_at(from, i)));
        assert_int_equal(route_at(back, i)->row.rowid, i + 1);
    }
    assert_null(lync_rows_parse(apr_pstrcat(p, text, "route\thost=no host\n", NULL), p));
    assert_null(lync_rows_parse(apr_pstrcat(p, text, "nonsense", NULL), p));
    assert_int_equal(lync_rows_parse(apr_pstrdup(p, ""), p)->rows[LYNC_ROUTE]->nelts, 0);
    assert_string_equal(lync_rows_text(lync_noun(LYNC_ROUTE), apr_array_make(p, 1, sizeof(void *)), p), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT_TEST(test_routes_alone), UNIT_TEST(test_other_nouns), UNIT_TEST(test_hosts), UNIT_TEST(test_backends),
        UNIT_TEST(test_model), UNIT_TEST(test_rows),
    };

    return cmocka_run_group_tests_name("take", tests, NULL, NULL);
}
