#include "counts.h"

static int less(apr_uint64_t *number, apr_uint64_t before)
{
    if (*number < before)
        return 0;
    *number -= before;
    return 1;
}

int lync_counts_less(lync_counts_service_t *sum, const lync_counts_service_t *before)
{
    int i, is_more = less(&sum->microseconds, before->microseconds);

    for (i = 0; i < LYNC_ANSWERS; ++i)
        is_more = less(&sum->answered[i], before->answered[i]) && is_more;
    for (i = 0; i < LYNC_COUNTS_BUCKETS; ++i)
        is_more = less(&sum->bucket[i], before->bucket[i]) && is_more;
    return is_more;
}
