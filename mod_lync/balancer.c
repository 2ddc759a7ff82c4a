#include "mod_lync.h"

#include <apr_optional_hooks.h>
#include <apr_strings.h>

#include "proxy.h"

/*
 * The balancers live in the first site alone. mod_proxy would find them by name only from servers
 * that inherit them, and make shared memory and a mutex of each for every virtual host that does,
 * the ones of others included. So the request handler's answer is pointers, found here once:
 * the balancer, and the site's per-directory defaults with the balancer's section merged in.
 */

#define EXPECTED "lync200"

/* Standby is the revision's alone, so that a server which is enabled again is what it was. */
static const char *status_of(const lync_member_t *member, apr_pool_t *p)
{
    const char *own = member->server->state, *state = member->said ? member->said : own;
    const char *flags = apr_pstrcat(p, !strcmp(own, "standby") ? "+H" : "", !strcmp(state, "drain") ? "+N"
                                    : !strcmp(state, "disabled") ? "+D" : "", NULL);

    return *flags ? apr_pstrcat(p, " status=", flags, NULL) : "";
}

static void add_member(lync_tree_t *tree, const lync_backend_t *backend, const lync_member_t *member)
{
    const lync_pool_t *pool = backend->pool;
    const char *host = member->server->host;
    const char *uri = apr_pstrcat(tree->pool, "hcuri=", pool->health_path, NULL);

    lync_tree_row(tree, LYNC_SERVER, member->server);
    if (strchr(host, ':'))
        host = apr_psprintf(tree->pool, "[%s]", host);
    /* ttl: below the 120 s after which IIS drops an idle connection; smax: whichever was idle so long is closed, not
     * kept for good. retry: the probe is to find out whether a server is back, not a client. */
    lync_tree_add(tree, "BalancerMember",
                  "\"%s://%s:%d\" timeout=%d connectiontimeout=%d retry=%d loadfactor=%d keepalive=On ttl=60 smax=0 "
                  "addressttl=300 route=%s hcmethod=GET %s hcinterval=%d hcpasses=1 "
                  "hcfails=1 hcexpr=" EXPECTED "%s",
                  backend->scheme, host, member->port, backend->profile->timeout, pool->connect_timeout,
                  2 * pool->health_interval, member->server->weight, member->route,
                  lync_tree_quote(tree, uri), pool->health_interval,
                  status_of(member, tree->pool));
}

static void add_tls(lync_tree_t *tree, const lync_snapshot_t *snapshot, const lync_pool_t *pool)
{
    const lync_tls_policy_t *policy = lync_model_find(snapshot->model, LYNC_TLS_POLICY, pool->tls_policy);

    lync_tree_add(tree, "SSLProxyEngine", "on");
    if (pool->ca)
        lync_tree_add(tree, "SSLProxyCACertificateFile", "%s", lync_tree_quote(tree, pool->ca));
    lync_tree_add(tree, "SSLProxyVerify", "require");
    lync_tree_add(tree, "SSLProxyVerifyDepth", "10");
    lync_tree_add(tree, "SSLProxyCheckPeerName", "on");
    lync_tree_add(tree, "SSLProxyCheckPeerExpire", "on");
    lync_tree_row(tree, LYNC_TLS_POLICY, policy);
    lync_tree_add(tree, "SSLProxyProtocol", "%s", policy->protocols);
    lync_tree_add(tree, "SSLProxyCipherSuite", "%s", lync_tree_quote(tree, policy->ciphers));
}

static void add_backend(lync_tree_t *tree, const lync_snapshot_t *snapshot, const lync_backend_t *backend)
{
    const lync_pool_t *pool = backend->pool;
    const char *sticky = apr_pstrcat(tree->pool, "stickysession=", pool->cookie, NULL);
    int i;

    lync_tree_row(tree, LYNC_POOL, pool);
    /* Without a parameter here mod_proxy_hcheck would not look into the section. */
    lync_tree_open(tree, "<Proxy", apr_pstrcat(tree->pool, lync_tree_quote(tree, backend->url), " lbmethod=byrequests ",
                   strcmp(pool->affinity, "cookie") ? "" : lync_tree_quote(tree, sticky), NULL));
    if (!strcmp(backend->scheme, "https"))
        add_tls(tree, snapshot, pool);
    for (i = 0; i < backend->members->nelts; ++i)
        add_member(tree, backend, LYNC_ITEM(backend->members, lync_member_t *, i));
    lync_tree_close(tree);
}

