#include <apr_strings.h>
#include <apr_uri.h>
#include <string.h>

#include "topology.h"

/* The SIP domains of a plan: simple URLs, and the names that clients look for first. */

static const lync_err_t *add_domain(topology_plan_t *plan, const char *name)
{
    const lync_noun_t *noun = lync_noun(LYNC_DOMAIN);
    lync_domain_t *domain = lync_row_new(plan->edit->pool, noun);

    domain->name = name;
    return lyncadm_edit_add(plan->aside, noun, domain);
}

/* Of pools that may answer: Directors if there are any, else those of the newest release. */
static int is_better(const lync_pool_t *pool, const char *release, const lync_pool_t *than, const char *than_release,
                     const char *director)
{
    int is = !strcmp(pool->role, director), was = !strcmp(than->role, director);

    if (is != was)
        return is;
    return strcmp(release ? release : "", than_release ? than_release : "") > 0;
}

static const char *release_of(const topology_plan_t *plan, const char *pool)
{
    int i;

    for (i = 0; i < plan->topology->services->nelts; ++i) {
        const topology_service_t *service = APR_ARRAY_IDX(plan->topology->services, i, const topology_service_t *);

        if (service->host && service->release && !strcmp(service->cluster->name, pool))
            return service->release;
    }
    return NULL;
}

/* Whether pools with this role serve the web services. */
static int is_web(const topology_plan_t *plan, const lync_pool_t *pool, const char **director)
{
    const json_t *meaning = json_array_get(json_object_get(plan->knowledge, "roles"), 0);
    const char *names[] = { lyncadm_json_text(meaning, "publish"), lyncadm_json_text(meaning, "director") };
    int i;

    *director = names[1];
    for (i = 0; i < 2; ++i) {
        const json_t *deployment = lyncadm_publish_deployment(plan->edit->pool, names[i]);

        if (lyncadm_json_has(json_object_get(deployment, "roles"), pool->role))
            return 1;
    }
    return 0;
}

/* The pool that answers for a name that is no pool's own: the one that --via says, else the best; among equals the one
 * that the draft has. */
static const lync_err_t *pool_for(topology_plan_t *plan, const char *host, const char **pool)
{
    const lync_model_t *model = plan->aside->model;
    const char *now = proposal_pool_of(plan->edit->model, host), *director = NULL;
    const lync_pool_t *best = NULL;
    int i;

    if (lyncadm_given(plan->edit->adm, "via"))
        return lyncadm_publish_via(plan->aside, pool);
    for (i = 0; i < model->rows[LYNC_POOL]->nelts; ++i) {
        const lync_pool_t *each = LYNC_ROW(model, LYNC_POOL, i);
        const char *release = release_of(plan, each->name), *best_release = best ? release_of(plan, best->name) : NULL;

        if (!is_web(plan, each, &director))
            continue;
        if (!best || is_better(each, release, best, best_release, director)
            || (now && !strcmp(now, each->name) && !is_better(best, best_release, each, release, director)))
            best = each;
    }
    if (!best)
        return lync_err(plan->edit->pool, "document '%s' has no pool that could answer for '%s'", plan->topology->name,
                        host);
    *pool = best->name;
    return NULL;
}

/* The SIP domain whose URL it is: the one that the document says, the longest that the host is below, the default one;
 * "": none, or that has one already. */
static const char *domain_of(const topology_plan_t *plan, const topology_url_t *url, const char *host)
{
    const lync_field_t *field = lync_field(lync_noun(LYNC_DOMAIN), url->kind);
    const apr_array_header_t *domains = plan->aside->model->rows[LYNC_DOMAIN];
    const lync_domain_t *found = NULL;
    int i;

    for (i = 0; i < domains->nelts; ++i) {
        const lync_domain_t *domain = APR_ARRAY_IDX(domains, i, const lync_domain_t *);

        if (url->domain ? !strcasecmp(url->domain, domain->name)
            : lyncadm_is_below(host, domain->name) && (!found || strlen(domain->name) > strlen(found->name)))
            found = domain;
    }
    if (!found && !url->domain && domains->nelts)
        found = APR_ARRAY_IDX(domains, 0, const lync_domain_t *);
    if (!found || !url->active || lync_row_get(plan->edit->pool, field, found))
        return "";
    return found->name;
}

/* The URL checked, with host and path. */
static const lync_err_t *split(const topology_plan_t *plan, const topology_url_t *url, const char **host,
                               const char **path)
{
    const lync_noun_t *noun = lync_noun(LYNC_DOMAIN);
    const lync_field_t *field = lync_field(noun, url->kind);
    void *scratch = lync_row_new(plan->edit->pool, noun);
    const lync_err_t *err = lync_row_set(plan->edit->pool, noun, field, scratch, url->url);

    if (err)
        return lync_err(plan->edit->pool, "document '%s': %s", plan->topology->name, err->sentence);
    *path = lyncadm_url_split(plan->edit->pool, lync_row_get(plan->edit->pool, field, scratch), host);
    return NULL;
}

static int is_refused(const lyncadm_publish_t *publish, const char *kind)
{
    json_t *each;
    size_t i;

    json_array_foreach(json_object_get(publish->deployment, "kinds"), i, each) {
        if (!strcmp(lyncadm_json_text(each, "name"), kind))
            return strcmp(lyncadm_json_text(each, "action"), "publish") != 0;
    }
    return 1;
}

