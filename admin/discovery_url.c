#include <apr_lib.h>
#include <apr_strings.h>
#include <apr_uri.h>
#include <string.h>

#include "discovery.h"
#include "lyncadm.h"
#include "value.h"

/* A URL from the network: which host, port and path it is of, as every client would take it, or why it is none. */

static int is_plain(char c)
{
    return c > ' ' && c < 0x7f && !strchr("\"'<>\\^`{|}", c);
}

const char *discovery_shown(const char *text, apr_pool_t *p)
{
    apr_size_t length = strlen(text), shown = length > DISCOVERY_SHOWN ? DISCOVERY_SHOWN : length, i;
    char *copy = apr_pstrcat(p, apr_pstrmemdup(p, text, shown), shown < length ? "..." : "", NULL);

    for (i = 0; copy[i]; ++i) {
        if (!is_plain(copy[i]))
            copy[i] = '?';
    }
    return copy;
}

static const char *lower(const char *text, apr_pool_t *p)
{
    char *copy = apr_pstrdup(p, text), *c;

    for (c = copy; *c; ++c)
        *c = apr_tolower(*c);
    return copy;
}

static int all_plain(const char *text)
{
    while (is_plain(*text))
        ++text;
    return !*text;
}

static int is_address(const char *host)
{
    return strchr(host, ':') || host[strspn(host, "0123456789.")] == '\0';
}

static const char *fault_of(const char *href, apr_uri_t *uri, apr_pool_t *p)
{
    if (strlen(href) > DISCOVERY_URL || !all_plain(href) || apr_uri_parse(p, href, uri) != APR_SUCCESS || !uri->scheme)
        return "no-url";
    if (strcasecmp(uri->scheme, "https") && strcasecmp(uri->scheme, "http"))
        return "scheme";
    if (uri->user || uri->password || (uri->hostinfo && strchr(uri->hostinfo, '@')))
        return "user";
    if (!uri->hostname || !*uri->hostname)
        return "no-url";
    if (lync_value_is_host(uri->hostname))
        return NULL;
    return is_address(uri->hostname) ? "address" : "no-url";
}

static const char *take_port(const char *text, int initial, int *port)
{
    *port = initial;
    return !text || !*text || lync_value_int(text, 1, 65535, port) ? NULL : "no-url";
}

static const char *absolute(const char *href, const discovery_url_t *base, apr_pool_t *p)
{
    return base && !base->fault && *href == '/' && href[1] != '/'
        ? apr_psprintf(p, "%s://%s:%d%s", base->scheme, base->host, base->port, href) : href;
}

void discovery_url(const char *href, const discovery_url_t *base, discovery_url_t *url, apr_pool_t *p)
{
    const char *whole = absolute(href, base, p);
    apr_uri_t uri;
    int https;

    memset(url, 0, sizeof(*url));
    memset(&uri, 0, sizeof(uri));
    url->shown = discovery_shown(lyncadm_without_users(whole, p), p);
    url->fault = fault_of(whole, &uri, p);
    https = !url->fault && !strcasecmp(uri.scheme, "https");
    if (!url->fault)
        url->fault = take_port(uri.port_str, apr_uri_port_of_scheme(uri.scheme), &url->port);
    if (url->fault)
        return;
    url->scheme = https ? "https" : "http";
    url->host = lower(uri.hostname, p);
    url->target = apr_pstrcat(p, uri.path && *uri.path == '/' ? uri.path : "/", uri.query ? "?" : "",
                              uri.query ? uri.query : "", NULL);
    url->key = apr_psprintf(p, "%s://%s:%d%s", url->scheme, url->host, url->port, url->target);
}
