#include <apr_strings.h>

#include "operate.h"
#include "served.h"

/* A change of what operators say is done when every child of httpd that accepts connections has it. */

#define POLL apr_time_from_msec(20)

typedef struct wait_t {
    lyncadm_t *adm;
    const char *control;
    const lyncadm_httpd_t *httpd;
    int change;
    int seconds;
    int children;               /* that have it */
    int late;                   /* pid of one that has not, or 0 */
} wait_t;

/* Whether all have it, and one at least. Who is just about to stop will say so, or be gone. */
static const lync_err_t *look(wait_t *wait, int *done, apr_pool_t *p)
{
    const lync_served_t *served;
    int i;

    LYNC_TRY(lync_served_open(&served, wait->httpd->served, p));
    wait->children = wait->late = 0;
    for (i = 0; i < LYNC_SERVED_CHILDREN; ++i) {
        const lync_served_child_t *child = &served->child[i];

        if (child->stopping || !lync_served_runs(child))
            continue;
        if (child->change >= (apr_uint32_t)wait->change)
            ++wait->children;
        else
            wait->late = (int)child->pid;
    }
    *done = wait->children > 0 && !wait->late;
    return NULL;
}

static const lync_err_t *wait_for_children(wait_t *wait, int *done)
{
    apr_time_t end = apr_time_now() + apr_time_from_sec(wait->seconds);
    apr_pool_t *p;

    apr_pool_create(&p, wait->adm->pool);
    for (;; apr_sleep(POLL)) {
        const lync_err_t *err;

        apr_pool_clear(p);
        err = look(wait, done, p);
        if (err)
            return lync_err(wait->adm->pool, "%s", err->sentence);
        if (*done || apr_time_now() > end)
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
                                                            : "httpd is not running";
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
    if (!done && reload) {
        LYNC_TRY(lyncadm_httpd_graceful(adm, wait.control));
        LYNC_TRY(wait_for_children(&wait, &done));
    }
    taken->children = wait.children;
    return done ? NULL : not_taken(&wait, why);
}
