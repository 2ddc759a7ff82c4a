#include <apr_file_info.h>
#include <apr_strings.h>
#include <apr_time.h>

#include "apply.h"
#include "backup.h"
#include "document.h"
#include "file.h"
#include "operate.h"
#include "progress.h"
#include "who.h"

/*
 * restore: a backup takes the place of the store.
 *  1. the backup must be a store, whole, and its audit intact; it is only read
 *  2. a copy of it is made beside the store, where a schema that is older is brought up to date
 *  3. the present store is locked: who waits to write it, or comes later, is told that it was replaced
 *  4. the restore becomes a change of the copy: from what, and in place of what; a trial that is over ends there
 *  5. the present store is kept beside itself, or moved there when it is damaged, and the copy takes its place
 *  6. httpd, if it runs with this store, tests it, reloads, and is seen to serve it
 *  7. on failure the store before is restored in the same way, unless it was damaged
 */

typedef struct restore_t {
    lyncadm_t *adm;
    apr_pool_t *pool;           /* of adm */
    const char *file;           /* that is restored from */
    lync_verified_t verified;   /* of that */
    const char *temporary;      /* the copy */
    lync_present_t *present;    /* seized until the end of the run: who waits for it notices what became of it */
    int active;                 /* revision of the copy; 0: none */
    const char *hash;           /* of that */
    const char *served;         /* what httpd makes of it, as a sentence */
} restore_t;

static const lync_err_t *open_backup(restore_t *restore, lync_store_t **store)
{
    apr_pool_t *p = restore->pool;
    apr_finfo_t info;
    apr_status_t rv = apr_stat(&info, restore->file, APR_FINFO_TYPE, p);
    char reason[120];

    if (rv != APR_SUCCESS)
        return lync_err(p, "cannot restore from '%s': %s", restore->file, apr_strerror(rv, reason, sizeof(reason)));
    if (info.filetype != APR_REG)
        return lync_err(p, "cannot restore from '%s': it is no file", restore->file);
    if (lyncadm_same_file(restore->file, restore->adm->store, p))
        return lync_err(p, "cannot restore from '%s': it is the store itself", restore->file);
    LYNC_TRY(lync_store_open(store, restore->file, p));
    lync_store_progress(*store, lyncadm_progress_told);
    return NULL;
}

/* Steps 1 and 2. */
static const lync_err_t *copy_backup(restore_t *restore)
{
    lync_store_t *backup = NULL;

    LYNC_TRY(open_backup(restore, &backup));
    LYNC_TRY(lync_store_intact(backup, &restore->verified, restore->pool));
    return lync_backup_copy(backup, lync_file_real(restore->adm->store, restore->pool), &restore->temporary,
                            restore->pool);
}

static const char *last_change(apr_pool_t *p, int change, const char *hash)
{
    return change ? apr_psprintf(p, " (last change %d, hash %s)", change, hash) : "";
}

/* For the audit: hashes tell the stores apart when their files have other names. */
static const char *restored_text(const restore_t *restore)
{
    const lync_present_t *present = restore->present;
    apr_pool_t *p = restore->pool;
    const char *from = apr_psprintf(p, "from '%s'%s", lyncadm_absolute(p, restore->file),
                                    last_change(p, restore->verified.last, restore->verified.hash));

    if (!present->kept)
        return apr_psprintf(p, "%s, in place of no store", from);
    return apr_psprintf(p, "%s, in place of what is kept as '%s'%s", from, present->kept,
                        last_change(p, present->change, present->hash));
}

/* Nobody watches a trial of the copy, and mostly its time is over: it ends as if it had not been confirmed. */
static const lync_err_t *end_trial(lync_store_t *copy, apr_pool_t *p)
{
    lync_confirm_t *trial = NULL;

    LYNC_TRY(lync_store_confirm(copy, &trial, p));
    if (!trial)
        return NULL;
    lyncadm_say("warning: revision %d is on trial in the backup and was not confirmed: revision %d is active",
                trial->revision, trial->before);
    LYNC_TRY(lync_store_set_confirm(copy, NULL, p));
    return lync_store_activate(copy, trial->before, p);
}

