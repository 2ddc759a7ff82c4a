#include "store_private.h"

#include <apr_file_io.h>
#include <apr_strings.h>

/*
 * Step n brings a store from schema version n to n + 1; a released step never changes. The texts
 * are db/migrations/. A store and its backup never go down a version.
 */
static const char audit[] = {
#include "0001_audit.sql.h"
    , 0
};

static const char *const step[LYNC_SCHEMA_VERSION] = { NULL /* version 1 is the first */, audit };

/* Whoever may read the store, and nobody else, may read its backup. By a connection of its own: SQLite
 * does not copy from one that writes. */
static const lync_err_t *back_up(lync_store_t *store, const char *backup, apr_pool_t *p)
{
    apr_status_t rv;
    apr_file_t *file;
    lync_sql_t *reader;
    char reason[120];

    rv = apr_file_open(&file, backup, APR_WRITE | APR_CREATE, LYNC_STORE_MODE, p);
    if (rv != APR_SUCCESS)
        return lync_err(p, "cannot back up store '%s' to '%s': %s", lync_store_path(store), backup,
                        apr_strerror(rv, reason, sizeof(reason)));
    apr_file_close(file);
    LYNC_TRY(lync_sql_open(&reader, lync_store_path(store), LYNC_SQL_READ, p));
    return lync_sql_backup(reader, backup, p);
}

/* An entry for a revision that a version without an audit made, in a change of that day and person. */
static const lync_err_t *adopt_revision(lync_store_t *store, int number, apr_pool_t *p)
{
    lync_change_t change = { .command = "before the audit" };
    lync_revision_t *revision;

    LYNC_TRY(lync_revision_read(store, number, &revision, p));
    change.time = revision->created;
    change.login = revision->author;
    change.reason = revision->reason;
    LYNC_TRY(lync_change_open(store, &change, p));
    LYNC_TRY(lync_replay_adopt(store, number, p));
    LYNC_TRY(lync_revision_record(store, number, p));
    return lync_change_seal(store, p);
}

static const lync_err_t *adopt_state(lync_store_t *store, apr_pool_t *p)
{
    const lync_place_t place = lync_place_state();
    apr_array_header_t *divergences;
    int i;

    LYNC_TRY(lync_replay(store, &place, 1, &divergences, p));
    for (i = 0; i < divergences->nelts; ++i) {
        const lync_divergence_t *d = &APR_ARRAY_IDX(divergences, i, lync_divergence_t);

        LYNC_TRY(lync_change_entry(store, place.noun, d->key, d->audited, d->present, p));
    }
    return NULL;
}

/* The audit begins with what is there: each revision, then the draft and the state. */
static const lync_err_t *adopt(lync_store_t *store, apr_pool_t *p)
{
    static const lync_change_t change = { .login = "lyncadm", .command = "migration from schema version 1" };
    apr_array_header_t *revisions;
    int i;

    store->version = LYNC_SCHEMA_VERSION;
    LYNC_TRY(lync_revision_list(store, &revisions, p));
    for (i = 0; i < revisions->nelts; ++i)
        LYNC_TRY(adopt_revision(store, APR_ARRAY_IDX(revisions, i, lync_revision_t *)->number, p));
    LYNC_TRY(lync_change_open(store, &change, p));
    LYNC_TRY(lync_replay_adopt(store, LYNC_DRAFT, p));
    LYNC_TRY(adopt_state(store, p));
    return lync_change_seal(store, p);
}

/* Another process may have done it while this one waited for the lock. */
static const lync_err_t *migrate(lync_store_t *store, int from, const char *backup, apr_pool_t *p)
{
    int version, now;

    LYNC_TRY(lync_sql_int(store->db, "PRAGMA user_version", &now, p));
    if (now != from)
        return NULL;
    if (backup)
        LYNC_TRY(back_up(store, backup, p));
    for (version = from; version < LYNC_SCHEMA_VERSION; ++version)
        LYNC_TRY(lync_sql_exec(store->db, step[version], p));
    return from < 2 ? adopt(store, p) : NULL;
}

const lync_err_t *lync_store_migrate(lync_store_t *store, int from, const char *backup, apr_pool_t *p)
{
    const lync_err_t *err;

    LYNC_TRY(lync_store_lock(store, p));
    err = migrate(store, from, backup, p);
    if (!err)
        err = lync_sql_exec(store->db, "COMMIT", p);
    if (err) {
        const lync_err_t *ignored = lync_store_rollback(store, p);

        (void)ignored;  /* the first error says why */
        return err;
    }
    store->in_transaction = 0;
    store->version = LYNC_SCHEMA_VERSION;
    return NULL;
}
