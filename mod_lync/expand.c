#include "mod_lync.h"

#include <apr_strings.h>
#include <http_core.h>

#include "managed.h"
#include "tls.h"

/*
 * The snapshot becomes standard directives, each parsed by the module that owns it:
 *
 * 1. a managed domain of mod_md for each certificate that it sees to
 * 2. a <VirtualHost> a site; the first is home to all balancers, and no other server sees them
 * 3. a Listen a listener
 *
 * All of it goes to the very end of the tree. So the virtual hosts of others come first and remain
 * the default on the ports that we share with them, wherever LyncStore stands, and every Listen of
 * theirs is known when ours are looked at.
 */

/* OpenSSL's own choice for TLS 1.3. */
#define SUITES "TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256"

static ap_directive_t *tail(void)
{
    ap_directive_t *node = ap_conftree;

    while (node->next)
        node = node->next;
    return node;
}

/* How often a directive stands outside of all sections. */
static int count_global(const char *name)
{
    const ap_directive_t *node;
    int count = 0;

    for (node = ap_conftree; node; node = node->next)
        count += !strcasecmp(node->directive, name);
    return count;
}

/* Without mod_watchdog mod_md ends httpd. */
static int can_staple(void)
{
    return ap_find_linked_module("mod_md.c") && ap_find_linked_module("mod_watchdog.c");
}

static void add_certificate(lync_tree_t *tree, const lync_certificate_t *certificate)
{
    lync_tree_row(tree, LYNC_CERTIFICATE, certificate);
    lync_tree_add(tree, "SSLCertificateFile", "%s", lync_tree_quote(tree, certificate->chain));
    lync_tree_add(tree, "SSLCertificateKeyFile", "%s", lync_tree_quote(tree, certificate->key));
}

/* mod_ssl fills a virtual host's certificates up with those of the main server when it has more:
 * ours are named as often. Its chain file would take the place of ours. */
static void add_certificates(lync_tree_t *tree, const lync_site_t *site)
{
    int i, times = count_global("SSLCertificateFile");

    add_certificate(tree, site->certificate);
    if (site->beside)
        add_certificate(tree, site->beside);
    for (i = site->beside ? 2 : 1; i < times; ++i)
        add_certificate(tree, site->certificate);
    if (!count_global("SSLCertificateChainFile"))
        return;
    lync_tree_add(tree, "SSLCertificateChainFile", "%s", lync_tree_quote(tree, site->certificate->chain));
    if (site->beside)
        lync_tree_add(tree, "SSLOpenSSLConfCmd", "Certificate %s", lync_tree_quote(tree, site->beside->chain));
}

/* The main server's commands to OpenSSL come after its directives, and before ours: what they may say of versions and
 * ciphers is said again. */
static void add_commands(lync_tree_t *tree, const lync_tls_policy_t *policy)
{
    static const char *const words[] = { ",TLSv1", ",TLSv1.1", ",TLSv1.2", ",TLSv1.3" };       /* LYNC_TLS_… */
    unsigned int i, versions = lync_tls_versions(policy, tree->pool);
    const char *protocols = "-ALL";

    if (!count_global("SSLOpenSSLConfCmd"))
        return;
    for (i = 0; i < sizeof(words) / sizeof(*words); ++i)
        if (versions & 1u << i)
            protocols = apr_pstrcat(tree->pool, protocols, words[i], NULL);
    lync_tree_add(tree, "SSLOpenSSLConfCmd", "MinProtocol None");
    lync_tree_add(tree, "SSLOpenSSLConfCmd", "MaxProtocol None");
    lync_tree_add(tree, "SSLOpenSSLConfCmd", "Protocol %s", protocols);
    lync_tree_add(tree, "SSLOpenSSLConfCmd", "CipherString %s",         /* as mod_ssl has it */
                  lync_tree_quote(tree, apr_pstrcat(tree->pool, "!aNULL:!eNULL:!EXP:", policy->ciphers, NULL)));
    lync_tree_add(tree, "SSLOpenSSLConfCmd", "Ciphersuites %s", SUITES);
}

