#include "mod_lync.h"

#include <apr_strings.h>
#include <http_core.h>
#include <stdlib.h>

#include "server_state.h"
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

/* A trial ends also when nobody is left to end it in time, as after a reboot of whoever locked himself out. */
const lync_err_t *lync_load_wanted(lync_store_t *store, int *revision, const lync_confirm_t **result, apr_pool_t *p)
{
    lync_confirm_t *trial;

    *result = NULL;
    LYNC_TRY(lync_store_active(store, revision, p));
    LYNC_TRY(lync_store_confirm(store, &trial, p));
    if (trial && trial->revision == *revision && trial->until <= apr_time_now())
        *revision = trial->before;
    else if (trial && trial->revision == *revision)
        *result = trial;
    return NULL;
}

static const lync_err_t *read_states(lync_snapshot_t *snapshot, lync_store_t *store, apr_pool_t *p)
{
    apr_array_header_t *states;

    LYNC_TRY(lync_server_states(store, &states, &snapshot->change, p));
    snapshot->states = states;
    return NULL;
}

static const lync_err_t *read_store(lync_snapshot_t *snapshot, apr_pool_t *p, apr_pool_t *scratch)
{
    lync_store_t *store;
    lync_model_t *model;

    LYNC_TRY(wanted(&snapshot->wanted, p));
    LYNC_TRY(lync_store_open(&store, snapshot->path, scratch));
    /* first: they count as well for a revision that is served in the place of a bad one */
    LYNC_TRY(read_states(snapshot, store, p));
    if (!snapshot->wanted)
        LYNC_TRY(lync_load_wanted(store, &snapshot->wanted, &snapshot->trial, p));
    if (!snapshot->wanted)
        return NULL;
    LYNC_TRY(lync_store_read(store, snapshot->wanted, &model, p));
    LYNC_TRY(lync_check_refusal(lync_check(model, scratch), snapshot->path, p));
    snapshot->revision = snapshot->wanted;
    snapshot->model = model;
    return NULL;
}

lync_snapshot_t *lync_snapshot_new(const char *path, apr_pool_t *p)
{
    lync_snapshot_t *snapshot = apr_pcalloc(p, sizeof(*snapshot));

    snapshot->path = path;
    snapshot->quarantine = apr_array_make(p, 1, sizeof(const lync_finding_t *));
    snapshot->listeners = apr_array_make(p, 4, sizeof(const lync_listener_t *));
    snapshot->sites = apr_array_make(p, 4, sizeof(lync_site_t *));
    snapshot->backends = apr_array_make(p, 8, sizeof(lync_backend_t *));
    snapshot->members = apr_array_make(p, 8, sizeof(lync_member_t *));
    snapshot->by_target = apr_hash_make(p);
    snapshot->table = apr_pcalloc(p, sizeof(*snapshot->table));
    snapshot->by_sni = apr_hash_make(p);
    return snapshot;
}

const lync_err_t *lync_load(lync_snapshot_t *snapshot, apr_pool_t *p)
{
    const lync_err_t *err;
    apr_pool_t *scratch;

    /* Its end closes the store: nothing of it is open while httpd runs. */
    apr_pool_create(&scratch, p);
    err = read_store(snapshot, p, scratch);
    if (err)
        err = lync_err(p, "%s", err->sentence);
    apr_pool_destroy(scratch);
    return err;
}
