#include "mod_lync.h"

#include <apr_strings.h>
#include <http_core.h>
#include <stdlib.h>

#include "managed.h"

/*
 * Certificates that mod_md gets and renews: the virtual hosts that present them name no files, and a managed domain
 * has their names. A domain that meets a name twice, or a virtual host with other names besides, ends httpd after
 * httpd -t has passed it: what others wrote into the configuration is looked at first.
 */

static int is_one_of(const char *directive, const char *const *names)
{
    for (; *names; ++names)
        if (!strcasecmp(directive, *names))
            return 1;
    return 0;
}

/* The first directive of that name in a list of nodes, or NULL. */
static const ap_directive_t *find(const ap_directive_t *node, const char *name)
{
    while (node && strcasecmp(node->directive, name))
        node = node->next;
    return node;
}

/* A word of the node's arguments that stands for a name of the certificate, with '*' and '?' as httpd has them. */
static const char *common_name(const ap_directive_t *node, const apr_array_header_t *names, apr_pool_t *p)
{
    const char *args = apr_pstrndup(p, node->args, strcspn(node->args, ">"));
    char *word;
    int i;

    while (*(word = ap_getword_conf(p, &args)))
        for (i = 0; i < names->nelts; ++i)
            if (!ap_strcasecmp_match(LYNC_ITEM(names, const char *, i), word))
                return LYNC_ITEM(names, const char *, i);
    return NULL;
}

static int has_our_port(const char *args, const lync_snapshot_t *snapshot)
{
    int i;

    for (i = 0; i < snapshot->model->rows[LYNC_LISTENER]->nelts; ++i) {
        const lync_listener_t *listener = LYNC_ROW(snapshot->model, LYNC_LISTENER, i);
        const char *port = strchr(args, ':') ? strrchr(args, ':') + 1 : "";

        if (!strcmp(listener->scheme, "https") && listener->port == atoi(port))
            return 1;
    }
    return 0;
}

/* Whether a virtual host of another site speaks TLS; without SSLEngine it does on a port of https. */
static int speaks_tls(const ap_directive_t *section, const lync_snapshot_t *snapshot)
{
    const ap_directive_t *engine = find(section->first_child, "SSLEngine");

    engine = engine ? engine : find(ap_conftree, "SSLEngine");
    return engine ? strcasecmp(engine->args, "off") != 0 : has_our_port(section->args, snapshot);
}

static const char *in_node(const ap_directive_t *node, const lync_snapshot_t *snapshot,
                           const apr_array_header_t *names, apr_pool_t *p)
{
    static const char *const domain[] = { "MDomain", "<MDomain", "<MDomainSet", "MDMember", "MDMembers", NULL };
    static const char *const name[] = { "ServerName", "ServerAlias", NULL };
    const char *found = NULL;

    if (is_one_of(node->directive, domain) && (found = common_name(node, names, p)))
        return apr_psprintf(p, "'%s' is in %s of %s line %d already", found, node->directive + (*node->directive == '<'),
                            node->filename, node->line_num);
    if (node->parent && is_one_of(node->directive, name) && speaks_tls(node->parent, snapshot)
        && (found = common_name(node, names, p)))
        return apr_psprintf(p, "'%s' is a name of <VirtualHost %s of %s line %d, too, which mod_md would have present it",
                            found, node->parent->args, node->filename, node->line_num);
    return NULL;
}

/* What of others is in the way, or NULL. */
static const char *in_tree(const ap_directive_t *node, const lync_snapshot_t *snapshot,
                           const apr_array_header_t *names, apr_pool_t *p)
{
    const char *why = NULL;

    for (; node && !why; node = node->next) {
        why = in_node(node, snapshot, names, p);
        if (!why && node->first_child)
            why = in_tree(node->first_child, snapshot, names, p);
    }
    return why;
}

