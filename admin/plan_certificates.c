#include <apr_strings.h>
#include <string.h>

#include "certificate.h"
#include "plan.h"
#include "request.h"

/* What listeners' certificates need, and what the pools' servers have to present (lync-requirements §3). The names are
 * those of a request. */

static const char *const columns[] = { "listener", "certificate", "subject", "names", "usages", "certificate_subject",
    "issuer", "not_after", "lacks_names", "lacks_usages", "lacks_issuer", NULL };
static const char *const trust_columns[] = { "pool", "port", "names", "ca", NULL };

static int covers_any(const char *usages, const char *usage)
{
    return lync_word_in(usages, usage) || lync_word_in(usages, "anyExtendedKeyUsage");
}

/* The names that it does not cover; NULL: it covers all. */
static const char *lacks_names(const lync_certificate_t *certificate, const apr_array_header_t *names, apr_pool_t *p)
{
    apr_array_header_t *lacking = apr_array_make(p, 4, sizeof(const char *));
    int i;

    for (i = 0; i < names->nelts; ++i) {
        if (!lync_certificate_covers(certificate, APR_ARRAY_IDX(names, i, const char *)))
            APR_ARRAY_PUSH(lacking, const char *) = APR_ARRAY_IDX(names, i, const char *);
    }
    return plan_join(lacking, p);
}

/* The first usage is the one that clients insist on. */
static const char *lacks_usages(const lync_certificate_t *certificate, apr_pool_t *p)
{
    char *last, *server = apr_strtok(apr_pstrdup(p, REQUEST_USAGES), ",", &last);

    return certificate->usages && !covers_any(certificate->usages, server) ? server : NULL;
}

static const char *with_blanks(apr_pool_t *p, const char *words)
{
    char *copy = apr_pstrdup(p, words), *c;

    for (c = copy; *c; ++c) {
        if (*c == ',')
            *c = ' ';
    }
    return copy;
}

/* certificate: that is bound, or NULL for the names that have none. */
static void add(plan_t *plan, lyncadm_rows_t *rows, const lync_listener_t *listener,
                const lync_certificate_t *certificate)
{
    request_t request = { .common_name = NULL };
    const char *cells[11] = { listener->name };
    apr_pool_t *p = plan->pool;

    request_published(plan->adm, plan->model, listener->name, certificate ? certificate->name : NULL, &request);
    if (!certificate && !request.common_name)
        return;
    if (request.common_name)
        cells[2] = apr_pstrcat(p, "CN=", request.common_name, NULL);
    cells[3] = plan_join(request.names, p);
    cells[4] = with_blanks(p, REQUEST_USAGES);
    if (certificate) {
        cells[1] = certificate->name;
        cells[5] = certificate->subject;
        cells[6] = certificate->issuer;
        cells[7] = certificate->not_after;
        cells[8] = lacks_names(certificate, request.names, p);
        cells[9] = lacks_usages(certificate, p);
        cells[10] = certificate->missing;
    }
    else
        cells[8] = cells[3];
    lyncadm_rows_add(rows, cells);
}

static void add_bound(plan_t *plan, lyncadm_rows_t *rows, const lync_listener_t *listener, apr_hash_t *done,
                      const char *name)
{
    const lync_certificate_t *certificate = name ? lync_model_find(plan->model, LYNC_CERTIFICATE, name) : NULL;

    if (!certificate || apr_hash_get(done, name, APR_HASH_KEY_STRING))
        return;
    apr_hash_set(done, name, APR_HASH_KEY_STRING, name);
    add(plan, rows, listener, certificate);
}

static void add_listener(plan_t *plan, lyncadm_rows_t *rows, const lync_listener_t *listener)
{
    apr_hash_t *done = apr_hash_make(plan->pool);
    int i, has_default = 0;

    for (i = 0; i < plan->model->rows[LYNC_BINDING]->nelts; ++i) {
        const lync_binding_t *binding = LYNC_ROW(plan->model, LYNC_BINDING, i);

        if (strcmp(binding->listener, listener->name))
            continue;
        add_bound(plan, rows, listener, done, binding->certificate);
        add_bound(plan, rows, listener, done, binding->beside);
        has_default |= !strcmp(binding->host, "*");
    }
    if (!has_default)
        add(plan, rows, listener, NULL);
}

lyncadm_rows_t *plan_certificates(plan_t *plan)
{
    lyncadm_rows_t *rows = plan_table(plan, "certificate", columns);
    int i;

    for (i = 0; i < plan->model->rows[LYNC_LISTENER]->nelts; ++i) {
        const lync_listener_t *listener = LYNC_ROW(plan->model, LYNC_LISTENER, i);

        if (!strcmp(listener->scheme, "https"))
            add_listener(plan, rows, listener);
    }
    return rows;
}

/* Each server's own name, unless the pool has one that all of them bear. */
static const char *names_of(const plan_t *plan, const lync_pool_t *pool)
{
    apr_array_header_t *names = apr_array_make(plan->pool, 4, sizeof(const char *));
    int i;

    for (i = 0; !pool->verify_name && i < plan->model->rows[LYNC_SERVER]->nelts; ++i) {
        const lync_server_t *server = LYNC_ROW(plan->model, LYNC_SERVER, i);

        if (!strcmp(server->pool, pool->name))
            APR_ARRAY_PUSH(names, const char *) = server->host;
    }
    return pool->verify_name ? pool->verify_name : plan_join(names, plan->pool);
}

lyncadm_rows_t *plan_trust(plan_t *plan)
{
    lyncadm_rows_t *rows = plan_table(plan, "trust", trust_columns);
    int i;

    for (i = 0; i < plan->model->rows[LYNC_POOL]->nelts; ++i) {
        const lync_pool_t *pool = LYNC_ROW(plan->model, LYNC_POOL, i);
        const char *cells[] = { pool->name, apr_itoa(plan->pool, pool->https_port), names_of(plan, pool), pool->ca };

        lyncadm_rows_add(rows, cells);
    }
    return rows;
}
