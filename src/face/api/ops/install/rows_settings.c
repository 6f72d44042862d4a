/* The rows of settings. */
#include "cloud/tenant/settings.h"
#include "face/api/ops/ops.h"
#include "face/api/ops/ops_rows.h"

#define SCOPE_PARAMS                                                                                       \
    {"tenant", PARAM_TENANT, false, false, false, "for this tenant (id or name)"},                         \
    {                                                                                                      \
        "org", PARAM_ORG, false, false, false, "for this organization's tenants; neither: for the account" \
    }

#define ABANDON_PARAM                                                                                               \
    {                                                                                                               \
        "abandon", PARAM_FLAG, false, false, false, "switch Endpoint off though devices are isolated: they stay so" \
    }

static const struct param settings_show_params[] = {
    {"name", PARAM_TEXT, true, false, false, "only this setting"}, SCOPE_PARAMS, PARAMS_END};
static const struct param settings_set_params[] = {
    {"name", PARAM_TEXT, true, true, false, "which setting"},
    {"value", PARAM_TEXT, true, true, false, "its value; docs/settings.md lists what may be"},
    SCOPE_PARAMS,
    ABANDON_PARAM,
    PARAMS_END};
static const struct param settings_unset_params[] = {
    {"name", PARAM_TEXT, true, true, false, "which setting"}, SCOPE_PARAMS, ABANDON_PARAM, PARAMS_END};
static const struct column setting_columns[] = {
    {"setting", "SETTING", TEXT}, {"value", "VALUE", TEXT},     {"from", "FROM", TEXT, WORDS(setting_level_names)},
    {"default", NULL, TEXT},      {"allowed", NULL, TEXT},      {"since", "SINCE", TIME | OR_NULL},
    {"by", "BY", TEXT | OR_NULL}, {"help", "WHAT IT IS", TEXT}, {0}};

const struct operation settings_operations[] = {
    {.name = "settings show",
     .one = {.rest = "/api/v1/settings/{name}", .key = "setting"},
     .rest = "GET /api/v1/settings",
     .help = "show what holds for the account, an organization or a tenant, and where each value comes from",
     .role = ROLE_VIEWER,
     .place = OP_INSTALLATION,
     .reach = REACH_NAMED,
     .params = settings_show_params,
     .run = op_settings_show,
     .list = "settings",
     .columns = setting_columns,
     .empty = "no settings",
     .more = "FROM: tenant, organization, account, or default. SINCE is never earlier than the value really began to "
             "hold there. --json also tells what is allowed."},
    {.name = "settings set",
     .readies = true,
     .rest = "PUT /api/v1/settings/{name}",
     .help = "set something for the account, an organization or a tenant",
     .role = ROLE_ADMIN,
     .place = OP_INSTALLATION,
     .reach = REACH_NAMED,
     .params = settings_set_params,
     .run = op_settings_set,
     .list = "settings",
     .columns = setting_columns,
     .empty = "no settings",
     .more = "A tenant's own value holds before its organization's, that before the account's. Each change is an entry "
             "in the audit trail."},
    {.name = "settings unset",
     .readies = true,
     .rest = "DELETE /api/v1/settings/{name}",
     .help = "take a setting back, so that the next wider level's value holds",
     .role = ROLE_ADMIN,
     .place = OP_INSTALLATION,
     .reach = REACH_NAMED,
     .params = settings_unset_params,
     .run = op_settings_unset,
     .list = "settings",
     .columns = setting_columns,
     .empty = "no settings"},
    ROWS_END};
