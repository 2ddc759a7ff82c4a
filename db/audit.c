#include "audit.h"

#include <apr_strings.h>

#include "store_private.h"

/* Conditions are constant text: what a person gave is bound. */
static const char *conditions(const lync_audit_filter_t *filter, apr_pool_t *p)
{
    return apr_pstrcat(p, " WHERE 1", filter->since ? " AND c.time >= ?1" : "",
                       filter->until ? " AND substr(c.time, 1, length(?2)) <= ?2" : "",
                       filter->user ? " AND (c.login = ?3 OR c.sudo = ?3)" : "", filter->noun ? " AND a.noun = ?4" : "",
                       NULL);
}

static const char *query(const lync_audit_filter_t *filter, apr_pool_t *p)
{
    const char *where = conditions(filter, p), *last = "";

    if (filter->limit)
        last = apr_pstrcat(p, " AND c.id IN (SELECT DISTINCT c.id FROM change AS c JOIN audit AS a ON a.change = c.id",
                           where, " ORDER BY c.id DESC LIMIT ?5)", NULL);
    return apr_pstrcat(p, "SELECT c.id, c.time, c.login, c.sudo, c.origin, c.command, c.reason, a.seq, a.noun, a.key, "
                       "a.before, a.after FROM change AS c JOIN audit AS a ON a.change = c.id", where, last,
                       " ORDER BY c.id, a.seq", NULL);
}

static void bind_filter(lync_stmt_t *stmt, const lync_audit_filter_t *filter)
{
    lync_stmt_bind_text(stmt, 1, filter->since);
    lync_stmt_bind_text(stmt, 2, filter->until);
    lync_stmt_bind_text(stmt, 3, filter->user);
    lync_stmt_bind_text(stmt, 4, filter->noun);
    lync_stmt_bind_int(stmt, 5, filter->limit);
}

static const char *text_of(lync_stmt_t *stmt, int index, apr_pool_t *p)
{
    return lync_one_line(apr_pstrdup(p, lync_stmt_text(stmt, index, p)));
}

static const lync_change_t *read_change(lync_stmt_t *stmt, apr_pool_t *p)
{
    lync_change_t *change = apr_pcalloc(p, sizeof(*change));

    change->id = lync_stmt_int(stmt, 0);
    change->time = text_of(stmt, 1, p);
    change->login = text_of(stmt, 2, p);
    change->sudo = text_of(stmt, 3, p);
    change->origin = text_of(stmt, 4, p);
    change->command = text_of(stmt, 5, p);
    change->reason = text_of(stmt, 6, p);
    return change;
}

const lync_err_t *lync_audit_read(lync_store_t *store, const lync_audit_filter_t *filter, apr_array_header_t **entries,
                                  apr_pool_t *p)
{
    const lync_change_t *change = NULL;
    const lync_err_t *err;
    lync_stmt_t *stmt;
    int row;

    LYNC_TRY(lync_need_audit(store, p));
    *entries = apr_array_make(p, 16, sizeof(lync_entry_t));
    LYNC_TRY(lync_sql_prepare(&stmt, store->db, query(filter, p), p));
    bind_filter(stmt, filter);
    for (err = lync_stmt_step(stmt, &row, p); !err && row; err = lync_stmt_step(stmt, &row, p)) {
        lync_entry_t *entry = apr_array_push(*entries);

        if (!change || change->id != lync_stmt_int(stmt, 0))
            change = read_change(stmt, p);
        entry->change = change;
        entry->seq = lync_stmt_int(stmt, 7);
        entry->noun = text_of(stmt, 8, p);
        entry->key = text_of(stmt, 9, p);
        entry->before = text_of(stmt, 10, p);
        entry->after = text_of(stmt, 11, p);
    }
    lync_stmt_end(stmt);
    return err;
}
