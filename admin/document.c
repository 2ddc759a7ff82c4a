#include "document.h"

#include <apr_hash.h>
#include <apr_strings.h>
#include <jansson.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "hash.h"
#include "progress.h"

/* The head. A version that means anything differently, or has nouns more, has another number. */
#define FORMAT_KEY "format"
#define FORMAT_NAME "lyncadm-export"
#define VERSION_KEY "version"
#define FORMAT_VERSION 1

/* Writing: a row a line, so that two documents compare line by line. */

static json_t *value_of(const lync_field_t *field, const char *value)
{
    return field->kind == LYNC_KIND_INT ? json_integer(atoi(value)) : json_string(value);
}

static const lync_err_t *fill_object(json_t *object, const lync_noun_t *noun, const void *row, apr_pool_t *p)
{
    const lync_field_t *field;

    for (field = noun->fields; field->name; ++field) {
        const char *value = lync_row_get(p, field, row);

        if (value && json_object_set_new(object, field->name, value_of(field, value)))
            return lync_err(p, "%s '%s': %s is no UTF-8, which a document must be: 'lyncadm %s set' can change it",
                            noun->name, lync_row_label(p, noun, row), field->name, noun->name);
    }
    return NULL;
}

/* "    {…}" */
static const lync_err_t *row_line(const lync_noun_t *noun, const void *row, const char **line, apr_pool_t *p)
{
    json_t *object = json_object();
    const lync_err_t *err = fill_object(object, noun, row, p);
    char *text = err ? NULL : json_dumps(object, 0);

    json_decref(object);
    if (text)
        *line = apr_pstrcat(p, "    ", text, NULL);
    free(text);
    return err;
}

static const lync_err_t *add_noun(apr_array_header_t *lines, const lync_noun_t *noun, const apr_array_header_t *rows,
                                  apr_pool_t *p)
{
    int i;

    APR_ARRAY_PUSH(lines, const char *) = apr_psprintf(p, ",\n  \"%s\": [", noun->name);
    for (i = 0; i < rows->nelts; ++i) {
        const char *line = "";

        LYNC_TRY(row_line(noun, APR_ARRAY_IDX(rows, i, const void *), &line, p));
        APR_ARRAY_PUSH(lines, const char *) = i ? ",\n" : "\n";
        APR_ARRAY_PUSH(lines, const char *) = line;
    }
    APR_ARRAY_PUSH(lines, const char *) = rows->nelts ? "\n  ]" : "]";
    return NULL;
}

const lync_err_t *lyncadm_document(const lync_model_t *model, const char **text, apr_pool_t *p)
{
    apr_array_header_t *lines = apr_array_make(p, 64, sizeof(const char *));
    int id;

    APR_ARRAY_PUSH(lines, const char *) = apr_psprintf(p, "{\n  \"" FORMAT_KEY "\": \"" FORMAT_NAME "\",\n  \""
                                                       VERSION_KEY "\": %d", FORMAT_VERSION);
    for (id = 0; id < LYNC_NOUNS; ++id)
        LYNC_TRY(add_noun(lines, lync_noun(id), model->rows[id], p));
    APR_ARRAY_PUSH(lines, const char *) = "\n}\n";
    *text = apr_array_pstrcat(p, lines, 0);
    return NULL;
}

const char *lyncadm_model_hash(const lync_model_t *model, apr_pool_t *p)
{
    char *hash = apr_palloc(p, LYNC_HASH_SIZE);
    const lync_err_t *err;
    const char *text;
    apr_pool_t *inner;

    apr_pool_create(&inner, p);
    err = lyncadm_document(model, &text, inner);
    if (!err)
        err = lync_hash(hash, text, inner);
    apr_pool_destroy(inner);
    return err ? NULL : hash;
}

const char *lyncadm_revision_hash(lync_store_t *store, int revision, apr_pool_t *p)
{
    const char *hash = NULL;
    lync_model_t *model;
    apr_pool_t *inner;

    apr_pool_create(&inner, p);
    if (!lync_store_read(store, revision, &model, inner))
        hash = apr_pstrdup(p, lyncadm_model_hash(model, inner));
    apr_pool_destroy(inner);
    return hash;
}

/* Reading. */

typedef struct reader_t {
    const char *name;           /* of the document, for errors */
    apr_pool_t *pool;
    const lync_noun_t *noun;    /* being read */
    const char *row;            /* "row 'external'" */
} reader_t;

static const lync_err_t *__attribute__((format(printf, 2, 3))) bad(const reader_t *reader, const char *format, ...)
{
    const char *sentence;
    va_list args;

    va_start(args, format);
    sentence = apr_pvsprintf(reader->pool, format, args);
    va_end(args);
    if (!reader->noun)
        return lync_err(reader->pool, "document '%s': %s", reader->name, sentence);
    return lync_err(reader->pool, "document '%s', %s: %s: %s", reader->name, reader->row, reader->noun->name, sentence);
}

static const char *integer_text(const json_t *value, apr_pool_t *p)
{
    return apr_psprintf(p, "%" APR_INT64_T_FMT, (apr_int64_t)json_integer_value(value));
}

