#include <apr_env.h>
#include <apr_lib.h>
#include <apr_strings.h>
#include <apr_user.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <utmpx.h>

#include "who.h"

/* Who runs this, from where, and what was typed: for the audit. */

static const char *user_name(apr_uid_t user, apr_pool_t *p)
{
    char *name = NULL;

    if (apr_uid_name_get(&name, user, p) == APR_SUCCESS && name)
        return name;
    return apr_psprintf(p, "uid %u", (unsigned int)user);
}

/* Linux remembers who logged in through su and sudo; -1: it was no login. */
static int login_uid(apr_uid_t *user)
{
    FILE *file = fopen("/proc/self/loginuid", "r");
    unsigned int id = (unsigned int)-1;
    int found = file && fscanf(file, "%u", &id) == 1;

    if (file)
        fclose(file);
    *user = id;
    return found && id != (unsigned int)-1;
}

static const char *login(apr_pool_t *p)
{
    char name[LOGIN_NAME_MAX];
    apr_uid_t user;

    if (login_uid(&user))
        return user_name(user, p);
    if (!getlogin_r(name, sizeof(name)) && *name)
        return apr_pstrdup(p, name);
    return user_name(geteuid(), p);
}

/* Only root's word on who called sudo counts: others could set it to anything. */
static const char *sudo(apr_pool_t *p)
{
    char *name = NULL;

    if (geteuid() == 0 && apr_env_get(&name, "SUDO_USER", p) == APR_SUCCESS && *name)
        return name;
    return NULL;
}

const char *lyncadm_author(apr_pool_t *p)
{
    const char *name = sudo(p);

    return name ? name : login(p);
}

/* "pts/3" */
static const char *terminal(apr_pool_t *p)
{
    char name[128];
    int fd;

    for (fd = 0; fd < 3; ++fd) {
        if (!ttyname_r(fd, name, sizeof(name)))
            return apr_pstrdup(p, !strncmp(name, "/dev/", 5) ? name + 5 : name);
    }
    return NULL;
}

/* sudo drops SSH_CONNECTION; the system still knows where the terminal's login came from. */
static const char *host(const char *tty, apr_pool_t *p)
{
    char *connection = NULL;
    struct utmpx line = { .ut_type = USER_PROCESS }, *found;
    const char *text = NULL;

    if (apr_env_get(&connection, "SSH_CONNECTION", p) == APR_SUCCESS && apr_isxdigit(*connection))
        return apr_pstrmemdup(p, connection, strspn(connection, "0123456789abcdefABCDEF.:%"));
    if (!tty)
        return NULL;
    apr_cpystrn(line.ut_line, tty, sizeof(line.ut_line));
    setutxent();
    found = getutxline(&line);
    if (found && *found->ut_host)
        text = apr_pstrmemdup(p, found->ut_host, strnlen(found->ut_host, sizeof(found->ut_host)));
    endutxent();
    return text;
}

static const char *origin(apr_pool_t *p)
{
    const char *tty = terminal(p), *from = host(tty, p);

    return from && tty ? apr_pstrcat(p, from, " ", tty, NULL) : from ? from : tty;
}

static int is_secret(const char *option)
{
    static const char *const words[] = { "passw", "passphrase", "secret", "token", NULL };
    int i;

    for (i = 0; words[i]; ++i) {
        if (!strncmp(option, "--", 2) && strstr(option, words[i]))
            return 1;
    }
    return 0;
}

/* As a shell takes it; control characters as '?', so that a command is one line wherever it is shown. */
static const char *quoted(apr_pool_t *p, const char *word)
{
    char *clean = lync_one_line(apr_pstrdup(p, word)), *c;
    int plain = *word != '\0';

    for (c = clean; *c; ++c)
        plain = plain && (apr_isalnum(*c) || *c & 0x80 || strchr("@%_+=:,./-", *c));
    if (plain)
        return clean;
    for (word = "'"; (c = strchr(clean, '\'')); clean = c + 1)
        word = apr_pstrcat(p, word, apr_pstrmemdup(p, clean, c - clean), "'\\''", NULL);
    return apr_pstrcat(p, word, clean, "'", NULL);
}

/* The command line with secrets struck out: values of options that are called so, and of URLs. */
static const char *command_line(const lyncadm_t *adm)
{
    const char *text = "lyncadm", *value;
    int i;

    for (i = 1; i < adm->argc; ++i) {
        const char *word = adm->argv[i];

        if (i > 1 && is_secret(adm->argv[i - 1]) && !strchr(adm->argv[i - 1], '='))
            word = "***";
        else if (is_secret(word) && (value = strchr(word, '=')))
            word = apr_pstrcat(adm->pool, apr_pstrmemdup(adm->pool, word, value - word), "=***", NULL);
        else
            word = lyncadm_without_users(word, adm->pool);
        text = apr_pstrcat(adm->pool, text, " ", quoted(adm->pool, word), NULL);
    }
    return text;
}

void lyncadm_write_options(apr_array_header_t *options)
{
    lyncadm_option(options, "message", "REASON", "why: kept in the audit");
    APR_ARRAY_IDX(options, options->nelts - 1, lyncadm_option_t).letter = 'm';
    lyncadm_option(options, "dry-run", NULL, "do all but change the store");
}

void lyncadm_edit_options(apr_array_header_t *options)
{
    lyncadm_write_options(options);
    lyncadm_option(options, "if-revision", "N", "only if the draft is still as change N left it ('lyncadm status' "
                   "tells N)");
}

const lync_err_t *lyncadm_edit_given(lyncadm_t *adm)
{
    const char *message = lyncadm_given(adm, "message"), *revision = lyncadm_given(adm, "if-revision");

    if (message && !lync_is_one_line(message))
        return lyncadm_usage(adm, "message '%s' is no single line of text", message);
    if (revision && (!*revision || strlen(revision) > 9 || strspn(revision, "0123456789") != strlen(revision)))
        return lyncadm_usage(adm, "if-revision '%s' is no number of a change: 'lyncadm status' tells the draft's",
                             revision);
    return NULL;
}

static const lync_err_t *check_draft_change(lyncadm_t *adm, lync_store_t *store)
{
    const char *wanted = lyncadm_given(adm, "if-revision");
    int change;

    if (!wanted)
        return NULL;
    LYNC_TRY(lync_store_draft_change(store, &change, adm->pool));
    if (change != atoi(wanted))
        return lync_err(adm->pool, "the draft has moved on: its last change is %d, not %s: 'lyncadm audit' shows what "
                        "was changed", change, wanted);
    return NULL;
}

const lync_err_t *lyncadm_begin(lyncadm_t *adm, lync_store_t *store, const char *reason)
{
    const lync_change_t change = {
        .login = login(adm->pool),
        .sudo = sudo(adm->pool),
        .origin = origin(adm->pool),
        .command = command_line(adm),
        .reason = reason ? reason : lyncadm_given(adm, "message"),
    };

    return lync_store_begin(store, &change, adm->pool);
}

const lync_err_t *lyncadm_begin_edit(lyncadm_t *adm, lync_store_t *store)
{
    const lync_err_t *err;

    LYNC_TRY(lyncadm_begin(adm, store, NULL));
    err = check_draft_change(adm, store);
    if (err) {
        const lync_err_t *ignored = lync_store_rollback(store, adm->pool);

        (void)ignored;  /* the first error says why */
    }
    return err;
}
