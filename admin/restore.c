#include <apr_file_info.h>
#include <apr_strings.h>

#include "backup.h"
#include "document.h"
#include "file.h"
#include "lyncadm.h"
#include "who.h"

/*
 * restore: a backup takes the place of the store.
 *  1. the backup must be a store, whole, and its audit intact; it is only read
 *  2. a copy of it is made beside the store, where a schema that is older is brought up to date
 *  3. the present store is locked: who waits to write it, or comes later, is told that it was replaced
 *  4. the restore becomes a change of the copy: from what, and in place of what
 *  5. the present store is kept beside itself, or moved there when it is damaged, and the copy takes its place
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
    return lync_store_open(store, restore->file, p);
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

/* Steps 2 to 4; what is open of the copy is in a pool of its own. */
static const lync_err_t *prepare_copy(restore_t *restore, apr_pool_t *inner)
{
    lync_store_t *copy;

    LYNC_TRY(lync_store_open_copy(&copy, restore->temporary, inner));
    LYNC_TRY(lync_present_seize(&restore->present, restore->adm->store, restore->pool));        /* 3 */
    LYNC_TRY(lyncadm_begin(restore->adm, copy, NULL));
    LYNC_TRY(lync_store_set_restored(copy, restored_text(restore), inner));                     /* 4 */
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
    lyncadm_tell("%s is active in it%s%s: 'lyncadm status' tells what is served",
                 restore->active ? apr_psprintf(p, "revision %d", restore->active) : "no revision",
                 restore->hash ? ", hash " : "", restore->hash ? restore->hash : "");
}

static const lync_err_t *report(const restore_t *restore)
{
    static const char *const columns[] = { "store", "file", "change", "kept", "damage", "active", "hash" };
    const lync_present_t *present = restore->present;
    lyncadm_t *adm = restore->adm;
    const char *cells[] = { adm->store, restore->file,
                            restore->verified.last ? apr_itoa(adm->pool, restore->verified.last) : NULL, present->kept,
                            present->damage ? present->damage->sentence : NULL,
                            restore->active ? apr_itoa(adm->pool, restore->active) : NULL, restore->hash };
    lyncadm_rows_t *rows = lyncadm_rows(adm->pool);
    int i;

    if (adm->dry_run)
        lyncadm_say("dry run: the store was not changed");
    if (adm->format == LYNCADM_TABLE) {
        tell(restore);
        return NULL;
    }
    for (i = 0; i < 7; ++i)
        lyncadm_rows_column(rows, columns[i], i == 2 || i == 5);
    lyncadm_rows_add(rows, cells);
    return lyncadm_rows_print(adm, rows, 0);
}

/* No apply may be under way, which would go on with a revision that the restored store does not have. */
static const lync_err_t *run_locked(restore_t *restore)
{
    lyncadm_lock_t *lock = NULL;
    const lync_err_t *err;

    if (!restore->adm->dry_run)
        LYNC_TRY(lyncadm_lock(restore->adm, 0, &lock));
    err = run(restore);
    /* the restored store is in place: here httpd is to test it, and to serve it */
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
