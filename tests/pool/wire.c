/* The wire: raw request heads, who is who among connections, and what every response carries. */
#include "pool.h"

#include <unistd.h>

#include "apr_atomic.h"
#include "http_connection.h"
#include "http_ssl.h"
#include "util_filter.h"

/* Enough to record what LimitRequestLine and LimitRequestFieldSize refuse. */
#define HEAD_MAX (1u << 20)

static volatile apr_uint32_t connections_made, connections_open, requests_read;
static ap_filter_rec_t *record_filter, *header_filter, *log_filter;

unsigned tp_wire_connections(void)
{
    return apr_atomic_read32(&connections_open);
}

unsigned tp_wire_requests(void)
{
    return apr_atomic_read32(&requests_read);
}

static void append(tp_req_t *req, const char *data, apr_size_t n)
{
    if (req->length + n > HEAD_MAX) {
        return;
    }
    if (req->length + n > req->size) {
        char *grown;

        req->size = (req->length + n) * 2;
        grown = apr_palloc(req->pool, req->size);
        memcpy(grown, req->head, req->length);
        req->head = grown;
    }
    memcpy(req->head + req->length, data, n);
    req->length += n;
}

/* A line has come in whole: a blank one ends the head, unless nothing came before it. */
static void end_of_line(tp_conn_t *conn)
{
    tp_req_t *req = conn->recording;
    apr_size_t n = req->length - req->line;
    const char *line = req->head + req->line;

    if (n > 2 || (n == 2 && line[0] != '\r')) {
        req->line = req->length;
    }
    else if (req->line == 0) {
        req->length = 0;
    }
    else {
        conn->recording = NULL;
    }
}

/* Lines are read one a call (GETLINE), chunk sizes and trailers too: only the head is wanted. */
static apr_status_t record(ap_filter_t *f, apr_bucket_brigade *bb, ap_input_mode_t mode,
                           apr_read_type_e block, apr_off_t readbytes)
{
    tp_conn_t *conn = f->ctx;
    apr_status_t rv = ap_get_brigade(f->next, bb, mode, block, readbytes);
    apr_bucket *b;

    if (rv != APR_SUCCESS || mode != AP_MODE_GETLINE || !conn->recording) {
        return rv;
    }
    for (b = APR_BRIGADE_FIRST(bb); b != APR_BRIGADE_SENTINEL(bb); b = APR_BUCKET_NEXT(b)) {
        const char *data;
        apr_size_t n;

        if (APR_BUCKET_IS_METADATA(b) || apr_bucket_read(b, &data, &n, APR_BLOCK_READ) || !n) {
            continue;
        }
        append(conn->recording, data, n);
        if (data[n - 1] == '\n') {
            end_of_line(conn);
            if (!conn->recording) {
                break;
            }
        }
    }
    return rv;
}

static apr_status_t connection_closed(void *unused)
{
    (void)unused;
    apr_atomic_dec32(&connections_open);
    return APR_SUCCESS;
}

static int pre_connection(conn_rec *c, void *csd)
{
    tp_conn_t *conn = apr_pcalloc(c->pool, sizeof(*conn));

    (void)csd;
    conn->id = apr_psprintf(c->pool, "%ld-%u", (long)getpid(),
                            apr_atomic_inc32(&connections_made) + 1);
    ap_set_module_config(c->conn_config, &testpool_module, conn);
    ap_add_input_filter_handle(record_filter, conn, NULL, c);
    apr_atomic_inc32(&connections_open);
    apr_pool_cleanup_register(c->pool, NULL, connection_closed, apr_pool_cleanup_null);
    return OK;
}

static int create_request(request_rec *r)
{
    tp_conn_t *conn = ap_get_module_config(r->connection->conn_config, &testpool_module);
    tp_req_t *req;

    if (r->main || r->prev || !conn) {
        return OK;
    }
    req = apr_pcalloc(r->pool, sizeof(*req));
    req->pool = r->pool;
    req->conn = conn;
    req->size = 1024;
    req->head = apr_palloc(r->pool, req->size);
    conn->recording = req;
    ap_set_module_config(r->request_config, &testpool_module, req);
    return OK;
}

static int post_read_request(request_rec *r)
{
    tp_req_t *req = tp_req(r);

    req->number = ++req->conn->requests;
    apr_atomic_inc32(&requests_read);
    return DECLINED;
}

static int has_cookie(const request_rec *r, const char *name)
{
    const char *cookies = apr_table_get(r->headers_in, "Cookie");
    apr_size_t n = strlen(name);
    const char *at = cookies;

    while (at && (at = strstr(at, name)) != NULL) {
        if (at[n] == '=' && (at == cookies || at[-1] == ' ' || at[-1] == ';')) {
            return 1;
        }
        at += n;
    }
    return 0;
}

/* As mod_ssl tells: "TLSv1.3 Initial", or "TLSv1.2 Resumed". */
static const char *session_of(request_rec *r)
{
    conn_rec *c = r->connection;

    return apr_pstrcat(r->pool, ap_ssl_var_lookup(r->pool, r->server, c, r, "SSL_PROTOCOL"), " ",
                       ap_ssl_var_lookup(r->pool, r->server, c, r, "SSL_SESSION_RESUMED"), NULL);
}

