/*
 * Clients that sign in through a proxy on 127.0.0.1: signin PORT HOST HOW CLIENTS SECONDS [pause=MS]. HOW they get
 * their web ticket: by ntlm on a connection that is bound to it, or by password. Each has two connections, takes the
 * steps below, closes both, and comes again as somebody else, until SECONDS or SIGTERM; those under way are finished. A
 * connection that the proxy closes between two steps is made again, unless it is bound.
 * Prints what came of it as JSON: requests are sign-ins; failed, those of which a step was not answered as it must be;
 * mixed, answers to somebody else. What went wrong first goes to standard error.
 */
#include "conn.h"
#include "latency.h"
#include "ntlm.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PATIENCE 30             /* seconds, for those under way */

typedef enum { FIRST, SECOND } which_t;
typedef enum { NOBODY, NEGOTIATE, AUTHENTICATE, BEARER } credentials_t;
typedef enum { ALWAYS, BY_NTLM, BY_PASSWORD } how_t;

typedef struct {
    which_t which;              /* of its connections */
    int together;               /* with the step before */
    how_t how;
    const char *request;
    size_t body;
    credentials_t credentials;
    const char *status;
} step_t;

#define DISCOVERY "/autodiscover/autodiscoverservice.svc/root"

static const step_t steps[] = {
    { FIRST, 0, ALWAYS, "GET " DISCOVERY "?bytes=600", 0, NOBODY, "200" },
    { SECOND, 1, ALWAYS, "GET " DISCOVERY "?bytes=600", 0, NOBODY, "200" },
    { FIRST, 0, ALWAYS, "GET " DISCOVERY "/oauth/user?bearer&bytes=1300", 0, NOBODY, "401" },
    { SECOND, 0, BY_NTLM, "POST /webticket/webticketservice.svc?ntlm&bytes=1300", 0, NEGOTIATE, "401" },
    { SECOND, 0, BY_NTLM, "POST /webticket/webticketservice.svc?ntlm&bytes=4000", 1800, AUTHENTICATE, "200" },
    { SECOND, 0, BY_PASSWORD, "POST /webticket/oauthtoken?bytes=600", 120, NOBODY, "200" },
    { FIRST, 0, ALWAYS, "GET " DISCOVERY "/oauth/user?bearer&bytes=900", 0, BEARER, "200" },
    { FIRST, 0, ALWAYS, "POST /ucwa/oauth/v1/applications?bearer&created&bytes=5000", 200, BEARER, "201" },
    { FIRST, 0, ALWAYS, "GET /ucwa/oauth/v1/applications/105/events?bearer&hold=50&ack=1", 0, BEARER, "200" },
    { SECOND, 1, ALWAYS, "POST /ucwa/oauth/v1/applications/105/batch?bearer&bytes=4000", 2000, BEARER, "200" },
};
#define STEPS (sizeof(steps) / sizeof(*steps))

struct client_t;
typedef struct {
    conn_t conn;
    struct client_t *client;
    const step_t *step;         /* that is not answered yet; NULL: none */
} wire_t;

typedef struct client_t {
    wire_t wire[2];
    char name[NTLM_NAME + 1];
    char challenge[NTLM_DIGITS + 1];
    int bound;                  /* its second connection is its own */
    size_t next;                /* step */
    int running;                /* signs in; otherwise what it has of connections is being closed */
    double began;
    double due;                 /* the next sign-in; 0: not planned */
} client_t;

static struct {
    int port, clients, pause;
    const char *host;
    how_t how;
} option;

static SSL_CTX *tls;
static client_t *clients;
static int underway;
static unsigned long begun, done, failed, mixed;
static double end;
static volatile sig_atomic_t told_to_end;

static void on_term(int number)
{
    told_to_end = number;
}

static void complain(const wire_t *wire, const char *what)
{
    static int complained;

    if (!complained++)
        fprintf(stderr, "signin: %s, in answer to '%s': %.*s\n", what, wire->step ? wire->step->request : "nothing",
                (int)strcspn(wire->conn.head, "\r"), wire->conn.head);
}

