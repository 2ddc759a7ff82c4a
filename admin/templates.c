#include <apr_strings.h>
#include <stdlib.h>
#include <string.h>

#include "lyncadm.h"

/* The files of templates/publish/ as they are: what is wrong in them shows in the tests. */
static const char services[] = {
#include "services.json.h"
    , 0
};
static const char profiles[] = {
#include "profiles.json.h"
    , 0
};
static const char tls[] = {
#include "tls.json.h"
    , 0
};
static const char deployments[] = {
#include "deployments.json.h"
    , 0
};
static const char plan[] = {
#include "plan.json.h"
    , 0
};
static const char topology[] = {
#include "topology.json.h"
    , 0
};
static const char verify[] = {
#include "verify.json.h"
    , 0
};
static const char discovery[] = {
#include "discovery.json.h"
    , 0
};
static const char apache[] = {
#include "apache.json.h"
    , 0
};

static const struct {
    const char *name, *text;
} files[] = {
    { "services", services },
    { "profiles", profiles },
    { "tls", tls },
    { "deployments", deployments },
    { "plan", plan },
    { "topology", topology },
    { "apache", apache },
    { "discovery", discovery },
    { "verify", verify },
};

static apr_status_t release(void *json)
{
    json_decref(json);
    return APR_SUCCESS;
}

/* Each is parsed once a run, from what was built in: a fault is a fault of the build. */
const json_t *lyncadm_template(apr_pool_t *p, const char *name)
{
    void *json = NULL;
    apr_size_t i;

    apr_pool_userdata_get(&json, name, p);
    if (json)
        return json;
    for (i = 0; !json && i < sizeof(files) / sizeof(files[0]); ++i) {
        if (!strcmp(files[i].name, name))
            json = json_loads(files[i].text, 0, NULL);
    }
    if (!json)
        abort();
    apr_pool_userdata_setn(json, name, release, p);
    return json;
}

const char *lyncadm_json_text(const json_t *object, const char *name)
{
    return json_string_value(json_object_get(object, name));
}

int lyncadm_json_has(const json_t *list, const char *word)
{
    json_t *one;
    size_t i;

    json_array_foreach(list, i, one) {
        if (word && !strcasecmp(json_string_value(one), word))
            return 1;
    }
    return 0;
}

const lync_err_t *lyncadm_json_row(apr_pool_t *p, const lync_noun_t *noun, void *row, const json_t *object)
{
    const char *name;
    json_t *value;

    json_object_foreach((json_t *)object, name, value) {
        const lync_field_t *field = lync_field(noun, name);

        if (field)
            LYNC_TRY(lync_row_set(p, noun, field, row, json_is_integer(value)
                                  ? apr_itoa(p, (int)json_integer_value(value))
                                  : json_string_value(value)));
    }
    return NULL;
}

const char *lyncadm_default_policy(apr_pool_t *p)
{
    const json_t *policies = lyncadm_template(p, "tls");
    json_t *policy;
    size_t i;

    json_array_foreach(policies, i, policy) {
        if (json_is_true(json_object_get(policy, "default")))
            return lyncadm_json_text(policy, "name");
    }
    return NULL;
}
