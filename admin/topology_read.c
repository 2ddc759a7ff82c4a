#include <apr_lib.h>
#include <apr_strings.h>
#include <string.h>

#include "topology.h"
#include "value.h"

/* A topology document, of either shape, as a neutral struct. What is in namespaces of others is not looked at. */

static const char *namespace_of(const topology_reader_t *reader, const apr_xml_elem *element)
{
    return element->ns < 0 ? "" : APR_XML_GET_URI_ITEM(reader->doc->namespaces, element->ns);
}

static int is_ours(const topology_reader_t *reader, const apr_xml_elem *element)
{
    const char *prefix = lyncadm_json_text(reader->knowledge, "namespace");

    return !strncmp(namespace_of(reader, element), prefix, strlen(prefix));
}

static int is(const topology_reader_t *reader, const apr_xml_elem *element, const char *name)
{
    return !strcmp(element->name, name) && is_ours(reader, element);
}

const apr_xml_elem *topology_child(const topology_reader_t *reader, const apr_xml_elem *element, const char *name)
{
    const apr_xml_elem *each = element ? element->first_child : NULL;

    while (each && !is(reader, each, name))
        each = each->next;
    return each;
}

int topology_true(const char *value)
{
    return value && (!strcasecmp(value, "true") || !strcmp(value, "1"));
}

const lync_err_t *topology_host(const topology_reader_t *reader, const char *what, const char *value,
                                const char **result)
{
    char *c;

    if (!value || !lync_value_is_host(value))
        return lync_err(reader->pool, "document '%s': %s '%s' is no host name", reader->topology->name, what,
                        value ? value : "");
    *result = c = apr_pstrdup(reader->pool, value);
    for (; *c; ++c)
        *c = apr_tolower(*c);
    return NULL;
}

const lync_err_t *topology_too_many(const topology_reader_t *reader, int limit, const char *what)
{
    return lync_err(reader->pool, "document '%s' has more than %d %s", reader->topology->name, limit, what);
}

/* Calls visit for each child of this name. */
const lync_err_t *topology_each(topology_reader_t *reader, const apr_xml_elem *element, const char *name,
                                topology_visit_t *visit)
{
    const apr_xml_elem *one;

    for (one = element ? element->first_child : NULL; one; one = one->next) {
        if (is(reader, one, name))
            LYNC_TRY(visit(reader, one));
    }
    return NULL;
}

int topology_has(const apr_array_header_t *names, const char *name)
{
    int i;

    for (i = 0; i < names->nelts; ++i) {
        if (!strcmp(APR_ARRAY_IDX(names, i, const char *), name))
            return 1;
    }
    return 0;
}

static const lync_err_t *take_domain(topology_reader_t *reader, const apr_xml_elem *element)
{
    apr_array_header_t *domains = reader->topology->domains;
    const char *name;

    LYNC_TRY(topology_host(reader, "SIP domain", lyncadm_xml_attribute(element, "Name"), &name));
    if (domains->nelts == TOPOLOGY_POOLS)
        return topology_too_many(reader, TOPOLOGY_POOLS, "SIP domains");
    if (!topology_has(domains, name))
        APR_ARRAY_PUSH(domains, const char *) = name;
    return NULL;
}

static const lync_err_t *take_domains(topology_reader_t *reader, const apr_xml_elem *element)
{
    const char *first = lyncadm_xml_attribute(element, "DefaultDomain"), *name;

    if (first) {
        LYNC_TRY(topology_host(reader, "default SIP domain", first, &name));
        if (!topology_has(reader->topology->domains, name))
            APR_ARRAY_PUSH(reader->topology->domains, const char *) = name;
    }
    return topology_each(reader, element, "InternalDomain", take_domain);
}

static const lync_err_t *take_url(topology_reader_t *reader, const apr_xml_elem *element)
{
    reader->topology->has_urls = 1;
    return topology_url_element(reader->topology, element, reader->pool);
}

