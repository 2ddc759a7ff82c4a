#include <apr_strings.h>
#include <stdio.h>
#include <string.h>

#include "deposit.h"
#include "lyncadm.h"

/* Man pages, in the macros of man(7), out of the command table that --help is printed from. */

/* What a page tells that no command does. */
static const struct {
    const char *heading, *name, *text;
} facts[] = {
    { "ENVIRONMENT", "LYNC_STORE", "the store, unless --store names one" },
    { "ENVIRONMENT", "NO_COLOR", "when it is set and not empty, tables have no colours" },
    { "ENVIRONMENT", "TERM", "when it is 'dumb' or not set, there are neither colours nor a line that says how far "
      "work is" },
    { "FILES", LYNCADM_STORE, "the store, which lyncadm alone writes and httpd reads" },
    { "FILES", LYNCADM_DIRECTORY, "certificates, keys and trust anchors that were imported, each named by what it is; "
      "--directory of certificate import names another place" },
};

/* From nothing to a revision that is served. */
static const char *const first_day[] = {
    "init",
    "certificate import external.pem --name external",
    "listener add external --port 443 --certificate external",
    "publish pool webext.contoso.com --to fe01.contoso.local --name pool.contoso.local --ca root.pem",
    "publish simple-url meet https://meet.contoso.com --via pool.contoso.local",
    "publish discover contoso.com --via pool.contoso.local",
    "check",
    "apply -m 'first publication'",
    "status",
};

static const char *escape_of(char c)
{
    switch (c) {
    case '\\':
        return "\\(rs";
    case '-':
        return "\\-";
    case '\'':
        return "\\(aq";
    case '`':
        return "\\(ga";
    case '^':
        return "\\(ha";
    case '~':
        return "\\(ti";
    }
    return NULL;
}

/* A text of which roff takes nothing for its own, also where a line begins. */
static const char *plain(apr_pool_t *p, const char *text)
{
    char *result = apr_palloc(p, 4 * strlen(text) + 3), *end = result;
    const char *escape;

    if (*text == '.')
        end = apr_cpystrn(end, "\\&", 3);
    for (; *text; ++text) {
        escape = escape_of(*text);
        if (escape)
            end = apr_cpystrn(end, escape, strlen(escape) + 1);
        else
            *end++ = *text;
    }
    *end = '\0';
    return result;
}

static void print_head(apr_pool_t *p, const char *name, const char *purpose)
{
    printf(".TH \"%s\" 8 \"\" \"lyncadm " LYNC_VERSION "\" \"System Administration\"\n"
           ".SH NAME\n%s \\- %s\n.SH SYNOPSIS\n", plain(p, name), plain(p, name), plain(p, purpose));
}

static void print_item(apr_pool_t *p, const char *name, const char *text)
{
    printf(".TP\n\\fB%s\\fR\n%s\n", plain(p, name), plain(p, text));
}

static void print_options(apr_pool_t *p, const apr_array_header_t *options)
{
    int i;

    for (i = 0; i < options->nelts; ++i) {
        const lyncadm_option_t *option = &APR_ARRAY_IDX(options, i, lyncadm_option_t);

        puts(".TP");
        if (option->letter)
            printf("\\fB\\-%c\\fR, ", option->letter);
        printf("\\fB\\-\\-%s\\fR", plain(p, option->name));
        if (option->argument)
            printf(" \\fI%s\\fR", plain(p, option->argument));
        printf("\n%s\n", plain(p, option->help));
    }
}

static void print_synopsis(apr_pool_t *p, const lyncadm_command_t *command)
{
    printf("\\fBlyncadm %s\\fR%s%s\n", plain(p, lyncadm_command_words(p, command)), *command->synopsis ? " " : "",
           plain(p, command->synopsis));
}

static void print_examples(apr_pool_t *p, const char *const *lines, int count)
{
    int i;

    puts(".RS 4\n.EX");
    for (i = 0; i < count; ++i)
        printf("lyncadm %s\n", plain(p, lines[i]));
    puts(".EE\n.RE");
}

static void print_facts(apr_pool_t *p, const char *heading)
{
    apr_size_t i;

    printf(".SH %s\n", heading);
    for (i = 0; i < sizeof(facts) / sizeof(facts[0]); ++i) {
        if (!strcmp(facts[i].heading, heading))
            print_item(p, facts[i].name, facts[i].text);
    }
}

static const char *first_word(const lyncadm_command_t *command)
{
    return command->group ? command->group : command->name;
}

/* Of const lyncadm_command_t *: those with the first word; NULL: all. */
static apr_array_header_t *commands_of(const lyncadm_t *adm, const char *word)
{
    apr_array_header_t *found = apr_array_make(adm->pool, 8, sizeof(const lyncadm_command_t *));
    int i;

    for (i = 0; i < adm->commands->nelts; ++i) {
        const lyncadm_command_t *command = &APR_ARRAY_IDX(adm->commands, i, lyncadm_command_t);

        if (!word || !strcmp(first_word(command), word))
            APR_ARRAY_PUSH(found, const lyncadm_command_t *) = command;
    }
    return found;
}

