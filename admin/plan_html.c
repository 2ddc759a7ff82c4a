#include <apr_escape.h>
#include <apr_strings.h>
#include <string.h>

#include "iso.h"
#include "plan.h"

/* The page of templates/publish/plan.html, with the tables in it. Everything else goes through put(), which escapes. */

static const char page[] = {
#include "plan.html.h"
    , 0
};

static void put_raw(apr_array_header_t *text, const char *html)
{
    APR_ARRAY_PUSH(text, const char *) = html;
}

static void put(apr_array_header_t *text, const char *value)
{
    put_raw(text, apr_pescape_entity(text->pool, value ? value : "", 0));
}

static void put_column(apr_array_header_t *text, const char *name)
{
    char *copy = apr_pstrdup(text->pool, name), *c;

    for (c = copy; *c; ++c) {
        if (*c == '_')
            *c = ' ';
    }
    put_raw(text, "<th scope=\"col\">");
    put(text, copy);
    put_raw(text, "</th>");
}

/* The row's need and state are classes, for the style: words of the program, never of a person. */
static void put_row(apr_array_header_t *text, const lyncadm_rows_t *rows, int row)
{
    int j;

    put_raw(text, "<tr class=\"");
    for (j = 0; j < lyncadm_rows_width(rows); ++j) {
        const char *name = lyncadm_rows_cell(rows, -1, j), *value = lyncadm_rows_cell(rows, row, j);

        if (value && (!strcmp(name, "need") || !strcmp(name, "state"))) {
            put(text, value);
            put_raw(text, " ");
        }
    }
    put_raw(text, "\">");
    for (j = 0; j < lyncadm_rows_width(rows); ++j) {
        if (!lyncadm_rows_shown(rows, j))
            continue;
        put_raw(text, "<td class=\"");
        put(text, lyncadm_rows_cell(rows, -1, j));
        put_raw(text, "\">");
        put(text, lyncadm_rows_cell(rows, row, j));
        put_raw(text, "</td>");
    }
    put_raw(text, "</tr>\n");
}

static void put_table(apr_array_header_t *text, const lyncadm_rows_t *rows)
{
    int i;

    put_raw(text, "<table>\n<thead><tr>");
    for (i = 0; i < lyncadm_rows_width(rows); ++i) {
        if (lyncadm_rows_shown(rows, i))
            put_column(text, lyncadm_rows_cell(rows, -1, i));
    }
    put_raw(text, "</tr></thead>\n<tbody>\n");
    for (i = 0; i < lyncadm_rows_count(rows); ++i)
        put_row(text, rows, i);
    put_raw(text, "</tbody>\n</table>\n");
}

static void put_section(plan_t *plan, apr_array_header_t *text, const char *name, const lyncadm_rows_t *rows)
{
    const json_t *words = json_object_get(json_object_get(plan->words, "sections"), name);

    put_raw(text, "<section id=\"");
    put(text, name);
    put_raw(text, "\">\n<h2>");
    put(text, lyncadm_json_text(words, "title"));
    put_raw(text, "</h2>\n<p>");
    put(text, lyncadm_json_text(words, "text"));
    put_raw(text, "</p>\n");
    if (lyncadm_rows_empty(rows))
        put_raw(text, "<p>Nothing is planned yet.</p>\n");
    else
        put_table(text, rows);
    put_raw(text, "</section>\n");
}

static void put_sections(plan_t *plan, apr_array_header_t *text)
{
    put_section(plan, text, "data", plan_data(plan));
    put_section(plan, text, "certificates", plan_certificates(plan));
    put_section(plan, text, "trust", plan_trust(plan));
    put_section(plan, text, "ports", plan_ports(plan));
    put_section(plan, text, "dns", plan_dns(plan));
}

const char *plan_html(plan_t *plan, const char *made_from)
{
    apr_array_header_t *text = apr_array_make(plan->pool, 1024, sizeof(const char *));
    const char *rest = page, *mark;

    while ((mark = strstr(rest, "{{"))) {
        const char *end = strstr(mark, "}}") + 2;

        put_raw(text, apr_pstrndup(plan->pool, rest, mark - rest));
        if (!strncmp(mark, "{{revision}}", end - mark))
            put(text, made_from);
        else if (!strncmp(mark, "{{time}}", end - mark))
            put(text, apr_pstrndup(plan->pool, lync_iso(apr_time_now(), plan->pool), 10));
        else
            put_sections(plan, text);
        rest = end;
    }
    put_raw(text, rest);
    return apr_array_pstrcat(plan->pool, text, 0);
}
