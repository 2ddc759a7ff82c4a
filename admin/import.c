#include <apr_strings.h>
#include <string.h>
#include <unistd.h>

#include "certificate.h"
#include "document.h"
#include "import.h"
#include "progress.h"

/*
 * import: the draft becomes what a document says.
 *  1. the document is read and each value of it validated, before the store is opened
 *  2. what leads from the draft to it is found, held against the rule book, and written, as a trial when a
 *     person is to be asked
 *  3. the person sees it and says yes
 *  4. the same once more, for good, unless somebody edited the draft meanwhile
 */

#define DOCUMENT_LIMIT 64

static void note(lyncadm_edit_t *edit, const lync_difference_t *d)
{
    if (!d->before)
        lyncadm_edit_note(edit, "added", d->noun, d->after, lyncadm_describe(edit->pool, d->noun, d->after));
    else if (!d->after)
        lyncadm_edit_note(edit, "removed", d->noun, d->before, NULL);
    else
        lyncadm_edit_note(edit, "set", d->noun, d->after, lyncadm_changes(edit->pool, d->noun, d->before, d->after));
}

/* Facts come from the document, whose files may be another host's: of files that are here it must be true. */
static void compare_facts(lyncadm_edit_t *edit, const lync_certificate_t *certificate)
{
    const lync_noun_t *noun = lync_noun(LYNC_CERTIFICATE);
    lync_certificate_t now = *certificate;
    const lync_field_t *field;

    if (certificate->managed || lync_certificate_adopt(&now, edit->pool))        /* the rule book tells */
        return;
    for (field = noun->fields; field->name && lync_field_same(field, certificate, &now); ++field)
        ;
    if (field->name)
        APR_ARRAY_PUSH(edit->warnings, const char *) =
            apr_psprintf(edit->pool, "certificate '%s' of the document has another %s than file '%s': 'lyncadm "
                         "certificate refresh %s' takes it from the file", certificate->name, field->name,
                         certificate->chain, certificate->name);
}

static const lync_err_t *take_change(lyncadm_edit_t *edit, lyncadm_import_t *import)
{
    int change = 0;

    LYNC_TRY(lync_store_draft_change(edit->store, &change, edit->pool));
    if (import->change >= 0 && import->change != change)
        return lync_err(edit->pool, "the draft was edited meanwhile, by change %d: import again", change);
    import->change = change;
    return NULL;
}

static int asks(const lyncadm_t *adm)
{
    return isatty(STDIN_FILENO) && !lyncadm_given(adm, "yes") && !adm->dry_run;
}

static const lync_err_t *refuse_removal(lyncadm_edit_t *edit, const lyncadm_import_t *import)
{
    const lync_difference_t *first = NULL;
    int i, n = 0;

    for (i = import->differences->nelts - 1; i >= 0; --i) {
        const lync_difference_t *d = &APR_ARRAY_IDX(import->differences, i, lync_difference_t);

        if (!d->after && ++n)
            first = d;
    }
    if (!n || lyncadm_given(edit->adm, "yes") || edit->adm->dry_run || asks(edit->adm))
        return NULL;
    return lync_err(edit->pool, "%s '%s' lacks %s '%s'%s of the draft: --yes removes %s, --%s keeps %s, --dry-run "
                    "shows what would be done", import->what, import->name, lyncadm_noun_word(edit->pool, first->noun),
                    lync_row_label(edit->pool, first->noun, first->before),
                    n > 1 ? apr_psprintf(edit->pool, " and %d more rows", n - 1) : "", n > 1 ? "them" : "it",
                    import->keep, n > 1 ? "them" : "it");
}

static const lync_err_t *make_equal(lyncadm_edit_t *edit, void *data)
{
    lyncadm_import_t *import = data;
    int i;

    LYNC_TRY(take_change(edit, import));
    edit->elsewhere = import->elsewhere;
    LYNC_TRY(import->wanted(edit, import));
    import->differences = lync_model_diff(edit->model, import->model, edit->pool);
    /* before the check: a row that is made may wait */
    lyncadm_progress_begin("noting changes", import->differences->nelts);
    for (i = 0; i < import->differences->nelts; ++i, lyncadm_progress_step(1))
        note(edit, &APR_ARRAY_IDX(import->differences, i, lync_difference_t));
    LYNC_TRY(lyncadm_edit_check(edit, import->model));
    if (import->keep)
        LYNC_TRY(refuse_removal(edit, import));
    return lync_store_write(edit->store, import->differences, edit->pool);
}

