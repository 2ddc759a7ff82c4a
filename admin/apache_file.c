#include <apr_file_io.h>
#include <apr_fnmatch.h>
#include <apr_strings.h>
#include <stdlib.h>
#include <string.h>

#include "apache.h"
#include "file.h"
#include "import.h"

/* Files, and what they include. */

apache_t *apache_new(const char *name, const char *root, apr_pool_t *p)
{
    apache_t *apache = apr_pcalloc(p, sizeof(*apache));

    apache->name = name;
    apache->root = root;
    apache->pool = p;
    apache->knowledge = lyncadm_template(p, "apache");
    apache->skips = apr_array_make(p, 16, sizeof(apache_skip_t));
    apache->workers = apr_hash_make(p);
    apache->skipped = apr_hash_make(p);
    apache->assumed = apr_array_make(p, 4, sizeof(const apache_node_t *));
    apache->open = apr_array_make(p, 4, sizeof(apr_finfo_t));
    apache->defines = apr_table_make(p, 8);
    apache->top = apr_pcalloc(p, sizeof(*apache->top));
    apache->top->name = "";
    apache->top->file = name;
    apache->top->words = apr_array_make(p, 1, sizeof(const char *));
    apache->top->children = apr_array_make(p, 64, sizeof(apache_node_t *));
    apache->top->last = apr_hash_make(p);
    return apache;
}

const char *apache_path(const apache_t *apache, const char *name)
{
    return *name == '/' ? name : apr_pstrcat(apache->pool, apache->root, "/", name, NULL);
}

/* An error of a file: at the line that includes it. */
static const lync_err_t *refuse(apache_t *apache, const char *path, const apache_node_t *by, const char *why)
{
    return by ? apache_err(apache, by->file, by->line, "cannot read '%s': %s", path, why)
              : lync_err(apache->pool, "cannot read '%s': %s", path, why);
}

static int is_open(const apache_t *apache, const apr_finfo_t *info)
{
    int i;

    for (i = 0; i < apache->open->nelts; ++i) {
        const apr_finfo_t *other = &APR_ARRAY_IDX(apache->open, i, apr_finfo_t);

        if (other->inode == info->inode && other->device == info->device)
            return 1;
    }
    return 0;
}

