#include <apr_strings.h>
#include <stdlib.h>
#include <string.h>

#include "verify_discovery.h"

/* The verify command: the acceptance list of what is published, asked as its clients ask. */

#define CELL_LENGTH 400
#define HINT 9                  /* its column */

static void add_options(apr_array_header_t *options)
{
    lyncadm_option(options, "connect", "ADDRESS[:PORT]", "connect there: to a proxy that is not in DNS yet; PORT in the "
                   "place of https listeners' ports");
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

/* What came from elsewhere is one line, and ends somewhere. */
static const char *cell_of(const char *text, apr_pool_t *p)
{
    return text ? lyncadm_utf8(p, lync_one_line(apr_pstrndup(p, text, CELL_LENGTH))) : NULL;
}

static lyncadm_rows_t *table(apr_pool_t *p, const char *const *names)
{
    lyncadm_rows_t *rows = lyncadm_rows(p);

    for (; *names; ++names)
        lyncadm_rows_column(rows, *names, LYNCADM_CELL_TEXT);
    return rows;
}

static void add_row(lyncadm_rows_t *rows, const verify_check_t *check, apr_pool_t *p)
{
    const char *cells[] = { check->ok ? "yes" : "no", check->check, check->name->host, check->listener->name,
                            cell_of(check->asked, p), check->ask ? check->ask->via : NULL, check->expected,
                            cell_of(check->came, p), cell_of(check->direct, p), check->hint };

    lyncadm_rows_add(rows, cells);
}

/* How many lines from this one on are ok and of the same check of the same name. */
static int alike(const lyncadm_rows_t *full, int first)
{
    int i, j;

    for (i = first; i < lyncadm_rows_count(full); ++i) {
        for (j = 0; j < 3; ++j) {
            if (strcmp(lyncadm_rows_cell(full, i, j), j ? lyncadm_rows_cell(full, first, j) : "yes"))
                return i > first ? i - first : 1;
        }
    }
    return i - first;
}

/* For people in short: ok, check, asked, came, direct. */
static lyncadm_rows_t *in_short(const lyncadm_rows_t *full, apr_pool_t *p)
{
    static const char *const names[] = { "ok", "check", "asked", "came", "direct", NULL };
    static const int columns[] = { 0, 1, 4, 7, 8 };
    lyncadm_rows_t *rows = table(p, names);
    int i, j, count;

    lyncadm_rows_alarm(rows, "no");
    for (i = 0; i < lyncadm_rows_count(full); i += count) {
        const char *cells[5];

        for (j = 0; j < 5; ++j)
            cells[j] = lyncadm_rows_cell(full, i, columns[j]);
        count = alike(full, i);
        if (count > 1)
            cells[2] = apr_psprintf(p, "%s and %d more", cells[2], count - 1);
        lyncadm_rows_add(rows, cells);
    }
    return rows;
}

/* And then in full what is not ok, and what there is to say of the rest. */
static const lync_err_t *print_table(lyncadm_t *adm, const verify_t *verify, const lyncadm_rows_t *full)
{
    int i, wrong = 0;

    LYNC_TRY(lyncadm_rows_print(adm, in_short(full, adm->pool), 0));
    for (i = 0; i < lyncadm_rows_count(full); ++i) {
        if (!strcmp(lyncadm_rows_cell(full, i, 0), "no"))
            ++wrong;
        else if (!lyncadm_rows_cell(full, i, HINT))
            continue;
        lyncadm_tell("%s", "");
        LYNC_TRY(lyncadm_rows_print(adm, lyncadm_rows_one(full, i), 1));
    }
    lyncadm_tell("\n%d of %d checks of revision %d are ok%s", verify->checks->nelts - wrong,
                 verify->checks->nelts, verify->model->revision,
                 verify->left_out ? apr_psprintf(adm->pool, "; %d more were left out, their names were not reached",
                                                 verify->left_out) : "");
    return NULL;
}

static const lync_err_t *print(lyncadm_t *adm, const verify_t *verify)
{
    static const char *const names[] = { "ok", "check", "host", "listener", "asked", "via", "expected", "came", "direct",
                                         "hint", NULL };
    lyncadm_rows_t *rows = table(adm->pool, names);
    int i;

    for (i = 0; i < verify->checks->nelts; ++i) {
        const verify_check_t *check = APR_ARRAY_IDX(verify->checks, i, const verify_check_t *);

        add_row(rows, check, adm->pool);
        if (!check->ok)
            adm->exit = LYNCADM_FINDINGS;
    }
    return adm->format == LYNCADM_TABLE ? print_table(adm, verify, rows) : lyncadm_rows_print(adm, rows, 0);
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
    return print(adm, &verify);
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
