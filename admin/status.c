#include <apr_strings.h>
#include <string.h>

#include "operate.h"

/* What status knows; numbers are -1 when there is nothing to tell. */
typedef struct status_t {
    const lync_err_t *unreadable;       /* the store; NULL: it is not */
    int active, differs;
    int change;                 /* the draft's last */
    lync_revision_t *revision;  /* NULL: none is active */
    lyncadm_serving_t serving;
    const char *httpd;          /* in a word or a sentence */
    lyncadm_rows_t *servers;
} status_t;

static const lync_err_t *read_store(lyncadm_t *adm, status_t *status, const char **control)
{
    lync_store_t *store = NULL;

    LYNC_TRY(lyncadm_open(adm, 0, &store));
    LYNC_TRY(lync_store_active(store, &status->active, adm->pool));
    LYNC_TRY(lync_store_draft_change(store, &status->change, adm->pool));
    status->differs = 1;
    if (status->active) {
        LYNC_TRY(lync_revision_draft_differs(store, status->active, &status->differs, adm->pool));
        LYNC_TRY(lync_revision_read(store, status->active, &status->revision, adm->pool));
    }
    return lyncadm_httpd_control(adm, store, control);
}

/* Also when there is no file of that name any more. */
static int is_store(lyncadm_t *adm, const char *store)
{
    return store && (!strcmp(store, lyncadm_absolute(adm->pool, adm->store))
                     || lyncadm_same_file(store, adm->store, adm->pool));
}

/* An httpd that cannot be asked is told about, not an error: the store's part is still worth knowing. */
static void ask_httpd(lyncadm_t *adm, status_t *status, const char *control)
{
    lyncadm_httpd_t *httpd = NULL;
    const lync_err_t *err = lyncadm_httpd_test(adm, control, 0, &httpd);

    if (err) {
        status->httpd = err->sentence;
        status->servers = lyncadm_status_servers(adm, NULL, &status->serving);
        return;
    }
    err = lyncadm_httpd_serving(httpd->served, &status->serving, adm->pool);
    if (err)
        status->httpd = err->sentence;
    else if (httpd->refusal)
        status->httpd = apr_pstrcat(adm->pool, "refuses its configuration: ", httpd->refusal, NULL);
    else if (!httpd->served)
        status->httpd = "has no LyncStore line";
    else if (!status->serving.alive)
        status->httpd = lyncadm_httpd_runs(httpd, adm->pool) ? "runs without this store: it was not reloaded"
                                                             : "is not running";
    else if (!is_store(adm, status->serving.store)) {
        status->httpd = apr_pstrcat(adm->pool, "serves another store: ", status->serving.store, NULL);
        status->serving.alive = 0;
    }
    else
        status->httpd = "is running";
    status->servers = lyncadm_status_servers(adm, httpd, &status->serving);
}

static int is_drift(const status_t *status)
{
    if (status->active == 0 && !status->serving.alive)
        return 0;
    return !status->serving.alive || status->unreadable || status->serving.because
           || status->serving.revision != status->active || status->serving.children == 0
           || strcmp(status->httpd, "is running");
}

static const char *number(apr_pool_t *p, int is_known, int value)
{
    return is_known ? apr_itoa(p, value) : NULL;
}

static const lync_err_t *print(lyncadm_t *adm, const status_t *status)
{
    apr_pool_t *p = adm->pool;
    apr_array_header_t *tables = apr_array_make(p, 2, sizeof(const lyncadm_rows_t *));
    apr_array_header_t *headings = apr_array_make(p, 2, sizeof(const char *));
    lyncadm_rows_t *rows = lyncadm_rows(p);
    int alive = status->serving.alive;
    const struct { const char *name, *value; int integer; } line[] = {
        { "store", adm->store, 0 },
        { "draft", status->unreadable ? NULL : status->differs ? "changed" : "applied", 0 },
        { "change", number(p, status->change > 0, status->change), 1 },
        { "active", number(p, status->active > 0, status->active), 1 },
        { "created", status->revision ? status->revision->created : NULL, 0 },
        { "author", status->revision ? status->revision->author : NULL, 0 },
        { "reason", status->revision ? status->revision->reason : NULL, 0 },
        { "httpd", status->httpd, 0 },
        { "served", number(p, alive, status->serving.revision), 1 },
        { "because", alive ? status->serving.because : NULL, 0 },
        { "generation", number(p, alive, status->serving.generation), 1 },
        { "children", number(p, alive, status->serving.children), 1 },
        { "pid", number(p, alive, status->serving.pid), 1 },
        { "drift", is_drift(status) ? "yes" : "no", 0 },
    };
    const char *cells[sizeof(line) / sizeof(line[0])];
    apr_size_t i;

    for (i = 0; i < sizeof(line) / sizeof(line[0]); ++i) {
        lyncadm_rows_column(rows, line[i].name, line[i].integer);
        cells[i] = line[i].value;
    }
    lyncadm_rows_add(rows, cells);
    APR_ARRAY_PUSH(tables, const lyncadm_rows_t *) = rows;
    APR_ARRAY_PUSH(headings, const char *) = NULL;
    if (!lyncadm_rows_empty(status->servers)) {
        APR_ARRAY_PUSH(tables, const lyncadm_rows_t *) = status->servers;
        APR_ARRAY_PUSH(headings, const char *) = "servers";
    }
    return lyncadm_tables_print(adm, tables, headings);
}

const lync_err_t *lyncadm_status(lyncadm_t *adm)
{
    status_t status = { 0 };
    const char *control;

    LYNC_TRY(lyncadm_no_words(adm));
    status.unreadable = read_store(adm, &status, &control);
    if (status.unreadable) {
        control = lyncadm_given(adm, "control");
        control = control ? control : LYNCADM_CONTROL;
    }
    ask_httpd(adm, &status, control);
    if (status.unreadable && !status.serving.alive)
        return status.unreadable;
    if (status.unreadable)
        lyncadm_say("%s", status.unreadable->sentence);
    if (is_drift(&status))
        adm->exit = LYNCADM_FINDINGS;
    return print(adm, &status);
}
