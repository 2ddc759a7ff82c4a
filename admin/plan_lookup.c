#include <apr_strings.h>
#include <apr_time.h>
#include <arpa/inet.h>
#include <netdb.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "plan.h"
#include "progress.h"

/*
 * Look-ups that end in time: getaddrinfo cannot be told when to give up, and a silent name server holds it for long. So
 * a child does each, and is ended when its time is over. It says "=CANONICAL" and the addresses, a line each, and at
 * last ".", or only "." when there are none.
 */

#define AT_ONCE 16
#define SECONDS 5
#define TURN 250                /* milliseconds in which no answer has to come */
#define ANSWER 4000             /* bytes: a pipe takes so many at once */

typedef struct question_t {
    plan_lookup_t *lookup;
    pid_t pid;                  /* 0: it could not be asked */
    int fd;                     /* -1: all was read */
    char text[ANSWER];
    apr_size_t length;
} question_t;

static void put(char *text, apr_size_t *length, const char *mark, const char *word)
{
    if (*length + strlen(mark) + strlen(word) + sizeof("\n.\n") < ANSWER)
        *length += (apr_size_t)apr_snprintf(text + *length, ANSWER - *length, "%s%s\n", mark, word);
}

/* In the child. */
static void answer(const char *host, int fd)
{
    struct addrinfo hints = { .ai_flags = AI_CANONNAME, .ai_socktype = SOCK_STREAM }, *all = NULL, *one;
    char text[ANSWER], name[INET6_ADDRSTRLEN];
    apr_size_t length = 0;
    int rc = getaddrinfo(host, NULL, &hints, &all);

    if (rc == EAI_AGAIN || rc == EAI_FAIL || rc == EAI_SYSTEM || rc == EAI_MEMORY)
        return;
    if (!rc && all->ai_canonname)
        put(text, &length, "=", all->ai_canonname);
    for (one = rc ? NULL : all; one; one = one->ai_next) {
        const void *address = one->ai_family == AF_INET6
            ? (const void *)&((const struct sockaddr_in6 *)(const void *)one->ai_addr)->sin6_addr
            : (const void *)&((const struct sockaddr_in *)(const void *)one->ai_addr)->sin_addr;

        if (inet_ntop(one->ai_family, address, name, sizeof(name)))
            put(text, &length, "", name);
    }
    length += (apr_size_t)apr_snprintf(text + length, ANSWER - length, ".\n");
    if (write(fd, text, length) < 0)
        _exit(1);
}

static void ask(question_t *question, plan_lookup_t *lookup)
{
    int ends[2];

    question->lookup = lookup;
    question->length = 0;
    question->pid = 0;
    question->fd = -1;
    if (pipe(ends))
        return;
    question->pid = fork();
    if (!question->pid) {
        close(ends[0]);
        answer(lookup->host, ends[1]);
        _exit(0);
    }
    close(ends[1]);
    if (question->pid > 0)
        question->fd = ends[0];
    else {
        question->pid = 0;
        close(ends[0]);
    }
}

/* Takes what came; the end of it closes the pipe. */
static void take(question_t *question)
{
    ssize_t size = read(question->fd, question->text + question->length, sizeof(question->text) - 1 - question->length);

    if (size > 0)
        question->length += (apr_size_t)size;
    else {
        close(question->fd);
        question->fd = -1;
    }
}

static void wait_for(question_t *questions, int count)
{
    apr_time_t end = apr_time_now() + apr_time_from_sec(SECONDS);
    struct pollfd fds[AT_ONCE];
    int i, open;

    do {
        apr_time_t left = end - apr_time_now();

        for (i = open = 0; i < count; ++i) {
            fds[i] = (struct pollfd){ .fd = questions[i].fd, .events = POLLIN };
            open += questions[i].fd >= 0;
        }
        if (!open || left <= 0)
            return;
        lyncadm_progress_step(0);
        if (poll(fds, (nfds_t)count, left < apr_time_from_msec(TURN) ? (int)(left / 1000) + 1 : TURN) < 0)
            continue;
        for (i = 0; i < count; ++i) {
            if (fds[i].fd >= 0 && fds[i].revents)
                take(&questions[i]);
        }
    } while (1);
}

static void end(question_t *question)
{
    if (question->fd >= 0)
        close(question->fd);
    if (question->pid) {
        kill(question->pid, SIGKILL);
        waitpid(question->pid, NULL, 0);
    }
}

static void understand(question_t *question, apr_pool_t *p)
{
    plan_lookup_t *lookup = question->lookup;
    char *last, *word;

    question->text[question->length] = '\0';
    for (word = apr_strtok(question->text, "\n", &last); word; word = apr_strtok(NULL, "\n", &last)) {
        if (*word == '=')
            lookup->canonical = strcmp(word + 1, lookup->host) ? apr_pstrdup(p, word + 1) : NULL;
        else if (!strcmp(word, "."))
            lookup->answered = 1;
        else
            APR_ARRAY_PUSH(lookup->addresses, const char *) = apr_pstrdup(p, word);
    }
    plan_sort(lookup->addresses);
}

static plan_lookup_t *new_lookup(const char *host, apr_pool_t *p)
{
    plan_lookup_t *lookup = apr_pcalloc(p, sizeof(*lookup));

    lookup->host = host;
    lookup->addresses = apr_array_make(p, 4, sizeof(const char *));
    return lookup;
}

apr_hash_t *plan_lookup(const apr_array_header_t *hosts, apr_pool_t *p)
{
    question_t *questions = apr_palloc(p, AT_ONCE * sizeof(*questions));
    apr_hash_t *lookups = apr_hash_make(p);
    int i, j, count;

    for (i = 0; i < hosts->nelts; i += count) {
        count = hosts->nelts - i < AT_ONCE ? hosts->nelts - i : AT_ONCE;
        for (j = 0; j < count; ++j) {
            const char *host = APR_ARRAY_IDX(hosts, i + j, const char *);
            plan_lookup_t *lookup = new_lookup(host, p);

            apr_hash_set(lookups, host, APR_HASH_KEY_STRING, lookup);
            ask(&questions[j], lookup);
        }
        wait_for(questions, count);
        for (j = 0; j < count; ++j) {
            end(&questions[j]);
            understand(&questions[j], p);
        }
    }
    return lookups;
}
