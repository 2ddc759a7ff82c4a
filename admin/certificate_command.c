#include <string.h>

#include "request.h"

/* The commands of certificates that other nouns do not have. */

static lyncadm_command_t *command(apr_array_header_t *commands, const char *verb, const char *synopsis,
                                  const char *help, const char *example, lyncadm_run_t *run)
{
    lyncadm_command_t *command = apr_array_push(commands);

    memset(command, 0, sizeof(*command));
    command->noun = lync_noun(LYNC_CERTIFICATE);
    command->group = command->noun->name;
    command->name = verb;
    command->synopsis = synopsis;
    command->help = help;
    command->example = example;
    command->run = run;
    command->options = apr_array_make(commands->pool, 16, sizeof(lyncadm_option_t));
    return command;
}

void lyncadm_certificate_commands(apr_array_header_t *commands)
{
    lyncadm_command_t *c;

    c = command(commands, "request", "[--output FILE] [option ...]", "make a key, and the request that a CA wants: for "
                "the names that the draft's https listeners publish, but those that another certificate is bound for",
                "--output external.csr", lyncadm_certificate_request);
    request_options(c->options);
}
