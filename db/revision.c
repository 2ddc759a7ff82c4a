#include "store_private.h"

#include <apr_strings.h>

const lync_err_t *lync_revision_read(lync_store_t *store, int number, lync_revision_t **result, apr_pool_t *p)
{
    lync_revision_t *revision = apr_pcalloc(p, sizeof(*revision));
    lync_stmt_t *stmt;
    int row;

    LYNC_TRY(lync_sql_prepare(&stmt, store->db, apr_pstrcat(p, "SELECT created, author, reason, ",
                              store->version < 2 ? "0, NULL" : "change, (SELECT hash FROM change WHERE id = change)",
                              " FROM revision WHERE number = ?", NULL), p));
    lync_stmt_bind_int(stmt, 1, number);
    LYNC_TRY(lync_stmt_step(stmt, &row, p));
    if (!row)
        return lync_err(p, "store '%s' has no revision %d", lync_store_path(store), number);
    revision->number = number;
    revision->created = lync_stmt_text(stmt, 0, p);
    revision->author = lync_stmt_text(stmt, 1, p);
    revision->reason = lync_stmt_text(stmt, 2, p);
    revision->change = lync_stmt_int(stmt, 3);
    revision->seal = lync_stmt_text(stmt, 4, p);
    lync_stmt_end(stmt);
    *result = revision;
    return NULL;
}

const lync_err_t *lync_revision_list(lync_store_t *store, apr_array_header_t **result, apr_pool_t *p)
{
    const lync_err_t *err;
    lync_stmt_t *stmt;
    int row;

    LYNC_TRY(lync_need_audit(store, p));
    *result = apr_array_make(p, 16, sizeof(lync_revision_t *));
    LYNC_TRY(lync_sql_prepare(&stmt, store->db, "SELECT number, created, author, reason, change, (SELECT "
                              "count(DISTINCT audit.change) FROM audit WHERE " LYNC_OF_DRAFT " "
                              "AND audit.change <= r.change AND audit.change > coalesce((SELECT max(b.change) "
                              "FROM revision AS b WHERE b.number < r.number), 0)) FROM revision AS r "
                              "WHERE number <> 0 ORDER BY number", p));
    for (err = lync_stmt_step(stmt, &row, p); !err && row; err = lync_stmt_step(stmt, &row, p)) {
        lync_revision_t *revision = apr_pcalloc(p, sizeof(*revision));

        revision->number = lync_stmt_int(stmt, 0);
        revision->created = lync_stmt_text(stmt, 1, p);
        revision->author = lync_stmt_text(stmt, 2, p);
        revision->reason = lync_stmt_text(stmt, 3, p);
        revision->change = lync_stmt_int(stmt, 4);
        revision->changes = lync_stmt_int(stmt, 5);
        APR_ARRAY_PUSH(*result, lync_revision_t *) = revision;
    }
    lync_stmt_end(stmt);
    return err;
}

static const lync_err_t *copy_draft(lync_store_t *store, int number, apr_pool_t *p)
{
    int id;

    for (id = 0; id < LYNC_NOUNS; ++id) {
        const lync_noun_t *noun = lync_noun(id);
        const char *columns = lync_columns(store, noun, p);

        LYNC_TRY(lync_sql_exec(store->db, apr_psprintf(p, "INSERT INTO %s (revision, %s) SELECT %d, %s FROM %s "
                               "WHERE revision = 0", noun->name, columns, number, columns, noun->name), p));
    }
    return NULL;
}

const lync_err_t *lync_revision_record(lync_store_t *store, int number, apr_pool_t *p)
{
    const lync_place_t place = lync_place_revision();
    lync_stmt_t *stmt;
    const char *json;
    int row;

    LYNC_TRY(lync_sql_prepare(&stmt, store->db, "UPDATE revision SET sealed = 1, change = ?1, chain = ?2 "
                              "WHERE number = ?3", p));
    lync_stmt_bind_int(stmt, 1, store->change);
    lync_stmt_bind_text(stmt, 2, store->head);
    lync_stmt_bind_int(stmt, 3, number);
    LYNC_TRY(lync_stmt_step(stmt, &row, p));
    LYNC_TRY(lync_sql_prepare(&stmt, store->db, apr_psprintf(p, "SELECT %s FROM revision WHERE number = %d",
                                                             place.json, number), p));
    LYNC_TRY(lync_stmt_step(stmt, &row, p));
    json = lync_stmt_text(stmt, 0, p);
    lync_stmt_end(stmt);
    return lync_change_entry(store, place.noun, apr_itoa(p, number), NULL, json, p);
}

const lync_err_t *lync_revision_create(lync_store_t *store, const char *author, const char *reason, int *number,
                                       apr_pool_t *p)
{
    lync_stmt_t *stmt;
    int row;

    LYNC_TRY(lync_sql_int(store->db, "SELECT max(number) + 1 FROM revision", number, p));
    LYNC_TRY(lync_sql_prepare(&stmt, store->db, "INSERT INTO revision (number, created, author, reason, "
                              "sealed) VALUES (?1, strftime('%Y-%m-%dT%H:%M:%SZ', 'now'), ?2, ?3, 0)", p));
    lync_stmt_bind_int(stmt, 1, *number);
    lync_stmt_bind_text(stmt, 2, author);
    lync_stmt_bind_text(stmt, 3, reason);
    LYNC_TRY(lync_stmt_step(stmt, &row, p));
    LYNC_TRY(copy_draft(store, *number, p));
    return lync_revision_record(store, *number, p);
}

const lync_err_t *lync_revision_draft_differs(lync_store_t *store, int revision, int *differs, apr_pool_t *p)
{
    int id;

    for (id = 0, *differs = 0; id < LYNC_NOUNS && !*differs; ++id) {
        const lync_noun_t *noun = lync_noun(id);
        const char *columns = lync_columns(store, noun, p);
        const char *draft = apr_psprintf(p, "SELECT %s FROM %s WHERE revision = 0", columns, noun->name);
        const char *other = apr_psprintf(p, "SELECT %s FROM %s WHERE revision = %d", columns, noun->name, revision);

        LYNC_TRY(lync_sql_int(store->db, apr_psprintf(p, "SELECT EXISTS (%s EXCEPT %s) OR EXISTS (%s EXCEPT %s)",
                                                      draft, other, other, draft), differs, p));
    }
    return NULL;
}
