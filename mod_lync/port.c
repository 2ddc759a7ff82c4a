#include "mod_lync.h"

#include <apr_network_io.h>
#include <apr_strings.h>
#include <errno.h>
#include <http_core.h>

/*
 * httpd opens its ports after it has read its configuration, and ends when it cannot. So a reload
 * tries the ports that its last generation did not listen to before it says yes to a revision.
 */

static int is_any(const char *address)
{
    return !address || !strcmp(address, "*") || !strcmp(address, "0.0.0.0") || !strcmp(address, "::");
}

/* What the Listen lines of others, all known by now, mean for the listener's port; listen.c acts so. */
static const lync_err_t *look_at_others(const lync_listener_t *listener, int *there, cmd_parms *cmd)
{
    const ap_directive_t *node;
    const char *other = NULL;

    for (node = ap_conftree, *there = 0; node; node = node->next) {
        const char *args = node->args;
        char *host, *scope;
        apr_port_t port;

        if (strcasecmp(node->directive, "Listen")
            || apr_parse_addr_port(&host, &scope, &port, ap_getword_conf(cmd->temp_pool, &args), cmd->temp_pool)
               != APR_SUCCESS || port != listener->port)
            continue;
        if (is_any(host) || !strcmp(host, listener->address))
            *there = 1;
        other = host;
    }
    if (other && !*there && is_any(listener->address))
        return lync_err(cmd->pool, "listener '%s' is for every address of port %d, but 'Listen %s:%d' is only for one",
                        listener->name, listener->port, other, listener->port);
    return NULL;
}

static apr_status_t try_bind(apr_sockaddr_t *address, apr_pool_t *p)
{
    apr_socket_t *socket;
    apr_status_t rv = apr_socket_create(&socket, address->family, SOCK_STREAM, APR_PROTO_TCP, p);

    if (rv != APR_SUCCESS)
        return APR_SUCCESS;     /* a family that the system does not have: httpd leaves it out, too */
    rv = apr_socket_opt_set(socket, APR_SO_REUSEADDR, 1);
#if defined(AP_ENABLE_V4_MAPPED) && APR_HAVE_IPV6
    if (rv == APR_SUCCESS && address->family == APR_INET6)
        rv = apr_socket_opt_set(socket, APR_IPV6_V6ONLY, 0);
#endif
    if (rv == APR_SUCCESS)
        rv = apr_socket_bind(socket, address);
    if (rv == APR_SUCCESS)
        rv = apr_socket_listen(socket, 1);
    apr_socket_close(socket);
    return rv;
}

const lync_err_t *lync_port_test(const lync_listener_t *listener, cmd_parms *cmd)
{
    const char *host = is_any(listener->address) ? NULL : listener->address;
    apr_sockaddr_t *addresses = NULL, *address;
    apr_status_t rv;
    char reason[120], *ip;
    int there;

    LYNC_TRY(look_at_others(listener, &there, cmd));
    if (there)
        return NULL;
    rv = apr_sockaddr_info_get(&addresses, host, APR_UNSPEC, (apr_port_t)listener->port, 0, cmd->temp_pool);
    for (address = addresses; address; address = address->next)
        if (apr_sockaddr_ip_get(&ip, address) == APR_SUCCESS && lync_good_listens(ip, listener->port, cmd->temp_pool))
            return NULL;
    /* of "any address" the first is the IPv6 one, which takes IPv4 along */
    if (addresses)
        rv = try_bind(addresses, cmd->temp_pool);
    if (rv == APR_SUCCESS)
        return NULL;
    /* httpd opens the new one before it closes the old one, and the system does not take both */
    if (APR_TO_OS_ERROR(rv) == EADDRINUSE && lync_good_listens(NULL, listener->port, cmd->temp_pool))
        return lync_err(cmd->pool, "listener '%s' cannot listen on %s:%d: httpd itself listens to another address of that "
                        "port, which a reload cannot change: stop httpd, apply, and start it", listener->name,
                        listener->address, listener->port);
    return lync_err(cmd->pool, "listener '%s' cannot listen on %s:%d: %s", listener->name, listener->address,
                    listener->port, apr_strerror(rv, reason, sizeof(reason)));
}
