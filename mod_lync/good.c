#include "mod_lync.h"

#include <ap_listen.h>
#include <apr_strings.h>
#include <http_core.h>

/*
 * Last known good: the revision that this httpd serves, kept across reloads. A reload unloads this
 * module, its code and everything static with it, so what is kept is data alone: no pointer to a
 * text or a function of ours. The pool is emptied and filled anew once a generation is complete;
 * what a reload takes from it is a copy. So it holds one revision, however many reloads come.
 */

typedef struct retained_t {
    apr_pool_t *pool;
    lync_model_t *model;                /* NULL: none */
    apr_array_header_t *ports;          /* of const char *: "<ip> <port>" */
    int session_cache;
} retained_t;

/* The module may come back with other structs than it left with: then it finds nothing under their name. */
static const char *retained_name(apr_pool_t *p)
{
    apr_uint32_t hash = sizeof(retained_t) * 64 + sizeof(lync_model_t);
    int id;

    for (id = 0; id < LYNC_NOUNS; ++id) {
        const lync_field_t *field;
        const char *c;

        hash = (hash ^ (apr_uint32_t)lync_noun(id)->size) * 16777619u;
        for (field = lync_noun(id)->fields; field->name; ++field) {
            hash = (hash ^ (apr_uint32_t)(field->offset * 64 + field->kind)) * 16777619u;
            for (c = field->name; *c; ++c)
                hash = (hash ^ (unsigned char)*c) * 16777619u;
        }
    }
    return apr_psprintf(p, "mod_lync last known good %08x", hash);
}

static retained_t *retained(apr_pool_t *p)
{
    return ap_retained_data_get(retained_name(p));
}

static lync_model_t *copy_model(const lync_model_t *model, apr_pool_t *p)
{
    lync_model_t *copy = apr_pcalloc(p, sizeof(*copy));
    int id, i;

    copy->revision = model->revision;
    copy->seal = apr_pstrdup(p, model->seal);
    for (id = 0; id < LYNC_NOUNS; ++id) {
        copy->rows[id] = apr_array_make(p, model->rows[id]->nelts, sizeof(void *));
        for (i = 0; i < model->rows[id]->nelts; ++i)
            APR_ARRAY_PUSH(copy->rows[id], void *) = lync_row_copy(p, lync_noun(id), LYNC_ROW(model, id, i));
    }
    return copy;
}

lync_model_t *lync_good(apr_pool_t *p)
{
    const retained_t *kept = retained(p);
    lync_model_t *good = kept && kept->model ? copy_model(kept->model, p) : NULL;
    lync_model_t *later;

    /* children may have taken over another one since the reload */
    later = good ? lync_kept_read(good, p) : NULL;
    return later ? later : good;
}

static const char *port_name(const char *ip, int port, apr_pool_t *p)
{
    return apr_psprintf(p, "%s %d", ip, port);
}

int lync_good_listens(const char *ip, int port, apr_pool_t *p)
{
    const retained_t *kept = retained(p);
    const char *name = port_name(ip ? ip : "", port, p);
    int i;

    for (i = 0; kept && i < kept->ports->nelts; ++i) {
        const char *other = LYNC_ITEM(kept->ports, const char *, i);

        if (!strcmp(ip ? other : strchr(other, ' '), name))
            return 1;
    }
    return 0;
}

int lync_good_had_cache(apr_pool_t *p)
{
    const retained_t *kept = retained(p);

    return kept && kept->session_cache;
}

static void keep_ports(retained_t *kept)
{
    const ap_listen_rec *listener;
    char *ip;

    kept->ports = apr_array_make(kept->pool, 8, sizeof(const char *));
    for (listener = ap_listeners; listener; listener = listener->next)
        if (listener->active && apr_sockaddr_ip_get(&ip, listener->bind_addr) == APR_SUCCESS)
            APR_ARRAY_PUSH(kept->ports, const char *) = port_name(ip, listener->bind_addr->port, kept->pool);
}

/* Last of all: from here on nothing can fail any more. */
static int post_config(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp, server_rec *s)
{
    const lync_snapshot_t *snapshot = lync_config_snapshot();
    const lync_model_t *good = NULL;
    retained_t *kept = retained(ptemp);

    (void)pconf;
    (void)plog;
    if (!snapshot || ap_state_query(AP_SQ_MAIN_STATE) != AP_SQ_MS_CREATE_CONFIG)
        return OK;
    if (!kept) {
        kept = ap_retained_data_create(retained_name(ptemp), sizeof(*kept));
        apr_pool_create(&kept->pool, s->process->pool);
    }
    /* what there is in its place is a copy, but of nothing when it is of names alone */
    if (!snapshot->withheld)
        good = snapshot->model;
    apr_pool_clear(kept->pool);
    kept->model = good ? copy_model(good, kept->pool) : NULL;
    kept->session_cache = snapshot->session_cache;
    keep_ports(kept);
    return OK;
}

void lync_good_register(apr_pool_t *p)
{
    static const char *const after[] = { "mod_proxy_balancer.c", "mod_proxy.c", "mod_ssl.c", NULL };

    (void)p;
    ap_hook_post_config(post_config, after, NULL, APR_HOOK_REALLY_LAST);
}
