#include "text.h"

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

/* Behind the '>' of a tag; counts its namespaces. */
static char *after_tag(char *c, int *namespaces)
{
    char quote = '\0';

    for (; *c && (quote || *c != '>'); ++c) {
        if (*c == quote)
            quote = '\0';
        else if (!quote && (*c == '"' || *c == '\''))
            quote = *c;
        else if (!quote && !strncmp(c, "xmlns", 5))
            ++*namespaces;
    }
    return *c ? c + 1 : NULL;
}

/* apr_xml is slow, or recurses, where a document has much of something: this is looked at before. What is no XML is
 * left to the parser. */
static const lync_err_t *check_bounds(char *text, const char *name, const char *kind, apr_pool_t *p)
{
    int depth = 0, elements = 0;
    char *c = text;

    while (c && (c = strchr(c, '<')) != NULL) {
        int namespaces = 0;
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
            c = after_tag(c + 1, &namespaces);
            depth += begin[1] == '/' ? -1 : c && c[-2] == '/' ? 0 : 1;
            if (++elements > 2 * TEXT_ELEMENTS || depth > TEXT_DEPTH || namespaces > TEXT_NAMESPACES)
                return lync_err(p, "document '%s' has more %s than any %s: it is not read", name,
                                depth > TEXT_DEPTH ? "elements within each other"
                                : namespaces > TEXT_NAMESPACES ? "namespaces at an element" : "elements", kind);
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
