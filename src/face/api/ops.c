/* The table itself. */
#include "face/api/ops.h"
#include "face/api/ops_telling.h"

#define END_PARAM \
    {             \
        0         \
    }
#define TENANT_PARAM                                                           \
    {                                                                          \
        "tenant", PARAM_TEXT, true, true, false, "the tenant's id or its name" \
    }

/* As override_rows of cloud/tenant has them. */
#define OVERRIDE_PARAMS                                                                                          \
    {"login-url", PARAM_TEXT, false, false, false, "instead of the cloud's login host"},                         \
        {"token-url", PARAM_TEXT,                                                                                \
         false,       false,                                                                                     \
         false,       "where tokens come from, the whole address, v1 or v2; {tenant} in it is the tenant's id"}, \
        {"graph-url", PARAM_TEXT, false, false, false, "instead of the cloud's Graph host"},                     \
        {"graph-audience", PARAM_TEXT, false, false, false, "whom tokens for Graph are for"},                    \
        {"graph-version", PARAM_TEXT, false, false, false, "v1.0 (default) or beta"},                            \
        {"endpoint-url", PARAM_TEXT, false, false, false, "instead of the cloud's Defender for Endpoint host"},  \
        {"endpoint-audience", PARAM_TEXT, false, false, false, "whom tokens for Defender for Endpoint are for"}, \
        {"endpoint-version", PARAM_TEXT, false, false, false, "api (default) or api/v1.0"},                      \
        {"siem-url", PARAM_TEXT, false, false, false, "the legacy SIEM API's host; no cloud has a default"},     \
    {                                                                                                            \
        "siem-audience", PARAM_TEXT, false, false, false, "whom tokens for the SIEM API are for"                 \
    }

static const struct param init_params[] = {
    {"folder", PARAM_FILE, true, false, false, "where the installation is to live; default: this folder"}, END_PARAM};
static const struct param org_add_params[] = {{"name", PARAM_TEXT, true, true, false, "the customer's name"},
                                              END_PARAM};
static const struct param tenant_add_params[] = {
    {"tenant-id", PARAM_TEXT, true, true, false, "the Entra tenant's id (a GUID)"},
    {"org", PARAM_TEXT, false, true, false, "the organization (customer) it belongs to; made if new"},
    {"client-id", PARAM_TEXT, false, true, false, "the app's application (client) id"},
    {"secret-file", PARAM_SECRET_FILE, false, true, false,
     "a file with the client secret's value, or - for standard input"},
    {"name", PARAM_TEXT, false, false, false, "a name for people; default: the tenant id"},
    {"cloud", PARAM_TEXT, false, false, false, "global (default), gcc, gcc-high, dod, china"},
    OVERRIDE_PARAMS,
    END_PARAM};
static const struct param tenant_set_params[] = {
    TENANT_PARAM,
    {"name", PARAM_TEXT, false, false, false, "another name for people"},
    {"client-id", PARAM_TEXT, false, false, false, "another app's application (client) id"},
    {"secret-file", PARAM_SECRET_FILE, false, false, false,
     "a new client secret's value, from a file or - for standard input"},
    {"enabled", PARAM_TEXT, false, false, false, "yes, or no: nothing is asked of this tenant any more"},
    {"cloud", PARAM_TEXT, false, false, false, "global, gcc, gcc-high, dod, china"},
    OVERRIDE_PARAMS,
    END_PARAM};
static const struct param tenant_one_params[] = {TENANT_PARAM, END_PARAM};
static const struct param readiness_params[] = {
    {"tenant", PARAM_TEXT, true, false, false, "only this tenant (id or name)"}, END_PARAM};
static const struct param alert_resolve_params[] = {
    {"alert", PARAM_TEXT, true, true, false, "the alert's id"},
    {"tenant", PARAM_TEXT, false, false, false, "its tenant (id or name), if several have an alert of that id"},
    {"classification", PARAM_TEXT, false, false, false,
     "truePositive, informationalExpectedActivity or falsePositive; default: none"},
    {"determination", PARAM_TEXT, false, false, false, "one that goes with it, e.g. malware; default: none"},
    {"comment", PARAM_TEXT, false, false, false, "what to say in Defender beside it"},
    {"here", PARAM_FLAG, false, false, false,
     "close its case here alone; Defender follows later, under the settings of managed alerts"},
    {"anyway", PARAM_FLAG, false, false, false, "also an alert that somebody has taken in Defender"},
    END_PARAM};
