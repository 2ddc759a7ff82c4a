#include "mod_lync.h"

#include <apr_strings.h>

/*
 * A revision's rows are checked as a whole. Its files may go bad one by one afterwards: a
 * certificate that cannot be used takes its names along, a pool's trust anchors the pool, and the
 * others go on.
 */

void lync_quarantine_add(lync_snapshot_t *snapshot, lync_noun_id_t noun, const void *row, const char *why,
                         const char *remedy, apr_pool_t *p)
{
    lync_finding_t *finding = apr_pcalloc(p, sizeof(*finding));

    finding->level = LYNC_ERROR;
    finding->noun = lync_noun(noun);
    finding->row = row;
    finding->message = apr_pstrdup(p, why);
    finding->remedy = apr_pstrdup(p, remedy);
    APR_ARRAY_PUSH(snapshot->quarantine, const lync_finding_t *) = finding;
}

const char *lync_quarantined(const lync_snapshot_t *snapshot, const void *row)
{
    int i;

    for (i = 0; i < snapshot->quarantine->nelts; ++i) {
        const lync_finding_t *finding = LYNC_ITEM(snapshot->quarantine, const lync_finding_t *, i);

        if (finding->row == row)
            return finding->message;
    }
    return NULL;
}

int lync_is_open(const lync_snapshot_t *snapshot, const lync_listener_t *listener)
{
    int i;

    for (i = 0; i < snapshot->listeners->nelts; ++i)
        if (LYNC_ITEM(snapshot->listeners, const lync_listener_t *, i) == listener)
            return 1;
    return 0;
}

/* What the rule book finds on disk. */
static void take_findings(lync_snapshot_t *snapshot, apr_pool_t *p, apr_pool_t *scratch)
{
    apr_array_header_t *findings = apr_array_make(scratch, 4, sizeof(lync_finding_t *));
    int i;

    lync_check_files(snapshot->model, findings, scratch);
    for (i = 0; i < findings->nelts; ++i) {
        const lync_finding_t *found = LYNC_ITEM(findings, lync_finding_t *, i);

        if (found->level == LYNC_ERROR)
            lync_quarantine_add(snapshot, found->noun->id, found->row, found->message, found->remedy, p);
    }
}

const lync_err_t *lync_quarantine(lync_snapshot_t *snapshot, int strict, apr_pool_t *p)
{
    apr_pool_t *scratch;

    apr_pool_create(&scratch, p);
    take_findings(snapshot, p, scratch);
    lync_managed_quarantine(snapshot, strict, p);
    apr_pool_destroy(scratch);
    return strict ? lync_check_refusal(snapshot->quarantine, snapshot->path, p) : NULL;
}
