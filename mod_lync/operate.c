#include "mod_lync.h"

#include <ap_mpm.h>
#include <apr_atomic.h>
#include <apr_optional.h>
#include <apr_strings.h>
#include <http_core.h>
#include <mod_watchdog.h>
#include <unistd.h>

#include "health.h"
#include "proxy.h"
#include "server_state.h"
#include "tell.h"

/*
 * What operators say of servers, taken over while httpd runs. In each child a thread of mod_watchdog:
 *
 * 1. looks at the store, off the request path. What it cannot read it leaves as it is.
 * 2. sets what was said in mod_proxy's state of the servers, which the children of a generation share;
 *    each time, because mod_proxy writes it without a lock.
 * 3. has live.c look at the routes, and says in the served file up to which change it has come, which lyncadm waits for;
 *    for a revision also until this child serves it.
 * 4. tells in a file how the servers are, and in the log when that changes. What they present is told by those who
 *    connect to them.
 *
 * The thread ends when its child accepts no more connections, and another generation has a state of its own:
 * nobody undoes what others did.
 */

#define INTERVAL apr_time_from_msec(200)
#define OPERATED (PROXY_WORKER_DRAIN | PROXY_WORKER_DISABLED)
#define TROUBLE 512

/* A member, and mod_proxy's workers for it. */
typedef struct place_t {
    const lync_member_t *member;
    apr_array_header_t *workers;        /* of proxy_worker *: one a backend that has it */
    apr_uint32_t said;                  /* lync_health_state_t */
    apr_int64_t *probed;                /* of the first of them; tell.c. NULL: there is none */
} place_t;

typedef struct operate_t {
    server_rec *s;
    const char *path;                   /* of the store */
    apr_array_header_t *places;         /* of place_t */
    lync_health_t *health;              /* by place, shared by the generation; NULL: there is none */
    lync_tell_t tell;
    lync_watch_t *watch;                /* of the thread */
    int change;                         /* of the store up to which it has come */
    char trouble[TROUBLE];              /* why the last look failed; "": it did not */
} operate_t;

static operate_t *operated;             /* that the children of this generation go by */

static void tell_trouble(operate_t *operate, const lync_err_t *err)
{
    if (err && strncmp(err->sentence, operate->trouble, TROUBLE - 1))
        ap_log_error(APLOG_MARK, APLOG_INFO, 0, operate->s, LYNCNO(0050) "%s: servers stay as they are", err->sentence);
    else if (!err && *operate->trouble)
        ap_log_error(APLOG_MARK, APLOG_INFO, 0, operate->s, LYNCNO(0051) "store '%s' can be read again", operate->path);
    apr_cpystrn(operate->trouble, err ? err->sentence : "", TROUBLE);
}

static unsigned int bits_of(const place_t *place)
{
    apr_uint32_t own = lync_health_state(place->member->server->state);
    apr_uint32_t state = place->said == LYNC_STATE_ACTIVE ? own : place->said;

    return state == LYNC_STATE_DRAIN ? PROXY_WORKER_DRAIN : state == LYNC_STATE_DISABLED ? PROXY_WORKER_DISABLED : 0;
}

/* Other bits may change at any moment: they are left alone. */
static void enforce(const place_t *place)
{
    unsigned int wanted = bits_of(place);
    int i;

    for (i = 0; i < place->workers->nelts; ++i) {
        unsigned int *status = &LYNC_ITEM(place->workers, proxy_worker *, i)->s->status;
        unsigned int now = __atomic_load_n(status, __ATOMIC_RELAXED);

        if (wanted & ~now)
            __atomic_fetch_or(status, wanted, __ATOMIC_RELAXED);
        if (now & OPERATED & ~wanted)
            __atomic_fetch_and(status, ~(OPERATED & ~wanted), __ATOMIC_RELAXED);
    }
}

/* Of the children the first to see it says so. */
static void publish_said(const operate_t *operate, int index)
{
    const place_t *place = &LYNC_ITEM(operate->places, place_t, index);
    lync_health_server_t *server = &operate->health->server[index];
    apr_uint32_t before = apr_atomic_read32(&server->said);

    if (before != place->said && lync_generation_speaks()
        && apr_atomic_cas32(&server->said, place->said, before) == before)
        lync_tell_state(operate->s, operate->health, index);
}

/* Steps 1 to 3. */
static void take_over(operate_t *operate, apr_pool_t *p)
{
    apr_array_header_t *states;
    const lync_err_t *err;
    int i;

    if (lync_live_due(p))
        lync_watch_again(operate->watch);
    err = lync_watch_look(operate->watch, &states, &operate->change, p);
    tell_trouble(operate, err);
    if (err) {
        lync_live_blind(p);
        return;
    }
    for (i = 0; i < operate->places->nelts; ++i) {
        place_t *place = &LYNC_ITEM(operate->places, place_t, i);
        const lync_server_t *server = place->member->server;

        if (states)
            place->said = lync_health_state(lync_server_state_of(states, server->host, server->pool));
        enforce(place);
        if (operate->health)
            publish_said(operate, i);
    }
    if (states)
        lync_live_look(lync_watch_store(operate->watch), p);
    lync_generation_changed(operate->change);
}

