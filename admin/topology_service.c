#include <apr_strings.h>
#include <apr_uri.h>
#include <string.h>

#include "topology.h"
#include "value.h"

/* The services of a topology document: role, ports, names. */

static const lync_err_t *port(const topology_reader_t *reader, const apr_xml_elem *element, const char *name,
                              int *number)
{
    const char *value = lyncadm_xml_attribute(element, name);

    if (!value || lync_value_int(value, 1, 65535, number))
        return NULL;
    return lync_err(reader->pool, "document '%s': %s '%s' is no port from 1 to 65535", reader->topology->name, name,
                    value);
}

static int is_web_port(const topology_reader_t *reader, const apr_xml_elem *element)
{
    const json_t *port = json_object_get(reader->knowledge, "port");
    const char *owner = lyncadm_xml_attribute(element, "Owner"), *usage = lyncadm_xml_attribute(element, "Usage");

    return owner && usage && !strcmp(owner, lyncadm_json_text(port, "owner"))
           && !strcmp(usage, lyncadm_json_text(port, "usage"));
}

static const lync_err_t *take_port(topology_reader_t *reader, const apr_xml_elem *element)
{
    apr_array_header_t *services = reader->topology->services;
    topology_service_t *service = APR_ARRAY_IDX(services, services->nelts - 1, topology_service_t *);
    const char *side = lyncadm_xml_attribute(element, "InterfaceSide");
    const char *protocol = lyncadm_xml_attribute(element, "Protocol");
    topology_port_t found = { 0, 0 };
    int is_https;

    if (!is_web_port(reader, element) || !side || !protocol)
        return NULL;
    is_https = !strcasecmp(protocol, "https");
    LYNC_TRY(port(reader, element, "Port", &found.listening));
    found.published = found.listening;
    LYNC_TRY(port(reader, element, "ConfiguredPort", &found.published));
    if (!strcasecmp(side, "External"))
        *(is_https ? &service->https : &service->http) = found;
    else
        *(is_https ? &service->internal_https : &service->internal_http) = found.listening;
    return NULL;
}

/* What overrides single URLs names other hosts: whichever attribute or text of whichever element has them. */
static const lync_err_t *take_override(topology_reader_t *reader, topology_service_t *service, const char *value)
{
    const char *begin = value && (!strncasecmp(value, "https://", 8) || !strncasecmp(value, "http://", 7))
                        ? strstr(value, "://") + 3 : NULL, *name;

    if (!begin)
        return NULL;
    LYNC_TRY(topology_host(reader, "host of an URL that overrides others,", apr_pstrmemdup(reader->pool, begin,
                  strcspn(begin, ":/?#")), &name));
    if (service->hosts->nelts == TOPOLOGY_POOLS)
        return topology_too_many(reader, TOPOLOGY_POOLS, "URLs that override others");
    if (!topology_has(service->hosts, name))
        APR_ARRAY_PUSH(service->hosts, const char *) = name;
    return NULL;
}

static const lync_err_t *take_overrides(topology_reader_t *reader, topology_service_t *service,
                                        const apr_xml_elem *element)
{
    const apr_xml_attr *attribute;

    for (element = element ? element->first_child : NULL; element; element = element->next) {
        for (attribute = element->attr; attribute; attribute = attribute->next)
            LYNC_TRY(take_override(reader, service, attribute->value));
        LYNC_TRY(take_override(reader, service, lyncadm_xml_content(element, reader->pool)));
        LYNC_TRY(take_overrides(reader, service, element));
    }
    return NULL;
}

/* Clients ask under the host and port of the farm's own URL; one that is not of https has none. */
static const lync_err_t *take_office(topology_reader_t *reader, topology_service_t *service, const char *url)
{
    const char *host = url && !strncasecmp(url, "https://", 8) ? url + 8 : NULL;
    const char *end = host ? host + strcspn(host, ":/?#") : "";
    int port = apr_uri_port_of_scheme("https");

    service->url = url ? lync_one_line(apr_pstrdup(reader->pool, url)) : "";
    if (!host)
        return NULL;
    LYNC_TRY(topology_host(reader, "host of an Office Web Apps farm,", apr_pstrmemdup(reader->pool, host, end - host),
                           &service->host));
    if (*end == ':' && !lync_value_int(apr_pstrmemdup(reader->pool, end + 1, strcspn(end + 1, "/?#")), 1, 65535, &port))
        return lync_err(reader->pool, "document '%s': the port of '%s' is none from 1 to 65535", reader->topology->name,
                        url);
    service->https.listening = service->https.published = port;
    return NULL;
}

static const lync_err_t *take_web(topology_reader_t *reader, topology_service_t *service, const apr_xml_elem *element)
{
    const apr_xml_elem *web = topology_child(reader, element, "WebService");
    const apr_xml_elem *external = topology_child(reader, web, "ExternalSettings");
    const apr_xml_elem *office = topology_child(reader, element, "WacService"), *registrar;
    const char *value = external ? lyncadm_xml_attribute(external, "Host") : NULL;

    if (value && *value)
        LYNC_TRY(topology_host(reader, "external host", value, &service->host));
    LYNC_TRY(take_overrides(reader, service, topology_child(reader, external, "OverrideUrls")));
    registrar = topology_child(reader, element, "RegistrarService");
    service->is_director = registrar && topology_true(lyncadm_xml_attribute(registrar, "IsDirector"));
    service->is_external = office && topology_true(lyncadm_xml_attribute(office, "IsExternal"));
    if (office)
        LYNC_TRY(take_office(reader, service, lyncadm_xml_attribute(office, "DiscoveryUrl")));
    return topology_each(reader, topology_child(reader, element, "Ports"), "Port", take_port);
}

static const json_t *meaning_of(const topology_reader_t *reader, const char *role)
{
    json_t *meaning;
    size_t i;

    json_array_foreach(json_object_get(reader->knowledge, "roles"), i, meaning) {
        if (!strcmp(lyncadm_json_text(meaning, "role"), role))
            return meaning;
    }
    return NULL;
}

const lync_err_t *topology_take_service(topology_reader_t *reader, const apr_xml_elem *element)
{
    topology_service_t *service = apr_pcalloc(reader->pool, sizeof(*service));
    const apr_xml_elem *id = topology_child(reader, element, "ServiceId");
    const char *role = lyncadm_xml_attribute(id ? id : element, "RoleName");
    const apr_xml_elem *installed = topology_child(reader, topology_child(reader, element, "InstalledOn"), "ClusterId");

    if (!role)
        return NULL;
    service->role = lync_one_line(apr_pstrdup(reader->pool, role));
    if (reader->topology->services->nelts == TOPOLOGY_SERVICES)
        return topology_too_many(reader, TOPOLOGY_SERVICES, "services");
    service->meaning = meaning_of(reader, service->role);
    service->installed = installed ? topology_cluster_id(reader, installed)
                                   : lyncadm_xml_attribute(element, "InstalledOn");
    service->version = lyncadm_xml_attribute(element, "ServiceVersion");
    service->release = service->version
                       ? lyncadm_json_text(json_object_get(reader->knowledge, "releases"), service->version) : NULL;
    service->hosts = apr_array_make(reader->pool, 2, sizeof(const char *));
    APR_ARRAY_PUSH(reader->topology->services, topology_service_t *) = service;
    return take_web(reader, service, element);
}
