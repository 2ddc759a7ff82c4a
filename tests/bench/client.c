/*
 * Clients of a proxy on 127.0.0.1: client PORT HOST TARGET CONNECTIONS SECONDS [NAME=VALUE ...]. Prints what came of
 * it as JSON.
 *   post=BYTES         requests are POSTs
 *   fresh=full         a connection for each request
 *   fresh=resumed      the same, with the session of the one before
 *   tls=1.2            no later version
 *   key=rsa, key=ecdsa the certificate that the client can use
 *   pause=MS           between an answer and the next request
 *   once=1             each connection asks once and stays; SECONDS are how long it waits at most. After the JSON
 *                      connections stay until standard input ends.
 * It does not verify certificates: that is no work of the proxy's.
 */
#include "conn.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define SAMPLES 4000000
#define OPENING 128             /* handshakes at once, when each asks once */

typedef struct {
    conn_t conn;
    SSL_SESSION *session;
    double began;               /* the request, or the connection for it; 0: none is under way */
    double due;                 /* the next request, 0: none is planned */
} client_t;

static struct {
    int port, connections, once, resume, fresh, pause;
    size_t post;
    double seconds;
    const char *host, *target;
} option;

static SSL_CTX *tls;
static client_t *clients;
static int started, opening, settled;
static unsigned long answered, failed, resumed, samples;
static unsigned sample[SAMPLES];
static double end;

static double now(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static int on_session(SSL *ssl, SSL_SESSION *session)
{
    client_t *client = SSL_get_app_data(ssl);

    if (!option.resume)
        return 0;
    SSL_SESSION_free(client->session);
    client->session = session;
    return 1;
}

static void dial(client_t *client)
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons((unsigned short)option.port),
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    SSL *ssl = SSL_new(tls);

    if (fd < 0) {
        perror("client: socket");
        exit(1);
    }
    SSL_set_app_data(ssl, client);
    SSL_set_tlsext_host_name(ssl, option.host);
    if (client->session)
        SSL_set_session(ssl, client->session);
    SSL_set_connect_state(ssl);
    client->began = now();
    ++opening;
    /* what comes of it the handshake tells */
    (void)!connect(fd, (struct sockaddr *)&address, sizeof(address));
    conn_start(&client->conn, fd, ssl);
}

static void ask(client_t *client)
{
    conn_t *conn = &client->conn;
    int length = snprintf(conn->out, sizeof(conn->out), "%s %s HTTP/1.1\r\nHost: %s\r\n", option.post ? "POST" : "GET",
                          option.target, option.host);

    if (option.post)
        length += snprintf(conn->out + length, sizeof(conn->out) - (size_t)length,
                           "Content-Type: text/xml; charset=utf-8\r\nContent-Length: %zu\r\n", option.post);
    snprintf(conn->out + length, sizeof(conn->out) - (size_t)length, "\r\n");
    client->due = 0;
    if (!client->began)
        client->began = now();
    conn_send(conn, option.post);
}

void conn_opened(conn_t *conn)
{
    client_t *client = (client_t *)conn;

    --opening;
    resumed += (unsigned)SSL_session_reused(conn->ssl);
    if (!option.fresh)
        client->began = 0;
    ask(client);
}

void conn_received(conn_t *conn)
{
    client_t *client = (client_t *)conn;
    double time = now();

    if (strncmp(conn->head, "HTTP/1.1 200 ", 13) == 0)
        ++answered;
    else
        ++failed;
    if (samples < SAMPLES)
        sample[samples++] = (unsigned)((time - client->began) * 1e6);
    client->began = 0;
    if (option.once)
        ++settled;
    else if (option.fresh || strcasestr(conn->head, "\r\nConnection: close"))
        conn->ending = 1;
    else if (option.pause)
        client->due = time + option.pause / 1e3;
    else
        ask(client);
}

void conn_closed(conn_t *conn)
{
    client_t *client = (client_t *)conn;
    int was_open = conn->open;

    if (!was_open)
        --opening;
    if (client->began || !was_open) {
        ++failed;
        settled += option.once;
    }
    client->began = client->due = 0;
    if (!option.once && now() < end)
        dial(client);
}

void conn_accept(void)
{
}

static void start_some(void)
{
    int most = option.once ? OPENING : option.connections;

    while (started < option.connections && opening < most)
        dial(&clients[started++]);
}

static void ask_those_due(void)
{
    double time = now();
    int i;

    for (i = 0; option.pause && i < option.connections; ++i)
        if (clients[i].due && clients[i].due <= time && clients[i].conn.fd >= 0) {
            ask(&clients[i]);
            conn_wake(&clients[i].conn);
        }
}

static int ascending(const void *a, const void *b)
{
    unsigned left = *(const unsigned *)a, right = *(const unsigned *)b;

    return (left > right) - (left < right);
}

static void report(double seconds)
{
    qsort(sample, samples, sizeof(*sample), ascending);
    printf("{\"requests\": %lu, \"failed\": %lu, \"resumed\": %lu, \"seconds\": %.4f, \"p50_us\": %u, \"p99_us\": %u, "
           "\"max_us\": %u}\n", answered, failed, resumed, seconds, samples ? sample[samples / 2] : 0,
           samples ? sample[samples * 99 / 100] : 0, samples ? sample[samples - 1] : 0);
    fflush(stdout);
}

static void set(const char *pair)
{
    const char *value = strchr(pair, '=') + 1;

    if (strncmp(pair, "post=", 5) == 0)
        option.post = strtoul(value, NULL, 10);
    else if (strncmp(pair, "pause=", 6) == 0)
        option.pause = atoi(value);
    else if (strncmp(pair, "once=", 5) == 0)
        option.once = 1;
    else if (strcmp(pair, "tls=1.2") == 0)
        SSL_CTX_set_max_proto_version(tls, TLS1_2_VERSION);
    else if (strcmp(pair, "key=rsa") == 0)
        SSL_CTX_set1_sigalgs_list(tls, "RSA-PSS+SHA256:RSA+SHA256");
    else if (strcmp(pair, "key=ecdsa") == 0)
        SSL_CTX_set1_sigalgs_list(tls, "ECDSA+SHA256");
    else if (strncmp(pair, "fresh=", 6) == 0) {
        option.fresh = 1;
        option.resume = strcmp(value, "resumed") == 0;
    } else {
        fprintf(stderr, "client: what is '%s'?\n", pair);
        exit(2);
    }
}

static void run(void)
{
    double begin = now();

    end = begin + option.seconds;
    while (now() < end && !(option.once && settled == option.connections)) {
        start_some();
        conn_wait(option.pause ? 1 : 10);
        ask_those_due();
    }
    failed += option.once ? (unsigned long)(option.connections - settled) : 0;
    report(now() - begin);
}

int main(int argc, char **argv)
{
    int i;

    if (argc < 6) {
        fprintf(stderr, "usage: client PORT HOST TARGET CONNECTIONS SECONDS [NAME=VALUE ...]\n");
        return 2;
    }
    conn_init();
    tls = conn_context(TLS_client_method());
    SSL_CTX_set_session_cache_mode(tls, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(tls, on_session);
    option.port = atoi(argv[1]);
    option.host = argv[2];
    option.target = argv[3];
    option.connections = atoi(argv[4]);
    option.seconds = atof(argv[5]);
    for (i = 6; i < argc; ++i)
        set(argv[i]);
    clients = calloc((size_t)option.connections, sizeof(*clients));
    run();
    while (option.once && getchar() != EOF)
        ;
    return 0;
}
