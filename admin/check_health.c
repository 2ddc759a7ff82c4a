#include <apr_file_info.h>
#include <apr_lib.h>
#include <apr_strings.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "check_health.h"
#include "rows.h"

#define SHOWN 8                 /* findings in the line */
#define MOST_DAYS 3650
#define TRIES 30                /* at what a reload is just writing, a tenth of a second each */
#define PAUSE apr_time_from_msec(100)

/* DefaultRuntimeDir of Debian's httpd, and of Red Hat's. */
static const char *const usual[] = { "/var/run/apache2", "/run/httpd" };

#define USUAL (sizeof(usual) / sizeof(*usual))

static const char *const words[] = { "ok", "warning", "critical", "unknown" };
static const char *const titles[] = { "OK", "WARNING", "CRITICAL", "UNKNOWN" };

/* What is known to be wrong goes before what is not known. */
static const check_health_level_t worst_first[] = { CHECK_HEALTH_CRITICAL, CHECK_HEALTH_WARNING, CHECK_HEALTH_UNKNOWN,
                                                    CHECK_HEALTH_OK };

#define LEVELS (sizeof(worst_first) / sizeof(*worst_first))

void check_health_find(check_health_t *check, check_health_level_t level, const char *format, ...)
{
    check_health_finding_t *finding = apr_array_push(check->findings);
    va_list args;

    va_start(args, format);
    finding->level = level;
    finding->what = lyncadm_utf8(check->pool, lync_one_line(apr_pvsprintf(check->pool, format, args)));
    va_end(args);
}

/* reading */

static const char *file_in(const char *directory, const char *name, apr_pool_t *p)
{
    return apr_pstrcat(p, directory, "/", name, NULL);
}

static int is_absent(const char *path, apr_pool_t *p)
{
    apr_finfo_t info;
    apr_status_t rv = apr_stat(&info, path, APR_FINFO_TYPE | APR_FINFO_LINK, p);

    return APR_STATUS_IS_ENOENT(rv) || APR_STATUS_IS_ENOTDIR(rv);
}

/* Whoever opened a FIFO would wait for a writer. */
static const lync_err_t *expect_file(const char *path, apr_pool_t *p)
{
    apr_finfo_t info;
    char reason[120];
    apr_status_t rv = apr_stat(&info, path, APR_FINFO_TYPE | APR_FINFO_LINK, p);

    if (APR_STATUS_IS_EACCES(rv))
        return lync_err(p, "cannot read '%s': Permission denied: the check has to run as a user, or in a group, that "
                        "may look into httpd's runtime directory", path);
    if (rv != APR_SUCCESS)
        return lync_err(p, "cannot read '%s': %s", path, apr_strerror(rv, reason, sizeof(reason)));
    return info.filetype == APR_REG ? NULL : lync_err(p, "cannot read '%s': it is no regular file", path);
}

/* The runtime directory: the one that was given, or the first of the usual ones in which an httpd has left word. */
static const lync_err_t *find_directory(lyncadm_t *adm, const char **directory)
{
    const char *given = lyncadm_given(adm, "runtime");
    apr_size_t i;

    *directory = given;
    if (given && is_absent(given, adm->pool))
        return lync_err(adm->pool, "there is no directory '%s'", given);
    if (given && is_absent(file_in(given, LYNC_SERVED_FILE, adm->pool), adm->pool))
        return lync_err(adm->pool, "no httpd with LyncStore has run yet with the runtime directory '%s': it has no "
                        LYNC_SERVED_FILE, given);
    for (i = 0; !*directory && i < USUAL; ++i)
        if (!is_absent(file_in(usual[i], LYNC_SERVED_FILE, adm->pool), adm->pool))
            *directory = usual[i];
    return *directory ? NULL : lync_err(adm->pool, "no httpd with LyncStore has run yet, unless its runtime directory "
                                        "is neither '%s' nor '%s': then --runtime names it", usual[0], usual[1]);
}

static const lync_err_t *read_serving(check_health_t *check, const char *directory)
{
    const char *path = file_in(directory, LYNC_SERVED_FILE, check->pool);

    memset(&check->serving, 0, sizeof(check->serving));
    LYNC_TRY(expect_file(path, check->pool));
    LYNC_TRY(lync_served_open(&check->served, path, check->pool));
    if (lync_served_alive(check->served))
        lync_serving_read(&check->serving, check->served, check->pool);
    return lync_served_is_left(check->served)
           ? lync_err(check->pool, "httpd has another runtime directory than '%s' now", directory) : NULL;
}

/* During a reload the files are of two generations for a while. httpd may end meanwhile. */
static const lync_err_t *read_servers(check_health_t *check, const char *directory)
{
    const char *path = file_in(directory, LYNC_HEALTH_FILE, check->pool);
    lync_health_t *servers;
    int i;

    for (i = 0; i < TRIES && check->serving.alive; ++i) {
        LYNC_TRY(expect_file(path, check->pool));
        LYNC_TRY(lync_health_read(&servers, path, check->pool));
        if ((int)servers->pid == check->serving.pid && (int)servers->generation == check->serving.generation) {
            check->servers = servers;
            return NULL;
        }
        apr_sleep(PAUSE);
        LYNC_TRY(read_serving(check, directory));
    }
    return lync_err(check->pool, "'%s' is not of the httpd that runs", path);
}

