#include <apr_strings.h>
#include <string.h>
#include <strings.h>

#include "host.h"
#include "plan_record.h"
#include "progress.h"
#include "publish.h"
#include "value.h"

/* Whether DNS has the records: what is found, and what was expected. */

static const plan_lookup_t *lookup_of(const plan_answers_t *answers, const char *host)
{
    return answers->lookups ? apr_hash_get(answers->lookups, host, APR_HASH_KEY_STRING) : NULL;
}

/* What was found; 0: nothing to compare with. */
static int look(plan_t *plan, const plan_lookup_t *lookup, const apr_array_header_t *addresses, plan_record_t *record)
{
    record->found = plan_join(addresses, plan->pool);
    record->canonical = lookup->canonical;
    record->state = !lookup->answered ? "unanswered" : !record->found ? "missing" : "known";
    return record->found != NULL;
}

static void count(plan_t *plan, const plan_record_t *record)
{
    if (record->state && strcmp(record->state, "known"))
        plan->adm->exit = LYNCADM_FINDINGS;
}

apr_array_header_t *plan_of_family(const apr_array_header_t *addresses, int six, apr_pool_t *p)
{
    apr_array_header_t *some = apr_array_make(p, 2, sizeof(const char *));
    int i;

    for (i = 0; i < addresses->nelts; ++i) {
        const char *address = APR_ARRAY_IDX(addresses, i, const char *);

        if (!strchr(address, ':') == !six)
            APR_ARRAY_PUSH(some, const char *) = address;
    }
    return some;
}

int plan_within(const char *host, const char *domain)
{
    return !strcasecmp(host, domain) || lyncadm_is_below(host, domain);
}

/* Mobile clients do not follow an alias into another domain where they look at certificates: the domain that discovery
 * is to stay in then; NULL: all is well. */
static const char *left_domain(const plan_t *plan, const plan_lookup_t *lookup)
{
    const char *domain = lync_host_domain(plan->model, lookup->host);
    const plan_name_t *name = plan_name(plan, lookup->host);

    return domain && name->https && lookup->canonical && !plan_within(lookup->canonical, domain) ? domain : NULL;
}

apr_array_header_t *plan_targets(const plan_t *plan, const plan_name_t *name)
{
    apr_array_header_t *targets = apr_array_make(plan->pool, 2, sizeof(const char *));
    int i;

    for (i = 0; i < name->listeners->nelts; ++i)
        apr_array_cat(targets, plan_outside(plan, APR_ARRAY_IDX(name->listeners, i, const lync_listener_t *)));
    plan_sort(targets);
    return targets;
}

/* Where records of both families are planned each is compared with its own; else an address of the other one is as
 * wrong as any. */
void plan_check_name(plan_t *plan, const plan_answers_t *answers, const apr_array_header_t *targets, int both,
                     plan_record_t *record)
{
    const plan_lookup_t *lookup = lookup_of(answers, record->name);
    const char *expected = record->target, *domain;

    if (!lookup)
        return;
    if (!targets->nelts && answers->most)
        expected = plan_join(answers->most->addresses, plan->pool);
    if (look(plan, lookup, both ? plan_of_family(lookup->addresses, !strcmp(record->type, "AAAA"), plan->pool)
             : lookup->addresses, record) && expected && strcmp(record->found, expected))
        record->state = "other";
    domain = left_domain(plan, lookup);
    if (!strcmp(record->state, "known") && domain) {
        record->state = "other";
        expected = apr_pstrcat(plan->pool, "no alias outside of ", domain, NULL);
    }
    if (strcmp(record->state, "known"))
        record->expected = expected;
    count(plan, record);
}

static int is_among(const apr_array_header_t *addresses, const apr_array_header_t *others)
{
    int i, j;

    for (i = 0; i < addresses->nelts; ++i) {
        for (j = 0; j < others->nelts; ++j) {
            if (!strcmp(APR_ARRAY_IDX(addresses, i, const char *), APR_ARRAY_IDX(others, j, const char *)))
                return 1;
        }
    }
    return 0;
}

/* A server that leads to where clients are led is the proxy itself: requests would go round in circles. */
void plan_check_server(plan_t *plan, const plan_answers_t *answers, plan_record_t *record)
{
    const plan_lookup_t *lookup = lookup_of(answers, record->name);

    if (!lookup)
        return;
    if (look(plan, lookup, lookup->addresses, record) && is_among(lookup->addresses, answers->outside)) {
        record->state = "other";
        record->expected = apr_pstrcat(plan->pool, "not ", plan_join(answers->outside, plan->pool), NULL);
    }
    count(plan, record);
}

/* Of the names whose target is not known: the look-up that most of them agree with. */
static const plan_lookup_t *most_of(const plan_t *plan, const plan_answers_t *answers)
{
    apr_hash_t *counts = apr_hash_make(plan->pool);
    const plan_lookup_t *most = NULL;
    int i, best = 0;

    for (i = 0; i < plan->names->nelts; ++i) {
        const plan_name_t *name = APR_ARRAY_IDX(plan->names, i, const plan_name_t *);
        const plan_lookup_t *lookup = lookup_of(answers, name->host);
        const char *key = lookup ? plan_join(lookup->addresses, plan->pool) : NULL;
        int *its;

        if (!key || plan_targets(plan, name)->nelts)
            continue;
        its = apr_hash_get(counts, key, APR_HASH_KEY_STRING);
        if (!its) {
            its = apr_pcalloc(plan->pool, sizeof(*its));
            apr_hash_set(counts, key, APR_HASH_KEY_STRING, its);
        }
        if (++*its > best) {
            best = *its;
            most = lookup;
        }
    }
    return most;
}

void plan_look_up(plan_t *plan, plan_answers_t *answers)
{
    apr_array_header_t *hosts = apr_array_make(plan->pool, 16, sizeof(const char *));
    int i;

    answers->outside = apr_array_make(plan->pool, 4, sizeof(const char *));
    for (i = 0; i < plan->names->nelts; ++i) {
        const plan_name_t *name = APR_ARRAY_IDX(plan->names, i, const plan_name_t *);

        APR_ARRAY_PUSH(hosts, const char *) = name->host;
        apr_array_cat(answers->outside, plan_targets(plan, name));
    }
    for (i = 0; i < plan->model->rows[LYNC_SERVER]->nelts; ++i) {
        const lync_server_t *server = LYNC_ROW(plan->model, LYNC_SERVER, i);

        if (lync_value_is_host(server->host))
            APR_ARRAY_PUSH(hosts, const char *) = server->host;
    }
    plan_sort(hosts);
    lyncadm_progress_begin("looking names up", 0);
    answers->lookups = plan_lookup(hosts, plan->pool);
    answers->most = most_of(plan, answers);
    if (answers->most)
        apr_array_cat(answers->outside, answers->most->addresses);
    plan_sort(answers->outside);
}
