/* The directories that are pages or files: address book, meetings, content, phones, Office Web
 * Apps, and the control panels that nobody outside may ever see. */
#include "pool.h"

#include "apr_buckets.h"
#include "apr_date.h"

#define ABS_TAG "\"80d7c5f1a2b3ce1:0\""
#define ABS_DATE "Mon, 02 Nov 2026 01:30:00 GMT"

static int not_found(request_rec *r)
{
    return tp_reply_page(r, HTTP_NOT_FOUND, "404.0 - Not Found",
                         "The resource you are looking for has been removed.");
}

/* Looks compressed (as .lsabs is), is the same in every run and on every server. */
char *tp_address_book(apr_pool_t *p, int size)
{
    char *book = apr_palloc(p, (apr_size_t)size + 1);
    apr_uint32_t x = 20130401;
    int i;

    for (i = 0; i < size; i++) {
        x = x * 1664525u + 1013904223u;
        book[i] = (char)(x >> 24);
    }
    return book;
}

/* f-1299.lsabs, d-1299-129a.lsabs, c-….lsabs, f-1299.dabs */
static int is_book(const char *name)
{
    apr_size_t n = strlen(name);

    return n > 7 && strchr("fdc", name[0]) && name[1] == '-' && apr_isxdigit(name[2])
           && (!strcmp(name + n - 6, ".lsabs") || !strcmp(name + n - 5, ".dabs"));
}

int tp_abs(request_rec *r, const tp_conf_t *conf, const char *rest)
{
    apr_bucket_brigade *bb;
    int status;

    if (!*rest || !strcmp(rest, "/") || !strcmp(rest, "/handler")
        || !strcmp(rest, "/handler/")) {
        return tp_reply_page(r, HTTP_OK, "Address book", "handler");
    }
    if (strncmp(rest, "/handler/", 9) || !is_book(rest + 9)) {
        return not_found(r);
    }
    apr_table_setn(r->headers_out, "ETag", ABS_TAG);
    apr_table_setn(r->headers_out, "Last-Modified", ABS_DATE);
    ap_set_accept_ranges(r);
    r->mtime = apr_date_parse_http(ABS_DATE);
    status = ap_meets_conditions(r);
    if (status != OK) {
        return status;
    }
    ap_set_content_type(r, "application/octet-stream");
    ap_set_content_length(r, conf->abs_size);
    bb = apr_brigade_create(r->pool, r->connection->bucket_alloc);
    APR_BRIGADE_INSERT_TAIL(bb, apr_bucket_immortal_create(conf->address_book,
                                                           (apr_size_t)conf->abs_size,
                                                           bb->bucket_alloc));
    APR_BRIGADE_INSERT_TAIL(bb, apr_bucket_eos_create(bb->bucket_alloc));
    /* the range filter makes an answer of its own for 416 */
    return ap_pass_brigade(r->output_filters, bb) == APR_SUCCESS ? OK : AP_FILTER_ERROR;
}

int tp_meet(request_rec *r, const tp_conf_t *conf, const char *rest)
{
    const char *id = *rest ? strchr(rest + 1, '/') : NULL, *text;

    if (!id || !id[1]) {
        return tp_reply_page(r, HTTP_OK, "Meeting troubleshooting",
                             "We cannot find the meeting you're trying to join.");
    }
    text = apr_psprintf(r->pool, "<!DOCTYPE html><html><head><title>Join</title></head><body>"
                        "<script>var domainOwnerJoinLauncherUrl = \"%s\"; var reachURL = "
                        "\"%s/lwa/WebPages/LwaClient.aspx\"; var confUri = \"sip:%s\";</script>"
                        "<p>host %s</p></body></html>\r\n", "", tp_base(r, conf),
                        ap_escape_html(r->pool, apr_psprintf(r->pool, "%.*s@%s;gruu;opaque=app:"
                                                             "conf:focus:id:%s",
                                                             (int)(id - rest - 1), rest + 1,
                                                             conf->domain, id + 1)),
                        r->hostname ? ap_escape_html(r->pool, r->hostname) : "");
    return tp_reply(r, HTTP_OK, "text/html; charset=utf-8", text);
}

int tp_page(request_rec *r, const tp_conf_t *conf, const char *rest)
{
    (void)conf;
    (void)rest;
    return tp_reply_page(r, HTTP_OK, "Page",
                         apr_pstrcat(r->pool, "directory ", tp_req(r)->path, NULL));
}

/* /datacollabweb/…/handler takes uploads; GET (collabcontent too) gives ?bytes= of content. */
int tp_data(request_rec *r, const tp_conf_t *conf, const char *rest)
{
    apr_size_t n = strlen(rest);

    if (n >= 8 && !strcmp(rest + n - 8, "/handler")
        && (r->method_number == M_POST || r->method_number == M_PUT)) {
        return tp_body_upload(r, conf);
    }
    ap_set_content_type(r, "application/octet-stream");
    return tp_reply_pattern(r, tp_arg_int(r, "bytes", 65536), 0, 0);
}

