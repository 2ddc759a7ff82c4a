/* mod_testpool: directives and directories of a simulated Lync pool's web site. */
#include "pool.h"

#include <signal.h>
#include <stddef.h>
#include <unistd.h>

#include "mpm_common.h"

static const tp_directory_t directories[] = {
    { "autodiscover",      tp_autodiscover, TP_LYNC },
    { "webticket",         tp_webticket,    TP_LYNC },
    { "certprov",          tp_soap,         TP_LYNC },
    { "groupexpansion",    tp_soap,         TP_LYNC },
    { "rgsclients",        tp_soap,         TP_LYNC },
    { "reach",             tp_soap,         TP_LYNC },
    { "abs",               tp_abs,          TP_LYNC },
    { "ucwa",              tp_ucwa,         TP_LYNC },
    { "mcx",               tp_mcx,          TP_LYNC },
    { "meet",              tp_meet,         TP_LYNC },
    { "dialin",            tp_page,         TP_LYNC },
    { "scheduler",         tp_page,         TP_LYNC },
    { "lwa",               tp_page,         TP_LYNC },
    { "persistentchat",    tp_page,         TP_LYNC },
    { "datacollabweb",     tp_data,         TP_LYNC },
    { "collabcontent",     tp_data,         TP_LYNC },
    { "requesthandlerext", tp_device,       TP_LYNC },
    { "passiveauth",       tp_passive,      TP_LYNC },
    { "cscp",              tp_panel,        TP_LYNC },
    { "macp",              tp_panel,        TP_LYNC },
    { "ocspsws",           tp_panel,        TP_LYNC },
    { "ocspowershell",     tp_panel,        TP_LYNC },
    { "admin",             tp_panel,        TP_LYNC },
    { "rgsconfig",         tp_panel,        TP_LYNC },
    { "locationinformation", tp_panel,      TP_LYNC },
    { "hosting",           tp_wopi,         TP_OFFICE },
    { "m",                 tp_office,       TP_OFFICE },
    { "p",                 tp_office,       TP_OFFICE },
    { "op",                tp_office,       TP_OFFICE },
    { "x",                 tp_office,       TP_OFFICE },
    { "we",                tp_office,       TP_OFFICE },
    { "wv",                tp_office,       TP_OFFICE },
    { "o",                 tp_office,       TP_OFFICE },
    { "oh",                tp_office,       TP_OFFICE },
    { "echo",              tp_echo,         TP_LYNC | TP_OFFICE },
    { "lab",               tp_lab,          TP_LYNC | TP_OFFICE },
};

static void *create_conf(apr_pool_t *p, server_rec *s)
{
    tp_conf_t *conf = apr_pcalloc(p, sizeof(*conf));

    (void)s;
    conf->pool = conf->server = conf->external = conf->internal_name = "pool.test";
    conf->role = "frontend";
    conf->domain = "contoso.com";
    conf->secret = "";
    conf->https = conf->internal_https = 443;
    conf->http = conf->internal_http = 80;
    conf->abs_size = 4 << 20;
    conf->upload_limit = 524288000;
    conf->ticket_size = 3000;
    conf->idle = 900;
    conf->number = 1;
    return conf;
}

/* The vhost of a site is the server with another `internal`: everything else is set once. */
static void *merge_conf(apr_pool_t *p, void *basev, void *addv)
{
    tp_conf_t *conf = apr_pmemdup(p, basev, sizeof(*conf));

    conf->internal = ((const tp_conf_t *)addv)->internal;
    return conf;
}

static void *slot(cmd_parms *cmd)
{
    char *conf = ap_get_module_config(cmd->server->module_config, &testpool_module);

    return conf + (apr_size_t)cmd->info;
}

static const char *set_string(cmd_parms *cmd, void *dir, const char *value)
{
    (void)dir;
    *(const char **)slot(cmd) = value;
    return NULL;
}

static const char *set_number(cmd_parms *cmd, void *dir, const char *value)
{
    char *end;
    apr_int64_t number = apr_strtoi64(value, &end, 10);

    (void)dir;
    if (*end || end == value || number < 0 || number > APR_INT32_MAX) {
        return apr_psprintf(cmd->pool, "'%s' is not a number from 0 to 2147483647", value);
    }
    *(int *)slot(cmd) = (int)number;
    return NULL;
}

static const char *set_flag(cmd_parms *cmd, void *dir, int on)
{
    (void)dir;
    *(int *)slot(cmd) = on;
    return NULL;
}

#define SLOT(member) (void *)offsetof(tp_conf_t, member)
#define STRING(name, member, help) AP_INIT_TAKE1(name, set_string, SLOT(member), RSRC_CONF, help)
#define NUMBER(name, member, help) AP_INIT_TAKE1(name, set_number, SLOT(member), RSRC_CONF, help)

