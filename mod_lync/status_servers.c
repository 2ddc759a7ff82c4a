#include "status_collect.h"

#include <apr_strings.h>

/* How the servers are: what the children keep in the health file, as lyncadm status has it. */

void lync_collect_health(lync_collect_t *collect, const lync_serving_t *serving)
{
    lync_health_t *health;

    if (!serving->generations
        || lync_health_read(&health, ap_runtime_dir_relative(collect->pool, LYNC_HEALTH_FILE), collect->pool)
        || (int)health->pid != serving->pid || (int)health->generation != serving->generation)
        return;
    collect->health = health;
}

/* Of its pool at its port. */
static int usable_with(const lync_health_t *health, const lync_health_server_t *server)
{
    apr_uint32_t i;
    int usable = 0;

    for (i = 0; i < health->count; ++i)
        usable += lync_health_is_with(&health->server[i], server)
                  && lync_health_takes(&health->server[i], health->server[i].down);
    return usable;
}

int lync_collect_usable(const lync_collect_t *collect, const char *pool, const char **gone)
{
    apr_pool_t *p = collect->pool;
    apr_uint32_t i;
    int fewest = -1;

    *gone = NULL;
    for (i = 0; collect->health && i < collect->health->count; ++i) {
        const lync_health_server_t *server = &collect->health->server[i];
        int usable;

        if (strcmp(server->pool, pool) || !lync_health_is_first(collect->health, i))
            continue;
        usable = usable_with(collect->health, server);
        fewest = fewest < 0 || usable < fewest ? usable : fewest;
        if (!usable)
            *gone = apr_psprintf(p, "%s%s%u", *gone ? *gone : "", *gone ? " and " : "", server->port);
    }
    return fewest;
}

void lync_collect_servers(const lync_collect_t *collect, lync_facts_t *facts)
{
    apr_uint32_t i;

    for (i = 0; collect->health && i < collect->health->count; ++i) {
        const lync_health_server_t *server = &collect->health->server[i];
        apr_time_t since = apr_time_from_sec((apr_time_t)server->since), end = apr_time_from_sec(server->not_after);

        lync_facts_row(facts);
        lync_facts_text(facts, "pool", server->pool);
        lync_facts_text(facts, "host", lync_text_discreet(server->host, collect->pool));
        lync_facts_number(facts, "port", 1, server->port);
        lync_facts_text(facts, "state", lync_health_word(lync_health_effective(server)));
        lync_facts_text(facts, "by", server->said == LYNC_STATE_ACTIVE ? "revision" : "operator");
        lync_facts_text(facts, "health", server->down ? "down" : "up");
        lync_facts_time(facts, "since", since);
        lync_facts_hint(facts, "since_for", lync_text_span(apr_time_sec(collect->now - since), collect->pool));
        lync_collect_sent(collect, facts, server);
        lync_facts_time(facts, "not_after", end);
        lync_facts_text(facts, "certificate", lync_health_certificate(server, collect->now));
        lync_facts_text(facts, "because", lync_health_because(server, collect->pool));
        lync_collect_left(collect, facts, end);
    }
}
