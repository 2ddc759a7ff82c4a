#include "status.h"

#include <apr_lib.h>
#include <apr_strings.h>
#include <arpa/inet.h>
#include <string.h>

#define STRUCK "\xe2\x80\xa6"   /* an ellipsis */

/* How many bytes a character of UTF-8 has, 0: it is none (overlong forms and surrogates are none either). */
static int utf8_length(const unsigned char *c)
{
    static const struct { unsigned char first, last, low, high; int length; } forms[] = {
        { 0x01, 0x7f, 0, 0, 1 },
        { 0xc2, 0xdf, 0x80, 0xbf, 2 },
        { 0xe0, 0xe0, 0xa0, 0xbf, 3 },
        { 0xe1, 0xec, 0x80, 0xbf, 3 },
        { 0xed, 0xed, 0x80, 0x9f, 3 },
        { 0xee, 0xef, 0x80, 0xbf, 3 },
        { 0xf0, 0xf0, 0x90, 0xbf, 4 },
        { 0xf1, 0xf3, 0x80, 0xbf, 4 },
        { 0xf4, 0xf4, 0x80, 0x8f, 4 },
    };
    apr_size_t i;
    int j;

    for (i = 0; i < sizeof(forms) / sizeof(*forms); ++i)
        if (*c >= forms[i].first && *c <= forms[i].last)
            break;
    if (i == sizeof(forms) / sizeof(*forms))
        return 0;
    if (forms[i].length > 1 && (c[1] < forms[i].low || c[1] > forms[i].high))
        return 0;
    for (j = 2; j < forms[i].length; ++j)
        if (c[j] < 0x80 || c[j] > 0xbf)
            return 0;
    return forms[i].length;
}

/* As lyncadm has it: when one byte is odd, every one that is not ASCII is. */
static int is_utf8(const char *text)
{
    const unsigned char *c = (const unsigned char *)text;
    int length;

    for (; *c; c += length) {
        length = utf8_length(c);
        if (!length)
            return 0;
    }
    return 1;
}

const char *lync_text_clean(const char *text, apr_pool_t *p)
{
    int odd = text && !is_utf8(text);
    char *copy = apr_pstrdup(p, text), *c;

    for (c = copy; c && *c; ++c)
        if (apr_iscntrl(*c) || (odd && *c & 0x80))
            *c = '?';
    return copy;
}

/* Whether a name can begin after this character, or end before it. */
static int is_boundary(char c)
{
    return !c || apr_isspace(c) || strchr("'\"(),;=", c);
}

/* A quote inside of a name is followed by more of it. */
static int ends_quote(char next)
{
    return is_boundary(next) || strchr(":.", next);
}

static apr_size_t file_length(const char *name, char before)
{
    apr_size_t length = 0;

    if (before != '\'' && before != '"') {
        while (!is_boundary(name[length]))
            ++length;
        return length;
    }
    while (name[length] && (name[length] != before || !ends_quote(name[length + 1])))
        ++length;
    return length;
}

static apr_size_t address_length(const char *word)
{
    apr_size_t length = strspn(word, "0123456789abcdefABCDEF.:");
    unsigned char address[sizeof(struct in6_addr)];
    char copy[INET6_ADDRSTRLEN];

    while (length > 1 && strchr(".:", word[length - 1]) && strncmp(word + length - 2, "::", 2))
        --length;
    if (length < 2 || length >= sizeof(copy))
        return 0;
    apr_cpystrn(copy, word, length + 1);
    if (inet_pton(AF_INET, copy, address) == 1 || inet_pton(AF_INET6, copy, address) == 1)
        return length;
    length = strcspn(copy, ":");
    copy[length] = '\0';
    return inet_pton(AF_INET, copy, address) == 1 ? length : 0;
}

const char *lync_text_discreet(const char *sentence, apr_pool_t *p)
{
    apr_size_t length = sentence ? strlen(sentence) : 0, struck;
    char *copy = apr_palloc(p, length * strlen(STRUCK) + 1), *to = copy, before = '\0';
    const char *c = sentence;

    if (!sentence)
        return NULL;
    while (*c) {
        struck = 0;
        if (is_boundary(before) || strchr("[:", before))
            struck = *c != '/' ? address_length(c) : c[1] != '/' ? file_length(c, before) : 0;
        if (struck > 1) {
            to = apr_cpystrn(to, STRUCK, sizeof(STRUCK));
            c += struck;
            before = 'x';
        }
        else
            before = *to++ = *c++;
    }
    *to = '\0';
    return copy;
}

const char *lync_text_span(apr_int64_t seconds, apr_pool_t *p)
{
    if (seconds < 0)
        seconds = 0;
    if (seconds < 120)
        return apr_psprintf(p, "%d s", (int)seconds);
    if (seconds < 7200)
        return apr_psprintf(p, "%d min", (int)(seconds / 60));
    if (seconds < 172800)
        return apr_psprintf(p, "%d h %d min", (int)(seconds / 3600), (int)(seconds / 60 % 60));
    return apr_psprintf(p, "%" APR_INT64_T_FMT " days", seconds / 86400);
}
