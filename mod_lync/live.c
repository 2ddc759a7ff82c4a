#include "mod_lync.h"

#include <apr_strings.h>
#include <http_core.h>
#include <http_main.h>
#include <string.h>

#include "take.h"
#include "server_state.h"

/*
 * A change of routes alone is taken over while httpd runs. In each child, off the request path:
 *
 * 1. which revision the store wants to have served: as a start finds it
 * 2. its rows are read, and held against the rule book as at a start; also whether no more than routes is different
 *    from what the generation was started with, whatever lyncadm made of it
 * 3. a table is made of it, in a pool of its own
 * 4. its rows are left to children that come later, and to a reload, should the store be gone by then
 * 5. the served file gets to know, the table is served from the next request on, and the served file gets to know that
 *
 * A child goes through it before its first request, too, and else in mod_watchdog's thread of operate.c. What cannot be
 * taken over is told once; this child then goes on with what it has.
 *
 * A child that ends takes nothing over any more: what it has under way, and at most one more request of each kept
 * connection, it answers as before.
 */

#define TROUBLE 512
#define AGAIN 5                 /* looks between two attempts at what may go better */

static int allowed;             /* by the parent: there is a thread in each child that looks */

/* Of this child. */
static apr_time_t until;        /* when a trial is over; 0: there is none */
static int again;               /* looks until the next attempt; 0: none is needed */
static char trouble[TROUBLE];   /* why the last attempt failed; "": it did not */

void lync_live_allow(void)
{
    allowed = 1;
}

/* A generation that was started with less than it should serve is mended by a reload. */
static int is_able(const lync_snapshot_t *snapshot)
{
    return allowed && snapshot && snapshot->model && !snapshot->failure && !snapshot->quarantine->nelts
           && lync_generation_served() && lync_kept_able();
}

static void tell_trouble(const lync_snapshot_t *snapshot, const lync_err_t *err)
{
    if (err && strncmp(err->sentence, trouble, TROUBLE - 1))
        ap_log_error(APLOG_MARK, APLOG_INFO, 0, ap_server_conf, LYNCNO(0071) "%s: routes stay as they are in this "
                     "child", err->sentence);
    else if (!err && *trouble)
        ap_log_error(APLOG_MARK, APLOG_INFO, 0, ap_server_conf, LYNCNO(0072) "routes of store '%s' are taken over "
                     "again", snapshot->path);
    apr_cpystrn(trouble, err ? err->sentence : "", TROUBLE);
}

static int is_served(const lync_revision_t *revision)
{
    const lync_model_t *model = lync_table_served()->model;
    const char *seal = model->seal ? model->seal : "";

    return model->revision == revision->number && !strcmp(seal, revision->seal ? revision->seal : "");
}

/* Step 1. *revision: NULL when it is served already. */
static const lync_err_t *read_wanted(lync_store_t *store, lync_revision_t **revision, const lync_confirm_t **trial,
                                     apr_pool_t *p)
{
    int wanted;

    *revision = NULL;
    LYNC_TRY(lync_load_wanted(store, &wanted, trial, p));
    if (!wanted)
        return NULL;
    LYNC_TRY(lync_revision_read(store, wanted, revision, p));
    if (is_served(*revision))
        *revision = NULL;
    return NULL;
}

/* Step 2, without what the store has to be asked for. */
static const lync_err_t *refusal(const lync_snapshot_t *snapshot, const lync_model_t *model, apr_pool_t *p)
{
    const char *why = lync_take_refusal(snapshot->model, model, p);

    if (why)
        return lync_err(p, "revision %d %s: it takes a reload", model->revision, why);
    return lync_check_refusal(lync_check(model, p), snapshot->path, p);
}

