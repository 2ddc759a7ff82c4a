#include "mod_lync.h"

#include <http_connection.h>
#include <util_filter.h>

/*
 * mod_proxy writes the head of a request in pieces, for which mod_ssl makes each connection a buffer of 12 KB that
 * stays. It needs none for what comes in one piece.
 */

/* Of which mod_ssl makes one record. */
#define PIECE AP_IOBUFSIZE

static ap_filter_rec_t *handle;

/* Bytes before the flush at the end; 0: it is not like that, or one piece already. */
static apr_size_t pieces(apr_bucket_brigade *bb)
{
    apr_size_t length = 0;
    int count = 0;
    apr_bucket *e;

    for (e = APR_BRIGADE_FIRST(bb); e != APR_BRIGADE_SENTINEL(bb) && !APR_BUCKET_IS_METADATA(e);
         e = APR_BUCKET_NEXT(e)) {
        if (e->length > PIECE || (length += e->length) > PIECE)
            return 0;
        ++count;
    }
    return count > 1 && e != APR_BRIGADE_SENTINEL(bb) && APR_BUCKET_IS_FLUSH(e) ? length : 0;
}

static apr_status_t join(ap_filter_t *filter, apr_bucket_brigade *bb)
{
    const lync_handshake_t *handshake = lync_handshake_expected();
    apr_size_t length = handshake ? pieces(bb) : 0, taken = length;
    apr_bucket *e;
    char *whole;

    if (!length)
        return ap_pass_brigade(filter->next, bb);
    whole = apr_palloc(handshake->r->pool, length);
    if (apr_brigade_flatten(bb, whole, &taken) != APR_SUCCESS || taken != length)
        return ap_pass_brigade(filter->next, bb);
    while (e = APR_BRIGADE_FIRST(bb), !APR_BUCKET_IS_METADATA(e))
        apr_bucket_delete(e);
    APR_BRIGADE_INSERT_HEAD(bb, apr_bucket_pool_create(whole, length, handshake->r->pool, bb->bucket_alloc));
    return ap_pass_brigade(filter->next, bb);
}

static int pre_connection(conn_rec *c, void *csd)
{
    (void)csd;
    if (!c->outgoing || !lync_handshake_expected())
        return DECLINED;
    ap_add_output_filter_handle(handle, NULL, NULL, c);
    return OK;
}

void lync_piece_register(apr_pool_t *p)
{
    (void)p;
    /* above mod_ssl's */
    handle = ap_register_output_filter("LYNC_PIECE", join, NULL, AP_FTYPE_CONNECTION);
    ap_hook_pre_connection(pre_connection, NULL, NULL, APR_HOOK_MIDDLE);
}
