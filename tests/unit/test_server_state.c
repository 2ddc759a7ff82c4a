#include "unit.h"

#include <apr_file_io.h>
#include <apr_strings.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "audit.h"
#include "model.h"
#include "server_state.h"
#include "sql.h"

#define HOST "fe02.contoso.local"
#define POOL "pool.contoso.local"

static lync_store_t *new_store(apr_pool_t *p, const char *path)
{
    lync_store_t *store;

    SUCCEEDS(lync_store_create(&store, path, p));
    return store;
}

static void say(lync_store_t *store, const char *host, const char *state, apr_pool_t *p)
{
    SUCCEEDS(lync_store_begin(store, &model_alice, p));
    SUCCEEDS(lync_server_state_set(store, host, POOL, state, p));
    SUCCEEDS(lync_store_commit(store, p));
}

static void test_said_and_lifted(void **state)
{
    lync_store_t *store = new_store(*state, unit_file(*state));
    apr_array_header_t *states;
    int change;

    SUCCEEDS(lync_server_states(store, &states, &change, *state));
    assert_int_equal(states->nelts, 0);
    assert_int_equal(change, 0);
    assert_null(lync_server_state_of(NULL, HOST, POOL));
    say(store, HOST, "drain", *state);
    say(store, "fe01", "disabled", *state);
    say(store, HOST, "disabled", *state);
    SUCCEEDS(lync_server_states(store, &states, &change, *state));
    assert_int_equal(states->nelts, 2);
    assert_int_equal(change, 3);
    assert_string_equal(lync_server_state_of(states, HOST, POOL), "disabled");
    assert_null(lync_server_state_of(states, HOST, "other"));
    say(store, HOST, NULL, *state);
    SUCCEEDS(lync_server_states(store, &states, &change, *state));
    assert_null(lync_server_state_of(states, HOST, POOL));
    assert_int_equal(change, 4);
}

static void test_audited(void **state)
{
    lync_store_t *store = new_store(*state, unit_file(*state));
    lync_audit_filter_t filter = { .noun = "server_state" };
    apr_array_header_t *entries;
    lync_verified_t verified;
    int change;

    say(store, HOST, "drain", *state);
    say(store, HOST, "drain", *state);  /* so already: no change */
    say(store, HOST, NULL, *state);
    say(store, HOST, NULL, *state);
    SUCCEEDS(lync_audit_read(store, &filter, &entries, *state));
    assert_int_equal(entries->nelts, 2);
    assert_null(APR_ARRAY_IDX(entries, 0, lync_entry_t).before);
    assert_string_equal(APR_ARRAY_IDX(entries, 0, lync_entry_t).key, HOST " " POOL);
    assert_string_equal(APR_ARRAY_IDX(entries, 0, lync_entry_t).after,
                        "{\"host\":\"" HOST "\",\"pool\":\"" POOL "\",\"state\":\"drain\"}");
    assert_null(APR_ARRAY_IDX(entries, 1, lync_entry_t).after);
    SUCCEEDS(lync_audit_verify(store, &verified, *state));
    assert_int_equal(verified.breaches->nelts, 0);
    SUCCEEDS(lync_store_draft_change(store, &change, *state));
    assert_int_equal(change, 0);
}

static void test_refused(void **state)
{
    const char *path = unit_file(*state);
    lync_store_t *store = new_store(*state, path);

    FAILS(lync_server_state_set(store, HOST, POOL, "drain", *state), "no change is open");
    SUCCEEDS(lync_store_begin(store, &model_alice, *state));
    FAILS(lync_server_state_set(store, HOST, POOL, "standby", *state), "CHECK");
    SUCCEEDS(lync_store_rollback(store, *state));
    FAILS(model_raw(*state, path, "INSERT INTO server_state VALUES ('a', 'b', 'drain')"), "no change is open");
}

/* A look that has to find so many words, or with -1 that nothing has changed. */
static void expect(lync_watch_t *watch, int count, int change, apr_pool_t *p)
{
    apr_array_header_t *states;
    int seen = change;

    SUCCEEDS(lync_watch_look(watch, &states, &seen, p));
    assert_int_equal(states ? states->nelts : -1, count);
    assert_int_equal(seen, change);
}

