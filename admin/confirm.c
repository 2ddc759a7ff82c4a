#include <apr_strings.h>
#include <apr_time.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <syslog.h>
#include <unistd.h>

#include "apply.h"
#include "iso.h"
#include "operate.h"
#include "who.h"

/*
 * A revision on trial: who locks himself out with it does nothing, and has the one before again. That
 * it is on trial, against which, and until when is in the store. Three can end the trial in time or
 * after it, whoever is first: 'lyncadm confirm'; the process that apply leaves behind for it; and a
 * start or reload of httpd, which does not serve a revision whose time is over (mod_lync/load.c).
 */

#define POLL apr_time_from_msec(500)
#define AGAIN apr_time_from_sec(5)
#define PATIENCE 600            /* seconds for which the store may be unreadable, or httpd refuse its configuration */

const lync_err_t *lyncadm_confirm_given(lyncadm_t *adm, const char *text, int *seconds)
{
    static const struct { const char *unit; int seconds; } units[] = { { "", 1 }, { "s", 1 }, { "m", 60 }, { "h", 3600 } };
    char *end;
    long number = strtol(text, &end, 10);
    apr_size_t i;

    for (i = 0; i < sizeof(units) / sizeof(units[0]); ++i) {
        if (strcmp(end, units[i].unit) || *text < '0' || *text > '9' || number < 1 || number > 86400 / units[i].seconds)
            continue;
        *seconds = (int)number * units[i].seconds;
        return NULL;
    }
    return lyncadm_usage(adm, "confirm '%s' is no time such as 90s, 5m or 1h, up to 24h", text);
}

const lync_err_t *lyncadm_trial_refusal(const lync_confirm_t *trial, apr_pool_t *p)
{
    const char *until = lync_iso(trial->until, p);

    if (trial->until <= apr_time_now())
        return lync_err(p, "revision %d was on trial until %s and was not confirmed: 'lyncadm rollback %d' goes back, "
                        "'lyncadm rollback %d' keeps it", trial->revision, until, trial->before, trial->revision);
    return lync_err(p, "revision %d is on trial until %s: 'lyncadm confirm' keeps it, 'lyncadm rollback %d' goes back",
                    trial->revision, until, trial->before);
}

/* The program that runs, whatever its name was on the command line. */
static const char *myself(apr_pool_t *p)
{
    char *path = apr_pcalloc(p, 4096);

    return readlink("/proc/self/exe", path, 4095) > 0 ? path : "lyncadm";
}

/* In the child of a child, so that it has no parent and no terminal. Tells its errno when it cannot run. */
static void __attribute__((noreturn)) become(const char *program, const char *const *argv, int tell)
{
    int null = open("/dev/null", O_RDWR), code;
    pid_t pid;

    setsid();
    pid = fork();
    if (pid > 0)
        _exit(0);
    if (pid == 0) {
        dup2(null, 0);
        dup2(null, 1);
        dup2(null, 2);
        execv(program, (char *const *)(const void *)argv);
    }
    code = errno;
    if (write(tell, &code, sizeof(code)) < 0)
        _exit(2);
    _exit(1);
}

const lync_err_t *lyncadm_confirm_watch(lyncadm_t *adm, const char *control)
{
    const char *argv[] = { "lyncadm", "--store", lyncadm_absolute(adm->pool, adm->store), "confirm", "--watch",
                           "--control", control, NULL };
    const char *program = myself(adm->pool);
    int ends[2], code = 0;
    pid_t pid;

    if (pipe2(ends, O_CLOEXEC))
        return lync_err(adm->pool, "cannot watch the trial: %s", strerror(errno));
    pid = fork();
    if (pid == 0)
        become(program, argv, ends[1]);
    if (pid < 0)
        code = errno;
    close(ends[1]);
    if (pid > 0) {
        waitpid(pid, NULL, 0);
        if (read(ends[0], &code, sizeof(code)) != sizeof(code))
            code = 0;
    }
    close(ends[0]);
    return code ? lync_err(adm->pool, "cannot watch the trial: cannot run '%s': %s", program, strerror(code)) : NULL;
}

