#include <apr_lib.h>
#include <apr_strings.h>
#include <string.h>

#include "verify.h"

/* Whether what came is right, and what it may come from: by the conditions of verify.json. */

#define VALUE_LENGTH 80         /* of a field or title that is shown */

/* Text without blanks and in lower case: documents are written in more than one way. */
static const char *folded(const char *text, apr_pool_t *p)
{
    char *copy = apr_palloc(p, strlen(text) + 1), *to = copy;

    for (; *text; ++text) {
        if (!apr_isspace(*text))
            *to++ = (char)apr_tolower(*text);
    }
    *to = '\0';
    return copy;
}

static int has_any(const json_t *texts, const char *body, apr_pool_t *p)
{
    json_t *text;
    size_t i;

    json_array_foreach(texts, i, text) {
        if (strstr(body, folded(json_string_value(text), p)))
            return 1;
    }
    return 0;
}

static int has_field(const verify_ask_t *ask, const char *name, const char *value, apr_pool_t *p)
{
    const char *came = apr_table_get(ask->came, name);

    return came && strstr(folded(came, p), folded(value, p));
}

/* Whether the answer has all the fields; host: what {host} stands for. */
static int has_fields(const json_t *fields, const verify_ask_t *ask, const char *host, apr_pool_t *p)
{
    const char *name;
    json_t *value;

    json_object_foreach((json_t *)fields, name, value) {
        if (!has_field(ask, name, verify_word(p, json_string_value(value), "{host}", host), p))
            return 0;
    }
    return 1;
}

static int is_of_pool(const verify_t *verify, const verify_ask_t *ask)
{
    json_t *fields;
    size_t i;

    json_array_foreach(json_object_get(verify->words, "pool"), i, fields) {
        if (has_fields(fields, ask, NULL, verify->pool))
            return 1;
    }
    return 0;
}

static int fits_answer(const verify_t *verify, const json_t *condition, const verify_check_t *check,
                       const verify_ask_t *ask)
{
    const json_t *body = json_object_get(condition, "body"), *not_body = json_object_get(condition, "not_body");
    const json_t *pool = json_object_get(condition, "pool"), *lacks = json_object_get(condition, "no_fields");
    const char *status = lyncadm_json_text(condition, "status"), *text;
    apr_pool_t *p;
    int fits;

    if (status && !lync_word_in(status, apr_itoa(verify->pool, ask->status)))
        return 0;
    if (!has_fields(json_object_get(condition, "fields"), ask, check->name->host, verify->pool)
        || (lacks && has_fields(lacks, ask, NULL, verify->pool)))
        return 0;
    if (pool && is_of_pool(verify, ask) != json_is_true(pool))
        return 0;
    if (!body && !not_body)
        return 1;
    apr_pool_create(&p, verify->pool);
    text = folded(ask->body, p);
    fits = (!body || has_any(body, text, p)) && !(not_body && has_any(not_body, text, p));
    apr_pool_destroy(p);
    return fits;
}

static int is_about_answer(const json_t *condition)
{
    static const char *const members[] = { "status", "fields", "no_fields", "pool", "body", "not_body", NULL };
    int i;

    for (i = 0; members[i]; ++i) {
        if (json_object_get(condition, members[i]))
            return 1;
    }
    return 0;
}

int verify_fits(const verify_t *verify, const json_t *condition, const verify_check_t *check, const verify_ask_t *ask)
{
    const char *checks = lyncadm_json_text(condition, "checks"), *scheme = lyncadm_json_text(condition, "scheme");
    const char *error = lyncadm_json_text(condition, "error");

    if ((checks && !lync_word_in(checks, check->check)) || (scheme && strcmp(scheme, check->listener->scheme)))
        return 0;
    if (error && (!ask || !ask->error || !lync_word_in(error, ask->error)))
        return 0;
    return !is_about_answer(condition) || (ask && ask->status && fits_answer(verify, condition, check, ask));
}

static int is_right(const verify_t *verify, const verify_check_t *check, const verify_ask_t *ask)
{
    json_t *condition;
    size_t i;

    json_array_foreach(json_object_get(check->rule, "right"), i, condition) {
        if (verify_fits(verify, condition, check, ask))
            return 1;
    }
    return 0;
}

static const char *clipped(const char *text, apr_size_t length, apr_pool_t *p)
{
    return apr_psprintf(p, "%.*s%s", length < VALUE_LENGTH ? (int)length : VALUE_LENGTH, text,
                        length > VALUE_LENGTH ? "..." : "");
}

static const char *title_of(const verify_ask_t *ask, apr_pool_t *p)
{
    const char *begin = ask->body ? strcasestr(ask->body, "<title>") : NULL, *end;

    if (!begin)
        return NULL;
    begin += strlen("<title>");
    end = strchr(begin, '<');
    return clipped(begin, end ? (apr_size_t)(end - begin) : strlen(begin), p);
}

const char *verify_came(const verify_t *verify, const verify_ask_t *ask, int ok)
{
    const char *text, *title;
    json_t *name;
    size_t i;

    if (ask->error)
        return ask->why;
    text = apr_itoa(verify->pool, ask->status);
    json_array_foreach(json_object_get(verify->words, ok ? "tell" : "tell_wrong"), i, name) {
        const char *value = apr_table_get(ask->came, json_string_value(name));

        if (value)
            text = apr_pstrcat(verify->pool, text, ", ", json_string_value(name), ": ",
                               clipped(value, strlen(value), verify->pool), NULL);
    }
    title = title_of(ask, verify->pool);
    return title ? apr_pstrcat(verify->pool, text, ", '", title, "'", NULL) : text;
}

static const char *hint_of(const verify_t *verify, const verify_check_t *check)
{
    json_t *hint;
    size_t i;

    json_array_foreach(json_object_get(verify->words, "hints"), i, hint) {
        if (verify_fits(verify, json_object_get(hint, "when"), check, check->ask))
            return lyncadm_json_text(hint, "hint");
    }
    return NULL;
}

/* What the pool's own answer says of the fault. */
static void compare(const verify_t *verify, verify_check_t *check)
{
    int right = is_right(verify, check, check->ask_direct);
    const char *says = lyncadm_json_text(json_object_get(verify->words, "direct"), right ? "right" : "wrong");

    check->direct = verify_came(verify, check->ask_direct, right);
    if (!check->ok)
        check->hint = check->hint ? apr_pstrcat(verify->pool, check->hint, "; ", says, NULL) : says;
}

void verify_judge(verify_t *verify, verify_check_t *check)
{
    if (check->ask && check->ask->handshake)
        check->ok = verify_certificate(verify, check, &check->came);
    else if (check->ask) {
        check->ok = is_right(verify, check, check->ask);
        check->came = verify_came(verify, check->ask, check->ok);
    }
    if (!check->ok)
        check->hint = hint_of(verify, check);
    if (check->ask_direct)
        compare(verify, check);
}