static void test_watched(void **state)
{
    const char *path = unit_file(*state), *other = unit_file(*state);
    lync_store_t *store = new_store(*state, path);
    lync_watch_t *watch = lync_watch(path, *state);

    expect(watch, 0, 0, *state);
    expect(watch, -1, 0, *state);
    say(store, HOST, "drain", *state);
    expect(watch, 1, 1, *state);
    expect(watch, -1, 1, *state);
    say(store, HOST, NULL, *state);
    say(store, "fe01", "drain", *state);
    expect(watch, 1, 3, *state);
    /* another file in its place, of which SQLite says nothing */
    say(new_store(*state, other), HOST, "disabled", *state);
    assert_int_equal(rename(other, path), 0);
    expect(watch, 1, 1, *state);
    expect(watch, -1, 1, *state);
}

static void test_what_cannot_be_read(void **state)
{
    const char *path = unit_file(*state);
    lync_watch_t *watch = lync_watch(path, *state);
    apr_array_header_t *states;
    lync_store_t *store;
    lync_sql_t *locker;
    int change;

    FAILS(lync_watch_look(watch, &states, &change, *state), "No such file or directory");
    assert_null(states);
    store = new_store(*state, path);
    say(store, HOST, "drain", *state);
    expect(watch, 1, 1, *state);
    SUCCEEDS(lync_sql_open(&locker, path, LYNC_SQL_WRITE, *state));
    SUCCEEDS(lync_sql_exec(locker, "BEGIN EXCLUSIVE", *state));
    FAILS(lync_watch_look(watch, &states, &change, *state), "is locked by another process");
    SUCCEEDS(lync_sql_exec(locker, "ROLLBACK", *state));
    expect(watch, 1, 1, *state);
    SUCCEEDS(model_raw(*state, path, "PRAGMA user_version = 99"));
    FAILS(lync_watch_look(watch, &states, &change, *state), "schema version 99 is newer");
    FAILS(lync_watch_look(watch, &states, &change, *state), "schema version 99 is newer");
    SUCCEEDS(model_raw(*state, path, "PRAGMA user_version = 2"));
    expect(watch, 1, 1, *state);
    assert_int_equal(truncate(path, 5000), 0);
    FAILS(lync_watch_look(watch, &states, &change, *state), path);
}

/* A store of the first schema has no such table. */
static void test_first_schema(void **state)
{
    const char *path = unit_file(*state);
    lync_watch_t *watch = lync_watch(path, *state);

    new_store(*state, path);
    SUCCEEDS(model_raw(*state, path, "DROP TABLE server_state; PRAGMA user_version = 1"));
    expect(watch, 0, 0, *state);
}

/* Who has replaced the table with one of his own ends no child of httpd by it, and steers no terminal. */
static void test_a_table_of_somebody_else(void **state)
{
    const char *path = unit_file(*state);
    lync_watch_t *watch = lync_watch(path, *state);
    apr_array_header_t *states;
    int change;

    new_store(*state, path);
    SUCCEEDS(model_raw(*state, path, "DROP TABLE server_state; CREATE TABLE server_state (host, pool, state); "
                       "INSERT INTO server_state VALUES (NULL, NULL, NULL), ('a', NULL, 'drain'), (x'00', 'b', 7), "
                       "(char(27) || '[31m', 'p', 'active')"));
    SUCCEEDS(lync_watch_look(watch, &states, &change, *state));
    assert_int_equal(states->nelts, 2);
    assert_string_equal(lync_server_state_of(states, "?[31m", "p"), "active");
    SUCCEEDS(model_raw(*state, path, "DROP TABLE server_state; CREATE VIEW server_state AS SELECT 1 AS host"));
    FAILS(lync_watch_look(watch, &states, &change, *state), "no such column");
}

