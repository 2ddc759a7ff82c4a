/*
 * A server of a pool that costs next to nothing: backend ADDRESS PORT CHAIN KEY [tls=1.2]. No later version with that.
 * What it answers stands in the query:
 *   bytes=N (200)   of body
 *   hold, hold=MS   nothing until somebody asks for release, or for so long; X-Pending tells how many wait so
 *   release         answers those
 *   created         201
 *   close           as its connection's last
 *   bearer          401 without a ticket
 *   ntlm            401 until the connection is authenticated (ntlm.h)
 * X-Host tells the Host that arrived, X-TLS what its connection agreed upon, X-Resumed whether it resumed a session,
 * X-User whom it was authenticated as, whatever is asked for, X-Bearer whose ticket came with the request; "-" is
 * nobody.
 */
#include "conn.h"
#include "latency.h"
#include "ntlm.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define FILES 65536
#define TICK 5                  /* milliseconds, in which held answers may be late */
#define TICKET "Bearer cwt="

typedef struct {
    conn_t conn;
    char user[NTLM_NAME + 1];   /* empty: nobody yet */
    unsigned long challenge;    /* that was not answered yet; 0: none */
    int held;                   /* the fd as which it is; 0: nothing is */
    double due;                 /* of the answer that is held; 0: when it is released */
} peer_t;

static SSL_CTX *tls;
static int listener, highest;
static peer_t *held[FILES];     /* by fd */
static unsigned pending, timed;
static unsigned long challenges;

/* Up to the end of the line; empty when the request has no such field. */
static const char *field(const conn_t *conn, const char *name, int *length)
{
    const char *value = strcasestr(conn->head, name);

    value = value ? value + strlen(name) : "";
    value += *value == ' ';
    *length = (int)strcspn(value, "\r");
    if (*length > 256)
        *length = 256;
    return value;
}

/* What follows a word of the query; NULL: it is not there. */
static const char *word(const conn_t *conn, const char *name)
{
    const char *end = conn->head + strcspn(conn->head, "\r");
    const char *at = memchr(conn->head, '?', (size_t)(end - conn->head));
    size_t length = strlen(name);

    while (at && at < end) {
        if (strncmp(at + 1, name, length) == 0 && strchr("=& ", at[1 + length]))
            return at + 1 + length;
        at = memchr(at + 1, '&', (size_t)(end - at - 1));
    }
    return NULL;
}

static void answer(peer_t *peer, const char *status, const char *fields)
{
    conn_t *conn = &peer->conn;
    const char *bytes = word(conn, "bytes");
    int host_len, bearer_len;
    const char *host = field(conn, "\r\nHost:", &host_len);
    const char *bearer = field(conn, "\r\nAuthorization: " TICKET, &bearer_len);
    size_t count = bytes ? strtoul(bytes + 1, NULL, 10) : 200;

    if (bearer_len > NTLM_NAME)
        bearer_len = NTLM_NAME;
    conn->last = word(conn, "close") != NULL;
    snprintf(conn->out, sizeof(conn->out), "HTTP/1.1 %s\r\nContent-Type: text/plain\r\nX-Host: %.*s\r\n"
             "X-TLS: %s %s\r\nX-Resumed: %d\r\nX-User: %s\r\nX-Bearer: %.*s\r\nX-Pending: %u\r\n%s%s"
             "Content-Length: %zu\r\n\r\n",
             status, host_len, host, SSL_get_version(conn->ssl), SSL_get_cipher(conn->ssl),
             SSL_session_reused(conn->ssl), *peer->user ? peer->user : "-", bearer_len ? bearer_len : 1,
             bearer_len ? bearer : "-", pending, fields, conn->last ? "Connection: close\r\n" : "", count);
    conn_send(conn, count);
}

static void hold(peer_t *peer, const char *value)
{
    int fd = peer->conn.fd;

    peer->held = fd;
    peer->due = *value == '=' ? latency_now() + atoi(value + 1) / 1e3 : 0;
    held[fd] = peer;
    highest = fd > highest ? fd : highest;
    ++pending;
    timed += peer->due != 0;
}

static void let_go(peer_t *peer)
{
    held[peer->held] = NULL;
    peer->held = 0;
    --pending;
    timed -= peer->due != 0;
}

