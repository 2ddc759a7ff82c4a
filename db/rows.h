#ifndef LYNC_ROWS_H
#define LYNC_ROWS_H

#include <apr_file_io.h>

#include "lync.h"

/* Rows in a file of text, for one start of httpd or program to leave to the next: a row a line,
 * "noun<tab>field=value<tab>…". */

/* What httpd serves, in its runtime directory beside LYNC_SERVED_FILE. */
#define LYNC_NAMES_FILE "lync.names"

/* Appends a row; an error shows when the file is closed. */
void lync_rows_write(apr_file_t *file, const lync_noun_t *noun, const void *row, apr_pool_t *p);

/* Rows as such lines, in p; and back, into a model of revision 0 whose rows are numbered: it changes the text, and is
 * NULL when that is not what was written. */
char *lync_rows_text(const lync_noun_t *noun, const apr_array_header_t *rows, apr_pool_t *p);
lync_model_t *lync_rows_parse(char *text, apr_pool_t *p);

/* Reads a file into such a model. Each value is held against its field's kind. */
const lync_err_t *lync_rows_read(lync_model_t **model, const char *path, apr_pool_t *p) LYNC_MUST_USE;

#endif
