#include <apr_strings.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/prctl.h>

#include "progress.h"
#include "verify.h"
#include "verify_identity.h"

/* The verify identity command. */

#define ANONYMOUS "6"

static void identity_options(apr_array_header_t *options)
{
    lyncadm_option(options, "user", "DOMAIN\\NAME", "first user of the test");
    lyncadm_option(options, "other", "DOMAIN\\NAME", "second user of the test");
    lyncadm_option(options, "password-fd", "N", "read the first user's password from file descriptor N, a line (asked "
                   "for at the terminal unless given)");
    lyncadm_option(options, "other-password-fd", "N", "the second user's; when it is the same N, the next line");
    lyncadm_option(options, "connect", "ADDRESS[:PORT]", "connect there: to a proxy that is not in DNS yet");
    lyncadm_option(options, "ca", "FILE", "trust the certificates of this file (those of the system unless given)");
    APR_ARRAY_IDX(options, options->nelts - 1, lyncadm_option_t).is_file = 1;
    lyncadm_option(options, "anonymous", "N", "connections without credentials at each step, 1 to 100 (" ANONYMOUS
                   " unless given)");
}

int verify_mixed(const verify_result_t *result)
{
    return result->served || result->lost || result->foreign || result->wrong;
}

static const char *join(apr_pool_t *p, const char *text, const char *more)
{
    return *text ? apr_pstrcat(p, text, ", ", more, NULL) : more;
}

static const char *mixed_up(const verify_result_t *result, apr_pool_t *p)
{
    const char *text = "";

    if (result->served)
        text = join(p, text, apr_psprintf(p, "%d of %d connections without credentials were let in", result->served,
                                          result->anonymous));
    if (result->foreign)
        text = join(p, text, apr_psprintf(p, "%d of %d requests of a user were answered as another's (by %s)",
                                          result->foreign, result->again, result->told));
    if (result->lost)
        text = join(p, text, apr_psprintf(p, "%d of %d requests on a user's connection came out on another",
                                          result->lost, result->again));
    if (result->wrong)
        text = join(p, text, "a wrong password was let in");
    return apr_pstrcat(p, "identities are mixed up: ", text, NULL);
}

static const char *apart(const verify_result_t *result, apr_pool_t *p)
{
    return apr_psprintf(p, "identities stay apart (%d connections without credentials were refused, %d requests of two "
                        "users %s)", result->anonymous, result->again,
                        result->told ? apr_pstrcat(p, "were answered as their own by ", result->told, NULL)
                                     : "were not; answers to both are alike, so that an exchange would not show");
}

/* In a table for programs the verdict is the last row. */
static const lync_err_t *print(lyncadm_t *adm, const verify_result_t *result)
{
    int mixed = verify_mixed(result);
    const char *verdict = mixed ? mixed_up(result, adm->pool) : apart(result, adm->pool);
    const char *cells[] = { "verdict", NULL, verdict, mixed ? "no" : "yes" };

    if (mixed)
        adm->exit = LYNCADM_FINDINGS;
    if (adm->format != LYNCADM_TABLE)
        lyncadm_rows_add(result->rows, cells);
    LYNC_TRY(lyncadm_rows_print(adm, result->rows, 0));
    if (adm->format == LYNCADM_TABLE)
        lyncadm_tell("%s", verdict);
    return NULL;
}

static const lync_err_t *take_user(lyncadm_t *adm, const char *option, const char **name)
{
    const char *user = lyncadm_given(adm, option), *mark;

    if (!user)
        return lyncadm_usage(adm, "--%s is missing: the test logs in as two users, --user and --other", option);
    mark = strpbrk(user, "\\@");
    if (!mark || mark == user || !mark[1])
        return lyncadm_usage(adm, "%s '%s' has no domain: write it as 'DOMAIN\\name', in quotes", option, user);
    *name = user;
    return NULL;
}

static const lync_err_t *take_arguments(lyncadm_t *adm, verify_target_t *target, verify_user_t *users, int *anonymous)
{
    const char *count = lyncadm_given(adm, "anonymous");
    char *end;

    if (adm->words->nelts != 1)
        return lyncadm_usage(adm, "one URL is needed: usage is 'lyncadm verify identity %s'", adm->command->synopsis);
    LYNC_TRY(verify_target(adm, APR_ARRAY_IDX(adm->words, 0, const char *), lyncadm_given(adm, "connect"), target));
    target->ca = lyncadm_given(adm, "ca");
    LYNC_TRY(take_user(adm, "user", &users[0].name));
    LYNC_TRY(take_user(adm, "other", &users[1].name));
    if (!strcasecmp(users[0].name, users[1].name))
        return lyncadm_usage(adm, "--user and --other are the same: the test needs two users");
    count = count ? count : ANONYMOUS;
    *anonymous = (int)strtol(count, &end, 10);
    if (!*count || *end || *anonymous < 1 || *anonymous > 100)
        return lyncadm_usage(adm, "anonymous '%s' is no number from 1 to 100", count);
    return NULL;
}

/* A leak that was found is told even if the test could not be finished. */
static const lync_err_t *test(lyncadm_t *adm, const verify_target_t *target, const verify_user_t *users, int anonymous)
{
    verify_result_t result;
    const lync_err_t *err;

    lyncadm_progress_begin("asking as two users", 0);
    err = verify_identities(target, users, anonymous, adm->pool, &result);
    if (err && !verify_mixed(&result))
        return err;
    if (err)
        lyncadm_say("%s: the test ended early", err->sentence);
    return print(adm, &result);
}

static const lync_err_t *run(lyncadm_t *adm)
{
    verify_target_t target = { 0 };
    verify_user_t users[2] = { { "", "" }, { "", "" } };
    apr_pool_t *secrets;
    const lync_err_t *err;
    int anonymous = 0;

    LYNC_TRY(take_arguments(adm, &target, users, &anonymous));
    prctl(PR_SET_DUMPABLE, 0);  /* what libcurl has copied of a password must not get into a core file */
    apr_pool_create(&secrets, adm->pool);
    err = lyncadm_password(adm, users[0].name, "password-fd", secrets, &users[0].password);
    if (!err)
        err = lyncadm_password(adm, users[1].name, "other-password-fd", secrets, &users[1].password);
    if (!err)
        err = test(adm, &target, users, anonymous);
    apr_pool_destroy(secrets);
    return err;
}

void verify_identity_command(apr_array_header_t *commands)
{
    lyncadm_command_t *command = apr_array_push(commands);

    memset(command, 0, sizeof(*command));
    command->group = "verify";
    command->name = "identity";
    command->synopsis = "URL --user DOMAIN\\NAME --other DOMAIN\\NAME [option ...]";
    command->help = "log in as two users, once with a wrong password, and see that nobody is taken for another";
    command->example = "https://webext.contoso.com/abs/ --user 'CONTOSO\\alice' --other 'CONTOSO\\bob'";
    command->run = run;
    command->options = apr_array_make(commands->pool, 8, sizeof(lyncadm_option_t));
    identity_options(command->options);
}
