/* The rows of the caller himself, API tokens and the audit trail. */
#include "face/api/ops/ops_rows.h"
#include "face/api/ops/people/access.h"

/* clang-format off */
#define CURRENT {"current-file", PARAM_SECRET_FILE, false, true, false, "a file with the password as it is now, or - for standard input"}
#define CODE {"code-file", PARAM_SECRET_FILE, false, true, false, "a file with the code that the app shows, or - for standard input"}

static const struct param passwd_params[] = {
    CURRENT, {"password-file", PARAM_SECRET_FILE, false, true, false, "a file with the new one"}, PARAMS_END};
static const struct param enrol_params[] = {CURRENT, PARAMS_END};
static const struct param confirm_params[] = {CODE, PARAMS_END};
static const struct param totp_off_params[] = {CURRENT, CODE, PARAMS_END};
static const struct param token_add_params[] = {
    {"name", PARAM_TEXT, true, true, false, "what it is for; the audit trail names it so"},
    {"expires", PARAM_TEXT, false, true, false, "after how long it ends: 8h, 90d; at most the setting token_life"},
    {"role", PARAM_TEXT, false, false, false, "viewer (default), analyst, responder, admin or owner; at most your own"},
    {"org", PARAM_TEXT, false, false, true, "it sees these organizations alone; default: those that you see"},
    {"person", PARAM_TEXT, false, false, false, "whose it is: it never may more than he may then, and goes with him. Default: yours; from the command line nobody's"},
    PARAMS_END};
static const struct param token_one_params[] = {{"name", PARAM_TEXT, true, true, false, "its name"}, PARAMS_END};
static const struct param audit_list_params[] = {
    {"by", PARAM_TEXT, false, false, false, "only what this one did, as BY has it"},
    {"operation", PARAM_TEXT, false, false, false, "only this operation, as \"tenant set\", \"login\" or \"refused\""},
    {"from", PARAM_TIME, false, false, false, "from this time on, or so long back (2d)"},
    {"to", PARAM_TIME, false, false, false, "before this time"},
    {"newest", PARAM_COUNT, false, false, false, "at most so many, the newest first; default: 100, at most 1000", .is_local = true},
    {"before", PARAM_COUNT, false, false, false, "go on from the entry before this number (next_before of the page before)", .is_local = true},
    PARAMS_END};
static const struct param oidc_set_params[] = {
    {"issuer", PARAM_TEXT, false, false, false, "as the provider writes it: https://login.microsoftonline.com/TENANT/v2.0"},
    {"client-id", PARAM_TEXT, false, false, false, "of the application that is registered there for us"},
    {"client-secret-file", PARAM_SECRET_FILE, false, false, false, "a file with its secret, or - for standard input; none: a public client"},
    {"redirect-url", PARAM_TEXT, false, false, false, "where it sends people back; default: public_url and /api/v1/oidc/callback"},
    {"scopes", PARAM_TEXT, false, false, false, "default: openid profile email"},
    {"name-claim", PARAM_TEXT, false, false, false, "which claim people are called by here; default: preferred_username"},
    PARAMS_END};
static const struct param rule_add_params[] = {
    {"claim", PARAM_TEXT, true, true, false, "which claim of the id token, as roles or groups"},
    {"value", PARAM_TEXT, true, true, false, "what it is, or has among others"},
    {"role", PARAM_TEXT, false, true, false, "viewer, analyst, responder, admin or owner"},
    {"org", PARAM_TEXT, false, false, true, "sees these organizations alone"},
    {"all-orgs", PARAM_FLAG, false, false, false, "sees all organizations, and the account itself"},
    PARAMS_END};
static const struct param rule_one_params[] = {{"id", PARAM_COUNT, true, true, false, "its number in oidc show"}, PARAMS_END};
static const struct column rule_columns[] = {
    {"id", "ID", COUNT}, {"claim", "CLAIM", TEXT}, {"value", "VALUE", TEXT}, {"role", "ROLE", TEXT, WORDS(role_names)},
    {"organizations", "ORGANIZATIONS", TEXTS | OR_NULL}, {0}};
static const struct column token_columns[] = {
    {"id", NULL, COUNT}, {"name", "NAME", TEXT}, {"person", "WHOSE", TEXT | OR_NULL}, {"role", "ROLE", TEXT, WORDS(role_names)},
    {"organizations", "ORGANIZATIONS", TEXTS | OR_NULL}, {"created", NULL, TIME}, {"expires", "EXPIRES", TIME}, {"state", "STATE", TEXT | LIVE},
    {"used", "LAST USED", TIME | OR_NULL | LIVE}, {"used_from", "FROM", TEXT | OR_NULL | LIVE}, {0}};
static const struct column audit_columns[] = {
    {"id", "ID", COUNT}, {"at", "WHEN", TIME}, {"by", "BY", TEXT}, {"operation", "OPERATION", TEXT}, {"detail", "DETAIL", ANY}, {0}};

static const struct column me_shape[] = {
    {"name", NULL, TEXT}, {"kind", NULL, TEXT}, {"role", NULL, TEXT, WORDS(role_names)}, {"organizations", NULL, TEXTS | OR_NULL},
    {"second_factor", NULL, FLAG}, {"must_enrol", NULL, FLAG}, {0}};