static const lync_err_t *read_names(check_health_t *check, const char *directory)
{
    const char *path = file_in(directory, LYNC_NAMES_FILE, check->pool);
    lync_model_t *names;

    LYNC_TRY(expect_file(path, check->pool));
    LYNC_TRY(lync_rows_read(&names, path, check->pool));
    check->names = names;
    return NULL;
}

/* Without it all is served as well. */
static void read_counts(check_health_t *check, const char *directory)
{
    const char *path = file_in(directory, LYNC_COUNTS_FILE, check->pool);
    const lync_counts_t *counts;

    if (!expect_file(path, check->pool) && !lync_counts_open(&counts, path, check->pool)
        && lync_counts_pid(counts) == check->serving.pid)
        check->counts = counts;
}

static void find_unknown(check_health_t *check, const lync_err_t *err)
{
    if (err)
        check_health_find(check, CHECK_HEALTH_UNKNOWN, "%s", err->sentence);
}

/* When no revision is served there are no servers and no certificates. */
static const lync_err_t *look(check_health_t *check, const char *directory)
{
    const lync_served_slot_t *slot;
    const lync_err_t *err = NULL;

    LYNC_TRY(read_serving(check, directory));
    if (check->serving.revision)
        err = read_servers(check, directory);
    if (!check->serving.alive) {
        slot = &check->served->slot[check->served->generation % LYNC_SERVED_SLOTS];
        check_health_find(check, CHECK_HEALTH_CRITICAL, "httpd does not run any more: process %u, which served "
                          "revision %u, has ended", check->served->pid, slot->revision);
        return NULL;
    }
    find_unknown(check, err);
    if (check->serving.revision)
        find_unknown(check, read_names(check, directory));
    read_counts(check, directory);
    check_health_judge(check);
    return NULL;
}

/* printing */

static apr_array_header_t *sorted(const check_health_t *check)
{
    apr_array_header_t *all = apr_array_make(check->pool, 8, sizeof(check_health_finding_t));
    apr_size_t level;
    int i;

    for (level = 0; level < LEVELS; ++level)
        for (i = 0; i < check->findings->nelts; ++i) {
            const check_health_finding_t *finding = &APR_ARRAY_IDX(check->findings, i, check_health_finding_t);

            if (finding->level == worst_first[level])
                APR_ARRAY_PUSH(all, check_health_finding_t) = *finding;
        }
    return all;
}

/* The figures begin at the first bar. */
static const char *without_bars(char *text)
{
    char *bar;

    for (bar = strchr(text, '|'); bar; bar = strchr(bar, '|'))
        *bar = '/';
    return text;
}

static const char *text_of(const apr_array_header_t *findings, apr_pool_t *p)
{
    apr_array_header_t *texts = apr_array_make(p, 8, sizeof(const char *));
    int i;

    for (i = 0; i < findings->nelts && i < SHOWN; ++i)
        APR_ARRAY_PUSH(texts, const char *) = apr_pstrcat(p, i ? "; " : "", APR_ARRAY_IDX(findings, i,
                                                          check_health_finding_t).what, NULL);
    if (findings->nelts > SHOWN)
        APR_ARRAY_PUSH(texts, const char *) = apr_psprintf(p, "; and %d more", findings->nelts - SHOWN);
    return without_bars(apr_array_pstrcat(p, texts, '\0'));
}

/* 'label'=value[UOM];[warn];[crit];[min];[max] */
static const char *perfdata(const check_health_figure_t *figure, apr_pool_t *p)
{
    return apr_psprintf(p, " '%s'=%" APR_INT64_T_FMT "%s;%s;%s;%s;%s", figure->name, figure->value, figure->unit,
                        figure->warning ? figure->warning : "", figure->critical ? figure->critical : "",
                        figure->least ? figure->least : "", figure->most ? figure->most : "");
}

static void print_line(const check_health_t *check, const apr_array_header_t *findings)
{
    const char *text = text_of(findings, check->pool), *figures = check->figures->nelts ? " |" : "";
    int i;

    for (i = 0; i < check->figures->nelts; ++i)
        figures = apr_pstrcat(check->pool, figures, perfdata(&APR_ARRAY_IDX(check->figures, i, check_health_figure_t),
                                                             check->pool), NULL);
    lyncadm_tell("LYNC %s - %s%s", titles[APR_ARRAY_IDX(findings, 0, check_health_finding_t).level], text, figures);
}

static lyncadm_rows_t *finding_rows(const check_health_t *check, const apr_array_header_t *findings)
{
    lyncadm_rows_t *rows = lyncadm_rows(check->pool);
    int i;

    lyncadm_rows_call(rows, "finding");
    lyncadm_rows_column(rows, "level", LYNCADM_CELL_TEXT);
    lyncadm_rows_column(rows, "what", LYNCADM_CELL_TEXT);
    for (i = 0; i < findings->nelts; ++i) {
        const check_health_finding_t *finding = &APR_ARRAY_IDX(findings, i, check_health_finding_t);
        const char *cells[] = { words[finding->level], finding->what };

        lyncadm_rows_add(rows, cells);
    }
    return rows;
}

