/* A module of somebody else's: the thread of a stream of HTTP/2 goes on for a second when all of its answer is with
 * mod_http2, as on a busy machine. */
#include <http_core.h>
#include <http_protocol.h>
#include <http_request.h>
#include <httpd.h>

static const char name[] = "SLOW_STREAM";

static apr_status_t pass(ap_filter_t *f, apr_bucket_brigade *brigade)
{
    const apr_bucket *last = APR_BRIGADE_EMPTY(brigade) ? NULL : APR_BRIGADE_LAST(brigade);
    int ends = last && AP_BUCKET_IS_EOR(last);
    apr_status_t status = ap_pass_brigade(f->next, brigade);

    if (ends)
        apr_sleep(apr_time_from_sec(1));
    return status;
}

static int post_read_request(request_rec *r)
{
    if (r->connection->master)
        ap_add_output_filter(name, NULL, NULL, r->connection);
    return DECLINED;
}

static void hooks(apr_pool_t *p)
{
    (void)p;
    ap_register_output_filter(name, pass, NULL, AP_FTYPE_CONNECTION);
    ap_hook_post_read_request(post_read_request, NULL, NULL, APR_HOOK_MIDDLE);
}

AP_DECLARE_MODULE(slow_stream) = { STANDARD20_MODULE_STUFF, NULL, NULL, NULL, NULL, NULL, hooks, 0 };
