#include "http.h"

#include <apr_lib.h>
#include <apr_strings.h>
#include <stdlib.h>
#include <string.h>

#include "progress.h"

/* libcurl calls it some times a second, also when nothing comes. */
static int goes_on(void *user, curl_off_t to_come, curl_off_t came, curl_off_t to_go, curl_off_t went)
{
    (void)user, (void)to_come, (void)came, (void)to_go, (void)went;
    lyncadm_progress_step(0);
    return 0;
}

CURL *lyncadm_http(char *error, long connect, long answer)
{
    CURL *curl = curl_easy_init();

    if (!curl)
        return NULL;
    curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(curl, CURLOPT_PROXY, "");
    curl_easy_setopt(curl, CURLOPT_USERAGENT, "lyncadm/" LYNC_VERSION);
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, connect);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT, answer);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, error);
    curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, goes_on);
    curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
    return curl;
}

const char *lyncadm_http_why(CURLcode code, const char *error)
{
    return *error ? error : curl_easy_strerror(code);
}

int lyncadm_http_append(struct curl_slist **list, const char *line)
{
    struct curl_slist *longer = curl_slist_append(*list, line);

    if (longer)
        *list = longer;
    return longer != NULL;
}

const char *lyncadm_http_part(CURLU *url, CURLUPart what, unsigned int flags, apr_pool_t *p)
{
    char *text = NULL;
    const char *part = NULL;

    if (curl_url_get(url, what, &text, flags) == CURLUE_OK)
        part = apr_pstrdup(p, text);
    curl_free(text);
    return part;
}

void lyncadm_http_peer(const char *url, const char *connect_to, const char **host, const char **port, apr_pool_t *p)
{
    CURLU *parts = curl_url();

    *host = *port = "";
    if (parts && curl_url_set(parts, CURLUPART_URL, connect_to ? apr_pstrcat(p, "https://", connect_to + 2, NULL) : url,
                              0) == CURLUE_OK) {
        *host = lyncadm_http_part(parts, CURLUPART_HOST, 0, p);
        *port = lyncadm_http_part(parts, CURLUPART_PORT, CURLU_DEFAULT_PORT, p);
    }
    curl_url_cleanup(parts);
}

const char *lyncadm_http_presented(CURL *curl)
{
    struct curl_certinfo *info = NULL;
    const struct curl_slist *line;

    if (curl_easy_getinfo(curl, CURLINFO_CERTINFO, &info) != CURLE_OK || !info || info->num_of_certs < 1)
        return NULL;
    for (line = info->certinfo[0]; line; line = line->next) {
        if (!strncmp(line->data, "Cert:", 5))
            return line->data + 5;
    }
    return NULL;
}

static char *trim(char *value)
{
    char *end;

    while (apr_isspace(*value))
        ++value;
    for (end = value + strlen(value); end > value && apr_isspace(end[-1]); --end)
        end[-1] = '\0';
    return value;
}

lyncadm_http_line_t lyncadm_http_line(const char *data, apr_size_t length, apr_pool_t *p)
{
    lyncadm_http_line_t line = { .status = -1 };
    char *text = apr_pstrmemdup(p, data, length), *colon;

    if (!strncmp(text, "HTTP/", 5)) {
        const char *status = strchr(text, ' ');

        line.status = status ? atoi(status) : 0;
        return line;
    }
    colon = text + strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_");
    if (colon == text || *colon != ':')
        return line;
    *colon = '\0';
    line.name = text;
    line.value = trim(colon + 1);
    return line;
}
