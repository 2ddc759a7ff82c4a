#include "view.h"

#include <apr_lib.h>
#include <apr_strings.h>
#include <string.h>

/*
 * A pool's IIS decodes a path, takes '\' for '/', resolves dot segments, drops trailing dots and
 * blanks of a segment, ignores case, and (file names, path parameters) what follows ':' or ';'.
 * How often it decodes, which of the rest it does, and in which order, depends on release and
 * handler; hence several views, from the most literal to the most lenient. A route that all agree on
 * is safe.
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

/* What a view takes over of IIS' reading; all of them ignore case and empty segments. */
#define DOTS 1                  /* "." and ".." */
#define BACKSLASH 2
#define TRIM 4                  /* trailing dots and blanks, after which "..." is ".." too */
#define CUT 8                   /* ':' and ';' */
#define IIS (DOTS | BACKSLASH | TRIM)
#define LENIENT (IIS | CUT)

static int is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* Length of a segment without what IIS drops at its end; of one that leads up it is 2. */
static apr_size_t trim(const char *segment, apr_size_t length, int reading)
{
    apr_size_t n = length;

    if (reading & CUT) {
        for (n = 0; n < length && segment[n] != ';' && segment[n] != ':'; ++n)
            ;
    }
    if (!(reading & TRIM))
        return (reading & DOTS) && n == 1 && segment[0] == '.' ? 0 : n;
    while (n && (segment[n - 1] == '.' || is_blank(segment[n - 1])))
        --n;
    if (!n && length >= 2 && segment[0] == '.' && segment[1] == '.')
        return 2;
    return n;
}

static int separates(char c, int reading)
{
    return c == '/' || (c == '\\' && (reading & BACKSLASH));
}

/*
 * Lower case, segments split and trimmed, empty ones dropped, ".." resolved; in place.
 * Returns the length (0 for the root), or -1 when it would leave the root.
 */
static apr_ssize_t normalize(char *path, apr_size_t length, int reading)
{
    apr_size_t in = 0, out = 0;

    while (in < length) {
        apr_size_t start, n, i;

        while (in < length && separates(path[in], reading))
            ++in;
        for (start = in; in < length && !separates(path[in], reading); ++in)
            ;
        n = trim(path + start, in - start, reading);
        if ((reading & DOTS) && n == 2 && path[start] == '.' && path[start + 1] == '.') {
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

/* Whether a segment of path leads up, for the most lenient of readers. *odd: one of dots and blanks
 * is there that not all of them read alike. */
static int climbs(const char *path, apr_size_t length, int *odd)
{
    apr_size_t in = 0;
    int up = 0;

    while (in < length) {
        apr_size_t start, dots = 0, blanks = 0, n;

        while (in < length && separates(path[in], BACKSLASH))
            ++in;
        for (start = in; in < length && !separates(path[in], BACKSLASH); ++in)
            ;
        for (n = start; n < in && (path[n] == '.' || is_blank(path[n])); ++n) {
            dots += path[n] == '.';
            blanks += path[n] != '.';
        }
        if (n < in && path[n] != ';' && path[n] != ':')
            continue;
        up |= dots > 1;
        *odd |= blanks || dots > 2;
    }
    return up;
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

/* Another view: of text, which stays as it is. 0: it would leave the root. */
static int look(lync_views_t *views, const char *text, apr_size_t length, int reading, apr_pool_t *p)
{
    char *path = apr_pstrmemdup(p, text, length);
    apr_ssize_t n = normalize(path, length, reading);

    if (n >= 0)
        keep(views, path, (apr_size_t)n);
    return n >= 0;
}

/* Readers who resolve dot segments before they decode: one view before, one after. */
static int look_early(lync_views_t *views, const char *target, apr_size_t length, int reading, apr_pool_t *p)
{
    char *path = apr_pstrmemdup(p, target, length);
    apr_ssize_t n = normalize(path, length, reading);
    int changed;

    if (n < 0 || !look(views, path, (apr_size_t)n, 0, p))
        return 0;
    n = decode(path, path, (apr_size_t)n, &changed);
    return n >= 0 && look(views, path, (apr_size_t)n, reading, p);
}

/* Text decoded once, until nothing is left of it to decode, and with what folds to ASCII folded. */
typedef struct text_t {
    char *once, *folded;
    apr_ssize_t once_length, all_length, length;
} text_t;

static int read_text(text_t *text, const char *target, apr_size_t length, apr_pool_t *p)
{
    int round, changed;

    text->once = apr_palloc(p, length + 1);
    text->once_length = decode(text->once, target, length, &changed);
    if (text->once_length < 0)
        return 0;
    text->folded = apr_pstrmemdup(p, text->once, (apr_size_t)text->once_length);
    text->all_length = text->once_length;
    for (round = 1; changed && round < MAX_ROUNDS; ++round) {
        text->all_length = decode(text->folded, text->folded, (apr_size_t)text->all_length, &changed);
        if (text->all_length < 0)
            return 0;
    }
    text->length = (apr_ssize_t)fold_utf8(text->folded, (apr_size_t)text->all_length);
    return !changed;
}

/* What leads up ends where the order of steps and the number of segments before it have it: next to
 * what only some readers do, views cannot tell. */
static int look_up(lync_views_t *views, const char *target, apr_size_t length, const text_t *text, apr_pool_t *p)
{
    apr_size_t once = (apr_size_t)text->once_length;

    views->odd = views->odd || text->once_length != text->all_length || text->all_length != text->length
                 || memchr(text->folded, ';', (apr_size_t)text->length)
                 || memchr(text->folded, ':', (apr_size_t)text->length);
    return look(views, text->once, once, DOTS, p) && look(views, text->once, once, DOTS | BACKSLASH, p)
           && look_early(views, target, length, DOTS, p) && look_early(views, target, length, DOTS | BACKSLASH, p);
}

int lync_view(lync_views_t *views, const char *target, apr_pool_t *p)
{
    apr_size_t length = strcspn(target, "?");
    int up, odd = 0;
    apr_ssize_t n;
    text_t text;

    views->count = views->odd = 0;
    if (*target != '/' || memchr(target, '#', length))
        return 0;
    if (is_plain(target, length))
        return plain(views, target, length, p);
    if (!read_text(&text, target, length, p) || !look(views, target, length, 0, p)
        || !look(views, text.once, (apr_size_t)text.once_length, IIS, p)
        || !look(views, text.folded, (apr_size_t)text.length, LENIENT, p))
        return 0;
    up = climbs(text.folded, (apr_size_t)text.length, &odd);
    n = drop_sessions(text.folded, (apr_size_t)text.length);
    if (n < 0 || (n != text.length && !look(views, text.folded, (apr_size_t)n, LENIENT, p)))
        return 0;
    up |= climbs(text.folded, (apr_size_t)n, &odd);
    views->odd = up && (odd || n != text.length);
    text.length = n;
    return !up || look_up(views, target, length, &text, p);
}
