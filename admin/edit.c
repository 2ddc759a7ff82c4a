#include <apr_file_info.h>
#include <apr_hash.h>
#include <apr_lib.h>
#include <apr_strings.h>
#include <stdio.h>
#include <string.h>

#include "apply.h"
#include "progress.h"
#include "who.h"

const char *lyncadm_noun_word(apr_pool_t *p, const lync_noun_t *noun)
{
    return lyncadm_option_name(p, noun->name);
}

/* Place of the row with this key in the model, or -1. */
static int find_index(const lync_model_t *model, const lync_noun_t *noun, const void *row)
{
    const apr_array_header_t *rows = model->rows[noun->id];
    int i;

    for (i = 0; i < rows->nelts; ++i) {
        if (lync_row_same_key(noun, APR_ARRAY_IDX(rows, i, void *), row))
            return i;
    }
    return -1;
}

void *lyncadm_find_key(const lync_model_t *model, const lync_noun_t *noun, const void *row)
{
    int i = find_index(model, noun, row);

    return i < 0 ? NULL : APR_ARRAY_IDX(model->rows[noun->id], i, void *);
}

void lyncadm_edit_note(lyncadm_edit_t *edit, const char *done, const lync_noun_t *noun, const void *row,
                       const char *detail)
{
    const char *label = lync_row_label(edit->pool, noun, row);
    const char *word = lyncadm_noun_word(edit->pool, noun);
    const char *cells[] = { done, word, label, detail };
    const char *key = apr_pstrcat(edit->pool, word, " ", label, NULL);

    /* what two templates ask for is told once */
    if (!strcmp(done, "kept") && apr_hash_get(edit->noted, key, APR_HASH_KEY_STRING))
        return;
    apr_hash_set(edit->noted, key, APR_HASH_KEY_STRING, done);
    lyncadm_rows_add(edit->report, cells);
    APR_ARRAY_PUSH(edit->lines, const char *) =
        !strcmp(done, "kept") ? apr_psprintf(edit->pool, "%s '%s' is already so", word, label)
        : apr_psprintf(edit->pool, "%s %s '%s'%s%s", done, word, label, detail ? ": " : "", detail ? detail : "");
}

/* "port 443, scheme http": the fields besides the key and the details that are not as in any new row; and the first,
 * which says what kind of row it is. */
const char *lyncadm_describe(apr_pool_t *p, const lync_noun_t *noun, const void *row)
{
    const lync_field_t *field;
    const char *text = NULL;

    for (field = noun->fields; field->name; ++field) {
        const char *value = lync_row_get(p, field, row);

        if (field->flags & (LYNC_FIELD_KEY | LYNC_FIELD_DETAIL) || !value || (text && field->initial && !strcmp(field->initial, value)))
            continue;
        text = apr_pstrcat(p, text ? text : "", text ? ", " : "", field->name, " ", value, NULL);
    }
    return text;
}

/* The first field besides the key in which the rows differ, or NULL. */
static const lync_field_t *difference(apr_pool_t *p, const lync_noun_t *noun, const void *a, const void *b)
{
    const lync_field_t *field;

    for (field = noun->fields; field->name; ++field) {
        const char *x = lync_row_get(p, field, a), *y = lync_row_get(p, field, b);

        if (!(field->flags & LYNC_FIELD_KEY) && x != y && (!x || !y || strcmp(x, y)))
            return field;
    }
    return NULL;
}

/* A value as a word for a shell, to be shown within a sentence. */
static const char *shell_word(apr_pool_t *p, const char *value)
{
    const char *c;

    for (c = value ? value : ""; apr_isalnum(*c) || (*c && strchr("/.:_-,", *c)); ++c)
        ;
    return value && *value && !*c ? value : apr_pstrcat(p, "\"", value ? value : "", "\"", NULL);
}

