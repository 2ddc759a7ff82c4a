#include <apr_file_info.h>
#include <apr_file_io.h>
#include <apr_portable.h>
#include <apr_strings.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "apply.h"
#include "file.h"

/*
 * A file beside the store, locked while an apply or rollback is under way: "<process> <verb>
 * <revision>". It is removed at the end, so that one that is there and not locked was left by a
 * process that was killed.
 */

#define LIMIT 128

struct lyncadm_lock_t {
    lyncadm_t *adm;
    const char *path;
    apr_file_t *file;
};

typedef struct note_t {
    long pid;
    char *verb;
    int revision;
} note_t;

/* A store with two names has one lock. */
static const char *lock_path(lyncadm_t *adm)
{
    return apr_pstrcat(adm->pool, lync_file_real(adm->store, adm->pool), ".apply", NULL);
}

static const lync_err_t *failed(lyncadm_t *adm, const char *path, apr_status_t rv)
{
    char reason[120];

    return lync_err(adm->pool, "cannot write '%s': %s", path, apr_strerror(rv, reason, sizeof(reason)));
}

/* The place may be another's who cannot write the file: no link of his is followed, no FIFO waited at. */
static apr_status_t open_file(apr_file_t **file, const char *path, int create, apr_pool_t *p)
{
    const int more = O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;
    int descriptor = open(path, create ? O_RDWR | O_CREAT | more : O_RDONLY | more, S_IRUSR | S_IWUSR | S_IRGRP);
    struct stat info;
    apr_status_t rv;

    if (descriptor < 0)
        return APR_FROM_OS_ERROR(errno);
    if (fstat(descriptor, &info) || !S_ISREG(info.st_mode)) {
        close(descriptor);
        return APR_EINVAL;
    }
    rv = apr_os_file_put(file, &descriptor, create ? APR_READ | APR_WRITE : APR_READ, p);
    if (rv != APR_SUCCESS)
        close(descriptor);
    return rv;
}

/* 0: it says nothing. */
static int read_note(apr_file_t *file, note_t *note, apr_pool_t *p)
{
    char *text = apr_pcalloc(p, LIMIT), *end;
    apr_size_t length = LIMIT - 1;
    apr_off_t start = 0;

    apr_file_seek(file, APR_SET, &start);
    if (apr_file_read(file, text, &length) != APR_SUCCESS)
        return 0;
    note->pid = strtol(text, &end, 10);
    note->verb = end + (*end == ' ');
    for (end = note->verb; *end >= 'a' && *end <= 'z'; ++end)
        ;
    note->revision = atoi(end);
    *end = '\0';
    return note->pid > 0 && (!strcmp(note->verb, "apply") || !strcmp(note->verb, "rollback")
                             || !strcmp(note->verb, "restore"));
}

/* By fcntl, because a file locked so can be asked whether it is, without locking it: an apply that begins just
 * then must not find it locked by who asks. F_GETLK: *type is F_UNLCK when it is not. */
static apr_status_t control(apr_file_t *file, int command, short *type)
{
    struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
    apr_os_file_t descriptor = -1;
    int rc;

    apr_os_file_get(&descriptor, file);
    do {
        rc = fcntl(descriptor, command, &lock);
    } while (rc && errno == EINTR);
    *type = lock.l_type;
    return rc ? errno : APR_SUCCESS;
}

/* Whether the file has not been removed, by who had the lock before. */
static int is_at(apr_file_t *file, const char *path, apr_pool_t *p)
{
    apr_finfo_t open, there;

    return apr_file_info_get(&open, APR_FINFO_IDENT, file) == APR_SUCCESS
           && apr_stat(&there, path, APR_FINFO_IDENT, p) == APR_SUCCESS
           && open.device == there.device && open.inode == there.inode;
}

