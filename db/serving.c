#include "serving.h"

#include <string.h>

static lync_generation_t *generation_of(lync_serving_t *serving, const lync_served_t *served, int number)
{
    const lync_served_slot_t *slot = &served->slot[(unsigned int)number % LYNC_SERVED_SLOTS];
    lync_generation_t *generation;
    int i;

    for (i = 0; i < serving->generations->nelts; ++i) {
        generation = &APR_ARRAY_IDX(serving->generations, i, lync_generation_t);
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

/* A child of the latest generation that takes connections. The generation serves what all of them do. */
static void look_at_child(lync_serving_t *serving, const lync_served_child_t *child)
{
    if (!lync_served_told(child))
        return;
    serving->live = serving->live && child->tables;
    if (serving->late || lync_served_has(child, serving->revision, serving->seal))
        return;
    serving->late = (int)child->pid;
    serving->revision = (int)child->revision;
    serving->seal = NULL;
    APR_ARRAY_IDX(serving->generations, 0, lync_generation_t).revision = serving->revision;
}

static void count_children(lync_serving_t *serving, const lync_served_t *served)
{
    int i;

    for (i = 0; i < LYNC_SERVED_CHILDREN; ++i) {
        const lync_served_child_t *child = &served->child[i];
        lync_generation_t *generation;

        if (!lync_served_runs(child))
            continue;
        generation = generation_of(serving, served, (int)child->generation);
        ++generation->children;
        generation->under_way += child->under_way;
        generation->waiting += child->waiting;
        generation->bound += child->bound;
        if (child->stopping)
            continue;
        ++generation->accepting;
        generation->pid = (int)child->pid;
        if (generation->number == serving->generation)
            look_at_child(serving, child);
    }
}

void lync_serving_read(lync_serving_t *serving, const lync_served_t *served, apr_pool_t *p)
{
    const lync_served_slot_t *slot = &served->slot[served->generation % LYNC_SERVED_SLOTS];

    memset(serving, 0, sizeof(*serving));
    serving->alive = 1;
    serving->pid = (int)served->pid;
    serving->generation = (int)served->generation;
    serving->revision = (int)slot->revision;
    serving->seal = lync_served_text(slot->seal, sizeof(slot->seal), p);
    serving->since = apr_time_from_sec((apr_time_t)served->since);
    serving->wanted = (int)slot->wanted;
    serving->store = lync_served_text(served->store, sizeof(served->store), p);
    serving->because = lync_served_text(served->reason, sizeof(served->reason), p);
    serving->because_since = serving->because ? apr_time_from_sec((apr_time_t)served->because_since) : 0;
    serving->quarantined = (int)served->quarantined;
    serving->closed = (int)served->closed;
    serving->closed_names = lync_served_text(served->closed_names, sizeof(served->closed_names), p);
    if (!serving->store)
        serving->store = "";
    serving->live = 1;
    serving->generations = apr_array_make(p, 4, sizeof(lync_generation_t));
    generation_of(serving, served, serving->generation);
    count_children(serving, served);
    serving->children = APR_ARRAY_IDX(serving->generations, 0, lync_generation_t).accepting;
    serving->live = serving->live && serving->children;
}

const lync_generation_t *lync_serving_old(const lync_serving_t *serving)
{
    int i;

    for (i = 1; serving->alive && i < serving->generations->nelts; ++i) {
        const lync_generation_t *generation = &APR_ARRAY_IDX(serving->generations, i, lync_generation_t);

        if (generation->accepting)
            return generation;
    }
    return NULL;
}

const char *lync_serving_state(const lync_serving_t *serving)
{
    if (serving->because)
        return serving->revision ? "degraded" : "down";
    if (!serving->revision)
        return "empty";
    if (lync_serving_old(serving) || serving->late)
        return "reloading";
    return serving->wanted && serving->wanted != serving->revision ? "behind" : "served";
}

const char *lync_serving_crowding(apr_uint64_t requests, apr_uint64_t room)
{
    return !room || requests * 100 < room * LYNC_SERVING_CROWDED ? NULL
           : requests * 100 < room * LYNC_SERVING_FULL ? "much" : "all";
}
