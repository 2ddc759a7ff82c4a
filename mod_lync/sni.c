#include "mod_lync.h"

#include <apr_strings.h>
#include <http_connection.h>
#include <http_protocol.h>
#include <http_ssl.h>

/*
 * Until the Host field is read httpd uses the limits of the address's default virtual host, which
 * may be somebody else's and too small for a Negotiate token. A client that named one of our hosts
 * by SNI gets ours from the first byte of its request. The Host field decides afterwards as ever.
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

static server_rec *look(request_rec *r, conn_rec *c, const lync_snapshot_t *snapshot)
{
    const char *name = ap_ssl_conn_is_ssl(c) ? ap_ssl_var_lookup(r->pool, c->base_server, c, NULL, "SSL_TLS_SNI")
                                             : NULL;
    const lync_site_t *site;
    char *key;

    if (!name || !*name)
        return NULL;
    key = apr_psprintf(r->pool, "%s:%d", name, c->local_addr->port);
    ap_str_tolower(key);
    site = apr_hash_get(snapshot->by_sni, key, APR_HASH_KEY_STRING);
    return site ? site->server : NULL;
}

static void pre_read_request(request_rec *r, conn_rec *c)
{
    const lync_snapshot_t *snapshot = lync_config_snapshot();
    lync_connection_t *connection;

    if (!snapshot || c->master || !apr_hash_count(snapshot->by_sni) || lync_config_site(r->server))
        return;
    connection = lync_connection(c);
    if (!connection->looked)
        connection->server = look(r, c, snapshot);
    connection->looked = 1;
    if (connection->server)
        r->server = connection->server;
}

void lync_sni_register(apr_pool_t *p)
{
    (void)p;
    ap_hook_pre_read_request(pre_read_request, NULL, NULL, APR_HOOK_MIDDLE);
}