static const struct param alert_comment_params[] = {
    {"alert", PARAM_TEXT, true, true, false, "the alert's id"},
    {"text", PARAM_TEXT, true, true, false, "what to say"},
    {"tenant", PARAM_TEXT, false, false, false, "its tenant (id or name), if several have an alert of that id"},
    END_PARAM};
#define SCOPE_PARAMS                                                                                        \
    {"tenant", PARAM_TEXT, false, false, false, "for this tenant (id or name)"},                            \
    {                                                                                                       \
        "org", PARAM_TEXT, false, false, false, "for this organization's tenants; neither: for the account" \
    }
static const struct param settings_show_params[] = {
    {"name", PARAM_TEXT, true, false, false, "only this setting"}, SCOPE_PARAMS, END_PARAM};
static const struct param settings_set_params[] = {
    {"name", PARAM_TEXT, true, true, false, "which setting"},
    {"value", PARAM_TEXT, true, true, false, "its value; docs/settings.md lists what may be"},
    SCOPE_PARAMS,
    END_PARAM};
static const struct param settings_unset_params[] = {
    {"name", PARAM_TEXT, true, true, false, "which setting"}, SCOPE_PARAMS, END_PARAM};
static const struct param feed_list_params[] = {
    {"tenant", PARAM_TEXT, false, false, false, "only this tenant's feeds (id or name)"},
    {"feed", PARAM_TEXT, false, false, false, "only this feed, e.g. DeviceProcessEvents"},
    {"completeness", PARAM_FLAG, false, false, false,
     "instead: hour by hour, whether Defender's count and ours agree, for the hunting tables"},
    END_PARAM};
static const struct param pull_params[] = {
    {"once", PARAM_FLAG, false, false, false, "poll each feed once and end (what pull does anyway)"},
    {"tenant", PARAM_TEXT, false, false, false, "only this tenant (id or name)"},
    {"feed", PARAM_TEXT, false, false, false, "only this feed, e.g. DeviceProcessEvents or alerts"},
    {"from", PARAM_TIME, false, false, false, "older rows from here on: a time, or a duration back from now (2d)"},
    {"to", PARAM_TIME, false, false, false, "up to here; default: now"},
    {"sweep", PARAM_FLAG, false, false, false,
     "then run all count sweeps at once: every late row of the last 48 hours"},
    {"from-files", PARAM_PATH, false, false, true,
     "instead of asking Defender, read streaming records from these files and folders"},
    END_PARAM};
static const struct param policy_file_params[] = {
    {"file", PARAM_PATH, true, false, false, "the policy file; default: the built-in policy"}, END_PARAM};
static const struct param policy_replay_params[] = {
    {"from", PARAM_TIME, false, false, false,
     "alerts last updated from here on: a time, or a duration back (30d); default: all"},
    {"to", PARAM_TIME, false, false, false, "up to here; default: now"},
    {"tenant", PARAM_TEXT, false, false, false, "only this tenant (id or name)"},
    {"policy", PARAM_PATH, false, false, false,
     "this policy file; default: policy_file of the settings, else the built-in one"},
    {"mode", PARAM_TEXT, false, false, false,
     "as if every tenant's remediation were auto (default), approve, shadow; or tenant: as each has it set"},
    {"devices", PARAM_COUNT, false, false, false, "list at most so many (default 1000); all are counted"},
    END_PARAM};
static const struct column policy_replay_columns[] = {{"at", "WHEN"},
                                                      {"tenant_id", "TENANT"},
                                                      {"device", "DEVICE"},
                                                      {"os", "OS"},
                                                      {"rule", "RULE"},
                                                      {"then", "THEN"},
                                                      {"fate", "FATE"},
                                                      {"why", "WHY"},
                                                      {"closed_as", "CLOSED AS"},
                                                      {"title", "ALERT"},
                                                      {0}};
