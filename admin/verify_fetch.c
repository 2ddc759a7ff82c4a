#include <apr_strings.h>
#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

#include "http.h"
#include "progress.h"
#include "verify.h"

/* The requests of the list, some at a time. An answer is taken as far as its size is decent; who sends more, or takes
 * longer, is cut off. */

#define CONNECT_SECONDS 10L
#define ANSWER_SECONDS 15L
#define AT_ONCE 8
#define TURN 250                /* milliseconds in which nothing has to come */
#define HEAD_SIZE (64 << 10)    /* of all fields */
#define FIELD_SIZE 32           /* that a field takes besides, as HTTP/2 counts it */
#define BODY_SIZE (128 << 10)

/* Whatever a client of the oldest policy would take: what listeners offer is not the question here. */
#define CIPHERS "ALL:!aNULL:@SECLEVEL=0"

typedef struct fetch_t {
    verify_ask_t *ask;
    apr_pool_t *pool;           /* of the request */
    CURL *curl;
    struct curl_slist *connect_to, *resolve, *send;
    char error[CURL_ERROR_SIZE];
    apr_size_t head, length, size;      /* size: that body has room for */
    char *body;
    int too_large;
    int answered;               /* a head came to its end */
} fetch_t;

typedef struct fetches_t {
    CURLM *multi;
    const apr_array_header_t *asks;
    apr_hash_t *lookups;        /* of the names that are connected to: host -> plan_lookup_t */
    apr_pool_t *pool;
    int next, running;          /* the next to begin with; how many are under way */
} fetches_t;

static size_t take_header(char *data, size_t size, size_t count, void *user)
{
    fetch_t *fetch = user;
    lyncadm_http_line_t line;

    fetch->head += size * count + FIELD_SIZE;
    fetch->too_large = fetch->head > HEAD_SIZE;
    if (fetch->too_large)
        return 0;
    line = lyncadm_http_line(data, size * count, fetch->ask->answer);
    if (line.status >= 200) {
        fetch->ask->status = line.status;
        apr_table_clear(fetch->ask->came);
    }
    else if (line.name)
        apr_table_addn(fetch->ask->came, line.name, line.value);
    else if (*data == '\r' || *data == '\n')
        fetch->answered = fetch->ask->status != 0;
    return size * count;
}

/* Most answers are small. */
static void make_room(fetch_t *fetch, apr_size_t length)
{
    char *old = fetch->body;

    if (fetch->length + length <= fetch->size)
        return;
    fetch->size = 2 * (fetch->length + length);
    fetch->body = apr_palloc(fetch->pool, fetch->size + 1);
    if (old)
        memcpy(fetch->body, old, fetch->length);
}

static size_t take_body(char *data, size_t size, size_t count, void *user)
{
    fetch_t *fetch = user;
    size_t length = size * count, i;

    make_room(fetch, length);
    for (i = 0; i < length && fetch->length < BODY_SIZE; ++i)
        fetch->body[fetch->length++] = data[i] ? data[i] : ' ';
    fetch->body[fetch->length] = '\0';
    return i == length ? length : 0;
}

/* A word of verify.json for what went wrong. */
static const char *word_of(const fetch_t *fetch, CURLcode code)
{
    curl_off_t connected = 0, encrypted = 0;
    long error = 0, verified = 0;

    curl_easy_getinfo(fetch->curl, CURLINFO_CONNECT_TIME_T, &connected);
    curl_easy_getinfo(fetch->curl, CURLINFO_APPCONNECT_TIME_T, &encrypted);
    curl_easy_getinfo(fetch->curl, CURLINFO_OS_ERRNO, &error);
    curl_easy_getinfo(fetch->curl, CURLINFO_SSL_VERIFYRESULT, &verified);
    switch ((int)code) {
    case CURLE_COULDNT_RESOLVE_HOST:
        return "resolve";
    case CURLE_COULDNT_CONNECT:
        return error == ECONNREFUSED ? "refused" : "unreachable";
    case CURLE_OPERATION_TIMEDOUT:
        return connected ? "timeout" : "unreachable";
    case CURLE_PEER_FAILED_VERIFICATION:
        return verified == X509_V_ERR_CERT_HAS_EXPIRED ? "ended" : "untrusted";
    case CURLE_SSL_CONNECT_ERROR:
        return "tls";
    case CURLE_GOT_NOTHING:
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
        return encrypted || strncmp(fetch->ask->url, "https", 5) ? "closed" : "tls";
    default:
        return "reply";
    }
}

static void take_certificate(const fetch_t *fetch)
{
    const char *pem = lyncadm_http_presented(fetch->curl);
    const lync_err_t *ignored = pem ? lync_certificate_presented(&fetch->ask->leaf, pem, fetch->ask->answer) : NULL;

    (void)ignored;
}