/* mod_ssl asks a responder during the handshake, with a lock for which all other handshakes wait, and while that does
 * not answer in each of them anew. mod_md asks in the background, and leaves certificates without a responder alone. */
static void add_stapling(lync_tree_t *tree)
{
    lync_tree_add(tree, "SSLUseStapling", "off");
    if (!can_staple())
        return;
    lync_tree_add(tree, "MDStapling", "on");
    lync_tree_add(tree, "MDStapleOthers", "on");
}

static void add_tls(lync_tree_t *tree, const lync_snapshot_t *snapshot, const lync_site_t *site)
{
    const lync_tls_policy_t *policy = lync_model_find(snapshot->model, LYNC_TLS_POLICY, site->listener->tls_policy);

    lync_tree_add(tree, "SSLEngine", "on");
    lync_tree_add(tree, "SSLVerifyClient", "none");
    lync_tree_add(tree, "SSLStrictSNIVHostCheck", "off");
    lync_tree_row(tree, LYNC_TLS_POLICY, policy);
    lync_tree_add(tree, "SSLProtocol", "%s", policy->protocols);
    lync_tree_add(tree, "SSLCipherSuite", "%s", lync_tree_quote(tree, policy->ciphers));
    lync_tree_add(tree, "SSLCipherSuite", "TLSv1.3 " SUITES);
    lync_tree_add(tree, "SSLHonorCipherOrder", "on");
    lync_tree_add(tree, "SSLSessionTickets", "on");
    lync_tree_add(tree, "SSLCompression", "off");
    lync_tree_add(tree, "SSLInsecureRenegotiation", "off");
    add_commands(tree, policy);
    add_stapling(tree);
    if (!lync_is_managed(site->certificate))
        add_certificates(tree, site);
    lync_tree_row(tree, LYNC_LISTENER, site->listener);
}

/* What the main server may have set otherwise in its server configuration, which virtual hosts
 * inherit. Its per-directory configuration they do not: isolate.c. */
static void add_settings(lync_tree_t *tree)
{
    static const char *const settings[][2] = {
        { "KeepAlive", "On" },
        { "KeepAliveTimeout", "60" },
        { "MaxKeepAliveRequests", "0" },
        { "LimitRequestLine", "69632" },        /* Negotiate tokens, web tickets: 64 KB and a name */
        { "LimitRequestFieldSize", "69632" },
        { "LimitRequestFields", "200" },
        { "LimitRequestBody", "0" },
        { "HttpProtocolOptions", "Strict LenientMethods Require1.0" },
        { "TraceEnable", "off" },
        { "ProxyRequests", "Off" },
        { "ProxyVia", "Off" },
        { "ProxyPassInherit", "Off" },          /* ProxyRemote */
        { "BalancerInherit", "Off" },
        { "ProxyPreserveHost", "On" },
        { "ProxyAddHeaders", "Off" },
        { "ProxyErrorOverride", "Off" },
        { NULL, NULL }
    };
    int i;

    for (i = 0; settings[i][0]; ++i)
        lync_tree_add(tree, settings[i][0], "%s", settings[i][1]);
    if (ap_find_linked_module("mod_cache.c"))
        lync_tree_add(tree, "CacheDisable", "\"/\"");
}

/* mod_md finds by its names where to present a certificate, and to prove that a name is ours: also of those that no
 * route has yet. The hosts are among them. */
static void add_names(lync_tree_t *tree, const lync_site_t *site)
{
    const apr_array_header_t *names = lync_is_managed(site->certificate)
                                      ? lync_managed_names(site->certificate, tree->pool) : site->hosts;
    int i;

    if (!names->nelts)
        lync_tree_add(tree, "ServerName", "%s", lync_tree_quote(tree, "lync.invalid"));
    for (i = 0; i < names->nelts; ++i)
        lync_tree_add(tree, i ? "ServerAlias" : "ServerName", "%s",
                      lync_tree_quote(tree, LYNC_ITEM(names, const char *, i)));
}

