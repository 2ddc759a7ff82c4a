#include "managed.h"

#include <apr_file_info.h>
#include <apr_strings.h>
#include <string.h>

#define DOMAINS "/domains/"
#define FALLBACK "fallback-"

void lync_managed_fill(lync_certificate_t *certificate, const char *names, const char *store, const char *domain,
                       apr_pool_t *p)
{
    certificate->managed = names;
    certificate->names = names;
    certificate->chain = apr_pstrcat(p, store, DOMAINS, domain, "/" LYNC_MANAGED_CHAIN, NULL);
    certificate->key = apr_pstrcat(p, store, DOMAINS, domain, "/" LYNC_MANAGED_KEY, NULL);
}

/* Where "/domains/NAME/pubcert.pem" begins in the chain's file name, or NULL. */
static const char *tail_of(const lync_certificate_t *certificate)
{
    const char *chain = certificate->chain, *end = strrchr(chain, '/'), *begin;

    if (!end || strcmp(end + 1, LYNC_MANAGED_CHAIN))
        return NULL;
    for (begin = end; begin > chain && begin[-1] != '/'; --begin)
        ;
    begin -= strlen(DOMAINS);
    return begin > chain && begin + strlen(DOMAINS) < end && !strncmp(begin, DOMAINS, strlen(DOMAINS)) ? begin : NULL;
}

const char *lync_managed_store(const lync_certificate_t *certificate, apr_pool_t *p)
{
    const char *tail = tail_of(certificate);

    return tail ? apr_pstrmemdup(p, certificate->chain, (apr_size_t)(tail - certificate->chain)) : NULL;
}

const char *lync_managed_domain(const lync_certificate_t *certificate, apr_pool_t *p)
{
    const char *tail = tail_of(certificate), *name = tail ? tail + strlen(DOMAINS) : NULL;

    return name ? apr_pstrmemdup(p, name, strcspn(name, "/")) : NULL;
}

apr_array_header_t *lync_managed_names(const lync_certificate_t *certificate, apr_pool_t *p)
{
    apr_array_header_t *names = apr_array_make(p, 8, sizeof(const char *));
    const char *domain = lync_managed_domain(certificate, p);
    char *last, *word;

    if (domain && lync_word_in(certificate->managed, domain))
        APR_ARRAY_PUSH(names, const char *) = domain;
    for (word = apr_strtok(apr_pstrdup(p, certificate->managed), " ", &last); word;
         word = apr_strtok(NULL, " ", &last))
        if (!domain || strcasecmp(word, domain))
            APR_ARRAY_PUSH(names, const char *) = word;
    return names;
}

int lync_managed_is_there(const lync_certificate_t *certificate, apr_pool_t *p)
{
    apr_finfo_t info;

    return !APR_STATUS_IS_ENOENT(apr_stat(&info, certificate->chain, APR_FINFO_TYPE, p));
}

/* Like it, with files named so in a directory of that group of mod_md's store. */
static lync_certificate_t *other(const lync_certificate_t *certificate, const char *group, const char *prefix,
                                 apr_pool_t *p)
{
    lync_certificate_t *copy = apr_pmemdup(p, certificate, sizeof(*copy));
    const char *store = lync_managed_store(certificate, p);
    const char *directory = store ? apr_pstrcat(p, store, group, lync_managed_domain(certificate, p), "/", NULL)
                                  : "/";

    copy->chain = apr_pstrcat(p, directory, prefix, LYNC_MANAGED_CHAIN, NULL);
    copy->fingerprint = NULL;
    copy->key = apr_pstrcat(p, directory, prefix, LYNC_MANAGED_KEY, NULL);
    return copy;
}

lync_certificate_t *lync_managed_staged(const lync_certificate_t *certificate, apr_pool_t *p)
{
    return other(certificate, "/staging/", "", p);
}

lync_certificate_t *lync_managed_fallback(const lync_certificate_t *certificate, apr_pool_t *p)
{
    return other(certificate, DOMAINS, FALLBACK, p);
}

int lync_managed_is_fallback(const lync_certificate_t *certificate)
{
    const char *slash = strrchr(certificate->chain, '/');

    return slash && !strcmp(slash + 1, FALLBACK LYNC_MANAGED_CHAIN);
}

int lync_managed_is_bound(const lync_model_t *model, const lync_certificate_t *certificate)
{
    int i;

    for (i = 0; i < model->rows[LYNC_BINDING]->nelts; ++i) {
        const lync_binding_t *binding = LYNC_ROW(model, LYNC_BINDING, i);

        if (!strcmp(binding->certificate, certificate->name)
            || (binding->beside && !strcmp(binding->beside, certificate->name)))
            return 1;
    }
    return 0;
}
