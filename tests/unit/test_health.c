#include "unit.h"

#include <openssl/x509_vfy.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "health.h"

static lync_health_t *two_servers(apr_pool_t *p)
{
    lync_health_t *health = lync_health_new(7, 2, p);

    lync_health_put(health, 0, "pool01", "fe01", 4443, "standby", NULL);
    lync_health_put(health, 1, "pool01", "fe02", 4443, "active", "drain");
    return health;
}

static void test_written_and_read(void **state)
{
    const char *path = unit_file(*state);
    lync_health_t *mapped, *seen;

    FAILS(lync_health_read(&seen, path, *state), "cannot read");
    SUCCEEDS(lync_health_create(&mapped, path, two_servers(*state), *state));
    SUCCEEDS(lync_health_read(&seen, path, *state));
    assert_int_equal(seen->pid, getpid());
    assert_int_equal(seen->generation, 7);
    assert_int_equal(seen->count, 2);
    assert_string_equal(seen->server[1].host, "fe02");
    assert_string_equal(lync_health_word(lync_health_effective(&seen->server[0])), "standby");
    assert_string_equal(lync_health_word(lync_health_effective(&seen->server[1])), "drain");
    assert_true(seen->server[0].since > 0);
    mapped->server[1].said = LYNC_STATE_ACTIVE;
    mapped->server[0].down = 1;
    SUCCEEDS(lync_health_read(&seen, path, *state));
    assert_string_equal(lync_health_word(lync_health_effective(&seen->server[1])), "active");
    assert_int_equal(seen->server[0].down, 1);
}

static void has(const lync_health_t *health, const char *pool, int usable, const char *gone, apr_pool_t *p)
{
    const char *ports;

    assert_int_equal(lync_health_usable(health, pool, &ports, p), usable);
    if (!ports != !gone || (gone && strcmp(ports, gone)))
        fail_msg("'%s' are gone, not '%s'", ports, gone);
}

/* At the port where they are fewest. */
static void test_usable(void **state)
{
    lync_health_t *health = lync_health_new(7, 5, *state);

    lync_health_put(health, 0, "pool01", "fe01", 4443, "active", NULL);
    lync_health_put(health, 1, "pool01", "fe02", 4443, "standby", NULL);
    lync_health_put(health, 2, "pool01", "fe01", 8080, "active", NULL);
    lync_health_put(health, 3, "pool01", "fe02", 8080, "active", "drain");
    lync_health_put(health, 4, "pool02", "fe03", 4443, "disabled", NULL);
    has(health, "pool01", 1, NULL, *state);
    has(health, "pool02", 0, "4443", *state);
    has(health, "pool03", -1, NULL, *state);
    health->server[2].down = 1;
    has(health, "pool01", 0, "8080", *state);
    health->server[0].down = health->server[1].down = 1;
    has(health, "pool01", 0, "4443 and 8080", *state);
}

static void test_with_each_other(void **state)
{
    lync_health_t *health = lync_health_new(7, 4, *state);

    lync_health_put(health, 0, "pool01", "fe01", 4443, "active", NULL);
    lync_health_put(health, 1, "pool01", "fe02", 4443, "standby", NULL);
    lync_health_put(health, 2, "pool01", "fe01", 8080, "drain", NULL);
    lync_health_put(health, 3, "pool02", "fe01", 4443, "active", "disabled");
    assert_true(lync_health_is_with(&health->server[0], &health->server[1]));
    assert_false(lync_health_is_with(&health->server[0], &health->server[2]));
    assert_false(lync_health_is_with(&health->server[0], &health->server[3]));
    assert_true(lync_health_is_first(health, 0) && lync_health_is_first(health, 2) && lync_health_is_first(health, 3));
    assert_false(lync_health_is_first(health, 1));
    assert_true(lync_health_takes(&health->server[0], 0) && lync_health_takes(&health->server[1], 0));
    assert_false(lync_health_takes(&health->server[0], 1));
    assert_false(lync_health_takes(&health->server[2], 0) || lync_health_takes(&health->server[3], 0));
}

#define NOW APR_INT64_C(1772366400)
#define DAY 86400

static void presents(apr_pool_t *p, apr_int64_t not_after, apr_uint32_t failed, const char *certificate,
                     const char *because)
{
    const lync_health_server_t server = { .not_after = not_after, .failed = failed };
    const char *says = lync_health_certificate(&server, apr_time_from_sec(NOW)), *why = lync_health_because(&server, p);

    if (!says != !certificate || (says && strcmp(says, certificate)))
        fail_msg("it is '%s', not '%s'", says, certificate);
    if (!why != !because || (why && strcmp(why, because)))
        fail_msg("because of '%s', not '%s'", why, because);
}

