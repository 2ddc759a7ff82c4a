#include "served.h"

#include <apr_atomic.h>
#include <apr_escape.h>
#include <apr_strings.h>
#include <apr_time.h>
#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "mapping.h"

#define MAGIC "lyncs11"

const lync_err_t *lync_served_create(lync_served_t **result, const char *path, const char *store, apr_pool_t *p)
{
    const lync_err_t *err;
    lync_served_t *content;
    apr_pool_t *scratch;
    void *mapped;

    apr_pool_create(&scratch, p);
    content = apr_pcalloc(scratch, sizeof(*content));
    memcpy(content->magic, MAGIC, sizeof(content->magic));
    content->pid = (apr_uint32_t)getpid();
    apr_cpystrn(content->store, store, sizeof(content->store));
    err = lync_mapping_create(&mapped, path, content, sizeof(*content), p);
    apr_pool_destroy(scratch);
    if (!err)
        *result = mapped;
    return err;
}

const lync_err_t *lync_served_open(const lync_served_t **result, const char *path, apr_pool_t *p)
{
    void *mapped;

    LYNC_TRY(lync_mapping_open(&mapped, path, MAGIC, sizeof(**result), 0, p));
    *result = mapped;
    return NULL;
}

const lync_err_t *lync_served_open_write(lync_served_t **result, const char *path, apr_pool_t *p)
{
    void *mapped;

    LYNC_TRY(lync_mapping_open(&mapped, path, MAGIC, sizeof(**result), 1, p));
    *result = mapped;
    return NULL;
}

/* Before the slot and the reason are overwritten. */
static void note_since(lync_served_t *served, int revision, const char *seal, const char *reason, apr_uint32_t now)
{
    const lync_served_slot_t *last = &served->slot[served->generation % LYNC_SERVED_SLOTS];

    if (!served->since || (int)last->revision != revision || strncmp(last->seal, seal, sizeof(last->seal)))
        served->since = now;
    if (!served->because_since || strncmp(served->reason, reason, sizeof(served->reason) - 1))
        served->because_since = now;
}

void lync_served_note(lync_served_t *served, int generation, int revision, const char *seal, int wanted,
                      const char *reason)
{
    lync_served_slot_t *slot = &served->slot[(unsigned int)generation % LYNC_SERVED_SLOTS];
    apr_uint32_t now = (apr_uint32_t)apr_time_sec(apr_time_now());

    note_since(served, revision, seal ? seal : "", reason ? reason : "", now);
    slot->children = 0;
    slot->started = now;
    slot->generation = (apr_uint32_t)generation;
    slot->revision = (apr_uint32_t)revision;
    apr_cpystrn(slot->seal, seal ? seal : "", sizeof(slot->seal));
    slot->wanted = (apr_uint32_t)wanted;
    apr_cpystrn(served->reason, reason ? reason : "", sizeof(served->reason));
    apr_atomic_set32(&served->generation, (apr_uint32_t)generation);
}

void lync_served_limit(lync_served_t *served, int generation, const lync_served_limits_t *limits)
{
    served->slot[(unsigned int)generation % LYNC_SERVED_SLOTS].limits = *limits;
}

void lync_served_lack(lync_served_t *served, int quarantined, int closed, const char *closed_names)
{
    served->quarantined = (apr_uint32_t)quarantined;
    served->closed = (apr_uint32_t)closed;
    apr_cpystrn(served->closed_names, closed_names ? closed_names : "", sizeof(served->closed_names));
}

int lync_served_limits(const lync_served_t *served, int generation, lync_served_limits_t *limits)
{
    if (apr_atomic_read32((volatile apr_uint32_t *)&served->generation) != (apr_uint32_t)generation)
        return 0;
    *limits = served->slot[(unsigned int)generation % LYNC_SERVED_SLOTS].limits;
    return 1;
}

void lync_served_leave_file(lync_served_t *served)
{
    apr_atomic_set32(&served->left, 1);
}

int lync_served_is_left(const lync_served_t *served)
{
    return apr_atomic_read32((volatile apr_uint32_t *)&served->left) != 0;
}

void lync_served_cut(lync_served_t *served, int generation)
{
    apr_atomic_set32(&served->cut, (apr_uint32_t)generation + 1);
}

void lync_served_uncut(lync_served_t *served)
{
    apr_atomic_set32(&served->cut, 0);
}

int lync_served_is_cut(const lync_served_t *served)
{
    int i;

    if (apr_atomic_read32((volatile apr_uint32_t *)&served->cut) != served->generation + 1)
        return 0;
    for (i = 0; i < LYNC_SERVED_CHILDREN; ++i)
        if (served->child[i].pid && !served->child[i].stopping)
            return 0;
    return 1;
}

const char *lync_served_text(const char *text, apr_size_t size, apr_pool_t *p)
{
    const char *copy = lync_one_line(apr_pstrndup(p, text, size));

    return *copy ? copy : NULL;
}

/* Its children can write the file too: 0 and below are not one process. */
static int is_process(apr_uint32_t pid)
{
    return (pid_t)pid > 1 && (kill((pid_t)pid, 0) == 0 || errno == EPERM);
}

apr_uint32_t lync_served_mark(const char *seal)
{
    apr_uint32_t mark = 2166136261u;

    for (; seal && *seal; ++seal)
        mark = (mark ^ (unsigned char)*seal) * 16777619u;
    return mark;
}

