#include <apr_strings.h>

#include "publish.h"

/* publish discover: the name that clients of a SIP domain look for first. */

static const lync_err_t *see_to_domain(lyncadm_edit_t *edit, const lync_domain_t *domain)
{
    const lync_noun_t *noun = lync_noun(LYNC_DOMAIN);
    const void *old = lyncadm_find_key(edit->model, noun, domain);

    if (!old)
        return lyncadm_edit_add(edit, noun, domain);
    lyncadm_edit_note(edit, "kept", noun, old, NULL);
    return NULL;
}

const char *lyncadm_publish_discover_host(apr_pool_t *p, const json_t *deployment, const char *domain)
{
    return apr_pstrcat(p, lyncadm_json_text(deployment, "host"), ".", domain, NULL);
}

const lync_err_t *lyncadm_publish_discover(lyncadm_publish_t *publish)
{
    LYNC_TRY(lyncadm_publish_host(publish));
    return lyncadm_publish_routes(publish, json_object_get(publish->deployment, publish->listener->scheme));
}

static const lync_err_t *publish_on(lyncadm_publish_t *publish, const char *scheme, const char *option)
{
    LYNC_TRY(lyncadm_publish_listener(publish->edit, scheme, option, &publish->listener));
    return lyncadm_publish_discover(publish);
}

static const lync_err_t *publish(lyncadm_edit_t *edit, void *data)
{
    const lync_domain_t *domain = data;
    lyncadm_publish_t publish = { .edit = edit, .deployment = edit->adm->command->deployment };
    int only_http = lyncadm_given(edit->adm, "http-only") != NULL;

    publish.host = lyncadm_publish_discover_host(edit->pool, publish.deployment, domain->name);
    LYNC_TRY(lyncadm_publish_via(edit, &publish.pool));
    LYNC_TRY(see_to_domain(edit, domain));
    LYNC_TRY(lyncadm_publish_host(&publish));
    if (!only_http)
        LYNC_TRY(publish_on(&publish, "https", "listener"));
    return only_http || lyncadm_given(edit->adm, "http") ? publish_on(&publish, "http", "http-listener") : NULL;
}

const lync_err_t *lyncadm_publish_domain(lyncadm_t *adm)
{
    const lync_noun_t *noun = lync_noun(LYNC_DOMAIN);
    lync_domain_t *domain = lync_row_new(adm->pool, noun);

    if (adm->words->nelts != 1)
        return lyncadm_usage(adm, "one SIP domain is needed: usage is 'lyncadm publish %s %s'", adm->command->name,
                             adm->command->synopsis);
    if (!lyncadm_given(adm, "via"))
        return lyncadm_usage(adm, "--via POOL is missing: the pool that answers for '%s'",
                             APR_ARRAY_IDX(adm->words, 0, const char *));
    LYNC_TRY(lyncadm_bad_value(adm, lync_row_set(adm->pool, noun, noun->fields, domain,
                                                 APR_ARRAY_IDX(adm->words, 0, const char *))));
    return lyncadm_edit(adm, publish, domain);
}
