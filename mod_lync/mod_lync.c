#include "mod_lync.h"

/* The table of contents. */

static void register_hooks(apr_pool_t *p)
{
    lync_config_register(p);
    lync_isolate_register(p);
    lync_sni_register(p);
    lync_head_register(p);
    lync_spare_register(p);
    lync_request_register(p);
    lync_balancer_register(p);
    lync_answer_register(p);
    lync_probe_register(p);
    lync_ending_register(p);
    lync_handshake_register(p);
    lync_field_register(p);
    lync_piece_register(p);
    lync_away_register(p);
    lync_session_register(p);
    lync_pin_register(p);
    lync_generation_register(p);
    lync_restart_register(p);
    lync_retire_register(p);
    lync_operate_register(p);
    lync_kept_register(p);
    lync_good_register(p);
    lync_names_register(p);
    lync_count_register(p);
    lync_status_register(p);
    lync_mpm_register(p);
}

/* Written out, because AP_DECLARE_MODULE repeats the APLOG_USE_MODULE of mod_lync.h. */
module AP_MODULE_DECLARE_DATA __attribute__((visibility("default"))) lync_module = {
    STANDARD20_MODULE_STUFF,
    NULL,
    NULL,
    lync_config_create,
    lync_config_merge,
    lync_commands,
    register_hooks,
    AP_MODULE_FLAG_NONE
};
