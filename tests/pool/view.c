/* The path as IIS understands it, so that a spelling that slips through a proxy really gets to the
 * directory behind it: decoded once (%uXXXX too), \ as /, dot segments resolved, case ignored. */
#include "pool.h"

static int hex(const char *s, int digits)
{
    int value = 0;

    while (digits--) {
        if (!apr_isxdigit(*s)) {
            return -1;
        }
        value = value * 16 + (apr_isdigit(*s) ? *s - '0' : (apr_tolower(*s) - 'a' + 10));
        s++;
    }
    return value;
}

static char *put_utf8(char *out, int c)
{
    if (c < 0x80) {
        *out++ = (char)c;
    }
    else if (c < 0x800) {
        *out++ = (char)(0xc0 | (c >> 6));
        *out++ = (char)(0x80 | (c & 0x3f));
    }
    else {
        *out++ = (char)(0xe0 | (c >> 12));
        *out++ = (char)(0x80 | ((c >> 6) & 0x3f));
        *out++ = (char)(0x80 | (c & 0x3f));
    }
    return out;
}

/* In place; 0: an encoded zero byte. */
static int decode(char *s)
{
    char *out = s;

    while (*s) {
        int c;

        if (s[0] == '%' && (s[1] == 'u' || s[1] == 'U') && (c = hex(s + 2, 4)) > 0) {
            out = put_utf8(out, c);
            s += 6;
        }
        else if (s[0] == '%' && (c = hex(s + 1, 2)) >= 0) {
            if (!c) {
                return 0;
            }
            *out++ = (char)c;
            s += 3;
        }
        else {
            *out++ = *s++;
        }
    }
    *out = '\0';
    return 1;
}

static apr_size_t dots(const char *segment, apr_size_t n)
{
    return n <= 2 && !memcmp(segment, "..", n) ? n : 0;
}

/* In place: slashes joined, dot segments resolved, never above the root. */
static void resolve(char *path)
{
    char *out = path, *in = path;
    int folder = 1;

    for (in += strspn(in, "/"); *in; in += strspn(in, "/")) {
        apr_size_t n = strcspn(in, "/"), up = dots(in, n);

        folder = up || in[n] == '/';
        if (up == 2) {
            while (out > path && *--out != '/')
                ;
        }
        else if (!up) {
            *out++ = '/';
            memmove(out, in, n);
            out += n;
        }
        in += n;
    }
    if (folder) {
        *out++ = '/';
    }
    *out = '\0';
}

const char *tp_view_path(apr_pool_t *p, const char *target)
{
    const char *authority = *target == '/' ? NULL : strstr(target, "://");
    char *path, *c;

    if (authority) {
        target = authority + 3 + strcspn(authority + 3, "/?");
    }
    path = apr_pstrmemdup(p, target, strcspn(target, "?#"));
    if (!*path) {
        return "/";
    }
    if (!decode(path)) {
        return NULL;
    }
    for (c = path; *c; c++) {
        *c = *c == '\\' ? '/' : (char)apr_tolower(*c);
    }
    if (*path == '/') {
        resolve(path);
    }
    return path;
}

static int host_is(const request_rec *r, const char *prefix)
{
    return r->hostname && !ap_cstr_casecmpn(r->hostname, prefix, strlen(prefix));
}

static int known_directory(const tp_conf_t *conf, const char *path)
{
    return apr_hash_get(conf->directories, path + 1, (apr_ssize_t)strcspn(path + 1, "/")) != NULL;
}

/* Simple URLs and discovery are one web site, told apart by Host. */
static const char *rewrite(request_rec *r, const char *path)
{
    const tp_conf_t *conf = tp_conf(r);

    if (!strcmp(conf->role, "officewebapps") || *path != '/') {
        return path;
    }
    if (host_is(r, "lyncdiscover.") || host_is(r, "lyncdiscoverinternal.")) {
        if (!strcmp(path, "/")) {
            return "/autodiscover/autodiscoverservice.svc/root";
        }
        return strcmp(path, "/xframe") ? path : "/autodiscover/xframe/xframe.html";
    }
    if (host_is(r, "meet.") && !known_directory(conf, path)) {
        return apr_pstrcat(r->pool, "/meet", path, NULL);
    }
    if (host_is(r, "dialin.") && !known_directory(conf, path)) {
        return apr_pstrcat(r->pool, "/dialin", path, NULL);
    }
    return path;
}

/* httpd will decode and check the path it is given once more: hand it one that survives this. */
static char *escape(apr_pool_t *p, const char *path)
{
    char *escaped = apr_palloc(p, strlen(path) * 3 + 1), *out = escaped;

    for (; *path; path++) {
        *out++ = *path;
        if (*path == '%') {
            *out++ = '2';
            *out++ = '5';
        }
    }
    *out = '\0';
    return escaped;
}

static int post_read_request(request_rec *r)
{
    const char *path = r->unparsed_uri ? tp_view_path(r->pool, r->unparsed_uri) : NULL;

    if (!path) {
        return HTTP_BAD_REQUEST;
    }
    path = rewrite(r, path);
    tp_req(r)->path = path;
    r->uri = r->parsed_uri.path = escape(r->pool, path);
    return DECLINED;
}

void tp_view_hooks(apr_pool_t *p)
{
    (void)p;
    ap_hook_post_read_request(post_read_request, NULL, NULL, APR_HOOK_FIRST);
}
