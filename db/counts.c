#include "counts.h"

#include <apr_file_io.h>
#include <apr_strings.h>
#include <string.h>
#include <unistd.h>

#include "mapping.h"

/* Another one whenever the structs change. */
#define MAGIC "lyncct1"

#define HALF APR_UINT64_C(0x8000000000000000)

/* Of a name's place: nobody's, being written, or there. */
enum { FREE, TAKEN, NAMED };

typedef struct shard_t {
    lync_counts_service_t service[LYNC_COUNTS_SERVICES];
    lync_counts_service_t recent[2][LYNC_COUNTS_SERVICES];      /* of spans with even numbers, and of the others */
    lync_counts_few_t route[LYNC_COUNTS_ROUTES];
    lync_counts_few_t server[LYNC_COUNTS_SERVERS];
    apr_uint64_t refused[LYNC_REFUSALS];
    apr_uint64_t refused_recently[2][LYNC_REFUSALS];            /* as recent */
} shard_t;

typedef struct service_name_t {
    apr_uint32_t state;
    char name[LYNC_COUNTS_NAME];
} service_name_t;

struct lync_counts_t {
    char magic[8];
    apr_uint32_t pid;
    apr_uint32_t span;                          /* the present one's number since 1970 */
    apr_int64_t since;                          /* microseconds since 1970 */
    apr_uint64_t route[LYNC_COUNTS_ROUTES];     /* key_of() what is counted at the place; 0: nothing */
    apr_uint64_t server[LYNC_COUNTS_SERVERS];
    service_name_t service[LYNC_COUNTS_SERVICES];
    shard_t shard[LYNC_COUNTS_SHARDS];
};

static const char *const refusals[LYNC_REFUSALS] = {
    "method", "form", "head-size", "unknown-host", "https-only", "unknown-path", "ambiguous-path", "bad-path", "route",
    "field", "pin-off", "pin-limit", "quarantine"
};

static const char *const answers[LYNC_ANSWERS] = { "2xx", "3xx", "4xx", "5xx", "client-gone" };

const char *lync_refusal_word(lync_refusal_t refusal)
{
    return refusals[refusal];
}

const char *lync_answered_word(lync_answered_t answered)
{
    return answers[answered];
}

static apr_uint32_t span_of(apr_time_t time)
{
    return (apr_uint32_t)(apr_time_sec(time) / LYNC_COUNTS_SPAN);
}

const lync_err_t *lync_counts_create(lync_counts_t **result, const char *path, apr_pool_t *p)
{
    const lync_err_t *err;
    lync_counts_t *content;
    apr_pool_t *scratch;
    void *mapped;

    apr_pool_create(&scratch, p);
    content = apr_pcalloc(scratch, sizeof(*content));
    memcpy(content->magic, MAGIC, sizeof(content->magic));
    content->pid = (apr_uint32_t)getpid();
    content->since = apr_time_now();
    content->span = span_of(content->since);
    err = lync_mapping_create(&mapped, path, content, sizeof(*content), p);
    apr_pool_destroy(scratch);
    if (!err)
        *result = mapped;
    return err;
}

const lync_err_t *lync_counts_open(const lync_counts_t **result, const char *path, apr_pool_t *p)
{
    void *mapped;

    LYNC_TRY(lync_mapping_open(&mapped, path, MAGIC, sizeof(**result), 0, p));
    *result = mapped;
    return NULL;
}

apr_time_t lync_counts_since(const lync_counts_t *counts)
{
    return counts->since;
}

int lync_counts_pid(const lync_counts_t *counts)
{
    return (int)counts->pid;
}

/* FNV-1a, with an end after each text; never 0. Whose rows are counted makes the names: nobody else can make two of
 * them the same. */
static apr_uint64_t key_of(const char *const *texts, int count)
{
    apr_uint64_t key = APR_UINT64_C(14695981039346656037);
    const char *c;
    int i;

    for (i = 0; i < count; ++i) {
        for (c = texts[i]; *c; ++c)
            key = (key ^ (unsigned char)*c) * APR_UINT64_C(1099511628211);
        key = (key ^ 0xff) * APR_UINT64_C(1099511628211);
    }
    return key ? key : HALF;
}