void lync_balancer_expand(lync_tree_t *tree, const lync_snapshot_t *snapshot)
{
    int i;

    lync_tree_add(tree, "ProxyHCExpr", EXPECTED " {%%{REQUEST_STATUS} =~ /^200$/}");
    for (i = 0; i < snapshot->backends->nelts; ++i)
        add_backend(tree, snapshot, LYNC_ITEM(snapshot->backends, lync_backend_t *, i));
}

static int find_balancer(lync_backend_t *backend, const proxy_server_conf *conf)
{
    int i;

    for (i = 0; i < conf->balancers->nelts; ++i) {
        proxy_balancer *balancer = &LYNC_ITEM(conf->balancers, proxy_balancer, i);

        if (!strcmp(balancer->s->name, backend->url) && balancer->section_config
            && balancer->workers->nelts == backend->members->nelts)
            backend->balancer = balancer;
    }
    return backend->balancer != NULL;
}

static int find_balancers(const lync_snapshot_t *snapshot, server_rec *s)
{
    const lync_site_t *home;
    int i;

    if (!snapshot->backends->nelts)
        return 1;
    home = LYNC_ITEM(snapshot->sites, lync_site_t *, 0);
    for (i = 0; i < snapshot->backends->nelts; ++i) {
        lync_backend_t *backend = LYNC_ITEM(snapshot->backends, lync_backend_t *, i);

        if (!find_balancer(backend, ap_get_module_config(home->server->module_config, lync_proxy.module))) {
            ap_log_error(APLOG_MARK, APLOG_CRIT, 0, s, LYNCNO(0002) "pool '%s': mod_proxy has no balancer '%s'",
                         backend->pool->name, backend->url);
            return 0;
        }
    }
    return 1;
}

const ap_conf_vector_t *lync_balancer_section(const lync_backend_t *backend)
{
    return backend->balancer ? backend->balancer->section_config : NULL;
}

/* Before mod_proxy, so that handshake.c can tell the sections apart. */
static int early_post_config(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp, server_rec *s)
{
    const lync_snapshot_t *snapshot = lync_config_snapshot();

    (void)pconf;
    (void)plog;
    (void)ptemp;
    return !snapshot || find_balancers(snapshot, s) ? OK : HTTP_INTERNAL_SERVER_ERROR;
}

/* After mod_proxy and mod_ssl, who complete the sections in their own post_config. */
static int post_config(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp, server_rec *s)
{
    lync_snapshot_t *snapshot = lync_config_snapshot();
    int i, j;

    (void)plog;
    (void)ptemp;
    (void)s;
    if (!snapshot)
        return OK;
    for (i = 0; i < snapshot->sites->nelts; ++i) {
        lync_site_t *site = LYNC_ITEM(snapshot->sites, lync_site_t *, i);

        site->defaults = apr_palloc(pconf, sizeof(*site->defaults) * (apr_size_t)snapshot->backends->nelts);
        for (j = 0; j < snapshot->backends->nelts; ++j)
            site->defaults[j] = ap_merge_per_dir_configs(pconf, site->server->lookup_defaults,
                LYNC_ITEM(snapshot->backends, lync_backend_t *, j)->balancer->section_config);
    }
    return OK;
}

void lync_balancer_register(apr_pool_t *p)
{
    (void)p;
    ap_hook_post_config(early_post_config, NULL, NULL, APR_HOOK_REALLY_FIRST);
    ap_hook_post_config(post_config, NULL, NULL, APR_HOOK_REALLY_LAST);
}
