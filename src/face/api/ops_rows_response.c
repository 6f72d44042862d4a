/* The rows of alerts, incidents, devices and the response. */
#include "face/api/ops.h"

/* clang-format off */
#define END {0}
#define TENANT {"tenant", PARAM_TEXT, true, true, false, "the tenant's id or its name"}
#define ONLY_TENANT {"tenant", PARAM_TEXT, false, false, false, "only this tenant (id or name)"}
#define DEVICE {"device", PARAM_TEXT, true, true, false, "Defender's machine id, or a name that exactly one device seen of late answers to"}
#define REASON {"reason", PARAM_TEXT, false, false, false, "why; goes into Defender's comment, the ledger and the audit trail"}
#define NEEDS_REASON {"reason", PARAM_TEXT, false, true, false, "why; goes into Defender's comment, the ledger and the audit trail"}
#define AS {"as", PARAM_TEXT, false, false, false, "who gives the order; default: the command line"}
#define ID {"id", PARAM_TEXT, true, true, false, "its number, as response list has it"}

static const struct param list_params[] = {
    ONLY_TENANT,
    {"open", PARAM_FLAG, false, false, false, "only what is not over"},
    {"severity", PARAM_TEXT, false, false, false, "at least this severe: informational, low, medium, high"},
    {"newest", PARAM_COUNT, false, false, false, "at most so many, the newest; default: 200"},
    END};
static const struct param one_params[] = {{"id", PARAM_TEXT, true, true, false, "its id, as Defender has it"}, END};
static const struct param device_list_params[] = {
    ONLY_TENANT, {"isolated", PARAM_FLAG, false, false, false, "those that are isolated now, whoever did it"}, END};
static const struct param device_one_params[] = {TENANT, DEVICE, END};
static const struct param device_isolate_params[] = {
    TENANT, DEVICE, NEEDS_REASON, AS,
    {"selective", PARAM_FLAG, false, false, false, "Outlook, Teams and Skype go on working (Windows 10 1709 and later)"},
    {"unmanaged", PARAM_FLAG, false, false, false, "contain a device without a sensor"},
    {"for", PARAM_TEXT, false, false, false, "how long it is meant to last (8h, 3d): the lease; default: the tenant's setting"},
    {"anyway", PARAM_FLAG, false, false, false, "although the device is guarded (server, domain controller, high value, excluded, own host)"},
    END};
static const struct param device_act_params[] = {TENANT, DEVICE, NEEDS_REASON, AS, {"anyway", PARAM_FLAG, false, false, false, "although the device is guarded"}, END};
static const struct param device_scan_params[] = {
    TENANT, DEVICE, NEEDS_REASON, AS, {"full", PARAM_FLAG, false, false, false, "everything; default: a quick scan"}, END};
static const struct param device_quarantine_params[] = {
    TENANT, DEVICE, NEEDS_REASON, AS, {"sha1", PARAM_TEXT, false, true, false, "of the file"}, {"anyway", PARAM_FLAG, false, false, false, "although the device is guarded"}, END};
static const struct param response_list_params[] = {
    ONLY_TENANT, {"open", PARAM_FLAG, false, false, false, "only what is not over"}, END};
static const struct param response_show_params[] = {ID, END};
static const struct param response_approve_params[] = {
    ID,
    {"as", PARAM_TEXT, false, true, false, "who approves: a person of user list"},
    {"pin-file", PARAM_SECRET_FILE, false, true, false, "that person's PIN, from a file or - for standard input"},
    REASON, END};
static const struct param response_one_params[] = {ID, REASON, AS, END};
static const struct param response_stop_params[] = {
    {"tenant", PARAM_TEXT, true, false, false, "only this tenant (id or name); default: everywhere"}, REASON, AS, END};
static const struct param exclude_add_params[] = {
    {"kind", PARAM_TEXT, true, true, false, "device, tag, group or user"},
    {"value", PARAM_TEXT, true, true, false, "a device's id or name, a tag, a device group's name, a user's name"},
    {"for", PARAM_TEXT, false, true, false, "how long (8h, 90d), or never"},
    {"reason", PARAM_TEXT, false, true, false, "why"},
    {"owner", PARAM_TEXT, false, false, false, "who answers for it; default: the command line"},
    {"tenant", PARAM_TEXT, false, false, false, "only in this tenant (id or name); default: in all"},
    END};
static const struct param exclude_list_params[] = {
    {"tenant", PARAM_TEXT, false, false, false, "those that hold in this tenant"}, END};
static const struct param exclude_remove_params[] = {
    {"id", PARAM_TEXT, true, true, false, "its number, as response exclude list has it"}, END};

static const struct column alert_columns[] = {
    {"tenant_id", "TENANT"}, {"alert", "ALERT"}, {"severity", "SEVERITY"}, {"status", "STATUS"}, {"service", "SERVICE"},
    {"handled", "HANDLED"}, {"created", "CREATED"}, {"title", "TITLE"}, {0}};
static const struct column incident_columns[] = {
    {"tenant_id", "TENANT"}, {"incident", "INCIDENT"}, {"severity", "SEVERITY"}, {"status", "STATUS"},
    {"created", "CREATED"}, {"title", "TITLE"}, {0}};
static const struct column device_columns[] = {
    {"tenant_id", "TENANT"}, {"host", "HOST"}, {"device", "DEVICE"}, {"os", "OS"}, {"value", "VALUE"},
    {"isolated", "ISOLATED"}, {"since", "SINCE"}, {"until", "UNTIL"}, {"by", "BY"}, {0}};
