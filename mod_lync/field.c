#include "mod_lync.h"

#include <apr_lib.h>
#include <apr_strings.h>
#include <http_connection.h>
#include <util_filter.h>

/*
 * mod_proxy takes lines of an answer's head up to HUGE_STRING_LEN, into a buffer on its stack, or with
 * responsefieldsize larger ones, into one that it makes and clears for each request: 64 KB that each poll and each idle
 * client would hold. So it does not get to see values that are longer. A filter keeps them aside and gives it a word in
 * place of each, which is the value again in the answer to the client.
 */

/* Of a field, its name and the end of the line included; and how many. What is more mod_proxy complains of. */
#define FIELD_LIMIT 65536
#define FIELDS_LIMIT 32

static ap_filter_rec_t *handle;

static const char *word(int index, apr_pool_t *p)
{
    return apr_psprintf(p, "lync-long-field-%d", index);
}

/* Reads on to the end of the line, or as far as the limit goes: the whole in p. */
static apr_status_t read_line(ap_filter_t *filter, apr_bucket_brigade *bb, char **line, apr_size_t *length,
                              apr_pool_t *p)
{
    apr_status_t rv = APR_SUCCESS;

    *line = apr_palloc(p, FIELD_LIMIT + 1);
    *length = 0;
    for (;;) {
        apr_size_t count = FIELD_LIMIT - *length;

        apr_brigade_flatten(bb, *line + *length, &count);
        apr_brigade_cleanup(bb);
        *length += count;
        if (!count || *length == FIELD_LIMIT || (*line)[*length - 1] == '\n')
            break;
        rv = ap_get_brigade(filter->next, bb, AP_MODE_GETLINE, APR_BLOCK_READ, 0);
        if (rv != APR_SUCCESS)
            return rv;
    }
    (*line)[*length] = '\0';
    return rv;
}

/* The line as mod_proxy is to see it. What is no field it sees as it is. */
static const char *shorten(char *line, apr_size_t length, lync_request_t *request, apr_pool_t *p)
{
    apr_size_t name = strcspn(line, ": \t");
    char *colon = line + name, *value;

    if (!name || *colon != ':' || name > HUGE_STRING_LEN / 2 || line[length - 1] != '\n' || strlen(line) != length)
        return line;
    while (length && apr_isspace(line[length - 1]))
        line[--length] = '\0';
    for (value = colon + 1; apr_isspace(*value); ++value)
        ;
    *colon = '\0';
    if (!request->long_fields)
        request->long_fields = apr_array_make(p, 2, sizeof(const char *));
    APR_ARRAY_PUSH(request->long_fields, const char *) = value;
    return apr_pstrcat(p, line, ": ", word(request->long_fields->nelts - 1, p), "\r\n", NULL);
}

static apr_status_t keep_aside(ap_filter_t *filter, apr_bucket_brigade *bb, ap_input_mode_t mode,
                               apr_read_type_e block, apr_off_t bytes)
{
    const lync_handshake_t *handshake = lync_handshake_expected();
    apr_status_t rv = ap_get_brigade(filter->next, bb, mode, block, bytes);
    lync_request_t *request;
    const char *shown;
    apr_off_t count;
    apr_size_t length;
    char *line;

    if (rv != APR_SUCCESS || mode != AP_MODE_GETLINE || !handshake
        || apr_brigade_length(bb, 0, &count) != APR_SUCCESS || count < HUGE_STRING_LEN)
        return rv;
    request = lync_request(handshake->r);
    /* of a chunked body, or its trailer */
    if (!request || request->head_over || (request->long_fields && request->long_fields->nelts == FIELDS_LIMIT))
        return rv;
    rv = read_line(filter, bb, &line, &length, handshake->r->pool);
    if (rv != APR_SUCCESS)
        return rv;
    shown = shorten(line, length, request, handshake->r->pool);
    APR_BRIGADE_INSERT_TAIL(bb, apr_bucket_pool_create(shown, shown == line ? length : strlen(shown),
                                                       handshake->r->pool, bb->bucket_alloc));
    return APR_SUCCESS;
}

static void restore(apr_table_t *table, const lync_request_t *request, apr_pool_t *p)
{
    const apr_array_header_t *fields = apr_table_elts(table);
    int i, j;

    for (i = 0; i < request->long_fields->nelts; ++i)
        for (j = 0; j < fields->nelts; ++j)
            if (!strcmp(LYNC_ITEM(fields, apr_table_entry_t, j).val, word(i, p)))
                LYNC_ITEM(fields, apr_table_entry_t, j).val = LYNC_ITEM(request->long_fields, char *, i);
}

void lync_field_restore(request_rec *r, lync_request_t *request)
{
    request->head_over = 1;
    if (!request->long_fields)
        return;
    restore(r->headers_out, request, r->pool);
    restore(r->err_headers_out, request, r->pool);
}

static int pre_connection(conn_rec *c, void *csd)
{
    (void)csd;
    if (!c->outgoing || !lync_handshake_expected())
        return DECLINED;
    ap_add_input_filter_handle(handle, NULL, NULL, c);
    return OK;
}

void lync_field_register(apr_pool_t *p)
{
    (void)p;
    /* above mod_ssl's */
    handle = ap_register_input_filter("LYNC_FIELD", keep_aside, NULL, AP_FTYPE_CONNECTION);
    ap_hook_pre_connection(pre_connection, NULL, NULL, APR_HOOK_MIDDLE);
}
