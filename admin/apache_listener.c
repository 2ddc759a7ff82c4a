#include <apr_lib.h>
#include <apr_strings.h>
#include <string.h>

#include "apache_plan.h"
#include "certificate.h"
#include "tls.h"

/* Listeners of an old configuration, with their certificates and TLS policies. */

static const char *scheme_of(const apache_site_t *site)
{
    return site->is_tls ? "https" : "http";
}

/* The lowest version of a set. */
static unsigned int lowest(unsigned int versions)
{
    return versions & (~versions + 1);
}

/* What mod_ssl takes, and knows no more, is left out. */
static const char *protocols_of(const apache_plan_t *plan, const apache_node_t *protocol)
{
    apr_array_header_t *words = apr_array_make(plan->pool, 4, sizeof(const char *));
    int i;

    for (i = 0; i < protocol->words->nelts; ++i) {
        if (strcasecmp(apache_word(protocol, i), "-SSLv2"))
            APR_ARRAY_PUSH(words, const char *) = apache_word(protocol, i);
    }
    return words->nelts ? apr_array_pstrcat(plan->pool, words, ' ') : "";
}

const char *apache_policy(apache_plan_t *plan, const apache_node_t *protocol)
{
    const lync_model_t *model = plan->edit->model;
    lync_tls_policy_t old = { .protocols = protocol ? protocols_of(plan, protocol) : "" };
    unsigned int versions = protocol ? lync_tls_versions(&old, plan->pool) : 0;
    int i;

    if (!protocol)
        return NULL;
    for (i = 0; versions && i < model->rows[LYNC_TLS_POLICY]->nelts; ++i) {
        const lync_tls_policy_t *policy = LYNC_ROW(model, LYNC_TLS_POLICY, i);

        if (lowest(lync_tls_versions(policy, plan->pool)) == lowest(versions))
            return policy->name;
    }
    apache_skip(plan->apache, protocol, "no TLS policy begins with its lowest version: '%s' is proposed",
                lyncadm_default_policy(plan->pool));
    return NULL;
}

/* The listener that an address is served by; one for all addresses serves each. */
static const lync_listener_t *find(const lync_model_t *model, const char *scheme, const apache_address_t *address)
{
    int i;

    for (i = 0; i < model->rows[LYNC_LISTENER]->nelts; ++i) {
        const lync_listener_t *listener = LYNC_ROW(model, LYNC_LISTENER, i);

        if (!strcmp(listener->scheme, scheme) && listener->port == address->port
            && (!strcmp(listener->address, "*") || !strcmp(listener->address, address->address)))
            return listener;
    }
    return NULL;
}

static const char *free_name(const apache_plan_t *plan, const char *scheme, int port)
{
    const char *first = proposal_listener_name(plan->proposal, scheme, port), *name = first;
    int n;

    for (n = 2; lync_model_find(plan->edit->model, LYNC_LISTENER, name); ++n)
        name = apr_psprintf(plan->pool, "%s-%d", first, n);
    return name;
}

static const char *draft_certificate(const lync_model_t *model, const lync_certificate_t *wanted)
{
    int i;

    for (i = 0; i < model->rows[LYNC_CERTIFICATE]->nelts; ++i) {
        const lync_certificate_t *certificate = LYNC_ROW(model, LYNC_CERTIFICATE, i);

        if (certificate->chain && !strcmp(certificate->chain, wanted->chain) && !strcmp(certificate->key, wanted->key))
            return certificate->name;
    }
    return NULL;
}

static const lync_err_t *set_file(apache_plan_t *plan, const char *field, const apache_node_t *file,
                                  lync_certificate_t *certificate)
{
    const lync_noun_t *noun = lync_noun(LYNC_CERTIFICATE);

    return lync_row_set(plan->pool, noun, lync_field(noun, field), certificate,
                        apache_path(plan->apache, apache_word(file, 0)));
}

/* What a site's certificate files are, with the facts of them; NULL: they cannot be taken over. */
static lync_certificate_t *read_files(apache_plan_t *plan, const apache_site_t *site, const apache_node_t *file)
{
    const apache_node_t *key = apache_setting(site->node, "SSLCertificateKeyFile");
    const apache_node_t *chain = apache_setting(site->node, "SSLCertificateChainFile");
    lync_certificate_t *certificate = lync_row_new(plan->pool, lync_noun(LYNC_CERTIFICATE));
    const lync_err_t *err = set_file(plan, "chain", file, certificate);

    if (!err)
        err = set_file(plan, "key", key ? key : file, certificate);
    if (!err && !draft_certificate(plan->edit->model, certificate))
        err = lync_certificate_adopt(certificate, plan->pool);
    if (!err && !chain)
        return certificate;
    apache_skip(plan->apache, chain && !err ? chain : file, "%s", err ? err->sentence
                : "its chain is in a file of its own: 'lyncadm certificate import' of the three files makes one");
    return err ? NULL : certificate;
}

