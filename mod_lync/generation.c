#include "mod_lync.h"

#include <ap_mpm.h>
#include <apr_atomic.h>
#include <apr_strings.h>
#include <http_core.h>
#include <mpm_common.h>

/* Tells lyncadm which revision each generation of children serves. */

/* Another one whenever lync_served_t changes: the module may come back as a newer one. */
#define RETAINED "mod_lync served file 10"

/* Survives a reload, when this module is unloaded and everything static with it. */
typedef struct retained_t {
    lync_served_t *served;      /* mapped for the life of the process */
    char path[512];             /* of its file */
} retained_t;

static lync_served_t *current;

const lync_served_t *lync_generation_served(void)
{
    return current;
}

/* Made anew only when there is none any more that lyncadm would read, or another httpd's: who has mapped it goes on to
 * look at the same one. */
static const lync_err_t *prepare(retained_t *retained, const char *path, const lync_snapshot_t *snapshot,
                                 apr_pool_t *process, apr_pool_t *ptemp)
{
    const lync_served_t *seen;

    if (retained->served && !strcmp(retained->path, path) && !strcmp(retained->served->store, snapshot->path)
        && !lync_served_open(&seen, path, ptemp) && seen->pid == (apr_uint32_t)getpid())
        return NULL;
    if (retained->served)
        lync_served_leave_file(retained->served);
    retained->served = NULL;
    apr_cpystrn(retained->path, path, sizeof(retained->path));
    return lync_served_create(&retained->served, path, snapshot->path, process);
}

const char *lync_generation_reason(const lync_snapshot_t *snapshot, apr_pool_t *p)
{
    const char *text = NULL;
    int i;

    if (snapshot->failure)
        text = apr_pstrcat(p, snapshot->withheld ? "Lync is not served: " : "last known good: ",
                           snapshot->failure, NULL);
    for (i = 0; i < snapshot->quarantine->nelts; ++i)
        text = apr_pstrcat(p, text ? text : "", text ? "; quarantine: " : "quarantine: ",
                           LYNC_ITEM(snapshot->quarantine, const lync_finding_t *, i)->message, NULL);
    return text;
}

static void note_lack(lync_served_t *served, const lync_snapshot_t *snapshot, apr_pool_t *p)
{
    const char *names = NULL;
    int i, closed = 0;

    for (i = 0; snapshot->model && i < snapshot->model->rows[LYNC_LISTENER]->nelts; ++i) {
        const lync_listener_t *listener = LYNC_ROW(snapshot->model, LYNC_LISTENER, i);

        if (lync_is_open(snapshot, listener))
            continue;
        names = apr_psprintf(p, "%s%s%s (port %d)", names ? names : "", names ? ", " : "", listener->name,
                             listener->port);
        ++closed;
    }
    lync_served_lack(served, snapshot->quarantine->nelts, closed, names);
}

/* Once a reload, in the language of who has to mend it. */
static void complain(const lync_snapshot_t *snapshot, server_rec *s)
{
    int i;

    if (snapshot->failure && !snapshot->withheld)
        ap_log_error(APLOG_MARK, APLOG_ERR, 0, s, LYNCNO(0033) "%s: revision %d, the last known good, goes on being "
                     "served", snapshot->failure, snapshot->revision);
    else if (snapshot->failure)
        ap_log_error(APLOG_MARK, APLOG_ERR, 0, s, LYNCNO(0034) "%s: other sites are served, and Lync's names with 503 "
                     "where they are known and can be reached", snapshot->failure);
    for (i = 0; i < snapshot->quarantine->nelts; ++i)
        ap_log_error(APLOG_MARK, APLOG_ERR, 0, s, LYNCNO(0035) "%s: what depends on it is answered with 503, or not at "
                     "all", LYNC_ITEM(snapshot->quarantine, const lync_finding_t *, i)->message);
}

static void announce(const lync_snapshot_t *snapshot, server_rec *s)
{
    complain(snapshot, s);
    if (snapshot->failure)
        return;
    if (snapshot->revision)
        ap_log_error(APLOG_MARK, APLOG_INFO, 0, s, LYNCNO(0030) "serving revision %d of store '%s'",
                     snapshot->revision, snapshot->path);
    else if (snapshot->missing)
        ap_log_error(APLOG_MARK, APLOG_WARNING, 0, s, LYNCNO(0095) "there is no store '%s' yet: 'lyncadm init' makes one",
                     snapshot->path);
    else
        ap_log_error(APLOG_MARK, APLOG_NOTICE, 0, s, LYNCNO(0031) "store '%s' has no revision to serve yet: run "
                     "lyncadm apply", snapshot->path);
}

static int post_config(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp, server_rec *s)
{
    const lync_snapshot_t *snapshot = lync_config_snapshot();
    retained_t *retained = ap_retained_data_get(RETAINED);
    lync_served_limits_t limits;
    const lync_err_t *err;
    int generation = 0;

    (void)plog;
    if (!snapshot || ap_state_query(AP_SQ_MAIN_STATE) == AP_SQ_MS_CREATE_PRE_CONFIG)
        return OK;
    if (!retained)
        retained = ap_retained_data_create(RETAINED, sizeof(*retained));
    err = prepare(retained, ap_runtime_dir_relative(pconf, LYNC_SERVED_FILE), snapshot, s->process->pool, ptemp);
    if (err)
        ap_log_error(APLOG_MARK, APLOG_WARNING, 0, s, LYNCNO(0032) "%s: lyncadm will not see what is served",
                     err->sentence);
    current = retained->served;
    ap_mpm_query(AP_MPMQ_GENERATION, &generation);
    lync_room_limits(&limits);
    if (current) {
        lync_served_limit(current, generation, &limits);
        note_lack(current, snapshot, ptemp);
        lync_served_note(current, generation, snapshot->revision, snapshot->model ? snapshot->model->seal : NULL,
                         snapshot->wanted, lync_generation_reason(snapshot, ptemp));
    }
    announce(snapshot, s);
    return OK;
}

