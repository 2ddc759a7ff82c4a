#include "mod_lync.h"

#include <apr_file_io.h>
#include <apr_strings.h>
#include <http_core.h>

#include "certificate.h"
#include "rows.h"

/*
 * What is served leaves a file in the runtime directory: listeners, bindings, names, and the
 * certificates as they were loaded. A start with LyncStoreFailure keep-serving that cannot read the
 * store knows by it which names to answer with 503, rather than leave them to whichever site is the
 * default; lyncadm tells by it which certificates are on disk and not loaded yet.
 */

static const lync_noun_id_t kept[] = { LYNC_TLS_POLICY, LYNC_LISTENER, LYNC_BINDING };

/* Just after mod_ssl has read them, so these are the ones. */
static void read_certificates(lync_snapshot_t *snapshot, apr_pool_t *p, apr_pool_t *scratch)
{
    int i;

    snapshot->loaded = apr_array_make(p, 4, sizeof(const lync_certificate_t *));
    for (i = 0; i < snapshot->model->rows[LYNC_CERTIFICATE]->nelts; ++i) {
        const lync_certificate_t *certificate = LYNC_ROW(snapshot->model, LYNC_CERTIFICATE, i);
        lync_certificate_t loaded = { .name = certificate->name, .chain = certificate->chain,
                                      .key = certificate->key, .managed = certificate->managed };

        if (lync_quarantined(snapshot, certificate) || lync_certificate_read(&loaded, scratch))
            loaded.fingerprint = NULL;
        if (certificate->managed)
            loaded.names = certificate->managed;
        APR_ARRAY_PUSH(snapshot->loaded, const lync_certificate_t *) =
            lync_row_copy(p, lync_noun(LYNC_CERTIFICATE), &loaded);
    }
}

/* Of the routes only the names; they come by listener and host. */
static void write_hosts(apr_file_t *file, const lync_model_t *model, apr_pool_t *p)
{
    const lync_route_t *last = NULL;
    int i;

    for (i = 0; i < model->rows[LYNC_ROUTE]->nelts; ++i) {
        const lync_route_t *route = LYNC_ROW(model, LYNC_ROUTE, i);
        lync_route_t *name;

        if (last && !strcmp(last->listener, route->listener) && !strcmp(last->host, route->host))
            continue;
        last = route;
        name = lync_row_new(p, lync_noun(LYNC_ROUTE));
        name->listener = route->listener;
        name->host = route->host;
        name->action = "refuse";
        lync_rows_write(file, lync_noun(LYNC_ROUTE), name, p);
    }
}

static apr_status_t write_names(const char *path, const lync_snapshot_t *snapshot, apr_pool_t *p)
{
    char *temporary = apr_pstrcat(p, path, ".XXXXXX", NULL);
    const lync_model_t *model = snapshot->model;
    apr_file_t *file;
    apr_status_t rv;
    apr_size_t i;
    int j;

    rv = apr_file_mktemp(&file, temporary, APR_CREATE | APR_EXCL | APR_WRITE | APR_BUFFERED, p);
    if (rv != APR_SUCCESS)
        return rv;
    for (j = 0; j < snapshot->loaded->nelts; ++j)
        lync_rows_write(file, lync_noun(LYNC_CERTIFICATE), LYNC_ITEM(snapshot->loaded, lync_certificate_t *, j), p);
    for (i = 0; i < sizeof(kept) / sizeof(*kept); ++i)
        for (j = 0; j < model->rows[kept[i]]->nelts; ++j)
            lync_rows_write(file, lync_noun(kept[i]), LYNC_ROW(model, kept[i], j), p);
    write_hosts(file, model, p);
    rv = apr_file_close(file);
    if (rv == APR_SUCCESS)
        rv = apr_file_perms_set(temporary, APR_FPROT_UREAD | APR_FPROT_UWRITE | APR_FPROT_GREAD | APR_FPROT_WREAD);
    if (rv == APR_SUCCESS)
        rv = apr_file_rename(temporary, path, p);
    if (rv != APR_SUCCESS)
        apr_file_remove(temporary, p);
    return rv;
}

static int post_config(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp, server_rec *s)
{
    lync_snapshot_t *snapshot = lync_config_snapshot();
    const char *path = ap_runtime_dir_relative(ptemp, LYNC_NAMES_FILE);
    apr_status_t rv;

    (void)plog;
    if (!snapshot || ap_state_query(AP_SQ_MAIN_STATE) != AP_SQ_MS_CREATE_CONFIG)
        return OK;
    if (snapshot->model)
        read_certificates(snapshot, pconf, ptemp);
    if (snapshot->withheld)
        return OK;
    rv = snapshot->model ? write_names(path, snapshot, ptemp) : apr_file_remove(path, ptemp);
    if (rv != APR_SUCCESS && !APR_STATUS_IS_ENOENT(rv))
        ap_log_error(APLOG_MARK, APLOG_WARNING, rv, s, LYNCNO(0036) "cannot write '%s': a start that cannot read the "
                     "store will not know Lync's names", path);
    return OK;
}

/* Held against the rule book as the store is, so that whoever goes on with it may rely on it. */
lync_model_t *lync_names_read(apr_pool_t *p)
{
    lync_model_t *model;

    if (lync_rows_read(&model, ap_runtime_dir_relative(p, LYNC_NAMES_FILE), p))
        return NULL;
    return lync_check_refusal(lync_check(model, p), LYNC_NAMES_FILE, p) ? NULL : model;
}

int lync_names_left(apr_pool_t *p)
{
    apr_finfo_t info;

    return apr_stat(&info, ap_runtime_dir_relative(p, LYNC_NAMES_FILE), APR_FINFO_TYPE, p) == APR_SUCCESS;
}

void lync_names_register(apr_pool_t *p)
{
    (void)p;
    ap_hook_post_config(post_config, NULL, NULL, APR_HOOK_REALLY_LAST);
}
