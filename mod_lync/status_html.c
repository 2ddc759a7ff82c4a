#include "status.h"

#include <apr_escape.h>
#include <apr_strings.h>
#include <string.h>

typedef struct page_t {
    apr_pool_t *pool;
    const lync_part_t *parts;           /* ends with name == NULL */
    const apr_array_header_t *tables;
    const apr_array_header_t *whole;    /* the row of the first table */
    apr_array_header_t *out;            /* of const char * */
    int broken;
} page_t;

static void put(page_t *page, const char *text)
{
    APR_ARRAY_PUSH(page->out, const char *) = text;
}

/* NULL: not known. */
static const char *value_of(page_t *page, const apr_array_header_t *row, const char *name)
{
    const lync_fact_t *fact = lync_fact(row, name);

    if (!fact)
        fact = lync_fact(page->whole, name);
    page->broken |= !fact;
    return fact ? fact->value : NULL;
}

static void put_value(page_t *page, const char *value)
{
    if (value)
        put(page, apr_pescape_entity(page->pool, value, 0));
}

static void put_part(page_t *page, const char *name)
{
    const lync_part_t *part = page->parts;

    while (part->name && strcmp(part->name, name))
        ++part;
    if (part->name)
        put(page, part->text);
    else
        page->broken = 1;
}

/* "name" or "name=value" */
static int is_set(page_t *page, const apr_array_header_t *row, const char *condition)
{
    const char *value = strchr(condition, '=');
    const char *name = value ? apr_pstrmemdup(page->pool, condition, (apr_size_t)(value - condition)) : condition;
    const char *is = value_of(page, row, name);

    return value ? is && !strcmp(is, value + 1) : is != NULL;
}

static void fill(page_t *page, const char *text, const char *end, const apr_array_header_t *row);

static void put_section(page_t *page, const char *name, int inverted, const char *text, const char *end,
                        const apr_array_header_t *row)
{
    const lync_facts_t *facts = lync_facts_of(page->tables, name);
    int i;

    if (!facts) {
        if (is_set(page, row, name) != inverted)
            fill(page, text, end, row);
    }
    else if (inverted && !facts->rows->nelts)
        fill(page, text, end, row);
    for (i = 0; facts && !inverted && i < facts->rows->nelts; ++i)
        fill(page, text, end, APR_ARRAY_IDX(facts->rows, i, const apr_array_header_t *));
}

/* What stands from a section's opening on; returns where it goes on after its closing. */
static const char *section(page_t *page, const char *tag, const char *text, const char *end,
                           const apr_array_header_t *row)
{
    const char *closing = apr_pstrcat(page->pool, "{{/", tag + 1, "}}", NULL), *close = strstr(text, closing);

    if (!close || close + strlen(closing) > end) {
        page->broken = 1;
        return end;
    }
    put_section(page, tag + 1, *tag == '^', text, close, row);
    return close + strlen(closing);
}

static void fill(page_t *page, const char *text, const char *end, const apr_array_header_t *row)
{
    const char *open, *close, *tag;

    while (text < end) {
        open = strstr(text, "{{");
        if (!open || open >= end) {
            put(page, apr_pstrmemdup(page->pool, text, (apr_size_t)(end - text)));
            return;
        }
        put(page, apr_pstrmemdup(page->pool, text, (apr_size_t)(open - text)));
        close = strstr(open, "}}");
        if (!close || close >= end || close == open + 2) {
            page->broken = 1;
            return;
        }
        tag = apr_pstrmemdup(page->pool, open + 2, (apr_size_t)(close - open - 2));
        text = close + 2;
        if (*tag == '#' || *tag == '^')
            text = section(page, tag, text, end, row);
        else if (*tag == '>')
            put_part(page, tag + 1);
        else
            put_value(page, value_of(page, row, tag));
    }
}

const char *lync_status_html(const char *template, const lync_part_t *parts, const apr_array_header_t *tables,
                             apr_pool_t *p)
{
    const lync_facts_t *first = APR_ARRAY_IDX(tables, 0, const lync_facts_t *);
    page_t page = { p, parts, tables, APR_ARRAY_IDX(first->rows, 0, const apr_array_header_t *),
                    apr_array_make(p, 256, sizeof(const char *)), 0 };

    fill(&page, template, template + strlen(template), page.whole);
    return page.broken ? NULL : apr_array_pstrcat(p, page.out, '\0');
}
