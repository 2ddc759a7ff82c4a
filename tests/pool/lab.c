/* /echo tells what arrived, /lab/… misbehaves on request. Both answer under any Host. */
#include "pool.h"

#include "apr_base64.h"
#include "http_connection.h"
#include "util_filter.h"

static const char *base64(apr_pool_t *p, const char *data, apr_size_t n)
{
    char *text = apr_palloc(p, (apr_size_t)apr_base64_encode_len((int)n));

    apr_base64_encode_binary(text, (const unsigned char *)data, (int)n);
    return text;
}

/* Accept: text/plain gives the bare bytes. The body is read, and told by size and digest. */
int tp_echo(request_rec *r, const tp_conf_t *conf, const char *rest)
{
    const char *accept = apr_table_get(r->headers_in, "Accept"), *user = r->user;
    tp_req_t *req = tp_req(r);
    char *body;
    int status = tp_body_read(r, 1 << 20, &body, NULL);

    (void)rest;
    if (status != OK) {
        return status;
    }
    if (accept && !strcmp(accept, "text/plain")) {
        return tp_reply_data(r, HTTP_OK, "text/plain", req->head, req->length);
    }
    return tp_reply(r, HTTP_OK, "application/json",
                    apr_psprintf(r->pool, "{\"head\":\"%s\",\"path\":%s,\"user\":%s,"
                                 "\"server\":\"%s\",\"pool\":\"%s\",\"site\":\"%s\",\"scheme\":"
                                 "\"%s\",\"connection\":\"%s\",\"request\":%d,\"peer\":\"%s\","
                                 "\"bytes\":%" APR_OFF_T_FMT ",\"sha256\":\"%s\"}",
                                 base64(r->pool, req->head, req->length),
                                 req->path ? tp_json(r->pool, req->path) : "null",
                                 user ? tp_json(r->pool, user) : "null", conf->server,
                                 conf->pool, conf->internal ? "internal" : "external",
                                 ap_http_scheme(r), req->conn->id, req->number,
                                 r->connection->client_ip, req->received,
                                 tp_sha256(r->pool, body, (apr_size_t)req->received)));
}

static void extra_headers(request_rec *r)
{
    const char *field;
    int i;

    for (i = 0; (field = tp_form_value(r->pool, r->args, "header", i)) != NULL; i++) {
        const char *colon = strchr(field, ':');

        if (colon) {
            apr_table_addn(r->headers_out, apr_pstrmemdup(r->pool, field,
                                                          (apr_size_t)(colon - field)),
                           colon + 1 + strspn(colon + 1, " "));
        }
    }
}

/* Everything by argument: status, reason, header (many), type, body or bytes, piece and pause. */
static int answer(request_rec *r)
{
    const char *reason = tp_arg(r, "reason"), *body = tp_arg(r, "body");
    long status = tp_arg_int(r, "status", HTTP_OK);

    if (status < 100 || status > 999) {
        return tp_reply_page(r, HTTP_BAD_REQUEST, "Bad Request", "status is 100 to 999");
    }
    r->status = (int)status;
    if (reason) {
        r->status_line = apr_psprintf(r->pool, "%ld %s", status, reason);
    }
    extra_headers(r);
    if (tp_arg(r, "type")) {
        ap_set_content_type(r, tp_arg(r, "type"));
    }
    else {
        ap_set_content_type(r, "text/plain");
    }
    if (body) {
        return tp_reply(r, (int)status, r->content_type, body);
    }
    return tp_reply_pattern(r, tp_arg_int(r, "bytes", 0), tp_arg_int(r, "piece", 0),
                            tp_arg_int(r, "pause", 0));
}

static int sleeper(request_rec *r)
{
    long ms = tp_arg_int(r, "ms", 0);

    if (tp_wait(r, -1, ms > 1800000 ? 1800000 : ms) < 0) {
        tp_req(r)->note = "gone";
        r->connection->aborted = 1;
        return OK;
    }
    return answer(r);
}

