#include "mapping.h"

#include <apr_file_io.h>
#include <apr_mmap.h>
#include <apr_strings.h>
#include <string.h>

static apr_status_t map(void **mapped, apr_file_t *file, apr_size_t size, int flags, apr_pool_t *p)
{
    apr_mmap_t *mapping;
    apr_status_t rv = apr_mmap_create(&mapping, file, 0, size, flags, p);

    if (rv == APR_SUCCESS)
        *mapped = mapping->mm;
    return rv;
}

const lync_err_t *lync_mapping_create(void **mapped, const char *path, const void *content, apr_size_t size,
                                      apr_pool_t *p)
{
    char *temporary = apr_pstrcat(p, path, ".XXXXXX", NULL), reason[120];
    apr_file_t *file;
    apr_status_t rv;

    rv = apr_file_mktemp(&file, temporary, APR_CREATE | APR_EXCL | APR_READ | APR_WRITE, p);
    if (rv != APR_SUCCESS)
        return lync_err(p, "cannot write '%s': %s", path, apr_strerror(rv, reason, sizeof(reason)));
    rv = apr_file_write_full(file, content, size, NULL);
    if (rv == APR_SUCCESS)
        rv = apr_file_perms_set(temporary, APR_FPROT_UREAD | APR_FPROT_UWRITE | APR_FPROT_GREAD | APR_FPROT_WREAD);
    if (rv == APR_SUCCESS)
        rv = map(mapped, file, size, APR_MMAP_READ | APR_MMAP_WRITE, p);
    if (rv == APR_SUCCESS)
        rv = apr_file_rename(temporary, path, p);
    apr_file_close(file);
    if (rv == APR_SUCCESS)
        return NULL;
    apr_file_remove(temporary, p);
    return lync_err(p, "cannot write '%s': %s", path, apr_strerror(rv, reason, sizeof(reason)));
}

const lync_err_t *lync_mapping_open(void **mapped, const char *path, const char *magic, apr_size_t size, int writable,
                                    apr_pool_t *p)
{
    apr_finfo_t info = { .size = 0 };
    char reason[120];
    apr_file_t *file;
    apr_status_t rv;

    rv = apr_file_open(&file, path, APR_READ | (writable ? APR_WRITE : 0), APR_OS_DEFAULT, p);
    if (rv == APR_SUCCESS) {
        rv = apr_file_info_get(&info, APR_FINFO_SIZE, file);
        if (rv == APR_SUCCESS && info.size == (apr_off_t)size)
            rv = map(mapped, file, size, APR_MMAP_READ | (writable ? APR_MMAP_WRITE : 0), p);
        apr_file_close(file);
    }
    if (rv != APR_SUCCESS)
        return lync_err(p, "cannot %s '%s': %s", writable ? "write" : "read", path,
                        apr_strerror(rv, reason, sizeof(reason)));
    if (info.size != (apr_off_t)size || memcmp(*mapped, magic, strlen(magic) + 1))
        return lync_err(p, "cannot read '%s': it was not written by this version of mod_lync: reload httpd", path);
    return NULL;
}
