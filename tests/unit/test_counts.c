#include "unit.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "counts.h"

#define SECOND APR_INT64_C(1000000)

static lync_counts_t *create(const char *path, apr_pool_t *p)
{
    lync_counts_t *counts = NULL;

    SUCCEEDS(lync_counts_create(&counts, path, p));
    return counts;
}

static lync_counts_t *fresh(apr_pool_t *p)
{
    return create(unit_file(p), p);
}

/* Each once, by name, and only those that were asked for. */
static void test_services(void **state)
{
    lync_counts_t *counts = fresh(*state);
    const lync_counts_named_t *named;
    apr_array_header_t *services;
    int meet = lync_counts_service(counts, "meet"), book = lync_counts_service(counts, "abs"), i;

    assert_int_equal(lync_counts_services(NULL, *state)->nelts, 0);
    lync_counts_service(counts, "never");
    for (i = 0; i < 4; ++i)
        lync_counts_add(counts, (unsigned int)i, meet, -1, LYNC_ANSWERED_5XX, 3000);
    lync_counts_add(counts, 2, book, -1, LYNC_ANSWERED_2XX, 3000);
    services = lync_counts_services(counts, *state);
    assert_int_equal(services->nelts, 2);
    named = &APR_ARRAY_IDX(services, 0, lync_counts_named_t);
    assert_string_equal(named[0].name, "abs");
    assert_string_equal(named[1].name, "meet");
    assert_int_equal(lync_counts_requests(&named[1].all), 4);
    assert_int_equal(named[1].recent.answered[LYNC_ANSWERED_5XX], 4);
    assert_false(lync_counts_is_failing(&named[1].recent));
    lync_counts_add(counts, 9, meet, -1, LYNC_ANSWERED_5XX, 3000);
    services = lync_counts_services(counts, *state);
    assert_true(lync_counts_is_failing(&APR_ARRAY_IDX(services, 1, lync_counts_named_t).recent));
    for (i = 0; i < 96; ++i)
        lync_counts_add(counts, 9, meet, -1, LYNC_ANSWERED_2XX, 3000);
    services = lync_counts_services(counts, *state);
    assert_false(lync_counts_is_failing(&APR_ARRAY_IDX(services, 1, lync_counts_named_t).recent));
}

/* What one process adds another one sees. */
static void test_written_and_read(void **state)
{
    const char *path = unit_file(*state);
    lync_counts_service_t sum;
    const lync_counts_t *seen;
    lync_counts_few_t few;
    lync_counts_t *counts;
    int service, route, server;

    FAILS(lync_counts_open(&seen, path, *state), "cannot read");
    counts = create(path, *state);
    service = lync_counts_service(counts, "meet");
    route = lync_counts_route(counts, "external", "meet.contoso.com", "/");
    server = lync_counts_server(counts, "pool01", "fe01", 4443);
    lync_counts_add(counts, 1, service, route, LYNC_ANSWERED_2XX, 3000);
    lync_counts_add(counts, 2, service, route, LYNC_ANSWERED_5XX, 5000);
    lync_counts_add_server(counts, 3, server, 1);
    lync_counts_add_refusal(counts, 4, LYNC_REFUSAL_PATH);
    SUCCEEDS(lync_counts_open(&seen, path, *state));
    assert_int_equal(lync_counts_pid(seen), getpid());
    assert_true(lync_counts_since(seen) > 0);
    assert_string_equal(lync_counts_service_name(seen, service, *state), "meet");
    lync_counts_sum_service(seen, service, &sum);
    assert_int_equal(lync_counts_requests(&sum), 2);
    assert_int_equal(sum.answered[LYNC_ANSWERED_2XX], 1);
    assert_int_equal(sum.answered[LYNC_ANSWERED_5XX], 1);
    assert_int_equal(sum.microseconds, 8000);
    lync_counts_sum_route(seen, lync_counts_find_route(seen, "external", "meet.contoso.com", "/"), &few);
    assert_int_equal(few.requests, 2);
    assert_int_equal(few.errors, 1);
    lync_counts_sum_server(seen, lync_counts_find_server(seen, "pool01", "fe01", 4443), &few);
    assert_int_equal(few.requests, 1);
    assert_int_equal(few.errors, 1);
    assert_int_equal(lync_counts_sum_refusal(seen, LYNC_REFUSAL_PATH), 1);
    assert_int_equal(lync_counts_sum_refusal(seen, LYNC_REFUSAL_HOST), 0);
}

