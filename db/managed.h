#ifndef LYNC_MANAGED_H
#define LYNC_MANAGED_H

#include "lync.h"

/*
 * Certificates that mod_md gets and renews. It keeps each in a directory of its store, domains/NAME, named by the
 * first of its names when mod_md first met it; what it got waits in staging/NAME for httpd's next reload.
 */

#define LYNC_MANAGED_CHAIN "pubcert.pem"
#define LYNC_MANAGED_KEY "privkey.pem"
#define LYNC_MANAGED_STORE "/etc/apache2/md"    /* MDStoreDir, unless httpd's configuration says otherwise, on Debian */

/* What is left of a certificate's life, of a hundred parts, when mod_md should have renewed it long ago: from then on
 * it warns as well (MDWarnWindow). */
#define LYNC_MANAGED_WARNING 10

/* Fills a row in for these names (space separated) in p: its files are in this store under this name. */
void lync_managed_fill(lync_certificate_t *certificate, const char *names, const char *store, const char *domain,
                       apr_pool_t *p);

/* mod_md's store and the name under which it keeps the certificate, in p; NULL: the row's files are not like
 * mod_md's. */
const char *lync_managed_store(const lync_certificate_t *certificate, apr_pool_t *p);
const char *lync_managed_domain(const lync_certificate_t *certificate, apr_pool_t *p);

/* The names, of const char * in p, in the order in which mod_md has to have them: the first is the directory's. */
apr_array_header_t *lync_managed_names(const lync_certificate_t *certificate, apr_pool_t *p);

/* Whether mod_md has got it and httpd has taken it. */
int lync_managed_is_there(const lync_certificate_t *certificate, apr_pool_t *p);

/* A row like it, in p, whose files are: those that wait for a reload; the self-signed ones that mod_ssl presents while
 * there are none. */
lync_certificate_t *lync_managed_staged(const lync_certificate_t *certificate, apr_pool_t *p);
lync_certificate_t *lync_managed_fallback(const lync_certificate_t *certificate, apr_pool_t *p);

/* Whether a row's files are the self-signed ones. */
int lync_managed_is_fallback(const lync_certificate_t *certificate);

/* Whether a listener presents the certificate. */
int lync_managed_is_bound(const lync_model_t *model, const lync_certificate_t *certificate);

#endif
