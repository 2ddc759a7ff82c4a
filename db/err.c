#include "err.h"

#include <apr_strings.h>
#include <string.h>

#undef lync_err

#define SENTENCE 4000           /* bytes, at most */

/* How many bytes of a control character are there. U+0080 to U+009F are two in UTF-8, and terminals obey them. */
static int control_at(const char *text)
{
    const unsigned char *c = (const unsigned char *)text;

    if (*c < 0x20 || *c == 0x7f)
        return *c != '\0';
    return c[0] == 0xc2 && c[1] >= 0x80 && c[1] <= 0x9f ? 2 : 0;
}

int lync_is_one_line(const char *text)
{
    while (*text && !control_at(text))
        ++text;
    return !*text;
}

char *lync_one_line(char *text)
{
    char *c;
    int n;

    for (c = text; c && *c; ++c)
        for (n = control_at(c); n > 0; --n)
            c[n - 1] = '?';
    return text;
}

/* A value of a document may be as long as that: what is wrong with it stands behind. */
static char *bounded(char *sentence)
{
    static const char gap[] = " ... ";
    apr_size_t length = strlen(sentence), head = SENTENCE - SENTENCE / 4, tail = length - SENTENCE / 4;

    if (length <= SENTENCE)
        return sentence;
    while ((sentence[head] & 0xc0) == 0x80)
        --head;
    while ((sentence[tail] & 0xc0) == 0x80)
        ++tail;
    memcpy(sentence + head, gap, sizeof(gap) - 1);
    memmove(sentence + head + sizeof(gap) - 1, sentence + tail, length - tail + 1);
    return sentence;
}

const lync_err_t *lync_err(apr_pool_t *p, const char *format, ...)
{
    lync_err_t *err = apr_palloc(p, sizeof(*err));
    char *sentence;
    va_list args;

    va_start(args, format);
    sentence = apr_pvsprintf(p, format, args);
    va_end(args);
    err->sentence = lync_one_line(bounded(sentence));
    return err;
}
