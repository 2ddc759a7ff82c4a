#include "unit.h"

#include <apr_strings.h>
#include <string.h>

#include "audit.h"
#include "model.h"
#include "sql.h"

/* A store with a revision, and a change after it. */
static lync_store_t *lived_in(apr_pool_t *p, const char *path)
{
    lync_store_t *store;
    lync_profile_t profile = { { 0 }, "web", 301, "pages" };
    int number;

    SUCCEEDS(lync_store_create(&store, path, p));
    model_write(p, store, model_sound(p));
    SUCCEEDS(lync_store_begin(store, &model_alice, p));
    SUCCEEDS(lync_revision_create(store, "alice", "first", &number, p));
    SUCCEEDS(lync_store_activate(store, number, p));
    SUCCEEDS(lync_store_commit(store, p));
    SUCCEEDS(lync_store_begin(store, &model_alice, p));
    SUCCEEDS(lync_store_update(store, lync_noun(LYNC_PROFILE), &profile, p));
    SUCCEEDS(lync_store_commit(store, p));
    return store;
}

static void test_entries(void **state)
{
    lync_store_t *store = lived_in(*state, unit_file(*state));
    lync_audit_filter_t filter = { .noun = "profile", .limit = 1 };
    apr_array_header_t *entries;
    lync_entry_t *entry;

    SUCCEEDS(lync_audit_read(store, &filter, &entries, *state));
    assert_int_equal(entries->nelts, 1);
    entry = &APR_ARRAY_IDX(entries, 0, lync_entry_t);
    assert_string_equal(entry->change->login, "alice");
    assert_string_equal(entry->change->command, "lyncadm test");
    assert_string_equal(entry->change->reason, "because");
    assert_int_equal(entry->change->id, 3);
    assert_string_equal(entry->key, "web");
    assert_string_equal(entry->before, "{\"name\":\"web\",\"timeout\":300,\"purpose\":null}");
    assert_string_equal(entry->after, "{\"name\":\"web\",\"timeout\":301,\"purpose\":\"pages\"}");
}

static void test_filters(void **state)
{
    lync_store_t *store = lived_in(*state, unit_file(*state));
    const struct {
        lync_audit_filter_t filter;
        int entries;
    } cases[] = {
        { { NULL, NULL, NULL, NULL, 0 }, 15 }, { { "9999", NULL, NULL, NULL, 0 }, 0 },
        { { NULL, "2000", NULL, NULL, 0 }, 0 }, { { "2000-01", "2999-12-31", NULL, NULL, 0 }, 15 },
        { { NULL, NULL, "bob", NULL, 0 }, 0 }, { { NULL, NULL, "alice", "route", 0 }, 2 },
        { { NULL, NULL, NULL, "revision", 0 }, 1 }, { { NULL, NULL, NULL, NULL, 2 }, 3 },
    };
    apr_size_t i;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); ++i) {
        apr_array_header_t *entries;

        SUCCEEDS(lync_audit_read(store, &cases[i].filter, &entries, *state));
        assert_int_equal(entries->nelts, cases[i].entries);
    }
}

static void test_untouched(void **state)
{
    lync_store_t *store = lived_in(*state, unit_file(*state));
    lync_verified_t verified;
    int change;

    SUCCEEDS(lync_audit_verify(store, &verified, *state));
    assert_int_equal(verified.breaches->nelts, 0);
    assert_int_equal(verified.changes, 3);
    assert_int_equal(verified.entries, 15);
    assert_int_equal(strlen(verified.hash), 64);
    SUCCEEDS(lync_audit_revision(store, 1, *state));
    SUCCEEDS(lync_store_draft_change(store, &change, *state));
    assert_int_equal(change, 3);
}

