#include <apr_strings.h>
#include <stdlib.h>
#include <string.h>

#include "counts.h"

#define FAILING 5                       /* errors lately, and percent of all, from which on people are told */

static void add_up(lync_counts_service_t *sum, const lync_counts_service_t *more)
{
    int i;

    for (i = 0; i < LYNC_ANSWERS; ++i)
        sum->answered[i] += more->answered[i];
    sum->microseconds += more->microseconds;
    for (i = 0; i < LYNC_COUNTS_BUCKETS; ++i)
        sum->bucket[i] += more->bucket[i];
}

static lync_counts_named_t *service_of(apr_array_header_t *services, const char *name)
{
    lync_counts_named_t *service;
    int i;

    for (i = 0; i < services->nelts; ++i)
        if (!strcmp(APR_ARRAY_IDX(services, i, lync_counts_named_t).name, name))
            return &APR_ARRAY_IDX(services, i, lync_counts_named_t);
    service = apr_array_push(services);
    memset(service, 0, sizeof(*service));
    service->name = name;
    return service;
}

static int by_name(const void *left, const void *right)
{
    return strcmp(((const lync_counts_named_t *)left)->name, ((const lync_counts_named_t *)right)->name);
}

apr_array_header_t *lync_counts_services(const lync_counts_t *counts, apr_pool_t *p)
{
    apr_array_header_t *found = apr_array_make(p, 16, sizeof(lync_counts_named_t));
    lync_counts_service_t sum;
    int i;

    for (i = 0; counts && i < LYNC_COUNTS_SERVICES; ++i) {
        const char *name = lync_counts_service_name(counts, i, p);
        lync_counts_named_t *service;

        if (!name)
            continue;
        lync_counts_sum_service(counts, i, &sum);
        if (!lync_counts_requests(&sum))
            continue;
        service = service_of(found, name);
        add_up(&service->all, &sum);
        lync_counts_sum_recent(counts, i, &sum);
        add_up(&service->recent, &sum);
    }
    qsort(found->elts, (size_t)found->nelts, sizeof(lync_counts_named_t), by_name);
    return found;
}

int lync_counts_is_failing(const lync_counts_service_t *recent)
{
    apr_uint64_t errors = recent->answered[LYNC_ANSWERED_5XX];

    return errors >= FAILING && errors * 100 >= lync_counts_requests(recent) * FAILING;
}
