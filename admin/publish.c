#include <apr_strings.h>
#include <string.h>

#include "progress.h"
#include "publish.h"

/*
 * publish: the routes that an administrator would write by hand, from the templates of a
 * deployment (templates/publish/deployments.json). A template is a route of which the listener,
 * the host and the pool are filled in, with one of
 *   "path": "/"            one route
 *   "each": "publish"      one for every service published by default whose profile is not
 *                          "except_profile"
 *   "each": "refuse"       one for every service refused by default, whatever the release
 *   "service": NAME        one for this service
 *   "url": KIND            one for the path of the simple URL
 *   "each_url": "refuse"   one for every known simple URL of this host that is refused
 */

static lync_route_t *new_route(const lyncadm_publish_t *publish)
{
    lync_route_t *route = lync_row_new(publish->edit->pool, lync_noun(LYNC_ROUTE));

    route->listener = publish->listener->name;
    route->host = publish->host;
    return route;
}

/* What publishes goes to the pool, over the listener's own protocol unless the template says. */
static const lync_err_t *add_route(const lyncadm_publish_t *publish, lync_route_t *route, const json_t *template)
{
    lyncadm_edit_t *edit = publish->edit;
    const lync_noun_t *noun = lync_noun(LYNC_ROUTE);

    LYNC_TRY(lyncadm_json_row(edit->pool, noun, route, template));
    if (!strcmp(route->action, "publish")) {
        route->pool = publish->pool;
        if (!route->scheme)
            route->scheme = publish->listener->scheme;
    }
    return lyncadm_edit_add(edit, noun, route);
}

static const lync_err_t *add_service(const lyncadm_publish_t *publish, const lync_service_t *service,
                                     const json_t *template)
{
    lync_route_t *route = new_route(publish);
    int is_published = !strcmp(service->action, "publish");

    if (publish->url_path && !strcasecmp(publish->url_path, service->path))
        return NULL;            /* the simple URL's own route is it */
    route->path = service->path;
    route->action = service->action;
    route->service = service->name;
    route->profile = is_published ? service->profile : NULL;
    return add_route(publish, route, template);
}

static const lync_err_t *add_services(const lyncadm_publish_t *publish, const char *action, const json_t *template)
{
    const char *except = lyncadm_json_text(template, "except_profile");
    const lync_model_t *model = publish->edit->model;
    int i;

    for (i = 0; i < model->rows[LYNC_SERVICE]->nelts; ++i) {
        const lync_service_t *service = LYNC_ROW(model, LYNC_SERVICE, i);

        if (strcmp(service->action, action) || (except && !strcmp(service->profile, except)))
            continue;
        /* a path that is refused stays so in front of every release: an upgrade must not open it */
        if (publish->release && !strcmp(action, "publish") && !lync_word_in(service->releases, publish->release))
            continue;
        LYNC_TRY(add_service(publish, service, template));
    }
    return NULL;
}

static const json_t *kind_named(const json_t *kinds, const char *name)
{
    json_t *kind;
    size_t i;

    json_array_foreach(kinds, i, kind) {
        if (!strcmp(lyncadm_json_text(kind, "name"), name))
            return kind;
    }
    return NULL;
}

/* The route of the simple URL itself: like its service's when there is one of that name. */
static const lync_err_t *add_url(const lyncadm_publish_t *publish, const char *kind, const json_t *template)
{
    const json_t *kinds = json_object_get(publish->deployment, "kinds");
    const lync_service_t *service = lync_model_find(publish->edit->model, LYNC_SERVICE, kind);
    lync_route_t *route = new_route(publish);

    route->path = *publish->url_path ? publish->url_path : "/";
    route->action = lyncadm_json_text(kind_named(kinds, kind), "action");
    if (service) {
        route->service = service->name;
        route->profile = !strcmp(route->action, "publish") ? service->profile : NULL;
    }
    return add_route(publish, route, template);
}

/* Refuses the simple URLs of refused kinds that live on this host. */
static const lync_err_t *add_each_url(const lyncadm_publish_t *publish, const char *action, const json_t *template)
{
    const json_t *kinds = json_object_get(publish->deployment, "kinds");
    const lync_model_t *model = publish->edit->model;
    const lync_noun_t *noun = lync_noun(LYNC_DOMAIN);
    json_t *kind;
    size_t i;
    int j;

    json_array_foreach(kinds, i, kind) {
        const lync_field_t *field = lync_field(noun, lyncadm_json_text(kind, "name"));

        for (j = 0; !strcmp(lyncadm_json_text(kind, "action"), action) && j < model->rows[LYNC_DOMAIN]->nelts; ++j) {
            const char *url = lync_row_get(publish->edit->pool, field, LYNC_ROW(model, LYNC_DOMAIN, j)), *host;
            lyncadm_publish_t other = *publish;

            if (!url)
                continue;
            other.url_path = lyncadm_url_split(publish->edit->pool, url, &host);
            if (!strcmp(host, publish->host) && *other.url_path)
                LYNC_TRY(add_url(&other, lyncadm_json_text(kind, "name"), template));
        }
    }
    return NULL;
}

