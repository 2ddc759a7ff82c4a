#include <apr_lib.h>
#include <apr_strings.h>
#include <string.h>

#include "lyncadm.h"
#include "operate.h"
#include "who.h"

/* The nouns' commands: words, synopsis and options from the fields, examples from here. */

/* Run in the order add, set, show, list, remove they leave the store as it was. */
static const struct {
    lync_noun_id_t noun;
    const char *key, *add, *set;
} example[] = {
    { LYNC_PROFILE, "slow", " --timeout 900", " --timeout 1200" },
    { LYNC_TLS_POLICY, "strict", " --protocols '-all +TLSv1.3' --ciphers ECDHE+AESGCM", " --purpose 'trial'" },
    { LYNC_SERVICE, "legacy", " --path /Legacy --releases 2013 --authentication windows --profile web --action refuse",
      " --profile content" },
    { LYNC_LISTENER, "internal", " --address 127.0.0.1 --port 8443 --certificate external", " --tls-policy modern" },
    { LYNC_CERTIFICATE, "partner", " --chain external.pem", " --chain external.pem" },
    { LYNC_BINDING, "external meet.contoso.com", " --certificate external", " --certificate external" },
    { LYNC_POOL, "lyncpool02.contoso.local", " --role standard --ca root.pem", " --connect-timeout 10" },
    { LYNC_SERVER, "fe02.contoso.local", " --pool lyncpool01.contoso.local", " --state drain" },
    { LYNC_DOMAIN, "fabrikam.com", " --meet https://meet.fabrikam.com", " --meet https://meeting.fabrikam.com" },
    { LYNC_ROUTE, "external webext.contoso.com /old", " --action refuse",
      " --action redirect --location https://www.contoso.com/" },
};

static const char *example_key(lync_noun_id_t noun, const char **add, const char **set)
{
    apr_size_t i = 0;

    while (i + 1 < sizeof(example) / sizeof(example[0]) && example[i].noun != noun)
        ++i;
    *add = example[i].add;
    *set = example[i].set;
    return example[i].key;
}

static const char *upper(apr_pool_t *p, const char *name)
{
    char *word = apr_pstrdup(p, name), *c;

    for (c = word; *c; ++c)
        *c = (char)apr_toupper(*c);
    return word;
}

/* "LISTENER HOST [PATH]" */
static const char *keys(apr_pool_t *p, const lync_noun_t *noun, int optional)
{
    const lync_field_t *field;
    const char *text = "";

    for (field = noun->fields; field->name && field->flags & LYNC_FIELD_KEY; ++field) {
        int may = optional || field->initial;

        text = apr_pstrcat(p, text, *text ? " " : "", may ? "[" : "", upper(p, field->name), may ? "]" : "", NULL);
    }
    return text;
}

/* " --port N": what add cannot do without. */
static const char *required(apr_pool_t *p, const lync_noun_t *noun, const apr_array_header_t *options)
{
    const lyncadm_special_t *special = lyncadm_special(noun);
    const char *text = "";
    int i;

    for (i = 0; i < options->nelts; ++i) {
        const lyncadm_option_t *option = &APR_ARRAY_IDX(options, i, lyncadm_option_t);
        const lync_field_t *field = lync_field(noun, option->name);

        if (!field || field->flags & LYNC_FIELD_KEY || !(field->flags & LYNC_FIELD_REQUIRED) || field->initial
            || (special && lync_word_in(special->derived, field->name)))
            continue;
        text = apr_pstrcat(p, text, " --", option->name, " ", option->argument, NULL);
    }
    return text;
}

static lyncadm_command_t *command(apr_array_header_t *commands, const lync_noun_t *noun, const char *verb,
                                  const char *help, lyncadm_run_t *run)
{
    lyncadm_command_t *command = apr_array_push(commands);

    memset(command, 0, sizeof(*command));
    command->group = lyncadm_noun_word(commands->pool, noun);
    command->name = verb;
    command->help = help;
    command->run = run;
    command->noun = noun;
    command->options = apr_array_make(commands->pool, 16, sizeof(lyncadm_option_t));
    lyncadm_option_fields(command->options, noun, 1);
    return command;
}

static void editing(apr_array_header_t *commands, const lync_noun_t *noun)
{
    apr_pool_t *p = commands->pool;
    const lyncadm_special_t *special = lyncadm_special(noun);
    const char *add, *set, *key = example_key(noun->id, &add, &set);
    lyncadm_command_t *c;

    c = command(commands, noun, "add", apr_pstrcat(p, "add one: ", noun->help, NULL), lyncadm_noun_add);
    if (special && special->options)
        special->options(c->options);
    c->synopsis = apr_pstrcat(p, keys(p, noun, 0), required(p, noun, c->options), " [option ...]", NULL);
    c->example = apr_pstrcat(p, key, add, NULL);
    lyncadm_edit_options(c->options);
    c = command(commands, noun, "set", "change it; an empty value unsets", lyncadm_noun_set);
    c->synopsis = apr_pstrcat(p, keys(p, noun, 0), " --option VALUE ...", NULL);
    c->example = apr_pstrcat(p, key, set, NULL);
    lyncadm_edit_options(c->options);
}

