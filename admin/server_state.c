#include <apr_strings.h>
#include <string.h>

#include "operate.h"
#include "server_state.h"
#include "who.h"

/*
 * server drain, disable, enable: an operator's word on a server while httpd runs. It is no configuration: no
 * revision has it, a rollback does not touch it, and it beats what the revision says.
 *  1. which server is meant: of the active revision, or of the draft, which nothing serves yet; to be enabled, also
 *     one of which something is said although no revision has it any more
 *  2. the word is written, or lifted, in one change; what is so already is left alone
 *  3. who leaves a pool without a server is warned
 *  4. the change is waited for until each child of httpd has it
 */

typedef struct operation_t {
    lyncadm_t *adm;
    const char *state;          /* drain, disabled; NULL: enabled again */
    lync_store_t *store;
    apr_array_header_t *states; /* of lync_server_state_t */
    lync_model_t *active, *draft;       /* active NULL: no revision is */
    const lync_server_t *server;        /* the one that is meant */
    const char *before;         /* what was said of it, or NULL */
    const char *now;            /* what is in force afterwards; NULL: no revision has the server */
    const char *held;           /* why it is not active although it was enabled, or NULL */
    int change;                 /* the store's last, afterwards */
} operation_t;

void lyncadm_server_state_options(apr_array_header_t *options)
{
    lyncadm_option(options, "wait", "SECONDS", "how long httpd's children may need to take it over (5 unless given)");
    lyncadm_option(options, "reload", NULL, "reload httpd if its children cannot take it over by themselves");
    lyncadm_option(options, "control", "COMMAND", "how httpd is reached, this time");
    lyncadm_write_options(options);
}

static const lync_server_t *same_in(const lync_model_t *model, const lync_server_t *server)
{
    return model ? lyncadm_find_key(model, lync_noun(LYNC_SERVER), server) : NULL;
}

static lync_server_t *said_of(const lync_server_state_t *said, apr_pool_t *p)
{
    lync_server_t *server = lync_row_new(p, lync_noun(LYNC_SERVER));

    server->host = said->host;
    server->pool = said->pool;
    return server;
}

static void add_servers(lync_model_t *all, const lync_model_t *model)
{
    int i;

    for (i = 0; model && i < model->rows[LYNC_SERVER]->nelts; ++i)
        if (!same_in(all, LYNC_ROW(model, LYNC_SERVER, i)))
            APR_ARRAY_PUSH(all->rows[LYNC_SERVER], void *) = LYNC_ROW(model, LYNC_SERVER, i);
}

/* The servers that can be meant. */
static lync_model_t *candidates(const operation_t *operation)
{
    apr_pool_t *p = operation->adm->pool;
    lync_model_t *all = apr_pcalloc(p, sizeof(*all));
    int i;

    all->rows[LYNC_SERVER] = apr_array_make(p, 16, sizeof(void *));
    add_servers(all, operation->active);
    add_servers(all, operation->draft);
    for (i = 0; !operation->state && i < operation->states->nelts; ++i) {
        lync_server_t *server = said_of(&APR_ARRAY_IDX(operation->states, i, lync_server_state_t), p);

        if (!same_in(all, server))
            APR_ARRAY_PUSH(all->rows[LYNC_SERVER], void *) = server;
    }
    return all;
}

static const lync_err_t *unknown(const lync_model_t *all, const lync_server_t *asked, apr_pool_t *p)
{
    apr_array_header_t *hosts = apr_array_make(p, 16, sizeof(const char *)), *rows = all->rows[LYNC_SERVER];
    const char *where = asked->pool ? apr_psprintf(p, " of pool '%s'", asked->pool) : "";
    int i;

    for (i = 0; i < rows->nelts; ++i) {
        const lync_server_t *server = APR_ARRAY_IDX(rows, i, void *);

        if (!asked->pool || !strcmp(server->pool, asked->pool))
            APR_ARRAY_PUSH(hosts, const char *) = server->host;
    }
    if (!hosts->nelts)
        return lync_err(p, "there is no server%s: 'lyncadm server list' lists the draft's", where);
    return lync_err(p, "there is no server '%s'%s: there is %s", asked->host, where,
                    lyncadm_nearest(p, asked->host, hosts));
}

/* Step 1. */
static const lync_err_t *find_server(operation_t *operation, const lyncadm_pattern_t *pattern)
{
    const lync_noun_t *noun = lync_noun(LYNC_SERVER);
    apr_pool_t *p = operation->adm->pool;
    const lync_model_t *all = candidates(operation);
    void *row = NULL;

    if (!lyncadm_noun_find(all, noun, pattern, p)->nelts)
        return unknown(all, pattern->row, p);
    LYNC_TRY(lyncadm_noun_one(all, noun, pattern, &row, p));
    operation->server = row;
    operation->before = lync_server_state_of(operation->states, operation->server->host, operation->server->pool);
    if (!same_in(operation->active, operation->server) && same_in(operation->draft, operation->server))
        lyncadm_say("warning: server '%s' of pool '%s' is only in the draft: nothing serves it until 'lyncadm apply'",
                    operation->server->host, operation->server->pool);
    return NULL;
}

