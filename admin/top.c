#include <apr_strings.h>
#include <apr_time.h>
#include <stdlib.h>
#include <string.h>

#include "control.h"
#include "counts.h"
#include "iso.h"
#include "watch.h"

/* What httpd's children count, and what came to it since the last look. */

typedef struct server_t {
    const lync_health_server_t *health;
    int place;                  /* where it is counted, or -1 */
    lync_counts_few_t sent;
} server_t;

typedef struct look_t {
    apr_pool_t *pool;
    apr_time_t time;
    apr_time_t since;           /* that is counted; 0: there was no look yet */
    int pid;                    /* of who made the file */
    apr_array_header_t *services;       /* of lync_counts_named_t */
    apr_array_header_t *servers;        /* of server_t */
    lync_counts_few_t sent[LYNC_COUNTS_SERVERS];        /* by place: of some nobody tells while a reload begins */
    apr_uint64_t refused;
    lync_serving_t serving;
} look_t;

typedef struct top_t {
    apr_pool_t *pool;
    const char *served;         /* NULL: not known yet */
    look_t look[2];             /* by turns */
    int last;
} top_t;

/* What came in between. */
typedef struct between_t {
    const char *from;           /* start, look or restart: since when it is */
    double seconds;
    apr_array_header_t *services, *servers;
    apr_uint64_t requests, errors, refused;
} between_t;

#define SERVICE(services, i) APR_ARRAY_IDX(services, i, lync_counts_named_t)
#define SERVER(servers, i) APR_ARRAY_IDX(servers, i, server_t)

static void read_servers(look_t *look, const char *served, const lync_counts_t *counts)
{
    const lync_health_t *health = lyncadm_httpd_health(served, &look->serving, look->pool);
    apr_uint32_t i;

    look->servers = apr_array_make(look->pool, 16, sizeof(server_t));
    for (i = 0; health && i < health->count; ++i) {
        server_t *server = apr_array_push(look->servers);
        const lync_health_server_t *is = server->health = &health->server[i];

        server->place = lync_counts_find_server(counts, is->pool, is->host, (int)is->port);
        lync_counts_sum_server(counts, server->place, &server->sent);
    }
    for (i = 0; i < LYNC_COUNTS_SERVERS; ++i)
        lync_counts_sum_server(counts, (int)i, &look->sent[i]);
}

/* The file is opened each time: a start of httpd makes another one. */
static const lync_err_t *take_look(look_t *look, const char *served)
{
    const lync_counts_t *counts;
    int i;

    look->since = 0;
    LYNC_TRY(lyncadm_httpd_serving(served, &look->serving, look->pool));
    if (!look->serving.alive)
        return lync_err(look->pool, "httpd is not running, '%s' says: 'lyncadm status' tells more", served);
    LYNC_TRY(lync_counts_open(&counts, lyncadm_runtime_file(served, LYNC_COUNTS_FILE, look->pool), look->pool));
    look->time = apr_time_now();
    look->pid = lync_counts_pid(counts);
    look->services = lync_counts_services(counts, look->pool);
    look->refused = 0;
    for (i = 0; i < LYNC_REFUSALS; ++i)
        look->refused += lync_counts_sum_refusal(counts, (lync_refusal_t)i);
    read_servers(look, served, counts);
    look->since = lync_counts_since(counts);
    return NULL;
}

static const lync_counts_service_t *service_before(const look_t *before, const char *name)
{
    static const lync_counts_service_t none;
    int i;

    for (i = 0; before && i < before->services->nelts; ++i)
        if (!strcmp(SERVICE(before->services, i).name, name))
            return &SERVICE(before->services, i).all;
    return &none;
}

/* before: NULL for all since the start. 0: what was counted then is more, and of another httpd. */
static int subtract(between_t *between, const look_t *now, const look_t *before, apr_pool_t *p)
{
    static const lync_counts_few_t none;
    int i, is_more = !before || now->refused >= before->refused;

    between->services = apr_array_copy(p, now->services);
    between->servers = apr_array_copy(p, now->servers);
    between->requests = between->errors = 0;
    between->refused = now->refused - (before ? before->refused : 0);
    for (i = 0; i < between->services->nelts; ++i) {
        lync_counts_named_t *service = &SERVICE(between->services, i);

        is_more = lync_counts_less(&service->all, service_before(before, service->name)) && is_more;
        between->requests += lync_counts_requests(&service->all);
        between->errors += service->all.answered[LYNC_ANSWERED_5XX];
    }
    for (i = 0; i < between->servers->nelts; ++i) {
        lync_counts_few_t *sent = &SERVER(between->servers, i).sent;
        int place = SERVER(between->servers, i).place;
        const lync_counts_few_t *then = before && place >= 0 ? &before->sent[place] : &none;

        is_more = is_more && sent->requests >= then->requests && sent->errors >= then->errors;
        sent->requests -= then->requests;
        sent->errors -= then->errors;
    }
    return is_more;
}

