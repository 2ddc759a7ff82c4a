#ifndef MOD_LYNC_H
#define MOD_LYNC_H

#include <apr_hash.h>
#include <apr_pools.h>
#include <apr_tables.h>
#include <httpd.h>
#include <http_config.h>
#include <http_log.h>

#include "check.h"
#include "counts.h"
#include "lync.h"
#include "route.h"
#include "served.h"
#include "table.h"

/* What the files of the module share. Each registers its own hooks; mod_lync.c calls them. */

APLOG_USE_MODULE(lync);

/* Our message numbers: unique, never used for another message. */
#define LYNCNO(n) "LYNC" #n ": "

/* log.c: a line about a request, at an APLOG_ level; the only way to write one. No word of it may be a client's but a
 * method, a host, and the first directory of a target. */
#define lync_log(r, level, ...) \
    do { \
        if (APLOG_R_IS_LEVEL(r, level)) \
            lync_log_line(__FILE__, __LINE__, r, level, __VA_ARGS__); \
    } while (0)
void lync_log_line(const char *file, int line, request_rec *r, int level, const char *format, ...)
    __attribute__((format(printf, 5, 6)));

/* A server of a pool as one scheme's balancers have it. */
typedef struct lync_member_t {
    const lync_server_t *server;
    const lync_pool_t *pool;
    int port;
    const char *verify_name;    /* SNI, and what the certificate must bear */
    const char *route;          /* in the affinity cookie */
    const char *said;           /* by an operator when httpd (re)started: drain, disabled, or NULL */
    int slot;                   /* in the shared memory of handshake.c */
    int count;                  /* where it is counted; count.c */
} lync_member_t;

/* A balancer: one (pool, timeout profile, scheme) that some route publishes to. */
typedef struct lync_backend_t {
    int index;
    const char *url;            /* "balancer://lync-…" */
    const lync_pool_t *pool;
    const lync_profile_t *profile;
    const char *scheme;
    apr_array_header_t *members;        /* of lync_member_t *, as the balancer's workers */
    struct proxy_balancer *balancer;    /* from post_config on */
} lync_backend_t;

/* A route's pin. */
typedef enum lync_pin_mode_t {
    LYNC_PIN_AUTH,
    LYNC_PIN_ALWAYS,
    LYNC_PIN_OFF
} lync_pin_mode_t;

/* What a route means for a request, ready made. */
typedef struct lync_target_t {
    const lync_route_t *route;
    const lync_backend_t *backend;      /* NULL: does not publish, or its pool is in quarantine */
    const char *quarantine;             /* why it answers 503, or NULL */
    const char *prefix;                 /* "proxy:balancer://lync-…", before the raw target */
    apr_array_header_t *methods;        /* of const char *, or NULL: any */
    apr_int64_t allowed;                /* the same as r->allowed has it */
    apr_array_header_t *refuse_headers; /* of const char *, or NULL */
    lync_pin_mode_t pin;
    const char *name;                   /* host and path, for logs */
    int route_count, service_count;     /* where it is counted; count.c */
} lync_target_t;

/* Who finds which of a listener's sites a Host is for. */
typedef enum lync_lookup_t {
    LYNC_LOOKUP_HTTPD,                  /* there are virtual hosts of others */
    LYNC_LOOKUP_ONE,                    /* nobody has to: it is the only one */
    LYNC_LOOKUP_OURS                    /* sni.c */
} lync_lookup_t;

/* A virtual host of ours: a listener, and on https one of its certificates. */
typedef struct lync_site_t {
    const lync_listener_t *listener;
    const lync_certificate_t *certificate;      /* NULL: http */
    const lync_certificate_t *beside;           /* with the other kind of key, or NULL */
    apr_array_header_t *hosts;          /* of const char *; the first is its ServerName */
    int index;                          /* among the snapshot's */
    lync_lookup_t lookup;               /* from post_config on */
    apr_hash_t *elsewhere;              /* http: published host -> int *, its https port */
    apr_hash_t *quarantine;             /* host that is answered with 503 -> const char *, why; or NULL */
    server_rec *server;                 /* from the walk on */
    ap_conf_vector_t *own;              /* its per-directory configuration before the merge */
    ap_conf_vector_t **defaults;        /* by backend->index: own and the backend's section */
} lync_site_t;

