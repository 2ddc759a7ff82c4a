#ifndef LYNC_SESSION_H
#define LYNC_SESSION_H

#include "mod_lync.h"

#include <openssl/ssl.h>

/* TLS sessions with the servers of pools, kept by each child; called by handshake.c. In any thread. */

/* Of a server in a backend. */
typedef struct lync_sessions_t lync_sessions_t;

/* While mod_ssl makes a backend's SSL_CTX: sessions with its servers come to us. */
void lync_session_prepare(SSL_CTX *context);

/* Before a handshake for a request: one that is kept is offered to the server, and what comes of it is kept. Failed_at:
 * when a handshake with the server failed last, in seconds since 1970, 0: never; for a while none is offered then. */
void lync_session_offer(SSL *ssl, const lync_backend_t *backend, const lync_member_t *member, apr_uint32_t failed_at);

/* As a handshake starts, succeeds and fails; nothing for one that was not offered to. */
void lync_session_start(const SSL *ssl);
void lync_session_done(const SSL *ssl);
void lync_session_failed(const SSL *ssl);

#endif
