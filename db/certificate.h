#ifndef LYNC_CERTIFICATE_H
#define LYNC_CERTIFICATE_H

#include <apr_time.h>

#include "lync.h"

/* Certificates on disk, by OpenSSL. The first certificate of a chain file is the leaf. */

/* Reads chain and key and fills the row's facts (subject, names, not_before, not_after,
 * fingerprint), in p. Errors: file unreadable, no certificate in it, key does not match; when only the key is at
 * fault the facts are there. */
const lync_err_t *lync_certificate_read(lync_certificate_t *certificate, apr_pool_t *p) LYNC_MUST_USE;

/* Fills the facts from PEM text: of a certificate that somebody presents. */
const lync_err_t *lync_certificate_facts(lync_certificate_t *facts, const char *pem, apr_pool_t *p) LYNC_MUST_USE;

/* Proves that the files can be served as they are now: readable, PEM, key and leaf match. */
const lync_err_t *lync_certificate_test(const lync_certificate_t *certificate, apr_pool_t *p) LYNC_MUST_USE;

/* Proves that a file holds at least one trust anchor. */
const lync_err_t *lync_certificate_test_ca(const char *ca, apr_pool_t *p) LYNC_MUST_USE;

/* Whether the names cover host: exactly, or by a wildcard for its first label. */
int lync_certificate_covers(const lync_certificate_t *certificate, const char *host);

/* A fact's time, from ISO 8601. */
apr_time_t lync_certificate_time(const char *iso);

/* "expired", or "expiring" within LYNC_EXPIRY_WARNING_DAYS; NULL: neither, or the end is 0, not known. */
const char *lync_certificate_expiry(apr_time_t end, apr_time_t now);

#endif
