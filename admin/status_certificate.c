#include <apr_strings.h>
#include <string.h>

#include "certificate.h"
#include "certificate_command.h"
#include "control.h"
#include "lyncadm.h"
#include "managed.h"
#include "rows.h"

/* The certificates of the active revision: as they are on disk, as httpd has loaded them, and as they were
 * when the revision was made. */

#define OTHER "another is on disk than is loaded"

static int same(const char *a, const char *b)
{
    return a && b && !strcmp(a, b);
}

/* What the files that it was imported from hold now, told when it is another certificate. */
static const char *at_source(const lync_certificate_t *certificate, apr_pool_t *p)
{
    apr_array_header_t *files = lyncadm_certificate_source(certificate, p);
    bundle_t *bundle = bundle_new(NULL, NULL, p);
    X509 *leaf = NULL;
    int i;

    for (i = 0; i < files->nelts; ++i)
        if (bundle_read(bundle, APR_ARRAY_IDX(files, i, const char *)))
            return NULL;        /* they have served their turn */
    if (!files->nelts || bundle_leaf(bundle, &leaf)
        || same(lync_certificate_fingerprint(leaf, p), certificate->fingerprint))
        return NULL;
    return apr_psprintf(p, "another is in the files that it was imported from: 'lyncadm certificate refresh %s' takes it "
                        "into the draft", certificate->name);
}

/* What there is to say, or NULL when all three are the same. */
static const char *difference(const lync_certificate_t *certificate, const lync_certificate_t *disk,
                              const lync_certificate_t *loaded, apr_pool_t *p)
{
    if (loaded && !same(disk->fingerprint, loaded->fingerprint))
        return loaded->fingerprint ? OTHER ": reload httpd"
               : "it was unusable when httpd loaded it: reload httpd";
    if (!same(disk->fingerprint, certificate->fingerprint))
        return apr_psprintf(p, "another is on disk than the revision was made with: 'lyncadm certificate "
                            "refresh %s' takes it into the draft", certificate->name);
    return at_source(certificate, p);
}

/* What went wrong when mod_md tried last, as it says, or NULL. */
static const char *managed_trouble(const lync_certificate_t *staged, apr_pool_t *p)
{
    const char *directory = apr_pstrmemdup(p, staged->chain, strlen(staged->chain) - strlen(LYNC_MANAGED_CHAIN));
    json_t *job = json_load_file(apr_pstrcat(p, directory, "job.json", NULL), 0, NULL);
    const char *detail = lyncadm_json_text(json_object_get(job, "last"), "detail");
    int failed = json_integer_value(json_object_get(job, "errors")) > 0;

    detail = failed ? apr_pstrdup(p, detail) : NULL;
    json_decref(job);
    return detail;
}

/* Of one that mod_md sees to: what it has got waits for a reload. */
static const char *managed_state(const lync_certificate_t *certificate, const lync_certificate_t *disk,
                                 const lync_certificate_t *loaded, apr_pool_t *p)
{
    lync_certificate_t *staged = lync_managed_staged(certificate, p);
    const lync_err_t *ignored = lync_certificate_read(staged, p);
    const char *trouble = managed_trouble(staged, p);

    (void)ignored;      /* mostly none waits */
    if (staged->fingerprint && !same(staged->fingerprint, disk->fingerprint))
        return disk->fingerprint ? "mod_md has renewed it: reload httpd" : "mod_md has obtained it: reload httpd";
    if (!disk->fingerprint)
        return lync_managed_is_there(certificate, p) ? NULL
               : apr_pstrcat(p, "mod_md has not obtained it yet", trouble ? ": " : "", trouble, NULL);
    return loaded && !same(disk->fingerprint, loaded->fingerprint) ? OTHER ": reload httpd"
           : NULL;
}

static const char *expiry_of(const lync_certificate_t *disk)
{
    return lync_certificate_expiry(lync_certificate_time(disk->not_after), apr_time_now());
}

static void mark(lyncadm_rows_t *rows, const char *expiry, const char *state, int loaded)
{
    if (expiry)
        lyncadm_rows_mark(rows, "not_after", !strcmp(expiry, "expired") ? LYNCADM_BAD : LYNCADM_WARN);
    lyncadm_rows_mark(rows, "state", state ? LYNCADM_BAD : loaded ? LYNCADM_GOOD : LYNCADM_PLAIN);
}

