#ifndef LYNC_SERVED_H
#define LYNC_SERVED_H

#include <apr_pools.h>

#include "err.h"

/*
 * What a running httpd serves, for lyncadm to see: a file in httpd's runtime directory, written
 * by the parent at each (re)start and mapped by its children, who count themselves in.
 */

#define LYNC_SERVED_FILE "lync.served"
#define LYNC_LIMITS_FILE "lync.mpm"     /* beside it: with which limits of the MPM httpd runs, and its pid */
#define LYNC_SERVED_SLOTS 64
#define LYNC_SERVED_REASON 1024
#define LYNC_SERVED_CLOSED 512
#define LYNC_SERVED_CHILDREN 16384      /* prefork has one for each request */
#define LYNC_SERVED_NONCE 33    /* 128 bits in hex, and NUL */

/* The request field with which lyncadm asks over a listener who answers, and the fields of the answer. */
#define LYNC_PROBE_FIELD "Lync-Probe"
#define LYNC_PROBE_REVISION "Lync-Revision"
#define LYNC_PROBE_GENERATION "Lync-Generation"
#define LYNC_PROBE_PID "Lync-Pid"
#define LYNC_PROBE_LISTENER "Lync-Listener"
#define LYNC_PROBE_DECISION "Lync-Decision" /* as lync_route_decision() says it, or quarantine */

/* Of the MPM, as this generation's configuration has them. */
typedef struct lync_served_limits_t {
    apr_uint32_t children;      /* that take connections, at most */
    apr_uint32_t slots;         /* of the scoreboard, that children may have */
    apr_uint32_t threads;       /* of a child, 1 and up */
    apr_uint32_t spare;         /* threads that are to be idle */
    apr_uint32_t old_generations;       /* LyncOldGenerations; 0: as many as there is room for */
} lync_served_limits_t;

typedef struct lync_served_slot_t {
    apr_uint32_t generation;    /* of httpd's MPM */
    apr_uint32_t revision;      /* that this generation serves, or is taking over */
    apr_uint32_t children;      /* that have started with it so far */
    apr_uint32_t wanted;        /* the store's active revision, as it was read last; 0: none, or not to be read */
    apr_uint32_t started;       /* seconds since 1970 */
    char seal[68];              /* of the revision (lync_model_t), or empty */
    lync_served_limits_t limits;
} lync_served_slot_t;

/* A child of httpd. */
typedef struct lync_served_child_t {
    apr_uint32_t pid;           /* 0: nobody's place */
    apr_uint32_t generation;
    apr_uint32_t stopping;      /* 1: it accepts no connection any more; 2: and lets go of what it waits for */
    apr_uint32_t change;        /* of the store up to which it has taken over what operators say of servers, and has
                                   looked at routes */
    apr_uint32_t revision;      /* that it serves */
    apr_uint32_t mark;          /* lync_served_mark() of its seal */
    apr_uint32_t tables;        /* of routes that it has: the one that it serves, and those that requests under way
                                   began with; 0: it takes none over */
    apr_uint32_t under_way;     /* requests, and the answers to lyncadm's own */
    apr_uint32_t waiting;       /* those that have waited for the pool's answer for more than a second */
    apr_uint32_t bound;         /* client connections that are bound to one of their own to a pool */
} lync_served_child_t;

typedef struct lync_served_t {
    char magic[8];
    apr_uint32_t pid;           /* of the parent */
    apr_uint32_t generation;    /* the latest; its slot is slot[generation % LYNC_SERVED_SLOTS] */
    char store[512];            /* file name of the store */
    lync_served_slot_t slot[LYNC_SERVED_SLOTS];
    lync_served_child_t child[LYNC_SERVED_CHILDREN];
    char reason[LYNC_SERVED_REASON];    /* why the latest does not serve all of what is wanted; or empty */
    apr_uint32_t since;         /* seconds since 1970: the latest's revision is served, whatever the reloads */
    apr_uint32_t because_since; /* the same of the reason */
    apr_uint32_t probe_until;   /* seconds since 1970 until which the nonce is valid; 0: no probe is under way */
    char probe[LYNC_SERVED_NONCE];      /* the nonce; written by lyncadm */
    apr_uint32_t left;          /* 1: the parent writes another file, and this one no more */
    apr_uint32_t cut;           /* 1 + the latest generation of which a child ended ungracefully */
    apr_uint32_t quarantined;   /* certificates, pools and listeners of which the latest serves nothing */
    apr_uint32_t closed;        /* listeners that it does not open */
    char closed_names[LYNC_SERVED_CLOSED];      /* those, for people; or empty */
} lync_served_t;

