/*
 * A server of a pool that costs next to nothing: backend ADDRESS PORT CHAIN KEY. What it answers stands in the query:
 * bytes=N (200) of body; hold: nothing until somebody asks for release; pending: how many wait so. X-Host tells
 * the Host that arrived.
 */
#include "conn.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define FILES 65536

static SSL_CTX *tls;
static int listener;
static conn_t *held[FILES];     /* by fd */
static unsigned pending;

static void answer(conn_t *conn, size_t bytes)
{
    const char *host = strcasestr(conn->head, "\r\nHost:");
    int length;

    host = host ? host + 7 + (host[7] == ' ') : "";
    length = (int)strcspn(host, "\r");
    snprintf(conn->out, sizeof(conn->out), "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nX-Host: %.*s\r\n"
             "X-Pending: %u\r\nContent-Length: %zu\r\n\r\n", length < 256 ? length : 256, host, pending, bytes);
    conn_send(conn, bytes);
}

static void release(void)
{
    int fd;

    for (fd = 0; fd < FILES; ++fd) {
        conn_t *conn = held[fd];

        if (!conn)
            continue;
        held[fd] = NULL;
        --pending;
        answer(conn, 200);
        conn_wake(conn);
    }
}

void conn_received(conn_t *conn)
{
    const char *query = memchr(conn->head, '?', strcspn(conn->head, "\r"));
    const char *bytes = query ? strstr(query, "bytes=") : NULL;

    if (query && strncmp(query, "?hold", 5) == 0) {
        held[conn->fd] = conn;
        ++pending;
        conn->data = (void *)(long)conn->fd;
        return;
    }
    if (query && strncmp(query, "?release", 8) == 0)
        release();
    answer(conn, bytes ? strtoul(bytes + 6, NULL, 10) : 200);
}

void conn_opened(conn_t *conn)
{
    (void)conn;
}

void conn_closed(conn_t *conn)
{
    long fd = (long)conn->data;

    if (held[fd] == conn) {
        held[fd] = NULL;
        --pending;
    }
    free(conn);
}

void conn_accept(void)
{
    int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    conn_t *conn;
    SSL *ssl;

    if (fd < 0 || fd >= FILES) {
        if (fd >= 0)
            close(fd);
        return;
    }
    conn = calloc(1, sizeof(*conn));
    ssl = SSL_new(tls);
    SSL_set_accept_state(ssl);
    conn_start(conn, fd, ssl);
}

int main(int argc, char **argv)
{
    struct sockaddr_in address = { .sin_family = AF_INET };
    int on = 1;

    if (argc != 5) {
        fprintf(stderr, "usage: backend ADDRESS PORT CHAIN KEY\n");
        return 2;
    }
    conn_init();
    tls = conn_context(TLS_server_method());
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
    for (;;)
        conn_wait(-1);
}
