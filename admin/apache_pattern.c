#include <apr_lib.h>
#include <apr_strings.h>
#include <string.h>

#include "apache.h"
#include "value.h"

/*
 * Regular expressions are not run: the usual ones are written out as the few texts that they stand for, so that it can
 * be seen which paths they are for, and whether the target has the same path again.
 *   ^/meet(.*)$      ^/(meet|dialin)/(.*)      (?i)^/cscp      ^meet\.contoso\.com(:443)?$
 */

#define REST "\1"               /* stands for .* at the end */
#define GROUPS 4                /* within each other */

typedef struct reader_t {
    const char *c;
    int depth;
    int is_bad;                 /* it is none of the usual ones */
    apr_pool_t *pool;
} reader_t;

static apr_array_header_t *sequence(reader_t *reader);

static int has_rest(const char *text)
{
    return strstr(text, REST) != NULL;
}

/* Each of the texts so far, followed by each of those of a group or a character. */
static apr_array_header_t *product(reader_t *reader, const apr_array_header_t *heads, const apr_array_header_t *tails)
{
    apr_array_header_t *result = apr_array_make(reader->pool, 4, sizeof(apache_pattern_t));
    int i, j;

    if (heads->nelts * tails->nelts > APACHE_NAMES)
        reader->is_bad = 1;
    for (i = 0; !reader->is_bad && i < heads->nelts; ++i) {
        for (j = 0; j < tails->nelts; ++j) {
            const apache_pattern_t *head = &APR_ARRAY_IDX(heads, i, apache_pattern_t);
            const apache_pattern_t *tail = &APR_ARRAY_IDX(tails, j, apache_pattern_t);
            apache_pattern_t *new = apr_array_push(result);

            memset(new, 0, sizeof(*new));
            new->whole = apr_pstrcat(reader->pool, head->whole, tail->whole, NULL);
            new->groups = apr_array_append(reader->pool, head->groups, tail->groups);
            if (has_rest(head->whole) && *tail->whole)
                reader->is_bad = 1;
        }
    }
    return result;
}

static void add(reader_t *reader, apr_array_header_t *patterns, const char *whole)
{
    apache_pattern_t *new = apr_array_push(patterns);

    memset(new, 0, sizeof(*new));
    new->whole = whole;
    new->groups = apr_array_make(reader->pool, 2, sizeof(const char *));
}

/* The alternatives of a group; when it captures, each is its first group. */
static apr_array_header_t *group(reader_t *reader)
{
    apr_array_header_t *all = apr_array_make(reader->pool, 4, sizeof(apache_pattern_t));
    int captures = strncmp(reader->c, "?:", 2) != 0, i, n = 0;

    reader->c += captures ? 0 : 2;
    if (++reader->depth > GROUPS)
        reader->is_bad = 1;
    for (; !reader->is_bad; ++reader->c) {
        apr_array_cat(all, sequence(reader));
        if (*reader->c != '|' || all->nelts > APACHE_NAMES)
            break;
    }
    --reader->depth;
    if (reader->is_bad || *reader->c++ != ')' || all->nelts > APACHE_NAMES) {
        reader->is_bad = 1;
        return all;
    }
    for (i = 0; captures && i < all->nelts; ++i) {
        apache_pattern_t *each = &APR_ARRAY_IDX(all, i, apache_pattern_t);
        apr_array_header_t *groups = apr_array_make(reader->pool, 2, sizeof(const char *));

        APR_ARRAY_PUSH(groups, const char *) = each->whole;
        each->groups = apr_array_append(reader->pool, groups, each->groups);
        n += has_rest(each->whole);
    }
    if (*reader->c == '?') {
        ++reader->c;
        if (!n)
            add(reader, all, "");
    }
    return all;
}

/* ".*", a character as it is, or "/?", which is taken as there. */
static apr_array_header_t *character(reader_t *reader)
{
    apr_array_header_t *one = apr_array_make(reader->pool, 1, sizeof(apache_pattern_t));
    char c = *reader->c++;

    if (c == '.' && (*reader->c == '*' || *reader->c == '+')) {
        ++reader->c;
        if (*reader->c == '?')
            ++reader->c;
        add(reader, one, REST);
        return one;
    }
    if (c == '\\' && !apr_isalnum(*reader->c) && *reader->c)
        c = *reader->c++;
    else if (strchr("\\[]{}*+?^", c))
        reader->is_bad = 1;
    if (*reader->c == '?' && c == '/')
        ++reader->c;
    if (*reader->c && strchr("*+?{", *reader->c))
        reader->is_bad = 1;
    add(reader, one, apr_pstrmemdup(reader->pool, &c, 1));
    return one;
}

