#include <apr_strings.h>
#include <string.h>

#include "publish.h"

/* publish simple-url: a URL that is its host's root gets the whole host, one with a path only that. */

typedef struct simple_url_t {
    const json_t *kind;
    const lync_field_t *field;  /* of domain: where it is kept */
    const char *url;            /* as stored */
    const char *host;
    const char *path;           /* "" at the root */
    const char *domain;         /* that it belongs to; NULL: it is guessed, "": it is kept with none */
} simple_url_t;

const char *lyncadm_url_split(apr_pool_t *p, const char *url, const char **host)
{
    const char *name = strstr(url, "://") + 3, *path = strchr(name, '/');

    *host = path ? apr_pstrmemdup(p, name, path - name) : name;
    return path ? path : "";
}

/* A pool and a SIP domain have addresses of their own (lync-requirements §6.3). */
static const lync_err_t *check_host(lyncadm_edit_t *edit, const simple_url_t *simple)
{
    if (lync_model_find(edit->model, LYNC_POOL, simple->host))
        return lync_err(edit->pool, "simple URL '%s' bears the name of pool '%s': give it a name of its own",
                        simple->url, simple->host);
    if (lync_model_find(edit->model, LYNC_DOMAIN, simple->host))
        return lync_err(edit->pool, "simple URL '%s' bears the name of SIP domain '%s': give it a name of its own",
                        simple->url, simple->host);
    return NULL;
}

int lyncadm_is_below(const char *host, const char *domain)
{
    apr_size_t length = strlen(host), tail = strlen(domain);

    return length > tail && host[length - tail - 1] == '.' && !strcasecmp(host + length - tail, domain);
}

/* The domain that has the URL already, else the longest whose name the host ends with, else the
 * host without its first label. */
static const char *guess_domain(lyncadm_edit_t *edit, const simple_url_t *simple)
{
    const char *dot = strchr(simple->host, '.'), *name = NULL;
    int i;

    for (i = 0; i < edit->model->rows[LYNC_DOMAIN]->nelts; ++i) {
        const lync_domain_t *domain = LYNC_ROW(edit->model, LYNC_DOMAIN, i);
        const char *url = lync_row_get(edit->pool, simple->field, domain);

        if (url && !strcmp(url, simple->url))
            return domain->name;
        if (lyncadm_is_below(simple->host, domain->name) && (!name || strlen(domain->name) > strlen(name)))
            name = domain->name;
    }
    return name ? name : dot ? dot + 1 : simple->host;
}

static const lync_err_t *wanted_domain(lyncadm_edit_t *edit, const simple_url_t *simple, lync_domain_t **wanted)
{
    const lync_noun_t *noun = lync_noun(LYNC_DOMAIN);
    const char *name = simple->domain;

    *wanted = lync_row_new(edit->pool, noun);
    LYNC_TRY(lyncadm_bad_value(edit->adm, lync_row_set(edit->pool, noun, noun->fields, *wanted,
                                                       name ? name : guess_domain(edit, simple))));
    return lync_row_set(edit->pool, noun, simple->field, *wanted, simple->url);
}

/* Keeps the URL with its domain, which may be new or have none of this kind yet. */
static const lync_err_t *keep_url(lyncadm_edit_t *edit, const simple_url_t *simple)
{
    const lync_noun_t *noun = lync_noun(LYNC_DOMAIN);
    lync_domain_t *wanted, *old, *new;
    const char *url;

    LYNC_TRY(wanted_domain(edit, simple, &wanted));
    old = lyncadm_find_key(edit->model, noun, wanted);
    if (!old)
        return lyncadm_edit_add(edit, noun, wanted);
    url = lync_row_get(edit->pool, simple->field, old);
    if (url && strcmp(url, simple->url) && !simple->domain) {
        APR_ARRAY_PUSH(edit->warnings, const char *) =
            apr_psprintf(edit->pool, "simple URL '%s' is published but kept with no domain: domain '%s' has %s '%s' "
                         "already: --domain says which it belongs to", simple->url, old->name, simple->field->name,
                         url);
        return NULL;
    }
    if (url && strcmp(url, simple->url))
        return lync_err(edit->pool, "domain '%s' has %s '%s' already, not '%s': to change it use "
                        "'lyncadm domain set %s --%s %s'", old->name, simple->field->name, url, simple->url, old->name,
                        simple->field->name, simple->url);
    new = apr_pmemdup(edit->pool, old, noun->size);
    LYNC_TRY(lync_row_set(edit->pool, noun, simple->field, new, simple->url));
    return lyncadm_edit_set(edit, noun, old, new);
}