/* "lyncadm listener set external --port 8443" */
static const char *set_command(apr_pool_t *p, const lync_noun_t *noun, const lync_field_t *field, const void *row)
{
    int fact = field->flags & LYNC_FIELD_FACT;  /* it comes from files: taking them anew is what changes it */
    const char *text = apr_pstrcat(p, "lyncadm ", lyncadm_noun_word(p, noun), fact ? " refresh" : " set", NULL);
    const lync_field_t *key;

    for (key = noun->fields; key->name && key->flags & LYNC_FIELD_KEY; ++key)
        text = apr_pstrcat(p, text, " ", shell_word(p, lync_row_get(p, key, row)), NULL);
    if (fact)
        return text;
    return apr_pstrcat(p, text, " --", lyncadm_option_name(p, field->name), " ",
                       shell_word(p, lync_row_get(p, field, row)), NULL);
}

static const char *quoted(apr_pool_t *p, const char *value)
{
    return value ? apr_pstrcat(p, "'", value, "'", NULL) : "not set";
}

const lync_err_t *lyncadm_already(apr_pool_t *p, const lync_noun_t *noun, const lync_field_t *field, const void *old,
                                  const void *row)
{
    return lync_err(p, "%s '%s' is already there with %s %s, not %s: to change it use '%s'",
                    lyncadm_noun_word(p, noun), lync_row_label(p, noun, old), field->name,
                    quoted(p, lync_row_get(p, field, old)), quoted(p, lync_row_get(p, field, row)),
                    set_command(p, noun, field, row));
}

const lync_err_t *lyncadm_edit_add(lyncadm_edit_t *edit, const lync_noun_t *noun, const void *row)
{
    const void *old = lyncadm_find_key(edit->model, noun, row);
    const lync_field_t *field = old ? difference(edit->pool, noun, old, row) : NULL;

    if (field)
        return lyncadm_already(edit->pool, noun, field, old, row);
    if (old) {
        lyncadm_edit_note(edit, "kept", noun, old, NULL);
        return NULL;
    }
    if (edit->store)
        LYNC_TRY(lync_store_insert(edit->store, noun, row, edit->pool));
    APR_ARRAY_PUSH(edit->model->rows[noun->id], const void *) = row;
    lyncadm_edit_note(edit, "added", noun, row, lyncadm_describe(edit->pool, noun, row));
    return NULL;
}

const char *lyncadm_changes(apr_pool_t *p, const lync_noun_t *noun, const void *old, const void *new)
{
    const lync_field_t *field;
    const char *text = NULL;

    for (field = noun->fields; field->name; ++field) {
        const char *x = lync_row_get(p, field, old), *y = lync_row_get(p, field, new);

        if (x != y && (!x || !y || strcmp(x, y)))
            text = apr_psprintf(p, "%s%s%s %s (was %s)", text ? text : "", text ? ", " : "", field->name,
                                y ? y : "not set", x ? x : "not set");
    }
    return text;
}

const lync_err_t *lyncadm_edit_set(lyncadm_edit_t *edit, const lync_noun_t *noun, const void *old, const void *new)
{
    const char *detail = lyncadm_changes(edit->pool, noun, old, new);
    int i = find_index(edit->model, noun, old);

    if (!detail) {
        lyncadm_edit_note(edit, "kept", noun, old, NULL);
        return NULL;
    }
    if (edit->store)
        LYNC_TRY(lync_store_update(edit->store, noun, new, edit->pool));
    APR_ARRAY_IDX(edit->model->rows[noun->id], i, const void *) = new;
    lyncadm_edit_note(edit, "set", noun, new, detail);
    return NULL;
}

const lync_err_t *lyncadm_edit_remove(lyncadm_edit_t *edit, const lync_noun_t *noun, const void *row)
{
    apr_array_header_t *rows = edit->model->rows[noun->id];
    int i = find_index(edit->model, noun, row);

    if (edit->store)
        LYNC_TRY(lync_store_remove(edit->store, noun, row, edit->pool));
    for (--rows->nelts; i < rows->nelts; ++i)
        APR_ARRAY_IDX(rows, i, void *) = APR_ARRAY_IDX(rows, i + 1, void *);
    lyncadm_edit_note(edit, "removed", noun, row, NULL);
    return NULL;
}

