#include <apr_strings.h>
#include <string.h>
#include <strings.h>

#include "host.h"
#include "plan.h"
#include "value.h"

/* DNS records (lync-requirements §5), and whether they are there. */

static const char *const columns[] = { "zone", "name", "type", "target", "state", "found", "canonical", "expected",
    "listener", "pool", "need", "purpose", NULL };

typedef struct record_t {
    const char *zone, *name, *type, *target, *state, *found, *canonical, *expected, *listener, *pool, *need, *purpose;
} record_t;

/* What look-ups came to. */
typedef struct answers_t {
    apr_hash_t *lookups;        /* host -> plan_lookup_t; NULL: without --check */
    const plan_lookup_t *most;  /* leads where most public names of unknown target lead; NULL: none does */
} answers_t;

static void add(lyncadm_rows_t *rows, const record_t *record)
{
    const char *cells[] = { record->zone, record->name, record->type, record->target, record->state, record->found,
                            record->canonical, record->expected, record->listener, record->pool, record->need,
                            record->purpose };

    lyncadm_rows_add(rows, cells);
}

static const json_t *words_of(const plan_t *plan, const char *zone, const char *kind)
{
    return json_object_get(json_object_get(json_object_get(plan->words, "dns"), zone), kind);
}

static record_t record_of(const char *zone, const char *type, const json_t *words)
{
    record_t record = { .zone = zone, .type = type, .need = lyncadm_json_text(words, "need"),
                        .purpose = lyncadm_json_text(words, "purpose") };

    return record;
}

static apr_array_header_t *of_family(const apr_array_header_t *addresses, int six, apr_pool_t *p)
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

/* Where a name is to lead, as far as that is known. */
static apr_array_header_t *targets_of(const plan_t *plan, const plan_name_t *name)
{
    apr_array_header_t *targets = apr_array_make(plan->pool, 2, sizeof(const char *));
    int i;

    for (i = 0; i < name->listeners->nelts; ++i)
        apr_array_cat(targets, plan_outside(plan, APR_ARRAY_IDX(name->listeners, i, const lync_listener_t *)));
    plan_sort(targets);
    return targets;
}

static const plan_lookup_t *lookup_of(const answers_t *answers, const char *host)
{
    return answers->lookups ? apr_hash_get(answers->lookups, host, APR_HASH_KEY_STRING) : NULL;
}

/* What was found; 0: nothing to compare with. */
static int look(plan_t *plan, const plan_lookup_t *lookup, const apr_array_header_t *addresses, record_t *record)
{
    record->found = plan_join(addresses, plan->pool);
    record->canonical = lookup->canonical;
    record->state = !lookup->answered ? "unanswered" : !record->found ? "missing" : "known";
    return record->found != NULL;
}

static void count(plan_t *plan, const record_t *record)
{
    if (record->state && strcmp(record->state, "known"))
        plan->adm->exit = LYNCADM_FINDINGS;
}

static int is_within(const char *host, const char *domain)
{
    apr_size_t length = strlen(host), its = strlen(domain);

    return length >= its && !strcasecmp(host + length - its, domain) && (length == its || host[length - its - 1] == '.');
}

/* Mobile clients do not follow an alias into another domain where they look at certificates: the domain that discovery
 * is to stay in then; NULL: all is well. */
static const char *left_domain(const plan_t *plan, const plan_lookup_t *lookup)
{
    const char *domain = lync_host_domain(plan->model, lookup->host);
    const plan_name_t *name = plan_name(plan, lookup->host);

    return domain && name->https && lookup->canonical && !is_within(lookup->canonical, domain) ? domain : NULL;
}

/* Where records of both families are planned each is compared with its own; else an address of the other one is as
 * wrong as any. */
