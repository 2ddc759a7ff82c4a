#include <stdlib.h>
#include <string.h>

#include "verify_discovery.h"

/* The verify command: the acceptance list of what is published, asked as its clients ask. */

static void add_options(apr_array_header_t *options)
{
    lyncadm_option(options, "connect", "ADDRESS[:PORT]", "connect there: to a proxy that is not in DNS yet; PORT in "
                   "the place of https listeners' ports");
    lyncadm_option(options, "ca", "FILE", "trust the certificates of this file (those of the system unless given)");
    APR_ARRAY_IDX(options, options->nelts - 1, lyncadm_option_t).is_file = 1;
    lyncadm_option(options, "direct", NULL, "ask a server of the pool itself, too, and show both answers");
    lyncadm_option(options, "pending", "PATH", "also ask for this path of the pools, which answers late: a page of "
                   "yours that sleeps");
    lyncadm_option(options, "pending-wait", "SECONDS", "how late that may be (960 unless given)");
}

static const lync_err_t *take_arguments(lyncadm_t *adm, verify_t *verify)
{
    const char *connect = lyncadm_given(adm, "connect"), *host = NULL, *port = NULL;

    *verify = (verify_t){ .adm = adm, .pool = adm->pool, .words = lyncadm_template(adm->pool, "verify") };
    verify->only = adm->words;
    verify->ca = lyncadm_given(adm, "ca");
    verify->direct = lyncadm_given(adm, "direct") != NULL;
    verify->pending = lyncadm_given(adm, "pending");
    LYNC_TRY(lyncadm_given_seconds(adm, "pending-wait", 0, &verify->pending_wait));
    if (verify->pending && verify->pending[0] != '/')
        return lyncadm_usage(adm, "pending '%s' is no path: it begins with '/'", verify->pending);
    if (verify->pending_wait && !verify->pending)
        return lyncadm_usage(adm, "--pending-wait needs --pending PATH");
    if (connect) {
        LYNC_TRY(verify_address(adm, connect, &host, &port));
        verify->connect = host;
        verify->connect_port = port ? atoi(port) : 0;
    }
    return verify->ca ? lync_certificate_test_ca(verify->ca, adm->pool) : NULL;
}

static const lync_err_t *read_store(lyncadm_t *adm, verify_t *verify)
{
    lync_store_t *store = NULL;
    lync_model_t *model;
    int revision;

    LYNC_TRY(lyncadm_open(adm, 0, &store));
    LYNC_TRY(lync_store_active(store, &revision, adm->pool));
    if (revision == LYNC_DRAFT)
        return lync_err(adm->pool, "there is nothing to verify: no revision is active, 'lyncadm apply' makes the draft "
                        "one");
    LYNC_TRY(lync_store_read(store, revision, &model, adm->pool));
    verify->model = model;
    verify->maps = apr_hash_make(adm->pool);
    verify->checks = apr_array_make(adm->pool, 64, sizeof(verify_check_t *));
    verify->plan = (plan_t){ .adm = adm, .pool = adm->pool, .words = lyncadm_template(adm->pool, "plan") };
    verify->plan.model = model;
    plan_names(&verify->plan);
    return NULL;
}

static const lync_err_t *check_names(const verify_t *verify)
{
    apr_pool_t *p = verify->pool;
    int i, j;

    for (i = 0; i < verify->only->nelts; ++i) {
        const char *word = APR_ARRAY_IDX(verify->only, i, const char *);
        int found = 0;

        for (j = 0; !found && j < verify->plan.names->nelts; ++j)
            found = verify_is_called(APR_ARRAY_IDX(verify->plan.names, j, const plan_name_t *), word);
        if (!found)
            return lync_err(p, "nothing is published as or to '%s' in revision %d: it is a public host or a pool", word,
                            verify->model->revision);
    }
    return NULL;
}

static const lync_err_t *run(lyncadm_t *adm)
{
    verify_t verify;

    LYNC_TRY(take_arguments(adm, &verify));
    LYNC_TRY(read_store(adm, &verify));
    LYNC_TRY(check_names(&verify));
    verify_plan(&verify);
    if (!verify.checks->nelts)
        return lync_err(adm->pool, "there is nothing to verify: revision %d publishes nothing", verify.model->revision);
    LYNC_TRY(verify_run(&verify));
    LYNC_TRY(verify_discovery(&verify));
    return verify_print(&verify);
}

void lyncadm_verify_commands(apr_array_header_t *commands)
{
    lyncadm_command_t *command = apr_array_push(commands);

    memset(command, 0, sizeof(*command));
    command->name = "verify";
    command->synopsis = "[HOST|POOL ...] [option ...]";
    command->help = "ask for all that is published as clients do: the acceptance list, and what must not be reachable";
    command->example = "webext.contoso.com --direct";
    command->run = run;
    command->options = apr_array_make(commands->pool, 8, sizeof(lyncadm_option_t));
    add_options(command->options);
    verify_identity_command(commands);
}
