#ifndef LYNC_HOST_H
#define LYNC_HOST_H

#include <apr_hash.h>

#include "lync.h"

/* The public names of a listener. */

/* Those that have routes on it, of const char *, each once; entries point into the model. */
apr_array_header_t *lync_hosts(const lync_model_t *model, const char *listener, apr_pool_t *p);

/* The binding for a host, its own or the listener's default ('*' as host); NULL: none. */
const lync_binding_t *lync_host_binding(const lync_model_t *model, const char *listener, const char *host);

/* Its certificate; NULL: none. */
const lync_certificate_t *lync_host_certificate(const lync_model_t *model, const char *listener, const char *host);

/* What https listeners on the address of an http listener publish: host -> const int *, the port (443 if
 * more than one has the host). Points into the model. */
apr_hash_t *lync_hosts_elsewhere(const lync_model_t *model, const lync_listener_t *http, apr_pool_t *p);

/* The SIP domain whose clients look for this host by https, then by http (services' labels say so); points into host.
 * NULL: it is no such host. */
const char *lync_host_domain(const lync_model_t *model, const char *host);

#endif
