#include "mod_lync.h"

#include <apr_atomic.h>
#include <apr_strings.h>
#include <http_config.h>
#include <http_core.h>
#include <http_protocol.h>
#include <http_request.h>
#include <unistd.h>
#include <util_filter.h>

/*
 * What is answered is counted when httpd logs it, in shared memory without a lock (db/counts.h). For whoever sets up a
 * log, the request's notes say what became of it: no word of them comes from the client, so none can be a secret of his.
 */

/* Another one whenever what is retained changes. */
#define RETAINED "mod_lync counts 1"

typedef struct retained_t {
    lync_counts_t *counts;      /* mapped for the life of the process */
} retained_t;

/* Names of the notes. */
#define SERVICE "lync-service"
#define ROUTE "lync-route"
#define POOL "lync-pool"
#define SERVER "lync-server"
#define REVISION "lync-revision"
#define BOUND "lync-bound"
#define REFUSAL "lync-refusal"

static lync_counts_t *counts;           /* NULL: could not be made */
static unsigned int shard;              /* of this child */
static apr_uint32_t waiting;            /* requests of this child */
static apr_uint32_t over;               /* those that were answered and are not logged yet */
static ap_filter_rec_t *end_filter;

lync_counts_t *lync_count_counts(void)
{
    return counts;
}

static int service_place(const char *name)
{
    return counts ? lync_counts_service(counts, name) : -1;
}

/* By the directory of each. */
static apr_hash_t *services(const lync_model_t *model, apr_pool_t *p)
{
    apr_hash_t *found = apr_hash_make(p);
    int i;

    for (i = 0; i < model->rows[LYNC_SERVICE]->nelts; ++i) {
        const lync_service_t *row = LYNC_ROW(model, LYNC_SERVICE, i);
        lync_counted_t *service = apr_palloc(p, sizeof(*service));
        char *path = apr_pstrdup(p, row->path);

        ap_str_tolower(path);
        service->name = row->name;
        service->place = service_place(row->name);
        apr_hash_set(found, path, APR_HASH_KEY_STRING, service);
    }
    return found;
}

/* A route for all of a host serves many services: the directory that is asked for tells which. */
static const lync_counted_t *service_of(const lync_table_t *table, const char *target)
{
    char directory[LYNC_COUNTS_NAME];
    apr_size_t length = 1 + strcspn(target + 1, "/?");

    if (length >= sizeof(directory))
        return NULL;
    apr_cpystrn(directory, target, length + 1);
    ap_str_tolower(directory);
    return apr_hash_get(table->services, directory, (apr_ssize_t)length);
}

void lync_count_request(lync_request_t *request, const lync_table_t *table)
{
    const lync_target_t *target = request->target;
    const lync_counted_t *service = target->route->service ? NULL : service_of(table, request->raw);

    request->service = service ? service->name : target->route->service;
    request->service_count = service ? service->place : target->service_count;
}

void lync_count_table(lync_table_t *table, apr_pool_t *p)
{
    apr_hash_index_t *index;
    void *value;

    if (!table || !table->model)
        return;
    table->services = services(table->model, p);
    if (table->model->revision && !lync_config_snapshot()->withheld)
        table->revision = apr_itoa(p, table->model->revision);
    for (index = counts && table->targets ? apr_hash_first(NULL, table->targets) : NULL; index;
         index = apr_hash_next(index)) {
        lync_target_t *target;

        apr_hash_this(index, NULL, NULL, &value);
        target = value;
        target->route_count = lync_counts_route(counts, target->route->listener, target->route->host,
                                                target->route->path);
        target->service_count = service_place(target->route->service ? target->route->service : "");
    }
}

static void count_members(const lync_snapshot_t *snapshot)
{
    int i, j;

    for (i = 0; i < snapshot->backends->nelts; ++i) {
        const lync_backend_t *backend = LYNC_ITEM(snapshot->backends, lync_backend_t *, i);

        for (j = 0; j < backend->members->nelts; ++j) {
            lync_member_t *member = LYNC_ITEM(backend->members, lync_member_t *, j);

            member->count = lync_counts_server(counts, member->pool->name, member->server->host, member->port);
        }
    }
}

/* Made anew when somebody has removed the file, which would be seen by nobody. */
static const lync_err_t *prepare(retained_t *retained, const char *path, apr_pool_t *process, apr_pool_t *ptemp)
{
    const lync_counts_t *seen;

    if (retained->counts && !lync_counts_open(&seen, path, ptemp) && lync_counts_pid(seen) == (int)getpid())
        return NULL;
    retained->counts = NULL;
    return lync_counts_create(&retained->counts, path, process);
}

/* Children that end go on to count. */
static int post_config(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp, server_rec *s)
{
    const lync_snapshot_t *snapshot = lync_config_snapshot();
    retained_t *retained = ap_retained_data_get(RETAINED);
    const lync_err_t *err;

    (void)plog;
    if (!snapshot || ap_state_query(AP_SQ_MAIN_STATE) == AP_SQ_MS_CREATE_PRE_CONFIG)
        return OK;
    if (!retained)
        retained = ap_retained_data_create(RETAINED, sizeof(*retained));
    err = prepare(retained, ap_runtime_dir_relative(pconf, LYNC_COUNTS_FILE), s->process->pool, ptemp);
    if (err)
        ap_log_error(APLOG_MARK, APLOG_WARNING, 0, s, LYNCNO(0086) "%s: nothing is counted", err->sentence);
    counts = retained->counts;
    lync_count_table(snapshot->table, pconf);
    if (counts)
        count_members(snapshot);
    return OK;
}

