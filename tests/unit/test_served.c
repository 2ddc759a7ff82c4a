#include "unit.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "served.h"

/* A place is one child's, goes with its pid, and is anybody's when that ended without a word. */
static void check_children(lync_served_t *served)
{
    lync_served_child_t *child = lync_served_enter(served, 66);

    assert_ptr_equal(child, &served->child[0]);
    assert_int_equal(child->pid, getpid());
    assert_int_equal(child->generation, 66);
    assert_true(lync_served_runs(child));
    lync_served_leave(child);
    assert_false(lync_served_runs(child));
    child->pid = 1;
    assert_ptr_equal(lync_served_enter(served, 66), &served->child[0]);
    child->pid = (apr_uint32_t)getppid();
    child->stopping = 1;
    assert_ptr_equal(lync_served_enter(served, 66), &served->child[1]);
    lync_served_lost(served, getpid());
    assert_int_equal(served->child[1].pid, 0);
    assert_int_equal(child->pid, getppid());
    served->slot[2].children = 2;
}

static void test_written_and_read(void **state)
{
    const char *path = unit_file(*state);
    lync_served_t *served;
    const lync_served_t *seen;

    FAILS(lync_served_open(&seen, path, *state), "cannot read");
    SUCCEEDS(lync_served_create(&served, path, "/var/lib/lync/lync.db", *state));
    SUCCEEDS(lync_served_open(&seen, path, *state));
    assert_string_equal(seen->store, "/var/lib/lync/lync.db");
    assert_string_equal(lync_served_text("no\n\x1b[1m\x7f\xc2\x80\xc2\xa0\xc2", 16, *state), "no??[1m???\xc2\xa0\xc2");
    assert_int_equal(seen->pid, getpid());
    assert_true(lync_served_alive(seen));
    lync_served_note(served, 66, 7, "abc", 8, "last\nknown good");
    check_children(served);
    assert_int_equal(seen->generation, 66);
    assert_int_equal(seen->slot[2].revision, 7);
    assert_int_equal(seen->slot[2].wanted, 8);
    assert_string_equal(seen->slot[2].seal, "abc");
    assert_string_equal(lync_served_text(seen->reason, sizeof(seen->reason), *state), "last?known good");
    assert_int_equal(seen->slot[2].children, 2);
    lync_served_note(served, 66, 7, NULL, 7, NULL);
    assert_null(lync_served_text(seen->reason, sizeof(seen->reason), *state));
    memset(served->reason, 'x', sizeof(served->reason));
    assert_int_equal(strlen(lync_served_text(seen->reason, sizeof(seen->reason), *state)), sizeof(seen->reason));
    served->pid = 0;
    assert_false(lync_served_alive(seen));
    served->pid = (apr_uint32_t)-1;
    assert_false(lync_served_alive(seen));
}

/* A nonce is valid while the probes are under way, and no other word is. */
static void test_nonce(void **state)
{
    const char *path = unit_file(*state);
    const lync_served_t *seen;
    lync_served_t *served;
    char nonce[LYNC_SERVED_NONCE];

    FAILS(lync_served_open_write(&served, path, *state), "cannot write");
    SUCCEEDS(lync_served_create(&served, path, "/var/lib/lync/lync.db", *state));
    SUCCEEDS(lync_served_open_write(&served, path, *state));
    SUCCEEDS(lync_served_open(&seen, path, *state));
    assert_false(lync_served_probed(seen, ""));
    SUCCEEDS(lync_served_probe(served, 60, *state));
    memcpy(nonce, seen->probe, sizeof(nonce));
    assert_int_equal(strspn(nonce, "0123456789abcdef"), sizeof(nonce) - 1);
    assert_true(lync_served_probed(seen, nonce));
    assert_false(lync_served_probed(seen, NULL));
    assert_false(lync_served_probed(seen, ""));
    assert_false(lync_served_probed(seen, "0123456789abcdef0123456789abcdef"));
    SUCCEEDS(lync_served_probe(served, 60, *state));
    assert_false(lync_served_probed(seen, nonce));
    memcpy(nonce, seen->probe, sizeof(nonce));
    nonce[31] ^= 1;
    assert_false(lync_served_probed(seen, nonce));
    nonce[31] = '\0';
    assert_false(lync_served_probed(seen, nonce));
    memcpy(nonce, seen->probe, sizeof(nonce));
    served->probe_until = 1;
    assert_false(lync_served_probed(seen, nonce));
    SUCCEEDS(lync_served_probe(served, 60, *state));
    memcpy(nonce, seen->probe, sizeof(nonce));
    lync_served_probe_end(served);
    assert_false(lync_served_probed(seen, nonce));
    assert_int_equal(seen->probe[0], '\0');
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
    const struct CMUnitTest tests[] = { UNIT_TEST(test_written_and_read), UNIT_TEST(test_nonce),
                                        UNIT_TEST(test_none_of_ours) };

    return cmocka_run_group_tests_name("served", tests, NULL, NULL);
}
