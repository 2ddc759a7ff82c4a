#include "server_state.h"

#include <apr_strings.h>
#include <string.h>

#include "store_private.h"

#define FIRST_WITH_TABLE 2      /* schema version */

/* Somebody may have written around lyncadm, and a terminal is not his to steer. */
static const char *text_of(lync_stmt_t *stmt, int index, apr_pool_t *p)
{
    return lync_one_line(apr_pstrdup(p, lync_stmt_text(stmt, index, p)));
}

static const lync_err_t *read_rows(lync_store_t *store, apr_array_header_t *states, apr_pool_t *p)
{
    const lync_err_t *err;
    lync_stmt_t *stmt;
    int row;

    LYNC_TRY(lync_sql_prepare(&stmt, store->db, "SELECT host, pool, state FROM server_state "
                              "WHERE host || pool || state IS NOT NULL ORDER BY pool, host", p));
    for (err = lync_stmt_step(stmt, &row, p); !err && row; err = lync_stmt_step(stmt, &row, p)) {
        lync_server_state_t *state = apr_array_push(states);

        state->host = text_of(stmt, 0, p);
        state->pool = text_of(stmt, 1, p);
        state->state = text_of(stmt, 2, p);
    }
    lync_stmt_end(stmt);
    return err;
}

static const lync_err_t *read_all(lync_store_t *store, apr_array_header_t *states, int *change, apr_pool_t *p)
{
    LYNC_TRY(lync_sql_int(store->db, "SELECT coalesce(max(id), 0) FROM change", change, p));
    return read_rows(store, states, p);
}

const lync_err_t *lync_server_states(lync_store_t *store, apr_array_header_t **states, int *change, apr_pool_t *p)
{
    const lync_err_t *err, *end;

    *states = apr_array_make(p, 4, sizeof(lync_server_state_t));
    *change = 0;
    if (store->version < FIRST_WITH_TABLE)
        return NULL;
    if (store->in_transaction)
        return read_all(store, *states, change, p);
    LYNC_TRY(lync_sql_exec(store->db, "BEGIN", p));
    err = read_all(store, *states, change, p);
    end = lync_sql_exec(store->db, "ROLLBACK", p);
    return err ? err : end;
}

static const lync_err_t *json_of(lync_store_t *store, const char *host, const char *pool, const char **json,
                                 apr_pool_t *p)
{
    const lync_place_t place = lync_place_server_state();
    lync_stmt_t *stmt;
    int row;

    LYNC_TRY(lync_sql_prepare(&stmt, store->db, apr_pstrcat(p, "SELECT ", place.json, " FROM server_state "
                                                            "WHERE host = ?1 AND pool = ?2", NULL), p));
    lync_stmt_bind_text(stmt, 1, host);
    lync_stmt_bind_text(stmt, 2, pool);
    LYNC_TRY(lync_stmt_step(stmt, &row, p));
    *json = row ? lync_stmt_text(stmt, 0, p) : NULL;
    lync_stmt_end(stmt);
    return NULL;
}

const lync_err_t *lync_server_state_set(lync_store_t *store, const char *host, const char *pool, const char *state,
                                        apr_pool_t *p)
{
    const char *before, *after;
    lync_stmt_t *stmt;
    int row;

    LYNC_TRY(json_of(store, host, pool, &before, p));
    LYNC_TRY(lync_sql_prepare(&stmt, store->db, state ? "INSERT INTO server_state VALUES (?1, ?2, ?3) "
                              "ON CONFLICT (host, pool) DO UPDATE SET state = excluded.state"
                              : "DELETE FROM server_state WHERE host = ?1 AND pool = ?2", p));
    lync_stmt_bind_text(stmt, 1, host);
    lync_stmt_bind_text(stmt, 2, pool);
    if (state)
        lync_stmt_bind_text(stmt, 3, state);
    LYNC_TRY(lync_stmt_step(stmt, &row, p));
    LYNC_TRY(json_of(store, host, pool, &after, p));
    return lync_change_entry(store, lync_place_server_state().noun, apr_pstrcat(p, host, " ", pool, NULL), before,
                             after, p);
}

const char *lync_server_state_of(const apr_array_header_t *states, const char *host, const char *pool)
{
    int i;

    for (i = 0; states && i < states->nelts; ++i) {
        const lync_server_state_t *state = &APR_ARRAY_IDX(states, i, lync_server_state_t);

        if (!strcmp(state->host, host) && !strcmp(state->pool, pool))
            return state->state;
    }
    return NULL;
}
