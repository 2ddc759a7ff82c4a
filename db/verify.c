#include <apr_strings.h>
#include <limits.h>
#include <string.h>

#include "audit.h"
#include "store_private.h"

/*
 * audit verify:
 *  1. every change, in the order of the ids, and every entry of it: is the hash the one of its text
 *     and of the hash before? is one missing, or one too many?
 *  2. the end: the last id ever given, and the changes that the revisions remember
 *  3. the store: are the rows of the draft, of each revision and of the state those that the audit
 *     tells of?
 *  4. what keeps others from writing: is it there, and nothing else? (guard.c)
 * A broken hash is reported once: the chain goes on from the hash that is stored.
 */

#define MISSING 20              /* numbers that are told one by one */

typedef struct walk_t {
    lync_store_t *store;
    lync_verified_t *verified;
    apr_pool_t *pool;
    char hash[LYNC_HASH_SIZE];  /* of what was walked last */
    lync_stmt_t *entries;       /* of one change */
    int all;                    /* entries of the audit */
} walk_t;

static void __attribute__((format(printf, 6, 7)))
breach(walk_t *walk, int change, int seq, const char *noun, const char *key, const char *format, ...)
{
    lync_breach_t *breach = apr_array_push(walk->verified->breaches);
    va_list args;

    breach->change = change;
    breach->seq = seq;
    breach->noun = lync_one_line(apr_pstrdup(walk->pool, noun));
    breach->key = lync_one_line(apr_pstrdup(walk->pool, key));
    va_start(args, format);
    breach->message = lync_one_line(apr_pvsprintf(walk->pool, format, args));
    va_end(args);
}

/* Numbers of a gap from first up to, not including, end: change 0 means that changes are missing. */
static void missing(walk_t *walk, int change, int first, int end)
{
    if (end - first > MISSING) {
        breach(walk, change ? change : first, change ? first : 0, NULL, NULL, "%s %d to %d are missing",
               change ? apr_psprintf(walk->pool, "of change %d, entries", change) : "changes", first, end - 1);
        return;
    }
    for (; first < end; ++first) {
        if (change)
            breach(walk, change, first, NULL, NULL, "entry %d of change %d is missing", first, change);
        else
            breach(walk, first, 0, NULL, NULL, "change %d is missing", first);
    }
}

/* Goes on by a text; *same tells whether the stored hash is the one. */
static const lync_err_t *follow(walk_t *walk, const char *text, const char *stored, int *same, apr_pool_t *p)
{
    LYNC_TRY(lync_change_chain(walk->hash, text, p));
    *same = stored && !strcmp(walk->hash, stored);
    apr_cpystrn(walk->hash, stored ? stored : "", LYNC_HASH_SIZE);
    return NULL;
}

static const lync_err_t *check_entry(walk_t *walk, int change, int *expected, apr_pool_t *p)
{
    lync_stmt_t *stmt = walk->entries;
    int seq = lync_stmt_int(stmt, 0), same;

    missing(walk, change, *expected, seq);
    *expected = seq + 1;
    LYNC_TRY(follow(walk, lync_stmt_text(stmt, 4, p), lync_stmt_text(stmt, 3, p), &same, p));
    if (!same)
        breach(walk, change, seq, lync_stmt_text(stmt, 1, walk->pool), lync_stmt_text(stmt, 2, walk->pool),
               "entry %d of change %d is not what was written, or does not follow the one before", seq, change);
    lync_sql_tell(walk->store->db, "checking the audit", ++walk->verified->entries, walk->all);
    return NULL;
}

/* The entries of a change; entries: how many it was sealed with. */
static const lync_err_t *check_entries(walk_t *walk, int change, int entries)
{
    const lync_err_t *err;
    apr_pool_t *inner;
    int row, expected = 1;

    apr_pool_create(&inner, walk->pool);
    lync_stmt_bind_int(walk->entries, 1, change);
    for (err = lync_stmt_step(walk->entries, &row, walk->pool); !err && row;
         err = lync_stmt_step(walk->entries, &row, walk->pool)) {
        err = check_entry(walk, change, &expected, inner);
        if (err)
            break;
        apr_pool_clear(inner);
    }
    lync_stmt_end(walk->entries);
    if (!err && expected > entries + 1)
        breach(walk, change, entries + 1, NULL, NULL, "from entry %d of change %d on all were added: it was sealed "
               "with %d", entries + 1, change, entries);
    else if (!err)
        missing(walk, change, expected, entries + 1);
    return err;
}

