#include "status.h"

#include <apr_strings.h>
#include <string.h>

#include "iso.h"

lync_facts_t *lync_facts(const char *noun, apr_pool_t *p)
{
    lync_facts_t *facts = apr_pcalloc(p, sizeof(*facts));

    facts->noun = noun;
    facts->pool = p;
    facts->rows = apr_array_make(p, 8, sizeof(apr_array_header_t *));
    return facts;
}

void lync_facts_row(lync_facts_t *facts)
{
    APR_ARRAY_PUSH(facts->rows, apr_array_header_t *) = apr_array_make(facts->pool, 8, sizeof(lync_fact_t));
}

static lync_fact_t *add(lync_facts_t *facts, const char *name, lync_fact_kind_t kind, const char *value)
{
    lync_fact_t *fact = apr_array_push(APR_ARRAY_IDX(facts->rows, facts->rows->nelts - 1, apr_array_header_t *));

    fact->name = name;
    fact->kind = kind;
    fact->value = value;
    fact->seconds = NULL;
    return fact;
}

void lync_facts_text(lync_facts_t *facts, const char *name, const char *text)
{
    add(facts, name, LYNC_FACT_TEXT, lync_text_clean(text, facts->pool));
}

void lync_facts_hint(lync_facts_t *facts, const char *name, const char *text)
{
    add(facts, name, LYNC_FACT_HINT, lync_text_clean(text, facts->pool));
}

void lync_facts_number(lync_facts_t *facts, const char *name, int is_known, apr_int64_t number)
{
    add(facts, name, LYNC_FACT_NUMBER, is_known ? apr_psprintf(facts->pool, "%" APR_INT64_T_FMT, number) : NULL);
}

void lync_facts_time(lync_facts_t *facts, const char *name, apr_time_t time)
{
    lync_fact_t *fact = add(facts, name, LYNC_FACT_TEXT, time ? lync_iso(time, facts->pool) : NULL);

    if (time)
        fact->seconds = apr_psprintf(facts->pool, "%" APR_TIME_T_FMT, apr_time_sec(time));
}

void lync_facts_metric(lync_facts_t *facts, const char *name, const char *number)
{
    add(facts, name, LYNC_FACT_METRIC, number);
}

const lync_fact_t *lync_fact(const apr_array_header_t *row, const char *name)
{
    int i;

    for (i = 0; i < row->nelts; ++i)
        if (!strcmp(APR_ARRAY_IDX(row, i, lync_fact_t).name, name))
            return &APR_ARRAY_IDX(row, i, lync_fact_t);
    return NULL;
}

const lync_facts_t *lync_facts_of(const apr_array_header_t *tables, const char *noun)
{
    int i;

    for (i = 0; i < tables->nelts; ++i) {
        const lync_facts_t *facts = APR_ARRAY_IDX(tables, i, const lync_facts_t *);

        if (!strcmp(facts->noun, noun))
            return facts;
    }
    return NULL;
}
