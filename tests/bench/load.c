/*
 * What reading a store costs: load ROUTES makes a store with that many routes in a temporary file,
 * then opens, reads, checks and maps it, and prints milliseconds of CPU time and of the clock.
 */
#include <apr_general.h>
#include <apr_strings.h>
#include <apr_time.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "check.h"
#include "route.h"
#include "store.h"

#define ROUNDS 9

static void must(const lync_err_t *err)
{
    if (err) {
        fprintf(stderr, "load: %s\n", err->sentence);
        exit(1);
    }
}

static void insert(lync_store_t *store, lync_noun_id_t id, const char *const *pairs, apr_pool_t *p)
{
    const lync_noun_t *noun = lync_noun(id);
    void *row = lync_row_new(p, noun);

    for (; *pairs; pairs += 2)
        must(lync_row_set(p, noun, lync_field(noun, pairs[0]), row, pairs[1]));
    must(lync_store_insert(store, noun, row, p));
}

#define INSERT(id, ...) insert(store, id, (const char *const[]){ __VA_ARGS__, NULL }, p)

static void fill(lync_store_t *store, int routes, apr_pool_t *p)
{
    static const lync_change_t who = { .login = "bench", .command = "load" };
    int i, number;

    must(lync_store_begin(store, &who, p));
    INSERT(LYNC_PROFILE, "name", "web", "timeout", "300");
    INSERT(LYNC_TLS_POLICY, "name", "intermediate", "protocols", "all", "ciphers", "HIGH");
    INSERT(LYNC_LISTENER, "name", "external", "port", "443", "tls_policy", "intermediate");
    INSERT(LYNC_POOL, "name", "pool.contoso.local", "ca", "/ca.pem", "https_port", "4443", "http_port", "8080",
           "cookie", "C", "health_path", "/");
    INSERT(LYNC_SERVER, "host", "fe01.contoso.local", "pool", "pool.contoso.local");
    for (i = 0; i < routes; ++i)
        INSERT(LYNC_ROUTE, "listener", "external", "host", apr_psprintf(p, "web%d.contoso.com", i / 10),
               "path", apr_psprintf(p, "/service/%d", i), "pool", "pool.contoso.local", "scheme", "https",
               "profile", "web");
    must(lync_revision_create(store, "bench", NULL, &number, p));
    must(lync_store_activate(store, number, p));
    must(lync_store_commit(store, p));
}

static double cpu_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static void load(const char *path, apr_pool_t *p)
{
    lync_store_t *store;
    lync_model_t *model;
    int active;

    must(lync_store_open(&store, path, p));
    must(lync_store_active(store, &active, p));
    must(lync_store_read(store, active, &model, p));
    lync_check(model, p);
    lync_route_map(model, "external", p);
}

static int by_value(const void *a, const void *b)
{
    return *(const double *)a < *(const double *)b ? -1 : 1;
}

int main(int argc, char **argv)
{
    int routes = argc > 1 ? atoi(argv[1]) : 10000, round;
    char path[] = "/tmp/lync-bench-XXXXXX";
    double cpu[ROUNDS], wall[ROUNDS];
    lync_store_t *store;
    apr_pool_t *p, *inner;

    apr_initialize();
    apr_pool_create(&p, NULL);
    close(mkstemp(path));
    unlink(path);
    must(lync_store_create(&store, path, p));
    fill(store, routes, p);
    for (round = 0; round < ROUNDS; ++round) {
        double start = cpu_ms();
        apr_time_t began = apr_time_now();

        apr_pool_create(&inner, p);
        load(path, inner);
        apr_pool_destroy(inner);
        cpu[round] = cpu_ms() - start;
        wall[round] = (double)(apr_time_now() - began) / 1e3;
    }
    unlink(path);
    qsort(cpu, ROUNDS, sizeof(*cpu), by_value);
    qsort(wall, ROUNDS, sizeof(*wall), by_value);
    printf("%d routes: loaded in %.1f ms (CPU %.1f ms), medians of %d\n", routes, wall[ROUNDS / 2], cpu[ROUNDS / 2],
           ROUNDS);
    return 0;
}
