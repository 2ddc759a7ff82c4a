#include <apr_strings.h>
#include <libsmartcols/libsmartcols.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "iso.h"
#include "lyncadm.h"
#include "progress.h"
#include "terminal.h"

typedef struct column_t {
    const char *name;
    lyncadm_cell_t cell;
    int detail;                 /* not in a table for people */
} column_t;

struct lyncadm_rows_t {
    apr_pool_t *pool;
    const char *noun;                   /* or NULL */
    apr_array_header_t *columns;        /* of column_t */
    apr_array_header_t *rows;           /* of const char ** */
    apr_array_header_t *moods;          /* of lyncadm_mood_t *, one a row; NULL: all its cells are plain */
};

lyncadm_rows_t *lyncadm_rows(apr_pool_t *p)
{
    lyncadm_rows_t *rows = apr_pcalloc(p, sizeof(*rows));

    rows->pool = p;
    rows->columns = apr_array_make(p, 12, sizeof(column_t));
    rows->rows = apr_array_make(p, 16, sizeof(const char **));
    rows->moods = apr_array_make(p, 16, sizeof(lyncadm_mood_t *));
    return rows;
}

void lyncadm_rows_call(lyncadm_rows_t *rows, const char *noun)
{
    rows->noun = noun;
}

void lyncadm_rows_column(lyncadm_rows_t *rows, const char *name, lyncadm_cell_t cell)
{
    column_t *column = apr_array_push(rows->columns);

    column->name = name;
    column->cell = cell;
    column->detail = 0;
}

void lyncadm_rows_add(lyncadm_rows_t *rows, const char *const *cells)
{
    APR_ARRAY_PUSH(rows->rows, const char **) =
        apr_pmemdup(rows->pool, cells, rows->columns->nelts * sizeof(*cells));
    APR_ARRAY_PUSH(rows->moods, lyncadm_mood_t *) = NULL;
}

void lyncadm_rows_mark(lyncadm_rows_t *rows, const char *column, lyncadm_mood_t mood)
{
    lyncadm_mood_t **moods = &APR_ARRAY_IDX(rows->moods, rows->moods->nelts - 1, lyncadm_mood_t *);
    int i;

    if (!*moods)
        *moods = apr_pcalloc(rows->pool, rows->columns->nelts * sizeof(**moods));
    for (i = 0; i < rows->columns->nelts; ++i) {
        if (!strcmp(APR_ARRAY_IDX(rows->columns, i, column_t).name, column))
            (*moods)[i] = mood;
    }
}

int lyncadm_rows_empty(const lyncadm_rows_t *rows)
{
    return rows->rows->nelts == 0;
}

int lyncadm_rows_count(const lyncadm_rows_t *rows)
{
    return rows->rows->nelts;
}

int lyncadm_rows_width(const lyncadm_rows_t *rows)
{
    return rows->columns->nelts;
}

lyncadm_rows_t *lyncadm_rows_one(const lyncadm_rows_t *rows, int row)
{
    lyncadm_rows_t *one = apr_pmemdup(rows->pool, rows, sizeof(*rows));

    one->rows = apr_array_make(rows->pool, 1, sizeof(const char **));
    APR_ARRAY_PUSH(one->rows, const char **) = APR_ARRAY_IDX(rows->rows, row, const char **);
    one->moods = apr_array_make(rows->pool, 1, sizeof(lyncadm_mood_t *));
    APR_ARRAY_PUSH(one->moods, lyncadm_mood_t *) = APR_ARRAY_IDX(rows->moods, row, lyncadm_mood_t *);
    return one;
}

lyncadm_rows_t *lyncadm_rows_noun(apr_pool_t *p, const lync_noun_t *noun)
{
    lyncadm_rows_t *rows = lyncadm_rows(p);
    const lync_field_t *field;

    for (field = noun->fields; field->name; ++field) {
        lyncadm_rows_column(rows, field->name, field->kind == LYNC_KIND_INT ? LYNCADM_CELL_INTEGER
                                                                         : LYNCADM_CELL_TEXT);
        APR_ARRAY_IDX(rows->columns, rows->columns->nelts - 1, column_t).detail = field->flags & LYNC_FIELD_DETAIL;
    }
    return rows;
}

void lyncadm_rows_add_row(lyncadm_rows_t *rows, const lync_noun_t *noun, const void *row)
{
    const char **cells = apr_palloc(rows->pool, rows->columns->nelts * sizeof(*cells));
    const lync_field_t *field;

    for (field = noun->fields; field->name; ++field)
        cells[field - noun->fields] = lync_row_get(rows->pool, field, row);
    lyncadm_rows_add(rows, cells);
}

