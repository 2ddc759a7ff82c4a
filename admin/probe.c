#include <apr_strings.h>
#include <string.h>

#include "apply.h"
#include "probe.h"
#include "progress.h"

/*
 * apply's probes: the clients of every listener get to the new revision.
 *
 * before the reload
 *  1. over one name of each pool: does the pool answer?
 * after it
 *  2. every name of every listener: its certificate, and an answer of revision N that it does with the
 *     name what N says (probe_host.c)
 *  3. the same without SNI for a name of each listener's default certificate
 *  4. over one name of each pool again: who answered before has to answer now
 *
 * All of it is bounded in time; what there was no time for is told.
 */

#define POOLS "asking the pools" /* over a listener */
#define BUDGET 60               /* seconds for the names, and again for the pools */
#define PATIENCE 2              /* seconds that a name may fail */
#define PATIENCE_POOL 5         /* the same of a pool that answered before */
#define GLANCE 1                /* and of one that did not */

struct lyncadm_probe_t {
    int revision;               /* served before */
    apr_hash_t *answered;       /* name of a pool that answered then -> int *, the status */
};

/* Whether there is anybody to ask. */
static const lync_err_t *is_served(lyncadm_t *adm, const lyncadm_httpd_t *httpd, int revision, int *served)
{
    lync_serving_t serving;

    *served = 0;
    if (lyncadm_given(adm, "no-probe") || revision == LYNC_DRAFT)
        return NULL;
    LYNC_TRY(lyncadm_httpd_serving(httpd->served, &serving, adm->pool));
    *served = serving.alive;
    return NULL;
}

static void begin(probe_run_t *run, const lyncadm_httpd_t *httpd, int loud)
{
    const lync_err_t *err = probe_nonce_begin(httpd->served, run->adm->pool);

    run->proof = !err;
    run->end = apr_time_now() + apr_time_from_sec(BUDGET);
    if (err && loud)
        lyncadm_say("warning: %s: that revision %d answers is not proved, only certificates and pools are looked at",
                    err->sentence, run->revision);
}

static void finish(const probe_run_t *run)
{
    if (run->proof)
        probe_nonce_end();
}

/* Step 1. A name that another site has says nothing about the pool. */
static void look_before(probe_run_t *run, const lync_model_t *model, lyncadm_probe_t *probe)
{
    apr_pool_t *p = run->adm->pool;
    apr_array_header_t *pools = probe_plan_pools(model, probe_plan(model, p), p);
    int i;

    lyncadm_progress_begin(POOLS, pools->nelts);
    for (i = 0; i < pools->nelts && apr_time_now() < run->end; ++i, lyncadm_progress_step(1)) {
        const probe_pool_t *pool = APR_ARRAY_IDX(pools, i, const probe_pool_t *);
        int *status = apr_pcalloc(p, sizeof(*status));

        if (probe_host(run, pool->listener, pool->host, 0, 0, p))
            continue;
        probe_pool(pool, 0, 0, status, p);
        if (*status)
            apr_hash_set(probe->answered, pool->pool->name, APR_HASH_KEY_STRING, status);
    }
}

const lync_err_t *lyncadm_probe_before(lyncadm_t *adm, lync_store_t *store, const lyncadm_httpd_t *httpd, int revision,
                                       lyncadm_probe_t **result)
{
    lyncadm_probe_t *probe = apr_pcalloc(adm->pool, sizeof(*probe));
    probe_run_t run = { .adm = adm, .revision = revision };
    const lync_err_t *err;
    lync_model_t *model;
    int served;

    probe->revision = revision;
    probe->answered = apr_hash_make(adm->pool);
    *result = probe;
    err = is_served(adm, httpd, revision, &served);
    if (err || !served)
        return NULL;            /* a reload mends it, or it is told after that */
    LYNC_TRY(lync_store_read(store, revision, &model, adm->pool));
    begin(&run, httpd, 0);
    look_before(&run, model, probe);
    finish(&run);
    return NULL;
}

/* Step 3. On a port that is shared such clients get to another site first, and may stay there: a warning. */
static void look_without_sni(const probe_run_t *run, probe_listener_t *listener)
{
    const lync_err_t *err;
    int i;

    for (i = 0; i < listener->hosts->nelts; ++i) {
        const probe_host_t *host = APR_ARRAY_IDX(listener->hosts, i, const probe_host_t *);

        if (!host->certificate || host->certificate != listener->initial)
            continue;
        err = probe_host(run, listener, host, 1, 0, run->adm->pool);
        if (err)
            lyncadm_say("warning: for clients that send no SNI: %s", err->sentence);
        return;
    }
}

