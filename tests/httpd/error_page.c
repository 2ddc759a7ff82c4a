/* A module of somebody else's that has an error page of its own for all that is not found or not to be had. */
#include <http_core.h>
#include <http_protocol.h>
#include <httpd.h>

static int post_read_request(request_rec *r)
{
    ap_custom_response(r, HTTP_NOT_FOUND, "/error-page/of/theirs");
    ap_custom_response(r, HTTP_SERVICE_UNAVAILABLE, "/error-page/of/theirs");
    return DECLINED;
}

static void hooks(apr_pool_t *p)
{
    (void)p;
    ap_hook_post_read_request(post_read_request, NULL, NULL, APR_HOOK_MIDDLE);
}

AP_DECLARE_MODULE(error_page) = { STANDARD20_MODULE_STUFF, NULL, NULL, NULL, NULL, NULL, hooks, 0 };
