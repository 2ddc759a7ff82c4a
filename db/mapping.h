#ifndef LYNC_MAPPING_H
#define LYNC_MAPPING_H

#include <apr_pools.h>

#include "err.h"

/* Creates a file (mode 0644) with this content and maps it to write, for the life of p. It takes the place
 * of an old one at once, so that a reader never finds half of it, and a symbolic link is not followed. */
const lync_err_t *lync_mapping_create(void **mapped, const char *path, const void *content, apr_size_t size,
                                      apr_pool_t *p) LYNC_MUST_USE;

/* Maps an existing one, to write too if writable, for the life of p. Error when there is none, or it does not have this size
 * and begin with magic. */
const lync_err_t *lync_mapping_open(void **mapped, const char *path, const char *magic, apr_size_t size, int writable,
                                    apr_pool_t *p) LYNC_MUST_USE;

#endif
