#include "unit.h"

#include <apr_file_io.h>
#include <apr_strings.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "sql.h"
#include "store.h"
#include "model.h"

static lync_store_t *new_store(apr_pool_t *p, const char *path)
{
    lync_store_t *store;

    SUCCEEDS(lync_store_create(&store, path, p));
    return store;
}

static int same(const lync_noun_t *noun, const void *a, const void *b)
{
    const lync_field_t *field = noun->fields;

    while (field->name && lync_field_same(field, a, b))
        ++field;
    return !field->name;
}

static void test_draft_comes_back(void **state)
{
    const char *path = unit_file(*state);
    lync_store_t *store = new_store(*state, path);
    lync_model_t *model = model_sound(*state), *read;
    int id, i;

    model_write(*state, store, model);
    SUCCEEDS(lync_store_open(&store, path, *state));
    SUCCEEDS(lync_store_read(store, LYNC_DRAFT, &read, *state));
    for (id = 0; id < LYNC_NOUNS; ++id) {
        assert_int_equal(read->rows[id]->nelts, model->rows[id]->nelts);
        for (i = 0; i < read->rows[id]->nelts; ++i) {
            void *row = LYNC_ROW(read, id, i);
            int j, found = 0;

            assert_true(((lync_row_t *)row)->rowid > 0);
            for (j = 0; j < model->rows[id]->nelts; ++j)
                found += same(lync_noun(id), row, LYNC_ROW(model, id, j));
            assert_int_equal(found, 1);
        }
    }
}

/* The fields of the nouns and the columns of schema.sql are the same. */
static void test_columns_are_fields(void **state)
{
    const char *path = unit_file(*state);
    lync_sql_t *db;
    int id;

    new_store(*state, path);
    SUCCEEDS(lync_sql_open(&db, path, 0, *state));
    for (id = 0; id < LYNC_NOUNS; ++id) {
        const lync_noun_t *noun = lync_noun(id);
        const lync_field_t *field;
        lync_stmt_t *stmt;
        int more;

        SUCCEEDS(lync_sql_prepare(&stmt, db, apr_psprintf(*state, "SELECT name FROM pragma_table_info('%s')",
                                                          noun->name), *state));
        SUCCEEDS(lync_stmt_step(stmt, &more, *state));
        assert_string_equal(lync_stmt_text(stmt, 0, *state), "revision");
        for (field = noun->fields; field->name; ++field) {
            SUCCEEDS(lync_stmt_step(stmt, &more, *state));
            assert_true(more);
            assert_string_equal(lync_stmt_text(stmt, 0, *state), field->name);
        }
        SUCCEEDS(lync_stmt_step(stmt, &more, *state));
        assert_false(more);
    }
}

static void test_revisions_are_immutable(void **state)
{
    const char *path = unit_file(*state);
    lync_store_t *store = new_store(*state, path);
    lync_model_t *model;
    int number, differs, active;

    model_write(*state, store, model_sound(*state));
    SUCCEEDS(lync_store_begin(store, &model_alice, *state));
    SUCCEEDS(lync_revision_create(store, "alice", "first", &number, *state));
    SUCCEEDS(lync_store_activate(store, number, *state));
    SUCCEEDS(lync_store_commit(store, *state));
    assert_int_equal(number, 1);
    SUCCEEDS(lync_store_active(store, &active, *state));
    assert_int_equal(active, 1);
    SUCCEEDS(lync_revision_draft_differs(store, 1, &differs, *state));
    assert_false(differs);

    FAILS(model_raw(*state, path, "UPDATE route SET pool = NULL WHERE revision = 1"), "revisions are immutable");
    FAILS(model_raw(*state, path, "DELETE FROM route WHERE revision = 1"), "revisions are immutable");
    FAILS(model_raw(*state, path, "INSERT INTO profile VALUES (1, 'x', 1, NULL)"), "revisions are immutable");
    FAILS(model_raw(*state, path, "UPDATE route SET revision = 1 WHERE revision = 0 AND path = '/'"), "revisions are immutable");
    FAILS(model_raw(*state, path, "UPDATE revision SET author = 'bob' WHERE number = 1"), "revisions are immutable");
    FAILS(model_raw(*state, path, "DELETE FROM revision WHERE number = 1"), "revisions are immutable");

    FAILS(model_raw(*state, path, "DELETE FROM route WHERE revision = 0"), "no change is open");
    SUCCEEDS(lync_store_begin(store, &model_alice, *state));
    SUCCEEDS(lync_store_remove(store, lync_noun(LYNC_ROUTE), LYNC_ROW(model_sound(*state), LYNC_ROUTE, 0), *state));
    SUCCEEDS(lync_store_commit(store, *state));
    SUCCEEDS(lync_revision_draft_differs(store, 1, &differs, *state));
    assert_true(differs);
    SUCCEEDS(lync_store_read(store, 1, &model, *state));
    assert_int_equal(model->rows[LYNC_ROUTE]->nelts, 2);
    FAILS(lync_store_read(store, 2, &model, *state), "has no revision 2");
    FAILS(lync_store_activate(store, 7, *state), "has no revision 7");
}

