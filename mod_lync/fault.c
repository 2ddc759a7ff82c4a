#include "mod_lync.h"

#include <apr_file_info.h>
#include <apr_file_io.h>
#include <apr_strings.h>
#include <http_core.h>

/*
 * What becomes of a store, or of files that it names, which cannot be served:
 *
 * - a test (httpd -t, and before -k graceful signals the running httpd) refuses it, so that nobody
 *   applies it
 * - a start leaves out what depends on a bad file. A store that cannot be served, or of which
 *   nothing is left, ends it, unless LyncStoreFailure has it go on without Lync
 * - a running httpd goes on with its last known good revision, or at least without Lync
 *
 * With LyncStoreOptional a store that is not there yet is none of these: there is nothing to serve.
 */

/* What httpd walks its configuration for. */
typedef enum lync_start_t {
    LYNC_START_TEST,                    /* -t, a dump, or before it signals the running one to reload */
    LYNC_START_STOP,                    /* before it signals the running one to stop */
    LYNC_START_COLD,
    LYNC_START_RELOAD
} lync_start_t;

#define COMMAND_LINE "/proc/self/cmdline"
#define COMMAND_LINE_LIMIT 16384

/* The word after -k, or NULL. httpd has taken it out of process->argv by now. */
static const char *signal_word(apr_pool_t *p)
{
    char *text = apr_pcalloc(p, COMMAND_LINE_LIMIT + 2), *word;
    apr_size_t length = COMMAND_LINE_LIMIT;
    apr_file_t *file;

    if (apr_file_open(&file, COMMAND_LINE, APR_READ, APR_OS_DEFAULT, p) != APR_SUCCESS)
        return NULL;
    apr_file_read_full(file, text, length, &length);
    apr_file_close(file);
    for (word = text; word < text + length; word += strlen(word) + 1)
        if (!strncmp(word, "-k", 2))
            return word[2] ? word + 2 : word + 3;
    return NULL;
}

/* In a state in which an httpd that only signals another looks like one that is going to run. */
static lync_start_t before_signal(apr_pool_t *p)
{
    const char *word = signal_word(p);

    if (word && (!strcmp(word, "stop") || !strcmp(word, "graceful-stop")))
        return LYNC_START_STOP;
    return word && (!strcmp(word, "graceful") || !strcmp(word, "restart")) ? LYNC_START_TEST : LYNC_START_COLD;
}

static lync_start_t start_of(apr_pool_t *p)
{
    if (ap_state_query(AP_SQ_RUN_MODE) != AP_SQ_RM_NORMAL)
        return LYNC_START_TEST;
    if (ap_state_query(AP_SQ_MAIN_STATE) == AP_SQ_MS_CREATE_PRE_CONFIG)
        return before_signal(p);
    return ap_state_query(AP_SQ_CONFIG_GEN) > 1 ? LYNC_START_RELOAD : LYNC_START_COLD;
}

/* Whether anything of what is published is left: an https listener if there is one, and a pool. */
static const lync_err_t *nothing_left(const lync_snapshot_t *snapshot, apr_pool_t *p)
{
    int i, https = 0, pools = 0, open = 0;

    for (i = 0; i < snapshot->model->rows[LYNC_LISTENER]->nelts; ++i)
        https += !strcmp(((lync_listener_t *)LYNC_ROW(snapshot->model, LYNC_LISTENER, i))->scheme, "https");
    for (i = 0; i < snapshot->listeners->nelts; ++i)
        open += !strcmp(LYNC_ITEM(snapshot->listeners, lync_listener_t *, i)->scheme, "https");
    for (i = 0; i < snapshot->model->rows[LYNC_POOL]->nelts; ++i)
        pools += !lync_quarantined(snapshot, LYNC_ROW(snapshot->model, LYNC_POOL, i));
    if ((!https || open) && (!snapshot->model->rows[LYNC_POOL]->nelts || pools))
        return NULL;
    return lync_check_refusal(snapshot->quarantine, snapshot->path, p);
}

