#ifndef TERMINAL_H
#define TERMINAL_H

/* What may be written to a stream besides text. */

/* Whether it is a terminal that moves its cursor: TERM is set, and not to "dumb". */
int lyncadm_terminal(int fd);

/* The same of colours, which NO_COLOR (https://no-color.org), set and not empty, takes away. */
int lyncadm_colours(int fd);

#endif
