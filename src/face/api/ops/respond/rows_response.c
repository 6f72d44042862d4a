/* The rows of the response. */
#include "face/api/ops/ops.h"
#include "face/api/ops/ops_rows.h"
#include "logic/respond/facts.h"
#include "state/store/response.h"

/* clang-format off */
#define ID {"id", PARAM_TEXT, true, true, false, "its number, as response list has it"}
static const struct param response_list_params[] = {
    ONLY_TENANT, {"open", PARAM_FLAG, false, false, false, "only what is not over"}, PARAMS_END};
static const struct param response_show_params[] = {ID, PARAMS_END};
static const struct param response_approve_params[] = {
    ID,
    {"as", PARAM_TEXT, false, true, false, "who approves: a person of user list"},
    {"pin-file", PARAM_SECRET_FILE, false, true, false, "that person's PIN, from a file or - for standard input"},
    REASON, PARAMS_END};
static const struct param response_one_params[] = {ID, REASON, AS, PARAMS_END};
static const struct param response_stop_params[] = {
    {"tenant", PARAM_TENANT, true, false, false, "only this tenant (id or name); default: everywhere"}, REASON, AS, PARAMS_END};
static const struct param exclude_add_params[] = {
    {"kind", PARAM_TEXT, true, true, false, "device, tag, group or user"},
    {"value", PARAM_TEXT, true, true, false, "a device's id or name, a tag, a device group's name, a user's name"},
    {"for", PARAM_TEXT, false, true, false, "how long (8h, 90d), or never"},
    {"reason", PARAM_TEXT, false, true, false, "why"},
    {"owner", PARAM_TEXT, false, false, false, "who answers for it; default: the command line"},
    {"tenant", PARAM_TENANT, false, false, false, "only in this tenant (id or name); default: in all"},
    PARAMS_END};
static const struct param exclude_list_params[] = {
    {"tenant", PARAM_TENANT, false, false, false, "those that hold in this tenant"}, PARAMS_END};
static const struct param exclude_remove_params[] = {
    {"id", PARAM_TEXT, true, true, false, "its number, as response exclude list has it"}, PARAMS_END};
static const struct column response_columns[] = {
    {"id", "ID", TEXT}, {"tenant_id", "TENANT", TEXT}, {"incident", NULL, TEXT | OR_NULL}, {"alert", NULL, TEXT | OR_NULL},
    {"device", NULL, TEXT | OR_NULL}, {"host", "DEVICE", TEXT | OR_NULL}, {"rule", NULL, TEXT | OR_NULL}, {"action", "ACTION", TEXT},
    {"mode", NULL, TEXT}, {"came", NULL, TEXT | OR_NULL}, {"state", "STATE", TEXT}, {"outcome", "OUTCOME", TEXT | OR_NULL},
    {"severity", "SEVERITY", TEXT, WORDS_OF(severity_word, SEVERITY_COUNT)}, {"why", "WHY", TEXTS}, {"people_needed", NULL, COUNT}, {"approved_by", NULL, TEXTS},
    {"code", "CODE", TEXT | OR_NULL}, {"error", NULL, TEXT | OR_NULL}, {"remedy", NULL, TEXT | OR_NULL}, {"decided", NULL, TIME | OR_NULL},
    {"asked", NULL, TIME | OR_NULL}, {"ended", NULL, TIME | OR_NULL}, {"action_id", NULL, TEXT | OR_NULL}, {"decision", NULL, TEXT | OR_NULL},
    {"reason", NULL, TEXT | OR_NULL}, {"machine_action", NULL, TEXT | OR_NULL}, {"asked_by", NULL, TEXT | OR_NULL}, {"adopted", NULL, FLAG},
    {"proof", NULL, TEXTS}, {"attempts", NULL, COUNT}, {"intent", NULL, TIME | OR_NULL}, {"sent", NULL, TIME | OR_NULL},
    {"settled", NULL, TIME | OR_NULL}, {"title", "TITLE", TEXT | OR_NULL}, {0}};
