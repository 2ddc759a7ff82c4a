#include <apr_file_info.h>
#include <apr_strings.h>

#include "backup.h"
#include "control.h"

const lync_err_t *lyncadm_new_file(lyncadm_t *adm, const char *what, const char *file)
{
    apr_finfo_t info;

    if (lyncadm_same_file(file, adm->store, adm->pool))
        return lync_err(adm->pool, "cannot %s '%s': it is the store itself", what, file);
    if (lyncadm_given(adm, "force")
        || apr_stat(&info, file, APR_FINFO_TYPE | APR_FINFO_LINK, adm->pool) != APR_SUCCESS)
        return NULL;
    return lync_err(adm->pool, "cannot %s '%s': it is there already: --force replaces it", what, file);
}

static const lync_err_t *report(lyncadm_t *adm, const char *file, const lync_verified_t *verified)
{
    static const char *const columns[] = { "store", "file", "change", "chain" };
    const char *change = verified->last ? apr_itoa(adm->pool, verified->last) : NULL;
    const char *cells[] = { adm->store, file, change, verified->hash };
    lyncadm_rows_t *rows = lyncadm_rows(adm->pool);
    int i;

    if (adm->dry_run)
        lyncadm_say("dry run: the copy was removed");
    if (adm->format == LYNCADM_TABLE) {
        lyncadm_tell("store '%s' is backed up to '%s'%s", adm->store, file, change ? apr_psprintf(adm->pool, ": its last "
                     "change is %s, hash %s", change, verified->hash) : "");
        return NULL;
    }
    for (i = 0; i < 4; ++i)
        lyncadm_rows_column(rows, columns[i], i == 2);
    lyncadm_rows_add(rows, cells);
    return lyncadm_rows_print(adm, rows, 0);
}

const lync_err_t *lyncadm_backup(lyncadm_t *adm)
{
    lync_verified_t verified;
    lync_store_t *store = NULL;
    const char *file = NULL;

    LYNC_TRY(lyncadm_one_word(adm, "a file", &file));
    LYNC_TRY(lyncadm_open(adm, 0, &store));
    LYNC_TRY(lyncadm_new_file(adm, "back up to", file));
    LYNC_TRY(lync_backup(store, file, adm->dry_run, &verified, adm->pool));
    return report(adm, file, &verified);
}
