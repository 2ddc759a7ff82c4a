#include <string.h>

#include "progress.h"
#include "verify.h"

/*
 * Asking all of it.
 *
 *  1. the first check of each name at each listener
 *  2. those of the names that were reached, and the pools themselves with --direct
 *
 * A name that is not reached is told once: nobody waits for the same timeout again and again.
 */

static int is_same_place(const verify_check_t *a, const verify_check_t *b)
{
    return a->name == b->name && a->listener == b->listener;
}

/* The first request of the same name at the same listener. */
static const verify_check_t *first_of(const verify_t *verify, const verify_check_t *check)
{
    int i;

    for (i = 0; i < verify->checks->nelts; ++i) {
        const verify_check_t *other = APR_ARRAY_IDX(verify->checks, i, const verify_check_t *);

        if (other->ask && is_same_place(check, other))
            return other;
    }
    return check;
}

static int is_out_of_reach(const verify_ask_t *ask)
{
    return ask && ask->error && lync_word_in("resolve refused unreachable timeout tls", ask->error);
}

static void add_ask(apr_array_header_t *asks, verify_ask_t *ask)
{
    int i;

    for (i = 0; i < asks->nelts; ++i) {
        if (APR_ARRAY_IDX(asks, i, verify_ask_t *) == ask)
            return;
    }
    APR_ARRAY_PUSH(asks, verify_ask_t *) = ask;
}

/* Leaves out what cannot be reached, and collects what is still to be asked. */
static apr_array_header_t *choose(verify_t *verify)
{
    apr_array_header_t *asks = apr_array_make(verify->pool, 64, sizeof(verify_ask_t *));
    apr_array_header_t *kept = apr_array_make(verify->pool, 64, sizeof(verify_check_t *)), *all = verify->checks;
    int i;

    for (i = 0; i < all->nelts; ++i) {
        verify_check_t *check = APR_ARRAY_IDX(all, i, verify_check_t *);
        const verify_check_t *first = first_of(verify, check);

        if (check != first && check->ask && is_out_of_reach(first->ask)) {
            ++verify->left_out;
            continue;
        }
        APR_ARRAY_PUSH(kept, verify_check_t *) = check;
        if (check->ask && check->ask != first->ask)
            add_ask(asks, check->ask);
        if (check->ask_direct)
            add_ask(asks, check->ask_direct);
    }
    verify->checks = kept;
    return asks;
}

const lync_err_t *verify_run(verify_t *verify)
{
    apr_array_header_t *asks = apr_array_make(verify->pool, 16, sizeof(verify_ask_t *));
    int i;

    for (i = 0; i < verify->checks->nelts; ++i) {
        verify_check_t *check = APR_ARRAY_IDX(verify->checks, i, verify_check_t *);

        if (check->ask && first_of(verify, check) == check)
            add_ask(asks, check->ask);
    }
    lyncadm_progress_begin("reaching the published names", asks->nelts);
    LYNC_TRY(verify_fetch(asks, verify->pool));
    asks = choose(verify);
    lyncadm_progress_begin("asking as clients do", asks->nelts);
    LYNC_TRY(verify_fetch(asks, verify->pool));
    for (i = 0; i < verify->checks->nelts; ++i)
        verify_judge(verify, APR_ARRAY_IDX(verify->checks, i, verify_check_t *));
    return NULL;
}
