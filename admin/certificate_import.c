#include <apr_file_info.h>
#include <apr_strings.h>
#include <openssl/x509v3.h>
#include <string.h>

#include "bundle.h"
#include "certificate.h"
#include "certificate_command.h"
#include "deposit.h"
#include "who.h"

/* lyncadm certificate import: what administrators have, laid down and put into the draft. */

#define PASSWORD_OPTION "password-fd"

void lyncadm_certificate_import_options(apr_array_header_t *options)
{
    lyncadm_option(options, "name", "NAME", "name of the certificate in the store; one of that name is renewed");
    lyncadm_option(options, "pool", "POOL", "the files are trust anchors of this pool, not a certificate to present");
    lyncadm_option(options, PASSWORD_OPTION, "N", "read the password of the files from file descriptor N, a line for "
                   "each file that needs one (asked for unless given)");
    deposit_options(options, LYNCADM_DIRECTORY);
    lyncadm_edit_options(options);
}

static const lync_err_t *ask(void *data, const char *path, apr_pool_t *p, const char **password)
{
    return lyncadm_password(data, path, PASSWORD_OPTION, p, password);
}

/* Of the files, separated by ':'. NULL: they cannot be read again as they are. */
static const char *source_of(const bundle_t *bundle, const apr_array_header_t *files)
{
    const char *source = NULL;
    int i;

    for (i = 0; i < files->nelts; ++i) {
        const char *file = APR_ARRAY_IDX(files, i, const char *);

        if (bundle->asked || strchr(file, ':'))
            return NULL;
        source = apr_pstrcat(bundle->pool, source ? source : "", source ? ":" : "", file, NULL);
    }
    return source;
}

static const lync_err_t *find_key(import_t *import, X509 *leaf)
{
    EVP_PKEY *key = bundle_key(import->bundle, leaf);
    const char *path;
    apr_finfo_t info;

    if (key)
        return deposit_key(import->deposit, key, &import->row.key);
    LYNC_TRY(deposit_key_path(import->deposit, X509_get0_pubkey(leaf), &path));
    import->row.key = path;
    if (apr_stat(&info, path, APR_FINFO_TYPE, import->bundle->pool) == APR_SUCCESS)
        return NULL;
    return lync_err(import->bundle->pool, "there is no key for certificate '%s': name the key's file as well, unless "
                    "'lyncadm certificate request' made it, which keeps it in '%s/keys'", import->row.subject,
                    import->deposit->directory);
}

const lync_err_t *lyncadm_certificate_take(import_t *import, const apr_array_header_t *files)
{
    apr_pool_t *p = import->bundle->pool;
    X509 *leaf;
    int i;

    for (i = 0; i < files->nelts; ++i)
        LYNC_TRY(bundle_read(import->bundle, APR_ARRAY_IDX(files, i, const char *)));
    LYNC_TRY(bundle_leaf(import->bundle, &leaf));
    import->row.subject = lync_certificate_name(X509_get_subject_name(leaf), p);
    LYNC_TRY(find_key(import, leaf));
    LYNC_TRY(deposit_pem(import->deposit, "certificates", lync_certificate_fingerprint(leaf, p),
                         bundle_chain(import->bundle, leaf, &import->spare, p), &import->row.chain));
    import->row.source = source_of(import->bundle, files);
    return lync_certificate_adopt(&import->row, p);
}

const lync_err_t *lyncadm_certificate_put(lyncadm_edit_t *edit, const import_t *import)
{
    const lync_noun_t *noun = lync_noun(LYNC_CERTIFICATE);
    const lync_certificate_t *old = lync_model_find(edit->model, LYNC_CERTIFICATE, import->row.name);
    lync_certificate_t *row = lync_row_copy(edit->pool, noun, &import->row);
    int i;

    for (i = 0; import->spare && i < import->spare->nelts; ++i)
        APR_ARRAY_PUSH(edit->warnings, const char *) =
            apr_psprintf(edit->pool, "certificate '%s' was left out: it is not in the chain of '%s'",
                         APR_ARRAY_IDX(import->spare, i, const char *), row->name);
    return old ? lyncadm_edit_set(edit, noun, old, row) : lyncadm_edit_add(edit, noun, row);
}

static const lync_err_t *put(lyncadm_edit_t *edit, void *data)
{
    return lyncadm_certificate_put(edit, data);
}

import_t *lyncadm_certificate_importing(lyncadm_t *adm, const char *name)
{
    import_t *import = apr_pcalloc(adm->pool, sizeof(*import));

    import->row.name = name;
    import->bundle = bundle_new(ask, adm, adm->pool);
    import->deposit = deposit_open(adm);
    return import;
}

const lync_err_t *lyncadm_certificate_undo(const lyncadm_t *adm, deposit_t *deposit, const lync_err_t *err)
{
    if (err || adm->dry_run)
        deposit_undo(deposit);
    return err;
}