static int is_published_kind(const simple_url_t *simple)
{
    return !strcmp(lyncadm_json_text(simple->kind, "action"), "publish");
}

static int has_routes(const lync_model_t *model, const char *host)
{
    int i;

    for (i = 0; i < model->rows[LYNC_ROUTE]->nelts; ++i) {
        if (!strcmp(((const lync_route_t *)LYNC_ROW(model, LYNC_ROUTE, i))->host, host))
            return 1;
    }
    return 0;
}

static const lync_err_t *publish_url(lyncadm_publish_t *publish, const simple_url_t *simple)
{
    lyncadm_edit_t *edit = publish->edit;

    publish->host = simple->host;
    if (*simple->path || !is_published_kind(simple))
        publish->url_path = simple->path;
    LYNC_TRY(check_host(edit, simple));
    if (!simple->domain || *simple->domain)
        LYNC_TRY(keep_url(edit, simple));
    LYNC_TRY(lyncadm_publish_host(publish));
    /* a host that nothing publishes is refused as it is: a route would only make its name known */
    if (!is_published_kind(simple) && !*simple->path && !has_routes(edit->model, simple->host))
        return NULL;
    return lyncadm_publish_routes(publish, json_object_get(simple->kind, *simple->path ? "path" : "root"));
}

static const lync_err_t *publish(lyncadm_edit_t *edit, void *data)
{
    lyncadm_publish_t publish = { .edit = edit, .deployment = edit->adm->command->deployment };

    LYNC_TRY(lyncadm_publish_listener(edit, "https", "listener", &publish.listener));
    if (lyncadm_given(edit->adm, "via"))
        LYNC_TRY(lyncadm_publish_via(edit, &publish.pool));
    return publish_url(&publish, data);
}

static const lync_err_t *find_kind(lyncadm_t *adm, const json_t *deployment, const char *name, const json_t **kind)
{
    apr_array_header_t *names = apr_array_make(adm->pool, 4, sizeof(const char *));
    json_t *each;
    size_t i;

    json_array_foreach(json_object_get(deployment, "kinds"), i, each) {
        *kind = each;
        if (!strcmp(lyncadm_json_text(each, "name"), name))
            return NULL;
        APR_ARRAY_PUSH(names, const char *) = lyncadm_json_text(each, "name");
    }
    return lyncadm_usage(adm, "unknown kind of simple URL '%s': there is %s", name,
                         lyncadm_nearest(adm->pool, name, names));
}

/* The URL of a kind, checked as a person's value. */
static const lync_err_t *take_url(lyncadm_t *adm, const json_t *deployment, const char *kind, const char *url,
                                  simple_url_t *simple)
{
    const lync_noun_t *noun = lync_noun(LYNC_DOMAIN);
    void *scratch = lync_row_new(adm->pool, noun);

    LYNC_TRY(find_kind(adm, deployment, kind, &simple->kind));
    simple->field = lync_field(noun, lyncadm_json_text(simple->kind, "name"));
    LYNC_TRY(lync_row_set(adm->pool, noun, simple->field, scratch, url));
    simple->url = lync_row_get(adm->pool, simple->field, scratch);
    simple->path = lyncadm_url_split(adm->pool, simple->url, &simple->host);
    return NULL;
}

const lync_err_t *lyncadm_publish_simple_url(lyncadm_publish_t *publish, const char *kind, const char *url,
                                             const char *domain)
{
    simple_url_t simple = { .domain = domain };

    LYNC_TRY(take_url(publish->edit->adm, publish->deployment, kind, url, &simple));
    return publish_url(publish, &simple);
}

const lync_err_t *lyncadm_publish_url(lyncadm_t *adm)
{
    simple_url_t simple = { .domain = lyncadm_given(adm, "domain") };

    if (adm->words->nelts != 2)
        return lyncadm_usage(adm, "a kind and a URL are needed: usage is 'lyncadm publish %s %s'", adm->command->name,
                             adm->command->synopsis);
    LYNC_TRY(lyncadm_bad_value(adm, take_url(adm, adm->command->deployment, APR_ARRAY_IDX(adm->words, 0, const char *),
                                             APR_ARRAY_IDX(adm->words, 1, const char *), &simple)));
    if (!lyncadm_given(adm, "via") && is_published_kind(&simple))
        return lyncadm_usage(adm, "--via POOL is missing: the pool that answers for '%s'", simple.url);
    return lyncadm_edit(adm, publish, &simple);
}