static void common_headers(request_rec *r, const tp_conf_t *conf, const tp_req_t *req)
{
    apr_table_t *out = r->headers_out;

    apr_table_setn(out, "Server", "Microsoft-IIS/8.5");
    apr_table_setn(out, "X-Powered-By", "ASP.NET");
    apr_table_setn(out, "X-Content-Type-Options", "nosniff");
    apr_table_setn(out, "X-MS-Server-Fqdn", conf->server);
    if (!has_cookie(r, "MS-WSMAN")) {
        apr_table_addn(out, "Set-Cookie",
                       apr_pstrcat(r->pool, "MS-WSMAN=", conf->server, "; path=/", NULL));
    }
    apr_table_setn(out, "X-Test-Server", conf->server);
    apr_table_setn(out, "X-Test-Site", conf->internal ? "internal" : "external");
    apr_table_setn(out, "X-Test-Connection", req->conn->id);
    apr_table_setn(out, "X-Test-Request", apr_itoa(r->pool, req->number));
    if (ap_ssl_conn_is_ssl(r->connection)) {
        apr_table_setn(out, "X-Test-Session", session_of(r));
    }
    if (r->user) {
        apr_table_setn(out, "X-Test-User", r->user);
    }
    if (req->forget) {
        apr_table_setn(out, "Persistent-Auth", "false");
    }
}

/* httpd sends a Server header of ours only as a "proxied" one. */
static apr_status_t add_headers(ap_filter_t *f, apr_bucket_brigade *bb)
{
    request_rec *r = f->r;
    ap_filter_t *next = f->next;
    int proxyreq = r->proxyreq;
    apr_status_t rv;

    common_headers(r, tp_conf(r), tp_req(r));
    ap_remove_output_filter(f);
    r->proxyreq = PROXYREQ_REVERSE;
    rv = ap_pass_brigade(next, bb);
    r->proxyreq = proxyreq;
    return rv;
}

/* httpd closes after 400, 413, 500, 503 …, which IIS does not: a client that is logged in would lose
 * its connection. The head is alone in its brigade. */
static void keep_open(request_rec *r, apr_bucket_brigade *bb)
{
    static const char field[] = "\r\nConnection: close\r\n";
    char *head, *at;
    apr_size_t length;

    if (apr_brigade_pflatten(bb, &head, &length, r->pool) || length < sizeof(field)) {
        return;
    }
    for (at = head; at + sizeof(field) <= head + length; at++) {
        if (!memcmp(at, field, sizeof(field) - 1)) {
            length -= sizeof(field) - 3;
            memmove(at, at + sizeof(field) - 3, length - (apr_size_t)(at - head));
            apr_brigade_cleanup(bb);
            APR_BRIGADE_INSERT_TAIL(bb, apr_bucket_pool_create(head, length, r->pool,
                                                               bb->bucket_alloc));
            r->connection->keepalive = AP_CONN_KEEPALIVE;
            return;
        }
    }
}

/* Behind the filter that makes the header, so that the status is final (206, 304), and before the
 * first byte leaves: who has read an answer finds its request in the log. */
static apr_status_t log_first(ap_filter_t *f, apr_bucket_brigade *bb)
{
    ap_filter_t *next = f->next;

    tp_seen_write(f->r);
    if (tp_req(f->r)->persist) {
        keep_open(f->r, bb);
    }
    ap_remove_output_filter(f);
    return ap_pass_brigade(next, bb);
}

static void insert_filter(request_rec *r)
{
    if (!r->main && tp_req(r)) {
        ap_add_output_filter_handle(header_filter, NULL, r, r->connection);
        ap_add_output_filter_handle(log_filter, NULL, r, r->connection);
    }
}

static int log_transaction(request_rec *r)
{
    if (tp_req(r)) {
        tp_seen_write(r);
        if (tp_req(r)->forget) {
            tp_ntlm_forget(r->connection);
        }
    }
    return DECLINED;
}

void tp_wire_hooks(apr_pool_t *p)
{
    (void)p;
    record_filter = ap_register_input_filter("TESTPOOL_RECORD", record, NULL,
                                             AP_FTYPE_CONNECTION);
    header_filter = ap_register_output_filter("TESTPOOL_HEADERS", add_headers, NULL,
                                              AP_FTYPE_CONTENT_SET);
    log_filter = ap_register_output_filter("TESTPOOL_SEEN", log_first, NULL, AP_FTYPE_TRANSCODE);
    ap_hook_pre_connection(pre_connection, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_create_request(create_request, NULL, NULL, APR_HOOK_FIRST);
    ap_hook_post_read_request(post_read_request, NULL, NULL, APR_HOOK_REALLY_FIRST);
    ap_hook_insert_filter(insert_filter, NULL, NULL, APR_HOOK_LAST);
    ap_hook_insert_error_filter(insert_filter, NULL, NULL, APR_HOOK_LAST);
    ap_hook_log_transaction(log_transaction, NULL, NULL, APR_HOOK_MIDDLE);
}
