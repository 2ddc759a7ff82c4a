#include "mod_lync.h"

#include <apr_strings.h>
#include <http_core.h>

#include "served.h"

/* LyncPinLimit when it is not said: twice a socket each, well below what a child may open. */
#define PIN_LIMIT 4096
/* LyncPinIdle: what IIS allows a connection. */
#define PIN_IDLE 120

typedef struct config_t {
    const lync_site_t *site;    /* of a virtual host that expand.c made */
} config_t;

/* Gone at a reload, as every static of a shared object, and set again by the walk. */
static lync_snapshot_t *current;

static int pin_limit = PIN_LIMIT;
static int pin_idle = PIN_IDLE;

static lync_failure_t failure;

static int optional;

static int quick_reload = 1;
static int old_generations;

int lync_config_pin_limit(void)
{
    return pin_limit;
}

apr_time_t lync_config_pin_idle(void)
{
    return apr_time_from_sec(pin_idle);
}

lync_failure_t lync_config_failure(void)
{
    return failure;
}

int lync_config_optional(void)
{
    return optional;
}

int lync_config_quick_reload(void)
{
    return quick_reload;
}

int lync_config_old_generations(void)
{
    return old_generations;
}

lync_snapshot_t *lync_config_snapshot(void)
{
    return current;
}

const lync_site_t *lync_config_site(const server_rec *s)
{
    const config_t *config = ap_get_module_config(s->module_config, &lync_module);

    return config ? config->site : NULL;
}

void *lync_config_create(apr_pool_t *p, server_rec *s)
{
    (void)s;
    return apr_pcalloc(p, sizeof(config_t));
}

/* A site is nobody's default: what another virtual host has of ours is nothing. */
void *lync_config_merge(apr_pool_t *p, void *base, void *add)
{
    (void)p;
    (void)base;
    return add;
}

/* Its line may come after LyncStore's, which is where it counts. */
static const char *set_failure(cmd_parms *cmd, void *unused, const char *arg)
{
    const char *complaint = ap_check_cmd_context(cmd, GLOBAL_ONLY);

    (void)unused;
    if (complaint)
        return complaint;
    if (strcasecmp(arg, "keep-serving") && strcasecmp(arg, "refuse-start"))
        return apr_psprintf(cmd->pool, "'%s' is neither keep-serving nor refuse-start", arg);
    failure = strcasecmp(arg, "keep-serving") ? LYNC_FAILURE_REFUSE : LYNC_FAILURE_KEEP;
    return NULL;
}

static const char *set_optional(cmd_parms *cmd, void *unused, int on)
{
    (void)unused;
    optional = on;
    return ap_check_cmd_context(cmd, GLOBAL_ONLY);
}

static const char *look_ahead(cmd_parms *cmd)
{
    const ap_directive_t *node;
    const char *complaint = NULL;

    for (node = ap_conftree; node && !complaint; node = node->next) {
        const char *args = node->args;

        if (!strcasecmp(node->directive, "LyncStoreFailure"))
            complaint = set_failure(cmd, NULL, ap_getword_conf(cmd->temp_pool, &args));
        else if (!strcasecmp(node->directive, "LyncStoreOptional"))
            optional = !strcasecmp(ap_getword_conf(cmd->temp_pool, &args), "on");
    }
    return complaint;
}

/* lyncadm asks so which file tells what is being served, whatever the store is like. */
static void tell(const char *path, const lync_snapshot_t *snapshot, apr_pool_t *p)
{
    apr_file_t *out;

    if (!ap_exists_config_define("DUMP_RUN_CFG") || apr_file_open_stdout(&out, p) != APR_SUCCESS)
        return;
    apr_file_printf(out, "LyncStore: \"%s\"\n", path);
    if (snapshot)
        apr_file_printf(out, "LyncRevision: %d\n", snapshot->revision);
    apr_file_printf(out, "LyncServed: \"%s\"\n", ap_runtime_dir_relative(p, LYNC_SERVED_FILE));
}