/* "1:2" of SiteId and Number. */
const char *topology_cluster_id(const topology_reader_t *reader, const apr_xml_elem *element)
{
    const char *site = lyncadm_xml_attribute(element, "SiteId"), *number = lyncadm_xml_attribute(element, "Number");

    return site && number ? apr_pstrcat(reader->pool, site, ":", number, NULL) : NULL;
}

static topology_cluster_t *cluster_of(const topology_t *topology, const char *id)
{
    int i;

    for (i = 0; id && i < topology->clusters->nelts; ++i) {
        topology_cluster_t *cluster = APR_ARRAY_IDX(topology->clusters, i, topology_cluster_t *);

        if (!strcmp(cluster->id, id))
            return cluster;
    }
    return NULL;
}

/* A machine without a name is the cluster itself. */
static const lync_err_t *take_machine(topology_reader_t *reader, const apr_xml_elem *element)
{
    apr_array_header_t *clusters = reader->topology->clusters;
    topology_cluster_t *cluster = APR_ARRAY_IDX(clusters, clusters->nelts - 1, topology_cluster_t *);
    const char *name = lyncadm_xml_attribute(element, "Fqdn");

    if (!name || !*name)
        return NULL;
    if (cluster->machines->nelts == TOPOLOGY_POOLS)
        return topology_too_many(reader, TOPOLOGY_POOLS, "servers in a pool");
    APR_ARRAY_PUSH(cluster->machines, const char *) = name;
    return NULL;
}

static const lync_err_t *take_cluster(topology_reader_t *reader, const apr_xml_elem *element)
{
    topology_cluster_t *cluster = apr_pcalloc(reader->pool, sizeof(*cluster));
    const apr_xml_elem *id = topology_child(reader, element, "ClusterId");
    const char *name = lyncadm_xml_attribute(element, "Fqdn");

    cluster->name = name ? lync_one_line(apr_pstrdup(reader->pool, name)) : "";
    cluster->id = id ? topology_cluster_id(reader, id) : lyncadm_xml_attribute(element, "UniqueId");
    if (!cluster->id)
        return lync_err(reader->pool, "document '%s': pool '%s' has no UniqueId and no ClusterId",
                        reader->topology->name, cluster->name);
    if (cluster_of(reader->topology, cluster->id))
        return lync_err(reader->pool, "document '%s': pool '%s' has the id of pool '%s'", reader->topology->name,
                        cluster->name, cluster_of(reader->topology, cluster->id)->name);
    if (reader->topology->clusters->nelts == TOPOLOGY_POOLS)
        return topology_too_many(reader, TOPOLOGY_POOLS, "pools");
    cluster->machines = apr_array_make(reader->pool, 2, sizeof(const char *));
    cluster->single = topology_true(lyncadm_xml_attribute(element, "IsSingleMachineOnly"));
    APR_ARRAY_PUSH(reader->topology->clusters, topology_cluster_t *) = cluster;
    LYNC_TRY(topology_each(reader, element, "Machine", take_machine));
    return topology_each(reader, topology_child(reader, element, "Machines"), "Machine", take_machine);
}

static const lync_err_t *descend(topology_reader_t *reader, const apr_xml_elem *element);

static const lync_err_t *take(topology_reader_t *reader, const apr_xml_elem *element)
{
    if (is(reader, element, "InternalDomains"))
        return take_domains(reader, element);
    if (is(reader, element, "SimpleUrlConfiguration"))
        return topology_each(reader, element, "SimpleUrl", take_url);
    if (is(reader, element, "Clusters"))
        return topology_each(reader, element, "Cluster", take_cluster);
    if (is(reader, element, "Services"))
        return topology_each(reader, element, "Service", topology_take_service);
    if (is_ours(reader, element))
        return descend(reader, element);
    APR_ARRAY_PUSH(reader->topology->warnings, const char *) =
        apr_psprintf(reader->pool, "element '%s' of document '%s' is in namespace '%s', which is none of a "
                     "topology's: it was not looked at", element->name, reader->topology->name,
                     namespace_of(reader, element));
    return NULL;
}

