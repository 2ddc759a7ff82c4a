#include "unit.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "served.h"

static void test_written_and_read(void **state)
{
    const char *path = unit_file(*state);
    lync_served_t *served;
    const lync_served_t *seen;

    FAILS(lync_served_open(&seen, path, *state), "cannot read");
    SUCCEEDS(lync_served_create(&served, path, "/var/lib/lync/lync.db", *state));
    SUCCEEDS(lync_served_open(&seen, path, *state));
    assert_string_equal(seen->store, "/var/lib/lync/lync.db");
    assert_int_equal(seen->pid, getpid());
    assert_true(lync_served_alive(seen));
    lync_served_note(served, 66, 7, 8, "last\nknown good");
    lync_served_child(served, 66);
    lync_served_child(served, 66);
    assert_int_equal(seen->generation, 66);
    assert_int_equal(seen->slot[2].revision, 7);
    assert_int_equal(seen->slot[2].wanted, 8);
    assert_string_equal(lync_served_text(seen->reason, sizeof(seen->reason), *state), "last?known good");
    assert_int_equal(seen->slot[2].children, 2);
    lync_served_note(served, 66, 7, 7, NULL);
    assert_null(lync_served_text(seen->reason, sizeof(seen->reason), *state));
    memset(served->reason, 'x', sizeof(served->reason));
    assert_int_equal(strlen(lync_served_text(seen->reason, sizeof(seen->reason), *state)), sizeof(seen->reason));
    served->pid = 0;
    assert_false(lync_served_alive(seen));
    served->pid = (apr_uint32_t)-1;
    assert_false(lync_served_alive(seen));
}

static void test_none_of_ours(void **state)
{
    const char *path = unit_file(*state);
    const lync_served_t *seen;
    FILE *file = fopen(path, "w");
    char zeros[sizeof(*seen)] = { 0 };

    fputs("short", file);
    fflush(file);
    FAILS(lync_served_open(&seen, path, *state), "not written by this version");
    rewind(file);
    fwrite(zeros, sizeof(zeros), 1, file);
    fclose(file);
    FAILS(lync_served_open(&seen, path, *state), "not written by this version");
}

int main(void)
{
    const struct CMUnitTest tests[] = { UNIT_TEST(test_written_and_read), UNIT_TEST(test_none_of_ours) };

    return cmocka_run_group_tests_name("served", tests, NULL, NULL);
}