static const lync_err_t *print(lyncadm_edit_t *edit)
{
    int i;

    lyncadm_progress_hide();
    if (edit->adm->format != LYNCADM_TABLE)
        return lyncadm_rows_print(edit->adm, edit->report, 0);
    for (i = 0; i < edit->lines->nelts; ++i)
        puts(APR_ARRAY_IDX(edit->lines, i, const char *));
    return NULL;
}

static const char *finding_key(const lync_finding_t *finding, apr_pool_t *p)
{
    return apr_pstrcat(p, lync_level_name(finding->level), " ", finding->noun ? finding->noun->name : "", " ",
                       finding->noun && finding->row ? lync_row_label(p, finding->noun, finding->row) : "", " ",
                       finding->message, NULL);
}

/* Notes what is found; 0: it was found before. */
static int is_new(lyncadm_edit_t *edit, const lync_finding_t *finding)
{
    const char *key = finding_key(finding, edit->pool);

    if (apr_hash_get(edit->found, key, APR_HASH_KEY_STRING))
        return 0;
    apr_hash_set(edit->found, key, APR_HASH_KEY_STRING, "");
    return 1;
}

/* A row that this edit makes may be finished by the next; what was finished stays so. */
static int may_wait(const lyncadm_edit_t *edit, const lync_finding_t *finding)
{
    const char *key = apr_pstrcat(edit->pool, lyncadm_noun_word(edit->pool, finding->noun), " ",
                                  lync_row_label(edit->pool, finding->noun, finding->row), NULL);

    return finding->level == LYNC_UNFINISHED && apr_hash_get(edit->noted, key, APR_HASH_KEY_STRING);
}

static const lync_err_t *take_findings(lyncadm_edit_t *edit, const apr_array_header_t *findings, int refuse)
{
    int i;

    for (i = 0; i < findings->nelts; ++i) {
        const lync_finding_t *finding = APR_ARRAY_IDX(findings, i, lync_finding_t *);

        if (!is_new(edit, finding) || finding->level == LYNC_ADVICE)
            continue;
        if (finding->level <= LYNC_UNFINISHED && refuse && !may_wait(edit, finding))
            return lync_err(edit->pool, "%s", lyncadm_finding_sentence(finding, edit->pool));
        APR_ARRAY_PUSH(edit->warnings, const char *) = lyncadm_finding_sentence(finding, edit->pool);
    }
    return NULL;
}

/* Only what this edit brought about counts: an old fault must not keep others from being mended. */
const lync_err_t *lyncadm_edit_check(lyncadm_edit_t *edit, const lync_model_t *model)
{
    apr_array_header_t *files = apr_array_make(edit->pool, 4, sizeof(lync_finding_t *));

    lyncadm_progress_begin(LYNCADM_RULE_BOOK, 0);
    lync_check_files(model, files, edit->pool);
    LYNC_TRY(take_findings(edit, lync_check(model, edit->pool), 1));
    return take_findings(edit, files, !edit->elsewhere);
}

const lync_err_t *lyncadm_open(lyncadm_t *adm, int writable, lync_store_t **store)
{
    apr_finfo_t info;
    apr_status_t rv = apr_stat(&info, adm->store, APR_FINFO_TYPE, adm->pool);

    if (APR_STATUS_IS_ENOENT(rv))
        return lync_err(adm->pool, "there is no store '%s': 'lyncadm init' creates one, --store names another",
                        adm->store);
    LYNC_TRY(writable ? lync_store_open_write(store, adm->store, adm->pool)
                      : lync_store_open(store, adm->store, adm->pool));
    lync_store_progress(*store, lyncadm_progress_told);
    return NULL;
}