/* The page is shared by all children. */
static void set(apr_uint32_t *place, apr_uint32_t value)
{
    if (apr_atomic_read32(place) != value)
        apr_atomic_set32(place, value);
}

void lync_served_tell(lync_served_child_t *child, int revision, const char *seal, int tables)
{
    set(&child->mark, lync_served_mark(seal));
    set(&child->tables, (apr_uint32_t)tables);
    set(&child->revision, (apr_uint32_t)revision);
}

void lync_served_busy(lync_served_child_t *child, unsigned int under_way, unsigned int waiting, unsigned int bound)
{
    set(&child->under_way, under_way);
    set(&child->waiting, waiting);
    set(&child->bound, bound);
}

int lync_served_told(const lync_served_child_t *child)
{
    return child->change || child->revision;
}

int lync_served_has(const lync_served_child_t *child, int revision, const char *seal)
{
    return child->revision == (apr_uint32_t)revision && child->mark == lync_served_mark(seal);
}

int lync_served_takes(const lync_served_t *served, int generation, int revision, const char *seal)
{
    const lync_served_slot_t *slot = &served->slot[(unsigned int)generation % LYNC_SERVED_SLOTS];

    return slot->generation == (apr_uint32_t)generation && slot->revision == (apr_uint32_t)revision
           && !strncmp(slot->seal, seal ? seal : "", sizeof(slot->seal));
}

void lync_served_took(lync_served_t *served, int generation, int revision, const char *seal)
{
    lync_served_slot_t *slot = &served->slot[(unsigned int)generation % LYNC_SERVED_SLOTS];

    if (slot->generation != (apr_uint32_t)generation || lync_served_takes(served, generation, revision, seal))
        return;
    seal = seal ? seal : "";
    if (served->generation == (apr_uint32_t)generation)
        note_since(served, revision, seal, "", (apr_uint32_t)apr_time_sec(apr_time_now()));
    apr_cpystrn(slot->seal, seal, sizeof(slot->seal));
    apr_atomic_set32(&slot->wanted, (apr_uint32_t)revision);
    apr_atomic_set32(&slot->revision, (apr_uint32_t)revision);
}

void lync_served_want(lync_served_t *served, int generation, int wanted)
{
    lync_served_slot_t *slot = &served->slot[(unsigned int)generation % LYNC_SERVED_SLOTS];

    if (slot->generation == (apr_uint32_t)generation)
        set(&slot->wanted, (apr_uint32_t)wanted);
}

lync_served_child_t *lync_served_enter(lync_served_t *served, int generation)
{
    apr_uint32_t pid = (apr_uint32_t)getpid(), i;

    apr_atomic_inc32(&served->slot[(unsigned int)generation % LYNC_SERVED_SLOTS].children);
    /* thousands of children need not ask for each other's places */
    for (i = 0; i < LYNC_SERVED_CHILDREN; ++i) {
        lync_served_child_t *child = &served->child[(pid + i) % LYNC_SERVED_CHILDREN];
        apr_uint32_t before = apr_atomic_read32(&child->pid);

        /* what a lost child left, the pid of a new one included */
        if (before && before != pid && is_process(before))
            continue;
        if (apr_atomic_cas32(&child->pid, pid, before) != before)
            continue;
        apr_atomic_set32(&child->stopping, 0);
        apr_atomic_set32(&child->change, 0);
        lync_served_tell(child, 0, NULL, 0);
        lync_served_busy(child, 0, 0, 0);
        apr_atomic_set32(&child->generation, (apr_uint32_t)generation);
        return child;
    }
    return NULL;
}

void lync_served_leave(lync_served_child_t *child)
{
    apr_atomic_cas32(&child->pid, 0, (apr_uint32_t)getpid());
}

void lync_served_lost(lync_served_t *served, int pid)
{
    int i;

    for (i = 0; i < LYNC_SERVED_CHILDREN; ++i)
        if (served->child[i].pid == (apr_uint32_t)pid)
            apr_atomic_cas32(&served->child[i].pid, 0, (apr_uint32_t)pid);
}

/* A nonce that a killed lyncadm left ends by itself. */
const lync_err_t *lync_served_probe(lync_served_t *served, int seconds, apr_pool_t *p)
{
    unsigned char random[(LYNC_SERVED_NONCE - 1) / 2];

    lync_served_probe_end(served);
    if (RAND_bytes(random, sizeof(random)) != 1)
        return lync_err(p, "cannot draw a nonce: no random bytes");
    apr_escape_hex(served->probe, random, sizeof(random), 0, NULL);
    apr_atomic_set32(&served->probe_until, (apr_uint32_t)apr_time_sec(apr_time_now()) + (apr_uint32_t)seconds);
    return NULL;
}

void lync_served_probe_end(lync_served_t *served)
{
    apr_atomic_set32(&served->probe_until, 0);
    memset(served->probe, 0, sizeof(served->probe));
}

/* In constant time: the word may be anybody's guess. */
int lync_served_probed(const lync_served_t *served, const char *word)
{
    apr_uint32_t until = served->probe_until;

    return until && word && strlen(word) == LYNC_SERVED_NONCE - 1
           && apr_time_sec(apr_time_now()) < until && !CRYPTO_memcmp(served->probe, word, LYNC_SERVED_NONCE - 1);
}

int lync_served_runs(const lync_served_child_t *child)
{
    return child->pid && is_process(child->pid);
}

int lync_served_alive(const lync_served_t *served)
{
    return is_process(served->pid);
}
