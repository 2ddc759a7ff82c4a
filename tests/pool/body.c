/* What clients send: arguments, forms, bodies, uploads. */
#include "pool.h"

#include <openssl/evp.h>

#include "util_filter.h"

const char *tp_form_value(apr_pool_t *p, const char *form, const char *name, int nth)
{
    apr_size_t n = strlen(name);

    while (form && *form) {
        apr_size_t length = strcspn(form, "&");

        if (length > n && !strncmp(form, name, n) && form[n] == '=' && !nth--) {
            char *value = apr_pstrmemdup(p, form + n + 1, length - n - 1);

            ap_unescape_urlencoded(value);
            return value;
        }
        form += length + (form[length] == '&');
    }
    return NULL;
}

const char *tp_arg(request_rec *r, const char *name)
{
    return tp_form_value(r->pool, r->args, name, 0);
}

long tp_arg_int(request_rec *r, const char *name, long fallback)
{
    const char *value = tp_arg(r, name);

    return value ? (long)apr_atoi64(value) : fallback;
}

typedef apr_status_t (*sink_fn)(void *sink, const char *data, apr_size_t n);

static int drain(apr_bucket_brigade *bb, tp_req_t *req, sink_fn fn, void *sink)
{
    apr_bucket *b;
    int end = 0;

    while (!end && (b = APR_BRIGADE_FIRST(bb)) != APR_BRIGADE_SENTINEL(bb)) {
        const char *data;
        apr_size_t n;

        end = APR_BUCKET_IS_EOS(b) ? 1 : 0;
        if (!APR_BUCKET_IS_METADATA(b)) {
            if (apr_bucket_read(b, &data, &n, APR_BLOCK_READ)) {
                return -1;
            }
            req->received += (apr_off_t)n;
            if (fn(sink, data, n)) {
                return -1;
            }
        }
        apr_bucket_delete(b);
    }
    return end;
}

/* Hand the body to `fn` as it comes, never more than a brigade in memory; OK or an HTTP status. */
static int stream(request_rec *r, sink_fn fn, void *sink)
{
    apr_bucket_brigade *bb = apr_brigade_create(r->pool, r->connection->bucket_alloc);
    int end = 0;

    while (!end) {
        apr_status_t rv = ap_get_brigade(r->input_filters, bb, AP_MODE_READBYTES,
                                         APR_BLOCK_READ, 64 * 1024);

        if (rv != APR_SUCCESS) {
            tp_req(r)->note = "body ended early";
            return ap_map_http_request_error(rv, HTTP_BAD_REQUEST);
        }
        end = drain(bb, tp_req(r), fn, sink);
        if (end < 0) {
            return HTTP_REQUEST_ENTITY_TOO_LARGE;
        }
        apr_brigade_cleanup(bb);
    }
    return OK;
}

typedef struct {
    char *data;
    apr_size_t length, size;
} buffer_t;

static apr_status_t keep(void *sink, const char *data, apr_size_t n)
{
    buffer_t *buffer = sink;

    if (n > buffer->size - buffer->length) {
        return APR_ENOSPC;
    }
    memcpy(buffer->data + buffer->length, data, n);
    buffer->length += n;
    return APR_SUCCESS;
}

int tp_body_read(request_rec *r, apr_size_t max, char **body, apr_size_t *length)
{
    buffer_t buffer = { NULL, 0, max };
    int status;

    buffer.data = apr_palloc(r->pool, max + 1);
    status = stream(r, keep, &buffer);
    buffer.data[buffer.length] = '\0';
    *body = buffer.data;
    if (length) {
        *length = buffer.length;
    }
    return status;
}

typedef struct {
    EVP_MD_CTX *digest;
    apr_off_t left;
} upload_t;

static apr_status_t hash(void *sink, const char *data, apr_size_t n)
{
    upload_t *upload = sink;

    upload->left -= (apr_off_t)n;
    if (upload->left < 0) {
        return APR_ENOSPC;
    }
    EVP_DigestUpdate(upload->digest, data, n);
    return APR_SUCCESS;
}

static const char *digest_hex(apr_pool_t *p, EVP_MD_CTX *digest)
{
    unsigned char raw[EVP_MAX_MD_SIZE];
    unsigned n = 0;
    char *text;

    EVP_DigestFinal_ex(digest, raw, &n);
    text = apr_palloc(p, n * 2 + 1);
    ap_bin2hex(raw, n, text);
    return text;
}

static apr_status_t free_digest(void *digest)
{
    EVP_MD_CTX_free(digest);
    return APR_SUCCESS;
}

static EVP_MD_CTX *new_digest(apr_pool_t *p)
{
    EVP_MD_CTX *digest = EVP_MD_CTX_new();

    EVP_DigestInit_ex(digest, EVP_sha256(), NULL);
    apr_pool_cleanup_register(p, digest, free_digest, apr_pool_cleanup_null);
    return digest;
}

const char *tp_sha256(apr_pool_t *p, const void *data, apr_size_t length)
{
    EVP_MD_CTX *digest = new_digest(p);

    EVP_DigestUpdate(digest, data, length);
    return digest_hex(p, digest);
}

int tp_body_upload(request_rec *r, const tp_conf_t *conf)
{
    const char *announced = apr_table_get(r->headers_in, "Content-Length");
    const char *coding = apr_table_get(r->headers_in, "Transfer-Encoding");
    upload_t upload = { NULL, conf->upload_limit };
    int status;

    /* request filtering knows only what is announced; a chunked body runs into ASP.NET's limit */
    if (announced && apr_atoi64(announced) > conf->upload_limit) {
        tp_req(r)->note = "404.13";
        return tp_reply_page(r, HTTP_NOT_FOUND, "404.13 - Not Found",
                             "The request filtering module is configured to deny a request that "
                             "exceeds the request content length.");
    }
    upload.digest = new_digest(r->pool);
    status = stream(r, hash, &upload);
    if (status != OK) {
        return status;
    }
    return tp_reply(r, HTTP_OK, "application/json",
                    apr_psprintf(r->pool, "{\"bytes\":%" APR_OFF_T_FMT ",\"sha256\":\"%s\","
                                 "\"coding\":\"%s\"}", tp_req(r)->received,
                                 digest_hex(r->pool, upload.digest),
                                 coding ? coding : "identity"));
}
