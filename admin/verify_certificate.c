#include <apr_strings.h>
#include <string.h>

#include "host.h"
#include "managed.h"
#include "verify.h"

/* What a listener presents for a name. */

#define NAMES_LENGTH 120

static const lync_certificate_t *read_bound(const verify_t *verify, const char *name)
{
    const lync_certificate_t *row = lync_model_find(verify->model, LYNC_CERTIFICATE, name);
    lync_certificate_t *now = row ? apr_pmemdup(verify->pool, row, sizeof(*row)) : NULL;
    const lync_err_t *ignored;

    if (!now)
        return NULL;
    if (now->managed && !lync_managed_is_there(now, verify->pool))
        *now = *lync_managed_fallback(now, verify->pool);
    /* the key is not for everybody to read, and what was renewed counts as it is now */
    ignored = lync_certificate_read(now, verify->pool);
    (void)ignored;
    return now->fingerprint ? now : NULL;
}

int verify_bound(const verify_t *verify, const lync_listener_t *listener, const char *host,
                 const lync_certificate_t *leaf)
{
    const lync_binding_t *binding = lync_host_binding(verify->model, listener->name, host);
    const lync_certificate_t *first = binding ? read_bound(verify, binding->certificate) : NULL;
    const lync_certificate_t *beside = binding && binding->beside ? read_bound(verify, binding->beside) : NULL;

    if (!leaf || !first)
        return first != NULL;
    return !strcmp(leaf->fingerprint, first->fingerprint)
           || (beside && !strcmp(leaf->fingerprint, beside->fingerprint));
}

static const char *names_of(const lync_certificate_t *leaf, apr_pool_t *p)
{
    const char *names = leaf->names && *leaf->names ? leaf->names : "none";

    return apr_psprintf(p, "%.*s%s", NAMES_LENGTH, names, strlen(names) > NAMES_LENGTH ? "..." : "");
}

static const char *end_of(const lync_certificate_t *leaf, apr_pool_t *p)
{
    apr_time_t left = lync_certificate_time(leaf->not_after) - apr_time_now();

    if (left < 0)
        return apr_pstrcat(p, "expired ", leaf->not_after, NULL);
    return apr_psprintf(p, "%d days left, until %s", (int)(apr_time_sec(left) / 86400), leaf->not_after);
}

int verify_certificate(const verify_t *verify, const verify_check_t *check, const char **came)
{
    const char *fault = lyncadm_json_text(check->rule, "fault"), *host = check->name->host;
    const verify_ask_t *ask = check->ask;

    if (!strcmp(fault, "trust")) {
        *came = ask->error ? ask->why : "trusted";
        return !ask->error;
    }
    if (ask->error || !ask->leaf.fingerprint) {
        *came = ask->error ? ask->why : "no certificate";
        return 0;
    }
    if (!strcmp(fault, "name")) {
        *came = apr_pstrcat(verify->pool, "names ", names_of(&ask->leaf, verify->pool), NULL);
        return lync_certificate_covers(&ask->leaf, host);
    }
    if (!strcmp(fault, "end")) {
        *came = end_of(&ask->leaf, verify->pool);
        return !lync_certificate_expiry(lync_certificate_time(ask->leaf.not_after), apr_time_now());
    }
    *came = apr_psprintf(verify->pool, "%s, issued by %s, SHA-256 %.16s", ask->leaf.subject, ask->leaf.issuer,
                         ask->leaf.fingerprint);
    return verify_bound(verify, check->listener, host, &ask->leaf);
}