/* Clients of any of its backends may be turned away. */
static apr_uint32_t is_down(const place_t *place)
{
    int i;

    for (i = 0; i < place->workers->nelts; ++i)
        if (LYNC_ITEM(place->workers, proxy_worker *, i)->s->status & LYNC_UNWELL)
            return 1;
    return 0;
}

/* Step 4. */
static void publish_health(const operate_t *operate)
{
    int speaks = lync_generation_speaks(), i;

    for (i = 0; operate->health && i < operate->places->nelts; ++i) {
        const place_t *place = &LYNC_ITEM(operate->places, place_t, i);
        lync_health_server_t *server = &operate->health->server[i];
        apr_uint32_t down = is_down(place), before = apr_atomic_read32(&server->down);

        if (down != before && apr_atomic_cas32(&server->down, down, before) == before)
            apr_atomic_set32(&server->since, (apr_uint32_t)apr_time_sec(apr_time_now()));
        if (speaks && place->probed)
            lync_tell_server(&operate->tell, i, place->workers, place->probed);
    }
    if (operate->health && speaks)
        lync_tell_pools(&operate->tell);
}

static void look(operate_t *operate, apr_pool_t *p)
{
    if (!lync_ending_begin())
        return;
    take_over(operate, p);
    publish_health(operate);
    lync_count_look();
    lync_ending_done();
}

/* p is emptied after each call. When httpd ends, STOPPING may come from another thread while this one is at work. */
static apr_status_t watch(int state, void *data, apr_pool_t *p)
{
    operate_t *operate = data;

    switch (state) {
    case AP_WATCHDOG_STATE_STARTING:
        /* the thread's pool: nobody else ends it */
        operate->watch = lync_watch(operate->path, apr_pool_parent_get(p));
        look(operate, p);
        break;
    case AP_WATCHDOG_STATE_RUNNING:
        look(operate, p);
        break;
    case AP_WATCHDOG_STATE_STOPPING:
        /* MPM prefork runs no child_stopping at a graceful stop */
        lync_generation_stopping();
        break;
    }
    return APR_SUCCESS;
}

/* Each is written when it differs only: the page is shared by all children. */
void lync_operate_handshake(const lync_member_t *member, apr_uint32_t failed, apr_int64_t not_after)
{
    int i;

    for (i = 0; operated && operated->health && i < operated->places->nelts; ++i) {
        lync_health_server_t *server = &operated->health->server[i];

        if (LYNC_ITEM(operated->places, place_t, i).member != member)
            continue;
        if (apr_atomic_read32(&server->failed) != failed)
            apr_atomic_set32(&server->failed, failed);
        if (not_after && __atomic_load_n(&server->not_after, __ATOMIC_RELAXED) != not_after)
            __atomic_store_n(&server->not_after, not_after, __ATOMIC_RELAXED);
    }
}

static apr_uint32_t is_unused(const lync_model_t *model, const char *pool)
{
    int i;

    for (i = 0; i < model->rows[LYNC_ROUTE]->nelts; ++i) {
        const lync_route_t *route = LYNC_ROW(model, LYNC_ROUTE, i);

        if (route->pool && !strcmp(route->pool, pool))
            return 0;
    }
    return 1;
}

void lync_operate_published(const lync_model_t *model)
{
    int i;

    for (i = 0; operated && operated->health && i < operated->places->nelts; ++i)
        apr_atomic_set32(&operated->health->server[i].unused,
                         is_unused(model, LYNC_ITEM(operated->places, place_t, i).member->pool->name));
}

static place_t *place_of(operate_t *operate, const lync_member_t *member, apr_pool_t *p)
{
    place_t *place;
    int i;

    for (i = 0; i < operate->places->nelts; ++i)
        if (LYNC_ITEM(operate->places, place_t, i).member == member)
            return &LYNC_ITEM(operate->places, place_t, i);
    place = apr_array_push(operate->places);
    place->member = member;
    place->workers = apr_array_make(p, 3, sizeof(proxy_worker *));
    place->said = lync_health_state(member->said);
    return place;
}

static void find_places(operate_t *operate, const lync_snapshot_t *snapshot, apr_pool_t *p)
{
    int i, j;

    operate->places = apr_array_make(p, 8, sizeof(place_t));
    for (i = 0; i < snapshot->backends->nelts; ++i) {
        const lync_backend_t *backend = LYNC_ITEM(snapshot->backends, lync_backend_t *, i);

        for (j = 0; j < backend->members->nelts; ++j)
            APR_ARRAY_PUSH(place_of(operate, LYNC_ITEM(backend->members, lync_member_t *, j), p)->workers,
                           proxy_worker *) = LYNC_ITEM(backend->balancer->workers, proxy_worker *, j);
    }
}