static const struct column response_columns[] = {
    {"id", "ID"}, {"tenant_id", "TENANT"}, {"host", "DEVICE"}, {"action", "ACTION"}, {"state", "STATE"},
    {"outcome", "OUTCOME"}, {"severity", "SEVERITY"}, {"why", "WHY"}, {"code", "CODE"}, {"title", "TITLE"}, {0}};
static const struct column exclude_columns[] = {
    {"id", "ID"}, {"tenant_id", "TENANT"}, {"kind", "KIND"}, {"value", "VALUE"}, {"owner", "OWNER"},
    {"expires", "EXPIRES"}, {"expired", "EXPIRED"}, {"reason", "REASON"}, {0}};

#define READS(op, does, with, runs) .name = op, .help = does, .role = ROLE_VIEWER, .place = OP_INSTALLATION, .params = with, .run = runs
#define ORDERS(op, does, with, runs) .name = op, .help = does, .role = ROLE_RESPONDER, .place = OP_ENGINE, .params = with, .run = runs

const struct operation response_operations[] = {
    {READS("alert list", "the alerts of all tenants, the newest first", list_params, op_alert_list),
     .list = "alerts", .columns = alert_columns, .empty = "no alerts"},
    {READS("alert show", "one alert: as it is, how it changed, what was done about it", one_params, op_alert_show)},
    {READS("incident list", "the incidents of all tenants, the newest first", list_params, op_incident_list),
     .list = "incidents", .columns = incident_columns, .empty = "no incidents"},
    {READS("incident show", "one incident: as it is, how it changed, what was done about it", one_params, op_incident_show)},
    {READS("device list", "the devices of all tenants, and which are isolated", device_list_params, op_device_list),
     .list = "devices", .columns = device_columns, .empty = "none",
     .more = "Isolated is what we know: from our own actions, and from the machine actions that the feeds bring every 15 minutes, "
             "other people's too. device show asks nothing of Defender either; an order does."},
    {READS("device show", "one device: what it is, whether it is isolated, what was done to it", device_one_params, op_device_show)},
    {ORDERS("device isolate", "isolate a device now", device_isolate_params, op_device_isolate),
     .more = "The order is recorded before anything is sent, then the device's actions are read: one that is isolated already, or about "
             "to be, is not isolated again. Says what it knows when Defender has taken the order; response show NUMBER tells whether "
             "the device confirmed it. A person's order is not counted against limits, and is not held up by stop or breaker."},
    {ORDERS("device release", "release a device from isolation", device_act_params, op_device_release),
     .more = "Isolations still under way are cancelled or awaited first; afterwards the device is watched for three days, and an "
             "isolation of ours that comes late is released again. Never held up by limits, breaker or stop."},
    {ORDERS("device restrict", "let only programs signed by Microsoft run on a device", device_act_params, op_device_restrict)},
    {ORDERS("device unrestrict", "let all programs run again on a device", device_act_params, op_device_unrestrict)},
    {ORDERS("device scan", "have a device scanned for malware", device_scan_params, op_device_scan)},
    {ORDERS("device collect", "have a device's investigation package collected", device_act_params, op_device_collect)},
    {ORDERS("device quarantine-file", "stop a file's processes on a device and put it into quarantine", device_quarantine_params, op_device_quarantine)},
    {READS("response list", "what was decided and done, and what waits for a person", response_list_params, op_response_list),
     .list = "responses", .columns = response_columns, .empty = "nothing was decided yet"},
    {READS("response show", "one response with its whole history and what people were told", response_show_params, op_response_show)},
    {ORDERS("response approve", "approve what a decision asks for", response_approve_params, op_response_approve),
     .more = "Who approves proves it with his own PIN. Where the tenant's settings ask for two people, two different ones have to. All is looked at "
             "afresh before anything is sent."},
    {ORDERS("response deny", "deny what a decision asks for", response_one_params, op_response_deny)},
    {ORDERS("response release", "release the device that a response isolated", response_one_params, op_response_release)},
    {ORDERS("response retry", "try again what failed", response_one_params, op_response_retry)},
    {ORDERS("response stop", "stop all automatic action, everywhere or in one tenant, until resume", response_stop_params, op_response_stop),
     .more = "Holds at once and over restarts. Alerts are still told, approvals and people's own orders still work, and a release is never held up."},
    {ORDERS("response resume", "let automatic action go on, after stop or after the breaker", response_stop_params, op_response_resume)},
    {.name = "response exclude add", .help = "leave a device, tag, group or user alone: automatic action then asks", .role = ROLE_ADMIN,
     .place = OP_INSTALLATION, .params = exclude_add_params, .run = op_exclude_add,
     .more = "Each has an owner, a reason and an end. After its end the device is still asked about, not acted on unattended, until the exclusion is removed."},
    {READS("response exclude list", "what automatic action leaves alone, by whom, why and how long", exclude_list_params, op_exclude_list),
     .list = "exclusions", .columns = exclude_columns, .empty = "nothing is excluded"},
    {.name = "response exclude remove", .help = "take an exclusion back", .role = ROLE_ADMIN, .place = OP_INSTALLATION,
     .params = exclude_remove_params, .run = op_exclude_remove},
    END};
/* clang-format on */