/* Columns: id, sealed, entries, hash, text. */
static const lync_err_t *check_change(walk_t *walk, lync_stmt_t *stmt)
{
    lync_verified_t *verified = walk->verified;
    int id = lync_stmt_int(stmt, 0), same;

    missing(walk, 0, verified->last + 1, id);
    verified->last = id;
    ++verified->changes;
    if (!lync_stmt_int(stmt, 1)) {
        breach(walk, id, 0, NULL, NULL, "change %d was opened without lyncadm and never sealed", id);
        return NULL;
    }
    LYNC_TRY(check_entries(walk, id, lync_stmt_int(stmt, 2)));
    LYNC_TRY(follow(walk, lync_stmt_text(stmt, 4, walk->pool), lync_stmt_text(stmt, 3, walk->pool), &same, walk->pool));
    if (!same)
        breach(walk, id, 0, NULL, NULL, "change %d is not what was written, or does not follow the one before", id);
    return NULL;
}

/* Step 1. */
static const lync_err_t *check_chain(walk_t *walk)
{
    const lync_err_t *err;
    lync_stmt_t *stmt;
    int row;

    LYNC_TRY(lync_sql_int(walk->store->db, "SELECT count(*) FROM audit", &walk->all, walk->pool));
    LYNC_TRY(lync_sql_prepare(&walk->entries, walk->store->db, "SELECT seq, noun, key, hash, " LYNC_AUDIT_TEXT
                              " FROM audit WHERE change = ? ORDER BY seq", walk->pool));
    LYNC_TRY(lync_sql_prepare(&stmt, walk->store->db, "SELECT id, sealed, entries, hash, " LYNC_CHANGE_TEXT
                              " FROM change ORDER BY id", walk->pool));
    for (err = lync_stmt_step(stmt, &row, walk->pool); !err && row; err = lync_stmt_step(stmt, &row, walk->pool)) {
        err = check_change(walk, stmt);
        if (err)
            break;
    }
    lync_stmt_end(stmt);
    walk->verified->hash = apr_pstrdup(walk->pool, walk->hash);
    return err;
}

/* Entries of changes that are not there; revisions whose change, or the one before it, is another. */
static const lync_err_t *check_strays(walk_t *walk)
{
    const lync_err_t *err;
    lync_stmt_t *stmt;
    int row;

    LYNC_TRY(lync_sql_prepare(&stmt, walk->store->db, "SELECT change, seq, noun, key, 'an entry of a change that is "
                              "not there' FROM audit WHERE change NOT IN (SELECT id FROM change) UNION ALL "
                              "SELECT change, 0, 'revision', CAST(number AS TEXT), 'the changes before this revision "
                              "are not those that it was made after' FROM revision AS r WHERE number <> 0 "
                              "AND coalesce((SELECT hash FROM change WHERE id < r.change ORDER BY id DESC LIMIT 1), "
                              "'') IS NOT chain", walk->pool));
    for (err = lync_stmt_step(stmt, &row, walk->pool); !err && row; err = lync_stmt_step(stmt, &row, walk->pool))
        breach(walk, lync_stmt_int(stmt, 0), lync_stmt_int(stmt, 1), lync_stmt_text(stmt, 2, walk->pool),
               lync_stmt_text(stmt, 3, walk->pool), "%s", lync_stmt_text(stmt, 4, walk->pool));
    lync_stmt_end(stmt);
    return err;
}

/* Step 2. */
static const lync_err_t *check_end(walk_t *walk)
{
    int given;

    LYNC_TRY(lync_sql_int(walk->store->db, "SELECT max(coalesce((SELECT seq FROM sqlite_sequence "
                          "WHERE name = 'change'), 0), coalesce((SELECT max(change) FROM revision), 0))", &given,
                          walk->pool));
    missing(walk, 0, walk->verified->last + 1, given + 1);
    return check_strays(walk);
}

