#include "certificate_command.h"

#include <string.h>

#include "request.h"

/* The commands of certificates that other nouns do not have. */

static const struct {
    const char *name, *synopsis, *help, *example;
    void (*options)(apr_array_header_t *options);
    lyncadm_run_t *run;
} table[] = {
    { "request", "[--output FILE] [option ...]", "make a key, and the request that a CA wants: for the names that the "
      "draft's https listeners publish, but those that another certificate is bound for", "--output external.csr",
      request_options, lyncadm_certificate_request },
    { "import", "FILE ... --name NAME | --pool POOL [option ...]", "take over files as administrators have them (PEM, "
      "DER, .p7b, .pfx; leaf, chain and key in any order), or trust anchors of a pool", "external.pem --name partner",
      lyncadm_certificate_import_options, lyncadm_certificate_import },
    { "managed", "HOST ... [--name NAME] [option ...]", "have mod_md get and renew the certificate of these hosts",
      "webext.fabrikam.com meet.fabrikam.com --name fabrikam", lyncadm_managed_options, lyncadm_certificate_managed },
    { "refresh", "[NAME ...] [option ...]", "take over what another tool has put in the place of a certificate's files "
      "(all unless named)", "external", lyncadm_certificate_refresh_options, lyncadm_certificate_refresh },
};

void lyncadm_certificate_commands(apr_array_header_t *commands)
{
    apr_size_t i;

    for (i = 0; i < sizeof(table) / sizeof(table[0]); ++i) {
        lyncadm_command_t *command = apr_array_push(commands);

        memset(command, 0, sizeof(*command));
        command->group = lync_noun(LYNC_CERTIFICATE)->name;
        command->name = table[i].name;
        command->synopsis = table[i].synopsis;
        command->help = table[i].help;
        command->example = table[i].example;
        command->run = table[i].run;
        command->noun = lync_noun(LYNC_CERTIFICATE);
        command->options = apr_array_make(commands->pool, 8, sizeof(lyncadm_option_t));
        table[i].options(command->options);
    }
}
