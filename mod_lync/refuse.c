#include "mod_lync.h"

#include <apr_strings.h>
#include <http_protocol.h>

/*
 * What is answered without the pool. One INFO line each. Of the target it has the first directory alone: tickets travel
 * in the query, and meeting keys in the path, whose route may not be known.
 */

#define REFUSED "refused %.20s '%s' for host '%s': "
#define SUBJECT(r) (r)->method, path_of(r), name_of(r)
#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._"
#define SHOWN 200

static const char *host_of(const request_rec *r)
{
    const char *host = apr_table_get(r->headers_in, "Host");

    return host ? host : "";
}

static const char *cut(apr_pool_t *p, const char *text, apr_size_t length)
{
    apr_size_t shown = length < SHOWN ? length : SHOWN;

    return apr_pstrcat(p, apr_pstrndup(p, text, shown), text[shown] ? "..." : "", NULL);
}

/* A key may be parted from what is before it by anything that some server reads as a separator. */
static const char *path_of(const request_rec *r)
{
    const char *target = r->unparsed_uri;
    apr_size_t slashes = strspn(target, "/");

    return cut(r->pool, target, slashes + strspn(target + slashes, LETTERS "~"));
}

/* For a line: with HttpProtocolOptions Unsafe it may be anything. */
static const char *name_of(const request_rec *r)
{
    return cut(r->pool, host_of(r), strspn(host_of(r), LETTERS ":[]"));
}

int lync_refuse_method(request_rec *r, const char *why)
{
    lync_log(r, APLOG_INFO, LYNCNO(0010) REFUSED "the method is %s", SUBJECT(r), why);
    lync_count_refused(r, LYNC_REFUSAL_METHOD);
    return HTTP_METHOD_NOT_ALLOWED;
}

int lync_refuse_form(request_rec *r, const char *why)
{
    lync_log(r, APLOG_INFO, LYNCNO(0011) REFUSED "%s", SUBJECT(r), why);
    lync_count_refused(r, LYNC_REFUSAL_FORM);
    return HTTP_BAD_REQUEST;
}

/* When a client may find mended what an administrator has to mend; seconds. */
#define COME_AGAIN "60"

int lync_refuse_quarantine(request_rec *r, const char *why)
{
    apr_table_setn(r->err_headers_out, "Retry-After", COME_AGAIN);
    lync_log(r, APLOG_INFO, LYNCNO(0024) REFUSED "%s", SUBJECT(r), why);
    lync_count_refused(r, LYNC_REFUSAL_QUARANTINE);
    return HTTP_SERVICE_UNAVAILABLE;
}

apr_hash_t *lync_redirected(const lync_site_t *site)
{
    return site->elsewhere && !strcmp(site->listener->otherwise, "redirect") ? site->elsewhere : NULL;
}

/* A name that is published over https alone: sent there if the listener says so. */
static int try_redirect(request_rec *r, const lync_site_t *site, const char *target)
{
    char *host = apr_pstrndup(r->pool, host_of(r), lync_host_length(host_of(r)));
    apr_hash_t *elsewhere = lync_redirected(site);
    const int *port = elsewhere ? lync_host_get(elsewhere, host) : NULL;

    if (!port)
        return 0;
    if (*port != 443)
        host = apr_psprintf(r->pool, "%s:%d", host, *port);
    apr_table_setn(r->headers_out, "Location", apr_pstrcat(r->pool, "https://", host, target, NULL));
    lync_log(r, APLOG_INFO, LYNCNO(0012) REFUSED "redirected to https", SUBJECT(r));
    lync_count_refused(r, LYNC_REFUSAL_HTTPS);
    return HTTP_MOVED_PERMANENTLY;
}

int lync_refuse_match(request_rec *r, const lync_site_t *site, lync_match_t match, const char *target)
{
    int status = match == LYNC_MATCH_NO_HOST ? try_redirect(r, site, target) : 0;

    if (status)
        return status;
    switch (match) {
    case LYNC_MATCH_NO_HOST:
        lync_log(r, APLOG_INFO, LYNCNO(0013) REFUSED "listener '%s' does not publish the host", SUBJECT(r),
                 site->listener->name);
        lync_count_refused(r, LYNC_REFUSAL_HOST);
        return HTTP_NOT_FOUND;
    case LYNC_MATCH_NO_PATH:
        lync_log(r, APLOG_INFO, LYNCNO(0014) REFUSED "listener '%s' does not publish the path", SUBJECT(r),
                 site->listener->name);
        lync_count_refused(r, LYNC_REFUSAL_PATH);
        return HTTP_NOT_FOUND;
    case LYNC_MATCH_AMBIGUOUS:
        lync_log(r, APLOG_INFO, LYNCNO(0015) REFUSED "the path has more than one meaning", SUBJECT(r));
        lync_count_refused(r, LYNC_REFUSAL_AMBIGUOUS);
        return HTTP_BAD_REQUEST;
    case LYNC_MATCH_BAD_PATH:
        lync_log(r, APLOG_INFO, LYNCNO(0016) REFUSED "the path has no meaning", SUBJECT(r));
        lync_count_refused(r, LYNC_REFUSAL_BAD_PATH);
        return HTTP_BAD_REQUEST;
    case LYNC_MATCH_ROUTE:
        break;
    }
    return HTTP_INTERNAL_SERVER_ERROR;
}

static int has_method(const apr_array_header_t *methods, const char *method)
{
    int i;

    for (i = 0; i < methods->nelts; ++i)
        if (!strcmp(LYNC_ITEM(methods, const char *, i), method))
            return 1;
    return 0;
}

static int refuse_fields(request_rec *r, const apr_array_header_t *fields)
{
    int i;

    for (i = 0; i < fields->nelts; ++i) {
        const char *field = LYNC_ITEM(fields, const char *, i);

        if (apr_table_get(r->headers_in, field)) {
            lync_log(r, APLOG_INFO, LYNCNO(0017) REFUSED "it bears %s", SUBJECT(r), field);
            lync_count_refused(r, LYNC_REFUSAL_FIELD);
            return HTTP_FORBIDDEN;
        }
    }
    return OK;
}

int lync_refuse_route(request_rec *r, const lync_target_t *target)
{
    const lync_route_t *route = target->route;

    if (!strcmp(route->action, "refuse")) {
        lync_log(r, APLOG_INFO, LYNCNO(0018) REFUSED "route '%s' refuses", SUBJECT(r), route->path);
        lync_count_refused(r, LYNC_REFUSAL_ROUTE);
        return HTTP_NOT_FOUND;
    }
    if (target->quarantine)
        return lync_refuse_quarantine(r, target->quarantine);
    if (target->methods && !has_method(target->methods, r->method)) {
        r->allowed = target->allowed;
        return lync_refuse_method(r, apr_psprintf(r->pool, "none of '%s'", route->methods));
    }
    if (target->refuse_headers) {
        int status = refuse_fields(r, target->refuse_headers);

        if (status != OK)
            return status;
    }
    if (target->backend)
        return OK;
    apr_table_setn(r->headers_out, "Location", route->location);
    return HTTP_MOVED_TEMPORARILY;
}
