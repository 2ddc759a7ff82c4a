#include <apr_env.h>
#include <apr_file_info.h>
#include <apr_file_io.h>
#include <apr_portable.h>
#include <apr_strings.h>
#include <apr_thread_proc.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "control.h"
#include "progress.h"

/* The httpd that is reached by a command, such as "apachectl": run without a shell. */

#define OUTPUT_LIMIT 65536
#define REVISION_VARIABLE "LYNC_REVISION"

const lync_err_t *lyncadm_httpd_words(lyncadm_t *adm, const char *control, char ***words)
{
    char **argv = NULL;

    if (apr_tokenize_to_argv(control, &argv, adm->pool) != APR_SUCCESS || !argv[0])
        return lyncadm_usage(adm, "control '%s' is no command", control);
    if (words)
        *words = argv;
    return NULL;
}

const lync_err_t *lyncadm_httpd_control(lyncadm_t *adm, lync_store_t *store, const char **control)
{
    *control = lyncadm_given(adm, "control");
    if (!*control)
        LYNC_TRY(lync_store_control(store, control, adm->pool));
    if (!*control)
        *control = LYNCADM_CONTROL;
    return NULL;
}

/* argv of the control command with more words behind it. */
static const lync_err_t *build_argv(lyncadm_t *adm, const char *control, const char *const *more, const char ***argv)
{
    apr_array_header_t *all = apr_array_make(adm->pool, 8, sizeof(const char *));
    char **words = NULL;

    LYNC_TRY(lyncadm_httpd_words(adm, control, &words));
    for (; words && *words; ++words)
        APR_ARRAY_PUSH(all, const char *) = *words;
    for (; *more; ++more)
        APR_ARRAY_PUSH(all, const char *) = *more;
    APR_ARRAY_PUSH(all, const char *) = NULL;
    *argv = (const char **)all->elts;
    return NULL;
}

/* A file, not a pipe, takes the output: a daemon that keeps its end open would have us wait for ever. It is in memory, so
 * that a full disk does not matter, and who is killed leaves nothing. */
static const lync_err_t *open_output(apr_file_t **file, apr_pool_t *p)
{
    int fd = memfd_create("lyncadm", MFD_CLOEXEC);

    if (fd < 0 || apr_os_file_put(file, &fd, APR_READ | APR_WRITE, p) != APR_SUCCESS)
        return lync_err(p, "cannot make a file in memory: %s", strerror(errno));
    return NULL;
}

static const char *read_output(apr_file_t *file, apr_pool_t *p)
{
    char *text = apr_pcalloc(p, OUTPUT_LIMIT + 1);
    apr_size_t length = OUTPUT_LIMIT;
    apr_off_t start = 0;

    apr_file_seek(file, APR_SET, &start);
    if (apr_file_read_full(file, text, length, &length) != APR_SUCCESS && length == OUTPUT_LIMIT)
        length = 0;
    text[length] = '\0';
    apr_file_close(file);
    return text;
}

/* The program of a word, by PATH and where httpd's commands are for others than root; NULL: none. */
static const char *find_program(const char *word, apr_pool_t *p)
{
    char *path = NULL, *last, *directory;

    if (strchr(word, '/'))
        return access(word, X_OK) ? NULL : word;
    if (apr_env_get(&path, "PATH", p) != APR_SUCCESS)
        path = apr_pstrdup(p, "");
    path = apr_pstrcat(p, path, ":/usr/local/sbin:/usr/sbin:/sbin", NULL);
    for (directory = apr_strtok(path, ":", &last); directory; directory = apr_strtok(NULL, ":", &last)) {
        const char *program = apr_pstrcat(p, directory, "/", word, NULL);

        if (!access(program, X_OK))
            return program;
    }
    return NULL;
}

static apr_status_t start(apr_proc_t *proc, const char *const *argv, apr_file_t *output, apr_pool_t *p)
{
    apr_procattr_t *attributes;
    apr_status_t rv = apr_procattr_create(&attributes, p);

    if (rv == APR_SUCCESS)
        rv = apr_procattr_cmdtype_set(attributes, APR_PROGRAM_ENV);
    if (rv == APR_SUCCESS)
        rv = apr_procattr_child_out_set(attributes, output, NULL);
    if (rv == APR_SUCCESS)
        rv = apr_procattr_child_err_set(attributes, output, NULL);
    return rv == APR_SUCCESS ? apr_proc_create(proc, argv[0], argv, NULL, attributes, p) : rv;
}

