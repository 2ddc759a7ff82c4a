#ifndef PROGRESS_H
#define PROGRESS_H

/* How far long work is: a line on stderr, when that is a terminal and the work lasts. There is one, of what was begun
 * last; whatever else is written takes it away first. */

#define LYNCADM_RULE_BOOK "going through the rule book"

/* Begins work: what it is in some words, which are kept ("writing rows"), and of how many steps; 0: nobody knows. */
void lyncadm_progress_begin(const char *what, int total);

/* So many more steps are done; 0: it goes on. Cheap enough for each of many. */
void lyncadm_progress_step(int more);

/* Takes the line away, before something else is written; the work may go on. */
void lyncadm_progress_hide(void);

/* The same, and the work is over. */
void lyncadm_progress_end(void);

/* From here on the terminal and its signals are somebody else's: nothing is told. */
void lyncadm_progress_off(void);

/* What the store tells of its work: a lync_progress_fn. */
void lyncadm_progress_told(const char *what, int done, int total);

#endif
