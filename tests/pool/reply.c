/* Answers. */
#include "pool.h"

#include <poll.h>

#define STEP 8192

static void stay(request_rec *r)
{
    const char *wish = apr_table_get(r->headers_in, "Connection");

    tp_req(r)->persist = ap_status_drops_connection(r->status)
                         && r->connection->keepalive != AP_CONN_CLOSE
                         && r->proto_num >= HTTP_VERSION(1, 1)
                         && !(wish && ap_find_token(r->pool, wish, "close"));
}

int tp_reply_data(request_rec *r, int status, const char *type, const char *data, apr_size_t n)
{
    r->status = status;
    stay(r);
    ap_set_content_type(r, type);
    ap_set_content_length(r, (apr_off_t)n);
    ap_rwrite(data, (int)n, r);
    return OK;
}

int tp_reply(request_rec *r, int status, const char *type, const char *body)
{
    return tp_reply_data(r, status, type, body, strlen(body));
}

int tp_reply_page(request_rec *r, int status, const char *title, const char *text)
{
    return tp_reply(r, status, "text/html; charset=utf-8",
                    apr_pstrcat(r->pool, "<!DOCTYPE html>\r\n<html><head><title>", title,
                                "</title></head><body><h1>", title, "</h1><p>",
                                ap_escape_html(r->pool, text), "</p></body></html>\r\n", NULL));
}

int tp_reply_winauth(request_rec *r)
{
    apr_table_addn(r->err_headers_out, "WWW-Authenticate", "Negotiate");
    apr_table_addn(r->err_headers_out, "WWW-Authenticate", "NTLM");
    return tp_reply_page(r, HTTP_UNAUTHORIZED, "401 - Unauthorized",
                         "Access is denied due to invalid credentials.");
}

const char *tp_json_n(apr_pool_t *p, const char *s, apr_size_t n)
{
    static const char digits[] = "0123456789abcdef";
    char *json = apr_palloc(p, n * 6 + 3), *out = json;

    *out++ = '"';
    for (; n; n--, s++) {
        unsigned char c = (unsigned char)*s;

        if (c == '"' || c == '\\') {
            *out++ = '\\';
            *out++ = (char)c;
        }
        else if (c >= 0x20 && c < 0x7f) {
            *out++ = (char)c;
        }
        else {
            memcpy(out, "\\u00", 4);
            out[4] = digits[c >> 4];
            out[5] = digits[c & 15];
            out += 6;
        }
    }
    *out++ = '"';
    *out = '\0';
    return json;
}

const char *tp_json(apr_pool_t *p, const char *s)
{
    return tp_json_n(p, s, strlen(s));
}

const char *tp_base(request_rec *r, const tp_conf_t *conf)
{
    const char *name = conf->internal ? conf->internal_name : conf->external;
    int port = conf->internal ? conf->internal_https : conf->https;

    if (port == 443) {
        return apr_pstrcat(r->pool, "https://", name, NULL);
    }
    return apr_psprintf(r->pool, "https://%s:%d", name, port);
}

/* 16 KB that tell at every place which byte of 16 it is */
#define P16    "0123456789abcdef"
#define P64    P16 P16 P16 P16
#define P256   P64 P64 P64 P64
#define P1024  P256 P256 P256 P256
#define P4096  P1024 P1024 P1024 P1024
static const char pattern[] = P4096 P4096 P4096 P4096;

int tp_reply_pattern(request_rec *r, long n, long piece, long pause)
{
    long at = 0;

    stay(r);
    if (!piece) {
        ap_set_content_length(r, n);
    }
    while (at < n && !r->connection->aborted) {
        long step = piece && piece < STEP ? piece : STEP;

        step = step < n - at ? step : n - at;
        ap_rwrite(pattern + at % 16, (int)step, r);
        at += step;
        if (piece) {
            ap_rflush(r);
            apr_sleep(pause * 1000);
        }
    }
    return OK;
}

int tp_wait(request_rec *r, int fd, long milliseconds)
{
    apr_socket_t *socket = ap_get_conn_socket(r->connection);
    struct pollfd fds[2] = { { -1, POLLRDHUP, 0 }, { fd, POLLIN, 0 } };
    int n;

    /* the client may send its next request while it waits: only its going away counts */
    apr_os_sock_get(&fds[0].fd, socket);
    do {
        n = poll(fds, 2, (int)milliseconds);
    } while (n < 0 && errno == EINTR);
    if (n > 0 && (fds[0].revents & (POLLRDHUP | POLLHUP | POLLERR))) {
        return -1;
    }
    return n > 0;
}
