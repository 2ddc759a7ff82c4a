#include <apr_lib.h>
#include <apr_strings.h>
#include <apr_uri.h>
#include <string.h>
#include <strings.h>

#include "host.h"
#include "publish.h"
#include "verify.h"

/* What there is to ask: each rule of verify.json for each public name at each listener that it is for. */

typedef struct place_t {
    const json_t *rule;
    const plan_name_t *name;
    const lync_listener_t *listener;
    int published;              /* the listener has routes for the name; else it redirects it to https */
} place_t;

const char *verify_word(apr_pool_t *p, const char *words, const char *name, const char *value)
{
    const char *found = value ? strstr(words, name) : NULL;

    if (!found)
        return words;
    return apr_pstrcat(p, apr_pstrndup(p, words, (apr_size_t)(found - words)), value, found + strlen(name), NULL);
}

int verify_is_published(const verify_t *verify, const lync_listener_t *listener, const char *host, const char *target,
                        const lync_route_t **route)
{
    const lync_route_map_t *map = apr_hash_get(verify->maps, listener->name, APR_HASH_KEY_STRING);

    if (!map) {
        map = lync_route_map(verify->model, listener->name, verify->pool);
        apr_hash_set(verify->maps, listener->name, APR_HASH_KEY_STRING, map);
    }
    return lync_route_find(map, host, target, route, verify->pool) == LYNC_MATCH_ROUTE
           && !strcmp((*route)->action, "publish");
}

/* A URL as clients have it: with the port only where it is not the scheme's. */
static const char *url_of(const verify_t *verify, const lync_listener_t *listener, const char *host,
                          const char *target)
{
    int usual = listener->port == apr_uri_port_of_scheme(listener->scheme);

    return apr_psprintf(verify->pool, "%s://%s%s%s", listener->scheme, host,
                        usual ? "" : apr_psprintf(verify->pool, ":%d", listener->port), target);
}

static const char *connect_of(const verify_t *verify, const lync_listener_t *listener)
{
    int port = verify->connect_port && !strcmp(listener->scheme, "https") ? verify->connect_port : listener->port;

    return verify->connect ? apr_psprintf(verify->pool, "::%s:%d", verify->connect, port) : NULL;
}

static apr_table_t *fields_of(const verify_t *verify, const json_t *rule)
{
    apr_table_t *fields = apr_table_make(verify->pool, 2);
    const char *name;
    json_t *value;

    json_object_foreach(json_object_get(rule, "send"), name, value) {
        apr_table_set(fields, name, json_string_value(value));
    }
    return fields;
}

static const char *asked_of(const verify_t *verify, const verify_check_t *check)
{
    const char *host = apr_table_get(check->ask->send, "Host"), *accept = apr_table_get(check->ask->send, "Accept");

    if (check->ask->handshake)
        return apr_pstrcat(verify->pool, "TLS ", check->ask->url, NULL);
    return apr_pstrcat(verify->pool, "GET ", check->ask->url, host ? ", Host: " : "", host ? host : "",
                       accept ? ", Accept: " : "", accept ? accept : "",
                       apr_table_get(check->ask->send, "Authorization") ? ", Authorization: NTLM" : "", NULL);
}

verify_check_t *verify_add(verify_t *verify, const json_t *rule, const plan_name_t *name,
                           const lync_listener_t *listener, const char *target)
{
    verify_check_t *check = apr_pcalloc(verify->pool, sizeof(*check));
    const char *expected = lyncadm_json_text(rule, "expected");
    apr_pool_t *p = verify->pool;
    int seconds = (int)json_integer_value(json_object_get(rule, "seconds"));

    if (verify->pending_wait && json_is_true(json_object_get(rule, "late")))
        seconds = verify->pending_wait;
    check->rule = rule;
    check->check = lyncadm_json_text(rule, "name");
    check->name = name;
    check->listener = listener;
    expected = verify_word(p, expected ? expected : "", "{host}", name->host);
    expected = verify_word(p, expected, "{days}", apr_itoa(p, LYNC_EXPIRY_WARNING_DAYS));
    check->expected = verify_word(p, expected, "{seconds}", apr_itoa(p, seconds));
    if (target) {
        check->ask = apr_pcalloc(verify->pool, sizeof(*check->ask));
        check->ask->url = url_of(verify, listener, name->host, target);
        check->ask->send = fields_of(verify, rule);
        check->ask->connect = connect_of(verify, listener);
        check->ask->ca = verify->ca;
        check->ask->alone = json_is_true(json_object_get(rule, "alone"));
        check->ask->seconds = seconds;
        check->ask->handshake = lyncadm_json_text(rule, "fault") != NULL;
        check->asked = asked_of(verify, check);
    }
    APR_ARRAY_PUSH(verify->checks, verify_check_t *) = check;
    return check;
}

