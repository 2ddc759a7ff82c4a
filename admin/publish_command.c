#include <stdlib.h>
#include <string.h>

#include "publish.h"
#include "who.h"

/* The publish commands: one for each deployment of templates/publish/deployments.json. */

static void host_options(apr_array_header_t *options)
{
    const lync_noun_t *noun = lync_noun(LYNC_POOL);

    lyncadm_option(options, "to", "HOST", "a server of the pool, or the balancer in front of it; repeatable");
    APR_ARRAY_IDX(options, options->nelts - 1, lyncadm_option_t).is_list = 1;
    lyncadm_option(options, "name", "HOST", "name of the pool (the first --to unless given)");
    lyncadm_option(options, "release", "RELEASE", "publish what this release has (all releases unless given)");
    lyncadm_option(options, "listener", "NAME", "listener that publishes (the only https one unless given)");
    lyncadm_option_fields(options, noun, 0);
}

static void url_options(apr_array_header_t *options)
{
    lyncadm_option(options, "via", "POOL", "pool that answers: the Director if there is one");
    lyncadm_option(options, "domain", "DOMAIN", "SIP domain that it belongs to (guessed from the host unless given)");
    lyncadm_option(options, "listener", "NAME", "listener that publishes (the only https one unless given)");
}

static void domain_options(apr_array_header_t *options)
{
    lyncadm_option(options, "via", "POOL", "pool that answers: the Director if there is one");
    lyncadm_option(options, "http", NULL, "in clear text too, for names that the certificate lacks");
    lyncadm_option(options, "http-only", NULL, "in clear text only");
    lyncadm_option(options, "listener", "NAME", "https listener (the only one unless given)");
    lyncadm_option(options, "http-listener", "NAME", "http listener (the only one unless given)");
}

static const struct {
    const char *subject, *synopsis;
    void (*options)(apr_array_header_t *options);
    lyncadm_run_t *run;
} subjects[] = {
    { "host", "HOST --to HOST --ca FILE [option ...]", host_options, lyncadm_publish_pool },
    { "url", "KIND URL --via POOL [option ...]", url_options, lyncadm_publish_url },
    { "domain", "DOMAIN --via POOL [option ...]", domain_options, lyncadm_publish_domain },
};

static void add_command(apr_array_header_t *commands, const json_t *deployment)
{
    lyncadm_command_t *command = apr_array_push(commands);
    apr_size_t i = 0;

    while (i + 1 < sizeof(subjects) / sizeof(subjects[0])
           && strcmp(subjects[i].subject, lyncadm_json_text(deployment, "subject")))
        ++i;
    memset(command, 0, sizeof(*command));
    command->group = "publish";
    command->name = lyncadm_json_text(deployment, "name");
    command->synopsis = subjects[i].synopsis;
    command->help = lyncadm_json_text(deployment, "help");
    command->example = lyncadm_json_text(deployment, "example");
    command->run = subjects[i].run;
    command->deployment = deployment;
    command->options = apr_array_make(commands->pool, 24, sizeof(lyncadm_option_t));
    subjects[i].options(command->options);
    lyncadm_edit_options(command->options);
}

const json_t *lyncadm_publish_deployment(apr_pool_t *p, const char *name)
{
    json_t *deployment;
    size_t i;

    json_array_foreach(json_object_get(lyncadm_template(p, "deployments"), "publish"), i, deployment) {
        if (!strcmp(lyncadm_json_text(deployment, "name"), name))
            return deployment;
    }
    abort();                    /* a fault of the build */
}

void lyncadm_publish_commands(apr_array_header_t *commands)
{
    json_t *deployment;
    size_t i;

    json_array_foreach(json_object_get(lyncadm_template(commands->pool, "deployments"), "publish"), i, deployment) {
        add_command(commands, deployment);
    }
}