/* Creates the file (mode 0644, replaces) and maps it to write, for the life of p. */
const lync_err_t *lync_served_create(lync_served_t **served, const char *path, const char *store,
                                     apr_pool_t *p) LYNC_MUST_USE;

/* Maps an existing file to read, or to write too. Error when there is none or it is none of ours. */
const lync_err_t *lync_served_open(const lync_served_t **served, const char *path, apr_pool_t *p) LYNC_MUST_USE;
const lync_err_t *lync_served_open_write(lync_served_t **served, const char *path, apr_pool_t *p) LYNC_MUST_USE;

/* Notes that a generation serves a revision with a seal or NULL (parent, before it forks the generation's
 * children), which one was wanted, and why not all of that is served, or NULL. What is as the generation before
 * had it keeps its since. */
void lync_served_note(lync_served_t *served, int generation, int revision, const char *seal, int wanted,
                      const char *reason);

/* Before that: the limits under which the generation runs. */
void lync_served_limit(lync_served_t *served, int generation, const lync_served_limits_t *limits);

/* Before that: what of its revision it does without; names of listeners for people, or NULL. */
void lync_served_lack(lync_served_t *served, int quarantined, int closed, const char *closed_names);

/* Which revision the store wants to have served, as a child of the generation reads it. */
void lync_served_want(lync_served_t *served, int generation, int wanted);

/* Those of the generation. 0: it has not been noted (yet). */
int lync_served_limits(const lync_served_t *served, int generation, lync_served_limits_t *limits);

/* From here on the parent writes another file; whether it does. */
void lync_served_leave_file(lync_served_t *served);
int lync_served_is_left(const lync_served_t *served);

/* A child of the generation ends ungracefully; whether one of the latest did and no child accepts connections, which is
 * httpd's end or ungraceful restart; a child that could not start was not that, as the parent finds. */
void lync_served_cut(lync_served_t *served, int generation);
void lync_served_uncut(lync_served_t *served);
int lync_served_is_cut(const lync_served_t *served);

/* A text of the file (store, reason) as one printable line, in p; NULL when it is empty. The children
 * can write to the file: nothing in it is taken on trust. */
const char *lync_served_text(const char *text, apr_size_t size, apr_pool_t *p);

/* This process is a child of the generation: its place, given back with lync_served_leave(). NULL when
 * there is none left: then it is not seen. */
lync_served_child_t *lync_served_enter(lync_served_t *served, int generation);
void lync_served_leave(lync_served_child_t *child);

/* Says what a child serves: a revision with a seal or NULL, with so many tables. */
void lync_served_tell(lync_served_child_t *child, int revision, const char *seal, int tables);

/* Says how busy it is. */
void lync_served_busy(lync_served_child_t *child, unsigned int under_way, unsigned int waiting, unsigned int bound);

/* Of two seals (NULL: none) that are the same it is the same, of others hardly ever. */
apr_uint32_t lync_served_mark(const char *seal);

/* Whether a child has told of itself, and that it serves this revision. */
int lync_served_told(const lync_served_child_t *child);
int lync_served_has(const lync_served_child_t *child, int revision, const char *seal);

/* Notes that a generation takes a revision over while it runs (a child of it, before it says so of itself); whether that
 * is the last of which this was noted, or it was started with. */
void lync_served_took(lync_served_t *served, int generation, int revision, const char *seal);
int lync_served_takes(const lync_served_t *served, int generation, int revision, const char *seal);

/* Gives back the place of a child that ended without doing it (parent). */
void lync_served_lost(lync_served_t *served, int pid);

/* Makes a new nonce the one that probes bear, for so many seconds. */
const lync_err_t *lync_served_probe(lync_served_t *served, int seconds, apr_pool_t *p) LYNC_MUST_USE;

/* Ends it. For signal handlers too. */
void lync_served_probe_end(lync_served_t *served);

/* Whether a word (or NULL) is the nonce of a probe that is under way. */
int lync_served_probed(const lync_served_t *served, const char *word);

/* Whether a child runs. */
int lync_served_runs(const lync_served_child_t *child);

/* Whether the process that wrote the file still runs. */
int lync_served_alive(const lync_served_t *served);

#endif