static int chunked(request_rec *r)
{
    ap_set_content_type(r, "application/octet-stream");
    return tp_reply_pattern(r, tp_arg_int(r, "bytes", 65536), tp_arg_int(r, "piece", 4096),
                            tp_arg_int(r, "pause", 0));
}

static int etag(request_rec *r)
{
    int status;

    apr_table_setn(r->headers_out, "ETag", "\"lab\"");
    status = ap_meets_conditions(r);
    return status != OK ? status : tp_reply(r, HTTP_OK, "text/plain", "tagged");
}

/* gzip of "compressed by the pool\n", made once: the proxy has to hand on these very bytes. */
static int gzip(request_rec *r)
{
    static const unsigned char data[] = {
        0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x03, 0x4b, 0xce,
        0xcf, 0x2d, 0x28, 0x4a, 0x2d, 0x2e, 0x4e, 0x4d, 0x51, 0x48, 0xaa, 0x54,
        0x28, 0xc9, 0x48, 0x55, 0x28, 0xc8, 0xcf, 0xcf, 0xe1, 0x02, 0x00, 0xb4,
        0xa4, 0xdf, 0x8e, 0x17, 0x00, 0x00, 0x00
    };

    apr_table_setn(r->headers_out, "Content-Encoding", "gzip");
    apr_table_setn(r->headers_out, "Vary", "Accept-Encoding");
    return tp_reply_data(r, HTTP_OK, "text/plain", (const char *)data, sizeof(data));
}

static int cookies(request_rec *r)
{
    long i, n = tp_arg_int(r, "n", 3);

    for (i = 1; i <= n && i <= 1000; i++) {
        apr_table_addn(r->headers_out, "Set-Cookie",
                       apr_psprintf(r->pool, "lab%ld=%ld; Path=/; HttpOnly; Expires=Wed, "
                                    "21 Oct 2037 07:28:00 GMT", i, i));
    }
    return tp_reply(r, HTTP_OK, "text/plain", "cookies");
}

/* n response header fields of `size` bytes each */
static int headers(request_rec *r)
{
    long i, n = tp_arg_int(r, "n", 1), size = tp_arg_int(r, "size", 1024);
    char *value;

    size = size < 1 ? 1 : size > 1 << 20 ? 1 << 20 : size;
    value = apr_palloc(r->pool, (apr_size_t)size + 1);
    memset(value, 'h', (apr_size_t)size);
    value[size] = '\0';
    for (i = 1; i <= n && i <= 1000; i++) {
        apr_table_setn(r->headers_out, apr_psprintf(r->pool, "X-Lab-%ld", i), value);
    }
    return tp_reply(r, HTTP_OK, "text/plain", "headers");
}

static int closer(request_rec *r)
{
    r->connection->keepalive = AP_CONN_CLOSE;
    return tp_reply(r, HTTP_OK, "text/plain", "closing");
}

static int hsts(request_rec *r)
{
    apr_table_setn(r->headers_out, "Strict-Transport-Security", "max-age=315360000");
    return tp_reply(r, HTTP_OK, "text/plain", "hsts");
}

static int upload(request_rec *r)
{
    return tp_body_upload(r, tp_conf(r));
}

/* Answers before the body is read, as IIS does when it refuses one. */
static int early(request_rec *r)
{
    r->connection->keepalive = AP_CONN_CLOSE;
    return tp_reply(r, (int)tp_arg_int(r, "status", 413), "text/plain", "early");
}

static void to_wire(request_rec *r, const char *data, apr_size_t n)
{
    conn_rec *c = r->connection;
    apr_bucket_brigade *bb = apr_brigade_create(r->pool, c->bucket_alloc);

    apr_brigade_write(bb, NULL, NULL, data, n);
    APR_BRIGADE_INSERT_TAIL(bb, apr_bucket_flush_create(c->bucket_alloc));
    ap_pass_brigade(c->output_filters, bb);
}