static int credentials(const client_t *client, const step_t *step, char *out, size_t size)
{
    switch (step->credentials) {
    case NEGOTIATE:
        return snprintf(out, size, "Authorization: " NTLM_NEGOTIATE "%036d\r\n", 0);
    case AUTHENTICATE:
        return snprintf(out, size, "Authorization: " NTLM_AUTHENTICATE "%s%s%0400d\r\n", client->challenge,
                        client->name, 0);
    case BEARER:
        return snprintf(out, size, "Authorization: Bearer cwt=%s%0400d\r\n", client->name, 0);
    case NOBODY:
        break;
    }
    return 0;
}

static void ask(wire_t *wire)
{
    conn_t *conn = &wire->conn;
    const step_t *step = wire->step;
    int length = snprintf(conn->out, sizeof(conn->out), "%s HTTP/1.1\r\nHost: %s\r\nAccept: application/json\r\n",
                          step->request, option.host);

    length += credentials(wire->client, step, conn->out + length, sizeof(conn->out) - (size_t)length);
    if (step->request[0] == 'P')
        length += snprintf(conn->out + length, sizeof(conn->out) - (size_t)length, "Content-Length: %zu\r\n",
                           step->body);
    snprintf(conn->out + length, sizeof(conn->out) - (size_t)length, "\r\n");
    conn_send(conn, step->body);
    conn_wake(conn);
}

static void dial(wire_t *wire)
{
    conn_dial(&wire->conn, SSL_new(tls), option.port, option.host);
}

static void start_steps(client_t *client)
{
    do {
        const step_t *step = &steps[client->next++];
        wire_t *wire = &client->wire[step->which];

        if (step->how != ALWAYS && step->how != option.how)
            continue;
        wire->step = step;
        if (wire->conn.fd < 0)
            dial(wire);
        else if (wire->conn.open)
            ask(wire);
    } while (client->next < STEPS && (steps[client->next].together || !(client->wire[0].step || client->wire[1].step)));
}

static void sign_in(client_t *client)
{
    int i;

    snprintf(client->name, sizeof(client->name), "u%0*lu", NTLM_NAME - 1, ++begun);
    client->next = 0;
    client->bound = 0;
    client->due = 0;
    client->began = latency_now();
    client->running = 1;
    ++underway;
    for (i = 0; i < 2; ++i) {
        client->wire[i].client = client;
        dial(&client->wire[i]);
    }
    start_steps(client);
}

static void finish(client_t *client, int good)
{
    int i;

    client->running = 0;
    --underway;
    if (good) {
        ++done;
        latency_add(client->began);
    } else
        ++failed;
    for (i = 0; i < 2; ++i) {
        conn_t *conn = &client->wire[i].conn;

        client->wire[i].step = NULL;
        conn->ending = 1;
        if (conn->fd >= 0)
            conn_wake(conn);
    }
}

/* Who the answer says that a request or its connection was. */
static const char *told(const conn_t *conn, const char *name)
{
    const char *value = strcasestr(conn->head, name);

    return value ? value + strlen(name) : "";
}

static int is_client(const client_t *client, const char *value)
{
    return strncmp(value, client->name, NTLM_NAME) == 0 && value[NTLM_NAME] == '\r';
}

/* Whether the answer is another user's: the connection that the server saw is another's, or somebody's though this one
 * never said who it is, or the request was another's. */
static int is_mixed(const wire_t *wire)
{
    const char *user = told(&wire->conn, "\r\nX-User: "), *bearer = told(&wire->conn, "\r\nX-Bearer: ");
    int mine = wire == &wire->client->wire[SECOND] && wire->client->bound;

    return (*user && *user != '-' && !(mine && is_client(wire->client, user))) ||
           (*bearer && *bearer != '-' && !is_client(wire->client, bearer));
}

