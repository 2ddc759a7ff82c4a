#include <apr_strings.h>
#include <stdlib.h>
#include <string.h>

#include "document.h"
#include "lyncadm.h"

/* history, show and diff: revisions as a person sees them. */

const lync_err_t *lyncadm_revision_named(lyncadm_t *adm, lync_store_t *store, const char *word, int *revision)
{
    lync_revision_t *ignored;

    *revision = LYNC_DRAFT;
    if (!strcmp(word, "active")) {
        LYNC_TRY(lync_store_active(store, revision, adm->pool));
        if (!*revision)
            return lync_err(adm->pool, "no revision is active: 'lyncadm apply' makes the draft one");
    }
    else if (strcmp(word, "draft") && (!*word || strlen(word) > 9 || strspn(word, "0123456789") != strlen(word)))
        return lyncadm_usage(adm, "'%s' is no revision: there is a number, 'draft' or 'active'", word);
    else
        *revision = atoi(word);
    return lync_revision_read(store, *revision, &ignored, adm->pool);
}

static const char *word_at(const lyncadm_t *adm, int index)
{
    return index < adm->words->nelts ? APR_ARRAY_IDX(adm->words, index, const char *) : NULL;
}

const lync_err_t *lyncadm_history(lyncadm_t *adm)
{
    static const char *const columns[] = { "number", "created", "author", "reason", "change", "changes", "active",
        "hash" };
    static const lyncadm_cell_t cell[] = { LYNCADM_CELL_INTEGER, LYNCADM_CELL_TEXT, LYNCADM_CELL_TEXT,
        LYNCADM_CELL_TEXT, LYNCADM_CELL_INTEGER, LYNCADM_CELL_INTEGER, LYNCADM_CELL_TEXT, LYNCADM_CELL_TEXT };
    int hashes = lyncadm_given(adm, "hash") != NULL;    /* each takes reading all of its revision */
    apr_pool_t *p = adm->pool;
    lyncadm_rows_t *rows = lyncadm_rows(p);
    apr_array_header_t *revisions;
    lync_store_t *store = NULL;
    int active, i;

    LYNC_TRY(lyncadm_no_words(adm));
    LYNC_TRY(lyncadm_open(adm, 0, &store));
    LYNC_TRY(lync_store_active(store, &active, p));
    LYNC_TRY(lync_revision_list(store, &revisions, p));
    for (i = 0; i < 7 + hashes; ++i)
        lyncadm_rows_column(rows, columns[i], cell[i]);
    for (i = 0; i < revisions->nelts; ++i) {
        const lync_revision_t *r = APR_ARRAY_IDX(revisions, i, lync_revision_t *);
        const char *cells[] = { apr_itoa(p, r->number), r->created, r->author, r->reason, apr_itoa(p, r->change),
                                apr_itoa(p, r->changes), r->number == active ? "active" : NULL,
                                hashes ? lyncadm_revision_hash(store, r->number, p) : NULL };

        lyncadm_rows_add(rows, cells);
    }
    if (!revisions->nelts && adm->format == LYNCADM_TABLE)
        lyncadm_tell("no revisions yet: 'lyncadm apply' makes the draft one");
    return lyncadm_rows_print(adm, rows, 0);
}

static lyncadm_rows_t *noun_rows(lyncadm_t *adm, const lync_model_t *model, const lync_noun_t *noun)
{
    lyncadm_rows_t *rows = lyncadm_rows_noun(adm->pool, noun);
    int i;

    lyncadm_rows_call(rows, lyncadm_noun_word(adm->pool, noun));
    for (i = 0; i < model->rows[noun->id]->nelts; ++i)
        lyncadm_rows_add_row(rows, noun, LYNC_ROW(model, noun->id, i));
    return rows;
}

