/* Autodiscover: JSON in both shapes and XML, chosen by Accept; over http only a redirect link. */
#include "pool.h"

#define XML_TYPE "application/vnd.microsoft.rtc.autodiscover+xml; v=1"
#define SERVICE "/Autodiscover/AutodiscoverService.svc/root"

typedef enum { LINKS, HAL, XML } shape_t;

typedef struct {
    const char *token;           /* in XML and Links */
    const char *rel;             /* in HAL; NULL: not there */
    const char *path;
    const char *query;           /* appended; NULL: none */
} link_t;

static shape_t shape_of(request_rec *r)
{
    const char *accept = apr_table_get(r->headers_in, "Accept");

    if (accept && ap_strcasestr(accept, "application/vnd.microsoft.rtc.autodiscover+xml")) {
        return XML;
    }
    return accept && (strstr(accept, "application/json") || strstr(accept, "*/*")) ? HAL : LINKS;
}

static void no_cache(request_rec *r)
{
    apr_table_setn(r->headers_out, "Cache-Control", "no-cache");
    apr_table_setn(r->headers_out, "Pragma", "no-cache");
    apr_table_setn(r->headers_out, "Expires", "-1");
    apr_table_setn(r->headers_out, "X-AspNet-Version", "4.0.30319");
}

static const char *one_link(request_rec *r, shape_t shape, const char *base, const link_t *link)
{
    const char *href = apr_pstrcat(r->pool, base, link->path, link->query, NULL);

    switch (shape) {
    case HAL:
        return link->rel ? apr_pstrcat(r->pool, ",\"", link->rel, "\":{\"href\":",
                                       tp_json(r->pool, href), "}", NULL) : "";
    case LINKS:
        return apr_pstrcat(r->pool, ",{\"href\":", tp_json(r->pool, href), ",\"token\":\"",
                           link->token, "\"}", NULL);
    case XML:
        return apr_pstrcat(r->pool, "<Link token=\"", link->token, "\" href=\"",
                           ap_escape_html(r->pool, href), "\"/>", NULL);
    }
    return "";
}

static int document(request_rec *r, const tp_conf_t *conf, const char *base, const char *kind,
                    const char *extra, const link_t *links, apr_size_t n)
{
    const char *location = conf->internal ? "Internal" : "External", *text = "";
    shape_t shape = shape_of(r);
    apr_size_t i;

    for (i = 0; i < n; i++) {
        text = apr_pstrcat(r->pool, text, one_link(r, shape, base, &links[i]), NULL);
    }
    no_cache(r);
    switch (shape) {
    case HAL:
        return tp_reply(r, HTTP_OK, "application/json",
                        apr_pstrcat(r->pool, "{\"_links\":{", *text ? text + 1 : text, "}}",
                                    NULL));
    case LINKS:
        return tp_reply(r, HTTP_OK, "application/json",
                        apr_pstrcat(r->pool, "{\"AccessLocation\":\"", location, "\",\"", kind,
                                    "\":{\"Links\":[", *text ? text + 1 : text, "]}}", NULL));
    case XML:
        return tp_reply(r, HTTP_OK, XML_TYPE,
                        apr_pstrcat(r->pool, "<?xml version=\"1.0\" encoding=\"utf-8\"?>"
                                    "<AutodiscoverResponse AccessLocation=\"", location, "\"><",
                                    kind, ">", extra, text, "</", kind,
                                    "></AutodiscoverResponse>", NULL));
    }
    return HTTP_INTERNAL_SERVER_ERROR;
}

/* originalDomain is handed on in every link, from itself or from the domain of sipuri. */
static const char *domain_query(request_rec *r)
{
    const char *domain = tp_arg(r, "originalDomain"), *user = tp_arg(r, "sipuri");

    if (!domain && user && strchr(user, '@')) {
        domain = strchr(user, '@') + 1;
    }
    if (!domain) {
        return NULL;
    }
    return apr_pstrcat(r->pool, "?originalDomain=", ap_escape_urlencoded(r->pool, domain), NULL);
}

static int root_document(request_rec *r, const tp_conf_t *conf)
{
    const char *query = domain_query(r), *base = tp_base(r, conf);
    int tls = !strcmp(ap_http_scheme(r), "https");
    const link_t links[] = {
        { "Self",   "self",   SERVICE, query },
        { "Domain", NULL,     SERVICE "/domain", query },
        { "User",   NULL,     SERVICE "/user", query },
        { "OAuth",  "user",   SERVICE "/oauth/user", query },
        { "XFrame", "xframe", "/Autodiscover/XFrame/XFrame.html", NULL },
    };
    const link_t redirect = { "Redirect", "redirect", SERVICE,
                              r->args ? apr_pstrcat(r->pool, "?", r->args, NULL) : NULL };

    if (!tls) {
        return document(r, conf, base, "Root", "", &redirect, 1);
    }
    if (shape_of(r) == HAL) {
        return document(r, conf, base, "Root", "", links, 5);
    }
    return document(r, conf, base, "Root", "", links + 1, 3);
}

static int domain_document(request_rec *r, const tp_conf_t *conf)
{
    const link_t links[] = {
        { "External/Autodiscover", "external", SERVICE, NULL },
    };

    return document(r, conf, tp_base(r, conf), "Domain", "", links, 1);
}

