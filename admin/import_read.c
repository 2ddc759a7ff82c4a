#include <apr_file_io.h>
#include <string.h>

#include "import.h"

/* The bytes of what is imported, bounded. */

#define FIRST_READ 65536

static apr_status_t open_input(apr_file_t **file, const char *name, apr_pool_t *p)
{
    if (!strcmp(name, "-"))
        return apr_file_open_stdin(file, p);
    return apr_file_open(file, name, APR_READ, APR_OS_DEFAULT, p);
}

/* All of it: a pipe does not say how long it is. */
const lync_err_t *lyncadm_import_read(const char *name, int limit, char **text, apr_size_t *length, apr_pool_t *p)
{
    apr_size_t size = FIRST_READ, n = 0;
    apr_file_t *file;
    apr_status_t rv = open_input(&file, name, p);
    char reason[120];

    *length = 0;
    *text = apr_palloc(p, size + 1);
    while (rv == APR_SUCCESS) {
        if (*length == size) {
            *text = memcpy(apr_palloc(p, 2 * size + 1), *text, size);
            size *= 2;
        }
        rv = apr_file_read_full(file, *text + *length, size - *length, &n);
        *length += n;
        if (*length > (apr_size_t)limit << 20)
            return lync_err(p, "document '%s' is longer than %d MB", name, limit);
    }
    (*text)[*length] = '\0';
    return APR_STATUS_IS_EOF(rv) ? NULL : lync_err(p, "cannot read document '%s': %s", name,
                                                   apr_strerror(rv, reason, sizeof(reason)));
}
