#include <apr_env.h>
#include <apr_general.h>
#include <apr_strings.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "apply.h"
#include "progress.h"
#include "publish.h"
#include "watch.h"
#include "who.h"

/* The command table: what is not generated from the nouns and the templates. */

static void init_options(apr_array_header_t *options)
{
    lyncadm_option(options, "control", "COMMAND", "how httpd is reached: the words before -t and -k graceful ("
                   LYNCADM_CONTROL " unless given)");
    lyncadm_write_options(options);
}

static void control_option(apr_array_header_t *options)
{
    lyncadm_option(options, "control", "COMMAND", "how httpd is reached, this time");
}

static void httpd_options(apr_array_header_t *options)
{
    control_option(options);
    lyncadm_option(options, "wait", "SECONDS", "how long httpd may take to test the revision, and to serve it "
                   "(30 unless given)");
}

static void apply_options(apr_array_header_t *options)
{
    httpd_options(options);
    lyncadm_option(options, "no-probe", NULL, "do not ask over the listeners whether clients get to the revision: for "
                   "a host that cannot reach its own listeners");
}

static void reload_option(apr_array_header_t *options)
{
    lyncadm_option(options, "reload", NULL, "reload httpd also where its children could take the revision over by "
                   "themselves");
}

static void apply_only_options(apr_array_header_t *options)
{
    apply_options(options);
    reload_option(options);
    lyncadm_option(options, "confirm", "TIME", "serve the revision on trial: after this time (90s, 5m, 1h) the one "
                   "before is served again, unless 'lyncadm confirm' comes");
}

static void confirm_options(apr_array_header_t *options)
{
    httpd_options(options);
    lyncadm_option(options, "watch", NULL, "wait for the end of the trial and go back then: apply --confirm leaves "
                   "such a process behind");
    lyncadm_write_options(options);
}

static void restore_options(apr_array_header_t *options)
{
    apply_options(options);
    lyncadm_write_options(options);
}

static void rollback_options(apr_array_header_t *options)
{
    apply_options(options);
    reload_option(options);
    lyncadm_option(options, "discard", NULL, "drop edits of the draft that were not applied");
}

static void diff_options(apr_array_header_t *options)
{
    lyncadm_option(options, "exit-code", NULL, "exit with 3 when there are differences");
}

static void history_options(apr_array_header_t *options)
{
    lyncadm_option(options, "hash", NULL, "with the hash of each revision's content (SHA-256 of its export)");
}

static void audit_options(apr_array_header_t *options)
{
    lyncadm_option(options, "since", "DATE", "from this day, month or time on: 2026-03-01, 2026-03, "
                   "2026-03-01T08:00:00Z");
    lyncadm_option(options, "until", "DATE", "up to and with this day, month or time");
    lyncadm_option(options, "user", "NAME", "by who logged in so, or called sudo");
    lyncadm_option(options, "noun", "NOUN", "of rows of this noun; or revision, state or server-state");
    lyncadm_option(options, "limit", "N", "only the last N changes");
}

static void top_options(apr_array_header_t *options)
{
    control_option(options);
    lyncadm_runtime_option(options);
    lyncadm_watch_options(options);
}

static void status_options(apr_array_header_t *options)
{
    lyncadm_option(options, "watch", NULL, "again and again, until Ctrl-C; the next two do that too");
    lyncadm_watch_options(options);
    control_option(options);
    lyncadm_runtime_option(options);
}

static void check_options(apr_array_header_t *options)
{
    lyncadm_option(options, "users", "N", "also ask httpd whether it has room for so many users at once");
    control_option(options);
}

static void export_options(apr_array_header_t *options)
{
    lyncadm_option(options, "output", "FILE", "write to this file; - is standard output (unless given)");
    APR_ARRAY_IDX(options, options->nelts - 1, lyncadm_option_t).is_file = 1;
    lyncadm_option(options, "dry-run", NULL, "do all but write the file");
}

static void backup_options(apr_array_header_t *options)
{
    lyncadm_option(options, "force", NULL, "replace a file that is there");
    lyncadm_option(options, "dry-run", NULL, "do all, and remove the copy");
}

static void unpublish_options(apr_array_header_t *options)
{
    lyncadm_option(options, "listener", "NAME", "only on this listener");
}