/* A revision, and what is served of it. Constant once httpd runs; its routes are those of a table. */
typedef struct lync_snapshot_t {
    const char *path;                   /* the store */
    int revision;                       /* 0: nothing was applied yet, or nothing can be served */
    int wanted;                         /* the store's active revision; 0 when it cannot be read */
    const char *failure;                /* why not the store's revision is served, or NULL */
    int missing;                        /* whether there is no store yet, which is no failure */
    const char *withheld;               /* why every request is answered with 503, or NULL */
    const lync_confirm_t *trial;        /* that the revision was on when the store was read, or NULL */
    const lync_model_t *model;          /* NULL: nothing is published */
    apr_array_header_t *states;         /* of lync_server_state_t: what operators say; NULL: could not be read */
    int change;                         /* the store's last when states was read */
    apr_array_header_t *loaded;         /* of lync_certificate_t *: the model's, as httpd loaded them; from
                                           post_config on */
    apr_array_header_t *quarantine;     /* of const lync_finding_t *: what the model has and cannot be served */
    apr_array_header_t *listeners;      /* of const lync_listener_t *: those of the model that are opened */
    apr_array_header_t *sites;          /* of lync_site_t *; the first is home to the balancers */
    apr_array_header_t *backends;       /* of lync_backend_t * */
    apr_array_header_t *members;        /* of lync_member_t *, the https ones; by slot */
    apr_hash_t *by_target;              /* lync_route_backend() of a route -> lync_backend_t */
    lync_table_t *table;                /* what children begin with; those after it come while they run */
    apr_hash_t *by_sni;                 /* "host:port" -> lync_site_t, https */
    int session_cache;                  /* whether mod_ssl's session cache is ours */
} lync_snapshot_t;

#define LYNC_ITEM(array, type, index) (((type *)(array)->elts)[index])

/* mod_lync's per request state. */
typedef struct lync_request_t {
    const lync_site_t *site;
    const lync_target_t *target;
    const char *raw;                    /* the target as the client wrote it, origin form */
    const char *cookie;                 /* to be set, or NULL */
    const char *revision;               /* by which it goes, as logs have it, or NULL */
    const char *service;                /* that it is for, or NULL: not known */
    int service_count;                  /* where that is counted; count.c */
    const lync_member_t *member;        /* that it was sent to last, or NULL */
    apr_uint32_t bound;                 /* number of the pin that it went by, in this child, or 0 */
    apr_time_t ended;                   /* when a stream of HTTP/2 had its answer, or 0; count.c */
    int answering;                      /* answer.c has its filter in place */
    int forwarding;                     /* inside upstream.c's call of the next scheme handler */
} lync_request_t;

/* mod_lync's state of a connection. */
typedef struct lync_connection_t {
    int looked;                         /* whether it was looked at; sni.c */
    server_rec *server;                 /* of ours that its SNI names, or NULL */
    struct lync_pin_t *pins;            /* what it is bound to; pin.c */
    struct ssl_st *ssl;                 /* of one to a pool, NULL: it has none (any more); handshake.c */
} lync_connection_t;

/* Never NULL. */
lync_connection_t *lync_connection(conn_rec *c);

/* config.c: LyncStore, and the directives that only expand.c writes. */
extern const command_rec lync_commands[];
void *lync_config_create(apr_pool_t *p, server_rec *s);
void *lync_config_merge(apr_pool_t *p, void *base, void *add);
void lync_config_register(apr_pool_t *p);

/* The site that s is, or NULL. */
const lync_site_t *lync_config_site(const server_rec *s);

/* What LyncStore serves, or NULL without one. */
lync_snapshot_t *lync_config_snapshot(void);

/* LyncPinLimit; LyncPinIdle, in microseconds. */
int lync_config_pin_limit(void);
apr_time_t lync_config_pin_idle(void);

/* LyncStoreFailure. */
typedef enum lync_failure_t {
    LYNC_FAILURE_REFUSE,
    LYNC_FAILURE_KEEP
} lync_failure_t;

lync_failure_t lync_config_failure(void);

/* LyncStoreOptional. */
int lync_config_optional(void);