static const char *cell(const lyncadm_rows_t *rows, int row, int column)
{
    return APR_ARRAY_IDX(rows->rows, row, const char **)[column];
}

const char *lyncadm_rows_cell(const lyncadm_rows_t *rows, int row, int column)
{
    return row < 0 ? APR_ARRAY_IDX(rows->columns, column, column_t).name : cell(rows, row, column);
}

const char *lyncadm_utf8(apr_pool_t *p, const char *text)
{
    json_t *json = json_string(text);
    char *copy, *c;

    json_decref(json);
    if (json)
        return text;
    copy = apr_pstrdup(p, text);
    for (c = copy; *c; ++c) {
        if (*c & 0x80)
            *c = '?';
    }
    return copy;
}

static json_t *json_cell(apr_pool_t *p, lyncadm_cell_t cell, const char *value)
{
    json_t *json = NULL;

    if (!value)
        return json_null();
    if (cell == LYNCADM_CELL_INTEGER)
        return json_integer(atoll(value));
    if (cell == LYNCADM_CELL_JSON || cell == LYNCADM_CELL_DECIMAL)
        json = json_loads(value, JSON_DECODE_ANY, NULL);
    return json ? json : json_string(lyncadm_utf8(p, value));
}

static void append_json(json_t *array, const lyncadm_rows_t *rows)
{
    int i, j;

    for (i = 0; i < rows->rows->nelts; ++i) {
        json_t *object = json_object();

        if (rows->noun)
            json_object_set_new(object, "noun", json_string(rows->noun));
        for (j = 0; j < rows->columns->nelts; ++j) {
            const column_t *column = &APR_ARRAY_IDX(rows->columns, j, column_t);

            json_object_set_new(object, column->name, json_cell(rows->pool, column->cell, cell(rows, i, j)));
        }
        json_array_append_new(array, object);
    }
}

static int print_json(json_t *json, size_t flags)
{
    int rc = json_dumpf(json, stdout, flags | JSON_REAL_PRECISION(10));

    json_decref(json);
    return rc == 0 && putchar('\n') != EOF;
}

/* A line for each round, so that a program can read one after the other. */
static int print_round(lyncadm_t *adm, json_t *array, const char *error)
{
    json_t *object = json_object();

    json_object_set_new(object, "round", json_integer(adm->round));
    json_object_set_new(object, "time", json_string(lync_iso(apr_time_now(), adm->pool)));
    json_object_set_new(object, "error", error ? json_string(lyncadm_utf8(adm->pool, error)) : json_null());
    json_object_set_new(object, "rows", array);
    return print_json(object, JSON_COMPACT);
}

static int print_array(lyncadm_t *adm, json_t *array)
{
    return adm->round ? print_round(adm, array, NULL) : print_json(array, JSON_INDENT(2));
}

void lyncadm_round_failed(lyncadm_t *adm, const char *sentence)
{
    print_round(adm, json_array(), sentence);
}

/* A cell never breaks its line: tab, newline, carriage return and backslash are \t \n \r \\. */
static void print_tsv_cell(const char *value)
{
    static const char special[] = "\t\n\r\\", letter[] = "tnr\\";

    for (; value && *value; ++value) {
        const char *found = strchr(special, *value);

        if (found) {
            putchar('\\');
            putchar(letter[found - special]);
        }
        else
            putchar(*value);
    }
}

static int print_tsv(const lyncadm_rows_t *rows)
{
    int i, j, last = rows->columns->nelts - 1;

    for (i = -1; i < rows->rows->nelts; ++i) {
        if (rows->noun)
            printf("%s\t", i < 0 ? "noun" : rows->noun);
        for (j = 0; j <= last; ++j) {
            print_tsv_cell(i < 0 ? APR_ARRAY_IDX(rows->columns, j, column_t).name : cell(rows, i, j));
            putchar(j < last ? '\t' : '\n');
        }
    }
    return 1;
}

static int has_value(const lyncadm_rows_t *rows, int column)
{
    int i;

    for (i = 0; i < rows->rows->nelts; ++i) {
        if (cell(rows, i, column))
            return 1;
    }
    return 0;
}

static struct libscols_table *new_table(void)
{
    struct libscols_table *table;

    scols_init_debug(0);
    table = scols_new_table();
    if (!table)
        abort();
    return table;
}

/* Columns that no row has a value for are left out: most are rare. So is what would make lines too long to read. */
static int is_printed(const lyncadm_rows_t *rows, int column)
{
    return has_value(rows, column) && !APR_ARRAY_IDX(rows->columns, column, column_t).detail;
}

