#ifndef LYNC_STATUS_H
#define LYNC_STATUS_H

#include <apr_pools.h>
#include <apr_tables.h>
#include <apr_time.h>

/*
 * The status page. What there is to tell is collected as facts, tables of rows, and each format writes
 * the same ones. Only status.c, status_collect.c and status_nouns.c know httpd.
 */

typedef enum lync_fact_kind_t {
    LYNC_FACT_TEXT,
    LYNC_FACT_NUMBER,
    LYNC_FACT_HINT,             /* text for people, which says in other words what another fact says */
    LYNC_FACT_METRIC            /* number that is for the metrics alone */
} lync_fact_kind_t;

typedef struct lync_fact_t {
    const char *name;           /* the same as in lyncadm status --json where that tells the same */
    lync_fact_kind_t kind;
    const char *value;          /* one printable line of UTF-8, decimal for a number; NULL: not known, or
                                   there is none */
    const char *seconds;        /* of a time that is known: the same since 1970, decimal */
} lync_fact_t;

/* What there is to tell of a noun. */
typedef struct lync_facts_t {
    const char *noun;
    apr_pool_t *pool;
    apr_array_header_t *rows;   /* of apr_array_header_t * of lync_fact_t; all rows have the same names */
} lync_facts_t;

/* status_facts.c: a table without rows, in p. */
lync_facts_t *lync_facts(const char *noun, apr_pool_t *p);

/* Begins a row; the others add to the last one. Texts may be anything, or NULL. */
void lync_facts_row(lync_facts_t *facts);
void lync_facts_text(lync_facts_t *facts, const char *name, const char *text);
void lync_facts_hint(lync_facts_t *facts, const char *name, const char *text);
void lync_facts_number(lync_facts_t *facts, const char *name, int is_known, apr_int64_t number);
/* In ISO 8601; 0: not known. */
void lync_facts_time(lync_facts_t *facts, const char *name, apr_time_t time);
void lync_facts_metric(lync_facts_t *facts, const char *name, const char *number);

/* The fact of a row that has this name, or NULL. */
const lync_fact_t *lync_fact(const apr_array_header_t *row, const char *name);

/* The table of a noun, or NULL. */
const lync_facts_t *lync_facts_of(const apr_array_header_t *tables, const char *noun);

/* status_text.c: a text as one printable line of UTF-8, in p. NULL for NULL, as below. */
const char *lync_text_clean(const char *text, apr_pool_t *p);

/* A sentence with its file names and IP addresses struck out: the page may be seen by anybody. */
const char *lync_text_discreet(const char *sentence, apr_pool_t *p);

/* "3 h 12 min" of a number of seconds. */
const char *lync_text_span(apr_int64_t seconds, apr_pool_t *p);

/* Writers. They get all tables (of const lync_facts_t *); the first is about the whole and has one row. */

/* status_json.c: an array of objects, which say in "noun" what they are; without hints and what is for metrics. */
const char *lync_status_json(const apr_array_header_t *tables, apr_pool_t *p);

/*
 * status_metrics.c: OpenMetrics 1.0.0, and Prometheus' text format 0.0.4. Families are always the same, in the same
 * order, whatever there is of samples; these go by their labels, and no two of a family have the same: of rows that do,
 * the second has the label twin="2", and so on. A histogram is a row's metrics "le=END", in the order of the ends,
 * each with the number of what was below it (END as it is printed), "requests", and the sum "seconds".
 */
const char *lync_status_openmetrics(const apr_array_header_t *tables, apr_pool_t *p);
const char *lync_status_prometheus(const apr_array_header_t *tables, apr_pool_t *p);

/* A piece of text that is built in, for {{>name}}. */
typedef struct lync_part_t {
    const char *name;           /* NULL: the end of an array of them */
    const char *text;
} lync_part_t;

/*
 * status_html.c: fills a template. {{name}} is a fact of the row, or else of the first table, escaped;
 * {{#noun}}…{{/noun}} stands for each row of a table and {{^noun}}…{{/noun}} for none; the same with
 * the name of a fact: when it is known, when it is not; {{#name=value}}…{{/name=value}}: when it is that value;
 * {{>name}} is a part, not escaped. No section has one of its own name inside. NULL: the template is broken.
 */
const char *lync_status_html(const char *template, const lync_part_t *parts, const apr_array_header_t *tables,
                             apr_pool_t *p);

#endif
