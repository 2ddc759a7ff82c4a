#ifndef LYNC_VERIFY_DISCOVERY_H
#define LYNC_VERIFY_DISCOVERY_H

#include "discovery.h"
#include "verify.h"

/* The closure of discovery: every link that its documents hand out is followed as far as this proxy publishes it. */

/* Where a URL leads. */
typedef struct verify_link_t {
    const char *fault;          /* member of faults in discovery.json: why nobody gets there; NULL: clients do */
    const char *came;           /* what there is in the place of what is to be; NULL: the URL tells */
    const char *ports;          /* of the listeners that have the host, "443 or 8443"; NULL: none has */
    const plan_name_t *name;    /* NULL: the host is none of the public names */
    const lync_listener_t *listener;
    const lync_route_t *route;
} verify_link_t;

/* verify_link.c: finds that out, by the store alone; words: discovery.json. */
void verify_link(const verify_t *verify, const json_t *words, const discovery_url_t *url, verify_link_t *link);

/* verify_discovery.c: follows the links in the answers to those checks whose rules have links, and adds a check for
 * each link. The checks have been asked and judged. */
const lync_err_t *verify_discovery(verify_t *verify) LYNC_MUST_USE;

#endif