int lyncadm_rows_shown(const lyncadm_rows_t *rows, int column)
{
    return is_printed(rows, column);
}

static const char *colour(const lyncadm_rows_t *rows, int row, int column)
{
    const lyncadm_mood_t *moods = APR_ARRAY_IDX(rows->moods, row, const lyncadm_mood_t *);

    switch (moods ? moods[column] : LYNCADM_PLAIN) {
    case LYNCADM_PLAIN:
        return NULL;
    case LYNCADM_GOOD:
        return "green";
    case LYNCADM_WARN:
        return "yellow";
    case LYNCADM_BAD:
        return "red";
    }
    return NULL;
}

static void set_cell(struct libscols_line *line, int place, const lyncadm_rows_t *rows, int row, int column)
{
    const char *value = cell(rows, row, column);

    scols_line_set_data(line, (size_t)place, value);
    if (value)
        scols_cell_set_color(scols_line_get_cell(line, (size_t)place), colour(rows, row, column));
}

static int print_table(const lyncadm_rows_t *rows)
{
    struct libscols_table *table = new_table();
    int i, j, rc;

    scols_table_enable_colors(table, lyncadm_colours(STDOUT_FILENO));
    for (j = 0; j < rows->columns->nelts; ++j) {
        const column_t *column = &APR_ARRAY_IDX(rows->columns, j, column_t);

        if (is_printed(rows, j))
            scols_table_new_column(table, column->name, 0, column->cell == LYNCADM_CELL_INTEGER
                                   || column->cell == LYNCADM_CELL_DECIMAL ? SCOLS_FL_RIGHT : 0);
    }
    for (i = 0; i < rows->rows->nelts; ++i) {
        struct libscols_line *line = scols_table_new_line(table, NULL);
        int place = 0;

        for (j = 0; j < rows->columns->nelts; ++j) {
            if (is_printed(rows, j))
                set_cell(line, place++, rows, i, j);
        }
    }
    rc = rows->rows->nelts ? scols_print_table(table) : 0;
    scols_unref_table(table);
    return rc == 0;
}

static int print_upright(const lyncadm_rows_t *rows)
{
    struct libscols_table *table = new_table();
    int i, j, rc;

    scols_table_enable_noheadings(table, 1);
    scols_table_enable_colors(table, lyncadm_colours(STDOUT_FILENO));
    scols_table_new_column(table, "column", 0, 0);
    scols_table_new_column(table, "value", 0, 0);
    for (i = 0; i < rows->rows->nelts; ++i) {
        for (j = 0; j < rows->columns->nelts; ++j) {
            struct libscols_line *line = scols_table_new_line(table, NULL);

            scols_line_set_data(line, 0, APR_ARRAY_IDX(rows->columns, j, column_t).name);
            set_cell(line, 1, rows, i, j);
        }
    }
    rc = scols_print_table(table);
    scols_unref_table(table);
    return rc == 0;
}

const lync_err_t *lyncadm_rows_print(lyncadm_t *adm, const lyncadm_rows_t *rows, int upright)
{
    int printed = 0;
    json_t *array;

    lyncadm_progress_hide();
    switch (adm->format) {
    case LYNCADM_JSON:
        array = json_array();
        append_json(array, rows);
        printed = print_array(adm, array);
        break;
    case LYNCADM_TSV:
        printed = print_tsv(rows);
        break;
    case LYNCADM_TABLE:
        printed = upright ? print_upright(rows) : print_table(rows);
        break;
    }
    return printed ? NULL : lync_err(adm->pool, "cannot write to standard output");
}

const lync_err_t *lyncadm_tables_print(lyncadm_t *adm, const apr_array_header_t *tables,
                                       const apr_array_header_t *headings)
{
    json_t *array = json_array();
    int i, printed;

    lyncadm_progress_hide();
    for (i = 0; adm->format == LYNCADM_JSON && i < tables->nelts; ++i)
        append_json(array, APR_ARRAY_IDX(tables, i, const lyncadm_rows_t *));
    if (adm->format == LYNCADM_JSON) {
        printed = print_array(adm, array);
        return printed ? NULL : lync_err(adm->pool, "cannot write to standard output");
    }
    json_decref(array);
    for (i = 0; i < tables->nelts; ++i) {
        const char *heading = APR_ARRAY_IDX(headings, i, const char *);

        if (i)
            putchar('\n');
        if (adm->format == LYNCADM_TABLE && heading)
            puts(heading);
        LYNC_TRY(lyncadm_rows_print(adm, APR_ARRAY_IDX(tables, i, const lyncadm_rows_t *), !heading));
    }
    return NULL;
}
