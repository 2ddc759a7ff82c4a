#ifndef LYNC_LASTING_H
#define LYNC_LASTING_H

/* Is told how far long work is: what in some words that are kept, and how many steps of it are done; total 0: nobody
 * knows of how many. what NULL: the same work goes on. Called often: each row, each millisecond or two. */
typedef void lync_progress_fn(const char *what, int done, int total);

#endif