/* Each '#' as n times 'h': for what is too long for a request line. */
static char *widen(apr_pool_t *p, const char *data, int *length, long n)
{
    apr_size_t size = 0;
    char *wide, *at;
    int i;

    n = n < 1 ? 1 : n > 1 << 17 ? 1 << 17 : n;
    for (i = 0; i < *length; i++) {
        size += data[i] == '#' ? (apr_size_t)n : 1;
    }
    wide = at = apr_palloc(p, size + 1);
    for (i = 0; i < *length; i++) {
        apr_size_t count = data[i] == '#' ? (apr_size_t)n : 1;

        memset(at, data[i] == '#' ? 'h' : data[i], count);
        at += count;
    }
    *length = (int)size;
    return wide;
}

/* The connection ends after these bytes, whatever they are: ?b64= (and ?wide=), or a body cut after ?bytes= of
 * the announced ?length=. */
static int raw(request_rec *r)
{
    const char *text = tp_arg(r, "b64");
    char *data = "";
    int n = 0;

    if (text) {
        data = apr_palloc(r->pool, (apr_size_t)apr_base64_decode_len(text) + 1);
        n = apr_base64_decode(data, text);
    }
    if (tp_arg(r, "wide")) {
        data = widen(r->pool, data, &n, tp_arg_int(r, "wide", 1));
    }
    tp_seen_write(r);
    to_wire(r, data, (apr_size_t)n);
    ap_remove_output_filter(r->output_filters);
    r->connection->keepalive = AP_CONN_CLOSE;
    r->connection->aborted = 1;
    return DONE;
}

static int cut(request_rec *r)
{
    long n = tp_arg_int(r, "bytes", 10), length = tp_arg_int(r, "length", 100);
    const char *head = apr_psprintf(r->pool, "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"
                                    "Content-Length: %ld\r\n\r\n", length);
    char *data = apr_palloc(r->pool, strlen(head) + (apr_size_t)n);

    memcpy(data, head, strlen(head));
    memset(data + strlen(head), 'c', (apr_size_t)n);
    tp_seen_write(r);
    to_wire(r, data, strlen(head) + (apr_size_t)n);
    r->connection->keepalive = AP_CONN_CLOSE;
    r->connection->aborted = 1;
    return DONE;
}

/* Windows authentication for this one request (IIS: authPersistSingleRequest). */
static int once(request_rec *r)
{
    tp_req(r)->forget = 1;
    return tp_reply(r, HTTP_OK, "text/plain", r->user ? r->user : "");
}

static int event(request_rec *r)
{
    const char *id = tp_arg(r, "app");

    return id && tp_ucwa_event(id) ? tp_reply(r, HTTP_OK, "text/plain", "event")
                                   : tp_reply(r, HTTP_NOT_FOUND, "text/plain", "no application");
}

/* For tests themselves: does not appear in the request log. */
static int state(request_rec *r)
{
    tp_req(r)->logged = 1;
    return tp_reply(r, HTTP_OK, "application/json",
                    apr_psprintf(r->pool, "{\"held\":%u,\"applications\":%u,\"connections\":%u,"
                                 "\"requests\":%u}", tp_ucwa_held(), tp_ucwa_applications(),
                                 tp_wire_connections(), tp_wire_requests()));
}

static const struct {
    const char *name;
    int (*handler)(request_rec *r);
} experiments[] = {
    { "answer", answer },   { "sleep", sleeper },   { "chunked", chunked }, { "etag", etag },
    { "gzip", gzip },       { "cookies", cookies }, { "headers", headers }, { "close", closer },
    { "hsts", hsts },       { "upload", upload },   { "early", early },     { "raw", raw },
    { "cut", cut },         { "auth/once", once },  { "event", event },     { "state", state },
};

int tp_lab(request_rec *r, const tp_conf_t *conf, const char *rest)
{
    apr_size_t i;

    for (i = 0; *rest && i < sizeof(experiments) / sizeof(experiments[0]); i++) {
        if (!strcmp(rest + 1, experiments[i].name)) {
            return experiments[i].handler(r);
        }
    }
    if (!strcmp(rest, "/auth/echo")) {
        return tp_echo(r, conf, rest);
    }
    return tp_reply_page(r, HTTP_NOT_FOUND, "404.0 - Not Found", "no such experiment");
}
