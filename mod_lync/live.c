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
 * 4. unless it is on trial, its rows are left to children that come later, and to a reload, should the store be gone by
 *    then. Where that fails it is served all the same, and tried again.
 * 5. the served file gets to know, the table is served from the next request on, and the served file gets to know that
 *
 * It is mod_watchdog's thread of operate.c that looks. A child that begins does so before its first request, too, when
 * the others of its generation have gone on from what that was started with; what they left spares it the store, which
 * may be busy. What cannot be taken over is told once; this child then goes on with what it has. A trial that is over
 * ends here also when the store cannot be read.
 *
 * A child that ends takes nothing over any more: what it has under way, and at most one more request of each kept
 * connection, it answers as before.
 */

#define TROUBLE 512
#define AGAIN 5                 /* looks until the next attempt at what may go better, the first time; */
#define SELDOM 300              /* each comes after twice as many, up to these */
#define LATE apr_time_from_sec(2)       /* what is being written when a trial ends can be read by then */

typedef struct retry_t {
    int left;                   /* looks until the next attempt; 0: none is needed */
    int last;                   /* how many the last one was waited for; 0: it did not fail */
} retry_t;

static int allowed;             /* by the parent: there is a thread in each child that looks */

/* Of this child. */
static int seen;                /* the store's active revision; 0: it has not looked */
static apr_time_t until;        /* when a trial is over; 0: there is none */
static retry_t reading;         /* steps 1 to 3 */
static retry_t keeping;         /* step 4 */
static int unkept;              /* it was not done for what is served, which was on trial */
static char trouble[TROUBLE];   /* why the last attempt failed; "": it did not */

static void fails(retry_t *retry)
{
    retry->last = !retry->last ? AGAIN : retry->last < SELDOM / 2 ? 2 * retry->last : SELDOM;
    retry->left = retry->last;
}

static void succeeds(retry_t *retry)
{
    retry->left = retry->last = 0;
}

static int is_due(retry_t *retry)
{
    return retry->left && !--retry->left;
}

int lync_live_wanted(void)
{
    return __atomic_load_n(&seen, __ATOMIC_RELAXED);
}

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
    __atomic_store_n(&seen, wanted, __ATOMIC_RELAXED);
    lync_generation_wanted(wanted);
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

/* Its end is that of no other pool. */
static apr_pool_t *own_pool(void)
{
    apr_pool_t *pool;

    return apr_pool_create_unmanaged_ex(&pool, apr_pool_abort_get(ap_server_conf->process->pconf), NULL) == APR_SUCCESS
           ? pool : NULL;
}

/* Step 3. */
static const lync_err_t *make_table(lync_table_t **table, const lync_snapshot_t *snapshot, const lync_model_t *model,
                                    const lync_confirm_t *trial, apr_pool_t *p)
{
    apr_pool_t *pool = own_pool();

    if (!pool)
        return lync_err(p, "no memory for the routes of revision %d", model->revision);
    apr_pool_tag(pool, "lync_table");
    *table = lync_target_table(snapshot, lync_take_model(snapshot->model, model, pool), pool);
    if (!*table) {
        apr_pool_destroy(pool);
        return lync_err(p, "revision %d publishes to where httpd has no balancer", model->revision);
    }
    lync_count_table(*table, pool);
    (*table)->pool = pool;
    (*table)->trial = trial ? apr_pmemdup(pool, trial, sizeof(*trial)) : NULL;
    return NULL;
}

/* Step 4. That others are at it is no failure to tell of. */
static void keep(const lync_model_t *model, apr_pool_t *p)
{
    const lync_err_t *err = lync_kept_write(model, p);

    unkept = 0;
    if (err && keeping.last == AGAIN)
        ap_log_error(APLOG_MARK, APLOG_WARNING, 0, ap_server_conf, LYNCNO(0078) "%s: should the store be gone, they will "
                     "not serve revision %d", err->sentence, model->revision);
    else if (!err && keeping.last > AGAIN)
        ap_log_error(APLOG_MARK, APLOG_INFO, 0, ap_server_conf, LYNCNO(0079) "routes of revision %d are left to other "
                     "children again", model->revision);
    if (err)
        fails(&keeping);
    else
        succeeds(&keeping);
}