/* Those whose time has come; time 0: those that wait for release. */
static void release(double time)
{
    int fd;

    for (fd = 0; fd <= highest; ++fd) {
        peer_t *peer = held[fd];

        if (!peer || (time == 0 ? peer->due != 0 : peer->due == 0 || peer->due > time))
            continue;
        let_go(peer);
        answer(peer, "200 OK", "");
        conn_wake(&peer->conn);
    }
}

/* Whether the connection is somebody's; otherwise this is answered. */
static int authenticated(peer_t *peer)
{
    int length;
    const char *sent = field(&peer->conn, "\r\nAuthorization:", &length);
    char challenge[512];

    if (strncmp(sent, NTLM_AUTHENTICATE, strlen(NTLM_AUTHENTICATE)) == 0) {
        sent += strlen(NTLM_AUTHENTICATE);
        if (peer->challenge && strtoul(strndupa(sent, NTLM_DIGITS), NULL, 16) == peer->challenge)
            snprintf(peer->user, sizeof(peer->user), "%s", sent + NTLM_DIGITS);
        peer->challenge = 0;
    } else if (strncmp(sent, NTLM_NEGOTIATE, strlen(NTLM_NEGOTIATE)) == 0) {
        *peer->user = '\0';
        peer->challenge = ((unsigned long)getpid() << 32) + ++challenges;
        snprintf(challenge, sizeof(challenge), "WWW-Authenticate: " NTLM_CHALLENGE "%0*lx%0*d\r\n", NTLM_DIGITS,
                 peer->challenge, 240, 0);
        answer(peer, "401 Unauthorized", challenge);
        return 0;
    }
    if (!*peer->user)
        answer(peer, "401 Unauthorized", "WWW-Authenticate: Negotiate\r\nWWW-Authenticate: NTLM\r\n");
    return *peer->user != '\0';
}

void conn_received(conn_t *conn)
{
    peer_t *peer = (peer_t *)conn;
    const char *value = word(conn, "hold");

    if (word(conn, "ntlm") && !authenticated(peer))
        return;
    if (word(conn, "bearer") && !strcasestr(conn->head, "\r\nAuthorization: " TICKET)) {
        answer(peer, "401 Unauthorized", "WWW-Authenticate: Bearer trusted_issuers=\"\"\r\n"
               "WWW-Authenticate: MsRtcOAuth href=\"/webticket/oauthtoken\"\r\n");
        return;
    }
    if (value) {
        hold(peer, value);
        return;
    }
    if (word(conn, "release"))
        release(0);
    answer(peer, word(conn, "created") ? "201 Created" : "200 OK", "");
}

void conn_opened(conn_t *conn)
{
    (void)conn;
}

void conn_closed(conn_t *conn)
{
    peer_t *peer = (peer_t *)conn;

    if (peer->held)
        let_go(peer);
    free(peer);
}

void conn_accept(void)
{
    int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    peer_t *peer;
    SSL *ssl;

    if (fd < 0 || fd >= FILES) {
        if (fd >= 0)
            close(fd);
        return;
    }
    peer = calloc(1, sizeof(*peer));
    ssl = SSL_new(tls);
    SSL_set_accept_state(ssl);
    conn_start(&peer->conn, fd, ssl);
}

int main(int argc, char **argv)
{
    struct sockaddr_in address = { .sin_family = AF_INET };
    int on = 1;

    if (argc < 5 || argc > 6 || (argc == 6 && strcmp(argv[5], "tls=1.2") != 0)) {
        fprintf(stderr, "usage: backend ADDRESS PORT CHAIN KEY [tls=1.2]\n");
        return 2;
    }
    conn_init();
    tls = conn_context(TLS_server_method());
    if (argc == 6)
        SSL_CTX_set_max_proto_version(tls, TLS1_2_VERSION);
    if (SSL_CTX_use_certificate_chain_file(tls, argv[3]) != 1 ||
        SSL_CTX_use_PrivateKey_file(tls, argv[4], SSL_FILETYPE_PEM) != 1) {
        fprintf(stderr, "backend: cannot use '%s' and '%s'\n", argv[3], argv[4]);
        return 1;
    }
    listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    address.sin_port = htons((unsigned short)atoi(argv[2]));
    inet_pton(AF_INET, argv[1], &address.sin_addr);
    if (bind(listener, (struct sockaddr *)&address, sizeof(address)) != 0 || listen(listener, 4096) != 0) {
        perror("backend");
        return 1;
    }
    conn_listen(listener);
    for (;;) {
        conn_wait(timed ? TICK : -1);
        if (timed)
            release(latency_now());
    }
}
