#include "store_private.h"

#include <apr_strings.h>
#include <limits.h>

/*
 * The audit, replayed, is what the store should hold: the last entry of a row's key is the row. So a
 * row that was written around lyncadm shows, and by name.
 */

const char *lync_json(apr_pool_t *p, const lync_noun_t *noun)
{
    const lync_field_t *field;
    const char *text = "json_object(";

    for (field = noun->fields; field->name; ++field)
        text = apr_pstrcat(p, text, field == noun->fields ? "'" : ", '", field->name, "', ", field->name, NULL);
    return apr_pstrcat(p, text, ")", NULL);
}

const char *lync_key(apr_pool_t *p, const lync_noun_t *noun)
{
    const lync_field_t *field;
    const char *text = "";

    for (field = noun->fields; field->flags & LYNC_FIELD_KEY; ++field)
        text = apr_pstrcat(p, text, *text ? " || ' ' || " : "", field->name, NULL);
    return text;
}

lync_place_t lync_place_noun(apr_pool_t *p, const lync_noun_t *noun, int revision, int change)
{
    lync_place_t place = { noun->name, lync_key(p, noun), lync_json(p, noun), NULL, change };

    place.rows = apr_psprintf(p, "%s WHERE revision = %d", noun->name, revision);
    return place;
}

lync_place_t lync_place_revision(void)
{
    lync_place_t place = { "revision", "CAST(number AS TEXT)", "json_object('number', number, 'created', created, "
                           "'author', author, 'reason', reason)", "revision WHERE number <> 0", INT_MAX };

    return place;
}

/* The state that a new store has before any change is not in the audit. */
lync_place_t lync_place_state(void)
{
    lync_place_t place = { "state", "name", "json_object('name', name, 'value', value)",
                           "state WHERE name <> 'active' OR value <> '0' OR EXISTS (SELECT 1 FROM audit "
                           "WHERE noun = 'state' AND key = 'active')", INT_MAX };

    return place;
}

lync_place_t lync_place_server_state(void)
{
    lync_place_t place = { "server_state", "host || ' ' || pool", "json_object('host', host, 'pool', pool, 'state', "
                           "state)", "server_state", INT_MAX };

    return place;
}

/* Fields of the audit's object that the row has another value for. */
#define INEXACT \
    "EXISTS (SELECT 1 FROM json_each(audited.json) AS field " \
    "WHERE json_extract(present.json, '$.' || field.key) IS NOT field.value)"

static const char *query(const lync_place_t *place, int exact, apr_pool_t *p)
{
    return apr_pstrcat(p, "WITH audited AS MATERIALIZED (SELECT key, after AS json, max(change << 24 | seq) FROM audit "
                       "WHERE noun = ?1 AND change <= ?2 GROUP BY key), "
                       "present AS MATERIALIZED (SELECT ", place->key, " AS key, ", place->json, " AS json FROM ",
                       place->rows, ") "
                       "SELECT present.key, audited.json, present.json FROM present LEFT JOIN audited USING (key) "
                       "WHERE audited.json IS NOT present.json AND (audited.json IS NULL OR ", exact ? "1" : INEXACT,
                       ") UNION ALL SELECT key, json, NULL FROM audited WHERE json IS NOT NULL "
                       "AND key NOT IN (SELECT key FROM present)", NULL);
}

const lync_err_t *lync_replay(lync_store_t *store, const lync_place_t *place, int exact, apr_array_header_t **result,
                              apr_pool_t *p)
{
    const lync_err_t *err;
    lync_stmt_t *stmt;
    int row;

    *result = apr_array_make(p, 4, sizeof(lync_divergence_t));
    LYNC_TRY(lync_sql_prepare(&stmt, store->db, query(place, exact, p), p));
    lync_stmt_bind_text(stmt, 1, place->noun);
    lync_stmt_bind_int(stmt, 2, place->change);
    for (err = lync_stmt_step(stmt, &row, p); !err && row; err = lync_stmt_step(stmt, &row, p)) {
        lync_divergence_t *divergence = apr_array_push(*result);

        divergence->key = lync_stmt_text(stmt, 0, p);
        divergence->audited = lync_stmt_text(stmt, 1, p);
        divergence->present = lync_stmt_text(stmt, 2, p);
    }
    lync_stmt_end(stmt);
    return err;
}

const lync_err_t *lync_replay_adopt(lync_store_t *store, int revision, apr_pool_t *p)
{
    int id, i;

    for (id = 0; id < LYNC_NOUNS; ++id) {
        const lync_place_t place = lync_place_noun(p, lync_noun(id), revision, INT_MAX);
        apr_array_header_t *divergences;

        LYNC_TRY(lync_replay(store, &place, 1, &divergences, p));
        for (i = 0; i < divergences->nelts; ++i) {
            const lync_divergence_t *d = &APR_ARRAY_IDX(divergences, i, lync_divergence_t);

            LYNC_TRY(lync_change_entry(store, place.noun, d->key, d->audited, d->present, p));
        }
    }
    return NULL;
}