static const char *certificate_name(const apache_plan_t *plan, const apache_site_t *site)
{
    const char *first = site->names->nelts ? APR_ARRAY_IDX(site->names, 0, const char *) : "imported", *name = first;
    int n;

    for (n = 2; lync_model_find(plan->edit->model, LYNC_CERTIFICATE, name); ++n)
        name = apr_psprintf(plan->pool, "%s-%d", first, n);
    return name;
}

/* Of several, the last is taken; with RSA and EC one would go beside the other. */
static void skip_others(apache_plan_t *plan, const apache_site_t *site, const apache_node_t *taken)
{
    int i;

    for (i = 0; i < taken->parent->children->nelts; ++i) {
        const apache_node_t *node = APR_ARRAY_IDX(taken->parent->children, i, const apache_node_t *);

        if (apache_is(node, taken->name) && node != taken)
            apache_skip(plan->apache, node, "of the certificates of '%s' the last is taken: 'lyncadm binding set' has "
                        "--beside for another kind of key", certificate_name(plan, site));
    }
}

/* The certificate of a site: the draft's of these files, or a new one; NULL: the listener waits for one. */
static const lync_err_t *see_to_certificate(apache_plan_t *plan, const apache_site_t *site, const char **name)
{
    const apache_node_t *file = apache_setting(site->node, "SSLCertificateFile");
    lync_certificate_t *certificate = file ? read_files(plan, site, file) : NULL;

    *name = certificate ? draft_certificate(plan->edit->model, certificate) : NULL;
    if (file)
        skip_others(plan, site, file);
    else
        apache_skip(plan->apache, site->node, "it has no SSLCertificateFile: the listener waits for a certificate");
    if (*name || !certificate)
        return NULL;
    certificate->name = *name = certificate_name(plan, site);
    return lyncadm_edit_add(plan->edit, lync_noun(LYNC_CERTIFICATE), certificate);
}

static const lync_err_t *add_binding(apache_plan_t *plan, const lync_listener_t *listener, const char *host,
                              const char *certificate)
{
    const lync_noun_t *noun = lync_noun(LYNC_BINDING);
    lync_binding_t *binding = lync_row_new(plan->pool, noun);

    binding->listener = listener->name;
    binding->host = host;
    binding->certificate = certificate;
    return lyncadm_find_key(plan->edit->model, noun, binding) ? NULL : lyncadm_edit_add(plan->edit, noun, binding);
}

const lync_err_t *apache_plan_binding(apache_plan_t *plan, const apache_site_t *site, const lync_listener_t *listener,
                                      const char *host)
{
    const char *certificate, *usual = proposal_certificate_of(plan->edit->model, listener->name);

    LYNC_TRY(see_to_certificate(plan, site, &certificate));
    if (!certificate || (usual && !strcmp(usual, certificate)))
        return NULL;
    return add_binding(plan, listener, usual ? host : "*", certificate);
}

const lync_err_t *apache_plan_listener(apache_plan_t *plan, const apache_site_t *site, const apache_address_t *address,
                                       const lync_listener_t **result)
{
    const lync_noun_t *noun = lync_noun(LYNC_LISTENER);
    lync_listener_t *listener;

    *result = find(plan->edit->model, scheme_of(site), address);
    if (*result)
        return NULL;
    listener = lync_row_new(plan->pool, noun);
    listener->name = free_name(plan, scheme_of(site), address->port);
    listener->address = address->address;
    listener->port = address->port;
    listener->scheme = scheme_of(site);
    if (site->is_tls) {
        const char *policy = apache_policy(plan, apache_setting(site->node, "SSLProtocol"));

        listener->tls_policy = policy ? policy : lyncadm_default_policy(plan->pool);
        if (apache_setting(site->node, "SSLCipherSuite"))
            proposal_warn(plan->proposal, "cipher suites of listener '%s' are those of TLS policy '%s'", listener->name,
                          listener->tls_policy);
    }
    *result = listener;
    return lyncadm_edit_add(plan->edit, noun, listener);
}