/* The document's depth is bounded. */
static const lync_err_t *descend(topology_reader_t *reader, const apr_xml_elem *element)
{
    const apr_xml_elem *one;

    for (one = element->first_child; one; one = one->next) {
        if (reader->topology->warnings->nelts < 3 || is_ours(reader, one))
            LYNC_TRY(take(reader, one));
    }
    return NULL;
}

/* The element below which the topology is: a Topology Builder file has the one before, too. */
static const lync_err_t *find_root(topology_reader_t *reader, const apr_xml_elem **root)
{
    const apr_xml_elem *top = reader->doc->root;

    *root = NULL;
    reader->topology->shape = "published topology";
    if (is(reader, top, "Topology"))
        *root = top;
    if (is(reader, top, "TopologyBuilder")) {
        reader->topology->shape = "Topology Builder file";
        *root = topology_child(reader, top, "NewTopology");
    }
    if (*root)
        return NULL;
    return lync_err(reader->pool, "document '%s' is no topology: its root is '%s' (namespace '%s'), neither the "
                    "TopologyBuilder of a Topology Builder file nor the Topology of Get-CsTopology -AsXml",
                    reader->topology->name, top->name, namespace_of(reader, top));
}

/* Only what is published needs good names: a telephony gateway may have an address for one. */
static const lync_err_t *check_cluster(const topology_reader_t *reader, topology_cluster_t *cluster)
{
    apr_array_header_t *machines = apr_array_make(reader->pool, cluster->machines->nelts, sizeof(const char *));
    const char *name;
    int i;

    if (cluster->checked)
        return NULL;
    cluster->checked = 1;
    LYNC_TRY(topology_host(reader, "pool", cluster->name, &cluster->name));
    for (i = 0; i < cluster->machines->nelts; ++i) {
        LYNC_TRY(topology_host(reader, "server", APR_ARRAY_IDX(cluster->machines, i, const char *), &name));
        if (!topology_has(machines, name))
            APR_ARRAY_PUSH(machines, const char *) = name;
    }
    cluster->machines = machines;
    return NULL;
}

/* A document that was merged by hand may have services before their clusters. */
static const lync_err_t *join(topology_reader_t *reader)
{
    topology_t *topology = reader->topology;
    int i;

    for (i = 0; i < topology->services->nelts; ++i) {
        topology_service_t *service = APR_ARRAY_IDX(topology->services, i, topology_service_t *);
        topology_cluster_t *cluster = cluster_of(topology, service->installed);

        service->cluster = cluster;
        if (!lyncadm_json_text(service->meaning, "publish"))
            continue;
        if (cluster)
            LYNC_TRY(check_cluster(reader, cluster));
        else
            return lync_err(reader->pool, "document '%s': service '%s' is installed on '%s', which is no pool of it",
                            topology->name, service->role, service->installed ? service->installed : "");
    }
    return NULL;
}

const lync_err_t *topology_read(const char *bytes, apr_size_t length, const char *name, topology_t **topology,
                                apr_pool_t *p)
{
    topology_t *read = *topology = apr_pcalloc(p, sizeof(*read));
    topology_reader_t reader = { .topology = read, .knowledge = lyncadm_template(p, "topology"), .pool = p };
    const apr_xml_elem *root;
    apr_xml_doc *doc = NULL;
    apr_size_t size;
    char *text;

    read->name = name;
    read->domains = apr_array_make(p, 4, sizeof(const char *));
    read->urls = apr_array_make(p, 4, sizeof(topology_url_t));
    read->clusters = apr_array_make(p, 8, sizeof(topology_cluster_t *));
    read->services = apr_array_make(p, 32, sizeof(topology_service_t *));
    read->warnings = apr_array_make(p, 2, sizeof(const char *));
    LYNC_TRY(lyncadm_text(bytes, length, name, &text, &size, p));
    LYNC_TRY(lyncadm_text_xml(text, size, name, "topology", &doc, p));
    reader.doc = doc;
    LYNC_TRY(find_root(&reader, &root));
    LYNC_TRY(descend(&reader, root));
    return join(&reader);
}
