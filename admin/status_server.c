#include <apr_strings.h>
#include <apr_time.h>
#include <string.h>

#include "apply.h"
#include "certificate.h"
#include "health.h"
#include "iso.h"
#include "operate.h"

/* The servers, as the running httpd has them. */

static const struct {
    const char *name;
    lyncadm_cell_t cell;
} columns[] = {
    { "pool", LYNCADM_CELL_TEXT }, { "host", LYNCADM_CELL_TEXT }, { "port", LYNCADM_CELL_INTEGER },
    { "state", LYNCADM_CELL_TEXT }, { "by", LYNCADM_CELL_TEXT }, { "health", LYNCADM_CELL_TEXT },
    { "since", LYNCADM_CELL_TEXT }, { "not_after", LYNCADM_CELL_TEXT }, { "certificate", LYNCADM_CELL_TEXT },
    { "because", LYNCADM_CELL_TEXT },
};

#define COLUMNS (sizeof(columns) / sizeof(columns[0]))

static const char *end_of(const lync_health_server_t *server, apr_pool_t *p)
{
    return server->not_after ? lync_iso(apr_time_from_sec(server->not_after), p) : NULL;
}

static lyncadm_mood_t mood(const char *certificate)
{
    if (!certificate)
        return LYNCADM_PLAIN;
    if (!strcmp(certificate, "verified"))
        return LYNCADM_GOOD;
    return !strcmp(certificate, "expiring") ? LYNCADM_WARN : LYNCADM_BAD;
}

static void add(lyncadm_rows_t *rows, const lync_health_server_t *server, apr_pool_t *p)
{
    const char *cells[COLUMNS] = {
        server->pool, server->host, apr_psprintf(p, "%u", server->port),
        lync_health_word(lync_health_effective(server)), server->said == LYNC_STATE_ACTIVE ? "revision" : "operator",
        server->down ? "down" : "up", lync_iso(apr_time_from_sec(server->since), p),
        end_of(server, p), lync_health_certificate(server, apr_time_now()), lync_health_because(server, p)
    };

    lyncadm_rows_add(rows, cells);
    lyncadm_rows_mark(rows, "state", lync_health_effective(server) == LYNC_STATE_ACTIVE ? LYNCADM_PLAIN : LYNCADM_WARN);
    lyncadm_rows_mark(rows, "health", server->down ? LYNCADM_BAD : LYNCADM_GOOD);
    lyncadm_rows_mark(rows, "certificate", mood(lync_health_certificate(server, apr_time_now())));
}

/* Of a server that is refused, or will be. What is served is what the store says all the same: no drift. */
static void warn(const lync_health_server_t *server, apr_pool_t *p)
{
    const char *because = lync_health_because(server, p);
    const char *expiry = lync_certificate_expiry(apr_time_from_sec(server->not_after), apr_time_now());

    if (expiry)
        because = apr_pstrcat(p, because ? because : "", because ? "; " : "", "its certificate ",
                              !strcmp(expiry, "expired") ? "expired" : "ends", " on ", end_of(server, p), NULL);
    if (because)
        lyncadm_say("warning: server '%s' of pool '%s' (port %u): %s", server->host, server->pool, server->port,
                    because);
}

const lync_health_t *lyncadm_httpd_health(const char *served, const lync_serving_t *serving, apr_pool_t *p)
{
    lync_health_t *health = NULL;

    if (!served || !serving->alive || lync_health_read(&health, lyncadm_runtime_file(served, LYNC_HEALTH_FILE, p), p))
        return NULL;
    return (int)health->pid == serving->pid && (int)health->generation == serving->generation ? health : NULL;
}

lyncadm_rows_t *lyncadm_status_servers(lyncadm_t *adm, const lyncadm_httpd_t *httpd, const lync_serving_t *serving)
{
    const lync_health_t *health = lyncadm_httpd_health(httpd ? httpd->served : NULL, serving,
                                                        adm->pool);
    lyncadm_rows_t *rows = lyncadm_rows(adm->pool);
    apr_uint32_t i;
    apr_size_t j;

    lyncadm_rows_call(rows, "server");
    for (j = 0; j < COLUMNS; ++j)
        lyncadm_rows_column(rows, columns[j].name, columns[j].cell);
    for (i = 0; health && i < health->count; ++i) {
        add(rows, &health->server[i], adm->pool);
        warn(&health->server[i], adm->pool);
    }
    return rows;
}
