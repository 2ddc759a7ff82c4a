#include "unit.h"

#include <apr_file_io.h>
#include <apr_strings.h>
#include <unistd.h>

int unit_setup(void **state)
{
    apr_pool_t *p;

    apr_initialize();
    apr_pool_create(&p, NULL);
    *state = p;
    return 0;
}

int unit_teardown(void **state)
{
    apr_pool_destroy(*state);
    apr_terminate();
    return 0;
}

static apr_status_t remove_file(void *path)
{
    char journal[APR_PATH_MAX];

    apr_snprintf(journal, sizeof(journal), "%s-journal", (const char *)path);
    unlink(path);
    unlink(journal);
    return APR_SUCCESS;
}

const char *unit_file(apr_pool_t *p)
{
    const char *directory;
    char *path;
    apr_file_t *file;

    assert_int_equal(apr_temp_dir_get(&directory, p), APR_SUCCESS);
    path = apr_pstrcat(p, directory, "/lync-unit-XXXXXX", NULL);
    assert_int_equal(apr_file_mktemp(&file, path, APR_CREATE | APR_EXCL | APR_WRITE, p), APR_SUCCESS);
    apr_file_close(file);
    unlink(path);
    apr_pool_cleanup_register(p, path, remove_file, apr_pool_cleanup_null);
    return path;
}
