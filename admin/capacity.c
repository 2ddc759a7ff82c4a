#include <apr_file_io.h>
#include <apr_strings.h>
#include <stdlib.h>
#include <string.h>

#include "control.h"

/*
 * Whether httpd has room for so many users. A pending poll takes a thread and two descriptors for up to half an hour,
 * and each user has one pending; children of the generation before a reload stay until theirs are answered.
 */

#define THREADS 600             /* of a child, in what is proposed */
#define STACK 262144            /* bytes of a thread, in what is proposed */
#define STACK_LEAST 131072      /* with which it was seen to work */
#define SPARE_FILES 200         /* descriptors of a child that are no poll's */
#define FILES 8192              /* in what is proposed */
#define IN_MPM "in the configuration of the MPM (event), and then a restart: "

typedef struct capacity_t {
    lyncadm_t *adm;
    const lyncadm_httpd_t *httpd;
    apr_array_header_t *findings;
    int users;
} capacity_t;

static void add(const capacity_t *capacity, lync_level_t level, const char *message, const char *remedy)
{
    lync_finding_t *finding = apr_pcalloc(capacity->adm->pool, sizeof(*finding));

    finding->level = level;
    finding->message = message;
    finding->remedy = remedy;
    APR_ARRAY_PUSH(capacity->findings, lync_finding_t *) = finding;
}

/* Threads for so many users: a fifth more, for what they ask besides. */
static int needed(int users)
{
    return users + (users + 4) / 5;
}

static const char *lines(const capacity_t *capacity, const char *between)
{
    int children = (needed(capacity->users) + THREADS - 1) / THREADS;

    return apr_psprintf(capacity->adm->pool, "ServerLimit %d%sThreadLimit %d%sThreadsPerChild %d%sMaxRequestWorkers "
                        "%d%sThreadStackSize %d", 2 * children, between, THREADS, between, THREADS, between,
                        children * THREADS, between, STACK);
}

static void look_at_stack(const capacity_t *capacity)
{
    const lyncadm_mpm_t *mpm = &capacity->httpd->mpm;
    apr_pool_t *p = capacity->adm->pool;
    const char *remedy = apr_psprintf(p, IN_MPM "ThreadStackSize %d", STACK);

    if (mpm->threads > 1 && !mpm->stack)
        add(capacity, LYNC_ADVICE, "ThreadStackSize is the system's, mostly 8 MB a thread of address space", remedy);
    else if (mpm->threads > 1 && mpm->stack < STACK_LEAST)
        add(capacity, LYNC_WARNING, apr_psprintf(p, "ThreadStackSize %ld is less than the %d that a thread takes",
                                                 mpm->stack, STACK_LEAST), remedy);
}

/* The lines to paste in its place, or NULL when it is enough. */
static const char *look_at_mpm(const capacity_t *capacity)
{
    const lyncadm_mpm_t *mpm = &capacity->httpd->mpm;
    int threads = mpm->children * mpm->threads, few = threads < needed(capacity->users);
    apr_pool_t *p = capacity->adm->pool;

    if (few)
        add(capacity, LYNC_WARNING, apr_psprintf(p, "httpd (MPM %s) serves %d requests at once, and %d users take %d",
                                                 mpm->name, threads, capacity->users, needed(capacity->users)),
            apr_pstrcat(p, IN_MPM, lines(capacity, "; "), NULL));
    if (mpm->server_limit < 2 * mpm->children)
        add(capacity, LYNC_WARNING, apr_psprintf(p, "ServerLimit %d is less than twice the %d children of httpd: a "
                                                 "reload ends requests that are pending", mpm->server_limit,
                                                 mpm->children),
            apr_psprintf(p, IN_MPM "ServerLimit %d", 2 * mpm->children));
    look_at_stack(capacity);
    if (!mpm->reqtimeout)
        add(capacity, LYNC_WARNING, "mod_reqtimeout is not loaded: clients that send nothing keep threads",
            "a2enmod reqtimeout, and then a restart");
    if (few)
        return lines(capacity, "\n");
    return mpm->server_limit < 2 * mpm->children ? apr_psprintf(p, "ServerLimit %d", 2 * mpm->children) : NULL;
}

/* Soft limit of descriptors of the httpd that runs, 0: not known or unlimited. */
static long open_files(const lyncadm_httpd_t *httpd, apr_pool_t *p)
{
    char text[4096] = "", *found;
    apr_size_t length = sizeof(text) - 1;
    apr_file_t *file;
    long pid = lyncadm_httpd_runs(httpd, p);
    const char *name = apr_psprintf(p, "/proc/%ld/limits", pid);

    if (!pid || apr_file_open(&file, name, APR_READ, APR_OS_DEFAULT, p) != APR_SUCCESS)
        return 0;
    apr_file_read_full(file, text, length, &length);
    apr_file_close(file);
    found = strstr(text, "Max open files");
    found = found ? found + strlen("Max open files") : NULL;
    return found ? strtol(found, NULL, 10) : 0;
}

static void look_at_files(const capacity_t *capacity)
{
    apr_pool_t *p = capacity->adm->pool;
    long files = open_files(capacity->httpd, p);
    int threads = capacity->httpd->mpm.threads, wanted = 2 * threads + SPARE_FILES;

    if (files > 0 && files < wanted)
        add(capacity, LYNC_WARNING, apr_psprintf(p, "a child of httpd may have %ld files open, and its %d threads take "
                                                 "up to %d", files, threads, wanted),
            apr_psprintf(p, "in the unit of httpd, and then a restart: LimitNOFILE=%d",
                         wanted < FILES ? FILES : 2 * wanted));
}

const lync_err_t *lyncadm_capacity(lyncadm_t *adm, lync_store_t *store, apr_array_header_t *findings,
                                   const char **paste)
{
    const char *users = lyncadm_given(adm, "users"), *control;
    lyncadm_httpd_t *httpd = NULL;
    capacity_t capacity = { .adm = adm, .findings = findings };
    char *end;
    apr_int64_t number;

    *paste = NULL;
    if (!users)
        return NULL;
    number = apr_strtoi64(users, &end, 10);
    if (*end || number < 1 || number > 1000000)
        return lyncadm_usage(adm, "users '%s' is no number from 1 to 1000000", users);
    LYNC_TRY(lyncadm_httpd_control(adm, store, &control));
    LYNC_TRY(lyncadm_httpd_test(adm, control, 0, &httpd));
    if (httpd->refusal)
        return lync_err(adm->pool, "httpd refuses its configuration: %s", httpd->refusal);
    if (!*httpd->mpm.name)
        return lync_err(adm->pool, "'%s' does not tell its limits: LyncStore is not in its configuration, or its "
                        "mod_lync is older than this lyncadm", control);
    capacity.httpd = httpd;
    capacity.users = (int)number;
    *paste = look_at_mpm(&capacity);
    look_at_files(&capacity);
    return NULL;
}
