#ifndef LYNCADM_PLAN_H
#define LYNCADM_PLAN_H

#include "lyncadm.h"

/* plan: what firewall, DNS and CA have to know of a revision (lync-requirements §2 to §5). What is said of it, and
 * what of it is mandatory, is data: templates/publish/plan.json. */

/* A public name: a host that a listener publishes or redirects. */
typedef struct plan_name_t {
    const char *host;
    const char *kind;           /* member of dns.external in plan.json */
    const char *purpose;
    const lync_pool_t *pool;    /* that its root leads to, or else another path of it; NULL: to none */
    int root;                   /* its root does */
    int https;                  /* an https listener has it */
    apr_array_header_t *listeners;      /* of const lync_listener_t * */
} plan_name_t;

typedef struct plan_t {
    lyncadm_t *adm;
    apr_pool_t *pool;
    const lync_model_t *model;
    const json_t *words;        /* plan.json */
    apr_array_header_t *names;  /* of plan_name_t *, sorted by host */
    apr_array_header_t *public_addresses;       /* of const char *: what a person gave, sorted, each once */
    apr_array_header_t *internal_addresses;
    int check;                  /* names are looked up */
} plan_t;

/* plan.c */

/* An empty table for programs to know by noun, with text columns: names ends with NULL. */
lyncadm_rows_t *plan_table(plan_t *plan, const char *noun, const char *const *names);

/* Sorts texts (const char *), and leaves each once. */
void plan_sort(apr_array_header_t *texts);

/* Texts in one, with blanks between; NULL: there are none. */
const char *plan_join(const apr_array_header_t *texts, apr_pool_t *p);

/* plan_names.c */

/* Finds the public names. */
void plan_names(plan_t *plan);

/* The public name of this host, or NULL. */
const plan_name_t *plan_name(const plan_t *plan, const char *host);

/* A listener's addresses as seen from outside, as far as they are known: what a person gave, or else its own if that
 * is no private one. Of const char *. */
apr_array_header_t *plan_outside(const plan_t *plan, const lync_listener_t *listener);

/* What deployments.json calls the publishing of pools of this role: "pool", "director"; NULL: none. */
const char *plan_deployment(const plan_t *plan, const lync_pool_t *pool);

/* The names by which clients of a SIP domain look for its pool, of const char *: what services' labels say. */
apr_array_header_t *plan_discovery(const plan_t *plan, const char *domain);

/* plan_data.c, plan_certificates.c, plan_ports.c, plan_dns.c: the tables */

lyncadm_rows_t *plan_data(plan_t *plan);
lyncadm_rows_t *plan_certificates(plan_t *plan);
lyncadm_rows_t *plan_trust(plan_t *plan);
lyncadm_rows_t *plan_ports(plan_t *plan);

/* With check each name is looked up (plan_check.c); what is not right is a finding of adm. */
lyncadm_rows_t *plan_dns(plan_t *plan);

/* plan_lookup.c */

typedef struct plan_lookup_t {
    const char *host;
    int answered;               /* 0: neither addresses came nor that there are none */
    const char *canonical;      /* the name that it is an alias of, or NULL */
    apr_array_header_t *addresses;      /* of const char *, sorted, each once */
} plan_lookup_t;

/* Looks up hosts (const char *, each once) by the system's resolver, some at a time, each for 5 s at most:
 * host -> plan_lookup_t. */
apr_hash_t *plan_lookup(const apr_array_header_t *hosts, apr_pool_t *p);

/* plan_html.c */

/* All tables as one page, in plan's pool; made_from: "the draft", "revision 3". */
const char *plan_html(plan_t *plan, const char *made_from);

#endif
