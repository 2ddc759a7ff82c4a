#ifndef CONTROL_H
#define CONTROL_H

#include <apr_time.h>

#include "health.h"
#include "lyncadm.h"
#include "serving.h"

/* The httpd that serves the store, as lyncadm sees it from outside. */

/* httpd.c: the httpd that is reached by a command */

/* How many requests httpd takes at once. */
typedef struct lyncadm_mpm_t {
    char name[16];              /* "event"; "": it did not say */
    int children;               /* at most */
    int server_limit;
    int threads;                /* of a child */
    int thread_limit;
    int min_spare, max_spare;   /* threads that are idle; 0: the MPM counts children */
    long stack;                 /* bytes of a thread, 0: the system's */
    int reqtimeout;             /* whether mod_reqtimeout is loaded */
} lyncadm_mpm_t;

typedef struct lyncadm_httpd_t {
    const char *refusal;        /* -t failed: httpd's own words; else NULL */
    const char *served;         /* file that the module reports in; NULL: no LyncStore */
    const char *store;          /* that LyncStore names, when httpd said it */
    int revision;               /* that was tested; -1: it did not say */
    const char *pid_file;
    long user, group;           /* ids of its children when root starts it; -1: it did not say */
    lyncadm_mpm_t mpm;          /* as its configuration says */
} lyncadm_httpd_t;

/* Splits a control command into words, as a shell would without expanding anything; words may be NULL. */
const lync_err_t *lyncadm_httpd_words(lyncadm_t *adm, const char *control, char ***words) LYNC_MUST_USE;

/* Lets httpd test its configuration with a revision (0: the active one). */
const lync_err_t *lyncadm_httpd_test(lyncadm_t *adm, const char *control, int revision,
                                     lyncadm_httpd_t **httpd) LYNC_MUST_USE;

/* Reloads httpd. */
const lync_err_t *lyncadm_httpd_graceful(lyncadm_t *adm, const char *control) LYNC_MUST_USE;

/* capacity.c: with --users, adds what of httpd is too small for so many; paste: lines for its configuration, or
 * NULL. */
const lync_err_t *lyncadm_capacity(lyncadm_t *adm, lync_store_t *store, apr_array_header_t *findings,
                                   const char **paste) LYNC_MUST_USE;

/* The pid of the httpd that runs, by its pid file, or 0: one that was started without LyncStore reports nothing yet. */
long lyncadm_httpd_runs(const lyncadm_httpd_t *httpd, apr_pool_t *p);

/* With which limits the httpd of this pid runs; its name is "" when it does not tell. */
void lyncadm_httpd_limits(const lyncadm_httpd_t *httpd, long pid, lyncadm_mpm_t *mpm, apr_pool_t *p);

/* The start of a file, at most size - 1 bytes, NUL-terminated; 0: it cannot be read. */
int lyncadm_httpd_text(const char *path, char *text, apr_size_t size, apr_pool_t *p);

/* The command that reaches httpd: --control, or the store's, or apachectl. */
const lync_err_t *lyncadm_httpd_control(lyncadm_t *adm, lync_store_t *store, const char **control) LYNC_MUST_USE;

/* Whether both names are the same file. */
int lyncadm_same_file(const char *a, const char *b, apr_pool_t *p);

/* backup.c: refuses a file that is there, without --force, or that is the store; what: "back up to". */
const lync_err_t *lyncadm_new_file(lyncadm_t *adm, const char *what, const char *file) LYNC_MUST_USE;

/* serving.c: what a running httpd serves */

/* A file that is not there means that none serves; one that cannot be read is an error. */
const lync_err_t *lyncadm_httpd_serving(const char *served, lync_serving_t *serving, apr_pool_t *p) LYNC_MUST_USE;

/* The same for who reloads httpd in such a case, which mends a file that another version of mod_lync wrote: of one that
 * cannot be read no more is known than that. */
void lyncadm_httpd_serving_now(const char *served, lync_serving_t *serving, apr_pool_t *p);

/* runtime.c */

/* Adds --runtime. */
void lyncadm_runtime_option(apr_array_header_t *options);

/* As lyncadm_httpd_test() has it; with --runtime nothing is run, and only served is known. */
const lync_err_t *lyncadm_runtime_httpd(lyncadm_t *adm, const char *control, lyncadm_httpd_t **httpd) LYNC_MUST_USE;

/* The served file alone, of httpd as --runtime, --control, the store or else apachectl has it. */
const lync_err_t *lyncadm_runtime_served(lyncadm_t *adm, const char **served) LYNC_MUST_USE;

/* Another file beside it. */
const char *lyncadm_runtime_file(const char *served, const char *name, apr_pool_t *p);

/* status_server.c: how the servers are; NULL: what is there is of another httpd, or generation. served may be NULL. */
const lync_health_t *lyncadm_httpd_health(const char *served, const lync_serving_t *serving, apr_pool_t *p);

/* reload.c */

/* Whether every new connection is served by this revision. */
int lyncadm_serves(const lync_serving_t *serving, const lync_revision_t *revision);

/* Reloads httpd and waits, for so many seconds, until that is so with a new generation. */
const lync_err_t *lyncadm_reload(lyncadm_t *adm, const lyncadm_httpd_t *httpd, const char *control,
                                 const lync_revision_t *revision, int wait, int *generation) LYNC_MUST_USE;

#endif
