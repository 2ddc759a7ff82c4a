#include "status.h"

#include <apr_strings.h>
#include <stdlib.h>
#include <string.h>

/* The facts as metrics: names and units as Prometheus' conventions have them. */

#define PREFIX "lync_"

typedef enum how_t {
    VALUE,                      /* of the fact, when it is known */
    SECONDS,                    /* the same of a time */
    KNOWN,                      /* 1: the fact is known; 0: it is not */
    IS,                         /* 1: the fact is the first of the words; 0: it is not */
    EACH,                       /* the same for each of the words, which is the value of a label */
    COLUMNS,                    /* facts, whose names are the words and values of a label */
    ROWS,                       /* how many rows there are */
    HISTOGRAM
} how_t;

typedef struct metric_t {
    const char *name;           /* without PREFIX, and of a counter without _total */
    const char *type;
    const char *help;
    const char *noun;
    how_t how;
    const char *fact;
    const char *const *words;
} metric_t;

static const char *const states[] = { "served", "reloading", "behind", "degraded", "down", "empty", "no_store", NULL };
static const char *const server_states[] = { "active", "standby", "drain", "disabled", NULL };
static const char *const codes[] = { "2xx", "3xx", "4xx", "5xx", "client-gone", NULL };
static const char *const is_open[] = { "open", NULL };
static const char *const is_up[] = { "up", NULL };

static const metric_t metrics[] = {
    { "state", "gauge", "What the status page says of it all: 1 for one of them.", "status", EACH, "state", states },
    { "revision_served", "gauge", "Revision that is served, 0: none.", "status", VALUE, "served", NULL },
    { "revision_active", "gauge", "The store's active revision, as httpd read it last.", "status", VALUE, "wanted",
      NULL },
    { "revision_served_timestamp_seconds", "gauge", "Since when the revision is served.", "status", SECONDS,
      "served_since", NULL },
    { "last_known_good", "gauge", "Whether a revision is served because the store's cannot be.", "status", KNOWN,
      "last_good", NULL },
    { "quarantined", "gauge", "Certificates, pools and listeners that cannot be served.", "quarantine", ROWS, NULL,
      NULL },
    { "counting_start_timestamp_seconds", "gauge", "When counters began at 0: httpd's start.", "status", SECONDS,
      "counted_since", NULL },
    { "requests_under_way", "gauge", "Requests that are being answered.", "status", VALUE, "under_way", NULL },
    { "requests_pending", "gauge", "Those of them that have waited for a pool for more than a second, as polls do.",
      "status", VALUE, "waiting", NULL },
    { "requests_running", "gauge", "Those under way that the running generation of children is answering.", "status",
      VALUE, "running", NULL },
    { "requests_limit", "gauge", "How many of these there can be at a time.", "status", VALUE, "capacity", NULL },
    { "connections_bound", "gauge", "Client connections that have one of their own to a pool.", "status", VALUE,
      "bound", NULL },
    { "generation_revision", "gauge", "Revision that a generation of children serves.", "generation", VALUE, "revision",
      NULL },
    { "generation_start_timestamp_seconds", "gauge", "When a generation started.", "generation", SECONDS, "started",
      NULL },
    { "generation_children", "gauge", "Children of a generation that run.", "generation", VALUE, "children", NULL },
    { "generation_children_accepting", "gauge", "Those of them that take connections.", "generation", VALUE,
      "accepting", NULL },
    { "generation_requests_under_way", "gauge", "Requests that a generation is answering.", "generation", VALUE,
      "under_way", NULL },
    { "generation_requests_pending", "gauge", "Those of them that have waited for a pool for more than a second.",
      "generation", VALUE, "waiting", NULL },
    { "generation_connections_bound", "gauge", "Client connections that have one of their own to a pool.", "generation",
      VALUE, "bound", NULL },
    { "listener_open", "gauge", "Whether clients can connect to a listener.", "listener", IS, "state", is_open },
    { "certificate_expiry_timestamp_seconds", "gauge", "When a certificate ends that clients are shown.", "certificate",
      SECONDS, "not_after", NULL },
    { "pool_servers", "gauge", "Servers of a pool.", "pool", VALUE, "servers", NULL },
    { "pool_servers_usable", "gauge", "Those of them that get new clients, at the port where they are fewest.", "pool",
      VALUE, "usable", NULL },
    { "server_up", "gauge", "Whether a server is up, as its probes and requests found it.", "server", IS, "health",
      is_up },
    { "server_state", "gauge", "What is wanted of a server: 1 for one of the states.", "server", EACH, "state",
      server_states },
    { "server_requests", "counter", "Requests sent to a server.", "server", VALUE, "requests", NULL },
    { "server_errors", "counter", "Those of them that it answered with 5xx, or not at all.", "server", VALUE, "errors",
      NULL },
    { "server_certificate_expiry_timestamp_seconds", "gauge", "When the certificate ends that a server showed last.",
      "server", SECONDS, "not_after", NULL },
    { "requests", "counter", "Requests for a service, by how they were answered; client-gone: nobody was there.",
      "service", COLUMNS, NULL, codes },
    { "request_duration_seconds", "histogram", "How long they took, the wait of polls included.", "service", HISTOGRAM,
      NULL, NULL },
    { "route_requests", "counter", "Requests for a route that publishes.", "route", VALUE, "requests", NULL },
    { "route_errors", "counter", "Those of them that were answered with 5xx.", "route", VALUE, "errors", NULL },
    { "refused", "counter", "Requests that no pool saw, by why they were refused.", "refusal", VALUE, "requests",
      NULL },
};

