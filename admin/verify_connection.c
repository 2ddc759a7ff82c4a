#include <apr_escape.h>
#include <apr_strings.h>
#include <openssl/evp.h>
#include <string.h>
#include <strings.h>

#include "http.h"
#include "verify_identity.h"

/* One connection of verify: a libcurl handle of its own has a cache of connections of its own. */

#define CONNECT_SECONDS 15L
#define ANSWER_SECONDS 60L

struct verify_connection_t {
    const verify_target_t *target;
    CURL *curl;
    struct curl_slist *connect_to;
    EVP_MD_CTX *body;           /* hash of the body so far */
    char error[CURL_ERROR_SIZE];
    apr_pool_t *pool;           /* of the answer under way */
    verify_answer_t *answer;
};

static apr_status_t clean_up(void *data)
{
    verify_connection_t *connection = data;

    curl_easy_cleanup(connection->curl);
    curl_slist_free_all(connection->connect_to);
    EVP_MD_CTX_free(connection->body);
    return APR_SUCCESS;
}

/* A status line begins an answer: 1xx, a challenge of libcurl's own log-in, or the one. */
static void begin_answer(verify_connection_t *connection, int status)
{
    verify_answer_t *answer = connection->answer;

    answer->status = status;
    if (!answer->first && answer->status >= 200)
        answer->first = answer->status;
    answer->single = 0;
    apr_table_clear(answer->traits);
    apr_table_setn(answer->traits, "status", apr_itoa(connection->pool, answer->status));
    EVP_DigestInit_ex(connection->body, EVP_sha256(), NULL);
}

static void take_field(verify_connection_t *connection, const char *name, const char *value)
{
    if (!strcasecmp(name, "Persistent-Auth") && !strcasecmp(value, "false"))
        connection->answer->single = 1;
    if (strcasecmp(name, "Content-Length")) /* the body tells more */
        apr_table_mergen(connection->answer->traits, name, value);
}

/* Fields with names that are none are left out: names may be shown. */
static size_t take_header(char *data, size_t size, size_t count, void *user)
{
    verify_connection_t *connection = user;
    lyncadm_http_line_t line = lyncadm_http_line(data, size * count, connection->pool);

    if (line.status >= 0)
        begin_answer(connection, line.status);
    else if (line.name)
        take_field(connection, line.name, line.value);
    return size * count;
}

static size_t take_body(char *data, size_t size, size_t count, void *user)
{
    verify_connection_t *connection = user;

    return EVP_DigestUpdate(connection->body, data, size * count) ? size * count : 0;
}

static void set_options(verify_connection_t *connection, const verify_user_t *user)
{
    const verify_target_t *target = connection->target;
    CURL *curl = connection->curl;

    curl_easy_setopt(curl, CURLOPT_URL, target->url);
    curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, take_header);
    curl_easy_setopt(curl, CURLOPT_HEADERDATA, connection);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_body);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, connection);
    if (connection->connect_to)
        curl_easy_setopt(curl, CURLOPT_CONNECT_TO, connection->connect_to);
    if (target->ca) {
        curl_easy_setopt(curl, CURLOPT_CAINFO, target->ca);
        curl_easy_setopt(curl, CURLOPT_CAPATH, NULL);
    }
    curl_easy_setopt(curl, CURLOPT_HTTPAUTH, user ? CURLAUTH_NTLM : CURLAUTH_NONE);
    if (user) {
        curl_easy_setopt(curl, CURLOPT_USERNAME, user->name);
        curl_easy_setopt(curl, CURLOPT_PASSWORD, user->password);
    }
}

const lync_err_t *verify_connect(const verify_target_t *target, const verify_user_t *user, apr_pool_t *p,
                                 verify_connection_t **result)
{
    verify_connection_t *connection = apr_pcalloc(p, sizeof(*connection));

    if (!(curl_version_info(CURLVERSION_NOW)->features & CURL_VERSION_NTLM))
        return lync_err(p, "cannot log in with NTLM: this machine's libcurl %s was built without it", curl_version());
    connection->target = target;
    connection->curl = lyncadm_http(connection->error, CONNECT_SECONDS, ANSWER_SECONDS);
    connection->body = EVP_MD_CTX_new();
    if (target->connect)
        connection->connect_to = curl_slist_append(NULL, target->connect);
    apr_pool_cleanup_register(p, connection, clean_up, apr_pool_cleanup_null);
    if (!connection->curl || !connection->body || (target->connect && !connection->connect_to))
        return lync_err(p, "cannot open a connection: out of memory");
    set_options(connection, user);
    *result = connection;
    return NULL;
}

static const lync_err_t *cannot_ask(const verify_connection_t *connection, CURLcode code, apr_pool_t *p)
{
    const char *host = connection->target->host;
    const char *why = lyncadm_http_why(code, connection->error);

    if (code == CURLE_PEER_FAILED_VERIFICATION)
        return lync_err(p, "certificate of '%s' is not trusted: %s: --ca names a file of what it is to be trusted by",
                        host, why);
    if (code == CURLE_SSL_CACERT_BADFILE && connection->target->ca)
        return lync_err(p, "cannot read trust anchors from '%s': %s", connection->target->ca, why);
    if (code == CURLE_COULDNT_RESOLVE_HOST)
        return lync_err(p, "cannot find '%s': %s: --connect names the proxy's address", host, why);
    return lync_err(p, "cannot reach '%s': %s", host, why);
}

/* What is known only at the end of an answer. */
static void end_answer(verify_connection_t *connection)
{
    verify_answer_t *answer = connection->answer;
    unsigned char hash[EVP_MAX_MD_SIZE];
    unsigned int length = 0;
    long connects = 0, offered = 0;

    if (EVP_DigestFinal_ex(connection->body, hash, &length))
        apr_table_setn(answer->traits, "body", apr_pescape_hex(connection->pool, hash, length, 0));
    curl_easy_getinfo(connection->curl, CURLINFO_NUM_CONNECTS, &connects);
    curl_easy_getinfo(connection->curl, CURLINFO_HTTPAUTH_AVAIL, &offered);
    answer->reused = connects == 0;
    answer->ntlm = (offered & (long)CURLAUTH_NTLM) != 0;
    answer->negotiate = (offered & (long)CURLAUTH_NEGOTIATE) != 0;
}

const lync_err_t *verify_ask(verify_connection_t *connection, apr_pool_t *p, verify_answer_t **result)
{
    verify_answer_t *answer = apr_pcalloc(p, sizeof(*answer));
    CURLcode code;

    answer->traits = apr_table_make(p, 16);
    connection->pool = p;
    connection->answer = answer;
    connection->error[0] = '\0';
    code = curl_easy_perform(connection->curl);
    if (code != CURLE_OK)
        return cannot_ask(connection, code, p);
    end_answer(connection);
    if (answer->status == 429 || (answer->status >= 502 && answer->status <= 504))
        return lync_err(p, "'%s' is not served now: the answer is %d", connection->target->url, answer->status);
    *result = answer;
    return NULL;
}
