#ifndef LYNCADM_IMPORT_H
#define LYNCADM_IMPORT_H

#include "lyncadm.h"

/* What all that import have in common: a document is read, the draft becomes what it says, a person is asked before. */

typedef struct lyncadm_import_t lyncadm_import_t;

struct lyncadm_import_t {
    const char *what;           /* of what kind the document is: "document" */
    const char *name;           /* of the file */
    void *data;                 /* of the functions */
    /* sets model; within a transaction, may run twice */
    const lync_err_t *(*wanted)(lyncadm_edit_t *edit, lyncadm_import_t *import);
    lync_model_t *model;        /* what the draft (edit->model) is to be */
    /* prints what was done; NULL: lyncadm_edit_tell */
    const lync_err_t *(*tell)(lyncadm_edit_t *edit, const lyncadm_import_t *import);
    int elsewhere;              /* the document may be of another host: files that lack are only warned of */
    const char *keep;           /* option that leaves what would be removed; NULL: what goes is not asked for, where
                                   there is no terminal */
    apr_array_header_t *differences;    /* from the draft, of lync_difference_t */
    int change;                 /* the draft's last when they were found; -1: they were not yet */
};

/* All of a file, or of standard input for "-", at most so many MB; a 0 follows. */
const lync_err_t *lyncadm_import_read(const char *name, int limit, char **text, apr_size_t *length,
                                      apr_pool_t *p) LYNC_MUST_USE;

/* Prints a plan: so many tables under their headings, those with rows only where a person reads; warnings first. */
const lync_err_t *lyncadm_import_tell(lyncadm_edit_t *edit, const lyncadm_rows_t *const *all,
                                      const char *const *headings, int count) LYNC_MUST_USE;

/* Makes the draft so in one change, and tells. On a terminal it asks before, unless --yes was given. */
const lync_err_t *lyncadm_import_run(lyncadm_t *adm, lyncadm_import_t *import) LYNC_MUST_USE;

#endif
