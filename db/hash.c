#include "hash.h"

#include <openssl/evp.h>
#include <string.h>

#define DIGEST_SIZE ((LYNC_HASH_SIZE - 1) / 2)

const lync_err_t *lync_hash(char *hash, const char *text, apr_pool_t *p)
{
    static const char hex[] = "0123456789abcdef";
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned int length = 0, i;

    if (!EVP_Digest(text, strlen(text), digest, &length, EVP_sha256(), NULL) || length != DIGEST_SIZE)
        return lync_err(p, "cannot compute SHA-256: OpenSSL has none");
    for (i = 0; i < DIGEST_SIZE; ++i) {
        hash[2 * i] = hex[digest[i] >> 4];
        hash[2 * i + 1] = hex[digest[i] & 15];
    }
    hash[LYNC_HASH_SIZE - 1] = '\0';
    return NULL;
}