static const char *sip_access(request_rec *r, const tp_conf_t *conf)
{
    static const char *const elements[] = {
        "SipServerInternalAccess", "SipClientInternalAccess",
        "SipServerExternalAccess", "SipClientExternalAccess",
    };
    const char *text = "";
    int i;

    for (i = 0; i < 4; i++) {
        text = apr_psprintf(r->pool, "%s<%s fqdn=\"%s\" port=\"%d\"/>", text, elements[i],
                            i < 2 ? conf->pool : "sip.contoso.com", i < 2 ? 5061 : 443);
    }
    return text;
}

static int user_document(request_rec *r, const tp_conf_t *conf, const char *account)
{
    const char *query = domain_query(r), *base = tp_base(r, conf);
    const link_t links[] = {
        { "External/Autodiscover", NULL, SERVICE, query },
        { "External/AuthBroker", NULL, "/Reach/sip.svc", NULL },
        { "External/WebScheduler", NULL, "/Scheduler", NULL },
        { "External/Mcx", NULL, "/Mcx/McxService.svc", NULL },
        { "External/Ucwa", NULL, "/ucwa/v1/applications", NULL },
        { "Ucwa", "applications", "/ucwa/oauth/v1/applications", NULL },
        { "External/XFrame", "xframe", "/Autodiscover/XFrame/XFrame.html", NULL },
        { "Self", "self", SERVICE "/oauth/user", query },
    };
    const link_t redirect = { "Redirect", "redirect", SERVICE, query };

    if (!apr_hash_get(conf->users, account, APR_HASH_KEY_STRING)) {
        return tp_reply(r, HTTP_NOT_FOUND, "text/html", "");
    }
    if (conf->home && ap_cstr_casecmp(conf->home, conf->external)) {
        base = conf->https == 443 ? apr_pstrcat(r->pool, "https://", conf->home, NULL)
                                  : apr_psprintf(r->pool, "https://%s:%d", conf->home,
                                                 conf->https);
        return document(r, conf, base, "User", "", &redirect, 1);
    }
    return document(r, conf, base, "User", sip_access(r, conf), links, 8);
}

static int ticket_user(request_rec *r, const tp_conf_t *conf)
{
    const char *account = tp_token_ticket_user(r);

    if (account) {
        return user_document(r, conf, account);
    }
    apr_table_setn(r->err_headers_out, "X-MS-WebTicketURL",
                   apr_pstrcat(r->pool, tp_base(r, conf), "/WebTicket/WebTicketService.svc",
                               NULL));
    apr_table_setn(r->err_headers_out, "X-Ms-diagnostics",
                   apr_psprintf(r->pool, "28020;source=\"%s\";reason=\"No valid security token.\"",
                                conf->server));
    return tp_reply(r, HTTP_UNAUTHORIZED, "text/html", "");
}

static int oauth_user(request_rec *r, const tp_conf_t *conf)
{
    const char *account = tp_token_bearer_user(r);
    const char *ids = "00000002-0000-0ff1-ce00-000000000000@";
    char filler[1025];

    if (account) {
        return user_document(r, conf, account);
    }
    apr_table_addn(r->err_headers_out, "WWW-Authenticate",
                   apr_pstrcat(r->pool, "Bearer trusted_issuers=\"", ids, conf->domain,
                               "\", client_id=\"00000004-0000-0ff1-ce00-000000000000\"", NULL));
    apr_table_addn(r->err_headers_out, "WWW-Authenticate",
                   apr_pstrcat(r->pool, "MsRtcOAuth href=\"", tp_base(r, conf),
                               "/WebTicket/oauthtoken\",grant_type=\"urn:microsoft.rtc:windows,"
                               "urn:microsoft.rtc:anonmeeting,password\"", NULL));
    apr_table_setn(r->err_headers_out, "Vary", "Accept-Encoding");
    memset(filler, ' ', sizeof(filler) - 1);
    filler[sizeof(filler) - 1] = '\0';
    return tp_reply_page(r, HTTP_UNAUTHORIZED, "401 - Unauthorized",
                         apr_pstrcat(r->pool, "Access is denied.", filler, NULL));
}

int tp_autodiscover(request_rec *r, const tp_conf_t *conf, const char *rest)
{
    static const char service[] = "/autodiscoverservice.svc/root";

    if (!strcmp(rest, "/xframe/xframe.html")) {
        return tp_reply_page(r, HTTP_OK, "XFrame", "cross-domain frame");
    }
    if (strncmp(rest, service, sizeof(service) - 1)) {
        return tp_reply_page(r, HTTP_NOT_FOUND, "404.0 - Not Found", "no such service");
    }
    rest += sizeof(service) - 1;
    if (!*rest || !strcmp(rest, "/")) {
        return root_document(r, conf);
    }
    if (!strcmp(rest, "/domain")) {
        return domain_document(r, conf);
    }
    if (!strcmp(rest, "/user")) {
        return ticket_user(r, conf);
    }
    if (!strcmp(rest, "/oauth/user")) {
        return oauth_user(r, conf);
    }
    return tp_reply_page(r, HTTP_NOT_FOUND, "404.0 - Not Found", "no such resource");
}
