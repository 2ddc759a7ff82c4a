#include "file.h"

#include <apr_errno.h>
#include <apr_file_info.h>
#include <apr_file_io.h>
#include <apr_strings.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const lync_err_t *cannot(const char *what, const char *path, apr_status_t rv, apr_pool_t *p)
{
    char reason[120];

    return lync_err(p, "cannot %s '%s': %s", what, path, apr_strerror(rv, reason, sizeof(reason)));
}

const char *lync_file_real(const char *path, apr_pool_t *p)
{
    char resolved[PATH_MAX];

    return apr_pstrdup(p, realpath(path, resolved) ? resolved : path);
}

const char *lync_file_directory(const char *path, apr_pool_t *p)
{
    const char *slash = strrchr(path, '/');

    return !slash ? "." : slash == path ? "/" : apr_pstrmemdup(p, path, slash - path);
}

const lync_err_t *lync_file_new(const char **result, const char *path, apr_pool_t *p)
{
    char *temporary = apr_pstrcat(p, path, ".XXXXXX", NULL);
    apr_finfo_t info;
    apr_file_t *file;
    apr_status_t rv = apr_stat(&info, path, APR_FINFO_TYPE, p);

    /* a rename would put a file in the place of a device */
    if (rv == APR_SUCCESS && info.filetype != APR_REG)
        return lync_err(p, "cannot write '%s': it is no regular file", path);
    rv = apr_file_mktemp(&file, temporary, APR_CREATE | APR_EXCL | APR_WRITE, p);
    if (rv != APR_SUCCESS)
        return cannot("write", path, rv, p);
    apr_file_close(file);
    /* a file system without modes keeps what it has */
    apr_file_perms_set(temporary, APR_FPROT_UREAD | APR_FPROT_UWRITE | APR_FPROT_GREAD);
    *result = temporary;
    return NULL;
}

const lync_err_t *lync_file_sync(const char *path, apr_pool_t *p)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC), code = 0;

    if (fd < 0)
        return cannot("write", path, APR_FROM_OS_ERROR(errno), p);
    /* a file system that cannot sync a directory says EINVAL */
    if (fsync(fd) && errno != EINVAL)
        code = errno;
    close(fd);
    return code ? cannot("write", path, APR_FROM_OS_ERROR(code), p) : NULL;
}

const lync_err_t *lync_file_place(const char *temporary, const char *path, apr_pool_t *p)
{
    apr_status_t rv;

    LYNC_TRY(lync_file_sync(temporary, p));
    rv = apr_file_rename(temporary, path, p);
    if (rv != APR_SUCCESS)
        return cannot("write", path, rv, p);
    return lync_file_sync(lync_file_directory(path, p), p);
}

static apr_status_t fill(const char *temporary, const char *text, apr_pool_t *p)
{
    apr_file_t *file;
    apr_status_t rv = apr_file_open(&file, temporary, APR_WRITE, APR_OS_DEFAULT, p), closed;

    if (rv != APR_SUCCESS)
        return rv;
    rv = apr_file_write_full(file, text, strlen(text), NULL);
    closed = apr_file_close(file);
    return rv == APR_SUCCESS ? closed : rv;
}

/* Unlike a rename, a link never takes a name from another file; not every file system has links. */
const lync_err_t *lync_file_place_new(const char *temporary, const char *path, int *taken, apr_pool_t *p)
{
    apr_status_t rv;

    *taken = 0;
    LYNC_TRY(lync_file_sync(temporary, p));
    rv = apr_file_link(temporary, path);
    *taken = APR_STATUS_IS_EEXIST(rv);
    if (rv != APR_SUCCESS && !*taken)
        return lync_file_place(temporary, path, p);
    apr_file_remove(temporary, p);
    return *taken ? NULL : lync_file_sync(lync_file_directory(path, p), p);
}

const lync_err_t *lync_file_write(const char *path, const char *text, int replace, apr_pool_t *p)
{
    const char *temporary;
    const lync_err_t *err;
    apr_status_t rv;
    int taken = 0;

    LYNC_TRY(lync_file_new(&temporary, path, p));
    rv = fill(temporary, text, p);
    if (rv != APR_SUCCESS)
        err = cannot("write", path, rv, p);
    else
        err = replace ? lync_file_place(temporary, path, p) : lync_file_place_new(temporary, path, &taken, p);
    if (!err && taken)
        err = lync_err(p, "cannot write '%s': it is there already", path);
    return err ? lync_file_drop(temporary, err, p) : NULL;
}

const lync_err_t *lync_file_drop(const char *temporary, const lync_err_t *err, apr_pool_t *p)
{
    apr_file_remove(temporary, p);
    apr_file_remove(apr_pstrcat(p, temporary, "-journal", NULL), p);
    return err;
}