static const lync_err_t *check_place(walk_t *walk, const lync_place_t *place, const char *where)
{
    apr_array_header_t *divergences;
    int i;

    LYNC_TRY(lync_replay(walk->store, place, 0, &divergences, walk->pool));
    for (i = 0; i < divergences->nelts; ++i) {
        const lync_divergence_t *d = &APR_ARRAY_IDX(divergences, i, lync_divergence_t);

        breach(walk, 0, 0, place->noun, d->key, "%s '%s'%s was %s without lyncadm", place->noun, d->key, where,
               !d->audited ? "added" : !d->present ? "removed" : "changed");
    }
    return NULL;
}

static const lync_err_t *check_revision(walk_t *walk, int revision, int change)
{
    const char *where = revision ? apr_psprintf(walk->pool, " of revision %d", revision) : " of the draft";
    int id;

    for (id = 0; id < LYNC_NOUNS; ++id) {
        const lync_place_t place = lync_place_noun(walk->pool, lync_noun(id), revision, change);

        LYNC_TRY(check_place(walk, &place, where));
    }
    return NULL;
}

/* The draft is one more. */
static void tell_revision(const walk_t *walk, int done, int revisions)
{
    lync_sql_tell(walk->store->db, "comparing revisions with the audit", done, revisions + 1);
}

/* Step 3. A revision that no change made is told of as a row of its own. */
static const lync_err_t *check_store(walk_t *walk)
{
    const lync_place_t revision = lync_place_revision(), state = lync_place_state(),
        server_state = lync_place_server_state();
    apr_array_header_t *revisions;
    int i;

    LYNC_TRY(check_place(walk, &state, ""));
    LYNC_TRY(check_place(walk, &server_state, ""));
    LYNC_TRY(check_place(walk, &revision, ""));
    LYNC_TRY(lync_revision_list(walk->store, &revisions, walk->pool));
    for (i = 0; i < revisions->nelts; ++i) {
        const lync_revision_t *r = APR_ARRAY_IDX(revisions, i, lync_revision_t *);

        tell_revision(walk, i, revisions->nelts);
        if (r->change)
            LYNC_TRY(check_revision(walk, r->number, r->change));
    }
    tell_revision(walk, i, revisions->nelts);
    return check_revision(walk, LYNC_DRAFT, INT_MAX);
}

static const lync_err_t *verify(walk_t *walk)
{
    LYNC_TRY(check_chain(walk));        /* 1 */
    LYNC_TRY(check_end(walk));          /* 2 */
    LYNC_TRY(check_store(walk));        /* 3 */
    return lync_guards_verify(walk->store, walk->verified->breaches, walk->pool);       /* 4 */
}

const lync_err_t *lync_audit_verify(lync_store_t *store, lync_verified_t *verified, apr_pool_t *p)
{
    walk_t walk = { .store = store, .verified = verified, .pool = p };
    const lync_err_t *err, *end;

    LYNC_TRY(lync_need_audit(store, p));
    memset(verified, 0, sizeof(*verified));
    verified->breaches = apr_array_make(p, 4, sizeof(lync_breach_t));
    LYNC_TRY(lync_sql_exec(store->db, "BEGIN", p));     /* all of one moment */
    err = verify(&walk);
    end = lync_sql_exec(store->db, "ROLLBACK", p);
    return err ? err : end;
}

const lync_err_t *lync_audit_revision(lync_store_t *store, int revision, apr_pool_t *p)
{
    lync_verified_t verified = { .breaches = apr_array_make(p, 4, sizeof(lync_breach_t)) };
    walk_t walk = { .store = store, .verified = &verified, .pool = p };
    lync_revision_t *r;

    LYNC_TRY(lync_need_audit(store, p));
    LYNC_TRY(lync_revision_read(store, revision, &r, p));
    LYNC_TRY(check_revision(&walk, revision, r->change));
    if (!verified.breaches->nelts)
        return NULL;
    return lync_err(p, "store '%s': %s", lync_store_path(store),
                    APR_ARRAY_IDX(verified.breaches, 0, lync_breach_t).message);
}
