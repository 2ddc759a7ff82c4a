#include <apr_strings.h>
#include <string.h>

#include "verify.h"

/* What came of the list: for programs a row a check, for people in short, and in full what is not ok or has
 * a hint. */

#define CELL_LENGTH 400

enum { OK, CHECK, HOST, LISTENER, ASKED, VIA, EXPECTED, CAME, DIRECT, HINT, COLUMNS };

static const char *const columns[] = { "ok", "check", "host", "listener", "asked", "via", "expected", "came", "direct",
                                       "hint", NULL };

/* What came from elsewhere is one line, and ends somewhere. */
static const char *cell_of(const char *text, apr_pool_t *p)
{
    return text ? lyncadm_utf8(p, lync_one_line(apr_pstrndup(p, text, CELL_LENGTH))) : NULL;
}

static lyncadm_rows_t *table(apr_pool_t *p, const char *const *names)
{
    lyncadm_rows_t *rows = lyncadm_rows(p);

    for (; *names; ++names)
        lyncadm_rows_column(rows, *names, LYNCADM_CELL_TEXT);
    return rows;
}

static void add_row(lyncadm_rows_t *rows, const verify_check_t *check, apr_pool_t *p)
{
    const char *cells[COLUMNS] = { check->ok ? "yes" : "no", check->check, check->name->host, check->listener->name,
                                   cell_of(check->asked, p), check->ask ? check->ask->via : NULL, check->expected,
                                   cell_of(check->came, p), cell_of(check->direct, p), check->hint };

    lyncadm_rows_add(rows, cells);
}

static int is_same(const lyncadm_rows_t *full, int a, int b, int column)
{
    const char *one = lyncadm_rows_cell(full, a, column), *other = lyncadm_rows_cell(full, b, column);

    return one && other && !strcmp(one, other);
}

static int is_ok(const lyncadm_rows_t *full, int row)
{
    return !strcmp(lyncadm_rows_cell(full, row, OK), "yes");
}

/* There is nothing more to say of it. */
static int is_plain(const lyncadm_rows_t *full, int row)
{
    return is_ok(full, row) && !lyncadm_rows_cell(full, row, HINT);
}

/* How many rows from this one on are ok and of the same check of the same name; 1: it is none of them. */
static int alike(const lyncadm_rows_t *full, int first)
{
    int i = first + 1;

    while (is_plain(full, first) && i < lyncadm_rows_count(full) && is_plain(full, i) && is_same(full, first, i, CHECK)
           && is_same(full, first, i, HOST))
        ++i;
    return i - first;
}

static const char *and_more(const char *asked, int more, apr_pool_t *p)
{
    return more ? apr_psprintf(p, "%s and %d more", asked, more) : asked;
}

/* For people in short. What Accept says, the check's name does. */
static lyncadm_rows_t *in_short(const lyncadm_rows_t *full, apr_pool_t *p)
{
    static const char *const names[] = { "ok", "check", "asked", "came", "direct", NULL };
    lyncadm_rows_t *rows = table(p, names);
    int i, count;

    for (i = 0; i < lyncadm_rows_count(full); i += count) {
        const char *asked = lyncadm_rows_cell(full, i, ASKED), *accept = strstr(asked, ", Accept:");
        const char *cells[] = { lyncadm_rows_cell(full, i, OK), lyncadm_rows_cell(full, i, CHECK),
                                accept ? apr_pstrndup(p, asked, (apr_size_t)(accept - asked)) : asked,
                                lyncadm_rows_cell(full, i, CAME), lyncadm_rows_cell(full, i, DIRECT) };

        count = alike(full, i);
        cells[2] = and_more(cells[2], count - 1, p);
        lyncadm_rows_add(rows, cells);
        lyncadm_rows_mark(rows, columns[OK], is_ok(full, i) ? LYNCADM_GOOD : LYNCADM_BAD);
    }
    return rows;
}

/* A row in full, unless one before it has its hint; those after it that have are counted. NULL: not to be told. */
static lyncadm_rows_t *in_full(const lyncadm_rows_t *full, int row, apr_pool_t *p)
{
    lyncadm_rows_t *rows = table(p, columns);
    const char *cells[COLUMNS];
    int i, more = 0;

    for (i = 0; i < lyncadm_rows_count(full); ++i) {
        int same = is_same(full, row, i, OK) && is_same(full, row, i, HINT) && is_same(full, row, i, HOST);

        if (same && i < row)
            return NULL;
        more += same && i > row;
    }
    for (i = 0; i < COLUMNS; ++i)
        cells[i] = lyncadm_rows_cell(full, row, i);
    cells[ASKED] = and_more(cells[ASKED], more, p);
    lyncadm_rows_add(rows, cells);
    lyncadm_rows_mark(rows, columns[OK], is_ok(full, row) ? LYNCADM_GOOD : LYNCADM_BAD);
    return rows;
}

static const lync_err_t *print_table(lyncadm_t *adm, const verify_t *verify, const lyncadm_rows_t *full)
{
    int i, wrong = 0;

    LYNC_TRY(lyncadm_rows_print(adm, in_short(full, adm->pool), 0));
    for (i = 0; i < lyncadm_rows_count(full); ++i) {
        lyncadm_rows_t *row = is_plain(full, i) ? NULL : in_full(full, i, adm->pool);

        wrong += !is_ok(full, i);
        if (!row)
            continue;
        lyncadm_tell("%s", "");
        LYNC_TRY(lyncadm_rows_print(adm, row, 1));
    }
    lyncadm_tell("\n%d of %d checks of revision %d are ok%s", verify->checks->nelts - wrong,
                 verify->checks->nelts, verify->model->revision,
                 verify->left_out ? apr_psprintf(adm->pool, "; %d more were left out, their names were not reached",
                                                 verify->left_out) : "");
    return NULL;
}

const lync_err_t *verify_print(const verify_t *verify)
{
    lyncadm_t *adm = verify->adm;
    lyncadm_rows_t *rows = table(adm->pool, columns);
    int i;

    for (i = 0; i < verify->checks->nelts; ++i) {
        const verify_check_t *check = APR_ARRAY_IDX(verify->checks, i, const verify_check_t *);

        add_row(rows, check, adm->pool);
        if (!check->ok)
            adm->exit = LYNCADM_FINDINGS;
    }
    return adm->format == LYNCADM_TABLE ? print_table(adm, verify, rows) : lyncadm_rows_print(adm, rows, 0);
}
