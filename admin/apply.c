#include <apr_strings.h>
#include <apr_time.h>
#include <stdlib.h>

#include "lyncadm.h"
#include "who.h"

/*
 * apply: the draft becomes a revision that httpd serves, or all is as it was.
 *  1. the rule book: a draft with errors is refused
 *  2. httpd is asked what it is configured with: without LyncStore for this store nothing can serve it
 *  3. a draft that equals the active revision makes no new one
 *  4. the draft is copied to revision N, which is not active yet
 *  5. httpd tests its configuration with revision N
 *  6. revision N is made the active one
 *  7. httpd reloads, and is watched until a new generation of its children serves N
 *  8. on failure the revision before is made active again and httpd reloads once more
 * rollback: the same with revision N as it is, which must be intact, in place of steps 3 and 4; once
 * it is served
 *  9. the draft is made equal to it
 */

#define POLL apr_time_from_msec(50)

typedef struct apply_t {
    lyncadm_t *adm;
    lync_store_t *store;
    const char *control;
    lyncadm_httpd_t *httpd;
    int before, revision;       /* active before; to be served */
    int rollback;               /* to an earlier revision */
    int draft;                  /* rollback: last change of the draft that may be dropped */
    int wait;                   /* seconds */
    lyncadm_probe_t *probe;     /* what was found before */
    int generation;             /* that serves it; -1: none */
    const char *done;           /* what came of it, as a sentence */
} apply_t;

static const lync_err_t *check_rules(apply_t *apply, int revision)
{
    apr_pool_t *p = apply->adm->pool;
    apr_array_header_t *findings;
    lync_model_t *model;
    int i;

    LYNC_TRY(lync_store_read(apply->store, revision, &model, p));
    findings = lyncadm_findings(model, p);
    for (i = 0; i < findings->nelts; ++i) {
        const lync_finding_t *finding = APR_ARRAY_IDX(findings, i, lync_finding_t *);

        if (finding->level == LYNC_ERROR)
            return lync_err(p, "%s cannot be applied: %s", revision == LYNC_DRAFT ? "the draft"
                            : apr_psprintf(p, "revision %d", revision), lyncadm_finding_sentence(finding, p));
        if (finding->level == LYNC_WARNING)
            lyncadm_say("warning: %s", lyncadm_finding_sentence(finding, p));
    }
    return NULL;
}

/* What httpd is configured with, or runs with, must be this store. */
static const lync_err_t *check_httpd(apply_t *apply)
{
    apr_pool_t *p = apply->adm->pool;
    lyncadm_httpd_t *httpd = apply->httpd;
    lyncadm_serving_t serving;

    if (!httpd->served)
        return lync_err(p, "httpd ('%s') is not configured with this store: add 'LyncStore %s' to its configuration, "
                        "after LoadModule lync_module", apply->control, lyncadm_absolute(p, apply->adm->store));
    LYNC_TRY(lyncadm_httpd_serving(httpd->served, &serving, p));
    if (!httpd->store && serving.alive)
        httpd->store = serving.store;
    if (httpd->store && !lyncadm_same_file(httpd->store, apply->adm->store, p))
        return lync_err(p, "httpd ('%s') serves store '%s', not '%s': change its LyncStore line or use --store",
                        apply->control, httpd->store, lyncadm_absolute(p, apply->adm->store));
    return NULL;
}

/* A test that fails here may be what the new revision mends: then step 5 is the one that counts. */
static const lync_err_t *ask_httpd(apply_t *apply)
{
    LYNC_TRY(lyncadm_httpd_test(apply->adm, apply->control, 0, &apply->httpd));
    return apply->httpd->refusal ? NULL : check_httpd(apply);
}

/* Steps 1 to 4, in one transaction; revision is then the one to serve. */
static const lync_err_t *make_revision(apply_t *apply)
{
    apr_pool_t *p = apply->adm->pool;
    int differs = 1;

    LYNC_TRY(check_rules(apply, LYNC_DRAFT));
    LYNC_TRY(ask_httpd(apply));
    LYNC_TRY(lync_store_active(apply->store, &apply->before, p));
    apply->revision = apply->before;
    if (apply->before)
        LYNC_TRY(lync_revision_draft_differs(apply->store, apply->before, &differs, p));
    if (!differs)
        return NULL;
    return lync_revision_create(apply->store, lyncadm_author(p), lyncadm_given(apply->adm, "message"),
                                &apply->revision, p);
}

