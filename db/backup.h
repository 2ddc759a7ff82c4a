#ifndef LYNC_BACKUP_H
#define LYNC_BACKUP_H

#include "audit.h"

/* Copies of a store, and a copy that takes the place of one. */

/* Copies a store to a new file beside path, whose name is temporary: for the caller to place or to drop. */
const lync_err_t *lync_backup_copy(lync_store_t *store, const char *path, const char **temporary,
                                   apr_pool_t *p) LYNC_MUST_USE;

/* Copies a store to path, in place of what is there, once the copy has proved to be intact; only a trial: the copy
 * is removed then. verified is of the copy. */
const lync_err_t *lync_backup(lync_store_t *store, const char *path, int trial, lync_verified_t *verified,
                              apr_pool_t *p) LYNC_MUST_USE;

/* The store that is to be replaced. */
typedef struct lync_present_t {
    const char *path;           /* its file, symbolic links resolved */
    const char *kept;           /* what it will be kept as; NULL: there is none */
    const lync_err_t *damage;   /* why it is no store to go on with; NULL: it is one */
    int change;                 /* its last; 0: not known */
    const char *hash;           /* of that */
    struct lync_seized_t *seized;       /* replace.c's */
} lync_present_t;

/* Looks at the present store and keeps it from being written until p goes: who waits to write it, or comes later,
 * finds it replaced. One that is missing or damaged is no error. */
const lync_err_t *lync_present_seize(lync_present_t **present, const char *path, apr_pool_t *p) LYNC_MUST_USE;

/* Puts a file in the place of the present store, with its owner and mode, after that was kept: by a copy, or when it is
 * damaged by another name. On an error all is as it was, but for the file, which is the caller's to drop. */
const lync_err_t *lync_present_replace(const lync_present_t *present, const char *temporary,
                                       apr_pool_t *p) LYNC_MUST_USE;

#endif
