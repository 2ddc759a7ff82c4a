/* mod_auth_gssapi with gss-ntlmssp is a real NTLM server; two things keep it from being IIS:
 * gss-ntlmssp refuses a NEGOTIATE message without Version (curl sends none), and mod_auth_gssapi
 * can neither start over after a failed handshake nor re-authenticate a connection. */
#include "pool.h"

#include "apr_base64.h"
#include "http_connection.h"

/* Messages with their payload fields (length, space, offset: 8 bytes each) and where Version is. */
typedef struct {
    unsigned type;
    apr_size_t fields, count, version;
} layout_t;

static const layout_t layouts[] = {
    { 1, 16, 2, 32 },
    { 3, 12, 6, 64 },
};

static unsigned get32(const unsigned char *s)
{
    return (unsigned)s[0] | (unsigned)s[1] << 8 | (unsigned)s[2] << 16 | (unsigned)s[3] << 24;
}

static void put32(unsigned char *s, unsigned value)
{
    s[0] = (unsigned char)value;
    s[1] = (unsigned char)(value >> 8);
    s[2] = (unsigned char)(value >> 16);
    s[3] = (unsigned char)(value >> 24);
}

static const layout_t *layout_of(const unsigned char *msg, apr_size_t n)
{
    apr_size_t i;

    if (n < 16 || memcmp(msg, "NTLMSSP", 8)) {
        return NULL;
    }
    for (i = 0; i < sizeof(layouts) / sizeof(layouts[0]); i++) {
        if (layouts[i].type == get32(msg + 8)) {
            return &layouts[i];
        }
    }
    return NULL;
}

/* A payload that starts where Version belongs, or a message that ends there, has none. The flag
 * that announces one does not help: curl copies it from the challenge. */
static int lacks_version(const unsigned char *msg, apr_size_t n, const layout_t *at)
{
    apr_size_t i;

    if (n < at->version) {
        return 0;
    }
    for (i = 0; i < at->count; i++) {
        const unsigned char *field = msg + at->fields + i * 8;

        if ((field[0] || field[1]) && get32(field + 4) < at->version + 8) {
            return 1;
        }
    }
    return n < at->version + 8;
}

static unsigned char *with_version(apr_pool_t *p, const unsigned char *msg, apr_size_t n,
                                   const layout_t *at)
{
    unsigned char *patched = apr_pcalloc(p, n + 8);
    apr_size_t i;

    memcpy(patched, msg, at->version);
    memcpy(patched + at->version + 8, msg + at->version, n - at->version);
    for (i = 0; i < at->count; i++) {
        unsigned char *offset = patched + at->fields + i * 8 + 4;

        if (get32(offset) >= at->version) {
            put32(offset, get32(offset) + 8);
        }
    }
    return patched;
}

/* The pre_connection function of mod_auth_gssapi hangs a new, empty context on the connection. */
void tp_ntlm_forget(conn_rec *c)
{
    const apr_array_header_t *hooks = ap_hook_get_pre_connection();
    const ap_LINK_pre_connection_t *hook = (const ap_LINK_pre_connection_t *)hooks->elts;
    tp_conn_t *conn = ap_get_module_config(c->conn_config, &testpool_module);
    int i;

    for (i = 0; i < hooks->nelts; i++) {
        if (hook[i].szName && !strcmp(hook[i].szName, "mod_auth_gssapi.c")) {
            hook[i].pFunc(c, NULL);
        }
    }
    conn->user = NULL;
}

/* SPNEGO's first token is [APPLICATION 0], all later ones are [1]. */
static int starts_handshake(const unsigned char *msg, apr_size_t n, const layout_t *at)
{
    return at ? at->type == 1 : (n && msg[0] == 0x60);
}

static int prepare(request_rec *r)
{
    const char *header = apr_table_get(r->headers_in, "Authorization"), *token;
    char *scheme;
    unsigned char *msg;
    const layout_t *at;
    apr_size_t n;

    if (!header) {
        return DECLINED;
    }
    token = header;
    scheme = ap_getword_white(r->pool, &token);
    if (ap_cstr_casecmp(scheme, "NTLM") && ap_cstr_casecmp(scheme, "Negotiate")) {
        return DECLINED;
    }
    msg = apr_palloc(r->pool, (apr_size_t)apr_base64_decode_len(token) + 1);
    n = (apr_size_t)apr_base64_decode_binary(msg, token);
    at = layout_of(msg, n);
    if (starts_handshake(msg, n, at)) {
        tp_ntlm_forget(r->connection);
    }
    if (at && lacks_version(msg, n, at)) {
        char *text;

        msg = with_version(r->pool, msg, n, at);
        text = apr_pcalloc(r->pool, (apr_size_t)apr_base64_encode_len((int)n + 8));
        apr_base64_encode_binary(text, msg, (int)n + 8);
        apr_table_setn(r->headers_in, "Authorization",
                       apr_pstrcat(r->pool, scheme, " ", text, NULL));
    }
    return DECLINED;
}

void tp_ntlm_hooks(apr_pool_t *p)
{
    (void)p;
    ap_hook_header_parser(prepare, NULL, NULL, APR_HOOK_MIDDLE);
}
