#include <apr_lib.h>
#include <apr_strings.h>
#include <stdlib.h>
#include <string.h>

#include "lyncadm.h"

/* audit: the entries that pass a filter; audit verify. */

#define SERVER_STATE "server_state"      /* the audit's noun for what operators say of servers */

const char *const lyncadm_audit_nouns[] = { "revision", "state", SERVER_STATE, NULL };

/* "2026", "2026-03", "2026-03-01", "2026-03-01T08:00:00Z" and what lies between. */
static int is_date(const char *date)
{
    static const char form[] = "0000-00-00T00:00:00Z";
    apr_size_t length = strlen(date), i;

    for (i = 0; i < length && i < sizeof(form) - 1; ++i) {
        if (form[i] == '0' ? !apr_isdigit(date[i]) : form[i] != date[i])
            return 0;
    }
    return length >= 4 && length < sizeof(form) && apr_isalnum(date[length - 1]);
}

static const lync_err_t *take_date(lyncadm_t *adm, const char *option, const char **date)
{
    *date = lyncadm_given(adm, option);
    if (!*date || is_date(*date))
        return NULL;
    return lyncadm_usage(adm, "%s '%s' is no date such as 2026-03-01, 2026-03 or 2026-03-01T08:00:00Z", option, *date);
}

static const lync_err_t *take_noun(lyncadm_t *adm, const char **noun)
{
    const char *given = lyncadm_given(adm, "noun"), *word = given ? lyncadm_option_name(adm->pool, given) : NULL;
    const lync_noun_t *known;
    int i;

    *noun = given;
    if (!given)
        return NULL;
    for (i = 0; lyncadm_audit_nouns[i]; ++i) {
        if (strcmp(word, lyncadm_option_name(adm->pool, lyncadm_audit_nouns[i])))
            continue;
        *noun = lyncadm_audit_nouns[i];
        return NULL;
    }
    known = lync_noun_named(given);
    if (!known)
        return lyncadm_usage(adm, "noun '%s' is none of lyncadm's, nor revision, state or server-state", given);
    *noun = known->name;
    return NULL;
}

static const lync_err_t *take_filter(lyncadm_t *adm, lync_audit_filter_t *filter)
{
    const char *limit = lyncadm_given(adm, "limit");

    LYNC_TRY(take_date(adm, "since", &filter->since));
    LYNC_TRY(take_date(adm, "until", &filter->until));
    LYNC_TRY(take_noun(adm, &filter->noun));
    filter->user = lyncadm_given(adm, "user");
    filter->limit = limit ? atoi(limit) : 0;
    if (limit && (strlen(limit) > 9 || strspn(limit, "0123456789") != strlen(limit) || filter->limit < 1))
        return lyncadm_usage(adm, "limit '%s' is no number of changes", limit);
    return NULL;
}

static const char *cell_text(apr_pool_t *p, const json_t *value)
{
    if (json_is_string(value))
        return json_string_value(value);
    return json_is_integer(value) ? apr_psprintf(p, "%" APR_INT64_T_FMT, (apr_int64_t)json_integer_value(value)) : NULL;
}

/* A row's key is told with its noun, and what it has like any new row says nothing. */
static int is_told(const lync_noun_t *noun, const char *name, const char *value)
{
    const lync_field_t *field = noun ? lync_field(noun, name) : NULL;

    return value && (!field || !(field->flags & LYNC_FIELD_KEY || (field->initial && !strcmp(field->initial, value))));
}

/* "port 443 (was 8443), scheme http": the fields that are not as they were; of one row, what it is. */
static const char *fields(const lync_noun_t *noun, const json_t *before, const json_t *after, apr_pool_t *p)
{
    const char *text = "", *name;
    json_t *value;

    json_object_foreach((json_t *)(after ? after : before), name, value) {
        const json_t *old = before && after ? json_object_get(before, name) : NULL;
        const char *now = cell_text(p, value), *was = cell_text(p, old);

        if (old ? json_equal(old, value) : !is_told(noun, name, now))
            continue;
        text = apr_pstrcat(p, text, *text ? ", " : "", name, " ", now ? now : "not set", NULL);
        if (old)
            text = apr_pstrcat(p, text, " (was ", was ? was : "not set", ")", NULL);
    }
    return text;
}

static void tell_entry(const lync_entry_t *entry, apr_pool_t *p)
{
    json_t *before = entry->before ? json_loads(entry->before, 0, NULL) : NULL;
    json_t *after = entry->after ? json_loads(entry->after, 0, NULL) : NULL;
    const lync_noun_t *noun = strcmp(entry->noun, SERVER_STATE) ? lync_noun_named(entry->noun) : lync_noun(LYNC_SERVER);
    const char *detail = fields(noun, before, after, p);

    lyncadm_tell("    %s %s '%s'%s%s", !before ? "added" : !after ? "removed" : "set",
                 lyncadm_option_name(p, entry->noun), entry->key, *detail ? ": " : "", detail);
    json_decref(before);
    json_decref(after);
}