/* keys: a table of so many places, which is a power of 2. claim: whether a free one is taken. */
static int place_of(apr_uint64_t *keys, unsigned int places, apr_uint64_t key, int claim)
{
    unsigned int i;

    for (i = 0; i < places; ++i) {
        unsigned int place = (unsigned int)(key + i) & (places - 1);
        apr_uint64_t found = __atomic_load_n(&keys[place], __ATOMIC_RELAXED);

        if (!found && !claim)
            return -1;
        if (!found)
            __atomic_compare_exchange_n(&keys[place], &found, key, 0, __ATOMIC_RELAXED, __ATOMIC_RELAXED);
        if (!found || found == key)
            return (int)place;
    }
    return -1;
}

static int route_place(const lync_counts_t *counts, const char *listener, const char *host, const char *path, int claim)
{
    const char *const texts[] = { listener, host, path };

    return place_of((apr_uint64_t *)counts->route, LYNC_COUNTS_ROUTES, key_of(texts, 3), claim);
}

static int server_place(const lync_counts_t *counts, const char *pool, const char *host, int port, int claim)
{
    char number[12];
    const char *const texts[] = { pool, host, number };

    apr_snprintf(number, sizeof(number), "%d", port);
    return place_of((apr_uint64_t *)counts->server, LYNC_COUNTS_SERVERS, key_of(texts, 3), claim);
}

int lync_counts_route(lync_counts_t *counts, const char *listener, const char *host, const char *path)
{
    return route_place(counts, listener, host, path, 1);
}

int lync_counts_find_route(const lync_counts_t *counts, const char *listener, const char *host, const char *path)
{
    return route_place(counts, listener, host, path, 0);
}

int lync_counts_server(lync_counts_t *counts, const char *pool, const char *host, int port)
{
    return server_place(counts, pool, host, port, 1);
}

int lync_counts_find_server(const lync_counts_t *counts, const char *pool, const char *host, int port)
{
    return server_place(counts, pool, host, port, 0);
}

/* One that is being written by somebody else may be the same: then there are two of it, and readers add them up. */
int lync_counts_service(lync_counts_t *counts, const char *name)
{
    int i;

    for (i = 0; i < LYNC_COUNTS_SERVICES; ++i) {
        service_name_t *place = &counts->service[i];
        apr_uint32_t state = __atomic_load_n(&place->state, __ATOMIC_ACQUIRE);

        if (state == NAMED && !strncmp(place->name, name, sizeof(place->name) - 1))
            return i;
        if (state != FREE || !__atomic_compare_exchange_n(&place->state, &state, TAKEN, 0, __ATOMIC_ACQUIRE,
                                                          __ATOMIC_RELAXED))
            continue;
        apr_cpystrn(place->name, name, sizeof(place->name));
        __atomic_store_n(&place->state, NAMED, __ATOMIC_RELEASE);
        return i;
    }
    return -1;
}

const char *lync_counts_service_name(const lync_counts_t *counts, int place, apr_pool_t *p)
{
    const service_name_t *name = &counts->service[place];

    if (__atomic_load_n(&name->state, __ATOMIC_ACQUIRE) != NAMED)
        return NULL;
    return lync_one_line(apr_pstrndup(p, name->name, sizeof(name->name)));
}

static void add(apr_uint64_t *number, apr_uint64_t count)
{
    __atomic_fetch_add(number, count, __ATOMIC_RELAXED);
}

static apr_uint64_t get(const apr_uint64_t *number)
{
    return __atomic_load_n(number, __ATOMIC_RELAXED);
}

