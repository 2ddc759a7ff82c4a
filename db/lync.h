#ifndef LYNC_H
#define LYNC_H

#include <apr_pools.h>
#include <apr_tables.h>

#include "err.h"

/*
 * The nouns: what a store holds. Each is a struct here, a table in schema.sql, and a list of
 * fields in noun.c. A field's name is the column, the struct member, the JSON key and, with '-'
 * for '_', the option of lyncadm. Members are text (NULL: not set) or int.
 */

/* Revision 0 is the draft that lyncadm edits; 1 and up are immutable. */
#define LYNC_DRAFT 0

/* Every row begins so. */
typedef struct lync_row_t {
    int rowid;                  /* SQLite's rowid, so that a message can name the row */
} lync_row_t;

/* A timeout profile: how long a pool may stay silent before a request is given up. */
typedef struct lync_profile_t {
    lync_row_t row;
    const char *name;
    int timeout;                /* seconds */
    const char *purpose;
} lync_profile_t;

/* A TLS policy: what a listener offers or a pool is asked for, in mod_ssl's words. */
typedef struct lync_tls_policy_t {
    lync_row_t row;
    const char *name;
    const char *protocols;      /* SSLProtocol's argument */
    const char *ciphers;        /* SSLCipherSuite's argument */
    const char *purpose;
} lync_tls_policy_t;

/* Lync knowledge: a virtual directory of the external web site (lync-requirements §8). */
typedef struct lync_service_t {
    lync_row_t row;
    const char *name;
    const char *path;           /* prefix, as IIS spells it */
    const char *releases;       /* words of 2013 2015 2019 */
    const char *authentication; /* anonymous, windows, ticket, bearer or forms */
    const char *profile;
    const char *action;         /* publish or refuse */
    const char *purpose;
    const char *label;          /* first label of a name of its own, which clients ask for by https, then by http */
} lync_service_t;

/* Where clients connect. */
typedef struct lync_listener_t {
    lync_row_t row;
    const char *name;
    const char *address;        /* '*' or an IP address */
    int port;
    const char *scheme;         /* https or http */
    const char *tls_policy;     /* NULL for http */
    const char *otherwise;      /* http: what happens to published names that it does not publish:
                                   redirect (to https) or refuse */
    const char *http2;          /* https: off, or on: NTLM and Negotiate then ask for HTTP/1.1 */
} lync_listener_t;

/* A chain and a key on disk, with the facts read from the leaf when it was added. */
typedef struct lync_certificate_t {
    lync_row_t row;
    const char *name;
    const char *chain;          /* absolute file name, PEM, leaf first */
    const char *key;            /* absolute file name, PEM; may be the chain's file */
    const char *managed;        /* names for which mod_md gets and renews it, space separated; then the files are mod_md's
                                   and of the facts only names is there, the same */
    const char *source;         /* absolute file names that it was imported from, separated by ':' */
    const char *subject;
    const char *issuer;
    const char *names;          /* DNS names of the leaf, space separated, lower case */
    const char *key_type;       /* "RSA 2048", "EC P-256" */
    const char *signature;      /* the digest that its issuer signed: "sha256" */
    const char *usages;         /* words as "serverAuth clientAuth"; NULL: good for all */
    const char *responder;      /* URL of its OCSP responder */
    const char *missing;        /* issuer that neither the chain nor this system has; NULL: the chain is whole */
    const char *not_before;     /* ISO 8601, UTC */
    const char *not_after;
    const char *fingerprint;    /* SHA-256 of the leaf, lower case hex */
} lync_certificate_t;

/* A certificate bound to a listener. */
typedef struct lync_binding_t {
    lync_row_t row;
    const char *listener;
    const char *host;           /* the SNI name it is for, or '*': the listener's default */
    const char *certificate;
    const char *beside;         /* certificate with the other kind of key, for clients that can use it */
} lync_binding_t;

/* A Front End pool, Standard Edition server, Director (pool) or Office Web Apps farm. */
typedef struct lync_pool_t {
    lync_row_t row;
    const char *name;           /* the name it is known by inside */
    const char *role;           /* frontend, standard, director or officewebapps */
    int https_port;             /* where its external web site listens: 4443 */
    int http_port;              /* 8080 */
    const char *ca;             /* absolute file name of the trust anchors, PEM */
    const char *verify_name;    /* name that its certificates must bear and that SNI carries;
                                   NULL: each server's own */
    const char *tls_policy;
    const char *affinity;       /* none, or cookie */
    const char *cookie;         /* affinity's cookie, MS-WSMAN (lync-requirements §11) */
    const char *health_path;    /* answers GET with 200 while a server is well */
    int health_interval;        /* seconds between two probes of a server */
    int connect_timeout;        /* seconds to wait for a server to accept a connection */
} lync_pool_t;

/* One member of a pool. */
typedef struct lync_server_t {
    lync_row_t row;
    const char *host;
    const char *pool;
    int weight;                 /* 1..100 */
    const char *state;          /* active, drain, disabled or standby */
} lync_server_t;

/* A SIP domain and its simple URLs (lync-requirements §6.3). */
typedef struct lync_domain_t {
    lync_row_t row;
    const char *name;
    const char *meet;
    const char *dialin;
    const char *admin;          /* never published: known so that it can be refused */
} lync_domain_t;

