#include "tls.h"

#include <apr_strings.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

/*
 * mod_ssl ends httpd for a cipher list that selects nothing or for a key that OpenSSL's security
 * level finds too short, and "httpd -t" does not notice. The same calls are made here first.
 */

static const char *reason(apr_pool_t *p)
{
    const char *text = ERR_reason_error_string(ERR_peek_last_error());

    ERR_clear_error();
    return text ? apr_pstrdup(p, text) : "OpenSSL gives no reason";
}

/* As mod_ssl reads SSLProtocol. */
static const char *read_protocols(const char *protocols, unsigned int *versions, apr_pool_t *p)
{
    static const char *const known[] = { "TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3", NULL };     /* LYNC_TLS_… */
    char *last, *word, *words = apr_pstrdup(p, protocols);
    unsigned int enabled = 0;

    for (word = apr_strtok(words, " ", &last); word; word = apr_strtok(NULL, " ", &last)) {
        const char *name = word + (*word == '+' || *word == '-');
        unsigned int bits = 0;
        int i;

        for (i = 0; known[i]; ++i)
            if (!strcasecmp(name, known[i]) || !strcasecmp(name, "all"))
                bits |= 1u << i;
        if (!bits && strcasecmp(name, "SSLv3"))
            return apr_psprintf(p, "'%s' is no protocol version", name);
        enabled = *word == '-' ? enabled & ~bits : *word == '+' ? enabled | bits : bits;
    }
    *versions = enabled;
    return enabled ? NULL : apr_psprintf(p, "protocols '%s' leave none", protocols);
}

unsigned int lync_tls_versions(const lync_tls_policy_t *policy, apr_pool_t *p)
{
    unsigned int versions = 0;

    return read_protocols(policy->protocols, &versions, p) ? 0 : versions;
}

/* In quotes within mod_ssl's directives; SSLCipherSuite takes what comes before a blank for the name of a protocol. */
static const char *ciphers_fault(const char *ciphers, apr_pool_t *p)
{
    return strpbrk(ciphers, " \t\"\\") ? apr_psprintf(p, "ciphers '%s' have a blank, a quote or a backslash", ciphers)
                                        : NULL;
}

/* NULL: *fault says why. */
static SSL_CTX *context_of(const lync_tls_policy_t *policy, const char **fault, apr_pool_t *p)
{
    SSL_CTX *context = SSL_CTX_new(TLS_server_method());

    if (context && SSL_CTX_set_cipher_list(context, apr_pstrcat(p, "!aNULL:!eNULL:!EXP:", policy->ciphers, NULL)))
        return context;
    *fault = apr_psprintf(p, "ciphers '%s': %s", policy->ciphers, reason(p));
    SSL_CTX_free(context);
    return NULL;
}

const char *lync_tls_policy_fault(const lync_tls_policy_t *policy, apr_pool_t *p)
{
    unsigned int versions;
    const char *fault = read_protocols(policy->protocols, &versions, p);

    if (!fault)
        fault = ciphers_fault(policy->ciphers, p);
    if (!fault)
        SSL_CTX_free(context_of(policy, &fault, p));
    return fault;
}

const char *lync_tls_certificate_fault(const lync_tls_policy_t *policy, const lync_certificate_t *certificate,
                                       apr_pool_t *p)
{
    const char *fault = NULL;
    SSL_CTX *context = context_of(policy, &fault, p);

    if (!context)
        return fault;
    if (!SSL_CTX_use_certificate_chain_file(context, certificate->chain))
        fault = apr_psprintf(p, "certificate file '%s' cannot be used: %s", certificate->chain, reason(p));
    else if (!SSL_CTX_use_PrivateKey_file(context, certificate->key, SSL_FILETYPE_PEM))
        fault = apr_psprintf(p, "key file '%s' cannot be used: %s", certificate->key, reason(p));
    SSL_CTX_free(context);
    return fault;
}

const char *lync_tls_ca_fault(const char *ca, apr_pool_t *p)
{
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    const char *fault = NULL;

    if (!context || !SSL_CTX_load_verify_locations(context, ca, NULL))
        fault = apr_psprintf(p, "file '%s' cannot be used: %s", ca, reason(p));
    SSL_CTX_free(context);
    return fault;
}
