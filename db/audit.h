#ifndef LYNC_AUDIT_H
#define LYNC_AUDIT_H

#include "store.h"

/* The audit: what schema.sql says of the tables change and audit, read and verified. */

/* One row that a change wrote. */
typedef struct lync_entry_t {
    const lync_change_t *change;        /* entries of the same change share it */
    int seq;                    /* 1, 2, … within the change */
    const char *noun;           /* table of the draft, or revision, state or server_state */
    const char *key;            /* of the row, values separated by blanks */
    const char *before;         /* JSON object; NULL: there was none */
    const char *after;          /* JSON object; NULL: it was removed */
} lync_entry_t;

/* Which entries to read; NULL or 0: no limit. */
typedef struct lync_audit_filter_t {
    const char *since;          /* beginning of an ISO 8601 time, UTC: from there on */
    const char *until;          /* the same: all that begins with it included */
    const char *user;           /* who logged in or called sudo */
    const char *noun;
    int limit;                  /* the last so many changes */
} lync_audit_filter_t;

/* The entries that pass the filter, of lync_entry_t, oldest first. */
const lync_err_t *lync_audit_read(lync_store_t *store, const lync_audit_filter_t *filter, apr_array_header_t **entries,
                                  apr_pool_t *p) LYNC_MUST_USE;

/* Something that is not as lyncadm left it. */
typedef struct lync_breach_t {
    int change;                 /* 0: of the store as it is, not of the audit */
    int seq;                    /* 0: the change itself */
    const char *noun, *key;     /* of the row, or NULL */
    const char *message;
} lync_breach_t;

/* What a verification went through. */
typedef struct lync_verified_t {
    int changes, entries;
    int last;                   /* the last change; 0: none */
    const char *hash;           /* its hash: kept elsewhere, it proves later that nothing before it was touched */
    apr_array_header_t *breaches;       /* of lync_breach_t */
} lync_verified_t;

/* Recomputes the hash chain, looks for what is missing of it, and holds the draft, each revision and
 * the state against what the audit says they are. */
const lync_err_t *lync_audit_verify(lync_store_t *store, lync_verified_t *verified, apr_pool_t *p) LYNC_MUST_USE;

/* Proves that a store is whole: SQLite's integrity check and references; and then the audit. The error says what
 * is damaged or broken first. A schema older than the audit has nothing to verify of it. */
const lync_err_t *lync_store_whole(lync_store_t *store, apr_pool_t *p) LYNC_MUST_USE;
const lync_err_t *lync_store_intact(lync_store_t *store, lync_verified_t *verified, apr_pool_t *p) LYNC_MUST_USE;

/* Proves that a revision's rows are those that it was made with; the error names one that is not. */
const lync_err_t *lync_audit_revision(lync_store_t *store, int revision, apr_pool_t *p) LYNC_MUST_USE;

#endif