/* By which facts the rows of a noun are told apart. "name" is the label that has the noun's name. */
static const struct {
    const char *noun;
    const char *facts[4];
} labels[] = {
    { "generation", { "generation" } },
    { "listener", { "name" } },
    { "certificate", { "name" } },
    { "pool", { "name" } },
    { "server", { "pool", "host", "port" } },
    { "service", { "name" } },
    { "route", { "listener", "host", "path" } },
    { "refusal", { "reason" } },
};

/* A row, and its labels as they are printed. */
typedef struct labelled_t {
    const char *labels;
    const apr_array_header_t *row;
    int order;
} labelled_t;

typedef struct writer_t {
    const metric_t *metric;
    int open;                   /* OpenMetrics */
    apr_array_header_t *out;    /* of const char * */
    apr_pool_t *pool;
} writer_t;

static void put(writer_t *writer, const char *text)
{
    APR_ARRAY_PUSH(writer->out, const char *) = text;
}

static const char *escape(const char *text, apr_pool_t *p)
{
    char *copy = apr_palloc(p, 2 * strlen(text) + 1), *to = copy;

    for (; *text; ++text) {
        if (strchr("\\\"\n", *text))
            *to++ = '\\';
        *to++ = *text == '\n' ? 'n' : *text;
    }
    *to = '\0';
    return copy;
}

/* With a comma, when it is not the first. */
static const char *with_label(const char *before, const char *name, const char *value, apr_pool_t *p)
{
    return apr_pstrcat(p, before, *before ? "," : "", name, "=\"", escape(value, p), "\"", NULL);
}

static const char *value_of(const apr_array_header_t *row, const char *name)
{
    const lync_fact_t *fact = lync_fact(row, name);

    return fact ? fact->value : NULL;
}

/* A service may have none. */
static const char *labels_of(const char *noun, const apr_array_header_t *row, apr_pool_t *p)
{
    const char *found = "", *const *fact, *value;
    apr_size_t i;

    for (i = 0; i < sizeof(labels) / sizeof(*labels); ++i)
        for (fact = labels[i].facts; !strcmp(labels[i].noun, noun) && *fact; ++fact) {
            value = value_of(row, *fact);
            found = with_label(found, strcmp(*fact, "name") ? *fact : noun, value ? value : "other", p);
        }
    return found;
}

/* Of what is not known there is none. */
static void put_sample(writer_t *writer, const char *suffix, const char *with, const char *value)
{
    const char *total = strcmp(writer->metric->type, "counter") ? "" : "_total";

    if (value)
        put(writer, apr_pstrcat(writer->pool, PREFIX, writer->metric->name, suffix, total, *with ? "{" : "", with,
                                *with ? "} " : " ", value, "\n", NULL));
}

/* One for each word: what a fact of that name says, or whether the fact is that word. */
static void put_words(writer_t *writer, const labelled_t *labelled)
{
    const metric_t *metric = writer->metric;
    const char *is = metric->fact ? value_of(labelled->row, metric->fact) : NULL, *const *word;
    const char *label = metric->fact ? metric->fact : "code";

    for (word = metric->words; *word; ++word)
        put_sample(writer, "", with_label(labelled->labels, label, *word, writer->pool),
                   !metric->fact ? value_of(labelled->row, *word) : is && !strcmp(is, *word) ? "1" : "0");
}

static void put_histogram(writer_t *writer, const labelled_t *labelled)
{
    static const char end[] = "le=";
    const apr_array_header_t *row = labelled->row;
    const char *count = value_of(row, "requests");
    int i;

    for (i = 0; i < row->nelts; ++i) {
        const lync_fact_t *fact = &APR_ARRAY_IDX(row, i, lync_fact_t);

        if (!strncmp(fact->name, end, sizeof(end) - 1))
            put_sample(writer, "_bucket",
                       with_label(labelled->labels, "le", fact->name + sizeof(end) - 1, writer->pool), fact->value);
    }
    put_sample(writer, "_bucket", with_label(labelled->labels, "le", "+Inf", writer->pool), count);
    put_sample(writer, "_sum", labelled->labels, value_of(row, "seconds"));
    put_sample(writer, "_count", labelled->labels, count);
}

