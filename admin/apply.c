#include <apr_strings.h>
#include <apr_time.h>

#include "apply.h"
#include "operate.h"
#include "who.h"

/*
 * apply: the draft becomes a revision that httpd serves, or all is as it was.
 *  1. the rule book: a draft with errors is refused
 *  2. httpd is asked what it is configured with: without LyncStore for this store nothing can serve it
 *  3. a draft that equals the active revision makes no new one
 *  4. the draft is copied to revision N, which is not active yet
 *  5. httpd tests its configuration with revision N
 *  6. revision N is made the active one, on trial with --confirm
 *  7. httpd's children take it over, or httpd reloads; they are watched until every new connection is served by N
 *     (take_over.c, reload.c)
 *  8. on failure the revision before is made active again, and served in the same way
 * rollback: the same with revision N as it is, which must be intact, in place of steps 3 and 4; once
 * it is served
 *  9. the draft is made equal to it
 * One at a time: lock.c, which also tells of one that was killed.
 */

typedef struct apply_t {
    lyncadm_t *adm;
    lync_store_t *store;
    const char *control;
    lyncadm_httpd_t *httpd;
    int before, revision;       /* active before; to be served */
    int rollback;               /* to an earlier revision */
    int draft;                  /* rollback: last change of the draft that may be dropped */
    int wait;                   /* seconds */
    int confirm;                /* seconds of the trial; 0: it is none */
    lync_confirm_t *trial;      /* that the active revision is on; NULL: none */
    lyncadm_lock_t *lock;       /* NULL: a dry run */
    lyncadm_probe_t *probe;     /* what was found before */
    int generation;             /* that serves it; -1: none */
    const char *how;            /* live or reload; NULL: it was served, or is not */
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

        if (finding->level <= LYNC_UNFINISHED)
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
    lync_serving_t serving;

    if (!httpd->served)
        return lync_err(p, "httpd ('%s') is not configured with this store: add 'LyncStore %s' to its configuration, "
                        "after LoadModule lync_module ('a2enmod lync' of the packages does both for " LYNCADM_STORE ")",
                        apply->control, lyncadm_absolute(p, apply->adm->store));
    lyncadm_httpd_serving_now(httpd->served, &serving, p);
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
    const char *closed;

    LYNC_TRY(lyncadm_httpd_test(apply->adm, apply->control, 0, &apply->httpd));
    if (!apply->httpd->refusal)
        LYNC_TRY(check_httpd(apply));
    closed = apply->adm->dry_run ? NULL : lyncadm_access(apply->adm, apply->httpd);
    if (closed)
        lyncadm_say("warning: %s; until then 'lyncadm server drain' and a change of routes take a reload", closed);
    return NULL;
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
                            apply->generation >= 0 ? apr_itoa(adm->pool, apply->generation) : NULL,
                            apply->how, apply->done };

    if (adm->format == LYNCADM_TABLE) {
        lyncadm_tell("%s", apply->done);
        return NULL;
    }
    lyncadm_rows_column(rows, "revision", 1);
    lyncadm_rows_column(rows, "before", 1);
    lyncadm_rows_column(rows, "generation", 1);
    lyncadm_rows_column(rows, "how", 0);
    lyncadm_rows_column(rows, "message", 0);
    lyncadm_rows_add(rows, cells);
    return lyncadm_rows_print(adm, rows, 0);
}

static const lync_err_t *test_revision(apply_t *apply)
{
    const char *stays = apply->revision == apply->before ? "which stays active" : "which stays inactive";

    LYNC_TRY(lyncadm_httpd_test(apply->adm, apply->control, apply->revision, &apply->httpd));
    if (apply->httpd->refusal)
        return lync_err(apply->adm->pool, "httpd refuses revision %d, %s: %s", apply->revision, stays,
                        apply->httpd->refusal);
    if (apply->httpd->revision >= 0 && apply->httpd->revision != apply->revision)
        return lync_err(apply->adm->pool, "httpd tested revision %d, not %d, %s: '%s' does not pass the environment "
                        "variable LYNC_REVISION on", apply->httpd->revision, apply->revision, stays, apply->control);
    return check_httpd(apply);
}

