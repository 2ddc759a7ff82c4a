#ifndef LYNC_CERTIFICATE_H
#define LYNC_CERTIFICATE_H

#include <apr_time.h>
#include <openssl/x509.h>

#include "lync.h"

/* Certificates on disk, by OpenSSL. The first certificate of a chain file is the leaf. */

/* Reads chain and key and fills the row's facts but missing, in p. Errors: file unreadable, no certificate in it, key does
 * not match; when only the key is at fault the facts are there. */
const lync_err_t *lync_certificate_read(lync_certificate_t *certificate, apr_pool_t *p) LYNC_MUST_USE;

/* The same with missing, for a row of the store: looks into this system's root certificates, which takes a while. */
const lync_err_t *lync_certificate_adopt(lync_certificate_t *certificate, apr_pool_t *p) LYNC_MUST_USE;

/* Fills the facts from PEM text: of a certificate that somebody presents. */
const lync_err_t *lync_certificate_presented(lync_certificate_t *facts, const char *pem, apr_pool_t *p) LYNC_MUST_USE;

/* Proves that the files can be served as they are now: readable, PEM, key and leaf match. */
const lync_err_t *lync_certificate_test(const lync_certificate_t *certificate, apr_pool_t *p) LYNC_MUST_USE;

/* Proves that a file holds at least one trust anchor. */
const lync_err_t *lync_certificate_test_ca(const char *ca, apr_pool_t *p) LYNC_MUST_USE;

/* The name of the issuer in a chain file that ends first, and when, in p; NULL: there is none, or no such file. */
const char *lync_certificate_issuer_end(const char *file, const char **not_after, apr_pool_t *p);

/* Whether the names cover host: exactly, or by a wildcard for its first label. */
int lync_certificate_covers(const lync_certificate_t *certificate, const char *host);

/* certificate_facts.c */

/* Fills the facts but missing from a leaf and what follows it, in p. */
void lync_certificate_facts(lync_certificate_t *certificate, STACK_OF(X509) *chain, apr_pool_t *p);

/* A subject's or issuer's name as RFC 2253 has it, in p; "(no name)" of an empty one: a leaf needs none. */
const char *lync_certificate_name(const X509_NAME *name, apr_pool_t *p);

/* ISO 8601, UTC, in p; NULL: it is no time. */
const char *lync_certificate_iso(const ASN1_TIME *when, apr_pool_t *p);

/* SHA-256 of a certificate, hex, in p. */
const char *lync_certificate_fingerprint(X509 *leaf, apr_pool_t *p);

/* certificate_chain.c */

/* Whether a certificate bears the signature of the issuer's key. */
int lync_certificate_issued(X509 *issuer, X509 *certificate);

/* The one among candidates that issued a certificate, or NULL; not the certificate itself. */
X509 *lync_certificate_issuer(STACK_OF(X509) *candidates, X509 *certificate);

/* The leaf and its issuers in order, as far as there are candidates; to be freed, its certificates not. */
STACK_OF(X509) *lync_certificate_path(STACK_OF(X509) *candidates, X509 *leaf);

/* Whether a root certificate of this system issued it. */
int lync_certificate_system_root(X509 *certificate);

/* The issuer at which the chain of the first certificate breaks off, in p: it is neither there nor a root of this
 * system. NULL: the chain is whole. */
const char *lync_certificate_missing(STACK_OF(X509) *chain, apr_pool_t *p);

/* Of the issuers of the first certificate that are there, the one that ends first, or NULL. */
X509 *lync_certificate_first_to_end(STACK_OF(X509) *chain);

/* A fact's time, from ISO 8601. */
apr_time_t lync_certificate_time(const char *iso);

/* How many seconds before the end of a certificate something should be done about it: so many days; of a managed one a
 * part of its life, LYNC_MANAGED_WARNING. */
apr_int64_t lync_certificate_warning(const lync_certificate_t *facts, int days);

/* "expired", or "expiring" within LYNC_EXPIRY_WARNING_DAYS; NULL: neither, or the end is 0, not known. */
const char *lync_certificate_expiry(apr_time_t end, apr_time_t now);

#endif
