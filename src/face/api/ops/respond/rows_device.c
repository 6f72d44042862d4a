/* The rows of devices. */
#include "face/api/ops/ops.h"
#include "face/api/ops/ops_rows.h"

/* clang-format off */
static const struct param device_list_params[] = {
    ONLY_TENANT, {"isolated", PARAM_FLAG, false, false, false, "those that are isolated now, whoever did it"}, PARAMS_END};
static const struct param device_one_params[] = {THE_TENANT, DEVICE, PARAMS_END};
static const struct param device_isolate_params[] = {
    THE_TENANT, DEVICE, NEEDS_REASON, AS,
    {"selective", PARAM_FLAG, false, false, false, "Outlook, Teams and Skype go on working (Windows 10 1709 and later)"},
    {"unmanaged", PARAM_FLAG, false, false, false, "contain a device without a sensor"},
    {"for", PARAM_TEXT, false, false, false, "how long it is meant to last (8h, 3d): the lease; default: the tenant's setting"},
    {"anyway", PARAM_FLAG, false, false, false, "although the device is guarded (server, domain controller, high value, excluded, own host)"},
    PARAMS_END};
static const struct param device_act_params[] = {THE_TENANT, DEVICE, NEEDS_REASON, AS, {"anyway", PARAM_FLAG, false, false, false, "although the device is guarded"}, PARAMS_END};
static const struct param device_scan_params[] = {
    THE_TENANT, DEVICE, NEEDS_REASON, AS, {"full", PARAM_FLAG, false, false, false, "everything; default: a quick scan"}, PARAMS_END};
static const struct param device_quarantine_params[] = {
    THE_TENANT, DEVICE, NEEDS_REASON, AS, {"sha1", PARAM_TEXT, false, true, false, "of the file"}, {"anyway", PARAM_FLAG, false, false, false, "although the device is guarded"}, PARAMS_END};
static const struct column device_columns[] = {
    {"tenant_id", "TENANT", TEXT}, {"host", "HOST", TEXT | OR_NULL}, {"device", "DEVICE", TEXT}, {"os", "OS", TEXT | OR_NULL},
    {"group", NULL, TEXT | OR_NULL}, {"tags", NULL, TEXTS}, {"value", "VALUE", TEXT | OR_NULL}, {"last_seen", NULL, TIME | OR_NULL},
    {"isolated", "ISOLATED", FLAG}, {"state", NULL, TEXT | OR_NULL}, {"since", "SINCE", TIME | OR_NULL}, {"until", "UNTIL", TIME | OR_NULL},
    {"by", "BY", TEXT | OR_NULL}, {"reason", NULL, TEXT | OR_NULL}, {"ours", NULL, FLAG}, {"hold", NULL, TEXT | OR_NULL}, {0}};

static const struct column device_shape[] = {
    {"device", NULL, OBJECT}, {"actions", NULL, LIST}, {0}};
const struct operation device_operations[] = {
    {.rest = "GET /api/v1/devices",
     READS("device list", "the devices of all tenants, and which are isolated", device_list_params, op_device_list), .reach = REACH_SEEN,
     .list = "devices", .columns = device_columns, .empty = "none",
     .more = "Isolated is what we know: from our own actions, and from the machine actions that the feeds bring every 15 minutes, "
             "other people's too. device show asks nothing of Defender either; an order does."},
    {.rest = "GET /api/v1/devices/{device}",
     .shape = device_shape, READS("device show", "one device: what it is, whether it is isolated, what was done to it", device_one_params, op_device_show), .reach = REACH_NAMED},
    {.rest = "POST /api/v1/devices/{device}/isolate",
     ORDERS("device isolate", "isolate a device now", device_isolate_params, op_device_isolate), .reach = REACH_NAMED,
     .more = "The order is recorded before anything is sent, then the device's actions are read: one that is isolated already, or about "
             "to be, is not isolated again. Says what it knows when Defender has taken the order; response show NUMBER tells whether "
             "the device confirmed it. A person's order is not counted against limits, and is not held up by stop or breaker."},
    {.rest = "POST /api/v1/devices/{device}/release",
     ORDERS("device release", "release a device from isolation", device_act_params, op_device_release), .reach = REACH_NAMED,
     .more = "Isolations still under way are cancelled or awaited first; afterwards the device is watched for three days, and an "
             "isolation of ours that comes late is released again. Never held up by limits, breaker or stop."},
    {.rest = "POST /api/v1/devices/{device}/restrict",
     ORDERS("device restrict", "let only programs signed by Microsoft run on a device", device_act_params, op_device_restrict), .reach = REACH_NAMED},
    {.rest = "POST /api/v1/devices/{device}/unrestrict",
     ORDERS("device unrestrict", "let all programs run again on a device", device_act_params, op_device_unrestrict), .reach = REACH_NAMED},
    {.rest = "POST /api/v1/devices/{device}/scan",
     ORDERS("device scan", "have a device scanned for malware", device_scan_params, op_device_scan), .reach = REACH_NAMED},
    {.rest = "POST /api/v1/devices/{device}/collect",
     ORDERS("device collect", "have a device's investigation package collected", device_act_params, op_device_collect), .reach = REACH_NAMED},
    {.rest = "POST /api/v1/devices/{device}/quarantine-file",
     ORDERS("device quarantine-file", "stop a file's processes on a device and put it into quarantine", device_quarantine_params, op_device_quarantine), .reach = REACH_NAMED},
    ROWS_END};
/* clang-format on */