/* Waits for the end of control. A httpd that hangs must not keep us, and the store locked, for ever. */
static apr_status_t wait_for(apr_proc_t *proc, int seconds, int *code, apr_exit_why_e *why)
{
    apr_time_t end = apr_time_now() + apr_time_from_sec(seconds);
    apr_interval_time_t nap = apr_time_from_msec(1);
    apr_status_t rv;

    while (rv = apr_proc_wait(proc, code, why, APR_NOWAIT), APR_STATUS_IS_CHILD_NOTDONE(rv)) {
        if (apr_time_now() > end) {
            apr_proc_kill(proc, SIGKILL);
            apr_proc_wait(proc, code, why, APR_WAIT);
            return APR_TIMEUP;
        }
        lyncadm_progress_step(0);
        apr_sleep(nap);
        if (nap < apr_time_from_msec(50))
            nap *= 2;
    }
    return rv;
}

/* Runs control with more words; *output gets what it printed, *code its exit status. */
static const lync_err_t *run(lyncadm_t *adm, const char *control, const char *const *more, const char **output,
                             int *code)
{
    const char **argv, *wait = lyncadm_given(adm, "wait");
    int seconds = wait ? atoi(wait) : LYNCADM_WAIT;
    apr_file_t *file;
    apr_proc_t proc;
    apr_exit_why_e why = APR_PROC_EXIT;
    apr_status_t rv;
    char reason[120];

    LYNC_TRY(build_argv(adm, control, more, &argv));
    argv[0] = find_program(argv[0], adm->pool);
    if (!argv[0])
        return lync_err(adm->pool, "cannot run '%s': there is no such program: say how httpd is reached with --control",
                        control);
    LYNC_TRY(open_output(&file, adm->pool));
    rv = start(&proc, argv, file, adm->pool);
    if (rv == APR_SUCCESS)
        rv = wait_for(&proc, seconds, code, &why);
    *output = read_output(file, adm->pool);
    if (APR_STATUS_IS_TIMEUP(rv))
        return lync_err(adm->pool, "'%s' did not end within %d s and was killed: --wait gives it longer",
                        control, seconds);
    if (!APR_STATUS_IS_CHILD_DONE(rv))
        return lync_err(adm->pool, "cannot run '%s': %s", control, apr_strerror(rv, reason, sizeof(reason)));
    if (!APR_PROC_CHECK_EXIT(why))
        *code = -1;
    return NULL;
}

/* What mod_lync says in a dump, also when it refuses. */
#define STORE "LyncStore:"
#define REVISION "LyncRevision:"
#define SERVED "LyncServed:"
#define MPM "LyncMpm:"

/* httpd's own words on one line, without what is no reason. */
static const char *sentence_of(const char *output, apr_pool_t *p)
{
    static const char *const noise[] = { "AH00557", "AH00558", "Set the 'ServerName'", "Action '",
                                         "error log may have more", STORE, REVISION, SERVED, MPM, NULL };
    char *copy = apr_pstrdup(p, output), *last, *line;
    const char *sentence = NULL;

    for (line = apr_strtok(copy, "\n", &last); line; line = apr_strtok(NULL, "\n", &last)) {
        const char *const *word = noise;

        while (*word && !strstr(line, *word))
            ++word;
        if (!*word)
            sentence = sentence ? apr_pstrcat(p, sentence, " ", line, NULL) : line;
    }
    return sentence ? sentence : "it gave no reason";
}

/* The value of a line NAME: "value" of the output, or NULL. */
static const char *value_of(const char *output, const char *name, apr_pool_t *p)
{
    const char *found = strstr(output, name);
    const char *end;

    if (!found)
        return NULL;
    found += strlen(name);
    found += strspn(found, " \"");
    end = found + strcspn(found, "\"\n");
    return apr_pstrmemdup(p, found, end - found);
}

/* The id of a line NAME: name="…" id=N, or -1. */
static long id_of(const char *output, const char *name)
{
    const char *line = strstr(output, name), *id = line ? strstr(line, " id=") : NULL;

    if (!id || memchr(line, '\n', (apr_size_t)(id - line)))
        return -1;
    return strtol(id + 4, NULL, 10);
}

