#include "text.h"

#include <apr_hash.h>
#include <apr_strings.h>
#include <string.h>

#include "lync.h"

/* Documents of others, before anything is made of them. */

static char *put_utf8(char *out, unsigned int c)
{
    if (c < 0x80) {
        *out++ = (char)c;
        return out;
    }
    if (c < 0x800) {
        *out++ = (char)(0xc0 | c >> 6);
    }
    else {
        if (c < 0x10000)
            *out++ = (char)(0xe0 | c >> 12);
        else {
            *out++ = (char)(0xf0 | c >> 18);
            *out++ = (char)(0x80 | (c >> 12 & 0x3f));
        }
        *out++ = (char)(0x80 | (c >> 6 & 0x3f));
    }
    *out++ = (char)(0x80 | (c & 0x3f));
    return out;
}

static unsigned int unit(const char *bytes, apr_size_t i, int big)
{
    const unsigned char *c = (const unsigned char *)bytes + 2 * i;

    return big ? c[0] << 8 | c[1] : c[1] << 8 | c[0];
}

static int is_half(unsigned int c, unsigned int first)
{
    return c >= first && c < first + 0x400;
}

/* UTF-16 without its byte order mark. */
static const lync_err_t *from_utf16(const char *bytes, apr_size_t length, int big, const char *name, char **text,
                                    apr_size_t *size, apr_pool_t *p)
{
    apr_size_t i, n = length / 2;
    char *out = *text = apr_palloc(p, 3 * n + 1);

    if (length % 2)
        return lync_err(p, "document '%s' is no UTF-16: half a character is left at its end", name);
    for (i = 0; i < n; ++i) {
        unsigned int c = unit(bytes, i, big), low = i + 1 < n ? unit(bytes, i + 1, big) : 0;

        if (is_half(c, 0xd800) && is_half(low, 0xdc00)) {
            c = 0x10000 + ((c - 0xd800) << 10 | (low - 0xdc00));
            ++i;
        }
        else if (is_half(c, 0xd800) || is_half(c, 0xdc00))
            return lync_err(p, "document '%s' is no UTF-16: character %" APR_SIZE_T_FMT " is half a pair", name, i + 1);
        out = put_utf8(out, c);
    }
    *out = '\0';
    *size = (apr_size_t)(out - *text);
    return NULL;
}

const lync_err_t *lyncadm_text(const char *bytes, apr_size_t length, const char *name, char **text, apr_size_t *size,
                               apr_pool_t *p)
{
    if (length >= 2 && (!memcmp(bytes, "\xff\xfe", 2) || !memcmp(bytes, "\xfe\xff", 2)))
        return from_utf16(bytes + 2, length - 2, *bytes == '\xfe', name, text, size, p);
    if (length >= 3 && !memcmp(bytes, "\xef\xbb\xbf", 3)) {
        bytes += 3;
        length -= 3;
    }
    if (memchr(bytes, '\0', length))
        return lync_err(p, "document '%s' is no text in UTF-8, nor in UTF-16 with a byte order mark", name);
    *text = apr_pstrmemdup(p, bytes, length);
    *size = length;
    return NULL;
}

/* Behind what begins here and ends with mark; NULL: it does not end. */
static char *after(char *begin, const char *mark)
{
    char *end = strstr(begin, mark);

    return end ? end + strlen(mark) : NULL;
}

typedef struct bounds_t {
    int depth, elements;
    int declared;               /* namespaces at this element */
    apr_hash_t *namespaces;     /* of the document */
} bounds_t;

/* Behind the '>' of a tag; counts its namespaces. */
static char *after_tag(char *c, bounds_t *bounds)
{
    char quote = '\0', *value = NULL;
    int is_namespace = 0;

    for (bounds->declared = 0; *c && (quote || *c != '>'); ++c) {
        if (*c == quote) {
            if (is_namespace)
                apr_hash_set(bounds->namespaces, value, c - value, value);
            is_namespace = 0;
            quote = '\0';
        }
        else if (!quote && (*c == '"' || *c == '\'')) {
            quote = *c;
            value = c + 1;
        }
        else if (!quote && !strncmp(c, "xmlns", 5)) {
            ++bounds->declared;
            is_namespace = 1;
        }
        if (bounds->declared > TEXT_NAMESPACES || apr_hash_count(bounds->namespaces) > TEXT_NAMESPACES_IN_ALL)
            return c;
    }
    return *c ? c + 1 : NULL;
}

