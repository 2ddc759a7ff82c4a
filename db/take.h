#ifndef LYNC_TAKE_H
#define LYNC_TAKE_H

#include "lync.h"

/* What of a revision a running httpd can take over without a reload: other routes, to where it has connections. */

/* Why a httpd that was started with a revision cannot take another one over, as "revision 7 …" goes on; in p. NULL:
 * it can. The same are then listeners, certificates, bindings, pools, servers, profiles, TLS policies and the hosts of
 * each listener, and routes publish to nowhere new. Pure: of files it knows nothing. */
const char *lync_take_refusal(const lync_model_t *from, const lync_model_t *to, apr_pool_t *p);

/* The other revision, as far as they differ a copy in p; the rest is the first one's. */
lync_model_t *lync_take_model(const lync_model_t *from, const lync_model_t *to, apr_pool_t *p);

/* Whether rows of a noun may differ. */
int lync_take_noun(lync_noun_id_t noun);

#endif