const struct operation access_operations[] = {
    {.name = "me show", .shape = me_shape, .rest = "GET /api/v1/me", .help = "who the service takes you for, and what you may", .role = ROLE_VIEWER,
     .place = OP_INSTALLATION, .reach = REACH_OWN, .is_read = true, .run = op_me_show},
    {.name = "me passwd", .rest = "POST /api/v1/me/passwd", .help = "change your own password; all your sessions end", .role = ROLE_VIEWER,
     .place = OP_INSTALLATION, .reach = REACH_OWN, .params = passwd_params, .run = op_me_passwd,
     .more = "For people who are logged in over HTTP. From the command line: portcullis user passwd."},
    {.name = "me totp-enrol", .once = OP_ONCE_SHOWN, .rest = "POST /api/v1/me/totp-enrol", .help = "begin a second factor: a key for your authenticator app", .role = ROLE_VIEWER,
     .place = OP_INSTALLATION, .reach = REACH_OWN, .params = enrol_params, .run = op_me_totp_enrol},
    {.name = "me totp-confirm", .once = OP_ONCE_SHOWN, .rest = "POST /api/v1/me/totp-confirm", .help = "confirm it with the code that the app shows; gives ten recovery codes",
     .role = ROLE_VIEWER, .place = OP_INSTALLATION, .reach = REACH_OWN, .params = confirm_params, .run = op_me_totp_confirm},
    {.name = "me totp-off", .rest = "POST /api/v1/me/totp-off", .help = "take your second factor off", .role = ROLE_VIEWER,
     .place = OP_INSTALLATION, .reach = REACH_OWN, .params = totp_off_params, .run = op_me_totp_off},
    {.name = "me logout", .rest = "POST /api/v1/me/logout", .help = "end all your sessions, on all machines", .role = ROLE_VIEWER,
     .place = OP_INSTALLATION, .reach = REACH_OWN, .run = op_me_logout},
    {.name = "token add", .shape = token_columns, .once = OP_ONCE_SHOWN, .rest = "POST /api/v1/tokens", .help = "make an API token; it is shown this once", .role = ROLE_VIEWER,
     .place = OP_INSTALLATION, .reach = REACH_ALL, .params = token_add_params, .run = op_token_add,
     .more = "Send it as Authorization: Bearer pct_…. Only its hash is kept."},
    {.name = "token list", .one = {.rest = "/api/v1/tokens/{name}", .key = "name"}, .rest = "GET /api/v1/tokens", .help = "list the API tokens: yours; for admins of the whole account all", .role = ROLE_VIEWER,
     .place = OP_INSTALLATION, .reach = REACH_ALL, .is_read = true, .run = op_token_list, .list = "tokens", .columns = token_columns,
     .empty = "no API tokens: portcullis token add NAME --expires 90d"},
    {.name = "token revoke", .rest = "DELETE /api/v1/tokens/{name}", .help = "revoke an API token at once", .role = ROLE_VIEWER,
     .place = OP_INSTALLATION, .reach = REACH_ALL, .params = token_one_params, .run = op_token_revoke},
    {.name = "audit list", .rest = "GET /api/v1/audit", .help = "who did what, and what was refused; the newest first", .role = ROLE_ADMIN,
     .place = OP_INSTALLATION, .is_read = true, .params = audit_list_params, .run = op_audit_list, .list = "entries", .columns = audit_columns,
     .empty = "nothing"},
    {.name = "audit verify", .rest = "POST /api/v1/audit/verify", .help = "has anybody changed the audit trail? Names the first entry that does not fit", .role = ROLE_ADMIN,
     .place = OP_INSTALLATION, .is_read = true, .run = op_audit_verify,
     .more = "Each entry's hash covers the one before, with a mac beside it whose key is sealed, and the end is sealed too: a byte changed, "
             "an entry removed, an end cut off and a tail written anew are found. Whoever has the key file as well could write all of it anew: "
             "send the entries elsewhere if that matters to you."},
    {.name = "oidc show", .one = {.rest = "/api/v1/oidc/rules/{id}", .key = "id"}, .rest = "GET /api/v1/oidc", .help = "single sign-on: the identity provider, and who gets which role", .role = ROLE_ADMIN,
     .place = OP_INSTALLATION, .is_read = true, .run = op_oidc_show, .list = "rules", .columns = rule_columns, .empty = "no rules: nobody gets in that way"},
    {.name = "oidc set", .rest = "PUT /api/v1/oidc", .help = "set the identity provider (OpenID Connect)", .role = ROLE_OWNER,
     .place = OP_INSTALLATION, .params = oidc_set_params, .run = op_oidc_set, .list = "rules", .columns = rule_columns, .empty = "no rules: nobody gets in that way",
     .more = "What is not named stays as it is. The secret is sealed and never shown. docs/people.md goes through it with Entra."},
    {.name = "oidc remove", .rest = "DELETE /api/v1/oidc", .help = "no single sign-on any more; the rules stay", .role = ROLE_OWNER,
     .place = OP_INSTALLATION, .run = op_oidc_remove, .list = "rules", .columns = rule_columns, .empty = "no rules"},
    {.name = "oidc rule-add", .rest = "POST /api/v1/oidc/rules", .help = "give those a role that have a value in a claim", .role = ROLE_OWNER,
     .place = OP_INSTALLATION, .params = rule_add_params, .run = op_oidc_rule_add, .list = "rules", .columns = rule_columns, .empty = "no rules",
     .more = "Of several rules that fit somebody the highest role counts, with the organizations of those rules that give it."},
    {.name = "oidc rule-remove", .rest = "DELETE /api/v1/oidc/rules/{id}", .help = "take a rule back; it counts from the next sign-in on", .role = ROLE_OWNER,
     .place = OP_INSTALLATION, .params = rule_one_params, .run = op_oidc_rule_remove, .list = "rules", .columns = rule_columns, .empty = "no rules"},
    ROWS_END};
/* clang-format on */
