#include <apr_hash.h>
#include <apr_strings.h>
#include <string.h>

#include "certificate.h"
#include "check_health.h"
#include "iso.h"
#include "managed.h"

#define DAY 86400
#define HOUR 3600

#define FIND(level, ...) check_health_find(check, CHECK_HEALTH_##level, __VA_ARGS__)

static check_health_figure_t *add_figure(check_health_t *check, const char *name, apr_int64_t value)
{
    check_health_figure_t *figure = apr_array_push(check->figures);

    memset(figure, 0, sizeof(*figure));
    figure->name = name;
    figure->unit = "";
    figure->value = value;
    figure->least = "0";
    return figure;
}

static const char *number(const check_health_t *check, apr_int64_t value)
{
    return apr_psprintf(check->pool, "%" APR_INT64_T_FMT, value);
}

/* "3 pools" */
static const char *count_of(const check_health_t *check, int count, const char *what)
{
    return apr_psprintf(check->pool, "%d %s%s", count, what, count == 1 ? "" : "s");
}

/* what is served */

static int is_accepting(const lync_serving_t *serving)
{
    return serving->children || lync_serving_old(serving);
}

static void judge_revision(check_health_t *check)
{
    const lync_serving_t *serving = &check->serving;
    const char *state = lync_serving_state(serving);

    if (!is_accepting(serving))
        FIND(CRITICAL, "no child of httpd (process %d) takes connections for Lync", serving->pid);
    if (!strcmp(state, "down"))
        FIND(CRITICAL, "%s", serving->because);
    else if (!strcmp(state, "degraded"))
        FIND(WARNING, "revision %d is served, but not all that is wanted: %s", serving->revision, serving->because);
    else if (!strcmp(state, "behind"))
        FIND(WARNING, "revision %d is served, not revision %d, which is the active one and takes a reload of httpd",
             serving->revision, serving->wanted);
    else if (!strcmp(state, "empty"))
        FIND(WARNING, "nothing is published: the store has no revision to serve");
    add_figure(check, "revision", serving->revision);
}

static void judge_listeners(check_health_t *check)
{
    const lync_serving_t *serving = &check->serving;

    if (serving->closed)
        FIND(CRITICAL, "closed, so that nobody can connect: listener %s",
             serving->closed_names ? serving->closed_names : "?");
    if (check->names)
        add_figure(check, "listeners", check->names->rows[LYNC_LISTENER]->nelts);
    add_figure(check, "listeners_closed", (apr_uint32_t)serving->closed)->critical = "0";
    add_figure(check, "quarantined", (apr_uint32_t)serving->quarantined)->warning = "0";
}

/* certificates */

static const char *span(const check_health_t *check, apr_int64_t seconds)
{
    return seconds >= 2 * DAY ? apr_psprintf(check->pool, "%d days", (int)(seconds / DAY))
                              : count_of(check, (int)(seconds / HOUR), "hour");
}

/* warning, critical: so many seconds before its end. */
static void judge_end(check_health_t *check, const char *whose, apr_int64_t left, apr_int64_t warning,
                      apr_int64_t critical)
{
    if (left <= 0)
        FIND(CRITICAL, "%s expired %s ago", whose, span(check, -left));
    else if (left < critical)
        FIND(CRITICAL, "%s ends in %s", whose, span(check, left));
    else if (left < warning)
        FIND(WARNING, "%s ends in %s", whose, span(check, left));
}

/* Which certificate ends first, with its limits in seconds. */
typedef struct first_t {
    int is_known;
    apr_int64_t left, warning, critical;
} first_t;

static void take_first(first_t *first, apr_int64_t left, apr_int64_t warning, apr_int64_t critical)
{
    first_t other = { 1, left, warning, critical };

    if (!first->is_known || left < first->left)
        *first = other;
}

static void add_days(check_health_t *check, const char *name, const first_t *first)
{
    check_health_figure_t *figure;

    if (!first->is_known)
        return;
    figure = add_figure(check, name, first->left < 0 ? -((DAY - 1 - first->left) / DAY) : first->left / DAY);
    figure->least = NULL;
    figure->warning = apr_pstrcat(check->pool, number(check, first->warning / DAY), ":", NULL);
    figure->critical = apr_pstrcat(check->pool, number(check, first->critical / DAY), ":", NULL);
}