static void test_presented(void **state)
{
    presents(*state, 0, 0, NULL, NULL);
    presents(*state, NOW + 30 * DAY, 0, "verified", NULL);
    presents(*state, NOW + 30 * DAY - 1, 0, "expiring", NULL);
    presents(*state, NOW + 1, 0, "expiring", NULL);
    presents(*state, NOW, 0, "expired", NULL);
    presents(*state, NOW - DAY, X509_V_ERR_CERT_HAS_EXPIRED, "refused",
             "certificate verify failed: certificate has expired");
    presents(*state, 0, X509_V_ERR_HOSTNAME_MISMATCH, "refused", "certificate verify failed: hostname mismatch");
    presents(*state, 0, LYNC_HANDSHAKE_FAILED, NULL, "TLS handshake failed: httpd's error log says why");
    presents(*state, NOW + 60 * DAY, LYNC_HANDSHAKE_FAILED, NULL, "TLS handshake failed: httpd's error log says why");
    presents(*state, NOW - DAY, 0xffffffff, "expired", "TLS handshake failed: httpd's error log says why");
    presents(*state, NOW + 60 * DAY, 9999, "refused",
             "certificate verify failed: unknown certificate verification error");
}

static void test_times_that_cannot_be(void **state)
{
    static const apr_int64_t times[][2] = {
        { NOW, NOW }, { APR_INT64_C(253402300799), APR_INT64_C(253402300799) }, { APR_INT64_C(253402300800), 0 },
        { -1, 0 }, { APR_INT64_MAX, 0 }, { APR_INT64_MIN, 0 },
    };
    const char *path = unit_file(*state);
    lync_health_t *mapped, *seen;
    apr_size_t i;

    SUCCEEDS(lync_health_create(&mapped, path, two_servers(*state), *state));
    for (i = 0; i < sizeof(times) / sizeof(times[0]); ++i) {
        mapped->server[1].not_after = times[i][0];
        SUCCEEDS(lync_health_read(&seen, path, *state));
        assert_int_equal(seen->server[1].not_after, times[i][1]);
    }
}

/* What a child of httpd could write there. */
static void test_not_trusted(void **state)
{
    const char *path = unit_file(*state);
    lync_health_t *mapped, *seen;

    SUCCEEDS(lync_health_create(&mapped, path, two_servers(*state), *state));
    mapped->count = 0xffffffff;
    memset(mapped->server[1].host, 'x', sizeof(mapped->server[1].host));
    memcpy(mapped->server[0].pool, "a\n\x1b[31m\xc2\x9b\xc3\xa4", 12);
    mapped->server[0].own = 1000;
    SUCCEEDS(lync_health_read(&seen, path, *state));
    assert_int_equal(seen->count, 2);
    assert_int_equal(strlen(seen->server[1].host), LYNC_HEALTH_NAME - 1);
    assert_string_equal(seen->server[0].pool, "a??[31m??\xc3\xa4");
    assert_string_equal(lync_health_word(seen->server[0].own), "?");
}

static void test_none_of_ours(void **state)
{
    const char *path = unit_file(*state);
    lync_health_t *mapped, *seen;
    FILE *file = fopen(path, "w");

    fputs("short", file);
    fclose(file);
    FAILS(lync_health_read(&seen, path, *state), "not written by this version");
    SUCCEEDS(lync_health_create(&mapped, path, two_servers(*state), *state));
    assert_int_equal(truncate(path, sizeof(*mapped) + 10), 0);
    FAILS(lync_health_read(&seen, path, *state), "not written by this version");
    FAILS(lync_health_create(&mapped, "/nonexistent/lync.servers", two_servers(*state), *state), "cannot write");
}

static void test_words(void **state)
{
    (void)state;
    assert_int_equal(lync_health_state("disabled"), LYNC_STATE_DISABLED);
    assert_int_equal(lync_health_state(NULL), LYNC_STATE_ACTIVE);
    assert_int_equal(lync_health_state("nonsense"), LYNC_STATE_ACTIVE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT_TEST(test_written_and_read), UNIT_TEST(test_usable), UNIT_TEST(test_not_trusted), UNIT_TEST(test_none_of_ours),
        UNIT_TEST(test_with_each_other), UNIT_TEST(test_words), UNIT_TEST(test_presented),
        UNIT_TEST(test_times_that_cannot_be),
    };

    return cmocka_run_group_tests_name("health", tests, NULL, NULL);
}
