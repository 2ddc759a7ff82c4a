#include "check_private.h"

/* The rule book on listeners. */

static const lync_binding_t *default_binding(const lync_model_t *model, const char *listener)
{
    int i;

    for (i = 0; i < model->rows[LYNC_BINDING]->nelts; ++i) {
        const lync_binding_t *binding = LYNC_ROW(model, LYNC_BINDING, i);

        if (!strcmp(binding->listener, listener) && !strcmp(binding->host, "*"))
            return binding;
    }
    return NULL;
}

/* Whether who listens on a takes the place of who wants to listen on b. */
static int takes(const char *a, const char *b)
{
    return !strcmp(a, "*") || !strcmp(a, b) || !strcmp(a, strchr(b, ':') ? "::" : "0.0.0.0");
}

/* httpd binds '*' and an address on the same port only to fail at start, after -t has passed. */
static void check_ports(lync_book_t *book, const lync_listener_t *listener)
{
    int i;

    for (i = 0; i < book->model->rows[LYNC_LISTENER]->nelts; ++i) {
        const lync_listener_t *other = LYNC_ROW(book->model, LYNC_LISTENER, i);

        if (other != listener && other->port == listener->port && takes(listener->address, other->address))
            FIND(LYNC_ERROR, LYNC_LISTENER, listener,
                 SAY("listeners '%s' and '%s' both listen on port %d", listener->name, other->name, listener->port),
                 SAY("lyncadm listener set %s --port PORT, or give both an address", listener->name));
    }
}

void lync_check_listener(lync_book_t *book, const lync_listener_t *listener)
{
    const lync_binding_t *binding = default_binding(book->model, listener->name);

    check_ports(book, listener);
    if (listener->tls_policy)
        lync_check_old_tls(book, LYNC_LISTENER, listener, listener->name, listener->tls_policy);
    if (!strcmp(listener->scheme, "https")) {
        if (!binding)
            FIND(LYNC_UNFINISHED, LYNC_LISTENER, listener,
                 SAY("listener '%s' has no default certificate", listener->name),
                 SAY("lyncadm binding add %s '*' --certificate NAME", listener->name));
        if (!listener->tls_policy)
            FIND(LYNC_ERROR, LYNC_LISTENER, listener,
                 SAY("listener '%s' speaks https without a TLS policy", listener->name),
                 SAY("lyncadm listener set %s --tls-policy intermediate", listener->name));
    }
    else if (binding) {
        FIND(LYNC_ERROR, LYNC_BINDING, binding,
             SAY("a certificate is bound to listener '%s', which speaks http", listener->name),
             SAY("lyncadm binding remove %s '*'", listener->name));
    }
}
