#ifndef LYNCADM_BUNDLE_H
#define LYNCADM_BUNDLE_H

#include <openssl/provider.h>
#include <openssl/x509.h>

#include <apr_tables.h>

#include "err.h"

/*
 * What administrators have: files with certificates and keys in any order, PEM, DER, PKCS#7 (.p7b) or PKCS#12 (.pfx),
 * read into one heap.
 */

/* Asks for a file's password; in p. The error ends the reading. */
typedef const lync_err_t *bundle_ask_t(void *data, const char *path, apr_pool_t *p, const char **password);

typedef struct bundle_t {
    STACK_OF(X509) *certificates;       /* each once */
    apr_array_header_t *keys;           /* of EVP_PKEY *, private, each once */
    int asked;                          /* a password was needed */
    OSSL_PROVIDER *legacy;              /* loaded when needed, or NULL */
    bundle_ask_t *ask;
    void *data;                         /* for ask */
    apr_pool_t *pool;
} bundle_t;

/* An empty one; its certificates and keys are freed with p. ask NULL: a password is nowhere to be had. */
bundle_t *bundle_new(bundle_ask_t *ask, void *data, apr_pool_t *p);

/* Adds what a file holds. Errors: unreadable, none of these forms, nothing in it, no or a wrong password, a protection
 * that this OpenSSL does not know. */
const lync_err_t *bundle_read(bundle_t *bundle, const char *path) LYNC_MUST_USE;

/* The same of the bytes of a file. */
const lync_err_t *bundle_parse(bundle_t *bundle, const char *path, const void *data, apr_size_t length) LYNC_MUST_USE;

/* The server's certificate: the one that a key of the heap fits; without any, the only one that is no issuer's.
 * Errors: none, more than one, a key that fits none. */
const lync_err_t *bundle_leaf(const bundle_t *bundle, X509 **leaf) LYNC_MUST_USE;

/* The key that fits a certificate, or NULL. */
EVP_PKEY *bundle_key(const bundle_t *bundle, X509 *certificate);

/* The leaf and its issuers in order as PEM text, in p, without a root that this system has itself; *spare: subjects of
 * those that do not belong to it, of const char *. */
const char *bundle_chain(const bundle_t *bundle, X509 *leaf, apr_array_header_t **spare, apr_pool_t *p);

/* One or more certificates as PEM text, in p. */
const char *bundle_pem(STACK_OF(X509) *certificates, apr_pool_t *p);

#endif
