#ifndef LYNC_PIN_H
#define LYNC_PIN_H

#include "mod_lync.h"
#include "proxy.h"

/* Connections to a pool that belong to one client connection. */

/* Whether the request bears credentials that authenticate a connection. */
int lync_pin_credentials(const request_rec *r);

/* OK, or the status that refuses a request that would have to be pinned and must not be. */
int lync_pin_refuse(request_rec *r, const lync_target_t *target);

/* The worker, in the target's balancer, of the server that the client connection is bound to;
 * NULL when it is not, or when that server is unusable, which ends the pin. */
proxy_worker *lync_pin_member(request_rec *r, const lync_target_t *target);

/* Puts the private copy in the place of *worker, the member's, when the request is to be pinned.
 * OK, or 502 when it is and cannot: of 503 mod_proxy would conclude that the server is down, and
 * everybody who is bound to it would lose his pin. The client gets 503 nevertheless. */
int lync_pin_worker(request_rec *r, const lync_target_t *target, const lync_member_t *member, proxy_worker **worker);

/* The request is over: from now on its pin, if it has one, is idle. */
void lync_pin_done(request_rec *r, const lync_target_t *target);

#endif
