#include "watch.h"

#include <apr_strings.h>
#include <apr_time.h>
#include <signal.h>
#include <stdio.h>
#include <stdio_ext.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/select.h>
#include <unistd.h>

#include "iso.h"
#include "progress.h"
#include "terminal.h"

#define EVERY 2                 /* seconds */
#define LINES 24                /* of a terminal that does not say */
#define COLUMNS 80

typedef struct watch_t {
    int every, rounds;          /* seconds; 0: no end of rounds */
    int is_screen;              /* whether a round takes the place of the one before */
    apr_array_header_t *said;   /* of const char *, in the round; NULL: it goes to stderr */
} watch_t;

/* stdout's, so that a round is cut to the terminal before it is written, and written at once. */
static char text[262144];

static volatile sig_atomic_t ended;

static void end(int signal)
{
    (void)signal;
    ended = 1;
}

void lyncadm_watch_options(apr_array_header_t *options)
{
    lyncadm_option(options, "every", "SECONDS", "how long a round is, 1 to 3600 (2 unless given)");
    lyncadm_option(options, "rounds", "N", "end after so many, 1 to 3600");
}

/* Writes are interrupted too, or not begun: who reads may have stopped to. nohup is left as it is. */
static void catch(sigset_t *signals)
{
    static const int number[] = { SIGINT, SIGTERM, SIGHUP };
    struct sigaction action = { .sa_handler = end }, before;
    apr_size_t i;

    sigemptyset(signals);
    sigemptyset(&action.sa_mask);
    for (i = 0; i < sizeof(number) / sizeof(number[0]); ++i) {
        sigaddset(signals, number[i]);
        if (number[i] == SIGHUP && !sigaction(SIGHUP, NULL, &before) && before.sa_handler == SIG_IGN)
            continue;
        sigaction(number[i], &action, NULL);
    }
}

/* A signal that comes just before is not missed. */
static void nap(int seconds, const sigset_t *signals)
{
    struct timespec time = { .tv_sec = seconds };
    sigset_t before;

    sigprocmask(SIG_BLOCK, signals, &before);
    if (!ended)
        pselect(0, NULL, NULL, NULL, &time, &before);
    sigprocmask(SIG_SETMASK, &before, NULL);
}

/* Where a line that is so many columns wide ends; colours have no width. */
static const char *cut(const char *line, const char *end, int columns)
{
    const char *c = line;

    while (c < end) {
        if (*c == '\033') {
            while (c < end && *c != 'm')
                ++c;
            c += c < end;
            continue;
        }
        if (((unsigned char)*c & 0xc0) != 0x80 && columns-- == 0)
            break;
        ++c;
    }
    return c;
}

static int count_lines(const char *content)
{
    int lines = 0;

    for (; (content = strchr(content, '\n')); ++content)
        ++lines;
    return lines;
}

/* The last line stays free, for the cursor. No mode of the terminal is changed: nothing is left to be put back. */
static void draw(const char *content, apr_pool_t *p)
{
    struct winsize size = { .ws_row = 0 };
    int rows, columns, lines = count_lines(content), shown, i;

    ioctl(STDOUT_FILENO, TIOCGWINSZ, &size);
    rows = size.ws_row > 3 ? size.ws_row : LINES;
    columns = size.ws_col ? size.ws_col : COLUMNS;
    shown = lines < rows ? lines : rows - 2;
    fputs("\033[H", stdout);
    for (i = 0; i < shown; ++i) {
        const char *end = strchr(content, '\n'), *last = cut(content, end, columns);

        fwrite(content, 1, (size_t)(last - content), stdout);
        fputs(last < end && memchr(content, '\033', (size_t)(last - content)) ? "\033[m\033[K\n" : "\033[K\n", stdout);
        content = end + 1;
    }
    if (shown < lines) {
        const char *more = apr_psprintf(p, "... %d lines more", lines - shown);

        printf("%.*s\033[K\n", columns, more);
    }
    fputs("\033[J", stdout);
}

/* Takes what was printed back, and writes what of it fits. */
static void redraw(const watch_t *watch, apr_pool_t *p)
{
    const char *content;
    int i;

    for (i = 0; i < watch->said->nelts; ++i)
        printf("%slyncadm: %s\n", i ? "" : "\n", APR_ARRAY_IDX(watch->said, i, const char *));
    content = apr_pstrmemdup(p, text, __fpending(stdout));
    __fpurge(stdout);
    draw(content, p);
}

static void print_error(lyncadm_t *adm, const lync_err_t *err)
{
    const char *sentence = lyncadm_without_users(err->sentence, adm->pool);

    adm->exit = LYNCADM_FAILED;
    if (adm->format == LYNCADM_JSON)
        lyncadm_round_failed(adm, sentence);
    else if (adm->format == LYNCADM_TSV)
        lyncadm_say("%s", sentence);
    else
        lyncadm_tell("%s", sentence);
}

static const lync_err_t *run_round(lyncadm_t *adm, watch_t *watch, lyncadm_round_t *round, void *data)
{
    const lync_err_t *err;

    if (watch->is_screen) {
        watch->said = apr_array_make(adm->pool, 4, sizeof(const char *));
        lyncadm_say_into(watch->said);
    }
    else if (adm->round > 1 && adm->format != LYNCADM_JSON)
        putchar('\n');
    if (adm->format == LYNCADM_TABLE)
        lyncadm_tell(watch->is_screen ? "%s  every %d s, Ctrl-C ends it\n" : "%s\n",
                     lync_iso(apr_time_now(), adm->pool), watch->every);
    adm->exit = LYNCADM_DONE;
    err = round(adm, data);
    if (err && adm->round == 1)
        __fpurge(stdout);
    else if (err)
        print_error(adm, err);
    if (watch->is_screen && (!err || adm->round > 1))
        redraw(watch, adm->pool);
    lyncadm_say_into(NULL);
    return adm->round == 1 ? err : NULL;
}

static const lync_err_t *run_rounds(lyncadm_t *adm, watch_t *watch, lyncadm_round_t *round, void *data)
{
    apr_pool_t *p = adm->pool;
    sigset_t signals;

    catch(&signals);
    apr_pool_create(&adm->pool, p);
    while (!ended) {
        apr_pool_clear(adm->pool);
        ++adm->round;
        LYNC_TRY(run_round(adm, watch, round, data));
        if (!ended && (fflush(stdout) || ferror(stdout)) && !ended)
            return lync_err(p, "cannot write to standard output");
        if (watch->rounds && adm->round == watch->rounds)
            break;
        nap(watch->every, &signals);
    }
    return NULL;
}

const lync_err_t *lyncadm_watch(lyncadm_t *adm, lyncadm_round_t *round, void *data)
{
    watch_t watch = { .is_screen = adm->format == LYNCADM_TABLE && lyncadm_terminal(STDOUT_FILENO) };
    apr_pool_t *p = adm->pool;
    const lync_err_t *err;

    LYNC_TRY(lyncadm_given_seconds(adm, "every", EVERY, &watch.every));
    LYNC_TRY(lyncadm_given_seconds(adm, "rounds", 0, &watch.rounds));
    lyncadm_progress_off();
    setvbuf(stdout, text, _IOFBF, sizeof(text));
    err = run_rounds(adm, &watch, round, data);
    adm->pool = p;
    if (!ended)
        return err;
    adm->exit = LYNCADM_DONE;
    clearerr(stdout);
    __fpurge(stdout);
    return NULL;
}