/* Of a duration. The doubling it is in from its highest bit, the part of that from the two below. */
static int bucket_of(apr_time_t took)
{
    apr_uint64_t parts = took > 0 ? (apr_uint64_t)took * LYNC_COUNTS_PER_DOUBLE / 1000 : 0;
    int doubling, bucket;

    if (parts < LYNC_COUNTS_PER_DOUBLE)
        return 0;
    doubling = 63 - __builtin_clzll(parts / LYNC_COUNTS_PER_DOUBLE);
    bucket = 1 + doubling * LYNC_COUNTS_PER_DOUBLE + (int)(parts >> doubling) - LYNC_COUNTS_PER_DOUBLE;
    return bucket < LYNC_COUNTS_BUCKETS - 1 ? bucket : LYNC_COUNTS_BUCKETS - 1;
}

/* Where the bucket begins, which is where the one before ends. */
static apr_int64_t begin_of(int bucket)
{
    int doubling = (bucket - 1) / LYNC_COUNTS_PER_DOUBLE, part = (bucket - 1) % LYNC_COUNTS_PER_DOUBLE;

    return bucket < 1 ? 0 : (APR_INT64_C(1000) << doubling) * (LYNC_COUNTS_PER_DOUBLE + part) / LYNC_COUNTS_PER_DOUBLE;
}

apr_int64_t lync_counts_bucket_end(int bucket)
{
    return bucket < LYNC_COUNTS_BUCKETS - 1 ? begin_of(bucket + 1) : 0;
}

static void add_service(lync_counts_service_t *service, lync_answered_t answered, apr_time_t took, int bucket)
{
    add(&service->answered[answered], 1);
    add(&service->microseconds, took > 0 ? (apr_uint64_t)took : 0);
    add(&service->bucket[bucket], 1);
}

void lync_counts_add(lync_counts_t *counts, unsigned int number, int service, int route, lync_answered_t answered,
                     apr_time_t took)
{
    shard_t *shard = &counts->shard[number % LYNC_COUNTS_SHARDS];

    if (service >= 0) {
        int bucket = bucket_of(took);
        apr_uint32_t span = __atomic_load_n(&counts->span, __ATOMIC_RELAXED);

        add_service(&shard->service[service], answered, took, bucket);
        add_service(&shard->recent[span & 1][service], answered, took, bucket);
    }
    if (route >= 0) {
        add(&shard->route[route].requests, 1);
        if (answered == LYNC_ANSWERED_5XX)
            add(&shard->route[route].errors, 1);
    }
}

void lync_counts_add_server(lync_counts_t *counts, unsigned int number, int server, int is_error)
{
    shard_t *shard = &counts->shard[number % LYNC_COUNTS_SHARDS];

    if (server < 0)
        return;
    add(&shard->server[server].requests, 1);
    if (is_error)
        add(&shard->server[server].errors, 1);
}

void lync_counts_add_refusal(lync_counts_t *counts, unsigned int number, lync_refusal_t refusal)
{
    shard_t *shard = &counts->shard[number % LYNC_COUNTS_SHARDS];

    add(&shard->refused[refusal], 1);
    add(&shard->refused_recently[__atomic_load_n(&counts->span, __ATOMIC_RELAXED) & 1][refusal], 1);
}

static void forget(shard_t *shard, int span)
{
    memset(shard->recent[span], 0, sizeof(shard->recent[span]));
    memset(shard->refused_recently[span], 0, sizeof(shard->refused_recently[span]));
}

/* A request that is counted meanwhile may be lost. What is older than the span before was not told as recent either, in
 * which nobody looked. */
void lync_counts_turn(lync_counts_t *counts, apr_time_t now)
{
    apr_uint32_t before = __atomic_load_n(&counts->span, __ATOMIC_RELAXED), span = span_of(now);
    int i, skipped = span != before + 1;

    if (span == before || !__atomic_compare_exchange_n(&counts->span, &before, span, 0, __ATOMIC_RELAXED,
                                                       __ATOMIC_RELAXED))
        return;
    for (i = 0; i < LYNC_COUNTS_SHARDS; ++i) {
        forget(&counts->shard[i], span & 1);
        if (skipped)
            forget(&counts->shard[i], !(span & 1));
    }
}