/* Ends the trial in the store, if it still is the one of this revision; *ended: it is done. */
static const lync_err_t *end_trial(lyncadm_t *adm, lync_store_t *store, const lync_confirm_t *trial, int *ended)
{
    const char *reason = apr_psprintf(adm->pool, "revision %d was not confirmed by %s", trial->revision,
                                      lync_iso(trial->until, adm->pool));
    const lync_err_t *err, *ignored;
    lync_confirm_t *now = NULL;
    int same;

    LYNC_TRY(lyncadm_begin(adm, store, reason));
    err = lync_store_confirm(store, &now, adm->pool);
    same = !err && now && now->revision == trial->revision && now->until == trial->until;
    if (same)
        err = lync_store_set_confirm(store, NULL, adm->pool);
    if (same && !err)
        err = lync_store_activate(store, trial->before, adm->pool);
    if (same && !err) {
        LYNC_TRY(lync_store_commit(store, adm->pool));
        *ended = 1;
        return NULL;
    }
    ignored = lync_store_rollback(store, adm->pool);
    (void)ignored;      /* the first error says why */
    return err;
}

/* httpd serves what is active again, unless somebody has made another one active since: *ended is 0 then. A httpd that
 * refuses its configuration does not say whether it runs, and then serves on what it serves. */
static const lync_err_t *serve_before(lyncadm_t *adm, lync_store_t *store, const lync_confirm_t *trial, int *ended)
{
    lyncadm_turn_t turn = { .from = trial->revision, .to = trial->before };
    lyncadm_httpd_t *httpd = NULL;
    const char *control;
    int active = 0;

    LYNC_TRY(lync_store_active(store, &active, adm->pool));
    *ended = active == trial->before;
    if (!*ended)
        return NULL;
    LYNC_TRY(lyncadm_given_seconds(adm, "wait", LYNCADM_WAIT, &turn.wait));
    LYNC_TRY(lyncadm_httpd_control(adm, store, &control));
    LYNC_TRY(lyncadm_httpd_test(adm, control, 0, &httpd));
    if (httpd->refusal)
        return lync_err(adm->pool, "httpd refuses its configuration: %s", httpd->refusal);
    if (!lyncadm_httpd_runs(httpd, adm->pool))
        return NULL;
    return lyncadm_serve(adm, store, httpd, control, &turn);
}

const lync_err_t *lyncadm_expire(lyncadm_t *adm, lync_store_t *store, const lync_confirm_t *trial, int *ended)
{
    const lync_err_t *err;
    lyncadm_lock_t *lock;

    LYNC_TRY(lyncadm_lock(adm, 1, &lock));
    err = lyncadm_lock_note(lock, "rollback", trial->before);
    if (!err && !*ended)
        err = end_trial(adm, store, trial, ended);
    if (!err && *ended)
        err = serve_before(adm, store, trial, ended);
    lyncadm_unlock(lock);
    return err;
}

static const lync_err_t *read_trial(lyncadm_t *adm, lync_confirm_t **trial, apr_pool_t *p)
{
    lync_store_t *store = NULL;

    LYNC_TRY(lync_store_open(&store, adm->store, p));
    return lync_store_confirm(store, trial, p);
}

/* Until the trial is over, which *trial then is, or was confirmed (NULL). A store that cannot be read for a
 * while is asked again. */
static const lync_err_t *wait_for_end(lyncadm_t *adm, lync_confirm_t **trial, apr_pool_t *p)
{
    apr_time_t readable = apr_time_now();
    const lync_err_t *err;

    for (;; apr_sleep(POLL)) {
        apr_pool_clear(p);
        err = read_trial(adm, trial, p);
        if (err && apr_time_now() - readable > apr_time_from_sec(PATIENCE))
            return lync_err(adm->pool, "%s", err->sentence);
        if (err)
            continue;
        readable = apr_time_now();
        if (!*trial || (*trial)->until <= readable)
            return NULL;
    }
}

static void tell_syslog(const lync_confirm_t *trial, const lync_err_t *err)
{
    openlog("lyncadm", LOG_PID, LOG_DAEMON);
    if (err && trial)
        syslog(LOG_ERR, "revision %d was not confirmed in time, and revision %d is not served again: %s",
               trial->revision, trial->before, err->sentence);
    else if (err)
        syslog(LOG_ERR, "cannot watch the trial of a revision: %s", err->sentence);
    else
        syslog(LOG_WARNING, "revision %d was not confirmed in time: revision %d is served again", trial->revision,
               trial->before);
}

