#include "store_private.h"

#include <apr_strings.h>
#include <string.h>

const char *lync_columns(const lync_store_t *store, const lync_noun_t *noun, apr_pool_t *p)
{
    const lync_field_t *field;
    const char *columns = "";

    for (field = noun->fields; field->name; ++field)
        columns = apr_pstrcat(p, columns, *columns ? ", " : "",
                              store->version < 2 && field->flags & LYNC_FIELD_SINCE_2 ? "NULL AS " : "", field->name,
                              NULL);
    return columns;
}

const char *lync_key_columns(apr_pool_t *p, const lync_noun_t *noun)
{
    const lync_field_t *field;
    const char *columns = "";

    for (field = noun->fields; field->flags & LYNC_FIELD_KEY; ++field)
        columns = apr_pstrcat(p, columns, *columns ? ", " : "", field->name, NULL);
    return columns;
}

/*
 * The store is not trusted to hold what lyncadm wrote: somebody may have edited it with sqlite3.
 * Values go through the same validation as a person's, and must already be in stored form.
 */
static const lync_err_t *read_field(lync_store_t *store, const lync_noun_t *noun, const lync_field_t *field,
                                    void *row, const char *value, apr_pool_t *p)
{
    const lync_err_t *err = lync_row_set(p, noun, field, row, value);
    const char *stored = err ? NULL : lync_row_get(p, field, row);

    if (!err && value && strcmp(value, stored))
        err = lync_err(p, "%s: %s '%s' should be stored as '%s'", noun->name, field->name, value, stored);
    if (err)
        return lync_err(p, "store '%s', table %s, row %d: %s", lync_store_path(store), noun->name,
                        ((lync_row_t *)row)->rowid, err->sentence);
    return NULL;
}

static const lync_err_t *read_row(lync_store_t *store, const lync_noun_t *noun, lync_stmt_t *stmt, void *row,
                                  apr_pool_t *p)
{
    const lync_field_t *field;
    int column = 0;

    ((lync_row_t *)row)->rowid = lync_stmt_int(stmt, column++);
    for (field = noun->fields; field->name; ++field, ++column)
        LYNC_TRY(read_field(store, noun, field, row, lync_stmt_text(stmt, column, p), p));
    return NULL;
}

static const lync_err_t *read_noun(lync_store_t *store, const lync_noun_t *noun, int revision,
                                   apr_array_header_t *rows, apr_pool_t *p)
{
    const lync_err_t *err;
    lync_stmt_t *stmt;
    int more;

    LYNC_TRY(lync_sql_prepare(&stmt, store->db,
                              apr_psprintf(p, "SELECT rowid, %s FROM %s WHERE revision = ? ORDER BY %s",
                                           lync_columns(store, noun, p), noun->name, lync_key_columns(p, noun)), p));
    lync_stmt_bind_int(stmt, 1, revision);
    for (err = lync_stmt_step(stmt, &more, p); !err && more; err = lync_stmt_step(stmt, &more, p)) {
        void *row = apr_pcalloc(p, noun->size);

        err = read_row(store, noun, stmt, row, p);
        if (err)
            break;
        APR_ARRAY_PUSH(rows, void *) = row;
    }
    lync_stmt_end(stmt);
    return err;
}

static const lync_err_t *read_all(lync_store_t *store, lync_model_t *model, apr_pool_t *p)
{
    lync_revision_t *revision;
    int id;

    LYNC_TRY(lync_revision_read(store, model->revision, &revision, p));
    model->seal = revision->seal;
    for (id = 0; id < LYNC_NOUNS; ++id) {
        model->rows[id] = apr_array_make(p, 16, sizeof(void *));
        LYNC_TRY(read_noun(store, lync_noun(id), model->revision, model->rows[id], p));
    }
    return NULL;
}

const lync_err_t *lync_store_read(lync_store_t *store, int revision, lync_model_t **result, apr_pool_t *p)
{
    lync_model_t *model = apr_pcalloc(p, sizeof(*model));
    const lync_err_t *err;
    int own = !store->in_transaction;

    /* one transaction, so that all tables are of one moment */
    if (own)
        LYNC_TRY(lync_sql_exec(store->db, "BEGIN", p));
    model->revision = revision;
    err = read_all(store, model, p);
    if (own) {
        const lync_err_t *end = lync_sql_exec(store->db, "ROLLBACK", p);

        if (!err)
            err = end;
    }
    if (!err)
        *result = model;
    return err;
}
