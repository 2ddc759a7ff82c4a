#ifndef FUZZ_H
#define FUZZ_H

#include <stddef.h>
#include <stdint.h>

#include <apr_pools.h>

/* What each target has: one input, anything in it, a pool that is cleared after it. A broken
 * promise aborts. */
void fuzz_one(const uint8_t *data, size_t size, apr_pool_t *p);

/* Aborts, saying what was promised, unless it holds. */
#define PROMISE(holds) \
    do { \
        if (!(holds)) { \
            fprintf(stderr, "%s:%d: broken: %s\n", __FILE__, __LINE__, #holds); \
            abort(); \
        } \
    } while (0)

#endif
