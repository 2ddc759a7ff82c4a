#include <apr_lib.h>
#include <apr_strings.h>
#include <stdio.h>
#include <string.h>

#include "complete.h"

/*
 * What a value or an argument may be is told by the word that stands for it in --help: "https|http", FILE, POOL, and by
 * the fields of the command's noun. Names are those of the store's draft.
 */

#define FILES ":files"          /* the shell knows; no name in a store begins so */

static void print_once(const complete_t *complete, const char *word)
{
    if (!apr_hash_get(complete->printed, word, APR_HASH_KEY_STRING))
        puts(word);
    apr_hash_set(complete->printed, word, APR_HASH_KEY_STRING, word);
}

void complete_offer(complete_t *complete, const char *candidate)
{
    const char *word = apr_pstrcat(complete->adm->pool, complete->head, candidate, NULL);

    if (!strncmp(word, complete->last, strlen(complete->last)))
        print_once(complete, word);
}

void complete_offer_commands(complete_t *complete, const char *group)
{
    const apr_array_header_t *words = lyncadm_command_after(complete->adm, group);
    int i;

    for (i = 0; i < words->nelts; ++i)
        complete_offer(complete, APR_ARRAY_IDX(words, i, const char *));
}

/* NULL: there is none, or none just now. */
static lync_store_t *store(const complete_t *complete)
{
    lync_store_t *found;

    return lync_store_glance(&found, complete->adm->store, complete->adm->pool) ? NULL : found;
}

static const lync_model_t *draft(complete_t *complete)
{
    lync_model_t *model;
    lync_store_t *from = complete->is_read ? NULL : store(complete);

    if (from && !lync_store_read(from, LYNC_DRAFT, &model, complete->adm->pool))
        complete->draft = model;
    complete->is_read = 1;
    return complete->draft;
}

/* Whether a row has the keys before a field that were given as arguments. */
static int has_arguments(const complete_t *complete, const lync_noun_t *noun, const lync_field_t *field,
                         const void *row)
{
    int i;

    for (i = 0; i < complete->arguments->nelts && &noun->fields[i] < field; ++i) {
        const char *value = lync_row_get(complete->adm->pool, &noun->fields[i], row);

        if (!value || strcasecmp(value, APR_ARRAY_IDX(complete->arguments, i, const char *)))
            return 0;
    }
    return 1;
}

/* What the draft's rows have in a field; chosen: only rows that the arguments are of. */
static void offer_values(complete_t *complete, const lync_noun_t *noun, const lync_field_t *field, int chosen)
{
    const lync_model_t *model = draft(complete);
    int i;

    for (i = 0; model && i < model->rows[noun->id]->nelts; ++i) {
        const void *row = LYNC_ROW(model, noun->id, i);
        const char *value = lync_row_get(complete->adm->pool, field, row);

        if (value && (!chosen || has_arguments(complete, noun, field, row)))
            complete_offer(complete, value);
    }
}

static void offer_revisions(complete_t *complete)
{
    apr_pool_t *p = complete->adm->pool;
    apr_array_header_t *revisions;
    lync_store_t *from = store(complete);
    int i;

    if (strcmp(complete->first, "rollback"))
        complete_offer(complete, "draft");
    complete_offer(complete, "active");
    if (!from || lync_revision_list(from, &revisions, p))
        return;
    for (i = 0; i < revisions->nelts; ++i)
        complete_offer(complete, apr_itoa(p, APR_ARRAY_IDX(revisions, i, const lync_revision_t *)->number));
}

static void offer_nouns(complete_t *complete)
{
    int i;

    for (i = 0; lyncadm_audit_nouns[i]; ++i)
        complete_offer(complete, lyncadm_option_name(complete->adm->pool, lyncadm_audit_nouns[i]));
    for (i = 0; i < LYNC_NOUNS; ++i)
        complete_offer(complete, lyncadm_noun_word(complete->adm->pool, lync_noun((lync_noun_id_t)i)));
}

static void offer_kinds(complete_t *complete)
{
    json_t *kind;
    size_t i;

    json_array_foreach(json_object_get(complete->command->deployment, "kinds"), i, kind) {
        complete_offer(complete, lyncadm_json_text(kind, "name"));
    }
}