/* Before mod_ssl has a certificate it answers nobody: there is nothing more to look at. */
static void warn_awaited(const probe_listener_t *listener, apr_pool_t *p)
{
    apr_hash_t *seen = apr_hash_make(p);
    int i;

    for (i = 0; i < listener->hosts->nelts; ++i) {
        const probe_host_t *host = APR_ARRAY_IDX(listener->hosts, i, const probe_host_t *);

        if (!host->awaited || apr_hash_get(seen, host->certificate->name, APR_HASH_KEY_STRING))
            continue;
        apr_hash_set(seen, host->certificate->name, APR_HASH_KEY_STRING, host);
        lyncadm_say("warning: listener '%s': mod_md has not obtained certificate '%s' yet: until it has, and httpd is "
                    "reloaded then, its names are answered with 503 ('lyncadm status' tells when)",
                    listener->listener->name, host->certificate->name);
    }
}

/* Steps 2 and 3. */
static const lync_err_t *look_at_listener(const probe_run_t *run, probe_listener_t *listener)
{
    int i, left_out = listener->left_out;

    for (i = 0; i < listener->hosts->nelts; ++i, lyncadm_progress_step(1)) {
        const probe_host_t *host = APR_ARRAY_IDX(listener->hosts, i, const probe_host_t *);

        if (apr_time_now() > run->end)
            ++left_out;
        else
            LYNC_TRY(probe_host(run, listener, host, 0, PATIENCE, run->adm->pool));
    }
    if (left_out)
        lyncadm_say("warning: listener '%s': %d of its %d hosts were not probed", listener->listener->name, left_out,
                    listener->hosts->nelts + listener->left_out);
    look_without_sni(run, listener);
    warn_awaited(listener, run->adm->pool);
    return NULL;
}

/* Step 4. */
static const lync_err_t *look_at_pool(const probe_run_t *run, const probe_pool_t *pool, const lyncadm_probe_t *probe)
{
    apr_pool_t *p = run->adm->pool;
    const char *name = pool->pool->name, *instead;
    const int *before = apr_hash_get(probe->answered, name, APR_HASH_KEY_STRING);
    int status;

    if (!pool->listener->address || apr_time_now() > run->end) {
        lyncadm_say("warning: pool '%s' was not probed", name);
        return NULL;
    }
    instead = probe_pool(pool, before ? *before : 0, before ? PATIENCE_POOL : GLANCE, &status, p);
    if (instead && before)
        return lync_err(p, "pool '%s' answered under revision %d and does not under %d: %s for '%s' of '%s'", name,
                        probe->revision, run->revision, instead, pool->pool->health_path, pool->host->host);
    if (instead)
        lyncadm_say("warning: pool '%s' does not answer as it should: %s for '%s' of '%s'", name, instead,
                    pool->pool->health_path, pool->host->host);
    return NULL;
}

static const lync_err_t *look_after(probe_run_t *run, const lync_model_t *model, const lyncadm_probe_t *probe)
{
    apr_pool_t *p = run->adm->pool;
    apr_array_header_t *listeners = probe_plan(model, p), *pools = probe_plan_pools(model, listeners, p);
    int i, hosts = 0;

    for (i = 0; i < listeners->nelts; ++i)
        hosts += APR_ARRAY_IDX(listeners, i, const probe_listener_t *)->hosts->nelts;
    lyncadm_progress_begin("asking over the listeners", hosts);
    for (i = 0; i < listeners->nelts; ++i)
        LYNC_TRY(look_at_listener(run, APR_ARRAY_IDX(listeners, i, probe_listener_t *)));
    run->end = apr_time_now() + apr_time_from_sec(BUDGET);
    lyncadm_progress_begin(POOLS, pools->nelts);
    for (i = 0; i < pools->nelts; ++i, lyncadm_progress_step(1))
        LYNC_TRY(look_at_pool(run, APR_ARRAY_IDX(pools, i, const probe_pool_t *), probe));
    return NULL;
}

const lync_err_t *lyncadm_probe_after(lyncadm_t *adm, lync_store_t *store, const lyncadm_httpd_t *httpd, int revision,
                                      const lyncadm_probe_t *probe)
{
    probe_run_t run = { .adm = adm, .revision = revision };
    const lync_err_t *err;
    lync_model_t *model;
    int served;

    LYNC_TRY(is_served(adm, httpd, revision, &served));
    if (!served)
        return NULL;
    LYNC_TRY(lync_store_read(store, revision, &model, adm->pool));
    begin(&run, httpd, 1);
    err = look_after(&run, model, probe);
    finish(&run);
    return err ? lync_err(adm->pool, "%s: --no-probe serves it all the same", err->sentence) : NULL;
}
