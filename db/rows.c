#include "rows.h"

#include <apr_strings.h>
#include <string.h>

#define SIZE_LIMIT (16 * 1024 * 1024)

char *lync_rows_text(const lync_noun_t *noun, const apr_array_header_t *rows, apr_pool_t *p)
{
    apr_array_header_t *words = apr_array_make(p, 64, sizeof(const char *));
    const lync_field_t *field;
    int i;

    for (i = 0; i < rows->nelts; ++i) {
        APR_ARRAY_PUSH(words, const char *) = noun->name;
        for (field = noun->fields; field->name; ++field) {
            const char *value = lync_row_get(p, field, APR_ARRAY_IDX(rows, i, void *));

            if (!value)
                continue;
            APR_ARRAY_PUSH(words, const char *) = "\t";
            APR_ARRAY_PUSH(words, const char *) = field->name;
            APR_ARRAY_PUSH(words, const char *) = "=";
            APR_ARRAY_PUSH(words, const char *) = value;
        }
        APR_ARRAY_PUSH(words, const char *) = "\n";
    }
    return apr_array_pstrcat(p, words, '\0');
}

void lync_rows_write(apr_file_t *file, const lync_noun_t *noun, const void *row, apr_pool_t *p)
{
    apr_array_header_t *rows = apr_array_make(p, 1, sizeof(const void *));

    APR_ARRAY_PUSH(rows, const void *) = row;
    apr_file_puts(lync_rows_text(noun, rows, p), file);
}

static int read_row(lync_model_t *model, char *line, apr_pool_t *p)
{
    char *last, *word = apr_strtok(line, "\t", &last);
    const lync_noun_t *noun = word ? lync_noun_named(word) : NULL;
    void *row;

    if (!noun)
        return 0;
    row = lync_row_new(p, noun);
    for (word = apr_strtok(NULL, "\t", &last); word; word = apr_strtok(NULL, "\t", &last)) {
        char *value = strchr(word, '=');
        const lync_field_t *field;

        if (!value)
            return 0;
        *value++ = '\0';
        field = lync_field(noun, word);
        if (!field || lync_row_set(p, noun, field, row, value))
            return 0;
    }
    APR_ARRAY_PUSH(model->rows[noun->id], void *) = row;
    ((lync_row_t *)row)->rowid = model->rows[noun->id]->nelts;
    return 1;
}

static apr_status_t read_file(const char *path, char **text, apr_pool_t *p)
{
    apr_finfo_t info;
    apr_file_t *file;
    apr_status_t rv = apr_file_open(&file, path, APR_READ, APR_OS_DEFAULT, p);

    if (rv != APR_SUCCESS)
        return rv;
    rv = apr_file_info_get(&info, APR_FINFO_SIZE, file);
    if (rv == APR_SUCCESS && info.size > SIZE_LIMIT)
        rv = APR_ENOSPC;
    if (rv == APR_SUCCESS) {
        *text = apr_pcalloc(p, (apr_size_t)info.size + 1);
        rv = apr_file_read_full(file, *text, (apr_size_t)info.size, NULL);
    }
    apr_file_close(file);
    return rv;
}

lync_model_t *lync_rows_parse(char *text, apr_pool_t *p)
{
    lync_model_t *model = apr_pcalloc(p, sizeof(*model));
    char *last, *line;
    int id;

    for (id = 0; id < LYNC_NOUNS; ++id)
        model->rows[id] = apr_array_make(p, 4, sizeof(void *));
    for (line = apr_strtok(text, "\n", &last); line; line = apr_strtok(NULL, "\n", &last))
        if (!read_row(model, line, p))
            return NULL;
    return model;
}

const lync_err_t *lync_rows_read(lync_model_t **result, const char *path, apr_pool_t *p)
{
    char *text, reason[120];
    apr_status_t rv = read_file(path, &text, p);

    if (rv != APR_SUCCESS)
        return lync_err(p, "cannot read '%s': %s", path, apr_strerror(rv, reason, sizeof(reason)));
    *result = lync_rows_parse(text, p);
    return *result ? NULL : lync_err(p, "cannot read '%s': it was not written by this version of mod_lync", path);
}
