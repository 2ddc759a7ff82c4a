#include <apr_strings.h>
#include <stdarg.h>
#include <string.h>

#include "proposal.h"

/* What is proposed is written as if an administrator had typed it into a draft that has listeners and certificates, and
 * nothing published. */

void proposal_warn(proposal_t *proposal, const char *format, ...)
{
    apr_array_header_t *warnings = proposal->edit->warnings;
    char *text;
    va_list args;
    int i;

    va_start(args, format);
    text = lync_one_line(apr_pvsprintf(proposal->edit->pool, format, args));
    va_end(args);
    for (i = 0; i < warnings->nelts; ++i) {
        if (!strcmp(APR_ARRAY_IDX(warnings, i, const char *), text))
            return;
    }
    APR_ARRAY_PUSH(warnings, const char *) = text;
}

static int is_planned(lync_noun_id_t id)
{
    return id == LYNC_POOL || id == LYNC_SERVER || id == LYNC_DOMAIN || id == LYNC_ROUTE;
}

static lync_model_t *bare(const lync_model_t *draft, apr_pool_t *p)
{
    lync_model_t *model = apr_pmemdup(p, draft, sizeof(*draft));
    int id;

    for (id = 0; id < LYNC_NOUNS; ++id)
        model->rows[id] = is_planned(id) ? apr_array_make(p, 64, sizeof(void *)) : apr_array_copy(p, draft->rows[id]);
    return model;
}

lyncadm_rows_t *proposal_table(apr_pool_t *p, const char *noun, const char *const *columns)
{
    lyncadm_rows_t *rows = lyncadm_rows(p);

    lyncadm_rows_call(rows, noun);
    for (; *columns; ++columns)
        lyncadm_rows_column(rows, *columns, strstr(*columns, "port") || !strcmp(*columns, "line")
                                            ? LYNCADM_CELL_INTEGER : LYNCADM_CELL_TEXT);
    return rows;
}

static void make_tables(proposal_t *proposal, apr_pool_t *p)
{
    static const char *const pools[] = { "name", "role", "release", "servers", "https_port", "published_https_port",
                                         "http_port", "published_http_port", NULL };
    static const char *const names[] = { "host", "path", "listener", "pool", "what", NULL };
    static const char *const domains[] = { "name", "meet", "dialin", "admin", NULL };
    static const char *const listeners[] = { "name", "scheme", "port", "certificate", NULL };

    proposal->pools = proposal_table(p, "plan_pool", pools);
    proposal->names = proposal_table(p, "plan_name", names);
    proposal->domains = proposal_table(p, "plan_domain", domains);
    proposal->listeners = proposal_table(p, "plan_listener", listeners);
}

const char *proposal_pool_of(const lync_model_t *model, const char *host)
{
    int i;

    for (i = 0; i < model->rows[LYNC_ROUTE]->nelts; ++i) {
        const lync_route_t *route = LYNC_ROW(model, LYNC_ROUTE, i);

        if (route->pool && !strcmp(route->host, host))
            return route->pool;
    }
    return NULL;
}

void proposal_tell_name(proposal_t *proposal, const lyncadm_publish_t *publish, const char *what)
{
    const char *cells[] = { publish->host, publish->url_path && *publish->url_path ? publish->url_path : NULL,
                            publish->listener->name, publish->pool, what };

    lyncadm_rows_add(proposal->names, cells);
}

int proposal_is_used(const lync_model_t *model, const char *listener)
{
    int i;

    for (i = 0; i < model->rows[LYNC_ROUTE]->nelts; ++i) {
        if (!strcmp(((const lync_route_t *)LYNC_ROW(model, LYNC_ROUTE, i))->listener, listener))
            return 1;
    }
    return 0;
}

const char *proposal_listener_name(const proposal_t *proposal, const char *scheme, int port)
{
    apr_pool_t *p = proposal->edit->pool;
    const json_t *names = json_object_get(lyncadm_template(p, "deployments"), "listeners");
    const char *name = lyncadm_json_text(names, scheme);

    return lync_model_find(proposal->aside.model, LYNC_LISTENER, name) ? apr_psprintf(p, "%s-%d", name, port) : name;
}

const char *proposal_certificate_of(const lync_model_t *model, const char *listener)
{
    int i;

    for (i = 0; i < model->rows[LYNC_BINDING]->nelts; ++i) {
        const lync_binding_t *binding = LYNC_ROW(model, LYNC_BINDING, i);

        if (!strcmp(binding->listener, listener) && !strcmp(binding->host, "*"))
            return binding->certificate;
    }
    return NULL;
}

static void tell_listeners(proposal_t *proposal)
{
    const lync_model_t *model = proposal->aside.model;
    int i;

    for (i = 0; i < model->rows[LYNC_LISTENER]->nelts; ++i) {
        const lync_listener_t *listener = LYNC_ROW(model, LYNC_LISTENER, i);
        const char *cells[] = { listener->name, listener->scheme, apr_itoa(proposal->edit->pool, listener->port),
                                proposal_certificate_of(model, listener->name) };

        if (proposal_is_used(model, listener->name))
            lyncadm_rows_add(proposal->listeners, cells);
    }
}

static void tell_domains(proposal_t *proposal)
{
    const apr_array_header_t *rows = proposal->aside.model->rows[LYNC_DOMAIN];
    int i;

    for (i = 0; i < rows->nelts; ++i) {
        const lync_domain_t *domain = APR_ARRAY_IDX(rows, i, const lync_domain_t *);
        const char *cells[] = { domain->name, domain->meet, domain->dialin, domain->admin };

        lyncadm_rows_add(proposal->domains, cells);
    }
}

proposal_t *proposal_new(lyncadm_edit_t *edit)
{
    proposal_t *proposal = apr_pcalloc(edit->pool, sizeof(*proposal));

    proposal->edit = edit;
    make_tables(proposal, edit->pool);
    lyncadm_edit_aside(&proposal->aside, edit, bare(edit->model, edit->pool));
    return proposal;
}

void proposal_tell(proposal_t *proposal)
{
    tell_listeners(proposal);
    tell_domains(proposal);
}
