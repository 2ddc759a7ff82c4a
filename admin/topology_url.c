#include <apr_strings.h>
#include <string.h>

#include "topology.h"

/*
 * Simple URLs, wherever they are from. An object has a component (Meet), a domain ("*": of all) and an active URL: as
 * attributes in a Topology Builder file, as members in the JSON of Get-CsSimpleUrlConfiguration, and as children that
 * bear the members' names in what ConvertTo-Xml (Name) and Export-Clixml (N) make of it.
 */

#define COMPONENT "Component"
#define DOMAIN "Domain"
#define ACTIVE "ActiveUrl"
#define OTHER "Url"

static const lync_err_t *add(topology_t *topology, const char *component, const char *domain, const char *url,
                             int active, apr_pool_t *p)
{
    const json_t *kinds = json_object_get(lyncadm_template(p, "topology"), "kinds");
    const char *name;
    json_t *kind;
    int i;

    if (!url || !*url)
        return NULL;
    for (i = 0; i < topology->urls->nelts; ++i) {
        if (!strcmp(APR_ARRAY_IDX(topology->urls, i, topology_url_t).url, url))
            return NULL;
    }
    if (topology->urls->nelts == TOPOLOGY_POOLS)
        return lync_err(p, "document '%s' has more than %d simple URLs", topology->name, TOPOLOGY_POOLS);
    json_object_foreach((json_t *)kinds, name, kind) {
        topology_url_t *added;

        if (strcasecmp(name, component))
            continue;
        added = apr_array_push(topology->urls);
        added->kind = json_string_value(kind);
        added->domain = domain && *domain && strcmp(domain, "*") ? domain : NULL;
        added->url = url;
        added->active = active;
        return NULL;
    }
    APR_ARRAY_PUSH(topology->warnings, const char *) =
        apr_psprintf(p, "simple URL '%s' is of component '%s', which is not known: it is not published", url,
                     component);
    return NULL;
}

const lync_err_t *topology_url_element(topology_t *topology, const apr_xml_elem *element, apr_pool_t *p)
{
    const char *component = lyncadm_xml_attribute(element, COMPONENT), *domain = lyncadm_xml_attribute(element, DOMAIN);
    const apr_xml_elem *entry;

    if (!component)
        return NULL;
    LYNC_TRY(add(topology, component, domain, lyncadm_xml_attribute(element, ACTIVE), 1, p));
    for (entry = element->first_child; entry; entry = entry->next)
        LYNC_TRY(add(topology, component, domain, lyncadm_xml_attribute(entry, OTHER), 0, p));
    return NULL;
}

const lync_err_t *topology_url_given(topology_t *topology, const char *text, apr_pool_t *p)
{
    const char *end = strchr(text, '=');
    const json_t *kinds = json_object_get(lyncadm_template(p, "topology"), "kinds");
    const char *name;
    json_t *kind;

    json_object_foreach((json_t *)kinds, name, kind) {
        const char *word = json_string_value(kind);

        if (end && strlen(word) == (apr_size_t)(end - text) && !strncmp(word, text, end - text))
            return add(topology, name, NULL, end + 1, 1, p);
    }
    return lync_err(p, "simple URL '%s' is no KIND=URL such as meet=https://meet.contoso.com", text);
}

static const lync_err_t *take_json(topology_t *topology, const json_t *value, apr_pool_t *p)
{
    const char *component = lyncadm_json_text(value, COMPONENT), *domain = lyncadm_json_text(value, DOMAIN);
    const char *name;
    json_t *member;
    size_t i;

    if (component) {
        LYNC_TRY(add(topology, component, domain, lyncadm_json_text(value, ACTIVE), 1, p));
        json_array_foreach(json_object_get(value, "SimpleUrlEntry"), i, member) {
            LYNC_TRY(add(topology, component, domain, lyncadm_json_text(member, OTHER), 0, p));
        }
    }
    json_object_foreach((json_t *)value, name, member) {
        LYNC_TRY(take_json(topology, member, p));
    }
    json_array_foreach(value, i, member) {
        LYNC_TRY(take_json(topology, member, p));
    }
    return NULL;
}

static const char *member(const apr_xml_elem *element, const char *name, apr_pool_t *p)
{
    const apr_xml_elem *each;

    for (each = element->first_child; each; each = each->next) {
        const char *is = lyncadm_xml_attribute(each, "N");

        is = is ? is : lyncadm_xml_attribute(each, "Name");
        if (is && !strcmp(is, name))
            return lyncadm_xml_content(each, p);
    }
    return NULL;
}

static const lync_err_t *take_xml(topology_t *topology, const apr_xml_elem *element, apr_pool_t *p)
{
    const char *component = member(element, COMPONENT, p);
    const apr_xml_elem *each;

    LYNC_TRY(topology_url_element(topology, element, p));
    if (component)
        LYNC_TRY(add(topology, component, member(element, DOMAIN, p), member(element, ACTIVE, p), 1, p));
    for (each = element->first_child; each; each = each->next)
        LYNC_TRY(take_xml(topology, each, p));
    return NULL;
}

const lync_err_t *topology_url_document(topology_t *topology, const char *bytes, apr_size_t length, const char *name,
                                        apr_pool_t *p)
{
    int before = topology->urls->nelts;
    apr_xml_doc *doc = NULL;
    json_t *json = NULL;
    apr_size_t size;
    char *text;

    LYNC_TRY(lyncadm_text(bytes, length, name, &text, &size, p));
    if (text[strspn(text, " \t\r\n")] == '<') {
        LYNC_TRY(lyncadm_text_xml(text, size, name, "topology", &doc, p));
        LYNC_TRY(take_xml(topology, doc->root, p));
    }
    else {
        LYNC_TRY(lyncadm_text_json(text, size, name, &json, p));
        LYNC_TRY(take_json(topology, json, p));
    }
    topology->has_urls = 1;
    return topology->urls->nelts > before ? NULL
        : lync_err(p, "document '%s' names no simple URL: it is to be what Get-CsSimpleUrlConfiguration | "
                   "ConvertTo-Json -Depth 5 prints", name);
}
