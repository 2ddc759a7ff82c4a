#include "unit.h"

#include <apr_file_io.h>
#include <apr_strings.h>
#include <string.h>

#include "audit.h"
#include "backup.h"
#include "model.h"
#include "sql.h"

static lync_store_t *lived_in(apr_pool_t *p, const char *path)
{
    lync_store_t *store;

    SUCCEEDS(lync_store_create(&store, path, p));
    model_write(p, store, model_sound(p));
    return store;
}

static void test_whole(void **state)
{
    lync_store_t *store = lived_in(*state, unit_file(*state));
    lync_verified_t verified;

    SUCCEEDS(lync_store_intact(store, &verified, *state));
    assert_int_equal(verified.last, 1);
    assert_int_equal(strlen(verified.hash), 64);
}

static void test_references(void **state)
{
    const char *path = unit_file(*state);
    lync_store_t *store = lived_in(*state, path);
    lync_verified_t verified;

    SUCCEEDS(model_raw(*state, path, "PRAGMA foreign_keys = OFF; DROP TRIGGER pool_delete; DELETE FROM pool"));
    FAILS(lync_store_intact(store, &verified, *state), "refers to a row of pool that is not there");
    FAILS(lync_store_whole(store, *state), "is damaged: table ");
}

static void test_audit(void **state)
{
    const char *path = unit_file(*state);
    lync_store_t *store = lived_in(*state, path);
    lync_verified_t verified;

    SUCCEEDS(model_raw(*state, path, "DROP TRIGGER profile_update; UPDATE profile SET timeout = 7"));
    SUCCEEDS(lync_store_whole(store, *state));
    FAILS(lync_store_intact(store, &verified, *state), "the audit of store '");
}

/* A page of a table, as a disk would spoil it. */
static void test_pages(void **state)
{
    const char *path = unit_file(*state);
    lync_store_t *store = lived_in(*state, path);
    lync_verified_t verified;
    int page, size;
    apr_off_t place;
    apr_file_t *file;
    lync_sql_t *db;

    SUCCEEDS(lync_sql_open(&db, path, 0, *state));
    SUCCEEDS(lync_sql_int(db, "SELECT rootpage FROM sqlite_master WHERE name = 'route'", &page, *state));
    SUCCEEDS(lync_sql_int(db, "PRAGMA page_size", &size, *state));
    place = (apr_off_t)(page - 1) * size;
    assert_int_equal(apr_file_open(&file, path, APR_WRITE, APR_OS_DEFAULT, *state), APR_SUCCESS);
    apr_file_seek(file, APR_SET, &place);
    apr_file_puts("spoiled spoiled spoiled", file);
    apr_file_close(file);
    SUCCEEDS(lync_store_open(&store, path, *state));
    FAILS(lync_store_intact(store, &verified, *state), path);
    FAILS(lync_store_whole(store, *state), path);
}

/* Who has opened a store that is replaced before it gets the lock must not write to what is no store any more. */
static void test_replaced(void **state)
{
    const char *path = unit_file(*state), *other = unit_file(*state);
    lync_store_t *store = lived_in(*state, path), *again;

    lived_in(*state, other);
    SUCCEEDS(lync_store_begin(store, &model_alice, *state));
    SUCCEEDS(lync_store_rollback(store, *state));
    assert_int_equal(apr_file_rename(other, path, *state), APR_SUCCESS);
    FAILS(lync_store_begin(store, &model_alice, *state), "was replaced meanwhile: try again");
    SUCCEEDS(lync_store_open_write(&again, path, *state));
    SUCCEEDS(lync_store_begin(again, &model_alice, *state));
}

/* A waiting writer notices at once, not when its time is over. */
static void test_replaced_while_it_waits(void **state)
{
    const char *path = unit_file(*state), *other = unit_file(*state);
    lync_store_t *holder = lived_in(*state, path), *waiting;

    lived_in(*state, other);
    SUCCEEDS(lync_store_open_write(&waiting, path, *state));
    SUCCEEDS(lync_store_begin(holder, &model_alice, *state));
    assert_int_equal(apr_file_rename(other, path, *state), APR_SUCCESS);
    FAILS(lync_store_begin(waiting, &model_alice, *state), "was replaced meanwhile: try again");
}

