/* The rows of people and of turns on duty. */
#include "face/api/ops/ops_rows.h"
#include "face/api/ops/people/access.h"

/* clang-format off */
#define PASSWORD {"password-file", PARAM_SECRET_FILE, false, false, false, "a file with the password he logs in with, or - for standard input"}
#define PIN {"pin-file", PARAM_SECRET_FILE, false, false, false, "a file with the PIN, 4 to 12 digits, or - for standard input"}
#define NAME {"name", PARAM_TEXT, true, true, false, "the person's name"}
#define PERSON_PARAMS \
    {"mail", PARAM_TEXT, false, false, false, "mailbox, as ann@example.com"}, \
    {"phone", PARAM_TEXT, false, false, false, "number with its country, as +4930123456"}, \
    {"role", PARAM_TEXT, false, false, false, "viewer, analyst, responder (default), admin or owner"}, \
    {"org", PARAM_TEXT, false, false, true, "sees these organizations alone"}, \
    {"all-orgs", PARAM_FLAG, false, false, false, "sees all organizations, and the account itself (default)"}, \
    {"subject", PARAM_TEXT, false, false, false, "who he is at the identity provider, \"ISSUER SUBJECT\"; \"\": nobody"}, \
    PASSWORD, PIN
static const struct param user_add_params[] = {NAME, PERSON_PARAMS, PARAMS_END};
static const struct param user_set_params[] = {
    NAME, PERSON_PARAMS, {"disabled", PARAM_TEXT, false, false, false, "yes: he cannot log in, nor his API tokens; no"}, PARAMS_END};
static const struct param user_passwd_params[] = {NAME, PASSWORD, PIN, PARAMS_END};
static const struct param user_one_params[] = {NAME, PARAMS_END};
static const struct param duty_add_params[] = {
    {"list", PARAM_TEXT, true, true, false, "the list's name; the built-in ladder calls on-call"},
    {"person", PARAM_TEXT, true, true, false, "the person's name"},
    {"position", PARAM_COUNT, false, false, false, "who is called first: lower; default 1"},
    {"days", PARAM_TEXT, false, false, false, "as mon-fri,sun; default: every day"},
    {"from", PARAM_TEXT, false, false, false, "time of day it begins, as 18:00, in the setting time_zone"},
    {"to", PARAM_TEXT, false, false, false, "and ends; before `from`: on the next day"},
    {"since", PARAM_TEXT, false, false, false, "not before this time, as 2026-12-24T18:00:00Z"},
    {"until", PARAM_TEXT, false, false, false, "not after this time"},
    OF_TENANT,
    PARAMS_END};
static const struct param duty_remove_params[] = {{"id", PARAM_COUNT, true, true, false, "its number in on-call list"}, PARAMS_END};
static const struct column user_columns[] = {
    {"name", "NAME", TEXT}, {"role", "ROLE", TEXT}, {"mail", "MAIL", TEXT}, {"phone", "PHONE", TEXT},
    {"organizations", "ORGANIZATIONS", TEXTS | OR_NULL}, {"has_password", "PASSWORD", FLAG}, {"second_factor", "2ND FACTOR", FLAG},
    {"has_pin", "PIN", FLAG}, {"subject", NULL, TEXT | OR_NULL}, {"disabled", "DISABLED", FLAG}, {"created", NULL, TIME}, {0}};
static const struct column duty_columns[] = {
    {"id", "ID", COUNT}, {"list", "LIST", TEXT}, {"position", "POSITION", COUNT}, {"person", "PERSON", TEXT}, {"days", "DAYS", TEXT},
    {"hours", "HOURS", TEXT}, {"since", NULL, TIME | OR_NULL}, {"until", NULL, TIME | OR_NULL}, {"tenant_id", "TENANT", TEXT}, {0}};

const struct operation people_operations[] = {
    {.name = "user add", .readies = true, .shape = user_columns,
     .rest = "POST /api/v1/users", .help = "add a person who is told, may answer, and may log in", .role = ROLE_OWNER, .place = OP_INSTALLATION,
     .params = user_add_params, .run = op_user_add,
     .more = "The PIN is what a key that acts is proved by on the phone (approve, release, stop); the password is for logging in. "
             "Both are kept as Argon2id hashes and never shown. docs/people.md has the roles."},
    {.name = "user list", .one = {.rest = "/api/v1/users/{name}", .key = "name"},
     .rest = "GET /api/v1/users", .help = "list the people", .role = ROLE_ADMIN, .place = OP_INSTALLATION, .is_read = true, .run = op_user_list,
     .list = "people", .columns = user_columns, .empty = "nobody yet: portcullis user add NAME --mail … --phone …"},
    {.name = "user set", .readies = true, .shape = user_columns,
     .rest = "PATCH /api/v1/users/{name}", .help = "change a person: reach, role, organizations, or switch him off", .role = ROLE_OWNER, .place = OP_INSTALLATION,
     .params = user_set_params, .run = op_user_set},
    {.name = "user passwd", .readies = true,
     .rest = "POST /api/v1/users/{name}/passwd", .help = "give a person a new password (his sessions end) or PIN", .role = ROLE_OWNER, .place = OP_INSTALLATION,
     .params = user_passwd_params, .run = op_user_passwd},
    {.name = "user totp-off",
     .rest = "POST /api/v1/users/{name}/totp-off", .help = "take a person's second factor off, as when the phone is lost", .role = ROLE_OWNER, .place = OP_INSTALLATION,
     .params = user_one_params, .run = op_user_totp_off},
    {.name = "user logout",
     .rest = "POST /api/v1/users/{name}/logout", .help = "end all sessions of a person", .role = ROLE_OWNER, .place = OP_INSTALLATION,
     .params = user_one_params, .run = op_user_logout},
    {.name = "user remove", .readies = true,
     .rest = "DELETE /api/v1/users/{name}", .help = "remove a person, from all lists too, with his sessions and API tokens", .role = ROLE_OWNER, .place = OP_INSTALLATION,
     .params = user_one_params, .run = op_user_remove},
    {.name = "on-call add", .readies = true, .shape = duty_columns,
     .rest = "POST /api/v1/on-call", .help = "put a person on a list of those on duty", .role = ROLE_ADMIN, .place = OP_INSTALLATION,
     .params = duty_add_params, .run = op_duty_add,
     .more = "A tenant's own list of a name goes before the account's. Several may be on at once: mail goes to all of them, calls "
             "by position, one after another."},
    {.name = "on-call list", .one = {.rest = "/api/v1/on-call/{id}", .key = "id"},
     .rest = "GET /api/v1/on-call", .help = "who is on duty, when, and for whom", .role = ROLE_VIEWER, .place = OP_INSTALLATION, .is_read = true,
     .run = op_duty_list, .list = "turns", .columns = duty_columns,
     .empty = "nobody is on duty: portcullis on-call add on-call PERSON"},
    {.name = "on-call remove", .readies = true,
     .rest = "DELETE /api/v1/on-call/{id}", .help = "take a turn off its list", .role = ROLE_ADMIN, .place = OP_INSTALLATION,
     .params = duty_remove_params, .run = op_duty_remove},
    ROWS_END};
/* clang-format on */
