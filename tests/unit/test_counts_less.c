#include "unit.h"

#include "counts.h"

static void add(lync_counts_t *counts, int times)
{
    while (times--)
        lync_counts_add(counts, (unsigned int)times, lync_counts_service(counts, "meet"), -1, LYNC_ANSWERED_2XX, 3000);
}

/* What came since; more before than now is of another file, whichever number it is. */
static void test_less(void **state)
{
    lync_counts_service_t before, now;
    lync_counts_t *counts = NULL;

    SUCCEEDS(lync_counts_create(&counts, unit_file(*state), *state));
    add(counts, 2);
    lync_counts_sum_service(counts, 0, &before);
    add(counts, 3);
    lync_counts_sum_service(counts, 0, &now);
    assert_int_equal(lync_counts_less(&now, &before), 1);
    assert_int_equal(lync_counts_requests(&now), 3);
    assert_int_equal(now.answered[LYNC_ANSWERED_2XX], 3);
    assert_int_equal(now.microseconds, 9000);
    assert_int_equal(lync_counts_within(&now, 0.5), 3500);
    before = now;
    ++before.bucket[LYNC_COUNTS_BUCKETS - 1];
    assert_int_equal(lync_counts_less(&now, &before), 0);
    before = now;
    ++before.answered[LYNC_ANSWERED_NOT];
    assert_int_equal(lync_counts_less(&now, &before), 0);
    before = now;
    ++before.microseconds;
    assert_int_equal(lync_counts_less(&now, &before), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = { UNIT_TEST(test_less) };

    return cmocka_run_group_tests_name("counts_less", tests, NULL, NULL);
}