static const struct column policy_rule_columns[] = {
    {"rule", "RULE"}, {"line", "LINE"}, {"then", "THEN"}, {"mode", "MODE"}, {0}};
static const struct param ocsf_map_params[] = {
    {"table", PARAM_TEXT, false, false, false, "the table of bare rows and of hunting answers"},
    {"ocsf", PARAM_TEXT, false, false, false, "1.8.0 (default) or 1.3.0"},
    {"classes", PARAM_TEXT, false, false, false, "mission (default) or best-fit"},
    {"mappings", PARAM_FILE, false, false, false, "a folder with mapping files that override the built-in ones"},
    {"dead-letter", PARAM_FILE, false, false, false, "where dead letters go; default: standard error"},
    {"raw", PARAM_FLAG, false, false, false, "add each row itself as raw_data"},
    {"stats", PARAM_FLAG, false, false, false, "print one line of counts on standard error"},
    {"jobs", PARAM_COUNT, false, false, false,
     "how many threads map; 0: one per core; default: 1. The output is the same"},
    {"file", PARAM_FILE, true, false, true, "what to read; none or -: standard input"},
    END_PARAM};
static const struct param ocsf_remap_params[] = {
    {"tenant", PARAM_TEXT, false, false, false, "only rows of this tenant (id or name)"},
    {"table", PARAM_TEXT, false, false, false, "only rows of this table or feed, e.g. DeviceProcessEvents or alerts"},
    {"from", PARAM_TIME, false, false, false, "only rows from this time on: a time, or a duration back from now (2d)"},
    {"to", PARAM_TIME, false, false, false, "only rows before this time"},
    END_PARAM};
static const struct param ocsf_check_params[] = {
    {"ocsf", PARAM_TEXT, false, false, false, "1.8.0 (default) or 1.3.0"},
    {"file", PARAM_FILE, true, false, true, "NDJSON of events; none or -: standard input"},
    END_PARAM};

static const struct param ocsf_drift_params[] = {
    {"tenant", PARAM_TEXT, false, false, false, "only this tenant's feeds (id or name)"},
    {"table", PARAM_TEXT, false, false, false, "only this table or feed; with files: the table of bare rows"},
    {"mappings", PARAM_FILE, false, false, false,
     "with files: a folder with mapping files that override the built-in ones"},
    {"file", PARAM_FILE, true, false, true, "instead of what the feeds brought, look into these; -: standard input"},
    END_PARAM};
static const struct param ocsf_classes_params[] = {
    {"table", PARAM_TEXT, true, false, false, "only this table or other source"},
    {"ocsf", PARAM_TEXT, false, false, false, "1.8.0 (default) or 1.3.0"},
    {"classes", PARAM_TEXT, false, false, false, "mission (default) or best-fit"},
    {"mappings", PARAM_FILE, false, false, false, "a folder with mapping files that override the built-in ones"},
    END_PARAM};
static const struct param ocsf_test_params[] = {
    {"mappings", PARAM_FILE, false, false, false, "a folder with mapping files that override the built-in ones"},
    {"file", PARAM_FILE, true, false, true, "mapping files; none: those of the folder, else the built-in ones"},
    END_PARAM};
static const struct param ocsf_forget_params[] = {
    {"tenant", PARAM_TEXT, false, false, false, "only of this tenant (id or name)"},
    {"table", PARAM_TEXT, false, false, false, "only of this table or feed"},
    END_PARAM};

static const struct column org_columns[] = {{"id", "ID"}, {"name", "NAME"}, {"created", "CREATED"}, {0}};
static const struct column tenant_columns[] = {
    {"name", "NAME"},   {"tenant_id", "TENANT"}, {"organization", "ORGANIZATION"},
    {"cloud", "CLOUD"}, {"created", "CREATED"},  {0}};
static const struct column feed_columns[] = {
    {"tenant_id", "TENANT"},  {"feed", "FEED"},      {"state", "STATE"},
    {"severity", "SEVERITY"}, {"since", "SINCE"},    {"last_synced", "LAST SYNCED"},
    {"rows", "ROWS"},         {"late_rows", "LATE"}, {"dead", "DEAD"},
    {"drift", "DRIFT"},       {"reason", "REASON"},  {0}};

