#include <apr_file_info.h>
#include <apr_file_io.h>
#include <apr_strings.h>
#include <string.h>

#include "control.h"
#include "who.h"

static const struct {
    const char *file;
    lync_noun_id_t noun;
} contents[] = {
    { "profiles", LYNC_PROFILE },       /* before the services, which refer to them */
    { "tls", LYNC_TLS_POLICY },
    { "services", LYNC_SERVICE },
};

static const lync_err_t *fill_noun(lync_store_t *store, const lync_noun_t *noun, const json_t *array, apr_pool_t *p)
{
    json_t *object;
    size_t i;

    json_array_foreach(array, i, object) {
        void *row = lync_row_new(p, noun);

        LYNC_TRY(lyncadm_json_row(p, noun, row, object));
        LYNC_TRY(lync_store_insert(store, noun, row, p));
    }
    return NULL;
}

static const lync_err_t *fill(lyncadm_t *adm, lync_store_t *store, const char *control, apr_pool_t *p)
{
    apr_size_t i;

    LYNC_TRY(lyncadm_begin(adm, store, NULL));
    for (i = 0; i < sizeof(contents) / sizeof(contents[0]); ++i)
        LYNC_TRY(fill_noun(store, lync_noun(contents[i].noun), lyncadm_template(p, contents[i].file), p));
    LYNC_TRY(lync_store_set_control(store, control, p));
    return lync_store_commit(store, p);
}

/* Said before the system says it in its words. */
static const lync_err_t *check_place(const char *path, apr_pool_t *p)
{
    const char *slash = strrchr(path, '/');
    const char *directory = !slash ? "." : slash == path ? "/" : apr_pstrmemdup(p, path, slash - path);
    apr_finfo_t info;

    if (apr_stat(&info, path, APR_FINFO_TYPE | APR_FINFO_LINK, p) == APR_SUCCESS)
        return lync_err(p, "cannot create store '%s': it is there already", path);
    if (apr_stat(&info, directory, APR_FINFO_TYPE, p) != APR_SUCCESS)
        return lync_err(p, "cannot create store '%s': there is no directory '%s': 'mkdir -p %s' first", path,
                        directory, directory);
    if (info.filetype != APR_DIR)
        return lync_err(p, "cannot create store '%s': '%s' is no directory", path, directory);
    return NULL;
}

static const lync_err_t *report(lyncadm_t *adm, const char *control)
{
    lyncadm_rows_t *rows = lyncadm_rows(adm->pool);
    const char *cells[] = { adm->store, control };

    if (adm->format == LYNCADM_TABLE) {
        lyncadm_tell("created store '%s'", adm->store);
        lyncadm_tell("httpd is reached by '%s'", control);
        lyncadm_tell("to have httpd serve it, its configuration needs the line: LyncStore %s",
                     lyncadm_absolute(adm->pool, adm->store));
        return NULL;
    }
    lyncadm_rows_column(rows, "store", 0);
    lyncadm_rows_column(rows, "control", 0);
    lyncadm_rows_add(rows, cells);
    return lyncadm_rows_print(adm, rows, 0);
}

const lync_err_t *lyncadm_init(lyncadm_t *adm)
{
    const char *control = lyncadm_given(adm, "control") ? lyncadm_given(adm, "control") : LYNCADM_CONTROL;
    const lync_err_t *err;
    lync_store_t *store;
    apr_pool_t *p;

    LYNC_TRY(lyncadm_no_words(adm));
    LYNC_TRY(lyncadm_edit_given(adm));
    LYNC_TRY(lyncadm_httpd_words(adm, control, NULL));
    LYNC_TRY(check_place(adm->store, adm->pool));
    if (adm->dry_run)
        return report(adm, control);
    apr_pool_create(&p, adm->pool);
    LYNC_TRY(lync_store_create(&store, adm->store, p));
    err = fill(adm, store, control, p);
    if (err) {
        err = lync_err(adm->pool, "%s", err->sentence);
        apr_pool_destroy(p);
        apr_file_remove(adm->store, adm->pool);
        return err;
    }
    return report(adm, control);
}
