#include <apr_strings.h>
#include <string.h>

#include "lyncadm.h"

#define LONGEST 63

/* Edits (insert, delete, replace, swap of neighbours) that make b of a. */
static int distance(const char *a, const char *b)
{
    int d[LONGEST + 2][LONGEST + 2], i, j, n = (int)strlen(a), m = (int)strlen(b);

    if (n > LONGEST || m > LONGEST)
        return LONGEST;
    for (i = 0; i <= n; ++i)
        d[i][0] = i;
    for (j = 0; j <= m; ++j)
        d[0][j] = j;
    for (i = 1; i <= n; ++i) {
        for (j = 1; j <= m; ++j) {
            int best = d[i - 1][j - 1] + (a[i - 1] != b[j - 1]);

            if (d[i - 1][j] + 1 < best)
                best = d[i - 1][j] + 1;
            if (d[i][j - 1] + 1 < best)
                best = d[i][j - 1] + 1;
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] && d[i - 2][j - 2] + 1 < best)
                best = d[i - 2][j - 2] + 1;
            d[i][j] = best;
        }
    }
    return d[n][m];
}

static int is_near(const char *word, const char *candidate)
{
    apr_size_t length = strlen(word);

    return (length > 1 && !strncmp(candidate, word, length)) || distance(word, candidate) <= (int)(length / 3 + 1);
}

static const char *list(apr_pool_t *p, const apr_array_header_t *words)
{
    const char *text = "";
    int i;

    for (i = 0; i < words->nelts; ++i) {
        const char *between = i == 0 ? "" : i == words->nelts - 1 ? " or " : ", ";

        text = apr_pstrcat(p, text, between, "'", APR_ARRAY_IDX(words, i, const char *), "'", NULL);
    }
    return text;
}

const char *lyncadm_nearest(apr_pool_t *p, const char *word, const apr_array_header_t *candidates)
{
    apr_array_header_t *near = apr_array_make(p, 4, sizeof(const char *));
    int i;

    for (i = 0; i < candidates->nelts; ++i) {
        const char *candidate = APR_ARRAY_IDX(candidates, i, const char *);

        if (is_near(word, candidate))
            APR_ARRAY_PUSH(near, const char *) = candidate;
    }
    return list(p, near->nelts ? near : candidates);
}

/* strstr(), which under AddressSanitizer measures all of the text at each call. */
static const char *slashes(const char *text)
{
    while ((text = strchr(text, '/')) && text[1] != '/')
        ++text;
    return text;
}

const char *lyncadm_without_users(const char *text, apr_pool_t *p)
{
    /* The shortest user, none before its "@", becomes the longest: it doubles "//@". */
    char *shown = apr_palloc(p, 2 * strlen(text) + 1), *next = shown;
    const char *begin, *end, *at;

    while ((begin = slashes(text))) {
        begin += 2;
        end = begin + strcspn(begin, "/?# \n");
        for (at = end; at > begin && *at != '@'; --at)
            ;
        memcpy(next, text, (apr_size_t)(begin - text));
        next += begin - text;
        if (*at == '@')
            next = apr_cpystrn(next, "...", 4);
        text = *at == '@' ? at : begin;
    }
    memcpy(next, text, strlen(text) + 1);
    return shown;
}