static void read_mpm(const char *output, lyncadm_mpm_t *mpm)
{
    const char *line = strstr(output, MPM);

    if (!line || sscanf(line, MPM " \"%15[a-z]\" children=%d server_limit=%d threads=%d thread_limit=%d min_spare=%d "
                        "max_spare=%d stack=%ld reqtimeout=%d", mpm->name, &mpm->children, &mpm->server_limit,
                        &mpm->threads, &mpm->thread_limit, &mpm->min_spare, &mpm->max_spare, &mpm->stack,
                        &mpm->reqtimeout) != 9)
        *mpm->name = '\0';
}

const lync_err_t *lyncadm_httpd_test(lyncadm_t *adm, const char *control, int revision, lyncadm_httpd_t **result)
{
    static const char *const more[] = { "-t", "-D", "DUMP_RUN_CFG", NULL };
    lyncadm_httpd_t *httpd = apr_pcalloc(adm->pool, sizeof(*httpd));
    const lync_err_t *err;
    const char *output = "", *tested;
    int code = 0;

    if (revision)
        apr_env_set(REVISION_VARIABLE, apr_itoa(adm->pool, revision), adm->pool);
    else
        apr_env_delete(REVISION_VARIABLE, adm->pool);
    lyncadm_progress_begin("httpd tests its configuration", 0);
    err = run(adm, control, more, &output, &code);
    apr_env_delete(REVISION_VARIABLE, adm->pool);
    if (err)
        return err;
    if (code)
        httpd->refusal = sentence_of(output, adm->pool);
    httpd->served = value_of(output, SERVED, adm->pool);
    httpd->store = value_of(output, STORE, adm->pool);
    tested = value_of(output, REVISION, adm->pool);
    httpd->revision = tested ? atoi(tested) : -1;
    httpd->pid_file = value_of(output, "PidFile:", adm->pool);
    httpd->user = id_of(output, "User: name=");
    httpd->group = id_of(output, "Group: name=");
    read_mpm(output, &httpd->mpm);
    *result = httpd;
    return NULL;
}

const lync_err_t *lyncadm_httpd_graceful(lyncadm_t *adm, const char *control)
{
    static const char *const more[] = { "-k", "graceful", NULL };
    const char *output = "";
    int code = 0;

    lyncadm_progress_begin("telling httpd to reload", 0);
    LYNC_TRY(run(adm, control, more, &output, &code));
    return code ? lync_err(adm->pool, "httpd refused to reload: %s", sentence_of(output, adm->pool)) : NULL;
}

int lyncadm_httpd_text(const char *path, char *text, apr_size_t size, apr_pool_t *p)
{
    apr_size_t length = 0;
    apr_file_t *file;

    if (apr_file_open(&file, path, APR_READ, APR_OS_DEFAULT, p) != APR_SUCCESS)
        return 0;
    apr_file_read_full(file, text, size - 1, &length);
    text[length] = '\0';
    apr_file_close(file);
    return 1;
}

long lyncadm_httpd_runs(const lyncadm_httpd_t *httpd, apr_pool_t *p)
{
    char text[32];
    long pid;

    if (!httpd->pid_file || !lyncadm_httpd_text(httpd->pid_file, text, sizeof(text), p))
        return 0;
    pid = strtol(text, NULL, 10);
    return pid > 1 && (!kill((pid_t)pid, 0) || errno == EPERM) ? pid : 0;
}

void lyncadm_httpd_limits(const lyncadm_httpd_t *httpd, long pid, lyncadm_mpm_t *mpm, apr_pool_t *p)
{
    const char *written_by;
    char text[512];

    memset(mpm, 0, sizeof(*mpm));
    if (!httpd->served
        || !lyncadm_httpd_text(lyncadm_runtime_file(httpd->served, LYNC_LIMITS_FILE, p), text, sizeof(text), p))
        return;
    written_by = strstr(text, " pid=");
    if (written_by && strtol(written_by + 5, NULL, 10) == pid)
        read_mpm(text, mpm);
}

int lyncadm_same_file(const char *a, const char *b, apr_pool_t *p)
{
    apr_finfo_t x, y;

    return apr_stat(&x, a, APR_FINFO_IDENT, p) == APR_SUCCESS && apr_stat(&y, b, APR_FINFO_IDENT, p) == APR_SUCCESS
           && x.device == y.device && x.inode == y.inode;
}
