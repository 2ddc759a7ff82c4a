#ifndef LYNC_FILE_H
#define LYNC_FILE_H

#include <apr_pools.h>

#include "err.h"

/* Files that are there whole or not at all: written under a temporary name, then renamed. */

/* Creates an empty file in the directory of path (mode 0640); temporary is its name. Errors name path: no directory,
 * no right, or what has the name is no regular file. */
const lync_err_t *lync_file_new(const char **temporary, const char *path, apr_pool_t *p) LYNC_MUST_USE;

/* Brings the file to disk and gives it the name path, in place of what has it. */
const lync_err_t *lync_file_place(const char *temporary, const char *path, apr_pool_t *p) LYNC_MUST_USE;

/* The same, but not in the place of another file: then *taken, and the temporary one is gone. */
const lync_err_t *lync_file_place_new(const char *temporary, const char *path, int *taken, apr_pool_t *p) LYNC_MUST_USE;

/* Writes a text so; unless it may replace what has the name, that is an error. */
const lync_err_t *lync_file_write(const char *path, const char *text, int replace, apr_pool_t *p) LYNC_MUST_USE;

/* Removes it, and what SQLite left beside it; passes err on. */
const lync_err_t *lync_file_drop(const char *temporary, const lync_err_t *err, apr_pool_t *p) LYNC_MUST_USE;

/* Brings a file, or the names in a directory, to disk. */
const lync_err_t *lync_file_sync(const char *path, apr_pool_t *p) LYNC_MUST_USE;

/* Its name with symbolic links resolved; as it is when there is no such file. */
const char *lync_file_real(const char *path, apr_pool_t *p);

/* The directory that a file is in. */
const char *lync_file_directory(const char *path, apr_pool_t *p);

#endif
