#include <apr_file_info.h>
#include <apr_getopt.h>
#include <apr_strings.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "lyncadm.h"

#define FIRST_OPTION 256        /* apr_getopt: values above 255 have no letter */

void lyncadm_option(apr_array_header_t *options, const char *name, const char *argument, const char *help)
{
    lyncadm_option_t *option = apr_array_push(options);

    memset(option, 0, sizeof(*option));
    option->name = name;
    option->argument = argument;
    option->help = help;
}

const char *lyncadm_option_name(apr_pool_t *p, const char *name)
{
    char *word = apr_pstrdup(p, name), *c;

    for (c = word; *c; ++c) {
        if (*c == '_')
            *c = '-';
    }
    return word;
}

static const char *argument_of(const lync_field_t *field)
{
    switch (field->kind) {
    case LYNC_KIND_INT:
        return "N";
    case LYNC_KIND_CHOICE:
        return field->choices;
    case LYNC_KIND_NAME:
        return "NAME";
    case LYNC_KIND_HOST:
    case LYNC_KIND_SERVER_HOST:
    case LYNC_KIND_BOUND_HOST:
        return "HOST";
    case LYNC_KIND_ADDRESS:
        return "ADDRESS";
    case LYNC_KIND_PATH:
    case LYNC_KIND_RAW_PATH:
        return "PATH";
    case LYNC_KIND_FILE:
        return "FILE";
    case LYNC_KIND_URL:
    case LYNC_KIND_LOCATION:
        return "URL";
    case LYNC_KIND_WORDS:
        return "'WORD ...'";
    case LYNC_KIND_TEXT:
        break;
    }
    return "TEXT";
}

static const char *help_of(apr_pool_t *p, const lync_field_t *field)
{
    const char *help = field->help;

    if (field->kind == LYNC_KIND_INT)
        help = apr_psprintf(p, "%s, %d to %d", help, field->low, field->high);
    if (field->initial)
        help = apr_psprintf(p, "%s (%s unless given)", help, field->initial);
    return help;
}

void lyncadm_option_fields(apr_array_header_t *options, const lync_noun_t *noun, int keys)
{
    apr_pool_t *p = options->pool;
    const lync_field_t *field;

    for (field = noun->fields; field->name; ++field) {
        if (field->flags & LYNC_FIELD_FACT || (field->flags & LYNC_FIELD_KEY && !keys))
            continue;
        lyncadm_option(options, lyncadm_option_name(p, field->name), argument_of(field), help_of(p, field));
        APR_ARRAY_IDX(options, options->nelts - 1, lyncadm_option_t).is_file = field->kind == LYNC_KIND_FILE;
    }
}

apr_array_header_t *lyncadm_global_options(apr_pool_t *p)
{
    apr_array_header_t *options = apr_array_make(p, 8, sizeof(lyncadm_option_t));

    lyncadm_option(options, "store", "FILE", "the store; else LYNC_STORE of the environment, else " LYNCADM_STORE);
    lyncadm_option(options, "json", NULL, "print JSON: an array of objects");
    lyncadm_option(options, "tsv", NULL, "print tab separated values, the first line names the columns");
    lyncadm_option(options, "help", NULL, "say how it is used");
    APR_ARRAY_IDX(options, options->nelts - 1, lyncadm_option_t).letter = 'h';
    lyncadm_option(options, "version", NULL, "print the version");
    return options;
}

const char *lyncadm_given(const lyncadm_t *adm, const char *option)
{
    return apr_table_get(adm->options, option);
}

static int collect(void *values, const char *name, const char *value)
{
    (void)name;
    APR_ARRAY_PUSH((apr_array_header_t *)values, const char *) = value;
    return 1;
}

apr_array_header_t *lyncadm_given_all(const lyncadm_t *adm, const char *option)
{
    apr_array_header_t *values = apr_array_make(adm->pool, 4, sizeof(const char *));

    apr_table_do(collect, values, adm->options, option, NULL);
    return values;
}

const lync_err_t *lyncadm_given_seconds(lyncadm_t *adm, const char *option, int initial, int *seconds)
{
    const char *value = lyncadm_given(adm, option);
    char *end = NULL;
    long number = value ? strtol(value, &end, 10) : initial;

    if (value && (!*value || *end || number < 1 || number > 3600))
        return lyncadm_usage(adm, "%s '%s' is no number from 1 to 3600", option, value);
    *seconds = (int)number;
    return NULL;
}

const char *lyncadm_given_field(const lyncadm_t *adm, const lync_field_t *field)
{
    return lyncadm_given(adm, lyncadm_option_name(adm->pool, field->name));
}

const lync_err_t *lyncadm_usage(lyncadm_t *adm, const char *format, ...)
{
    va_list args;
    const char *sentence;

    va_start(args, format);
    sentence = apr_pvsprintf(adm->pool, format, args);
    va_end(args);
    adm->exit = LYNCADM_USAGE;
    return lync_err(adm->pool, "%s", sentence);
}

const lync_err_t *lyncadm_bad_value(lyncadm_t *adm, const lync_err_t *err)
{
    if (err)
        adm->exit = LYNCADM_USAGE;
    return err;
}

const lync_err_t *lyncadm_at_most(lyncadm_t *adm, int words)
{
    if (adm->words->nelts <= words)
        return NULL;
    return lyncadm_usage(adm, "unexpected argument '%s': usage is 'lyncadm %s %s'",
                         APR_ARRAY_IDX(adm->words, words, const char *),
                         lyncadm_command_words(adm->pool, adm->command), adm->command->synopsis);
}

const lync_err_t *lyncadm_no_words(lyncadm_t *adm)
{
    return lyncadm_at_most(adm, 0);
}

