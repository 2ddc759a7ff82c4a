#include <apr_signal.h>
#include <apr_strings.h>
#include <stdio.h>
#include <string.h>

#include "control.h"
#include "deposit.h"
#include "file.h"
#include "request.h"

void request_options(apr_array_header_t *options)
{
    lyncadm_option(options, "output", "FILE", "write the request to this file; - is standard output (unless given)");
    APR_ARRAY_IDX(options, options->nelts - 1, lyncadm_option_t).is_file = 1;
    lyncadm_option(options, "force", NULL, "replace a file that is there");
    lyncadm_option(options, "listener", "NAME", "only for the names of this listener (of all https ones unless given)");
    lyncadm_option(options, "name", "NAME", "for the names that this certificate is presented for, also those bound by "
                   "name (for those of listeners' defaults unless given)");
    lyncadm_option(options, "host", "HOST", "a further name, published or not yet; *.DOMAIN too; repeatable");
    APR_ARRAY_IDX(options, options->nelts - 1, lyncadm_option_t).is_list = 1;
    lyncadm_option(options, "common-name", "HOST", "the common name (the external name of the first pool, else "
                   "Director, unless given)");
    request_csr_options(options);
    deposit_options(options, LYNCADM_DIRECTORY);
    lyncadm_option(options, "dry-run", NULL, "say what would be requested, and make no file");
}

/* NULL: standard output. */
static const lync_err_t *take_output(lyncadm_t *adm, const char **file)
{
    *file = lyncadm_given(adm, "output");
    if (*file && !**file)
        return lyncadm_usage(adm, "option '--output' needs a file name");
    if (*file && !strcmp(*file, "-"))
        *file = NULL;
    if (!*file && adm->format != LYNCADM_TABLE && !adm->dry_run)
        return lyncadm_usage(adm, "a request has no --json or --tsv form: with --output FILE it is told of in one");
    return *file ? lyncadm_new_file(adm, "write", *file) : NULL;
}

/* A reader that is gone must not end the program before the key is taken away. */
static const lync_err_t *print(lyncadm_t *adm, const char *text)
{
    apr_signal(SIGPIPE, SIG_IGN);
    if (fputs(text, stdout) < 0 || fflush(stdout))
        return lync_err(adm->pool, "cannot write to standard output");
    return NULL;
}

/* The key first: a request without its key is worth nothing, and neither is a key that nobody asked to certify. */
static const lync_err_t *lay_down(lyncadm_t *adm, const request_t *request, const char *file, const char **key)
{
    deposit_t *deposit = deposit_open(adm);
    const lync_err_t *err = deposit_key(deposit, request->key, key);

    if (!err)
        err = file ? lync_file_write(file, request->pem, lyncadm_given(adm, "force") != NULL, adm->pool)
                   : print(adm, request->pem);
    if (err)
        deposit_undo(deposit);
    return err;
}

/* For people; beside the request itself, if that is on standard output. */
static void tell(lyncadm_t *adm, const request_t *request, const char *file, const char *key)
{
    void (*line)(const char *, ...) = file || adm->dry_run ? lyncadm_tell : lyncadm_say;
    apr_pool_t *p = adm->pool;

    line("request for '%s', %s, with the names %s", request->subject, request->key_type,
         apr_array_pstrcat(p, request->names, ' '));
    if (request->left_out->nelts)
        line("without %s: another certificate is bound for each by name", apr_array_pstrcat(p, request->left_out, ' '));
    if (adm->dry_run)
        return;
    if (file)
        line("wrote the request to '%s': a CA wants it", file);
    line("laid the key down in '%s': 'lyncadm certificate import' finds it when it gets the CA's answer", key);
}

static const lync_err_t *report(lyncadm_t *adm, const request_t *request, const char *file, const char *key)
{
    static const char *const columns[] = { "subject", "names", "left_out", "key_type", "key", "request" };
    apr_pool_t *p = adm->pool;
    const char *cells[] = { request->subject, apr_array_pstrcat(p, request->names, ' '),
                            request->left_out->nelts ? apr_array_pstrcat(p, request->left_out, ' ') : NULL,
                            request->key_type, key, adm->dry_run ? NULL : file };
    lyncadm_rows_t *rows = lyncadm_rows(p);
    apr_size_t i;

    if (adm->dry_run)
        lyncadm_say("dry run: no key and no request were made");
    if (adm->format == LYNCADM_TABLE) {
        tell(adm, request, file, key);
        return NULL;
    }
    for (i = 0; i < sizeof(columns) / sizeof(columns[0]); ++i)
        lyncadm_rows_column(rows, columns[i], LYNCADM_CELL_TEXT);
    lyncadm_rows_add(rows, cells);
    return lyncadm_rows_print(adm, rows, 0);
}

const lync_err_t *lyncadm_certificate_request(lyncadm_t *adm)
{
    request_t request = { .common_name = NULL };
    const char *file, *key = NULL;
    lync_model_t *model;

    LYNC_TRY(lyncadm_no_words(adm));
    LYNC_TRY(take_output(adm, &file));
    LYNC_TRY(lyncadm_read_draft(adm, &model));
    LYNC_TRY(request_names(adm, model, &request));
    LYNC_TRY(request_make(adm, &request));
    if (!adm->dry_run)
        LYNC_TRY(lay_down(adm, &request, file, &key));
    return report(adm, &request, file, key);
}