/* What was done around the triggers, and a part of what verify says of it. */
static const struct {
    const char *sql, *message;
} tampering[] = {
    { "UPDATE audit SET before = NULL WHERE change = 3", "entry 1 of change 3 is not what was written" },
    { "UPDATE audit SET hash = replace(hash, 'a', 'b') WHERE change = 1 AND seq = 2", "entry 2 of change 1 is not" },
    { "UPDATE change SET login = 'bob' WHERE id = 2", "change 2 is not what was written" },
    { "UPDATE change SET reason = 'none' WHERE id = 3", "change 3 is not what was written" },
    { "DELETE FROM audit WHERE change = 1 AND seq = 4", "entry 4 of change 1 is missing" },
    { "DELETE FROM audit WHERE change = 2 AND seq = 2", "entry 2 of change 2 is missing" },
    { "DELETE FROM audit WHERE change = 2; DELETE FROM change WHERE id = 2", "change 2 is missing" },
    { "DELETE FROM audit WHERE change = 3; DELETE FROM change WHERE id = 3", "change 3 is missing" },
    { "DELETE FROM audit WHERE change > 1; DELETE FROM change WHERE id > 1; DELETE FROM sqlite_sequence",
      "change 2 is missing" },
    { "DELETE FROM audit WHERE change = 3; DELETE FROM change WHERE id = 3; DELETE FROM sqlite_sequence",
      "profile 'web' of the draft was changed without lyncadm" },
    { "INSERT INTO audit VALUES (3, 2, 'pool', 'x', NULL, '{}', 'x')", "from entry 2 of change 3 on all were added" },
    { "INSERT INTO audit VALUES (9, 1, 'pool', 'x', NULL, '{}', 'x')", "an entry of a change that is not there" },
    { "INSERT INTO change SELECT 4, time, login, sudo, origin, command, reason, 0, 1, hash FROM change WHERE id = 3",
      "change 4 is not what was written" },
    { "INSERT INTO change SELECT 1000000000, time, login, sudo, origin, command, reason, 0, 1, hash FROM change "
      "WHERE id = 3", "changes 4 to 999999999 are missing" },
    { "INSERT INTO change (time, login, command, sealed) VALUES ('', 'x', 'x', 0)",
      "change 4 was opened without lyncadm and never sealed" },
    { "UPDATE audit SET change = 9 WHERE change = 3; UPDATE change SET id = 9 WHERE id = 3;"
      "UPDATE audit SET change = 3 WHERE change = 2; UPDATE change SET id = 3 WHERE id = 2;"
      "UPDATE audit SET change = 2 WHERE change = 9; UPDATE change SET id = 2 WHERE id = 9", "change 2 is not" },
    { "UPDATE profile SET timeout = 9 WHERE revision = 0 AND name = 'poll'",
      "profile 'poll' of the draft was changed without lyncadm" },
    { "UPDATE profile SET purpose = 'x' WHERE revision = 0 AND name = 'poll'",
      "profile 'poll' of the draft was changed without lyncadm" },
    { "UPDATE route SET pool = NULL WHERE revision = 1 AND path = '/'",
      "route 'external webext.contoso.com /' of revision 1 was changed without lyncadm" },
    { "DELETE FROM route WHERE revision = 1 AND path = '/'",
      "route 'external webext.contoso.com /' of revision 1 was removed without lyncadm" },
    { "INSERT INTO profile VALUES (1, 'new', 9, NULL)", "profile 'new' of revision 1 was added without lyncadm" },
    { "UPDATE revision SET author = 'bob' WHERE number = 1", "revision '1' was changed without lyncadm" },
    { "INSERT INTO revision SELECT 2, created, author, reason, sealed, change, chain FROM revision WHERE number = 1",
      "revision '2' was added without lyncadm" },
    { "UPDATE revision SET chain = 'x' WHERE number = 1", "the changes before this revision are not those" },
    { "UPDATE state SET value = '0' WHERE name = 'active'", "state 'active' was changed without lyncadm" },
    { "INSERT INTO state VALUES ('control', 'evil')", "state 'control' was added without lyncadm" },
};

