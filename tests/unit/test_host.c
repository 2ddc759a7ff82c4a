#include "unit.h"

#include <string.h>

#include "host.h"
#include "model.h"

static lync_model_t *model_of(apr_pool_t *p)
{
    lync_model_t *model = model_new(p);

    model_add(p, model, LYNC_LISTENER, "name=discovery", "port=80", "scheme=http", NULL);
    model_add(p, model, LYNC_LISTENER, "name=external", "address=10.0.0.1", "port=443", "tls_policy=a", NULL);
    model_add(p, model, LYNC_LISTENER, "name=other", "address=10.0.0.2", "port=8443", "tls_policy=a", NULL);
    model_route(p, model, "a.contoso.com", "/", "pool");
    model_route(p, model, "a.contoso.com", "/x", "pool");
    model_route(p, model, "b.contoso.com", "/", "pool");
    model_route(p, model, "b.contoso.com", "/", "pool")->listener = "other";
    model_route(p, model, "c.contoso.com", "/", "pool")->listener = "other";
    model_add(p, model, LYNC_CERTIFICATE, "name=one", "chain=/c.pem", "key=/k.pem", NULL);
    model_add(p, model, LYNC_CERTIFICATE, "name=two", "chain=/c.pem", "key=/k.pem", NULL);
    model_add(p, model, LYNC_BINDING, "listener=external", "certificate=one", NULL);
    model_add(p, model, LYNC_BINDING, "listener=external", "host=b.contoso.com", "certificate=two", NULL);
    return model;
}

static void test_hosts(void **state)
{
    apr_array_header_t *hosts = lync_hosts(model_of(*state), "external", *state);

    assert_int_equal(hosts->nelts, 2);
    assert_string_equal(APR_ARRAY_IDX(hosts, 0, const char *), "a.contoso.com");
    assert_string_equal(APR_ARRAY_IDX(hosts, 1, const char *), "b.contoso.com");
    assert_int_equal(lync_hosts(model_of(*state), "discovery", *state)->nelts, 0);
}

static void test_certificate(void **state)
{
    lync_model_t *model = model_of(*state);

    assert_string_equal(lync_host_certificate(model, "external", "b.contoso.com")->name, "two");
    assert_string_equal(lync_host_certificate(model, "external", "a.contoso.com")->name, "one");
    assert_string_equal(lync_host_certificate(model, "external", "*")->name, "one");
    assert_null(lync_host_certificate(model, "other", "b.contoso.com"));
}

static int port_of(const lync_model_t *model, const char *address, const char *host, apr_pool_t *p)
{
    lync_listener_t *http = LYNC_ROW(model, LYNC_LISTENER, 0);
    const int *port;

    http->address = address;
    port = apr_hash_get(lync_hosts_elsewhere(model, http, p), host, APR_HASH_KEY_STRING);
    return port ? *port : 0;
}

static void test_elsewhere(void **state)
{
    lync_model_t *model = model_of(*state);

    assert_int_equal(port_of(model, "*", "a.contoso.com", *state), 443);
    assert_int_equal(port_of(model, "*", "b.contoso.com", *state), 443);
    assert_int_equal(port_of(model, "*", "c.contoso.com", *state), 8443);
    assert_int_equal(port_of(model, "10.0.0.2", "b.contoso.com", *state), 8443);
    assert_int_equal(port_of(model, "10.0.0.2", "a.contoso.com", *state), 0);
    assert_int_equal(port_of(model, "10.0.0.3", "c.contoso.com", *state), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = { UNIT_TEST(test_hosts), UNIT_TEST(test_certificate), UNIT_TEST(test_elsewhere) };

    return cmocka_run_group_tests_name("host", tests, NULL, NULL);
}
