#include <apr_strings.h>
#include <stdio.h>
#include <string.h>

#include "lyncadm.h"

#define COLUMN 30               /* where the help of an option begins */

const char *lyncadm_command_words(apr_pool_t *p, const lyncadm_command_t *command)
{
    return command->group ? apr_pstrcat(p, command->group, " ", command->name, NULL) : command->name;
}

const char *lyncadm_command_line(apr_pool_t *p, const lyncadm_command_t *command, const char *after)
{
    return apr_pstrcat(p, lyncadm_command_words(p, command), *after ? " " : "", after, NULL);
}

static void print_options(const apr_array_header_t *options)
{
    int i;

    for (i = 0; i < options->nelts; ++i) {
        const lyncadm_option_t *option = &APR_ARRAY_IDX(options, i, lyncadm_option_t);
        int used = option->letter ? printf("  -%c, --%s", option->letter, option->name)
                                  : printf("  --%s", option->name);

        if (option->argument)
            used += printf(" %s", option->argument);
        if (used >= COLUMN)
            used = printf("\n") - 1;
        printf("%*s%s\n", COLUMN - used, "", option->help);
    }
}

static void print_example(apr_pool_t *p, const lyncadm_command_t *command)
{
    printf("\nexample:\n  lyncadm %s\n", lyncadm_command_line(p, command, command->example));
}

static void print_line(apr_pool_t *p, const char *words, const char *help)
{
    int used = printf("  %s", words);

    (void)p;
    printf("%*s%s\n", used < COLUMN ? COLUMN - used : 1, "", help);
}

/* The commands of a group; the first of them. */
static const lyncadm_command_t *print_group(lyncadm_t *adm, const char *group, const char *heading)
{
    const lyncadm_command_t *first = NULL;
    int i;

    for (i = 0; i < adm->commands->nelts; ++i) {
        const lyncadm_command_t *command = &APR_ARRAY_IDX(adm->commands, i, lyncadm_command_t);

        if (!command->group || strcmp(command->group, group))
            continue;
        if (!first)
            puts(heading);
        first = first ? first : command;
        print_line(adm->pool, lyncadm_command_words(adm->pool, command), command->help);
    }
    return first;
}

void lyncadm_help_command(lyncadm_t *adm, const lyncadm_command_t *command)
{
    printf("usage: lyncadm %s\n%s\n", lyncadm_command_line(adm->pool, command, command->synopsis), command->help);
    if (command->options->nelts)
        puts("\noptions:");
    print_options(command->options);
    puts("\noptions of all commands:");
    print_options(lyncadm_global_options(adm->pool));
    if (!command->group)
        print_group(adm, command->name, "\nalso:");
    if (command->status)
        printf("\nexit status: %s\n", command->status);
    print_example(adm->pool, command);
}

void lyncadm_help_group(lyncadm_t *adm, const char *group)
{
    const lyncadm_command_t *first;

    printf("usage: lyncadm %s COMMAND [argument ...] [option ...]\n", group);
    first = print_group(adm, group, "\ncommands:");
    printf("\n'lyncadm %s COMMAND --help' says more\n", group);
    if (first)
        print_example(adm->pool, first);
}

void lyncadm_help_lines(lyncadm_t *adm, lyncadm_line_t *line)
{
    const char *last = "";
    int i;

    for (i = 0; i < adm->commands->nelts; ++i) {
        const lyncadm_command_t *command = &APR_ARRAY_IDX(adm->commands, i, lyncadm_command_t);

        if (!command->noun) {
            line(adm->pool, lyncadm_command_words(adm->pool, command), command->help);
            continue;
        }
        if (!strcmp(command->group, last))
            continue;
        last = command->group;
        line(adm->pool, last, command->noun->help);
    }
}

void lyncadm_help_all(lyncadm_t *adm)
{
    puts("usage: lyncadm COMMAND [argument ...] [option ...]\n" LYNCADM_PURPOSE "\n\n"
         "commands; the nouns have add, set, show, list and remove each:");
    lyncadm_help_lines(adm, print_line);
    puts("\noptions of all commands:");
    print_options(lyncadm_global_options(adm->pool));
    puts("\nexit status: " LYNCADM_STATUS ";\n"
         "of check-health 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN, as Monitoring Plugins have it\n"
         "'lyncadm COMMAND --help' says more, 'lyncadm help --man [WORD]' prints man pages,\n"
         "'lyncadm help --complete -- WORD ...' what may come as the last word\n\nexample:\n  lyncadm status");
}

void lyncadm_help_options(apr_array_header_t *options)
{
    lyncadm_option(options, "man", NULL, "print a man page, for 'man -l -': lyncadm(8), or that of a command's first "
                   "word");
    lyncadm_option(options, "complete", NULL, "print what may come as the last of the words that follow after '--', a "
                   "line each, for the completion of shells; ':files' stands for names of files");
}

const lync_err_t *lyncadm_help(lyncadm_t *adm)
{
    const char *group = "", *second;

    if (lyncadm_given(adm, "complete") && lyncadm_given(adm, "man"))
        return lyncadm_usage(adm, "--man and --complete are one too many");
    if (lyncadm_given(adm, "complete"))
        return lyncadm_complete(adm);
    if (lyncadm_given(adm, "man"))
        return lyncadm_manual(adm);
    if (!adm->words->nelts) {
        lyncadm_help_all(adm);
        return NULL;
    }
    second = adm->words->nelts > 1 ? APR_ARRAY_IDX(adm->words, 1, const char *) : NULL;
    LYNC_TRY(lyncadm_command_resolve(adm, lyncadm_command_word(adm->pool, APR_ARRAY_IDX(adm->words, 0, const char *)),
                                     second, &group));
    if (adm->command)
        lyncadm_help_command(adm, adm->command);
    else
        lyncadm_help_group(adm, group);
    return NULL;
}