/* What the document has more of than it may; NULL: of nothing. */
static const char *too_many(const bounds_t *bounds)
{
    if (bounds->depth > TEXT_DEPTH)
        return "elements within each other";
    if (bounds->declared > TEXT_NAMESPACES)
        return "namespaces at an element";
    if (apr_hash_count(bounds->namespaces) > TEXT_NAMESPACES_IN_ALL)
        return "namespaces";
    return bounds->elements > 2 * TEXT_ELEMENTS ? "elements" : NULL;
}

/* apr_xml is slow, or recurses, where a document has much of something: this is looked at before. What is no XML is
 * left to the parser. */
static const lync_err_t *check_bounds(char *text, const char *name, const char *kind, apr_pool_t *p)
{
    bounds_t bounds = { .namespaces = apr_hash_make(p) };
    char *c = text;

    while (c && (c = strchr(c, '<')) != NULL) {
        char *begin = c;

        if (!strncmp(c, "<!--", 4))
            c = after(c + 4, "-->");
        else if (!strncmp(c, "<![CDATA[", 9))
            c = after(c + 9, "]]>");
        else if (c[1] == '?')
            c = after(c + 2, "?>");
        else if (c[1] == '!')
            return lync_err(p, "document '%s' has a document type definition (DTD), which no %s has: it is not "
                            "read", name, kind);
        else {
            c = after_tag(c + 1, &bounds);
            bounds.depth += begin[1] == '/' ? -1 : c && c[-2] == '/' ? 0 : 1;
            ++bounds.elements;
            if (too_many(&bounds))
                return lync_err(p, "document '%s' has more %s than any %s: it is not read", name, too_many(&bounds), kind);
        }
    }
    return NULL;
}

/* What it says of its encoding is not so any more. Line ends are a piece of text each to the parser: as spaces they are
 * one together. */
static void blank(char *text)
{
    char *c, *end = !strncmp(text, "<?xml", 5) ? after(text, "?>") : NULL;

    for (c = text; c < end; ++c)
        *c = ' ';
    for (; *c; ++c) {
        if (*c == '\n' || *c == '\r' || *c == '\t')
            *c = ' ';
    }
}

const lync_err_t *lyncadm_text_xml(char *text, apr_size_t size, const char *name, const char *kind, apr_xml_doc **doc,
                                   apr_pool_t *p)
{
    apr_xml_parser *parser = apr_xml_parser_create(p);
    char reason[200];
    const char *why;
    apr_status_t rv;

    blank(text);
    LYNC_TRY(check_bounds(text, name, kind, p));
    rv = apr_xml_parser_feed(parser, text, size);
    if (rv == APR_SUCCESS)
        rv = apr_xml_parser_done(parser, doc);
    if (rv == APR_SUCCESS)
        return NULL;
    why = apr_xml_parser_geterror(parser, reason, sizeof(reason));
    why = strstr(why, ": ") ? strstr(why, ": ") + 2 : why;
    return lync_err(p, "document '%s' is no XML: %s", name, apr_pstrmemdup(p, why, strcspn(why, ".")));
}

const char *lyncadm_xml_content(const apr_xml_elem *element, apr_pool_t *p)
{
    apr_array_header_t *pieces = apr_array_make(p, 2, sizeof(const char *));
    const apr_text *piece;

    for (piece = element->first_cdata.first; piece; piece = piece->next)
        APR_ARRAY_PUSH(pieces, const char *) = piece->text;
    return pieces->nelts ? apr_array_pstrcat(p, pieces, 0) : NULL;
}

const char *lyncadm_xml_attribute(const apr_xml_elem *element, const char *name)
{
    const apr_xml_attr *attribute;

    for (attribute = element->attr; attribute; attribute = attribute->next) {
        if (attribute->ns == APR_XML_NS_NONE && !strcmp(attribute->name, name))
            return attribute->value;
    }
    return NULL;
}

static apr_status_t release(void *json)
{
    json_decref(json);
    return APR_SUCCESS;
}

const lync_err_t *lyncadm_text_json(const char *text, apr_size_t size, const char *name, json_t **json, apr_pool_t *p)
{
    json_error_t error;

    *json = json_loadb(text, size, JSON_REJECT_DUPLICATES, &error);
    if (!*json)
        return lync_err(p, "document '%s', line %d: %s", name, error.line, error.text);
    apr_pool_cleanup_register(p, *json, release, apr_pool_cleanup_null);
    return NULL;
}