static void test_writes_say_what_is_wrong(void **state)
{
    lync_store_t *store = new_store(*state, unit_file(*state));
    lync_model_t *model = model_sound(*state);
    void *pool = LYNC_ROW(model, LYNC_POOL, 0);
    lync_route_t *route = LYNC_ROW(model, LYNC_ROUTE, 0);

    model_write(*state, store, model);
    SUCCEEDS(lync_store_begin(store, &model_alice, *state));
    FAILS(lync_store_insert(store, lync_noun(LYNC_POOL), pool, *state), "there is already a pool 'pool.contoso.local'");
    FAILS(lync_store_remove(store, lync_noun(LYNC_POOL), pool, *state),
          "cannot remove pool 'pool.contoso.local': server 'fe01.contoso.local, pool pool.contoso.local' uses it");
    route->pool = "nowhere.contoso.local";
    FAILS(lync_store_update(store, lync_noun(LYNC_ROUTE), route, *state), "there is no pool 'nowhere.contoso.local'");
    route->host = "other.contoso.com";
    route->pool = NULL;
    FAILS(lync_store_update(store, lync_noun(LYNC_ROUTE), route, *state), "there is no route");
    FAILS(lync_store_remove(store, lync_noun(LYNC_ROUTE), route, *state), "there is no route");
    SUCCEEDS(lync_store_rollback(store, *state));
}

static void test_what_is_no_store(void **state)
{
    const char *path = unit_file(*state), *missing = unit_file(*state);
    lync_store_t *store;
    apr_file_t *file;

    FAILS(lync_store_open(&store, missing, *state), "cannot open store");
    FAILS(lync_store_open_write(&store, missing, *state), "cannot open store");
    apr_file_open(&file, path, APR_WRITE | APR_CREATE, APR_OS_DEFAULT, *state);
    FAILS(lync_store_open(&store, path, *state), "it is no store of lyncadm");
    FAILS(lync_store_create(&store, path, *state), "cannot create store");
    apr_file_puts("this is not a database, it is a text of more than a hundred bytes, "
                  "so that SQLite sees that its header is none of its own, whatever it does", file);
    apr_file_close(file);
    FAILS(lync_store_open(&store, path, *state), "file is not a database");
}

static void test_versions(void **state)
{
    const char *path = unit_file(*state);
    lync_store_t *store = new_store(*state, path);

    SUCCEEDS(model_raw(*state, path, "PRAGMA user_version = 99"));
    FAILS(lync_store_open(&store, path, *state), "schema version 99 is newer than 2");
    FAILS(lync_store_open_write(&store, path, *state), "schema version 99 is newer than 2");
}

static void test_edited_by_hand(void **state)
{
    const char *path = unit_file(*state);
    lync_store_t *store = new_store(*state, path);
    lync_model_t *model;

    model_write(*state, store, model_sound(*state));
    SUCCEEDS(model_raw(*state, path, "DROP TRIGGER route_update; UPDATE route SET host = 'a b' WHERE path = '/'"));
    FAILS(lync_store_read(store, LYNC_DRAFT, &model, *state), "table route, row ");
    SUCCEEDS(model_raw(*state, path, "UPDATE route SET host = 'UPPER.com' WHERE path = '/'"));
    FAILS(lync_store_read(store, LYNC_DRAFT, &model, *state), "should be stored as 'upper.com'");
}

static void test_a_transaction_that_is_dropped(void **state)
{
    const char *path = unit_file(*state);
    lync_store_t *store = new_store(*state, path);
    apr_pool_t *inner;
    lync_model_t *model;
    lync_profile_t profile = { { 0 }, "web", 3, NULL };

    apr_pool_create(&inner, *state);
    SUCCEEDS(lync_store_open_write(&store, path, inner));
    SUCCEEDS(lync_store_begin(store, &model_alice, inner));
    SUCCEEDS(lync_store_insert(store, lync_noun(LYNC_PROFILE), &profile, inner));
    apr_pool_destroy(inner);
    SUCCEEDS(lync_store_open(&store, path, *state));
    SUCCEEDS(lync_store_read(store, LYNC_DRAFT, &model, *state));
    assert_int_equal(model->rows[LYNC_PROFILE]->nelts, 0);
}