static int by_requests(apr_uint64_t left, apr_uint64_t right, int otherwise)
{
    return left != right ? (left < right ? 1 : -1) : otherwise;
}

static int compare_services(const void *left, const void *right)
{
    const lync_counts_named_t *a = left, *b = right;

    return by_requests(lync_counts_requests(&a->all), lync_counts_requests(&b->all), strcmp(a->name, b->name));
}

/* Otherwise as they are, which both point to. */
static int compare_servers(const void *left, const void *right)
{
    const server_t *a = left, *b = right;

    return by_requests(a->sent.requests, b->sent.requests, (a->health > b->health) - (a->health < b->health));
}

static void come_between(between_t *between, const look_t *now, const look_t *before, apr_pool_t *p)
{
    apr_time_t from = before->since ? before->time : now->since;
    int is_same = before->since == now->since && before->pid == now->pid;

    between->from = before->since ? "look" : "start";
    if (!before->since || !is_same || !subtract(between, now, before, p)) {
        between->from = before->since ? "restart" : "start";
        from = now->since;
        subtract(between, now, NULL, p);
    }
    between->seconds = now->time > from ? (double)(now->time - from) / APR_USEC_PER_SEC : 0;
    qsort(between->services->elts, (size_t)between->services->nelts, sizeof(lync_counts_named_t), compare_services);
    qsort(between->servers->elts, (size_t)between->servers->nelts, sizeof(server_t), compare_servers);
}

/* A second; NULL: there was no time. */
static const char *rate(const between_t *between, apr_uint64_t requests, apr_pool_t *p)
{
    return between->seconds > 0 ? apr_psprintf(p, "%.1f", (double)requests / between->seconds) : NULL;
}

static const char *number(apr_uint64_t number, apr_pool_t *p)
{
    return apr_psprintf(p, "%" APR_UINT64_T_FMT, number);
}

/* For people a column that is there from time to time would be restless. */
static const char *within(lyncadm_t *adm, const lync_counts_service_t *sum, double part)
{
    apr_int64_t microseconds = lync_counts_within(sum, part);

    if (microseconds < 0)
        return adm->format == LYNCADM_TABLE ? "-" : NULL;
    return apr_psprintf(adm->pool, "%" APR_INT64_T_FMT, microseconds / 1000);
}

typedef struct column_t {
    const char *name;
    lyncadm_cell_t cell;
} column_t;

static lyncadm_rows_t *table(const char *noun, const column_t *column, apr_pool_t *p)
{
    lyncadm_rows_t *rows = lyncadm_rows(p);

    lyncadm_rows_call(rows, noun);
    for (; column->name; ++column)
        lyncadm_rows_column(rows, column->name, column->cell);
    return rows;
}

static lyncadm_rows_t *summary(const between_t *between, const look_t *now, apr_pool_t *p)
{
    static const column_t columns[] = {
        { "rate", LYNCADM_CELL_DECIMAL }, { "requests", LYNCADM_CELL_INTEGER }, { "errors", LYNCADM_CELL_INTEGER },
        { "refused", LYNCADM_CELL_INTEGER }, { "under_way", LYNCADM_CELL_INTEGER }, { "waiting", LYNCADM_CELL_INTEGER },
        { "bound", LYNCADM_CELL_INTEGER }, { "generation", LYNCADM_CELL_INTEGER },
        { "revision", LYNCADM_CELL_INTEGER }, { "pid", LYNCADM_CELL_INTEGER }, { "seconds", LYNCADM_CELL_DECIMAL },
        { "from", LYNCADM_CELL_TEXT }, { "counted_since", LYNCADM_CELL_TEXT }, { NULL, LYNCADM_CELL_TEXT },
    };
    lyncadm_rows_t *rows = table("top", columns, p);
    apr_uint64_t under_way = 0, waiting = 0, bound = 0;
    int i;

    for (i = 0; i < now->serving.generations->nelts; ++i) {
        const lync_generation_t *generation = &APR_ARRAY_IDX(now->serving.generations, i, lync_generation_t);

        under_way += generation->under_way;
        waiting += generation->waiting;
        bound += generation->bound;
    }
    lyncadm_rows_add(rows, (const char *const[]) {
        rate(between, between->requests, p), number(between->requests, p), number(between->errors, p),
        number(between->refused, p), number(under_way, p), number(waiting, p), number(bound, p),
        apr_itoa(p, now->serving.generation), apr_itoa(p, now->serving.revision), apr_itoa(p, now->serving.pid),
        apr_psprintf(p, "%.1f", between->seconds), between->from, lync_iso(now->since, p) });
    return rows;
}