static const lync_err_t *add_template(const lyncadm_publish_t *publish, const json_t *template)
{
    const char *each = lyncadm_json_text(template, "each"), *url = lyncadm_json_text(template, "url");
    const char *each_url = lyncadm_json_text(template, "each_url");
    const char *name = lyncadm_json_text(template, "service");

    if (each)
        return add_services(publish, each, template);
    if (each_url)
        return add_each_url(publish, each_url, template);
    if (url)
        return add_url(publish, url, template);
    if (name) {
        const lync_service_t *service = lync_model_find(publish->edit->model, LYNC_SERVICE, name);

        return service ? add_service(publish, service, template) : NULL;
    }
    return add_route(publish, new_route(publish), template);
}

const lync_err_t *lyncadm_publish_host(lyncadm_publish_t *publish)
{
    const lync_model_t *model = publish->edit->model;
    int i;

    for (i = 0; i < model->rows[LYNC_ROUTE]->nelts; ++i) {
        const lync_route_t *route = LYNC_ROW(model, LYNC_ROUTE, i);

        if (route->pool && publish->pool && !strcmp(route->host, publish->host) && strcmp(route->pool, publish->pool))
            return lync_err(publish->edit->pool, "host '%s' is already published to pool '%s', not '%s': "
                            "'lyncadm unpublish %s' first", route->host, route->pool, publish->pool, route->host);
    }
    return NULL;
}

const lync_err_t *lyncadm_publish_routes(lyncadm_publish_t *publish, const json_t *templates)
{
    json_t *template;
    size_t i;

    json_array_foreach(templates, i, template) {
        LYNC_TRY(add_template(publish, template));
    }
    return NULL;
}

static const lync_err_t *which_listener(lyncadm_edit_t *edit, const char *scheme, const char *option,
                                        const char *names, int count)
{
    if (count)
        return lync_err(edit->pool, "there are %d %s listeners, %s: say which with --%s NAME", count, scheme, names,
                        option);
    return lync_err(edit->pool, "there is no %s listener: 'lyncadm listener add NAME --port %s' adds one", scheme,
                    strcmp(scheme, "https") ? "80" : "443 --certificate NAME");
}

const lync_err_t *lyncadm_publish_listener(lyncadm_edit_t *edit, const char *scheme, const char *option,
                                           const lync_listener_t **result)
{
    const char *name = lyncadm_given(edit->adm, option), *names = "";
    const lync_model_t *model = edit->model;
    const lync_listener_t *found = name ? lync_model_find(model, LYNC_LISTENER, name) : NULL;
    int i, count = 0;

    if (name && !found)
        return lync_err(edit->pool, "there is no listener '%s'", name);
    if (found && strcmp(found->scheme, scheme))
        return lync_err(edit->pool, "listener '%s' speaks %s, not %s", name, found->scheme, scheme);
    for (i = 0; !name && i < model->rows[LYNC_LISTENER]->nelts; ++i) {
        const lync_listener_t *listener = LYNC_ROW(model, LYNC_LISTENER, i);

        if (strcmp(listener->scheme, scheme))
            continue;
        found = listener;
        names = apr_pstrcat(edit->pool, names, count++ ? ", '" : "'", listener->name, "'", NULL);
    }
    if (!name && count != 1)
        return which_listener(edit, scheme, option, names, count);
    *result = found;
    return NULL;
}

const lync_err_t *lyncadm_publish_via(lyncadm_edit_t *edit, const char **pool)
{
    const char *name = lyncadm_given(edit->adm, "via");
    const lync_noun_t *noun = lync_noun(LYNC_POOL);
    lync_pool_t *wanted = lync_row_new(edit->pool, noun);

    LYNC_TRY(lyncadm_bad_value(edit->adm, lync_row_set(edit->pool, noun, noun->fields, wanted, name)));
    if (!lync_model_find(edit->model, LYNC_POOL, wanted->name))
        return lync_err(edit->pool, "there is no pool '%s': 'lyncadm publish pool' or 'lyncadm pool add' adds it",
                        wanted->name);
    *pool = wanted->name;
    return NULL;
}

static const lync_err_t *remove_routes(lyncadm_edit_t *edit, void *data)
{
    const lync_route_t *wanted = data;
    const char *listener = lyncadm_given(edit->adm, "listener");
    int i, removed = 0;

    lyncadm_progress_begin("going through the routes", edit->model->rows[LYNC_ROUTE]->nelts);
    for (i = edit->model->rows[LYNC_ROUTE]->nelts - 1; i >= 0; --i, lyncadm_progress_step(1)) {
        const lync_route_t *route = LYNC_ROW(edit->model, LYNC_ROUTE, i);

        if (strcmp(route->host, wanted->host) || (listener && strcmp(route->listener, listener)))
            continue;
        LYNC_TRY(lyncadm_edit_remove(edit, lync_noun(LYNC_ROUTE), route));
        ++removed;
    }
    return removed ? NULL : lync_err(edit->pool, "host '%s' is not published%s%s%s", wanted->host,
                                     listener ? " on listener '" : "", listener ? listener : "", listener ? "'" : "");
}

const lync_err_t *lyncadm_unpublish(lyncadm_t *adm)
{
    const lync_noun_t *noun = lync_noun(LYNC_ROUTE);
    lync_route_t *wanted = lync_row_new(adm->pool, noun);

    if (adm->words->nelts != 1)
        return lyncadm_usage(adm, "one host is needed: usage is 'lyncadm unpublish %s'", adm->command->synopsis);
    LYNC_TRY(lyncadm_bad_value(adm, lync_row_set(adm->pool, noun, lync_field(noun, "host"), wanted,
                                                 APR_ARRAY_IDX(adm->words, 0, const char *))));
    return lyncadm_edit(adm, remove_routes, wanted);
}
