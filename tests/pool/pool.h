/* mod_testpool: what the files of the simulated Lync pool share.
 *
 * wire.c    the request head as it arrived, the identity of a connection, headers of every response
 * seen.c    the request log that tests read
 * view.c    the path as IIS would understand it
 * ntlm.c    what real NTLM clients need before mod_auth_gssapi
 * token.c   users, web tickets and OAuth tokens
 * body.c    arguments, forms, uploads
 * reply.c   answers
 * discover.c, soap.c, ucwa.c, site.c, lab.c: the directories of the web site
 */
#ifndef POOL_H
#define POOL_H

#include "httpd.h"
#include "http_config.h"
#include "http_core.h"
#include "http_log.h"
#include "http_protocol.h"
#include "http_request.h"

#include "apr_hash.h"
#include "apr_lib.h"
#include "apr_strings.h"

extern __attribute__((visibility("default"))) module AP_MODULE_DECLARE_DATA testpool_module;

/* One server of a pool. Virtual hosts differ only in `internal`. */
typedef struct tp_conf_t {
    const char *pool;            /* internal name of the pool, e.g. lyncpool01.contoso.local */
    const char *server;          /* internal name of this server */
    const char *role;            /* frontend, director, standard, officewebapps */
    const char *external;        /* external web services name */
    const char *internal_name;   /* internal web services name */
    const char *home;            /* external name of the pool users are homed on; NULL: this one */
    const char *domain;          /* SIP domain */
    const char *users_file;      /* DOMAIN:user:password lines, as gss-ntlmssp reads them */
    const char *secret;          /* signs tickets; the same in every server of a topology */
    const char *log_name;        /* request log; NULL: none */
    int https, http;             /* published ports, for the URLs that clients receive */
    int internal_https, internal_http;
    int abs_size;                /* bytes of an address book file */
    int upload_limit;            /* bytes an upload may have */
    int ticket_size;             /* least bytes of a web ticket before base64 */
    int idle;                    /* seconds after which an application without P-GET ends */
    int number;                  /* of this server in its pool, from 1 */
    int owner;                   /* end when this process is no longer the parent; 0: never */
    int internal;                /* the site on 443/80 rather than 4443/8080 */

    apr_file_t *log;
    apr_hash_t *users;           /* lower-case user -> password */
    apr_hash_t *directories;     /* first path segment -> tp_directory_t */
    char *address_book;
} tp_conf_t;

/* One TCP connection. */
typedef struct tp_conn_t {
    const char *id;              /* pid-number, never used again */
    int requests;                /* read so far */
    const char *user;            /* last user that mod_auth_gssapi found on it */
    struct tp_req_t *recording;  /* request whose head is being read */
} tp_conn_t;

/* One request. */
typedef struct tp_req_t {
    apr_pool_t *pool;
    tp_conn_t *conn;
    char *head;                  /* request line and header fields, blank line included */
    apr_size_t length, size;
    apr_size_t line;             /* where the line being read starts */
    int number;                  /* on its connection, from 1 */
    const char *note;            /* for the request log: leak, gone, replaced … */
    const char *path;            /* IIS view, before escaping */
    apr_off_t received;          /* body bytes */
    int logged;
    int persist;                 /* the status is one after which httpd would close */
    int forget;                  /* Persistent-Auth: false, the connection loses its user */
} tp_req_t;

typedef int (*tp_handler_fn)(request_rec *r, const tp_conf_t *conf, const char *rest);

/* A virtual directory. */
typedef struct tp_directory_t {
    const char *name;            /* lower case, without slash */
    tp_handler_fn handler;
    unsigned roles;              /* TP_LYNC, TP_OFFICE */
} tp_directory_t;

#define TP_LYNC   1u
#define TP_OFFICE 2u

static inline const tp_conf_t *tp_conf(const request_rec *r)
{
    return ap_get_module_config(r->server->module_config, &testpool_module);
}

static inline tp_req_t *tp_req(const request_rec *r)
{
    return ap_get_module_config(r->request_config, &testpool_module);
}

/* Hooks of each file. */
void tp_wire_hooks(apr_pool_t *p);
void tp_view_hooks(apr_pool_t *p);
void tp_ntlm_hooks(apr_pool_t *p);
void tp_ucwa_hooks(apr_pool_t *p);

/* wire.c: connections open now; requests read by this server since its start. */
unsigned tp_wire_connections(void);
unsigned tp_wire_requests(void);

/* seen.c: write the line of a request once, later calls do nothing. */
void tp_seen_write(request_rec *r);