/* A file that was cut short, or has another layout, is none. */
static void test_others_file(void **state)
{
    const char *path = unit_file(*state);
    const lync_counts_t *seen;
    lync_counts_t *counts = create(path, *state);

    ((char *)counts)[0] ^= 1;
    FAILS(lync_counts_open(&seen, path, *state), "not written by this version");
    ((char *)counts)[0] ^= 1;
    assert_int_equal(truncate(path, 4096), 0);
    FAILS(lync_counts_open(&seen, path, *state), "not written by this version");
}

/* The same name, the same place; no two names share one. */
static void test_places(void **state)
{
    lync_counts_t *counts = fresh(*state);
    int place = lync_counts_route(counts, "external", "a.contoso.com", "/b");

    assert_int_equal(lync_counts_route(counts, "external", "a.contoso.com", "/b"), place);
    assert_int_not_equal(lync_counts_route(counts, "external", "a.contoso.com/b", ""), place);
    assert_int_not_equal(lync_counts_route(counts, "internal", "a.contoso.com", "/b"), place);
    assert_int_equal(lync_counts_find_route(counts, "external", "a.contoso.com", "/c"), -1);
    assert_int_not_equal(lync_counts_server(counts, "p", "a", 4443), lync_counts_server(counts, "p", "a", 8080));
    assert_int_equal(lync_counts_service(counts, "meet"), lync_counts_service(counts, "meet"));
    assert_int_not_equal(lync_counts_service(counts, "meet"), lync_counts_service(counts, "dialin"));
    assert_null(lync_counts_service_name(counts, LYNC_COUNTS_SERVICES - 1, *state));
}

/* What there is no place for is not counted, and harms nobody. */
static void test_full(void **state)
{
    lync_counts_t *counts = fresh(*state);
    lync_counts_few_t few;
    char name[32];
    int i;

    for (i = 0; i < LYNC_COUNTS_SERVICES; ++i) {
        snprintf(name, sizeof(name), "service%d", i);
        assert_int_equal(lync_counts_service(counts, name), i);
    }
    assert_int_equal(lync_counts_service(counts, "another"), -1);
    for (i = 0; i < LYNC_COUNTS_SERVERS; ++i) {
        snprintf(name, sizeof(name), "fe%d", i);
        assert_true(lync_counts_server(counts, "pool01", name, 4443) >= 0);
    }
    assert_int_equal(lync_counts_server(counts, "pool01", "another", 4443), -1);
    assert_int_equal(lync_counts_find_server(counts, "pool01", "another", 4443), -1);
    lync_counts_add(counts, 0, -1, -1, LYNC_ANSWERED_2XX, 1);
    lync_counts_add_server(counts, 0, -1, 1);
    lync_counts_sum_server(counts, -1, &few);
    assert_int_equal(few.requests, 0);
}

/* Each duration is in the bucket that ends after it and begins with it at the latest. */
static void test_buckets(void **state)
{
    lync_counts_t *counts = fresh(*state);
    int service = lync_counts_service(counts, "meet"), i;
    lync_counts_service_t sum;
    apr_int64_t last = 0;

    for (i = 0; i < LYNC_COUNTS_BUCKETS - 1; ++i) {
        apr_int64_t end = lync_counts_bucket_end(i);

        assert_true(end > last);
        assert_true(!i || end * 4 <= last * 5);
        lync_counts_add(counts, 0, service, -1, LYNC_ANSWERED_2XX, last);
        lync_counts_add(counts, 0, service, -1, LYNC_ANSWERED_2XX, end - 1);
        lync_counts_sum_service(counts, service, &sum);
        assert_int_equal(sum.bucket[i], 2);
        last = end;
    }
    assert_true(last > 1800 * SECOND);
    assert_int_equal(lync_counts_bucket_end(i), 0);
    lync_counts_add(counts, 0, service, -1, LYNC_ANSWERED_2XX, last);
    lync_counts_add(counts, 0, service, -1, LYNC_ANSWERED_2XX, APR_INT64_MAX / 4);
    lync_counts_add(counts, 0, service, -1, LYNC_ANSWERED_2XX, -SECOND);        /* the clock was set back */
    lync_counts_sum_service(counts, service, &sum);
    assert_int_equal(sum.bucket[i], 2);
    assert_int_equal(sum.bucket[0], 3);
}

