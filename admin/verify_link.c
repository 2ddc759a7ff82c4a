#include <apr_strings.h>
#include <string.h>

#include "host.h"
#include "publish.h"
#include "verify_discovery.h"

/* Where a link leads by what the store has: to a listener that publishes it, or why not. */

typedef struct place_t {
    const verify_t *verify;
    const json_t *words;        /* of discovery.json */
    const discovery_url_t *url;
    verify_link_t *link;
} place_t;

static int is_of_pool(const verify_t *verify, const char *host)
{
    int i;

    for (i = 0; i < verify->model->rows[LYNC_SERVER]->nelts; ++i) {
        const lync_server_t *server = LYNC_ROW(verify->model, LYNC_SERVER, i);

        if (!strcmp(server->host, host) || !strcasecmp(server->pool, host))
            return 1;
    }
    return 0;
}

/* A name that only its own network knows. */
static int is_internal(const place_t *place)
{
    const char *host = place->url->host, *last = strrchr(host, '.');

    return !last || is_of_pool(place->verify, host)
           || lyncadm_json_has(json_object_get(json_object_get(place->words, "internal"), "suffixes"), last + 1);
}

/* A neighbour of a published name, or within a SIP domain. */
static int is_own(const place_t *place)
{
    const verify_t *verify = place->verify;
    int i;

    for (i = 0; i < verify->plan.names->nelts; ++i) {
        const char *parent = strchr(APR_ARRAY_IDX(verify->plan.names, i, const plan_name_t *)->host, '.');

        if (parent && strchr(parent + 1, '.') && lyncadm_is_below(place->url->host, parent + 1))
            return 1;
    }
    for (i = 0; i < verify->model->rows[LYNC_DOMAIN]->nelts; ++i) {
        const lync_domain_t *domain = LYNC_ROW(verify->model, LYNC_DOMAIN, i);

        if (!strcmp(place->url->host, domain->name) || lyncadm_is_below(place->url->host, domain->name))
            return 1;
    }
    return 0;
}

/* The listener of the URL's scheme and port; *ports: of the scheme alone. */
static const lync_listener_t *listener_of(const place_t *place, const char **ports)
{
    const lync_listener_t *found = NULL;
    apr_pool_t *p = place->verify->pool;
    int i;

    *ports = NULL;
    for (i = 0; i < place->link->name->listeners->nelts; ++i) {
        const lync_listener_t *listener = APR_ARRAY_IDX(place->link->name->listeners, i, const lync_listener_t *);
        const char *port = apr_itoa(p, listener->port);

        if (strcmp(listener->scheme, place->url->scheme))
            continue;
        *ports = *ports ? apr_pstrcat(p, *ports, " or ", port, NULL) : port;
        if (listener->port == place->url->port)
            found = listener;
    }
    return found;
}

/* Whether what is bound for the host names it. */
static int is_named(const place_t *place)
{
    const lync_model_t *model = place->verify->model;
    const lync_binding_t *binding = lync_host_binding(model, place->link->listener->name, place->url->host);
    const lync_certificate_t *certificate = binding ? lync_model_find(model, LYNC_CERTIFICATE, binding->certificate)
                                                    : NULL;

    place->link->came = certificate ? apr_psprintf(place->verify->pool, "certificate '%s'", certificate->name)
                                    : "no certificate";
    return certificate && lync_certificate_covers(certificate, place->url->host);
}

static const char *at_listener(const place_t *place)
{
    const discovery_url_t *url = place->url;
    verify_link_t *link = place->link;
    int https = !strcmp(url->scheme, "https");

    link->listener = listener_of(place, &link->ports);
    if (!link->ports)
        return https ? "unpublished" : "clear";
    if (!link->listener) {
        link->came = apr_psprintf(place->verify->pool, "port %d", url->port);
        return "port";
    }
    if (!verify_is_published(place->verify, link->listener, url->host, url->target, &link->route)) {
        link->came = link->route ? link->route->action : "no route";
        return https ? "path" : "clear";
    }
    return https && !is_named(place) ? "certificate" : NULL;
}

void verify_link(const verify_t *verify, const json_t *words, const discovery_url_t *url, verify_link_t *link)
{
    place_t place = { verify, words, url, link };

    memset(link, 0, sizeof(*link));
    link->fault = url->fault;
    if (link->fault)
        return;
    link->name = plan_name(&verify->plan, url->host);
    link->came = url->host;
    if (link->name)
        link->fault = at_listener(&place);
    else
        link->fault = is_internal(&place) ? "internal" : is_own(&place) ? "unpublished" : "elsewhere";
}
