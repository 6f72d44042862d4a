/* The rows of policies. */
#include "face/api/ops/ops.h"
#include "face/api/ops/ops_rows.h"

static const struct param policy_file_params[] = {
    {"file", PARAM_PATH, true, false, false, "the policy file; default: the built-in policy"}, PARAMS_END};
static const struct param policy_replay_params[] = {
    {"from", PARAM_TIME, false, false, false,
     "alerts last updated from here on: a time, or a duration back (30d); default: all"},
    {"to", PARAM_TIME, false, false, false, "up to here; default: now"},
    {"tenant", PARAM_TENANT, false, false, false, "only this tenant (id or name)"},
    {"policy", PARAM_PATH, false, false, false,
     "this policy file; default: policy_file of the settings, else the built-in one"},
    {"mode", PARAM_TEXT, false, false, false,
     "as if every tenant's remediation were auto (default), approve, shadow; or tenant: as each has it set"},
    {"devices", PARAM_COUNT, false, false, false, "list at most so many (default 1000); all are counted"},
    PARAMS_END};
static const struct column policy_replay_columns[] = {{"at", "WHEN", TIME},
                                                      {"tenant_id", "TENANT", TEXT},
                                                      {"device", "DEVICE", TEXT | OR_NULL},
                                                      {"os", "OS", TEXT | OR_NULL},
                                                      {"rule", "RULE", TEXT | OR_NULL},
                                                      {"then", "THEN", TEXT | OR_NULL},
                                                      {"fate", "FATE", TEXT | OR_NULL},
                                                      {"why", "WHY", TEXT | OR_NULL},
                                                      {"closed_as", "CLOSED AS", TEXT | OR_NULL},
                                                      {"title", "ALERT", TEXT | OR_NULL},
                                                      {0}};
static const struct column policy_rule_columns[] = {
    {"rule", "RULE"}, {"line", "LINE"}, {"then", "THEN"}, {"mode", "MODE"}, {0}};

const struct operation policy_operations[] = {
    {.name = "policy check",
     .help = "is a policy file right? Says file, line and column where not",
     .role = ROLE_VIEWER,
     .place = OP_LOCAL,
     .reach = REACH_ALL,
     .params = policy_file_params,
     .run = op_policy_check,
     .list = "rules",
     .columns = policy_rule_columns,
     .more =
         "Lists that the policy names are read from its folder. Exit 1 when something is wrong. docs/policy.md is the "
         "language."},
    {.name = "policy test",
     .help = "run the examples in a policy file",
     .role = ROLE_VIEWER,
     .place = OP_LOCAL,
     .reach = REACH_ALL,
     .params = policy_file_params,
     .run = op_policy_test,
     .more = "Each example is an alert in the policy's own words, or a row as Defender gave it, and what is expected "
             "of it. "
             "Prints a line for each that fails; exit 1 then."},
    {.name = "policy replay",
     .rest = "GET /api/v1/policy/replay",
     .help = "what would a policy have done to the alerts that are stored?",
     .role = ROLE_ANALYST,
     .place = OP_INSTALLATION,
     .reach = REACH_NAMED,
     .params = policy_replay_params,
     .run = op_policy_replay,
     .list = "devices",
     .columns = policy_replay_columns,
     .empty = "nothing: no device would have been touched",
     .more =
         "Every stored revision is judged as if it had just been seen live; a decision is made once per incident, "
         "device "
         "and rule. FATE: acts (without asking), asks (a person would have been asked: WHY says what for), shadow. "
         "CLOSED AS: how people classified the alert afterwards. --json has the counts per rule too: alerts, devices, "
         "servers, decisions whose alert was closed as false positive or as expected activity. Nothing is changed, "
         "and a running service goes on."},
    ROWS_END};
