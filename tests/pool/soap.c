/* SOAP services and the web ticket service: enough of each for a client to get on. */
#include "pool.h"

#define BODY_MAX (1u << 20)
#define ENVELOPE "<s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\"><s:Body>"
#define END "</s:Body></s:Envelope>"
#define TRUST "http://docs.oasis-open.org/ws-sx/ws-trust/200512"

/* A port address in a WSDL is absolute and has an explicit :443, like in-band URLs. */
static int mex(request_rec *r, const tp_conf_t *conf, const char *path)
{
    const char *name = conf->internal ? conf->internal_name : conf->external;
    int port = conf->internal ? conf->internal_https : conf->https;

    return tp_reply(r, HTTP_OK, "text/xml; charset=utf-8",
                    apr_psprintf(r->pool, "<wsdl:definitions xmlns:wsdl=\"http://schemas.xmlsoap"
                                 ".org/wsdl/\" xmlns:soap=\"http://schemas.xmlsoap.org/wsdl/soap/"
                                 "\"><wsdl:service><wsdl:port name=\"WebTicketServiceWinNegotiate"
                                 "\"><soap:address location=\"https://%s:%d%s\"/></wsdl:port>"
                                 "</wsdl:service></wsdl:definitions>", name, port, path));
}

static int issue(request_rec *r)
{
    char *body;
    int status = tp_body_read(r, BODY_MAX, &body, NULL);

    if (status != OK) {
        return status;
    }
    if (r->method_number != M_POST) {
        return tp_reply_page(r, HTTP_OK, "WebTicketService Service", "You have created a service.");
    }
    if (!r->user) {
        return tp_reply_winauth(r);
    }
    return tp_reply(r, HTTP_OK, "text/xml; charset=utf-8",
                    apr_pstrcat(r->pool, ENVELOPE
                                "<RequestSecurityTokenResponseCollection xmlns=\"" TRUST "\">"
                                "<RequestSecurityTokenResponse><RequestedSecurityToken>",
                                tp_token_assertion(r, r->user, 28800),
                                "</RequestedSecurityToken></RequestSecurityTokenResponse>"
                                "</RequestSecurityTokenResponseCollection>" END, NULL));
}

static int oauth_error(request_rec *r, const char *error, const char *extra)
{
    return tp_reply(r, HTTP_BAD_REQUEST, "application/json",
                    apr_pstrcat(r->pool, "{\"error\":\"", error, "\"", extra, "}", NULL));
}

static int oauth_grant(request_rec *r, const char *user, int life)
{
    apr_table_setn(r->headers_out, "Cache-Control", "no-store");
    return tp_reply(r, HTTP_OK, "application/json",
                    apr_psprintf(r->pool, "{\"access_token\":\"%s\",\"expires_in\":%d,"
                                 "\"ms_rtc_identityscope\":\"local\",\"token_type\":\"Bearer\"}",
                                 tp_token_cwt(r, user, life), life));
}

/* The grant is in the body, which authentication does not see: whether Windows authentication is
 * needed turns out here, and the answer of the handshake is on the connection. */
static int windows_grant(request_rec *r)
{
    const char *user = r->user ? r->user : tp_req(r)->conn->user;

    return user ? oauth_grant(r, user, 28800) : tp_reply_winauth(r);
}

static int oauthtoken(request_rec *r, const tp_conf_t *conf)
{
    const char *grant, *user, *password;
    char *body;
    int status = tp_body_read(r, BODY_MAX, &body, NULL);

    if (status != OK) {
        return status;
    }
    grant = tp_form_value(r->pool, body, "grant_type", 0);
    user = tp_form_value(r->pool, body, "username", 0);
    password = tp_form_value(r->pool, body, "password", 0);
    if (!grant) {
        return oauth_error(r, "invalid_request", "");
    }
    if (!strcmp(grant, "password")) {
        return user && password && tp_token_password(r, user, password)
               ? oauth_grant(r, user, 28800) : oauth_error(r, "invalid_grant", "");
    }
    if (!strcmp(grant, "urn:microsoft.rtc:windows")) {
        return windows_grant(r);
    }
    if (!strcmp(grant, "urn:microsoft.rtc:anonmeeting")) {
        return password ? oauth_grant(r, "anonymous", 3600) : oauth_error(r, "invalid_grant", "");
    }
    if (!strcmp(grant, "urn:microsoft.rtc:passive")) {
        return oauth_error(r, "invalid_grant",
                           apr_pstrcat(r->pool, ",\"ms_rtc_passiveauthuri\":\"", tp_base(r, conf),
                                       "/PassiveAuth/PassiveAuth.aspx\"", NULL));
    }
    return oauth_error(r, "unsupported_grant_type", "");
}

int tp_webticket(request_rec *r, const tp_conf_t *conf, const char *rest)
{
    static const char service[] = "/webticketservice.svc";

    if (!strcmp(rest, "/oauthtoken")) {
        return oauthtoken(r, conf);
    }
    if (!strncmp(rest, service, sizeof(service) - 1)) {
        rest += sizeof(service) - 1;
        return strcmp(rest, "/mex") ? issue(r)
                                    : mex(r, conf, "/WebTicket/WebTicketService.svc/WinNegotiate");
    }
    return tp_reply_page(r, HTTP_NOT_FOUND, "404.0 - Not Found", "no such service");
}

/* Certificate provisioning, group expansion and so on: who asked, which action, how much. */
int tp_soap(request_rec *r, const tp_conf_t *conf, const char *rest)
{
    const char *action = apr_table_get(r->headers_in, "SOAPAction");
    apr_size_t length, n = strlen(rest);
    char *body;
    int status = tp_body_read(r, BODY_MAX, &body, &length);

    if (status != OK) {
        return status;
    }
    if (n > 4 && !strcmp(rest + n - 4, "/mex")) {
        return mex(r, conf, apr_pstrmemdup(r->pool, r->uri, strlen(r->uri) - 4));
    }
    if (r->method_number != M_POST) {
        return tp_reply_page(r, HTTP_OK, "Service", "You have created a service.");
    }
    return tp_reply(r, HTTP_OK, "text/xml; charset=utf-8",
                    apr_psprintf(r->pool, ENVELOPE "<Response action=\"%s\" user=\"%s\" "
                                 "bytes=\"%" APR_SIZE_T_FMT "\"/>" END,
                                 action ? ap_escape_html(r->pool, action) : "",
                                 r->user ? ap_escape_html(r->pool, r->user) : "", length));
}
