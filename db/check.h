#ifndef LYNC_CHECK_H
#define LYNC_CHECK_H

#include "lync.h"

/* The rule book: what must and should hold of a revision. lyncadm and the module use the same. */

typedef enum lync_level_t {
    LYNC_ERROR,                 /* must not be applied, is not served */
    LYNC_UNFINISHED,            /* the same, but the edit that makes the row may leave it to the next */
    LYNC_WARNING,               /* will fail for some client, or soon */
    LYNC_ADVICE
} lync_level_t;

/* A certificate that ends sooner is warned of. */
#define LYNC_EXPIRY_WARNING_DAYS 30

typedef struct lync_finding_t {
    lync_level_t level;
    const lync_noun_t *noun;    /* with row: what it is about */
    const void *row;            /* NULL: the revision as a whole */
    const char *message;        /* what is wrong, names its subject */
    const char *remedy;         /* what to do: a command where there is one */
} lync_finding_t;

/* All findings, worst first, of pointers to lync_finding_t in p. Looks at rows only. */
apr_array_header_t *lync_check(const lync_model_t *model, apr_pool_t *p);

/* Adds what is found on disk: certificates, keys and trust anchors that the model names. */
void lync_check_files(const lync_model_t *model, apr_array_header_t *findings, apr_pool_t *p);

/* "error" (LYNC_UNFINISHED is one, too), "warning" or "advice". */
const char *lync_level_name(lync_level_t level);

/* The first error as a sentence that names store, table and row, or NULL. */
const lync_err_t *lync_check_refusal(const apr_array_header_t *findings, const char *store,
                                     apr_pool_t *p) LYNC_MUST_USE;

#endif
