#include <apr_strings.h>
#include <string.h>

#include "complete.h"

/* help --complete: shells ask at a TAB what may come next. Whatever they ask, it is no error: there may be nothing. */

static const lyncadm_option_t *option_in(const apr_array_header_t *options, const char *word)
{
    apr_size_t length = strcspn(word, "=");
    int i;

    for (i = 0; i < options->nelts; ++i) {
        const lyncadm_option_t *option = &APR_ARRAY_IDX(options, i, lyncadm_option_t);

        if (word[1] == '-' ? !strncmp(option->name, word + 2, length - 2) && strlen(option->name) == length - 2
                           : option->letter == word[1] && !word[2])
            return option;
    }
    return NULL;
}

/* That a word beginning with '-' names, or NULL. */
static const lyncadm_option_t *option_of(const complete_t *complete, const char *word)
{
    const lyncadm_option_t *option = complete->command ? option_in(complete->command->options, word) : NULL;

    return option ? option : option_in(lyncadm_global_options(complete->adm->pool), word);
}

static void take_value(complete_t *complete, const lyncadm_option_t *option, const char *value)
{
    if (!strcmp(option->name, "store"))
        complete->adm->store = value;
}

static void take_option(complete_t *complete, const char *word)
{
    const lyncadm_option_t *option = option_of(complete, word);
    const char *value = strchr(word, '=');

    if (!option || !option->argument)
        return;
    if (value)
        take_value(complete, option, value + 1);
    else
        complete->option = option;
}

/* A command may be a group's first word as well: its second word then is no argument. */
static void take_word(complete_t *complete, const char *word)
{
    lyncadm_t *adm = complete->adm;
    const lyncadm_command_t *command;

    if (!complete->first) {
        complete->first = lyncadm_command_word(adm->pool, word);
        complete->command = lyncadm_command_find(adm, "", complete->first);
        return;
    }
    command = complete->second || complete->arguments->nelts ? NULL
              : lyncadm_command_find(adm, complete->first, word);
    if (command) {
        complete->command = command;
        complete->second = 1;
    }
    else
        APR_ARRAY_PUSH(complete->arguments, const char *) = word;
}

static void take(complete_t *complete, const char *word)
{
    const lyncadm_option_t *option = complete->option;

    complete->option = NULL;
    if (option)
        take_value(complete, option, word);
    else if (complete->words_only || word[0] != '-' || !word[1])
        take_word(complete, word);
    else if (!strcmp(word, "--"))
        complete->words_only = 1;
    else
        take_option(complete, word);
}

static void offer_options(complete_t *complete, const apr_array_header_t *options)
{
    int i;

    for (i = 0; i < options->nelts; ++i) {
        const char *name = APR_ARRAY_IDX(options, i, lyncadm_option_t).name;

        complete_offer(complete, apr_pstrcat(complete->adm->pool, "--", name, NULL));
    }
}

static void offer_words(complete_t *complete)
{
    if (!complete->first) {
        complete_offer_commands(complete, "");
        return;
    }
    if (!complete->second && !complete->arguments->nelts)
        complete_offer_commands(complete, complete->first);
    if (complete->command)
        complete_offer_argument(complete);
}

static void offer_all(complete_t *complete)
{
    const char *value = strchr(complete->last, '=');
    const lyncadm_option_t *option;

    if (complete->option)
        complete_offer_value(complete, complete->option);
    else if (complete->words_only || complete->last[0] != '-')
        offer_words(complete);
    else if (value) {
        option = option_of(complete, complete->last);
        complete->head = apr_pstrmemdup(complete->adm->pool, complete->last, (apr_size_t)(value + 1 - complete->last));
        if (option && option->argument)
            complete_offer_value(complete, option);
    }
    else {
        if (complete->command)
            offer_options(complete, complete->command->options);
        offer_options(complete, lyncadm_global_options(complete->adm->pool));
    }
}

const lync_err_t *lyncadm_complete(lyncadm_t *adm)
{
    complete_t complete = { .adm = adm, .head = "" };
    int i;

    if (!adm->words->nelts)
        return lyncadm_usage(adm, "the words are missing: usage is 'lyncadm help --complete -- WORD ...', of which the "
                             "last may be empty");
    complete.arguments = apr_array_make(adm->pool, 4, sizeof(const char *));
    complete.printed = apr_hash_make(adm->pool);
    for (i = 0; i + 1 < adm->words->nelts; ++i)
        take(&complete, APR_ARRAY_IDX(adm->words, i, const char *));
    complete.last = APR_ARRAY_IDX(adm->words, i, const char *);
    offer_all(&complete);
    return NULL;
}
