/*
 * One HTTP/1.1 message after another over a TLS connection that never blocks: what client and backend share. The
 * program says what happens by the three functions at the end.
 */
#ifndef BENCH_CONN_H
#define BENCH_CONN_H

#include <openssl/ssl.h>
#include <stddef.h>

#define CONN_HEAD 4096

typedef struct {
    int fd;
    SSL *ssl;
    int open;               /* its handshake is done */
    int ending;             /* to be closed as soon as the callback is back */
    int last;               /* to be closed once the message is out */
    unsigned wants;         /* the event that epoll looks for */
    char head[CONN_HEAD];   /* of the message that is coming in, ends with NUL once whole */
    size_t head_len;
    size_t left;            /* bytes of its body that are to come */
    int in_body;
    char out[CONN_HEAD];    /* head of the message that goes out */
    size_t out_len;
    size_t body_len;        /* of its body; what it holds does not matter */
    size_t sent;            /* of both */
    void *data;             /* of the program */
} conn_t;

/* Raises the limit of open files to what is allowed, makes the epoll instance, and sees to it that the program ends
 * with its parent. */
void conn_init(void);

/* A context for either side. Ends the program when there is none. */
SSL_CTX *conn_context(const SSL_METHOD *method);

/* Takes over fd, whose ssl has its state set, and begins with the handshake. */
void conn_start(conn_t *conn, int fd, SSL *ssl);

/* A client's: connects to a port of 127.0.0.1, with the host as SNI, and takes over ssl. What comes of it the handshake
 * tells. Ends the program when there are no sockets left. */
void conn_dial(conn_t *conn, SSL *ssl, int port, const char *host);

/* A message: conn->out holds its head. From the callback of this very connection; otherwise conn_wake() comes after. */
void conn_send(conn_t *conn, size_t body_len);

/* Has conn_wait() look at the connection next time. */
void conn_wake(conn_t *conn);

/* Adds a listening socket; data NULL in an event is it. */
void conn_listen(int fd);

/* Handles what happens within so many milliseconds; -1: until something does. Calls conn_accept() for the listener. */
void conn_wait(int milliseconds);

/* Of the program. */
void conn_accept(void);
void conn_opened(conn_t *conn);
void conn_received(conn_t *conn);
void conn_closed(conn_t *conn);

#endif
