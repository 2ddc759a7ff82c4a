#include "mod_lync.h"

#include <apr_strings.h>
#include <http_core.h>
#include <stdlib.h>

#include "check.h"
#include "store.h"

/* The revision that lyncadm wants to have tested before it becomes the active one. */
static const lync_err_t *wanted(int *revision, apr_pool_t *p)
{
    int mode = ap_state_query(AP_SQ_RUN_MODE);
    const char *text = mode == AP_SQ_RM_CONFIG_TEST || mode == AP_SQ_RM_CONFIG_DUMP ? getenv("LYNC_REVISION") : NULL;
    char *end;
    long number = text ? strtol(text, &end, 10) : 0;

    if (text && (!*text || *end || number < 1 || number > APR_INT32_MAX))
        return lync_err(p, "LYNC_REVISION is '%s', not the number of a revision", text);
    *revision = (int)number;
    return NULL;
}

static const lync_err_t *read_store(lync_snapshot_t *snapshot, apr_pool_t *p, apr_pool_t *scratch)
{
    lync_store_t *store;
    lync_model_t *model;
    apr_array_header_t *findings;

    LYNC_TRY(wanted(&snapshot->revision, p));
    LYNC_TRY(lync_store_open(&store, snapshot->path, scratch));
    if (!snapshot->revision)
        LYNC_TRY(lync_store_active(store, &snapshot->revision, p));
    if (!snapshot->revision)
        return NULL;
    LYNC_TRY(lync_store_read(store, snapshot->revision, &model, p));
    findings = lync_check(model, scratch);
    lync_check_files(model, findings, scratch);
    LYNC_TRY(lync_check_refusal(findings, snapshot->path, p));
    snapshot->model = model;
    return NULL;
}

const lync_err_t *lync_load(lync_snapshot_t **result, const char *path, apr_pool_t *p)
{
    lync_snapshot_t *snapshot = apr_pcalloc(p, sizeof(*snapshot));
    const lync_err_t *err;
    apr_pool_t *scratch;

    snapshot->path = path;
    snapshot->sites = apr_array_make(p, 4, sizeof(lync_site_t *));
    snapshot->backends = apr_array_make(p, 8, sizeof(lync_backend_t *));
    snapshot->members = apr_array_make(p, 8, sizeof(lync_member_t *));
    snapshot->targets = apr_hash_make(p);
    snapshot->by_sni = apr_hash_make(p);
    /* Its end closes the store: nothing of it is open while httpd runs. */
    apr_pool_create(&scratch, p);
    err = read_store(snapshot, p, scratch);
    if (err)
        err = lync_err(p, "%s", err->sentence);
    apr_pool_destroy(scratch);
    *result = snapshot;
    return err;
}
