#ifndef LYNC_APACHE_PLAN_H
#define LYNC_APACHE_PLAN_H

#include "apache.h"
#include "proposal.h"

/* What an old configuration proposes. */

typedef struct apache_plan_t {
    apache_t *apache;
    const apr_array_header_t *sites;    /* of apache_site_t * */
    proposal_t *proposal;
    lyncadm_edit_t *edit;       /* the one aside, whose model is what is proposed */
    apr_pool_t *pool;
    apr_hash_t *ports;          /* "POOL https" -> const int *: where its members are asked by the old one */
    int lacks_ca;               /* a pool lacks what is needed to write it */
    lyncadm_rows_t *skipped, *dangers;
    apr_hash_t *told;           /* "DANGER FILE:LINE" */
} apache_plan_t;

/* The plan. What it cannot say is in skipped, not an error. */
const lync_err_t *apache_plan(lyncadm_edit_t *edit, apache_t *apache, const apr_array_header_t *sites,
                              apache_plan_t **plan) LYNC_MUST_USE;

/* apache_host.c: the routes of a public name on a listener */

/* Whether, by its name, a host is for discovery, of an Office Web Apps farm, of something else than Lync. */
typedef int apache_is_t(const apache_plan_t *plan, const char *host);
apache_is_t apache_is_discovery, apache_is_farm, apache_is_other;

/* Whether all names of a site are so; it has some. */
int apache_all(const apache_plan_t *plan, const apache_site_t *site, apache_is_t *is);

/* Publishes what a site's rules lead somewhere of a host. */
const lync_err_t *apache_plan_host(apache_plan_t *plan, const apache_site_t *site, const lync_listener_t *listener,
                                   const char *host) LYNC_MUST_USE;

/* apache_pool.c: the pool that a rule leads to; *pool is NULL when it cannot be said, which was noted */
const lync_err_t *apache_plan_pool(apache_plan_t *plan, const apache_site_t *site, const apache_rule_t *rule,
                                   const char *host, const lync_pool_t **pool) LYNC_MUST_USE;

/* A setting that holds for connections to the pool: in <Proxy URL>, or around the rule; NULL: there is none. */
const apache_node_t *apache_proxy_setting(const apache_t *apache, const apache_site_t *site, const apache_rule_t *rule,
                                          const char *name);

/* Whether it leads to the site that clients inside use. */
int apache_is_internal(const apache_plan_t *plan, const apache_member_t *member, const char *host);

/* apache_listener.c: the listener of a site's address, made when there is none, with its certificate */
const lync_err_t *apache_plan_listener(apache_plan_t *plan, const apache_site_t *site, const apache_address_t *address,
                                       const lync_listener_t **listener) LYNC_MUST_USE;

/* Binds the certificate of a site for a host, unless it is the listener's default. */
const lync_err_t *apache_plan_binding(apache_plan_t *plan, const apache_site_t *site, const lync_listener_t *listener,
                                      const char *host) LYNC_MUST_USE;

/* The policy whose lowest version is that of a site's SSLProtocol, or of what it says for pools; NULL: it says none
 * that a policy has. */
const char *apache_policy(apache_plan_t *plan, const apache_node_t *protocol);

/* apache_danger.c: adds what is dangerous of the old configuration */
void apache_dangers(apache_plan_t *plan);

/* Tells of a danger at a directive, once; detail may be NULL. */
void apache_danger(apache_plan_t *plan, const char *danger, const apache_node_t *node, const char *detail);

/* apache_danger_path.c: dangers of what is asked for: what is reached, what is refused, clear text */
void apache_path_dangers(apache_plan_t *plan, const apache_site_t *site);

/* apache.c: the command */

void apache_options(apr_array_header_t *options);
lyncadm_run_t lyncadm_import_apache;

#endif