static void showing(apr_array_header_t *commands, const lync_noun_t *noun)
{
    apr_pool_t *p = commands->pool;
    const char *add, *set, *key = example_key(noun->id, &add, &set);
    lyncadm_command_t *c;

    c = command(commands, noun, "show", "show one, upright", lyncadm_noun_show);
    c->synopsis = keys(p, noun, 1);
    c->options = apr_array_make(p, 4, sizeof(lyncadm_option_t));
    c->example = key;
    c = command(commands, noun, "list", "list those that have the given values", lyncadm_noun_list);
    c->synopsis = apr_pstrcat(p, keys(p, noun, 1), " [--option VALUE ...]", NULL);
    c->example = "";
}

static void removing(apr_array_header_t *commands, const lync_noun_t *noun)
{
    const char *add, *set, *key = example_key(noun->id, &add, &set);
    lyncadm_command_t *c = command(commands, noun, "remove", "remove it, when nothing uses it", lyncadm_noun_remove);

    c->synopsis = keys(commands->pool, noun, 0);
    c->options = apr_array_make(commands->pool, 4, sizeof(lyncadm_option_t));
    c->example = key;
    lyncadm_edit_options(c->options);
}

/* Keys may be options everywhere, other fields not where they mean nothing. */
static void keys_as_options(apr_array_header_t *options, const lync_noun_t *noun)
{
    apr_array_header_t *all = apr_array_make(options->pool, 16, sizeof(lyncadm_option_t));
    int i;

    lyncadm_option_fields(all, noun, 1);
    for (i = 0; i < all->nelts; ++i) {
        const lyncadm_option_t *option = &APR_ARRAY_IDX(all, i, lyncadm_option_t);

        if (lync_field(noun, option->name)->flags & LYNC_FIELD_KEY)
            APR_ARRAY_PUSH(options, lyncadm_option_t) = *option;
    }
}

/* What is said of servers while httpd runs. */
static void operating(apr_array_header_t *commands, const lync_noun_t *noun)
{
    static const struct {
        const char *verb, *help;
        lyncadm_run_t *run;
    } verbs[] = {
        { "drain", "now, without a reload: no new clients; those that it has go on", lyncadm_server_drain },
        { "disable", "now, without a reload: no requests at all", lyncadm_server_disable },
        { "enable", "now, without a reload: as the revision has it", lyncadm_server_enable },
    };
    const char *add, *set, *key = example_key(noun->id, &add, &set);
    apr_size_t i;

    for (i = 0; i < sizeof(verbs) / sizeof(verbs[0]); ++i) {
        lyncadm_command_t *c = command(commands, noun, verbs[i].verb, verbs[i].help, verbs[i].run);

        c->synopsis = "HOST [POOL] [-m REASON] [option ...]";
        c->example = apr_pstrcat(commands->pool, key, " -m 'updates'", NULL);
        c->options = apr_array_make(commands->pool, 8, sizeof(lyncadm_option_t));
        keys_as_options(c->options, noun);
        lyncadm_server_state_options(c->options);
    }
}

/* Those that mod_md sees to. */
static void managing(apr_array_header_t *commands, const lync_noun_t *noun)
{
    lyncadm_command_t *c = command(commands, noun, "managed", "have mod_md get and renew the certificate of these hosts",
                                   lyncadm_certificate_managed);

    c->synopsis = "HOST ... [--name NAME] [option ...]";
    c->example = "webext.fabrikam.com meet.fabrikam.com --name fabrikam";
    c->options = apr_array_make(commands->pool, 8, sizeof(lyncadm_option_t));
    lyncadm_managed_options(c->options);
    lyncadm_edit_options(c->options);
}

void lyncadm_noun_commands(apr_array_header_t *commands)
{
    static const lync_noun_id_t order[LYNC_NOUNS] = {
        LYNC_LISTENER, LYNC_CERTIFICATE, LYNC_BINDING, LYNC_POOL, LYNC_SERVER, LYNC_ROUTE, LYNC_DOMAIN,
        LYNC_PROFILE, LYNC_TLS_POLICY, LYNC_SERVICE
    };
    int i;

    for (i = 0; i < LYNC_NOUNS; ++i) {
        const lync_noun_t *noun = lync_noun(order[i]);

        editing(commands, noun);
        showing(commands, noun);
        keys_as_options(APR_ARRAY_IDX(commands, commands->nelts - 2, lyncadm_command_t).options, noun);
        removing(commands, noun);
        keys_as_options(APR_ARRAY_IDX(commands, commands->nelts - 1, lyncadm_command_t).options, noun);
        if (noun->id == LYNC_SERVER)
            operating(commands, noun);
        if (noun->id == LYNC_CERTIFICATE)
            managing(commands, noun);
    }
}