static const lync_err_t *report(const apply_t *apply)
{
    lyncadm_t *adm = apply->adm;
    lyncadm_rows_t *rows = lyncadm_rows(adm->pool);
    const char *cells[] = { apr_itoa(adm->pool, apply->revision), apr_itoa(adm->pool, apply->before),
                            apply->generation >= 0 ? apr_itoa(adm->pool, apply->generation) : NULL, apply->done };

    if (adm->format == LYNCADM_TABLE) {
        lyncadm_tell("%s", apply->done);
        return NULL;
    }
    lyncadm_rows_column(rows, "revision", 1);
    lyncadm_rows_column(rows, "before", 1);
    lyncadm_rows_column(rows, "generation", 1);
    lyncadm_rows_column(rows, "message", 0);
    lyncadm_rows_add(rows, cells);
    return lyncadm_rows_print(adm, rows, 0);
}

static const lync_err_t *test_revision(apply_t *apply)
{
    LYNC_TRY(lyncadm_httpd_test(apply->adm, apply->control, apply->revision, &apply->httpd));
    if (apply->httpd->refusal)
        return lync_err(apply->adm->pool, "httpd refuses revision %d, which stays inactive: %s", apply->revision,
                        apply->httpd->refusal);
    if (apply->httpd->revision >= 0 && apply->httpd->revision != apply->revision)
        return lync_err(apply->adm->pool, "httpd tested revision %d, not %d, which stays inactive: '%s' does not pass "
                        "the environment variable LYNC_REVISION on", apply->httpd->revision, apply->revision,
                        apply->control);
    return check_httpd(apply);
}

/* Another apply may have come between: the revision active now must be the one we set out from. */
static const lync_err_t *activate(apply_t *apply, int from, int to, const char *reason)
{
    apr_pool_t *p = apply->adm->pool;
    const lync_err_t *err;
    int now = 0;

    LYNC_TRY(lyncadm_begin(apply->adm, apply->store, reason));
    err = lync_store_active(apply->store, &now, p);
    if (!err && now != from)
        err = lync_err(p, "revision %d became active meanwhile: revision %d stays inactive, apply again", now, to);
    if (!err)
        err = lync_store_activate(apply->store, to, p);
    if (err) {
        const lync_err_t *rollback = lync_store_rollback(apply->store, p);

        return err ? err : rollback;
    }
    return lync_store_commit(apply->store, p);
}

static int is_served(const lyncadm_serving_t *serving, int revision)
{
    return serving->alive && serving->revision == revision && serving->children > 0;
}

/* Looks once: done when a generation after the one before serves the revision. One that had ended before
 * the reload is being started by it, which takes a moment. */
static const lync_err_t *look(apply_t *apply, int revision, const lyncadm_serving_t *before, lyncadm_serving_t *now,
                              int *done, apr_pool_t *p)
{
    LYNC_TRY(lyncadm_httpd_serving(apply->httpd->served, now, p));
    *done = is_served(now, revision) && (now->generation != before->generation || now->pid != before->pid);
    if (!*done && now->alive && now->wanted == revision && now->because && now->generation != before->generation)
        return lync_err(apply->adm->pool, "httpd does not serve revision %d: %s", revision, now->because);
    if (!*done && before->alive && !now->alive && !lyncadm_httpd_runs(apply->httpd, p))
        return lync_err(apply->adm->pool, "httpd ended when it reloaded: its error log says why");
    return NULL;
}

