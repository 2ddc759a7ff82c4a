#include "status_collect.h"

#include <apr_strings.h>

#include "iso.h"
#include "store.h"

/* Of the revision and the generations: what the served file says, as lyncadm status has it. */

static const char *span_since(const lync_collect_t *collect, apr_time_t time)
{
    return time ? lync_text_span(apr_time_sec(collect->now - time), collect->pool) : NULL;
}

/* It may be confirmed without a reload, which is when it is read: what is told is how it began. */
static void add_trial(const lync_collect_t *collect, const lync_serving_t *serving, lync_facts_t *facts)
{
    const lync_confirm_t *trial = collect->table ? collect->table->trial : NULL;
    apr_pool_t *p = collect->pool;

    if (trial && trial->revision != serving->revision)
        trial = NULL;
    lync_facts_text(facts, "trial", trial ? apr_pstrcat(p, "until ", lync_iso(trial->until, p), NULL) : NULL);
    lync_facts_hint(facts, "trial_left", trial && trial->until > collect->now
                    ? lync_text_span(apr_time_sec(trial->until - collect->now), p) : NULL);
    lync_facts_hint(facts, "trial_before", trial && trial->before ? apr_itoa(p, trial->before) : NULL);
}

/* How many requests the running generation can have under way; 0: not known. */
static unsigned int capacity(const lync_serving_t *serving)
{
    const lync_served_t *served = lync_generation_served();
    lync_served_limits_t limits;

    return served && lync_served_limits(served, serving->generation, &limits) ? limits.children * limits.threads : 0;
}

static const char *requests(unsigned int count, apr_pool_t *p)
{
    return apr_psprintf(p, "%u request%s", count, count == 1 ? "" : "s");
}

static void add_busy(lync_facts_t *facts, const lync_serving_t *serving)
{
    unsigned int under_way = 0, waiting = 0, bound = 0, left = 0, all = capacity(serving);
    int i, counted = serving->generations != NULL;

    for (i = 0; counted && i < serving->generations->nelts; ++i) {
        const lync_generation_t *generation = &APR_ARRAY_IDX(serving->generations, i, lync_generation_t);

        under_way += generation->under_way;
        waiting += generation->waiting;
        bound += generation->bound;
        left += i ? generation->under_way : 0;
    }
    lync_facts_number(facts, "under_way", counted, under_way);
    lync_facts_number(facts, "waiting", counted, waiting);
    lync_facts_number(facts, "bound", counted, bound);
    lync_facts_number(facts, "capacity", counted && all, all);
    lync_facts_hint(facts, "crowded", lync_serving_crowding(under_way - left, all));
    lync_facts_number(facts, "running", counted, under_way - left);
    lync_facts_number(facts, "ending", counted, counted ? serving->generations->nelts - 1 : 0);
    lync_facts_hint(facts, "ends", counted && serving->generations->nelts > 1 ? "yes" : NULL);
    lync_facts_number(facts, "ending_under_way", counted, left);
    lync_facts_hint(facts, "left", requests(left, facts->pool));
}

static const lync_facts_t *summary(const lync_collect_t *collect, const lync_serving_t *serving, int generation)
{
    lync_facts_t *facts = lync_facts("status", collect->pool);
    int counted = serving->generations != NULL;

    lync_facts_row(facts);
    lync_facts_text(facts, "state", collect->snapshot ? lync_serving_state(serving) : "no_store");
    lync_facts_number(facts, "served", collect->snapshot != NULL, serving->revision);
    lync_facts_time(facts, "served_since", serving->since);
    lync_facts_hint(facts, "served_for", span_since(collect, serving->since));
    lync_facts_number(facts, "wanted", serving->wanted > 0, serving->wanted);
    lync_facts_text(facts, "because", lync_text_discreet(serving->because, collect->pool));
    lync_facts_hint(facts, "last_good", collect->snapshot && collect->snapshot->failure && !collect->snapshot->withheld
                    ? "yes" : NULL);
    lync_facts_hint(facts, "quarantined", collect->snapshot && collect->snapshot->quarantine->nelts ? "yes" : NULL);
    lync_facts_time(facts, "because_since", serving->because_since);
    lync_facts_hint(facts, "because_for", span_since(collect, serving->because_since));
    add_trial(collect, serving, facts);
    lync_facts_number(facts, "generation", counted, serving->generation);
    lync_facts_number(facts, "children", counted, serving->children);
    lync_facts_number(facts, "answered_by", counted, generation);
    lync_facts_hint(facts, "answered_late", counted && generation != serving->generation ? "yes" : NULL);
    add_busy(facts, serving);
    lync_collect_since(collect, facts);
    lync_facts_time(facts, "time", collect->now);
    return facts;
}

static const lync_facts_t *generations(const lync_collect_t *collect, const lync_serving_t *serving)
{
    lync_facts_t *facts = lync_facts("generation", collect->pool);
    int i;

    for (i = 0; serving->generations && i < serving->generations->nelts; ++i) {
        const lync_generation_t *generation = &APR_ARRAY_IDX(serving->generations, i, lync_generation_t);

        lync_facts_row(facts);
        lync_facts_number(facts, "generation", 1, generation->number);
        lync_facts_number(facts, "revision", generation->revision > 0, generation->revision);
        lync_facts_time(facts, "started", generation->started);
        lync_facts_number(facts, "age", generation->started > 0, apr_time_sec(collect->now - generation->started));
        lync_facts_hint(facts, "started_for", span_since(collect, generation->started));
        lync_facts_number(facts, "children", 1, generation->children);
        lync_facts_number(facts, "accepting", 1, generation->accepting);
        lync_facts_number(facts, "under_way", 1, generation->under_way);
        lync_facts_number(facts, "waiting", 1, generation->waiting);
        lync_facts_number(facts, "bound", 1, generation->bound);
        lync_facts_hint(facts, "busy", generation->under_way ? "yes" : NULL);
        lync_facts_hint(facts, "requests", requests(generation->under_way, collect->pool));
        lync_facts_text(facts, "state", !i ? "current" : generation->accepting ? "accepting" : "ending");
    }
    return facts;
}

/* Without the file this child knows what itself serves. One that ends does not look at the store any more. */
static void read_serving(lync_serving_t *serving, const lync_collect_t *collect, int generation)
{
    const lync_served_t *served = lync_generation_served();

    memset(serving, 0, sizeof(*serving));
    if (!collect->snapshot)
        return;
    if (served) {
        lync_serving_read(serving, served, collect->pool);
        if (generation == serving->generation && lync_live_wanted())
            serving->wanted = lync_live_wanted();
        return;
    }
    serving->revision = collect->model ? collect->model->revision : 0;
    serving->wanted = collect->snapshot->wanted;
    serving->because = lync_generation_reason(collect->snapshot, collect->pool);
}

apr_array_header_t *lync_status_collect(const lync_snapshot_t *snapshot, const lync_table_t *table, int generation,
                                        apr_pool_t *p)
{
    lync_collect_t collect = { .snapshot = snapshot, .table = table, .model = table ? table->model : NULL,
                               .counts = lync_count_counts(), .now = apr_time_now(), .pool = p };
    apr_array_header_t *tables = apr_array_make(p, 8, sizeof(const lync_facts_t *));
    lync_serving_t serving;

    read_serving(&serving, &collect, generation);
    lync_collect_health(&collect, &serving);
    APR_ARRAY_PUSH(tables, const lync_facts_t *) = summary(&collect, &serving, generation);
    APR_ARRAY_PUSH(tables, const lync_facts_t *) = generations(&collect, &serving);
    lync_collect_nouns(&collect, tables);
    return tables;
}