static const lync_err_t *edit_within(lyncadm_edit_t *edit, lyncadm_edit_fn *fn, void *data)
{
    apr_array_header_t *findings;
    lync_model_t *result;
    int i;

    lyncadm_progress_begin("reading the draft", 0);
    LYNC_TRY(lync_store_read(edit->store, LYNC_DRAFT, &edit->model, edit->pool));
    findings = lyncadm_findings(edit->model, edit->pool);
    for (i = 0; i < findings->nelts; ++i)
        (void)is_new(edit, APR_ARRAY_IDX(findings, i, lync_finding_t *));
    LYNC_TRY(fn(edit, data));
    LYNC_TRY(lync_store_read(edit->store, LYNC_DRAFT, &result, edit->pool));
    return lyncadm_edit_check(edit, result);
}

static void prepare(lyncadm_edit_t *edit, lyncadm_t *adm)
{
    static const char *const columns[] = { "done", "noun", "name", "detail" };
    int i;

    memset(edit, 0, sizeof(*edit));
    edit->adm = adm;
    edit->pool = adm->pool;
    edit->report = lyncadm_rows(adm->pool);
    for (i = 0; i < 4; ++i)
        lyncadm_rows_column(edit->report, columns[i], 0);
    edit->lines = apr_array_make(adm->pool, 16, sizeof(const char *));
    edit->warnings = apr_array_make(adm->pool, 4, sizeof(const char *));
    edit->noted = apr_hash_make(adm->pool);
    edit->found = apr_hash_make(adm->pool);
}

void lyncadm_edit_aside(lyncadm_edit_t *aside, const lyncadm_edit_t *edit, lync_model_t *model)
{
    prepare(aside, edit->adm);
    aside->model = model;
    aside->warnings = edit->warnings;
}

/* Commits what was done without an error, unless it is only a trial. */
static const lync_err_t *end(lyncadm_edit_t *edit, const lync_err_t *err, int trial)
{
    const lync_err_t *rollback;

    if (!err && !trial)
        return lync_store_commit(edit->store, edit->pool);
    rollback = lync_store_rollback(edit->store, edit->pool);
    return err ? err : rollback;
}

const lync_err_t *lyncadm_edit_run(lyncadm_edit_t *edit, lyncadm_t *adm, int trial, lyncadm_edit_fn *fn, void *data)
{
    const char *left;

    prepare(edit, adm);
    LYNC_TRY(lyncadm_edit_given(adm));
    LYNC_TRY(lyncadm_open(adm, 1, &edit->store));
    left = lyncadm_left(adm, edit->store);
    if (left)
        lyncadm_say("warning: %s", left);
    LYNC_TRY(lyncadm_begin_edit(adm, edit->store));
    return end(edit, edit_within(edit, fn, data), trial);
}

void lyncadm_edit_warn(const lyncadm_edit_t *edit)
{
    int i;

    for (i = 0; i < edit->warnings->nelts; ++i)
        lyncadm_say("warning: %s", APR_ARRAY_IDX(edit->warnings, i, const char *));
    if (edit->adm->dry_run)
        lyncadm_say("dry run: the store was not changed");
}

const lync_err_t *lyncadm_edit_tell(lyncadm_edit_t *edit)
{
    lyncadm_edit_warn(edit);
    return print(edit);
}

const lync_err_t *lyncadm_edit(lyncadm_t *adm, lyncadm_edit_fn *fn, void *data)
{
    lyncadm_edit_t edit;

    LYNC_TRY(lyncadm_edit_run(&edit, adm, adm->dry_run, fn, data));
    return lyncadm_edit_tell(&edit);
}

const lync_err_t *lyncadm_read_draft(lyncadm_t *adm, lync_model_t **model)
{
    lync_store_t *store = NULL;

    LYNC_TRY(lyncadm_open(adm, 0, &store));
    return lync_store_read(store, LYNC_DRAFT, model, adm->pool);
}
