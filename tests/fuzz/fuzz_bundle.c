/* A file that an administrator imports: certificates and keys in any form, one password for all. */

#include "fuzz.h"

#include <string.h>

#include "../../admin/bundle.h"
#include "certificate.h"

static const lync_err_t *ask(void *data, const char *path, apr_pool_t *p, const char **password)
{
    (void)data, (void)path, (void)p;
    *password = "geheim";
    return NULL;
}

void fuzz_one(const uint8_t *data, size_t size, apr_pool_t *p)
{
    bundle_t *bundle = bundle_new(ask, NULL, p);
    const lync_err_t *err = bundle_parse(bundle, "/fuzz", data, size);
    apr_array_header_t *spare;
    X509 *leaf;

    PROMISE(err || sk_X509_num(bundle->certificates) || bundle->keys->nelts);
    err = bundle_leaf(bundle, &leaf);
    PROMISE(!err == !!leaf || err);
    if (!err)
        PROMISE(strstr(bundle_chain(bundle, leaf, &spare, p), "-----BEGIN CERTIFICATE-----"));
}