/* The publishing rule. */
typedef struct lync_route_t {
    lync_row_t row;
    const char *listener;
    const char *host;           /* the public name, lower case, without port */
    const char *path;           /* prefix, matched without case on segment boundaries */
    const char *action;         /* publish, refuse or redirect */
    const char *pool;           /* publish: to */
    const char *scheme;         /* publish: https to the pool's https_port, http to http_port */
    const char *profile;        /* publish: timeout profile */
    const char *location;       /* redirect: where to, 302 */
    const char *methods;        /* words; NULL: all but CONNECT and TRACE */
    const char *refuse_headers; /* words: a request that bears one of these fields is refused */
    const char *pin;            /* publish: which client connections get a connection to the pool of
                                   their own: auth (those that authenticate with NTLM or Negotiate),
                                   always, or off (such credentials are refused) */
    const char *service;        /* the knowledge behind it, or NULL */
} lync_route_t;

typedef enum lync_noun_id_t {
    LYNC_PROFILE,               /* in an order in which every row follows what it refers to */
    LYNC_TLS_POLICY,
    LYNC_SERVICE,
    LYNC_LISTENER,
    LYNC_CERTIFICATE,
    LYNC_BINDING,
    LYNC_POOL,
    LYNC_SERVER,
    LYNC_DOMAIN,
    LYNC_ROUTE,
    LYNC_NOUNS
} lync_noun_id_t;

typedef enum lync_kind_t {
    LYNC_KIND_TEXT,             /* printable, one line */
    LYNC_KIND_NAME,             /* letters, digits, '.', '_' and '-' */
    LYNC_KIND_HOST,             /* DNS name; stored in lower case */
    LYNC_KIND_SERVER_HOST,      /* DNS name or IP address */
    LYNC_KIND_BOUND_HOST,       /* DNS name or '*' */
    LYNC_KIND_ADDRESS,          /* '*' or an IP address */
    LYNC_KIND_PATH,             /* begins with '/'; stored without a trailing one */
    LYNC_KIND_RAW_PATH,         /* begins with '/'; kept as it is */
    LYNC_KIND_FILE,             /* absolute file name */
    LYNC_KIND_URL,              /* absolute https URL without port, query and fragment */
    LYNC_KIND_LOCATION,         /* absolute http(s) URL */
    LYNC_KIND_WORDS,            /* tokens separated by single spaces */
    LYNC_KIND_CHOICE,           /* one of field->choices */
    LYNC_KIND_INT               /* field->low .. field->high; the only kind that is an int */
} lync_kind_t;

#define LYNC_FIELD_KEY      1   /* part of the row's key, in the order of the fields */
#define LYNC_FIELD_REQUIRED 2
#define LYNC_FIELD_FACT     4   /* read from a file by the program, never given by a person */
#define LYNC_FIELD_DETAIL   16  /* left out where people want a short answer */
#define LYNC_FIELD_SINCE_2  8   /* a store of schema version 1 has no such column */

typedef struct lync_field_t {
    const char *name;
    lync_kind_t kind;
    int flags;                  /* LYNC_FIELD_… */
    apr_size_t offset;          /* in the noun's struct */
    const char *initial;        /* value of a row that does not say; NULL: not set */
    const char *choices;        /* CHOICE: "a|b|c" */
    int low, high;              /* INT */
    int refers;                 /* noun whose first key this value is, or -1 */
    const char *help;           /* for lyncadm's option: what it is, without full stop */
} lync_field_t;

typedef struct lync_noun_t {
    lync_noun_id_t id;
    const char *name;           /* table, and noun of lyncadm */
    apr_size_t size;            /* of its struct */
    const lync_field_t *fields; /* ends with name == NULL */
    const char *help;
} lync_noun_t;

/* The noun with this id. Never NULL. */
const lync_noun_t *lync_noun(lync_noun_id_t id);

/* The noun of this name, or NULL. */
const lync_noun_t *lync_noun_named(const char *name);

/* The field of this name, '-' and '_' alike, or NULL. */
const lync_field_t *lync_field(const lync_noun_t *noun, const char *name);

/* A row with every field at its initial value, in p. */
void *lync_row_new(apr_pool_t *p, const lync_noun_t *noun);

/* A copy with all its texts, in p. */
void *lync_row_copy(apr_pool_t *p, const lync_noun_t *noun, const void *row);

/* A field as text, in p when it has to be printed; NULL when not set. */
const char *lync_row_get(apr_pool_t *p, const lync_field_t *field, const void *row);

/* Sets a field from text that somebody typed (NULL unsets): validated and brought to its stored
 * form, in p. The error names noun, field, value and what would be right; the row is then as it was. */
const lync_err_t *lync_row_set(apr_pool_t *p, const lync_noun_t *noun, const lync_field_t *field,
                               void *row, const char *value) LYNC_MUST_USE;

/* A row's key for people: "fe01.contoso.local, pool lyncpool01". */
const char *lync_row_label(apr_pool_t *p, const lync_noun_t *noun, const void *row);

/* Whether both rows have the same in a field, or in every field of the key. Paths are the same in any
 * case, as Lync has it. */
int lync_field_same(const lync_field_t *field, const void *a, const void *b);
int lync_row_same_key(const lync_noun_t *noun, const void *a, const void *b);

/* Whether both rows are stored alike: the same in every field, in the case of paths too. */
int lync_row_same(const lync_noun_t *noun, const void *a, const void *b);

/* Whether word is one of the words in a space separated list, without regard to case. */
int lync_word_in(const char *words, const char *word);

/* One revision in memory. Constant after it was read. */
typedef struct lync_model_t {
    int revision;
    const char *seal;           /* hash of the change that made it: a number may come twice, after a restore;
                                   NULL: the draft, or of a store without an audit */
    apr_array_header_t *rows[LYNC_NOUNS];   /* of pointers to the nouns' structs, by key */
} lync_model_t;

#define LYNC_ROW(model, id, index) (((void **)(model)->rows[id]->elts)[index])

/* The row whose first key is name, or NULL. Linear: for load time. */
void *lync_model_find(const lync_model_t *model, lync_noun_id_t id, const char *name);

#endif