static const lync_err_t *read_file(apache_t *apache, const char *path, const apr_finfo_t *info,
                                   const apache_node_t *by, apache_node_t *into, int depth)
{
    const lync_err_t *err;
    apr_size_t length;
    char *bytes;

    if (is_open(apache, info))
        return refuse(apache, path, by, "it includes itself");
    if (depth == APACHE_DEPTH)
        return refuse(apache, path, by, "more files include each other than in any configuration");
    if (++apache->files > APACHE_FILES)
        return refuse(apache, path, by, apr_psprintf(apache->pool, "there are more than %d files", APACHE_FILES));
    if ((apr_size_t)info->size + apache->bytes > (apr_size_t)APACHE_LIMIT << 20)
        return refuse(apache, path, by, apr_psprintf(apache->pool, "all files together are longer than %d MB",
                                                     APACHE_LIMIT));
    if (!info->size)            /* files of /proc say so, too: some of them are waited for in vain */
        return NULL;
    LYNC_TRY(lyncadm_import_read(path, APACHE_LIMIT, &bytes, &length, apache->pool));
    apache->bytes += length;
    APR_ARRAY_PUSH(apache->open, apr_finfo_t) = *info;
    err = apache_parse(apache, bytes, length, path, into, depth + 1);
    --apache->open->nelts;
    return err;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The names in a directory that match, sorted as httpd does. */
static const lync_err_t *names_in(apache_t *apache, const char *directory, const char *pattern,
                                  const apache_node_t *by, apr_array_header_t **names)
{
    char reason[120];
    apr_finfo_t info;
    apr_dir_t *dir;
    apr_status_t rv = apr_dir_open(&dir, directory, apache->pool);

    *names = apr_array_make(apache->pool, 16, sizeof(const char *));
    if (APR_STATUS_IS_ENOENT(rv) && by)
        return NULL;
    if (rv != APR_SUCCESS)
        return refuse(apache, directory, by, apr_strerror(rv, reason, sizeof(reason)));
    while ((*names)->nelts <= APACHE_FILES && apr_dir_read(&info, APR_FINFO_NAME, dir) == APR_SUCCESS) {
        if (*info.name != '.' && apr_fnmatch(pattern, info.name, 0) == APR_SUCCESS)
            APR_ARRAY_PUSH(*names, const char *) = apr_pstrcat(apache->pool, directory, "/", info.name, NULL);
    }
    apr_dir_close(dir);
    qsort((*names)->elts, (size_t)(*names)->nelts, sizeof(const char *), by_name);
    return NULL;
}

static const lync_err_t *include_all(apache_t *apache, const char *directory, const char *pattern,
                                     const apache_node_t *by, apache_node_t *into, int depth)
{
    apr_array_header_t *names;
    int i;

    if (depth == APACHE_DEPTH)
        return refuse(apache, directory, by, "more directories are within each other than in any configuration");
    LYNC_TRY(names_in(apache, directory, pattern, by, &names));
    for (i = 0; i < names->nelts; ++i)
        LYNC_TRY(apache_include(apache, APR_ARRAY_IDX(names, i, const char *), by, into, depth + 1));
    return NULL;
}

const lync_err_t *apache_include(apache_t *apache, const char *name, const apache_node_t *by, apache_node_t *into,
                                 int depth)
{
    const char *path = apache_path(apache, name), *last = strrchr(path, '/');
    const char *directory = lync_file_directory(path, apache->pool);
    char reason[120];
    apr_finfo_t info;
    apr_status_t rv = apr_stat(&info, path, APR_FINFO_TYPE | APR_FINFO_IDENT | APR_FINFO_SIZE, apache->pool);

    if (rv != APR_SUCCESS && by && strpbrk(directory, "*?[")) {
        apache_skip(apache, by, "a pattern in the name of a directory: not read");
        return NULL;
    }
    if (rv != APR_SUCCESS && by && strpbrk(last, "*?["))
        return include_all(apache, directory, last + 1, by, into, depth);
    if (rv != APR_SUCCESS && by) {
        if (!apache_is(by, "IncludeOptional"))
            apache_skip(apache, by, "'%s' was not read: %s", path, apr_strerror(rv, reason, sizeof(reason)));
        return NULL;
    }
    if (rv != APR_SUCCESS)
        return refuse(apache, path, by, apr_strerror(rv, reason, sizeof(reason)));
    if (info.filetype == APR_DIR)
        return include_all(apache, path, "*", by, into, depth);
    if (info.filetype != APR_REG)
        return refuse(apache, path, by, "it is no file");
    return read_file(apache, path, &info, by, into, depth);
}

/* Debian's main file, its sites alone, or all *.conf. */
static const lync_err_t *read_directory(apache_t *apache, const char *name)
{
    const char *main = apr_pstrcat(apache->pool, name, "/apache2.conf", NULL);
    const char *sites = apr_pstrcat(apache->pool, name, "/sites-enabled", NULL);
    apr_finfo_t info;
    int nodes = apache->nodes;

    if (apr_stat(&info, main, APR_FINFO_TYPE, apache->pool) == APR_SUCCESS)
        return apache_include(apache, main, NULL, apache->top, 0);
    if (apr_stat(&info, sites, APR_FINFO_TYPE, apache->pool) == APR_SUCCESS && info.filetype == APR_DIR)
        return include_all(apache, sites, "*", NULL, apache->top, 0);
    LYNC_TRY(include_all(apache, name, "*.conf", NULL, apache->top, 0));
    return apache->nodes > nodes ? NULL
        : lync_err(apache->pool, "directory '%s' has neither apache2.conf nor sites-enabled, nor a file *.conf with a "
                   "directive in it", name);
}

const lync_err_t *apache_read(const char *name, const char *root, apache_t **result, apr_pool_t *p)
{
    apache_t *apache;
    apr_finfo_t info;
    int is_directory = apr_stat(&info, name, APR_FINFO_TYPE, p) == APR_SUCCESS && info.filetype == APR_DIR;

    apache = *result = apache_new(name, root ? root : is_directory ? name : lync_file_directory(name, p), p);
    apache->is_root_given = root != NULL;
    return is_directory ? read_directory(apache, name) : apache_include(apache, name, NULL, apache->top, 0);
}