apr_time_t lync_counts_recent_since(const lync_counts_t *counts)
{
    apr_time_t begin = apr_time_from_sec((apr_time_t)(__atomic_load_n(&counts->span, __ATOMIC_RELAXED) - 1)
                                         * LYNC_COUNTS_SPAN);

    return begin > counts->since ? begin : counts->since;
}

static void sum_service(lync_counts_service_t *sum, const lync_counts_service_t *service)
{
    int i;

    for (i = 0; i < LYNC_ANSWERS; ++i)
        sum->answered[i] += get(&service->answered[i]);
    sum->microseconds += get(&service->microseconds);
    for (i = 0; i < LYNC_COUNTS_BUCKETS; ++i)
        sum->bucket[i] += get(&service->bucket[i]);
}

void lync_counts_sum_service(const lync_counts_t *counts, int place, lync_counts_service_t *sum)
{
    int i;

    memset(sum, 0, sizeof(*sum));
    for (i = 0; i < LYNC_COUNTS_SHARDS; ++i)
        sum_service(sum, &counts->shard[i].service[place]);
}

void lync_counts_sum_recent(const lync_counts_t *counts, int place, lync_counts_service_t *sum)
{
    int i;

    memset(sum, 0, sizeof(*sum));
    for (i = 0; i < LYNC_COUNTS_SHARDS; ++i) {
        sum_service(sum, &counts->shard[i].recent[0][place]);
        sum_service(sum, &counts->shard[i].recent[1][place]);
    }
}

static void sum_few(lync_counts_few_t *sum, const lync_counts_few_t *few)
{
    sum->requests += get(&few->requests);
    sum->errors += get(&few->errors);
}

void lync_counts_sum_route(const lync_counts_t *counts, int place, lync_counts_few_t *sum)
{
    int i;

    memset(sum, 0, sizeof(*sum));
    for (i = 0; place >= 0 && i < LYNC_COUNTS_SHARDS; ++i)
        sum_few(sum, &counts->shard[i].route[place]);
}

void lync_counts_sum_server(const lync_counts_t *counts, int place, lync_counts_few_t *sum)
{
    int i;

    memset(sum, 0, sizeof(*sum));
    for (i = 0; place >= 0 && i < LYNC_COUNTS_SHARDS; ++i)
        sum_few(sum, &counts->shard[i].server[place]);
}

apr_uint64_t lync_counts_sum_refusal(const lync_counts_t *counts, lync_refusal_t refusal)
{
    apr_uint64_t sum = 0;
    int i;

    for (i = 0; i < LYNC_COUNTS_SHARDS; ++i)
        sum += get(&counts->shard[i].refused[refusal]);
    return sum;
}

apr_uint64_t lync_counts_recent_refusal(const lync_counts_t *counts, lync_refusal_t refusal)
{
    apr_uint64_t sum = 0;
    int i;

    for (i = 0; i < LYNC_COUNTS_SHARDS; ++i)
        sum += get(&counts->shard[i].refused_recently[0][refusal])
               + get(&counts->shard[i].refused_recently[1][refusal]);
    return sum;
}

apr_uint64_t lync_counts_requests(const lync_counts_service_t *sum)
{
    apr_uint64_t requests = 0;
    int i;

    for (i = 0; i < LYNC_COUNTS_BUCKETS; ++i)
        requests += sum->bucket[i];
    return requests;
}

apr_int64_t lync_counts_within(const lync_counts_service_t *sum, double part)
{
    apr_uint64_t requests = lync_counts_requests(sum), seen = 0;
    int i;

    if (!requests)
        return -1;
    for (i = 0; i < LYNC_COUNTS_BUCKETS - 1; ++i) {
        seen += sum->bucket[i];
        if (seen && (double)seen >= (double)requests * part)
            return begin_of(i + 1);
    }
    return begin_of(LYNC_COUNTS_BUCKETS - 1);
}