/* view.c: the lower-case path IIS resolves `target` to; NULL: IIS answers 400. */
const char *tp_view_path(apr_pool_t *p, const char *target);

/* ntlm.c: make the connection as if nobody had logged in on it. */
void tp_ntlm_forget(conn_rec *c);

/* token.c: read users; NULL or an error sentence. */
const char *tp_token_load(apr_pool_t *p, tp_conf_t *conf);
/* User part of DOMAIN\user, user@domain or sip:user@domain, lower case. */
const char *tp_token_account(apr_pool_t *p, const char *user);
int tp_token_password(request_rec *r, const char *user, const char *password);
/* A SAML assertion for `user`, not yet base64; expires in `life` seconds. */
const char *tp_token_assertion(request_rec *r, const char *user, int life);
const char *tp_token_cwt(request_rec *r, const char *user, int life);
/* Who the request's X-MS-WebTicket or Bearer token speaks for; NULL: missing, forged or expired. */
const char *tp_token_ticket_user(request_rec *r);
const char *tp_token_bearer_user(request_rec *r);

/* body.c: value of `name` in "a=b&c=d", decoded; NULL: absent. `nth` counts from 0. */
const char *tp_form_value(apr_pool_t *p, const char *form, const char *name, int nth);
const char *tp_arg(request_rec *r, const char *name);
long tp_arg_int(request_rec *r, const char *name, long fallback);
/* The whole body, at most `max` bytes, terminated; an HTTP status otherwise. */
int tp_body_read(request_rec *r, apr_size_t max, char **body, apr_size_t *length);
/* Take an upload and answer with its size and SHA-256. */
int tp_body_upload(request_rec *r, const tp_conf_t *conf);
const char *tp_sha256(apr_pool_t *p, const void *data, apr_size_t length);

/* reply.c: answers keep the connection open unless it is AP_CONN_CLOSE already. */
int tp_reply(request_rec *r, int status, const char *type, const char *body);
int tp_reply_data(request_rec *r, int status, const char *type, const char *data, apr_size_t n);
int tp_reply_page(request_rec *r, int status, const char *title, const char *text);
/* 401 for which the client needs Negotiate or NTLM. */
int tp_reply_winauth(request_rec *r);
/* `s` as a JSON string with quotes; bytes above 0x7e come as their Latin-1 characters. */
const char *tp_json(apr_pool_t *p, const char *s);
const char *tp_json_n(apr_pool_t *p, const char *s, apr_size_t n);
/* https://name[:port] as handed to clients of this site. */
const char *tp_base(request_rec *r, const tp_conf_t *conf);
/* `n` bytes of a fixed pattern; chunked in pieces with a pause in milliseconds if `piece`. */
int tp_reply_pattern(request_rec *r, long n, long piece, long pause);

/* Wait until `fd` (-1: none) is readable: 1; time is up: 0; the client has gone: -1. */
int tp_wait(request_rec *r, int fd, long milliseconds);

/* Directories. */
int tp_autodiscover(request_rec *r, const tp_conf_t *conf, const char *rest);
int tp_webticket(request_rec *r, const tp_conf_t *conf, const char *rest);
int tp_soap(request_rec *r, const tp_conf_t *conf, const char *rest);
int tp_ucwa(request_rec *r, const tp_conf_t *conf, const char *rest);
int tp_abs(request_rec *r, const tp_conf_t *conf, const char *rest);
int tp_meet(request_rec *r, const tp_conf_t *conf, const char *rest);
int tp_page(request_rec *r, const tp_conf_t *conf, const char *rest);
int tp_data(request_rec *r, const tp_conf_t *conf, const char *rest);
int tp_device(request_rec *r, const tp_conf_t *conf, const char *rest);
int tp_mcx(request_rec *r, const tp_conf_t *conf, const char *rest);
int tp_panel(request_rec *r, const tp_conf_t *conf, const char *rest);
int tp_passive(request_rec *r, const tp_conf_t *conf, const char *rest);
int tp_office(request_rec *r, const tp_conf_t *conf, const char *rest);
int tp_wopi(request_rec *r, const tp_conf_t *conf, const char *rest);
int tp_echo(request_rec *r, const tp_conf_t *conf, const char *rest);
int tp_lab(request_rec *r, const tp_conf_t *conf, const char *rest);
char *tp_address_book(apr_pool_t *p, int size);
/* ucwa.c: P-GETs held, applications alive; make an event for an application. */
unsigned tp_ucwa_held(void);
unsigned tp_ucwa_applications(void);
int tp_ucwa_event(const char *id);

#endif
