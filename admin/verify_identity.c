#include <apr_escape.h>
#include <apr_strings.h>
#include <openssl/rand.h>
#include <string.h>

#include "verify_identity.h"

/*
 * The two-user leak test: is anybody ever taken for somebody else? Every connection is one of its
 * own; N is --anonymous.
 *
 *  1. N connections without credentials: 401, and NTLM is offered
 *  2. the first user logs in, and asks again on that connection, without credentials
 *  3. N new connections without credentials: 401
 *  4. the second user logs in on another connection; both ask again in turns: no 401
 *  5. N new connections without credentials: 401
 *  6. both log in twice more, on new connections: what is the same at all log-ins of a user, and
 *     another for the other user, tells the two apart; it has to be the user's own in all of 2 and 4
 *  7. everybody leaves; N new connections without credentials: 401
 *  8. a wrong password: 401; last, because it ends the log-in of a connection that is shared
 */

#define TURNS 3                 /* of step 4 */
#define PATIENCE 3              /* how often in a row a connection may be closed between two requests */

typedef struct side_t {
    const verify_user_t *user;
    apr_pool_t *pool;           /* of the connection */
    verify_connection_t *connection;
    apr_array_header_t *logins; /* of verify_answer_t * */
    apr_array_header_t *again;  /* the same, of what was asked on the logged in connection, 401s left out */
    apr_array_header_t *statuses;       /* of int: of all that was asked there */
} side_t;

typedef struct test_t {
    const verify_target_t *target;
    int count;
    apr_pool_t *pool;
    side_t side[2];
    verify_result_t *result;
} test_t;

static void add_row(test_t *test, const char *asked, const char *expected, const char *came, int ok)
{
    const char *cells[] = { asked, expected, came, ok ? "yes" : "no" };

    lyncadm_rows_add(test->result->rows, cells);
    lyncadm_rows_mark(test->result->rows, "ok", ok ? LYNCADM_GOOD : LYNCADM_BAD);
}

/* "401", or "200 (4 of 6), 401 (2 of 6)" */
static const char *tally(const apr_array_header_t *statuses, apr_pool_t *p)
{
    const char *text = "";
    int i, j, seen, same;

    for (i = 0; i < statuses->nelts; ++i) {
        int status = APR_ARRAY_IDX(statuses, i, int);

        for (j = 0, seen = 0, same = 0; j < statuses->nelts; ++j) {
            same += APR_ARRAY_IDX(statuses, j, int) == status;
            seen += j < i && APR_ARRAY_IDX(statuses, j, int) == status;
        }
        if (same == statuses->nelts)
            return apr_itoa(p, status);
        if (!seen)
            text = apr_psprintf(p, "%s%s%d (%d of %d)", text, *text ? ", " : "", status, same, statuses->nelts);
    }
    return text;
}

/* Asks once on a new connection, and leaves. */
static const lync_err_t *ask_once(test_t *test, const verify_user_t *user, verify_answer_t **answer)
{
    verify_connection_t *connection = NULL;
    const lync_err_t *err;
    apr_pool_t *ptemp;

    apr_pool_create(&ptemp, test->pool);
    err = verify_connect(test->target, user, ptemp, &connection);
    if (!err)
        err = verify_ask(connection, test->pool, answer);
    else
        err = lync_err(test->pool, "%s", err->sentence);
    apr_pool_destroy(ptemp);
    return err;
}

/* Steps 1, 3, 5, 7. Step 1 has a refusal: it gets one of the 401s, and there has to be one. */
static const lync_err_t *ask_anonymous(test_t *test, const char *when, verify_answer_t **refusal)
{
    apr_array_header_t *statuses = apr_array_make(test->pool, test->count, sizeof(int));
    int i, served = 0;

    for (i = 0; i < test->count; ++i) {
        verify_answer_t *answer = NULL;

        LYNC_TRY(ask_once(test, NULL, &answer));
        APR_ARRAY_PUSH(statuses, int) = answer->status;
        if (answer->status != 401)
            ++served;
        else if (refusal)
            *refusal = answer;
    }
    if (refusal && !*refusal)
        return lync_err(test->pool, "'%s' does not ask for Windows authentication: without credentials the answer is "
                        "%s", test->target->url, tally(statuses, test->pool));
    test->result->anonymous += test->count;
    test->result->served += served;
    add_row(test, apr_psprintf(test->pool, "%d connections without credentials%s", test->count, when), "401",
            tally(statuses, test->pool), !served);
    return NULL;
}

