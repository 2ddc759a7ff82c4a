#include "store_private.h"

#include <apr_strings.h>
#include <string.h>

/*
 * An audited change. Its entries are written as the edit goes on, each with the hash that chains it
 * to the one before; sealing it appends the hash of the change itself, from which the next goes on.
 */

const lync_err_t *lync_change_chain(char *hash, const char *text, apr_pool_t *p)
{
    return lync_hash(hash, apr_pstrcat(p, hash, text, NULL), p);
}

const lync_err_t *lync_need_audit(lync_store_t *store, apr_pool_t *p)
{
    if (store->version >= 2)
        return NULL;
    return lync_err(p, "store '%s' has no audit yet: its schema version %d is older than %d: any lyncadm command that "
                    "edits it brings it up to date, such as 'lyncadm apply'", lync_store_path(store), store->version,
                    LYNC_SCHEMA_VERSION);
}

/* A change that somebody opened by hand would be sealed with ours. */
static const lync_err_t *refuse_open(lync_store_t *store, apr_pool_t *p)
{
    const char *open;

    LYNC_TRY(lync_sql_text(store->db, "SELECT id FROM open_change", &open, p));
    if (open)
        return lync_err(p, "store '%s' was edited without lyncadm: change %s was left open in it: "
                        "'lyncadm audit verify' says more", lync_store_path(store), open);
    return NULL;
}

const lync_err_t *lync_change_open(lync_store_t *store, const lync_change_t *change, apr_pool_t *p)
{
    const char *head;
    lync_stmt_t *stmt;
    int row;

    LYNC_TRY(refuse_open(store, p));
    LYNC_TRY(lync_sql_text(store->db, "SELECT hash FROM change ORDER BY id DESC LIMIT 1", &head, p));
    apr_cpystrn(store->head, head ? head : "", LYNC_HASH_SIZE);
    apr_cpystrn(store->hash, store->head, LYNC_HASH_SIZE);
    LYNC_TRY(lync_sql_prepare(&stmt, store->db, "INSERT INTO change (time, login, sudo, origin, command, reason, "
                              "sealed) VALUES (coalesce(?1, strftime('%Y-%m-%dT%H:%M:%SZ', 'now')), ?2, ?3, ?4, ?5, "
                              "?6, 0)", p));
    lync_stmt_bind_text(stmt, 1, change->time);
    lync_stmt_bind_text(stmt, 2, change->login);
    lync_stmt_bind_text(stmt, 3, change->sudo);
    lync_stmt_bind_text(stmt, 4, change->origin);
    lync_stmt_bind_text(stmt, 5, change->command);
    lync_stmt_bind_text(stmt, 6, change->reason);
    LYNC_TRY(lync_stmt_step(stmt, &row, p));
    store->entries = 0;
    return lync_sql_int(store->db, "SELECT id FROM open_change", &store->change, p);
}

static void bind_entry(lync_stmt_t *stmt, const lync_store_t *store, const char *const *text)
{
    int i;

    lync_stmt_bind_int(stmt, 1, store->change);
    lync_stmt_bind_int(stmt, 2, store->entries);
    for (i = 0; i < 5; ++i)
        lync_stmt_bind_text(stmt, 3 + i, text[i]);
}

/* text: noun, key, before, after, and place for the hash */
static const lync_err_t *write_entry(lync_store_t *store, const char **text, apr_pool_t *p)
{
    lync_stmt_t *canonical, *insert;
    int row;

    LYNC_TRY(lync_sql_prepare(&canonical, store->db, "SELECT json_array(?1, ?2, ?3, ?4, ?5, ?6), ?7", p));
    bind_entry(canonical, store, text);
    LYNC_TRY(lync_stmt_step(canonical, &row, p));
    LYNC_TRY(lync_change_chain(store->hash, lync_stmt_text(canonical, 0, p), p));
    lync_stmt_end(canonical);
    text[4] = store->hash;
    LYNC_TRY(lync_sql_prepare(&insert, store->db, "INSERT INTO audit VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)", p));
    bind_entry(insert, store, text);
    return lync_stmt_step(insert, &row, p);
}

const lync_err_t *lync_change_entry(lync_store_t *store, const char *noun, const char *key, const char *before,
                                    const char *after, apr_pool_t *p)
{
    const char *text[] = { noun, key, before, after, NULL };
    const lync_err_t *err;
    apr_pool_t *inner;

    if (before == after || (before && after && !strcmp(before, after)))
        return NULL;
    if (!store->change)
        return lync_err(p, "store '%s' is written outside of a change", lync_store_path(store));
    ++store->entries;
    apr_pool_create(&inner, p);
    err = write_entry(store, text, inner);
    if (err)
        err = lync_err(p, "%s", err->sentence);
    apr_pool_destroy(inner);
    return err;
}

const lync_err_t *lync_change_seal(lync_store_t *store, apr_pool_t *p)
{
    const char *text;
    lync_stmt_t *stmt;
    int row;

    LYNC_TRY(lync_sql_exec(store->db, apr_psprintf(p, "UPDATE change SET entries = %d WHERE id = %d", store->entries,
                                                   store->change), p));
    LYNC_TRY(lync_sql_text(store->db, "SELECT " LYNC_CHANGE_TEXT " FROM change WHERE sealed = 0", &text, p));
    LYNC_TRY(lync_change_chain(store->hash, text, p));
    LYNC_TRY(lync_sql_prepare(&stmt, store->db, "UPDATE change SET sealed = 1, hash = ?1 WHERE id = ?2", p));
    lync_stmt_bind_text(stmt, 1, store->hash);
    lync_stmt_bind_int(stmt, 2, store->change);
    LYNC_TRY(lync_stmt_step(stmt, &row, p));
    store->change = 0;
    return NULL;
}

const lync_err_t *lync_store_draft_change(lync_store_t *store, int *change, apr_pool_t *p)
{
    *change = 0;
    if (store->version < 2)
        return NULL;
    return lync_sql_int(store->db, "SELECT coalesce((SELECT change FROM audit WHERE " LYNC_OF_DRAFT " "
                        "ORDER BY change DESC, seq DESC LIMIT 1), 0)", change, p);
}
