#include "status_collect.h"

#include <apr_strings.h>
#include <stdlib.h>

/* What was answered since httpd started, and lately. */

#define SHOWN 50                        /* routes, to people */

void lync_collect_since(const lync_collect_t *collect, lync_facts_t *facts)
{
    apr_time_t since = collect->counts ? lync_counts_since(collect->counts) : 0;
    apr_time_t recent = collect->counts ? lync_counts_recent_since(collect->counts) : 0;

    lync_facts_time(facts, "counted_since", since);
    lync_facts_time(facts, "recent_since", recent);
    lync_facts_hint(facts, "recent_for", recent ? lync_text_span(apr_time_sec(collect->now - recent), collect->pool)
                    : NULL);
}

void lync_collect_sent(const lync_collect_t *collect, lync_facts_t *facts, const lync_health_server_t *server)
{
    int place = collect->counts ? lync_counts_find_server(collect->counts, server->pool, server->host,
                                                          (int)server->port) : -1;
    lync_counts_few_t sum = { 0, 0 };

    if (place >= 0)
        lync_counts_sum_server(collect->counts, place, &sum);
    lync_facts_number(facts, "requests", collect->counts != NULL, (apr_int64_t)sum.requests);
    lync_facts_number(facts, "errors", collect->counts != NULL, (apr_int64_t)sum.errors);
}

/* Milliseconds within which this part of what is recent was over, for people with a unit. */
static void add_within(const lync_collect_t *collect, lync_facts_t *facts, const char *name, const char *shown,
                       const lync_counts_service_t *recent, double part)
{
    apr_int64_t within = lync_counts_within(recent, part), milliseconds = within / 1000;

    lync_facts_number(facts, name, within >= 0, milliseconds);
    lync_facts_hint(facts, shown, within < 0 ? NULL : milliseconds < 10000
                    ? apr_psprintf(collect->pool, "%" APR_INT64_T_FMT " ms", milliseconds)
                    : lync_text_span(milliseconds / 1000, collect->pool));
}

static void add_service(const lync_collect_t *collect, lync_facts_t *facts, int place, const char *name)
{
    lync_counts_service_t all, recent;
    int i;

    lync_counts_sum_service(collect->counts, place, &all);
    if (!lync_counts_requests(&all))
        return;
    lync_counts_sum_recent(collect->counts, place, &recent);
    lync_facts_row(facts);
    lync_facts_text(facts, "name", *name ? name : NULL);
    lync_facts_number(facts, "requests", 1, (apr_int64_t)lync_counts_requests(&all));
    for (i = 0; i < LYNC_ANSWERS; ++i)
        lync_facts_number(facts, lync_answered_word((lync_answered_t)i), 1, (apr_int64_t)all.answered[i]);
    lync_facts_number(facts, "recent", 1, (apr_int64_t)lync_counts_requests(&recent));
    lync_facts_number(facts, "recent_errors", 1, (apr_int64_t)recent.answered[LYNC_ANSWERED_5XX]);
    lync_facts_hint(facts, "failing", recent.answered[LYNC_ANSWERED_5XX] ? "yes" : NULL);
    add_within(collect, facts, "p50_ms", "p50", &recent, 0.5);
    add_within(collect, facts, "p95_ms", "p95", &recent, 0.95);
    add_within(collect, facts, "p99_ms", "p99", &recent, 0.99);
}

void lync_collect_services(const lync_collect_t *collect, lync_facts_t *facts)
{
    const char *name;
    int i;

    for (i = 0; collect->counts && i < LYNC_COUNTS_SERVICES; ++i) {
        name = lync_counts_service_name(collect->counts, i, collect->pool);
        if (name)
            add_service(collect, facts, i, name);
    }
}

typedef struct counted_t {
    const lync_route_t *route;
    lync_counts_few_t sum;
    int order;
} counted_t;

/* The busiest first, and otherwise as they are. */
static int compare(const void *left, const void *right)
{
    const counted_t *a = left, *b = right;

    return a->sum.requests != b->sum.requests ? (a->sum.requests < b->sum.requests ? 1 : -1) : a->order - b->order;
}

/* Those that publish: what others do is told as refusals. */
static apr_array_header_t *published(const lync_collect_t *collect)
{
    const apr_array_header_t *routes = collect->model->rows[LYNC_ROUTE];
    apr_array_header_t *found = apr_array_make(collect->pool, routes->nelts, sizeof(counted_t));
    int i;

    for (i = 0; i < routes->nelts; ++i) {
        const lync_route_t *route = LYNC_ROW(collect->model, LYNC_ROUTE, i);
        counted_t *counted;

        if (!route->pool)
            continue;
        counted = apr_array_push(found);
        counted->route = route;
        counted->order = i;
        lync_counts_sum_route(collect->counts, lync_counts_find_route(collect->counts, route->listener, route->host,
                                                                      route->path), &counted->sum);
    }
    qsort(found->elts, (size_t)found->nelts, sizeof(counted_t), compare);
    return found;
}

void lync_collect_routes(const lync_collect_t *collect, lync_facts_t *facts)
{
    apr_array_header_t *all = collect->counts ? published(collect) : NULL;
    int i;

    for (i = 0; all && i < all->nelts; ++i) {
        const counted_t *counted = &LYNC_ITEM(all, counted_t, i);

        lync_facts_row(facts);
        lync_facts_text(facts, "listener", counted->route->listener);
        lync_facts_text(facts, "host", counted->route->host);
        lync_facts_text(facts, "path", counted->route->path);
        lync_facts_text(facts, "pool", counted->route->pool);
        lync_facts_text(facts, "service", counted->route->service);
        lync_facts_number(facts, "requests", 1, (apr_int64_t)counted->sum.requests);
        lync_facts_number(facts, "errors", 1, (apr_int64_t)counted->sum.errors);
        lync_facts_hint(facts, "shown", counted->sum.requests && i < SHOWN ? "yes" : NULL);
    }
}

void lync_collect_refusals(const lync_collect_t *collect, lync_facts_t *facts)
{
    int i;

    for (i = 0; collect->counts && i < LYNC_REFUSALS; ++i) {
        apr_uint64_t count = lync_counts_sum_refusal(collect->counts, (lync_refusal_t)i);

        lync_facts_row(facts);
        lync_facts_text(facts, "reason", lync_refusal_word((lync_refusal_t)i));
        lync_facts_number(facts, "requests", 1, (apr_int64_t)count);
        lync_facts_hint(facts, "any", count ? "yes" : NULL);
    }
}
