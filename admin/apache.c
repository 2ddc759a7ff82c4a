#include <string.h>

#include "apache_plan.h"
#include "import.h"

/* import apache: files of httpd are read before the store is opened. Unless --write is given, it is a dry run. */

void apache_options(apr_array_header_t *options)
{
    int i, first = options->nelts;

    lyncadm_option(options, "ca", "FILE", "PEM file of the root certificates that the certificates of new pools hang "
                   "on, in place of SSLProxyCACertificateFile");
    lyncadm_option(options, "root", "DIRECTORY", "what relative names of files are below, in place of ServerRoot");
    for (i = first; i < options->nelts; ++i)
        APR_ARRAY_IDX(options, i, lyncadm_option_t).is_file = 1;
    lyncadm_option(options, "write", NULL, "write what is proposed to the draft; without it nothing is changed");
    lyncadm_option(options, "yes", NULL, "do not ask on a terminal");
}

enum { DANGER, PLACE, LINE, DETAIL, WHAT, INSTEAD };    /* columns of dangers */

typedef struct run_t {
    apache_t *apache;
    apr_array_header_t *sites;
    apache_plan_t *plan;
    int first;                  /* the draft has no pool: all of the plan is new */
} run_t;

/* Without trust anchors the proposal is shown, but is none that the rule book takes. */
static const lync_err_t *wanted(lyncadm_edit_t *edit, lyncadm_import_t *import)
{
    run_t *run = import->data;

    run->first = !edit->model->rows[LYNC_POOL]->nelts;
    LYNC_TRY(apache_plan(edit, run->apache, run->sites, &run->plan));
    if (!run->plan->lacks_ca)
        return proposal_merge(run->plan->proposal, &import->model);
    if (!edit->adm->dry_run)
        return lyncadm_usage(edit->adm, "configuration '%s' does not say which root certificates the certificates of "
                             "its pools hang on: --ca FILE does", import->name);
    import->model = edit->model;
    return NULL;
}

/* Each in its words, then where: a line a place. */
static void tell_dangers(const lyncadm_rows_t *dangers)
{
    int i, j, n = lyncadm_rows_count(dangers);

    for (i = 0; i < n; ++i) {
        const char *danger = lyncadm_rows_cell(dangers, i, DANGER);

        for (j = 0; strcmp(lyncadm_rows_cell(dangers, j, DANGER), danger); ++j)
            ;
        if (j < i)
            continue;
        lyncadm_tell("danger %s: %s", danger, lyncadm_rows_cell(dangers, i, WHAT));
        lyncadm_tell("  mod_lync: %s", lyncadm_rows_cell(dangers, i, INSTEAD));
        for (; j < n; ++j) {
            const char *detail = lyncadm_rows_cell(dangers, j, DETAIL);

            if (!strcmp(lyncadm_rows_cell(dangers, j, DANGER), danger))
                lyncadm_tell("  %s:%s%s%s", lyncadm_rows_cell(dangers, j, PLACE), lyncadm_rows_cell(dangers, j, LINE),
                             detail ? ": " : "", detail ? detail : "");
        }
        lyncadm_tell("%s", "");
    }
}

static const lync_err_t *tell(lyncadm_edit_t *edit, const lyncadm_import_t *import)
{
    static const char *const headings[] = { "pools", "names", "SIP domains", "listeners", "not taken over", "changes",
                                             "dangers" };
    const run_t *run = import->data;
    const proposal_t *proposal = run->plan->proposal;
    const lyncadm_rows_t *all[] = { proposal->pools, proposal->names, proposal->domains, proposal->listeners,
                                    run->plan->skipped, edit->report, run->plan->dangers };

    if (!lyncadm_rows_empty(run->plan->skipped))
        edit->adm->exit = LYNCADM_FINDINGS;
    if (edit->adm->format != LYNCADM_TABLE)
        return lyncadm_import_tell(edit, all, headings, 7);
    LYNC_TRY(lyncadm_import_tell(edit, all, headings, run->first ? 5 : 6));
    tell_dangers(run->plan->dangers);
    return NULL;
}

static int is_proxy(const apr_array_header_t *sites)
{
    int i;

    for (i = 0; i < sites->nelts; ++i) {
        if (APR_ARRAY_IDX(sites, i, const apache_site_t *)->is_proxy)
            return 1;
    }
    return 0;
}

const lync_err_t *lyncadm_import_apache(lyncadm_t *adm)
{
    run_t run = { NULL, NULL, NULL, 0 };
    lyncadm_import_t import = { .what = "configuration", .data = &run, .wanted = wanted, .tell = tell };

    LYNC_TRY(lyncadm_one_word(adm, "a file or directory of httpd's configuration", &import.name));
    import.name = lyncadm_absolute(adm->pool, import.name);
    LYNC_TRY(apache_read(import.name, lyncadm_given(adm, "root"), &run.apache, adm->pool));
    LYNC_TRY(apache_sites(run.apache, &run.sites));
    if (!is_proxy(run.sites))
        return lync_err(adm->pool, "configuration '%s' has no ProxyPass, ProxyPassMatch or RewriteRule [P] that leads "
                        "anywhere: there is nothing to propose", import.name);
    if (!lyncadm_given(adm, "write"))
        adm->dry_run = import.elsewhere = 1;
    return lyncadm_import_run(adm, &import);
}