/* "2 added, 1 set" */
static const char *count(const lyncadm_import_t *import, apr_pool_t *p)
{
    static const char *const done[] = { "added", "set", "removed" };
    int n[] = { 0, 0, 0 }, i;
    const char *text = "";

    for (i = 0; i < import->differences->nelts; ++i) {
        const lync_difference_t *d = &APR_ARRAY_IDX(import->differences, i, lync_difference_t);

        ++n[!d->before ? 0 : d->after ? 1 : 2];
    }
    for (i = 0; i < 3; ++i) {
        if (n[i])
            text = apr_psprintf(p, "%s%s%d %s", text, *text ? ", " : "", n[i], done[i]);
    }
    return text;
}

static void tell_end(lyncadm_t *adm, const lyncadm_import_t *import)
{
    if (adm->format != LYNCADM_TABLE || adm->dry_run)
        return;
    if (import->differences->nelts)
        lyncadm_tell("the draft is as %s '%s' has it: %s", import->what, import->name, count(import, adm->pool));
    else
        lyncadm_tell("the draft is already as %s '%s' has it", import->what, import->name);
}

const lync_err_t *lyncadm_import_tell(lyncadm_edit_t *edit, const lyncadm_rows_t *const *all,
                                      const char *const *headings, int count)
{
    apr_array_header_t *tables = apr_array_make(edit->pool, count, sizeof(const lyncadm_rows_t *));
    apr_array_header_t *titles = apr_array_make(edit->pool, count, sizeof(const char *));
    int i;

    for (i = 0; i < count; ++i) {
        if (lyncadm_rows_empty(all[i]) && edit->adm->format == LYNCADM_TABLE)
            continue;
        APR_ARRAY_PUSH(tables, const lyncadm_rows_t *) = all[i];
        APR_ARRAY_PUSH(titles, const char *) = headings[i];
    }
    lyncadm_edit_warn(edit);
    LYNC_TRY(lyncadm_tables_print(edit->adm, tables, titles));
    if (edit->adm->format == LYNCADM_TABLE)
        lyncadm_tell("%s", "");
    return NULL;
}

static const lync_err_t *ask(lyncadm_t *adm, const lyncadm_import_t *import)
{
    if (lyncadm_ask("make the draft so (%s)?", count(import, adm->pool)))
        return NULL;
    return lync_err(adm->pool, "the draft stays as it was");
}

const lync_err_t *lyncadm_import_run(lyncadm_t *adm, lyncadm_import_t *import)
{
    int trial = asks(adm);
    lyncadm_edit_t edit;

    import->change = -1;
    LYNC_TRY(lyncadm_edit_run(&edit, adm, trial || adm->dry_run, make_equal, import));          /* 2 */
    LYNC_TRY(import->tell ? import->tell(&edit, import) : lyncadm_edit_tell(&edit));
    if (trial && import->differences->nelts) {
        LYNC_TRY(ask(adm, import));                                                             /* 3 */
        LYNC_TRY(lyncadm_edit_run(&edit, adm, 0, make_equal, import));                          /* 4 */
    }
    tell_end(adm, import);
    return NULL;
}

static const lync_err_t *of_document(lyncadm_edit_t *edit, lyncadm_import_t *import)
{
    int i;

    for (i = 0; i < import->model->rows[LYNC_CERTIFICATE]->nelts; ++i)
        compare_facts(edit, LYNC_ROW(import->model, LYNC_CERTIFICATE, i));
    return NULL;
}

const lync_err_t *lyncadm_import(lyncadm_t *adm)
{
    lyncadm_import_t import = { .what = "document", .wanted = of_document, .elsewhere = 1 };
    apr_size_t length;
    char *text;

    LYNC_TRY(lyncadm_one_word(adm, "a document", &import.name));
    LYNC_TRY(lyncadm_import_read(import.name, DOCUMENT_LIMIT, &text, &length, adm->pool));
    LYNC_TRY(lyncadm_document_read(text, length, import.name, &import.model, adm->pool));       /* 1 */
    return lyncadm_import_run(adm, &import);
}
