/* The rows of feeds and of pulling. */
#include "cloud/tenant/settings.h"
#include "face/api/ops/ops.h"
#include "face/api/ops/ops_rows.h"

static const struct param feed_list_params[] = {
    {"tenant", PARAM_TENANT, false, false, false, "only this tenant's feeds (id or name)"},
    {"feed", PARAM_TEXT, false, false, false, "only this feed, e.g. DeviceProcessEvents"},
    {"completeness", PARAM_FLAG, false, false, false,
     "instead: hour by hour, whether Defender's count and ours agree, for the hunting tables"},
    PARAMS_END};
static const struct param feed_set_params[] = {
    {"feed", PARAM_TEXT, true, true, false, "the feed, e.g. DeviceProcessEvents (portcullis feed list)"},
    {"tenant", PARAM_TENANT, false, false, false, "for this tenant alone (id or name)"},
    {"org", PARAM_ORG, false, false, false, "for this organization; without either: for all"},
    {"on", PARAM_TEXT, false, false, false, "yes, or no: it is not read; \"\": as the next wider level has it"},
    {"contact-name", PARAM_TEXT, false, false, false, "whom notices about what it brings name; \"\" takes it back"},
    {"contact-mail", PARAM_TEXT, false, false, false, "the contact's mail address"},
    {"contact-phone", PARAM_TEXT, false, false, false, "the contact's phone"},
    PARAMS_END};
static const struct column feed_set_columns[] = {
    {"feed", "FEED", TEXT},       {"setting", "SETTING", TEXT},
    {"value", "VALUE", TEXT},     {"from", "FROM", TEXT, WORDS(setting_level_names)},
    {"by", "BY", TEXT | OR_NULL}, {0}};
static const struct param pull_params[] = {
    {"once", PARAM_FLAG, false, false, false, "poll each feed once and end (what pull does anyway)"},
    {"tenant", PARAM_TENANT, false, false, false, "only this tenant (id or name)"},
    {"feed", PARAM_TEXT, false, false, false, "only this feed, e.g. DeviceProcessEvents or alerts"},
    {"from", PARAM_TIME, false, false, false, "older rows from here on: a time, or a duration back from now (2d)"},
    {"to", PARAM_TIME, false, false, false, "up to here; default: now"},
    {"sweep", PARAM_FLAG, false, false, false,
     "then run all count sweeps at once: every late row of the last 48 hours"},
    {"from-files", PARAM_PATH, false, false, true,
     "instead of asking Defender, read streaming records from these files and folders"},
    PARAMS_END};
static const struct column feed_columns[] = {{"tenant_id", "TENANT", TEXT},
                                             {"feed", "FEED", TEXT},
                                             {"state", "STATE", TEXT},
                                             {"severity", "SEVERITY", TEXT},
                                             {"since", "SINCE", TIME | OR_NULL},
                                             {"code", NULL, TEXT | OR_NULL},
                                             {"detail", NULL, TEXT | OR_NULL},
                                             {"remedy", NULL, TEXT | OR_NULL},
                                             {"last_synced", "LAST SYNCED", TIME | OR_NULL},
                                             {"rows", "ROWS", COUNT},
                                             {"late_rows", "LATE", COUNT},
                                             {"dead", "DEAD", COUNT},
                                             {"drift", "DRIFT", COUNT},
                                             {"reason", "REASON", TEXT | OR_NULL},
                                             {0}};
static const struct column completeness_columns[] = {{"tenant_id", "TENANT", TEXT},
                                                     {"feed", "FEED", TEXT},
                                                     {"from", "FROM", TIME},
                                                     {"to", "TO", TIME},
                                                     {"verdict", "VERDICT", TEXT},
                                                     {"repaired", "REPAIRED", COUNT},
                                                     {"counted_after_ms", "COUNTED AFTER (ms)", COUNT},
                                                     {"why", "WHY", TEXT | OR_NULL},
                                                     {0}};
static const struct op_view completeness_view = {
    .list = "completeness",
    .columns = completeness_columns,
    .empty = "nothing to judge yet: no hunting table has been read (alerts, incidents and machines are not counted)"};

const struct operation feed_operations[] = {
    {.name = "feed list",
     .rest = "GET /api/v1/feeds",
     .help = "show how each feed of each tenant stands",
     .role = ROLE_VIEWER,
     .place = OP_INSTALLATION,
     .reach = REACH_SEEN,
     .params = feed_list_params,
     .run = op_feed_list,
     .list = "groups",
     .columns = feed_columns,
     .other = &completeness_view,
     .empty = "no feeds yet: they appear with a tenant's first poll (portcullis serve, or portcullis pull --once)"},
    {.name = "feed set",
     .rest = "PATCH /api/v1/feeds/{feed}",
     .help = "switch a feed on or off, and say whom notices about it name; without an option: show what holds",
     .role = ROLE_ADMIN,
     .place = OP_INSTALLATION,
     .params = feed_set_params,
     .run = op_feed_set,
     .reach = REACH_NAMED,
     .list = "settings",
     .columns = feed_set_columns,
     .empty = "no settings",
     .more =
         "A tenant's own value holds before its organization's, that before the account's. What a feed has brought "
         "stays; one that is switched on again goes on where it ended. Each change is an entry in the audit trail."},
    {.name = "pull",
     .rest = "POST /api/v1/pull",
     .help = "poll the feeds once, now; with --from also older rows; with --from-files rows that were exported",
     .role = ROLE_ADMIN,
     .place = OP_ENGINE,
     .reach = REACH_NAMED,
     .params = pull_params,
     .run = op_pull,
     .more =
         "Runs inside the service if one runs, else takes the data folder itself. A feed that goes on failing is left "
         "after half a "
         "minute, one that is told to wait after a minute. Exit 3 when some feeds failed, 1 "
         "when all did, or this machine's disk. With --from-files: records that the streaming API wrote to a storage "
         "account, or Event Hubs messages, also gzip or zstd; what is known already stays one. Exit 3 when there are "
         "dead letters."},
    ROWS_END};
