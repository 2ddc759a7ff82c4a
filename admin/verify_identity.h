#ifndef LYNC_VERIFY_IDENTITY_H
#define LYNC_VERIFY_IDENTITY_H

#include "lyncadm.h"

/*
 * The parts of `lyncadm verify identity`: target, passwords, connections, the procedure. Only
 * verify_target.c and verify_connection.c know libcurl; http.h has what probe_ask.c needs too.
 */

typedef struct verify_target_t {
    const char *url;
    const char *host;           /* of the URL, for sentences */
    const char *connect;        /* what is connected to in the host's place, as CURLOPT_CONNECT_TO has it, or NULL */
    const char *ca;             /* file of trust anchors; NULL: the system's */
} verify_target_t;

typedef struct verify_user_t {
    const char *name;           /* DOMAIN\name, or name@domain */
    const char *password;
} verify_user_t;

typedef struct verify_answer_t {
    int first;                  /* status of the first answer: what the connection was worth as it was */
    int status;                 /* of the last: between the two libcurl may have logged in */
    int reused;                 /* nothing had to be connected */
    int ntlm, negotiate;        /* a 401 offered it */
    int single;                 /* Persistent-Auth: false */
    apr_table_t *traits;        /* of the last answer, what may tell whom it is for: fields, status, body's hash */
} verify_answer_t;

typedef struct verify_connection_t verify_connection_t;

/* Checks an https URL and, unless NULL, the ADDRESS[:PORT] to connect to; errors are for exit status 2. */
const lync_err_t *verify_target(lyncadm_t *adm, const char *url, const char *connect,
                                verify_target_t *target) LYNC_MUST_USE;

/* A connection that nothing else uses; it is made with the first request. user: logs in with NTLM
 * when asked to; NULL: never sends credentials. Closed with pool p. */
const lync_err_t *verify_connect(const verify_target_t *target, const verify_user_t *user, apr_pool_t *p,
                                 verify_connection_t **connection) LYNC_MUST_USE;

/* Asks for the URL; the answer is in pool p. A proxy without a pool (502 to 504) or without
 * patience (429) is an error as a host that cannot be reached is. */
const lync_err_t *verify_ask(verify_connection_t *connection, apr_pool_t *p, verify_answer_t **answer) LYNC_MUST_USE;

/* The traits (const char *) that tell two users apart by their log-ins (const verify_answer_t *): the same
 * in all of one's, and another in all of the other's. */
apr_array_header_t *verify_tells(const apr_array_header_t *first, const apr_array_header_t *other, apr_pool_t *p);

/* The first few of them, for sentences. */
const char *verify_tells_named(const apr_array_header_t *tells, apr_pool_t *p);

/* Whether one of the answers (const verify_answer_t *) to a user is another's by one of the tells. */
int verify_is_foreign(const apr_array_header_t *tells, const apr_array_header_t *answers, int i,
                      const apr_array_header_t *own_logins, const apr_array_header_t *other_logins);

/* What the procedure found. */
typedef struct verify_result_t {
    lyncadm_rows_t *rows;       /* asked, expected, came, ok */
    int anonymous, served;      /* connections without credentials; those of them that were no 401 */
    int again, lost;            /* requests on a user's connection; those of them that were a 401 */
    int foreign;                /* those of them that were answered as for another user */
    int wrong;                  /* a wrong password was let in */
    const char *told;           /* names of what tells the users' answers apart; NULL: nothing does */
} verify_result_t;

/* Whether anybody was taken for somebody else. */
int verify_mixed(const verify_result_t *result);

/* Runs the two-user leak test. An error means that it could not be finished; result is what came
 * until then. */
const lync_err_t *verify_identities(const verify_target_t *target, const verify_user_t users[2], int anonymous,
                                    apr_pool_t *p, verify_result_t *result) LYNC_MUST_USE;

#endif