/* A field that is a key, or refers to one. A key that is to be added is nobody's yet. */
static int offer_field(complete_t *complete, const lync_field_t *field, int is_argument)
{
    const lyncadm_command_t *command = complete->command;
    int adds = command->run == lyncadm_noun_add;

    if (field->refers >= 0 && (adds || !(field->flags & LYNC_FIELD_KEY)))
        offer_values(complete, lync_noun((lync_noun_id_t)field->refers),
                     lync_noun((lync_noun_id_t)field->refers)->fields, 0);
    else if (field->flags & LYNC_FIELD_KEY && !adds)
        offer_values(complete, command->noun, field, is_argument);
    return field->refers >= 0 || field->flags & LYNC_FIELD_KEY;
}

/* The noun that a word is called after, or ends with: "http-listener". */
static const lync_noun_t *noun_called(const char *word)
{
    const char *dash = strrchr(word, '-');
    const lync_noun_t *noun = lync_noun_named(word);

    return noun || !dash ? noun : lync_noun_named(dash + 1);
}

static char *lower(apr_pool_t *p, const char *word)
{
    char *result = apr_pstrdup(p, word), *c;

    for (c = result; *c; ++c)
        *c = (char)apr_tolower(*c);
    return result;
}

/* One of the words in which --help says what a value is. */
static void offer_meant(complete_t *complete, const char *word, int is_argument)
{
    static const struct {
        const char *word;
        void (*offer)(complete_t *complete);
    } known[] = { { "REVISION", offer_revisions }, { "NOUN", offer_nouns }, { "KIND", offer_kinds } };
    const char *name = lower(complete->adm->pool, word);
    const lync_noun_t *noun = complete->command ? complete->command->noun : NULL;
    const lync_field_t *field = noun && is_argument ? lync_field(noun, name) : NULL;
    apr_size_t i;

    for (i = 0; i < sizeof(known) / sizeof(known[0]); ++i) {
        if (!strcmp(word, known[i].word))
            known[i].offer(complete);
    }
    if (apr_islower(*word))
        complete_offer(complete, word);
    else if (lync_word_in("file dir directory", name))
        print_once(complete, FILES);
    else if (field && offer_field(complete, field, is_argument))
        return;
    else if (lync_noun_named(name))
        offer_values(complete, lync_noun_named(name), lync_noun_named(name)->fields, 0);
    else if (is_argument && !strcmp(word, "HOST"))
        offer_values(complete, lync_noun(LYNC_ROUTE), lync_field(lync_noun(LYNC_ROUTE), "host"), 0);
}

/* "HOST|POOL" */
static void offer_any(complete_t *complete, const char *words, int is_argument)
{
    char *last, *word, *copy = apr_pstrdup(complete->adm->pool, words);

    for (word = apr_strtok(copy, "|", &last); word; word = apr_strtok(NULL, "|", &last))
        offer_meant(complete, word, is_argument);
}

void complete_offer_value(complete_t *complete, const lyncadm_option_t *option)
{
    const lync_noun_t *noun = complete->command ? complete->command->noun : NULL;
    const lync_field_t *field = noun ? lync_field(noun, option->name) : NULL;

    if (field && offer_field(complete, field, 0))
        return;
    noun = noun_called(option->name);
    if (noun && !strchr(option->argument, '|'))
        offer_values(complete, noun, noun->fields, 0);
    else
        offer_any(complete, option->argument, 0);
}

/* The word of a synopsis ("FILE|- --ca FILE [-m REASON] [option ...]", "[HOST|POOL ...]") that stands for an argument;
 * NULL: there is none. */
static const char *argument_at(apr_pool_t *p, const char *synopsis, int index)
{
    char *last, *word, *copy = apr_pstrdup(p, synopsis);
    const char *before = NULL;
    int is_value = 0;

    for (word = apr_strtok(copy, " ", &last); word; word = apr_strtok(NULL, " ", &last)) {
        char *name = word + strspn(word, "[");

        name[strcspn(name, "]")] = '\0';
        if (!strcmp(name, "...")) {
            if (before)
                return before;
            continue;
        }
        before = NULL;
        if (!is_value && !(name[0] == '-' && name[1]) && strcmp(name, "option")) {
            before = name;
            if (!index--)
                return name;
        }
        is_value = !is_value && name[0] == '-' && name[1];
    }
    return NULL;
}

void complete_offer_argument(complete_t *complete)
{
    const apr_array_header_t *arguments = complete->arguments;
    const char *words;

    if (complete->command->run == lyncadm_help) {
        complete_offer_commands(complete, arguments->nelts ? APR_ARRAY_IDX(arguments, 0, const char *) : "");
        return;
    }
    words = argument_at(complete->adm->pool, complete->command->synopsis, arguments->nelts);
    if (words)
        offer_any(complete, words, 1);
}