int tp_device(request_rec *r, const tp_conf_t *conf, const char *rest)
{
    if (r->method_number == M_POST || r->method_number == M_PUT) {
        return tp_body_upload(r, conf);
    }
    if (!strncmp(rest, "/files", 6)) {
        return tp_data(r, conf, rest);
    }
    return strcmp(rest, "/ucdevice.upx") ? not_found(r)
                                         : tp_reply(r, HTTP_OK, "text/xml", "<updates/>");
}

/* Lync 2010 Mobile: by web ticket or by Windows authentication, see the configuration. */
int tp_mcx(request_rec *r, const tp_conf_t *conf, const char *rest)
{
    long timeout = tp_arg_int(r, "poll", -1);

    if (!r->user && !tp_token_ticket_user(r)) {
        apr_table_setn(r->err_headers_out, "X-MS-WebTicketURL",
                       apr_pstrcat(r->pool, tp_base(r, conf),
                                   "/WebTicket/WebTicketService.svc", NULL));
        return tp_reply_winauth(r);
    }
    if (timeout >= 0 && tp_wait(r, -1, timeout > 1800000 ? 1800000 : timeout) < 0) {
        tp_req(r)->note = "gone";
        r->connection->aborted = 1;
        return OK;
    }
    return tp_soap(r, conf, rest);
}

/* A leak has to be seen: by the client, and in the request log. */
int tp_panel(request_rec *r, const tp_conf_t *conf, const char *rest)
{
    (void)conf;
    (void)rest;
    tp_req(r)->note = "leak";
    apr_table_setn(r->headers_out, "X-Test-Leak", tp_req(r)->path);
    return tp_reply_page(r, HTTP_OK, "Control Panel",
                         "control panel: this must never be published");
}

int tp_passive(request_rec *r, const tp_conf_t *conf, const char *rest)
{
    if (!strcmp(rest, "/passiveauth.aspx")) {
        apr_table_setn(r->headers_out, "Location",
                       apr_pstrcat(r->pool, "https://sts.", conf->domain,
                                   "/adfs/ls/?wa=wsignin1.0&wtrealm=", tp_base(r, conf),
                                   "%2fPassiveAuth%2fPassiveAuth.aspx", NULL));
        apr_table_addn(r->headers_out, "Set-Cookie", "WsFedState=1; path=/PassiveAuth; secure");
        apr_table_addn(r->headers_out, "Set-Cookie", "WsFedNonce=2; path=/PassiveAuth; secure");
        return tp_reply_page(r, HTTP_MOVED_TEMPORARILY, "Object moved", "Object moved to here.");
    }
    if (!strcmp(rest, "/federationmetadata/2007-06/federationmetadata.xml")) {
        return tp_reply(r, HTTP_OK, "text/xml", "<EntityDescriptor/>");
    }
    return not_found(r);
}

int tp_wopi(request_rec *r, const tp_conf_t *conf, const char *rest)
{
    const char *name = conf->internal ? conf->internal_name : conf->external;
    const char *zone = conf->internal ? "internal-https" : "external-https";

    if (strcmp(rest, "/discovery")) {
        return not_found(r);
    }
    return tp_reply(r, HTTP_OK, "text/xml; charset=utf-8",
                    apr_psprintf(r->pool, "<?xml version=\"1.0\" encoding=\"utf-8\"?>"
                                 "<wopi-discovery><net-zone name=\"%s\"><app name=\"PowerPoint\" "
                                 "checkLicense=\"true\"><action name=\"presentservice\" ext=\"pptx\""
                                 " urlsrc=\"https://%s/m/Presenter.aspx?a=0&amp;embed=true&amp;"
                                 "&lt;fs=FULLSCREEN&amp;&gt;\"/><action name=\"attendservice\" "
                                 "ext=\"pptx\" urlsrc=\"https://%s/m/ParticipantFrame.aspx?a=0&amp;"
                                 "embed=true&amp;\"/></app></net-zone></wopi-discovery>",
                                 zone, name, name));
}

/* URLs of a farm hold doubly encoded characters: the page shows the target as it came in. */
int tp_office(request_rec *r, const tp_conf_t *conf, const char *rest)
{
    (void)conf;
    (void)rest;
    if (r->method_number == M_POST) {
        return tp_body_upload(r, tp_conf(r));
    }
    apr_table_setn(r->headers_out, "X-Test-Target", apr_pstrdup(r->pool, r->unparsed_uri));
    return tp_reply_page(r, HTTP_OK, "Office", r->unparsed_uri);
}
