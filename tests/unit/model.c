#include "unit.h"

#include <apr_strings.h>
#include <string.h>

#include "model.h"
#include "sql.h"

const lync_change_t model_alice = { .login = "alice", .command = "lyncadm test", .reason = "because" };

void model_write(apr_pool_t *p, lync_store_t *store, const lync_model_t *model)
{
    int id, i;

    SUCCEEDS(lync_store_begin(store, &model_alice, p));
    for (id = 0; id < LYNC_NOUNS; ++id) {
        for (i = 0; i < model->rows[id]->nelts; ++i)
            SUCCEEDS(lync_store_insert(store, lync_noun(id), LYNC_ROW(model, id, i), p));
    }
    SUCCEEDS(lync_store_commit(store, p));
}

const lync_err_t *model_raw(apr_pool_t *p, const char *path, const char *sql)
{
    lync_sql_t *db;

    SUCCEEDS(lync_sql_open(&db, path, 1, p));
    return lync_sql_exec(db, sql, p);
}

lync_model_t *model_new(apr_pool_t *p)
{
    lync_model_t *model = apr_pcalloc(p, sizeof(*model));
    int id;

    for (id = 0; id < LYNC_NOUNS; ++id)
        model->rows[id] = apr_array_make(p, 4, sizeof(void *));
    return model;
}

void *model_add(apr_pool_t *p, lync_model_t *model, lync_noun_id_t id, ...)
{
    const lync_noun_t *noun = lync_noun(id);
    void *row = lync_row_new(p, noun);
    const char *pair;
    va_list args;

    va_start(args, id);
    while ((pair = va_arg(args, const char *))) {
        const char *value = strchr(pair, '=');
        const lync_field_t *field = lync_field(noun, apr_pstrmemdup(p, pair, value - pair));

        assert_non_null(field);
        SUCCEEDS(lync_row_set(p, noun, field, row, value + 1));
    }
    va_end(args);
    APR_ARRAY_PUSH(model->rows[id], void *) = row;
    return row;
}

lync_route_t *model_route(apr_pool_t *p, lync_model_t *model, const char *host, const char *path, const char *pool)
{
    return model_add(p, model, LYNC_ROUTE, "listener=external", apr_pstrcat(p, "host=", host, NULL),
                     apr_pstrcat(p, "path=", path, NULL), apr_pstrcat(p, "pool=", pool, NULL), "scheme=https",
                     "profile=web", NULL);
}

lync_model_t *model_sound(apr_pool_t *p)
{
    lync_model_t *model = model_new(p);

    model_add(p, model, LYNC_PROFILE, "name=web", "timeout=300", NULL);
    model_add(p, model, LYNC_PROFILE, "name=poll", "timeout=1800", NULL);
    model_add(p, model, LYNC_TLS_POLICY, "name=intermediate", "protocols=-all +TLSv1.2", "ciphers=HIGH", NULL);
    model_add(p, model, LYNC_SERVICE, "name=cscp", "path=/cscp", "releases=2013", "authentication=windows",
              "profile=web", "action=refuse", NULL);
    model_add(p, model, LYNC_SERVICE, "name=ucwa", "path=/ucwa", "releases=2013", "authentication=bearer",
              "profile=poll", "action=publish", NULL);
    model_add(p, model, LYNC_LISTENER, "name=external", "port=443", "tls_policy=intermediate", NULL);
    model_add(p, model, LYNC_CERTIFICATE, "name=external", "chain=/c.pem", "key=/k.pem",
              "names=webext.contoso.com *.fabrikam.com", "not_before=2020-01-01T00:00:00Z",
              "not_after=2090-01-01T00:00:00Z", NULL);
    model_add(p, model, LYNC_BINDING, "listener=external", "certificate=external", NULL);
    model_add(p, model, LYNC_POOL, "name=pool.contoso.local", "ca=/ca.pem", "https_port=4443",
              "http_port=8080", "cookie=C", "health_path=/", NULL);
    model_add(p, model, LYNC_SERVER, "host=fe01.contoso.local", "pool=pool.contoso.local", NULL);
    model_route(p, model, "webext.contoso.com", "/", "pool.contoso.local");
    model_add(p, model, LYNC_ROUTE, "listener=external", "host=webext.contoso.com", "path=/Cscp", "action=refuse",
              "service=cscp", NULL);
    return model;
}
