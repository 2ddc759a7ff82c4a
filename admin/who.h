#ifndef WHO_H
#define WHO_H

#include "lyncadm.h"

/* Each write of the store says who, from where and why. */

/* Options of commands that write; of those that depend on the draft, --if-revision too. */
void lyncadm_write_options(apr_array_header_t *options);
void lyncadm_edit_options(apr_array_header_t *options);

/* Refuses a message of several lines and an --if-revision that is no number, as used wrongly. */
const lync_err_t *lyncadm_edit_given(lyncadm_t *adm) LYNC_MUST_USE;

/* Begins a transaction whose change says who runs this command; reason NULL: what -m says. For an edit, a
 * draft that is not at --if-revision is an error. */
const lync_err_t *lyncadm_begin(lyncadm_t *adm, lync_store_t *store, const char *reason) LYNC_MUST_USE;
const lync_err_t *lyncadm_begin_edit(lyncadm_t *adm, lync_store_t *store) LYNC_MUST_USE;

/* Who is named as a revision's author: who called sudo, or who logged in. */
const char *lyncadm_author(apr_pool_t *p);

#endif
