#include <apr_strings.h>
#include <string.h>
#include <unistd.h>

#include "apply.h"
#include "document.h"
#include "iso.h"
#include "operate.h"
#include "watch.h"

/* What status knows; numbers are -1 when there is nothing to tell. */
typedef struct status_t {
    const lync_err_t *unreadable;       /* the store; NULL: it is not */
    int active, differs;
    int change;                 /* the draft's last */
    lync_revision_t *revision;  /* NULL: none is active */
    const char *hash;           /* of the active revision's content */
    lync_model_t *model;        /* of it */
    lync_confirm_t *trial;      /* that it is on, or NULL */
    const char *left;           /* what a killed apply left undone, or NULL */
    const char *served;         /* file in which httpd tells what it serves, or NULL */
    int certificates;           /* whether one is not what it should be */
    lync_serving_t serving;
    const char *httpd;          /* in a word or a sentence */
    lyncadm_rows_t *servers;
} status_t;

static const lync_err_t *read_store(lyncadm_t *adm, status_t *status, const char **control)
{
    lync_store_t *store = NULL;
    const char *found;

    LYNC_TRY(lyncadm_open(adm, 0, &store));
    LYNC_TRY(lyncadm_httpd_control(adm, store, &found));        /* first: the rest may be damaged */
    *control = found;
    LYNC_TRY(lync_store_active(store, &status->active, adm->pool));
    LYNC_TRY(lync_store_draft_change(store, &status->change, adm->pool));
    status->differs = 1;
    if (status->active) {
        LYNC_TRY(lync_revision_draft_differs(store, status->active, &status->differs, adm->pool));
        LYNC_TRY(lync_revision_read(store, status->active, &status->revision, adm->pool));
        LYNC_TRY(lync_store_read(store, status->active, &status->model, adm->pool));
        status->hash = lyncadm_model_hash(status->model, adm->pool);
    }
    LYNC_TRY(lync_store_confirm(store, &status->trial, adm->pool));
    status->left = lyncadm_left(adm, store);
    return NULL;
}

/* Also when there is no file of that name any more. */
static int is_store(lyncadm_t *adm, const char *store)
{
    return store && (!strcmp(store, lyncadm_absolute(adm->pool, adm->store))
                     || lyncadm_same_file(store, adm->store, adm->pool));
}

/* What httpd said when it was asked, and of which it was. */
typedef struct asked_t {
    apr_pool_t *pool;           /* its own */
    lyncadm_httpd_t *httpd;     /* NULL: it could not be asked */
    const lync_err_t *err;
    int pid, generation;        /* 0, 0: none ran */
} asked_t;

/* That runs a program: only when another httpd or generation runs than then, or it did not say where to see that. */
static void ask(lyncadm_t *adm, asked_t *asked, const char *control)
{
    apr_pool_t *round = adm->pool;
    lync_serving_t serving;

    if (asked->httpd && asked->httpd->served) {
        lyncadm_httpd_serving_now(asked->httpd->served, &serving, round);
        if (serving.pid == asked->pid && serving.generation == asked->generation)
            return;
    }
    apr_pool_clear(asked->pool);
    adm->pool = asked->pool;
    asked->httpd = NULL;
    asked->err = lyncadm_runtime_httpd(adm, control, &asked->httpd);
    adm->pool = round;
    lyncadm_httpd_serving_now(asked->httpd ? asked->httpd->served : NULL, &serving, round);
    asked->pid = serving.pid;
    asked->generation = serving.generation;
}

/* httpd reads the store and keys before it changes from root to another user. */
static const char *refusal(const lyncadm_httpd_t *httpd, apr_pool_t *p)
{
    int denied = geteuid() && strstr(httpd->refusal, "Permission denied");

    return apr_pstrcat(p, "refuses its configuration: ", httpd->refusal,
                       denied ? ": root, who starts httpd, may read it perhaps: ask as root" : "", NULL);
}

