#include <apr_strings.h>
#include <string.h>

#include "lyncadm.h"

/* add, set, show, list and remove, once for all nouns: what a noun has is told by its fields. */

#define CANDIDATES 5            /* that an error lists */

static const lync_err_t *take_key(lyncadm_t *adm, const lync_noun_t *noun, const lync_field_t *field, void *row,
                                  unsigned int *given, const char *value)
{
    if (*given & 1u << (field - noun->fields))
        return lyncadm_usage(adm, "%s is given twice: '%s' is one too many", field->name, value);
    *given |= 1u << (field - noun->fields);
    return lyncadm_bad_value(adm, lync_row_set(adm->pool, noun, field, row, value));
}

/* Keys from options, then from the words in the order of the keys that are left. */
static const lync_err_t *take_keys(lyncadm_t *adm, lyncadm_pattern_t *pattern)
{
    const lync_noun_t *noun = adm->command->noun;
    const lync_field_t *field;
    int word = 0;

    for (field = noun->fields; field->name && field->flags & LYNC_FIELD_KEY; ++field) {
        const char *value = lyncadm_given_field(adm, field);

        if (value)
            LYNC_TRY(take_key(adm, noun, field, pattern->row, &pattern->given, value));
    }
    for (field = noun->fields; field->name && field->flags & LYNC_FIELD_KEY; ++field) {
        if (word < adm->words->nelts && !(pattern->given & 1u << (field - noun->fields)))
            LYNC_TRY(take_key(adm, noun, field, pattern->row, &pattern->given,
                              APR_ARRAY_IDX(adm->words, word++, const char *)));
    }
    if (word < adm->words->nelts)
        return lyncadm_usage(adm, "unexpected argument '%s': usage is 'lyncadm %s %s'",
                             APR_ARRAY_IDX(adm->words, word, const char *),
                             lyncadm_command_words(adm->pool, adm->command), adm->command->synopsis);
    return NULL;
}

const lync_err_t *lyncadm_noun_keys(lyncadm_t *adm, lyncadm_pattern_t *pattern)
{
    pattern->row = lync_row_new(adm->pool, adm->command->noun);
    pattern->given = 0;
    LYNC_TRY(take_keys(adm, pattern));
    if (pattern->given)
        return NULL;
    return lyncadm_usage(adm, "%s is missing: usage is 'lyncadm %s %s'", adm->command->noun->fields->name,
                         lyncadm_command_words(adm->pool, adm->command), adm->command->synopsis);
}

/* Fields besides the keys from options; an empty value unsets. */
static const lync_err_t *take_fields(lyncadm_t *adm, void *row, unsigned int *given)
{
    const lync_noun_t *noun = adm->command->noun;
    const lync_field_t *field;

    for (field = noun->fields; field->name; ++field) {
        const char *value = lyncadm_given_field(adm, field);

        if (field->flags & (LYNC_FIELD_KEY | LYNC_FIELD_FACT) || !value)
            continue;
        *given |= 1u << (field - noun->fields);
        if (!*value && !(field->flags & LYNC_FIELD_REQUIRED))
            value = NULL;
        LYNC_TRY(lyncadm_bad_value(adm, lync_row_set(adm->pool, noun, field, row, value)));
    }
    return NULL;
}

/* A number is never 0 when it is set. */
static int is_set(apr_pool_t *p, const lync_field_t *field, const void *row)
{
    const char *value = lync_row_get(p, field, row);

    return value && (field->kind != LYNC_KIND_INT || strcmp(value, "0"));
}

static const lync_err_t *need_required(lyncadm_t *adm, const void *row)
{
    const lync_noun_t *noun = adm->command->noun;
    const lync_field_t *field;

    for (field = noun->fields; field->name; ++field) {
        if (!(field->flags & LYNC_FIELD_REQUIRED) || is_set(adm->pool, field, row))
            continue;
        if (field->flags & LYNC_FIELD_KEY)
            return lyncadm_usage(adm, "%s is missing: usage is 'lyncadm %s %s'", field->name,
                                 lyncadm_command_words(adm->pool, adm->command), adm->command->synopsis);
        return lyncadm_usage(adm, "%s '%s' needs --%s: %s", lyncadm_noun_word(adm->pool, noun),
                             lync_row_label(adm->pool, noun, row), lyncadm_option_name(adm->pool, field->name),
                             field->help);
    }
    return NULL;
}