static const lync_err_t *activate_within(apply_t *apply, int from, int to, const lync_confirm_t *trial)
{
    apr_pool_t *p = apply->adm->pool;
    int now = 0;

    LYNC_TRY(lync_store_active(apply->store, &now, p));
    if (now != from)
        return lync_err(p, "revision %d became active meanwhile: revision %d stays inactive, apply again", now, to);
    LYNC_TRY(lync_store_set_confirm(apply->store, trial, p));
    return lync_store_activate(apply->store, to, p);
}

/* Whatever was on trial is not any more. */
static const lync_err_t *activate(apply_t *apply, int from, int to, int seconds, const char *reason)
{
    apr_pool_t *p = apply->adm->pool;
    const lync_confirm_t trial = { to, from, apr_time_now() + apr_time_from_sec(seconds) };
    const lync_err_t *err, *ignored;

    LYNC_TRY(lyncadm_begin(apply->adm, apply->store, reason));
    err = activate_within(apply, from, to, seconds ? &trial : NULL);
    if (!err)
        return lync_store_commit(apply->store, p);
    ignored = lync_store_rollback(apply->store, p);
    (void)ignored;      /* the first error says why */
    return err;
}

static const lync_err_t *serve(const apply_t *apply, int from, int to, lyncadm_turn_t *turn)
{
    turn->from = from;
    turn->to = to;
    /* a trial that is over is not served any more: there is nothing to wait for then */
    turn->wait = apply->confirm && apply->confirm < apply->wait ? apply->confirm : apply->wait;
    return lyncadm_serve(apply->adm, apply->store, apply->httpd, apply->control, turn);
}

static const lync_err_t *go_back(apply_t *apply, const lync_err_t *why)
{
    const char *reason = apr_psprintf(apply->adm->pool, "revision %d was not served: %s", apply->revision,
                                      why->sentence);
    const lync_err_t *err = activate(apply, apply->revision, apply->before, 0, reason);
    lyncadm_turn_t turn;

    if (err)
        return lync_err(apply->adm->pool, "%s; revision %d could not be made active again: %s", why->sentence,
                        apply->before, err->sentence);
    err = serve(apply, apply->revision, apply->before, &turn);
    if (err)
        return lync_err(apply->adm->pool, "%s; revision %d is active again but not served: %s", why->sentence,
                        apply->before, err->sentence);
    return lync_err(apply->adm->pool, turn.ended ? "%s; revision %d is active again, and httpd serves it when it starts"
                    : "%s; revision %d is served again", why->sentence, apply->before);
}

static const lync_err_t *done(apply_t *apply, int generation, const char *sentence)
{
    apply->generation = generation;
    apply->done = sentence;
    return NULL;
}

static const char *with_trial(const apply_t *apply, const char *sentence)
{
    return !apply->confirm ? sentence
           : apr_psprintf(apply->adm->pool, "%s, on trial for %d s: unless 'lyncadm confirm' comes, revision %d is served "
                          "again", sentence, apply->confirm, apply->before);
}

static const char *served_sentence(const apply_t *apply, const lyncadm_turn_t *turn)
{
    return with_trial(apply, apr_psprintf(apply->adm->pool, "revision %d is served%s (generation %d)", apply->revision,
                                          turn->live ? " without a reload" : "", turn->generation));
}

static const char *not_running_sentence(const apply_t *apply)
{
    return with_trial(apply, apr_psprintf(apply->adm->pool, "revision %d is %sactive; httpd is not running and will serve "
                                          "it when it starts", apply->revision,
                                          apply->revision != apply->before ? "" : "already "));
}