/* The handshake of a name is made once for all that is looked at in it; and once more to see whether it is trusted. */
static void add_handshake(verify_t *verify, const place_t *place)
{
    int trust = !strcmp(lyncadm_json_text(place->rule, "fault"), "trust"), i;
    verify_check_t *check;

    if (!strcmp(lyncadm_json_text(place->rule, "fault"), "other")
        && !verify_bound(verify, place->listener, place->name->host, NULL))
        return;
    check = verify_add(verify, place->rule, place->name, place->listener, "/");
    check->ask->trust = trust;
    for (i = 0; !trust && i < verify->checks->nelts - 1; ++i) {
        const verify_check_t *other = APR_ARRAY_IDX(verify->checks, i, const verify_check_t *);

        if (other->name == place->name && other->listener == place->listener && other->ask && other->ask->handshake
            && !other->ask->trust) {
            check->ask = other->ask;
            return;
        }
    }
}

static void add_published(verify_t *verify, const place_t *place, const char *target)
{
    const lync_route_t *route;
    verify_check_t *check;

    if (!verify_is_published(verify, place->listener, place->name->host, target, &route)
        || (json_is_true(json_object_get(place->rule, "logs_in")) && !strcmp(route->pin, "off")))
        return;
    check = verify_add(verify, place->rule, place->name, place->listener, target);
    check->route = route;
    if (verify->direct)
        check->ask_direct = verify_direct(verify, check, target);
}

static const char *spelled(apr_pool_t *p, const char *spelling, const char *path)
{
    char *upper = apr_pstrdup(p, path), *c;

    for (c = upper; *c; ++c)
        *c = (char)apr_toupper(*c);
    spelling = verify_word(p, spelling, "{path}", path);
    spelling = verify_word(p, spelling, "{upper}", upper);
    return verify_word(p, spelling, "{escaped}", apr_psprintf(p, "/%%%02x%s", (unsigned char)path[1], path + 2));
}

/* What is refused; not what the store publishes by a route of its own, unless the rule says that it never may. */
static void add_refused(verify_t *verify, const place_t *place)
{
    int always = json_is_true(json_object_get(place->rule, "even_published"));
    char *state, *words = apr_pstrdup(verify->pool, lyncadm_json_text(place->rule, "services"));
    const char *word;
    json_t *spelling;
    size_t i;

    for (word = apr_strtok(words, " ", &state); word; word = apr_strtok(NULL, " ", &state)) {
        const lync_service_t *service = lync_model_find(verify->model, LYNC_SERVICE, word);
        const lync_route_t *route;

        if (!service || (!always && verify_is_published(verify, place->listener, place->name->host, service->path,
                                                         &route)))
            continue;
        json_array_foreach(json_object_get(place->rule, "spellings"), i, spelling) {
            verify_add(verify, place->rule, place->name, place->listener,
                       spelled(verify->pool, json_string_value(spelling), service->path));
        }
    }
}

/* How long the store lets each service that keeps requests pending be silent. */
static void add_timeouts(verify_t *verify, const place_t *place)
{
    const char *profile = lyncadm_json_text(place->rule, "profile");
    int i;

    for (i = 0; i < verify->model->rows[LYNC_SERVICE]->nelts; ++i) {
        const lync_service_t *service = LYNC_ROW(verify->model, LYNC_SERVICE, i);
        const lync_profile_t *row;
        const lync_route_t *route;
        verify_check_t *check;

        if (strcmp(service->profile, profile)
            || !verify_is_published(verify, place->listener, place->name->host, service->path, &route))
            continue;
        row = lync_model_find(verify->model, LYNC_PROFILE, route->profile);
        check = verify_add(verify, place->rule, place->name, place->listener, NULL);
        check->route = route;
        check->asked = apr_pstrcat(verify->pool, "profile of ",
                                   url_of(verify, place->listener, place->name->host, service->path), NULL);
        check->ok = row && row->timeout >= (int)json_integer_value(json_object_get(place->rule, "seconds"));
        check->came = apr_psprintf(verify->pool, "%d s (profile %s)", row ? row->timeout : 0, route->profile);
    }
}