static const lync_err_t *add_row(lyncadm_edit_t *edit, void *row)
{
    const lync_noun_t *noun = edit->adm->command->noun;
    const lyncadm_special_t *special = lyncadm_special(noun);
    int is_new = lyncadm_find_key(edit->model, noun, row) == NULL;

    if (special && special->refuse)
        LYNC_TRY(special->refuse(edit, row));
    LYNC_TRY(lyncadm_edit_add(edit, noun, row));
    if (special && special->added)
        LYNC_TRY(special->added(edit, row, is_new));
    return NULL;
}

const lync_err_t *lyncadm_noun_add(lyncadm_t *adm)
{
    const lync_noun_t *noun = adm->command->noun;
    const lyncadm_special_t *special = lyncadm_special(noun);
    lyncadm_pattern_t pattern = { lync_row_new(adm->pool, noun), 0 };

    LYNC_TRY(take_keys(adm, &pattern));
    LYNC_TRY(take_fields(adm, pattern.row, &pattern.given));
    if (special && special->complete)
        LYNC_TRY(special->complete(adm, pattern.row, NULL));
    LYNC_TRY(need_required(adm, pattern.row));
    return lyncadm_edit(adm, add_row, pattern.row);
}

static int matches(const lync_noun_t *noun, const lyncadm_pattern_t *pattern, const void *row)
{
    const lync_field_t *field;

    for (field = noun->fields; field->name; ++field) {
        if (pattern->given & 1u << (field - noun->fields) && !lync_field_same(field, pattern->row, row))
            return 0;
    }
    return 1;
}

/* "route 'webext.contoso.com /abs'": what was asked for. */
static const char *asked(apr_pool_t *p, const lync_noun_t *noun, const lyncadm_pattern_t *pattern)
{
    const lync_field_t *field;
    const char *text = "";

    for (field = noun->fields; field->name; ++field) {
        if (pattern->given & 1u << (field - noun->fields))
            text = apr_pstrcat(p, text, *text ? " " : "", lync_row_get(p, field, pattern->row), NULL);
    }
    return apr_pstrcat(p, lyncadm_noun_word(p, noun), *text ? " '" : "", text, *text ? "'" : "", NULL);
}

static const lync_err_t *not_one(const lync_noun_t *noun, const lyncadm_pattern_t *pattern,
                                 const apr_array_header_t *found, apr_pool_t *p)
{
    const char *text = "";
    int i;

    if (!found->nelts)
        return lync_err(p, "there is no %s", asked(p, noun, pattern));
    for (i = 0; i < found->nelts && i < CANDIDATES; ++i)
        text = apr_pstrcat(p, text, i ? ", " : "", "'", lync_row_label(p, noun, APR_ARRAY_IDX(found, i, void *)), "'",
                           NULL);
    if (found->nelts > CANDIDATES)
        text = apr_psprintf(p, "%s and %d more", text, found->nelts - CANDIDATES);
    return lync_err(p, "%s is one of %d, say which: %s", asked(p, noun, pattern), found->nelts, text);
}

apr_array_header_t *lyncadm_noun_find(const lync_model_t *model, const lync_noun_t *noun,
                                      const lyncadm_pattern_t *pattern, apr_pool_t *p)
{
    apr_array_header_t *found = apr_array_make(p, 4, sizeof(void *));
    int i;

    for (i = 0; i < model->rows[noun->id]->nelts; ++i) {
        void *row = LYNC_ROW(model, noun->id, i);

        if (matches(noun, pattern, row))
            APR_ARRAY_PUSH(found, void *) = row;
    }
    return found;
}

const lync_err_t *lyncadm_noun_one(const lync_model_t *model, const lync_noun_t *noun,
                                   const lyncadm_pattern_t *pattern, void **row, apr_pool_t *p)
{
    apr_array_header_t *found = lyncadm_noun_find(model, noun, pattern, p);

    if (found->nelts != 1)
        return not_one(noun, pattern, found, p);
    *row = APR_ARRAY_IDX(found, 0, void *);
    return NULL;
}

static const lync_err_t *set_row(lyncadm_edit_t *edit, void *data)
{
    const lync_noun_t *noun = edit->adm->command->noun;
    const lyncadm_special_t *special = lyncadm_special(noun);
    unsigned int given = 0;
    void *old = NULL, *new;

    LYNC_TRY(lyncadm_noun_one(edit->model, noun, data, &old, edit->pool));
    new = apr_pmemdup(edit->pool, old, noun->size);
    LYNC_TRY(take_fields(edit->adm, new, &given));
    if (special && special->complete)
        LYNC_TRY(special->complete(edit->adm, new, old));
    if (special && special->refuse)
        LYNC_TRY(special->refuse(edit, new));
    return lyncadm_edit_set(edit, noun, old, new);
}

