#include <apr_strings.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <openssl/crypto.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "lyncadm.h"
#include "progress.h"

/* Passwords come from the terminal or from a descriptor, and are wiped. */

#define PASSWORD_SIZE 512       /* with the NUL */

static apr_status_t wipe(void *password)
{
    OPENSSL_cleanse(password, PASSWORD_SIZE);
    return APR_SUCCESS;
}

/* One byte at a time: the next line may be another password. -1: cannot be read or is too long. */
static int read_line(int fd, char *line)
{
    int length = 0;
    ssize_t got;

    for (;;) {
        got = read(fd, line + length, 1);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return -1;
        if (got == 0 || line[length] == '\n')
            break;
        if (++length == PASSWORD_SIZE)
            return -1;
    }
    if (length && line[length - 1] == '\r')
        --length;
    line[length] = '\0';
    return length;
}

static const lync_err_t *from_descriptor(lyncadm_t *adm, const char *whose, const char *option, char *password)
{
    const char *value = lyncadm_given(adm, option);
    char *end;
    long fd = strtol(value, &end, 10);
    int length;

    if (!*value || *end || fd < 0 || fd > INT_MAX)
        return lyncadm_usage(adm, "%s '%s' is no number of a file descriptor", option, value);
    if (isatty((int)fd))
        return lyncadm_usage(adm, "%s %ld is a terminal, which would show the password: leave --%s out to be asked",
                             option, fd, option);
    if (fcntl((int)fd, F_GETFD) < 0)
        return lyncadm_usage(adm, "%s %ld is not open", option, fd);
    length = read_line((int)fd, password);
    if (length < 0)
        return lync_err(adm->pool, "cannot read the password of '%s' from descriptor %ld", whose, fd);
    if (length == 0 || strlen(password) != (size_t)length)
        return lync_err(adm->pool, "descriptor %ld has no password of '%s': a line of it is expected", fd, whose);
    return NULL;
}

static const int signals[] = { SIGINT, SIGTERM, SIGQUIT, SIGHUP };
#define SIGNALS (sizeof(signals) / sizeof(signals[0]))

static volatile sig_atomic_t interrupted;

static void interrupt(int number)
{
    interrupted = number;
}

/* Shows text and reads a line that is not shown; its length or -1. Signals wait until it can be
 * interrupted, so that none ends the program before the terminal is as it was. */
static int ask_hidden(int fd, const char *text, char *line, const sigset_t *unblocked)
{
    struct pollfd ready = { .fd = fd, .events = POLLIN };
    struct termios shown, hidden;
    int length = -1;

    if (tcgetattr(fd, &shown))
        return -1;
    hidden = shown;
    hidden.c_lflag &= ~(tcflag_t)ECHO;
    if (tcsetattr(fd, TCSAFLUSH, &hidden))
        return -1;
    if (write(fd, text, strlen(text)) > 0 && ppoll(&ready, 1, NULL, unblocked) > 0 && !interrupted)
        length = read_line(fd, line);
    tcsetattr(fd, TCSAFLUSH, &shown);
    return write(fd, "\n", 1) == 1 ? length : -1;
}

static int prompt(int fd, const char *text, char *line)
{
    struct sigaction action = { .sa_handler = interrupt }, saved[SIGNALS];
    sigset_t blocked, unblocked;
    apr_size_t i;
    int length;

    interrupted = 0;
    sigemptyset(&action.sa_mask);
    sigemptyset(&blocked);
    for (i = 0; i < SIGNALS; ++i)
        sigaddset(&blocked, signals[i]);
    sigprocmask(SIG_BLOCK, &blocked, &unblocked);
    for (i = 0; i < SIGNALS; ++i)
        sigaction(signals[i], &action, &saved[i]);
    length = ask_hidden(fd, text, line, &unblocked);
    for (i = 0; i < SIGNALS; ++i)
        sigaction(signals[i], &saved[i], NULL);
    sigprocmask(SIG_SETMASK, &unblocked, NULL);
    return length;
}

static const lync_err_t *from_terminal(lyncadm_t *adm, const char *whose, const char *option, char *password)
{
    int fd = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC), length;

    if (fd < 0)
        return lync_err(adm->pool, "there is no terminal to ask for the password of '%s' at: give it with --%s", whose,
                        option);
    lyncadm_progress_hide();
    length = prompt(fd, apr_psprintf(adm->pool, "password of %s: ", whose), password);
    lyncadm_progress_hide();
    close(fd);
    if (length < 1)
        return lync_err(adm->pool, "no password was given for '%s'", whose);
    return NULL;
}

const lync_err_t *lyncadm_password(lyncadm_t *adm, const char *whose, const char *option, apr_pool_t *p,
                                   const char **password)
{
    char *buffer = apr_pcalloc(p, PASSWORD_SIZE);

    apr_pool_cleanup_register(p, buffer, wipe, apr_pool_cleanup_null);
    *password = buffer;
    return lyncadm_given(adm, option) ? from_descriptor(adm, whose, option, buffer)
                                      : from_terminal(adm, whose, option, buffer);
}