#define COMMAND(commands, i) APR_ARRAY_IDX(commands, i, const lyncadm_command_t *)

static void print_status(apr_pool_t *p, const apr_array_header_t *commands)
{
    const char *usual = NULL;
    int i;

    for (i = 0; i < commands->nelts; ++i)
        usual = COMMAND(commands, i)->status ? usual : LYNCADM_STATUS;
    puts(".SH EXIT STATUS");
    if (usual)
        puts(plain(p, usual));
    for (i = 0; i < commands->nelts; ++i) {
        if (COMMAND(commands, i)->status)
            printf("%sof %s: %s\n", usual ? ".PP\n" : "", plain(p, lyncadm_command_words(p, COMMAND(commands, i))),
                   plain(p, COMMAND(commands, i)->status));
    }
}

static void print_program(lyncadm_t *adm)
{
    const apr_array_header_t *words = lyncadm_command_after(adm, "");
    int i;

    print_head(adm->pool, "lyncadm", LYNCADM_PURPOSE);
    puts("\\fBlyncadm\\fR \\fICOMMAND\\fR [argument ...] [option ...]\n"
         ".SH DESCRIPTION\n"
         "Pools, listeners, routes and certificates are rows of a store.\n"
         "Commands edit a draft of them; check holds it against a rule book, and apply makes it a revision, which "
         "never changes again,\nand has httpd serve it by means of mod_lync(5).\n"
         "Each edit and each apply is kept in an audit with who, when, from where and why.\n"
         ".SH COMMANDS\n"
         "Each first word has a page of its own, lyncadm\\-WORD(8); the nouns have add, set, show, list and remove "
         "each.");
    lyncadm_help_lines(adm, print_item);
    puts(".SH OPTIONS\nThose of all commands:");
    print_options(adm->pool, lyncadm_global_options(adm->pool));
    print_status(adm->pool, commands_of(adm, NULL));
    print_facts(adm->pool, "ENVIRONMENT");
    print_facts(adm->pool, "FILES");
    puts(".SH EXAMPLES\nFrom nothing to a revision that is served:");
    print_examples(adm->pool, first_day, sizeof(first_day) / sizeof(first_day[0]));
    puts(".SH SEE ALSO");
    for (i = 0; i < words->nelts; ++i)
        printf(".BR lyncadm\\-%s (8),\n", plain(adm->pool, APR_ARRAY_IDX(words, i, const char *)));
    puts(".BR mod_lync (5)");
}

static void print_command(apr_pool_t *p, const lyncadm_command_t *command)
{
    const char *example = lyncadm_command_line(p, command, command->example);

    printf(".SS lyncadm %s\n%s\n.PP\n", plain(p, lyncadm_command_words(p, command)), plain(p, command->help));
    print_synopsis(p, command);
    print_options(p, command->options);
    puts(".PP\nExample:");
    print_examples(p, &example, 1);
}

/* What a page is about: a noun, a command, or the commands of a group. */
static const char *purpose(apr_pool_t *p, const apr_array_header_t *commands)
{
    const lyncadm_command_t *first = COMMAND(commands, 0);
    const char *text;
    int i;

    if (first->noun)
        return first->noun->help;
    if (!first->group)
        return first->help;
    text = apr_pstrcat(p, first->group, " ", first->name, NULL);
    for (i = 1; i < commands->nelts; ++i)
        text = apr_pstrcat(p, text, i + 1 < commands->nelts ? ", " : " and ", COMMAND(commands, i)->name, NULL);
    return text;
}

static void print_page(lyncadm_t *adm, const char *word)
{
    const apr_array_header_t *commands = commands_of(adm, word);
    apr_pool_t *p = adm->pool;
    int i;

    print_head(p, apr_pstrcat(p, "lyncadm-", word, NULL), purpose(p, commands));
    for (i = 0; i < commands->nelts; ++i) {
        if (i)
            puts(".br");
        print_synopsis(p, COMMAND(commands, i));
    }
    puts(".SH COMMANDS");
    for (i = 0; i < commands->nelts; ++i)
        print_command(p, COMMAND(commands, i));
    puts(".SH OPTIONS OF ALL COMMANDS");
    print_options(p, lyncadm_global_options(p));
    print_status(p, commands);
    print_facts(p, "ENVIRONMENT");
    print_facts(p, "FILES");
    puts(".SH SEE ALSO\n.BR lyncadm (8),\n.BR mod_lync (5)");
}

const lync_err_t *lyncadm_manual(lyncadm_t *adm)
{
    const char *word, *group;

    LYNC_TRY(lyncadm_at_most(adm, 1));
    if (!adm->words->nelts) {
        print_program(adm);
        return NULL;
    }
    word = lyncadm_command_word(adm->pool, APR_ARRAY_IDX(adm->words, 0, const char *));
    LYNC_TRY(lyncadm_command_resolve(adm, word, NULL, &group));
    print_page(adm, word);
    return NULL;
}
