#include <apr_strings.h>
#include <stdio.h>
#include <string.h>

#include "document.h"
#include "file.h"
#include "hash.h"
#include "lyncadm.h"

/* The revision that was asked for; else the active one, or the draft while there is none. */
static const lync_err_t *take_revision(lyncadm_t *adm, lync_store_t *store, int *revision)
{
    if (adm->words->nelts)
        return lyncadm_revision_named(adm, store, APR_ARRAY_IDX(adm->words, 0, const char *), revision);
    return lync_store_active(store, revision, adm->pool);
}

static const lync_err_t *report(lyncadm_t *adm, int revision, const char *file, const char *hash)
{
    lyncadm_rows_t *rows = lyncadm_rows(adm->pool);
    const char *cells[] = { apr_itoa(adm->pool, revision), file, hash };

    if (adm->dry_run)
        lyncadm_say("dry run: the file was not written");
    if (adm->format == LYNCADM_TABLE) {
        lyncadm_tell("exported %s to '%s', hash %s", revision == LYNC_DRAFT ? "the draft"
                     : apr_psprintf(adm->pool, "revision %d", revision), file, hash);
        return NULL;
    }
    lyncadm_rows_column(rows, "revision", LYNCADM_CELL_INTEGER);
    lyncadm_rows_column(rows, "file", LYNCADM_CELL_TEXT);
    lyncadm_rows_column(rows, "hash", LYNCADM_CELL_TEXT);
    lyncadm_rows_add(rows, cells);
    return lyncadm_rows_print(adm, rows, 0);
}

const lync_err_t *lyncadm_export(lyncadm_t *adm)
{
    const char *file = lyncadm_given(adm, "output"), *text;
    char hash[LYNC_HASH_SIZE];
    lync_store_t *store = NULL;
    lync_model_t *model;
    int revision = LYNC_DRAFT;

    LYNC_TRY(lyncadm_at_most(adm, 1));
    if (file && !*file)
        return lyncadm_usage(adm, "option '--output' needs a file name");
    if (file && !strcmp(file, "-"))
        file = NULL;
    if (!file && adm->format == LYNCADM_TSV)
        return lyncadm_usage(adm, "a document has no --tsv form: with --output FILE it is told of in one");
    LYNC_TRY(lyncadm_open(adm, 0, &store));
    LYNC_TRY(take_revision(adm, store, &revision));
    LYNC_TRY(lync_store_read(store, revision, &model, adm->pool));
    LYNC_TRY(lyncadm_document(model, &text, adm->pool));
    if (!file) {
        fputs(text, stdout);
        return NULL;
    }
    LYNC_TRY(lync_hash(hash, text, adm->pool));
    if (!adm->dry_run)
        LYNC_TRY(lync_file_write(file, text, 1, adm->pool));
    return report(adm, revision, file, hash);
}
