#ifndef LYNC_PUBLISH_H
#define LYNC_PUBLISH_H

#include "lyncadm.h"

/* publish.c: routes from templates; publish_command.c adds the commands */

typedef struct lyncadm_publish_t {
    lyncadm_edit_t *edit;
    const json_t *deployment;   /* of templates/publish/deployments.json */
    const lync_listener_t *listener;
    const char *host;           /* public name */
    const char *pool;           /* NULL: nothing is published */
    const char *release;        /* NULL: all */
    const char *url_path;       /* of a simple URL, or NULL */
} lyncadm_publish_t;

/* The listener of a scheme: the one that the option names, or the only one. */
const lync_err_t *lyncadm_publish_listener(lyncadm_edit_t *edit, const char *scheme, const char *option,
                                           const lync_listener_t **listener) LYNC_MUST_USE;

/* The pool that --via names. */
const lync_err_t *lyncadm_publish_via(lyncadm_edit_t *edit, const char **pool) LYNC_MUST_USE;

/* Writes the routes that the templates stand for. */
const lync_err_t *lyncadm_publish_routes(lyncadm_publish_t *publish, const json_t *templates) LYNC_MUST_USE;

/* The deployment of a name. Never NULL. */
const json_t *lyncadm_publish_deployment(apr_pool_t *p, const char *name);

/* Refuses a host that is published to another pool already. */
const lync_err_t *lyncadm_publish_host(lyncadm_publish_t *publish) LYNC_MUST_USE;

lyncadm_run_t lyncadm_unpublish;

/* publish_pool.c, simple_url.c, discover.c: by what is published */

lyncadm_run_t lyncadm_publish_pool;
lyncadm_run_t lyncadm_publish_url;
lyncadm_run_t lyncadm_publish_domain;

/* What the publish commands do to an edit whose listener and pool are known: the name that a SIP domain's clients look
 * for first (publish->host is it), a simple URL of a kind, which is kept with a domain (NULL: the one that its host
 * tells, "": none). */
const char *lyncadm_publish_discover_host(apr_pool_t *p, const json_t *deployment, const char *domain);
const lync_err_t *lyncadm_publish_discover(lyncadm_publish_t *publish) LYNC_MUST_USE;
const lync_err_t *lyncadm_publish_simple_url(lyncadm_publish_t *publish, const char *kind, const char *url,
                                             const char *domain) LYNC_MUST_USE;

/* The path of a simple URL, "" for its host's root; *host gets the name. */
const char *lyncadm_url_split(apr_pool_t *p, const char *url, const char **host);

/* Whether a host is below a domain; case does not matter. */
int lyncadm_is_below(const char *host, const char *domain);

#endif
