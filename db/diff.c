#include "store_private.h"

#include <apr_hash.h>
#include <apr_strings.h>
#include <stdlib.h>

/* "SELECT columns FROM noun WHERE revision = from EXCEPT the same of to" */
static const char *only_in(const lync_store_t *store, const lync_noun_t *noun, int from, int to, apr_pool_t *p)
{
    const char *columns = lync_columns(store, noun, p);

    return apr_psprintf(p, "SELECT %s FROM %s WHERE revision = %d EXCEPT SELECT %s FROM %s WHERE revision = %d",
                        columns, noun->name, from, columns, noun->name, to);
}

/* The rows of revision from that revision to has not, in the order of their keys. */
static const lync_err_t *read_only_in(lync_store_t *store, const lync_noun_t *noun, int from, int to,
                                      apr_array_header_t *rows, apr_pool_t *p)
{
    const lync_err_t *err;
    lync_stmt_t *stmt;
    int more;

    LYNC_TRY(lync_sql_prepare(&stmt, store->db, apr_pstrcat(p, only_in(store, noun, from, to, p), " ORDER BY 1, 2, 3",
                                                            NULL), p));
    for (err = lync_stmt_step(stmt, &more, p); !err && more; err = lync_stmt_step(stmt, &more, p)) {
        void *row = apr_pcalloc(p, noun->size);
        const lync_field_t *field;
        int column = 0;

        for (field = noun->fields; !err && field->name; ++field, ++column)
            err = lync_row_set(p, noun, field, row, lync_stmt_text(stmt, column, p));
        if (err)
            break;
        APR_ARRAY_PUSH(rows, void *) = row;
    }
    lync_stmt_end(stmt);
    return err;
}

/* Rows of both sides with the same key are one difference; those of one side only come as they are. */
static void pair(apr_array_header_t *differences, const lync_noun_t *noun, const apr_array_header_t *before,
                 const apr_array_header_t *after, apr_pool_t *p)
{
    apr_hash_t *places = apr_hash_make(p);
    lync_difference_t *difference;
    int i;

    for (i = 0; i < before->nelts; ++i) {
        void *row = APR_ARRAY_IDX(before, i, void *);

        difference = apr_array_push(differences);
        difference->noun = noun;
        difference->before = row;
        difference->after = NULL;
        apr_hash_set(places, lync_row_label(p, noun, row), APR_HASH_KEY_STRING, apr_itoa(p, differences->nelts - 1));
    }
    for (i = 0; i < after->nelts; ++i) {
        void *row = APR_ARRAY_IDX(after, i, void *);
        const char *place = apr_hash_get(places, lync_row_label(p, noun, row), APR_HASH_KEY_STRING);

        if (place) {
            APR_ARRAY_IDX(differences, atoi(place), lync_difference_t).after = row;
            continue;
        }
        difference = apr_array_push(differences);
        difference->noun = noun;
        difference->before = NULL;
        difference->after = row;
    }
}

static const lync_err_t *diff(lync_store_t *store, int from, int to, apr_array_header_t *differences, apr_pool_t *p)
{
    lync_revision_t *ignored;
    int id;

    if (from != LYNC_NOTHING)
        LYNC_TRY(lync_revision_read(store, from, &ignored, p));
    LYNC_TRY(lync_revision_read(store, to, &ignored, p));
    for (id = 0; id < LYNC_NOUNS; ++id) {
        apr_array_header_t *before = apr_array_make(p, 8, sizeof(void *));
        apr_array_header_t *after = apr_array_make(p, 8, sizeof(void *));

        LYNC_TRY(read_only_in(store, lync_noun(id), from, to, before, p));
        LYNC_TRY(read_only_in(store, lync_noun(id), to, from, after, p));
        pair(differences, lync_noun(id), before, after, p);
    }
    return NULL;
}

const lync_err_t *lync_revision_diff(lync_store_t *store, int from, int to, apr_array_header_t **differences,
                                     apr_pool_t *p)
{
    const lync_err_t *err, *end = NULL;
    int own = !store->in_transaction;

    *differences = apr_array_make(p, 16, sizeof(lync_difference_t));
    if (own)    /* all tables are of one moment */
        LYNC_TRY(lync_sql_exec(store->db, "BEGIN", p));
    err = diff(store, from, to, *differences, p);
    if (own)
        end = lync_sql_exec(store->db, "ROLLBACK", p);
    return err ? err : end;
}

static apr_hash_t *by_label(const lync_noun_t *noun, const apr_array_header_t *rows, apr_pool_t *p)
{
    apr_hash_t *labels = apr_hash_make(p);
    int i;

    for (i = 0; i < rows->nelts; ++i)
        apr_hash_set(labels, lync_row_label(p, noun, APR_ARRAY_IDX(rows, i, void *)), APR_HASH_KEY_STRING,
                     APR_ARRAY_IDX(rows, i, void *));
    return labels;
}

/* The rows that are not the same among the others. */
static apr_array_header_t *not_among(const lync_noun_t *noun, const apr_array_header_t *rows,
                                     const apr_array_header_t *others, apr_pool_t *p)
{
    apr_array_header_t *result = apr_array_make(p, 8, sizeof(void *));
    apr_hash_t *labels = by_label(noun, others, p);
    int i;

    for (i = 0; i < rows->nelts; ++i) {
        void *row = APR_ARRAY_IDX(rows, i, void *);
        const void *other = apr_hash_get(labels, lync_row_label(p, noun, row), APR_HASH_KEY_STRING);

        if (!other || !lync_row_same(noun, row, other))
            APR_ARRAY_PUSH(result, void *) = row;
    }
    return result;
}

apr_array_header_t *lync_model_diff(const lync_model_t *from, const lync_model_t *to, apr_pool_t *p)
{
    apr_array_header_t *differences = apr_array_make(p, 16, sizeof(lync_difference_t));
    int id;

    for (id = 0; id < LYNC_NOUNS; ++id) {
        const lync_noun_t *noun = lync_noun(id);

        pair(differences, noun, not_among(noun, from->rows[id], to->rows[id], p),
             not_among(noun, to->rows[id], from->rows[id], p), p);
    }
    return differences;
}

/* Only what differs is touched: first all that goes, so that no two rows are in each other's way. */
const lync_err_t *lync_revision_to_draft(lync_store_t *store, int revision, apr_pool_t *p)
{
    lync_revision_t *ignored;
    int id;

    LYNC_TRY(lync_revision_read(store, revision, &ignored, p));
    LYNC_TRY(lync_sql_exec(store->db, "PRAGMA defer_foreign_keys = ON", p));
    for (id = 0; id < LYNC_NOUNS; ++id) {
        const lync_noun_t *noun = lync_noun(id);
        const char *keys = lync_key_columns(p, noun), *columns = lync_columns(store, noun, p);

        LYNC_TRY(lync_sql_exec(store->db, apr_psprintf(p, "DELETE FROM %s WHERE revision = 0 AND (%s) IN (SELECT %s "
                               "FROM (%s))", noun->name, keys, keys, only_in(store, noun, 0, revision, p)), p));
        LYNC_TRY(lync_sql_exec(store->db, apr_psprintf(p, "INSERT INTO %s (revision, %s) SELECT 0, %s FROM (%s)",
                               noun->name, columns, columns, only_in(store, noun, revision, 0, p)), p));
    }
    return lync_replay_adopt(store, LYNC_DRAFT, p);
}
