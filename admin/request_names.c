#include <apr_strings.h>
#include <stdlib.h>
#include <string.h>

#include "host.h"
#include "publish.h"
#include "request.h"
#include "value.h"

/*
 * The names of a request:
 *  1. the hosts that https listeners publish or redirect; not those that another certificate is bound for by name
 *  2. the hosts that a person adds, which may be wildcards
 *  3. one of them is the common name: the external name of a pool, else of a Director
 *  4. what domains need and nothing publishes is warned of
 */

typedef struct gather_t {
    lyncadm_t *adm;
    const lync_model_t *model;
    const char *listener;       /* only this one, or NULL */
    const char *certificate;    /* in whose place the new one comes; NULL: that of listeners' defaults */
    apr_hash_t *hosts;          /* name -> name, of the request */
    apr_hash_t *others;         /* the same of hosts with a certificate of their own */
    const char *first;          /* that a person gave, where nothing is published; no wildcard */
} gather_t;

static void put(apr_hash_t *hosts, const char *host)
{
    apr_hash_set(hosts, host, APR_HASH_KEY_STRING, host);
}

static int has(apr_hash_t *hosts, const char *host)
{
    return apr_hash_get(hosts, host, APR_HASH_KEY_STRING) != NULL;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static apr_array_header_t *sorted(apr_hash_t *hosts, apr_pool_t *p)
{
    apr_array_header_t *names = apr_array_make(p, (int)apr_hash_count(hosts) + 1, sizeof(const char *));
    apr_hash_index_t *hi;

    for (hi = apr_hash_first(p, hosts); hi; hi = apr_hash_next(hi))
        APR_ARRAY_PUSH(names, const char *) = apr_hash_this_val(hi);
    qsort(names->elts, (size_t)names->nelts, sizeof(const char *), by_name);
    return names;
}

/* What is refused needs no certificate that is right. */
static int is_served(const gather_t *gather, const lync_route_t *route)
{
    const lync_listener_t *listener = lync_model_find(gather->model, LYNC_LISTENER, route->listener);

    return listener && !strcmp(listener->scheme, "https") && strcmp(route->action, "refuse")
           && (!gather->listener || !strcmp(gather->listener, route->listener));
}

/* Whether clients of the route's host would be shown the certificate. */
static int is_presented(const gather_t *gather, const lync_route_t *route)
{
    const lync_binding_t *binding = lync_host_binding(gather->model, route->listener, route->host);

    if (!gather->certificate)
        return !binding || !strcmp(binding->host, "*");
    return binding && (!strcmp(binding->certificate, gather->certificate)
                       || (binding->beside && !strcmp(binding->beside, gather->certificate)));
}

/* Step 1. */
static void gather_published(gather_t *gather)
{
    int i;

    for (i = 0; i < gather->model->rows[LYNC_ROUTE]->nelts; ++i) {
        const lync_route_t *route = LYNC_ROW(gather->model, LYNC_ROUTE, i);

        if (!has(gather->hosts, route->host) && is_served(gather, route))
            put(is_presented(gather, route) ? gather->hosts : gather->others, route->host);
    }
}

static const lync_err_t *take_host(lyncadm_t *adm, const char *option, const char *value, const char **host)
{
    const lync_noun_t *noun = lync_noun(LYNC_ROUTE);
    const char *wanted = NULL;

    *host = lync_value(adm->pool, lync_field(noun, "host"), value, &wanted);
    return *host ? NULL : lyncadm_usage(adm, "%s '%s' is no %s", option, value, wanted);
}

/* Step 2. */
static const lync_err_t *gather_given(gather_t *gather)
{
    lyncadm_t *adm = gather->adm;
    apr_array_header_t *given = lyncadm_given_all(adm, "host");
    int i, published = apr_hash_count(gather->hosts) > 0;

    for (i = 0; i < given->nelts; ++i) {
        const char *value = APR_ARRAY_IDX(given, i, const char *), *host;
        int wildcard = !strncmp(value, "*.", 2);

        LYNC_TRY(take_host(adm, "host", wildcard ? value + 2 : value, &host));
        if (wildcard && !strchr(host, '.'))
            return lyncadm_usage(adm, "host '%s' stands for a whole top-level domain, which no CA certifies", value);
        if (!gather->first && !wildcard && !published)
            gather->first = host;
        put(gather->hosts, wildcard ? apr_pstrcat(adm->pool, "*.", host, NULL) : host);
    }
    return NULL;
}

static int is_simple_url(const gather_t *gather, const char *host)
{
    int i;

    for (i = 0; i < gather->model->rows[LYNC_DOMAIN]->nelts; ++i) {
        const lync_domain_t *domain = LYNC_ROW(gather->model, LYNC_DOMAIN, i);
        const char *url = apr_pstrcat(gather->adm->pool, "https://", host, NULL);

        if ((domain->meet && !strcmp(domain->meet, url)) || (domain->dialin && !strcmp(domain->dialin, url)))
            return 1;
    }
    return 0;
}

/* The pool that a host's root leads to, or NULL; *more: whether other paths are published, as of a pool they are. */
static const lync_pool_t *pool_of(const gather_t *gather, const char *host, int *more)
{
    const lync_pool_t *pool = NULL;
    int i;

    *more = 0;
    for (i = 0; i < gather->model->rows[LYNC_ROUTE]->nelts; ++i) {
        const lync_route_t *route = LYNC_ROW(gather->model, LYNC_ROUTE, i);

        if (strcmp(route->host, host) || strcmp(route->action, "publish") || !is_served(gather, route))
            continue;
        if (!strcmp(route->path, "/"))
            pool = lync_model_find(gather->model, LYNC_POOL, route->pool);
        else
            *more = 1;
    }
    return pool;
}

/* How good a host is as common name: 0 is best, -1 not at all. Roles come in the templates' order. */
static int rank(const gather_t *gather, const char *host)
{
    const json_t *deployments = json_object_get(lyncadm_template(gather->adm->pool, "deployments"), "publish");
    const lync_pool_t *pool;
    json_t *deployment;
    size_t i;
    int more;

    if (!strncmp(host, "*.", 2) || is_simple_url(gather, host) || lync_host_domain(gather->model, host))
        return -1;
    pool = pool_of(gather, host, &more);
    json_array_foreach(deployments, i, deployment) {
        if (pool && lyncadm_json_has(json_object_get(deployment, "roles"), pool->role))
            return (int)i * 2 + !more;
    }
    return -1;
}

/* Where no pool has an external name among them, the first that is no wildcard will do. */
static const char *best_name(const gather_t *gather, const apr_array_header_t *names)
{
    const char *best = gather->first;
    int i, best_rank = -1;

    for (i = 0; i < names->nelts; ++i) {
        const char *name = APR_ARRAY_IDX(names, i, const char *);
        int its = rank(gather, name);

        if ((its >= 0 && (best_rank < 0 || its < best_rank)) || (!best && strncmp(name, "*.", 2))) {
            best = name;
            best_rank = its;
        }
    }
    return best;
}

static const lync_err_t *no_names(const gather_t *gather)
{
    apr_pool_t *p = gather->adm->pool;
    const char *where = gather->listener ? apr_psprintf(p, " by listener '%s'", gather->listener) : "";

    if (apr_hash_count(gather->hosts))
        return lync_err(p, "a wildcard cannot be the common name: --common-name names a host");
    if (gather->certificate)
        return lync_err(p, "certificate '%s' is presented for no published name: 'lyncadm binding list' tells what is "
                        "bound, --host adds a name", gather->certificate);
    if (apr_hash_count(gather->others))
        return lync_err(p, "each name that is published%s has a certificate of its own: --name says which one is to be "
                        "replaced", where);
    return lync_err(p, "no name is published%s over https: 'lyncadm publish' does that, or --host says for which names "
                    "a certificate is needed before", where);
}

/* The common name, unless there is one, and the names after it. */
static void list_names(const gather_t *gather, request_t *request)
{
    apr_array_header_t *names = sorted(gather->hosts, gather->adm->pool);
    int i;

    if (!request->common_name)
        request->common_name = best_name(gather, names);
    request->names = apr_array_make(gather->adm->pool, names->nelts + 1, sizeof(const char *));
    if (!request->common_name)
        return;
    APR_ARRAY_PUSH(request->names, const char *) = request->common_name;
    for (i = 0; i < names->nelts; ++i) {
        if (strcmp(APR_ARRAY_IDX(names, i, const char *), request->common_name))
            APR_ARRAY_PUSH(request->names, const char *) = APR_ARRAY_IDX(names, i, const char *);
    }
}

/* Step 3. */
static const lync_err_t *choose_common_name(gather_t *gather, request_t *request)
{
    lyncadm_t *adm = gather->adm;
    const char *given = lyncadm_given(adm, "common-name");

    if (given && !strncmp(given, "*.", 2))
        return lyncadm_usage(adm, "common name '%s' is a wildcard, which no Lync client or server takes: --host has it "
                             "among the other names", given);
    if (given) {
        LYNC_TRY(take_host(adm, "common name", given, &request->common_name));
        put(gather->hosts, request->common_name);
    }
    list_names(gather, request);
    return request->common_name ? NULL : no_names(gather);
}

static void warn_unpublished(const gather_t *gather, const lync_domain_t *domain, const char *host)
{
    int i;

    for (i = 0; i < gather->model->rows[LYNC_ROUTE]->nelts; ++i) {
        const lync_route_t *route = LYNC_ROW(gather->model, LYNC_ROUTE, i);

        if (!strcmp(route->host, host) && strcmp(route->action, "refuse"))
            return;
    }
    if (!has(gather->hosts, host))
        lyncadm_say("warning: domain '%s' needs '%s', which nothing publishes: it is not in the request", domain->name,
                    host);
}

/* Step 4. */
static void warn_of_domain(const gather_t *gather, const lync_domain_t *domain)
{
    apr_pool_t *p = gather->adm->pool;
    const char *host;
    int i;

    for (i = 0; i < gather->model->rows[LYNC_SERVICE]->nelts; ++i) {
        const lync_service_t *service = LYNC_ROW(gather->model, LYNC_SERVICE, i);

        if (service->label)
            warn_unpublished(gather, domain, apr_pstrcat(p, service->label, ".", domain->name, NULL));
    }
    if (domain->meet && lyncadm_url_split(p, domain->meet, &host))
        warn_unpublished(gather, domain, host);
    if (domain->dialin && lyncadm_url_split(p, domain->dialin, &host))
        warn_unpublished(gather, domain, host);
}

static const lync_err_t *take_options(gather_t *gather)
{
    const lync_listener_t *listener;
    lyncadm_t *adm = gather->adm;

    gather->listener = lyncadm_given(adm, "listener");
    gather->certificate = lyncadm_given(adm, "name");
    if (gather->certificate && !lync_model_find(gather->model, LYNC_CERTIFICATE, gather->certificate))
        return lync_err(adm->pool, "there is no certificate '%s': 'lyncadm certificate list' lists them",
                        gather->certificate);
    if (!gather->listener)
        return NULL;
    listener = lync_model_find(gather->model, LYNC_LISTENER, gather->listener);
    if (!listener)
        return lync_err(adm->pool, "there is no listener '%s'", gather->listener);
    if (strcmp(listener->scheme, "https"))
        return lync_err(adm->pool, "listener '%s' speaks %s, which needs no certificate", listener->name,
                        listener->scheme);
    return NULL;
}

const lync_err_t *request_names(lyncadm_t *adm, const lync_model_t *model, request_t *request)
{
    gather_t gather = { .adm = adm, .model = model, .hosts = apr_hash_make(adm->pool),
                        .others = apr_hash_make(adm->pool) };
    apr_hash_index_t *hi;
    int i;

    LYNC_TRY(take_options(&gather));
    gather_published(&gather);
    LYNC_TRY(gather_given(&gather));
    LYNC_TRY(choose_common_name(&gather, request));
    for (hi = apr_hash_first(adm->pool, gather.hosts); hi; hi = apr_hash_next(hi))
        apr_hash_set(gather.others, apr_hash_this_key(hi), APR_HASH_KEY_STRING, NULL);
    if (gather.certificate)
        apr_hash_clear(gather.others);
    request->left_out = sorted(gather.others, adm->pool);
    for (i = 0; !gather.certificate && !gather.listener && i < model->rows[LYNC_DOMAIN]->nelts; ++i)
        warn_of_domain(&gather, LYNC_ROW(model, LYNC_DOMAIN, i));
    return NULL;
}

void request_published(lyncadm_t *adm, const lync_model_t *model, const char *listener, const char *certificate,
                       request_t *request)
{
    gather_t gather = { .adm = adm, .model = model, .listener = listener, .certificate = certificate,
                        .hosts = apr_hash_make(adm->pool), .others = apr_hash_make(adm->pool) };

    gather_published(&gather);
    list_names(&gather, request);
}