/* A body that is cut short, endless or slow is an answer all the same. p: of what is told of it. */
static void finish(const fetch_t *fetch, CURLcode code, apr_pool_t *p)
{
    verify_ask_t *ask = fetch->ask;
    char *address = NULL;
    long port = 0;

    if (code != CURLE_OK && !fetch->answered) {
        ask->error = fetch->too_large ? "reply" : word_of(fetch, code);
        ask->why = fetch->too_large ? "the fields of the answer do not end"
                                    : lync_one_line(apr_pstrdup(p, lyncadm_http_why(code, fetch->error)));
        ask->status = 0;
    }
    take_certificate(fetch);
    ask->body = apr_pstrmemdup(ask->answer, fetch->body ? fetch->body : "", fetch->length);
    curl_easy_getinfo(fetch->curl, CURLINFO_PRIMARY_IP, &address);
    curl_easy_getinfo(fetch->curl, CURLINFO_PRIMARY_PORT, &port);
    if (address && *address && port)
        ask->via = apr_psprintf(p, strchr(address, ':') ? "[%s]:%ld" : "%s:%ld", address, port);
    apr_table_compress(ask->came, APR_OVERLAP_TABLES_MERGE);
}

static void set_trust(const fetch_t *fetch)
{
    const verify_ask_t *ask = fetch->ask;

    curl_easy_setopt(fetch->curl, CURLOPT_SSL_VERIFYPEER, ask->trust ? 1L : 0L);
    curl_easy_setopt(fetch->curl, CURLOPT_SSL_VERIFYHOST, ask->trust && !ask->handshake ? 2L : 0L);
    curl_easy_setopt(fetch->curl, CURLOPT_CERTINFO, 1L);
    curl_easy_setopt(fetch->curl, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_0);
    curl_easy_setopt(fetch->curl, CURLOPT_SSL_CIPHER_LIST, CIPHERS);
    if (ask->ca) {
        curl_easy_setopt(fetch->curl, CURLOPT_CAINFO, ask->ca);
        curl_easy_setopt(fetch->curl, CURLOPT_CAPATH, NULL);
    }
}

static void set_options(fetch_t *fetch)
{
    const verify_ask_t *ask = fetch->ask;
    CURL *curl = fetch->curl;

    curl_easy_setopt(curl, CURLOPT_URL, ask->url);
    curl_easy_setopt(curl, CURLOPT_PATH_AS_IS, 1L);
    curl_easy_setopt(curl, CURLOPT_PRIVATE, fetch);
    curl_easy_setopt(curl, CURLOPT_CONNECT_TO, fetch->connect_to);
    curl_easy_setopt(curl, CURLOPT_RESOLVE, fetch->resolve);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, fetch->send);
    curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, take_header);
    curl_easy_setopt(curl, CURLOPT_HEADERDATA, fetch);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_body);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, fetch);
    curl_easy_setopt(curl, CURLOPT_CONNECT_ONLY, ask->handshake ? 1L : 0L);
    curl_easy_setopt(curl, CURLOPT_FRESH_CONNECT, ask->alone || ask->handshake ? 1L : 0L);
    curl_easy_setopt(curl, CURLOPT_FORBID_REUSE, ask->alone || ask->handshake ? 1L : 0L);
    set_trust(fetch);
}

static int send_field(void *data, const char *name, const char *value)
{
    fetch_t *fetch = data;

    return lyncadm_http_append(&fetch->send, apr_pstrcat(fetch->pool, name, ": ", value, NULL));
}

static void end(fetches_t *fetches, fetch_t *fetch)
{
    curl_multi_remove_handle(fetches->multi, fetch->curl);
    curl_easy_cleanup(fetch->curl);
    curl_slist_free_all(fetch->connect_to);
    curl_slist_free_all(fetch->resolve);
    curl_slist_free_all(fetch->send);
    apr_pool_destroy(fetch->pool);
    --fetches->running;
}

/* What libcurl is to know of a name, so that it looks nothing up by itself: its threads would end nobody knows when. */
static const char *resolved(const plan_lookup_t *lookup, const char *port, apr_pool_t *p)
{
    const char *text = apr_pstrcat(p, lookup->host, ":", port, NULL);
    int i;

    for (i = 0; i < lookup->addresses->nelts; ++i) {
        const char *address = APR_ARRAY_IDX(lookup->addresses, i, const char *);

        text = apr_psprintf(p, strchr(address, ':') ? "%s%c[%s]" : "%s%c%s", text, i ? ',' : ':', address);
    }
    return text;
}

