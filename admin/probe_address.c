#include <apr_network_io.h>
#include <apr_strings.h>
#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <string.h>

#include "probe.h"

/* Where a listener is reached from this host. */

#define OWN 4                   /* addresses of this host that are tried besides loopback's */

static void add(apr_array_header_t *addresses, const char *address)
{
    APR_ARRAY_PUSH(addresses, const char *) = address;
}

static const char *text_of(const struct ifaddrs *one, apr_pool_t *p)
{
    char text[INET6_ADDRSTRLEN];
    const void *address = NULL;

    if (!one->ifa_addr || !(one->ifa_flags & IFF_UP) || one->ifa_flags & IFF_LOOPBACK)
        return NULL;
    if (one->ifa_addr->sa_family == AF_INET)
        address = &((const struct sockaddr_in *)(const void *)one->ifa_addr)->sin_addr;
    else if (one->ifa_addr->sa_family == AF_INET6)
        address = &((const struct sockaddr_in6 *)(const void *)one->ifa_addr)->sin6_addr;
    if (!address || (one->ifa_addr->sa_family == AF_INET6 && IN6_IS_ADDR_LINKLOCAL((const struct in6_addr *)address))
        || !inet_ntop(one->ifa_addr->sa_family, address, text, sizeof(text)))
        return NULL;
    return apr_pstrdup(p, text);
}

/* Another site may have loopback's addresses to itself, as pages about the server's state do. */
static void add_own(apr_array_header_t *addresses)
{
    struct ifaddrs *all = NULL;
    const struct ifaddrs *one;
    int count = 0;

    if (getifaddrs(&all))
        return;
    for (one = all; one && count < OWN; one = one->ifa_next) {
        const char *address = text_of(one, addresses->pool);

        if (address) {
            add(addresses, address);
            ++count;
        }
    }
    freeifaddrs(all);
}

apr_array_header_t *probe_addresses(const lync_listener_t *listener, apr_pool_t *p)
{
    apr_array_header_t *addresses = apr_array_make(p, 2 + OWN, sizeof(const char *));
    int six = !strcmp(listener->address, "::"), four = !strcmp(listener->address, "0.0.0.0");

    if (!six && !four && strcmp(listener->address, "*")) {
        add(addresses, listener->address);
        return addresses;
    }
    if (!six)
        add(addresses, "127.0.0.1");
    if (!four)
        add(addresses, "::1");
    add_own(addresses);
    return addresses;
}
