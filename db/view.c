#include "view.h"

#include <apr_lib.h>
#include <apr_strings.h>
#include <string.h>

/*
 * A pool's IIS decodes a path, takes '\' for '/', resolves dot segments, drops trailing dots and
 * blanks of a segment, ignores case, and (file names, path parameters) what follows ':' or ';'.
 * How often it decodes and which of the rest it does depends on release and handler; hence three
 * views, from the most literal to the most lenient. A route that all three agree on is safe.
 */

/* Rounds of decoding, or of taking out, after which a path is no client's. */
#define MAX_ROUNDS 4

static int hex(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Lower case of a code point that folds to ASCII: full-width forms, and the few letters whose
 * upper or lower case is an ASCII letter. 0: it does not fold. */
static char fold(unsigned int code)
{
    if (code < 0x80)
        return (char)apr_tolower((int)code);
    if (code >= 0xff01 && code <= 0xff5e)
        return (char)apr_tolower((int)(code - 0xff00 + 0x20));
    switch (code) {
    case 0x0130:
    case 0x0131:
        return 'i';
    case 0x017f:
        return 's';
    case 0x212a:
        return 'k';
    case 0x00a0:
    case 0x3000:
        return ' ';
    default:
        return 0;
    }
}

/* IIS' own %uXXXX. */
static int unicode_escape(const char *in, unsigned int *code)
{
    int i, digit;

    if ((in[1] | 0x20) != 'u')
        return 0;
    for (i = 2, *code = 0; i < 6; ++i) {
        if ((digit = hex(in[i])) < 0)
            return 0;
        *code = *code << 4 | (unsigned int)digit;
    }
    return 1;
}

/* One round of percent-decoding, in place allowed; -1: it yields NUL. *changed: it did something. */
static apr_ssize_t decode(char *out, const char *in, apr_size_t length, int *changed)
{
    const char *end = in + length;
    char *start = out;

    *changed = 0;
    while (in < end) {
        unsigned int code;

        if (*in == '%' && end - in >= 3 && hex(in[1]) >= 0 && hex(in[2]) >= 0) {
            code = (unsigned int)(hex(in[1]) << 4 | hex(in[2]));
            in += 3;
        }
        else if (*in == '%' && end - in >= 6 && unicode_escape(in, &code)) {
            in += 6;
            if (code)
                code = fold(code) ? (unsigned char)fold(code) : 0xff;
        }
        else {
            *out++ = *in++;
            continue;
        }
        if (!code)
            return -1;
        *changed = 1;
        *out++ = (char)code;
    }
    return out - start;
}

/* UTF-8 (sequences longer than they need be included) that folds to ASCII becomes ASCII. */
static apr_size_t fold_utf8(char *path, apr_size_t length)
{
    const unsigned char *in = (const unsigned char *)path, *end = in + length;
    char *out = path;

    while (in < end) {
        int more = *in >= 0xf0 ? 3 : *in >= 0xe0 ? 2 : *in >= 0xc0 ? 1 : 0, i;
        unsigned int code = more == 3 ? *in & 0x07 : more == 2 ? *in & 0x0f : *in & 0x1f;

        for (i = 1; i <= more && in + i < end && (in[i] & 0xc0) == 0x80; ++i)
            code = code << 6 | (in[i] & 0x3f);
        if (more && i > more && fold(code)) {
            *out++ = fold(code);
            in += more + 1;
        }
        else {
            *out++ = (char)*in++;
        }
    }
    return (apr_size_t)(out - path);
}

/* Length of a cookieless session that path begins with, "(S(…))" or "(A(…)F(…))", or 0. */
static apr_size_t session(const char *path, apr_size_t length)
{
    apr_size_t n = 1;

    if (length < 5 || path[0] != '(')
        return 0;
    while (n + 1 < length && apr_isalpha(path[n]) && path[n + 1] == '(') {
        for (n += 2; n < length && path[n] != '(' && path[n] != ')'; ++n)
            ;
        if (n == length || path[n++] != ')')
            return 0;
    }
    return n > 1 && n < length && path[n] == ')' ? n + 1 : 0;
}

/* ASP.NET takes cookieless sessions out of a path, wherever they stand, and looks again. Returns
 * the length, or -1 when they are nested deeper than any client's, which would cost time. */
static apr_ssize_t drop_sessions(char *path, apr_size_t length)
{
    apr_size_t in, out, before;
    int round = 0;

    do {
        before = length;
        for (in = out = 0; in < length;) {
            apr_size_t n = session(path + in, length - in);

            if (n)
                in += n;
            else
                path[out++] = path[in++];
        }
        length = out;
    } while (length < before && ++round < MAX_ROUNDS);
    return length < before ? -1 : (apr_ssize_t)length;
}

/* How much of IIS' reading a view takes over. */
typedef enum reading_t {
    LITERAL,                    /* case and empty segments */
    IIS,                        /* and '\', dot segments, trailing dots and blanks */
    LENIENT                     /* and ':' and ';', decoding to the end, UTF-8, sessions */
} reading_t;

/* Length of a segment without what IIS drops at its end; dot segments stay as they are. */
static apr_size_t trim(const char *segment, apr_size_t length, reading_t reading)
{
    apr_size_t n = length;

    if (reading == LITERAL)
        return length;
    if (reading == LENIENT) {
        for (n = 0; n < length && segment[n] != ';' && segment[n] != ':'; ++n)
            ;
    }
    while (n && (segment[n - 1] == '.' || segment[n - 1] == ' ' || segment[n - 1] == '\t'))
        --n;
    if (!n && length >= 2 && segment[0] == '.' && segment[1] == '.')
        return 2;
    return n;
}

static int separates(char c, reading_t reading)
{
    return c == '/' || (c == '\\' && reading != LITERAL);
}

/*
 * Lower case, segments split and trimmed, empty ones dropped, ".." resolved; in place.
 * Returns the length (0 for the root), or -1 when it would leave the root.
 */
static apr_ssize_t normalize(char *path, apr_size_t length, reading_t reading)
{
    apr_size_t in = 0, out = 0;

    while (in < length) {
        apr_size_t start, n, i;

        while (in < length && separates(path[in], reading))
            ++in;
        for (start = in; in < length && !separates(path[in], reading); ++in)
            ;
        n = trim(path + start, in - start, reading);
        if (reading != LITERAL && n == 2 && path[start] == '.' && path[start + 1] == '.') {
            if (!out)
                return -1;
            while (path[--out] != '/')
                ;
        }
        else if (n) {
            path[out++] = '/';
            for (i = 0; i < n; ++i)
                path[out++] = (char)apr_tolower(path[start + i]);
        }
    }
    return (apr_ssize_t)out;
}

/* Nothing in it that any view would change but case and a trailing slash: the common case. */
static int is_plain(const char *path, apr_size_t length)
{
    apr_size_t i;

    for (i = 0; i < length; ++i) {
        char c = path[i];

        if (apr_isalnum(c) || c == '-' || c == '_' || c == '~')
            continue;
        if (c == '.' && i && path[i - 1] != '/' && i + 1 < length && path[i + 1] != '/' && path[i + 1] != '.')
            continue;
        if (c == '/' && (!i || path[i - 1] != '/'))
            continue;
        return 0;
    }
    return 1;
}

static void keep(lync_views_t *views, const char *path, apr_size_t length)
{
    views->path[views->count] = path;
    views->length[views->count++] = length;
}

static int plain(lync_views_t *views, const char *target, apr_size_t length, apr_pool_t *p)
{
    char *path = apr_palloc(p, length + 1);
    apr_size_t i;

    for (i = 0; i < length; ++i)
        path[i] = (char)apr_tolower(target[i]);
    if (length && path[length - 1] == '/')
        --length;
    keep(views, path, length);
    return 1;
}

int lync_view(lync_views_t *views, const char *target, apr_pool_t *p)
{
    apr_size_t length = strcspn(target, "?");
    reading_t reading;
    int round, changed;
    char *work;

    views->count = 0;
    if (*target != '/' || memchr(target, '#', length))
        return 0;
    if (is_plain(target, length))
        return plain(views, target, length, p);

    work = apr_pstrmemdup(p, target, length);
    for (reading = LITERAL, round = 0; reading <= LENIENT; ++reading) {
        int rounds = reading == LITERAL ? 0 : reading == IIS ? 1 : MAX_ROUNDS;
        apr_ssize_t n = (apr_ssize_t)length;
        char *path;

        for (changed = 1; changed && round < rounds; ++round) {
            n = decode(work, work, (apr_size_t)n, &changed);
            if (n < 0)
                return 0;
        }
        if (reading == LENIENT && changed)
            return 0;
        length = (apr_size_t)n;
        path = apr_pstrmemdup(p, work, length);
        if (reading == LENIENT)
            n = drop_sessions(path, fold_utf8(path, length));
        if (n >= 0)
            n = normalize(path, (apr_size_t)n, reading);
        if (n < 0)
            return 0;
        keep(views, path, (apr_size_t)n);
    }
    return 1;
}