static void test_control(void **state)
{
    lync_store_t *store = new_store(*state, unit_file(*state));
    const char *control;

    SUCCEEDS(lync_store_control(store, &control, *state));
    assert_null(control);
    SUCCEEDS(lync_store_begin(store, &model_alice, *state));
    SUCCEEDS(lync_store_set_control(store, "apachectl", *state));
    SUCCEEDS(lync_store_commit(store, *state));
    SUCCEEDS(lync_store_control(store, &control, *state));
    assert_string_equal(control, "apachectl");
}

static void test_backup(void **state)
{
    const char *path = unit_file(*state), *copy = unit_file(*state);
    lync_store_t *store = new_store(*state, path);
    lync_sql_t *db;
    lync_model_t *model;

    model_write(*state, store, model_sound(*state));
    SUCCEEDS(lync_sql_open(&db, path, 0, *state));
    SUCCEEDS(lync_sql_backup(db, copy, *state));
    SUCCEEDS(lync_store_open(&store, copy, *state));
    SUCCEEDS(lync_store_read(store, LYNC_DRAFT, &model, *state));
    assert_int_equal(model->rows[LYNC_ROUTE]->nelts, 2);
    FAILS(lync_sql_backup(db, "/nonexistent/copy", *state), "cannot copy store");
}

/* Somebody may have written around lyncadm: what cannot be is an error, not another time. */
static void test_confirm(void **state)
{
    static const char *const bad[] = { "1 0 9223372036854775807", "1 0 -1", "1 0 253402300800", "1 0 5 x", "0 0 5", "" };
    const char *path = unit_file(*state);
    lync_store_t *store = new_store(*state, path);
    lync_confirm_t *confirm;
    lync_sql_t *db;
    apr_size_t i;

    SUCCEEDS(lync_sql_open(&db, path, LYNC_SQL_WRITE, *state));
    SUCCEEDS(lync_sql_exec(db, "DROP TRIGGER state_insert; DROP TRIGGER state_update; "
                           "INSERT INTO state VALUES ('confirm', '2 1 253402300799')", *state));
    SUCCEEDS(lync_store_confirm(store, &confirm, *state));
    assert_true(confirm->revision == 2 && confirm->before == 1
                && confirm->until == apr_time_from_sec(INT64_C(253402300799)));
    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); ++i) {
        SUCCEEDS(lync_sql_exec(db, apr_psprintf(*state, "UPDATE state SET value = '%s' WHERE name = 'confirm'", bad[i]),
                               *state));
        FAILS(lync_store_confirm(store, &confirm, *state), "not two revisions and a time");
    }
}

static int is_open(const char *path, apr_pool_t *p)
{
    char target[4096];
    int fd, found = 0;

    for (fd = 0; fd < 256; ++fd) {
        ssize_t length = readlink(apr_psprintf(p, "/proc/self/fd/%d", fd), target, sizeof(target) - 1);

        target[length > 0 ? length : 0] = '\0';
        found |= !strcmp(target, path);
    }
    return found;
}

/* What was read from it lives in a longer pool, as in httpd's parent, which forks. */
static void test_closed_with_its_pool(void **state)
{
    const char *path = unit_file(*state);
    apr_pool_t *inner;
    lync_store_t *store;
    lync_model_t *model;

    apr_pool_create(&inner, *state);
    model_write(*state, new_store(inner, path), model_sound(*state));
    SUCCEEDS(lync_store_open(&store, path, inner));
    SUCCEEDS(lync_store_read(store, LYNC_DRAFT, &model, *state));
    assert_true(is_open(path, *state));
    apr_pool_destroy(inner);
    assert_false(is_open(path, *state));
    assert_int_equal(model->rows[LYNC_ROUTE]->nelts, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT_TEST(test_draft_comes_back), UNIT_TEST(test_columns_are_fields), UNIT_TEST(test_revisions_are_immutable),
        UNIT_TEST(test_writes_say_what_is_wrong), UNIT_TEST(test_what_is_no_store), UNIT_TEST(test_versions),
        UNIT_TEST(test_edited_by_hand), UNIT_TEST(test_a_transaction_that_is_dropped), UNIT_TEST(test_control),
        UNIT_TEST(test_backup), UNIT_TEST(test_closed_with_its_pool), UNIT_TEST(test_confirm),
    };

    return cmocka_run_group_tests_name("store", tests, NULL, NULL);
}