/* Steps 3 to 5. */
static const lync_err_t *serve(const lync_snapshot_t *snapshot, const lync_model_t *model, const lync_confirm_t *trial,
                               apr_pool_t *p)
{
    const lync_err_t *err = NULL;
    lync_table_t *table;
    apr_pool_t *pool;

    if (apr_pool_create_unmanaged(&pool) != APR_SUCCESS)
        return lync_err(p, "no memory for the routes of revision %d", model->revision);
    apr_pool_tag(pool, "lync_table");
    table = lync_target_table(snapshot, lync_take_model(snapshot->model, model, pool), pool);   /* 3 */
    if (!table)
        err = lync_err(p, "revision %d publishes to where httpd has no balancer", model->revision);
    if (!err)
        err = lync_kept_write(model, p);                                                        /* 4 */
    if (err) {
        apr_pool_destroy(pool);
        return err;
    }
    table->pool = pool;
    table->trial = trial ? apr_pmemdup(pool, trial, sizeof(*trial)) : NULL;
    lync_generation_took(table->model);                                                         /* 5 */
    lync_table_turn(table);
    lync_generation_serves(table->model, lync_table_sweep());
    return NULL;
}

/* *settled: whether it is of no use to try again before the store changes. */
static const lync_err_t *take_over(const lync_snapshot_t *snapshot, lync_store_t *store, int *settled, apr_pool_t *p)
{
    const lync_confirm_t *trial;
    lync_revision_t *revision;
    lync_model_t *model = NULL;

    *settled = 0;
    LYNC_TRY(read_wanted(store, &revision, &trial, p));
    until = trial ? trial->until : 0;
    if (revision)
        LYNC_TRY(lync_store_read(store, revision->number, &model, p));
    *settled = 1;
    if (!model)
        return NULL;
    LYNC_TRY(refusal(snapshot, model, p));
    *settled = 0;
    LYNC_TRY(serve(snapshot, model, trial, p));
    *settled = 1;
    ap_log_error(APLOG_MARK, APLOG_INFO, 0, ap_server_conf, LYNCNO(0073) "revision %d of store '%s' is served in this "
                 "child, without a reload", model->revision, snapshot->path);
    return NULL;
}

static const lync_err_t *look_first(const lync_snapshot_t *snapshot, apr_pool_t *p)
{
    lync_watch_t *watch = lync_watch(snapshot->path, p);
    apr_array_header_t *states;
    int ignored;

    LYNC_TRY(lync_watch_look(watch, &states, &ignored, p));
    return take_over(snapshot, lync_watch_store(watch), &ignored, p);
}

/* When the store does not tell it, or what cannot be taken over, the other children serve what was kept. */
static void serve_first(const lync_snapshot_t *snapshot, apr_pool_t *p)
{
    const lync_err_t *err = look_first(snapshot, p);
    lync_model_t *model = err ? lync_kept_read(snapshot->model, p) : NULL;

    if (model)
        err = serve(snapshot, model, NULL, p);
    (void)err;          /* the thread, which is about to look, tells */
}

void lync_live_start(void)
{
    const lync_snapshot_t *snapshot = lync_config_snapshot();
    apr_pool_t *scratch;

    if (!snapshot)
        return;
    lync_table_start(snapshot->table);
    if (is_able(snapshot)) {
        lync_generation_serves(snapshot->model, 1);
        apr_pool_create_unmanaged(&scratch);
        serve_first(snapshot, scratch);
        apr_pool_destroy(scratch);
    }
    else
        lync_generation_serves(snapshot->model, 0);
}

int lync_live_due(void)
{
    if (!is_able(lync_config_snapshot()))
        return 0;
    lync_generation_serves(lync_table_served()->model, lync_table_sweep());
    if (again && !--again)
        return 1;
    return until && apr_time_now() >= until;
}

int lync_live_look(lync_store_t *store, apr_pool_t *p)
{
    const lync_snapshot_t *snapshot = lync_config_snapshot();
    const lync_err_t *err;
    int settled;

    if (!is_able(snapshot))
        return 1;
    err = take_over(snapshot, store, &settled, p);
    again = settled ? 0 : AGAIN;
    tell_trouble(snapshot, err);
    return settled;
}
