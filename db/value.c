#include "value.h"

#include <apr_lib.h>
#include <apr_network_io.h>
#include <apr_strings.h>
#include <apr_uri.h>
#include <stdlib.h>
#include <string.h>

int lync_value_int(const char *value, int low, int high, int *number)
{
    char *end;
    apr_int64_t n;

    if (!apr_isdigit(*value))
        return 0;
    n = apr_strtoi64(value, &end, 10);
    if (*end || n < low || n > high)
        return 0;
    *number = (int)n;
    return 1;
}

int lync_value_is_host(const char *value)
{
    const char *c = value, *label = value;
    int letters = 0;

    if (!*value || strlen(value) > 253)
        return 0;
    for (;; ++c) {
        if (*c == '.' || !*c) {
            if (c == label || c - label > 63 || *label == '-' || c[-1] == '-')
                return 0;
            if (!*c)
                return letters;     /* of the last label: 10.0.0.1 is no name */
            label = c + 1;
            letters = 0;
        }
        else if (apr_isalpha(*c) || *c == '-') {
            letters = 1;
        }
        else if (!apr_isdigit(*c)) {
            return 0;
        }
    }
}

static int is_address(const char *value, apr_pool_t *p)
{
    apr_ipsubnet_t *subnet;

    /* with a mask or abbreviated it would pass as a subnet */
    return !strchr(value, '/') && (strchr(value, ':') || strspn(value, "0123456789.") == strlen(value))
           && apr_ipsubnet_create(&subnet, value, NULL, p) == APR_SUCCESS
           && (strchr(value, ':') || apr_ipsubnet_create(&subnet, value, "32", p) == APR_SUCCESS);
}

static int only(const char *value, const char *more)
{
    const char *c;

    for (c = value; *c; ++c) {
        if (!apr_isalnum(*c) && !strchr(more, *c))
            return 0;
    }
    return *value != '\0';
}

static int is_printable(const char *value)
{
    return *value && lync_is_one_line(value);
}

static const char *lower(apr_pool_t *p, const char *value)
{
    char *copy = apr_pstrdup(p, value), *c;

    for (c = copy; *c; ++c)
        *c = apr_tolower(*c);
    return copy;
}

static const char *path(apr_pool_t *p, const char *value)
{
    apr_size_t length = strlen(value);

    /* what a prefix could mean after decoding or dot segments is not for a person to guess */
    if (*value != '/' || strstr(value, "//") || strstr(value, "/.") || strstr(value, "./")
        || value[length - 1] == '.' || !only(value, "/-_.~!$&'()+,=@"))
        return NULL;
    return length > 1 && value[length - 1] == '/' ? apr_pstrmemdup(p, value, length - 1) : value;
}

static const char *url(apr_pool_t *p, const char *value, int simple)
{
    apr_uri_t uri;

    if (!is_printable(value) || strpbrk(value, " \"\\<>") || apr_uri_parse(p, value, &uri) != APR_SUCCESS
        || !uri.scheme || !uri.hostname || uri.user || !lync_value_is_host(uri.hostname))
        return NULL;
    if (!simple)
        return !strcmp(uri.scheme, "https") || !strcmp(uri.scheme, "http") ? value : NULL;
    if (strcasecmp(uri.scheme, "https") || uri.port_str || uri.query || uri.fragment
        || (uri.path && strcmp(uri.path, "/") && !path(p, uri.path)))
        return NULL;
    return apr_pstrcat(p, "https://", lower(p, uri.hostname),
                       uri.path && strcmp(uri.path, "/") ? path(p, uri.path) : "", NULL);
}

static const char *words(apr_pool_t *p, const char *value)
{
    char *copy = apr_pstrdup(p, value), *last, *word;
    apr_array_header_t *stored = apr_array_make(p, 8, sizeof(const char *));

    if (!only(value, " -_.*"))
        return NULL;
    for (word = apr_strtok(copy, " ", &last); word; word = apr_strtok(NULL, " ", &last))
        APR_ARRAY_PUSH(stored, const char *) = word;
    return stored->nelts ? apr_array_pstrcat(p, stored, ' ') : NULL;
}

static int is_choice(const char *choices, const char *value)
{
    apr_size_t length = strlen(value);

    for (; choices; choices = strchr(choices, '|')) {
        if (*choices == '|')
            ++choices;
        if (length == strcspn(choices, "|") && !strncmp(choices, value, length))
            return 1;
    }
    return 0;
}

static const char *choice_list(apr_pool_t *p, const char *choices)
{
    char *copy = apr_pstrdup(p, choices), *last, *word;
    const char *list = NULL;

    for (word = apr_strtok(copy, "|", &last); word; word = apr_strtok(NULL, "|", &last))
        list = list ? apr_pstrcat(p, list, *last ? ", " : " or ", word, NULL) : word;
    return list;
}

const char *lync_value(apr_pool_t *p, const lync_field_t *field, const char *value, const char **wanted)
{
    switch (field->kind) {
    case LYNC_KIND_TEXT:
        *wanted = "single line of text";
        return is_printable(value) ? value : NULL;
    case LYNC_KIND_NAME:
        *wanted = "name: letters, digits, '.', '_' and '-', at most 64";
        return only(value, "._-") && strlen(value) <= 64 ? value : NULL;
    case LYNC_KIND_HOST:
        *wanted = is_address(value, p) ? "host name but an address"
                                       : "host name: labels of letters, digits and '-' between dots";
        return lync_value_is_host(value) ? lower(p, value) : NULL;
    case LYNC_KIND_SERVER_HOST:
        *wanted = "host name or IP address";
        return lync_value_is_host(value) || is_address(value, p) ? lower(p, value) : NULL;
    case LYNC_KIND_BOUND_HOST:
        *wanted = "host name, and not '*' for all others either";
        return lync_value_is_host(value) || !strcmp(value, "*") ? lower(p, value) : NULL;
    case LYNC_KIND_ADDRESS:
        *wanted = "IP address, and not '*' for all either";
        return !strcmp(value, "*") || is_address(value, p) ? value : NULL;
    case LYNC_KIND_PATH:
        *wanted = "path: '/' first, no empty or dot segments, letters, digits and -_.~!$&'()+,=@";
        return path(p, value);
    case LYNC_KIND_RAW_PATH:
        *wanted = "path: '/' first, without spaces and quotes";
        return *value == '/' && only(value, "/-_.~!$&'()+,=@?%:;") ? value : NULL;
    case LYNC_KIND_FILE:
        *wanted = "absolute file name";
        return *value == '/' && is_printable(value) ? value : NULL;
    case LYNC_KIND_URL:
        *wanted = "simple URL: https://HOST or https://HOST/PATH, without port and query";
        return url(p, value, 1);
    case LYNC_KIND_LOCATION:
        *wanted = "URL: http:// or https://, a host name, no spaces and quotes";
        return url(p, value, 0);
    case LYNC_KIND_WORDS:
        *wanted = "list of words separated by spaces";
        return words(p, value);
    case LYNC_KIND_CHOICE:
        *wanted = apr_pstrcat(p, "choice of ", choice_list(p, field->choices), NULL);
        return is_choice(field->choices, value) ? value : NULL;
    case LYNC_KIND_INT:
        break;
    }
    *wanted = "number";
    return NULL;
}
