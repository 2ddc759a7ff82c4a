#include <apr_strings.h>
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "file.h"
#include "plan.h"

/* The plan commands: they read a revision and print what others have to do for it. Nothing is written to the store. */

lyncadm_rows_t *plan_table(plan_t *plan, const char *noun, const char *const *names)
{
    lyncadm_rows_t *rows = lyncadm_rows(plan->pool);

    lyncadm_rows_call(rows, noun);
    for (; *names; ++names)
        lyncadm_rows_column(rows, *names, !strcmp(*names, "port") ? LYNCADM_CELL_INTEGER : LYNCADM_CELL_TEXT);
    return rows;
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

void plan_sort(apr_array_header_t *texts)
{
    const char **all = (const char **)(void *)texts->elts;
    int i, kept = 0;

    if (!texts->nelts)
        return;
    qsort(all, (size_t)texts->nelts, sizeof(*all), by_text);
    for (i = 1; i < texts->nelts; ++i) {
        if (strcmp(all[kept], all[i]))
            all[++kept] = all[i];
    }
    texts->nelts = kept + 1;
}

const char *plan_join(const apr_array_header_t *texts, apr_pool_t *p)
{
    return texts->nelts ? apr_array_pstrcat(p, texts, ' ') : NULL;
}

/* The form that a look-up has, too. */
static const lync_err_t *take_addresses(lyncadm_t *adm, const char *option, apr_array_header_t **result)
{
    apr_array_header_t *given = lyncadm_given_all(adm, option);
    int i;

    *result = apr_array_make(adm->pool, given->nelts + 1, sizeof(const char *));
    for (i = 0; i < given->nelts; ++i) {
        const char *value = APR_ARRAY_IDX(given, i, const char *);
        int family = strchr(value, ':') ? AF_INET6 : AF_INET;
        char text[INET6_ADDRSTRLEN];
        struct in6_addr address;

        if (inet_pton(family, value, &address) != 1 || !inet_ntop(family, &address, text, sizeof(text)))
            return lyncadm_usage(adm, "%s '%s' is no IP address", option, value);
        APR_ARRAY_PUSH(*result, const char *) = apr_pstrdup(adm->pool, text);
    }
    plan_sort(*result);
    return NULL;
}

static const lync_err_t *open_plan(lyncadm_t *adm, plan_t *plan, int *revision)
{
    const char *word = adm->words->nelts ? APR_ARRAY_IDX(adm->words, 0, const char *) : "draft";
    lync_store_t *store = NULL;
    lync_model_t *model;

    *plan = (plan_t){ .adm = adm, .pool = adm->pool, .words = lyncadm_template(adm->pool, "plan") };
    plan->check = lyncadm_given(adm, "check") != NULL;
    LYNC_TRY(lyncadm_at_most(adm, 1));
    LYNC_TRY(take_addresses(adm, "public-address", &plan->public_addresses));
    LYNC_TRY(take_addresses(adm, "internal-address", &plan->internal_addresses));
    LYNC_TRY(lyncadm_open(adm, 0, &store));
    LYNC_TRY(lyncadm_revision_named(adm, store, word, revision));
    LYNC_TRY(lync_store_read(store, *revision, &model, adm->pool));
    plan->model = model;
    plan_names(plan);
    return NULL;
}

static const lync_err_t *print(plan_t *plan, const lyncadm_rows_t *rows)
{
    if (lyncadm_rows_empty(rows) && plan->adm->format == LYNCADM_TABLE) {
        lyncadm_tell("there is nothing to plan yet: 'lyncadm listener add' and 'lyncadm publish' say what there is to "
                     "be");
        return NULL;
    }
    return lyncadm_rows_print(plan->adm, rows, 0);
}

static const lync_err_t *run(lyncadm_t *adm, lyncadm_rows_t *(*make)(plan_t *plan))
{
    plan_t plan;
    int revision;

    LYNC_TRY(open_plan(adm, &plan, &revision));
    return print(&plan, make(&plan));
}

static const lync_err_t *run_data(lyncadm_t *adm)
{
    return run(adm, plan_data);
}

static const lync_err_t *run_ports(lyncadm_t *adm)
{
    return run(adm, plan_ports);
}

static const lync_err_t *run_dns(lyncadm_t *adm)
{
    return run(adm, plan_dns);
}

/* For people each certificate upright: its names make no table. */
static const lync_err_t *run_certificates(lyncadm_t *adm)
{
    apr_array_header_t *tables = apr_array_make(adm->pool, 2, sizeof(lyncadm_rows_t *));
    apr_array_header_t *headings = apr_array_make(adm->pool, 2, sizeof(const char *));
    lyncadm_rows_t *certificates, *trust;
    plan_t plan;
    int i, revision;

    LYNC_TRY(open_plan(adm, &plan, &revision));
    certificates = plan_certificates(&plan);
    trust = plan_trust(&plan);
    if (lyncadm_rows_empty(certificates) && lyncadm_rows_empty(trust))
        return print(&plan, certificates);
    for (i = 0; adm->format == LYNCADM_TABLE && i < lyncadm_rows_count(certificates); ++i) {
        APR_ARRAY_PUSH(tables, lyncadm_rows_t *) = lyncadm_rows_one(certificates, i);
        APR_ARRAY_PUSH(headings, const char *) = NULL;
    }
    if (adm->format != LYNCADM_TABLE) {
        APR_ARRAY_PUSH(tables, lyncadm_rows_t *) = certificates;
        APR_ARRAY_PUSH(headings, const char *) = NULL;
    }
    APR_ARRAY_PUSH(tables, lyncadm_rows_t *) = trust;
    APR_ARRAY_PUSH(headings, const char *) = "what the pools' servers have to present";
    return lyncadm_tables_print(adm, tables, headings);
}

static const lync_err_t *run_html(lyncadm_t *adm)
{
    const char *file = lyncadm_given(adm, "output"), *page, *made_from;
    plan_t plan;
    int revision;

    if (file && !*file)
        return lyncadm_usage(adm, "option '--output' needs a file name");
    if (adm->format != LYNCADM_TABLE)
        return lyncadm_usage(adm, "a page has no --json or --tsv form: its tables have, as 'lyncadm plan ports'");
    LYNC_TRY(open_plan(adm, &plan, &revision));
    made_from = revision == LYNC_DRAFT ? "the draft" : apr_psprintf(adm->pool, "revision %d", revision);
    page = plan_html(&plan, made_from);
    if (!file || !strcmp(file, "-")) {
        fputs(page, stdout);
        return NULL;
    }
    if (!adm->dry_run)
        LYNC_TRY(lync_file_write(file, page, 1, adm->pool));
    lyncadm_tell(adm->dry_run ? "dry run: the plan of %s would be written to '%s'" : "wrote the plan of %s to '%s'",
                 made_from, file);
    return NULL;
}

static const struct {
    const char *name, *synopsis, *help, *example;
    int looks_up;
    lyncadm_run_t *run;
} table[] = {
    { "data", "[REVISION] [option ...]", "data collection: every name, address and port, known and missing", "", 0,
      run_data },
    { "certificates", "[REVISION] [option ...]", "subject, names and usages of each listener's certificate, and what "
      "the one that is bound lacks", "", 0, run_certificates },
    { "ports", "[REVISION] [option ...]", "firewall rules, external and internal, mandatory and optional",
      "--public-address 192.0.2.80 --internal-address 172.25.33.40", 0, run_ports },
    { "dns", "[REVISION] [--check] [option ...]", "records of the external and the internal zone",
      "--public-address 192.0.2.80", 1, run_dns },
    { "html", "[REVISION] [--output FILE] [--check] [option ...]", "all of it as one page, for those who have the "
      "firewall and DNS in their hands", "--public-address 192.0.2.80 --output plan.html", 1, run_html },
};

static void add_options(apr_array_header_t *options, int looks_up, int is_page)
{
    lyncadm_option(options, "public-address", "ADDRESS", "where clients outside reach the proxy (a listener's own "
                   "address unless given, if that is no private one); repeatable");
    APR_ARRAY_IDX(options, options->nelts - 1, lyncadm_option_t).is_list = 1;
    lyncadm_option(options, "internal-address", "ADDRESS", "from where the proxy connects to pools; repeatable");
    APR_ARRAY_IDX(options, options->nelts - 1, lyncadm_option_t).is_list = 1;
    if (looks_up)
        lyncadm_option(options, "check", NULL, "look up each public name and each server, and compare: exit status 3 "
                       "when something is not right");
    if (!is_page)
        return;
    lyncadm_option(options, "output", "FILE", "write to this file; - is standard output (unless given)");
    APR_ARRAY_IDX(options, options->nelts - 1, lyncadm_option_t).is_file = 1;
    lyncadm_option(options, "dry-run", NULL, "do all but write the file");
}

void lyncadm_plan_commands(apr_array_header_t *commands)
{
    apr_size_t i;

    for (i = 0; i < sizeof(table) / sizeof(table[0]); ++i) {
        lyncadm_command_t *command = apr_array_push(commands);

        memset(command, 0, sizeof(*command));
        command->group = "plan";
        command->name = table[i].name;
        command->synopsis = table[i].synopsis;
        command->help = table[i].help;
        command->example = table[i].example;
        command->run = table[i].run;
        command->options = apr_array_make(commands->pool, 4, sizeof(lyncadm_option_t));
        add_options(command->options, table[i].looks_up, table[i].run == run_html);
    }
}
