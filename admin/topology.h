#ifndef LYNC_TOPOLOGY_H
#define LYNC_TOPOLOGY_H

#include "lyncadm.h"
#include "proposal.h"
#include "text.h"

/*
 * import topology: a topology document becomes a neutral struct (topology_read.c, topology_url.c),
 * that a proposal (topology_plan.c, topology_pool.c, topology_name.c). Which role means what is in
 * templates/publish/topology.json.
 */

#define TOPOLOGY_LIMIT 16       /* MB of a document */
#define TOPOLOGY_POOLS 500      /* also domains, servers of a pool, simple URLs */
#define TOPOLOGY_SERVICES 10000

typedef struct topology_url_t {
    const char *kind;           /* column of domain: meet, dialin, admin */
    const char *domain;         /* that it belongs to; NULL: that is guessed */
    const char *url;            /* as in the document */
    int active;                 /* handed out; the others still lead to meetings */
} topology_url_t;

typedef struct topology_cluster_t {
    const char *id;             /* what services are installed on */
    const char *name;           /* host name, lower case; when nothing of it is published, whatever the document has */
    apr_array_header_t *machines;       /* of const char *: the same of each; none: the cluster is the machine */
    int single;                 /* it can have only one machine */
    int checked;                /* its names are host names */
} topology_cluster_t;

typedef struct topology_port_t {
    int listening;              /* where the pool listens; 0: not said */
    int published;              /* which clients are told */
} topology_port_t;

typedef struct topology_service_t {
    const char *role;           /* as in the document */
    const json_t *meaning;      /* of the template; NULL: the role is not known */
    const char *installed;      /* id of a cluster */
    const topology_cluster_t *cluster;  /* NULL: there is none of this id */
    const char *release;        /* NULL: not known */
    const char *version;        /* NULL: not said */
    int is_director;
    const char *host;           /* external name, or NULL */
    apr_array_header_t *hosts;  /* of const char *: of URLs that override it */
    topology_port_t https, http;        /* of the external web site */
    int internal_https, internal_http;
    const char *url;            /* that clients reach an Office Web Apps farm by, or NULL */
    int is_external;            /* the farm is outside of the firewall */
} topology_service_t;

typedef struct topology_t {
    const char *name;           /* of the document */
    const char *shape;          /* what kind of document it is */
    apr_array_header_t *domains;        /* of const char *: SIP domains, the default one first */
    apr_array_header_t *urls;   /* of topology_url_t */
    int has_urls;               /* these are all: the document, or one beside it, says so */
    apr_array_header_t *clusters;       /* of topology_cluster_t * */
    apr_array_header_t *services;       /* of topology_service_t * */
    apr_array_header_t *warnings;       /* of const char *: what of it was not understood */
} topology_t;

/* topology_read.c */

/* The topology of a document's bytes; name is what errors call it. */
const lync_err_t *topology_read(const char *bytes, apr_size_t length, const char *name, topology_t **topology,
                                apr_pool_t *p) LYNC_MUST_USE;

/* Its parts: what is in namespaces of others is not found. */
typedef struct topology_reader_t {
    topology_t *topology;
    const apr_xml_doc *doc;
    const json_t *knowledge;    /* templates/publish/topology.json */
    apr_pool_t *pool;
} topology_reader_t;

typedef const lync_err_t *topology_visit_t(topology_reader_t *reader, const apr_xml_elem *element);

/* The first child of a name; NULL: there is none. */
const apr_xml_elem *topology_child(const topology_reader_t *reader, const apr_xml_elem *element, const char *name);

/* Whether an attribute's value is true. */
int topology_true(const char *value);

/* Calls visit for each child of this name; element may be NULL. */
const lync_err_t *topology_each(topology_reader_t *reader, const apr_xml_elem *element, const char *name,
                                topology_visit_t *visit) LYNC_MUST_USE;

/* A host name in lower case; what: whose it is. */
const lync_err_t *topology_host(const topology_reader_t *reader, const char *what, const char *value,
                                const char **result) LYNC_MUST_USE;

/* Whether a name is in an array of const char *; the error that there is more of something than the limit. */
int topology_has(const apr_array_header_t *names, const char *name);
const lync_err_t *topology_too_many(const topology_reader_t *reader, int limit, const char *what) LYNC_MUST_USE;

/* "1:2" of a ClusterId's SiteId and Number; NULL: it lacks one. */
const char *topology_cluster_id(const topology_reader_t *reader, const apr_xml_elem *element);

/* topology_service.c: adds a Service. */
topology_visit_t topology_take_service;

/* topology_url.c: simple URLs */

/* Adds what an element of the document, or KIND=URL as a person gives it, or the JSON or XML of
 * Get-CsSimpleUrlConfiguration says. */
const lync_err_t *topology_url_element(topology_t *topology, const apr_xml_elem *element, apr_pool_t *p) LYNC_MUST_USE;
const lync_err_t *topology_url_given(topology_t *topology, const char *text, apr_pool_t *p) LYNC_MUST_USE;
const lync_err_t *topology_url_document(topology_t *topology, const char *bytes, apr_size_t length, const char *name,
                                        apr_pool_t *p) LYNC_MUST_USE;

/* topology_plan.c, topology_pool.c, topology_name.c: what is to be published */

typedef struct topology_plan_t {
    const topology_t *topology;
    proposal_t *proposal;
    lyncadm_edit_t *edit, *aside;       /* of the proposal */
    const json_t *knowledge;    /* templates/publish/topology.json */
    lyncadm_rows_t *skipped;    /* for a person */
} topology_plan_t;

/* The plan, with the help of the draft: its listeners, and what it says already of what the document does not. */
const lync_err_t *topology_plan(lyncadm_edit_t *edit, const topology_t *topology, topology_plan_t **plan) LYNC_MUST_USE;

/* The pools with their servers and external names; Office Web Apps farms. */
const lync_err_t *topology_plan_pools(topology_plan_t *plan) LYNC_MUST_USE;

/* The SIP domains with simple URLs and discovery, which the Director answers, or else a pool. */
const lync_err_t *topology_plan_domains(topology_plan_t *plan) LYNC_MUST_USE;

/* The listener of a scheme on a port, made when there is none. */
const lync_err_t *topology_listener(topology_plan_t *plan, const char *scheme, int port,
                                    const lync_listener_t **listener) LYNC_MUST_USE;

/* Publishes a host as a deployment says, on the listener of the published port; what: what it is, for a person. */
const lync_err_t *topology_publish(topology_plan_t *plan, const char *deployment, const char *host, const char *pool,
                                   int port, const char *what) LYNC_MUST_USE;

/* topology.c: the command */

void topology_options(apr_array_header_t *options);
lyncadm_run_t lyncadm_import_topology;

#endif