static const struct column exclude_columns[] = {
    {"id", "ID", TEXT}, {"tenant_id", "TENANT", TEXT | OR_NULL}, {"kind", "KIND", TEXT, WORDS(excluded_names)}, {"value", "VALUE", TEXT},
    {"owner", "OWNER", TEXT | OR_NULL}, {"created", NULL, TIME}, {"expires", "EXPIRES", TIME | OR_NULL}, {"expired", "EXPIRED", FLAG | LIVE},
    {"reason", "REASON", TEXT | OR_NULL}, {0}};
const struct column order_shape[] = {
    {"ok", NULL, FLAG}, {"id", NULL, TEXT | OR_NULL}, {"response", NULL, OBJECT | OR_NULL}, {0}};

const struct operation response_operations[] = {
    {.rest = "GET /api/v1/responses",
     READS("response list", "what was decided and done, and what waits for a person", response_list_params, op_response_list), .reach = REACH_SEEN,
     .list = "responses", .columns = response_columns, .empty = "nothing was decided yet"},
    {.rest = "GET /api/v1/responses/{id}",
     READS("response show", "one response with its whole history and what people were told", response_show_params, op_response_show), .reach = REACH_SEEN},
    {.rest = "POST /api/v1/responses/{id}/approve",
     ORDERS("response approve", "approve what a decision asks for", response_approve_params, op_response_approve), .reach = REACH_SEEN,
     .more = "Who approves proves it with his own PIN. Where the tenant's settings ask for two people, two different ones have to. All is looked at "
             "afresh before anything is sent."},
    {.rest = "POST /api/v1/responses/{id}/deny",
     ORDERS("response deny", "deny what a decision asks for", response_one_params, op_response_deny), .reach = REACH_SEEN},
    {.rest = "POST /api/v1/responses/{id}/release",
     ORDERS("response release", "release the device that a response isolated", response_one_params, op_response_release), .reach = REACH_SEEN},
    {.rest = "POST /api/v1/responses/{id}/retry",
     ORDERS("response retry", "try again what failed", response_one_params, op_response_retry), .reach = REACH_SEEN},
    {.rest = "POST /api/v1/responses/stop",
     ORDERS("response stop", "stop all automatic action, everywhere or in one tenant, until resume", response_stop_params, op_response_stop), .reach = REACH_NAMED,
     .more = "Holds at once and over restarts. Alerts are still told, approvals and people's own orders still work, and a release is never held up."},
    {.rest = "POST /api/v1/responses/resume",
     ORDERS("response resume", "let automatic action go on, after stop or after the breaker", response_stop_params, op_response_resume), .reach = REACH_NAMED},
    {.name = "response exclude add", .shape = exclude_columns,
     .rest = "POST /api/v1/exclusions", .help = "leave a device, tag, group or user alone: automatic action then asks", .role = ROLE_ADMIN,
     .place = OP_INSTALLATION, .reach = REACH_NAMED, .params = exclude_add_params, .run = op_exclude_add,
     .more = "Each has an owner, a reason and an end. After its end the device is still asked about, not acted on unattended, until the exclusion is removed."},
    {.rest = "GET /api/v1/exclusions",
     .one = {.rest = "/api/v1/exclusions/{id}", .key = "id"}, READS("response exclude list", "what automatic action leaves alone, by whom, why and how long", exclude_list_params, op_exclude_list), .reach = REACH_SEEN,
     .list = "exclusions", .columns = exclude_columns, .empty = "nothing is excluded"},
    {.name = "response exclude remove",
     .rest = "DELETE /api/v1/exclusions/{id}", .help = "take an exclusion back", .role = ROLE_ADMIN, .place = OP_INSTALLATION, .reach = REACH_SEEN,
     .params = exclude_remove_params, .run = op_exclude_remove},
    ROWS_END};
/* clang-format on */
