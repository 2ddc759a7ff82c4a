#include "store_private.h"

#include <apr_strings.h>
#include <string.h>

static void bind_row(lync_stmt_t *stmt, const lync_noun_t *noun, const void *row, apr_pool_t *p)
{
    const lync_field_t *field;
    int index = 1;

    for (field = noun->fields; field->name; ++field, ++index)
        lync_stmt_bind_text(stmt, index, lync_row_get(p, field, row));
}

/* " AND name = ?1 AND …": columns are bound by their place in the field list */
static const char *where_key(apr_pool_t *p, const lync_noun_t *noun)
{
    const char *where = " WHERE revision = 0";
    const lync_field_t *field;

    for (field = noun->fields; field->flags & LYNC_FIELD_KEY; ++field)
        where = apr_psprintf(p, "%s AND %s = ?%d", where, field->name, (int)(field - noun->fields) + 1);
    return where;
}

static const char *insert_sql(const lync_store_t *store, const lync_noun_t *noun, apr_pool_t *p)
{
    const lync_field_t *field;
    const char *places = "0";

    for (field = noun->fields; field->name; ++field)
        places = apr_psprintf(p, "%s, ?%d", places, (int)(field - noun->fields) + 1);
    return apr_psprintf(p, "INSERT INTO %s (revision, %s) VALUES (%s)", noun->name, lync_columns(store, noun, p), places);
}

static const char *delete_sql(apr_pool_t *p, const lync_noun_t *noun)
{
    return apr_pstrcat(p, "DELETE FROM ", noun->name, where_key(p, noun), NULL);
}

static const char *json_sql(apr_pool_t *p, const lync_noun_t *noun)
{
    return apr_pstrcat(p, "SELECT ", lync_json(p, noun), " FROM ", noun->name, where_key(p, noun), NULL);
}

static const lync_err_t *run(lync_store_t *store, const lync_noun_t *noun, const void *row, const char *sql,
                             apr_pool_t *p)
{
    lync_stmt_t *stmt;
    int more;

    LYNC_TRY(lync_sql_prepare(&stmt, store->db, sql, p));
    bind_row(stmt, noun, row, p);
    return lync_stmt_step(stmt, &more, p);
}

static const lync_err_t *step_json(lync_stmt_t *stmt, const lync_noun_t *noun, const void *row, const char **json,
                                   apr_pool_t *p)
{
    int found;

    bind_row(stmt, noun, row, p);
    LYNC_TRY(lync_stmt_step(stmt, &found, p));
    *json = found ? lync_stmt_text(stmt, 0, p) : NULL;
    lync_stmt_end(stmt);
    return NULL;
}

/* The row of this key as the audit has it; NULL: there is none. */
static const lync_err_t *json_of(lync_store_t *store, const lync_noun_t *noun, const void *row, const char **json,
                                 apr_pool_t *p)
{
    lync_stmt_t *stmt;

    LYNC_TRY(lync_sql_prepare(&stmt, store->db, json_sql(p, noun), p));
    return step_json(stmt, noun, row, json, p);
}

static const char *key_of(const lync_noun_t *noun, const void *row, apr_pool_t *p)
{
    const lync_field_t *field;
    const char *key = "";

    for (field = noun->fields; field->flags & LYNC_FIELD_KEY; ++field)
        key = apr_pstrcat(p, key, *key ? " " : "", lync_row_get(p, field, row), NULL);
    return key;
}

/* Writes, and has the audit say what was there before and what is there now. */
static const lync_err_t *run_audited(lync_store_t *store, const lync_noun_t *noun, const void *row, const char *sql,
                                     apr_pool_t *p)
{
    const char *before, *after;

    LYNC_TRY(json_of(store, noun, row, &before, p));
    LYNC_TRY(run(store, noun, row, sql, p));
    LYNC_TRY(json_of(store, noun, row, &after, p));
    return lync_change_entry(store, noun->name, key_of(noun, row, p), before, after, p);
}