static const lync_err_t *check_offer(test_t *test, const verify_answer_t *refusal)
{
    if (refusal->ntlm)
        return NULL;
    if (refusal->negotiate)
        return lync_err(test->pool, "'%s' offers Negotiate only: the test logs in with NTLM", test->target->url);
    return lync_err(test->pool, "'%s' does not ask for Windows authentication: its 401 offers neither NTLM nor "
                    "Negotiate", test->target->url);
}

static const lync_err_t *check_login(test_t *test, const verify_user_t *user, const verify_answer_t *answer)
{
    if (answer->status != 401)
        return NULL;
    return lync_err(test->pool, "cannot log in as '%s': the password is wrong, the proxy does not keep a log-in on one "
                    "connection, or the pool's IIS requires Extended Protection, which no proxy that ends TLS can pass "
                    "on", user->name);
}

/* A 401 where the user was logged in: on a connection that belongs to the user it cannot be. */
static const lync_err_t *note_lost(test_t *test, const side_t *side)
{
    const verify_answer_t *login = APR_ARRAY_IDX(side->logins, side->logins->nelts - 1, const verify_answer_t *);

    if (login->single)
        return lync_err(test->pool, "'%s' wants a log-in with every request (Persistent-Auth: false): test another URL",
                        test->target->url);
    ++test->result->lost;
    return NULL;
}

/* Asks again on a user's connection. libcurl sends no credentials unless it had to connect anew, or
 * was answered with 401: both are log-ins like the first. */
static const lync_err_t *ask_again(test_t *test, side_t *side)
{
    verify_answer_t *answer = NULL;
    int i;

    for (i = 0; i < PATIENCE; ++i) {
        LYNC_TRY(verify_ask(side->connection, test->pool, &answer));
        if (answer->reused)
            break;
        LYNC_TRY(check_login(test, side->user, answer));
        APR_ARRAY_PUSH(side->logins, const verify_answer_t *) = answer;
    }
    if (i == PATIENCE)
        return lync_err(test->pool, "'%s' closes its connections after an answer: the test needs one that is kept",
                        test->target->host);
    ++test->result->again;
    APR_ARRAY_PUSH(side->statuses, int) = answer->first;
    if (answer->first != 401)
        APR_ARRAY_PUSH(side->again, const verify_answer_t *) = answer;
    else
        LYNC_TRY(note_lost(test, side));
    return NULL;
}

static const lync_err_t *log_in(test_t *test, side_t *side)
{
    verify_answer_t *answer = NULL;

    LYNC_TRY(verify_connect(test->target, side->user, side->pool, &side->connection));
    LYNC_TRY(verify_ask(side->connection, test->pool, &answer));
    LYNC_TRY(check_login(test, side->user, answer));
    APR_ARRAY_PUSH(side->logins, const verify_answer_t *) = answer;
    add_row(test, apr_psprintf(test->pool, "log-in as %s", side->user->name), "not 401",
            apr_itoa(test->pool, answer->status), 1);
    return ask_again(test, side);
}

static const lync_err_t *take_turns(test_t *test)
{
    int turn, i;

    for (turn = 0; turn < TURNS; ++turn) {
        for (i = 0; i < 2; ++i)
            LYNC_TRY(ask_again(test, &test->side[i]));
    }
    for (i = 0; i < 2; ++i) {
        const side_t *side = &test->side[i];

        add_row(test, apr_psprintf(test->pool, "%d times again as %s, on the same connection, in turns",
                                   side->statuses->nelts, side->user->name), "not 401",
                tally(side->statuses, test->pool), side->again->nelts == side->statuses->nelts);
    }
    return NULL;
}

/* Asks for nothing more than the log-in, on a connection of its own. */
static const lync_err_t *log_in_apart(test_t *test, side_t *side)
{
    verify_answer_t *answer = NULL;

    LYNC_TRY(ask_once(test, side->user, &answer));
    LYNC_TRY(check_login(test, side->user, answer));
    APR_ARRAY_PUSH(side->logins, const verify_answer_t *) = answer;
    return NULL;
}

