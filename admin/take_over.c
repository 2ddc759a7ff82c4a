#include <apr_file_info.h>
#include <apr_strings.h>

#include "take.h"
#include "operate.h"
#include "progress.h"
#include "served.h"
#include "server_state.h"

/* What httpd's children take over without a reload, what operators say and routes, is done when every child that
 * accepts connections has it. */

#define POLL apr_time_from_msec(20)
#define PATIENCE apr_time_from_sec(3)   /* with a child that could not read it at once, and tries again */
#define NOT_RUNNING "httpd is not running"

typedef struct wait_t {
    lyncadm_t *adm;
    const char *control;
    const lyncadm_httpd_t *httpd;
    int change;
    const lync_revision_t *revision;    /* that they have to serve; NULL: any */
    int seconds;
    int children;               /* that have it */
    int late;                   /* pid of one that has not, or 0 */
    int unable;                 /* pid of one that has seen the change and serves another revision, or 0 */
    int ended;                  /* httpd has: a reload would start what somebody has stopped */
} wait_t;

/* Whether all have it, and one at least. Who is just about to stop will say so, or be gone. */
static const lync_err_t *look(wait_t *wait, int *done, apr_pool_t *p)
{
    const lync_served_t *served;
    int i;

    LYNC_TRY(lync_served_open(&served, wait->httpd->served, p));
    wait->children = wait->late = wait->unable = 0;
    for (i = 0; i < LYNC_SERVED_CHILDREN; ++i) {
        const lync_served_child_t *child = &served->child[i];

        if (child->stopping || !lync_served_runs(child))
            continue;
        if (child->change < (apr_uint32_t)wait->change)
            wait->late = (int)child->pid;
        else if (wait->revision && !lync_served_has(child, wait->revision->number, wait->revision->seal))
            wait->unable = (int)child->pid;
        else
            ++wait->children;
    }
    *done = wait->children > 0 && !wait->late && !wait->unable;
    return NULL;
}

static const lync_err_t *wait_for_children(wait_t *wait, int *done)
{
    apr_time_t end = apr_time_now() + apr_time_from_sec(wait->seconds), refused = 0;
    apr_pool_t *p;

    apr_pool_create(&p, wait->adm->pool);
    lyncadm_progress_begin("waiting for httpd's children", 0);
    for (;; lyncadm_progress_step(0), apr_sleep(POLL)) {
        const lync_err_t *err;

        apr_pool_clear(p);
        err = look(wait, done, p);
        if (err)
            return lync_err(wait->adm->pool, "%s", err->sentence);
        refused = !wait->unable ? 0 : refused ? refused : apr_time_now();
        wait->ended = !wait->children && !wait->late && !wait->unable && !lyncadm_httpd_runs(wait->httpd, p);
        if (*done || wait->ended || (refused && apr_time_now() > refused + PATIENCE) || apr_time_now() > end)
            return NULL;
    }
}

/* Why there is nothing to wait for, or NULL. */
static const char *not_serving(const wait_t *wait, const lync_serving_t *serving)
{
    if (!wait->httpd->served)
        return "httpd has no LyncStore line";
    if (serving->alive)
        return NULL;
    return lyncadm_httpd_runs(wait->httpd, wait->adm->pool) ? "httpd runs without this store: it was not reloaded"
                                                            : NOT_RUNNING;
}

static const lync_err_t *ask_httpd(wait_t *wait, lync_serving_t *serving)
{
    apr_pool_t *p = wait->adm->pool;
    lyncadm_httpd_t *httpd = NULL;

    LYNC_TRY(lyncadm_httpd_test(wait->adm, wait->control, 0, &httpd));
    wait->httpd = httpd;
    if (!httpd->served && httpd->refusal)
        return lync_err(p, "httpd refuses its configuration: %s", httpd->refusal);
    LYNC_TRY(lyncadm_httpd_serving(httpd->served, serving, p));
    if (serving->alive && !lyncadm_same_file(serving->store, wait->adm->store, p))
        return lync_err(p, "httpd serves store '%s': change its LyncStore line or use --store", serving->store);
    return NULL;
}

static const lync_err_t *not_taken(const wait_t *wait, const char *why)
{
    apr_pool_t *p = wait->adm->pool;
    const char *who = wait->late ? apr_psprintf(p, "process %d of httpd", wait->late)
                      : "httpd, which has no child that accepts connections,";

    return lync_err(p, "%s has not taken it over within %d s: %s%s", who, wait->seconds, why ? why
                    : "httpd's error log may say why at LogLevel lync:info",
                    lyncadm_given(wait->adm, "reload") ? "" : "; --reload has httpd read the store anew");
}