/* Steps 2 to 4; what is open of the copy is in a pool of its own. */
static const lync_err_t *prepare_copy(restore_t *restore, apr_pool_t *inner)
{
    lync_store_t *copy;

    LYNC_TRY(lync_store_open_copy(&copy, restore->temporary, inner));
    lync_store_progress(copy, lyncadm_progress_told);
    LYNC_TRY(lync_present_seize(&restore->present, restore->adm->store, restore->pool));        /* 3 */
    LYNC_TRY(lyncadm_begin(restore->adm, copy, NULL));
    LYNC_TRY(lync_store_set_restored(copy, restored_text(restore), inner));                     /* 4 */
    LYNC_TRY(end_trial(copy, inner));
    LYNC_TRY(lync_store_commit(copy, inner));
    LYNC_TRY(lync_store_active(copy, &restore->active, inner));
    if (restore->active)
        restore->hash = lyncadm_revision_hash(copy, restore->active, restore->pool);
    return lync_store_whole(copy, inner);
}

/* A file that is open must not get another name: SQLite would look for its journal under the old one. */
static const lync_err_t *close_copy(restore_t *restore)
{
    const lync_err_t *err;
    apr_pool_t *inner;

    apr_pool_create(&inner, restore->pool);
    err = prepare_copy(restore, inner);
    if (err)
        err = lync_err(restore->pool, "%s", err->sentence);
    apr_pool_destroy(inner);
    return err;
}

static const lync_err_t *run(restore_t *restore)
{
    const lync_err_t *err;

    LYNC_TRY(copy_backup(restore));                                                             /* 1, 2 */
    err = close_copy(restore);                                                                  /* 2 to 4 */
    if (!err && !restore->adm->dry_run)
        err = lync_present_replace(restore->present, restore->temporary, restore->pool);        /* 5 */
    return err || restore->adm->dry_run ? lync_file_drop(restore->temporary, err, restore->pool) : NULL;
}

/* Whoever mends a host may have no httpd on it yet: that is told, and no failure. */
static const char *not_asked(const restore_t *restore, const lyncadm_httpd_t *httpd)
{
    const lyncadm_t *adm = restore->adm;

    if (httpd->refusal)
        return NULL;
    if (!httpd->served)
        return "httpd is not configured with this store";
    if (httpd->store && !lyncadm_same_file(httpd->store, adm->store, restore->pool))
        return apr_psprintf(restore->pool, "httpd serves another store, '%s'", httpd->store);
    return lyncadm_httpd_runs(httpd, restore->pool) ? NULL : "httpd is not running and will serve it when it starts";
}

static const lync_err_t *reload(restore_t *restore, lync_store_t *store, const lyncadm_httpd_t *httpd,
                                const char *control)
{
    apr_pool_t *p = restore->pool;
    lync_revision_t *revision = NULL;
    lyncadm_probe_t *probe = NULL;
    int wait, generation;

    LYNC_TRY(lyncadm_given_seconds(restore->adm, "wait", LYNCADM_WAIT, &wait));
    LYNC_TRY(lync_revision_read(store, restore->active, &revision, p));
    LYNC_TRY(lyncadm_probe_before(restore->adm, store, httpd, LYNC_DRAFT, &probe));
    LYNC_TRY(lyncadm_reload(restore->adm, httpd, control, revision, wait, &generation));
    LYNC_TRY(lyncadm_probe_after(restore->adm, store, httpd, restore->active, probe));
    restore->served = restore->active
        ? apr_psprintf(p, "revision %d is served (generation %d)", restore->active, generation)
        : apr_psprintf(p, "no revision is active, and none is served (generation %d)", generation);
    return NULL;
}

/* Step 6. */
static const lync_err_t *serve(restore_t *restore)
{
    lync_store_t *store = NULL;
    lyncadm_httpd_t *httpd = NULL;
    const lync_err_t *err;
    const char *control, *closed;

    LYNC_TRY(lyncadm_open(restore->adm, 0, &store));
    LYNC_TRY(lyncadm_httpd_control(restore->adm, store, &control));
    err = lyncadm_httpd_test(restore->adm, control, 0, &httpd);
    restore->served = err ? apr_pstrcat(restore->pool, "httpd was not asked to serve it: ", err->sentence, NULL)
                      : not_asked(restore, httpd);
    if (restore->served)
        return NULL;
    closed = lyncadm_access(restore->adm, httpd);
    if (closed)
        lyncadm_say("warning: %s; until then 'lyncadm server drain' and a change of routes take a reload", closed);
    if (httpd->refusal)
        return lync_err(restore->pool, "httpd refuses the store: %s", httpd->refusal);
    return reload(restore, store, httpd, control);
}

