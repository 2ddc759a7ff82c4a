#include <apr_strings.h>
#include <apr_time.h>
#include <stdlib.h>
#include <string.h>

#include "probe.h"
#include "served.h"

/* Whether the clients of a name get to the revision: the right certificate, and the right answer under it. */

#define PAUSE apr_time_from_msec(100)

static const char *where_of(const probe_listener_t *listener, const char *address, apr_pool_t *p)
{
    return apr_psprintf(p, "listener '%s' (%s port %d)", listener->listener->name, address, listener->listener->port);
}

/* One attempt at one address. */
typedef struct attempt_t {
    const probe_run_t *run;
    const probe_host_t *host;
    const char *where;
    probe_answer_t answer;
    apr_pool_t *pool;
} attempt_t;

static const char *subject_of(const attempt_t *attempt)
{
    return attempt->answer.leaf.subject ? attempt->answer.leaf.subject : "no name";
}

/* "": of files that cannot be read. */
static const char *fingerprints_of(const attempt_t *attempt)
{
    const lync_certificate_t *one = attempt->host->certificate, *two = attempt->host->beside;

    return apr_pstrcat(attempt->pool, one->fingerprint ? one->fingerprint : "", two && two->fingerprint ? " " : "",
                       two && two->fingerprint ? two->fingerprint : "", NULL);
}

static const lync_err_t *judge_leaf(const attempt_t *attempt)
{
    const lync_certificate_t *expected = attempt->host->certificate;
    const char *presented = attempt->answer.leaf.fingerprint;

    if (!expected || !presented || (attempt->host->awaited && !expected->fingerprint)
        || lync_word_in(fingerprints_of(attempt), presented))
        return NULL;
    return lync_err(attempt->pool, "%s presents the certificate of '%s' to clients of '%s', and not certificate '%s': "
                    "another site of httpd has the name or the address", attempt->where, subject_of(attempt),
                    attempt->host->host, expected->name);
}

static const char *field(const attempt_t *attempt, const char *name)
{
    const char *value = apr_table_get(attempt->answer.fields, name);

    return value ? value : "";
}

static const lync_err_t *judge_answer(const attempt_t *attempt, const probe_listener_t *listener)
{
    const char *host = attempt->host->host, *where = attempt->where, *name = field(attempt, LYNC_PROBE_LISTENER);
    int revision = atoi(field(attempt, LYNC_PROBE_REVISION));

    if (attempt->host->awaited && attempt->answer.status == 503)
        return NULL;
    if (attempt->answer.status != 204 || !*name)
        return lync_err(attempt->pool, "%s: clients of '%s' are answered by another site of httpd, which has the name "
                        "or the address (status %d)", where, host, attempt->answer.status);
    if (revision != attempt->run->revision)
        return lync_err(attempt->pool, "%s: clients of '%s' are answered by revision %d and not by %d (generation %d, "
                        "process %d)", where, host, revision, attempt->run->revision,
                        atoi(field(attempt, LYNC_PROBE_GENERATION)), atoi(field(attempt, LYNC_PROBE_PID)));
    if (strcmp(name, listener->listener->name))
        return lync_err(attempt->pool, "%s: clients of '%s' are answered by listener '%.200s'", where, host, name);
    if (strcmp(field(attempt, LYNC_PROBE_DECISION), attempt->host->decision))
        return lync_err(attempt->pool, "%s: what becomes of '%s://%s%s' is '%.200s' and not '%s'", where,
                        listener->listener->scheme, host, attempt->host->target, field(attempt, LYNC_PROBE_DECISION),
                        attempt->host->decision);
    return NULL;
}

/* Asks and judges. Without proof: only the certificate can be looked at. */
static const lync_err_t *try_once(attempt_t *attempt, const probe_listener_t *listener, const char *address, int silent)
{
    probe_question_t question = { .listener = listener->listener, .address = address, .host = attempt->host->host,
                                  .silent = silent };
    const lync_err_t *err;

    if (attempt->host->certificate)
        question.fingerprints = fingerprints_of(attempt);
    attempt->where = where_of(listener, address, attempt->pool);
    if (attempt->run->proof) {
        question.target = attempt->host->target;
        LYNC_TRY(probe_nonce(&question.nonce, attempt->pool));
    }
    err = probe_ask(&question, &attempt->answer, attempt->pool);
    LYNC_TRY(judge_leaf(attempt));
    if (err)
        return lync_err(attempt->pool, "%s does not answer clients of '%s': %s", attempt->where, attempt->host->host,
                        err->sentence);
    return attempt->run->proof ? judge_answer(attempt, listener) : NULL;
}

/* Until the first host was found the listener may be at any of its addresses: of errors the first counts. */
static const lync_err_t *try_addresses(attempt_t *attempt, probe_listener_t *listener, int silent)
{
    const lync_err_t *first = NULL;
    int i;

    if (listener->address)
        return try_once(attempt, listener, listener->address, silent);
    for (i = 0; i < listener->addresses->nelts; ++i) {
        const char *address = APR_ARRAY_IDX(listener->addresses, i, const char *);
        const lync_err_t *err = try_once(attempt, listener, address, silent);

        if (!err) {
            listener->address = address;
            return NULL;
        }
        first = first ? first : err;
    }
    return first;
}

/* A child of the generation before may take one more connection. */
const lync_err_t *probe_host(const probe_run_t *run, probe_listener_t *listener, const probe_host_t *host, int silent,
                             int seconds, apr_pool_t *p)
{
    apr_time_t end = apr_time_now() + apr_time_from_sec(seconds);
    attempt_t attempt = { .run = run, .host = host };
    const lync_err_t *err;

    apr_pool_create(&attempt.pool, p);
    while ((err = try_addresses(&attempt, listener, silent)) && apr_time_now() < end) {
        apr_pool_clear(attempt.pool);
        apr_sleep(PAUSE);
    }
    if (err)
        err = lync_err(p, "%s", err->sentence);
    apr_pool_destroy(attempt.pool);
    return err;
}
