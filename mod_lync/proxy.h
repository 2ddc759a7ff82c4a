#ifndef LYNC_PROXY_H
#define LYNC_PROXY_H

#include <mod_proxy.h>

/* What the module calls of mod_proxy. Debian loads lync.load before proxy.load, when a symbol of
 * mod_proxy could not be bound yet; once httpd walks its configuration all modules are there. */
typedef struct lync_proxy_t {
    module *module;
    void (*hook_scheme_handler)(proxy_HOOK_scheme_handler_t *, const char *const *, const char *const *, int);
    int (*run_scheme_handler)(request_rec *, proxy_worker *, proxy_server_conf *, char *, const char *, apr_port_t);
    void (*hook_pre_request)(proxy_HOOK_pre_request_t *, const char *const *, const char *const *, int);
} lync_proxy_t;

extern lync_proxy_t lync_proxy;

#endif
