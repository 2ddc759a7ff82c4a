#include <apr_strings.h>
#include <string.h>

#include "certificate.h"
#include "certificate_command.h"
#include "lyncadm.h"

/* What nouns do besides being stored: what is derived, what comes and goes with them. */

#define HTTP_PORT 80

static void listener_options(apr_array_header_t *options)
{
    lyncadm_option(options, "certificate", "NAME", "certificate to present unless a binding says otherwise");
}

/* Port 80 means http unless said; https has a TLS policy, http has none. */
static const lync_err_t *complete_listener(lyncadm_t *adm, void *row, const void *old)
{
    lync_listener_t *listener = row;

    if (!old && !lyncadm_given(adm, "scheme") && listener->port == HTTP_PORT)
        listener->scheme = "http";
    if (lyncadm_given(adm, "tls-policy"))
        return NULL;
    if (strcmp(listener->scheme, "https"))
        listener->tls_policy = NULL;
    else if (!listener->tls_policy)
        listener->tls_policy = lyncadm_default_policy(adm->pool);
    return NULL;
}

static const lync_err_t *refuse_listener(lyncadm_edit_t *edit, const void *row)
{
    const lync_listener_t *listener = row;
    int i;

    for (i = 0; i < edit->model->rows[LYNC_LISTENER]->nelts; ++i) {
        const lync_listener_t *other = LYNC_ROW(edit->model, LYNC_LISTENER, i);

        if (strcmp(other->name, listener->name) && other->port == listener->port
            && !strcmp(other->address, listener->address))
            return lync_err(edit->pool, "listener '%s' cannot listen on '%s' port %d: listener '%s' does",
                            listener->name, listener->address, listener->port, other->name);
    }
    return NULL;
}

static const lync_err_t *listener_added(lyncadm_edit_t *edit, const void *row, int is_new)
{
    const lync_noun_t *noun = lync_noun(LYNC_BINDING);
    const char *certificate = lyncadm_given(edit->adm, "certificate");
    lync_binding_t *binding = lync_row_new(edit->pool, noun);

    (void)is_new;
    if (!certificate)
        return NULL;
    binding->listener = ((const lync_listener_t *)row)->name;
    LYNC_TRY(lyncadm_bad_value(edit->adm, lync_row_set(edit->pool, noun, lync_field(noun, "certificate"), binding,
                                                       certificate)));
    return lyncadm_edit_add(edit, noun, binding);
}

/* Its files and facts are mod_md's business. */
static const lync_err_t *keep_managed(lyncadm_t *adm, const lync_certificate_t *certificate)
{
    if (!lyncadm_given(adm, "chain") && !lyncadm_given(adm, "key"))
        return NULL;
    return lync_err(adm->pool, "certificate '%s' is managed by mod_md, which sees to its files: add one with files of "
                    "its own under another name, and bind that", certificate->name);
}

/* The key may be in the chain's file; the facts are always those of the files, which are nobody else's now. */
static const lync_err_t *complete_certificate(lyncadm_t *adm, void *row, const void *old)
{
    lync_certificate_t *certificate = row;
    const lync_certificate_t *was = old;

    if (was && was->managed)
        return keep_managed(adm, was);
    if (!lyncadm_given(adm, "key") && (!was || !strcmp(was->key, was->chain)))
        certificate->key = certificate->chain;
    certificate->source = NULL;
    return certificate->chain && certificate->key ? lync_certificate_adopt(certificate, adm->pool) : NULL;
}

static void pool_options(apr_array_header_t *options)
{
    lyncadm_option(options, "server", "HOST", "a server of the pool, repeatable (the pool's own name unless given)");
    APR_ARRAY_IDX(options, options->nelts - 1, lyncadm_option_t).is_list = 1;
}

const lync_err_t *lyncadm_pool_role(lyncadm_t *adm, lync_pool_t *pool)
{
    const lync_noun_t *noun = lync_noun(LYNC_POOL);
    const json_t *roles = json_object_get(lyncadm_template(adm->pool, "deployments"), "roles");
    const lync_pool_t given = *pool;
    const lync_field_t *field;

    LYNC_TRY(lyncadm_json_row(adm->pool, noun, pool, json_object_get(roles, pool->role)));
    for (field = noun->fields; field->name; ++field) {
        if (lyncadm_given_field(adm, field) && *lyncadm_given_field(adm, field))
            LYNC_TRY(lync_row_set(adm->pool, noun, field, pool, lync_row_get(adm->pool, field, &given)));
    }
    return NULL;
}

static const lync_err_t *complete_pool(lyncadm_t *adm, void *row, const void *old)
{
    return old ? NULL : lyncadm_pool_role(adm, row);
}

const lync_err_t *lyncadm_pool_servers(lyncadm_edit_t *edit, const lync_pool_t *pool, const apr_array_header_t *hosts,
                                       int is_new)
{
    const lync_noun_t *noun = lync_noun(LYNC_SERVER);
    int i;

    for (i = 0; i < hosts->nelts; ++i) {
        const char *host = APR_ARRAY_IDX(hosts, i, const char *);
        lync_server_t *server = lync_row_new(edit->pool, noun);

        LYNC_TRY(lyncadm_bad_value(edit->adm, lync_row_set(edit->pool, noun, lync_field(noun, "host"), server, host)));
        server->pool = pool->name;
        if (is_new)
            LYNC_TRY(lyncadm_edit_add(edit, noun, server));
        else if (!lyncadm_find_key(edit->model, noun, server))
            return lync_err(edit->pool, "pool '%s' is already there without server '%s': to add it use "
                            "'lyncadm server add %s --pool %s'", pool->name, server->host, server->host, pool->name);
    }
    return NULL;
}

static const lync_err_t *pool_added(lyncadm_edit_t *edit, const void *row, int is_new)
{
    const lync_pool_t *pool = row;
    apr_array_header_t *hosts = lyncadm_given_all(edit->adm, "server");

    if (!hosts->nelts && is_new)
        APR_ARRAY_PUSH(hosts, const char *) = pool->name;
    return lyncadm_pool_servers(edit, pool, hosts, is_new);
}

static const lyncadm_special_t specials[] = {
    { LYNC_LISTENER, listener_options, complete_listener, refuse_listener, listener_added, LYNC_BINDING, NULL, NULL },
    { LYNC_CERTIFICATE, NULL, complete_certificate, NULL, NULL, -1, "key", lyncadm_certificate_show },
    { LYNC_POOL, pool_options, complete_pool, NULL, pool_added, LYNC_SERVER,
      "https_port http_port cookie health_path", NULL },
};

const lyncadm_special_t *lyncadm_special(const lync_noun_t *noun)
{
    apr_size_t i;

    for (i = 0; i < sizeof(specials) / sizeof(specials[0]); ++i) {
        if (specials[i].noun == noun->id)
            return &specials[i];
    }
    return NULL;
}
