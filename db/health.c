#include "health.h"

#include <apr_file_io.h>
#include <apr_strings.h>
#include <errno.h>
#include <openssl/x509_vfy.h>
#include <string.h>
#include <unistd.h>

#include "certificate.h"
#include "mapping.h"

/* Another one whenever the structs change. */
#define MAGIC "lynchl4"

static const char *const words[] = { "active", "drain", "disabled", "standby" };

#define WORDS (sizeof(words) / sizeof(words[0]))

#define SIZE_LIMIT (16 * 1024 * 1024)
#define END_OF_TIME APR_INT64_C(253402300799)   /* the last second of the year 9999: what ISO 8601 and X.509 can say */

const char *lync_health_word(apr_uint32_t state)
{
    return state < WORDS ? words[state] : "?";
}

lync_health_state_t lync_health_state(const char *word)
{
    apr_size_t i;

    for (i = 0; word && i < WORDS; ++i)
        if (!strcmp(words[i], word))
            return (lync_health_state_t)i;
    return LYNC_STATE_ACTIVE;
}

apr_uint32_t lync_health_effective(const lync_health_server_t *server)
{
    return server->said == LYNC_STATE_ACTIVE ? server->own : server->said;
}

int lync_health_is_with(const lync_health_server_t *server, const lync_health_server_t *other)
{
    return server->port == other->port && !strcmp(server->pool, other->pool);
}

int lync_health_is_first(const lync_health_t *health, apr_uint32_t place)
{
    apr_uint32_t i = 0;

    while (i < place && !lync_health_is_with(&health->server[i], &health->server[place]))
        ++i;
    return i == place;
}

int lync_health_takes(const lync_health_server_t *server, apr_uint32_t down)
{
    apr_uint32_t state = lync_health_effective(server);

    return !down && state != LYNC_STATE_DISABLED && state != LYNC_STATE_DRAIN;
}

/* Of its pool at its port. */
static int usable_with(const lync_health_t *health, const lync_health_server_t *server)
{
    apr_uint32_t i;
    int usable = 0;

    for (i = 0; i < health->count; ++i)
        usable += lync_health_is_with(&health->server[i], server)
                  && lync_health_takes(&health->server[i], health->server[i].down);
    return usable;
}

int lync_health_usable(const lync_health_t *health, const char *pool, const char **gone, apr_pool_t *p)
{
    apr_uint32_t i;
    int fewest = -1;

    *gone = NULL;
    for (i = 0; i < health->count; ++i) {
        const lync_health_server_t *server = &health->server[i];
        int usable;

        if (strcmp(server->pool, pool) || !lync_health_is_first(health, i))
            continue;
        usable = usable_with(health, server);
        fewest = fewest < 0 || usable < fewest ? usable : fewest;
        if (!usable)
            *gone = apr_psprintf(p, "%s%s%u", *gone ? *gone : "", *gone ? " and " : "", server->port);
    }
    return fewest;
}

static int is_refused(const lync_health_server_t *server)
{
    return server->failed && server->failed < LYNC_HANDSHAKE_FAILED;
}

const char *lync_health_certificate(const lync_health_server_t *server, apr_time_t now)
{
    const char *expiry = lync_certificate_expiry(apr_time_from_sec(server->not_after), now);

    if (is_refused(server))
        return "refused";
    return expiry ? expiry : server->not_after && !server->failed ? "verified" : NULL;
}

const char *lync_health_because(const lync_health_server_t *server, apr_pool_t *p)
{
    if (is_refused(server))
        return apr_pstrcat(p, "certificate verify failed: ", X509_verify_cert_error_string((long)server->failed), NULL);
    return server->failed ? "TLS handshake failed: httpd's error log says why" : NULL;
}

static apr_size_t size_of(apr_size_t count)
{
    return sizeof(lync_health_t) + count * sizeof(lync_health_server_t);
}

lync_health_t *lync_health_new(int generation, int count, apr_pool_t *p)
{
    lync_health_t *health = apr_pcalloc(p, size_of((apr_size_t)count));

    memcpy(health->magic, MAGIC, sizeof(health->magic));
    health->pid = (apr_uint32_t)getpid();
    health->generation = (apr_uint32_t)generation;
    health->count = (apr_uint32_t)count;
    return health;
}

void lync_health_put(lync_health_t *health, int place, const char *pool, const char *host, int port, const char *state,
                     const char *said)
{
    lync_health_server_t *server = &health->server[place];

    apr_cpystrn(server->pool, pool, sizeof(server->pool));
    apr_cpystrn(server->host, host, sizeof(server->host));
    server->port = (apr_uint32_t)port;
    server->own = lync_health_state(state);
    server->said = lync_health_state(said);
    server->since = (apr_uint32_t)apr_time_sec(apr_time_now());
}

const lync_err_t *lync_health_create(lync_health_t **mapped, const char *path, const lync_health_t *health,
                                     apr_pool_t *p)
{
    void *place;

    LYNC_TRY(lync_mapping_create(&place, path, health, size_of(health->count), p));
    *mapped = place;
    return NULL;
}

static void clean(char *text)
{
    text[LYNC_HEALTH_NAME - 1] = '\0';
    lync_one_line(text);
}

static void clean_server(lync_health_server_t *server)
{
    clean(server->pool);
    clean(server->host);
    if (server->not_after < 0 || server->not_after > END_OF_TIME)
        server->not_after = 0;
}

static int is_ours(const lync_health_t *health, apr_size_t size)
{
    return size >= sizeof(*health) && !memcmp(health->magic, MAGIC, sizeof(health->magic))
           && (size - sizeof(*health)) % sizeof(health->server[0]) == 0;
}

const lync_err_t *lync_health_read(lync_health_t **result, const char *path, apr_pool_t *p)
{
    lync_health_t *health = NULL;
    char reason[120];
    apr_finfo_t info;
    apr_file_t *file;
    apr_status_t rv;
    apr_uint32_t i;

    rv = apr_file_open(&file, path, APR_READ, APR_OS_DEFAULT, p);
    if (rv == APR_SUCCESS)
        rv = apr_file_info_get(&info, APR_FINFO_SIZE, file);
    if (rv == APR_SUCCESS && info.size > SIZE_LIMIT)
        rv = APR_FROM_OS_ERROR(EFBIG);
    if (rv == APR_SUCCESS) {
        health = apr_pcalloc(p, (apr_size_t)info.size + sizeof(*health));
        rv = apr_file_read_full(file, health, (apr_size_t)info.size, NULL);
        apr_file_close(file);
    }
    if (rv != APR_SUCCESS)
        return lync_err(p, "cannot read '%s': %s", path, apr_strerror(rv, reason, sizeof(reason)));
    if (!is_ours(health, (apr_size_t)info.size))
        return lync_err(p, "cannot read '%s': it was not written by this version of mod_lync", path);
    /* its size is what the children cannot change */
    health->count = (apr_uint32_t)(((apr_size_t)info.size - sizeof(*health)) / sizeof(health->server[0]));
    for (i = 0; i < health->count; ++i)
        clean_server(&health->server[i]);
    *result = health;
    return NULL;
}
