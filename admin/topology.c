#include <string.h>

#include "import.h"
#include "topology.h"

/* import topology: the document is read before the store is opened; the rest is as with any import. */

void topology_options(apr_array_header_t *options)
{
    static const struct { const char *name, *argument, *help; int is_file, is_list; } table[] = {
        { "ca", "FILE", "PEM file of the root certificates that the certificates of new pools hang on", 1, 0 },
        { "balance", NULL, "the single servers of pools (unless given the load balancer before them, or as the draft "
          "has it)", 0, 0 },
        { "via", "POOL", "pool that answers for simple URLs and discovery (the Director if there is one, unless given)",
          0, 0 },
        { "http", NULL, "discovery in clear text too, for names that the certificate lacks", 0, 0 },
        { "simple-url", "KIND=URL", "a simple URL (meet=https://..., dialin=https://...), for a document that lacks "
          "them; repeatable", 0, 1 },
        { "simple-urls", "FILE", "JSON or XML of Get-CsSimpleUrlConfiguration, for a document that lacks them", 1, 0 },
        { "listener", "NAME", "https listener (the one on the published port unless given); made when there is none",
          0, 0 },
        { "http-listener", "NAME", "http listener (the one on port 80 unless given); made when there is none", 0, 0 },
        { "certificate", "NAME", "certificate of listeners that are made; without it they wait for one", 0, 0 },
        { "keep", NULL, "remove nothing that the document does not have", 0, 0 },
        { "yes", NULL, "do not ask on a terminal; remove what the document does not have any more", 0, 0 },
    };
    apr_size_t i;

    for (i = 0; i < sizeof(table) / sizeof(table[0]); ++i) {
        lyncadm_option(options, table[i].name, table[i].argument, table[i].help);
        APR_ARRAY_IDX(options, options->nelts - 1, lyncadm_option_t).is_file = table[i].is_file;
        APR_ARRAY_IDX(options, options->nelts - 1, lyncadm_option_t).is_list = table[i].is_list;
    }
}

typedef struct run_t {
    topology_t *topology;
    topology_plan_t *plan;
    int first;                  /* the draft has no pool: all of the plan is new */
} run_t;

static const lync_err_t *wanted(lyncadm_edit_t *edit, lyncadm_import_t *import)
{
    run_t *run = import->data;
    int i;

    run->first = !edit->model->rows[LYNC_POOL]->nelts;
    LYNC_TRY(topology_plan(edit, run->topology, &run->plan));
    for (i = 0; i < run->topology->warnings->nelts; ++i)
        proposal_warn(run->plan->proposal, "%s", APR_ARRAY_IDX(run->topology->warnings, i, const char *));
    return proposal_merge(run->plan->proposal, &import->model);
}

/* The plan as a whole where it is new or asked for; otherwise what changes. A person sees no route of a plan: it stands
 * for them. */
static const lync_err_t *tell(lyncadm_edit_t *edit, const lyncadm_import_t *import)
{
    static const char *const headings[] = { "pools", "names", "SIP domains", "listeners", "skipped", "changes" };
    const run_t *run = import->data;
    const proposal_t *proposal = run->plan->proposal;
    const lyncadm_rows_t *all[] = { proposal->pools, proposal->names, proposal->domains, proposal->listeners,
                                    run->plan->skipped, edit->report };

    if (!run->first && !edit->adm->dry_run)
        return lyncadm_edit_tell(edit);
    return lyncadm_import_tell(edit, all, headings, run->first && edit->adm->format == LYNCADM_TABLE ? 5 : 6);
}

static const lync_err_t *read_urls(lyncadm_t *adm, topology_t *topology)
{
    const char *name = lyncadm_given(adm, "simple-urls");
    apr_array_header_t *given = lyncadm_given_all(adm, "simple-url");
    apr_size_t length;
    char *bytes;
    const lync_err_t *err = NULL;
    int i;

    if (topology->has_urls && (name || given->nelts))
        return lyncadm_usage(adm, "document '%s' says what the simple URLs are: --simple-url and --simple-urls are "
                             "for one that does not", topology->name);
    for (i = 0; !err && i < given->nelts; ++i)
        err = lyncadm_bad_value(adm, topology_url_given(topology, APR_ARRAY_IDX(given, i, const char *), adm->pool));
    if (err || !name)
        return err;
    LYNC_TRY(lyncadm_import_read(name, TOPOLOGY_LIMIT, &bytes, &length, adm->pool));
    return topology_url_document(topology, bytes, length, name, adm->pool);
}

const lync_err_t *lyncadm_import_topology(lyncadm_t *adm)
{
    run_t run = { NULL, NULL, 0 };
    lyncadm_import_t import = { .what = "topology", .data = &run, .wanted = wanted, .tell = tell, .keep = "keep" };
    apr_size_t length;
    char *bytes;

    LYNC_TRY(lyncadm_one_word(adm, "a topology document", &import.name));
    LYNC_TRY(lyncadm_import_read(import.name, TOPOLOGY_LIMIT, &bytes, &length, adm->pool));
    LYNC_TRY(topology_read(bytes, length, import.name, &run.topology, adm->pool));
    LYNC_TRY(read_urls(adm, run.topology));
    return lyncadm_import_run(adm, &import);
}
