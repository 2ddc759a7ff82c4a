#include "store_private.h"

#include <apr_strings.h>

const lync_err_t *lync_revision_read(lync_store_t *store, int number, lync_revision_t **result, apr_pool_t *p)
{
    lync_revision_t *revision = apr_pcalloc(p, sizeof(*revision));
    lync_stmt_t *stmt;
    int row;

    LYNC_TRY(lync_sql_prepare(&stmt, store->db, "SELECT created, author, reason FROM revision WHERE number = ?", p));
    lync_stmt_bind_int(stmt, 1, number);
    LYNC_TRY(lync_stmt_step(stmt, &row, p));
    if (!row)
        return lync_err(p, "store '%s' has no revision %d", lync_store_path(store), number);
    revision->number = number;
    revision->created = lync_stmt_text(stmt, 0, p);
    revision->author = lync_stmt_text(stmt, 1, p);
    revision->reason = lync_stmt_text(stmt, 2, p);
    lync_stmt_end(stmt);
    *result = revision;
    return NULL;
}

static const lync_err_t *copy_draft(lync_store_t *store, int number, apr_pool_t *p)
{
    int id;

    for (id = 0; id < LYNC_NOUNS; ++id) {
        const lync_noun_t *noun = lync_noun(id);
        const char *columns = lync_columns(p, noun, "");

        LYNC_TRY(lync_sql_exec(store->db, apr_psprintf(p, "INSERT INTO %s (revision, %s) SELECT %d, %s FROM %s "
                               "WHERE revision = 0", noun->name, columns, number, columns, noun->name), p));
    }
    return NULL;
}

const lync_err_t *lync_revision_create(lync_store_t *store, const char *author, const char *reason, int *number,
                                       apr_pool_t *p)
{
    lync_stmt_t *stmt;
    int row;

    LYNC_TRY(lync_sql_int(store->db, "SELECT max(number) + 1 FROM revision", number, p));
    LYNC_TRY(lync_sql_prepare(&stmt, store->db, "INSERT INTO revision VALUES "
                              "(?1, strftime('%Y-%m-%dT%H:%M:%SZ', 'now'), ?2, ?3, 0)", p));
    lync_stmt_bind_int(stmt, 1, *number);
    lync_stmt_bind_text(stmt, 2, author);
    lync_stmt_bind_text(stmt, 3, reason);
    LYNC_TRY(lync_stmt_step(stmt, &row, p));
    LYNC_TRY(copy_draft(store, *number, p));
    return lync_sql_exec(store->db, apr_psprintf(p, "UPDATE revision SET sealed = 1 WHERE number = %d", *number), p);
}

const lync_err_t *lync_revision_draft_differs(lync_store_t *store, int revision, int *differs, apr_pool_t *p)
{
    int id;

    for (id = 0, *differs = 0; id < LYNC_NOUNS && !*differs; ++id) {
        const lync_noun_t *noun = lync_noun(id);
        const char *columns = lync_columns(p, noun, "");
        const char *draft = apr_psprintf(p, "SELECT %s FROM %s WHERE revision = 0", columns, noun->name);
        const char *other = apr_psprintf(p, "SELECT %s FROM %s WHERE revision = %d", columns, noun->name, revision);

        LYNC_TRY(lync_sql_int(store->db, apr_psprintf(p, "SELECT EXISTS (%s EXCEPT %s) OR EXISTS (%s EXCEPT %s)",
                                                      draft, other, other, draft), differs, p));
    }
    return NULL;
}