const lync_err_t *lyncadm_one_word(lyncadm_t *adm, const char *what, const char **word)
{
    if (!adm->words->nelts)
        return lyncadm_usage(adm, "%s is missing: usage is 'lyncadm %s %s'", what,
                             lyncadm_command_words(adm->pool, adm->command), adm->command->synopsis);
    *word = APR_ARRAY_IDX(adm->words, 0, const char *);
    return lyncadm_at_most(adm, 1);
}

const char *lyncadm_absolute(apr_pool_t *p, const char *path)
{
    char *cwd = NULL;

    if (*path == '/' || apr_filepath_get(&cwd, 0, p) != APR_SUCCESS)
        return path;
    return apr_pstrcat(p, cwd, "/", !strncmp(path, "./", 2) ? path + 2 : path, NULL);
}

/* What apr_getopt calls an option: its own table, made of ours. */
static const apr_getopt_option_t *getopt_table(apr_pool_t *p, const apr_array_header_t *options)
{
    apr_getopt_option_t *table = apr_pcalloc(p, (options->nelts + 1) * sizeof(*table));
    int i;

    for (i = 0; i < options->nelts; ++i) {
        const lyncadm_option_t *option = &APR_ARRAY_IDX(options, i, lyncadm_option_t);

        table[i].name = option->name;
        table[i].optch = option->letter ? option->letter : FIRST_OPTION + i;
        table[i].has_arg = option->argument != NULL;
    }
    return table;
}

static const lyncadm_option_t *option_of(const apr_array_header_t *options, int optch)
{
    int i;

    if (optch >= FIRST_OPTION)
        return &APR_ARRAY_IDX(options, optch - FIRST_OPTION, lyncadm_option_t);
    for (i = 0; APR_ARRAY_IDX(options, i, lyncadm_option_t).letter != optch; ++i)
        ;
    return &APR_ARRAY_IDX(options, i, lyncadm_option_t);
}

static const lync_err_t *bad_option(lyncadm_t *adm, const apr_array_header_t *options, apr_status_t rv,
                                    const char *text)
{
    apr_array_header_t *names = apr_array_make(adm->pool, options->nelts, sizeof(const char *));
    const char *word = apr_pstrmemdup(adm->pool, text, strcspn(text, "="));
    int i, known = 0;

    for (i = 0; i < options->nelts; ++i) {
        const lyncadm_option_t *option = &APR_ARRAY_IDX(options, i, lyncadm_option_t);

        APR_ARRAY_PUSH(names, const char *) = apr_pstrcat(adm->pool, "--", option->name, NULL);
        known = known || !strcmp(APR_ARRAY_IDX(names, i, const char *), word)
                || (option->letter && word[0] == '-' && word[1] == option->letter);
    }
    if (rv == APR_BADARG && known)
        return lyncadm_usage(adm, strchr(text, '=') ? "option '%s' takes no value" : "option '%s' needs a value", word);
    return lyncadm_usage(adm, "unknown option '%s': there is %s", word, lyncadm_nearest(adm->pool, word, names));
}

static const lync_err_t *take_option(lyncadm_t *adm, const lyncadm_option_t *option, const char *value)
{
    const char *before = lyncadm_given(adm, option->name);

    if (option->argument && !option->is_list && before)
        return lyncadm_usage(adm, "option '--%s' is given twice: '%s' and '%s'", option->name, before, value);
    if (!strcmp(option->name, "store")) {
        if (!*value)
            return lyncadm_usage(adm, "option '--store' needs a file name");
        adm->store = value;
    }
    else if (!strcmp(option->name, "json"))
        adm->format = LYNCADM_JSON;
    else if (!strcmp(option->name, "tsv"))
        adm->format = LYNCADM_TSV;
    else if (!strcmp(option->name, "help"))
        adm->help = 1;
    else if (!strcmp(option->name, "dry-run"))
        adm->dry_run = 1;
    else if (option->is_file && *value && strcmp(value, "-"))
        value = lyncadm_absolute(adm->pool, value);
    apr_table_addn(adm->options, option->name, value ? value : "");
    return NULL;
}

/* A lone "-" is a word (standard input), which apr_getopt takes for a bad option: it gets to see another. */
static const char lone[] = "lone dash";

static const char *const *hide_lone(apr_pool_t *p, int argc, const char *const *argv)
{
    const char **copy = apr_pmemdup(p, argv, (argc + 1) * sizeof(*argv));
    int i;

    for (i = 1; i < argc; ++i) {
        if (!strcmp(argv[i], "-"))
            copy[i] = lone;
    }
    return copy;
}

static const char *unhide_lone(const char *word)
{
    return word == lone ? "-" : word;
}

const lync_err_t *lyncadm_parse(lyncadm_t *adm, const apr_array_header_t *options, int interleave, int argc,
                                const char *const *argv, int *used)
{
    const apr_getopt_option_t *table = getopt_table(adm->pool, options);
    apr_getopt_t *getopt;
    const char *value;
    apr_status_t rv;
    int optch;

    apr_getopt_init(&getopt, adm->pool, argc, hide_lone(adm->pool, argc, argv));
    getopt->interleave = interleave;
    getopt->errfn = NULL;
    while ((rv = apr_getopt_long(getopt, table, &optch, &value)) == APR_SUCCESS)
        LYNC_TRY(take_option(adm, option_of(options, optch), unhide_lone(value)));
    if (rv != APR_EOF)
        return bad_option(adm, options, rv, getopt->argv[getopt->ind - 1]);
    *used = getopt->ind;
    for (; interleave && getopt->ind < argc; ++getopt->ind)
        APR_ARRAY_PUSH(adm->words, const char *) = unhide_lone(getopt->argv[getopt->ind]);
    return NULL;
}
