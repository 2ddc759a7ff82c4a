#ifndef WATCH_H
#define WATCH_H

#include "lyncadm.h"

/* What a command shows again and again, until it is interrupted. */

/* Adds --every and --rounds. */
void lyncadm_watch_options(apr_array_header_t *options);

/* Prints a round. adm->pool is the round's own, adm->round its number. */
typedef const lync_err_t *lyncadm_round_t(lyncadm_t *adm, void *data);

/*
 * Runs rounds. On a terminal each takes the place of the one before, as much of it as fits; what is said meanwhile
 * is below. Elsewhere, and for programs, they follow each other. The error of the first is one, that of another is
 * what the round shows. SIGINT, SIGTERM and SIGHUP end it with LYNCADM_DONE, --rounds with the last one's adm->exit.
 */
const lync_err_t *lyncadm_watch(lyncadm_t *adm, lyncadm_round_t *round, void *data) LYNC_MUST_USE;

#endif
