#include "conn.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#define EVENTS 256
#define CHUNK 16384

static int epoll = -1;

void conn_init(void)
{
    struct rlimit files;

    prctl(PR_SET_PDEATHSIG, SIGTERM);
    signal(SIGPIPE, SIG_IGN);
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    epoll = epoll_create1(EPOLL_CLOEXEC);
}

SSL_CTX *conn_context(const SSL_METHOD *method)
{
    SSL_CTX *context = SSL_CTX_new(method);

    if (!context) {
        ERR_print_errors_fp(stderr);
        exit(1);
    }
    SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                     SSL_MODE_RELEASE_BUFFERS);
    return context;
}

static void watch(int fd, unsigned events, void *data, int operation)
{
    struct epoll_event event = { .events = events, .data.ptr = data };

    if (epoll_ctl(epoll, operation, fd, &event) != 0) {
        perror("epoll_ctl");
        exit(1);
    }
}

void conn_listen(int fd)
{
    watch(fd, EPOLLIN, NULL, EPOLL_CTL_ADD);
}

void conn_start(conn_t *conn, int fd, SSL *ssl)
{
    int on = 1;

    conn->fd = fd;
    conn->ssl = ssl;
    conn->open = conn->ending = conn->last = conn->in_body = 0;
    conn->head_len = conn->left = conn->out_len = conn->body_len = conn->sent = 0;
    conn->wants = EPOLLIN | EPOLLOUT;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    SSL_set_fd(ssl, fd);
    watch(fd, conn->wants, conn, EPOLL_CTL_ADD);
}

void conn_dial(conn_t *conn, SSL *ssl, int port, const char *host)
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons((unsigned short)port),
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    if (fd < 0) {
        perror("socket");
        exit(1);
    }
    SSL_set_tlsext_host_name(ssl, host);
    SSL_set_connect_state(ssl);
    (void)!connect(fd, (struct sockaddr *)&address, sizeof(address));
    conn_start(conn, fd, ssl);
}

void conn_send(conn_t *conn, size_t body_len)
{
    conn->out_len = strlen(conn->out);
    conn->body_len = body_len;
    conn->sent = 0;
}

void conn_wake(conn_t *conn)
{
    conn->wants = EPOLLIN | EPOLLOUT;
    watch(conn->fd, conn->wants, conn, EPOLL_CTL_MOD);
}

/* Whether there is more to come once the socket is ready. */
static int blocked(conn_t *conn, int result)
{
    int error = SSL_get_error(conn->ssl, result);
    unsigned wants = error == SSL_ERROR_WANT_WRITE ? EPOLLOUT : EPOLLIN;

    ERR_clear_error();
    if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE)
        return 0;
    if (wants != conn->wants)
        watch(conn->fd, wants, conn, EPOLL_CTL_MOD);
    conn->wants = wants;
    return 1;
}

/* Bytes of the body, of so many that came. */
static size_t take_body(conn_t *conn, size_t count)
{
    size_t taken = count < conn->left ? count : conn->left;

    conn->left -= taken;
    if (conn->left == 0) {
        conn->in_body = 0;
        conn->head_len = 0;
        conn_received(conn);
    }
    return taken;
}

/* One byte of the head. */
static void take_head(conn_t *conn, char byte)
{
    char *length;

    if (conn->head_len + 1 == sizeof(conn->head)) {
        conn->ending = 1;
        return;
    }
    conn->head[conn->head_len++] = byte;
    conn->head[conn->head_len] = '\0';
    if (byte != '\n' || conn->head_len < 4 || strcmp(conn->head + conn->head_len - 4, "\r\n\r\n") != 0)
        return;
    length = strcasestr(conn->head, "\r\nContent-Length:");
    conn->left = length ? strtoul(length + 17, NULL, 10) : 0;
    conn->in_body = 1;
    if (conn->left == 0)
        take_body(conn, 0);
}

static void take(conn_t *conn, const char *data, size_t count)
{
    while (count > 0 && !conn->ending) {
        size_t taken = 1;

        if (conn->in_body)
            taken = take_body(conn, count);
        else
            take_head(conn, *data);
        data += taken;
        count -= taken;
    }
}

/* One write of what is to be sent: SSL_write()'s result. */
static int put(conn_t *conn)
{
    static char both[CONN_HEAD + CHUNK];
    size_t total = conn->out_len + conn->body_len, head = 0, count;

    if (conn->sent < conn->out_len) {
        head = conn->out_len - conn->sent;
        memcpy(both, conn->out + conn->sent, head);
    }
    count = total - conn->sent < CHUNK ? total - conn->sent : CHUNK;
    memset(both + head, 'x', count > head ? count - head : 0);
    return SSL_write(conn->ssl, both, (int)count);
}

/* Whether the connection goes on. */
static int progress(conn_t *conn)
{
    static char data[CHUNK];
    int result;

    if (!conn->open) {
        result = SSL_do_handshake(conn->ssl);
        if (result != 1)
            return blocked(conn, result);
        conn->open = 1;
        conn_opened(conn);
    }
    while (!conn->ending) {
        while (conn->sent < conn->out_len + conn->body_len) {
            result = put(conn);
            if (result <= 0)
                return blocked(conn, result);
            conn->sent += (size_t)result;
        }
        if (conn->last)
            return 0;
        result = SSL_read(conn->ssl, data, sizeof(data));
        if (result <= 0)
            return blocked(conn, result);
        take(conn, data, (size_t)result);
    }
    return 0;
}

static void go_on(conn_t *conn)
{
    if (progress(conn))
        return;
    /* without it OpenSSL takes the session for one that must not be resumed */
    if (conn->open)
        SSL_shutdown(conn->ssl);
    ERR_clear_error();
    SSL_free(conn->ssl);
    close(conn->fd);
    conn->fd = -1;
    conn_closed(conn);
}

void conn_wait(int milliseconds)
{
    struct epoll_event events[EVENTS];
    int count = epoll_wait(epoll, events, EVENTS, milliseconds), i;

    for (i = 0; i < count; ++i)
        if (events[i].data.ptr)
            go_on(events[i].data.ptr);
        else
            conn_accept();
}
