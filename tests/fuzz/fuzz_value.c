/* A value for every field of every noun: what is accepted is stored so that it is accepted again
 * unchanged, and can stand in httpd's configuration. */

#include "fuzz.h"

#include <apr_strings.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lync.h"

static void try_field(const lync_noun_t *noun, const lync_field_t *field, const char *value, apr_pool_t *p)
{
    void *row = lync_row_new(p, noun);
    const lync_err_t *err = lync_row_set(p, noun, field, row, value);
    const char *stored, *c;

    if (err) {
        PROMISE(!strpbrk(err->sentence, "\r\n"));
        return;
    }
    stored = lync_row_get(p, field, row);
    PROMISE(*stored);
    for (c = stored; *c; ++c)
        PROMISE((unsigned char)*c >= 0x20 && *c != 0x7f);
    err = lync_row_set(p, noun, field, row, stored);
    PROMISE(!err);
    PROMISE(!strcmp(stored, lync_row_get(p, field, row)) || field->kind == LYNC_KIND_INT);
}

void fuzz_one(const uint8_t *data, size_t size, apr_pool_t *p)
{
    const char *value = apr_pstrmemdup(p, (const char *)data, size);
    const lync_field_t *field;
    int id;

    for (id = 0; id < LYNC_NOUNS; ++id) {
        for (field = lync_noun(id)->fields; field->name; ++field)
            try_field(lync_noun(id), field, value, p);
    }
}