static const char *drop_triggers(apr_pool_t *p, const char *path)
{
    const char *text = "";
    lync_sql_t *db;
    lync_stmt_t *stmt;
    int row;

    SUCCEEDS(lync_sql_open(&db, path, 0, p));
    SUCCEEDS(lync_sql_prepare(&stmt, db, "SELECT name FROM sqlite_master WHERE type = 'trigger'", p));
    SUCCEEDS(lync_stmt_step(stmt, &row, p));
    while (row) {
        text = apr_pstrcat(p, text, "DROP TRIGGER ", lync_stmt_text(stmt, 0, p), ";", NULL);
        SUCCEEDS(lync_stmt_step(stmt, &row, p));
    }
    return text;
}

static void test_tampering(void **state)
{
    apr_size_t i;
    int j;

    for (i = 0; i < sizeof(tampering) / sizeof(tampering[0]); ++i) {
        const char *path = unit_file(*state), *said = "";
        lync_store_t *store = lived_in(*state, path);
        lync_verified_t verified;

        SUCCEEDS(model_raw(*state, path, apr_pstrcat(*state, "PRAGMA foreign_keys = OFF; BEGIN;",
                                                     drop_triggers(*state, path), tampering[i].sql, "; COMMIT", NULL)));
        SUCCEEDS(lync_audit_verify(store, &verified, *state));
        for (j = 0; j < verified.breaches->nelts; ++j)
            said = apr_pstrcat(*state, said, APR_ARRAY_IDX(verified.breaches, j, lync_breach_t).message, "\n", NULL);
        if (!strstr(said, tampering[i].message))
            fail_msg("%s\nis not told as '%s', but:\n%s", tampering[i].sql, tampering[i].message, said);
    }
}

/* Whoever writes the store around lyncadm does not get at the terminal of who reads it. */
static void test_control_characters(void **state)
{
    const char *path = unit_file(*state);
    lync_store_t *store = lived_in(*state, path);
    lync_audit_filter_t filter = { .limit = 1 };
    apr_array_header_t *entries;
    lync_verified_t verified;

    SUCCEEDS(model_raw(*state, path, apr_pstrcat(*state, drop_triggers(*state, path),
        "UPDATE change SET reason = 'a' || char(27, 10); UPDATE audit SET key = 'b' || char(27)", NULL)));
    SUCCEEDS(lync_audit_read(store, &filter, &entries, *state));
    assert_string_equal(APR_ARRAY_IDX(entries, 0, lync_entry_t).change->reason, "a??");
    assert_string_equal(APR_ARRAY_IDX(entries, 0, lync_entry_t).key, "b?");
    SUCCEEDS(lync_audit_verify(store, &verified, *state));
    assert_string_equal(APR_ARRAY_IDX(verified.breaches, 0, lync_breach_t).key, "b?");
}

/* What the triggers refuse to everybody, and to who opens no change. */
static void test_refused(void **state)
{
    const char *path = unit_file(*state);
    lync_store_t *store = lived_in(*state, path);
    static const char *const append_only[] = {
        "UPDATE audit SET key = 'x'", "DELETE FROM audit", "UPDATE change SET login = 'x'", "DELETE FROM change",
        "INSERT OR REPLACE INTO change SELECT * FROM change WHERE id = 1",
    };
    static const char *const closed[] = {
        "INSERT INTO audit VALUES (1, 99, 'x', 'x', NULL, NULL, 'x')", "INSERT INTO state VALUES ('control', 'x')",
        "INSERT OR REPLACE INTO audit SELECT * FROM audit", "UPDATE state SET value = '0'", "DELETE FROM state",
        "INSERT INTO revision VALUES (9, '', '', NULL, 0, NULL, NULL)", "DELETE FROM server WHERE revision = 0",
        "UPDATE pool SET ca = NULL WHERE revision = 0", "INSERT INTO domain VALUES (0, 'x.com', NULL, NULL, NULL)",
    };
    lync_store_t *second;
    apr_size_t i;

    for (i = 0; i < sizeof(append_only) / sizeof(append_only[0]); ++i)
        FAILS(model_raw(*state, path, append_only[i]), "the audit is append-only");
    for (i = 0; i < sizeof(closed) / sizeof(closed[0]); ++i)
        FAILS(model_raw(*state, path, closed[i]), "no change is open: edit with lyncadm");
    SUCCEEDS(model_raw(*state, path, "INSERT INTO change (time, login, command, sealed) VALUES ('', 'x', 'x', 0)"));
    FAILS(lync_store_begin(store, &model_alice, *state), "was edited without lyncadm: change 4 was left open");
    SUCCEEDS(lync_store_open_write(&second, path, *state));
    FAILS(lync_store_begin(second, &model_alice, *state), "change 4 was left open");
}

