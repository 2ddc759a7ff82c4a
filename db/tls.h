#ifndef LYNC_TLS_H
#define LYNC_TLS_H

#include "lync.h"

/* What mod_ssl and OpenSSL make of TLS policies and of the files that go with them. */

#define LYNC_TLS_1_0 1
#define LYNC_TLS_1_1 2
#define LYNC_TLS_1_2 4
#define LYNC_TLS_1_3 8

/* The versions that a policy leaves, LYNC_TLS_… or'ed; 0: none, or its protocols cannot be read. */
unsigned int lync_tls_versions(const lync_tls_policy_t *policy, apr_pool_t *p);

/* What mod_ssl would end httpd for, in p; NULL: nothing. */
const char *lync_tls_policy_fault(const lync_tls_policy_t *policy, apr_pool_t *p);
const char *lync_tls_certificate_fault(const lync_tls_policy_t *policy, const lync_certificate_t *certificate,
                                       apr_pool_t *p);
const char *lync_tls_ca_fault(const char *ca, apr_pool_t *p);

#endif
