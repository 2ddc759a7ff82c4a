#include "mod_lync.h"

#include <ap_mpm.h>
#include <apr_base64.h>
#include <apr_lib.h>
#include <apr_strings.h>
#include <http_protocol.h>
#include <http_request.h>
#include <openssl/sha.h>
#include <stdlib.h>
#include <util_script.h>

#include "status_collect.h"

/* SetHandler lync-status */

#define HANDLER "lync-status"

/* The files of templates/status/ as they are. */
static const char page_html[] = {
#include "page.html.h"
    , 0
};
static const char page_css[] = {
#include "page.css.h"
    , 0
};
static const char page_js[] = {
#include "page.js.h"
    , 0
};

static const lync_part_t parts[] = { { "style", page_css }, { "script", page_js }, { NULL, NULL } };

static const char *write_html(const apr_array_header_t *tables, apr_pool_t *p)
{
    return lync_status_html(page_html, parts, tables, p);
}

typedef struct format_t {
    const char *name;           /* ?format= */
    const char *type;           /* Content-Type, and with its parameters cut off what Accept has to allow */
    const char *(*write)(const apr_array_header_t *tables, apr_pool_t *p);
} format_t;

/* In the order of preference of a client that takes any. */
static const format_t formats[] = {
    { "html", "text/html; charset=utf-8", write_html },
    { "json", "application/json", lync_status_json },
    { "openmetrics", "application/openmetrics-text; version=1.0.0; charset=utf-8", lync_status_openmetrics },
    { "prometheus", "text/plain; version=0.0.4; charset=utf-8", lync_status_prometheus },
};

#define FORMATS (sizeof(formats) / sizeof(*formats))

/* How exactly a media range of Accept is that of a type, 0: it is another. */
static int match(const char *range, const char *type, apr_size_t length)
{
    apr_size_t wide = strcspn(type, "/") + 1;

    if (!strcmp(range, "*/*"))
        return 1;
    if (!strncasecmp(range, type, wide) && !strcmp(range + wide, "*"))
        return 2;
    return strlen(range) == length && !strncasecmp(range, type, length) ? 3 : 0;
}

/* The weight that Accept gives a type; the range that says most of it decides, and of several, as of versions, the one
 * that weighs most. */
static double weight(const char *accept, const char *type, apr_pool_t *p)
{
    char *last, *next, *element, *range, *parameter;
    int best = 0;
    double found = 0;

    for (element = apr_strtok(apr_pstrdup(p, accept), ",", &last); element; element = apr_strtok(NULL, ",", &last)) {
        double q = 1;
        int exact;

        range = apr_strtok(element, "; \t", &next);
        exact = range ? match(range, type, strcspn(type, ";")) : 0;
        while (range && (parameter = apr_strtok(NULL, "; \t", &next)))
            if (!strncasecmp(parameter, "q=", 2))
                q = atof(parameter + 2);
        if (exact && (exact > best || (exact == best && q > found))) {
            best = exact;
            found = q;
        }
    }
    return found;
}

/* OK, or the status that refuses the request. */
static int negotiate(request_rec *r, const format_t **format)
{
    const char *accept = apr_table_get(r->headers_in, "Accept"), *name;
    apr_table_t *args;
    double best = 0;
    apr_size_t i;

    *format = NULL;
    ap_args_to_table(r, &args);
    name = apr_table_get(args, "format");
    for (i = 0; i < FORMATS; ++i) {
        double found = name ? !strcmp(name, formats[i].name) : !accept ? 1 : weight(accept, formats[i].type, r->pool);

        if (found > best) {
            best = found;
            *format = &formats[i];
        }
    }
    return *format ? OK : name ? HTTP_BAD_REQUEST : HTTP_NOT_ACCEPTABLE;
}

static const char *hash_of(const char *text, apr_pool_t *p)
{
    unsigned char digest[SHA256_DIGEST_LENGTH];
    char *encoded = apr_palloc(p, (apr_size_t)apr_base64_encode_len(sizeof(digest)));

    SHA256((const unsigned char *)text, strlen(text), digest);
    apr_base64_encode_binary(encoded, digest, sizeof(digest));
    return encoded;
}

/* Whatever might get into the page: nothing but its own style and script has any effect, and it reaches
 * nobody but this server. */
static void set_headers(request_rec *r, const format_t *format)
{
    apr_table_t *headers = r->headers_out;

    ap_set_content_type(r, format->type);
    apr_table_setn(headers, "Cache-Control", "no-store");
    apr_table_mergen(headers, "Vary", "Accept");
    apr_table_setn(headers, "X-Content-Type-Options", "nosniff");
    apr_table_setn(headers, "Referrer-Policy", "no-referrer");
    apr_table_setn(headers, "Content-Security-Policy",
                   apr_psprintf(r->pool, "default-src 'none'; style-src 'sha256-%s'; script-src 'sha256-%s'; "
                                "img-src data:; connect-src 'self'; base-uri 'none'; form-action 'none'; "
                                "frame-ancestors 'none'", hash_of(page_css, r->pool), hash_of(page_js, r->pool)));
}

static int handler(request_rec *r)
{
    const format_t *format;
    const char *text;
    int status, generation = 0;

    if (!r->handler || strcmp(r->handler, HANDLER) || lync_config_site(r->server))
        return DECLINED;
    if (r->method_number != M_GET) {
        ap_allow_standard_methods(r, REPLACE_ALLOW, M_GET, -1);
        return HTTP_METHOD_NOT_ALLOWED;
    }
    status = negotiate(r, &format);
    if (status != OK)
        return status;
    ap_mpm_query(AP_MPMQ_GENERATION, &generation);
    lync_count_watch(r);
    text = format->write(lync_status_collect(lync_config_snapshot(), lync_table_take(r->pool), generation, r->pool),
                         r->pool);
    if (!text)
        return HTTP_INTERNAL_SERVER_ERROR;
    set_headers(r, format);
    ap_set_content_length(r, (apr_off_t)strlen(text));
    if (!r->header_only)
        ap_rputs(text, r);
    return OK;
}

void lync_status_register(apr_pool_t *p)
{
    (void)p;
    ap_hook_handler(handler, NULL, NULL, APR_HOOK_MIDDLE);
}