/* Between two looks a writer gets the lock that suffers nobody else. */
static void test_holds_no_lock(void **state)
{
    const char *path = unit_file(*state);
    lync_store_t *store = new_store(*state, path);
    lync_watch_t *watch = lync_watch(path, *state);
    lync_sql_t *locker;

    say(store, HOST, "drain", *state);
    expect(watch, 1, 1, *state);
    expect(watch, -1, 1, *state);
    SUCCEEDS(lync_sql_open(&locker, path, LYNC_SQL_WATCH, *state));
    SUCCEEDS(model_raw(*state, path, "PRAGMA busy_timeout = 0; BEGIN EXCLUSIVE; ROLLBACK"));
}

/* Dies in the middle of a transaction, and leaves its journal. */
static void die_writing(const char *path, apr_pool_t *p)
{
    pid_t pid = fork();
    lync_sql_t *db;

    if (pid == 0) {
        if (!lync_sql_open(&db, path, LYNC_SQL_WRITE, p)
            && !lync_sql_exec(db, "PRAGMA cache_size = 1; BEGIN; CREATE TABLE big AS WITH RECURSIVE n(i) AS "
                              "(SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 9999) SELECT hex(i) AS x FROM n", p))
            _exit(0);
        _exit(1);
    }
    assert_int_equal(waitpid(pid, NULL, 0), pid);
}

/* Who watches leaves it to others: never does it write. */
static void test_left_half_written(void **state)
{
    const char *path = unit_file(*state), *journal = apr_pstrcat(*state, path, "-journal", NULL);
    lync_store_t *store = new_store(*state, path), *reader;
    lync_watch_t *watch = lync_watch(path, *state);
    apr_array_header_t *states;
    int change;

    say(store, HOST, "drain", *state);
    expect(watch, 1, 1, *state);
    die_writing(path, *state);
    assert_int_equal(access(journal, F_OK), 0);
    FAILS(lync_watch_look(watch, &states, &change, *state), "was left half written");
    FAILS(lync_watch_look(watch, &states, &change, *state), "was left half written");
    assert_int_equal(access(journal, F_OK), 0);
    SUCCEEDS(lync_store_open(&reader, path, *state));
    assert_int_not_equal(access(journal, F_OK), 0);
    expect(watch, 1, 1, *state);
}

static long resident_pages(void)
{
    FILE *file = fopen("/proc/self/statm", "r");
    long size = 0, resident = 0;

    assert_int_equal(fscanf(file, "%ld %ld", &size, &resident), 2);
    fclose(file);
    return resident;
}

/* Every look with a change in between, or without, as often as a child of httpd in weeks. */
static void test_memory(void **state)
{
    const char *path = unit_file(*state);
    lync_store_t *store = new_store(*state, path);
    lync_watch_t *watch = lync_watch(path, *state);
    apr_pool_t *p, *looks;
    long before = 0;
    int i, j;

    (void)store;
    apr_pool_create(&p, *state);
    apr_pool_create(&looks, *state);
    SUCCEEDS(model_raw(*state, path, "PRAGMA synchronous = OFF"));
    for (i = 0; i < 600; ++i) {
        SUCCEEDS(model_raw(p, path, i % 2 ? "PRAGMA synchronous = OFF; PRAGMA user_version = 1"
                           : "PRAGMA synchronous = OFF; PRAGMA user_version = 2"));
        apr_pool_clear(p);
        for (j = 0; j < 10; ++j) {
            expect(watch, j ? -1 : 0, 0, looks);
            apr_pool_clear(looks);
        }
        if (i == 100)
            before = resident_pages();
    }
#ifdef __SANITIZE_ADDRESS__
    before += 100000;           /* it keeps what was freed */
#endif
    assert_true(resident_pages() < before + 50);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT_TEST(test_said_and_lifted), UNIT_TEST(test_audited), UNIT_TEST(test_refused), UNIT_TEST(test_watched),
        UNIT_TEST(test_what_cannot_be_read), UNIT_TEST(test_first_schema), UNIT_TEST(test_holds_no_lock),
        UNIT_TEST(test_a_table_of_somebody_else),
        UNIT_TEST(test_left_half_written), UNIT_TEST(test_memory),
    };

    return cmocka_run_group_tests_name("server_state", tests, NULL, NULL);
}
