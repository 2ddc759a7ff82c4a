#include "lync.h"

#include <apr_strings.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "value.h"

/*
 * The nouns' fields: the one place, besides schema.sql, that lists a column. Reading, writing,
 * checking, options, tables and JSON all follow from here.
 */

#define TEXT_(type, member, kind, flags, initial, choices, refers, help) \
    { #member, kind, flags, offsetof(type, member), initial, choices, 0, 0, refers, help }
#define INT_(type, member, flags, initial, low, high, help) \
    { #member, LYNC_KIND_INT, flags, offsetof(type, member), initial, NULL, low, high, -1, help }
#define END_ { NULL, LYNC_KIND_TEXT, 0, 0, NULL, NULL, 0, 0, -1, NULL }

#define KEY (LYNC_FIELD_KEY | LYNC_FIELD_REQUIRED)
#define REQ LYNC_FIELD_REQUIRED
#define DETAIL LYNC_FIELD_DETAIL
#define FACT LYNC_FIELD_FACT
#define FACT_2 (LYNC_FIELD_FACT | LYNC_FIELD_SINCE_2)

#define F(member, kind, flags, initial, help) TEXT_(T, member, kind, flags, initial, NULL, -1, help)
#define CHOICE(member, flags, initial, choices, help) \
    TEXT_(T, member, LYNC_KIND_CHOICE, flags, initial, choices, -1, help)
#define REFERS(member, kind, flags, initial, noun, help) TEXT_(T, member, kind, flags, initial, NULL, noun, help)
#define INT(member, flags, initial, low, high, help) INT_(T, member, flags, initial, low, high, help)

#define T lync_profile_t
static const lync_field_t profile[] = {
    F(name, LYNC_KIND_NAME, KEY, NULL, "name of the profile"),
    INT(timeout, REQ, NULL, 1, 86400, "seconds that a pool may stay silent"),
    F(purpose, LYNC_KIND_TEXT, 0, NULL, "what it is for"),
    END_
};
#undef T

#define T lync_tls_policy_t
static const lync_field_t tls_policy[] = {
    F(name, LYNC_KIND_NAME, KEY, NULL, "name of the policy"),
    F(protocols, LYNC_KIND_TEXT, REQ, NULL, "protocol versions, as in SSLProtocol"),
    F(ciphers, LYNC_KIND_TEXT, REQ, NULL, "cipher suites, as in SSLCipherSuite"),
    F(purpose, LYNC_KIND_TEXT, 0, NULL, "what it is for"),
    END_
};
#undef T

#define T lync_service_t
static const lync_field_t service[] = {
    F(name, LYNC_KIND_NAME, KEY, NULL, "name of the service"),
    F(path, LYNC_KIND_PATH, REQ, NULL, "virtual directory"),
    F(releases, LYNC_KIND_WORDS, REQ, NULL, "releases that have it"),
    CHOICE(authentication, REQ, NULL, "anonymous|windows|ticket|bearer|forms", "how its users sign in"),
    REFERS(profile, LYNC_KIND_NAME, REQ, NULL, LYNC_PROFILE, "timeout profile"),
    CHOICE(action, REQ, NULL, "publish|refuse", "whether it is published by default"),
    F(purpose, LYNC_KIND_TEXT, 0, NULL, "what it is for"),
    F(label, LYNC_KIND_NAME, LYNC_FIELD_SINCE_2, NULL,
      "first label of a name of its own, which clients ask for by https, then by http"),
    END_
};
#undef T

#define T lync_listener_t
static const lync_field_t listener[] = {
    F(name, LYNC_KIND_NAME, KEY, NULL, "name of the listener"),
    F(address, LYNC_KIND_ADDRESS, REQ, "*", "IP address to listen on, or * for all"),
    INT(port, REQ, NULL, 1, 65535, "port to listen on"),
    CHOICE(scheme, REQ, "https", "https|http", "protocol that clients speak"),
    REFERS(tls_policy, LYNC_KIND_NAME, 0, NULL, LYNC_TLS_POLICY, "TLS policy towards clients (https)"),
    CHOICE(otherwise, REQ, "redirect", "redirect|refuse",
           "http: what happens to published names that this listener does not publish"),
    CHOICE(http2, REQ, "off", "off|on", "https: whether clients are offered HTTP/2"),
    END_
};
#undef T

#define T lync_certificate_t
static const lync_field_t certificate[] = {
    F(name, LYNC_KIND_NAME, KEY, NULL, "name of the certificate"),
    F(chain, LYNC_KIND_FILE, REQ | DETAIL, NULL, "PEM file: leaf first, then the intermediates"),
    F(key, LYNC_KIND_FILE, REQ | DETAIL, NULL, "PEM file of the private key, without passphrase"),
    F(managed, LYNC_KIND_WORDS, FACT_2, NULL, "names for which mod_md gets and renews it"),
    F(source, LYNC_KIND_TEXT, FACT_2 | DETAIL, NULL, "files that it was imported from, separated by ':'"),
    F(subject, LYNC_KIND_TEXT, FACT | DETAIL, NULL, "subject of the leaf"),
    F(issuer, LYNC_KIND_TEXT, FACT_2, NULL, "who issued the leaf"),
    F(names, LYNC_KIND_WORDS, FACT, NULL, "DNS names of the leaf"),
    F(key_type, LYNC_KIND_TEXT, FACT_2, NULL, "kind and size of the key"),
    F(signature, LYNC_KIND_TEXT, FACT_2 | DETAIL, NULL, "digest that the issuer signed"),
    F(usages, LYNC_KIND_WORDS, FACT_2 | DETAIL, NULL, "what the leaf is good for; not set: all"),
    F(responder, LYNC_KIND_TEXT, FACT_2 | DETAIL, NULL, "URL of the OCSP responder"),
    F(missing, LYNC_KIND_TEXT, FACT_2 | DETAIL, NULL, "issuer that neither the chain nor this system has"),
    F(not_before, LYNC_KIND_TEXT, FACT | DETAIL, NULL, "valid from"),
    F(not_after, LYNC_KIND_TEXT, FACT, NULL, "valid to"),
    F(fingerprint, LYNC_KIND_NAME, FACT | DETAIL, NULL, "SHA-256 of the leaf"),
    END_
};
#undef T

#define T lync_binding_t
static const lync_field_t binding[] = {
    REFERS(listener, LYNC_KIND_NAME, KEY, NULL, LYNC_LISTENER, "listener that presents the certificate"),
    F(host, LYNC_KIND_BOUND_HOST, KEY, "*", "public name that it is for, or * for all others"),
    REFERS(certificate, LYNC_KIND_NAME, REQ, NULL, LYNC_CERTIFICATE, "certificate to present"),
    REFERS(beside, LYNC_KIND_NAME, LYNC_FIELD_SINCE_2, NULL, LYNC_CERTIFICATE,
           "certificate with the other kind of key (RSA, EC), for clients that can use it"),
    END_
};
#undef T

#define T lync_pool_t
static const lync_field_t pool[] = {
    F(name, LYNC_KIND_HOST, KEY, NULL, "internal name of the pool"),
    CHOICE(role, REQ, "frontend", "frontend|standard|director|officewebapps", "what the pool is"),
    INT(https_port, REQ, NULL, 1, 65535, "port of its external web site"),
    INT(http_port, REQ, NULL, 1, 65535, "port of its external web site in clear text"),
    F(ca, LYNC_KIND_FILE, 0, NULL, "PEM file of the root certificates that its certificates hang on"),
    F(verify_name, LYNC_KIND_HOST, 0, NULL, "name that its certificates must bear; not set: each server's own"),
    REFERS(tls_policy, LYNC_KIND_NAME, REQ, "intermediate", LYNC_TLS_POLICY, "TLS policy towards the pool"),
    CHOICE(affinity, REQ, "none", "none|cookie", "whether a client stays with its server"),
    F(cookie, LYNC_KIND_NAME, REQ, NULL, "name of the affinity cookie"),
    F(health_path, LYNC_KIND_RAW_PATH, REQ, NULL, "path that answers GET with 200 while a server is well"),
    INT(health_interval, REQ, "10", 1, 3600, "seconds between two probes of a server"),
    INT(connect_timeout, REQ, "5", 1, 300, "seconds that a server may take to accept a connection"),
    END_
};
#undef T

#define T lync_server_t
static const lync_field_t server[] = {
    F(host, LYNC_KIND_SERVER_HOST, KEY, NULL, "name or IP address of the server"),
    REFERS(pool, LYNC_KIND_HOST, KEY, NULL, LYNC_POOL, "pool that it is a member of"),
    INT(weight, REQ, "1", 1, 100, "share of the requests, relative to the other servers"),
    CHOICE(state, REQ, "active", "active|drain|disabled|standby", "whether it gets requests"),
    END_
};
#undef T

#define T lync_domain_t
static const lync_field_t domain[] = {
    F(name, LYNC_KIND_HOST, KEY, NULL, "SIP domain"),
    F(meet, LYNC_KIND_URL, 0, NULL, "simple URL of meetings"),
    F(dialin, LYNC_KIND_URL, 0, NULL, "simple URL of dial-in settings"),
    F(admin, LYNC_KIND_URL, 0, NULL, "simple URL of administration; never published"),
    END_
};
#undef T

#define T lync_route_t
static const lync_field_t route[] = {
    REFERS(listener, LYNC_KIND_NAME, KEY, NULL, LYNC_LISTENER, "listener that the request comes in by"),
    F(host, LYNC_KIND_HOST, KEY, NULL, "public name"),
    F(path, LYNC_KIND_PATH, KEY, "/", "path prefix, without regard to case"),
    CHOICE(action, REQ, "publish", "publish|refuse|redirect", "what happens to the request"),
    REFERS(pool, LYNC_KIND_HOST, 0, NULL, LYNC_POOL, "publish: pool that gets it"),
    CHOICE(scheme, 0, NULL, "https|http", "publish: protocol that the pool is spoken to with"),
    REFERS(profile, LYNC_KIND_NAME, 0, NULL, LYNC_PROFILE, "publish: timeout profile"),
    F(location, LYNC_KIND_LOCATION, 0, NULL, "redirect: where to"),
    F(methods, LYNC_KIND_WORDS, 0, NULL, "methods that are let through; not set: all"),
    F(refuse_headers, LYNC_KIND_WORDS, 0, NULL, "fields whose presence refuses the request"),
    CHOICE(pin, REQ, "auth", "auth|always|off",
           "publish: which clients get a connection of their own: those that use NTLM or Negotiate, all, none"),
    REFERS(service, LYNC_KIND_NAME, 0, NULL, LYNC_SERVICE, "service that the route stands for"),
    END_
};
#undef T

static const lync_noun_t nouns[LYNC_NOUNS] = {
    { LYNC_PROFILE, "profile", sizeof(lync_profile_t), profile, "how long a pool may take to answer" },
    { LYNC_TLS_POLICY, "tls_policy", sizeof(lync_tls_policy_t), tls_policy, "protocol versions and cipher suites" },
    { LYNC_SERVICE, "service", sizeof(lync_service_t), service, "a virtual directory of the pools' web site" },
    { LYNC_LISTENER, "listener", sizeof(lync_listener_t), listener, "where clients connect" },
    { LYNC_CERTIFICATE, "certificate", sizeof(lync_certificate_t), certificate, "a chain and a key on disk" },
    { LYNC_BINDING, "binding", sizeof(lync_binding_t), binding, "a certificate bound to a listener" },
    { LYNC_POOL, "pool", sizeof(lync_pool_t), pool, "a pool, Director or Office Web Apps farm" },
    { LYNC_SERVER, "server", sizeof(lync_server_t), server, "a member of a pool" },
    { LYNC_DOMAIN, "domain", sizeof(lync_domain_t), domain, "a SIP domain and its simple URLs" },
    { LYNC_ROUTE, "route", sizeof(lync_route_t), route, "which request goes to which pool" },
};

const lync_noun_t *lync_noun(lync_noun_id_t id)
{
    return &nouns[id];
}

static int same_word(const char *a, const char *b)
{
    for (; *a && *b; ++a, ++b) {
        if (*a != *b && !(*a == '-' && *b == '_') && !(*a == '_' && *b == '-'))
            return 0;
    }
    return *a == *b;
}

const lync_noun_t *lync_noun_named(const char *name)
{
    int i;

    for (i = 0; i < LYNC_NOUNS; ++i) {
        if (same_word(nouns[i].name, name))
            return &nouns[i];
    }
    return NULL;
}

const lync_field_t *lync_field(const lync_noun_t *noun, const char *name)
{
    const lync_field_t *field;

    for (field = noun->fields; field->name; ++field) {
        if (same_word(field->name, name))
            return field;
    }
    return NULL;
}

static const char **text_of(const lync_field_t *field, const void *row)
{
    return (const char **)((char *)row + field->offset);
}

static int *int_of(const lync_field_t *field, const void *row)
{
    return (int *)((char *)row + field->offset);
}

void *lync_row_new(apr_pool_t *p, const lync_noun_t *noun)
{
    void *row = apr_pcalloc(p, noun->size);
    const lync_field_t *field;

    for (field = noun->fields; field->name; ++field) {
        if (field->kind != LYNC_KIND_INT)
            *text_of(field, row) = field->initial;
        else if (field->initial)
            *int_of(field, row) = atoi(field->initial);
    }
    return row;
}

void *lync_row_copy(apr_pool_t *p, const lync_noun_t *noun, const void *row)
{
    char *copy = apr_pmemdup(p, row, noun->size);
    const lync_field_t *field;

    for (field = noun->fields; field->name; ++field) {
        if (field->kind != LYNC_KIND_INT) {
            const char **text = (const char **)(void *)(copy + field->offset);

            *text = apr_pstrdup(p, *text);
        }
    }
    return copy;
}

const char *lync_row_get(apr_pool_t *p, const lync_field_t *field, const void *row)
{
    if (field->kind == LYNC_KIND_INT)
        return apr_itoa(p, *int_of(field, row));
    return *text_of(field, row);
}

const lync_err_t *lync_row_set(apr_pool_t *p, const lync_noun_t *noun, const lync_field_t *field,
                               void *row, const char *value)
{
    const char *wanted = NULL, *stored;

    if (!value) {
        if (field->flags & LYNC_FIELD_REQUIRED)
            return lync_err(p, "%s: '%s' cannot be unset", noun->name, field->name);
        *text_of(field, row) = NULL;
        return NULL;
    }
    if (field->kind == LYNC_KIND_INT) {
        int number;

        if (!lync_value_int(value, field->low, field->high, &number))
            return lync_err(p, "%s: %s '%s' is no number from %d to %d", noun->name, field->name, value,
                            field->low, field->high);
        *int_of(field, row) = number;
        return NULL;
    }
    stored = lync_value(p, field, value, &wanted);
    if (!stored)
        return lync_err(p, "%s: %s '%s' is no %s", noun->name, field->name, value, wanted);
    *text_of(field, row) = stored;
    return NULL;
}

const char *lync_row_label(apr_pool_t *p, const lync_noun_t *noun, const void *row)
{
    const lync_field_t *field = noun->fields;
    const char *label = lync_row_get(p, field, row);

    for (++field; field->name && field->flags & LYNC_FIELD_KEY; ++field)
        label = apr_pstrcat(p, label ? label : "", noun->id == LYNC_SERVER ? ", pool " : " ",
                            lync_row_get(p, field, row), NULL);
    return label ? label : "";
}

int lync_field_same(const lync_field_t *field, const void *a, const void *b)
{
    const char *x, *y;

    if (field->kind == LYNC_KIND_INT)
        return *int_of(field, a) == *int_of(field, b);
    x = *text_of(field, a);
    y = *text_of(field, b);
    if (!x || !y)
        return x == y;
    return field->kind == LYNC_KIND_PATH ? !strcasecmp(x, y) : !strcmp(x, y);
}

int lync_row_same_key(const lync_noun_t *noun, const void *a, const void *b)
{
    const lync_field_t *field;

    for (field = noun->fields; field->name; ++field) {
        if (field->flags & LYNC_FIELD_KEY && !lync_field_same(field, a, b))
            return 0;
    }
    return 1;
}

int lync_row_same(const lync_noun_t *noun, const void *a, const void *b)
{
    const lync_field_t *field;

    for (field = noun->fields; field->name; ++field) {
        if (!lync_field_same(field, a, b) || (field->kind == LYNC_KIND_PATH && *text_of(field, a)
                                              && strcmp(*text_of(field, a), *text_of(field, b))))
            return 0;
    }
    return 1;
}

int lync_word_in(const char *words, const char *word)
{
    apr_size_t length = strlen(word);

    while (words && *words) {
        apr_size_t n = strcspn(words, " ");

        if (n == length && !strncasecmp(words, word, n))
            return 1;
        words += n + strspn(words + n, " ");
    }
    return 0;
}

void *lync_model_find(const lync_model_t *model, lync_noun_id_t id, const char *name)
{
    const lync_field_t *key = nouns[id].fields;
    int i;

    for (i = 0; name && i < model->rows[id]->nelts; ++i) {
        void *row = LYNC_ROW(model, id, i);

        if (!strcmp(*text_of(key, row), name))
            return row;
    }
    return NULL;
}