/* What is served is what the store says all the same: no drift. */
static void warn(const lync_certificate_t *disk, const char *expiry)
{
    if (expiry)
        lyncadm_say("warning: certificate '%s' %s on %.10s", disk->name, !strcmp(expiry, "expired") ? expiry : "expires",
                    disk->not_after);
}

static void add(lyncadm_rows_t *rows, const lync_certificate_t *certificate, const lync_certificate_t *loaded,
                int *drift, apr_pool_t *p)
{
    lync_certificate_t disk = { .name = certificate->name, .chain = certificate->chain, .key = certificate->key };
    const lync_err_t *err = lync_certificate_read(&disk, p);
    const char *state = certificate->managed ? managed_state(certificate, &disk, loaded, p) : NULL;
    const char *cells[] = { certificate->name, certificate->chain, err ? NULL : disk.not_after,
                            certificate->fingerprint, err ? NULL : disk.fingerprint,
                            loaded ? loaded->fingerprint : NULL, NULL };

    if (!state && err)
        state = err->sentence;
    if (!state && !certificate->managed)
        state = difference(certificate, &disk, loaded, p);
    cells[6] = state ? state : loaded ? "loaded" : "on disk";
    if (!err && !certificate->managed)
        warn(&disk, expiry_of(&disk));
    *drift |= state != NULL;
    lyncadm_rows_add(rows, cells);
    mark(rows, err ? NULL : expiry_of(&disk), state, loaded != NULL);
}

/* Nobody waits for what no listener presents. */
static void add_unbound(lyncadm_rows_t *rows, const lync_certificate_t *certificate)
{
    const char *cells[] = { certificate->name, certificate->chain, NULL, NULL, NULL, NULL,
                            "mod_md gets it when a listener presents it" };

    lyncadm_rows_add(rows, cells);
}

/* What httpd has loaded, by the file beside the served one; NULL: that is not told. */
static lync_model_t *read_loaded(const char *served, apr_pool_t *p)
{
    lync_model_t *loaded = NULL;

    if (!served || lync_rows_read(&loaded, lyncadm_runtime_file(served, LYNC_NAMES_FILE, p), p))
        return NULL;
    return loaded;
}

/* NULL: it does not. */
static const char *waits(const lync_model_t *model, const lync_certificate_t *certificate, const lync_certificate_t *loaded,
                         apr_pool_t *p)
{
    lync_certificate_t disk = { .name = certificate->name, .chain = certificate->chain, .key = certificate->key };
    const lync_err_t *err;

    if (certificate->managed && !lync_managed_is_bound(model, certificate))
        return NULL;
    err = lync_certificate_read(&disk, p);
    if (certificate->managed)
        return managed_state(certificate, &disk, loaded, p);
    if (err)
        return err->sentence;
    return loaded && !same(disk.fingerprint, loaded->fingerprint) ? OTHER : NULL;
}

const char *lyncadm_certificate_waits(const lync_model_t *model, const char *served, apr_pool_t *p)
{
    lync_model_t *loaded = read_loaded(served, p);
    int i;

    for (i = 0; loaded && i < model->rows[LYNC_CERTIFICATE]->nelts; ++i) {
        const lync_certificate_t *certificate = LYNC_ROW(model, LYNC_CERTIFICATE, i);
        const char *why = waits(model, certificate, lync_model_find(loaded, LYNC_CERTIFICATE, certificate->name), p);

        if (why)
            return apr_psprintf(p, "certificate '%s': %s", certificate->name, why);
    }
    return NULL;
}

lyncadm_rows_t *lyncadm_status_certificates(lyncadm_t *adm, const lync_model_t *model, const char *served, int *drift)
{
    static const char *const columns[] = { "name", "chain", "not_after", "fingerprint", "disk", "loaded", "state" };
    lyncadm_rows_t *rows = lyncadm_rows(adm->pool);
    lync_model_t *loaded = read_loaded(served, adm->pool);
    int i;

    lyncadm_rows_call(rows, "certificate");
    for (i = 0; i < 7; ++i)
        lyncadm_rows_column(rows, columns[i], LYNCADM_CELL_TEXT);
    for (i = 0; i < model->rows[LYNC_CERTIFICATE]->nelts; ++i) {
        const lync_certificate_t *certificate = LYNC_ROW(model, LYNC_CERTIFICATE, i);

        if (certificate->managed && !lync_managed_is_bound(model, certificate))
            add_unbound(rows, certificate);
        else
            add(rows, certificate, loaded ? lync_model_find(loaded, LYNC_CERTIFICATE, certificate->name) : NULL, drift,
                adm->pool);
    }
    return rows;
}
