#ifndef SERVING_H
#define SERVING_H

#include <apr_time.h>

#include "lyncadm.h"

/* The httpd that serves the store, as lyncadm sees it from outside. */

/* httpd.c: the httpd that is reached by a command */

typedef struct lyncadm_httpd_t {
    const char *refusal;        /* -t failed: httpd's own words; else NULL */
    const char *served;         /* file that the module reports in; NULL: no LyncStore */
    const char *store;          /* that LyncStore names, when httpd said it */
    int revision;               /* that was tested; -1: it did not say */
    const char *pid_file;
    long user, group;           /* ids of its children when root starts it; -1: it did not say */
} lyncadm_httpd_t;

/* Splits a control command into words, as a shell would without expanding anything; words may be NULL. */
const lync_err_t *lyncadm_httpd_words(lyncadm_t *adm, const char *control, char ***words) LYNC_MUST_USE;

/* Lets httpd test its configuration with a revision (0: the active one). */
const lync_err_t *lyncadm_httpd_test(lyncadm_t *adm, const char *control, int revision,
                                     lyncadm_httpd_t **httpd) LYNC_MUST_USE;

/* Reloads httpd. */
const lync_err_t *lyncadm_httpd_graceful(lyncadm_t *adm, const char *control) LYNC_MUST_USE;

/* Whether httpd runs, by its pid file: one that was started without LyncStore reports nothing yet. */
int lyncadm_httpd_runs(const lyncadm_httpd_t *httpd, apr_pool_t *p);

/* The command that reaches httpd: --control, or the store's, or apachectl. */
const lync_err_t *lyncadm_httpd_control(lyncadm_t *adm, lync_store_t *store, const char **control) LYNC_MUST_USE;

/* Whether both names are the same file. */
int lyncadm_same_file(const char *a, const char *b, apr_pool_t *p);

/* serving.c: what a running httpd serves */

/* A generation of its children, of which some run. */
typedef struct lyncadm_generation_t {
    int number;
    int revision;               /* 0: none, or not known any more */
    apr_time_t started;         /* 0: not known any more */
    int children;               /* that run */
    int accepting;              /* of those, that take new connections */
    int pid;                    /* of one of these */
} lyncadm_generation_t;

typedef struct lyncadm_serving_t {
    int alive;                  /* all else is 0 when not */
    int pid;
    int generation;             /* the latest */
    int revision;
    const char *seal;           /* of the revision, or NULL */
    int wanted;                 /* the store's active revision as the generation found it; 0: not to be read */
    int children;               /* of the generation that take new connections */
    const char *store;
    const char *because;        /* why the generation does not serve all that is wanted, or NULL */
    apr_array_header_t *generations;    /* of lyncadm_generation_t, the latest first */
} lyncadm_serving_t;

/* A file that is not there means that none serves; one that cannot be read is an error. */
const lync_err_t *lyncadm_httpd_serving(const char *served, lyncadm_serving_t *serving, apr_pool_t *p) LYNC_MUST_USE;

/* A generation before the latest that still takes new connections, or NULL. */
const lyncadm_generation_t *lyncadm_serving_old(const lyncadm_serving_t *serving);

/* reload.c */

/* Whether every new connection is served by this revision. */
int lyncadm_serves(const lyncadm_serving_t *serving, const lync_revision_t *revision);

/* Reloads httpd and waits, for so many seconds, until that is so with a new generation. */
const lync_err_t *lyncadm_reload(lyncadm_t *adm, const lyncadm_httpd_t *httpd, const char *control,
                                 const lync_revision_t *revision, int wait, int *generation) LYNC_MUST_USE;

#endif
