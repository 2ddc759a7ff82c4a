#include "mod_lync.h"

#include <apr_strings.h>
#include <http_protocol.h>
#include <util_filter.h>

/* The last look at an answer on its way from the pool to the client. */

static ap_filter_rec_t *handle;

void lync_answer_unavailable(request_rec *r, const lync_request_t *request)
{
    apr_table_setn(r->err_headers_out, "Retry-After",
                   apr_itoa(r->pool, request->target->backend->pool->health_interval));
}

/* What is no HTTP is HTTP/0.9 to mod_proxy, and would be a 200. */
static apr_status_t refuse(ap_filter_t *next, request_rec *r, const lync_request_t *request, apr_bucket_brigade *bb)
{
    lync_log(r, APLOG_ERR, LYNCNO(0025) "pool '%s': the answer is no HTTP", request->target->backend->pool->name);
    lync_answer_unavailable(r, request);
    apr_brigade_cleanup(bb);
    APR_BRIGADE_INSERT_TAIL(bb, ap_bucket_error_create(HTTP_SERVICE_UNAVAILABLE, NULL, r->pool,
                                                       r->connection->bucket_alloc));
    APR_BRIGADE_INSERT_TAIL(bb, apr_bucket_eos_create(r->connection->bucket_alloc));
    return ap_pass_brigade(next, bb);
}

static apr_status_t answer(ap_filter_t *filter, apr_bucket_brigade *bb)
{
    request_rec *r = filter->r;
    lync_request_t *request = lync_request(r);
    ap_filter_t *next = filter->next;

    ap_remove_output_filter(filter);
    if (!APR_BRIGADE_EMPTY(bb) && !APR_BUCKET_IS_METADATA(APR_BRIGADE_FIRST(bb))
        && !apr_table_get(r->notes, "proxy-status"))
        return refuse(next, r, request, bb);
    /* After the pool's own cookies: of two with the same name the later one counts. */
    if (request->cookie)
        apr_table_addn(r->headers_out, "Set-Cookie", request->cookie);
    lync_spare_end(r);
    return ap_pass_brigade(next, bb);
}

/* Once a request, however many servers are tried. An error page of httpd's own does not come by. */
void lync_answer_watch(request_rec *r, lync_request_t *request)
{
    if (!request->answering)
        ap_add_output_filter_handle(handle, NULL, r, r->connection);
    request->answering = 1;
}

void lync_answer_register(apr_pool_t *p)
{
    (void)p;
    handle = ap_register_output_filter("LYNC_ANSWER", answer, NULL, AP_FTYPE_CONTENT_SET);
}
