#ifndef CHECK_HEALTH_H
#define CHECK_HEALTH_H

#include "counts.h"
#include "health.h"
#include "lyncadm.h"
#include "serving.h"

/* A check in the form of Monitoring Plugins: what the running httpd tells in its runtime directory, judged as the
 * status page does. It needs neither the store nor any right but to read these files. */

/* Exit statuses of Monitoring Plugins. */
typedef enum check_health_level_t {
    CHECK_HEALTH_OK,
    CHECK_HEALTH_WARNING,
    CHECK_HEALTH_CRITICAL,
    CHECK_HEALTH_UNKNOWN
} check_health_level_t;

typedef struct check_health_finding_t {
    check_health_level_t level;
    const char *what;
} check_health_finding_t;

typedef struct check_health_figure_t {
    const char *name;
    const char *unit;           /* "c": it only grows; or "" */
    apr_int64_t value;
    const char *warning, *critical;     /* ranges outside of which it is to be told, or NULL */
    const char *least, *most;   /* that it can be, or NULL */
} check_health_figure_t;

typedef struct check_health_t {
    apr_pool_t *pool;
    int warning, critical;      /* days that a certificate should have left */
    const lync_served_t *served;
    lync_serving_t serving;
    const lync_health_t *servers;       /* NULL: not known */
    const lync_model_t *names;  /* listeners and certificates as they were loaded; NULL: not known */
    const lync_counts_t *counts;        /* NULL: nothing is counted */
    apr_array_header_t *findings;       /* of check_health_finding_t */
    apr_array_header_t *figures;        /* of check_health_figure_t */
    const char *summary;        /* what there is to say when nothing is wrong */
} check_health_t;

/* check_health.c: adds a finding. */
void check_health_find(check_health_t *check, check_health_level_t level, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* check_health_judge.c: adds findings and figures of what was read, of an httpd that runs, and makes the summary. */
void check_health_judge(check_health_t *check);

#endif
