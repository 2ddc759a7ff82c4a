/* A whole store file, as an attacker who can write it would leave it. */

#include "fuzz.h"

#include <apr_strings.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "check.h"
#include "store.h"

void fuzz_one(const uint8_t *data, size_t size, apr_pool_t *p)
{
    char path[] = "/tmp/lync-fuzz-XXXXXX";
    int file = mkstemp(path), active;
    lync_store_t *store;
    lync_model_t *model;
    const lync_err_t *err;

    PROMISE(file >= 0 && write(file, data, size) == (ssize_t)size);
    close(file);
    err = lync_store_open(&store, path, p);
    if (!err)
        err = lync_store_active(store, &active, p);
    if (!err)
        err = lync_store_read(store, active, &model, p);
    if (!err)
        lync_check(model, p);
    unlink(path);
    unlink(apr_pstrcat(p, path, "-journal", NULL));
}
