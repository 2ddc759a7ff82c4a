#include <apr_strings.h>
#include <string.h>

#include "certificate.h"
#include "http.h"
#include "probe.h"
#include "served.h"

/* One request over a listener. */

#define CONNECT_SECONDS 5L
#define ANSWER_SECONDS 10L

/* Whatever a client of the oldest policy would take: who is served how safely is not asked here. */
#define CIPHERS "ALL:!aNULL:@SECLEVEL=0"

typedef struct request_t {
    const probe_question_t *question;
    probe_answer_t *answer;
    CURL *curl;
    struct curl_slist *connect_to, *fields;
    char error[CURL_ERROR_SIZE];
    apr_pool_t *pool;
} request_t;

static apr_status_t clean_up(void *data)
{
    request_t *request = data;

    curl_easy_cleanup(request->curl);
    curl_slist_free_all(request->connect_to);
    curl_slist_free_all(request->fields);
    return APR_SUCCESS;
}

static size_t take_header(char *data, size_t size, size_t count, void *user)
{
    request_t *request = user;
    lyncadm_http_line_t line = lyncadm_http_line(data, size * count, request->pool);

    if (line.status >= 200) {
        request->answer->status = line.status;
        apr_table_clear(request->answer->fields);
    }
    else if (line.name)
        apr_table_mergen(request->answer->fields, line.name, line.value);
    return size * count;
}

static size_t take_body(char *data, size_t size, size_t count, void *user)
{
    (void)data, (void)user;
    return size * count;
}

/* What the server has presented, first of all certificates. */
static const lync_err_t *take_leaf(request_t *request)
{
    const char *pem = lyncadm_http_presented(request->curl);

    return pem ? lync_certificate_presented(&request->answer->leaf, pem, request->pool) : NULL;
}

#if CURL_AT_LEAST_VERSION(7, 80, 0)
/* Who presents another certificate gets no request: neither a nonce, nor a name that would be an error in its log. */
static int look_first(void *user, char *to, char *from, int to_port, int from_port)
{
    request_t *request = user;
    const lync_err_t *err = take_leaf(request);
    const char *presented = request->answer->leaf.fingerprint, *expected = request->question->fingerprints;

    (void)to, (void)from, (void)to_port, (void)from_port;
    return !err && presented && expected && !lync_word_in(expected, presented) ? CURL_PREREQFUNC_ABORT : CURL_PREREQFUNC_OK;
}
#endif

/* libcurl sends no SNI for an address. */
static const char *url_of(const probe_question_t *question, const char *address, apr_pool_t *p)
{
    return apr_psprintf(p, "%s://%s:%d%s", question->listener->scheme, question->silent ? address : question->host,
                        question->listener->port, question->target ? question->target : "/");
}

static void set_options(request_t *request, const char *url)
{
    CURL *curl = request->curl;

    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_PATH_AS_IS, 1L);
    curl_easy_setopt(curl, CURLOPT_CONNECT_TO, request->connect_to);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, request->fields);
    curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, take_header);
    curl_easy_setopt(curl, CURLOPT_HEADERDATA, request);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_body);
    curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 0L); /* the certificate is known: the very one is looked for */
    curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 0L);
    curl_easy_setopt(curl, CURLOPT_CERTINFO, 1L);
    curl_easy_setopt(curl, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_0);
    curl_easy_setopt(curl, CURLOPT_SSL_CIPHER_LIST, CIPHERS);
#if CURL_AT_LEAST_VERSION(7, 80, 0)
    curl_easy_setopt(curl, CURLOPT_PREREQFUNCTION, look_first);
    curl_easy_setopt(curl, CURLOPT_PREREQDATA, request);
#endif
    curl_easy_setopt(curl, CURLOPT_CONNECT_ONLY, request->question->target ? 0L : 1L);
}

static const lync_err_t *prepare(request_t *request)
{
    const probe_question_t *question = request->question;
    apr_pool_t *p = request->pool;
    const char *address = strchr(question->address, ':') ? apr_psprintf(p, "[%s]", question->address)
                                                         : question->address;

    request->curl = lyncadm_http(request->error, CONNECT_SECONDS, ANSWER_SECONDS);
    apr_pool_cleanup_register(p, request, clean_up, apr_pool_cleanup_null);
    if (!request->curl
        || !lyncadm_http_append(&request->connect_to, apr_psprintf(p, "::%s:%d", address, question->listener->port))
        || (question->silent && !lyncadm_http_append(&request->fields, apr_psprintf(p, "Host: %s", question->host)))
        || (question->nonce && !lyncadm_http_append(&request->fields, apr_psprintf(p, LYNC_PROBE_FIELD ": %s",
                                                                                   question->nonce))))
        return lync_err(p, "cannot open a connection: out of memory");
    set_options(request, url_of(question, address, p));
    return NULL;
}

const lync_err_t *probe_ask(const probe_question_t *question, probe_answer_t *answer, apr_pool_t *p)
{
    request_t *request = apr_pcalloc(p, sizeof(*request));
    const lync_err_t *err;
    CURLcode code;

    memset(answer, 0, sizeof(*answer));
    answer->fields = apr_table_make(p, 8);
    request->question = question;
    request->answer = answer;
    request->pool = p;
    LYNC_TRY(prepare(request));
    code = curl_easy_perform(request->curl);
    err = take_leaf(request);
    /* a body that is cut short or slow is an answer all the same */
    if (code != CURLE_OK && !answer->status)
        err = lync_err(p, "%s", lyncadm_http_why(code, request->error));
    return err;
}
