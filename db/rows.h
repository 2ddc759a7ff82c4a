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

/* Reads a file into a model of revision 0. Each value is held against its field's kind. */
const lync_err_t *lync_rows_read(lync_model_t **model, const char *path, apr_pool_t *p) LYNC_MUST_USE;

#endif
