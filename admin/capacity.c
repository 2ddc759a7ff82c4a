#include <apr_strings.h>
#include <stdlib.h>
#include <string.h>

#include "control.h"

/*
 * Whether httpd has room for so many users. A pending poll takes a thread and two descriptors for up to half an hour,
 * and each user has one pending; children of the generation before a reload stay until theirs are answered.
 *
 * What httpd's configuration says is looked at, and besides whether httpd runs with that: ServerLimit and ThreadLimit
 * are read at a restart only, whatever reloads come in between.
 */

#define THREADS 600             /* of a child, in what is proposed */
#define SPARE_THREADS 75        /* idle ones below which a child that is missing is started, in what is proposed */
#define STACK 262144            /* bytes of a thread, in what is proposed */
#define STACK_LEAST 131072      /* with which it was seen to work */
#define SPARE_FILES 200         /* descriptors of a child that are no poll's */
#define FILES 8192              /* in what is proposed */
/* Without it glibc keeps what a thread freed for that thread alone: 38 KB of each after a minute of a mixed load, 65 after
 * eight (tests/README.md, "Soak"). */
#define TUNABLE "glibc.malloc.tcache_count="
#define ENVIRONMENT 65536       /* bytes of it that are looked at */
/* Of the children: those that run, one old generation whose requests are pending, and as many for a reload that has not
 * to wait until that one has let go of them (mod_lync/retire.c). */
#define GENERATIONS 3
#define GENERATIONS_LEAST 2
#define IN_MPM "in the configuration of the MPM (event), and then a "

typedef struct capacity_t {
    lyncadm_t *adm;
    const lyncadm_httpd_t *httpd;
    apr_array_header_t *findings;
    int users;
    const char *paste;          /* lines so far, or NULL */
} capacity_t;

static void add(const capacity_t *capacity, lync_level_t level, const char *message, const char *remedy)
{
    lync_finding_t *finding = apr_pcalloc(capacity->adm->pool, sizeof(*finding));

    finding->level = level;
    finding->message = message;
    finding->remedy = remedy;
    APR_ARRAY_PUSH(capacity->findings, lync_finding_t *) = finding;
}

/* The same with a line to paste; then: "restart", or "reload" when that is enough. */
static void propose(capacity_t *capacity, lync_level_t level, const char *message, const char *line, const char *then)
{
    apr_pool_t *p = capacity->adm->pool;

    add(capacity, level, message, apr_pstrcat(p, IN_MPM, then, ": ", line, NULL));
    capacity->paste = capacity->paste ? apr_pstrcat(p, capacity->paste, "\n", line, NULL) : line;
}

/* Threads for so many users: a fifth more, for what they ask besides. */
static int needed(int users)
{
    return users + (users + 4) / 5;
}

static int is_event(const lyncadm_mpm_t *mpm)
{
    return !strcmp(mpm->name, "event");
}

static int has_few(const capacity_t *capacity, const lyncadm_mpm_t *mpm)
{
    return mpm->children * mpm->threads < needed(capacity->users);
}

/* All children from the start, and none ended because it is idle: its slot would go on being taken as long as one
 * request of it is pending, and who is logged in over its connections would have to log in again. */
static const char *lines(const capacity_t *capacity, const char *between)
{
    int children = (needed(capacity->users) + THREADS - 1) / THREADS;

    return apr_psprintf(capacity->adm->pool, "StartServers %d%sServerLimit %d%sThreadLimit %d%sThreadsPerChild %d%s"
                        "MaxRequestWorkers %d%sMinSpareThreads %d%sMaxSpareThreads %d%sThreadStackSize %d", children,
                        between, GENERATIONS * children, between, THREADS, between, THREADS, between,
                        children * THREADS, between, SPARE_THREADS, between, children * THREADS, between, STACK);
}

static void look_at_stack(capacity_t *capacity)
{
    const lyncadm_mpm_t *mpm = &capacity->httpd->mpm;
    apr_pool_t *p = capacity->adm->pool;
    const char *line = apr_psprintf(p, "ThreadStackSize %d", STACK);

    if (mpm->threads > 1 && !mpm->stack)
        propose(capacity, LYNC_ADVICE, "ThreadStackSize is the system's, mostly 8 MB a thread of address space", line,
                "reload");
    else if (mpm->threads > 1 && mpm->stack < STACK_LEAST)
        propose(capacity, LYNC_WARNING, apr_psprintf(p, "ThreadStackSize %ld is less than the %d that a thread takes",
                                                     mpm->stack, STACK_LEAST), line, "reload");
}

