#include <apr_strings.h>
#include <apr_time.h>

#include "probe.h"

/* How a pool is, asked over a listener as its clients would. */

#define PAUSE apr_time_from_msec(250)

/* What the proxy answers when the pool does not. */
static int is_no_answer(int status)
{
    return status == 503 || status == 504;
}

/* A pool that answers its health path otherwise than with 200 is out of service as soon as mod_proxy_hcheck has
 * asked, which may be sooner or later than we do. */
static int is_well(int status, int before)
{
    return before && before != 200 ? !is_no_answer(status) : status == 200;
}

static const char *ask(const probe_pool_t *pool, int before, int *status, apr_pool_t *p)
{
    probe_question_t question = { .listener = pool->listener->listener, .address = pool->listener->address,
                                  .host = pool->host->host, .target = pool->pool->health_path };
    probe_answer_t answer;
    const lync_err_t *err = probe_ask(&question, &answer, p);

    *status = err || is_no_answer(answer.status) ? 0 : answer.status;
    if (err)
        return err->sentence;
    return is_well(answer.status, before) ? NULL : apr_psprintf(p, "status %d", answer.status);
}

const char *probe_pool(const probe_pool_t *pool, int before, int seconds, int *status, apr_pool_t *p)
{
    apr_time_t end = apr_time_now() + apr_time_from_sec(seconds);
    apr_pool_t *scratch;
    const char *instead;

    apr_pool_create(&scratch, p);
    while ((instead = ask(pool, before, status, scratch)) && apr_time_now() < end) {
        apr_pool_clear(scratch);
        apr_sleep(PAUSE);
    }
    if (instead)
        instead = apr_pstrdup(p, instead);
    apr_pool_destroy(scratch);
    return instead;
}