static void find_probed(operate_t *operate, apr_pool_t *p)
{
    apr_int64_t *probed;
    int workers = 0, i;

    for (i = 0; i < operate->places->nelts; ++i)
        workers += LYNC_ITEM(operate->places, place_t, i).workers->nelts;
    probed = workers ? lync_tell_probed(workers, p) : NULL;
    if (workers && !probed)
        ap_log_error(APLOG_MARK, APLOG_WARNING, 0, operate->s, LYNCNO(0094) "cannot create shared memory: no line will "
                     "tell that a server is down");
    for (i = 0; probed && i < operate->places->nelts; ++i) {
        place_t *place = &LYNC_ITEM(operate->places, place_t, i);

        place->probed = probed;
        probed += place->workers->nelts;
    }
}

/* What the children of the generation before this one have told of the servers; NULL: there was none. */
static lync_health_t *health_before(apr_pool_t *p)
{
    lync_health_t *health;

    return !lync_health_read(&health, ap_runtime_dir_relative(p, LYNC_HEALTH_FILE), p)
           && health->pid == (apr_uint32_t)getpid() ? health : NULL;
}

/* As it is to begin with. */
static lync_health_t *first_health(const operate_t *operate, apr_pool_t *p)
{
    const lync_health_t *before = health_before(p);
    lync_health_t *health;
    int generation = 0, i;

    ap_mpm_query(AP_MPMQ_GENERATION, &generation);
    health = lync_health_new(generation, operate->places->nelts, p);
    for (i = 0; i < operate->places->nelts; ++i) {
        const lync_member_t *member = LYNC_ITEM(operate->places, place_t, i).member;

        lync_health_put(health, i, member->pool->name, member->server->host, member->port, member->server->state,
                        member->said);
        if (before)
            lync_tell_carry(operate->s, health, i, before);
    }
    return health;
}

static void create_health(operate_t *operate, apr_pool_t *pconf, apr_pool_t *ptemp)
{
    const lync_err_t *err = lync_health_create(&operate->health, ap_runtime_dir_relative(ptemp, LYNC_HEALTH_FILE),
                                               first_health(operate, ptemp), pconf);

    if (err)
        ap_log_error(APLOG_MARK, APLOG_WARNING, 0, operate->s, LYNCNO(0053) "%s: lyncadm will not see how the servers "
                     "are, and no line will tell of them", err->sentence);
    else
        lync_tell_begin(&operate->tell, operate->s, operate->health, pconf);
}

static void start_watch(operate_t *operate, apr_pool_t *pconf)
{
    APR_OPTIONAL_FN_TYPE(ap_watchdog_get_instance) *get = APR_RETRIEVE_OPTIONAL_FN(ap_watchdog_get_instance);
    APR_OPTIONAL_FN_TYPE(ap_watchdog_register_callback) *add = APR_RETRIEVE_OPTIONAL_FN(ap_watchdog_register_callback);
    ap_watchdog_t *watchdog;

    if (get && add && get(&watchdog, "lync", 0, 0, pconf) == APR_SUCCESS
        && add(watchdog, INTERVAL, operate, watch) == APR_SUCCESS)
        lync_live_allow();
    else
        ap_log_error(APLOG_MARK, APLOG_INFO, 0, operate->s, LYNCNO(0054) "mod_watchdog cannot be used: what operators "
                     "say of servers, and a change of routes, are taken over at a reload only");
}

static int post_config(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp, server_rec *s)
{
    const lync_snapshot_t *snapshot = lync_config_snapshot();
    operate_t *operate;

    (void)plog;
    if (!snapshot || ap_state_query(AP_SQ_MAIN_STATE) == AP_SQ_MS_CREATE_PRE_CONFIG)
        return OK;
    operate = apr_pcalloc(pconf, sizeof(*operate));
    operate->s = s;
    operate->path = snapshot->path;
    operate->change = snapshot->change;
    find_places(operate, snapshot, pconf);
    find_probed(operate, pconf);
    create_health(operate, pconf, ptemp);
    start_watch(operate, pconf);
    operated = operate;
    return OK;
}

apr_array_header_t *lync_operate_known(apr_pool_t *p)
{
    apr_array_header_t *states;
    lync_health_t *health = health_before(p);
    apr_uint32_t i;

    if (!health)
        return NULL;
    states = apr_array_make(p, 4, sizeof(lync_server_state_t));
    for (i = 0; i < health->count; ++i) {
        const lync_health_server_t *server = &health->server[i];
        lync_server_state_t *state;

        if (server->said != LYNC_STATE_DRAIN && server->said != LYNC_STATE_DISABLED)
            continue;
        state = apr_array_push(states);
        state->host = server->host;
        state->pool = server->pool;
        state->state = lync_health_word(server->said);
    }
    return states;
}

void lync_operate_register(apr_pool_t *p)
{
    /* who has no callbacks when mod_watchdog looks gets no thread */
    static const char *const before[] = { "mod_watchdog.c", NULL };

    (void)p;
    ap_hook_post_config(post_config, NULL, before, APR_HOOK_MIDDLE);
}