static const lync_err_t *busy(lyncadm_lock_t *lock)
{
    note_t note;

    if (!read_note(lock->file, &note, lock->adm->pool))
        return lync_err(lock->adm->pool, "another apply, rollback or restore is under way: try again when it is done");
    return lync_err(lock->adm->pool, "another %s is under way (process %ld): try again when it is done", note.verb,
                    note.pid);
}

const lync_err_t *lyncadm_lock(lyncadm_t *adm, int wait, lyncadm_lock_t **result)
{
    lyncadm_lock_t *lock = apr_pcalloc(adm->pool, sizeof(*lock));
    apr_status_t rv;
    short type;

    lock->adm = adm;
    lock->path = lock_path(adm);
    for (;;) {
        rv = open_file(&lock->file, lock->path, 1, adm->pool);
        if (rv != APR_SUCCESS)
            return failed(adm, lock->path, rv);
        rv = control(lock->file, wait ? F_SETLKW : F_SETLK, &type);
        if (rv != APR_SUCCESS)
            return APR_STATUS_IS_EAGAIN(rv) || APR_STATUS_IS_EACCES(rv) ? busy(lock) : failed(adm, lock->path, rv);
        if (is_at(lock->file, lock->path, adm->pool))
            break;
        apr_file_close(lock->file);
    }
    *result = lock;
    return NULL;
}

void lyncadm_unlock(lyncadm_lock_t *lock)
{
    apr_file_remove(lock->path, lock->adm->pool);
    apr_file_close(lock->file);
}

const lync_err_t *lyncadm_lock_note(lyncadm_lock_t *lock, const char *verb, int revision)
{
    const char *text = apr_psprintf(lock->adm->pool, "%ld %s %d\n", (long)getpid(), verb, revision);
    apr_off_t start = 0;
    apr_status_t rv = apr_file_trunc(lock->file, 0);

    if (rv == APR_SUCCESS)
        rv = apr_file_seek(lock->file, APR_SET, &start);
    if (rv == APR_SUCCESS)
        rv = apr_file_write_full(lock->file, text, strlen(text), NULL);
    return rv == APR_SUCCESS ? NULL : failed(lock->adm, lock->path, rv);
}

static const char *left_undone(lyncadm_t *adm, lync_store_t *store, const note_t *note)
{
    apr_pool_t *p = adm->pool;
    const char *remedy = !strcmp(note->verb, "rollback") ? apr_psprintf(p, "'lyncadm rollback %d'", note->revision)
                         : "'lyncadm apply'";
    lync_revision_t *revision;
    int active;

    if (!strcmp(note->verb, "restore"))
        return "restore was killed: this is the store before or the restored one, as the audit tells: 'lyncadm apply' or "
               "'lyncadm restore' goes on";
    if (!note->revision || lync_store_active(store, &active, p)
        || lync_revision_read(store, note->revision, &revision, p))
        return apr_psprintf(p, "%s was killed before it did anything: %s does it", note->verb, remedy);
    if (active != note->revision)
        return apr_psprintf(p, "%s was killed before revision %d became active: %s goes on", note->verb,
                            note->revision, remedy);
    if (!strcmp(note->verb, "rollback"))
        remedy = apr_psprintf(p, "'lyncadm rollback %d --discard'", note->revision);
    return apr_psprintf(p, "%s was killed after revision %d became active and before it was seen served: %s goes on",
                        note->verb, note->revision, remedy);
}

const char *lyncadm_left(lyncadm_t *adm, lync_store_t *store)
{
    const char *path = lock_path(adm), *sentence = NULL;
    apr_file_t *file = NULL;
    note_t note;
    short type;

    if (open_file(&file, path, 0, adm->pool) != APR_SUCCESS)
        return NULL;
    /* in this order: who has the lock writes the note after it took it, and removes the file before it goes */
    if (read_note(file, &note, adm->pool) && control(file, F_GETLK, &type) == APR_SUCCESS
        && type == F_UNLCK && is_at(file, path, adm->pool))
        sentence = left_undone(adm, store, &note);
    apr_file_close(file);
    return sentence;
}
