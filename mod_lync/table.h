#ifndef LYNC_TABLE_H
#define LYNC_TABLE_H

#include <apr_hash.h>
#include <apr_pools.h>

#include "lync.h"
#include "route.h"
#include "store.h"

/*
 * The table of routes that a child serves. It is constant; another one takes its place as a whole, while requests
 * under way go on with the one they began with. Nobody waits for anybody, and no request for a lock. No httpd here.
 */

typedef struct lync_table_t {
    const lync_model_t *model;          /* NULL: nothing is published */
    const lync_route_map_t **maps;      /* by site->index */
    apr_hash_t *targets;                /* rowid of a route -> lync_target_t */
    const char *revision;               /* the model's, for logs; NULL: it answers nothing but 503; count.c */
    apr_hash_t *services;               /* directory in lower case -> lync_counted_t; count.c */
    const lync_confirm_t *trial;        /* that the revision was on when it was read, or NULL */
    apr_pool_t *pool;                   /* of its own, destroyed when nobody has it any more; NULL: it stays */
    apr_uint32_t users;                 /* table.c's from here on: who have it */
    int settled;                        /* nobody can be about to have it */
    struct lync_table_t *before;        /* that it took the place of, if that is still there */
} lync_table_t;

/* The first one, before there are other threads. */
void lync_table_start(lync_table_t *table);

/* The one that is served now, to be had until p is emptied; NULL before the first one. In any thread. */
const lync_table_t *lync_table_take(apr_pool_t *p);

/* How many have one, whichever. In any thread. */
unsigned int lync_table_users(void);

/* The rest is for one thread. The one that is served, or NULL. */
const lync_table_t *lync_table_served(void);

/* This one is served from now on. */
void lync_table_turn(lync_table_t *table);

/* Frees what nobody has any more; how many are left, of those with a pool and the one that is served. */
int lync_table_sweep(void);

#endif
