#include <apr_strings.h>
#include <string.h>

#include "host.h"
#include "plan_record.h"
#include "value.h"

/* DNS records (lync-requirements §5). */

static const char *const columns[] = { "zone", "name", "type", "target", "state", "found", "canonical", "expected",
    "listener", "pool", "need", "purpose", NULL };

static void add(lyncadm_rows_t *rows, const plan_record_t *record)
{
    const char *cells[] = { record->zone, record->name, record->type, record->target, record->state, record->found,
                            record->canonical, record->expected, record->listener, record->pool, record->need,
                            record->purpose };

    lyncadm_rows_add(rows, cells);
    if (record->state)
        lyncadm_rows_mark(rows, "state", strcmp(record->state, "known") ? LYNCADM_BAD : LYNCADM_GOOD);
}

static const json_t *words_of(const plan_t *plan, const char *zone, const char *kind)
{
    return json_object_get(json_object_get(json_object_get(plan->words, "dns"), zone), kind);
}

static plan_record_t record_of(const char *zone, const char *type, const json_t *words)
{
    plan_record_t record = { .zone = zone, .type = type, .need = lyncadm_json_text(words, "need"),
                        .purpose = lyncadm_json_text(words, "purpose") };

    return record;
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
            && (!name->https || plan_within(other->host, domain)))
            return other->host;
    }
    return NULL;
}

static void add_addresses(plan_t *plan, lyncadm_rows_t *rows, const plan_answers_t *answers, const plan_name_t *name,
                          const char *type)
{
    apr_array_header_t *targets = plan_targets(plan, name);
    apr_array_header_t *its = plan_of_family(targets, !strcmp(type, "AAAA"), plan->pool);
    plan_record_t record = record_of("external", type, words_of(plan, "external", name->kind));

    /* where nothing is known yet the record is named all the same, once */
    if (!its->nelts && (targets->nelts || strcmp(type, "A")))
        return;
    record.name = name->host;
    record.purpose = name->purpose;
    record.listener = listeners_of(plan, name);
    record.pool = name->pool ? name->pool->name : NULL;
    record.target = plan_join(its, plan->pool);
    plan_check_name(plan, answers, targets, its->nelts < targets->nelts, &record);
    add(rows, &record);
}

static void add_alias(plan_t *plan, lyncadm_rows_t *rows, const plan_name_t *name)
{
    const json_t *words = json_object_get(json_object_get(plan->words, "dns"), "alias");
    plan_record_t record = record_of("external", "CNAME", words);

    record.name = name->host;
    record.target = alias_of(plan, name);
    if (record.target)
        add(rows, &record);
}

static void add_name(plan_t *plan, lyncadm_rows_t *rows, const plan_answers_t *answers, const plan_name_t *name)
{
    add_addresses(plan, rows, answers, name, "A");
    add_addresses(plan, rows, answers, name, "AAAA");
    add_alias(plan, rows, name);
}

static void add_servers(plan_t *plan, lyncadm_rows_t *rows, const plan_answers_t *answers)
{
    int i;

    for (i = 0; i < plan->model->rows[LYNC_SERVER]->nelts; ++i) {
        const lync_server_t *server = LYNC_ROW(plan->model, LYNC_SERVER, i);
        plan_record_t record = record_of("internal", "A", words_of(plan, "internal", "server"));

        if (!lync_value_is_host(server->host))
            continue;
        record.name = server->host;
        record.pool = server->pool;
        plan_check_server(plan, answers, &record);
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
    plan_record_t record = record_of("internal", NULL, words);

    if (!words || !name->pool)
        return;
    record.name = label && domain ? apr_pstrcat(plan->pool, label, ".", domain, NULL) : name->host;
    record.pool = name->pool->name;
    record.target = inside_name(plan, name->pool);
    record.type = record.target ? "CNAME" : "A";
    add(rows, &record);
}

lyncadm_rows_t *plan_dns(plan_t *plan)
{
    lyncadm_rows_t *rows = plan_table(plan, "dns", columns);
    plan_answers_t answers = { .lookups = NULL };
    int i;

    if (plan->check)
        plan_look_up(plan, &answers);
    for (i = 0; i < plan->names->nelts; ++i)
        add_name(plan, rows, &answers, APR_ARRAY_IDX(plan->names, i, const plan_name_t *));
    add_servers(plan, rows, &answers);
    for (i = 0; i < plan->names->nelts; ++i)
        add_inside(plan, rows, APR_ARRAY_IDX(plan->names, i, const plan_name_t *));
    return rows;
}
