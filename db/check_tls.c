#include "check_private.h"

#include "tls.h"

/* The rule book on TLS policies, and on where they are used (lync-requirements §18). */

void lync_check_tls_policy(lync_book_t *book, const lync_tls_policy_t *policy)
{
    const char *fault = lync_tls_policy_fault(policy, book->pool);

    if (fault)
        FIND(LYNC_ERROR, LYNC_TLS_POLICY, policy, SAY("TLS policy '%s': %s", policy->name, fault),
             SAY("lyncadm tls-policy set %s --protocols WORDS --ciphers LIST", policy->name));
}

/* What is old and weak is used on purpose or not at all, so it is told each time. */
void lync_check_old_tls(lync_book_t *book, lync_noun_id_t noun, const void *row, const char *name, const char *policy)
{
    const lync_tls_policy_t *used = lync_model_find(book->model, LYNC_TLS_POLICY, policy);

    if (!used || !(lync_tls_versions(used, book->pool) & (LYNC_TLS_1_0 | LYNC_TLS_1_1)))
        return;
    FIND(LYNC_WARNING, noun, row,
         SAY("%s '%s' speaks TLS 1.0 or 1.1 (policy '%s'), which is broken%s: it is for Lync 2010, Lync Phone Edition, "
             "Lync for Mac 2011 and servers without TLS 1.2 only", lync_noun(noun)->name, name, policy,
             strstr(used->ciphers, "@SECLEVEL=0") ? " and needs OpenSSL's security level 0"
             : " and which OpenSSL refuses without @SECLEVEL=0 in the ciphers"),
         SAY("lyncadm %s set %s --tls-policy intermediate", lync_noun(noun)->name, name));
}

void lync_check_pool_tls(lync_book_t *book, const lync_pool_t *pool)
{
    const lync_tls_policy_t *policy = lync_model_find(book->model, LYNC_TLS_POLICY, pool->tls_policy);

    lync_check_old_tls(book, LYNC_POOL, pool, pool->name, pool->tls_policy);
    if (policy && lync_tls_versions(policy, book->pool) == LYNC_TLS_1_3)
        FIND(LYNC_WARNING, LYNC_POOL, pool,
             SAY("pool '%s' is spoken to with TLS 1.3 only (policy '%s'), which Windows Server before 2022 has not",
                 pool->name, policy->name),
             SAY("lyncadm pool set %s --tls-policy intermediate", pool->name));
}
