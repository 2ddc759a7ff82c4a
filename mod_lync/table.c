#include "table.h"

/*
 * Between finding the table and counting itself among its users a thread holds nothing that would keep the table from
 * being freed: that is what `entering` is for. Whoever sees it at 0 after the turn knows that from then on the users
 * of the table before can only become fewer.
 */

static lync_table_t *served;
static lync_table_t *before;            /* the last one that was, and others behind it */
static apr_uint32_t entering;           /* threads that are between the two */
static apr_uint32_t users;              /* of all tables */

void lync_table_start(lync_table_t *table)
{
    __atomic_store_n(&served, table, __ATOMIC_SEQ_CST);
    before = NULL;
}

static apr_status_t leave(void *data)
{
    lync_table_t *table = data;

    __atomic_fetch_sub(&users, 1, __ATOMIC_RELAXED);
    __atomic_fetch_sub(&table->users, 1, __ATOMIC_SEQ_CST);
    return APR_SUCCESS;
}

const lync_table_t *lync_table_take(apr_pool_t *p)
{
    lync_table_t *table;

    __atomic_fetch_add(&entering, 1, __ATOMIC_SEQ_CST);
    table = __atomic_load_n(&served, __ATOMIC_SEQ_CST);
    if (table)
        __atomic_fetch_add(&table->users, 1, __ATOMIC_SEQ_CST);
    __atomic_fetch_sub(&entering, 1, __ATOMIC_SEQ_CST);
    if (table) {
        __atomic_fetch_add(&users, 1, __ATOMIC_RELAXED);
        apr_pool_cleanup_register(p, table, leave, apr_pool_cleanup_null);
    }
    return table;
}

unsigned int lync_table_users(void)
{
    return __atomic_load_n(&users, __ATOMIC_RELAXED);
}

const lync_table_t *lync_table_served(void)
{
    return __atomic_load_n(&served, __ATOMIC_SEQ_CST);
}

void lync_table_turn(lync_table_t *table)
{
    lync_table_t *last = __atomic_exchange_n(&served, table, __ATOMIC_SEQ_CST);

    if (!last->pool)
        return;
    last->settled = 0;
    last->before = before;
    before = last;
}

int lync_table_sweep(void)
{
    int settled = !__atomic_load_n(&entering, __ATOMIC_SEQ_CST), count = 1;
    lync_table_t **place = &before;

    while (*place) {
        lync_table_t *table = *place;

        table->settled = table->settled || settled;
        if (table->settled && !__atomic_load_n(&table->users, __ATOMIC_SEQ_CST)) {
            *place = table->before;
            apr_pool_destroy(table->pool);
        }
        else {
            ++count;
            place = &table->before;
        }
    }
    return count;
}