/* Step 7. */
static const lync_err_t *go_back(const restore_t *restore, const lync_err_t *why)
{
    restore_t back = { .adm = restore->adm, .pool = restore->pool, .file = restore->present->kept };
    const lync_err_t *err;

    if (!back.file || restore->present->damage)
        return lync_err(restore->pool, "%s; the restored store stays, because the one before was no good", why->sentence);
    err = run(&back);
    if (err)
        return lync_err(restore->pool, "%s; the store before, '%s', could not be put back: %s", why->sentence, back.file,
                        err->sentence);
    err = serve(&back);
    if (err)
        return lync_err(restore->pool, "%s; the store before is back and not served: %s", why->sentence, err->sentence);
    return lync_err(restore->pool, "%s; the store before is back, and %s", why->sentence, back.served);
}

static void tell(const restore_t *restore)
{
    const lync_present_t *present = restore->present;
    apr_pool_t *p = restore->pool;
    const char *last = last_change(p, present->change, present->hash);

    lyncadm_tell("store '%s' is restored from '%s'%s", restore->adm->store, restore->file,
                 last_change(p, restore->verified.last, restore->verified.hash));
    if (!present->kept)
        lyncadm_tell("there was no store before");
    else if (present->damage)
        lyncadm_tell("the store before%s was no good and is now '%s': %s", last, present->kept,
                     present->damage->sentence);
    else
        lyncadm_tell("the store before%s is kept as '%s'", last, present->kept);
    lyncadm_tell("%s is active in it%s%s", restore->active ? apr_psprintf(p, "revision %d", restore->active)
                 : "no revision", restore->hash ? ", hash " : "", restore->hash ? restore->hash : "");
    if (restore->served)
        lyncadm_tell("%s", restore->served);
}

static const lync_err_t *report(const restore_t *restore)
{
    static const char *const columns[] = { "store", "file", "change", "kept", "damage", "active", "hash", "served" };
    const lync_present_t *present = restore->present;
    lyncadm_t *adm = restore->adm;
    const char *cells[] = { adm->store, restore->file,
                            restore->verified.last ? apr_itoa(adm->pool, restore->verified.last) : NULL, present->kept,
                            present->damage ? present->damage->sentence : NULL,
                            restore->active ? apr_itoa(adm->pool, restore->active) : NULL, restore->hash,
                            restore->served };
    lyncadm_rows_t *rows = lyncadm_rows(adm->pool);
    int i;

    if (adm->dry_run)
        lyncadm_say("dry run: the store was not changed");
    if (adm->format == LYNCADM_TABLE) {
        tell(restore);
        return NULL;
    }
    for (i = 0; i < 8; ++i)
        lyncadm_rows_column(rows, columns[i], i == 2 || i == 5);
    lyncadm_rows_add(rows, cells);
    return lyncadm_rows_print(adm, rows, 0);
}

/* Who watches a trial of the present store would find none, and go. What cannot be read has none. */
static const lync_err_t *check_trial(const restore_t *restore)
{
    lync_confirm_t *trial = NULL;
    const lync_err_t *err = NULL;
    lync_store_t *store;
    apr_pool_t *inner;

    apr_pool_create(&inner, restore->pool);
    if (!lync_store_open(&store, restore->adm->store, inner) && !lync_store_confirm(store, &trial, inner)
        && trial && trial->until > apr_time_now())
        err = lyncadm_trial_refusal(trial, restore->pool);
    apr_pool_destroy(inner);
    return err;
}

/* No apply may be under way, which would go on with a revision that the restored store does not have. */
static const lync_err_t *run_locked(restore_t *restore)
{
    lyncadm_lock_t *lock = NULL;
    const lync_err_t *err;

    if (!restore->adm->dry_run)
        LYNC_TRY(lyncadm_lock(restore->adm, 0, &lock));
    err = check_trial(restore);
    if (!err && lock)
        err = lyncadm_lock_note(lock, "restore", 0);
    if (!err)
        err = run(restore);
    if (!err && !restore->adm->dry_run) {
        err = serve(restore);                                                                   /* 6 */
        if (err)
            err = go_back(restore, err);                                                        /* 7 */
    }
    if (lock)
        lyncadm_unlock(lock);
    return err ? err : report(restore);
}

const lync_err_t *lyncadm_restore(lyncadm_t *adm)
{
    restore_t restore = { .adm = adm, .pool = adm->pool };
    const char *message = lyncadm_given(adm, "message");

    LYNC_TRY(lyncadm_one_word(adm, "a file", &restore.file));
    if (!message || !*message)
        return lyncadm_usage(adm, "restore needs -m: why the store is replaced");
    LYNC_TRY(lyncadm_edit_given(adm));
    return run_locked(&restore);
}
