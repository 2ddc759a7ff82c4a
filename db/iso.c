#include "iso.h"

const char *lync_iso(apr_time_t time, apr_pool_t *p)
{
    apr_time_exp_t exploded;
    char *text = apr_palloc(p, 32);
    apr_size_t length;

    apr_time_exp_gmt(&exploded, time);
    apr_strftime(text, &length, 32, "%Y-%m-%dT%H:%M:%SZ", &exploded);
    return text;
}