/* LyncQuickReload; LyncOldGenerations, 0: as many as there is room for. */
int lync_config_quick_reload(void);
int lync_config_old_generations(void);

/* load.c: a snapshot with nothing in it. */
lync_snapshot_t *lync_snapshot_new(const char *path, apr_pool_t *p);
/* Reads the store's active revision and checks its rows. */
const lync_err_t *lync_load(lync_snapshot_t *snapshot, apr_pool_t *p) LYNC_MUST_USE;
/* The revision that the store wants to have served, 0: none; and the trial that it is on, or NULL. */
const lync_err_t *lync_load_wanted(lync_store_t *store, int *revision, const lync_confirm_t **trial,
                                   apr_pool_t *p) LYNC_MUST_USE;

/* fault.c: what is served of the store, or in its place. The error is for httpd to refuse its
 * configuration with. */
const lync_err_t *lync_fault_serve(lync_snapshot_t **snapshot, const char *path, cmd_parms *cmd) LYNC_MUST_USE;

/* quarantine.c: looks at the files that the model names. Strict: a fault is an error; otherwise what
 * depends on the file goes into snapshot->quarantine. */
const lync_err_t *lync_quarantine(lync_snapshot_t *snapshot, int strict, apr_pool_t *p) LYNC_MUST_USE;
/* Puts a row there. */
void lync_quarantine_add(lync_snapshot_t *snapshot, lync_noun_id_t noun, const void *row, const char *why,
                         const char *remedy, apr_pool_t *p);
/* Why this row of the model is there, or NULL. */
const char *lync_quarantined(const lync_snapshot_t *snapshot, const void *row);
/* Whether clients can connect to a listener of the model. */
int lync_is_open(const lync_snapshot_t *snapshot, const lync_listener_t *listener);

/* port.c: whether a reload can open the listener's port. NULL: it can, or need not. */
const lync_err_t *lync_port_test(const lync_listener_t *listener, cmd_parms *cmd) LYNC_MUST_USE;

/* good.c: the last known good revision, a copy in p, or NULL. */
lync_model_t *lync_good(apr_pool_t *p);
/* Whether the generation before this one listens there; ip as apr_sockaddr_ip_get tells it, NULL: on any. */
int lync_good_listens(const char *ip, int port, apr_pool_t *p);
/* Whether that generation had mod_ssl's session cache from us. */
int lync_good_had_cache(apr_pool_t *p);
void lync_good_register(apr_pool_t *p);

/* names.c: listeners and names of the last good revision, for a start that cannot read the store;
 * NULL when there are none. */
lync_model_t *lync_names_read(apr_pool_t *p);
/* Whether a revision was served since the runtime directory was made. */
int lync_names_left(apr_pool_t *p);
void lync_names_register(apr_pool_t *p);

/* plan.c: derives sites, backends and the first table from the model. */
void lync_plan(lync_snapshot_t *snapshot, apr_pool_t *p);

/* target.c: the routes of a model as a table, in p; NULL when one publishes to where there is no backend. */
lync_table_t *lync_target_table(const lync_snapshot_t *snapshot, const lync_model_t *model, apr_pool_t *p);
/* Of a route of the table's model. Never NULL. */
const lync_target_t *lync_target(const lync_table_t *table, const lync_route_t *route);
/* Of a route that publishes: why it answers 503, or NULL. Without trust anchors there is no verifying its servers, so
 * nothing goes there over https. */
const char *lync_target_lost(const lync_snapshot_t *snapshot, const lync_route_t *route);

/* tree.c: a piece of configuration tree in the making. */
typedef struct lync_tree_t {
    apr_pool_t *pool;
    const char *store;
    const char *filename;               /* "<store>:<table>" of the current row */
    int line;                           /* its rowid */
    ap_directive_t *first;
    ap_directive_t *last;
    ap_directive_t *parent;
} lync_tree_t;