static void child_init(apr_pool_t *p, server_rec *s)
{
    (void)p;
    (void)s;
    shard = (unsigned int)getpid();
}

void lync_count_waiting(int by)
{
    apr_atomic_add32(&waiting, (apr_uint32_t)by);
}

static apr_status_t logged(void *unused)
{
    (void)unused;
    apr_atomic_dec32(&over);
    return APR_SUCCESS;
}

/* By the bucket that ends a request: all of its answer is with mod_http2. */
static apr_status_t end(ap_filter_t *filter, apr_bucket_brigade *bb)
{
    request_rec *r = filter->ctx;
    ap_filter_t *next = filter->next;
    lync_request_t *request = lync_request(r);

    if (APR_BRIGADE_EMPTY(bb) || !AP_BUCKET_IS_EOR(APR_BRIGADE_LAST(bb)))
        return ap_pass_brigade(next, bb);
    if (request)
        request->ended = apr_time_now();
    apr_atomic_inc32(&over);
    apr_pool_cleanup_register(r->pool, NULL, logged, apr_pool_cleanup_null);
    ap_remove_output_filter(filter);
    return ap_pass_brigade(next, bb);
}

/* A stream of HTTP/2 may be logged as late as its connection is used again, or ends. */
void lync_count_watch(request_rec *r)
{
    if (r->connection->master)
        ap_add_output_filter_handle(end_filter, r, NULL, r->connection);
}

/* Both change meanwhile. */
static unsigned int under_way(void)
{
    unsigned int users = lync_table_users(), ended = apr_atomic_read32(&over);

    return ended < users ? users - ended : 0;
}

/* A thread that looks five times a second has the file and the gauges kept up to date. */
void lync_count_look(void)
{
    if (counts)
        lync_counts_turn(counts, apr_time_now());
    lync_generation_busy(under_way(), apr_atomic_read32(&waiting), lync_pin_count());
}

void lync_count_refused(request_rec *r, lync_refusal_t refusal)
{
    apr_table_setn(r->notes, REFUSAL, lync_refusal_word(refusal));
    if (counts)
        lync_counts_add_refusal(counts, shard, refusal);
}

void lync_count_server(const lync_member_t *member, int is_error)
{
    if (counts)
        lync_counts_add_server(counts, shard, member->count, is_error);
}

static lync_answered_t answered(const request_rec *r)
{
    return r->status == LYNC_CLIENT_CLOSED ? LYNC_ANSWERED_NOT : r->status >= 500 ? LYNC_ANSWERED_5XX
           : r->status >= 400 ? LYNC_ANSWERED_4XX : r->status >= 300 ? LYNC_ANSWERED_3XX : LYNC_ANSWERED_2XX;
}

static void set(request_rec *r, const char *name, const char *value)
{
    if (value)
        apr_table_setn(r->notes, name, value);
}

void lync_count_note(request_rec *r, const lync_request_t *request)
{
    const lync_target_t *target = request->target;

    set(r, REVISION, request->revision);
    if (!target)
        return;
    set(r, SERVICE, request->service);
    set(r, ROUTE, target->name);
    set(r, POOL, target->route->pool);
    if (request->member)
        set(r, SERVER, request->member->server->host);
    if (request->bound)
        set(r, BOUND, apr_psprintf(r->pool, "%d-%u", (int)getpid(), request->bound));
}

void lync_count_note_served(request_rec *r)
{
    const lync_table_t *table = lync_table_take(r->pool);
    lync_request_t request = { .revision = table ? table->revision : NULL };

    lync_count_note(r, &request);
}

/* Of a request's internal redirects, which are for an error page that is not to be had here, a log's condition looks at
 * the first, which is the one that was answered, and what it writes is the last one's. */
static void spread(const request_rec *first, request_rec *last)
{
    static const char *const names[] = { SERVICE, ROUTE, POOL, SERVER, REVISION, BOUND, REFUSAL };
    apr_size_t i;

    for (i = 0; i < sizeof(names) / sizeof(names[0]); ++i)
        set(last, names[i], apr_table_get(first->notes, names[i]));
    last->status = first->status;
    last->sent_bodyct = first->sent_bodyct;
    last->bytes_sent = first->bytes_sent;
}

static apr_interval_time_t lasted(const request_rec *r, const lync_request_t *request)
{
    return (request->ended ? request->ended : apr_time_now()) - r->request_time;
}

/* Before modules that write logs. */
static int log_transaction(request_rec *r)
{
    const lync_request_t *request;
    request_rec *first = r;

    while (first->prev)
        first = first->prev;
    while (r->next)
        r = r->next;
    request = lync_request(first);
    if (request)
        lync_count_note(first, request);
    if (first != r && lync_config_site(first->server))
        spread(first, r);
    if (request && counts)
        lync_counts_add(counts, shard, request->service_count, request->target->route_count, answered(r),
                        lasted(r, request));
    return DECLINED;
}

void lync_count_register(apr_pool_t *p)
{
    (void)p;
    end_filter = ap_register_output_filter("LYNC_END", end, NULL, AP_FTYPE_CONNECTION);
    ap_hook_post_config(post_config, NULL, NULL, APR_HOOK_REALLY_LAST);
    ap_hook_child_init(child_init, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_log_transaction(log_transaction, NULL, NULL, APR_HOOK_REALLY_FIRST);
}
