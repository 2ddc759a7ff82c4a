#include "session.h"

#include <openssl/ssl.h>

/*
 * TLS sessions with a pool's servers are kept for the next connection, which mod_ssl does not do: it
 * then costs a fraction of a handshake. The certificate of a resumed session is not verified again. So:
 *
 * 1. What is kept stems from a full handshake that verified certificate and name; renewed by the server
 *    in a resumed one it is as old as that handshake.
 * 2. It is offered to the same server, in the same backend (its SSL_CTX: anchors, name, TLS policy), by
 *    the same child, which is of one generation. OpenSSL checks it, too: the session id context.
 * 3. It is good for LIFETIME. For as long none is offered after a handshake of any child with that
 *    server failed, so that none from before is any good then.
 * 4. Probes do not resume: they see what the server presents now.
 *
 * Of anything else a full handshake comes. A place is emptied by who takes from it: no lock, and no
 * session is in two connections, of which TLS 1.3 advises (RFC 8446, C.4).
 */

#define PLACES 4
#define LIFETIME 300            /* seconds */

struct lync_sessions_t {
    SSL_SESSION *place[PLACES];
};

static lync_sessions_t **sessions;      /* by backend->index, by index of its members; NULL: not in a child */
static int ssl_index = -1;              /* SSL -> lync_sessions_t, of one that may resume */
static int verified_index = -1;         /* SSL_SESSION -> when it was verified, in seconds since 1970 */

static apr_uint32_t now(void)
{
    return (apr_uint32_t)apr_time_sec(apr_time_now());
}

static apr_uint32_t verified(const SSL_SESSION *session)
{
    return (apr_uint32_t)(apr_uintptr_t)SSL_SESSION_get_ex_data(session, verified_index);
}

static SSL_SESSION *swap(SSL_SESSION **place, SSL_SESSION *session)
{
    return __atomic_exchange_n(place, session, __ATOMIC_ACQ_REL);
}

static void empty(lync_sessions_t *of)
{
    int i;

    for (i = 0; i < PLACES; ++i)
        SSL_SESSION_free(swap(&of->place[i], NULL));
}

static lync_sessions_t *of_connection(const SSL *ssl)
{
    return ssl_index < 0 ? NULL : SSL_get_ex_data(ssl, ssl_index);
}

static lync_sessions_t *find(const lync_backend_t *backend, const lync_member_t *member)
{
    int i;

    for (i = 0; sessions && i < backend->members->nelts; ++i)
        if (LYNC_ITEM(backend->members, lync_member_t *, i) == member)
            return &sessions[backend->index][i];
    return NULL;
}

/* The clock may have been set back: what is from the future is not good. */
static int is_good(const SSL_SESSION *session)
{
    apr_uint32_t at = verified(session), time = now();

    return at && at <= time && time - at < LIFETIME && SSL_SESSION_is_resumable(session);
}

void lync_session_offer(SSL *ssl, const lync_backend_t *backend, const lync_member_t *member, apr_uint32_t failed_at)
{
    lync_sessions_t *of = find(backend, member);
    int i, offered = 0;

    if (!of || !SSL_set_ex_data(ssl, ssl_index, of) || (failed_at && now() < failed_at + LIFETIME))
        return;
    for (i = 0; i < PLACES && !offered; ++i) {
        SSL_SESSION *session = swap(&of->place[i], NULL);

        offered = session && is_good(session) && SSL_set_session(ssl, session);
        SSL_SESSION_free(session);
    }
}

/* mod_ssl makes the context of the client's virtual host when pre_handshake is over; names that share
 * a pool would not share its sessions, and OpenSSL ends a handshake that resumes one of another. */
void lync_session_start(const SSL *ssl)
{
    const lync_sessions_t *of = of_connection(ssl);

    if (of)
        SSL_set_session_id_context((SSL *)ssl, (const unsigned char *)&of, sizeof(of));
}