static int is_there(const operation_t *operation)
{
    return same_in(operation->active, operation->server) || same_in(operation->draft, operation->server);
}

static int is_usable(const char *state)
{
    return !strcmp(state, "active") || !strcmp(state, "standby");
}

/* What the revision itself says against a server that is enabled. */
static const char *held_by_revision(const operation_t *operation)
{
    const lync_server_t *server = operation->server;
    apr_pool_t *p = operation->adm->pool;
    const char *revision = "the draft";

    if (is_usable(server->state))
        return NULL;
    if (same_in(operation->active, server))
        revision = apr_psprintf(p, "revision %d", operation->active->revision);
    return apr_psprintf(p, "%s itself has it in state %s: 'lyncadm server set %s %s --state active' and 'lyncadm "
                        "apply' change that", revision, server->state, server->host, server->pool);
}

/* Step 2. */
static const lync_err_t *write_word(operation_t *operation)
{
    const lync_server_t *server = operation->server;
    const char *state = operation->state, *before = operation->before;
    apr_pool_t *p = operation->adm->pool;

    if (state || is_there(operation))
        operation->now = state ? state : server->state;
    operation->held = state ? NULL : held_by_revision(operation);
    if (operation->held && !before)
        return lync_err(p, "server '%s' of pool '%s' is not held by an operator: %s", server->host, server->pool,
                        operation->held);
    if (state == before || (state && before && !strcmp(state, before)))
        return NULL;
    LYNC_TRY(lync_server_state_set(operation->store, server->host, server->pool, state, p));
    return lync_server_states(operation->store, &operation->states, &operation->change, p);
}

/* Step 3. */
static void warn_of_pool(const operation_t *operation)
{
    const lync_server_t *server = operation->server;
    const lync_model_t *model = same_in(operation->active, server) ? operation->active : operation->draft;
    int i, usable = 0, draining = 0;

    for (i = 0; i < model->rows[LYNC_SERVER]->nelts; ++i) {
        const lync_server_t *other = LYNC_ROW(model, LYNC_SERVER, i);
        const char *said = lync_server_state_of(operation->states, other->host, other->pool);

        if (strcmp(other->pool, server->pool))
            continue;
        usable += is_usable(said ? said : other->state);
        draining += !strcmp(said ? said : other->state, "drain");
    }
    if (!usable && same_in(model, server))
        lyncadm_say("warning: pool '%s' has no active server: %s get 503 until one is enabled", server->pool,
                    draining ? "all clients but those that a draining server has already" : "its clients");
}

static const lync_err_t *edit_within(operation_t *operation, const lyncadm_pattern_t *pattern)
{
    apr_pool_t *p = operation->adm->pool;
    int active;

    LYNC_TRY(lync_store_active(operation->store, &active, p));
    if (active)
        LYNC_TRY(lync_store_read(operation->store, active, &operation->active, p));
    LYNC_TRY(lync_store_read(operation->store, LYNC_DRAFT, &operation->draft, p));
    LYNC_TRY(lync_server_states(operation->store, &operation->states, &operation->change, p));
    LYNC_TRY(find_server(operation, pattern));
    LYNC_TRY(write_word(operation));
    if (operation->state)
        warn_of_pool(operation);
    return NULL;
}

/* "draining": as a sentence has it; NULL: no revision has the server. */
static const char *adjective(const char *state)
{
    return !state ? "no longer held by an operator" : !strcmp(state, "drain") ? "draining" : state;
}

static const char *done(const operation_t *operation)
{
    const char *state = operation->state, *before = operation->before;

    return state == before || (state && before && !strcmp(state, before)) ? "kept" : state ? "set" : "removed";
}

/* "is draining (2 children took it over)" */
static const char *outcome(const operation_t *operation, const lyncadm_taken_t *taken)
{
    const char *state = adjective(operation->now), *children = taken->children == 1 ? "child" : "children";
    apr_pool_t *p = operation->adm->pool;

    if (operation->adm->dry_run)
        return apr_psprintf(p, "would be %s", state);
    if (taken->pending)
        return apr_psprintf(p, "will be %s when httpd serves this store: %s", state, taken->pending);
    if (!strcmp(done(operation), "kept"))
        return apr_psprintf(p, "is already %s (%d %s %s it)", state, taken->children, children,
                            taken->children == 1 ? "has" : "have");
    return apr_psprintf(p, "is %s (%d %s took it over)", state, taken->children, children);
}

