#ifndef LYNC_HTTP_H
#define LYNC_HTTP_H

#include <apr_pools.h>
#include <curl/curl.h>

/* What commands that ask as a client does have in common, by libcurl. */

/* A handle that asks with HTTP/1.1, past the environment's proxies, and gives up after so many seconds. error:
 * CURL_ERROR_SIZE bytes, for what goes wrong. NULL: out of memory. */
CURL *lyncadm_http(char *error, long connect, long answer);

/* Why it went wrong. */
const char *lyncadm_http_why(CURLcode code, const char *error);

/* Adds a line to a list; 0: out of memory. */
int lyncadm_http_append(struct curl_slist **list, const char *line);

/* A part of a URL in pool p, or NULL when it has none. */
const char *lyncadm_http_part(CURLU *url, CURLUPart what, unsigned int flags, apr_pool_t *p);

/* Host and port that a URL leads to, or CURLOPT_CONNECT_TO's "::HOST:PORT" in its place unless NULL; "" of one
 * that is none. */
void lyncadm_http_peer(const char *url, const char *connect_to, const char **host, const char **port, apr_pool_t *p);

/* The certificate that a server presented, as PEM (CURLOPT_CERTINFO is on), for the handle's life; NULL: none. */
const char *lyncadm_http_presented(CURL *curl);

/* A line of an answer's head, as CURLOPT_HEADERFUNCTION gets it; text is in the pool. */
typedef struct lyncadm_http_line_t {
    int status;                 /* of a status line; -1: it is none */
    char *name, *value;         /* of a field; NULL: it is none, or its name is no word */
} lyncadm_http_line_t;

lyncadm_http_line_t lyncadm_http_line(const char *data, apr_size_t length, apr_pool_t *p);

#endif