/* Reloads, and waits for a generation after the present one that serves the revision. */
static const lync_err_t *serve(apply_t *apply, int revision, int *generation)
{
    apr_time_t end = apr_time_now() + apr_time_from_sec(apply->wait);
    lyncadm_serving_t before, now;
    int done = 0;
    apr_pool_t *p;

    apr_pool_create(&p, apply->adm->pool);
    LYNC_TRY(lyncadm_httpd_serving(apply->httpd->served, &before, apply->adm->pool));
    LYNC_TRY(lyncadm_httpd_graceful(apply->adm, apply->control));
    for (;; apr_sleep(POLL)) {
        apr_pool_clear(p);
        LYNC_TRY(look(apply, revision, &before, &now, &done, p));
        if (done)
            break;
        if (apr_time_now() > end)
            return lync_err(apply->adm->pool, "httpd serves revision %d (generation %d), not %d, %d s after the "
                            "reload: its error log says why", now.revision, now.generation, revision, apply->wait);
    }
    *generation = now.generation;
    return NULL;
}

static const lync_err_t *go_back(apply_t *apply, const lync_err_t *why)
{
    const char *reason = apr_psprintf(apply->adm->pool, "revision %d was not served: %s", apply->revision,
                                      why->sentence);
    const lync_err_t *err = activate(apply, apply->revision, apply->before, reason);
    int ignored;

    if (err)
        return lync_err(apply->adm->pool, "%s; revision %d could not be made active again: %s", why->sentence,
                        apply->before, err->sentence);
    err = serve(apply, apply->before, &ignored);
    if (err)
        return lync_err(apply->adm->pool, "%s; revision %d is active again but not served: %s", why->sentence,
                        apply->before, err->sentence);
    return lync_err(apply->adm->pool, "%s; revision %d is served again", why->sentence, apply->before);
}

static const lync_err_t *done(apply_t *apply, int generation, const char *sentence)
{
    apply->generation = generation;
    apply->done = sentence;
    return NULL;
}

static const lync_err_t *see_it_served(apply_t *apply)
{
    apr_pool_t *p = apply->adm->pool;
    int is_new = apply->revision != apply->before, generation;
    lyncadm_serving_t now;
    const lync_err_t *err;

    LYNC_TRY(lyncadm_httpd_serving(apply->httpd->served, &now, p));
    generation = now.generation;
    if (!is_new && is_served(&now, apply->revision) && !now.because)
        return done(apply, generation, apr_psprintf(p, "revision %d is already active and served (generation %d)",
                                                    apply->revision, generation));
    if (!now.alive && !lyncadm_httpd_runs(apply->httpd, p))
        return done(apply, -1, apr_psprintf(p, "revision %d is %sactive; httpd is not running and will serve it when "
                                            "it starts", apply->revision, is_new ? "" : "already "));
    err = serve(apply, apply->revision, &generation);
    if (!err)
        err = lyncadm_probe_after(apply->adm, apply->store, apply->httpd, apply->revision, apply->probe);
    if (err)
        return is_new ? go_back(apply, err) : err;
    return done(apply, generation, apr_psprintf(p, "revision %d is served (generation %d)", apply->revision,
                                                generation));
}

static const lync_err_t *take_options(apply_t *apply)
{
    lyncadm_t *adm = apply->adm;
    const char *wait = lyncadm_given(adm, "wait");
    char *end = NULL;

    LYNC_TRY(lyncadm_edit_given(adm));
    apply->wait = wait ? (int)strtol(wait, &end, 10) : LYNCADM_WAIT;
    if (wait && (!*wait || *end || apply->wait < 1 || apply->wait > 3600))
        return lyncadm_usage(adm, "wait '%s' is no number from 1 to 3600", wait);
    return NULL;
}

/* Edits that nobody applied would be lost with the draft. */
static const lync_err_t *check_discard(apply_t *apply)
{
    apr_pool_t *p = apply->adm->pool;
    int unapplied = 0, differs;

    LYNC_TRY(lync_store_draft_change(apply->store, &apply->draft, p));
    LYNC_TRY(lync_revision_draft_differs(apply->store, apply->revision, &differs, p));
    if (differs && apply->before)
        LYNC_TRY(lync_revision_draft_differs(apply->store, apply->before, &unapplied, p));
    if (unapplied && !lyncadm_given(apply->adm, "discard"))
        return lync_err(p, "the draft has edits that were not applied: 'lyncadm diff' shows them, 'lyncadm rollback %d "
                        "--discard' drops them", apply->revision);
    return NULL;
}