const lync_err_t *lyncadm_show(lyncadm_t *adm)
{
    apr_array_header_t *tables = apr_array_make(adm->pool, LYNC_NOUNS, sizeof(const lyncadm_rows_t *));
    apr_array_header_t *headings = apr_array_make(adm->pool, LYNC_NOUNS, sizeof(const char *));
    lync_store_t *store = NULL;
    lync_model_t *model;
    const char *hash;
    int revision = LYNC_DRAFT, id;

    LYNC_TRY(lyncadm_at_most(adm, 1));
    if (!word_at(adm, 0))
        return lyncadm_usage(adm, "a revision is missing: usage is 'lyncadm show %s'", adm->command->synopsis);
    LYNC_TRY(lyncadm_open(adm, 0, &store));
    LYNC_TRY(lyncadm_revision_named(adm, store, word_at(adm, 0), &revision));
    LYNC_TRY(lync_store_read(store, revision, &model, adm->pool));
    for (id = 0; id < LYNC_NOUNS; ++id) {
        if (!model->rows[id]->nelts)
            continue;
        APR_ARRAY_PUSH(tables, const lyncadm_rows_t *) = noun_rows(adm, model, lync_noun(id));
        APR_ARRAY_PUSH(headings, const char *) = lyncadm_noun_word(adm->pool, lync_noun(id));
    }
    LYNC_TRY(lyncadm_tables_print(adm, tables, headings));
    hash = adm->format == LYNCADM_TABLE ? lyncadm_model_hash(model, adm->pool) : NULL;
    if (hash)
        lyncadm_tell("\nhash\n%s", hash);
    return NULL;
}

static const char *done(const lync_difference_t *difference)
{
    return !difference->before ? "added" : !difference->after ? "removed" : "changed";
}

static void tell(const lync_difference_t *d, apr_pool_t *p)
{
    const char *detail = d->before && d->after ? lyncadm_changes(p, d->noun, d->before, d->after)
                         : lyncadm_describe(p, d->noun, d->before ? d->before : d->after);

    lyncadm_tell("%s %s '%s'%s%s", done(d), lyncadm_noun_word(p, d->noun),
                 lync_row_label(p, d->noun, d->before ? d->before : d->after), detail ? ": " : "",
                 detail ? detail : "");
}

/* For machines: a line a field. */
static void add_fields(lyncadm_rows_t *rows, const lync_difference_t *d, apr_pool_t *p)
{
    const lync_field_t *field;

    for (field = d->noun->fields; field->name; ++field) {
        const char *before = d->before ? lync_row_get(p, field, d->before) : NULL;
        const char *after = d->after ? lync_row_get(p, field, d->after) : NULL;
        const char *cells[] = { done(d), lyncadm_noun_word(p, d->noun),
                                lync_row_label(p, d->noun, d->before ? d->before : d->after), field->name, before,
                                after };

        if (before != after && (!before || !after || strcmp(before, after)))
            lyncadm_rows_add(rows, cells);
    }
}

static const lync_err_t *print_diff(lyncadm_t *adm, const apr_array_header_t *differences)
{
    static const char *const columns[] = { "done", "noun", "name", "field", "before", "after" };
    lyncadm_rows_t *rows = lyncadm_rows(adm->pool);
    int i;

    for (i = 0; i < 6; ++i)
        lyncadm_rows_column(rows, columns[i], LYNCADM_CELL_TEXT);
    for (i = 0; i < differences->nelts; ++i) {
        const lync_difference_t *difference = &APR_ARRAY_IDX(differences, i, lync_difference_t);

        if (adm->format == LYNCADM_TABLE)
            tell(difference, adm->pool);
        else
            add_fields(rows, difference, adm->pool);
    }
    return adm->format == LYNCADM_TABLE ? NULL : lyncadm_rows_print(adm, rows, 0);
}

/* The active revision, or nothing at all while there is none. */
static const lync_err_t *active_or_nothing(lyncadm_t *adm, lync_store_t *store, int *revision)
{
    LYNC_TRY(lync_store_active(store, revision, adm->pool));
    if (!*revision)
        *revision = LYNC_NOTHING;
    return NULL;
}

const lync_err_t *lyncadm_diff(lyncadm_t *adm)
{
    apr_array_header_t *differences;
    lync_store_t *store = NULL;
    int from = LYNC_DRAFT, to = LYNC_DRAFT;

    LYNC_TRY(lyncadm_at_most(adm, 2));
    LYNC_TRY(lyncadm_open(adm, 0, &store));
    if (word_at(adm, 0))
        LYNC_TRY(lyncadm_revision_named(adm, store, word_at(adm, 0), &from));
    else
        LYNC_TRY(active_or_nothing(adm, store, &from));
    if (word_at(adm, 1))
        LYNC_TRY(lyncadm_revision_named(adm, store, word_at(adm, 1), &to));
    LYNC_TRY(lync_revision_diff(store, from, to, &differences, adm->pool));
    if (differences->nelts && lyncadm_given(adm, "exit-code"))
        adm->exit = LYNCADM_FINDINGS;
    return print_diff(adm, differences);
}