static void check_name(plan_t *plan, const answers_t *answers, const apr_array_header_t *targets, int both,
                       record_t *record)
{
    const plan_lookup_t *lookup = lookup_of(answers, record->name);
    const char *expected = record->target, *domain;

    if (!lookup)
        return;
    if (!targets->nelts && answers->most)
        expected = plan_join(answers->most->addresses, plan->pool);
    if (look(plan, lookup, both ? of_family(lookup->addresses, !strcmp(record->type, "AAAA"), plan->pool)
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

static const char *listeners_of(const plan_t *plan, const plan_name_t *name)
{
    apr_array_header_t *listeners = apr_array_make(plan->pool, 2, sizeof(const char *));
    int i;

    for (i = 0; i < name->listeners->nelts; ++i)
        APR_ARRAY_PUSH(listeners, const char *) = APR_ARRAY_IDX(name->listeners, i, const lync_listener_t *)->name;
    return plan_join(listeners, plan->pool);
}

/* The external name of a pool that a discovery name may be an alias of: clients take an alias in another domain only
 * where no certificate is looked at. NULL: none. */
static const char *alias_of(const plan_t *plan, const plan_name_t *name)
{
    const char *domain = lync_host_domain(plan->model, name->host);
    const char *deployment = name->pool ? plan_deployment(plan, name->pool) : NULL;
    int i;

    for (i = 0; domain && deployment && i < plan->names->nelts; ++i) {
        const plan_name_t *other = APR_ARRAY_IDX(plan->names, i, const plan_name_t *);

        if (other->pool == name->pool && other->root && !strcmp(other->kind, deployment)
            && (!name->https || is_within(other->host, domain)))
            return other->host;
    }
    return NULL;
}

static void add_addresses(plan_t *plan, lyncadm_rows_t *rows, const answers_t *answers, const plan_name_t *name,
                          const char *type)
{
    apr_array_header_t *targets = targets_of(plan, name);
    apr_array_header_t *its = of_family(targets, !strcmp(type, "AAAA"), plan->pool);
    record_t record = record_of("external", type, words_of(plan, "external", name->kind));

    /* where nothing is known yet the record is named all the same, once */
    if (!its->nelts && (targets->nelts || strcmp(type, "A")))
        return;
    record.name = name->host;
    record.purpose = name->purpose;
    record.listener = listeners_of(plan, name);
    record.pool = name->pool ? name->pool->name : NULL;
    record.target = plan_join(its, plan->pool);
    check_name(plan, answers, targets, its->nelts < targets->nelts, &record);
    add(rows, &record);
}

static void add_alias(plan_t *plan, lyncadm_rows_t *rows, const plan_name_t *name)
{
    record_t record = record_of("external", "CNAME", json_object_get(json_object_get(plan->words, "dns"), "alias"));

    record.name = name->host;
    record.target = alias_of(plan, name);
    if (record.target)
        add(rows, &record);
}

static void add_name(plan_t *plan, lyncadm_rows_t *rows, const answers_t *answers, const plan_name_t *name)
{
    add_addresses(plan, rows, answers, name, "A");
    add_addresses(plan, rows, answers, name, "AAAA");
    add_alias(plan, rows, name);
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
static void check_server(plan_t *plan, const answers_t *answers, record_t *record)
{
    const plan_lookup_t *lookup = lookup_of(answers, record->name);
    const apr_array_header_t *outside = plan->public_addresses;

    if (!lookup)
        return;
    if (!outside->nelts && answers->most)
        outside = answers->most->addresses;
    if (look(plan, lookup, lookup->addresses, record) && is_among(lookup->addresses, outside)) {
        record->state = "other";
        record->expected = apr_pstrcat(plan->pool, "not ", plan_join(outside, plan->pool), NULL);
    }
    count(plan, record);
}

static void add_servers(plan_t *plan, lyncadm_rows_t *rows, const answers_t *answers)
{
    int i;

    for (i = 0; i < plan->model->rows[LYNC_SERVER]->nelts; ++i) {
        const lync_server_t *server = LYNC_ROW(plan->model, LYNC_SERVER, i);
        record_t record = record_of("internal", "A", words_of(plan, "internal", "server"));

        if (!lync_value_is_host(server->host))
            continue;
        record.name = server->host;
        record.pool = server->pool;
        check_server(plan, answers, &record);
        add(rows, &record);
    }
}

/* A pool may be called by a name that is not in DNS; its only server will do then. NULL: none will. */
static const char *inside_name(const plan_t *plan, const lync_pool_t *pool)
{
    const char *only = NULL;
    int i, count = 0;

    if (strchr(pool->name, '.'))
        return pool->name;
    for (i = 0; i < plan->model->rows[LYNC_SERVER]->nelts; ++i) {
        const lync_server_t *server = LYNC_ROW(plan->model, LYNC_SERVER, i);

        if (strcmp(server->pool, pool->name))
            continue;
        ++count;
        only = server->host;
    }
    return count == 1 && lync_value_is_host(only) ? only : NULL;
}

/* What clients inside look up: this host may have to see other records, so these are not looked up. */
static void add_inside(plan_t *plan, lyncadm_rows_t *rows, const plan_name_t *name)
{
    const json_t *words = words_of(plan, "internal", name->kind);
    const char *label = lyncadm_json_text(words, "label"), *domain = lync_host_domain(plan->model, name->host);
    record_t record = record_of("internal", NULL, words);

    if (!words || !name->pool)
        return;
    record.name = label && domain ? apr_pstrcat(plan->pool, label, ".", domain, NULL) : name->host;
    record.pool = name->pool->name;
    record.target = inside_name(plan, name->pool);
    record.type = record.target ? "CNAME" : "A";
    add(rows, &record);
}

/* Of the names whose target is not known: the look-up that most of them agree with. */
static const plan_lookup_t *most_of(const plan_t *plan, const answers_t *answers)
{
    apr_hash_t *counts = apr_hash_make(plan->pool);
    const plan_lookup_t *most = NULL;
    int i, best = 0;

    for (i = 0; i < plan->names->nelts; ++i) {
        const plan_name_t *name = APR_ARRAY_IDX(plan->names, i, const plan_name_t *);
        const plan_lookup_t *lookup = lookup_of(answers, name->host);
        const char *key = lookup ? plan_join(lookup->addresses, plan->pool) : NULL;
        int *its;

        if (!key || targets_of(plan, name)->nelts)
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

static void look_up(plan_t *plan, answers_t *answers)
{
    apr_array_header_t *hosts = apr_array_make(plan->pool, 16, sizeof(const char *));
    int i;

    for (i = 0; i < plan->names->nelts; ++i)
        APR_ARRAY_PUSH(hosts, const char *) = APR_ARRAY_IDX(plan->names, i, const plan_name_t *)->host;
    for (i = 0; i < plan->model->rows[LYNC_SERVER]->nelts; ++i) {
        const lync_server_t *server = LYNC_ROW(plan->model, LYNC_SERVER, i);

        if (lync_value_is_host(server->host))
            APR_ARRAY_PUSH(hosts, const char *) = server->host;
    }
    plan_sort(hosts);
    answers->lookups = plan_lookup(hosts, plan->pool);
    answers->most = most_of(plan, answers);
}

lyncadm_rows_t *plan_dns(plan_t *plan)
{
    lyncadm_rows_t *rows = plan_table(plan, "dns", columns);
    answers_t answers = { .lookups = NULL };
    int i;

    if (plan->check)
        look_up(plan, &answers);
    for (i = 0; i < plan->names->nelts; ++i)
        add_name(plan, rows, &answers, APR_ARRAY_IDX(plan->names, i, const plan_name_t *));
    add_servers(plan, rows, &answers);
    for (i = 0; i < plan->names->nelts; ++i)
        add_inside(plan, rows, APR_ARRAY_IDX(plan->names, i, const plan_name_t *));
    return rows;
}
