#ifndef LYNC_HASH_H
#define LYNC_HASH_H

#include <apr_pools.h>

#include "err.h"

#define LYNC_HASH_SIZE 65       /* SHA-256 in hex, and NUL */

/* SHA-256 of a text, in lower case hex, into hash (LYNC_HASH_SIZE bytes). */
const lync_err_t *lync_hash(char *hash, const char *text, apr_pool_t *p) LYNC_MUST_USE;

#endif
