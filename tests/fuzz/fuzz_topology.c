/* A topology document, or what says its simple URLs, as anybody may have sent it. */

#include "fuzz.h"

#include <stdio.h>
#include <stdlib.h>

#include "../../admin/topology.h"
#include "value.h"

static int is_port(int port)
{
    return port >= 0 && port <= 65535;
}

/* What is published has names of hosts, and ports. */
static void check_service(const topology_service_t *service)
{
    int i;

    PROMISE(service->role && is_port(service->https.listening) && is_port(service->https.published));
    PROMISE(is_port(service->http.listening) && is_port(service->http.published));
    PROMISE(!service->host || lync_value_is_host(service->host));
    for (i = 0; i < service->hosts->nelts; ++i)
        PROMISE(lync_value_is_host(APR_ARRAY_IDX(service->hosts, i, const char *)));
    if (!lyncadm_json_text(service->meaning, "publish"))
        return;
    PROMISE(service->cluster && lync_value_is_host(service->cluster->name));
    for (i = 0; i < service->cluster->machines->nelts; ++i)
        PROMISE(lync_value_is_host(APR_ARRAY_IDX(service->cluster->machines, i, const char *)));
}

void fuzz_one(const uint8_t *data, size_t size, apr_pool_t *p)
{
    topology_t *topology, urls = { .name = "fuzz", .urls = apr_array_make(p, 4, sizeof(topology_url_t)),
                                   .warnings = apr_array_make(p, 4, sizeof(const char *)) };
    int i;

    if (!topology_url_document(&urls, (const char *)data, size, "fuzz", p))
        PROMISE(urls.urls->nelts > 0);
    if (topology_read((const char *)data, size, "fuzz", &topology, p))
        return;
    for (i = 0; i < topology->domains->nelts; ++i)
        PROMISE(lync_value_is_host(APR_ARRAY_IDX(topology->domains, i, const char *)));
    for (i = 0; i < topology->services->nelts; ++i)
        check_service(APR_ARRAY_IDX(topology->services, i, const topology_service_t *));
}