/* With a store that is open no longer than p lives. */
static const lync_err_t *bring_back(const lyncadm_t *adm, const lync_confirm_t *trial, int *ended, apr_pool_t *p)
{
    lyncadm_t attempt = *adm;
    lync_store_t *store = NULL;

    attempt.pool = p;
    LYNC_TRY(lyncadm_open(&attempt, 1, &store));
    return lyncadm_expire(&attempt, store, trial, ended);
}

/* A store that somebody keeps locked, and a httpd that does not go back, are tried again: until it serves the revision
 * before, or patience ends. Nothing is told of a trial that somebody else has ended. */
static const lync_err_t *watch(lyncadm_t *adm)
{
    lync_confirm_t *trial = NULL, *last = NULL;
    const lync_err_t *err = NULL;
    apr_time_t end = 0;
    apr_pool_t *p;
    int ended = 0;

    apr_pool_create(&p, adm->pool);
    do {
        apr_pool_clear(p);
        if (!ended) {
            err = wait_for_end(adm, &trial, p);
            if (err || !trial)
                break;
            last = apr_pmemdup(adm->pool, trial, sizeof(*trial));
        }
        end = end ? end : apr_time_now() + apr_time_from_sec(PATIENCE);
        err = bring_back(adm, last, &ended, p);
        if (err)
            apr_sleep(ended ? AGAIN : POLL);
    } while (err && apr_time_now() < end);
    if (ended || err)
        tell_syslog(last, err);
    return err;
}

/* Within a transaction, which is committed, unless the trial is over or there is none. */
static const lync_err_t *confirm_within(lyncadm_t *adm, lync_store_t *store, lync_confirm_t **trial, int *over)
{
    LYNC_TRY(lync_store_confirm(store, trial, adm->pool));
    if (!*trial)
        return lync_err(adm->pool, "no revision is on trial: there is nothing to confirm");
    *over = (*trial)->until <= apr_time_now();
    if (*over && adm->dry_run)
        return lyncadm_trial_refusal(*trial, adm->pool);
    if (*over || adm->dry_run)
        return lync_store_rollback(store, adm->pool);
    LYNC_TRY(lync_store_set_confirm(store, NULL, adm->pool));
    return lync_store_commit(store, adm->pool);
}

/* Who comes too late finds it as if he had not come. */
static const lync_err_t *too_late(lyncadm_t *adm, lync_store_t *store, const lync_confirm_t *trial)
{
    const char *until = lync_iso(trial->until, adm->pool);
    int ended = 0;
    const lync_err_t *err = lyncadm_expire(adm, store, trial, &ended);

    if (err && ended)
        return lync_err(adm->pool, "revision %d was on trial until %s, and revision %d is active again but not served: %s",
                        trial->revision, until, trial->before, err->sentence);
    if (err)
        return err;
    if (!ended)
        return lync_err(adm->pool, "somebody else has just ended the trial of revision %d: 'lyncadm status' tells how",
                        trial->revision);
    return lync_err(adm->pool, "revision %d was on trial until %s, and revision %d is served again: 'lyncadm rollback %d' "
                    "brings it back", trial->revision, until, trial->before, trial->revision);
}

static const lync_err_t *confirm(lyncadm_t *adm, lync_store_t *store)
{
    const lync_err_t *err, *ignored;
    lync_confirm_t *trial = NULL;
    int over = 0;

    LYNC_TRY(lyncadm_begin(adm, store, NULL));
    err = confirm_within(adm, store, &trial, &over);
    if (err) {
        ignored = lync_store_rollback(store, adm->pool);
        (void)ignored;  /* the first error says why */
        return err;
    }
    if (over)
        return too_late(adm, store, trial);
    lyncadm_tell(adm->dry_run ? "dry run: revision %d would be confirmed" : "revision %d is confirmed",
                 trial->revision);
    return NULL;
}

const lync_err_t *lyncadm_confirm(lyncadm_t *adm)
{
    lync_store_t *store = NULL;

    LYNC_TRY(lyncadm_no_words(adm));
    if (lyncadm_given(adm, "watch"))
        return watch(adm);
    LYNC_TRY(lyncadm_edit_given(adm));
    LYNC_TRY(lyncadm_open(adm, 1, &store));
    return confirm(adm, store);
}