/* The value that a row's field refers to must be there: said before SQLite says it in its words. */
static const lync_err_t *need_referred(lync_store_t *store, const lync_noun_t *noun, const void *row,
                                       apr_pool_t *p)
{
    const lync_field_t *field;

    for (field = noun->fields; field->name; ++field) {
        const char *value = field->refers >= 0 ? lync_row_get(p, field, row) : NULL;
        const lync_noun_t *other;
        lync_stmt_t *stmt;
        int found, count;

        if (!value)
            continue;
        other = lync_noun(field->refers);
        LYNC_TRY(lync_sql_prepare(&stmt, store->db, apr_psprintf(p, "SELECT count(*) FROM %s WHERE revision = 0 "
                                  "AND %s = ?", other->name, other->fields->name), p));
        lync_stmt_bind_text(stmt, 1, value);
        LYNC_TRY(lync_stmt_step(stmt, &found, p));
        count = lync_stmt_int(stmt, 0);
        lync_stmt_end(stmt);
        if (!count)
            return lync_err(p, "%s '%s': there is no %s '%s'", noun->name, lync_row_label(p, noun, row),
                            other->name, value);
    }
    return NULL;
}

static const lync_err_t *exists(lync_store_t *store, const lync_noun_t *noun, const void *row, int *found,
                                apr_pool_t *p)
{
    lync_stmt_t *stmt;

    LYNC_TRY(lync_sql_prepare(&stmt, store->db, apr_pstrcat(p, "SELECT 1 FROM ", noun->name,
                                                            where_key(p, noun), NULL), p));
    bind_row(stmt, noun, row, p);
    LYNC_TRY(lync_stmt_step(stmt, found, p));
    lync_stmt_end(stmt);
    return NULL;
}

static const lync_err_t *missing(const lync_noun_t *noun, const void *row, apr_pool_t *p)
{
    return lync_err(p, "there is no %s '%s'", noun->name, lync_row_label(p, noun, row));
}

const lync_err_t *lync_store_insert(lync_store_t *store, const lync_noun_t *noun, const void *row, apr_pool_t *p)
{
    int found;

    LYNC_TRY(exists(store, noun, row, &found, p));
    if (found)
        return lync_err(p, "there is already a %s '%s'", noun->name, lync_row_label(p, noun, row));
    LYNC_TRY(need_referred(store, noun, row, p));
    return run_audited(store, noun, row, insert_sql(store, noun, p), p);
}

const lync_err_t *lync_store_update(lync_store_t *store, const lync_noun_t *noun, const void *row, apr_pool_t *p)
{
    const lync_field_t *field;
    const char *sets = "";
    int found, index = 1;

    LYNC_TRY(exists(store, noun, row, &found, p));
    if (!found)
        return missing(noun, row, p);
    LYNC_TRY(need_referred(store, noun, row, p));
    for (field = noun->fields; field->name; ++field, ++index)
        sets = apr_psprintf(p, "%s%s%s = ?%d", sets, *sets ? ", " : "", field->name, index);
    return run_audited(store, noun, row, apr_pstrcat(p, "UPDATE ", noun->name, " SET ", sets, where_key(p, noun),
                                                     NULL), p);
}

/* A row of noun `other` that refers to `row` by `field`, or no row. */
static const lync_err_t *find_user(lync_store_t *store, const lync_noun_t *other, const lync_field_t *field,
                                   const char *value, const lync_noun_t *noun, apr_pool_t *p)
{
    const lync_field_t *column;
    lync_stmt_t *stmt;
    void *user;
    int found, index = 0;

    LYNC_TRY(lync_sql_prepare(&stmt, store->db, apr_psprintf(p, "SELECT %s FROM %s WHERE revision = 0 AND %s = ? "
                              "LIMIT 1", lync_columns(store, other, p), other->name, field->name), p));
    lync_stmt_bind_text(stmt, 1, value);
    LYNC_TRY(lync_stmt_step(stmt, &found, p));
    if (!found)
        return NULL;
    user = apr_pcalloc(p, other->size);
    for (column = other->fields; column->name; ++column, ++index)
        LYNC_TRY(lync_row_set(p, other, column, user, lync_stmt_text(stmt, index, p)));
    lync_stmt_end(stmt);
    return lync_err(p, "cannot remove %s '%s': %s '%s' uses it", noun->name, value, other->name,
                    lync_row_label(p, other, user));
}

static const lync_err_t *refuse_used(lync_store_t *store, const lync_noun_t *noun, const void *row, apr_pool_t *p)
{
    const char *value = lync_row_get(p, noun->fields, row);
    int id;

    for (id = 0; id < LYNC_NOUNS; ++id) {
        const lync_noun_t *other = lync_noun(id);
        const lync_field_t *field;

        for (field = other->fields; field->name; ++field) {
            if (field->refers == (int)noun->id)
                LYNC_TRY(find_user(store, other, field, value, noun, p));
        }
    }
    return NULL;
}

