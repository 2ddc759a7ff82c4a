#include <apr_file_info.h>
#include <apr_strings.h>
#include <apr_time.h>
#include <string.h>

#include "served.h"
#include "serving.h"

/* What a running httpd serves, as its file tells it. Its children can write there: no number is trusted
 * further than to be shown. */

static lyncadm_generation_t *generation_of(lyncadm_serving_t *serving, const lync_served_t *served, int number)
{
    const lync_served_slot_t *slot = &served->slot[(unsigned int)number % LYNC_SERVED_SLOTS];
    lyncadm_generation_t *generation;
    int i;

    for (i = 0; i < serving->generations->nelts; ++i) {
        generation = &APR_ARRAY_IDX(serving->generations, i, lyncadm_generation_t);
        if (generation->number == number)
            return generation;
    }
    generation = apr_array_push(serving->generations);
    memset(generation, 0, sizeof(*generation));
    generation->number = number;
    if ((int)slot->generation == number) {
        generation->revision = (int)slot->revision;
        generation->started = apr_time_from_sec((apr_time_t)slot->started);
    }
    return generation;
}

static void count_children(lyncadm_serving_t *serving, const lync_served_t *served)
{
    int i;

    for (i = 0; i < LYNC_SERVED_CHILDREN; ++i) {
        const lync_served_child_t *child = &served->child[i];
        lyncadm_generation_t *generation;

        if (!lync_served_runs(child))
            continue;
        generation = generation_of(serving, served, (int)child->generation);
        ++generation->children;
        if (child->stopping)
            continue;
        ++generation->accepting;
        generation->pid = (int)child->pid;
    }
}

const lync_err_t *lyncadm_httpd_serving(const char *path, lyncadm_serving_t *serving, apr_pool_t *p)
{
    const lync_served_t *served;
    const lync_served_slot_t *slot;
    apr_finfo_t info;

    memset(serving, 0, sizeof(*serving));
    if (!path || APR_STATUS_IS_ENOENT(apr_stat(&info, path, APR_FINFO_TYPE, p)))
        return NULL;
    LYNC_TRY(lync_served_open(&served, path, p));
    if (!lync_served_alive(served))
        return NULL;
    slot = &served->slot[served->generation % LYNC_SERVED_SLOTS];
    serving->alive = 1;
    serving->pid = (int)served->pid;
    serving->generation = (int)served->generation;
    serving->revision = (int)slot->revision;
    serving->seal = lync_served_text(slot->seal, sizeof(slot->seal), p);
    serving->wanted = (int)slot->wanted;
    serving->store = lync_served_text(served->store, sizeof(served->store), p);
    serving->because = lync_served_text(served->reason, sizeof(served->reason), p);
    if (!serving->store)
        serving->store = "";
    serving->generations = apr_array_make(p, 4, sizeof(lyncadm_generation_t));
    generation_of(serving, served, serving->generation);
    count_children(serving, served);
    serving->children = APR_ARRAY_IDX(serving->generations, 0, lyncadm_generation_t).accepting;
    return NULL;
}

const lyncadm_generation_t *lyncadm_serving_old(const lyncadm_serving_t *serving)
{
    int i;

    for (i = 1; serving->alive && i < serving->generations->nelts; ++i) {
        const lyncadm_generation_t *generation = &APR_ARRAY_IDX(serving->generations, i, lyncadm_generation_t);

        if (generation->accepting)
            return generation;
    }
    return NULL;
}
