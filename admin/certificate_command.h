#ifndef LYNCADM_CERTIFICATE_COMMAND_H
#define LYNCADM_CERTIFICATE_COMMAND_H

#include "bundle.h"
#include "deposit.h"
#include "lyncadm.h"

/* What lyncadm does with certificates besides the five verbs of every noun. */

/* Adds the commands. */
void lyncadm_certificate_commands(apr_array_header_t *commands);

/* certificate_import.c */

/* Files on their way to a row. */
typedef struct import_t {
    bundle_t *bundle;
    deposit_t *deposit;
    lync_certificate_t row;
    apr_array_header_t *spare;  /* of const char *: subjects of certificates that were not needed */
} import_t;

lyncadm_run_t lyncadm_certificate_import;
void lyncadm_certificate_import_options(apr_array_header_t *options);

/* A new one for a row of this name. */
import_t *lyncadm_certificate_importing(lyncadm_t *adm, const char *name);

/* Reads files (absolute names), lays down what is in them, and fills the row. */
const lync_err_t *lyncadm_certificate_take(import_t *import, const apr_array_header_t *files) LYNC_MUST_USE;

/* Adds the row to the draft, or changes the one of its name. */
const lync_err_t *lyncadm_certificate_put(lyncadm_edit_t *edit, const import_t *import) LYNC_MUST_USE;

/* Takes what was laid down away again when there is an error, or for --dry-run; passes err on. */
const lync_err_t *lyncadm_certificate_undo(const lyncadm_t *adm, deposit_t *deposit,
                                           const lync_err_t *err) LYNC_MUST_USE;

/* certificate_managed.c */

lyncadm_run_t lyncadm_certificate_managed;
void lyncadm_managed_options(apr_array_header_t *options);

/* certificate_refresh.c */

lyncadm_run_t lyncadm_certificate_refresh;
void lyncadm_certificate_refresh_options(apr_array_header_t *options);

/* The files of certificate.source, of const char *; in p. */
apr_array_header_t *lyncadm_certificate_source(const lync_certificate_t *certificate, apr_pool_t *p);

/* certificate_show.c */

lyncadm_run_t lyncadm_certificate_show;

#endif