static void add_simple_urls(verify_t *verify, const place_t *place)
{
    const lync_noun_t *noun = lync_noun(LYNC_DOMAIN);
    const lync_field_t *kind = lync_field(noun, lyncadm_json_text(place->rule, "each_url"));
    int i;

    for (i = 0; i < verify->model->rows[LYNC_DOMAIN]->nelts; ++i) {
        const char *url = lync_row_get(verify->pool, kind, LYNC_ROW(verify->model, LYNC_DOMAIN, i)), *host, *path;

        if (!url)
            continue;
        path = lyncadm_url_split(verify->pool, url, &host);
        if (!strcmp(host, place->name->host))
            add_published(verify, place, apr_pstrcat(verify->pool, path, "/", NULL));
    }
}

static int is_there(const verify_t *verify, const place_t *place)
{
    int i;

    for (i = 0; i < verify->checks->nelts; ++i) {
        const verify_check_t *check = APR_ARRAY_IDX(verify->checks, i, const verify_check_t *);

        if (check->rule == place->rule && check->listener == place->listener)
            return 1;
    }
    return 0;
}

/* Whether some route of the name is of the service that the rule is about. */
static int has_service(const verify_t *verify, const place_t *place)
{
    const char *service = lyncadm_json_text(place->rule, "service");
    int i;

    for (i = 0; service && i < verify->model->rows[LYNC_ROUTE]->nelts; ++i) {
        const lync_route_t *route = LYNC_ROW(verify->model, LYNC_ROUTE, i);

        if (!strcmp(route->host, place->name->host) && !strcmp(route->action, "publish") && route->service
            && !strcmp(route->service, service))
            return 1;
    }
    return !service;
}

static int is_for(const verify_t *verify, const place_t *place)
{
    const char *on = lyncadm_json_text(place->rule, "on"), *scheme = lyncadm_json_text(place->rule, "scheme");
    int redirected = json_is_true(json_object_get(place->rule, "redirected"));

    return !strcmp(scheme ? scheme : "https", place->listener->scheme) && place->published == !redirected
           && (!on || lync_word_in(on, place->name->kind)) && has_service(verify, place)
           && !(json_is_true(json_object_get(place->rule, "once")) && is_there(verify, place));
}

static void add_rule(verify_t *verify, const place_t *place)
{
    const char *path = lyncadm_json_text(place->rule, "path");
    const char *domain = lync_host_domain(verify->model, place->name->host);

    if (!is_for(verify, place))
        return;
    if (path)
        path = verify_word(verify->pool, path, "{domain}", domain);
    if (lyncadm_json_text(place->rule, "fault"))
        add_handshake(verify, place);
    else if (lyncadm_json_text(place->rule, "services"))
        add_refused(verify, place);
    else if (lyncadm_json_text(place->rule, "profile"))
        add_timeouts(verify, place);
    else if (lyncadm_json_text(place->rule, "each_url"))
        add_simple_urls(verify, place);
    else if (json_is_true(json_object_get(place->rule, "late")) && verify->pending)
        add_published(verify, place, verify->pending);
    else if (path && (!place->published || json_is_true(json_object_get(place->rule, "once"))))
        verify_add(verify, place->rule, place->name, place->listener, path);
    else if (path)
        add_published(verify, place, path);
}

int verify_is_called(const plan_name_t *name, const char *word)
{
    return !strcasecmp(word, name->host) || (name->pool && !strcmp(word, name->pool->name));
}

static int is_wanted(const verify_t *verify, const plan_name_t *name)
{
    int i;

    for (i = 0; i < verify->only->nelts; ++i) {
        if (verify_is_called(name, APR_ARRAY_IDX(verify->only, i, const char *)))
            return 1;
    }
    return !verify->only->nelts;
}

static void add_place(verify_t *verify, place_t *place)
{
    json_t *rule;
    size_t i;
    int j;

    for (j = 0; j < place->name->listeners->nelts; ++j) {
        if (APR_ARRAY_IDX(place->name->listeners, j, const lync_listener_t *) == place->listener)
            place->published = 1;
    }
    if (!place->published && (strcmp(place->listener->scheme, "http") || strcmp(place->listener->otherwise, "redirect")
                              || !lync_host_get(lync_hosts_elsewhere(verify->model, place->listener, verify->pool),
                                                place->name->host)))
        return;
    json_array_foreach(json_object_get(verify->words, "checks"), i, rule) {
        place->rule = rule;
        add_rule(verify, place);
    }
}

void verify_plan(verify_t *verify)
{
    int i, j;

    for (i = 0; i < verify->plan.names->nelts; ++i) {
        const plan_name_t *name = APR_ARRAY_IDX(verify->plan.names, i, const plan_name_t *);

        for (j = 0; is_wanted(verify, name) && j < verify->model->rows[LYNC_LISTENER]->nelts; ++j) {
            place_t place = { .name = name, .listener = LYNC_ROW(verify->model, LYNC_LISTENER, j) };

            add_place(verify, &place);
        }
    }
}
