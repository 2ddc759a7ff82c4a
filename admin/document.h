#ifndef DOCUMENT_H
#define DOCUMENT_H

#include "store.h"

/*
 * A revision as a text document: what export writes, import reads, and a revision's hash is taken of.
 * It depends on the revision's rows and on nothing else. Only db/ and jansson are needed here.
 */

/* The document of a model whose rows are in the order of the store. A text that is no UTF-8 is an error
 * that names its noun, row and field. */
const lync_err_t *lyncadm_document(const lync_model_t *model, const char **text, apr_pool_t *p) LYNC_MUST_USE;

/* SHA-256 of that document, in lower case hex, or of a revision's; NULL: there is none, a row is no good. */
const char *lyncadm_model_hash(const lync_model_t *model, apr_pool_t *p);
const char *lyncadm_revision_hash(lync_store_t *store, int revision, apr_pool_t *p);

/* Reads a document: name is what errors call it. Each value is validated as a person's, each row has a key of its
 * own; how rows fit together is for the rule book. The rows are in the document's order. */
const lync_err_t *lyncadm_document_read(const char *text, apr_size_t length, const char *name, lync_model_t **model,
                                        apr_pool_t *p) LYNC_MUST_USE;

#endif
