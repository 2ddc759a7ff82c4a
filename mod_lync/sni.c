#include "mod_lync.h"

#include <apr_strings.h>
#include <http_connection.h>
#include <http_core.h>
#include <http_protocol.h>
#include <http_ssl.h>

/*
 * Until the Host field is read httpd uses the limits of the address's default virtual host, which
 * may be somebody else's and too small for a Negotiate token. A client that named one of our hosts
 * by SNI gets ours from the first byte of its request. The Host field decides afterwards as ever.
 *
 * For that httpd compares it with each name of each virtual host of the address, one after the other. Where all of them
 * are of one listener of ours a hash has them: such a connection is taken httpd's list away once its handshake is over.
 */

lync_connection_t *lync_connection(conn_rec *c)
{
    lync_connection_t *connection = ap_get_module_config(c->conn_config, &lync_module);

    if (!connection) {
        connection = apr_pcalloc(c->pool, sizeof(*connection));
        ap_set_module_config(c->conn_config, &lync_module, connection);
    }
    return connection;
}

/* NULL: not ours. */
static const lync_site_t *site_of(request_rec *r, const char *host)
{
    char *key = apr_psprintf(r->pool, "%s:%d", host, r->connection->local_addr->port);

    ap_str_tolower(key);
    return apr_hash_get(lync_config_snapshot()->by_sni, key, APR_HASH_KEY_STRING);
}

/* Before the handshake is over nobody knows the name, and mod_ssl needs the list to find its virtual host. */
static void look(request_rec *r, conn_rec *c, lync_connection_t *connection)
{
    const lync_site_t *base = lync_config_site(c->base_server), *site;
    int is_ssl = ap_ssl_conn_is_ssl(c);
    const char *name = is_ssl ? ap_ssl_var_lookup(r->pool, c->base_server, c, NULL, "SSL_TLS_SNI") : NULL;

    connection->looked = 1;
    if (base && base->lookup != LYNC_LOOKUP_HTTPD && (!is_ssl || (name && *name)))
        c->vhost_lookup_data = NULL;
    site = !base && name && *name ? site_of(r, name) : NULL;        /* else the limits are ours already */
    connection->server = site ? site->server : NULL;
}

static void pre_read_request(request_rec *r, conn_rec *c)
{
    lync_connection_t *connection;

    if (!lync_config_snapshot() || c->master)
        return;
    connection = lync_connection(c);
    if (!connection->looked)
        look(r, c, connection);
    if (connection->server)
        r->server = connection->server;
}

void lync_sni_choose(request_rec *r)
{
    const lync_site_t *base = lync_config_site(r->connection->base_server), *site;

    if (!base || base->lookup != LYNC_LOOKUP_OURS || r->connection->vhost_lookup_data || !r->hostname)
        return;
    site = site_of(r, r->hostname);
    if (!site || site->server == r->server)
        return;
    r->server = site->server;
    r->per_dir_config = site->server->lookup_defaults;
}

/* Whether others could be meant by who connects to the listener's port. */
static int has_company(const lync_snapshot_t *snapshot, const lync_site_t *site, const server_rec *main)
{
    const server_addr_rec *address;
    const server_rec *s;
    int i;

    for (i = 0; i < snapshot->listeners->nelts; ++i) {
        const lync_listener_t *listener = LYNC_ITEM(snapshot->listeners, const lync_listener_t *, i);

        if (listener != site->listener && listener->port == site->listener->port)
            return 1;
    }
    for (s = main->next; s; s = s->next)
        for (address = lync_config_site(s) ? NULL : s->addrs; address; address = address->next)
            if (!address->host_port || address->host_port == site->listener->port)
                return 1;
    return 0;
}

/* Of a managed certificate httpd's list has names without a route, too. */
static int has_more_names(const lync_snapshot_t *snapshot, const lync_listener_t *listener)
{
    int i;

    for (i = 0; i < snapshot->sites->nelts; ++i) {
        const lync_site_t *site = LYNC_ITEM(snapshot->sites, const lync_site_t *, i);

        if (site->listener == listener && lync_is_managed(site->certificate))
            return 1;
    }
    return 0;
}

/* Who is not on httpd's list is refused by httpd. */
static int is_strict(const lync_site_t *site)
{
    const core_server_config *core = ap_get_core_module_config(site->server->module_config);

    return core->strict_host_check == AP_CORE_CONFIG_ON;
}

static lync_lookup_t lookup_of(const lync_snapshot_t *snapshot, const lync_site_t *site, const server_rec *main)
{
    int i, sites = 0;

    if (has_company(snapshot, site, main) || has_more_names(snapshot, site->listener) || is_strict(site))
        return LYNC_LOOKUP_HTTPD;
    for (i = 0; i < snapshot->sites->nelts; ++i)
        sites += LYNC_ITEM(snapshot->sites, const lync_site_t *, i)->listener == site->listener;
    return sites == 1 ? LYNC_LOOKUP_ONE : LYNC_LOOKUP_OURS;
}

static int post_config(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp, server_rec *s)
{
    const lync_snapshot_t *snapshot = lync_config_snapshot();
    int i;

    (void)pconf;
    (void)plog;
    (void)ptemp;
    for (i = 0; snapshot && i < snapshot->sites->nelts; ++i) {
        lync_site_t *site = LYNC_ITEM(snapshot->sites, lync_site_t *, i);

        site->lookup = lookup_of(snapshot, site, s);
    }
    return OK;
}

void lync_sni_register(apr_pool_t *p)
{
    (void)p;
    ap_hook_post_config(post_config, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_pre_read_request(pre_read_request, NULL, NULL, APR_HOOK_MIDDLE);
}
