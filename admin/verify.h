#ifndef LYNC_VERIFY_H
#define LYNC_VERIFY_H

#include "certificate.h"
#include "plan.h"
#include "route.h"

/* The acceptance list: public names asked as clients ask them. What is asked, what is right and what is said of all
 * else is data: templates/publish/verify.json. `verify identity` has a header of its own. */

/* A request, and below what came of it. Only verify_fetch.c knows libcurl. */
typedef struct verify_ask_t {
    const char *url;
    const apr_table_t *send;    /* fields besides those of every request, Host among them; or NULL */
    const char *connect;        /* where to, as CURLOPT_CONNECT_TO has it; NULL: where the URL's host leads */
    const char *ca;             /* file of trust anchors; NULL: the system's */
    int trust;                  /* the certificate has to be good (of a handshake: whatever its name); 0: any will do */
    int handshake;              /* nothing is asked after it */
    int alone;                  /* on a connection of its own */
    int seconds;                /* that it may take; 0: as usual */

    const char *error;          /* why no answer came, a word: resolve, refused, unreachable, timeout, closed,
                                   untrusted, ended, tls or reply; NULL: one came */
    const char *why;            /* the same in libcurl's words; printable */
    const char *via;            /* "192.0.2.80:443": connected to; NULL: to nothing */
    int status;                 /* 0: none came */
    apr_pool_t *answer;         /* of what follows; NULL: nothing was asked */
    apr_table_t *came;          /* fields; repeated ones are one, with commas */
    const char *body;           /* its beginning; no NUL in it */
    lync_certificate_t leaf;    /* presented, its facts; without a fingerprint: none was */
} verify_ask_t;

/* A line of the list. Texts are as they came: what prints them makes one line of each. */
typedef struct verify_check_t {
    const json_t *rule;         /* its member of checks in verify.json */
    const char *check;          /* the rule's name */
    const plan_name_t *name;
    const lync_listener_t *listener;
    const lync_route_t *route;  /* that publishes it, or NULL */
    const char *asked, *expected;
    verify_ask_t *ask;          /* NULL: it is no request */
    verify_ask_t *ask_direct;   /* the same to the pool itself; NULL: without --direct, or there is no pool */
    const char *came;           /* NULL: not judged yet */
    const char *direct;
    int ok;
    const char *hint;           /* likely cause; NULL: it is ok, or nothing comes to mind */
} verify_check_t;

typedef struct verify_t {
    lyncadm_t *adm;
    apr_pool_t *pool;
    const lync_model_t *model;  /* of the active revision */
    plan_t plan;                /* its public names */
    const json_t *words;        /* verify.json */
    const char *connect;        /* address in the place of DNS, or NULL */
    int connect_port;           /* in the place of https listeners' ports; 0: none */
    const char *ca;
    int direct;
    const char *pending;        /* path of the pools that answers late, or NULL */
    int pending_wait;           /* seconds that it may take; 0: as verify.json says */
    apr_array_header_t *only;   /* of const char *: hosts and pools; empty: all */
    apr_hash_t *maps;           /* listener's name -> lync_route_map_t */
    apr_array_header_t *checks; /* of verify_check_t * */
    int left_out;               /* checks that were not made: their listener was not reached */
} verify_t;

/* verify_plan.c */

/* Adds the checks of the list. */
void verify_plan(verify_t *verify);

/* Whether a person may call a name so: by its host, or its pool's name. */
int verify_is_called(const plan_name_t *name, const char *word);

/* Adds a check; its request too, when target (path and query) is not NULL. The caller sets the words. */
verify_check_t *verify_add(verify_t *verify, const json_t *rule, const plan_name_t *name,
                           const lync_listener_t *listener, const char *target);

/* The words with a value in the place of the name, "{host}"; NULL leaves them as they are. */
const char *verify_word(apr_pool_t *p, const char *words, const char *name, const char *value);

/* Whether the store publishes a target at a listener, and by which route. */
int verify_is_published(const verify_t *verify, const lync_listener_t *listener, const char *host, const char *target,
                        const lync_route_t **route);

/* verify_fetch.c: asks all (of verify_ask_t *), some at a time, each within its seconds; no redirect is followed. Each
 * is a step of the caller's progress.
 * What comes is kept as far as it is of a decent size. */
const lync_err_t *verify_fetch(const apr_array_header_t *asks, apr_pool_t *p) LYNC_MUST_USE;

/* Gives up fields, body and certificate of an answer: thousands of them are kept by nobody. */
void verify_forget(verify_ask_t *ask);

/* verify_judge.c: whether what came is right, in words. */
void verify_judge(verify_t *verify, verify_check_t *check);

/* Whether what came fits a condition of verify.json; NULL fits. */
int verify_fits(const verify_t *verify, const json_t *condition, const verify_check_t *check, const verify_ask_t *ask);

/* What came, in words: "401, WWW-Authenticate: NTLM", or why nothing did. */
const char *verify_came(const verify_t *verify, const verify_ask_t *ask, int ok);

/* verify_certificate.c */

/* Whether what a listener presents for a name is all right in what the check's rule calls fault: name, end, trust or
 * other; *came: what is known of it. */
int verify_certificate(const verify_t *verify, const verify_check_t *check, const char **came);

/* Whether leaf is what a listener has for a host; leaf NULL: whether it is known what that is. */
int verify_bound(const verify_t *verify, const lync_listener_t *listener, const char *host,
                 const lync_certificate_t *leaf);

/* verify_direct.c: the same request to a server of the pool that publishes it; NULL: none could answer. */
verify_ask_t *verify_direct(const verify_t *verify, const verify_check_t *check, const char *target);

/* verify_run.c: asks and judges all checks; those of listeners that are not reached are left out but for the first. */
const lync_err_t *verify_run(verify_t *verify) LYNC_MUST_USE;

/* verify_print.c: prints all checks; what is not ok is a finding of adm. */
const lync_err_t *verify_print(const verify_t *verify) LYNC_MUST_USE;

/* verify_target.c: takes ADDRESS[:PORT] apart, in adm's pool; *port: NULL without one. Errors are for exit status 2. */
const lync_err_t *verify_address(lyncadm_t *adm, const char *connect, const char **host, const char **port)
    LYNC_MUST_USE;

/* verify_identity_command.c: the other of the verify commands. */
void verify_identity_command(apr_array_header_t *commands);

#endif