static const struct {
    const char *name, *synopsis, *help, *example;
    int edits;
    void (*options)(apr_array_header_t *options);
    lyncadm_run_t *run;
} plain[] = {
    { "init", "[option ...]", "create the store, filled with profiles, TLS policies and services",
      "--store ./lync.db", 0, init_options, lyncadm_init },
    { "unpublish", "HOST [option ...]", "remove all routes of a public name", "officewebapps01.contoso.com", 1,
      unpublish_options, lyncadm_unpublish },
    { "check", "[option ...]", "hold the draft against the rule book: errors, warnings and advice, each with its "
      "remedy", "", 0, check_options, lyncadm_check },
    { "apply", "[-m REASON] [option ...]", "make the draft a revision and have httpd serve it",
      "-m 'first publication'", 1, apply_only_options, lyncadm_apply },
    { "confirm", "[-m REASON] [option ...]", "keep the revision that 'apply --confirm' has on trial", "", 0, confirm_options,
      lyncadm_confirm },
    { "rollback", "REVISION [-m REASON] [option ...]", "have httpd serve an earlier revision, and make the "
      "draft equal to it",
      "1 -m 'fe02 is not ready'", 1, rollback_options, lyncadm_rollback },
    { "diff", "[REVISION [REVISION]]", "what leads from one revision to another: from the active one to the "
      "draft unless given", "", 0, diff_options, lyncadm_diff },
    { "history", "[--hash]", "list the revisions", "", 0, history_options, lyncadm_history },
    { "show", "REVISION", "show all rows of a revision: a number, draft or active", "draft", 0, NULL, lyncadm_show },
    { "audit", "[verify] [option ...]", "who changed what, when, from where and why; verify: prove that nothing was "
      "touched", "--since 2026-03 --noun route", 0, audit_options, lyncadm_audit },
    { "status", "[option ...]", "say which revision is active and which is served", "", 0, status_options,
      lyncadm_status },
    { "top", "[option ...]", "show what is answered by whom, how fast, and what is pending, again and again",
      "--every 5 --rounds 2", 0, top_options, lyncadm_top },
    { "export", "[REVISION] [--output FILE]", "write a revision as a text document: a number, draft or active (active "
      "unless given; the draft before the first apply)", "draft --output lync.json", 0, export_options,
      lyncadm_export },
    { "backup", "FILE [--force]", "copy the store while it is in use, and prove that the copy is whole",
      "lync.backup.db", 0, backup_options, lyncadm_backup },
    { "restore", "FILE -m REASON", "put a backup in the place of the store, which is kept beside it",
      "lync.backup.db -m 'the disk was replaced'", 0, restore_options, lyncadm_restore },
};

static apr_array_header_t *said;        /* where what is said goes, of const char *; NULL: to stderr */

void lyncadm_say_into(apr_array_header_t *lines)
{
    said = lines;
}

void lyncadm_say(const char *format, ...)
{
    const char *sentence;
    apr_pool_t *p;
    va_list args;

    lyncadm_progress_hide();
    apr_pool_create(&p, NULL);
    va_start(args, format);
    sentence = lyncadm_without_users(apr_pvsprintf(p, format, args), p);
    va_end(args);
    if (said)
        APR_ARRAY_PUSH(said, const char *) = apr_pstrdup(said->pool, sentence);
    else {
        fflush(stdout);
        fprintf(stderr, "lyncadm: %s\n", sentence);
    }
    apr_pool_destroy(p);
}

void lyncadm_tell(const char *format, ...)
{
    va_list args;

    lyncadm_progress_hide();
    va_start(args, format);
    vprintf(format, args);
    va_end(args);
    putchar('\n');
}

int lyncadm_ask(const char *format, ...)
{
    char answer[16] = "";
    va_list args;
    int yes;

    lyncadm_progress_hide();
    fflush(stdout);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputs(" [y/N] ", stderr);
    yes = fgets(answer, sizeof(answer), stdin) && (answer[0] == 'y' || answer[0] == 'Y');
    lyncadm_progress_hide();    /* the work that follows is not long yet */
    return yes;
}

static const lync_err_t *version(lyncadm_t *adm);

static lyncadm_command_t *add_command(apr_array_header_t *commands, const char *name, const char *synopsis,
                                      const char *text, const char *example, lyncadm_run_t *run)
{
    lyncadm_command_t *command = apr_array_push(commands);

    memset(command, 0, sizeof(*command));
    command->name = name;
    command->synopsis = synopsis;
    command->help = text;
    command->example = example;
    command->run = run;
    command->options = apr_array_make(commands->pool, 4, sizeof(lyncadm_option_t));
    return command;
}

static apr_array_header_t *all_commands(apr_pool_t *p)
{
    apr_array_header_t *commands = apr_array_make(p, 80, sizeof(lyncadm_command_t));
    lyncadm_command_t *help;
    apr_size_t i;

    for (i = 0; i < sizeof(plain) / sizeof(plain[0]); ++i) {
        lyncadm_command_t *command = add_command(commands, plain[i].name, plain[i].synopsis, plain[i].help,
                                                 plain[i].example, plain[i].run);

        if (plain[i].options)
            plain[i].options(command->options);
        if (plain[i].edits)
            lyncadm_edit_options(command->options);
    }
    lyncadm_import_commands(commands);
    lyncadm_publish_commands(commands);
    lyncadm_verify_commands(commands);
    lyncadm_check_health_command(commands);
    lyncadm_plan_commands(commands);
    lyncadm_noun_commands(commands);
    help = add_command(commands, "help", "[COMMAND] [option ...]", "say how a command is used", "publish pool",
                       lyncadm_help);
    lyncadm_help_options(help->options);
    add_command(commands, "version", "", "print the version", "", version);
    return commands;
}

