#include <apr_file_info.h>
#include <apr_file_io.h>
#include <apr_strings.h>
#include <apr_time.h>
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "backup.h"
#include "file.h"
#include "store_private.h"

/*
 * A store is replaced by a rename, which whoever has it open does not see: readers read on in the old file,
 * writers must not write to it. So it is locked from before it is copied until its name is another file's; who
 * gets the lock then looks whether it still is (lync_sql_replaced). What lies beside it, journals above all,
 * SQLite would take for the new file's; and a journal of who writes the new file, for one of the old, whose first
 * reader rolls it back and removes it. So nobody writes the new file either until who had just opened the old one
 * has looked at it.
 */

#define GRACE apr_time_from_msec(300)

struct lync_seized_t {
    lync_sql_t *db;             /* that holds the lock; NULL: there is no file, or it is no database */
    apr_finfo_t info;           /* of the file */
};

static const char *const beside[] = { "-journal", "-wal", "-shm" };

/* A name that nothing has. */
static const char *free_name(const char *path, const char *what, apr_pool_t *p)
{
    apr_time_exp_t now;
    apr_finfo_t info;
    const char *stem, *name;
    int i;

    apr_time_exp_gmt(&now, apr_time_now());
    stem = apr_psprintf(p, "%s.%s-%04d%02d%02dT%02d%02d%02dZ", path, what, now.tm_year + 1900, now.tm_mon + 1,
                        now.tm_mday, now.tm_hour, now.tm_min, now.tm_sec);
    for (name = stem, i = 2; apr_stat(&info, name, APR_FINFO_TYPE | APR_FINFO_LINK, p) != APR_ENOENT; ++i)
        name = apr_psprintf(p, "%s-%d", stem, i);
    return name;
}

/* What is no database cannot be locked, nor written by anybody; an empty file, to which SQLite would write with
 * the lock, is none. */
static const lync_err_t *lock(lync_present_t *present, apr_pool_t *p)
{
    const lync_err_t *err;
    lync_sql_t *db;

    if (!present->seized->info.size)
        return NULL;
    LYNC_TRY(lync_sql_open(&db, present->path, LYNC_SQL_WRITE, p));
    err = lync_sql_exec(db, "BEGIN IMMEDIATE", p);
    if (err)
        return lync_sql_damaged(db) ? NULL : err;
    present->seized->db = db;
    return lync_sql_replaced(db, p);
}

/* By a connection of its own, as SQLite's checks want a transaction of theirs. */
static void examine(lync_present_t *present, apr_pool_t *p)
{
    lync_verified_t verified = { 0 };
    lync_store_t *store;

    present->damage = lync_store_open(&store, present->path, p);
    if (!present->damage)
        present->damage = lync_store_intact(store, &verified, p);
    present->change = verified.last;
    present->hash = verified.hash;
}

const lync_err_t *lync_present_seize(lync_present_t **result, const char *path, apr_pool_t *p)
{
    lync_present_t *present = apr_pcalloc(p, sizeof(*present));
    apr_finfo_t *info;
    char reason[120];
    apr_status_t rv;

    *result = present;
    present->seized = apr_pcalloc(p, sizeof(*present->seized));
    present->path = lync_file_real(path, p);
    info = &present->seized->info;
    rv = apr_stat(info, present->path, APR_FINFO_TYPE | APR_FINFO_SIZE | APR_FINFO_IDENT | APR_FINFO_OWNER
                  | APR_FINFO_PROT, p);
    if (APR_STATUS_IS_ENOENT(rv))
        return NULL;
    if (rv != APR_SUCCESS)
        return lync_err(p, "cannot replace store '%s': %s", path, apr_strerror(rv, reason, sizeof(reason)));
    if (info->filetype != APR_REG)
        return lync_err(p, "cannot replace store '%s': it is no file", path);
    LYNC_TRY(lock(present, p));
    examine(present, p);
    present->kept = free_name(present->path, present->damage ? "damaged" : "before-restore", p);
    return NULL;
}

static const lync_err_t *failed(const char *what, const char *path, apr_status_t rv, apr_pool_t *p)
{
    char reason[120];

    return lync_err(p, "cannot %s '%s': %s", what, path, apr_strerror(rv, reason, sizeof(reason)));
}

