#include "status.h"

#include <apr_strings.h>
#include <string.h>

static void put(apr_array_header_t *out, const char *text)
{
    APR_ARRAY_PUSH(out, const char *) = text;
}

static const char *string(const char *text, apr_pool_t *p)
{
    char *copy = apr_palloc(p, 6 * strlen(text) + 3), *to = copy;

    *to++ = '"';
    for (; *text; ++text) {
        if ((unsigned char)*text < 0x20) {
            to += apr_snprintf(to, 7, "\\u%04x", (unsigned int)*text);
            continue;
        }
        if (*text == '"' || *text == '\\')
            *to++ = '\\';
        *to++ = *text;
    }
    *to++ = '"';
    *to = '\0';
    return copy;
}

static void put_row(apr_array_header_t *out, const char *noun, const apr_array_header_t *row)
{
    apr_pool_t *p = out->pool;
    int i;

    put(out, apr_pstrcat(p, "{\"noun\": ", string(noun, p), NULL));
    for (i = 0; i < row->nelts; ++i) {
        const lync_fact_t *fact = &APR_ARRAY_IDX(row, i, lync_fact_t);

        if (fact->kind == LYNC_FACT_HINT || fact->kind == LYNC_FACT_METRIC)
            continue;
        put(out, apr_pstrcat(p, ", ", string(fact->name, p), ": ", NULL));
        put(out, !fact->value ? "null" : fact->kind == LYNC_FACT_NUMBER ? fact->value : string(fact->value, p));
    }
    put(out, "}");
}

const char *lync_status_json(const apr_array_header_t *tables, apr_pool_t *p)
{
    apr_array_header_t *out = apr_array_make(p, 256, sizeof(const char *));
    const char *before = "[\n  ";
    int i, j;

    for (i = 0; i < tables->nelts; ++i) {
        const lync_facts_t *facts = APR_ARRAY_IDX(tables, i, const lync_facts_t *);

        for (j = 0; j < facts->rows->nelts; ++j) {
            put(out, before);
            put_row(out, facts->noun, APR_ARRAY_IDX(facts->rows, j, const apr_array_header_t *));
            before = ",\n  ";
        }
    }
    put(out, "\n]\n");
    return apr_array_pstrcat(p, out, '\0');
}
