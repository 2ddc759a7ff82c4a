#include "mod_lync.h"

#include <ap_listen.h>
#include <apr_strings.h>
#include <http_core.h>

static int wildcard(const lync_listener_t *listener)
{
    return !strcmp(listener->address, "*");
}

/* Whether others listen already where the listener wants to, or make it impossible. */
static const char *look(cmd_parms *cmd, const lync_listener_t *listener, int *there)
{
    apr_sockaddr_t *wanted = NULL;
    const ap_listen_rec *other;

    *there = 0;
    if (!wildcard(listener)
        && apr_sockaddr_info_get(&wanted, listener->address, APR_UNSPEC, (apr_port_t)listener->port, 0,
                                 cmd->temp_pool) != APR_SUCCESS)
        return apr_psprintf(cmd->pool, "listener '%s': '%s' is not an address", listener->name, listener->address);
    for (other = ap_listeners; other; other = other->next) {
        if (other->bind_addr->port != listener->port)
            continue;
        if (!other->bind_addr->hostname || apr_sockaddr_is_wildcard(other->bind_addr)
            || (wanted && apr_sockaddr_equal(wanted, other->bind_addr)))
            *there = 1;
    }
    for (other = ap_listeners; other && !*there && !wanted; other = other->next)
        if (other->bind_addr->port == listener->port)
            return apr_psprintf(cmd->pool, "listener '%s' is for every address of port %d, but 'Listen %s:%d' is only "
                                "for one: give the listener an address, or listen to the port on all",
                                listener->name, listener->port, other->bind_addr->hostname, listener->port);
    return NULL;
}

const char *lync_listen(cmd_parms *cmd, const lync_listener_t *listener)
{
    const char *complaint, *ip = listener->address;
    char *argv[2];
    int there;

    complaint = look(cmd, listener, &there);
    if (complaint || there)
        return complaint;
    if (strchr(ip, ':'))
        ip = apr_psprintf(cmd->pool, "[%s]", ip);
    argv[0] = wildcard(listener) ? apr_psprintf(cmd->pool, "%d", listener->port)
                                 : apr_psprintf(cmd->pool, "%s:%d", ip, listener->port);
    argv[1] = apr_pstrdup(cmd->pool, listener->scheme);
    return ap_set_listener(cmd, NULL, 2, argv);
}

/* Both forms on one port divide its clients by address, whatever name they ask for. */
static void advise(cmd_parms *cmd, const ap_directive_t *node, const char *address, const lync_listener_t *listener)
{
    const char *port = strrchr(address, ':');
    int other = !strncmp(address, "*:", 2) || !strncasecmp(address, "_default_:", 10);

    if (!port || atoi(port + 1) != listener->port || other == wildcard(listener)
        || (ap_state_query(AP_SQ_MAIN_STATE) == AP_SQ_MS_CREATE_PRE_CONFIG
            && ap_state_query(AP_SQ_RUN_MODE) == AP_SQ_RM_NORMAL))
        return;
    ap_log_error(APLOG_MARK, APLOG_WARNING, 0, cmd->server, LYNCNO(0001)
                 "listener '%s' (%s:%d) and <VirtualHost %s> of %s line %d divide port %d by address: requests for "
                 "%s address are answered only there", listener->name, listener->address, listener->port, address,
                 node->filename, node->line_num, listener->port, other ? "the listener's" : "the virtual host's");
}

void lync_listen_advise(cmd_parms *cmd, const lync_snapshot_t *snapshot)
{
    const ap_directive_t *node;
    int i;

    for (node = ap_conftree; node; node = node->next) {
        const char *arguments = node->args;
        char *address;

        if (strcasecmp(node->directive, "<VirtualHost"))
            continue;
        arguments = apr_pstrndup(cmd->temp_pool, arguments, strcspn(arguments, ">"));
        while (*(address = ap_getword_conf(cmd->temp_pool, &arguments)))
            for (i = 0; i < snapshot->listeners->nelts; ++i)
                advise(cmd, node, address, LYNC_ITEM(snapshot->listeners, const lync_listener_t *, i));
    }
}
