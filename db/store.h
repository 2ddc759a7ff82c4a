#ifndef LYNC_STORE_H
#define LYNC_STORE_H

#include <apr_time.h>

#include "lync.h"
#include "lasting.h"

/* The store: one SQLite file (schema.sql). lyncadm writes it, the module and auditors read it. */

#define LYNC_SCHEMA_VERSION 2

/* The oldest version whose revisions can be served without a migration: its nouns are the same. */
#define LYNC_SCHEMA_SERVED 1

typedef struct lync_store_t lync_store_t;       /* closed with its pool */

/* Creates the file (mode 0640; it must not exist) with the schema and nothing in it. */
const lync_err_t *lync_store_create(lync_store_t **store, const char *path, apr_pool_t *p) LYNC_MUST_USE;

/* Opens an existing store to read. A newer schema version is refused with both versions, one older
 * than LYNC_SCHEMA_SERVED with the command that migrates it. */
const lync_err_t *lync_store_open(lync_store_t **store, const char *path, apr_pool_t *p) LYNC_MUST_USE;

/* The same for a glance: waits a moment at most for another process, and mends nothing that one left half written. */
const lync_err_t *lync_store_glance(lync_store_t **store, const char *path, apr_pool_t *p) LYNC_MUST_USE;

/* Opens to write, after it brought an older schema up to date (with a backup beside the file). */
const lync_err_t *lync_store_open_write(lync_store_t **store, const char *path, apr_pool_t *p) LYNC_MUST_USE;

/* The same for a copy of a store: there is no backup of what was migrated. */
const lync_err_t *lync_store_open_copy(lync_store_t **store, const char *path, apr_pool_t *p) LYNC_MUST_USE;

/* Has somebody told of what lasts in the store. */
void lync_store_progress(lync_store_t *store, lync_progress_fn *progress);

/* The file name. */
const char *lync_store_path(const lync_store_t *store);

/* Who changes the store, and why. */
typedef struct lync_change_t {
    int id;                     /* 1, 2, …; given by the store */
    const char *time;           /* ISO 8601, UTC; NULL: now */
    const char *login;          /* who logged in */
    const char *sudo;           /* who called sudo, or NULL */
    const char *origin;         /* host and terminal that the login came from, or NULL */
    const char *command;        /* command line without secrets */
    const char *reason;         /* -m, or NULL */
} lync_change_t;

/* One write transaction and its audited change, BEGIN IMMEDIATE; writers wait for each other and for
 * readers up to 20 s; that another file took the store's place meanwhile is an error. A change that wrote
 * nothing leaves no trace; a store whose pool goes before the commit is as it was. */
const lync_err_t *lync_store_begin(lync_store_t *store, const lync_change_t *change, apr_pool_t *p) LYNC_MUST_USE;
const lync_err_t *lync_store_commit(lync_store_t *store, apr_pool_t *p) LYNC_MUST_USE;
const lync_err_t *lync_store_rollback(lync_store_t *store, apr_pool_t *p) LYNC_MUST_USE;

/* The last change of the draft; 0: none. It moves on with every edit, not with an apply. */
const lync_err_t *lync_store_draft_change(lync_store_t *store, int *change, apr_pool_t *p) LYNC_MUST_USE;

/* The active revision; 0: none was applied yet. */
const lync_err_t *lync_store_active(lync_store_t *store, int *revision, apr_pool_t *p) LYNC_MUST_USE;

/* Makes a revision the active one. Within a transaction. */
const lync_err_t *lync_store_activate(lync_store_t *store, int revision, apr_pool_t *p) LYNC_MUST_USE;

/* How lyncadm reaches httpd: the command before "-t" and "-k graceful" ("apachectl",
 * "apache2 -f /etc/…"). NULL: not set. It is set within a transaction. */
const lync_err_t *lync_store_control(lync_store_t *store, const char **control, apr_pool_t *p) LYNC_MUST_USE;
const lync_err_t *lync_store_set_control(lync_store_t *store, const char *control, apr_pool_t *p) LYNC_MUST_USE;

/* A revision on trial: unless it is confirmed in time, the one before is served again. */
typedef struct lync_confirm_t {
    int revision, before;       /* before: 0, none was active */
    apr_time_t until;           /* whole seconds */
} lync_confirm_t;

/* NULL: none is. Set within a transaction; NULL ends the trial. */
const lync_err_t *lync_store_confirm(lync_store_t *store, lync_confirm_t **confirm, apr_pool_t *p) LYNC_MUST_USE;
const lync_err_t *lync_store_set_confirm(lync_store_t *store, const lync_confirm_t *confirm,
                                         apr_pool_t *p) LYNC_MUST_USE;

/* Says within a transaction what the store was restored from, and what it took the place of. */
const lync_err_t *lync_store_set_restored(lync_store_t *store, const char *text, apr_pool_t *p) LYNC_MUST_USE;

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
    int change;                 /* that made it; 0: not known */
    const char *seal;           /* hash of that change: set by lync_revision_read; NULL: not known */
    int changes;                /* of the draft since the revision before: set by lync_revision_list */
} lync_revision_t;

/* Copies the draft to a new revision, immutable from then on. Within a transaction. */
const lync_err_t *lync_revision_create(lync_store_t *store, const char *author, const char *reason,
                                       int *number, apr_pool_t *p) LYNC_MUST_USE;

/* Whether the draft differs from a revision in any row. */
const lync_err_t *lync_revision_draft_differs(lync_store_t *store, int revision, int *differs,
                                              apr_pool_t *p) LYNC_MUST_USE;

/* All revisions but the draft, of lync_revision_t *, oldest first. */
const lync_err_t *lync_revision_list(lync_store_t *store, apr_array_header_t **revisions, apr_pool_t *p) LYNC_MUST_USE;

/* A row that differs between two revisions. */
typedef struct lync_difference_t {
    const lync_noun_t *noun;
    void *before, *after;       /* NULL: it was added; it was removed */
} lync_difference_t;

/* What leads from a revision (LYNC_NOTHING: no rows at all) to another, of lync_difference_t, by noun
 * and key. */
#define LYNC_NOTHING (-1)
const lync_err_t *lync_revision_diff(lync_store_t *store, int from, int to, apr_array_header_t **differences,
                                     apr_pool_t *p) LYNC_MUST_USE;

/* The same between two models. */
apr_array_header_t *lync_model_diff(const lync_model_t *from, const lync_model_t *to, apr_pool_t *p);

/* Writes differences to the draft, within a transaction: rows may change places, and refer to each other in any order.
 * References to what is not there fail at the commit, in SQLite's words: the rule book finds them before. */
const lync_err_t *lync_store_write(lync_store_t *store, const apr_array_header_t *differences,
                                   apr_pool_t *p) LYNC_MUST_USE;

/* Makes the draft equal to a revision. Within a transaction. */
const lync_err_t *lync_revision_to_draft(lync_store_t *store, int revision, apr_pool_t *p) LYNC_MUST_USE;

/* A revision's row. */
const lync_err_t *lync_revision_read(lync_store_t *store, int number, lync_revision_t **revision,
                                     apr_pool_t *p) LYNC_MUST_USE;

#endif
