#include <apr_strings.h>
#include <string.h>
#include <strings.h>

#include "verify_identity.h"

/*
 * Whom an answer is for. verify knows nothing of the URL that it asks, so it looks for what differs
 * between the users: a trait that every log-in of one has, and every log-in of the other has otherwise.
 */

#define NAMED 3

typedef struct search_t {
    const apr_array_header_t *first, *other;    /* log-ins */
    apr_array_header_t *tells;
} search_t;

static const char *trait_of(const apr_array_header_t *answers, int i, const char *trait)
{
    return apr_table_get(APR_ARRAY_IDX(answers, i, const verify_answer_t *)->traits, trait);
}

static int same(const char *a, const char *b)
{
    return a && b ? !strcmp(a, b) : a == b;
}

static int is_steady(const apr_array_header_t *answers, const char *trait)
{
    int i;

    for (i = 1; i < answers->nelts; ++i) {
        if (!same(trait_of(answers, 0, trait), trait_of(answers, i, trait)))
            return 0;
    }
    return 1;
}

/* Traits are one each: a table's repeated fields were merged. */
static int consider(void *data, const char *trait, const char *value)
{
    search_t *search = data;
    const char *first = trait_of(search->first, 0, trait), *other = trait_of(search->other, 0, trait);
    int i;

    (void)value;
    for (i = 0; i < search->tells->nelts; ++i) {
        if (!strcasecmp(APR_ARRAY_IDX(search->tells, i, const char *), trait))
            return 1;
    }
    if (!same(first, other) && is_steady(search->first, trait) && is_steady(search->other, trait))
        APR_ARRAY_PUSH(search->tells, const char *) = trait;
    return 1;
}

apr_array_header_t *verify_tells(const apr_array_header_t *first, const apr_array_header_t *other, apr_pool_t *p)
{
    search_t search = { .first = first, .other = other, .tells = apr_array_make(p, 4, sizeof(const char *)) };

    apr_table_do(consider, &search, APR_ARRAY_IDX(first, 0, const verify_answer_t *)->traits, NULL);
    apr_table_do(consider, &search, APR_ARRAY_IDX(other, 0, const verify_answer_t *)->traits, NULL);
    return search.tells;
}

const char *verify_tells_named(const apr_array_header_t *tells, apr_pool_t *p)
{
    const char *text = "";
    int i;

    for (i = 0; i < tells->nelts && i < NAMED; ++i)
        text = apr_pstrcat(p, text, *text ? ", " : "", APR_ARRAY_IDX(tells, i, const char *), NULL);
    return i < tells->nelts ? apr_pstrcat(p, text, ", ...", NULL) : text;
}

/* What is neither's counts as another's only where the first answer after the log-in, when nobody else
 * had come yet, was like the log-in: else it may be that only log-ins have the trait. */
int verify_is_foreign(const apr_array_header_t *tells, const apr_array_header_t *answers, int i,
                      const apr_array_header_t *own_logins, const apr_array_header_t *other_logins)
{
    int j;

    for (j = 0; j < tells->nelts; ++j) {
        const char *trait = APR_ARRAY_IDX(tells, j, const char *);
        const char *value = trait_of(answers, i, trait), *own = trait_of(own_logins, 0, trait);

        if (!same(value, own)
            && (same(value, trait_of(other_logins, 0, trait)) || same(trait_of(answers, 0, trait), own)))
            return 1;
    }
    return 0;
}
