#ifndef APPLY_H
#define APPLY_H

#include "control.h"

/* What apply, rollback, confirm and restore are made of. */

/* lock.c: one apply or rollback at a time, and what a killed one left undone */

typedef struct lyncadm_lock_t lyncadm_lock_t;

/* Takes the lock, or says which process has it; wait: for ever. It goes with the process; lyncadm_unlock() also
 * forgets what was noted. */
const lync_err_t *lyncadm_lock(lyncadm_t *adm, int wait, lyncadm_lock_t **lock) LYNC_MUST_USE;
void lyncadm_unlock(lyncadm_lock_t *lock);

/* Notes what is about to be done to the store, for who comes after a kill. */
const lync_err_t *lyncadm_lock_note(lyncadm_lock_t *lock, const char *verb, int revision) LYNC_MUST_USE;

/* What an apply or rollback that was killed left undone, as a sentence with a remedy; NULL: nothing. */
const char *lyncadm_left(lyncadm_t *adm, lync_store_t *store);

/* confirm.c: revisions on trial */

lyncadm_run_t lyncadm_confirm;

/* Seconds of "90", "90s", "5m" or "1h". */
const lync_err_t *lyncadm_confirm_given(lyncadm_t *adm, const char *text, int *seconds) LYNC_MUST_USE;

/* The error that a trial keeps another revision from being applied. */
const lync_err_t *lyncadm_trial_refusal(const lync_confirm_t *trial, apr_pool_t *p) LYNC_MUST_USE;

/* Starts the process that brings the revision before back unless the trial is confirmed in time. */
const lync_err_t *lyncadm_confirm_watch(lyncadm_t *adm, const char *control) LYNC_MUST_USE;

/* The time of a trial is over: the revision before becomes active and is served again. *ended, which the caller has made
 * 0: it is active; what is left is to have it served, by calling this again when it could not be. When it is 0 without an
 * error somebody else has ended the trial, or made another revision active since. */
const lync_err_t *lyncadm_expire(lyncadm_t *adm, lync_store_t *store, const lync_confirm_t *trial, int *ended) LYNC_MUST_USE;

/* probe.c: whether clients get to a revision, asked over its listeners. Nobody is asked with --no-probe and when httpd
 * does not run. */

typedef struct lyncadm_probe_t lyncadm_probe_t;

/* Which pools answer, while the revision is served from which apply sets out (0: none). */
const lync_err_t *lyncadm_probe_before(lyncadm_t *adm, lync_store_t *store, const lyncadm_httpd_t *httpd, int revision,
                                       lyncadm_probe_t **probe) LYNC_MUST_USE;

/* After the reload, when a generation serves the revision. The error says which listener answers whom with
 * what instead, or which pool has ceased to answer; what is no reason to go back is a warning. */
const lync_err_t *lyncadm_probe_after(lyncadm_t *adm, lync_store_t *store, const lyncadm_httpd_t *httpd, int revision,
                                      const lyncadm_probe_t *probe) LYNC_MUST_USE;

#endif
