#include <apr_strings.h>

#include "certificate.h"
#include "certificate_command.h"
#include "host.h"

/* lyncadm certificate show: the facts, where it is bound, and the names there that it does not cover. */

/* "meet.contoso.com" of the names that a binding is for and its certificate does not cover; NULL: none. */
static const char *uncovered(const lync_model_t *model, const lync_binding_t *binding,
                             const lync_certificate_t *certificate, apr_pool_t *p)
{
    const apr_array_header_t *hosts = lync_hosts(model, binding->listener, p);
    const char *names = NULL;
    int i;

    for (i = 0; i < hosts->nelts; ++i) {
        const char *host = APR_ARRAY_IDX(hosts, i, const char *);

        if (lync_host_binding(model, binding->listener, host) == binding
            && !lync_certificate_covers(certificate, host))
            names = apr_pstrcat(p, names ? names : "", names ? " " : "", host, NULL);
    }
    return names;
}

static lyncadm_rows_t *bindings(lyncadm_t *adm, const lync_model_t *model, const lync_certificate_t *certificate)
{
    static const char *const columns[] = { "listener", "host", "uncovered" };
    lyncadm_rows_t *rows = lyncadm_rows(adm->pool);
    int i;

    lyncadm_rows_call(rows, "binding");
    for (i = 0; i < 3; ++i)
        lyncadm_rows_column(rows, columns[i], LYNCADM_CELL_TEXT);
    for (i = 0; i < model->rows[LYNC_BINDING]->nelts; ++i) {
        const lync_binding_t *binding = LYNC_ROW(model, LYNC_BINDING, i);
        const char *cells[] = { binding->listener, binding->host, NULL };

        if (strcmp(binding->certificate, certificate->name)
            && (!binding->beside || strcmp(binding->beside, certificate->name)))
            continue;
        cells[2] = uncovered(model, binding, certificate, adm->pool);
        lyncadm_rows_add(rows, cells);
    }
    return rows;
}

const lync_err_t *lyncadm_certificate_show(lyncadm_t *adm)
{
    const lync_noun_t *noun = lync_noun(LYNC_CERTIFICATE);
    apr_array_header_t *tables = apr_array_make(adm->pool, 2, sizeof(lyncadm_rows_t *));
    apr_array_header_t *headings = apr_array_make(adm->pool, 2, sizeof(const char *));
    lyncadm_rows_t *facts = lyncadm_rows_noun(adm->pool, noun);
    lync_model_t *model;
    void *row = NULL;

    LYNC_TRY(lyncadm_noun_shown(adm, &model, &row));
    lyncadm_rows_call(facts, noun->name);
    lyncadm_rows_add_row(facts, noun, row);
    APR_ARRAY_PUSH(tables, lyncadm_rows_t *) = facts;
    APR_ARRAY_PUSH(headings, const char *) = NULL;
    APR_ARRAY_PUSH(tables, lyncadm_rows_t *) = bindings(adm, model, row);
    APR_ARRAY_PUSH(headings, const char *) = "bound to";
    return lyncadm_tables_print(adm, tables, headings);
}
