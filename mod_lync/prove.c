#include "mod_lync.h"

#include <ap_mpm.h>
#include <apr_strings.h>
#include <string.h>
#include <unistd.h>

/*
 * lyncadm asks over a listener, as a client would, who answers: this revision, another one, or another
 * site. Its request bears a nonce that whoever may write the served file, root, has put there. No client
 * from outside learns it, and a proxy on this host that passes a client's field on does not know it
 * either; without it the field is like any other. Local users can read it while it is valid: then they are
 * told what the served file and the routes' own answers tell them anyway. It asks for nothing to be
 * done, no pool sees it, and nothing logs it.
 */

static int is_here(apr_sockaddr_t *address, const char *ip, const conn_rec *c)
{
    return apr_sockaddr_equal(address, c->local_addr) || !strncmp(ip, "127.", 4) || !strcmp(ip, "::1");
}

/* Nor may what mod_remoteip has of a balancer on this host say otherwise. */
static int is_from_here(const request_rec *r)
{
    const conn_rec *c = r->connection;

    return is_here(c->client_addr, c->client_ip, c) && is_here(r->useragent_addr, r->useragent_ip, c);
}

int lync_prove_asked(const request_rec *r)
{
    const lync_served_t *served = lync_generation_served();

    return served && served->probe_until && is_from_here(r)
           && lync_served_probed(served, apr_table_get(r->headers_in, LYNC_PROBE_FIELD));
}

static const char *decision(request_rec *r, const lync_site_t *site, const lync_table_t *table, const char *target)
{
    const lync_route_t *route;
    const char *words = lync_route_decision(table->maps[site->index], lync_redirected(site),
                                            apr_table_get(r->headers_in, "Host"), target, &route, r->pool);

    return route && lync_target(table, route)->quarantine ? "quarantine" : words;
}

int lync_prove(request_rec *r, const lync_site_t *site, const lync_table_t *table, const char *target,
               const char *lost)
{
    apr_table_t *fields = r->headers_out;
    int generation = 0;

    ap_mpm_query(AP_MPMQ_GENERATION, &generation);
    apr_table_setn(fields, LYNC_PROBE_REVISION, apr_itoa(r->pool, table->model->revision));
    apr_table_setn(fields, LYNC_PROBE_GENERATION, apr_itoa(r->pool, generation));
    apr_table_setn(fields, LYNC_PROBE_PID, apr_itoa(r->pool, (int)getpid()));
    apr_table_setn(fields, LYNC_PROBE_LISTENER, site->listener->name);
    apr_table_setn(fields, LYNC_PROBE_DECISION, lost ? "quarantine" : decision(r, site, table, target));
    r->status = HTTP_NO_CONTENT;
    return OK;
}