/* Other MPMs keep old and new children within MaxRequestWorkers, and give an idle connection what serves requests. */
static void look_at_name(const capacity_t *capacity)
{
    const char *name = capacity->httpd->mpm.name;
    apr_pool_t *p = capacity->adm->pool;

    if (!is_event(&capacity->httpd->mpm))
        add(capacity, LYNC_WARNING, apr_psprintf(p, "with MPM %s idle connections take %s too, and requests that are "
                                                 "pending when httpd reloads take them from those that come: polls "
                                                 "need MPM event", name,
                                                 capacity->httpd->mpm.threads > 1 ? "threads" : "processes"),
            apr_psprintf(p, "a2dismod mpm_%s && a2enmod mpm_event, and then a restart", name));
}

/* Of prefork, whose children serve one request each. */
static void look_at_places(const capacity_t *capacity)
{
    int limit = capacity->httpd->mpm.server_limit;
    apr_pool_t *p = capacity->adm->pool;

    if (limit > LYNC_SERVED_CHILDREN)
        add(capacity, LYNC_WARNING, apr_psprintf(p, "ServerLimit %d: lyncadm sees %d children of httpd at most, and waits "
                                                 "for no others to serve what it applies", limit, LYNC_SERVED_CHILDREN),
            apr_psprintf(p, "in the configuration of the MPM, and then a restart: ServerLimit %d", LYNC_SERVED_CHILDREN));
}

static void look_at_generations(capacity_t *capacity)
{
    const lyncadm_mpm_t *mpm = &capacity->httpd->mpm;
    apr_pool_t *p = capacity->adm->pool;
    const char *line = apr_psprintf(p, "ServerLimit %d", GENERATIONS * mpm->children);

    if (mpm->server_limit < GENERATIONS_LEAST * mpm->children)
        propose(capacity, LYNC_WARNING, apr_psprintf(p, "ServerLimit %d is less than twice the %d children of httpd: a "
                                                     "reload ends requests that are pending", mpm->server_limit,
                                                     mpm->children), line, "restart");
    else if (mpm->server_limit < GENERATIONS * mpm->children)
        propose(capacity, LYNC_ADVICE, apr_psprintf(p, "ServerLimit %d is less than three times the %d children of "
                                                    "httpd: a second reload waits until requests that have been "
                                                    "pending since the first are ended", mpm->server_limit,
                                                    mpm->children), line, "restart");
}

/* What httpd makes of it when it starts: never less than one child more than MinSpareThreads. */
static void look_at_spare(capacity_t *capacity)
{
    const lyncadm_mpm_t *mpm = &capacity->httpd->mpm;
    int all = mpm->children * mpm->threads, least = mpm->min_spare + mpm->threads + 1;
    int kept = mpm->max_spare > least ? mpm->max_spare : least;
    apr_pool_t *p = capacity->adm->pool;

    if (kept < all)
        propose(capacity, LYNC_ADVICE, apr_psprintf(p, "MaxSpareThreads %d: httpd ends children when more than %d of "
                                                    "its %d threads are idle, and their clients log in again",
                                                    mpm->max_spare, kept, all),
                apr_psprintf(p, "MaxSpareThreads %d", all), "reload");
}

static void look_at_mpm(capacity_t *capacity)
{
    const lyncadm_mpm_t *mpm = &capacity->httpd->mpm;
    int few = has_few(capacity, mpm);
    apr_pool_t *p = capacity->adm->pool;

    if (few)
        add(capacity, LYNC_WARNING, apr_psprintf(p, "httpd (MPM %s) serves %d requests at once, and %d users take %d",
                                                 mpm->name, mpm->children * mpm->threads, capacity->users,
                                                 needed(capacity->users)),
            apr_pstrcat(p, IN_MPM "restart: ", lines(capacity, "; "), NULL));
    look_at_name(capacity);
    look_at_places(capacity);
    if (is_event(mpm)) {
        look_at_generations(capacity);
        look_at_spare(capacity);
    }
    look_at_stack(capacity);
    if (!mpm->reqtimeout)
        add(capacity, LYNC_WARNING, "mod_reqtimeout is not loaded: clients that send nothing keep threads",
            "a2enmod reqtimeout, and then a reload");
    if (few || !is_event(mpm))
        capacity->paste = lines(capacity, "\n");
}

/* What of the configuration httpd does not run with, or NULL. StartServers nobody can ask for. */
static const char *differing(const lyncadm_mpm_t *runs, const lyncadm_mpm_t *says, apr_pool_t *p)
{
    const struct {
        const char *name;
        long runs, says;
    } all[] = {
        { "ServerLimit", runs->server_limit, says->server_limit },
        { "ThreadLimit", runs->thread_limit, says->thread_limit },
        { "ThreadsPerChild", runs->threads, says->threads },
        { "MaxRequestWorkers", (long)runs->children * runs->threads, (long)says->children * says->threads },
        { "MinSpareThreads", runs->min_spare, says->min_spare },
        { "MaxSpareThreads", runs->max_spare, says->max_spare },
        { "ThreadStackSize", runs->stack, says->stack }
    };
    const char *text = NULL;
    apr_size_t i;

    if (strcmp(runs->name, says->name))
        return apr_psprintf(p, "MPM %s instead of %s", says->name, runs->name);
    for (i = 0; i < sizeof(all) / sizeof(*all); ++i)
        if (all[i].runs != all[i].says)
            text = apr_psprintf(p, "%s%s%s %ld instead of %ld", text ? text : "", text ? ", " : "", all[i].name,
                                all[i].says, all[i].runs);
    if (runs->reqtimeout != says->reqtimeout)
        text = apr_psprintf(p, "%s%smod_reqtimeout %s", text ? text : "", text ? ", " : "",
                            says->reqtimeout ? "loaded" : "not loaded");
    return text;
}