static volatile void *self;             /* lync_served_child_t of a child, from child_init on */

/* NULL: none, or none any more; its place may be another child's by now. */
static lync_served_child_t *own_place(void)
{
    return apr_atomic_casptr(&self, NULL, NULL);
}

void lync_generation_changed(int change)
{
    lync_served_child_t *place = own_place();

    if (place)
        apr_atomic_set32(&place->change, (apr_uint32_t)change);
}

void lync_generation_took(const lync_model_t *model)
{
    int generation = 0;

    ap_mpm_query(AP_MPMQ_GENERATION, &generation);
    if (current)
        lync_served_took(current, generation, model->revision, model->seal);
}

void lync_generation_wanted(int revision)
{
    int generation = 0;

    ap_mpm_query(AP_MPMQ_GENERATION, &generation);
    if (current && revision)
        lync_served_want(current, generation, revision);
}

int lync_generation_takes(const lync_model_t *model)
{
    int generation = 0;

    ap_mpm_query(AP_MPMQ_GENERATION, &generation);
    return current && lync_served_takes(current, generation, model->revision, model->seal);
}

void lync_generation_serves(const lync_model_t *model, int tables)
{
    lync_served_child_t *place = own_place();

    if (place)
        lync_served_tell(place, model ? model->revision : 0, model ? model->seal : NULL, tables);
}

void lync_generation_busy(unsigned int under_way, unsigned int waiting, unsigned int bound)
{
    lync_served_child_t *place = own_place();

    if (place)
        lync_served_busy(place, under_way, waiting, bound);
}

int lync_generation_speaks(void)
{
    const lync_served_child_t *place = own_place();
    int generation = 0;

    ap_mpm_query(AP_MPMQ_GENERATION, &generation);
    return !current || (apr_atomic_read32(&current->generation) == (apr_uint32_t)generation
                        && (!place || !place->stopping));
}

void lync_generation_stopping(void)
{
    lync_served_child_t *place = own_place();

    if (place)
        apr_atomic_cas32(&place->stopping, 1, 0);
}

void lync_generation_cut(void)
{
    int generation = 0;

    ap_mpm_query(AP_MPMQ_GENERATION, &generation);
    if (current)
        lync_served_cut(current, generation);
}

void lync_generation_letting_go(void)
{
    lync_served_child_t *place = own_place();

    if (place)
        apr_atomic_set32(&place->stopping, 2);
}

static apr_status_t leave(void *child)
{
    apr_atomic_xchgptr(&self, NULL);
    lync_served_leave(child);
    return APR_SUCCESS;
}

/* Whoever waits for a change to be taken over waits for this child from here on. */
static void enter(apr_pool_t *p)
{
    lync_served_child_t *place;
    int generation = 0;

    ap_mpm_query(AP_MPMQ_GENERATION, &generation);
    place = current ? lync_served_enter(current, generation) : NULL;
    if (!place)
        return;
    apr_atomic_xchgptr(&self, place);
    apr_pool_cleanup_register(p, place, leave, apr_pool_cleanup_null);
}

/* Before it looks at the store: what changes after that it is known not to have yet. */
static void child_init(apr_pool_t *p, server_rec *s)
{
    (void)s;
    enter(p);
    lync_live_start();
    if (lync_config_snapshot())
        lync_generation_changed(lync_config_snapshot()->change);
}

/* From here on it accepts no more connections, while requests under way are answered. */
static void child_stopping(apr_pool_t *p, int graceful)
{
    (void)p;
    (void)graceful;
    lync_generation_stopping();
}

/* One that lost its slot to another still answers. One that ended by itself, as without threads to begin with, ended
 * ungracefully, but alone. */
static void child_status(server_rec *s, pid_t pid, ap_generation_t generation, int slot, mpm_child_status status)
{
    int state = AP_MPMQ_STOPPING;

    (void)s;
    (void)generation;
    (void)slot;
    if (!current || status != MPM_CHILD_EXITED)
        return;
    lync_served_lost(current, (int)pid);
    ap_mpm_query(AP_MPMQ_MPM_STATE, &state);
    if (state == AP_MPMQ_RUNNING)
        lync_served_uncut(current);
}

void lync_generation_register(apr_pool_t *p)
{
    /* whose threads go on from there */
    static const char *const before[] = { "mod_watchdog.c", NULL };

    (void)p;
    ap_hook_post_config(post_config, NULL, NULL, APR_HOOK_REALLY_LAST);
    ap_hook_child_init(child_init, NULL, before, APR_HOOK_MIDDLE);
    ap_hook_child_stopping(child_stopping, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_child_status(child_status, NULL, NULL, APR_HOOK_MIDDLE);
}