/* Authentication belongs to a connection, which HTTP/2 shares among requests. By acme-tls/1 a CA asks for proof. */
static void add_protocols(lync_tree_t *tree, const lync_site_t *site)
{
    lync_tree_add(tree, "Protocols", "%shttp/1.1%s",
                  site->certificate && !strcmp(site->listener->http2, "on") ? "h2 " : "",
                  lync_is_managed(site->certificate) ? " acme-tls/1" : "");
}

static void add_site(lync_tree_t *tree, const lync_snapshot_t *snapshot, lync_site_t *site, int home)
{
    const lync_listener_t *listener = site->listener;
    const char *address = strchr(listener->address, ':') ? apr_psprintf(tree->pool, "[%s]", listener->address)
                                                         : listener->address;

    lync_tree_row(tree, LYNC_LISTENER, listener);
    lync_tree_open(tree, "<VirtualHost", apr_psprintf(tree->pool, "%s:%d", address, listener->port));
    add_names(tree, site);
    add_protocols(tree, site);
    add_settings(tree);
    if (site->certificate)
        add_tls(tree, snapshot, site);
    if (home)
        lync_balancer_expand(tree, snapshot);
    lync_tree_row(tree, LYNC_LISTENER, listener);
    lync_tree_add(tree, "LyncVirtualHost", "%s", "")->data = site;
    lync_tree_close(tree);
}

/* Without one every resumed TLS 1.2 session would be a whole handshake. It serves all virtual hosts.
 * Once there it stays: mod_ssl remembers it across reloads, and when a configuration has none any
 * more it goes on with freed memory, which ends httpd. */
static void add_session_cache(lync_tree_t *tree, lync_snapshot_t *snapshot)
{
    const char *file = ap_runtime_dir_relative(tree->pool, "lync.tls");

    if ((!apr_hash_count(snapshot->by_sni) && !lync_good_had_cache(tree->pool)) || count_global("SSLSessionCache")
        || !ap_find_linked_module("mod_ssl.c") || !ap_find_linked_module("mod_socache_shmcb.c"))
        return;
    snapshot->session_cache = 1;
    lync_tree_add(tree, "SSLSessionCache", "%s",
                  lync_tree_quote(tree, apr_pstrcat(tree->pool, "shmcb:", file, "(512000)", NULL)));
}

static void tell_unstapled(const lync_snapshot_t *snapshot, const server_rec *s)
{
    int i;

    for (i = 0; i < snapshot->sites->nelts && !can_staple(); ++i) {
        const lync_certificate_t *certificate = LYNC_ITEM(snapshot->sites, lync_site_t *, i)->certificate;

        if (!certificate || !certificate->responder)
            continue;
        ap_log_error(APLOG_MARK, APLOG_INFO, 0, s, LYNCNO(0060) "certificate '%s' names an OCSP responder, whose answers "
                     "are not stapled without mod_md and mod_watchdog", certificate->name);
        return;
    }
}

void lync_expand(lync_snapshot_t *snapshot, cmd_parms *cmd)
{
    lync_tree_t tree = { .pool = cmd->pool, .store = snapshot->path, .filename = snapshot->path };
    int i;

    add_session_cache(&tree, snapshot);
    lync_managed_expand(&tree, snapshot);
    for (i = 0; i < snapshot->sites->nelts; ++i)
        add_site(&tree, snapshot, LYNC_ITEM(snapshot->sites, lync_site_t *, i), !i);
    for (i = 0; i < snapshot->listeners->nelts; ++i) {
        lync_listener_t *listener = LYNC_ITEM(snapshot->listeners, lync_listener_t *, i);

        lync_tree_row(&tree, LYNC_LISTENER, listener);
        lync_tree_add(&tree, "LyncListen", "%s", "")->data = listener;
    }
    if (snapshot->backends->nelts)
        lync_upstream_hook();
    lync_listen_advise(cmd, snapshot);
    tell_unstapled(snapshot, cmd->server);
    if (tree.first)
        tail()->next = tree.first;
}