static int takes_restart(const lyncadm_mpm_t *runs, const lyncadm_mpm_t *says)
{
    return strcmp(runs->name, says->name) || runs->server_limit != says->server_limit
           || runs->thread_limit != says->thread_limit;
}

/* A httpd that does not run yet starts with what its configuration says. */
static void look_at_running(const capacity_t *capacity, long pid)
{
    const lyncadm_mpm_t *says = &capacity->httpd->mpm;
    apr_pool_t *p = capacity->adm->pool;
    const char *differs;
    lyncadm_mpm_t runs;
    int enough;

    if (!pid)
        return;
    lyncadm_httpd_limits(capacity->httpd, pid, &runs, p);
    if (!*runs.name) {
        add(capacity, LYNC_WARNING, "httpd runs without LyncStore, or with an older mod_lync, and does not tell its "
            "limits: what its configuration says may not be what it runs with", "reload httpd, and ask again");
        return;
    }
    differs = differing(&runs, says, p);
    if (!differs)
        return;
    enough = !has_few(capacity, &runs) && is_event(&runs) && runs.reqtimeout
             && runs.server_limit >= GENERATIONS_LEAST * runs.children && (!runs.stack || runs.stack >= STACK_LEAST);
    add(capacity, enough ? LYNC_ADVICE : LYNC_WARNING,
        apr_psprintf(p, "what httpd's configuration says waits for a %s: %s",
                     takes_restart(&runs, says) ? "restart" : "reload", differs),
        takes_restart(&runs, says) ? "restart httpd" : "reload httpd");
}

/* Soft limit of descriptors of the httpd that runs, 0: not known or unlimited. */
static long open_files(long pid, apr_pool_t *p)
{
    char text[4096], *found;

    if (!pid || !lyncadm_httpd_text(apr_psprintf(p, "/proc/%ld/limits", pid), text, sizeof(text), p))
        return 0;
    found = strstr(text, "Max open files");
    found = found ? found + strlen("Max open files") : NULL;
    return found ? strtol(found, NULL, 10) : 0;
}

static void look_at_files(const capacity_t *capacity, long pid)
{
    apr_pool_t *p = capacity->adm->pool;
    long files = open_files(pid, p);
    int threads = capacity->httpd->mpm.threads, wanted = 2 * threads + SPARE_FILES;

    if (files > 0 && files < wanted)
        add(capacity, LYNC_WARNING, apr_psprintf(p, "a child of httpd may have %ld files open, and its %d threads take "
                                                 "up to %d", files, threads, wanted),
            apr_psprintf(p, "in the unit of httpd, and then a restart: LimitNOFILE=%d",
                         wanted < FILES ? FILES : 2 * wanted));
}

/* The environment that the running httpd was started with; NULL: not to be had. */
static const char *environment(long pid, apr_pool_t *p)
{
    char *text = apr_pcalloc(p, ENVIRONMENT);
    int i;

    if (!pid || !lyncadm_httpd_text(apr_psprintf(p, "/proc/%ld/environ", pid), text, ENVIRONMENT, p))
        return NULL;
    for (i = 0; i < ENVIRONMENT - 1; ++i)
        if (!text[i])
            text[i] = '\n';
    return text;
}

static void look_at_malloc(const capacity_t *capacity, long pid)
{
    const char *text = environment(pid, capacity->adm->pool);

    if (text && capacity->httpd->mpm.threads > 1 && !strstr(text, TUNABLE))
        add(capacity, LYNC_ADVICE, "glibc keeps memory that a thread of httpd freed for that thread alone, tens of KB "
            "each", "in the unit of httpd, and then a restart: Environment=GLIBC_TUNABLES=" TUNABLE "0");
}

const lync_err_t *lyncadm_capacity(lyncadm_t *adm, lync_store_t *store, apr_array_header_t *findings,
                                   const char **paste)
{
    const char *users = lyncadm_given(adm, "users"), *control;
    lyncadm_httpd_t *httpd = NULL;
    capacity_t capacity = { .adm = adm, .findings = findings };
    char *end;
    apr_int64_t number;
    long pid;

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
    pid = lyncadm_httpd_runs(httpd, adm->pool);
    look_at_mpm(&capacity);
    look_at_running(&capacity, pid);
    look_at_files(&capacity, pid);
    look_at_malloc(&capacity, pid);
    *paste = capacity.paste;
    return NULL;
}
