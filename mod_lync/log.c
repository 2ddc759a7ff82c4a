#include "mod_lync.h"

#include <apr_strings.h>

/*
 * httpd puts the Referer at the end of each line about a request, and that may be the address of a meeting with its key.
 * In ours it finds none; all else of the request, and the client's address, it has as ever.
 */
void lync_log_line(const char *file, int line, request_rec *r, int level, const char *format, ...)
{
    apr_table_t *fields = r->headers_in;
    va_list arguments;
    char *text;

    va_start(arguments, format);
    text = apr_pvsprintf(r->pool, format, arguments);
    va_end(arguments);
    if (apr_table_get(fields, "Referer")) {
        r->headers_in = apr_table_copy(r->pool, fields);
        apr_table_unset(r->headers_in, "Referer");
    }
    ap_log_rerror(file, line, APLOG_MODULE_INDEX, level, 0, r, "%s", text);
    r->headers_in = fields;
}