const lync_err_t *lyncadm_noun_set(lyncadm_t *adm)
{
    const lync_noun_t *noun = adm->command->noun;
    lyncadm_pattern_t pattern;
    void *scratch = lync_row_new(adm->pool, noun);
    unsigned int given = 0;

    LYNC_TRY(lyncadm_noun_keys(adm, &pattern));
    LYNC_TRY(take_fields(adm, scratch, &given));        /* a bad value is said before the store is touched */
    if (!given)
        return lyncadm_usage(adm, "nothing to set: 'lyncadm %s --help' lists the options",
                             lyncadm_command_words(adm->pool, adm->command));
    return lyncadm_edit(adm, set_row, &pattern);
}

/* Rows of the owned noun that refer to this one. */
static const lync_err_t *remove_owned(lyncadm_edit_t *edit, const lync_noun_t *noun, const void *row, int owned)
{
    const lync_noun_t *other = lync_noun(owned);
    const char *name = lync_row_get(edit->pool, noun->fields, row);
    const lync_field_t *field = other->fields;
    int i;

    while (field->name && field->refers != (int)noun->id)
        ++field;
    for (i = edit->model->rows[owned]->nelts - 1; i >= 0; --i) {
        const void *part = LYNC_ROW(edit->model, owned, i);

        if (!strcmp(lync_row_get(edit->pool, field, part), name))
            LYNC_TRY(lyncadm_edit_remove(edit, other, part));
    }
    return NULL;
}

static const lync_err_t *remove_row(lyncadm_edit_t *edit, void *data)
{
    const lync_noun_t *noun = edit->adm->command->noun;
    const lyncadm_special_t *special = lyncadm_special(noun);
    void *row = NULL;

    LYNC_TRY(lyncadm_noun_one(edit->model, noun, data, &row, edit->pool));
    if (special && special->owned >= 0)
        LYNC_TRY(remove_owned(edit, noun, row, special->owned));
    return lyncadm_edit_remove(edit, noun, row);
}

const lync_err_t *lyncadm_noun_remove(lyncadm_t *adm)
{
    lyncadm_pattern_t pattern;

    LYNC_TRY(lyncadm_noun_keys(adm, &pattern));
    return lyncadm_edit(adm, remove_row, &pattern);
}

const lync_err_t *lyncadm_noun_shown(lyncadm_t *adm, lync_model_t **model, void **row)
{
    const lync_noun_t *noun = adm->command->noun;
    lyncadm_pattern_t pattern = { lync_row_new(adm->pool, noun), 0 };

    LYNC_TRY(take_keys(adm, &pattern));
    LYNC_TRY(lyncadm_read_draft(adm, model));
    return lyncadm_noun_one(*model, noun, &pattern, row, adm->pool);
}

const lync_err_t *lyncadm_noun_show(lyncadm_t *adm)
{
    const lync_noun_t *noun = adm->command->noun;
    lyncadm_rows_t *rows = lyncadm_rows_noun(adm->pool, noun);
    lync_model_t *model;
    void *row = NULL;

    LYNC_TRY(lyncadm_noun_shown(adm, &model, &row));
    lyncadm_rows_add_row(rows, noun, row);
    return lyncadm_rows_print(adm, rows, 1);
}

const lync_err_t *lyncadm_noun_list(lyncadm_t *adm)
{
    const lync_noun_t *noun = adm->command->noun;
    lyncadm_pattern_t pattern = { lync_row_new(adm->pool, noun), 0 };
    lyncadm_rows_t *rows = lyncadm_rows_noun(adm->pool, noun);
    apr_array_header_t *found;
    lync_model_t *model;
    int i;

    LYNC_TRY(take_keys(adm, &pattern));
    LYNC_TRY(take_fields(adm, pattern.row, &pattern.given));
    LYNC_TRY(lyncadm_read_draft(adm, &model));
    found = lyncadm_noun_find(model, noun, &pattern, adm->pool);
    for (i = 0; i < found->nelts; ++i)
        lyncadm_rows_add_row(rows, noun, APR_ARRAY_IDX(found, i, void *));
    return lyncadm_rows_print(adm, rows, 0);
}