static void judge_certificate(check_health_t *check, const lync_certificate_t *loaded, first_t *first)
{
    apr_time_t end = lync_certificate_time(loaded->not_after);
    apr_int64_t left = apr_time_sec(end - apr_time_now());
    apr_int64_t warning = lync_certificate_warning(loaded, check->warning);
    apr_int64_t critical = (apr_int64_t)check->critical * DAY;

    critical = critical < warning ? critical : warning;
    if (end) {
        judge_end(check, apr_psprintf(check->pool, "certificate '%s'", loaded->name), left, warning, critical);
        take_first(first, left, warning, critical);
    }
    else if (loaded->managed && !check->serving.quarantined && lync_managed_is_bound(check->names, loaded))
        FIND(WARNING, "certificate '%s' is awaited: mod_md has not obtained it yet", loaded->name);
}

/* How long those are good that clients are shown, for people. */
static const char *judge_certificates(check_health_t *check)
{
    first_t first = { 0, 0, 0, 0 };
    int i;

    for (i = 0; check->names && i < check->names->rows[LYNC_CERTIFICATE]->nelts; ++i)
        judge_certificate(check, LYNC_ROW(check->names, LYNC_CERTIFICATE, i), &first);
    add_days(check, "certificate_days", &first);
    return first.is_known ? apr_psprintf(check->pool, "certificates %d days", (int)(first.left / DAY))
                          : "no certificates";
}

/* pools and servers */

static void judge_server(check_health_t *check, const lync_health_server_t *server, first_t *first)
{
    const char *which = apr_psprintf(check->pool, "server '%s' of pool '%s' (port %u)", server->host, server->pool,
                                     server->port);
    apr_int64_t left = server->not_after - apr_time_sec(apr_time_now());
    apr_int64_t warning = (apr_int64_t)check->warning * DAY, critical = (apr_int64_t)check->critical * DAY;
    const char *because = lync_health_because(server, check->pool);

    if (server->down)
        FIND(WARNING, "%s is down since %s%s%s", which,
             lync_iso(apr_time_from_sec((apr_time_t)server->since), check->pool), because ? ": " : "",
             because ? because : "");
    if (!server->not_after)
        return;
    judge_end(check, apr_pstrcat(check->pool, "the certificate of ", which, NULL), left, warning, critical);
    take_first(first, left, warning, critical);
}

/* Whether a pool has nobody. */
static int judge_pool(check_health_t *check, const lync_health_server_t *server)
{
    const char *gone;

    lync_health_usable(check->servers, server->pool, &gone, check->pool);
    if (!gone || server->unused)
        return 0;
    FIND(CRITICAL, "pool '%s' has no server that gets requests on port %s", server->pool, gone);
    return 1;
}

static int is_new(apr_hash_t *seen, const char *key)
{
    if (apr_hash_get(seen, key, APR_HASH_KEY_STRING))
        return 0;
    apr_hash_set(seen, key, APR_HASH_KEY_STRING, key);
    return 1;
}

/* The file has a server once for each port of its pool. */
static void judge_servers(check_health_t *check, int *pools, int *servers)
{
    apr_hash_t *all = apr_hash_make(check->pool), *each = apr_hash_make(check->pool);
    apr_hash_t *down = apr_hash_make(check->pool);
    first_t first = { 0, 0, 0, 0 };
    check_health_figure_t *figure;
    int lost = 0;
    apr_uint32_t i;

    for (i = 0; i < check->servers->count; ++i) {
        const lync_health_server_t *server = &check->servers->server[i];
        const char *key = apr_pstrcat(check->pool, server->host, " ", server->pool, NULL);

        is_new(each, key);
        if (server->down)
            is_new(down, key);
        if (is_new(all, server->pool))
            lost += judge_pool(check, server);
        judge_server(check, server, &first);
    }
    *pools = (int)apr_hash_count(all);
    *servers = (int)apr_hash_count(each);
    add_figure(check, "pools", *pools);
    figure = add_figure(check, "pools_without_server", lost);
    figure->critical = "0";
    figure->most = number(check, *pools);
    add_figure(check, "servers", *servers);
    figure = add_figure(check, "servers_down", apr_hash_count(down));
    figure->warning = "0";
    figure->most = number(check, *servers);
    add_days(check, "server_certificate_days", &first);
}