static const struct column setting_columns[] = {{"setting", "SETTING"},
                                                {"value", "VALUE"},
                                                {"from", "FROM"},
                                                {"since", "SINCE"},
                                                {"by", "BY"},
                                                {"help", "WHAT IT IS"},
                                                {0}};
static const struct column readiness_columns[] = {{"name", "TENANT"},
                                                  {"isolates", "ISOLATES"},
                                                  {"people_hear", "PEOPLE HEAR"},
                                                  {"code", "CODE"},
                                                  {"reason", "REASON"},
                                                  {"remedy", "WHAT TO DO"},
                                                  {0}};
static const struct column class_columns[] = {{"table", "TABLE"},
                                              {"word", "ROWS"},
                                              {"class", "CLASS"},
                                              {"class_name", "CLASS NAME"},
                                              {"activity_id", "ACTIVITY"},
                                              {"activity_name", "ACTIVITY NAME"},
                                              {0}};
static const struct column drift_columns[] = {{"feed", "FEED"},       {"kind", "KIND"},       {"what", "WHAT"},
                                              {"tenants", "TENANTS"}, {"rows", "ROWS"},       {"since", "SINCE"},
                                              {"last", "LAST"},       {"example", "EXAMPLE"}, {0}};
static const struct column completeness_columns[] = {{"tenant_id", "TENANT"},
                                                     {"feed", "FEED"},
                                                     {"from", "FROM"},
                                                     {"to", "TO"},
                                                     {"verdict", "VERDICT"},
                                                     {"repaired", "REPAIRED"},
                                                     {"counted_after_ms", "COUNTED AFTER (ms)"},
                                                     {"why", "WHY"},
                                                     {0}};
static const struct op_view completeness_view = {
    .list = "completeness",
    .columns = completeness_columns,
    .empty = "nothing to judge yet: no hunting table has been read (alerts, incidents and machines are not counted)"};

#define TELLING_PARAMS
#include "face/api/ops_telling.inc"
#undef TELLING_PARAMS

