#ifndef LYNCADM_DEPOSIT_H
#define LYNCADM_DEPOSIT_H

#include <openssl/evp.h>

#include "lyncadm.h"

/*
 * Where certificates, keys and trust anchors are laid down: DIRECTORY/certificates, keys and anchors. A file's name
 * tells what is in it and is never given to anything else, so that an older revision finds what it was made with.
 */

#define LYNCADM_DIRECTORY "/etc/lync"

typedef struct deposit_t {
    const char *directory;
    apr_array_header_t *created;        /* what was not there before */
    apr_pool_t *pool;
} deposit_t;

/* The directory that --directory names, or LYNCADM_DIRECTORY; adds the option, with what is said of it otherwise. */
deposit_t *deposit_open(const lyncadm_t *adm);
void deposit_options(apr_array_header_t *options, const char *otherwise);

/* Lays a key down (mode 0600), named by its public half; *path is its file. */
const lync_err_t *deposit_key(deposit_t *deposit, EVP_PKEY *key, const char **path) LYNC_MUST_USE;

/* The file that a public key's other half would be laid down in, whether it is there or not. */
const lync_err_t *deposit_key_path(deposit_t *deposit, EVP_PKEY *key, const char **path) LYNC_MUST_USE;

/* Lays PEM text down (mode 0644) in a folder of the directory, named by fingerprint; where that name is taken by
 * another text (the same leaf in another chain), by the text's hash as well. */
const lync_err_t *deposit_pem(deposit_t *deposit, const char *folder, const char *fingerprint, const char *pem,
                              const char **path) LYNC_MUST_USE;

/* The error that OpenSSL could not do something, with its reason; what: "write the key". */
const lync_err_t *deposit_no_openssl(const char *what, apr_pool_t *p) LYNC_MUST_USE;

/* Takes away what this run has laid down, but what another run has come to use. */
void deposit_undo(deposit_t *deposit);

#endif
