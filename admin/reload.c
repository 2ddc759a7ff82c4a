#include <apr_strings.h>
#include <apr_time.h>
#include <string.h>

#include "control.h"
#include "progress.h"

/* A reload is over when a new generation of children serves the revision, and no older child accepts
 * connections any more: a client that connects from then on is served by it. */

#define POLL apr_time_from_msec(50)

/* A number that came twice, after a restore, is not the same revision. */
static int is_revision(const lync_serving_t *serving, const lync_revision_t *revision)
{
    return serving->revision == revision->number
           && (!serving->seal || !revision->seal || !strcmp(serving->seal, revision->seal));
}

int lyncadm_serves(const lync_serving_t *serving, const lync_revision_t *revision)
{
    return serving->alive && is_revision(serving, revision) && serving->children > 0 && !serving->late
           && !lync_serving_old(serving);
}

/* Looks once. A httpd that had ended before the reload is being started by it, which takes a moment. */
static const lync_err_t *look(lyncadm_t *adm, const lyncadm_httpd_t *httpd, const lync_revision_t *revision,
                              const lync_serving_t *before, lync_serving_t *now, int *done, apr_pool_t *p)
{
    int is_new;

    lyncadm_httpd_serving_now(httpd->served, now, p);
    is_new = now->generation != before->generation || now->pid != before->pid;
    *done = 0;
    if (is_new && now->alive && now->wanted == revision->number && now->because)
        return lync_err(adm->pool, "httpd does not serve %srevision %d: %s", is_revision(now, revision) ? "all of " : "",
                        revision->number, now->because);
    *done = is_new && lyncadm_serves(now, revision);
    if (before->alive && !now->alive && !lyncadm_httpd_runs(httpd, p))
        return lync_err(adm->pool, "httpd ended when it reloaded: its error log says why");
    return NULL;
}

static const lync_err_t *too_long(const lync_serving_t *now, const lync_revision_t *revision, int wait,
                                  apr_pool_t *p)
{
    const lync_generation_t *old = lync_serving_old(now);

    if (is_revision(now, revision) && old)
        return lync_err(p, "httpd's process %d, of generation %d, still takes connections for revision %d, %d s after the "
                        "reload: 'kill -9 %d' ends it", old->pid, old->number, old->revision, wait, old->pid);
    return lync_err(p, "httpd serves revision %d (generation %d), not %d, %d s after the reload: its error log says "
                    "why", now->revision, now->generation, revision->number, wait);
}

const lync_err_t *lyncadm_reload(lyncadm_t *adm, const lyncadm_httpd_t *httpd, const char *control,
                                 const lync_revision_t *revision, int wait, int *generation)
{
    apr_time_t end = apr_time_now() + apr_time_from_sec(wait);
    lync_serving_t before, now;
    int done = 0;
    apr_pool_t *p;

    apr_pool_create(&p, adm->pool);
    lyncadm_httpd_serving_now(httpd->served, &before, adm->pool);
    LYNC_TRY(lyncadm_httpd_graceful(adm, control));
    lyncadm_progress_begin("waiting for httpd's new children", 0);
    for (;; lyncadm_progress_step(0), apr_sleep(POLL)) {
        apr_pool_clear(p);
        LYNC_TRY(look(adm, httpd, revision, &before, &now, &done, p));
        if (done)
            break;
        if (apr_time_now() <= end)
            continue;
        LYNC_TRY(lyncadm_httpd_serving(httpd->served, &now, adm->pool));
        return too_long(&now, revision, wait, adm->pool);
    }
    *generation = now.generation;
    return NULL;
}
