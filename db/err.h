#ifndef LYNC_ERR_H
#define LYNC_ERR_H

#include <apr_pools.h>

/*
 * An error is one sentence for people: what failed, on what, why, what to do. It is made where
 * most is known and passed up untouched. NULL is success.
 */
typedef struct lync_err_t {
    const char *sentence;       /* no full stop, no newline, subject in single quotes */
} lync_err_t;

#define LYNC_MUST_USE __attribute__((warn_unused_result))

/* An error in pool p from a printf-like format (apr_psprintf's). Control characters in the
 * arguments come out as '?', so that input cannot forge a second line. */
const lync_err_t *lync_err(apr_pool_t *p, const char *format, ...)
    __attribute__((format(printf, 2, 3), returns_nonnull)) LYNC_MUST_USE;

/* Control characters, which could begin a line or steer a terminal: whether a text has none; each of their bytes
 * replaced by '?', in place. */
int lync_is_one_line(const char *text);
char *lync_one_line(char *text);

#ifdef __clang_analyzer__
/* It looks at one file at a time, and would follow errors that it takes for NULL. */
extern const lync_err_t lync_err_some;
void lync_err_use(apr_pool_t *p, const char *format, ...);
#define lync_err(...) (lync_err_use(__VA_ARGS__), &lync_err_some)
#endif

/* Returns from the enclosing function when the expression is an error. */
#define LYNC_TRY(expression) \
    do { \
        const lync_err_t *lync_try_ = (expression); \
        if (lync_try_) \
            return lync_try_; \
    } while (0)

#endif