static const lync_err_t *import_certificate(lyncadm_t *adm, const apr_array_header_t *files)
{
    const lync_noun_t *noun = lync_noun(LYNC_CERTIFICATE);
    import_t *import = lyncadm_certificate_importing(adm, NULL);
    const lync_err_t *err;

    LYNC_TRY(lyncadm_bad_value(adm, lync_row_set(adm->pool, noun, lync_field(noun, "name"), &import->row,
                                                 lyncadm_given(adm, "name"))));
    err = lyncadm_certificate_take(import, files);
    if (!err)
        err = lyncadm_edit(adm, put, import);
    return lyncadm_certificate_undo(adm, import->deposit, err);
}

/* Trust anchors of a pool */

typedef struct anchors_t {
    const char *pool, *file;
} anchors_t;

static const lync_err_t *put_anchors(lyncadm_edit_t *edit, void *data)
{
    const anchors_t *anchors = data;
    const lync_noun_t *noun = lync_noun(LYNC_POOL);
    const lync_pool_t *old = lync_model_find(edit->model, LYNC_POOL, anchors->pool);
    lync_pool_t *new;

    if (!old)
        return lync_err(edit->pool, "there is no pool '%s'", anchors->pool);
    new = lync_row_copy(edit->pool, noun, old);
    new->ca = anchors->file;
    return lyncadm_edit_set(edit, noun, old, new);
}

/* An anchor that is no CA's would never be one: most likely the server's own certificate was taken. */
static const lync_err_t *refuse_leaves(const bundle_t *bundle)
{
    int i;

    if (bundle->keys->nelts)
        return lync_err(bundle->pool, "trust anchors have no private key: leave its file out");
    for (i = 0; i < sk_X509_num(bundle->certificates); ++i) {
        X509 *certificate = sk_X509_value(bundle->certificates, i);

        if (!X509_check_ca(certificate) && !lync_certificate_issued(certificate, certificate))
            return lync_err(bundle->pool, "certificate '%s' is no CA's: trust anchors are the root certificates that "
                            "issued the pool's, such as '%s'",
                            lync_certificate_name(X509_get_subject_name(certificate), bundle->pool),
                            lync_certificate_name(X509_get_issuer_name(certificate), bundle->pool));
    }
    return NULL;
}

static const lync_err_t *lay_anchors(lyncadm_t *adm, const apr_array_header_t *files, deposit_t *deposit,
                                     const char **file)
{
    bundle_t *bundle = bundle_new(ask, adm, adm->pool);
    int i;

    for (i = 0; i < files->nelts; ++i)
        LYNC_TRY(bundle_read(bundle, APR_ARRAY_IDX(files, i, const char *)));
    LYNC_TRY(refuse_leaves(bundle));
    return deposit_pem(deposit, "anchors",
                       lync_certificate_fingerprint(sk_X509_value(bundle->certificates, 0), adm->pool),
                       bundle_pem(bundle->certificates, adm->pool), file);
}

static const lync_err_t *import_anchors(lyncadm_t *adm, const apr_array_header_t *files)
{
    const lync_noun_t *noun = lync_noun(LYNC_POOL);
    lync_pool_t pool = { 0 };
    deposit_t *deposit = deposit_open(adm);
    anchors_t anchors;
    const lync_err_t *err;

    LYNC_TRY(lyncadm_bad_value(adm, lync_row_set(adm->pool, noun, lync_field(noun, "name"), &pool,
                                                 lyncadm_given(adm, "pool"))));
    anchors.pool = pool.name;
    err = lay_anchors(adm, files, deposit, &anchors.file);
    if (!err)
        err = lyncadm_edit(adm, put_anchors, &anchors);
    return lyncadm_certificate_undo(adm, deposit, err);
}

const lync_err_t *lyncadm_certificate_import(lyncadm_t *adm)
{
    apr_array_header_t *files = apr_array_make(adm->pool, 4, sizeof(const char *));
    int i;

    if (!adm->words->nelts)
        return lyncadm_usage(adm, "a file is missing: usage is 'lyncadm certificate import %s'",
                             adm->command->synopsis);
    if (!lyncadm_given(adm, "name") == !lyncadm_given(adm, "pool"))
        return lyncadm_usage(adm, "either --name or --pool is needed: the certificate's name in the store, or the pool "
                             "whose trust anchors the files are");
    for (i = 0; i < adm->words->nelts; ++i)
        APR_ARRAY_PUSH(files, const char *) = lyncadm_absolute(adm->pool, APR_ARRAY_IDX(adm->words, i, const char *));
    return lyncadm_given(adm, "name") ? import_certificate(adm, files) : import_anchors(adm, files);
}