static void tell_change(const lync_change_t *change)
{
    lyncadm_tell("change %d  %s  %s%s%s%s%s", change->id, change->time, change->login, change->sudo ? ", sudo " : "",
                 change->sudo ? change->sudo : "", change->origin ? ", from " : "",
                 change->origin ? change->origin : "");
    lyncadm_tell("  %s", change->command);
    if (change->reason)
        lyncadm_tell("  why: %s", change->reason);
}

static const lync_err_t *tell(lyncadm_t *adm, const apr_array_header_t *entries)
{
    const lync_change_t *last = NULL;
    int i;

    for (i = 0; i < entries->nelts; ++i) {
        const lync_entry_t *entry = &APR_ARRAY_IDX(entries, i, lync_entry_t);

        if (entry->change != last)
            tell_change(entry->change);
        last = entry->change;
        tell_entry(entry, adm->pool);
    }
    return NULL;
}

static const struct {
    const char *name;
    lyncadm_cell_t cell;
} columns[] = {
    { "change", LYNCADM_CELL_INTEGER }, { "time", LYNCADM_CELL_TEXT }, { "login", LYNCADM_CELL_TEXT },
    { "sudo", LYNCADM_CELL_TEXT }, { "origin", LYNCADM_CELL_TEXT }, { "command", LYNCADM_CELL_TEXT },
    { "reason", LYNCADM_CELL_TEXT }, { "seq", LYNCADM_CELL_INTEGER }, { "noun", LYNCADM_CELL_TEXT },
    { "key", LYNCADM_CELL_TEXT }, { "before", LYNCADM_CELL_JSON }, { "after", LYNCADM_CELL_JSON },
};

static const lync_err_t *list(lyncadm_t *adm, const apr_array_header_t *entries)
{
    lyncadm_rows_t *rows = lyncadm_rows(adm->pool);
    apr_pool_t *p = adm->pool;
    apr_size_t column;
    int i;

    for (column = 0; column < sizeof(columns) / sizeof(columns[0]); ++column)
        lyncadm_rows_column(rows, columns[column].name, columns[column].cell);
    for (i = 0; i < entries->nelts; ++i) {
        const lync_entry_t *entry = &APR_ARRAY_IDX(entries, i, lync_entry_t);
        const lync_change_t *change = entry->change;
        const char *cells[] = { apr_itoa(p, change->id), change->time, change->login, change->sudo, change->origin,
                                change->command, change->reason, apr_itoa(p, entry->seq), entry->noun, entry->key,
                                entry->before, entry->after };

        lyncadm_rows_add(rows, cells);
    }
    return lyncadm_rows_print(adm, rows, 0);
}

static const lync_err_t *print_breaches(lyncadm_t *adm, const lync_verified_t *verified)
{
    static const char *const names[] = { "change", "seq", "noun", "key", "message" };
    lyncadm_rows_t *rows = lyncadm_rows(adm->pool);
    apr_pool_t *p = adm->pool;
    int i;

    for (i = 0; i < 5; ++i)
        lyncadm_rows_column(rows, names[i], i < 2 ? LYNCADM_CELL_INTEGER : LYNCADM_CELL_TEXT);
    for (i = 0; i < verified->breaches->nelts; ++i) {
        const lync_breach_t *breach = &APR_ARRAY_IDX(verified->breaches, i, lync_breach_t);
        const char *cells[] = { breach->change ? apr_itoa(p, breach->change) : NULL,
                                breach->seq ? apr_itoa(p, breach->seq) : NULL, breach->noun, breach->key,
                                breach->message };

        lyncadm_rows_add(rows, cells);
        if (adm->format == LYNCADM_TABLE)
            lyncadm_tell("%s", breach->message);
    }
    return adm->format == LYNCADM_TABLE ? NULL : lyncadm_rows_print(adm, rows, 0);
}

static const lync_err_t *verify(lyncadm_t *adm)
{
    lync_store_t *store = NULL;
    lync_verified_t verified;

    LYNC_TRY(lyncadm_open(adm, 0, &store));
    LYNC_TRY(lync_audit_verify(store, &verified, adm->pool));
    if (verified.breaches->nelts)
        adm->exit = LYNCADM_FINDINGS;
    else if (adm->format == LYNCADM_TABLE)
        lyncadm_tell("%d changes with %d entries are as they were written; the last is change %d, hash %s",
                     verified.changes, verified.entries, verified.last, verified.hash);
    return print_breaches(adm, &verified);
}

const lync_err_t *lyncadm_audit(lyncadm_t *adm)
{
    lync_audit_filter_t filter = { 0 };
    apr_array_header_t *entries;
    lync_store_t *store = NULL;

    LYNC_TRY(take_filter(adm, &filter));
    if (adm->words->nelts == 1 && !strcmp(APR_ARRAY_IDX(adm->words, 0, const char *), "verify"))
        return verify(adm);
    LYNC_TRY(lyncadm_no_words(adm));
    LYNC_TRY(lyncadm_open(adm, 0, &store));
    LYNC_TRY(lync_audit_read(store, &filter, &entries, adm->pool));
    return adm->format == LYNCADM_TABLE ? tell(adm, entries) : list(adm, entries);
}
