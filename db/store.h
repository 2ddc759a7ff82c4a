#ifndef LYNC_STORE_H
#define LYNC_STORE_H

#include "lync.h"

/* The store: one SQLite file (schema.sql). lyncadm writes it, the module and auditors read it. */

#define LYNC_SCHEMA_VERSION 1

typedef struct lync_store_t lync_store_t;       /* closed with its pool */

/* Creates the file (mode 0640; it must not exist) with the schema and nothing in it. */
const lync_err_t *lync_store_create(lync_store_t **store, const char *path, apr_pool_t *p) LYNC_MUST_USE;

/* Opens an existing store to read. A store of another schema version is refused: a newer one
 * with both versions, an older one with the command that migrates it. */
const lync_err_t *lync_store_open(lync_store_t **store, const char *path, apr_pool_t *p) LYNC_MUST_USE;

/* Opens to write, after it brought an older schema up to date (with a backup beside the file). */
const lync_err_t *lync_store_open_write(lync_store_t **store, const char *path, apr_pool_t *p) LYNC_MUST_USE;

/* The file name. */
const char *lync_store_path(const lync_store_t *store);

/* One write transaction, BEGIN IMMEDIATE; two at once wait for each other up to 5 s. A store
 * whose pool goes before the commit is as it was. */
const lync_err_t *lync_store_begin(lync_store_t *store, apr_pool_t *p) LYNC_MUST_USE;
const lync_err_t *lync_store_commit(lync_store_t *store, apr_pool_t *p) LYNC_MUST_USE;
const lync_err_t *lync_store_rollback(lync_store_t *store, apr_pool_t *p) LYNC_MUST_USE;

/* The active revision; 0: none was applied yet. */
const lync_err_t *lync_store_active(lync_store_t *store, int *revision, apr_pool_t *p) LYNC_MUST_USE;

/* Makes a revision the active one. Within a transaction. */
const lync_err_t *lync_store_activate(lync_store_t *store, int revision, apr_pool_t *p) LYNC_MUST_USE;

/* How lyncadm reaches httpd: the command before "-t" and "-k graceful" ("apachectl",
 * "apache2 -f /etc/…"). NULL: not set. */
const lync_err_t *lync_store_control(lync_store_t *store, const char **control, apr_pool_t *p) LYNC_MUST_USE;
const lync_err_t *lync_store_set_control(lync_store_t *store, const char *control, apr_pool_t *p) LYNC_MUST_USE;

/* Reads a whole revision into p. A value that is not of its field's kind is an error that names
 * store, table and row; a revision that does not exist is one too. */
const lync_err_t *lync_store_read(lync_store_t *store, int revision, lync_model_t **model,
                                  apr_pool_t *p) LYNC_MUST_USE;

/* Writes to the draft, within a transaction. Insert refuses a key that is there; update and
 * remove one that is not. Remove of what others refer to names one of them. */
const lync_err_t *lync_store_insert(lync_store_t *store, const lync_noun_t *noun, const void *row,
                                    apr_pool_t *p) LYNC_MUST_USE;
const lync_err_t *lync_store_update(lync_store_t *store, const lync_noun_t *noun, const void *row,
                                    apr_pool_t *p) LYNC_MUST_USE;
const lync_err_t *lync_store_remove(lync_store_t *store, const lync_noun_t *noun, const void *row,
                                    apr_pool_t *p) LYNC_MUST_USE;

/* What a revision is besides its rows. */
typedef struct lync_revision_t {
    int number;
    const char *created;        /* ISO 8601, UTC */
    const char *author;         /* login name */
    const char *reason;         /* -m, or NULL */
} lync_revision_t;

/* Copies the draft to a new revision, immutable from then on. Within a transaction. */
const lync_err_t *lync_revision_create(lync_store_t *store, const char *author, const char *reason,
                                       int *number, apr_pool_t *p) LYNC_MUST_USE;

/* Whether the draft differs from a revision in any row. */
const lync_err_t *lync_revision_draft_differs(lync_store_t *store, int revision, int *differs,
                                              apr_pool_t *p) LYNC_MUST_USE;

/* A revision's row. */
const lync_err_t *lync_revision_read(lync_store_t *store, int number, lync_revision_t **revision,
                                     apr_pool_t *p) LYNC_MUST_USE;

#endif
