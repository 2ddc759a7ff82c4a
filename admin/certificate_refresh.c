#include <apr_file_info.h>
#include <apr_strings.h>
#include <string.h>

#include "certificate.h"
#include "certificate_command.h"
#include "file.h"
#include "who.h"

/* lyncadm certificate refresh: what another tool has put in the place of a certificate's files becomes a change. */

void lyncadm_certificate_refresh_options(apr_array_header_t *options)
{
    deposit_options(options, "where each one was");
    lyncadm_edit_options(options);
}

apr_array_header_t *lyncadm_certificate_source(const lync_certificate_t *certificate, apr_pool_t *p)
{
    apr_array_header_t *files = apr_array_make(p, 2, sizeof(const char *));
    char *last, *word;

    for (word = apr_strtok(apr_pstrdup(p, certificate->source ? certificate->source : ""), ":", &last); word;
         word = apr_strtok(NULL, ":", &last))
        APR_ARRAY_PUSH(files, const char *) = word;
    return files;
}

/* An import as it is to be afterwards. */
static const lync_err_t *read_again(lyncadm_t *adm, const lync_certificate_t *certificate, import_t **result)
{
    import_t *import = lyncadm_certificate_importing(adm, certificate->name);

    *result = import;
    if (certificate->source) {
        import->bundle->ask = NULL;
        if (!lyncadm_given(adm, "directory"))       /* beside what it has: DIRECTORY/certificates/FINGERPRINT.pem */
            import->deposit->directory = lync_file_directory(lync_file_directory(certificate->chain, adm->pool),
                                                             adm->pool);
        return lyncadm_certificate_take(import, lyncadm_certificate_source(certificate, adm->pool));
    }
    import->row = *certificate;
    return lync_certificate_adopt(&import->row, adm->pool);
}

/* Whether one of the files that it was imported from is there no more: they have served their turn. */
static int is_source_gone(const lync_certificate_t *certificate, apr_pool_t *p)
{
    const apr_array_header_t *files = lyncadm_certificate_source(certificate, p);
    apr_finfo_t info;
    int i;

    for (i = 0; i < files->nelts; ++i)
        if (APR_STATUS_IS_ENOENT(apr_stat(&info, APR_ARRAY_IDX(files, i, const char *), APR_FINFO_TYPE, p)))
            return 1;
    return 0;
}

static int is_named(const lyncadm_t *adm, const char *name)
{
    int i;

    for (i = 0; i < adm->words->nelts; ++i)
        if (!strcmp(APR_ARRAY_IDX(adm->words, i, const char *), name))
            return 1;
    return !adm->words->nelts;
}

/* What deposits has laid down is the caller's to take away. */
static const lync_err_t *refresh_one(lyncadm_edit_t *edit, const lync_certificate_t *certificate,
                                     apr_array_header_t *deposits)
{
    const lync_err_t *err;
    import_t *import;

    if (certificate->managed)
        return lync_err(edit->pool, "certificate '%s' is managed by mod_md, which renews it: there is nothing to refresh",
                        certificate->name);
    err = read_again(edit->adm, certificate, &import);
    APR_ARRAY_PUSH(deposits, deposit_t *) = import->deposit;
    if (err)
        return lync_err(edit->pool, "certificate '%s': %s", certificate->name, err->sentence);
    return lyncadm_certificate_put(edit, import);
}

/* Of all that were not named only those that another tool can have renewed. */
static int is_left(lyncadm_edit_t *edit, const lync_certificate_t *certificate)
{
    if (certificate->managed || !is_source_gone(certificate, edit->pool))
        return certificate->managed != NULL;
    APR_ARRAY_PUSH(edit->warnings, const char *) =
        apr_psprintf(edit->pool, "certificate '%s' was left as it is: the files that it was imported from are gone",
                     certificate->name);
    return 1;
}

static const lync_err_t *refresh(lyncadm_edit_t *edit, void *data)
{
    const apr_array_header_t *rows = edit->model->rows[LYNC_CERTIFICATE], *words = edit->adm->words;
    int i;

    for (i = 0; i < words->nelts; ++i)
        if (!lync_model_find(edit->model, LYNC_CERTIFICATE, APR_ARRAY_IDX(words, i, const char *)))
            return lync_err(edit->pool, "there is no certificate '%s'", APR_ARRAY_IDX(words, i, const char *));
    for (i = 0; i < rows->nelts; ++i) {
        const lync_certificate_t *certificate = APR_ARRAY_IDX(rows, i, const lync_certificate_t *);

        if (is_named(edit->adm, certificate->name) && (words->nelts || !is_left(edit, certificate)))
            LYNC_TRY(refresh_one(edit, certificate, data));
    }
    return NULL;
}

const lync_err_t *lyncadm_certificate_refresh(lyncadm_t *adm)
{
    apr_array_header_t *deposits = apr_array_make(adm->pool, 4, sizeof(deposit_t *));
    const lync_err_t *err = lyncadm_edit(adm, refresh, deposits);
    int i;

    for (i = 0; i < deposits->nelts; ++i)
        err = lyncadm_certificate_undo(adm, APR_ARRAY_IDX(deposits, i, deposit_t *), err);
    return err;
}
