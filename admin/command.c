#include <apr_strings.h>
#include <string.h>

#include "lyncadm.h"

/* Looking a command up in the table. */

const lyncadm_command_t *lyncadm_command_find(lyncadm_t *adm, const char *group, const char *name)
{
    int i;

    for (i = 0; i < adm->commands->nelts; ++i) {
        const lyncadm_command_t *command = &APR_ARRAY_IDX(adm->commands, i, lyncadm_command_t);

        if (!strcmp(command->name, name) && !strcmp(command->group ? command->group : "", group))
            return command;
    }
    return NULL;
}

apr_array_header_t *lyncadm_command_after(lyncadm_t *adm, const char *group)
{
    apr_array_header_t *words = apr_array_make(adm->pool, 16, sizeof(const char *));
    const char *last = "";
    int i;

    for (i = 0; i < adm->commands->nelts; ++i) {
        const lyncadm_command_t *command = &APR_ARRAY_IDX(adm->commands, i, lyncadm_command_t);
        const char *word = command->name;

        if (!*group && command->group)
            word = command->group;
        else if (*group && (!command->group || strcmp(command->group, group)))
            continue;
        if (strcmp(word, last))
            APR_ARRAY_PUSH(words, const char *) = word;
        last = word;
    }
    return words;
}

const char *lyncadm_command_word(apr_pool_t *p, const char *word)
{
    return lync_noun_named(word) ? lyncadm_option_name(p, word) : word;
}

const lync_err_t *lyncadm_command_resolve(lyncadm_t *adm, const char *first, const char *second, const char **group)
{
    apr_array_header_t *words;

    adm->command = second ? lyncadm_command_find(adm, first, second) : NULL;
    if (!adm->command)
        adm->command = lyncadm_command_find(adm, "", first);
    if (adm->command)
        return NULL;
    words = lyncadm_command_after(adm, first);
    if (!words->nelts)
        return lyncadm_usage(adm, "unknown command '%s': there is %s", first,
                             lyncadm_nearest(adm->pool, first, lyncadm_command_after(adm, "")));
    *group = first;
    if (!second)
        return NULL;
    return lyncadm_usage(adm, "unknown command '%s %s': after '%s' comes %s", first, second, first,
                         lyncadm_nearest(adm->pool, second, words));
}
