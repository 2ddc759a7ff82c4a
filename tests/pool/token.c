/* Users, web tickets and OAuth tokens. A signature under a secret that all servers of a topology
 * share lets a Director's ticket be good at a pool, as with the real ones. */
#include "pool.h"

#include "apr_base64.h"

#define SAML "urn:oasis:names:tc:SAML:1.0:assertion"

const char *tp_token_load(apr_pool_t *p, tp_conf_t *conf)
{
    apr_file_t *file;
    char line[512];

    conf->users = apr_hash_make(p);
    if (!conf->users_file) {
        return NULL;
    }
    if (apr_file_open(&file, conf->users_file, APR_FOPEN_READ | APR_FOPEN_BUFFERED, 0, p)) {
        return apr_psprintf(p, "cannot read users '%s'", conf->users_file);
    }
    while (apr_file_gets(line, sizeof(line), file) == APR_SUCCESS) {
        char *rest = apr_pstrdup(p, line), *user;

        rest[strcspn(rest, "\r\n")] = '\0';
        ap_getword_nc(p, &rest, ':');
        user = ap_getword_nc(p, &rest, ':');
        ap_str_tolower(user);
        apr_hash_set(conf->users, user, APR_HASH_KEY_STRING, rest);
    }
    apr_file_close(file);
    return NULL;
}

const char *tp_token_account(apr_pool_t *p, const char *user)
{
    const char *backslash = strchr(user, '\\');
    char *account;

    if (backslash) {
        user = backslash + 1;
    }
    else if (!ap_cstr_casecmpn(user, "sip:", 4)) {
        user += 4;
    }
    account = apr_pstrmemdup(p, user, strcspn(user, "@"));
    ap_str_tolower(account);
    return account;
}

int tp_token_password(request_rec *r, const char *user, const char *password)
{
    const char *known = apr_hash_get(tp_conf(r)->users, tp_token_account(r->pool, user),
                                     APR_HASH_KEY_STRING);

    return known && !strcmp(known, password);
}

static const char *sign(request_rec *r, const char *kind, const char *user, const char *expiry)
{
    const char *text = apr_pstrcat(r->pool, tp_conf(r)->secret, ":", kind, ":", user, ":",
                                   expiry, NULL);

    return tp_sha256(r->pool, text, strlen(text));
}

static int valid(request_rec *r, const char *kind, const char *user, const char *expiry,
                 const char *signature)
{
    return user && expiry && signature && !strcmp(sign(r, kind, user, expiry), signature)
           && apr_atoi64(expiry) > apr_time_sec(apr_time_now());
}

static const char *expiry_in(request_rec *r, int life)
{
    return apr_psprintf(r->pool, "%" APR_INT64_T_FMT,
                        (apr_int64_t)apr_time_sec(apr_time_now()) + life);
}

static const char *encode(apr_pool_t *p, const char *text)
{
    char *encoded = apr_palloc(p, (apr_size_t)apr_base64_encode_len((int)strlen(text)));

    apr_base64_encode(encoded, text, (int)strlen(text));
    return encoded;
}

static char *decode(apr_pool_t *p, const char *text)
{
    char *decoded = apr_pcalloc(p, (apr_size_t)apr_base64_decode_len(text) + 1);

    apr_base64_decode(decoded, text);
    return decoded;
}

/* Real assertions carry certificates and digests: several KB that a proxy has to let through. */
const char *tp_token_assertion(request_rec *r, const char *user, int life)
{
    const char *account = tp_token_account(r->pool, user), *expiry = expiry_in(r, life);
    apr_size_t n = (apr_size_t)tp_conf(r)->ticket_size;
    char *padding = apr_palloc(r->pool, n + 1);

    memset(padding, 'A', n);
    padding[n] = '\0';
    return apr_pstrcat(r->pool, "<saml:Assertion MajorVersion=\"1\" MinorVersion=\"1\" "
                       "Issuer=\"", tp_conf(r)->server, "\" xmlns:saml=\"" SAML "\">"
                       "<saml:NameIdentifier>", account, "</saml:NameIdentifier>"
                       "<saml:NotOnOrAfter>", expiry, "</saml:NotOnOrAfter>"
                       "<SignatureValue>", sign(r, "saml", account, expiry), "</SignatureValue>"
                       "<X509Certificate>", padding, "</X509Certificate></saml:Assertion>", NULL);
}

const char *tp_token_cwt(request_rec *r, const char *user, int life)
{
    const char *account = tp_token_account(r->pool, user), *expiry = expiry_in(r, life);

    return apr_pstrcat(r->pool, "cwt=",
                       encode(r->pool, apr_pstrcat(r->pool, account, "|", expiry, "|",
                                                   sign(r, "cwt", account, expiry), NULL)),
                       NULL);
}

static const char *element(apr_pool_t *p, const char *xml, const char *open)
{
    const char *start = strstr(xml, open);

    if (!start) {
        return NULL;
    }
    start += strlen(open);
    return apr_pstrmemdup(p, start, strcspn(start, "<"));
}

const char *tp_token_ticket_user(request_rec *r)
{
    const char *header = apr_table_get(r->headers_in, "X-MS-WebTicket"), *xml, *user;

    if (!header || ap_cstr_casecmpn(header, "opaque=", 7)) {
        return NULL;
    }
    xml = decode(r->pool, header + 7);
    user = element(r->pool, xml, "<saml:NameIdentifier>");
    return valid(r, "saml", user, element(r->pool, xml, "<saml:NotOnOrAfter>"),
                 element(r->pool, xml, "<SignatureValue>")) ? user : NULL;
}

const char *tp_token_bearer_user(request_rec *r)
{
    const char *header = apr_table_get(r->headers_in, "Authorization"), *user, *expiry;
    char *text;

    if (!header || ap_cstr_casecmpn(header, "Bearer cwt=", 11)) {
        return NULL;
    }
    text = decode(r->pool, header + 11);
    user = ap_getword_nc(r->pool, &text, '|');
    expiry = ap_getword_nc(r->pool, &text, '|');
    return valid(r, "cwt", user, expiry, text) ? user : NULL;
}
