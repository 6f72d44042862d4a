/* The rows of alerts and incidents. */
#include "face/api/ops/ops.h"
#include "face/api/ops/ops_rows.h"
#include "logic/respond/facts.h"

/* clang-format off */
static const struct param list_params[] = {
    ONLY_TENANT,
    {"open", PARAM_FLAG, false, false, false, "only what is not over"},
    {"severity", PARAM_TEXT, false, false, false, "at least this severe: informational, low, medium, high"},
    {"newest", PARAM_COUNT, false, false, false, "at most so many, the newest; default: 200", .is_local = true},
    PARAMS_END};
static const struct param one_params[] = {{"id", PARAM_TEXT, true, true, false, "its id, as Defender has it"}, PARAMS_END};
static const struct column alert_columns[] = {
    {"tenant_id", "TENANT", TEXT}, {"alert", "ALERT", TEXT}, {"incident", NULL, TEXT | OR_NULL},
    {"severity", "SEVERITY", TEXT | OR_NULL, WORDS_OF(severity_word, SEVERITY_COUNT)}, {"status", "STATUS", TEXT | OR_NULL, WORDS_OF(status_word, STATUS_COUNT)},
    {"classification", NULL, TEXT | OR_NULL}, {"assigned_to", NULL, TEXT | OR_NULL}, {"service", "SERVICE", TEXT | OR_NULL, WORDS_OF(service_word, SERVICE_COUNT)},
    {"detection", NULL, TEXT | OR_NULL}, {"handled", "HANDLED", TEXT | OR_NULL, WORDS_OF(handled_word, HANDLED_COUNT)}, {"techniques", NULL, TEXTS},
    {"devices", NULL, LIST}, {"created", "CREATED", TIME | OR_NULL}, {"updated", NULL, TIME | OR_NULL}, {"came", NULL, TEXT | OR_NULL},
    {"seen", NULL, TIME | OR_NULL}, {"title", "TITLE", TEXT | OR_NULL}, {0}};
static const struct column incident_columns[] = {
    {"tenant_id", "TENANT", TEXT}, {"incident", "INCIDENT", TEXT}, {"severity", "SEVERITY", TEXT | OR_NULL, WORDS_OF(severity_word, SEVERITY_COUNT)},
    {"status", "STATUS", TEXT | OR_NULL, WORDS_OF(status_word, STATUS_COUNT)}, {"classification", NULL, TEXT | OR_NULL}, {"assigned_to", NULL, TEXT | OR_NULL},
    {"merged_into", NULL, TEXT | OR_NULL}, {"created", "CREATED", TIME | OR_NULL}, {"updated", NULL, TIME | OR_NULL},
    {"came", NULL, TEXT | OR_NULL}, {"seen", NULL, TIME | OR_NULL}, {"title", "TITLE", TEXT | OR_NULL}, {0}};
static const struct param alert_resolve_params[] = {
    {"alert", PARAM_TEXT, true, true, false, "the alert's id"},
    {"tenant", PARAM_TENANT, false, false, false, "its tenant (id or name), if several have an alert of that id"},
    {"classification", PARAM_TEXT, false, false, false,
     "truePositive, informationalExpectedActivity or falsePositive; default: none"},
    {"determination", PARAM_TEXT, false, false, false, "one that goes with it, e.g. malware; default: none"},
    {"comment", PARAM_TEXT, false, false, false, "what to say in Defender beside it"},
    {"here", PARAM_FLAG, false, false, false,
     "close its case here alone; Defender follows later, under the settings of managed alerts"},
    {"anyway", PARAM_FLAG, false, false, false, "also an alert that somebody has taken in Defender"},
    PARAMS_END};
static const struct param alert_comment_params[] = {
    {"alert", PARAM_TEXT, true, true, false, "the alert's id"},
    {"text", PARAM_TEXT, true, true, false, "what to say"},
    {"tenant", PARAM_TENANT, false, false, false, "its tenant (id or name), if several have an alert of that id"},
    PARAMS_END};

static const struct column alert_shape[] = {
    {"alert", NULL, OBJECT}, {"revisions", NULL, LIST}, {"managed", NULL, OBJECT | OR_NULL}, {"responses", NULL, LIST}, {0}};
static const struct column incident_shape[] = {
    {"incident", NULL, OBJECT}, {"revisions", NULL, LIST}, {"responses", NULL, LIST}, {0}};
const struct operation alert_operations[] = {
    {.rest = "GET /api/v1/alerts",
     READS("alert list", "the alerts of all tenants, the newest first", list_params, op_alert_list), .reach = REACH_SEEN,
     .list = "alerts", .columns = alert_columns, .empty = "no alerts"},
    {.rest = "GET /api/v1/alerts/{id}",
     .shape = alert_shape, READS("alert show", "one alert: as it is, how it changed, what was done about it", one_params, op_alert_show), .reach = REACH_SEEN},
    {.name = "alert resolve",
     .rest = "POST /api/v1/alerts/{alert}/resolve",
     .help = "resolve an alert in Defender, or close its case here",
     .role = ROLE_ANALYST,
     .place = OP_ENGINE, .reach = REACH_NAMED,
     .params = alert_resolve_params,
     .run = op_alert_resolve,
     .more = "The alert is read anew first, and read again afterwards until the change shows; exit 3 when Defender "
             "accepted it but does not show it yet. Nothing is classified unless you say so."},
    {.name = "alert comment",
     .rest = "POST /api/v1/alerts/{alert}/comment",
     .help = "say something in an alert's comments in Defender",
     .role = ROLE_ANALYST,
     .place = OP_ENGINE, .reach = REACH_NAMED,
     .params = alert_comment_params,
     .run = op_alert_comment},
    {.rest = "GET /api/v1/incidents",
     READS("incident list", "the incidents of all tenants, the newest first", list_params, op_incident_list), .reach = REACH_SEEN,
     .list = "incidents", .columns = incident_columns, .empty = "no incidents"},
    {.rest = "GET /api/v1/incidents/{id}",
     .shape = incident_shape, READS("incident show", "one incident: as it is, how it changed, what was done about it", one_params, op_incident_show), .reach = REACH_SEEN},
    ROWS_END};
/* clang-format on */
