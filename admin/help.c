#include <apr_strings.h>
#include <stdio.h>
#include <string.h>

#include "lyncadm.h"

#define COLUMN 30               /* where the help of an option begins */

const char *lyncadm_command_words(apr_pool_t *p, const lyncadm_command_t *command)
{
    return command->group ? apr_pstrcat(p, command->group, " ", command->name, NULL) : command->name;
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
    printf("\nexample:\n  lyncadm %s%s%s\n", lyncadm_command_words(p, command), *command->example ? " " : "",
           command->example);
}

static void print_command(apr_pool_t *p, const lyncadm_command_t *command)
{
    int used = printf("  %s", lyncadm_command_words(p, command));

    printf("%*s%s\n", used < COLUMN ? COLUMN - used : 1, "", command->help);
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
        print_command(adm->pool, command);
    }
    return first;
}

void lyncadm_help_command(lyncadm_t *adm, const lyncadm_command_t *command)
{
    printf("usage: lyncadm %s%s%s\n%s\n", lyncadm_command_words(adm->pool, command), *command->synopsis ? " " : "",
           command->synopsis, command->help);
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

/* Groups that are nouns show as one line each. */
static void print_commands(lyncadm_t *adm)
{
    const char *last = "";
    int i;

    for (i = 0; i < adm->commands->nelts; ++i) {
        const lyncadm_command_t *command = &APR_ARRAY_IDX(adm->commands, i, lyncadm_command_t);

        if (!command->noun) {
            print_command(adm->pool, command);
            continue;
        }
        if (!strcmp(command->group, last))
            continue;
        last = command->group;
        printf("  %-*s%s\n", COLUMN - 2, last, command->noun->help);
    }
}

void lyncadm_help_all(lyncadm_t *adm)
{
    puts("usage: lyncadm COMMAND [argument ...] [option ...]\n"
         "publish Lync and Skype for Business web services by way of Apache httpd\n\n"
         "commands; the nouns have add, set, show, list and remove each:");
    print_commands(adm);
    puts("\noptions of all commands:");
    print_options(lyncadm_global_options(adm->pool));
    puts("\nexit status: 0 done, 1 refused or failed, 2 used wrongly, 3 there are findings;\n"
         "of check-health 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN, as Monitoring Plugins have it\n"
         "'lyncadm COMMAND --help' says more\n\nexample:\n  lyncadm status");
}
