#include "terminal.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int lyncadm_terminal(int fd)
{
    const char *term = getenv("TERM");

    return term && *term && strcmp(term, "dumb") && isatty(fd);
}

int lyncadm_colours(int fd)
{
    const char *none = getenv("NO_COLOR");

    return (!none || !*none) && lyncadm_terminal(fd);
}