static void put_row(writer_t *writer, const labelled_t *labelled)
{
    const metric_t *metric = writer->metric;
    const lync_fact_t *fact = metric->fact ? lync_fact(labelled->row, metric->fact) : NULL;
    const char *value = fact ? fact->value : NULL;

    switch (metric->how) {
    case VALUE:
        put_sample(writer, "", labelled->labels, value);
        break;
    case SECONDS:
        put_sample(writer, "", labelled->labels, fact ? fact->seconds : NULL);
        break;
    case KNOWN:
        put_sample(writer, "", labelled->labels, value ? "1" : "0");
        break;
    case IS:
        put_sample(writer, "", labelled->labels, value && !strcmp(value, metric->words[0]) ? "1" : "0");
        break;
    case EACH:
    case COLUMNS:
        put_words(writer, labelled);
        break;
    case HISTOGRAM:
        put_histogram(writer, labelled);
        break;
    case ROWS:
        break;
    }
}

static int compare(const void *left, const void *right)
{
    const labelled_t *a = left, *b = right;
    int order = strcmp(a->labels, b->labels);

    return order ? order : a->order - b->order;
}

/* Two series of one name are none: a scraper would drop one of them, or all there is. */
static void tell_apart(apr_array_header_t *rows, apr_pool_t *p)
{
    const char *last = NULL;
    int i, twin = 1;

    for (i = 0; i < rows->nelts; ++i) {
        labelled_t *labelled = &APR_ARRAY_IDX(rows, i, labelled_t);

        twin = last && !strcmp(last, labelled->labels) ? twin + 1 : 1;
        last = labelled->labels;
        if (twin > 1)
            labelled->labels = with_label(last, "twin", apr_itoa(p, twin), p);
    }
}

static apr_array_header_t *sorted(const char *noun, const lync_facts_t *facts, apr_pool_t *p)
{
    apr_array_header_t *rows = apr_array_make(p, facts->rows->nelts, sizeof(labelled_t));
    int i;

    for (i = 0; i < facts->rows->nelts; ++i) {
        labelled_t *labelled = apr_array_push(rows);

        labelled->row = APR_ARRAY_IDX(facts->rows, i, const apr_array_header_t *);
        labelled->labels = labels_of(noun, labelled->row, p);
        labelled->order = i;
    }
    qsort(rows->elts, (size_t)rows->nelts, sizeof(labelled_t), compare);
    tell_apart(rows, p);
    return rows;
}

static int is_seconds(const char *name)
{
    static const char unit[] = "_seconds";
    apr_size_t length = strlen(name);

    return length >= sizeof(unit) && !strcmp(name + length - (sizeof(unit) - 1), unit);
}

/* OpenMetrics has a counter's name without the ending of its samples. */
static void put_head(writer_t *writer)
{
    const metric_t *metric = writer->metric;
    const char *total = writer->open || strcmp(metric->type, "counter") ? "" : "_total";
    const char *name = apr_pstrcat(writer->pool, PREFIX, metric->name, total, " ", NULL);

    put(writer, apr_pstrcat(writer->pool, "# HELP ", name, metric->help, "\n# TYPE ", name, metric->type, "\n", NULL));
    if (writer->open && is_seconds(metric->name))
        put(writer, apr_pstrcat(writer->pool, "# UNIT ", name, "seconds\n", NULL));
}

static void put_metric(writer_t *writer, const lync_facts_t *facts)
{
    apr_array_header_t *rows;
    int i;

    put_head(writer);
    if (!facts)
        return;
    if (writer->metric->how == ROWS) {
        put_sample(writer, "", "", apr_itoa(writer->pool, facts->rows->nelts));
        return;
    }
    rows = sorted(writer->metric->noun, facts, writer->pool);
    for (i = 0; i < rows->nelts; ++i)
        put_row(writer, &APR_ARRAY_IDX(rows, i, labelled_t));
}

static const char *text_of(const apr_array_header_t *tables, int open, apr_pool_t *p)
{
    writer_t writer = { .open = open, .out = apr_array_make(p, 256, sizeof(const char *)), .pool = p };
    apr_size_t i;

    for (i = 0; i < sizeof(metrics) / sizeof(*metrics); ++i) {
        writer.metric = &metrics[i];
        put_metric(&writer, lync_facts_of(tables, metrics[i].noun));
    }
    if (open)
        put(&writer, "# EOF\n");
    return apr_array_pstrcat(p, writer.out, '\0');
}

const char *lync_status_openmetrics(const apr_array_header_t *tables, apr_pool_t *p)
{
    return text_of(tables, 1, p);
}

const char *lync_status_prometheus(const apr_array_header_t *tables, apr_pool_t *p)
{
    return text_of(tables, 0, p);
}
