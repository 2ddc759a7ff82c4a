#include "mod_lync.h"

#include <http_connection.h>
#include <http_protocol.h>
#include <util_filter.h>

/*
 * Tickets and tokens want fields of 64 KB, and httpd has a limit for each field and one for their number,
 * but none for a request's head: 200 such fields are 14 MB on the wire, three times that in memory, and
 * nobody has been asked yet who he is. So lines are counted as they are read, until the head is complete.
 */

/* Of a request line and fields: a few of the largest. */
#define HEAD_LIMIT (4 * 69632)

static ap_filter_rec_t *handle;

static apr_status_t count(ap_filter_t *filter, apr_bucket_brigade *bb, ap_input_mode_t mode, apr_read_type_e block,
                          apr_off_t bytes)
{
    apr_off_t *left = filter->ctx, length = 0;
    apr_status_t rv = ap_get_brigade(filter->next, bb, mode, block, bytes);

    if (rv != APR_SUCCESS || mode != AP_MODE_GETLINE)
        return rv;
    apr_brigade_length(bb, 0, &length);
    *left -= length > 0 ? length : 0;
    if (*left >= 0)
        return APR_SUCCESS;
    apr_brigade_cleanup(bb);
    lync_log(filter->r, APLOG_INFO, LYNCNO(0019) "refused a request: its head is larger than %d bytes", HEAD_LIMIT);
    lync_count_refused(filter->r, LYNC_REFUSAL_HEAD);
    lync_count_note_served(filter->r);
    return APR_EGENERAL;
}

/* After sni.c has found out whose limits the request is read with. HTTP/2 has a limit of its own. */
static void pre_read_request(request_rec *r, conn_rec *c)
{
    apr_off_t *left;

    if (c->master || !lync_config_site(r->server))
        return;
    left = apr_palloc(r->pool, sizeof(*left));
    *left = HEAD_LIMIT;
    ap_add_input_filter_handle(handle, left, r, c);
}

static int post_read_request(request_rec *r)
{
    ap_filter_t *filter, *next;

    for (filter = r->proto_input_filters; filter && filter != r->connection->input_filters; filter = next) {
        next = filter->next;
        if (filter->frec == handle)
            ap_remove_input_filter(filter);
    }
    return DECLINED;
}

void lync_head_register(apr_pool_t *p)
{
    (void)p;
    handle = ap_register_input_filter("LYNC_HEAD", count, NULL, AP_FTYPE_PROTOCOL);
    ap_hook_pre_read_request(pre_read_request, NULL, NULL, APR_HOOK_LAST);
    ap_hook_post_read_request(post_read_request, NULL, NULL, APR_HOOK_REALLY_FIRST);
}