const struct operation api_operations[] = {
    {.name = "init",
     .help = "make a new installation in a folder",
     .role = ROLE_OWNER,
     .place = OP_LOCAL,
     .params = init_params,
     .run = op_init,
     .more = "Makes portcullis.yaml, a key file, an empty store and an empty lake. Keep a copy of the key file "
             "elsewhere: without it "
             "the secrets in the store cannot be read."},
    {.name = "org add",
     .help = "add an organization (a customer)",
     .role = ROLE_ADMIN,
     .place = OP_INSTALLATION,
     .params = org_add_params,
     .run = op_org_add},
    {.name = "org list",
     .help = "list the organizations",
     .role = ROLE_VIEWER,
     .place = OP_INSTALLATION,
     .run = op_org_list,
     .list = "organizations",
     .columns = org_columns,
     .empty = "no organizations yet: portcullis org add NAME"},
    {.name = "tenant add",
     .help = "add a tenant and the credential that opens it",
     .role = ROLE_ADMIN,
     .place = OP_INSTALLATION,
     .params = tenant_add_params,
     .run = op_tenant_add,
     .more = "The secret is read from a file or from standard input, never from the command line; blanks around it are "
             "cut off. It is "
             "sealed under the key file and never shown again."},
    {.name = "tenant list",
     .help = "list the tenants",
     .role = ROLE_VIEWER,
     .place = OP_INSTALLATION,
     .run = op_tenant_list,
     .list = "tenants",
     .columns = tenant_columns,
     .empty = "no tenants yet: portcullis tenant add --help"},
    {.name = "tenant show",
     .help = "show one tenant",
     .role = ROLE_VIEWER,
     .place = OP_INSTALLATION,
     .params = tenant_one_params,
     .run = op_tenant_show},
    {.name = "tenant set",
     .help =
         "change a tenant: its name, app, secret, cloud, addresses, audiences, versions, or whether it is asked at all",
     .role = ROLE_ADMIN,
     .place = OP_INSTALLATION,
     .params = tenant_set_params,
     .run = op_tenant_set,
     .more =
         "What is not named stays as it is; an address, audience or version given as \"\" becomes that of the tenant's "
         "cloud again. A service that runs goes on with the change at once. A token is sent only to the hosts set here "
         "(or those of the cloud)."},
    {.name = "tenant remove",
     .help = "remove a tenant, its credential and its feeds' state; its events stay in the lake",
     .role = ROLE_ADMIN,
     .place = OP_INSTALLATION,
     .params = tenant_one_params,
     .run = op_tenant_remove},
    {.name = "readiness",
     .help = "could we isolate a device right now, tenant by tenant, and if not why?",
     .role = ROLE_VIEWER,
     .place = OP_ENGINE,
     .params = readiness_params,
     .run = op_readiness,
     .list = "tenants",
     .columns = readiness_columns,
     .empty = "no tenants yet: portcullis tenant add --help",
     .more =
         "Looks at tokens, roles, limits, settings, channels and duty; nothing is posted. ISOLATES: yes, asks (a "
         "person "
         "first), off (so set), no. A row shows what stands in the way first; --json has every check with its cause "
         "and remedy. Exit 0: every tenant that wants to act can, and people would hear of it; 3: not all; 1: none."},
    {.name = "alert resolve",
     .help = "resolve an alert in Defender, or close its case here",
     .role = ROLE_ANALYST,
     .place = OP_ENGINE,
     .params = alert_resolve_params,
     .run = op_alert_resolve,
     .more = "The alert is read anew first, and read again afterwards until the change shows; exit 3 when Defender "
             "accepted it but does not show it yet. Nothing is classified unless you say so."},
    {.name = "alert comment",
     .help = "say something in an alert's comments in Defender",
     .role = ROLE_ANALYST,
     .place = OP_ENGINE,
     .params = alert_comment_params,
     .run = op_alert_comment},
    {.name = "settings show",
     .help = "show what holds for the account, an organization or a tenant, and where each value comes from",
     .role = ROLE_VIEWER,
     .place = OP_INSTALLATION,
     .params = settings_show_params,
     .run = op_settings_show,
     .list = "settings",
     .columns = setting_columns,
     .empty = "no settings",
     .more = "FROM: tenant, organization, account, or default. SINCE is never earlier than the value really began to "
             "hold there. --json also tells what is allowed."},
    {.name = "settings set",
     .help = "set something for the account, an organization or a tenant",
     .role = ROLE_ADMIN,
     .place = OP_INSTALLATION,
     .params = settings_set_params,
     .run = op_settings_set,
     .list = "settings",
     .columns = setting_columns,
     .empty = "no settings",
     .more = "A tenant's own value holds before its organization's, that before the account's. Each change is an entry "
             "in the audit trail."},
    {.name = "settings unset",
     .help = "take a setting back, so that the next wider level's value holds",
     .role = ROLE_ADMIN,
     .place = OP_INSTALLATION,
     .params = settings_unset_params,
     .run = op_settings_unset,
     .list = "settings",
     .columns = setting_columns,
     .empty = "no settings"},
    {.name = "feed list",
     .help = "show how each feed of each tenant stands",
     .role = ROLE_VIEWER,
     .place = OP_INSTALLATION,
     .params = feed_list_params,
     .run = op_feed_list,
     .list = "groups",
     .columns = feed_columns,
     .other = &completeness_view,
     .empty = "no feeds yet: they appear with a tenant's first poll (portcullis serve, or portcullis pull --once)"},
    {.name = "pull",
     .help = "poll the feeds once, now; with --from also older rows; with --from-files rows that were exported",
     .role = ROLE_ADMIN,
     .place = OP_ENGINE,
     .params = pull_params,
     .run = op_pull,
     .more =
         "Runs inside the service if one runs, else takes the data folder itself. A feed that goes on failing is left "
         "after half a "
         "minute, one that is told to wait after a minute. Exit 3 when some feeds failed, 1 "
         "when all did, or this machine's disk. With --from-files: records that the streaming API wrote to a storage "
         "account, or Event Hubs messages, also gzip or zstd; what is known already stays one. Exit 3 when there are "
         "dead letters."},
    {.name = "ocsf map",
     .help = "Defender JSON in, OCSF NDJSON out",
     .role = ROLE_VIEWER,
     .place = OP_LOCAL,
     .params = ocsf_map_params,
     .run = op_ocsf_map,
     .more =
         "Reads the streaming envelope and its lines, hunting answers in both spellings, bare rows (with --table), "
         "alerts and incidents of Graph and of the older APIs (Endpoint, SIEM, XDR), machines and machine actions: "
         "one, a collection or an array, in any mixture. What is not JSON, not an object, over 4 MiB or of no known "
         "shape is a dead letter; exit 3 then."},
    {.name = "ocsf remap",
     .help = "map the rows that the log still holds anew, and replace their events in the lake",
     .role = ROLE_ADMIN,
     .place = OP_ENGINE,
     .params = ocsf_remap_params,
     .run = op_ocsf_remap,
     .more =
         "After a mapping was mended. Runs inside the service if one runs, while feeds and lake go on, else takes the "
         "data folder itself. Events of other rows, and of rows older than the log's retention, stay as they are; "
         "metadata.uid stays the same. All is swapped in at once at the end: stopped or killed before, it has changed "
         "nothing. Meanwhile the lake may take twice its room on the disk."},
    {.name = "ocsf check",
     .help = "check OCSF events against the schema",
     .role = ROLE_VIEWER,
     .place = OP_LOCAL,
     .params = ocsf_check_params,
     .run = op_ocsf_check,
     .more = "Prints a line per finding; exit 1 if there is an error."},
    {.name = "ocsf classes",
     .help = "which class and activity the rows of each table become, by ActionType",
     .role = ROLE_VIEWER,
     .place = OP_LOCAL,
     .params = ocsf_classes_params,
     .run = op_ocsf_classes,
     .list = "classes",
     .columns = class_columns,
     .more = "As compiled from the mapping files. ROWS: (every row), those with that word in the column that the "
             "table's rows are "
             "told apart by (--json names it, mostly ActionType), * those with any other. Where a word has several "
             "lines, further "
             "conditions decide."},
    {.name = "ocsf test",
     .help = "run the examples in mapping files",
     .role = ROLE_VIEWER,
     .place = OP_LOCAL,
     .params = ocsf_test_params,
     .run = op_ocsf_test,
     .more = "Each example's row is mapped for both OCSF versions and, where it says so, for the other class set; what "
             "its event "
             "must have is compared, and the event is checked against the schema. Prints a line for each that fails; "
             "exit 1 then. "
             "A mapping that cannot be compiled is named with file, line and column."},
    {.name = "ocsf drift",
     .help = "what feeds (or files) bring that no mapping knows, and what they had and have no more",
     .role = ROLE_VIEWER,
     .place = OP_INSTALLATION,
     .local_with = "file",
     .params = ocsf_drift_params,
     .run = op_ocsf_drift,
     .list = "groups",
     .columns = drift_columns,
     .empty = "nothing: every table, column, ActionType and word is known",
     .more =
         "Kinds: table (no mapping), column, action (a value of ActionType that no row of the mapping is for), value "
         "(of "
         "a column, that no table of words has), row (does not fit its table), gone (a column, or the table itself), "
         "renamed (the table goes on under another name). All of it is kept whatever the kind: in unmapped, or in a "
         "base "
         "event. SINCE and LAST are times of rows, of what is gone the time when it was noticed. --json has every "
         "tenant."},
    {.name = "ocsf forget",
     .help = "forget the drift noted so far, as after a mapping has learnt it; what goes on is noted again",
     .role = ROLE_ADMIN,
     .place = OP_INSTALLATION,
     .params = ocsf_forget_params,
     .run = op_ocsf_forget},
    {.name = "policy check",
     .help = "is a policy file right? Says file, line and column where not",
     .role = ROLE_VIEWER,
     .place = OP_LOCAL,
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
     .params = policy_file_params,
     .run = op_policy_test,
     .more = "Each example is an alert in the policy's own words, or a row as Defender gave it, and what is expected "
             "of it. "
             "Prints a line for each that fails; exit 1 then."},
    {.name = "policy replay",
     .help = "what would a policy have done to the alerts that are stored?",
     .role = ROLE_ANALYST,
     .place = OP_INSTALLATION,
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
#define TELLING_ROWS
#include "face/api/ops_telling.inc"
#undef TELLING_ROWS
    {0}};