/* On a name that a pool has already, that pool answers. */
static const lync_err_t *publish_url(topology_plan_t *plan, const topology_url_t *url, int refused)
{
    lyncadm_publish_t publish = { .edit = plan->aside };
    const char *path;

    publish.deployment = lyncadm_publish_deployment(plan->edit->pool, lyncadm_json_text(plan->knowledge, "simple-url"));
    if (is_refused(&publish, url->kind) != refused)
        return NULL;
    LYNC_TRY(split(plan, url, &publish.host, &path));
    LYNC_TRY(topology_listener(plan, "https", apr_uri_port_of_scheme("https"), &publish.listener));
    publish.pool = refused ? NULL : proposal_pool_of(plan->aside->model, publish.host);
    if (!refused && !publish.pool)
        LYNC_TRY(pool_for(plan, publish.host, &publish.pool));
    LYNC_TRY(lyncadm_publish_simple_url(&publish, url->kind, url->url, domain_of(plan, url, publish.host)));
    publish.url_path = path;
    proposal_tell_name(plan->proposal, &publish, refused ? apr_pstrcat(plan->edit->pool, url->kind, ": refused", NULL)
                                                         : url->kind);
    return NULL;
}

/* Whether a person has given a domain's URL of a kind. */
static int is_given(const topology_plan_t *plan, const char *domain, const char *kind)
{
    int i;

    for (i = 0; i < plan->topology->urls->nelts; ++i) {
        const topology_url_t *url = &APR_ARRAY_IDX(plan->topology->urls, i, topology_url_t);
        const char *host, *path;

        if (!strcmp(url->kind, kind) && !split(plan, url, &host, &path) && !strcmp(domain_of(plan, url, host), domain))
            return 1;
    }
    return 0;
}

/* What neither the document nor a person says of simple URLs, the draft may: that is still so. */
static const apr_array_header_t *urls_of(topology_plan_t *plan)
{
    const topology_t *topology = plan->topology;
    const lync_noun_t *noun = lync_noun(LYNC_DOMAIN);
    apr_array_header_t *urls = apr_array_copy(plan->edit->pool, topology->urls);
    const lync_field_t *field;
    int i;

    if (topology->has_urls)
        return urls;
    for (i = 0; i < topology->domains->nelts; ++i) {
        const char *name = APR_ARRAY_IDX(topology->domains, i, const char *);
        const void *old = lync_model_find(plan->edit->model, LYNC_DOMAIN, name);

        for (field = noun->fields; old && field->name; ++field) {
            topology_url_t url = { field->name, name, lync_row_get(plan->edit->pool, field, old), 1 };

            if (field->kind == LYNC_KIND_URL && url.url && !is_given(plan, name, field->name))
                APR_ARRAY_PUSH(urls, topology_url_t) = url;
        }
    }
    if (!urls->nelts)
        proposal_warn(plan->proposal, "document '%s' says nothing of simple URLs: --simple-url KIND=URL, or "
                      "--simple-urls FILE with what Get-CsSimpleUrlConfiguration says, publishes them", topology->name);
    return urls;
}

/* Whether the draft publishes a name in clear text. */
static int is_on_http(const lync_model_t *draft, const char *host)
{
    int i;

    for (i = 0; i < draft->rows[LYNC_ROUTE]->nelts; ++i) {
        const lync_route_t *route = LYNC_ROW(draft, LYNC_ROUTE, i);
        const lync_listener_t *listener = lync_model_find(draft, LYNC_LISTENER, route->listener);

        if (!strcmp(route->host, host) && listener && !strcmp(listener->scheme, "http"))
            return 1;
    }
    return 0;
}

static const lync_err_t *publish_discover(topology_plan_t *plan, const char *domain)
{
    lyncadm_publish_t publish = { .edit = plan->aside };
    const char *what = apr_pstrcat(plan->edit->pool, "discovery of ", domain, NULL);

    publish.deployment = lyncadm_publish_deployment(plan->edit->pool, lyncadm_json_text(plan->knowledge, "discover"));
    publish.host = lyncadm_publish_discover_host(plan->edit->pool, publish.deployment, domain);
    publish.pool = proposal_pool_of(plan->aside->model, publish.host);
    if (!publish.pool)
        LYNC_TRY(pool_for(plan, publish.host, &publish.pool));
    LYNC_TRY(topology_listener(plan, "https", apr_uri_port_of_scheme("https"), &publish.listener));
    LYNC_TRY(lyncadm_publish_discover(&publish));
    proposal_tell_name(plan->proposal, &publish, what);
    if (!lyncadm_given(plan->edit->adm, "http") && !is_on_http(plan->edit->model, publish.host))
        return NULL;
    LYNC_TRY(topology_listener(plan, "http", apr_uri_port_of_scheme("http"), &publish.listener));
    proposal_tell_name(plan->proposal, &publish, what);
    return lyncadm_publish_discover(&publish);
}

const lync_err_t *topology_plan_domains(topology_plan_t *plan)
{
    const topology_t *topology = plan->topology;
    const apr_array_header_t *urls;
    int i, refused;

    for (i = 0; i < topology->domains->nelts; ++i)
        LYNC_TRY(add_domain(plan, APR_ARRAY_IDX(topology->domains, i, const char *)));
    urls = urls_of(plan);
    /* what is refused needs to know the names that are published */
    for (refused = 0; refused < 2; ++refused) {
        for (i = 0; i < urls->nelts; ++i)
            LYNC_TRY(publish_url(plan, &APR_ARRAY_IDX(urls, i, topology_url_t), refused));
    }
    for (i = 0; i < topology->domains->nelts; ++i)
        LYNC_TRY(publish_discover(plan, APR_ARRAY_IDX(topology->domains, i, const char *)));
    return NULL;
}
