/* The request log: one JSON object a line, so that a test can tell what the pool never saw. */
#include "pool.h"

static const char *first_line(const tp_req_t *req, apr_size_t *n)
{
    const char *end = memchr(req->head, '\n', req->length);

    *n = end ? (apr_size_t)(end - req->head) : req->length;
    if (*n && req->head[*n - 1] == '\r') {
        --*n;
    }
    return req->head;
}

void tp_seen_write(request_rec *r)
{
    const tp_conf_t *conf = tp_conf(r);
    tp_req_t *req = tp_req(r);
    const char *line, *text, *host;
    apr_size_t n;

    if (!conf->log || req->logged || !req->length) {
        return;
    }
    req->logged = 1;
    line = first_line(req, &n);
    host = apr_table_get(r->headers_in, "Host");
    text = apr_psprintf(r->pool,
                        "{\"line\":%s,\"host\":%s,\"port\":%d,\"status\":%d,\"path\":%s,"
                        "\"user\":%s,\"connection\":\"%s\",\"request\":%d,\"received\":%"
                        APR_OFF_T_FMT ",\"site\":\"%s\",\"ms\":%" APR_TIME_T_FMT
                        ",\"note\":%s}\n",
                        tp_json_n(r->pool, line, n), host ? tp_json(r->pool, host) : "null",
                        r->connection->local_addr->port, r->status,
                        req->path ? tp_json(r->pool, req->path) : "null",
                        r->user ? tp_json(r->pool, r->user) : "null", req->conn->id,
                        req->number, req->received, conf->internal ? "internal" : "external",
                        (apr_time_now() - r->request_time) / 1000,
                        req->note ? tp_json(r->pool, req->note) : "null");
    /* one write each: lines of threads do not mix in a file opened for appending */
    apr_file_write_full(conf->log, text, strlen(text), NULL);
}
