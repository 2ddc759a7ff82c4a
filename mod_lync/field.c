#include "mod_lync.h"

#include <apr_escape.h>
#include <apr_lib.h>
#include <apr_strings.h>
#include <http_connection.h>
#include <openssl/rand.h>
#include <util_filter.h>

/*
 * mod_proxy takes lines of an answer's head up to HUGE_STRING_LEN, into a buffer on its stack, or with
 * responsefieldsize larger ones, into one that it makes and clears for each request: 64 KB that each poll and each idle
 * client would hold. So it does not get to see lines that are longer. A filter keeps what they say aside and gives it a
 * word in place of each. When it comes to read the line that ends the head, it has all fields in the request's
 * headers_out, and has done nothing with them yet: there each word becomes again what it stands for. So it is with an
 * interim answer's head, too, which no other filter would see.
 */

/* Of a line, its end included; and how many. What is more mod_proxy complains of. */
#define FIELD_LIMIT 65536
#define FIELDS_LIMIT 32

static ap_filter_rec_t *handle;
static char secret[33];         /* of this process: nobody else can have such a word in an answer; "": there is none */

static const char *word(int index, apr_pool_t *p)
{
    return apr_psprintf(p, "lync-%s-%02d", secret, index);
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

/* Where what is kept aside begins: a value, or what follows the blank by which a line goes on with the one before. NULL:
 * it is neither. */
static char *long_part(char *line)
{
    apr_size_t name = strcspn(line, ": \t");

    if (*line == ' ' || *line == '\t')
        return line + 1;
    if (!name || line[name] != ':' || name > HUGE_STRING_LEN / 2)
        return NULL;
    for (line += name + 1; *line == ' ' || *line == '\t'; ++line)
        ;
    return line;
}

/* The line as mod_proxy is to see it. */
static const char *shorten(char *line, apr_size_t length, lync_handshake_t *handshake, apr_pool_t *p)
{
    char *part = line[length - 1] == '\n' && strlen(line) == length ? long_part(line) : NULL;
    const char *kept;

    if (!part)
        return line;
    length -= length > 1 && line[length - 2] == '\r' ? 2 : 1;
    kept = apr_pstrmemdup(p, part, line + length > part ? (apr_size_t)(line + length - part) : 0);
    if (!handshake->long_fields)
        handshake->long_fields = apr_array_make(p, 2, sizeof(const char *));
    APR_ARRAY_PUSH(handshake->long_fields, const char *) = kept;
    return apr_pstrcat(p, apr_pstrmemdup(p, line, (apr_size_t)(part - line)),
                       word(handshake->long_fields->nelts - 1, p), "\r\n", NULL);
}

static apr_status_t keep_aside(ap_filter_t *filter, apr_bucket_brigade *bb, lync_handshake_t *handshake)
{
    apr_pool_t *p = handshake->r->pool;
    const char *shown;
    apr_size_t length;
    apr_status_t rv;
    char *line;

    rv = read_line(filter, bb, &line, &length, p);
    if (rv != APR_SUCCESS)
        return rv;
    shown = shorten(line, length, handshake, p);
    APR_BRIGADE_INSERT_TAIL(bb, apr_bucket_pool_create(shown, shown == line ? length : strlen(shown), p,
                                                       bb->bucket_alloc));
    return APR_SUCCESS;
}

/* mod_proxy takes the blanks off the end of what it sees. */
static char *whole(const char *seen, const char *kept, const char *shown, apr_pool_t *p)
{
    char *value = apr_pstrcat(p, apr_pstrmemdup(p, seen, (apr_size_t)(shown - seen)), kept, shown + strlen(word(0, p)),
                              NULL);
    apr_size_t length = strlen(value);

    while (length && apr_isspace(value[length - 1]))
        value[--length] = '\0';
    return value;
}

static void restore(const lync_handshake_t *handshake)
{
    const apr_array_header_t *fields = apr_table_elts(handshake->r->headers_out);
    apr_pool_t *p = handshake->r->pool;
    int i, j;

    for (i = 0; i < handshake->long_fields->nelts; ++i)
        for (j = 0; j < fields->nelts; ++j) {
            apr_table_entry_t *field = &LYNC_ITEM(fields, apr_table_entry_t, j);
            const char *shown = strstr(field->val, word(i, p));

            if (shown)
                field->val = whole(field->val, LYNC_ITEM(handshake->long_fields, const char *, i), shown, p);
        }
}

/* What mod_proxy is about to see: the line in which a head begins, or the empty one that ends it. */
static void follow(lync_handshake_t *handshake, const char *line, apr_size_t length)
{
    int is_empty = length && (*line == '\n' || (length > 1 && *line == '\r' && line[1] == '\n'));

    if (handshake->head == LYNC_HEAD_BEGINS) {
        if (!is_empty)
            handshake->head = length > 9 && !memcmp(line, "HTTP/", 5) && line[9] == '1' ? LYNC_HEAD_INTERIM
                              : LYNC_HEAD_FIELDS;
        return;
    }
    if (!is_empty)
        return;
    if (handshake->long_fields)
        restore(handshake);
    handshake->head = handshake->head == LYNC_HEAD_INTERIM ? LYNC_HEAD_BEGINS : LYNC_HEAD_OVER;
}

/* The line's beginning, and how long it is. It mostly is in one bucket, where it can stay. */
static apr_status_t peek(apr_bucket_brigade *bb, const char **line, apr_size_t *length, apr_off_t *count, char *start,
                         apr_size_t size)
{
    apr_bucket *first = APR_BRIGADE_FIRST(bb);
    apr_status_t rv;

    if (first != APR_BRIGADE_SENTINEL(bb) && APR_BUCKET_NEXT(first) == APR_BRIGADE_SENTINEL(bb)) {
        rv = apr_bucket_read(first, line, length, APR_NONBLOCK_READ);
        *count = (apr_off_t)*length;
        return rv;
    }
    *line = start;
    *length = size;
    rv = apr_brigade_length(bb, 0, count);
    return rv == APR_SUCCESS ? apr_brigade_flatten(bb, start, length) : rv;
}

/* What comes after the head, a chunked body with its trailer included, is none of it. */
static apr_status_t watch(ap_filter_t *filter, apr_bucket_brigade *bb, ap_input_mode_t mode, apr_read_type_e block,
                          apr_off_t bytes)
{
    apr_status_t rv = ap_get_brigade(filter->next, bb, mode, block, bytes);
    lync_handshake_t *handshake = mode == AP_MODE_GETLINE && rv == APR_SUCCESS ? lync_handshake_expected() : NULL;
    apr_size_t length = 0;
    const char *line;
    apr_off_t count;
    char start[12];

    if (!handshake || handshake->head == LYNC_HEAD_OVER || !*secret
        || peek(bb, &line, &length, &count, start, sizeof(start)) != APR_SUCCESS)
        return rv;
    if (count >= HUGE_STRING_LEN && handshake->head != LYNC_HEAD_BEGINS
        && (!handshake->long_fields || handshake->long_fields->nelts < FIELDS_LIMIT))
        return keep_aside(filter, bb, handshake);
    follow(handshake, line, length);
    return rv;
}

static int pre_connection(conn_rec *c, void *csd)
{
    (void)csd;
    if (!c->outgoing || !lync_handshake_expected())
        return DECLINED;
    ap_add_input_filter_handle(handle, NULL, NULL, c);
    return OK;
}

static void child_init(apr_pool_t *p, server_rec *s)
{
    unsigned char random[(sizeof(secret) - 1) / 2];

    (void)p;
    (void)s;
    if (RAND_bytes(random, sizeof(random)) == 1)
        apr_escape_hex(secret, random, sizeof(random), 0, NULL);
}

void lync_field_register(apr_pool_t *p)
{
    (void)p;
    ap_hook_child_init(child_init, NULL, NULL, APR_HOOK_MIDDLE);
    /* above mod_ssl's */
    handle = ap_register_input_filter("LYNC_FIELD", watch, NULL, AP_FTYPE_CONNECTION);
    ap_hook_pre_connection(pre_connection, NULL, NULL, APR_HOOK_MIDDLE);
}
