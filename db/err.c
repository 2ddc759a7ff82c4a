#include "err.h"

#include <apr_lib.h>
#include <apr_strings.h>

#undef lync_err

const lync_err_t *lync_err(apr_pool_t *p, const char *format, ...)
{
    lync_err_t *err = apr_palloc(p, sizeof(*err));
    char *sentence, *c;
    va_list args;

    va_start(args, format);
    sentence = apr_pvsprintf(p, format, args);
    va_end(args);
    for (c = sentence; *c; ++c) {
        if (apr_iscntrl(*c))
            *c = '?';
    }
    err->sentence = sentence;
    return err;
}
