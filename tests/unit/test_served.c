#include "unit.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "serving.h"

/* Of this process's places the first, second and so on. */
static lync_served_child_t *place(lync_served_t *served, int count)
{
    return &served->child[(getpid() + count) % LYNC_SERVED_CHILDREN];
}

/* A place is one child's, goes with its pid, and is anybody's when that ended without a word. */
static void check_children(lync_served_t *served)
{
    lync_served_child_t *child = lync_served_enter(served, 66);
    int i;

    assert_ptr_equal(child, place(served, 0));
    assert_int_equal(child->pid, getpid());
    assert_int_equal(child->generation, 66);
    assert_true(lync_served_runs(child));
    lync_served_leave(child);
    assert_false(lync_served_runs(child));
    child->pid = 1;
    assert_ptr_equal(lync_served_enter(served, 66), place(served, 0));
    child->pid = (apr_uint32_t)getppid();
    child->stopping = 1;
    assert_ptr_equal(lync_served_enter(served, 66), place(served, 1));
    lync_served_lost(served, getpid());
    assert_int_equal(place(served, 1)->pid, 0);
    assert_int_equal(child->pid, getppid());
    /* all taken but the last that it looks at, and then that too */
    for (i = 1; i < LYNC_SERVED_CHILDREN - 1; ++i)
        place(served, i)->pid = (apr_uint32_t)getppid();
    assert_ptr_equal(lync_served_enter(served, 66), place(served, i));
    place(served, i)->pid = (apr_uint32_t)getppid();
    assert_null(lync_served_enter(served, 66));
    for (i = 1; i < LYNC_SERVED_CHILDREN; ++i)
        place(served, i)->pid = 0;
    served->slot[2].children = 2;
}

