/* The rows of mapping to OCSF. */
#include "face/api/ops/ops.h"
#include "face/api/ops/ops_rows.h"

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
    PARAMS_END};
static const struct param ocsf_remap_params[] = {
    {"tenant", PARAM_TENANT, false, false, false, "only rows of this tenant (id or name)"},
    {"table", PARAM_TEXT, false, false, false, "only rows of this table or feed, e.g. DeviceProcessEvents or alerts"},
    {"from", PARAM_TIME, false, false, false, "only rows from this time on: a time, or a duration back from now (2d)"},
    {"to", PARAM_TIME, false, false, false, "only rows before this time"},
    PARAMS_END};
static const struct param ocsf_check_params[] = {
    {"ocsf", PARAM_TEXT, false, false, false, "1.8.0 (default) or 1.3.0"},
    {"file", PARAM_FILE, true, false, true, "NDJSON of events; none or -: standard input"},
    PARAMS_END};
static const struct param ocsf_drift_params[] = {
    {"tenant", PARAM_TENANT, false, false, false, "only this tenant's feeds (id or name)"},
    {"table", PARAM_TEXT, false, false, false, "only this table or feed; with files: the table of bare rows"},
    {"mappings", PARAM_FILE, false, false, false,
     "with files: a folder with mapping files that override the built-in ones"},
    {"file", PARAM_FILE, true, false, true, "instead of what the feeds brought, look into these; -: standard input"},
    PARAMS_END};
static const struct param ocsf_classes_params[] = {
    {"table", PARAM_TEXT, true, false, false, "only this table or other source"},
    {"ocsf", PARAM_TEXT, false, false, false, "1.8.0 (default) or 1.3.0"},
    {"classes", PARAM_TEXT, false, false, false, "mission (default) or best-fit"},
    {"mappings", PARAM_FILE, false, false, false, "a folder with mapping files that override the built-in ones"},
    PARAMS_END};
static const struct param ocsf_test_params[] = {
    {"mappings", PARAM_FILE, false, false, false, "a folder with mapping files that override the built-in ones"},
    {"file", PARAM_FILE, true, false, true, "mapping files; none: those of the folder, else the built-in ones"},
    PARAMS_END};
static const struct param ocsf_forget_params[] = {
    {"tenant", PARAM_TENANT, false, false, false, "only of this tenant (id or name)"},
    {"table", PARAM_TEXT, false, false, false, "only of this table or feed"},
    PARAMS_END};
static const struct column class_columns[] = {{"table", "TABLE", TEXT},
                                              {"word", "ROWS", TEXT | OR_NULL},
                                              {"class", "CLASS", COUNT},
                                              {"class_name", "CLASS NAME", TEXT},
                                              {"activity_id", "ACTIVITY", COUNT},
                                              {"activity_name", "ACTIVITY NAME", TEXT | OR_NULL},
                                              {0}};
static const struct column drift_columns[] = {{"feed", "FEED", TEXT},
                                              {"kind", "KIND", TEXT},
                                              {"what", "WHAT", TEXT},
                                              {"name", NULL, TEXT | OR_NULL},
                                              {"value", NULL, TEXT | OR_NULL},
                                              {"tenants", "TENANTS", COUNT},
                                              {"rows", "ROWS", COUNT},
                                              {"since", "SINCE", TIME | OR_NULL},
                                              {"last", "LAST", TIME | OR_NULL},
                                              {"example", "EXAMPLE", TEXT | OR_NULL},
                                              {0}};

const struct operation ocsf_operations[] = {
    {.name = "ocsf map",
     .help = "Defender JSON in, OCSF NDJSON out",
     .role = ROLE_VIEWER,
     .place = OP_LOCAL,
     .reach = REACH_ALL,
     .params = ocsf_map_params,
     .run = op_ocsf_map,
     .more =
         "Reads the streaming envelope and its lines, hunting answers in both spellings, bare rows (with --table), "
         "alerts and incidents of Graph and of the older APIs (Endpoint, SIEM, XDR), machines and machine actions: "
         "one, a collection or an array, in any mixture. What is not JSON, not an object, over 4 MiB or of no known "
         "shape is a dead letter; exit 3 then."},
    {.name = "ocsf remap",
     .rest = "POST /api/v1/ocsf/remap",
     .help = "map the rows that the log still holds anew, and replace their events in the lake",
     .role = ROLE_ADMIN,
     .place = OP_ENGINE,
     .reach = REACH_NAMED,
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
     .reach = REACH_ALL,
     .params = ocsf_check_params,
     .run = op_ocsf_check,
     .more = "Prints a line per finding; exit 1 if there is an error."},
    {.name = "ocsf classes",
     .help = "which class and activity the rows of each table become, by ActionType",
     .role = ROLE_VIEWER,
     .place = OP_LOCAL,
     .reach = REACH_ALL,
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
     .reach = REACH_ALL,
     .params = ocsf_test_params,
     .run = op_ocsf_test,
     .more = "Each example's row is mapped for both OCSF versions and, where it says so, for the other class set; what "
             "its event "
             "must have is compared, and the event is checked against the schema. Prints a line for each that fails; "
             "exit 1 then. "
             "A mapping that cannot be compiled is named with file, line and column."},
    {.name = "ocsf drift",
     .rest = "GET /api/v1/ocsf/drift",
     .help = "what feeds (or files) bring that no mapping knows, and what they had and have no more",
     .role = ROLE_VIEWER,
     .place = OP_INSTALLATION,
     .reach = REACH_NAMED,
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
     .rest = "DELETE /api/v1/ocsf/drift",
     .help = "forget the drift noted so far, as after a mapping has learnt it; what goes on is noted again",
     .role = ROLE_ADMIN,
     .place = OP_INSTALLATION,
     .reach = REACH_NAMED,
     .params = ocsf_forget_params,
     .run = op_ocsf_forget},
    ROWS_END};