/* Whether all certificates that were verified are good for as long as the session would be. */
static int lasts(const SSL *ssl)
{
    const STACK_OF(X509) *chain = SSL_get0_verified_chain(ssl);
    time_t end = (time_t)(now() + LIFETIME);
    int i;

    for (i = 0; i < sk_X509_num(chain); ++i)
        if (X509_cmp_time(X509_get0_notAfter(sk_X509_value(chain, i)), &end) <= 0)
            return 0;
    return i > 0 && SSL_get_verify_result(ssl) == X509_V_OK && SSL_get_verify_mode(ssl) & SSL_VERIFY_PEER;
}

/* A copy: what becomes of the connection does not concern it, and nobody else writes to it. */
static void keep(lync_sessions_t *of, const SSL_SESSION *session)
{
    SSL_SESSION *copy, *before = NULL;
    int i;

    copy = is_good(session) ? SSL_SESSION_dup(session) : NULL;
    if (!copy)
        return;
    for (i = 0; i < PLACES; ++i, before = NULL)
        if (__atomic_compare_exchange_n(&of->place[i], &before, copy, 0, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
            return;
    SSL_SESSION_free(swap(&of->place[0], copy));
}

/* TLS 1.3 has sessions come after the handshake; before, they are there when it is done. */
static int come(SSL *ssl, SSL_SESSION *session)
{
    lync_sessions_t *of = of_connection(ssl);

    if (of && SSL_version(ssl) >= TLS1_3_VERSION)
        keep(of, session);
    return 0;
}

void lync_session_done(const SSL *ssl)
{
    lync_sessions_t *of = of_connection(ssl);
    SSL_SESSION *session = SSL_get_session(ssl);

    if (!of || !session)
        return;
    if (!SSL_session_reused(ssl))
        SSL_SESSION_set_ex_data(session, verified_index, lasts(ssl) ? (void *)(apr_uintptr_t)now() : NULL);
    if (SSL_version(ssl) < TLS1_3_VERSION)
        keep(of, session);
}

void lync_session_failed(const SSL *ssl)
{
    lync_sessions_t *of = of_connection(ssl);

    if (of)
        empty(of);
}

/* mod_ssl's own cache is for its clients' sessions, and locked. */
void lync_session_prepare(SSL_CTX *context)
{
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(context, come);
    SSL_CTX_sess_set_get_cb(context, NULL);
    SSL_CTX_sess_set_remove_cb(context, NULL);
}

static apr_status_t release(void *data)
{
    const lync_snapshot_t *snapshot = data;
    int i, j;

    for (i = 0; i < snapshot->backends->nelts; ++i)
        for (j = 0; j < LYNC_ITEM(snapshot->backends, lync_backend_t *, i)->members->nelts; ++j)
            empty(&sessions[i][j]);
    return APR_SUCCESS;
}

/* The places outlive the child's pool, which a stop that is not graceful destroys while threads work. */
static void child_init(apr_pool_t *p, server_rec *s)
{
    const lync_snapshot_t *snapshot = lync_config_snapshot();
    apr_pool_t *pconf = s->process->pconf;
    lync_sessions_t **made;
    int i;

    if (!snapshot || !snapshot->members->nelts)
        return;
    ssl_index = SSL_get_ex_new_index(0, NULL, NULL, NULL, NULL);
    verified_index = SSL_SESSION_get_ex_new_index(0, NULL, NULL, NULL, NULL);
    if (ssl_index < 0 || verified_index < 0)
        return;
    made = apr_pcalloc(pconf, sizeof(*made) * (apr_size_t)snapshot->backends->nelts);
    for (i = 0; i < snapshot->backends->nelts; ++i) {
        const lync_backend_t *backend = LYNC_ITEM(snapshot->backends, lync_backend_t *, i);

        made[backend->index] = apr_pcalloc(pconf, sizeof(**made) * (apr_size_t)backend->members->nelts);
    }
    sessions = made;
    apr_pool_cleanup_register(p, snapshot, release, apr_pool_cleanup_null);
}

void lync_session_register(apr_pool_t *p)
{
    (void)p;
    ap_hook_child_init(child_init, NULL, NULL, APR_HOOK_MIDDLE);
}