static void test_written_and_read(void **state)
{
    const char *path = unit_file(*state);
    lync_served_limits_t limits = { 8, 16, 64, 75, 3 };
    lync_served_t *served;
    const lync_served_t *seen;

    FAILS(lync_served_open(&seen, path, *state), "cannot read");
    SUCCEEDS(lync_served_create(&served, path, "/var/lib/lync/lync.db", *state));
    SUCCEEDS(lync_served_open(&seen, path, *state));
    assert_string_equal(seen->store, "/var/lib/lync/lync.db");
    assert_string_equal(lync_served_text("no\n\x1b[1m\x7f\xc2\x80\xc2\xa0\xc2", 16, *state), "no??[1m???\xc2\xa0\xc2");
    assert_int_equal(seen->pid, getpid());
    assert_true(lync_served_alive(seen));
    lync_served_limit(served, 66, &limits);
    memset(&limits, 0, sizeof(limits));
    assert_false(lync_served_limits(seen, 66, &limits));
    lync_served_note(served, 66, 7, "abc", 8, "last\nknown good");
    lync_served_cut(served, 65);
    assert_false(lync_served_is_cut(seen));
    lync_served_cut(served, 66);
    assert_true(lync_served_is_cut(seen));
    lync_served_uncut(served);
    assert_false(lync_served_is_cut(seen));
    lync_served_cut(served, 66);
    assert_true(lync_served_is_cut(seen));
    assert_non_null(lync_served_enter(served, 66));
    assert_false(lync_served_is_cut(seen));
    place(served, 0)->stopping = 1;
    assert_true(lync_served_is_cut(seen));
    lync_served_leave(place(served, 0));
    served->slot[2].children = 0;
    assert_false(lync_served_limits(seen, 2, &limits));
    assert_true(lync_served_limits(seen, 66, &limits));
    assert_int_equal(limits.children, 8);
    assert_int_equal(limits.old_generations, 3);
    assert_false(lync_served_is_left(seen));
    lync_served_leave_file(served);
    assert_true(lync_served_is_left(seen));
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

/* A reload that changes nothing is no news. */
static void test_since(void **state)
{
    lync_served_t *served;
    char endless[LYNC_SERVED_REASON + 100] = { 0 };

    memset(endless, 'x', sizeof(endless) - 1);
    SUCCEEDS(lync_served_create(&served, unit_file(*state), "/var/lib/lync/lync.db", *state));
    lync_served_note(served, 0, 7, "abc", 7, NULL);
    assert_int_equal(served->since, served->slot[0].started);
    served->since = served->because_since = 1000;
    lync_served_note(served, 1, 7, "abc", 8, endless);
    assert_int_equal(served->since, 1000);
    assert_int_equal(served->because_since, served->slot[1].started);
    served->because_since = 2000;
    lync_served_note(served, 2, 7, "abc", 9, endless);
    assert_int_equal(served->since, 1000);
    assert_int_equal(served->because_since, 2000);
    lync_served_note(served, 3, 7, "abd", 9, "another");
    assert_int_equal(served->since, served->slot[3].started);
    assert_int_equal(served->because_since, served->slot[3].started);
    served->since = 1000;
    lync_served_note(served, 4, 9, "abd", 9, NULL);
    assert_int_equal(served->since, served->slot[4].started);
}

static lync_served_child_t *put_child(lync_served_t *served, int place, int pid, int generation, int stopping)
{
    lync_served_child_t *child = &served->child[place];

    child->pid = (apr_uint32_t)pid;
    child->generation = (apr_uint32_t)generation;
    child->stopping = (apr_uint32_t)stopping;
    return child;
}

/* What there is to be said of it all, the worst of it. */
static void test_state(void **state)
{
    lync_served_t *served;
    lync_serving_t serving;

    SUCCEEDS(lync_served_create(&served, unit_file(*state), "/var/lib/lync/lync.db", *state));
    lync_served_note(served, 1, 6, "abc", 6, NULL);
    lync_serving_read(&serving, served, *state);
    assert_string_equal(lync_serving_state(&serving), "served");
    assert_null(serving.closed_names);
    lync_served_want(served, 0, 7);
    lync_serving_read(&serving, served, *state);
    assert_string_equal(lync_serving_state(&serving), "served");
    lync_served_want(served, 1, 7);
    lync_serving_read(&serving, served, *state);
    assert_string_equal(lync_serving_state(&serving), "behind");
    put_child(served, 0, getpid(), 0, 0);
    lync_serving_read(&serving, served, *state);
    assert_string_equal(lync_serving_state(&serving), "reloading");
    lync_served_lack(served, 2, 1, "external (port 443)\n");
    lync_served_note(served, 2, 6, "abc", 6, "quarantine: x");
    lync_serving_read(&serving, served, *state);
    assert_string_equal(lync_serving_state(&serving), "degraded");
    assert_int_equal(serving.quarantined, 2);
    assert_int_equal(serving.closed, 1);
    assert_string_equal(serving.closed_names, "external (port 443)?");
    lync_served_note(served, 3, 0, NULL, 0, "Lync is not served: x");
    lync_serving_read(&serving, served, *state);
    assert_string_equal(lync_serving_state(&serving), "down");
    lync_served_lack(served, 0, 0, NULL);
    lync_served_note(served, 4, 0, NULL, 0, NULL);
    lync_serving_read(&serving, served, *state);
    assert_string_equal(lync_serving_state(&serving), "empty");
    assert_null(serving.closed_names);
}

static void test_crowding(void **state)
{
    (void)state;
    assert_null(lync_serving_crowding(5, 0));
    assert_null(lync_serving_crowding(15, 20));
    assert_string_equal(lync_serving_crowding(16, 20), "much");
    assert_string_equal(lync_serving_crowding(18, 20), "much");
    assert_string_equal(lync_serving_crowding(19, 20), "all");
}

static void test_counted(void **state)
{
    lync_served_t *served;
    lync_serving_t serving;
    lync_generation_t *old;

    SUCCEEDS(lync_served_create(&served, unit_file(*state), "/var/lib/lync/lync.db", *state));
    lync_served_note(served, 1, 6, NULL, 6, NULL);
    lync_served_note(served, 2, 6, "abc", 7, "last known\ngood");
    put_child(served, 0, getpid(), 1, 1);
    put_child(served, 1, getppid(), 2, 0);
    put_child(served, 2, 0, 2, 0);
    lync_serving_read(&serving, served, *state);
    assert_int_equal(serving.alive, 1);
    assert_int_equal(serving.generation, 2);
    assert_int_equal(serving.revision, 6);
    assert_int_equal(serving.wanted, 7);
    assert_int_equal(serving.children, 1);
    assert_string_equal(serving.because, "last known?good");
    assert_int_equal(apr_time_sec(serving.because_since), served->because_since);
    assert_int_equal(serving.generations->nelts, 2);
    old = &APR_ARRAY_IDX(serving.generations, 1, lync_generation_t);
    assert_int_equal(old->number, 1);
    assert_int_equal(old->revision, 6);
    assert_int_equal(old->children, 1);
    assert_int_equal(old->accepting, 0);
    assert_null(lync_serving_old(&serving));
    served->child[0].stopping = 0;
    lync_serving_read(&serving, served, *state);
    assert_int_equal(lync_serving_old(&serving)->pid, getpid());
}

/* Children of the latest generation take a revision over, one after the other. */
static void test_taken_over(void **state)
{
    lync_served_t *served;
    lync_serving_t serving;

    SUCCEEDS(lync_served_create(&served, unit_file(*state), "/var/lib/lync/lync.db", *state));
    lync_served_note(served, 1, 6, "abc", 6, NULL);
    put_child(served, 0, getpid(), 1, 0);
    put_child(served, 1, getppid(), 1, 0);
    put_child(served, 2, getpid(), 0, 1);               /* one that ends is not asked */
    lync_served_tell(&served->child[2], 5, NULL, 0);
    lync_serving_read(&serving, served, *state);        /* they have just begun */
    assert_int_equal(serving.late, 0);
    lync_served_tell(&served->child[0], 6, "abc", 1);
    lync_served_tell(&served->child[1], 6, "abc", 1);
    lync_serving_read(&serving, served, *state);
    assert_true(serving.revision == 6 && serving.live && !serving.late);
    served->since = 1;
    lync_served_took(served, 1, 7, "def");
    lync_served_tell(&served->child[0], 7, "def", 2);
    lync_serving_read(&serving, served, *state);
    assert_true(serving.revision == 6 && serving.late == getppid());
    assert_int_equal(APR_ARRAY_IDX(serving.generations, 0, lync_generation_t).revision, 6);
    lync_served_tell(&served->child[1], 7, "abc", 1);   /* another one of that number */
    lync_serving_read(&serving, served, *state);
    assert_true(serving.late == getppid() && !serving.seal);
    lync_served_tell(&served->child[1], 7, "def", 0);
    lync_serving_read(&serving, served, *state);
    assert_true(serving.revision == 7 && serving.wanted == 7 && !serving.late && !serving.live);
    assert_string_equal(serving.seal, "def");
    assert_true(apr_time_sec(serving.since) > 1);
    served->since = 1;
    lync_served_took(served, 1, 7, "def");
    lync_served_took(served, 2, 8, "def");              /* no generation of that number */
    assert_true(served->since == 1 && served->slot[1].revision == 7);
    assert_true(lync_served_takes(served, 1, 7, "def"));
    assert_false(lync_served_takes(served, 1, 7, NULL) || lync_served_takes(served, 1, 6, "def")
                 || lync_served_takes(served, 2, 7, "def") || lync_served_takes(served, 65, 7, "def"));
}

/* As a child could write it. */
static void test_nothing_is_trusted(void **state)
{
    lync_served_t *served;
    lync_serving_t serving;
    int i;

    SUCCEEDS(lync_served_create(&served, unit_file(*state), "/var/lib/lync/lync.db", *state));
    memset(served, 0xff, sizeof(*served));
    for (i = 0; i < LYNC_SERVED_CHILDREN; ++i)
        put_child(served, i, getpid(), 10 + i * 100003, i % 2);
    lync_serving_read(&serving, served, *state);
    assert_int_equal(serving.generations->nelts, LYNC_SERVED_CHILDREN + 1);
    assert_int_equal(strlen(serving.because), LYNC_SERVED_REASON);
    lync_served_note(served, 7, 1, "abc", 1, "a reason");
    assert_int_equal(served->since, served->slot[7].started);
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
    const struct CMUnitTest tests[] = {
        UNIT_TEST(test_written_and_read), UNIT_TEST(test_nonce), UNIT_TEST(test_since), UNIT_TEST(test_state),
        UNIT_TEST(test_crowding), UNIT_TEST(test_counted),
        UNIT_TEST(test_taken_over), UNIT_TEST(test_nothing_is_trusted), UNIT_TEST(test_none_of_ours),
    };

    return cmocka_run_group_tests_name("served", tests, NULL, NULL);
}