static void test_nothing_written_leaves_nothing(void **state)
{
    lync_store_t *store = lived_in(*state, unit_file(*state));
    lync_profile_t same = { { 0 }, "web", 301, "pages" };
    lync_verified_t verified;

    SUCCEEDS(lync_store_begin(store, &model_alice, *state));
    SUCCEEDS(lync_store_update(store, lync_noun(LYNC_PROFILE), &same, *state));
    SUCCEEDS(lync_store_commit(store, *state));
    SUCCEEDS(lync_audit_verify(store, &verified, *state));
    assert_int_equal(verified.last, 3);
    assert_int_equal(verified.breaches->nelts, 0);
    FAILS(lync_store_set_control(store, "x", *state), "no change is open");
}

static void test_diff_and_back(void **state)
{
    lync_store_t *store = lived_in(*state, unit_file(*state));
    lync_model_t *model = model_sound(*state);
    apr_array_header_t *differences;
    lync_difference_t *difference;
    lync_verified_t verified;
    int differs;

    SUCCEEDS(lync_store_begin(store, &model_alice, *state));
    SUCCEEDS(lync_store_remove(store, lync_noun(LYNC_ROUTE), LYNC_ROW(model, LYNC_ROUTE, 1), *state));
    SUCCEEDS(lync_store_commit(store, *state));
    SUCCEEDS(lync_revision_diff(store, 1, LYNC_DRAFT, &differences, *state));
    assert_int_equal(differences->nelts, 2);
    difference = &APR_ARRAY_IDX(differences, 0, lync_difference_t);
    assert_int_equal(((lync_profile_t *)difference->before)->timeout, 300);
    assert_int_equal(((lync_profile_t *)difference->after)->timeout, 301);
    difference = &APR_ARRAY_IDX(differences, 1, lync_difference_t);
    assert_string_equal(((lync_route_t *)difference->before)->path, "/Cscp");
    assert_null(difference->after);
    SUCCEEDS(lync_revision_diff(store, LYNC_NOTHING, 1, &differences, *state));
    assert_int_equal(differences->nelts, 12);
    FAILS(lync_revision_diff(store, 1, 5, &differences, *state), "has no revision 5");

    SUCCEEDS(lync_store_begin(store, &model_alice, *state));
    SUCCEEDS(lync_revision_to_draft(store, 1, *state));
    SUCCEEDS(lync_store_commit(store, *state));
    SUCCEEDS(lync_revision_draft_differs(store, 1, &differs, *state));
    assert_false(differs);
    SUCCEEDS(lync_audit_verify(store, &verified, *state));
    assert_int_equal(verified.breaches->nelts, 0);
    assert_int_equal(verified.entries, 15 + 1 + 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT_TEST(test_entries), UNIT_TEST(test_filters), UNIT_TEST(test_untouched), UNIT_TEST(test_tampering),
        UNIT_TEST(test_refused), UNIT_TEST(test_control_characters), UNIT_TEST(test_nothing_written_leaves_nothing), UNIT_TEST(test_diff_and_back),
    };

    return cmocka_run_group_tests_name("audit", tests, NULL, NULL);
}