/* Step 6. A date or a request's number is another at every log-in, and tells nothing. Nor does the
 * name of the server: whoever gives connections to servers in turn does not know that ours come
 * first, second, second, first. */
static const lync_err_t *log_in_more(test_t *test)
{
    static const int order[] = { 0, 1, 1, 0 };
    int i;

    for (i = 0; i < 4; ++i)
        LYNC_TRY(log_in_apart(test, &test->side[order[i]]));
    add_row(test, "2 more log-ins of each", "not 401", "not 401", 1);
    return NULL;
}

static void judge_answers(test_t *test)
{
    apr_array_header_t *tells = verify_tells(test->side[0].logins, test->side[1].logins, test->pool);
    int i, j;

    if (tells->nelts)
        test->result->told = verify_tells_named(tells, test->pool);
    for (i = 0; tells->nelts && i < 2; ++i) {
        const side_t *own = &test->side[i], *other = &test->side[!i];
        int foreign = 0;

        for (j = 0; j < own->again->nelts; ++j)
            foreign += verify_is_foreign(tells, own->again, j, own->logins, other->logins);
        test->result->foreign += foreign;
        add_row(test, apr_psprintf(test->pool, "the answers to %s", own->user->name), "own",
                foreign ? apr_psprintf(test->pool, "another's (%d of %d)", foreign, own->again->nelts) : "own",
                !foreign);
    }
}

/* Step 8. The password is drawn: any that is written here could be somebody's. */
static const lync_err_t *log_in_wrongly(test_t *test)
{
    unsigned char random[12];
    verify_user_t user = { .name = test->side[0].user->name };
    verify_answer_t *answer = NULL;

    if (RAND_bytes(random, sizeof(random)) != 1)
        return lync_err(test->pool, "cannot draw a wrong password: no random bytes");
    user.password = apr_pescape_hex(test->pool, random, sizeof(random), 0);
    LYNC_TRY(ask_once(test, &user, &answer));
    test->result->wrong = answer->status != 401;
    add_row(test, apr_psprintf(test->pool, "log-in as %s with a wrong password", user.name), "401",
            apr_itoa(test->pool, answer->status), !test->result->wrong);
    return NULL;
}

static const lync_err_t *run(test_t *test)
{
    verify_answer_t *refusal = NULL;

    LYNC_TRY(ask_anonymous(test, "", &refusal));                        /* 1 */
    LYNC_TRY(check_offer(test, refusal));
    LYNC_TRY(log_in(test, &test->side[0]));                             /* 2 */
    LYNC_TRY(ask_anonymous(test, " after one log-in", NULL));           /* 3 */
    LYNC_TRY(log_in(test, &test->side[1]));                             /* 4 */
    LYNC_TRY(take_turns(test));
    LYNC_TRY(ask_anonymous(test, " after two log-ins", NULL));          /* 5 */
    LYNC_TRY(log_in_more(test));                                        /* 6 */
    judge_answers(test);
    apr_pool_destroy(test->side[0].pool);                               /* 7 */
    apr_pool_destroy(test->side[1].pool);
    LYNC_TRY(ask_anonymous(test, " after both have left", NULL));
    return log_in_wrongly(test);                                        /* 8 */
}

const lync_err_t *verify_identities(const verify_target_t *target, const verify_user_t users[2], int anonymous,
                                    apr_pool_t *p, verify_result_t *result)
{
    static const char *const columns[] = { "asked", "expected", "came", "ok" };
    test_t test = { .target = target, .count = anonymous, .pool = p, .result = result };
    int i;

    memset(result, 0, sizeof(*result));
    result->rows = lyncadm_rows(p);
    for (i = 0; i < 4; ++i)
        lyncadm_rows_column(result->rows, columns[i], 0);
    for (i = 0; i < 2; ++i) {
        side_t *side = &test.side[i];

        side->user = &users[i];
        apr_pool_create(&side->pool, p);
        side->logins = apr_array_make(p, 4, sizeof(const verify_answer_t *));
        side->again = apr_array_make(p, 4, sizeof(const verify_answer_t *));
        side->statuses = apr_array_make(p, 4, sizeof(int));
    }
    return run(&test);
}
