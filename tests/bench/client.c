/*
 * Clients of a proxy on 127.0.0.1: client PORT HOST[,HOST...] TARGET CONNECTIONS SECONDS [NAME=VALUE ...]. Prints what
 * came of it as JSON. Connections take turns among the hosts, and each stays with its own.
 *   post=BYTES         requests are POSTs
 *   fresh=full         a connection for each request
 *   fresh=resumed      the same, with the session of the one before
 *   tls=1.2            no later version
 *   key=rsa, key=ecdsa the certificate that the client can use
 *   pause=MS           between an answer, or the end of a connection, and the next request
 *   every=MS           a request each so often: one that is late because of the one before counts from when it was due
 *   leave=MS           a client that has no answer by then goes away, and another comes
 *   once=1             each connection asks once and stays; SECONDS are how long it waits at most. After the JSON
 *                      connections stay until standard input ends.
 * SIGTERM ends it earlier, with its JSON. It does not verify certificates: that is no work of the proxy's. A GET on a
 * connection that was kept, and that ends without a byte of an answer, is asked once more on a new one, as RFC 9110
 * (9.2.2) has clients do: a server may close a connection while the next request is on its way.
 */
#include "conn.h"
#include "latency.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OPENING 128             /* first handshakes at once */

typedef struct {
    conn_t conn;
    const char *host;
    SSL_SESSION *session;
    double began;               /* the request, or the connection for it; 0: none is under way */
    double plan;                /* with every: when its request is or was due */
    double due;                 /* the next request, or the end of its patience; 0: neither */
    int leaving;
    int kept;                   /* its connection has brought an answer */
    int again;                  /* the request is asked once more */
} client_t;

static struct {
    int port, connections, once, resume, fresh, pause, every, leave;
    size_t post;
    double seconds;
    char *hosts;
    const char *target;
} option;

static SSL_CTX *tls;
static client_t *clients;
static int started, opening, settled;
static unsigned long answered, failed, resumed, pool_resumed, left, retried;
static double end;
static volatile sig_atomic_t told_to_end;

static void on_term(int number)
{
    told_to_end = number;
}

static int goes_on(void)
{
    return !told_to_end && latency_now() < end;
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
    SSL *ssl = SSL_new(tls);

    SSL_set_app_data(ssl, client);
    if (client->session)
        SSL_set_session(ssl, client->session);
    if (!client->again)
        client->began = latency_now();
    client->due = 0;
    client->leaving = client->kept = 0;
    if (!client->plan)
        client->plan = client->began;
    ++opening;
    conn_dial(&client->conn, ssl, option.port, client->host);
}

static void ask(client_t *client)
{
    conn_t *conn = &client->conn;
    int length = snprintf(conn->out, sizeof(conn->out), "%s %s HTTP/1.1\r\nHost: %s\r\n", option.post ? "POST" : "GET",
                          option.target, client->host);

    if (option.post)
        length += snprintf(conn->out + length, sizeof(conn->out) - (size_t)length,
                           "Content-Type: text/xml; charset=utf-8\r\nContent-Length: %zu\r\n", option.post);
    snprintf(conn->out + length, sizeof(conn->out) - (size_t)length, "\r\n");
    if (!client->began)
        client->began = option.every ? client->plan : latency_now();
    client->due = option.leave ? client->began + option.leave / 1e3 : 0;
    conn_send(conn, option.post);
}

void conn_opened(conn_t *conn)
{
    client_t *client = (client_t *)conn;

    --opening;
    resumed += (unsigned)SSL_session_reused(conn->ssl);
    if (!option.fresh && !client->again)
        client->began = 0;
    if (option.every && client->plan > latency_now() && !client->again)
        client->due = client->plan;
    else
        ask(client);
}

void conn_received(conn_t *conn)
{
    client_t *client = (client_t *)conn;

    if (strncmp(conn->head, "HTTP/1.1 200 ", 13) == 0)
        ++answered;
    else
        ++failed;
    pool_resumed += strcasestr(conn->head, "\r\nX-Resumed: 1\r\n") != NULL;
    latency_add(client->began);
    client->began = client->due = 0;
    client->again = 0;
    client->kept = 1;
    client->plan += option.every / 1e3;
    if (option.once)
        ++settled;
    else if (option.fresh || strcasestr(conn->head, "\r\nConnection: close"))
        conn->ending = 1;
    else if (option.pause)
        client->due = latency_now() + option.pause / 1e3;
    else if (option.every)
        client->due = client->plan;
    else
        ask(client);
}

