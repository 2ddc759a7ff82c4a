#include "check_private.h"

#include <apr_file_info.h>
#include <stdlib.h>

#include "certificate.h"
#include "tls.h"

/* The rule book on the files that a revision names. */

static int presents(const lync_binding_t *binding, const lync_certificate_t *certificate)
{
    return !strcmp(binding->certificate, certificate->name)
           || (binding->beside && !strcmp(binding->beside, certificate->name));
}

/* What mod_ssl would find wrong with it at a listener that presents it, unless a fault is known already: OpenSSL would
 * wait for a FIFO, and ask for a passphrase. *bound: whether a listener does. */
static const char *fault_at_listener(lync_book_t *book, const lync_certificate_t *certificate, const char *fault,
                                     int *bound)
{
    const lync_model_t *model = book->model;
    int i;

    *bound = 0;
    for (i = 0; !(*bound && fault) && i < model->rows[LYNC_BINDING]->nelts; ++i) {
        const lync_binding_t *binding = LYNC_ROW(model, LYNC_BINDING, i);
        const lync_listener_t *listener = lync_model_find(model, LYNC_LISTENER, binding->listener);
        const lync_tls_policy_t *policy = listener ? lync_model_find(model, LYNC_TLS_POLICY, listener->tls_policy)
                                                   : NULL;

        if (!presents(binding, certificate))
            continue;
        *bound = 1;
        if (!fault)
            fault = policy ? lync_tls_certificate_fault(policy, certificate, book->pool) : NULL;
    }
    return fault;
}

static void check_key_mode(lync_book_t *book, const lync_certificate_t *certificate)
{
    apr_finfo_t info;

    if (apr_stat(&info, certificate->key, APR_FINFO_PROT, book->pool) == APR_SUCCESS
        && info.protection & (APR_FPROT_WREAD | APR_FPROT_WWRITE))
        FIND(LYNC_WARNING, LYNC_CERTIFICATE, certificate,
             SAY("key file '%s' of certificate '%s' can be read by every user", certificate->key, certificate->name),
             SAY("chmod 600 %s", certificate->key));
}

/* Clients refuse a leaf that is good when an intermediate is not any more. */
static void check_issuers(lync_book_t *book, const lync_certificate_t *certificate)
{
    const char *not_after = NULL, *expiry;
    const char *issuer = lync_certificate_issuer_end(certificate->chain, &not_after, book->pool);

    expiry = issuer ? lync_certificate_expiry(lync_certificate_time(not_after), apr_time_now()) : NULL;
    if (expiry)
        FIND(LYNC_WARNING, LYNC_CERTIFICATE, certificate,
             SAY("'%s' in the chain of certificate '%s' %s on %.10s: clients will refuse the certificate", issuer,
                 certificate->name, !strcmp(expiry, "expired") ? expiry : "expires", not_after),
             SAY("%s, with the issuer's new one in a file", lync_book_replace(book, certificate)));
}

/* Those of mod_md may not be there yet. */
static void check_certificate(lync_book_t *book, const lync_certificate_t *certificate)
{
    const lync_err_t *err;
    const char *fault;
    int bound;

    if (certificate->managed) {
        lync_check_managed_file(book, certificate);
        return;
    }
    err = lync_certificate_test(certificate, book->pool);
    fault = fault_at_listener(book, certificate, err ? err->sentence : NULL, &bound);
    if (fault)
        FIND(bound ? LYNC_ERROR : LYNC_WARNING, LYNC_CERTIFICATE, certificate,
             SAY("certificate '%s': %s", certificate->name, fault), lync_book_replace(book, certificate));
    else
        check_issuers(book, certificate);
    check_key_mode(book, certificate);
}

static void check_anchors(lync_book_t *book, const lync_pool_t *pool)
{
    const lync_err_t *err = lync_certificate_test_ca(pool->ca, book->pool);
    const char *fault = err ? err->sentence : lync_tls_ca_fault(pool->ca, book->pool);

    if (fault)
        FIND(LYNC_ERROR, LYNC_POOL, pool, SAY("trust anchors of pool '%s': %s", pool->name, fault),
             SAY("lyncadm certificate import FILE --pool %s", pool->name));
}

void lync_check_files(const lync_model_t *model, apr_array_header_t *findings, apr_pool_t *p)
{
    lync_book_t book_ = { model, findings, NULL, NULL, p }, *book = &book_;
    int i;

    for (i = 0; i < model->rows[LYNC_CERTIFICATE]->nelts; ++i)
        check_certificate(book, LYNC_ROW(model, LYNC_CERTIFICATE, i));
    for (i = 0; i < model->rows[LYNC_POOL]->nelts; ++i) {
        const lync_pool_t *pool = LYNC_ROW(model, LYNC_POOL, i);

        if (pool->ca)
            check_anchors(book, pool);
    }
    qsort(findings->elts, findings->nelts, sizeof(lync_finding_t *), lync_book_by_level);
}