static const lync_err_t *own(const char *path, const apr_finfo_t *info, apr_pool_t *p)
{
    apr_finfo_t now;
    apr_status_t rv = apr_stat(&now, path, APR_FINFO_OWNER | APR_FINFO_PROT, p);

    if (rv != APR_SUCCESS)
        return failed("write", path, rv, p);
    if ((now.user != info->user || now.group != info->group) && chown(path, info->user, info->group))
        return failed("give the store's owner to", path, APR_FROM_OS_ERROR(errno), p);
    rv = now.protection == info->protection ? APR_SUCCESS : apr_file_perms_set(path, info->protection);
    return rv == APR_SUCCESS ? NULL : failed("give the store's mode to", path, rv, p);
}

/* SQLite does not copy from a connection that writes; while this one has the lock, nobody else does. */
static const lync_err_t *keep_copy(const lync_present_t *present, apr_pool_t *p)
{
    const char *temporary;
    const lync_err_t *err;
    lync_store_t *reader;

    LYNC_TRY(lync_store_open(&reader, present->path, p));
    LYNC_TRY(lync_backup_copy(reader, present->kept, &temporary, p));
    err = own(temporary, &present->seized->info, p);
    if (!err)
        err = lync_file_place(temporary, present->kept, p);
    return err ? lync_file_drop(temporary, err, p) : NULL;
}

/* Of what could not be locked somebody else may have made a store by now. Where there are no hard links, there is a
 * moment without one. */
static const lync_err_t *keep_file(const lync_present_t *present, apr_pool_t *p)
{
    const apr_finfo_t *before = &present->seized->info;
    apr_finfo_t now;

    if (apr_stat(&now, present->path, APR_FINFO_IDENT, p) != APR_SUCCESS || now.inode != before->inode
        || now.device != before->device)
        return lync_err(p, "store '%s' was replaced meanwhile: try again", present->path);
    if (!link(present->path, present->kept) || !rename(present->path, present->kept))
        return NULL;
    return failed("keep the damaged store as", present->kept, APR_FROM_OS_ERROR(errno), p);
}

static void move_beside(const char *from, const char *to, apr_pool_t *p)
{
    apr_size_t i;

    for (i = 0; i < sizeof(beside) / sizeof(beside[0]); ++i)
        apr_file_rename(apr_pstrcat(p, from, beside[i], NULL), apr_pstrcat(p, to, beside[i], NULL), p);
}

static void clear_beside(const lync_present_t *present, apr_pool_t *p)
{
    apr_size_t i;

    if (present->damage)
        move_beside(present->path, present->kept, p);
    for (i = 0; i < sizeof(beside) / sizeof(beside[0]); ++i)
        apr_file_remove(apr_pstrcat(p, present->path, beside[i], NULL), p);
}

/* A link, unlike a rename, does not take a place that somebody has taken meanwhile. */
static int take_place(const lync_present_t *present, const char *temporary)
{
    if (present->kept)
        return rename(temporary, present->path);
    return link(temporary, present->path) || unlink(temporary);
}

static void undo(const lync_present_t *present, apr_pool_t *p)
{
    int is_back = 1;

    if (present->damage) {
        /* of two links to one file it does nothing */
        is_back = !rename(present->kept, present->path);
        move_beside(present->kept, present->path, p);
    }
    if (present->kept && is_back)
        unlink(present->kept);
}

/* Under both locks: of the old file, and of the new one. */
static const lync_err_t *swap(const lync_present_t *present, const char *temporary, apr_pool_t *p)
{
    const lync_err_t *ignored;
    lync_sql_t *held;

    LYNC_TRY(lync_sql_open(&held, temporary, LYNC_SQL_WRITE, p));
    LYNC_TRY(lync_sql_exec(held, "BEGIN IMMEDIATE", p));
    clear_beside(present, p);
    if (take_place(present, temporary))
        return failed("write store", present->path, APR_FROM_OS_ERROR(errno), p);
    /* from here on it is done, come what may */
    ignored = lync_file_sync(lync_file_directory(present->path, p), p);
    if (present->seized->db)
        ignored = lync_sql_exec(present->seized->db, "ROLLBACK", p);
    (void)ignored;
    apr_sleep(GRACE);
    return NULL;
}

const lync_err_t *lync_present_replace(const lync_present_t *present, const char *temporary, apr_pool_t *p)
{
    const lync_err_t *err;
    apr_pool_t *inner;

    LYNC_TRY(lync_file_sync(temporary, p));     /* before it is locked: a file that is closed loses its locks */
    if (present->kept) {
        LYNC_TRY(own(temporary, &present->seized->info, p));
        LYNC_TRY(present->damage ? keep_file(present, p) : keep_copy(present, p));
    }
    apr_pool_create(&inner, p);
    err = swap(present, temporary, inner);
    if (err) {
        err = lync_err(p, "%s", err->sentence);
        undo(present, p);
    }
    apr_pool_destroy(inner);
    return err;
}
