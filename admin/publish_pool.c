#include <apr_strings.h>
#include <string.h>

#include "publish.h"

/* publish pool, director, officewebapps: a public name to a pool, which is added when it is new. */

static const char *pool_name(lyncadm_t *adm)
{
    return lyncadm_given(adm, "name") ? lyncadm_given(adm, "name") : lyncadm_given(adm, "to");
}

/* The pool as the options describe it. */
static const lync_err_t *wanted_pool(lyncadm_t *adm, lync_pool_t **result)
{
    const lync_noun_t *noun = lync_noun(LYNC_POOL);
    lync_pool_t *pool = lync_row_new(adm->pool, noun);
    const lync_field_t *field;

    LYNC_TRY(lync_row_set(adm->pool, noun, noun->fields, pool, pool_name(adm)));
    pool->role = json_string_value(json_array_get(json_object_get(adm->command->deployment, "roles"), 0));
    for (field = noun->fields + 1; field->name; ++field) {
        const char *value = lyncadm_given_field(adm, field);

        if (value && *value)
            LYNC_TRY(lync_row_set(adm->pool, noun, field, pool, value));
    }
    if (!lyncadm_json_has(json_object_get(adm->command->deployment, "roles"), pool->role))
        return lync_err(adm->pool, "'lyncadm publish %s' is not for pools with role '%s'", adm->command->name,
                        pool->role);
    *result = pool;
    return lyncadm_pool_role(adm, pool);
}

/* An old pool must be what the options say; what they do not say does not matter. */
static const lync_err_t *compare_pool(lyncadm_edit_t *edit, const lync_pool_t *old, const lync_pool_t *wanted)
{
    const lync_noun_t *noun = lync_noun(LYNC_POOL);
    const lync_field_t *field;

    if (!lyncadm_json_has(json_object_get(edit->adm->command->deployment, "roles"), old->role))
        return lync_err(edit->pool, "pool '%s' is already there with role '%s', not '%s'", old->name, old->role,
                        wanted->role);
    for (field = noun->fields; field->name; ++field) {
        const char *x = lync_row_get(edit->pool, field, old), *y = lync_row_get(edit->pool, field, wanted);
        const char *given = lyncadm_given_field(edit->adm, field);

        if (!(field->flags & LYNC_FIELD_KEY) && given && *given && (!x || strcmp(x, y)))
            return lyncadm_already(edit->pool, noun, field, old, wanted);
    }
    lyncadm_edit_note(edit, "kept", noun, old, NULL);
    return NULL;
}

static const lync_err_t *see_to_pool(lyncadm_edit_t *edit, const lync_pool_t *wanted)
{
    const lync_noun_t *noun = lync_noun(LYNC_POOL);
    const lync_pool_t *old = lyncadm_find_key(edit->model, noun, wanted);
    apr_array_header_t *hosts = lyncadm_given_all(edit->adm, "to");

    if (old)
        LYNC_TRY(compare_pool(edit, old, wanted));
    else if (!hosts->nelts)
        return lync_err(edit->pool, "there is no pool '%s': name its servers with --to HOST", wanted->name);
    else if (!wanted->ca)
        return lyncadm_usage(edit->adm, "pool '%s' is new and needs --ca FILE: the root certificates that its "
                             "certificates hang on", wanted->name);
    else
        LYNC_TRY(lyncadm_edit_add(edit, noun, wanted));
    return lyncadm_pool_servers(edit, wanted, hosts, !old);
}

static const lync_err_t *publish(lyncadm_edit_t *edit, void *host)
{
    lyncadm_publish_t publish = { .edit = edit, .deployment = edit->adm->command->deployment, .host = host,
                                  .release = lyncadm_given(edit->adm, "release") };
    lync_pool_t *pool;

    LYNC_TRY(lyncadm_bad_value(edit->adm, wanted_pool(edit->adm, &pool)));
    LYNC_TRY(lyncadm_publish_listener(edit, "https", "listener", &publish.listener));
    LYNC_TRY(see_to_pool(edit, pool));
    publish.pool = pool->name;
    LYNC_TRY(lyncadm_publish_host(&publish));
    return lyncadm_publish_routes(&publish, json_object_get(publish.deployment, "https"));
}

/* The releases that the services know of. */
static const lync_err_t *check_release(lyncadm_t *adm)
{
    const char *release = lyncadm_given(adm, "release");
    apr_array_header_t *known = apr_array_make(adm->pool, 4, sizeof(const char *));
    json_t *value;
    size_t i;

    if (!release)
        return NULL;
    json_array_foreach(json_object_get(lyncadm_template(adm->pool, "deployments"), "releases"), i, value) {
        if (!strcmp(json_string_value(value), release))
            return NULL;
        APR_ARRAY_PUSH(known, const char *) = json_string_value(value);
    }
    return lyncadm_usage(adm, "unknown release '%s': there is %s", release,
                         lyncadm_nearest(adm->pool, release, known));
}

const lync_err_t *lyncadm_publish_pool(lyncadm_t *adm)
{
    const lync_noun_t *noun = lync_noun(LYNC_ROUTE);
    lync_route_t *route = lync_row_new(adm->pool, noun);
    lync_pool_t *ignored;

    if (adm->words->nelts != 1)
        return lyncadm_usage(adm, "one public host is needed: usage is 'lyncadm publish %s %s'", adm->command->name,
                             adm->command->synopsis);
    if (!pool_name(adm))
        return lyncadm_usage(adm, "--to HOST is missing: the server that host '%s' is published to",
                             APR_ARRAY_IDX(adm->words, 0, const char *));
    LYNC_TRY(check_release(adm));
    LYNC_TRY(lyncadm_bad_value(adm, wanted_pool(adm, &ignored)));
    LYNC_TRY(lyncadm_bad_value(adm, lync_row_set(adm->pool, noun, lync_field(noun, "host"), route,
                                                 APR_ARRAY_IDX(adm->words, 0, const char *))));
    return lyncadm_edit(adm, publish, (void *)route->host);
}
