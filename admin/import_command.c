#include <string.h>

#include "apache_plan.h"
#include "import.h"
#include "topology.h"
#include "who.h"

/* The ways to import: of an export by no word, of other documents by theirs. */

static void document_options(apr_array_header_t *options)
{
    lyncadm_option(options, "yes", NULL, "do not ask on a terminal");
}

static const struct {
    const char *group, *name, *synopsis, *help, *example;
    void (*options)(apr_array_header_t *options);
    lyncadm_run_t *run;
} table[] = {
    { NULL, "import", "FILE|- [-m REASON] [option ...]", "make the draft what a document of export says, in one change",
      "lync.json", document_options, lyncadm_import },
    { "import", "topology", "FILE|- --ca FILE [-m REASON] [option ...]", "publish what a Topology Builder file "
      "(*.tbxml) or the XML of Get-CsTopology -AsXml says, in one change", "topology.tbxml --ca root.pem",
      topology_options, lyncadm_import_topology },
    { "import", "apache", "FILE|DIRECTORY [--write] [-m REASON] [option ...]", "propose what a reverse proxy of httpd "
      "without mod_lync comes to, and tell what is dangerous of it", "lync.conf --ca root.pem", apache_options,
      lyncadm_import_apache },
};

void lyncadm_import_commands(apr_array_header_t *commands)
{
    apr_size_t i;

    for (i = 0; i < sizeof(table) / sizeof(table[0]); ++i) {
        lyncadm_command_t *command = apr_array_push(commands);

        memset(command, 0, sizeof(*command));
        command->group = table[i].group;
        command->name = table[i].name;
        command->synopsis = table[i].synopsis;
        command->help = table[i].help;
        command->example = table[i].example;
        command->run = table[i].run;
        command->options = apr_array_make(commands->pool, 16, sizeof(lyncadm_option_t));
        table[i].options(command->options);
        lyncadm_edit_options(command->options);
    }
}
