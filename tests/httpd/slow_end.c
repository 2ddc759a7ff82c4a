#define _GNU_SOURCE
#include <dlfcn.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/*
 * Loaded before libc: exit() of a process that was forked takes a second before it does anything, so that what may
 * happen meanwhile does. While there is a file $SLOW_END, connect() says so on stderr and waits for that second. A
 * thread that ends in it and for which OpenSSL has something left to free is told of.
 */

static volatile int forked, leaving;
static void (*original)(void *state);

static void say(const char *text)
{
    if (write(STDERR_FILENO, text, strlen(text)) < 0)
        abort();
}

static void destroy(void *state)
{
    if (leaving)
        say("slow_end: a thread ended that OpenSSL had something for\n");
    original(state);
}

int pthread_key_create(pthread_key_t *key, void (*destructor)(void *state))
{
    int (*next)(pthread_key_t *, void (*)(void *)) = dlsym(RTLD_NEXT, "pthread_key_create");
    Dl_info library;

    if (!original && destructor && dladdr((void *)destructor, &library) && strstr(library.dli_fname, "libcrypto")) {
        original = destructor;
        destructor = destroy;
    }
    return next(key, destructor);
}

int connect(int fd, const struct sockaddr *address, socklen_t size)
{
    int (*next)(int, const struct sockaddr *, socklen_t) = dlsym(RTLD_NEXT, "connect");

    if (forked && getenv("SLOW_END") && !access(getenv("SLOW_END"), F_OK)) {
        say("slow_end: connecting\n");
        while (!leaving)
            usleep(10 * 1000);
        usleep(100 * 1000);
    }
    return next(fd, address, size);
}

static void leave(int status, void *unused)
{
    (void)status;
    (void)unused;
    leaving = 1;
    usleep(1200 * 1000);
}

static void arm(void)
{
    forked = 1;
    on_exit(leave, NULL);
}

__attribute__((constructor)) static void begin(void)
{
    pthread_atfork(NULL, NULL, arm);
}
