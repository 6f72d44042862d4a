/* The rows of channels, ladders and notices. */
#include "face/api/ops/ops_rows.h"
#include "face/api/ops/telling/telling.h"
#include "state/store/notices.h"

/* clang-format off */
#define CHANNEL_PARAMS                                                                                                     \
    {"address", PARAM_TEXT, false, false, false, "mail: smtp://HOST:587 or smtps://HOST; webhook: its URL; else the API's host"}, \
        {"account", PARAM_TEXT, false, false, false, "mail: user name; phone: account SID"},                                \
        {"sender", PARAM_TEXT, false, false, false, "mail: the mailbox it is sent from; phone: the number it calls from"},    \
        {"recipients", PARAM_TEXT, false, false, false, "mail: further fixed mailboxes, by commas"},                         \
        {"flow", PARAM_TEXT, false, false, false, "phone: SID of the Studio flow that asks for keys"},                       \
        {"enabled", PARAM_TEXT, false, false, false, "yes or no"}, OF_TENANT,                                           \
    {                                                                                                                      \
        "secret-file", PARAM_SECRET_FILE, false, false, false,                                                             \
            "a file with the secret (password, token, key, or the whole webhook address), or - for standard input"         \
    }

static const struct param channel_add_params[] = {
    {"name", PARAM_TEXT, true, true, false, "a name for it"},
    {"kind", PARAM_TEXT, false, true, false, "email, webhook, slack, teams, pagerduty or phone"},
    CHANNEL_PARAMS,
    PARAMS_END};
static const struct param channel_set_params[] = {{"name", PARAM_TEXT, true, true, false, "its name"}, CHANNEL_PARAMS, PARAMS_END};
static const struct param channel_one_params[] = {{"name", PARAM_TEXT, true, true, false, "its name"}, PARAMS_END};
static const struct param ladder_set_params[] = {
    {"name", PARAM_TEXT, true, true, false, "its name; settings route to it (ladder_high, ladder_medium, …)"},
    {"rung", PARAM_TEXT, true, true, true, "CHANNEL[:WHO[:WAIT]], each a rung; a + before it: together with the one before"},
    PARAMS_END};
static const struct param ladder_one_params[] = {{"name", PARAM_TEXT, true, true, false, "its name"}, PARAMS_END};
static const struct param notice_list_params[] = {
    {"tenant", PARAM_TENANT, false, false, false, "only of this tenant (id or name)"},
    {"open", PARAM_FLAG, false, false, false, "only those not yet settled"},
    {"newest", PARAM_COUNT, false, false, false, "how many at most; default 50", .is_local = true},
    PARAMS_END};
static const struct param notice_show_params[] = {
    {"id", PARAM_COUNT, true, true, false, "its number in notice list"}, PARAMS_END};
static const struct param notice_test_params[] = {
    OF_TENANT,
    {"ladder", PARAM_TEXT, false, false, false, "over this ladder; default: as a notice of medium severity goes"},
    {"call", PARAM_FLAG, false, false, false, "and climb it until somebody acknowledges: this rings phones"},
    PARAMS_END};
static const struct param notice_acknowledge_params[] = {
    {"id", PARAM_COUNT, true, true, false, "its number in notice list"},
    {"by", PARAM_TEXT, false, false, false, "who has it; default: you", .is_local = true},
    PARAMS_END};
static const struct column channel_columns[] = {
    {"name", "NAME", TEXT}, {"kind", "KIND", TEXT}, {"address", "ADDRESS", TEXT}, {"account", NULL, TEXT}, {"sender", "SENDER", TEXT},
    {"recipients", NULL, TEXT}, {"flow", NULL, TEXT}, {"tenant_id", "TENANT", TEXT}, {"has_secret", NULL, FLAG}, {"enabled", NULL, FLAG},
    {"state", "STATE", TEXT | LIVE}, {0}};
static const struct column ladder_columns[] = {
    {"ladder", "LADDER", TEXT}, {"rung", "RUNG", COUNT}, {"channel", "CHANNEL", TEXT}, {"target", "WHO", TEXT}, {"wait_s", "WAITS (S)", COUNT},
    {0}};
static const struct column notice_columns[] = {
    {"id", "ID", COUNT}, {"created", "CREATED", TIME}, {"severity", "SEVERITY", TEXT, WORDS(notice_severity_names)},
    {"kind", "KIND", TEXT, WORDS(notice_kind_names)}, {"state", "STATE", TEXT, WORDS(notice_state_names)},
    {"wants", NULL, TEXT, WORDS(notice_wants_names)}, {"organization", "ORGANIZATION", TEXT | OR_NULL}, {"tenant_id", NULL, TEXT | OR_NULL},
    {"incident", NULL, TEXT | OR_NULL}, {"decision", NULL, TEXT | OR_NULL}, {"action", NULL, TEXT | OR_NULL}, {"title", "TITLE", TEXT | OR_NULL},
    {"text", NULL, TEXT | OR_NULL}, {"error_code", NULL, TEXT | OR_NULL}, {"remedy", NULL, TEXT | OR_NULL}, {"answer", NULL, TEXT | OR_NULL},
    {"deliveries", NULL, LIST}, {"told", "TOLD", TEXT | OR_NULL}, {"answered_by", "BY", TEXT | OR_NULL}, {0}};