/* Who knows version 1 knows all of its nouns: one that is left out would be taken for "all go". */
static const lync_err_t *check_head(const reader_t *reader, const json_t *root)
{
    const char *format = json_string_value(json_object_get(root, FORMAT_KEY));
    const json_t *version = json_object_get(root, VERSION_KEY);
    int id;

    if (!format || strcmp(format, FORMAT_NAME))
        return bad(reader, "it is no export of lyncadm: " FORMAT_KEY " '" FORMAT_NAME "' is missing");
    if (!json_is_integer(version))
        return bad(reader, VERSION_KEY " is missing");
    if (json_integer_value(version) != FORMAT_VERSION)
        return bad(reader, "its " VERSION_KEY " %s is not %d, the one that this lyncadm reads",
                   integer_text(version, reader->pool), FORMAT_VERSION);
    for (id = 0; id < LYNC_NOUNS; ++id) {
        if (!json_is_array(json_object_get(root, lync_noun(id)->name)))
            return bad(reader, "noun '%s' is missing: an empty array says that there is none", lync_noun(id)->name);
    }
    return NULL;
}

static const lync_err_t *check_nouns(const reader_t *reader, json_t *root)
{
    const char *name;
    json_t *value;

    json_object_foreach(root, name, value) {
        const lync_noun_t *noun = lync_noun_named(name);

        if (strcmp(name, FORMAT_KEY) && strcmp(name, VERSION_KEY) && (!noun || strcmp(noun->name, name)))
            return bad(reader, "there is no noun '%s'", name);
    }
    return NULL;
}

static const lync_err_t *read_field(const reader_t *reader, const lync_field_t *field, const json_t *object, void *row)
{
    const json_t *value = json_object_get(object, field->name);
    const char *text = json_string_value(value);
    const lync_err_t *err;

    if (!value)
        return field->flags & LYNC_FIELD_REQUIRED && !field->initial ? bad(reader, "%s is missing", field->name) : NULL;
    if (field->kind == LYNC_KIND_INT)
        text = json_is_integer(value) ? integer_text(value, reader->pool) : NULL;
    if (!text)
        return bad(reader, "%s is no %s", field->name, field->kind == LYNC_KIND_INT ? "whole number"
                   : "text in quotes: what is not set is left out");
    err = lync_row_set(reader->pool, reader->noun, field, row, apr_pstrdup(reader->pool, text));
    return err ? lync_err(reader->pool, "document '%s', %s: %s", reader->name, reader->row, err->sentence) : NULL;
}

static const lync_err_t *check_members(const reader_t *reader, json_t *object)
{
    const char *name;
    json_t *value;

    json_object_foreach(object, name, value) {
        const lync_field_t *field = lync_field(reader->noun, name);

        if (!field || strcmp(field->name, name))
            return bad(reader, "there is no field '%s'", name);
    }
    return NULL;
}

/* The key first: errors of the other fields name the row by it. */
static const lync_err_t *read_row(reader_t *reader, json_t *object, void *row)
{
    const lync_field_t *field = reader->noun->fields;

    if (!json_is_object(object))
        return bad(reader, "it is no object");
    for (; field->flags & LYNC_FIELD_KEY; ++field)
        LYNC_TRY(read_field(reader, field, object, row));
    reader->row = apr_psprintf(reader->pool, "row '%s'", lync_row_label(reader->pool, reader->noun, row));
    LYNC_TRY(check_members(reader, object));
    for (; field->name; ++field)
        LYNC_TRY(read_field(reader, field, object, row));
    return NULL;
}

static const lync_err_t *read_noun(reader_t *reader, const json_t *array, apr_array_header_t *rows)
{
    apr_hash_t *seen = apr_hash_make(reader->pool);
    json_t *object;
    size_t i;

    json_array_foreach(array, i, object) {
        void *row = lync_row_new(reader->pool, reader->noun);

        reader->row = apr_psprintf(reader->pool, "row %d", (int)i + 1);
        LYNC_TRY(read_row(reader, object, row));
        if (apr_hash_get(seen, reader->row, APR_HASH_KEY_STRING))
            return bad(reader, "it is there twice");
        apr_hash_set(seen, reader->row, APR_HASH_KEY_STRING, row);
        APR_ARRAY_PUSH(rows, void *) = row;
        lyncadm_progress_step(1);
    }
    return NULL;
}

static const lync_err_t *read_root(reader_t *reader, json_t *root, lync_model_t *model)
{
    int id, count = 0;

    LYNC_TRY(check_head(reader, root));
    LYNC_TRY(check_nouns(reader, root));
    for (id = 0; id < LYNC_NOUNS; ++id)
        count += (int)json_array_size(json_object_get(root, lync_noun(id)->name));
    lyncadm_progress_begin("reading rows", count);
    for (id = 0; id < LYNC_NOUNS; ++id) {
        reader->noun = lync_noun(id);
        model->rows[id] = apr_array_make(reader->pool, 16, sizeof(void *));
        LYNC_TRY(read_noun(reader, json_object_get(root, reader->noun->name), model->rows[id]));
    }
    return NULL;
}

const lync_err_t *lyncadm_document_read(const char *text, apr_size_t length, const char *name, lync_model_t **model,
                                        apr_pool_t *p)
{
    reader_t reader = { .name = name, .pool = p };
    const lync_err_t *err;
    json_error_t error;
    json_t *root = json_loadb(text, length, JSON_REJECT_DUPLICATES, &error);

    if (!root)
        return lync_err(p, "document '%s', line %d: %s", name, error.line, error.text);
    *model = apr_pcalloc(p, sizeof(**model));
    err = read_root(&reader, root, *model);
    json_decref(root);
    return err;
}