const lync_err_t *lyncadm_take_over(lyncadm_t *adm, lync_store_t *store, int change, lyncadm_taken_t *taken)
{
    int reload = lyncadm_given(adm, "reload") != NULL, done = 0;
    wait_t wait = { .adm = adm, .change = change };
    lync_serving_t serving;
    const char *why;

    LYNC_TRY(lyncadm_given_seconds(adm, "wait", LYNCADM_WAIT_CHILDREN, &wait.seconds));
    LYNC_TRY(lyncadm_httpd_control(adm, store, &wait.control));
    LYNC_TRY(ask_httpd(&wait, &serving));
    why = lyncadm_access(adm, wait.httpd);
    taken->pending = not_serving(&wait, &serving);
    if (taken->pending)
        return NULL;
    if (!why || !reload)
        LYNC_TRY(wait_for_children(&wait, &done));
    if (!done && reload && !wait.ended) {
        LYNC_TRY(lyncadm_httpd_graceful(adm, wait.control));
        LYNC_TRY(wait_for_children(&wait, &done));
    }
    taken->children = wait.children;
    taken->pending = wait.ended ? NOT_RUNNING : NULL;
    return done || wait.ended ? NULL : not_taken(&wait, why);
}

/* What a reload would read again, and is not what httpd read when the generation began; NULL: nothing. Of the second in
 * which it began nobody knows. */
static const char *changed_file(const lync_model_t *model, const lyncadm_httpd_t *httpd, const lync_serving_t *now,
                                apr_pool_t *p)
{
    const char *certificate = lyncadm_certificate_waits(model, httpd->served, p);
    apr_time_t started = APR_ARRAY_IDX(now->generations, 0, lync_generation_t).started;
    apr_finfo_t info;
    int i;

    if (certificate)
        return certificate;
    for (i = 0; i < model->rows[LYNC_POOL]->nelts; ++i) {
        const lync_pool_t *pool = LYNC_ROW(model, LYNC_POOL, i);

        if (pool->ca && apr_stat(&info, pool->ca, APR_FINFO_CTIME, p) == APR_SUCCESS
            && apr_time_sec(info.ctime) >= apr_time_sec(started))
            return apr_psprintf(p, "'%s' has changed", pool->ca);
    }
    return NULL;
}

/* Why a reload is needed to get from a revision (0: none) to another, as the end of a sentence, or NULL. */
static const lync_err_t *needs_reload(lyncadm_t *adm, lync_store_t *store, const lyncadm_httpd_t *httpd, int from,
                                      int to, const char **why)
{
    lync_model_t *before, *after;
    const lync_err_t *err;
    lync_serving_t now;

    *why = lyncadm_given(adm, "reload") ? "--reload was given"
           : !from || !to ? "it is not a change of routes alone" : NULL;
    if (!*why)
        *why = lyncadm_access(adm, httpd);
    if (*why)
        return NULL;
    lyncadm_httpd_serving_now(httpd->served, &now, adm->pool);
    if (!now.alive || !now.live || now.because) {
        *why = "httpd's children take nothing over";
        return NULL;
    }
    LYNC_TRY(lync_store_read(store, to, &after, adm->pool));
    err = lync_store_read(store, from, &before, adm->pool);
    *why = err ? err->sentence : lync_take_refusal(before, after, adm->pool);
    if (!*why)
        *why = changed_file(after, httpd, &now, adm->pool);
    return NULL;
}

/* Whether its children have taken it over; else a warning says why not. */
static const lync_err_t *serve_live(lyncadm_t *adm, lync_store_t *store, const lyncadm_httpd_t *httpd,
                                    const lync_revision_t *revision, lyncadm_turn_t *turn)
{
    wait_t wait = { .adm = adm, .httpd = httpd, .revision = revision };
    apr_array_header_t *ignored;
    apr_pool_t *p = adm->pool;

    wait.seconds = turn->wait < LYNCADM_WAIT_ROUTES ? turn->wait : LYNCADM_WAIT_ROUTES;
    LYNC_TRY(lync_server_states(store, &ignored, &wait.change, p));
    LYNC_TRY(wait_for_children(&wait, &turn->live));
    turn->ended = wait.ended;
    if (turn->live || turn->ended)
        return NULL;
    lyncadm_say("warning: %s has not taken revision %d over%s: reloading httpd", wait.unable || wait.late
                ? apr_psprintf(p, "process %d of httpd", wait.unable ? wait.unable : wait.late) : "httpd",
                revision->number, wait.unable ? "" : apr_psprintf(p, " within %d s", wait.seconds));
    return NULL;
}

const lync_err_t *lyncadm_serve(lyncadm_t *adm, lync_store_t *store, const lyncadm_httpd_t *httpd, const char *control,
                                lyncadm_turn_t *turn)
{
    lync_revision_t *revision = NULL;
    const char *why = NULL;
    lync_serving_t now;

    turn->live = turn->ended = 0;
    LYNC_TRY(lync_revision_read(store, turn->to, &revision, adm->pool));
    LYNC_TRY(needs_reload(adm, store, httpd, turn->from, turn->to, &why));
    if (!why)
        LYNC_TRY(serve_live(adm, store, httpd, revision, turn));
    if (turn->ended)
        return NULL;
    if (!turn->live)
        return lyncadm_reload(adm, httpd, control, revision, turn->wait, &turn->generation);
    LYNC_TRY(lyncadm_httpd_serving(httpd->served, &now, adm->pool));
    turn->ended = !now.alive;       /* just after its children had it */
    turn->generation = now.generation;
    return NULL;
}
