#include "host.h"

#include <string.h>

/* Rows come by listener and host. */
apr_array_header_t *lync_hosts(const lync_model_t *model, const char *listener, apr_pool_t *p)
{
    apr_array_header_t *hosts = apr_array_make(p, 16, sizeof(const char *));
    const char *last = "";
    int i;

    for (i = 0; i < model->rows[LYNC_ROUTE]->nelts; ++i) {
        const lync_route_t *route = LYNC_ROW(model, LYNC_ROUTE, i);

        if (strcmp(route->listener, listener) || !strcmp(route->host, last))
            continue;
        last = route->host;
        APR_ARRAY_PUSH(hosts, const char *) = last;
    }
    return hosts;
}

const lync_binding_t *lync_host_binding(const lync_model_t *model, const char *listener, const char *host)
{
    const lync_binding_t *initial = NULL, *own = NULL;
    int i;

    for (i = 0; i < model->rows[LYNC_BINDING]->nelts; ++i) {
        const lync_binding_t *binding = LYNC_ROW(model, LYNC_BINDING, i);

        if (strcmp(binding->listener, listener))
            continue;
        if (!strcmp(binding->host, host))
            own = binding;
        if (!strcmp(binding->host, "*"))
            initial = binding;
    }
    return own ? own : initial;
}

const lync_certificate_t *lync_host_certificate(const lync_model_t *model, const char *listener, const char *host)
{
    const lync_binding_t *binding = lync_host_binding(model, listener, host);

    return binding ? lync_model_find(model, LYNC_CERTIFICATE, binding->certificate) : NULL;
}

static int same_address(const lync_listener_t *a, const lync_listener_t *b)
{
    return !strcmp(a->address, "*") || !strcmp(b->address, "*") || !strcmp(a->address, b->address);
}

apr_hash_t *lync_hosts_elsewhere(const lync_model_t *model, const lync_listener_t *http, apr_pool_t *p)
{
    apr_hash_t *elsewhere = apr_hash_make(p);
    int i, j;

    for (i = 0; i < model->rows[LYNC_LISTENER]->nelts; ++i) {
        const lync_listener_t *listener = LYNC_ROW(model, LYNC_LISTENER, i);

        if (strcmp(listener->scheme, "https") || !same_address(listener, http))
            continue;
        for (j = 0; j < model->rows[LYNC_ROUTE]->nelts; ++j) {
            const lync_route_t *route = LYNC_ROW(model, LYNC_ROUTE, j);

            if (!strcmp(route->listener, listener->name)
                && (listener->port == 443 || !apr_hash_get(elsewhere, route->host, APR_HASH_KEY_STRING)))
                apr_hash_set(elsewhere, route->host, APR_HASH_KEY_STRING, &listener->port);
        }
    }
    return elsewhere;
}

const char *lync_host_domain(const lync_model_t *model, const char *host)
{
    int i;

    for (i = 0; i < model->rows[LYNC_SERVICE]->nelts; ++i) {
        const lync_service_t *service = LYNC_ROW(model, LYNC_SERVICE, i);
        apr_size_t length = service->label ? strlen(service->label) : 0;

        if (length && !strncmp(host, service->label, length) && host[length] == '.')
            return host + length + 1;
    }
    return NULL;
}
