#include "unit.h"

#include <apr_thread_proc.h>
#include <apr_time.h>

#include "../../mod_lync/table.h"

/* Tables take each other's place while threads have them: none is freed too early, and none is left. */

#define THREADS 4
#define TURNS 5000

static apr_uint32_t alive;              /* tables with a pool */
static apr_uint32_t ended, wrong;

static apr_status_t count_out(void *data)
{
    lync_table_t *table = data;

    table->model = NULL;                /* whoever reads it now would see */
    __atomic_fetch_sub(&alive, 1, __ATOMIC_SEQ_CST);
    return APR_SUCCESS;
}

static lync_table_t *new_table(int revision)
{
    lync_model_t *model;
    lync_table_t *table;
    apr_pool_t *pool;

    assert_int_equal(apr_pool_create_unmanaged(&pool), APR_SUCCESS);
    table = apr_pcalloc(pool, sizeof(*table));
    model = apr_pcalloc(pool, sizeof(*model));
    model->revision = revision;
    table->model = model;
    table->pool = pool;
    apr_palloc(pool, 20000);
    __atomic_fetch_add(&alive, 1, __ATOMIC_SEQ_CST);
    apr_pool_cleanup_register(pool, table, count_out, apr_pool_cleanup_null);
    return table;
}

static void forget(void)
{
    apr_pool_destroy(lync_table_served()->pool);
    lync_table_start(NULL);
}

static void test_one_after_the_other(void **state)
{
    static lync_model_t model;
    static lync_table_t first = { .model = &model };
    apr_pool_t *early, *late;
    const lync_table_t *had;

    apr_pool_create(&early, *state);
    apr_pool_create(&late, *state);
    assert_null(lync_table_take(early));
    lync_table_start(&first);
    assert_ptr_equal(lync_table_take(early), &first);
    assert_int_equal(lync_table_sweep(), 1);
    lync_table_turn(new_table(1));
    assert_int_equal(lync_table_sweep(), 1);            /* the first one is no more than a start */
    had = lync_table_take(late);
    assert_int_equal(had->model->revision, 1);
    lync_table_turn(new_table(2));
    lync_table_turn(new_table(3));
    assert_int_equal(lync_table_served()->model->revision, 3);
    assert_int_equal(lync_table_sweep(), 2);
    assert_int_equal(had->model->revision, 1);
    apr_pool_destroy(late);
    assert_int_equal(lync_table_sweep(), 1);
    assert_int_equal(alive, 1);
    apr_pool_destroy(early);
    assert_int_equal(first.users, 0);
    forget();
}

static void *APR_THREAD_FUNC take_often(apr_thread_t *thread, void *unused)
{
    apr_pool_t *p, *kept;
    const lync_table_t *table, *old = NULL;
    int last = 0, i;

    (void)unused;
    apr_pool_create(&p, apr_thread_pool_get(thread));
    apr_pool_create(&kept, apr_thread_pool_get(thread));
    for (i = 0; !__atomic_load_n(&ended, __ATOMIC_SEQ_CST); ++i) {
        table = lync_table_take(p);
        if (!table->model || table->model->revision < last)
            __atomic_fetch_add(&wrong, 1, __ATOMIC_SEQ_CST);
        last = table->model ? table->model->revision : last;
        if (i % 100 == 0) {             /* as a poll of 15 minutes has it */
            if (old && !old->model)
                __atomic_fetch_add(&wrong, 1, __ATOMIC_SEQ_CST);
            apr_pool_clear(kept);
            old = lync_table_take(kept);
        }
        apr_pool_clear(p);
    }
    apr_pool_clear(kept);
    return NULL;
}

static void test_among_threads(void **state)
{
    apr_thread_t *threads[THREADS];
    apr_status_t ignored;
    int i;

    alive = 0;
    lync_table_start(new_table(0));
    for (i = 0; i < THREADS; ++i)
        assert_int_equal(apr_thread_create(&threads[i], NULL, take_often, NULL, *state), APR_SUCCESS);
    for (i = 1; i <= TURNS; ++i) {
        lync_table_turn(new_table(i));
        lync_table_sweep();
    }
    __atomic_store_n(&ended, 1, __ATOMIC_SEQ_CST);
    for (i = 0; i < THREADS; ++i)
        apr_thread_join(&ignored, threads[i]);
    assert_int_equal(wrong, 0);
    assert_int_equal(lync_table_sweep(), 1);
    assert_int_equal(alive, 1);
    assert_int_equal(lync_table_served()->model->revision, TURNS);
    forget();
}

int main(void)
{
    const struct CMUnitTest tests[] = { UNIT_TEST(test_one_after_the_other), UNIT_TEST(test_among_threads) };

    return cmocka_run_group_tests_name("table", tests, NULL, NULL);
}
