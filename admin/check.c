#include <apr_strings.h>

#include "control.h"
#include "operate.h"
#include "progress.h"

apr_array_header_t *lyncadm_findings(const lync_model_t *model, apr_pool_t *p)
{
    apr_array_header_t *findings;

    lyncadm_progress_begin(LYNCADM_RULE_BOOK, 0);
    findings = lync_check(model, p);
    lync_check_files(model, findings, p);
    return findings;
}

const char *lyncadm_finding_sentence(const lync_finding_t *finding, apr_pool_t *p)
{
    return finding->remedy ? apr_pstrcat(p, finding->message, ": ", finding->remedy, NULL) : finding->message;
}

static lyncadm_rows_t *table(apr_pool_t *p)
{
    static const char *const columns[] = { "level", "noun", "name", "message", "remedy" };
    lyncadm_rows_t *rows = lyncadm_rows(p);
    int i;

    for (i = 0; i < 5; ++i)
        lyncadm_rows_column(rows, columns[i], 0);
    return rows;
}

static lyncadm_mood_t mood(lync_level_t level)
{
    switch (level) {
    case LYNC_ERROR:
    case LYNC_UNFINISHED:
        return LYNCADM_BAD;
    case LYNC_WARNING:
        return LYNCADM_WARN;
    case LYNC_ADVICE:
        return LYNCADM_PLAIN;
    }
    return LYNCADM_PLAIN;
}

static void add(lyncadm_rows_t *rows, const lync_finding_t *finding, apr_pool_t *p)
{
    const char *cells[] = {
        lync_level_name(finding->level),
        finding->noun ? lyncadm_noun_word(p, finding->noun) : NULL,
        finding->noun && finding->row ? lync_row_label(p, finding->noun, finding->row) : NULL,
        finding->message,
        finding->remedy
    };

    lyncadm_rows_add(rows, cells);
    lyncadm_rows_mark(rows, "level", mood(finding->level));
}

const lync_err_t *lyncadm_check(lyncadm_t *adm)
{
    lyncadm_rows_t *rows = table(adm->pool);
    apr_array_header_t *findings;
    lync_store_t *store = NULL;
    const char *paste = NULL;
    lync_model_t *model;
    int i;

    LYNC_TRY(lyncadm_no_words(adm));
    LYNC_TRY(lyncadm_open(adm, 0, &store));
    LYNC_TRY(lync_store_read(store, LYNC_DRAFT, &model, adm->pool));
    findings = lyncadm_findings(model, adm->pool);
    LYNC_TRY(lyncadm_server_state_check(adm, store, model, findings));
    LYNC_TRY(lyncadm_capacity(adm, store, findings, &paste));
    for (i = 0; i < findings->nelts; ++i) {
        const lync_finding_t *finding = APR_ARRAY_IDX(findings, i, lync_finding_t *);

        if (finding->level != LYNC_ADVICE)
            adm->exit = LYNCADM_FINDINGS;
        add(rows, finding, adm->pool);
    }
    if (!findings->nelts && adm->format == LYNCADM_TABLE)
        lyncadm_tell("no findings");
    LYNC_TRY(lyncadm_rows_print(adm, rows, 0));
    if (paste && adm->format == LYNCADM_TABLE)
        lyncadm_tell("\nto paste into the configuration of the MPM (event):\n%s", paste);
    return NULL;
}