/* A port that is taken keeps a new revision from being served; the last good one goes on without it. */
static const lync_err_t *test_ports(lync_snapshot_t *snapshot, int strict, cmd_parms *cmd)
{
    int i;

    for (i = 0; i < snapshot->model->rows[LYNC_LISTENER]->nelts; ++i) {
        const lync_listener_t *listener = LYNC_ROW(snapshot->model, LYNC_LISTENER, i);
        const lync_err_t *err = lync_port_test(listener, cmd);

        if (err && strict)
            return err;
        if (err)
            lync_quarantine_add(snapshot, LYNC_LISTENER, listener, err->sentence, "mend it and reload httpd",
                                cmd->pool);
    }
    return NULL;
}

/* The model becomes what is served. last: there is nothing else to be served instead. */
static const lync_err_t *prepare(lync_snapshot_t *snapshot, lync_start_t start, int last, cmd_parms *cmd)
{
    const char *complaint;

    LYNC_TRY(lync_quarantine(snapshot, start == LYNC_START_TEST, cmd->pool));
    if (start == LYNC_START_RELOAD)
        LYNC_TRY(test_ports(snapshot, !last, cmd));
    lync_plan(snapshot, cmd->pool);
    if (start == LYNC_START_COLD && !last)
        LYNC_TRY(nothing_left(snapshot, cmd->pool));
    complaint = lync_proxy_load(snapshot, cmd->pool);
    return complaint ? lync_err(cmd->pool, "%s", complaint) : NULL;
}

static const lync_err_t *serve_store(lync_snapshot_t *snapshot, lync_start_t start, cmd_parms *cmd)
{
    LYNC_TRY(lync_load(snapshot, cmd->pool));
    return snapshot->model ? prepare(snapshot, start, 0, cmd) : NULL;
}

static lync_snapshot_t *instead(const lync_snapshot_t *snapshot, const lync_model_t *model, const lync_err_t *err,
                                apr_pool_t *p)
{
    lync_snapshot_t *other = lync_snapshot_new(snapshot->path, p);

    other->wanted = snapshot->wanted;
    other->failure = err->sentence;
    other->states = snapshot->states ? snapshot->states : lync_operate_known(p);
    other->change = snapshot->change;
    other->model = model;
    other->revision = model ? model->revision : 0;
    return other;
}

/* Without Lync, but for the answer that its names give to come again later. */
static void serve_names(lync_snapshot_t **snapshot, const lync_err_t *err, lync_start_t start, cmd_parms *cmd)
{
    const lync_snapshot_t *failed = *snapshot;
    const lync_model_t *model = lync_names_read(cmd->pool);

    *snapshot = instead(failed, model, err, cmd->pool);
    (*snapshot)->withheld = "the store cannot be served";
    if (model && prepare(*snapshot, start, 1, cmd))
        *snapshot = instead(failed, NULL, err, cmd->pool);
}

/* Of one that was served before, it is a loss. */
static int is_not_there_yet(const char *path, apr_pool_t *p)
{
    apr_finfo_t info;

    return lync_config_optional() && APR_STATUS_IS_ENOENT(apr_stat(&info, path, APR_FINFO_TYPE | APR_FINFO_LINK, p))
           && !lync_names_left(p) && !lync_good(p);
}

const lync_err_t *lync_fault_serve(lync_snapshot_t **snapshot, const char *path, cmd_parms *cmd)
{
    lync_start_t start = start_of(cmd->temp_pool);
    const lync_err_t *err;
    lync_model_t *good;

    *snapshot = lync_snapshot_new(path, cmd->pool);
    (*snapshot)->missing = is_not_there_yet(path, cmd->temp_pool);
    if (start == LYNC_START_STOP || (*snapshot)->missing)
        return NULL;
    err = serve_store(*snapshot, start, cmd);
    if (!err || start == LYNC_START_TEST || (start == LYNC_START_COLD && lync_config_failure() == LYNC_FAILURE_REFUSE))
        return err;
    good = start == LYNC_START_RELOAD ? lync_good(cmd->pool) : NULL;
    if (!good) {
        serve_names(snapshot, err, start, cmd);
        return NULL;
    }
    *snapshot = instead(*snapshot, good, err, cmd->pool);
    return prepare(*snapshot, start, 1, cmd);
}