/* requests */

static apr_uint64_t room_of(const check_health_t *check)
{
    lync_served_limits_t limits;

    return lync_served_limits(check->served, check->serving.generation, &limits)
           ? (apr_uint64_t)limits.children * limits.threads : 0;
}

/* The largest number of requests that is less than this part of the room. */
static const char *below(const check_health_t *check, apr_uint64_t room, unsigned int percent)
{
    return number(check, (apr_int64_t)((room * percent + 99) / 100) - 1);
}

static void judge_room(check_health_t *check)
{
    apr_uint64_t waiting = 0, bound = 0, room = room_of(check);
    apr_uint64_t running = APR_ARRAY_IDX(check->serving.generations, 0, lync_generation_t).under_way;
    const char *crowding = lync_serving_crowding(running, room);
    check_health_figure_t *figure = add_figure(check, "requests_running", (apr_int64_t)running);
    int i;

    if (room) {
        figure->warning = below(check, room, LYNC_SERVING_CROWDED);
        figure->critical = below(check, room, LYNC_SERVING_FULL);
        figure->most = number(check, (apr_int64_t)room);
    }
    if (crowding)
        check_health_find(check, strcmp(crowding, "all") ? CHECK_HEALTH_WARNING : CHECK_HEALTH_CRITICAL,
                          "%" APR_UINT64_T_FMT " requests are under way, of %" APR_UINT64_T_FMT " that there is room "
                          "for", running, room);
    for (i = 0; i < check->serving.generations->nelts; ++i) {
        waiting += APR_ARRAY_IDX(check->serving.generations, i, lync_generation_t).waiting;
        bound += APR_ARRAY_IDX(check->serving.generations, i, lync_generation_t).bound;
    }
    add_figure(check, "requests_pending", (apr_int64_t)waiting);
    add_figure(check, "connections_bound", (apr_int64_t)bound);
}

static void add_counter(check_health_t *check, const char *name, apr_uint64_t value)
{
    add_figure(check, name, (apr_int64_t)(value & APR_INT64_MAX))->unit = "c";
}

static void judge_services(check_health_t *check)
{
    apr_array_header_t *services = lync_counts_services(check->counts, check->pool);
    apr_uint64_t requests = 0, errors = 0, refused = 0;
    int i;

    for (i = 0; i < services->nelts; ++i) {
        const lync_counts_named_t *service = &APR_ARRAY_IDX(services, i, lync_counts_named_t);

        requests += lync_counts_requests(&service->all);
        errors += service->all.answered[LYNC_ANSWERED_5XX];
        if (lync_counts_is_failing(&service->recent))
            FIND(WARNING, "%s%s: %" APR_UINT64_T_FMT " of %" APR_UINT64_T_FMT " requests of late were answered with "
                 "5xx", *service->name ? "service " : "paths of no service", service->name,
                 service->recent.answered[LYNC_ANSWERED_5XX], lync_counts_requests(&service->recent));
    }
    for (i = 0; i < LYNC_REFUSALS; ++i)
        refused += lync_counts_sum_refusal(check->counts, (lync_refusal_t)i);
    add_counter(check, "requests", requests);
    add_counter(check, "errors", errors);
    add_counter(check, "refused", refused);
}

void check_health_judge(check_health_t *check)
{
    const char *certificates;
    int pools = 0, servers = 0;

    judge_revision(check);
    judge_listeners(check);
    if (check->servers)
        judge_servers(check, &pools, &servers);
    certificates = judge_certificates(check);
    judge_room(check);
    if (check->counts)
        judge_services(check);
    check->summary = apr_psprintf(check->pool, "%s, %s, revision %d served, %s", count_of(check, pools, "pool"),
                                  count_of(check, servers, "server"), check->serving.revision, certificates);
}