static const lync_err_t *report(const operation_t *operation, const lyncadm_taken_t *taken)
{
    lyncadm_t *adm = operation->adm;
    const lync_server_t *server = operation->server;
    int dry_run = adm->dry_run;
    lyncadm_rows_t *rows = lyncadm_rows(adm->pool);
    const char *cells[] = { done(operation), server->host, server->pool, operation->now,
                            dry_run ? NULL : apr_itoa(adm->pool, operation->change),
                            dry_run ? NULL : apr_itoa(adm->pool, taken->children), taken->pending };
    static const struct { const char *name; lyncadm_cell_t cell; } columns[] = {
        { "done", LYNCADM_CELL_TEXT }, { "host", LYNCADM_CELL_TEXT }, { "pool", LYNCADM_CELL_TEXT },
        { "state", LYNCADM_CELL_TEXT }, { "change", LYNCADM_CELL_INTEGER }, { "children", LYNCADM_CELL_INTEGER },
        { "pending", LYNCADM_CELL_TEXT },
    };
    apr_size_t i;

    if (adm->format == LYNCADM_TABLE) {
        lyncadm_tell("server '%s' of pool '%s' %s", server->host, server->pool, outcome(operation, taken));
        return NULL;
    }
    for (i = 0; i < sizeof(columns) / sizeof(columns[0]); ++i)
        lyncadm_rows_column(rows, columns[i].name, columns[i].cell);
    lyncadm_rows_add(rows, cells);
    return lyncadm_rows_print(adm, rows, 0);
}

/* Steps 1 to 3, in one transaction. */
static const lync_err_t *edit(operation_t *operation, const lyncadm_pattern_t *pattern)
{
    lyncadm_t *adm = operation->adm;
    const lync_err_t *err, *rollback;

    LYNC_TRY(lyncadm_begin(adm, operation->store, NULL));
    err = edit_within(operation, pattern);
    if (!err && !adm->dry_run)
        return lync_store_commit(operation->store, adm->pool);
    rollback = lync_store_rollback(operation->store, adm->pool);
    return err ? err : rollback;
}

/* Step 4. What others changed meanwhile the children have to take over as well. */
static const lync_err_t *wait_for_httpd(operation_t *operation, lyncadm_taken_t *taken)
{
    const lync_server_t *server = operation->server;
    apr_pool_t *p = operation->adm->pool;
    const lync_err_t *err;

    LYNC_TRY(lync_server_states(operation->store, &operation->states, &operation->change, p));
    err = lyncadm_take_over(operation->adm, operation->store, operation->change, taken);
    if (err)
        return lync_err(p, "server '%s' of pool '%s' is %s in the store, but %s", server->host, server->pool,
                        adjective(operation->now), err->sentence);
    return NULL;
}

static const lync_err_t *operate(lyncadm_t *adm, const char *state)
{
    operation_t operation = { .adm = adm, .state = state };
    lyncadm_taken_t taken = { 0 };
    lyncadm_pattern_t pattern;
    int ignored;

    LYNC_TRY(lyncadm_noun_keys(adm, &pattern));
    LYNC_TRY(lyncadm_edit_given(adm));
    LYNC_TRY(lyncadm_given_seconds(adm, "wait", LYNCADM_WAIT_CHILDREN, &ignored));
    LYNC_TRY(lyncadm_open(adm, 1, &operation.store));
    LYNC_TRY(edit(&operation, &pattern));
    if (adm->dry_run)
        lyncadm_say("dry run: the store was not changed");
    else
        LYNC_TRY(wait_for_httpd(&operation, &taken));
    if (operation.held)
        return lync_err(adm->pool, "server '%s' of pool '%s' is no longer held by an operator, but %s",
                        operation.server->host, operation.server->pool, operation.held);
    return report(&operation, &taken);
}

const lync_err_t *lyncadm_server_drain(lyncadm_t *adm)
{
    return operate(adm, "drain");
}

const lync_err_t *lyncadm_server_disable(lyncadm_t *adm)
{
    return operate(adm, "disabled");
}

const lync_err_t *lyncadm_server_enable(lyncadm_t *adm)
{
    return operate(adm, NULL);
}

const lync_err_t *lyncadm_server_state_check(lyncadm_t *adm, lync_store_t *store, const lync_model_t *draft,
                                             apr_array_header_t *findings)
{
    operation_t operation = { .adm = adm, .store = store };
    apr_pool_t *p = adm->pool;
    int active, i;

    LYNC_TRY(lync_store_active(store, &active, p));
    if (active)
        LYNC_TRY(lync_store_read(store, active, &operation.active, p));
    LYNC_TRY(lync_server_states(store, &operation.states, &operation.change, p));
    for (i = 0; i < operation.states->nelts; ++i) {
        const lync_server_state_t *said = &APR_ARRAY_IDX(operation.states, i, lync_server_state_t);
        lync_server_t *server = said_of(said, p);
        lync_finding_t *finding = apr_palloc(p, sizeof(*finding));

        if (same_in(operation.active, server) || same_in(draft, server))
            continue;
        finding->level = LYNC_ADVICE;
        finding->noun = lync_noun(LYNC_SERVER);
        finding->row = server;
        finding->message = apr_psprintf(p, "server '%s' of pool '%s' is %s by an operator's word, but neither the "
                                        "active revision nor the draft has it", said->host, said->pool,
                                        adjective(said->state));
        finding->remedy = apr_psprintf(p, "lyncadm server enable %s %s", said->host, said->pool);
        APR_ARRAY_PUSH(findings, lync_finding_t *) = finding;
    }
    return NULL;
}
