#include "progress.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "terminal.h"

/* There is no timer: the clock is looked at with each step, and the line is drawn when it is time. */

#define PATIENCE 500            /* milliseconds that pass without anything written before the line is there */
#define PAUSE 100               /* between two pictures of it */
#define COLUMNS 80              /* of a terminal that does not tell */
#define WIDTH 160               /* of the longest line */
#define BAR 30
#define BAR_LEAST 8

/* The cursor stays at the line's beginning: where a terminal that got narrower has wrapped it, all of it is still
 * behind the cursor, and the ^C that a terminal shows finds room. */
#define BEGINNING "\r"
#define ERASE BEGINNING "\033[J"

static struct {
    const char *what;           /* NULL: nothing was begun */
    int done, total;
    long long begun;            /* milliseconds, as those below */
    long long quiet;            /* since when nothing is written; 0: nothing was begun yet */
    long long drawn;
} work;

/* For the signal handler. */
static volatile sig_atomic_t shown;
static const int ends[] = { SIGHUP, SIGINT, SIGQUIT, SIGTERM };

#define ENDS (sizeof(ends) / sizeof(ends[0]))

static struct sigaction before[ENDS];

static void put(const char *text, size_t length)
{
    ssize_t ignored = write(STDERR_FILENO, text, length);

    (void)ignored;      /* nothing depends on it */
}

static void end(int number)
{
    size_t i;

    if (shown)
        put(ERASE, strlen(ERASE));
    for (i = 0; i < ENDS; ++i)
        sigaction(ends[i], &before[i], NULL);
    raise(number);
}

/* Once and for good, before anybody else of us who has something to undo: his handler then calls this one. */
static void watch_ends(void)
{
    struct sigaction action = { .sa_handler = end };
    size_t i;

    sigemptyset(&action.sa_mask);
    for (i = 0; i < ENDS; ++i)
        sigaddset(&action.sa_mask, ends[i]);
    for (i = 0; i < ENDS; ++i) {
        sigaction(ends[i], NULL, &before[i]);
        if (before[i].sa_handler != SIG_IGN)
            sigaction(ends[i], &action, NULL);
    }
}

static int wanted = -1;         /* whether it is told; -1: not looked at yet */

static int is_wanted(void)
{
    if (wanted < 0) {
        wanted = lyncadm_terminal(STDERR_FILENO);
        if (wanted)
            watch_ends();
    }
    return wanted;
}

/* A clock that is read without a system call, and goes on evenly. */
static long long milliseconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
    return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

/* A job in the background leaves the terminal to who has it. */
static int is_in_front(void)
{
    pid_t group = tcgetpgrp(STDERR_FILENO);

    return group < 0 || group == getpgrp();
}

static int columns(void)
{
    struct winsize size;

    return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) || !size.ws_col ? COLUMNS : size.ws_col;
}

/* In so many characters: what has no room is left out. */
static void paint(char *line, int width)
{
    static const char full[] = "##############################", none[] = "------------------------------";
    int percent = work.total ? (int)(work.done * 100LL / work.total) : 0, room, bar;
    size_t size = (size_t)width + 1;

    if (!work.total) {
        snprintf(line, size, "%s: %lld s", work.what, (milliseconds() - work.begun) / 1000);
        return;
    }
    room = width - snprintf(line, size, "%s: %d of %d  %3d%%", work.what, work.done, work.total, percent);
    if (room < 0)
        snprintf(line, size, "%3d%% %s", percent, work.what);
    room = room - 3 < BAR ? room - 3 : BAR;
    bar = room * percent / 100;
    if (room >= BAR_LEAST)
        snprintf(line, size, "%s: %d of %d  [%.*s%.*s] %3d%%", work.what, work.done, work.total, bar, full, room - bar,
                 none, percent);
}

static void draw(void)
{
    char line[WIDTH + 1], text[sizeof(ERASE) + sizeof(line) + sizeof(BEGINNING)];
    int width = columns() - 1;

    if (width < 1 || !is_in_front())
        return;
    paint(line, width < WIDTH ? width : WIDTH);
    shown = 1;
    put(text, (size_t)snprintf(text, sizeof(text), ERASE "%s" BEGINNING, line));
}

static void look(void)
{
    long long now = milliseconds();

    if (now - work.quiet < PATIENCE || now - work.drawn < PAUSE)
        return;
    work.drawn = now;
    draw();
}

void lyncadm_progress_begin(const char *what, int total)
{
    if (!is_wanted())
        return;
    work.what = what;
    work.done = 0;
    work.total = total;
    work.begun = milliseconds();
    if (!work.quiet)
        work.quiet = work.begun;
    look();
}

static void reach(int done)
{
    work.done = work.total && done > work.total ? work.total : done;
    look();
}

void lyncadm_progress_step(int more)
{
    if (work.what)
        reach(work.done + more);
}

void lyncadm_progress_told(const char *what, int done, int total)
{
    if (what && (!work.what || strcmp(what, work.what)))
        lyncadm_progress_begin(what, total);
    if (work.what)
        reach(what ? done : work.done);
}

void lyncadm_progress_hide(void)
{
    if (shown)
        put(ERASE, strlen(ERASE));
    shown = 0;
    if (work.quiet)
        work.quiet = milliseconds();
}

void lyncadm_progress_off(void)
{
    lyncadm_progress_end();
    wanted = 0;
}

void lyncadm_progress_end(void)
{
    lyncadm_progress_hide();
    work.what = NULL;
}