/* argv from the first word that is no global option on; *used counts what was taken. */
static const lync_err_t *next_word(lyncadm_t *adm, int *argc, const char *const **argv, const char **word)
{
    int used;

    LYNC_TRY(lyncadm_parse(adm, lyncadm_global_options(adm->pool), 0, *argc, *argv, &used));
    *word = used < *argc ? (*argv)[used] : NULL;
    *argc -= used;
    *argv += used;
    return NULL;
}

/* Whether a command of the group follows, and not an argument: import is a command and a group. */
static int is_of_group(const lyncadm_t *adm, const char *group, int argc, const char *const *argv)
{
    lyncadm_t trial = *adm;
    const char *word;

    trial.options = apr_table_make(adm->pool, 4);
    return !next_word(&trial, &argc, &argv, &word) && word && lyncadm_command_find(&trial, group, word);
}

static const lync_err_t *version(lyncadm_t *adm)
{
    (void)adm;
    puts("lyncadm " LYNC_VERSION);
    return NULL;
}

static const lync_err_t *run_command(lyncadm_t *adm, int argc, const char *const *argv)
{
    apr_array_header_t *options = apr_array_copy(adm->pool, adm->command->options);
    int used;

    apr_array_cat(options, lyncadm_global_options(adm->pool));
    LYNC_TRY(lyncadm_parse(adm, options, 1, argc, argv, &used));
    if (adm->help) {
        lyncadm_help_command(adm, adm->command);
        return NULL;
    }
    return lyncadm_given(adm, "version") ? version(adm) : adm->command->run(adm);
}

static const lync_err_t *run(lyncadm_t *adm, int argc, const char *const *argv)
{
    const char *first, *second = NULL, *group = "";

    LYNC_TRY(next_word(adm, &argc, &argv, &first));
    if (!first && lyncadm_given(adm, "version"))
        return version(adm);
    if (!first && adm->help) {
        lyncadm_help_all(adm);
        return NULL;
    }
    if (!first)
        return lyncadm_usage(adm, "a command is missing: 'lyncadm --help' lists them");
    first = lyncadm_command_word(adm->pool, first);
    if (lyncadm_command_find(adm, "", first) ? is_of_group(adm, first, argc, argv)
                                             : lyncadm_command_after(adm, first)->nelts)
        LYNC_TRY(next_word(adm, &argc, &argv, &second));
    if (lyncadm_given(adm, "version"))
        return version(adm);
    LYNC_TRY(lyncadm_command_resolve(adm, first, second, &group));
    if (adm->command)
        return run_command(adm, argc, argv);
    if (!adm->help)
        return lyncadm_usage(adm, "a word is missing: after '%s' comes %s", group,
                             lyncadm_nearest(adm->pool, "", lyncadm_command_after(adm, group)));
    lyncadm_help_group(adm, group);
    return NULL;
}

/* Whoever runs a check takes its exit status for how things are, also when a wrong option stands before the command. */
static int is_check(const lyncadm_t *adm)
{
    int i, j;

    if (adm->command)
        return adm->command->status != NULL;
    for (i = 1; i < adm->argc; ++i)
        for (j = 0; j < adm->commands->nelts; ++j) {
            const lyncadm_command_t *command = &APR_ARRAY_IDX(adm->commands, j, lyncadm_command_t);

            if (command->status && !strcmp(adm->argv[i], command->name))
                return 1;
        }
    return 0;
}

static int finish(lyncadm_t *adm, const lync_err_t *err)
{
    lyncadm_progress_end();
    if (err && is_check(adm)) {
        lyncadm_check_health_error(adm, err);
        fflush(stdout);
        return LYNCADM_FINDINGS;
    }
    if (err) {
        lyncadm_say("%s", err->sentence);
        return adm->exit == LYNCADM_USAGE ? LYNCADM_USAGE : LYNCADM_FAILED;
    }
    if (fflush(stdout) || ferror(stdout)) {
        lyncadm_say("cannot write to standard output");
        return is_check(adm) ? LYNCADM_FINDINGS : LYNCADM_FAILED;
    }
    return adm->exit;
}

int main(int argc, const char *const *argv, const char *const *env)
{
    lyncadm_t adm = { .format = LYNCADM_TABLE, .store = LYNCADM_STORE };
    char *store = NULL;
    int status;

    if (apr_app_initialize(&argc, &argv, &env) != APR_SUCCESS || apr_pool_create(&adm.pool, NULL) != APR_SUCCESS)
        return LYNCADM_FAILED;
    adm.argc = argc;
    adm.argv = argv;
    if (apr_env_get(&store, "LYNC_STORE", adm.pool) == APR_SUCCESS && *store)
        adm.store = store;
    adm.options = apr_table_make(adm.pool, 8);
    adm.words = apr_array_make(adm.pool, 4, sizeof(const char *));
    adm.commands = all_commands(adm.pool);
    status = finish(&adm, run(&adm, argc, argv));
    apr_terminate();
    return status;
}