/* The request is made, but for what only libcurl can lack; 0: out of memory. */
static int prepare(fetches_t *fetches, fetch_t *fetch)
{
    verify_ask_t *ask = fetch->ask;
    const char *host, *port;
    const plan_lookup_t *lookup;
    int whole = 1;

    lyncadm_http_peer(ask->url, ask->connect, &host, &port, fetch->pool);
    lookup = apr_hash_get(fetches->lookups, host, APR_HASH_KEY_STRING);
    if (lookup)
        whole = lyncadm_http_append(&fetch->resolve, resolved(lookup, port, fetch->pool));
    if (ask->connect)
        whole &= lyncadm_http_append(&fetch->connect_to, ask->connect);
    /* libcurl adds one that fits anything; who sends none gets another document */
    if (!ask->send || !apr_table_get(ask->send, "Accept"))
        whole &= lyncadm_http_append(&fetch->send, "Accept:");
    if (ask->send)
        whole &= apr_table_do(send_field, fetch, ask->send, NULL);
    return whole;
}

static int is_unknown(fetches_t *fetches, verify_ask_t *ask)
{
    const char *host, *port;
    const plan_lookup_t *lookup;

    lyncadm_http_peer(ask->url, ask->connect, &host, &port, fetches->pool);
    lookup = apr_hash_get(fetches->lookups, host, APR_HASH_KEY_STRING);
    if (!lookup || lookup->addresses->nelts)
        return 0;
    ask->error = "resolve";
    ask->why = apr_pstrcat(fetches->pool, lookup->answered ? "there is no such name: " : "no name server answers: ", host,
                           NULL);
    ask->body = "";
    return 1;
}

static const lync_err_t *begin(fetches_t *fetches, verify_ask_t *ask)
{
    apr_pool_t *pool;
    fetch_t *fetch;

    apr_pool_create(&ask->answer, fetches->pool);
    ask->came = apr_table_make(ask->answer, 8);
    if (is_unknown(fetches, ask)) {
        lyncadm_progress_step(1);
        return NULL;
    }
    apr_pool_create(&pool, fetches->pool);
    fetch = apr_pcalloc(pool, sizeof(*fetch));
    fetch->ask = ask;
    fetch->pool = pool;
    fetch->curl = lyncadm_http(fetch->error, CONNECT_SECONDS, ask->seconds ? ask->seconds : ANSWER_SECONDS);
    ++fetches->running;
    if (fetch->curl && prepare(fetches, fetch)) {
        set_options(fetch);
        if (curl_multi_add_handle(fetches->multi, fetch->curl) == CURLM_OK)
            return NULL;
    }
    end(fetches, fetch);
    return lync_err(fetches->pool, "cannot ask for '%s': out of memory", ask->url);
}

static void take_ended(fetches_t *fetches)
{
    CURLMsg *message;
    int left;

    while ((message = curl_multi_info_read(fetches->multi, &left))) {
        char *fetch = NULL;

        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &fetch);
        finish((void *)fetch, message->data.result, fetches->pool);
        end(fetches, (void *)fetch);
        lyncadm_progress_step(1);
    }
}

static const lync_err_t *run(fetches_t *fetches)
{
    CURLMcode code = CURLM_OK;
    int ignored;

    while (code == CURLM_OK && (fetches->next < fetches->asks->nelts || fetches->running)) {
        while (fetches->next < fetches->asks->nelts && fetches->running < AT_ONCE)
            LYNC_TRY(begin(fetches, APR_ARRAY_IDX(fetches->asks, fetches->next++, verify_ask_t *)));
        code = curl_multi_perform(fetches->multi, &ignored);
        take_ended(fetches);
        if (code == CURLM_OK && fetches->running)
            code = curl_multi_poll(fetches->multi, NULL, 0, TURN, NULL);
    }
    return code == CURLM_OK ? NULL : lync_err(fetches->pool, "cannot ask: %s", curl_multi_strerror(code));
}

/* Each name is looked up once, and no address. */
static apr_hash_t *look_up(const apr_array_header_t *asks, apr_pool_t *p)
{
    apr_array_header_t *hosts = apr_array_make(p, 8, sizeof(const char *));
    int i;

    for (i = 0; i < asks->nelts; ++i) {
        const verify_ask_t *ask = APR_ARRAY_IDX(asks, i, const verify_ask_t *);
        struct in6_addr address;
        const char *host, *port;

        lyncadm_http_peer(ask->url, ask->connect, &host, &port, p);
        if (*host != '[' && inet_pton(AF_INET, host, &address) != 1)
            APR_ARRAY_PUSH(hosts, const char *) = host;
    }
    plan_sort(hosts);
    return plan_lookup(hosts, p);
}

const lync_err_t *verify_fetch(const apr_array_header_t *asks, apr_pool_t *p)
{
    fetches_t fetches = { .multi = curl_multi_init(), .asks = asks, .lookups = look_up(asks, p), .pool = p };
    const lync_err_t *err;

    if (!fetches.multi)
        return lync_err(p, "cannot ask: out of memory");
    err = run(&fetches);
    curl_multi_cleanup(fetches.multi);
    return err;
}

void verify_forget(verify_ask_t *ask)
{
    if (ask->answer)
        apr_pool_destroy(ask->answer);
    ask->answer = NULL;
    ask->came = NULL;
    ask->body = "";
    memset(&ask->leaf, 0, sizeof(ask->leaf));
}