/* An httpd that cannot be asked is told about, not an error: the store's part is still worth knowing. */
static void ask_httpd(lyncadm_t *adm, status_t *status, asked_t *asked, const char *control)
{
    const lyncadm_httpd_t *httpd;
    const lync_err_t *err;

    ask(adm, asked, control);
    httpd = asked->httpd;
    err = asked->err;
    if (err) {
        status->httpd = err->sentence;
        status->servers = lyncadm_status_servers(adm, NULL, &status->serving);
        return;
    }
    status->served = httpd->served;
    err = lyncadm_httpd_serving(httpd->served, &status->serving, adm->pool);
    if (err)
        status->httpd = err->sentence;
    else if (httpd->refusal)
        status->httpd = refusal(httpd, adm->pool);
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
    static const lync_revision_t none;
    const lync_revision_t *active = status->revision ? status->revision : &none;

    if (status->left || (status->trial && status->trial->until <= apr_time_now()))
        return 1;
    if (status->active == 0 && !status->serving.alive)
        return 0;
    return status->unreadable || status->serving.because || !lyncadm_serves(&status->serving, active)
           || status->certificates || strcmp(status->httpd, "is running");
}

static const char *number(apr_pool_t *p, int is_known, int value)
{
    return is_known ? apr_itoa(p, value) : NULL;
}

static const char *iso(apr_time_t time, apr_pool_t *p)
{
    return time ? lync_iso(time, p) : NULL;
}

static const char *trial(const status_t *status, apr_pool_t *p)
{
    const char *until = status->trial ? lync_iso(status->trial->until, p) : NULL;

    if (!until)
        return NULL;
    return status->trial->until > apr_time_now() ? apr_pstrcat(p, "until ", until, NULL)
           : apr_psprintf(p, "until %s, not confirmed: 'lyncadm rollback %d' goes back, 'lyncadm rollback %d' keeps it",
                          until, status->trial->before, status->trial->revision);
}

static void mark(lyncadm_rows_t *rows, const status_t *status)
{
    lyncadm_rows_mark(rows, "trial", LYNCADM_WARN);
    lyncadm_rows_mark(rows, "undone", LYNCADM_BAD);
    lyncadm_rows_mark(rows, "httpd", !strcmp(status->httpd, "is running") ? LYNCADM_GOOD
                      : status->active ? LYNCADM_BAD : LYNCADM_PLAIN);
    lyncadm_rows_mark(rows, "because", LYNCADM_BAD);
    lyncadm_rows_mark(rows, "drift", is_drift(status) ? LYNCADM_BAD : LYNCADM_GOOD);
}

static lyncadm_rows_t *summary(lyncadm_t *adm, const status_t *status)
{
    apr_pool_t *p = adm->pool;
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
        { "hash", status->hash, 0 },
        { "trial", trial(status, p), 0 },
        { "undone", status->left, 0 },
        { "httpd", status->httpd, 0 },
        { "served", number(p, alive, status->serving.revision), 1 },
        { "served_since", iso(status->serving.since, p), 0 },
        { "because", alive ? status->serving.because : NULL, 0 },
        { "because_since", iso(status->serving.because_since, p), 0 },
        { "generation", number(p, alive, status->serving.generation), 1 },
        { "children", number(p, alive, status->serving.children), 1 },
        { "pid", number(p, alive, status->serving.pid), 1 },
        { "drift", is_drift(status) ? "yes" : "no", 0 },
    };
    const char *cells[sizeof(line) / sizeof(line[0])];
    apr_size_t i;

    lyncadm_rows_call(rows, "status");
    for (i = 0; i < sizeof(line) / sizeof(line[0]); ++i) {
        lyncadm_rows_column(rows, line[i].name, line[i].integer);
        cells[i] = line[i].value;
    }
    lyncadm_rows_add(rows, cells);
    mark(rows, status);
    return rows;
}