static void test_removed(void **state)
{
    const char *path = unit_file(*state);
    lync_store_t *store = lived_in(*state, path);

    apr_file_remove(path, *state);
    FAILS(lync_store_begin(store, &model_alice, *state), "was replaced meanwhile");
}

/* Differences written to a draft make it the other one, whatever refers to what. */
static void test_differences(void **state)
{
    lync_store_t *store = lived_in(*state, unit_file(*state));
    lync_model_t *draft, *wanted = model_sound(*state);
    apr_array_header_t *differences;
    lync_verified_t verified;

    ((lync_pool_t *)LYNC_ROW(wanted, LYNC_POOL, 0))->name = "other.contoso.local";
    ((lync_server_t *)LYNC_ROW(wanted, LYNC_SERVER, 0))->pool = "other.contoso.local";
    ((lync_route_t *)LYNC_ROW(wanted, LYNC_ROUTE, 0))->pool = "other.contoso.local";
    ((lync_route_t *)LYNC_ROW(wanted, LYNC_ROUTE, 1))->path = "/CSCP";
    SUCCEEDS(lync_store_read(store, LYNC_DRAFT, &draft, *state));
    differences = lync_model_diff(draft, wanted, *state);
    assert_int_equal(differences->nelts, 7);
    SUCCEEDS(lync_store_begin(store, &model_alice, *state));
    SUCCEEDS(lync_store_write(store, differences, *state));
    SUCCEEDS(lync_store_commit(store, *state));
    SUCCEEDS(lync_store_read(store, LYNC_DRAFT, &draft, *state));
    assert_int_equal(lync_model_diff(draft, wanted, *state)->nelts, 0);
    SUCCEEDS(lync_store_intact(store, &verified, *state));
    assert_int_equal(verified.changes, 2);
}

/* What was told: of each kind of work how often, and how far it was at last. */
static int rows, rows_done, entries, entries_done;

static void told(const char *what, int done, int total)
{
    if (what && !strcmp(what, "writing rows")) {
        assert_int_equal(done, rows++);
        rows_done = total;
    }
    if (what && !strcmp(what, "checking the audit")) {
        assert_int_equal(done, ++entries);
        entries_done = total;
    }
}

static void test_progress(void **state)
{
    lync_store_t *store = lived_in(*state, unit_file(*state));
    lync_model_t *draft, *wanted = model_sound(*state);
    apr_array_header_t *differences;
    lync_verified_t verified;

    ((lync_profile_t *)LYNC_ROW(wanted, LYNC_PROFILE, 0))->timeout = 301;
    ((lync_route_t *)LYNC_ROW(wanted, LYNC_ROUTE, 1))->path = "/CSCP";
    SUCCEEDS(lync_store_read(store, LYNC_DRAFT, &draft, *state));
    differences = lync_model_diff(draft, wanted, *state);
    lync_store_progress(store, told);
    SUCCEEDS(lync_store_begin(store, &model_alice, *state));
    SUCCEEDS(lync_store_write(store, differences, *state));
    SUCCEEDS(lync_store_commit(store, *state));
    assert_int_equal(rows, differences->nelts);
    assert_int_equal(rows_done, rows);
    SUCCEEDS(lync_backup(store, apr_pstrcat(*state, lync_store_path(store), ".backup", NULL), 1, &verified, *state));
    assert_int_equal(entries, verified.entries);
    assert_int_equal(entries_done, entries);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT_TEST(test_whole), UNIT_TEST(test_references), UNIT_TEST(test_audit), UNIT_TEST(test_pages),
        UNIT_TEST(test_replaced), UNIT_TEST(test_replaced_while_it_waits), UNIT_TEST(test_removed),
        UNIT_TEST(test_differences), UNIT_TEST(test_progress),
    };

    return cmocka_run_group_tests_name("intact", tests, NULL, NULL);
}