static lyncadm_rows_t *figure_rows(const check_health_t *check)
{
    static const char *const columns[] = { "name", "value", "unit", "warning", "critical", "min", "max" };
    lyncadm_rows_t *rows = lyncadm_rows(check->pool);
    int i;

    lyncadm_rows_call(rows, "figure");
    for (i = 0; i < 7; ++i)
        lyncadm_rows_column(rows, columns[i], i == 1 || i > 4 ? LYNCADM_CELL_INTEGER : LYNCADM_CELL_TEXT);
    for (i = 0; i < check->figures->nelts; ++i) {
        const check_health_figure_t *figure = &APR_ARRAY_IDX(check->figures, i, check_health_figure_t);
        const char *cells[] = { figure->name, apr_psprintf(check->pool, "%" APR_INT64_T_FMT, figure->value),
                                *figure->unit ? figure->unit : NULL, figure->warning, figure->critical,
                                figure->least, figure->most };

        lyncadm_rows_add(rows, cells);
    }
    return rows;
}

static const lync_err_t *print(lyncadm_t *adm, check_health_t *check)
{
    apr_array_header_t *tables = apr_array_make(adm->pool, 2, sizeof(const lyncadm_rows_t *));
    apr_array_header_t *headings = apr_array_make(adm->pool, 2, sizeof(const char *));
    const apr_array_header_t *findings;

    if (!check->findings->nelts)
        check_health_find(check, CHECK_HEALTH_OK, "%s", check->summary);
    findings = sorted(check);
    adm->exit = (int)APR_ARRAY_IDX(findings, 0, check_health_finding_t).level;
    if (adm->format == LYNCADM_TABLE) {
        print_line(check, findings);
        return NULL;
    }
    APR_ARRAY_PUSH(tables, const lyncadm_rows_t *) = finding_rows(check, findings);
    APR_ARRAY_PUSH(tables, const lyncadm_rows_t *) = figure_rows(check);
    APR_ARRAY_PUSH(headings, const char *) = "findings";
    APR_ARRAY_PUSH(headings, const char *) = "figures";
    return lyncadm_tables_print(adm, tables, headings);
}

/* the command */

static const lync_err_t *take_days(lyncadm_t *adm, check_health_t *check)
{
    const char *given = lyncadm_given(adm, "days");
    char *end = NULL;
    long warning = given ? strtol(given, &end, 10) : LYNC_EXPIRY_WARNING_DAYS, critical = 7;

    if (given && *end == ',' && apr_isdigit(end[1]))
        critical = strtol(end + 1, &end, 10);
    else if (critical > warning)
        critical = warning;
    if (given && (!apr_isdigit(*given) || *end || warning > MOST_DAYS || critical > warning))
        return lyncadm_usage(adm, "days '%s' are not like 30 or 30,7: up to %d, the second number no larger than the "
                             "first", given, MOST_DAYS);
    check->warning = (int)warning;
    check->critical = (int)critical;
    return NULL;
}

static void begin(check_health_t *check, apr_pool_t *p)
{
    memset(check, 0, sizeof(*check));
    check->pool = p;
    check->findings = apr_array_make(p, 8, sizeof(check_health_finding_t));
    check->figures = apr_array_make(p, 20, sizeof(check_health_figure_t));
}

static const lync_err_t *run(lyncadm_t *adm)
{
    const lync_err_t *err;
    check_health_t check;
    const char *directory;

    begin(&check, adm->pool);
    LYNC_TRY(lyncadm_no_words(adm));
    LYNC_TRY(take_days(adm, &check));
    err = find_directory(adm, &directory);
    find_unknown(&check, err ? err : look(&check, directory));
    return print(adm, &check);
}

void lyncadm_check_health_error(lyncadm_t *adm, const lync_err_t *err)
{
    check_health_t check;

    begin(&check, adm->pool);
    find_unknown(&check, err);
    err = print(adm, &check);
    if (err)
        lyncadm_say("%s", err->sentence);
}

void lyncadm_check_health_command(apr_array_header_t *commands)
{
    lyncadm_command_t *command = apr_array_push(commands);

    memset(command, 0, sizeof(*command));
    command->name = "check-health";
    command->synopsis = "[option ...]";
    command->help = "tell in one line, for Nagios, Icinga or systemd, what is wrong with what httpd serves";
    command->example = "--days 21,7";
    command->status = "0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN, also when it is used wrongly";
    command->run = run;
    command->options = apr_array_make(commands->pool, 2, sizeof(lyncadm_option_t));
    lyncadm_option(command->options, "runtime", "DIR", "httpd's runtime directory (DefaultRuntimeDir); unless given "
                   "the first of /var/run/apache2, /run/httpd in which httpd has left word");
    APR_ARRAY_IDX(command->options, 0, lyncadm_option_t).is_file = 1;
    lyncadm_option(command->options, "days", "N[,M]", "days that a certificate should have left: with less than N it "
                   "is a warning, with less than M critical (30,7 unless given)");
}