static const lync_err_t *serve_active(apply_t *apply)
{
    apr_pool_t *p = apply->adm->pool;
    int is_new = apply->revision != apply->before;
    lync_revision_t *wanted = NULL;
    const lync_err_t *err = NULL;
    lyncadm_turn_t turn = { 0 };
    lync_serving_t now;

    LYNC_TRY(lync_revision_read(apply->store, apply->revision, &wanted, p));
    lyncadm_httpd_serving_now(apply->httpd->served, &now, p);
    if (!is_new && lyncadm_serves(&now, wanted) && !now.because)
        return done(apply, now.generation, apr_psprintf(p, "revision %d is already active and served (generation %d)",
                                                        apply->revision, now.generation));
    if (!is_new && apply->confirm)
        return lync_err(p, "revision %d is active already, so that there is none before it to come back: apply without "
                        "--confirm, or roll back first", apply->revision);
    if (!now.alive && !lyncadm_httpd_runs(apply->httpd, p))
        return done(apply, -1, not_running_sentence(apply));
    if (apply->confirm)
        err = lyncadm_confirm_watch(apply->adm, apply->control);
    if (!err)
        err = serve(apply, apply->before, apply->revision, &turn);
    if (turn.ended)
        return done(apply, -1, not_running_sentence(apply));
    if (!err)
        err = lyncadm_probe_after(apply->adm, apply->store, apply->httpd, apply->revision, apply->probe);
    apply->how = turn.live ? "live" : "reload";
    return err ? err : done(apply, turn.generation, served_sentence(apply, &turn));
}

/* Steps 7 and 8. */
static const lync_err_t *see_it_served(apply_t *apply)
{
    const lync_err_t *err = serve_active(apply);

    return err && apply->revision != apply->before ? go_back(apply, err) : err;
}

static const lync_err_t *take_options(apply_t *apply)
{
    const char *confirm = lyncadm_given(apply->adm, "confirm");

    LYNC_TRY(lyncadm_edit_given(apply->adm));
    LYNC_TRY(lyncadm_given_seconds(apply->adm, "wait", LYNCADM_WAIT, &apply->wait));
    return confirm ? lyncadm_confirm_given(apply->adm, confirm, &apply->confirm) : NULL;
}

/* There is nobody to lock out. */
static const lync_err_t *check_running(apply_t *apply)
{
    lync_serving_t now;

    if (!apply->confirm)
        return NULL;
    lyncadm_httpd_serving_now(apply->httpd->served, &now, apply->adm->pool);
    return now.alive || lyncadm_httpd_runs(apply->httpd, apply->adm->pool) ? NULL
           : lync_err(apply->adm->pool, "httpd is not running, so there is nothing to try out: apply without --confirm");
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

/* Steps 1 to 4, in one transaction. */
static const lync_err_t *prepare(apply_t *apply)
{
    LYNC_TRY(lync_store_confirm(apply->store, &apply->trial, apply->adm->pool));
    if (apply->trial && !apply->rollback)
        return lyncadm_trial_refusal(apply->trial, apply->adm->pool);
    LYNC_TRY(apply->rollback ? take_revision(apply) : make_revision(apply));
    LYNC_TRY(check_running(apply));
    return apply->lock ? lyncadm_lock_note(apply->lock, apply->adm->command->name, apply->revision) : NULL;
}

static const lync_err_t *run(apply_t *apply)
{
    lyncadm_t *adm = apply->adm;
    const lync_err_t *err;

    LYNC_TRY(lyncadm_begin_edit(adm, apply->store));
    err = prepare(apply);                                                       /* 1 to 4 */
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
    if (apply->revision != apply->before || apply->trial)
        LYNC_TRY(activate(apply, apply->before, apply->revision, apply->confirm, NULL));    /* 6 */
    LYNC_TRY(see_it_served(apply));                                             /* 7, 8 */
    return apply->rollback ? finish_rollback(apply) : NULL;                     /* 9 */
}

/* What a killed one left undone is told, and done by this one or not needed any more. */
static const lync_err_t *run_locked(apply_t *apply)
{
    lyncadm_t *adm = apply->adm;
    const char *left = lyncadm_left(adm, apply->store);
    const lync_err_t *err;

    if (left)
        lyncadm_say("warning: %s", left);
    if (!adm->dry_run)
        LYNC_TRY(lyncadm_lock(adm, 0, &apply->lock));
    err = run(apply);
    if (apply->lock)
        lyncadm_unlock(apply->lock);
    return err ? err : report(apply);
}

const lync_err_t *lyncadm_apply(lyncadm_t *adm)
{
    apply_t apply = { .adm = adm };

    LYNC_TRY(lyncadm_no_words(adm));
    LYNC_TRY(take_options(&apply));
    LYNC_TRY(lyncadm_open(adm, 1, &apply.store));
    LYNC_TRY(lyncadm_httpd_control(adm, apply.store, &apply.control));
    return run_locked(&apply);
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
    return run_locked(&apply);
}
