#ifndef LYNC_VIEW_H
#define LYNC_VIEW_H

#include <apr_pools.h>

/*
 * The views that a pool's IIS may take of a raw path (up to its query). All are in lower case,
 * begin with '/' and do not end with one ("" is the root).
 */
#define LYNC_VIEWS 10

typedef struct lync_views_t {
    int count;                          /* 1 when the path is plain: all views are the same */
    int odd;                            /* there are more, which end anywhere */
    const char *path[LYNC_VIEWS];       /* literal; as IIS reads it; as leniently as any; and others */
    apr_size_t length[LYNC_VIEWS];
} lync_views_t;

/* Computes the views, in p. 0: the path is bad (NUL, escapes the root, no '/' in front). */
int lync_view(lync_views_t *views, const char *target, apr_pool_t *p);

#endif