static const char *set_store(cmd_parms *cmd, void *unused, const char *arg)
{
    const char *complaint = ap_check_cmd_context(cmd, GLOBAL_ONLY), *path;
    const lync_err_t *err;

    (void)unused;
    if (complaint)
        return complaint;
    if (current)
        return apr_psprintf(cmd->pool, "LyncStore is there twice: '%s' and '%s'; one httpd serves one store",
                            current->path, arg);
    path = *arg ? ap_server_root_relative(cmd->pool, arg) : NULL;
    if (!path)
        return apr_psprintf(cmd->pool, "'%s' is not a file name", arg);
    complaint = look_ahead(cmd);
    if (complaint)
        return complaint;
    err = lync_fault_serve(&current, path, cmd);
    if (err) {
        tell(path, NULL, cmd->temp_pool);
        return err->sentence;
    }
    lync_expand(current, cmd);
    return NULL;
}

/* Ties a server_rec to its site. Its per-directory configuration is still its own here; see
 * isolate.c for what that is needed for. */
static const char *set_virtual_host(cmd_parms *cmd, void *unused)
{
    config_t *config = ap_get_module_config(cmd->server->module_config, &lync_module);
    lync_site_t *site = cmd->directive->data;

    (void)unused;
    if (!site)
        return "LyncVirtualHost is for mod_lync itself: use LyncStore";
    site->server = cmd->server;
    site->own = cmd->server->lookup_defaults;
    config->site = site;
    return NULL;
}

static const char *set_number(cmd_parms *cmd, void *unused, const char *arg)
{
    const char *complaint = ap_check_cmd_context(cmd, GLOBAL_ONLY);
    char *end;
    apr_int64_t number = apr_strtoi64(arg, &end, 10);

    (void)unused;
    if (complaint)
        return complaint;
    if (*end || number < 1 || number > APR_INT32_MAX)
        return apr_psprintf(cmd->pool, "'%s' is no number above 0", arg);
    *(int *)cmd->info = (int)number;
    return NULL;
}

static const char *set_quick_reload(cmd_parms *cmd, void *unused, int on)
{
    (void)unused;
    quick_reload = on;
    return ap_check_cmd_context(cmd, GLOBAL_ONLY);
}

static const char *set_listen(cmd_parms *cmd, void *unused)
{
    (void)unused;
    if (!cmd->directive->data)
        return "LyncListen is for mod_lync itself: use Listen";
    return lync_listen(cmd, cmd->directive->data);
}

const command_rec lync_commands[] = {
    AP_INIT_TAKE1("LyncStore", set_store, NULL, RSRC_CONF,
                  "the store that lyncadm writes and this httpd serves"),
    AP_INIT_TAKE1("LyncStoreFailure", set_failure, NULL, RSRC_CONF,
                  "what a start does when the store cannot be served: refuse-start or keep-serving"),
    AP_INIT_FLAG("LyncStoreOptional", set_optional, NULL, RSRC_CONF,
                 "whether httpd starts before there is a store"),
    AP_INIT_TAKE1("LyncPinLimit", set_number, &pin_limit, RSRC_CONF,
                  "how many client connections of a child may have connections to pools of their own"),
    AP_INIT_TAKE1("LyncPinIdle", set_number, &pin_idle, RSRC_CONF,
                  "after how many seconds without a request a client has lost its own connection to a pool"),
    AP_INIT_TAKE1("LyncOldGenerations", set_number, &old_generations, RSRC_CONF,
                  "how many generations of children before the running one may keep requests pending"),
    AP_INIT_FLAG("LyncQuickReload", set_quick_reload, NULL, RSRC_CONF,
                 "whether httpd starts its new children at once at a reload"),
    AP_INIT_NO_ARGS("LyncVirtualHost", set_virtual_host, NULL, RSRC_CONF, "written by mod_lync itself"),
    AP_INIT_NO_ARGS("LyncListen", set_listen, NULL, RSRC_CONF, "written by mod_lync itself"),
    { NULL, { NULL }, NULL, 0, NO_ARGS, NULL }
};

static void dump(apr_pool_t *p, server_rec *s)
{
    (void)s;
    if (current)
        tell(current->path, current, p);
}

static int forget(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp)
{
    (void)pconf;
    (void)plog;
    (void)ptemp;
    current = NULL;
    pin_limit = PIN_LIMIT;
    pin_idle = PIN_IDLE;
    failure = LYNC_FAILURE_REFUSE;
    optional = 0;
    quick_reload = 1;
    old_generations = 0;
    return OK;
}

void lync_config_register(apr_pool_t *p)
{
    (void)p;
    ap_hook_pre_config(forget, NULL, NULL, APR_HOOK_REALLY_FIRST);
    ap_hook_test_config(dump, NULL, NULL, APR_HOOK_MIDDLE);
}
