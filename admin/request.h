#ifndef LYNCADM_REQUEST_H
#define LYNCADM_REQUEST_H

#include <openssl/evp.h>

#include "lyncadm.h"

/* certificate request: a key, and a PKCS#10 request with the names that the draft needs (lync-requirements §3). */

/* What a certificate for Lync is for: in OpenSSL's words. */
#define REQUEST_USAGES "serverAuth,clientAuth"

typedef struct request_t {
    const char *common_name;
    apr_array_header_t *names;  /* of const char *: the common name first, the others sorted, each once */
    apr_array_header_t *left_out;       /* of const char *, sorted: hosts that another certificate is bound for */
    EVP_PKEY *key;              /* freed with adm's pool */
    const char *key_type;       /* "RSA 2048", "EC P-256": as of a certificate */
    const char *subject;        /* "CN=webext.contoso.com,O=Contoso" */
    const char *pem;            /* the request */
} request_t;

/* certificate_request.c */

lyncadm_run_t lyncadm_certificate_request;

/* Adds its options. */
void request_options(apr_array_header_t *options);

/* request_names.c: finds the names; warns of what domains need and nothing publishes. */
const lync_err_t *request_names(lyncadm_t *adm, const lync_model_t *model, request_t *request) LYNC_MUST_USE;

/* The same for what is published, whatever a person gives: by a listener, of the certificate that is bound there; of
 * the names without one bound by name when certificate is NULL. Without any name common_name is NULL. */
void request_published(lyncadm_t *adm, const lync_model_t *model, const char *listener, const char *certificate,
                       request_t *request);

/* request_csr.c: makes key and request, in memory, for the names; adds the options for that. */
const lync_err_t *request_make(lyncadm_t *adm, request_t *request) LYNC_MUST_USE;
void request_csr_options(apr_array_header_t *options);

#endif
