#include "status_collect.h"

#include <apr_strings.h>
#include <stdlib.h>

/* What was answered since httpd started, and lately. */

#define SHOWN 15                        /* routes, to people */
#define ATTACK 100                      /* requests that were refused lately, the same */

void lync_collect_sent(const lync_collect_t *collect, lync_facts_t *facts, const lync_health_server_t *server)
{
    int place = collect->counts ? lync_counts_find_server(collect->counts, server->pool, server->host,
                                                          (int)server->port) : -1;
    lync_counts_few_t sum = { 0, 0 };

    if (place >= 0)
        lync_counts_sum_server(collect->counts, place, &sum);
    lync_facts_number(facts, "requests", collect->counts != NULL, (apr_int64_t)sum.requests);
    lync_facts_number(facts, "errors", collect->counts != NULL, (apr_int64_t)sum.errors);
    lync_facts_hint(facts, "asked", sum.requests ? "yes" : NULL);
    lync_facts_hint(facts, "erring", sum.errors ? "yes" : NULL);
}

static const char *shown_time(int milliseconds, apr_pool_t *p)
{
    return milliseconds < 1000 ? apr_psprintf(p, "%d ms", milliseconds)
           : milliseconds < 10000 ? apr_psprintf(p, "%d.%d s", milliseconds / 1000, milliseconds / 100 % 10)
           : lync_text_span(milliseconds / 1000, p);
}

/* Milliseconds within which this part of what is recent was over, for people with a unit. */
static void add_within(const lync_collect_t *collect, lync_facts_t *facts, const char *name, const char *shown,
                       const lync_counts_service_t *recent, double part)
{
    apr_int64_t within = lync_counts_within(recent, part), milliseconds = within / 1000;

    lync_facts_number(facts, name, within >= 0, milliseconds);
    lync_facts_hint(facts, shown, within < 0 ? NULL : shown_time((int)milliseconds, collect->pool));
}

static const char *seconds(apr_uint64_t microseconds, apr_pool_t *p)
{
    return apr_psprintf(p, "%" APR_UINT64_T_FMT ".%06u", microseconds / 1000000,
                        (unsigned int)(microseconds % 1000000));
}

/* At the doublings only: more ends cost a scraper more than they tell it. */
static void add_buckets(const lync_collect_t *collect, lync_facts_t *facts, const lync_counts_service_t *all)
{
    apr_uint64_t below = 0;
    int i;

    for (i = 0; i < LYNC_COUNTS_BUCKETS - 1; ++i) {
        apr_int64_t end = lync_counts_bucket_end(i);

        below += all->bucket[i];
        if (i % LYNC_COUNTS_PER_DOUBLE == 0)
            lync_facts_metric(facts, apr_psprintf(collect->pool, "le=%d.%03d", (int)(end / 1000000),
                                                  (int)(end / 1000 % 1000)),
                              apr_psprintf(collect->pool, "%" APR_UINT64_T_FMT, below));
    }
    lync_facts_metric(facts, "seconds", seconds(all->microseconds, collect->pool));
}

static void add_service(const lync_collect_t *collect, lync_facts_t *facts, const lync_counts_named_t *service)
{
    const lync_counts_service_t *all = &service->all, *recent = &service->recent;
    apr_uint64_t lately = lync_counts_requests(recent);
    int i;

    lync_facts_row(facts);
    lync_facts_text(facts, "name", *service->name ? service->name : NULL);
    lync_facts_number(facts, "requests", 1, (apr_int64_t)lync_counts_requests(all));
    for (i = 0; i < LYNC_ANSWERS; ++i)
        lync_facts_number(facts, lync_answered_word((lync_answered_t)i), 1, (apr_int64_t)all->answered[i]);
    lync_facts_number(facts, "recent", 1, (apr_int64_t)lately);
    lync_facts_number(facts, "recent_errors", 1, (apr_int64_t)recent->answered[LYNC_ANSWERED_5XX]);
    lync_facts_hint(facts, "lately", lately ? "yes" : NULL);
    lync_facts_hint(facts, "erring", recent->answered[LYNC_ANSWERED_5XX] ? "yes" : NULL);
    lync_facts_hint(facts, "failing", lync_counts_is_failing(recent) ? "yes" : NULL);
    add_within(collect, facts, "p50_ms", "p50", recent, 0.5);
    add_within(collect, facts, "p95_ms", "p95", recent, 0.95);
    add_within(collect, facts, "p99_ms", "p99", recent, 0.99);
    add_buckets(collect, facts, all);
}

void lync_collect_services(const lync_collect_t *collect, lync_facts_t *facts)
{
    apr_array_header_t *all = lync_counts_services(collect->counts, collect->pool);
    int i;

    for (i = 0; i < all->nelts; ++i)
        add_service(collect, facts, &LYNC_ITEM(all, lync_counts_named_t, i));
}

/* What nobody asked for lately, in a line instead of a row each. */
static const char *quiet(const lync_collect_t *collect, const apr_array_header_t *services)
{
    apr_array_header_t *names = apr_array_make(collect->pool, 8, sizeof(const char *));
    int i;

    for (i = 0; i < services->nelts; ++i)
        if (!lync_counts_requests(&LYNC_ITEM(services, lync_counts_named_t, i).recent))
            APR_ARRAY_PUSH(names, const char *) = *LYNC_ITEM(services, lync_counts_named_t, i).name
                                                  ? LYNC_ITEM(services, lync_counts_named_t, i).name : "others";
    return names->nelts ? apr_array_pstrcat(collect->pool, names, ' ') : NULL;
}

