/* A certificate file with a key in it. */

#include "fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "certificate.h"

void fuzz_one(const uint8_t *data, size_t size, apr_pool_t *p)
{
    char path[] = "/tmp/lync-fuzz-XXXXXX";
    int file = mkstemp(path);
    lync_certificate_t certificate = { .name = "fuzz", .chain = path, .key = path };
    const lync_err_t *err;

    PROMISE(file >= 0 && write(file, data, size) == (ssize_t)size);
    close(file);
    err = lync_certificate_read(&certificate, p);
    if (!err) {
        PROMISE(certificate.fingerprint && strlen(certificate.fingerprint) == 64);
        lync_certificate_covers(&certificate, "webext.contoso.com");
    }
    err = lync_certificate_test_ca(path, p);
    (void)err;
    unlink(path);
}