/* Whether the connection's end only says that it came too late. */
static int was_too_late(const client_t *client)
{
    return client->began && client->kept && !client->conn.head_len && !client->conn.in_body && !option.post
           && !client->again;
}

void conn_closed(conn_t *conn)
{
    client_t *client = (client_t *)conn;
    int was_open = conn->open;

    if (!was_open)
        --opening;
    if (client->leaving) {
        ++left;
    } else if (was_too_late(client)) {
        ++retried;
        client->again = 1;
        dial(client);
        return;
    } else if (client->began || !was_open) {
        ++failed;
        settled += option.once;
        client->plan += option.every / 1e3;
    }
    client->began = 0;
    client->again = 0;
    client->due = option.pause ? latency_now() + option.pause / 1e3 : 0;
    if (!option.once && !option.pause && goes_on())
        dial(client);
}

void conn_accept(void)
{
}

static void start_some(void)
{
    while (started < option.connections && opening < OPENING)
        dial(&clients[started++]);
}

static void act(client_t *client)
{
    client->due = 0;
    if (client->conn.fd < 0) {
        dial(client);
        return;
    }
    if (client->began)
        client->leaving = client->conn.ending = 1;
    else
        ask(client);
    conn_wake(&client->conn);
}

static int by_the_clock(void)
{
    return option.pause || option.every || option.leave;
}

static void act_when_due(void)
{
    double time = latency_now();
    int i;

    for (i = 0; by_the_clock() && i < option.connections; ++i)
        if (clients[i].due && clients[i].due <= time)
            act(&clients[i]);
}

static void report(double seconds)
{
    printf("{\"requests\": %lu, \"failed\": %lu, \"resumed\": %lu, \"pool_resumed\": %lu, \"left\": %lu, "
           "\"retried\": %lu, \"seconds\": %.4f, ", answered, failed, resumed, pool_resumed, left, retried, seconds);
    latency_print();
    printf("}\n");
    fflush(stdout);
}

static void set(const char *pair)
{
    const char *value = strchr(pair, '=') + 1;

    if (strncmp(pair, "post=", 5) == 0)
        option.post = strtoul(value, NULL, 10);
    else if (strncmp(pair, "pause=", 6) == 0)
        option.pause = atoi(value);
    else if (strncmp(pair, "every=", 6) == 0)
        option.every = atoi(value);
    else if (strncmp(pair, "leave=", 6) == 0)
        option.leave = atoi(value);
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
    double begin = latency_now();

    end = begin + option.seconds;
    while (goes_on() && !(option.once && settled == option.connections)) {
        start_some();
        conn_wait(by_the_clock() ? 1 : 10);
        act_when_due();
    }
    failed += option.once ? (unsigned long)(option.connections - settled) : 0;
    report(latency_now() - begin);
}

static void name_hosts(void)
{
    char *next = option.hosts;
    int i, hosts = 0;

    for (i = 0; i < option.connections; ++i) {
        hosts += next != NULL;
        clients[i].host = next ? strsep(&next, ",") : clients[i - hosts].host;
    }
}

int main(int argc, char **argv)
{
    int i;

    if (argc < 6) {
        fprintf(stderr, "usage: client PORT HOST TARGET CONNECTIONS SECONDS [NAME=VALUE ...]\n");
        return 2;
    }
    conn_init();
    signal(SIGTERM, on_term);
    tls = conn_context(TLS_client_method());
    SSL_CTX_set_session_cache_mode(tls, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(tls, on_session);
    option.port = atoi(argv[1]);
    option.hosts = argv[2];
    option.target = argv[3];
    option.connections = atoi(argv[4]);
    option.seconds = atof(argv[5]);
    for (i = 6; i < argc; ++i)
        set(argv[i]);
    clients = calloc((size_t)option.connections, sizeof(*clients));
    name_hosts();
    run();
    while (option.once && getchar() != EOF)
        ;
    return 0;
}