/* Who cannot read the store cannot know when a trial is over. */
static void keep_later(void)
{
    unkept = 1;
    keeping.left = 0;
}

/* Step 5. */
static void serve(lync_table_t *table)
{
    lync_generation_took(table->model);
    lync_table_turn(table);
    lync_operate_published(table->model);
    lync_generation_serves(table->model, lync_table_sweep());
}

/* *settled: whether it is of no use to try again before the store changes. */
static const lync_err_t *take_over(const lync_snapshot_t *snapshot, lync_store_t *store, int *settled, apr_pool_t *p)
{
    const lync_confirm_t *trial;
    lync_revision_t *revision;
    lync_model_t *model = NULL;
    lync_table_t *table;

    *settled = 0;
    LYNC_TRY(read_wanted(store, &revision, &trial, p));
    until = trial ? trial->until : 0;
    if (revision)
        LYNC_TRY(lync_store_read(store, revision->number, &model, p));
    *settled = 1;
    if (!model && unkept && !trial)
        keep(lync_table_served()->model, p);            /* it was confirmed */
    if (!model)
        return NULL;
    LYNC_TRY(refusal(snapshot, model, p));
    *settled = 0;
    LYNC_TRY(make_table(&table, snapshot, model, trial, p));
    *settled = 1;
    if (!trial)
        keep(model, p);
    else
        keep_later();
    serve(table);
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

/* What was kept, or the generation was started with. */
static void serve_known(const lync_snapshot_t *snapshot, const lync_model_t *model, apr_pool_t *p)
{
    lync_table_t *table;

    if (make_table(&table, snapshot, model, NULL, p))
        return;         /* there will be another attempt, which tells */
    unkept = 0;
    serve(table);
}

/* What cannot be taken over from the store the thread, which is about to look, tells. */
static void serve_first(const lync_snapshot_t *snapshot, apr_pool_t *p)
{
    lync_model_t *kept = lync_kept_read(snapshot->model, p);
    int is_it = kept && lync_generation_takes(kept);

    if (is_it || (look_first(snapshot, p) && kept))
        serve_known(snapshot, kept, p);
}

void lync_live_start(void)
{
    const lync_snapshot_t *snapshot = lync_config_snapshot();
    apr_pool_t *scratch;

    if (!snapshot)
        return;
    lync_table_start(snapshot->table);
    if (!is_able(snapshot)) {
        lync_generation_serves(snapshot->model, 0);
        return;
    }
    scratch = lync_generation_takes(snapshot->model) ? NULL : own_pool();
    if (scratch) {
        serve_first(snapshot, scratch);
        apr_pool_destroy(scratch);
    }
    lync_generation_serves(lync_table_served()->model, 1);
}

int lync_live_due(apr_pool_t *p)
{
    if (!is_able(lync_config_snapshot()))
        return 0;
    lync_generation_serves(lync_table_served()->model, lync_table_sweep());
    if (is_due(&keeping))
        keep(lync_table_served()->model, p);
    if (is_due(&reading))
        return 1;
    return until && apr_time_now() >= until;
}

void lync_live_look(lync_store_t *store, apr_pool_t *p)
{
    const lync_snapshot_t *snapshot = lync_config_snapshot();
    const lync_err_t *err;
    int settled;

    if (!is_able(snapshot))
        return;
    err = take_over(snapshot, store, &settled, p);
    if (settled)
        succeeds(&reading);
    else
        fails(&reading);
    tell_trouble(snapshot, err);
}

void lync_live_blind(apr_pool_t *p)
{
    const lync_snapshot_t *snapshot = lync_config_snapshot();
    const lync_confirm_t *trial;
    const lync_model_t *before;

    if (!is_able(snapshot) || !until || apr_time_now() < until + LATE)
        return;
    until = 0;
    before = lync_kept_read(snapshot->model, p);
    if (!before)
        before = snapshot->model;
    trial = lync_table_served()->trial;
    if (!trial || trial->before != before->revision)
        return;
    ap_log_error(APLOG_MARK, APLOG_INFO, 0, ap_server_conf, LYNCNO(0077) "the trial of revision %d is over: revision %d "
                 "is served in this child", trial->revision, before->revision);
    serve_known(snapshot, before, p);
}