const lync_err_t *lync_store_remove(lync_store_t *store, const lync_noun_t *noun, const void *row, apr_pool_t *p)
{
    int found;

    LYNC_TRY(exists(store, noun, row, &found, p));
    if (!found)
        return missing(noun, row, p);
    LYNC_TRY(refuse_used(store, noun, row, p));
    return run_audited(store, noun, row, delete_sql(p, noun), p);
}

/* The differences of one noun, with statements that are prepared once. */
typedef struct batch_t {
    lync_store_t *store;
    const lync_noun_t *noun;
    apr_array_header_t *differences;    /* of const lync_difference_t * */
    const char **before;        /* for each of them, as the audit has it */
    lync_stmt_t *json, *remove, *insert;
    int done, total;            /* rows of all nouns */
    apr_pool_t *pool;
} batch_t;

static const lync_err_t *remove_all(batch_t *batch)
{
    int i, row;

    for (i = 0; i < batch->differences->nelts; ++i) {
        const lync_difference_t *d = APR_ARRAY_IDX(batch->differences, i, const lync_difference_t *);

        if (!d->before)
            continue;
        LYNC_TRY(step_json(batch->json, batch->noun, d->before, &batch->before[i], batch->pool));
        bind_row(batch->remove, batch->noun, d->before, batch->pool);
        LYNC_TRY(lync_stmt_step(batch->remove, &row, batch->pool));
    }
    return NULL;
}

static const lync_err_t *insert_all(batch_t *batch)
{
    int i, row;

    for (i = 0; i < batch->differences->nelts; ++i) {
        const lync_difference_t *d = APR_ARRAY_IDX(batch->differences, i, const lync_difference_t *);
        const char *after = NULL;

        lync_sql_tell(batch->store->db, "writing rows", batch->done++, batch->total);
        if (d->after) {
            bind_row(batch->insert, batch->noun, d->after, batch->pool);
            LYNC_TRY(lync_stmt_step(batch->insert, &row, batch->pool));
            LYNC_TRY(step_json(batch->json, batch->noun, d->after, &after, batch->pool));
        }
        LYNC_TRY(lync_change_entry(batch->store, batch->noun->name, key_of(batch->noun, d->after ? d->after : d->before,
                                                                           batch->pool), batch->before[i], after,
                                   batch->pool));
    }
    return NULL;
}

/* Goes on from *done rows of all. */
static const lync_err_t *write_noun(lync_store_t *store, const lync_noun_t *noun, const apr_array_header_t *all,
                                    int *done, apr_pool_t *p)
{
    batch_t batch = { .store = store, .noun = noun, .done = *done, .total = all->nelts, .pool = p };
    int i;

    batch.differences = apr_array_make(p, 16, sizeof(const lync_difference_t *));
    for (i = 0; i < all->nelts; ++i) {
        const lync_difference_t *d = &APR_ARRAY_IDX(all, i, lync_difference_t);

        if (d->noun == noun)
            APR_ARRAY_PUSH(batch.differences, const lync_difference_t *) = d;
    }
    batch.before = apr_pcalloc(p, (batch.differences->nelts + 1) * sizeof(*batch.before));
    LYNC_TRY(lync_sql_prepare(&batch.json, store->db, json_sql(p, noun), p));
    LYNC_TRY(lync_sql_prepare(&batch.remove, store->db, delete_sql(p, noun), p));
    LYNC_TRY(lync_sql_prepare(&batch.insert, store->db, insert_sql(store, noun, p), p));
    LYNC_TRY(remove_all(&batch));
    LYNC_TRY(insert_all(&batch));
    *done = batch.done;
    return NULL;
}

const lync_err_t *lync_store_write(lync_store_t *store, const apr_array_header_t *differences, apr_pool_t *p)
{
    int id, done = 0;

    LYNC_TRY(lync_sql_exec(store->db, "PRAGMA defer_foreign_keys = ON", p));
    for (id = 0; id < LYNC_NOUNS; ++id)
        LYNC_TRY(write_noun(store, lync_noun(id), differences, &done, p));
    return NULL;
}