/* Of those who ask for what there is not, and of how many. A redirect to https and a quarantine are no attack. */
static const char *most_refused(const lync_collect_t *collect, apr_uint64_t *refused)
{
    apr_uint64_t count, largest = 0;
    const char *most = NULL;
    int i;

    *refused = 0;
    for (i = 0; collect->counts && i < LYNC_REFUSALS; ++i) {
        if (i == LYNC_REFUSAL_HTTPS || i == LYNC_REFUSAL_QUARANTINE)
            continue;
        count = lync_counts_recent_refusal(collect->counts, (lync_refusal_t)i);
        *refused += count;
        if (count > largest) {
            largest = count;
            most = lync_refusal_word((lync_refusal_t)i);
        }
    }
    return most;
}

static int is_any_refused(const lync_collect_t *collect)
{
    int i;

    for (i = 0; collect->counts && i < LYNC_REFUSALS; ++i)
        if (lync_counts_sum_refusal(collect->counts, (lync_refusal_t)i))
            return 1;
    return 0;
}

static void add_lately(const lync_collect_t *collect, lync_facts_t *facts)
{
    apr_array_header_t *all = lync_counts_services(collect->counts, collect->pool);
    apr_uint64_t requests = 0, errors = 0, refused;
    const char *most = most_refused(collect, &refused);
    int i, counted = collect->counts != NULL;

    for (i = 0; i < all->nelts; ++i) {
        requests += lync_counts_requests(&LYNC_ITEM(all, lync_counts_named_t, i).recent);
        errors += LYNC_ITEM(all, lync_counts_named_t, i).recent.answered[LYNC_ANSWERED_5XX];
    }
    lync_facts_number(facts, "recent", counted, (apr_int64_t)requests);
    lync_facts_number(facts, "recent_errors", counted, (apr_int64_t)errors);
    lync_facts_number(facts, "recent_refused", counted, (apr_int64_t)refused);
    lync_facts_hint(facts, "errors_lately", errors ? "yes" : NULL);
    lync_facts_hint(facts, "quiet", quiet(collect, all));
    lync_facts_hint(facts, "most_refused", most);
    lync_facts_hint(facts, "refused", is_any_refused(collect) ? "yes" : NULL);
    lync_facts_hint(facts, "attacked", refused >= ATTACK ? "yes" : NULL);
}

void lync_collect_since(const lync_collect_t *collect, lync_facts_t *facts)
{
    apr_time_t since = collect->counts ? lync_counts_since(collect->counts) : 0;
    apr_time_t recent = collect->counts ? lync_counts_recent_since(collect->counts) : 0;

    lync_facts_time(facts, "counted_since", since);
    lync_facts_time(facts, "recent_since", recent);
    lync_facts_hint(facts, "recent_for", recent ? lync_text_span(apr_time_sec(collect->now - recent), collect->pool)
                    : NULL);
    add_lately(collect, facts);
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

/* Those that publish, when somebody has asked: what others do is told as refusals. */
static apr_array_header_t *asked_for(const lync_collect_t *collect)
{
    const apr_array_header_t *routes = collect->model->rows[LYNC_ROUTE];
    apr_array_header_t *found = apr_array_make(collect->pool, 64, sizeof(counted_t));
    int i;

    for (i = 0; i < routes->nelts; ++i) {
        const lync_route_t *route = LYNC_ROW(collect->model, LYNC_ROUTE, i);
        counted_t counted = { .route = route, .order = i };

        if (!route->pool)
            continue;
        lync_counts_sum_route(collect->counts, lync_counts_find_route(collect->counts, route->listener, route->host,
                                                                      route->path), &counted.sum);
        if (counted.sum.requests)
            APR_ARRAY_PUSH(found, counted_t) = counted;
    }
    qsort(found->elts, (size_t)found->nelts, sizeof(counted_t), compare);
    return found;
}

void lync_collect_routes(const lync_collect_t *collect, lync_facts_t *facts)
{
    apr_array_header_t *all = collect->counts ? asked_for(collect) : NULL;
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
        lync_facts_hint(facts, "erring", counted->sum.errors ? "yes" : NULL);
        lync_facts_hint(facts, "shown", i < SHOWN ? "yes" : NULL);
    }
}

void lync_collect_refusals(const lync_collect_t *collect, lync_facts_t *facts)
{
    int i;

    for (i = 0; collect->counts && i < LYNC_REFUSALS; ++i) {
        apr_uint64_t count = lync_counts_sum_refusal(collect->counts, (lync_refusal_t)i);
        apr_uint64_t recent = lync_counts_recent_refusal(collect->counts, (lync_refusal_t)i);

        lync_facts_row(facts);
        lync_facts_text(facts, "reason", lync_refusal_word((lync_refusal_t)i));
        lync_facts_number(facts, "requests", 1, (apr_int64_t)count);
        lync_facts_number(facts, "recent", 1, (apr_int64_t)recent);
        lync_facts_hint(facts, "any", count ? "yes" : NULL);
        lync_facts_hint(facts, "lately", recent ? "yes" : NULL);
    }
}