/* The nodes from here on come from this row. */
void lync_tree_row(lync_tree_t *tree, lync_noun_id_t noun, const void *row);
ap_directive_t *lync_tree_add(lync_tree_t *tree, const char *name, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* A section: "<Proxy" and its arguments without the final '>'. */
ap_directive_t *lync_tree_open(lync_tree_t *tree, const char *name, const char *arguments);
void lync_tree_close(lync_tree_t *tree);
/* One argument in quotes. */
const char *lync_tree_quote(const lync_tree_t *tree, const char *text);

/* managed.c: certificates that mod_md sees to. Those to which it cannot go into quarantine; strict: also those for
 * which it is not prepared. */
void lync_managed_quarantine(lync_snapshot_t *snapshot, int strict, apr_pool_t *p);
/* A managed domain for each that a site presents. */
void lync_managed_expand(lync_tree_t *tree, const lync_snapshot_t *snapshot);
/* NULL: http. */
#define lync_is_managed(certificate) ((certificate) && (certificate)->managed)

/* expand.c: the snapshot as directives, at the end of httpd's configuration tree. */
void lync_expand(lync_snapshot_t *snapshot, cmd_parms *cmd);

/* balancer.c: the backends as <Proxy> sections, and what becomes of them at run time. */
void lync_balancer_expand(lync_tree_t *tree, const lync_snapshot_t *snapshot);
void lync_balancer_register(apr_pool_t *p);
/* Its section's configuration; from the walk on, NULL before. */
const ap_conf_vector_t *lync_balancer_section(const lync_backend_t *backend);

/* listen.c: adds a Listen unless the port is listened to already; error when it cannot be. */
const char *lync_listen(cmd_parms *cmd, const lync_listener_t *listener);
/* Warns of virtual hosts of others that divide the listeners' addresses with ours. */
void lync_listen_advise(cmd_parms *cmd, const lync_snapshot_t *snapshot);

/* proxy.c: mod_proxy's functions, found at run time because mod_proxy may be loaded after us.
 * NULL, or a sentence that names the modules which are missing. */
const char *lync_proxy_load(const lync_snapshot_t *snapshot, apr_pool_t *p);

/* request.c */
void lync_request_register(apr_pool_t *p);
lync_request_t *lync_request(const request_rec *r);

/* refuse.c: answers of our own, each with its line in the log; they return the HTTP status. */
int lync_refuse_method(request_rec *r, const char *why);
int lync_refuse_match(request_rec *r, const lync_site_t *site, lync_match_t match, const char *target);
int lync_refuse_route(request_rec *r, const lync_target_t *target);
int lync_refuse_form(request_rec *r, const char *why);
/* The hosts that this site redirects to https, or NULL. */
apr_hash_t *lync_redirected(const lync_site_t *site);
/* 503 and when to come again. */
int lync_refuse_quarantine(request_rec *r, const char *why);

/* For the access log, as nginx has it there. */
#define LYNC_CLIENT_CLOSED 499

/* count.c: what is answered, for the status page and lyncadm. */
void lync_count_register(apr_pool_t *p);
/* NULL when it could not be made. */
lync_counts_t *lync_count_counts(void);
/* What is counted by name, and where. */
typedef struct lync_counted_t {
    const char *name;
    int place;
} lync_counted_t;

/* Finds where a table's routes and services are counted, before it is served; what it makes is in p. */
void lync_count_table(lync_table_t *table, apr_pool_t *p);
/* Finds which service a request is for, by its target, raw form and the table that they are from. */
void lync_count_request(lync_request_t *request, const lync_table_t *table);
/* In the thread that looks at the store, and in one that ends with the child: every time. */
void lync_count_look(void);
/* In any thread: a request is refused; one was sent to a server; one more, or less, waits long for its answer. */
void lync_count_refused(request_rec *r, lync_refusal_t refusal);
/* For logs: what is known of a request so far; target and revision may be NULL. */
void lync_count_note(request_rec *r, const lync_request_t *request);
/* The same of one that is refused before anybody has looked for a route. */
void lync_count_note_served(request_rec *r);
/* Before it is answered: to know when it has been. */
void lync_count_watch(request_rec *r);
void lync_count_server(const lync_member_t *member, int is_error);
void lync_count_waiting(int by);

/* isolate.c: keeps the main server's settings away from our virtual hosts, and filters away. */
void lync_isolate_register(apr_pool_t *p);

/* sni.c: which virtual host of ours a client means. */
void lync_sni_register(apr_pool_t *p);
/* Once the Host field is known. */
void lync_sni_choose(request_rec *r);

/* spare.c: what a client's connection keeps between requests. Before an answer begins: whether it is the last. */
void lync_spare_end(request_rec *r);
void lync_spare_register(apr_pool_t *p);

/* head.c: how much a client may send before it has said what it wants. */
void lync_head_register(apr_pool_t *p);

/* pin.c: authentication that belongs to a connection; the rest of it is in pin.h. */
void lync_pin_register(apr_pool_t *p);
/* How many client connections of this child are bound. */
unsigned int lync_pin_count(void);

/* upstream.c: what surrounds mod_proxy_http. */
void lync_upstream_hook(void);
/* Whether the request has a body, or may have one. */
int lync_upstream_has_body(const request_rec *r);

/* answer.c: looks at the pool's answer when it comes; adds the request's cookie. */
void lync_answer_watch(request_rec *r, lync_request_t *request);
void lync_answer_register(apr_pool_t *p);
/* What the proxy says when the pool does not answer: 503 and when to come again. */
void lync_answer_unavailable(request_rec *r, const lync_request_t *request);

/* probe.c: gives mod_proxy_hcheck's probes a time limit. */
void lync_probe_register(apr_pool_t *p);

/* field.c: fields of an answer that are too long for mod_proxy. */
void lync_field_register(apr_pool_t *p);

/* piece.c: a request's head goes to TLS in one piece. */
void lync_piece_register(apr_pool_t *p);

/* away.c: ends the wait for an answer when the client went away, or this child lets go. */
void lync_away_register(apr_pool_t *p);
/* Before its body is sent to a server: what ends it is the client's doing, and no error of the server's. */
void lync_away_watch_body(request_rec *r);

/* room.c: what is left of the scoreboard. */
typedef struct lync_room_t {
    int threads;                        /* of a child */
    int children;                       /* of the running generation */
    int unused;                         /* slots that nobody has */
    int is_short;                       /* httpd would start children for the running generation, and cannot */
} lync_room_t;

/* The running generation's number, also of a child that is not of it. */
int lync_room_generation(void);
/* Those of this process: in the parent, and in children of the running generation, the running generation's. */
void lync_room_limits(lync_served_limits_t *limits);
/* limits: of the running generation; old: how many slots children of generations before it have. */
void lync_room(lync_room_t *room, const lync_served_limits_t *limits, int old);
/* How many slots children have that still run and are of generations before the running one (parent). */
int lync_room_old(void);

/* restart.c: new children start at once at a reload. */
void lync_restart_register(apr_pool_t *p);

/* retire.c: old generations make room. */
void lync_retire_register(apr_pool_t *p);
/* Can be read from once this child lets go of what it waits for; -1: it never does. */
int lync_retire_descriptor(void);
/* Can be read from once httpd has closed its clients' connections, to end at once; -1: it never can. */
int lync_retire_cut_descriptor(void);

/* clock.c: microseconds, for intervals only. In any thread. */
apr_time_t lync_clock(void);

/* How far an answer was read. */
typedef enum lync_head_t {
    LYNC_HEAD_BEGINS,
    LYNC_HEAD_INTERIM,                  /* in the fields of a 1xx, after which another one begins */
    LYNC_HEAD_FIELDS,
    LYNC_HEAD_OVER
} lync_head_t;

/* handshake.c: whose certificate a pool's server shows. */
typedef struct lync_handshake_t {
    const lync_member_t *member;
    request_rec *r;
    int failed;                         /* a handshake with the member did not succeed */
    int refused;                        /* because its certificate did not verify */
    int gone;                           /* the client, or its connection; away.c */
    int let_go;                         /* of the wait for an answer, by this child; away.c */
    int answered;                       /* the start of the answer was, or is, waited for: the request has been sent;
                                           away.c */
    lync_head_t head;                   /* of the answer; field.c */
    apr_array_header_t *long_fields;    /* in it, of const char *, or NULL; field.c */
} lync_handshake_t;

void lync_handshake_register(apr_pool_t *p);
/* The handshakes of this thread are with this member, until called with NULL. */
void lync_handshake_expect(lync_handshake_t *handshake);
/* Of the request that this thread is serving, or NULL: what it connects then is a probe. */
lync_handshake_t *lync_handshake_expected(void);

/* ending.c: the end of a child. */
void lync_ending_register(apr_pool_t *p);
/* In threads that nobody joins: before something that the end of the child waits for, 0: it is not to be begun any more;
 * and after it. */
int lync_ending_begin(void);
void lync_ending_done(void);
/* Whether it has come. */
int lync_ending(void);

/* session.c: TLS sessions with pools; the rest of it is in session.h. */
void lync_session_register(apr_pool_t *p);

/* generation.c: the served file. */
void lync_generation_register(apr_pool_t *p);
/* Of this child: up to which change of the store it has taken over what operators say of servers, and looked at routes;
 * that it accepts no more connections. In any thread, at any time. */
void lync_generation_changed(int change);
void lync_generation_stopping(void);
/* Whether it is for it to say what it sees: it accepts connections, and no generation comes after its own. */
int lync_generation_speaks(void);
/* That it lets go of what it waits for. */
void lync_generation_letting_go(void);
/* That it ends ungracefully. */
void lync_generation_cut(void);
/* And that it is about to serve another revision; what it serves, and how many tables it has (0: it takes none
 * over). */
void lync_generation_took(const lync_model_t *model);
/* Which one the store wants to have served, 0: none. */
void lync_generation_wanted(int revision);
/* Whether this is what the children of the generation serve, or are taking over. */
int lync_generation_takes(const lync_model_t *model);
void lync_generation_serves(const lync_model_t *model, int tables);
/* How many requests it has under way, how many of them wait long, and bound connections. */
void lync_generation_busy(unsigned int under_way, unsigned int waiting, unsigned int bound);
/* Mapped; NULL when it could not be made. */
const lync_served_t *lync_generation_served(void);
/* Why not all of what the store says is served, or NULL. */
const char *lync_generation_reason(const lync_snapshot_t *snapshot, apr_pool_t *p);

/* mpm.c: tells lyncadm the limits of the MPM. */
void lync_mpm_register(apr_pool_t *p);
/* AP_MPMQ_…; 0: the MPM does not say. */
int lync_mpm_limit(int query);

/* status.c: the status page. */
void lync_status_register(apr_pool_t *p);

/* operate.c: takes over what operators say of servers while httpd runs, and tells how the servers are. */
void lync_operate_register(apr_pool_t *p);
/* What operators said as the running httpd knows it, of lync_server_state_t in p: for a reload that cannot
 * read the store. */
apr_array_header_t *lync_operate_known(apr_pool_t *p);
/* Tells of a handshake with a member: what it failed for (0: it did not), as in lync_health_server_t, and the end
 * of the certificate that the member presented, 0 when none was seen. In a child, in any thread. */
void lync_operate_handshake(const lync_member_t *member, apr_uint32_t failed, apr_int64_t not_after);

/* That this child has gone on to another model's routes. */
void lync_operate_published(const lync_model_t *model);

/* live.c: takes over the routes of another revision while httpd runs. It may do so (parent). */
void lync_live_allow(void);
/* What is served first, in a child before it has other threads. */
void lync_live_start(void);
/* In the child's thread that looks at the store, every time: whether it has to be read anew. */
int lync_live_due(apr_pool_t *p);
/* The store's active revision as this child saw it last, 0: it did not look. In any thread. */
int lync_live_wanted(void);
/* It has changed, or has to be; it cannot be read. */
void lync_live_look(lync_store_t *store, apr_pool_t *p);
void lync_live_blind(apr_pool_t *p);

/* kept.c: what children of this generation took over, for those who come when the store cannot be read. */
int lync_kept_able(void);
const lync_err_t *lync_kept_write(const lync_model_t *model, apr_pool_t *p) LYNC_MUST_USE;
/* In p; NULL: nothing that can be served with what there is of base. */
lync_model_t *lync_kept_read(const lync_model_t *base, apr_pool_t *p);
void lync_kept_register(apr_pool_t *p);

/* prove.c: which revision answers, told to lyncadm. */
int lync_prove_asked(const request_rec *r);
/* In place of the pool; lost: why the host is answered with 503, or NULL. A hook's result. */
int lync_prove(request_rec *r, const lync_site_t *site, const lync_table_t *table, const char *target,
               const char *lost);

#endif