/* Older ones answer what they have under way. */
static lyncadm_rows_t *generations(const lync_serving_t *serving, apr_pool_t *p)
{
    static const char *const columns[] = { "generation", "revision", "started", "age", "children", "accepting",
                                           "under_way", "waiting", "bound" };
    lyncadm_rows_t *rows = lyncadm_rows(p);
    int i;

    lyncadm_rows_call(rows, "generation");
    for (i = 0; i < (int)(sizeof(columns) / sizeof(columns[0])); ++i)
        lyncadm_rows_column(rows, columns[i], i == 2 ? LYNCADM_CELL_TEXT : LYNCADM_CELL_INTEGER);
    for (i = 0; i < serving->generations->nelts; ++i) {
        const lync_generation_t *g = &APR_ARRAY_IDX(serving->generations, i, lync_generation_t);
        const char *cells[] = { apr_itoa(p, g->number), number(p, g->revision > 0, g->revision),
                                iso(g->started, p),
                                number(p, g->started > 0, (int)apr_time_sec(apr_time_now() - g->started)),
                                apr_itoa(p, g->children), apr_itoa(p, g->accepting),
                                apr_psprintf(p, "%u", g->under_way), apr_psprintf(p, "%u", g->waiting),
                                apr_psprintf(p, "%u", g->bound) };

        lyncadm_rows_add(rows, cells);
    }
    return rows;
}

static const lync_err_t *print(lyncadm_t *adm, status_t *status)
{
    apr_array_header_t *tables = apr_array_make(adm->pool, 4, sizeof(const lyncadm_rows_t *));
    apr_array_header_t *headings = apr_array_make(adm->pool, 4, sizeof(const char *));

    APR_ARRAY_PUSH(tables, const lyncadm_rows_t *) = NULL;      /* the summary, which needs the others */
    APR_ARRAY_PUSH(headings, const char *) = NULL;
    if (status->serving.alive) {
        APR_ARRAY_PUSH(tables, const lyncadm_rows_t *) = generations(&status->serving, adm->pool);
        APR_ARRAY_PUSH(headings, const char *) = "generations of children";
    }
    if (!lyncadm_rows_empty(status->servers)) {
        APR_ARRAY_PUSH(tables, const lyncadm_rows_t *) = status->servers;
        APR_ARRAY_PUSH(headings, const char *) = "servers";
    }
    if (status->model) {
        APR_ARRAY_PUSH(tables, const lyncadm_rows_t *) = lyncadm_status_certificates(adm, status->model,
            status->serving.alive ? status->served : NULL, &status->certificates);
        APR_ARRAY_PUSH(headings, const char *) = "certificates";
    }
    APR_ARRAY_IDX(tables, 0, const lyncadm_rows_t *) = summary(adm, status);
    if (is_drift(status))
        adm->exit = LYNCADM_FINDINGS;
    return lyncadm_tables_print(adm, tables, headings);
}

static const lync_err_t *look(lyncadm_t *adm, void *asked)
{
    status_t status = { 0 };
    const char *control = lyncadm_given(adm, "control");

    control = control ? control : LYNCADM_CONTROL;
    status.unreadable = read_store(adm, &status, &control);
    ask_httpd(adm, &status, asked, control);
    if (status.unreadable && !status.serving.alive)
        return status.unreadable;
    if (status.unreadable)
        lyncadm_say("%s", status.unreadable->sentence);
    return print(adm, &status);
}

const lync_err_t *lyncadm_status(lyncadm_t *adm)
{
    asked_t asked = { 0 };

    LYNC_TRY(lyncadm_no_words(adm));
    apr_pool_create(&asked.pool, adm->pool);
    if (lyncadm_given(adm, "watch") || lyncadm_given(adm, "every") || lyncadm_given(adm, "rounds"))
        return lyncadm_watch(adm, look, &asked);
    return look(adm, &asked);
}