/* What mod_md lacks, or would do elsewhere than lyncadm looks. */
static const char *unprepared(const lync_certificate_t *certificate, const char **remedy, apr_pool_t *p)
{
    const ap_directive_t *node = find(ap_conftree, "MDStoreDir");
    const char *args = node ? node->args : "md", *store = lync_managed_store(certificate, p);
    const char *own = ap_server_root_relative(p, ap_getword_conf(p, &args));

    *remedy = "write it into httpd's configuration, outside of virtual hosts";
    if (!find(ap_conftree, "MDCertificateAgreement"))
        return "needs 'MDCertificateAgreement accepted', by which you accept the terms of service of the CA";
    if (!find(ap_conftree, "MDContactEmail") && !find(ap_conftree, "ServerAdmin"))
        return "needs an MDContactEmail for the CA";
    if (!own || !store || strcmp(own, store)) {
        *remedy = apr_psprintf(p, "lyncadm certificate managed %s --name %s --md-directory %s", certificate->managed,
                               certificate->name, own ? own : "DIR");
        return apr_psprintf(p, "is looked for in '%s', and mod_md's MDStoreDir is '%s'", store ? store : "", own ? own
                            : "none");
    }
    return NULL;
}

/* Why mod_md cannot see to it, as the end of a sentence, or NULL. */
static const char *fault(const lync_snapshot_t *snapshot, const lync_certificate_t *certificate, int strict,
                         const char **remedy, apr_pool_t *p)
{
    const char *why;

    *remedy = "a2enmod md";
    if (!ap_find_linked_module("mod_md.c"))
        return "is managed by mod_md, which is not loaded";
    *remedy = "move it into the virtual hosts that it is for";
    if (find(ap_conftree, "SSLCertificateFile") || find(ap_conftree, "SSLCertificateChainFile"))
        return "cannot be managed by mod_md beside an SSLCertificateFile outside of virtual hosts, which mod_ssl would "
               "present as well";
    *remedy = "leave the name to one of them";
    why = in_tree(ap_conftree, snapshot, lync_managed_names(certificate, p), p);
    if (why)
        return apr_psprintf(p, "cannot be managed by mod_md: %s", why);
    return strict ? unprepared(certificate, remedy, p) : NULL;
}

void lync_managed_quarantine(lync_snapshot_t *snapshot, int strict, apr_pool_t *p)
{
    int i;

    for (i = 0; i < snapshot->model->rows[LYNC_CERTIFICATE]->nelts; ++i) {
        const lync_certificate_t *certificate = LYNC_ROW(snapshot->model, LYNC_CERTIFICATE, i);
        const char *remedy, *why = NULL;

        if (certificate->managed && lync_managed_is_bound(snapshot->model, certificate))
            why = fault(snapshot, certificate, strict, &remedy, p);
        if (why)
            lync_quarantine_add(snapshot, LYNC_CERTIFICATE, certificate,
                                apr_psprintf(p, "certificate '%s' %s", certificate->name, why), remedy, p);
    }
}

static void add_domain(lync_tree_t *tree, const lync_certificate_t *certificate)
{
    apr_array_header_t *names = lync_managed_names(certificate, tree->pool);
    const char *members = "manual";
    int i;

    for (i = names->nelts - 1; i > 0; --i)
        members = apr_pstrcat(tree->pool, lync_tree_quote(tree, LYNC_ITEM(names, const char *, i)), " ", members, NULL);
    lync_tree_row(tree, LYNC_CERTIFICATE, certificate);
    lync_tree_open(tree, "<MDomainSet", lync_tree_quote(tree, LYNC_ITEM(names, const char *, 0)));
    lync_tree_add(tree, "MDMembers", "%s", members);
    /* what port 80 does with a name is its listener's */
    lync_tree_add(tree, "MDRequireHttps", "off");
    lync_tree_close(tree);
}

void lync_managed_expand(lync_tree_t *tree, const lync_snapshot_t *snapshot)
{
    apr_hash_t *seen = apr_hash_make(tree->pool);
    int i;

    for (i = 0; i < snapshot->sites->nelts; ++i) {
        const lync_certificate_t *certificate = LYNC_ITEM(snapshot->sites, lync_site_t *, i)->certificate;

        if (!lync_is_managed(certificate) || apr_hash_get(seen, certificate->name, APR_HASH_KEY_STRING))
            continue;
        apr_hash_set(seen, certificate->name, APR_HASH_KEY_STRING, certificate);
        add_domain(tree, certificate);
    }
}
