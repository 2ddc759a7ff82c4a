#include <apr_strings.h>
#include <string.h>

#include "plan.h"
#include "publish.h"

/* Data collection (lync-requirements §2): the template says which facts are needed, the revision and a person which
 * are known. */

static const char *const columns[] = { "noun", "name", "item", "value", "state", "remedy", NULL };

/* Finds what is known of a row (NULL: of the proxy). 0: it needs no such fact. */
typedef int fact_fn(const plan_t *plan, const void *row, apr_array_header_t *values);

static int internal_address(const plan_t *plan, const void *row, apr_array_header_t *values)
{
    (void)row;
    apr_array_cat(values, plan->internal_addresses);
    return 1;
}

static int public_address(const plan_t *plan, const void *row, apr_array_header_t *values)
{
    apr_array_cat(values, plan_outside(plan, row));
    return 1;
}

/* The default first, then those of names. */
static int certificate(const plan_t *plan, const void *row, apr_array_header_t *values)
{
    const lync_listener_t *listener = row;
    int i;

    for (i = 0; i < plan->model->rows[LYNC_BINDING]->nelts; ++i) {
        const lync_binding_t *binding = LYNC_ROW(plan->model, LYNC_BINDING, i);

        if (!strcmp(binding->listener, listener->name))
            APR_ARRAY_PUSH(values, const char *) = binding->certificate;
    }
    plan_sort(values);
    return !strcmp(listener->scheme, "https");
}

static int external_name(const plan_t *plan, const void *row, apr_array_header_t *values)
{
    const char *deployment = plan_deployment(plan, row);
    int i;

    for (i = 0; i < plan->names->nelts; ++i) {
        const plan_name_t *name = APR_ARRAY_IDX(plan->names, i, const plan_name_t *);

        if (name->pool == row && name->root && deployment && !strcmp(name->kind, deployment))
            APR_ARRAY_PUSH(values, const char *) = name->host;
    }
    return 1;
}

static int server(const plan_t *plan, const void *row, apr_array_header_t *values)
{
    int i;

    for (i = 0; i < plan->model->rows[LYNC_SERVER]->nelts; ++i) {
        const lync_server_t *one = LYNC_ROW(plan->model, LYNC_SERVER, i);

        if (!strcmp(one->pool, ((const lync_pool_t *)row)->name))
            APR_ARRAY_PUSH(values, const char *) = one->host;
    }
    return 1;
}

/* One for all domains will do. */
static int dialin(const plan_t *plan, const void *row, apr_array_header_t *values)
{
    const lync_domain_t *domain = row;
    int i, others = 0;

    if (domain->dialin)
        APR_ARRAY_PUSH(values, const char *) = domain->dialin;
    for (i = 0; i < plan->model->rows[LYNC_DOMAIN]->nelts; ++i)
        others |= ((const lync_domain_t *)LYNC_ROW(plan->model, LYNC_DOMAIN, i))->dialin != NULL;
    return domain->dialin || !others;
}

static int discover(const plan_t *plan, const void *row, apr_array_header_t *values)
{
    apr_array_header_t *hosts = plan_discovery(plan, ((const lync_domain_t *)row)->name);
    int i;

    for (i = 0; i < hosts->nelts; ++i) {
        if (plan_name(plan, APR_ARRAY_IDX(hosts, i, const char *)))
            APR_ARRAY_PUSH(values, const char *) = APR_ARRAY_IDX(hosts, i, const char *);
    }
    return 1;
}

static const struct {
    const char *item;
    fact_fn *find;
} facts[] = {
    { "internal_address", internal_address }, { "public_address", public_address }, { "certificate", certificate },
    { "external_name", external_name }, { "server", server }, { "dialin", dialin }, { "discover", discover },
};

static int find(const plan_t *plan, const lync_noun_t *noun, const void *row, const char *item,
                apr_array_header_t *values)
{
    const lync_field_t *field = noun ? lync_field(noun, item) : NULL;
    const char *value = field && row ? lync_row_get(plan->pool, field, row) : NULL;
    apr_size_t i;

    for (i = 0; i < sizeof(facts) / sizeof(facts[0]); ++i) {
        if (!strcmp(facts[i].item, item))
            return facts[i].find(plan, row, values);
    }
    if (value)
        APR_ARRAY_PUSH(values, const char *) = value;
    return 1;
}

static const char *replace(apr_pool_t *p, const char *text, const char *word, const char *value)
{
    const char *found = strstr(text, word);

    return found ? apr_pstrcat(p, apr_pstrndup(p, text, found - text), value, found + strlen(word), NULL) : text;
}

static const char *remedy_of(const plan_t *plan, const lync_noun_t *noun, const void *row, const json_t *item)
{
    const char *text = lyncadm_json_text(item, "remedy"), *deployment;

    if (!text || !noun)
        return text;
    deployment = noun->id == LYNC_POOL ? plan_deployment(plan, row) : NULL;
    text = replace(plan->pool, text, "{publish}", deployment ? deployment : "");
    return replace(plan->pool, text, "{name}", lync_row_get(plan->pool, noun->fields, row));
}

/* A URL whose name nothing publishes leads nowhere. */
static const char *state_of(const plan_t *plan, const char *value)
{
    const char *host;

    if (!strncmp(value, "https://", 8) && lyncadm_url_split(plan->pool, value, &host) && !plan_name(plan, host))
        return "unpublished";
    return "known";
}

/* noun_name: what the template calls it; of the proxy there is no row. */
static void add_item(plan_t *plan, lyncadm_rows_t *rows, const char *noun_name, const void *row, const json_t *item)
{
    const lync_noun_t *noun = lync_noun_named(noun_name);
    apr_array_header_t *values = apr_array_make(plan->pool, 2, sizeof(const char *));
    const char *cells[] = { noun_name, noun ? lync_row_get(plan->pool, noun->fields, row) : NULL,
                            lyncadm_json_text(item, "item"), NULL, "missing", remedy_of(plan, noun, row, item) };
    int i;

    if (!find(plan, noun, row, cells[2], values))
        return;
    if (!values->nelts)
        lyncadm_rows_add(rows, cells);
    for (i = 0; i < values->nelts; ++i) {
        cells[3] = APR_ARRAY_IDX(values, i, const char *);
        cells[4] = state_of(plan, cells[3]);
        cells[5] = strcmp(cells[4], "known") ? remedy_of(plan, noun, row, item) : NULL;
        lyncadm_rows_add(rows, cells);
    }
}

static void add_group(plan_t *plan, lyncadm_rows_t *rows, const json_t *group)
{
    const char *name = lyncadm_json_text(group, "noun");
    const lync_noun_t *noun = lync_noun_named(name);
    int i, count = noun ? plan->model->rows[noun->id]->nelts : 1;
    json_t *item;
    size_t j;

    for (i = 0; i < count; ++i) {
        json_array_foreach(json_object_get(group, "items"), j, item) {
            add_item(plan, rows, name, noun ? LYNC_ROW(plan->model, noun->id, i) : NULL, item);
        }
    }
}

lyncadm_rows_t *plan_data(plan_t *plan)
{
    lyncadm_rows_t *rows = plan_table(plan, NULL, columns);
    const lync_model_t *model = plan->model;
    json_t *group;
    size_t i;

    if (!model->rows[LYNC_LISTENER]->nelts && !model->rows[LYNC_POOL]->nelts && !model->rows[LYNC_DOMAIN]->nelts)
        return rows;
    json_array_foreach(json_object_get(plan->words, "data"), i, group) {
        add_group(plan, rows, group);
    }
    return rows;
}