/* Takes over what the answer brings. Whether it is the one that the step is about. */
static int take(wire_t *wire)
{
    client_t *client = wire->client;
    const step_t *step = wire->step;

    if (strncmp(wire->conn.head, "HTTP/1.1 ", 9) != 0 || strncmp(wire->conn.head + 9, step->status, 3) != 0)
        return 0;
    if (step->credentials == NEGOTIATE)
        snprintf(client->challenge, sizeof(client->challenge), "%s",
                 told(&wire->conn, "\r\nWWW-Authenticate: " NTLM_CHALLENGE));
    client->bound |= step->credentials == AUTHENTICATE;
    /* a bound connection that is nobody's any more answers all the same */
    return wire != &client->wire[SECOND] || !client->bound || is_client(client, told(&wire->conn, "\r\nX-User: "));
}

void conn_opened(conn_t *conn)
{
    wire_t *wire = (wire_t *)conn;

    if (wire->client->running && wire->step)
        ask(wire);
}

void conn_received(conn_t *conn)
{
    wire_t *wire = (wire_t *)conn;
    client_t *client = wire->client;
    int good;

    if (!client->running || !wire->step) {
        conn->ending = 1;
        return;
    }
    good = take(wire);
    if (is_mixed(wire)) {
        complain(wire, "somebody else");
        ++mixed;
    } else if (!good)
        complain(wire, "not what it must be");
    wire->step = NULL;
    if (!good)
        finish(client, 0);
    else if (client->wire[0].step || client->wire[1].step)
        return;
    else if (client->next == STEPS)
        finish(client, 1);
    else
        start_steps(client);
}

void conn_closed(conn_t *conn)
{
    wire_t *wire = (wire_t *)conn;
    client_t *client = wire->client;
    int is_bound = wire == &client->wire[SECOND] && client->bound;

    conn->open = 0;
    if (client->running && (wire->step || (is_bound && client->next < STEPS))) {
        conn->head[0] = '\0';
        complain(wire, "the end of the connection");
        finish(client, 0);
    }
    if (!client->running && client->wire[0].conn.fd < 0 && client->wire[1].conn.fd < 0)
        client->due = latency_now() + option.pause / 1e3;
}

void conn_accept(void)
{
}

static void start_those_due(void)
{
    double time = latency_now();
    int i;

    for (i = 0; i < option.clients; ++i)
        if (clients[i].due && clients[i].due <= time)
            sign_in(&clients[i]);
}

static void run(double seconds)
{
    double begin = latency_now();

    end = begin + seconds;
    while ((underway > 0 && latency_now() < end + PATIENCE) || latency_now() < end) {
        if (told_to_end && latency_now() < end)
            end = latency_now();
        if (latency_now() < end)
            start_those_due();
        conn_wait(1);
    }
    printf("{\"requests\": %lu, \"failed\": %lu, \"mixed\": %lu, \"seconds\": %.4f, ", done,
           failed + (unsigned)underway, mixed, latency_now() - begin);
    latency_print();
    printf("}\n");
}

int main(int argc, char **argv)
{
    int i;

    if (argc < 6 || (strcmp(argv[3], "ntlm") != 0 && strcmp(argv[3], "password") != 0)) {
        fprintf(stderr, "usage: signin PORT HOST ntlm|password CLIENTS SECONDS [pause=MS]\n");
        return 2;
    }
    conn_init();
    signal(SIGTERM, on_term);
    tls = conn_context(TLS_client_method());
    option.port = atoi(argv[1]);
    option.host = argv[2];
    option.how = strcmp(argv[3], "ntlm") == 0 ? BY_NTLM : BY_PASSWORD;
    option.clients = atoi(argv[4]);
    if (argc > 6 && strncmp(argv[6], "pause=", 6) == 0)
        option.pause = atoi(argv[6] + 6);
    clients = calloc((size_t)option.clients, sizeof(*clients));
    for (i = 0; i < option.clients; ++i)
        clients[i].due = latency_now();
    run(atof(argv[5]));
    return 0;
}