static void test_within(void **state)
{
    lync_counts_t *counts = fresh(*state);
    int service = lync_counts_service(counts, "meet"), i;
    lync_counts_service_t sum;

    lync_counts_sum_service(counts, service, &sum);
    assert_int_equal(lync_counts_within(&sum, 0.5), -1);
    for (i = 0; i < 98; ++i)
        lync_counts_add(counts, (unsigned int)i, service, -1, LYNC_ANSWERED_2XX, 10000);
    for (i = 0; i < 2; ++i)
        lync_counts_add(counts, (unsigned int)i, service, -1, LYNC_ANSWERED_2XX, 900 * SECOND);
    lync_counts_sum_service(counts, service, &sum);
    assert_in_range(lync_counts_within(&sum, 0.5), 10000, 12000);
    assert_in_range(lync_counts_within(&sum, 0.98), 10000, 12000);
    assert_in_range(lync_counts_within(&sum, 0.99), 900 * SECOND, 1080 * SECOND);
    lync_counts_add(counts, 0, service, -1, LYNC_ANSWERED_2XX, 36000 * SECOND);
    lync_counts_sum_service(counts, service, &sum);
    assert_in_range(lync_counts_within(&sum, 1), 1800 * SECOND, 3600 * SECOND);
}

static apr_uint64_t recent(const lync_counts_t *counts, int service)
{
    lync_counts_service_t sum;

    lync_counts_sum_recent(counts, service, &sum);
    return lync_counts_requests(&sum);
}

/* Recent is this span and the one before; what is older is counted for good all the same. */
static void test_recent(void **state)
{
    lync_counts_t *counts = fresh(*state);
    int service = lync_counts_service(counts, "meet");
    apr_time_t span = LYNC_COUNTS_SPAN * SECOND, now = lync_counts_since(counts);
    lync_counts_service_t sum;

    assert_true(lync_counts_recent_since(counts) == now);
    lync_counts_add(counts, 0, service, -1, LYNC_ANSWERED_2XX, 1);
    lync_counts_add_refusal(counts, 0, LYNC_REFUSAL_PATH);
    lync_counts_turn(counts, now);
    assert_int_equal(recent(counts, service), 1);
    lync_counts_turn(counts, now + span);
    assert_int_equal(recent(counts, service), 1);
    assert_int_equal(lync_counts_recent_refusal(counts, LYNC_REFUSAL_PATH), 1);
    assert_int_equal(lync_counts_recent_refusal(counts, LYNC_REFUSAL_HOST), 0);
    lync_counts_add(counts, 1, service, -1, LYNC_ANSWERED_2XX, 1);
    assert_int_equal(recent(counts, service), 2);
    lync_counts_turn(counts, now + 2 * span);
    assert_int_equal(recent(counts, service), 1);
    assert_int_equal(lync_counts_recent_refusal(counts, LYNC_REFUSAL_PATH), 0);
    assert_int_equal(lync_counts_sum_refusal(counts, LYNC_REFUSAL_PATH), 1);
    assert_true(lync_counts_recent_since(counts) > now && lync_counts_recent_since(counts) <= now + span);
    lync_counts_turn(counts, now + 9 * span);
    assert_int_equal(recent(counts, service), 0);
    lync_counts_sum_service(counts, service, &sum);
    assert_int_equal(lync_counts_requests(&sum), 2);
}

/* Children may have written anything. */
static void test_nonsense(void **state)
{
    lync_counts_t *counts = fresh(*state);
    const char *name;

    lync_counts_service(counts, "a\033[31m\nb");
    name = lync_counts_service_name(counts, 0, *state);
    assert_null(strchr(name, '\033'));
    assert_null(strchr(name, '\n'));
}

/* No two reasons have the same word, and each has one. */
static void test_words(void **state)
{
    int i, j;

    (void)state;
    for (i = 0; i < LYNC_REFUSALS; ++i)
        for (j = 0; j < i; ++j)
            assert_string_not_equal(lync_refusal_word((lync_refusal_t)i), lync_refusal_word((lync_refusal_t)j));
    for (i = 0; i < LYNC_ANSWERS; ++i)
        assert_true(*lync_answered_word((lync_answered_t)i));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT_TEST(test_written_and_read), UNIT_TEST(test_services), UNIT_TEST(test_others_file), UNIT_TEST(test_places),
        UNIT_TEST(test_full),
        UNIT_TEST(test_buckets), UNIT_TEST(test_within), UNIT_TEST(test_recent), UNIT_TEST(test_nonsense),
        UNIT_TEST(test_words),
    };

    return cmocka_run_group_tests_name("counts", tests, NULL, NULL);
}
