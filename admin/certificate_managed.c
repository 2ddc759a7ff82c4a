#include <apr_file_info.h>
#include <apr_strings.h>
#include <string.h>

#include "certificate_command.h"
#include "who.h"
#include "managed.h"

/* certificate managed: names for which mod_md gets and renews a certificate. */

void lyncadm_managed_options(apr_array_header_t *options)
{
    lyncadm_option(options, "name", "NAME", "name of the certificate (the first host unless given)");
    lyncadm_option(options, "md-directory", "DIR", "mod_md's store, which httpd's MDStoreDir names (" LYNC_MANAGED_STORE
                   " unless given, or as it is)");
    APR_ARRAY_IDX(options, options->nelts - 1, lyncadm_option_t).is_file = 1;
    lyncadm_edit_options(options);
}

/* The hosts as words, each once. */
static const lync_err_t *take_hosts(lyncadm_t *adm, const char **names)
{
    const lync_noun_t *noun = lync_noun(LYNC_ROUTE);
    lync_route_t *route = lync_row_new(adm->pool, noun);
    int i;

    if (!adm->words->nelts)
        return lyncadm_usage(adm, "a host is missing: usage is 'lyncadm %s %s'",
                             lyncadm_command_words(adm->pool, adm->command), adm->command->synopsis);
    *names = "";
    for (i = 0; i < adm->words->nelts; ++i) {
        const char *word = APR_ARRAY_IDX(adm->words, i, const char *);

        if (!strncmp(word, "*.", 2))
            return lyncadm_usage(adm, "'%s' cannot be managed: a CA gives certificates for wildcards only to who writes "
                                 "into DNS; name each host", word);
        LYNC_TRY(lyncadm_bad_value(adm, lync_row_set(adm->pool, noun, lync_field(noun, "host"), route, word)));
        if (!lync_word_in(*names, route->host))
            *names = apr_pstrcat(adm->pool, *names, **names ? " " : "", route->host, NULL);
    }
    return NULL;
}

/* Whether mod_md has one of the names in this directory of its store. */
static int has_name(const char *directory, const char *names, apr_pool_t *p)
{
    json_t *domain = json_load_file(apr_pstrcat(p, directory, "/md.json", NULL), 0, NULL), *name;
    size_t i;
    int found = 0;

    json_array_foreach(json_object_get(domain, "domains"), i, name) {
        found |= json_is_string(name) && lync_word_in(names, json_string_value(name));
    }
    json_decref(domain);
    return found;
}

/* The directory in which mod_md keeps the names: one that has some of them already stays theirs. */
static const char *domain_of(const char *store, const char *names, apr_pool_t *p)
{
    const char *domains = apr_pstrcat(p, store, "/domains", NULL), *found = NULL;
    apr_finfo_t info;
    apr_dir_t *all;

    if (apr_dir_open(&all, domains, p) == APR_SUCCESS) {
        while (!found && apr_dir_read(&info, APR_FINFO_NAME, all) == APR_SUCCESS)
            if (*info.name != '.' && has_name(apr_pstrcat(p, domains, "/", info.name, NULL), names, p))
                found = apr_pstrdup(p, info.name);
        apr_dir_close(all);
    }
    return found ? found : apr_pstrmemdup(p, names, strcspn(names, " "));
}

static const lync_err_t *manage(lyncadm_edit_t *edit, void *data)
{
    lync_certificate_t *wanted = data;
    const lync_noun_t *noun = lync_noun(LYNC_CERTIFICATE);
    const lync_certificate_t *old = lync_model_find(edit->model, LYNC_CERTIFICATE, wanted->name);
    const char *store = lyncadm_given(edit->adm, "md-directory");

    if (old && !old->managed)
        return lync_err(edit->pool, "certificate '%s' is there already, with the files '%s' and '%s': give the one that "
                        "mod_md sees to another --name, and bind it then", old->name, old->chain, old->key);
    if (!store)
        store = old ? lync_managed_store(old, edit->pool) : LYNC_MANAGED_STORE;
    lync_managed_fill(wanted, wanted->managed, store ? store : LYNC_MANAGED_STORE,
                      domain_of(store ? store : LYNC_MANAGED_STORE, wanted->managed, edit->pool), edit->pool);
    return old ? lyncadm_edit_set(edit, noun, old, wanted) : lyncadm_edit_add(edit, noun, wanted);
}

const lync_err_t *lyncadm_certificate_managed(lyncadm_t *adm)
{
    const lync_noun_t *noun = lync_noun(LYNC_CERTIFICATE);
    lync_certificate_t *certificate = lync_row_new(adm->pool, noun);
    const char *name = lyncadm_given(adm, "name");

    LYNC_TRY(take_hosts(adm, &certificate->managed));
    if (!name)
        name = apr_pstrmemdup(adm->pool, certificate->managed, strcspn(certificate->managed, " "));
    LYNC_TRY(lyncadm_bad_value(adm, lync_row_set(adm->pool, noun, lync_field(noun, "name"), certificate, name)));
    return lyncadm_edit(adm, manage, certificate);
}