/* Steps 1 and 2 of a rollback. */
static const lync_err_t *take_revision(apply_t *apply)
{
    apr_pool_t *p = apply->adm->pool;

    LYNC_TRY(lync_audit_revision(apply->store, apply->revision, p));
    LYNC_TRY(check_rules(apply, apply->revision));
    LYNC_TRY(lync_store_active(apply->store, &apply->before, p));
    LYNC_TRY(check_discard(apply));
    return ask_httpd(apply);
}

/* Who edited while httpd reloaded keeps the edit. */
static const lync_err_t *replace_draft(apply_t *apply)
{
    apr_pool_t *p = apply->adm->pool;
    const lync_err_t *err, *ignored;
    int change;

    LYNC_TRY(lyncadm_begin(apply->adm, apply->store, NULL));
    err = lync_store_draft_change(apply->store, &change, p);
    if (!err && change != apply->draft)
        lyncadm_say("warning: the draft was edited meanwhile and stays as it is: 'lyncadm diff' shows how");
    else if (!err)
        err = lync_revision_to_draft(apply->store, apply->revision, p);
    if (!err)
        return lync_store_commit(apply->store, p);
    ignored = lync_store_rollback(apply->store, p);
    (void)ignored;      /* the first error says why */
    return err;
}

static const lync_err_t *finish_rollback(apply_t *apply)
{
    const lync_err_t *err = replace_draft(apply);

    if (!err)
        return NULL;
    return lync_err(apply->adm->pool, "%s, but the draft was not made equal to it: %s", apply->done, err->sentence);
}

static const lync_err_t *run(apply_t *apply)
{
    lyncadm_t *adm = apply->adm;
    const lync_err_t *err;

    LYNC_TRY(lyncadm_begin_edit(adm, apply->store));
    err = apply->rollback ? take_revision(apply) : make_revision(apply);        /* 1 to 4 */
    if (err || adm->dry_run) {
        const lync_err_t *rollback = lync_store_rollback(apply->store, adm->pool);

        if (err || rollback)
            return err ? err : rollback;
        return done(apply, -1, apr_psprintf(adm->pool, "dry run: revision %d would be tested and served",
                                            apply->revision));
    }
    LYNC_TRY(lync_store_commit(apply->store, adm->pool));
    LYNC_TRY(test_revision(apply));                                             /* 5 */
    LYNC_TRY(lyncadm_probe_before(adm, apply->store, apply->httpd, apply->before, &apply->probe));
    if (apply->revision != apply->before)
        LYNC_TRY(activate(apply, apply->before, apply->revision, NULL));        /* 6 */
    LYNC_TRY(see_it_served(apply));                                             /* 7, 8 */
    return apply->rollback ? finish_rollback(apply) : NULL;                       /* 9 */
}

const lync_err_t *lyncadm_apply(lyncadm_t *adm)
{
    apply_t apply = { .adm = adm };

    LYNC_TRY(lyncadm_no_words(adm));
    LYNC_TRY(take_options(&apply));
    LYNC_TRY(lyncadm_open(adm, 1, &apply.store));
    LYNC_TRY(lyncadm_httpd_control(adm, apply.store, &apply.control));
    LYNC_TRY(run(&apply));
    return report(&apply);
}

const lync_err_t *lyncadm_rollback(lyncadm_t *adm)
{
    apply_t apply = { .adm = adm, .rollback = 1 };

    if (adm->words->nelts != 1)
        return lyncadm_usage(adm, "a revision is missing: usage is 'lyncadm rollback %s'", adm->command->synopsis);
    LYNC_TRY(take_options(&apply));
    LYNC_TRY(lyncadm_open(adm, 1, &apply.store));
    LYNC_TRY(lyncadm_revision_named(adm, apply.store, APR_ARRAY_IDX(adm->words, 0, const char *), &apply.revision));
    if (apply.revision == LYNC_DRAFT)
        return lyncadm_usage(adm, "the draft is no earlier revision: 'lyncadm apply' makes it one");
    LYNC_TRY(lyncadm_httpd_control(adm, apply.store, &apply.control));
    LYNC_TRY(run(&apply));
    return report(&apply);
}
