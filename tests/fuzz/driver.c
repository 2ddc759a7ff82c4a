/* Runs a target: under libFuzzer, or (REPLAY) once over each file named, as a test. */

#include "fuzz.h"

#include <apr_general.h>
#include <apr_file_io.h>
#include <stdio.h>

static apr_pool_t *pool(void)
{
    static apr_pool_t *p;

    if (!p) {
        apr_initialize();
        apr_pool_create(&p, NULL);
    }
    return p;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    apr_pool_t *p;

    apr_pool_create(&p, pool());
    fuzz_one(data, size, p);
    apr_pool_destroy(p);
    return 0;
}

#ifdef REPLAY
int main(int argc, char **argv)
{
    int i;

    for (i = 1; i < argc; ++i) {
        apr_finfo_t info;
        apr_file_t *file;
        char *data;

        if (apr_file_open(&file, argv[i], APR_READ, APR_OS_DEFAULT, pool()) != APR_SUCCESS
            || apr_file_info_get(&info, APR_FINFO_SIZE, file) != APR_SUCCESS)
            return 1;
        data = apr_palloc(pool(), (apr_size_t)info.size + 1);
        if (apr_file_read_full(file, data, (apr_size_t)info.size, NULL) != APR_SUCCESS && info.size)
            return 1;
        apr_file_close(file);
        LLVMFuzzerTestOneInput((uint8_t *)data, (size_t)info.size);
    }
    printf("%d inputs replayed\n", argc - 1);
    return argc < 2;
}
#endif
