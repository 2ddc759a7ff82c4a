#include <apr_lib.h>
#include <apr_strings.h>
#include <string.h>

#include "discovery.h"
#include "lyncadm.h"
#include "text.h"

/* Discovery documents: XML, JSON with Links, JSON as HAL has it, and what stands in an answer's head. */

#define LINKS "Links"
#define LOCATION "AccessLocation"

discovery_document_t *discovery_document(apr_pool_t *p)
{
    discovery_document_t *document = apr_pcalloc(p, sizeof(*document));

    document->links = apr_array_make(p, 8, sizeof(discovery_link_t));
    document->servers = apr_array_make(p, 4, sizeof(discovery_link_t));
    return document;
}

static void add_link(discovery_document_t *document, const char *token, const char *href)
{
    apr_pool_t *p = document->links->pool;
    discovery_link_t *link;

    if (document->links->nelts == DISCOVERY_LINKS) {
        ++document->left_out;
        return;
    }
    link = apr_array_push(document->links);
    link->token = discovery_shown(token ? token : "?", p);
    link->href = href;
}

static void add_server(discovery_document_t *document, const char *name, const char *host, const char *port)
{
    apr_pool_t *p = document->servers->pool;
    discovery_link_t *server;

    if (document->servers->nelts == DISCOVERY_LINKS)
        return;
    server = apr_array_push(document->servers);
    server->token = discovery_shown(name, p);
    server->href = discovery_shown(port ? apr_pstrcat(p, host, ":", port, NULL) : host, p);
}

static void take_location(discovery_document_t *document, const char *location)
{
    if (location)
        document->location = discovery_shown(location, document->links->pool);
}

static void take_element(discovery_document_t *document, const apr_xml_elem *element)
{
    const char *host = lyncadm_xml_attribute(element, "fqdn");

    if (!strcmp(element->name, "Link"))
        add_link(document, lyncadm_xml_attribute(element, "token"), lyncadm_xml_attribute(element, "href"));
    else if (host)
        add_server(document, element->name, host, lyncadm_xml_attribute(element, "port"));
}

/* Root, Domain or User, and what is in it; releases put each in a namespace of its own, or in none. */
static const lync_err_t *read_xml(discovery_document_t *document, char *text, apr_size_t size, const char *name,
                                  apr_pool_t *p)
{
    const apr_xml_elem *part, *one;
    apr_xml_doc *doc = NULL;

    LYNC_TRY(lyncadm_text_xml(text, size, name, "discovery document", &doc, p));
    if (strcmp(doc->root->name, "AutodiscoverResponse"))
        return lync_err(p, "document '%s' is no discovery document: its root is '%s'", name,
                        discovery_shown(doc->root->name, p));
    document->shape = "XML";
    take_location(document, lyncadm_xml_attribute(doc->root, LOCATION));
    for (part = doc->root->first_child; part; part = part->next) {
        for (one = part->first_child; one; one = one->next)
            take_element(document, one);
    }
    return NULL;
}

/* {"token": …, "href": …}, … */
static void take_links(discovery_document_t *document, const json_t *links)
{
    json_t *link;
    size_t i;

    json_array_foreach(links, i, link) {
        add_link(document, lyncadm_json_text(link, "token"), lyncadm_json_text(link, "href"));
    }
}

/* Root, Domain or User. */
static void take_part(discovery_document_t *document, const json_t *part)
{
    const char *name;
    json_t *member;

    take_links(document, json_object_get(part, LINKS));
    json_object_foreach((json_t *)part, name, member) {
        const json_t *port = json_object_get(member, "port");
        const char *host = lyncadm_json_text(member, "fqdn");
        apr_int64_t number = json_integer_value(port);

        if (host)
            add_server(document, name, host, json_is_integer(port)
                       ? apr_psprintf(document->servers->pool, "%" APR_INT64_T_FMT, number) : json_string_value(port));
    }
}

/* A relation has one link, or several. */
static void take_relations(discovery_document_t *document, const json_t *relations)
{
    const char *name;
    json_t *relation, *link;
    size_t i;

    json_object_foreach((json_t *)relations, name, relation) {
        if (json_is_object(relation))
            add_link(document, name, lyncadm_json_text(relation, "href"));
        json_array_foreach(relation, i, link) {
            add_link(document, name, lyncadm_json_text(link, "href"));
        }
    }
}

static const lync_err_t *read_json(discovery_document_t *document, const char *text, apr_size_t size, const char *name,
                                   apr_pool_t *p)
{
    const json_t *relations;
    json_t *json = NULL, *part;
    const char *member;

    LYNC_TRY(lyncadm_text_json(text, size, name, &json, p));
    relations = json_object_get(json, "_links");
    if (json_is_object(relations)) {
        document->shape = "HAL";
        take_relations(document, relations);
    }
    json_object_foreach(json, member, part) {
        if (json_is_array(json_object_get(part, LINKS))) {
            document->shape = document->shape ? document->shape : "links";
            take_part(document, part);
        }
    }
    take_location(document, lyncadm_json_text(json, LOCATION));
    if (document->shape)
        return NULL;
    return lync_err(p, "document '%s' is no discovery document: there are no links in it", name);
}

/* Without a type, its first character tells. */
static int is_xml(const char *type, const char *text)
{
    return type && strstr(type, "json") ? 0 : type && strstr(type, "xml") ? 1 : text[strspn(text, " \t\r\n")] == '<';
}

const lync_err_t *discovery_read(const char *bytes, apr_size_t length, const char *type, const char *name,
                                 discovery_document_t **document, apr_pool_t *p)
{
    apr_size_t size;
    char *text;

    *document = discovery_document(p);
    if (type && strstr(type, "html"))
        return lync_err(p, "document '%s' is a page (%s), no discovery document", name, discovery_shown(type, p));
    LYNC_TRY(lyncadm_text(bytes, length, name, &text, &size, p));
    if (is_xml(type, text))
        return read_xml(*document, text, size, name, p);
    return read_json(*document, text, size, name, p);
}

/* NAME="VALUE" of a challenge, from a place on; NULL: there is none. *end: behind it. */
static const char *parameter(const char *text, const char *name, const char **end, apr_pool_t *p)
{
    apr_size_t length = strlen(name);
    const char *at;

    for (at = text; *at; ++at) {
        if (strncasecmp(at, name, length) || at[length] != '=' || at[length + 1] != '"'
            || (at > text && !strchr(" ,", at[-1])))
            continue;
        at += length + 2;
        *end = at + strcspn(at, "\"");
        return **end ? apr_pstrmemdup(p, at, (apr_size_t)(*end - at)) : NULL;
    }
    return NULL;
}

void discovery_fields(const apr_table_t *fields, discovery_document_t *document)
{
    apr_pool_t *p = document->links->pool;
    const char *field, *url, *at;
    json_t *name;

    json_object_foreach(json_object_get(lyncadm_template(p, "discovery"), "fields"), field, name) {
        const char *value = apr_table_get(fields, field);

        if (value && json_is_null(name))
            add_link(document, field, value);
        for (at = value; at && !json_is_null(name) && (url = parameter(at, json_string_value(name), &at, p)) != NULL;)
            add_link(document, field, url);
    }
}