static const command_rec commands[] = {
    STRING("TestPoolName", pool, "internal name of the pool"),
    STRING("TestPoolServer", server, "internal name of this server"),
    NUMBER("TestPoolNumber", number, "number of this server in its pool"),
    STRING("TestPoolRole", role, "frontend, director, standard or officewebapps"),
    STRING("TestPoolExternal", external, "external web services name"),
    STRING("TestPoolInternal", internal_name, "internal web services name"),
    STRING("TestPoolHome", home, "external name of the pool that users are homed on"),
    STRING("TestPoolDomain", domain, "SIP domain"),
    STRING("TestPoolUsers", users_file, "file of DOMAIN:user:password lines"),
    STRING("TestPoolSecret", secret, "what tickets are signed with"),
    STRING("TestPoolLog", log_name, "request log"),
    NUMBER("TestPoolPublishedHttps", https, "https port in URLs of the external site"),
    NUMBER("TestPoolPublishedHttp", http, "http port in URLs of the external site"),
    NUMBER("TestPoolInternalHttps", internal_https, "https port in URLs of the internal site"),
    NUMBER("TestPoolInternalHttp", internal_http, "http port in URLs of the internal site"),
    NUMBER("TestPoolAbsSize", abs_size, "bytes of an address book file"),
    NUMBER("TestPoolUploadLimit", upload_limit, "bytes that an upload may have"),
    NUMBER("TestPoolTicketSize", ticket_size, "least size of a web ticket in bytes"),
    NUMBER("TestPoolIdle", idle, "seconds after which an application without P-GET ends"),
    NUMBER("TestPoolOwner", owner, "process without which the server ends"),
    AP_INIT_FLAG("TestPoolInternalSite", set_flag, SLOT(internal), RSRC_CONF,
                 "this virtual host is the internal site"),
    { NULL, { NULL }, NULL, 0, RAW_ARGS, NULL }
};

static apr_hash_t *directory_table(apr_pool_t *p, const char *role)
{
    unsigned wanted = strcmp(role, "officewebapps") ? TP_LYNC : TP_OFFICE;
    apr_hash_t *table = apr_hash_make(p);
    apr_size_t i;

    for (i = 0; i < sizeof(directories) / sizeof(directories[0]); i++) {
        if (directories[i].roles & wanted) {
            apr_hash_set(table, directories[i].name, APR_HASH_KEY_STRING, &directories[i]);
        }
    }
    return table;
}

static int post_config(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp, server_rec *main)
{
    tp_conf_t *conf = ap_get_module_config(main->module_config, &testpool_module);
    const char *error = tp_token_load(pconf, conf);
    server_rec *s;

    (void)plog;
    (void)ptemp;
    if (!error && conf->log_name
        && apr_file_open(&conf->log, conf->log_name,
                         APR_FOPEN_WRITE | APR_FOPEN_CREATE | APR_FOPEN_APPEND,
                         APR_FPROT_OS_DEFAULT, pconf)) {
        error = apr_psprintf(pconf, "cannot open request log '%s'", conf->log_name);
    }
    if (error) {
        ap_log_error(APLOG_MARK, APLOG_ERR, 0, main, "testpool: %s", error);
        return HTTP_INTERNAL_SERVER_ERROR;
    }
    conf->directories = directory_table(pconf, conf->role);
    conf->address_book = tp_address_book(pconf, conf->abs_size);
    for (s = main->next; s; s = s->next) {
        int internal = ((tp_conf_t *)ap_get_module_config(s->module_config,
                                                          &testpool_module))->internal;
        tp_conf_t *own = apr_pmemdup(pconf, conf, sizeof(*conf));

        own->internal = internal;
        ap_set_module_config(s->module_config, &testpool_module, own);
    }
    return OK;
}

/* A killed test run cannot stop its pool nor take its accounts away: the pool notices, within a
 * quarter of a minute, that it has been orphaned. */
static int monitor(apr_pool_t *p, server_rec *s)
{
    tp_conf_t *conf = ap_get_module_config(s->module_config, &testpool_module);

    if (conf->owner && getppid() != conf->owner) {
        if (conf->users_file) {
            apr_file_remove(conf->users_file, p);
            apr_dir_remove(ap_make_dirstr_parent(p, conf->users_file), p);
        }
        kill(getpid(), SIGTERM);
    }
    return DECLINED;
}

/* Nothing is in the file system: neither a walk nor a stat per request. */
static int translate(request_rec *r)
{
    r->filename = apr_pstrdup(r->pool, r->uri);
    return OK;
}

static int map_to_storage(request_rec *r)
{
    (void)r;
    return OK;
}

static int handler(request_rec *r)
{
    const tp_conf_t *conf = tp_conf(r);
    const char *path = tp_req(r)->path;
    const tp_directory_t *directory;
    apr_size_t length;

    if (r->user) {
        tp_req(r)->conn->user = apr_pstrdup(r->connection->pool, r->user);
    }
    if (apr_table_get(r->headers_in, "X-Test-Echo")) {
        return tp_echo(r, conf, "");
    }
    if (!path || path[0] != '/') {
        return tp_reply_page(r, HTTP_BAD_REQUEST, "Bad Request", "Invalid URL");
    }
    length = strcspn(++path, "/");
    directory = apr_hash_get(conf->directories, path, (apr_ssize_t)length);
    if (directory) {
        return directory->handler(r, conf, path + length);
    }
    if (!*path) {
        return tp_reply_page(r, HTTP_FORBIDDEN, "403.14 - Forbidden",
                             "The Web server is configured to not list the contents of this "
                             "directory.");
    }
    return tp_reply_page(r, HTTP_NOT_FOUND, "404.0 - Not Found",
                         "The resource you are looking for has been removed.");
}

static void register_hooks(apr_pool_t *p)
{
    ap_hook_post_config(post_config, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_monitor(monitor, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_translate_name(translate, NULL, NULL, APR_HOOK_FIRST);
    ap_hook_map_to_storage(map_to_storage, NULL, NULL, APR_HOOK_LAST);
    ap_hook_handler(handler, NULL, NULL, APR_HOOK_FIRST);
    tp_wire_hooks(p);
    tp_view_hooks(p);
    tp_ntlm_hooks(p);
    tp_ucwa_hooks(p);
}

AP_DECLARE_MODULE(testpool) = {
    STANDARD20_MODULE_STUFF,
    NULL,
    NULL,
    create_conf,
    merge_conf,
    commands,
    register_hooks,
    AP_MODULE_FLAG_NONE
};