static lyncadm_rows_t *services(lyncadm_t *adm, const between_t *between)
{
    static const column_t columns[] = {
        { "name", LYNCADM_CELL_TEXT }, { "rate", LYNCADM_CELL_DECIMAL }, { "requests", LYNCADM_CELL_INTEGER },
        { "errors", LYNCADM_CELL_INTEGER }, { "p50_ms", LYNCADM_CELL_INTEGER }, { "p95_ms", LYNCADM_CELL_INTEGER },
        { "p99_ms", LYNCADM_CELL_INTEGER }, { NULL, LYNCADM_CELL_TEXT },
    };
    apr_pool_t *p = adm->pool;
    lyncadm_rows_t *rows = table("service", columns, p);
    int i;

    for (i = 0; i < between->services->nelts; ++i) {
        const lync_counts_named_t *service = &SERVICE(between->services, i);
        const lync_counts_service_t *sum = &service->all;
        apr_uint64_t requests = lync_counts_requests(sum);

        lyncadm_rows_add(rows, (const char *const[]) {
            *service->name ? service->name : adm->format == LYNCADM_TABLE ? "others" : NULL,
            rate(between, requests, p), number(requests, p), number(sum->answered[LYNC_ANSWERED_5XX], p),
            within(adm, sum, 0.5), within(adm, sum, 0.95), within(adm, sum, 0.99) });
    }
    return rows;
}

static lyncadm_rows_t *servers(const between_t *between, apr_pool_t *p)
{
    static const column_t columns[] = {
        { "host", LYNCADM_CELL_TEXT }, { "port", LYNCADM_CELL_INTEGER }, { "rate", LYNCADM_CELL_DECIMAL },
        { "requests", LYNCADM_CELL_INTEGER }, { "errors", LYNCADM_CELL_INTEGER }, { "state", LYNCADM_CELL_TEXT },
        { "health", LYNCADM_CELL_TEXT }, { "pool", LYNCADM_CELL_TEXT }, { NULL, LYNCADM_CELL_TEXT },
    };
    lyncadm_rows_t *rows = table("server", columns, p);
    int i;

    for (i = 0; i < between->servers->nelts; ++i) {
        const server_t *server = &SERVER(between->servers, i);
        const lync_health_server_t *health = server->health;

        lyncadm_rows_add(rows, (const char *const[]) {
            health->host, apr_psprintf(p, "%u", health->port), rate(between, server->sent.requests, p),
            number(server->sent.requests, p), number(server->sent.errors, p),
            lync_health_word(lync_health_effective(health)), health->down ? "down" : "up", health->pool });
        lyncadm_rows_mark(rows, "health", health->down ? LYNCADM_BAD : LYNCADM_GOOD);
    }
    return rows;
}

static const char *heading(const between_t *between, apr_pool_t *p)
{
    if (!strcmp(between->from, "look"))
        return apr_psprintf(p, "in the last %.1f s", between->seconds);
    return apr_psprintf(p, "%s %.1f s ago%s", !strcmp(between->from, "restart") ? "httpd was started anew"
                        : "since httpd was started", between->seconds,
                        !strcmp(between->from, "restart") ? ": since then" : "");
}

static void add(apr_array_header_t *tables, apr_array_header_t *headings, const lyncadm_rows_t *rows,
                const char *heading)
{
    if (lyncadm_rows_empty(rows))
        return;
    APR_ARRAY_PUSH(tables, const lyncadm_rows_t *) = rows;
    APR_ARRAY_PUSH(headings, const char *) = heading;
}

static const lync_err_t *find(lyncadm_t *adm, top_t *top)
{
    apr_pool_t *round = adm->pool;
    const lync_err_t *err;

    adm->pool = top->pool;
    err = lyncadm_runtime_served(adm, &top->served);
    adm->pool = round;
    return err;
}

static const lync_err_t *show(lyncadm_t *adm, void *data)
{
    apr_array_header_t *tables = apr_array_make(adm->pool, 3, sizeof(const lyncadm_rows_t *));
    apr_array_header_t *headings = apr_array_make(adm->pool, 3, sizeof(const char *));
    top_t *top = data;
    look_t *now = &top->look[!top->last];
    between_t between;

    if (!top->served)
        LYNC_TRY(find(adm, top));
    apr_pool_clear(now->pool);
    LYNC_TRY(take_look(now, top->served));
    come_between(&between, now, &top->look[top->last], adm->pool);
    top->last = !top->last;
    add(tables, headings, summary(&between, now, adm->pool), heading(&between, adm->pool));
    add(tables, headings, services(adm, &between), "services");
    add(tables, headings, servers(&between, adm->pool), "servers");
    return lyncadm_tables_print(adm, tables, headings);
}

const lync_err_t *lyncadm_top(lyncadm_t *adm)
{
    top_t top = { .pool = adm->pool };

    LYNC_TRY(lyncadm_no_words(adm));
    apr_pool_create(&top.look[0].pool, adm->pool);
    apr_pool_create(&top.look[1].pool, adm->pool);
    return lyncadm_watch(adm, show, &top);
}
