#include <apr_strings.h>
#include <string.h>

#include "http.h"
#include "verify.h"
#include "verify_identity.h"

/* What verify asks: an https URL, and where to connect to when the URL's host is not in DNS yet. */

/* The sentences do not repeat a URL that may have a password in it. */
static const lync_err_t *take_url(lyncadm_t *adm, CURLU *parts, const char *url, verify_target_t *target)
{
    if (curl_url_set(parts, CURLUPART_URL, url, 0) != CURLUE_OK)
        return lyncadm_usage(adm, "URL is none: it begins with https:// and a host");
    if (lyncadm_http_part(parts, CURLUPART_USER, 0, adm->pool)
        || lyncadm_http_part(parts, CURLUPART_PASSWORD, 0, adm->pool))
        return lyncadm_usage(adm, "URL has a user in it: name the user with --user, the password is asked for");
    if (strcmp(lyncadm_http_part(parts, CURLUPART_SCHEME, 0, adm->pool), "https"))
        return lyncadm_usage(adm, "URL '%s' is not https: passwords are for encrypted connections only", url);
    target->url = url;
    target->host = lyncadm_http_part(parts, CURLUPART_HOST, 0, adm->pool);
    return NULL;
}

const lync_err_t *verify_address(lyncadm_t *adm, const char *connect, const char **host, const char **port)
{
    CURLU *parts = curl_url();
    int is_one = parts && *connect && !strpbrk(connect, "/?#@\\")
                 && curl_url_set(parts, CURLUPART_URL, apr_pstrcat(adm->pool, "https://", connect, "/", NULL), 0)
                    == CURLUE_OK;

    if (is_one) {
        *host = lyncadm_http_part(parts, CURLUPART_HOST, 0, adm->pool);
        *port = lyncadm_http_part(parts, CURLUPART_PORT, 0, adm->pool);
    }
    curl_url_cleanup(parts);
    if (!is_one)
        return lyncadm_usage(adm, "connect '%s' is no ADDRESS[:PORT]; an IPv6 address needs brackets", connect);
    return NULL;
}

static const lync_err_t *take_connect(lyncadm_t *adm, const char *connect, verify_target_t *target)
{
    const char *host = NULL, *port = NULL;

    LYNC_TRY(verify_address(adm, connect, &host, &port));
    /* HOST:PORT:ADDRESS:PORT; the first two empty: any, the last empty: the URL's */
    target->connect = apr_pstrcat(adm->pool, "::", host, ":", port ? port : "", NULL);
    return NULL;
}

const lync_err_t *verify_target(lyncadm_t *adm, const char *url, const char *connect, verify_target_t *target)
{
    CURLU *parts = curl_url();
    const lync_err_t *err;

    if (!parts)
        return lync_err(adm->pool, "cannot read the URL: out of memory");
    err = take_url(adm, parts, url, target);
    if (!err && connect)
        err = take_connect(adm, connect, target);
    curl_url_cleanup(parts);
    return err;
}