static apr_array_header_t *sequence(reader_t *reader)
{
    apr_array_header_t *all = apr_array_make(reader->pool, 1, sizeof(apache_pattern_t));

    add(reader, all, "");
    while (!reader->is_bad && *reader->c && *reader->c != ')' && *reader->c != '|') {
        if (*reader->c == '$') {
            ++reader->c;
            continue;
        }
        if (*reader->c == '(') {
            ++reader->c;
            all = product(reader, all, group(reader));
        }
        else
            all = product(reader, all, character(reader));
    }
    return all;
}

static apr_array_header_t *read_pattern(const char *pattern, int *any_case, int *anchored, apr_pool_t *p)
{
    reader_t reader = { pattern, 0, strlen(pattern) > 1000, p };
    apr_array_header_t *all;

    *any_case = !strncmp(pattern, "(?i)", 4);
    reader.c += *any_case ? 4 : 0;
    *anchored = *reader.c == '^';
    reader.c += *anchored;
    all = sequence(&reader);
    return reader.is_bad || *reader.c ? NULL : all;
}

apr_array_header_t *apache_pattern(const char *pattern, apr_pool_t *p)
{
    int i, any_case, anchored;
    apr_array_header_t *all = read_pattern(pattern, &any_case, &anchored, p);

    for (i = 0; all && i < all->nelts; ++i) {
        apache_pattern_t *each = &APR_ARRAY_IDX(all, i, apache_pattern_t);
        apr_size_t length = strcspn(each->whole, REST);

        if (*each->whole != '/' && *each->whole != '\1')
            return NULL;
        if (!anchored && length > 1)
            return NULL;
        while (length && each->whole[length - 1] == '/')
            --length;
        each->path = length ? apr_pstrmemdup(p, each->whole, length) : "/";
        each->any_case = any_case;
    }
    return all;
}

const char *apache_fill(const apache_pattern_t *pattern, const char *target, apr_pool_t *p)
{
    const char *result = "", *c;

    for (c = target; *c; ++c) {
        const char *put;

        if (*c == '$' && apr_isdigit(c[1])) {
            int n = *++c - '0';

            put = !n ? pattern->whole : n <= pattern->groups->nelts
                ? APR_ARRAY_IDX(pattern->groups, n - 1, const char *) : "";
        }
        else if (!strncasecmp(c, "%{REQUEST_URI}", 14)) {
            c += 13;
            put = pattern->whole;
        }
        else
            put = apr_pstrmemdup(p, c, 1);
        result = apr_pstrcat(p, result, put, NULL);
        if (strlen(result) > APACHE_LINE)
            return "";
    }
    return result;
}

/* Adds those of the names that begin with a text, or have it in them. */
static void add_names(apr_array_header_t *hosts, const apr_array_header_t *names, const char *text, int anchored)
{
    int i;

    for (i = 0; i < names->nelts; ++i) {
        const char *name = APR_ARRAY_IDX(names, i, const char *), *found = strstr(name, text);

        if (found && (!anchored || found == name))
            APR_ARRAY_PUSH(hosts, const char *) = name;
    }
}

apr_array_header_t *apache_hosts(const char *pattern, const apr_array_header_t *names, apr_pool_t *p)
{
    apr_array_header_t *hosts = apr_array_make(p, 4, sizeof(const char *)), *all;
    int i, any_case, anchored;

    if (*pattern == '=')
        pattern = apr_pstrcat(p, "^", pattern + 1, NULL);
    all = read_pattern(pattern, &any_case, &anchored, p);
    for (i = 0; all && i < all->nelts; ++i) {
        const apache_pattern_t *each = &APR_ARRAY_IDX(all, i, apache_pattern_t);
        const char *name = apache_lower(p, each->whole, strcspn(each->whole, ":" REST));

        if (!has_rest(each->whole) && strchr(name, '.') && lync_value_is_host(name))
            APR_ARRAY_PUSH(hosts, const char *) = name;
        else
            add_names(hosts, names, name, anchored);
    }
    return all ? hosts : NULL;
}