const struct operation telling_operations[] = {
    {.name = "channel add", .readies = true, .shape = channel_columns,
     .rest = "POST /api/v1/channels", .help = "add a way to tell people", .role = ROLE_ADMIN, .place = OP_INSTALLATION,
     .params = channel_add_params, .run = op_channel_add,
     .more = "The secret is read from a file or from standard input, sealed under the key file and never shown again: the mail "
             "password, the webhook's signing key, Slack's or Teams' whole webhook address, PagerDuty's routing key, the voice "
             "provider's auth token. docs/notices.md leads through each kind."},
    {.name = "channel list", .one = {.rest = "/api/v1/channels/{name}", .key = "name"},
     .rest = "GET /api/v1/channels", .help = "list the channels, and what each still lacks", .role = ROLE_VIEWER, .place = OP_INSTALLATION,
     .run = op_channel_list, .list = "channels", .columns = channel_columns,
     .empty = "no channels yet: portcullis channel add --help"},
    {.name = "channel set", .readies = true, .shape = channel_columns,
     .rest = "PATCH /api/v1/channels/{name}", .help = "change a channel, or switch it off", .role = ROLE_ADMIN, .place = OP_INSTALLATION,
     .params = channel_set_params, .run = op_channel_set},
    {.name = "channel remove", .readies = true,
     .rest = "DELETE /api/v1/channels/{name}", .help = "remove a channel and its secret", .role = ROLE_ADMIN, .place = OP_INSTALLATION,
     .params = channel_one_params, .run = op_channel_remove},
    {.name = "ladder set", .readies = true,
     .rest = "PUT /api/v1/ladders/{name}", .help = "say who is told in which order, and how long each rung waits", .role = ROLE_ADMIN,
     .place = OP_INSTALLATION, .params = ladder_set_params, .run = op_ladder_set, .list = "rungs", .columns = ladder_columns,
     .more = "CHANNEL is a channel's name or a kind, which stands for all channels of it; WHO a person or an on-call list; WAIT "
             "as 2m, before the next rung. Example: ladder set night email:on-call +slack phone:on-call:2m phone:Bob:5m. Without "
             "a ladder of its own a notice goes to everybody on the list on-call by mail and to every chat, webhook and pager, "
             "then, where it wants an answer, by phone from person to person."},
    {.name = "ladder list", .one = {.rest = "/api/v1/ladders/{name}", .key = "ladder", .is_group = true},
     .rest = "GET /api/v1/ladders", .help = "list the ladders", .role = ROLE_VIEWER, .place = OP_INSTALLATION, .run = op_ladder_list,
     .list = "rungs", .columns = ladder_columns, .empty = "none of your own: the built-in one holds"},
    {.name = "ladder remove", .readies = true,
     .rest = "DELETE /api/v1/ladders/{name}", .help = "remove a ladder; the built-in one takes its place", .role = ROLE_ADMIN,
     .place = OP_INSTALLATION, .params = ladder_one_params, .run = op_ladder_remove},
    {.name = "notice list",
     .rest = "GET /api/v1/notices", .help = "what was told, to whom, and how it went; newest first", .role = ROLE_VIEWER,
     .place = OP_INSTALLATION, .reach = REACH_SEEN, .params = notice_list_params, .run = op_notice_list, .list = "notices", .columns = notice_columns,
     .empty = "no notices"},
    {.name = "notice show", .shape = notice_columns,
     .rest = "GET /api/v1/notices/{id}", .help = "one notice with its whole text, and who was told", .role = ROLE_VIEWER,
     .place = OP_INSTALLATION, .reach = REACH_SEEN, .is_read = true, .params = notice_show_params, .run = op_notice_show},
    {.name = "notice test",
     .rest = "POST /api/v1/notices/test", .help = "send a test notice, the way every notice goes", .role = ROLE_ADMIN, .place = OP_INSTALLATION, .reach = REACH_NAMED,
     .params = notice_test_params, .run = op_notice_test},
    {.name = "notice acknowledge",
     .rest = "POST /api/v1/notices/{id}/acknowledge", .help = "say that somebody has a notice: nobody is called about it any more",
     .role = ROLE_ANALYST, .place = OP_INSTALLATION, .reach = REACH_SEEN, .params = notice_acknowledge_params, .run = op_notice_acknowledge},
    ROWS_END};
/* clang-format on */
