/* The rows of bringing tenants in. */
#include "cloud/tenant/onboarding.h"
#include "face/api/ops/ops.h"
#include "face/api/ops/ops_rows.h"

static const struct param consent_params[] = {
    {"tenant-id", PARAM_TEXT, true, false, false,
     "the tenant, by its id, or by its name if it is here; without it: whichever signs in"},
    {"org", PARAM_ORG, false, false, false,
     "the organization (customer) it is for; made if new; not needed for a tenant that is here"},
    {"name", PARAM_TEXT, false, false, false, "a name for the new tenant; default: its id"},
    {"app", PARAM_TEXT, false, false, false,
     "the app that asks, by name or client id; default: the tenant's first, else the account's only multi-tenant one"},
    {"form", PARAM_TEXT, false, false, false,
     "v1 (default): the whole registration; v2: Graph's permissions alone; authorize: the older form"},
    {"cloud", PARAM_TEXT, false, false, false, "global (default), gcc, gcc-high, dod, china"},
    {"redirect", PARAM_TEXT, false, false, false,
     "where the browser comes back to, as registered; default: this service's page (public_url); none: nothing comes "
     "back"},
    {"valid", PARAM_TEXT, false, false, false, "how long the link is good; default: 7d, at most 30d"},
    {"lookback", PARAM_TEXT, false, false, false,
     "how far back a new tenant's alerts and incidents are read first; default: 30d (lookback.alerts)"},
    {"lookback-hunting", PARAM_TEXT, false, false, false,
     "the same for its hunting tables; default: 24h (lookback.hunting)"},
    {"mail", PARAM_TEXT, false, false, false, "send it to this address, with what it asks for and who can grant it"},
    {"channel", PARAM_TEXT, false, false, false, "the mail channel it goes out by; default: the first"},
    PARAMS_END};
static const struct param import_params[] = {
    {"file", PARAM_PATH, true, true, false, "CSV, or YAML by its name's end; docs/onboarding.md lists the columns"},
    {"offline", PARAM_FLAG, false, false, false, "ask no login: what a line says is taken as it is"},
    PARAMS_END};
static const struct param list_params[] = {
    {"state", PARAM_TEXT, false, false, false,
     "only those that are waiting, checking, active, partial, refused, failed, expired, quarantined, rejected"},
    PARAMS_END};
static const struct param one_params[] = {{"id", PARAM_TEXT, true, true, false, "the onboarding's number"}, PARAMS_END};
static const struct column import_view[] = {{"line", "LINE", COUNT},
                                            {"tenant_id", "TENANT", TEXT | OR_NULL},
                                            {"outcome", "OUTCOME", TEXT},
                                            {"state", "STATE", TEXT | OR_NULL},
                                            {"code", "CODE", TEXT | OR_NULL},
                                            {"reason", "REASON", TEXT | OR_NULL},
                                            {"remedy", "REMEDY", TEXT | OR_NULL},
                                            {0}};
static const struct column list_view[] = {{"id", "ID", COUNT},
                                          {"state", "STATE", TEXT, WORDS(onboarding_state_names)},
                                          {"organization", "ORGANIZATION", TEXT | OR_NULL},
                                          {"tenant_id", "TENANT", TEXT | OR_NULL},
                                          {"expected", NULL, TEXT | OR_NULL},
                                          {"name", NULL, TEXT | OR_NULL},
                                          {"client_id", NULL, TEXT | OR_NULL},
                                          {"graph", "GRAPH", TEXT, WORDS(onboarding_proof_names)},
                                          {"endpoint", "ENDPOINT", TEXT, WORDS(onboarding_proof_names)},
                                          {"code", "CODE", TEXT | OR_NULL},
                                          {"reason", NULL, TEXT | OR_NULL},
                                          {"form", NULL, TEXT, WORDS(onboarding_form_names)},
                                          {"asked_by", NULL, TEXT | OR_NULL},
                                          {"mail", NULL, TEXT | OR_NULL},
                                          {"created", NULL, TIME},
                                          {"expires", "EXPIRES", TIME | OR_NULL},
                                          {"answered", NULL, TIME | OR_NULL},
                                          {"next_look", NULL, TIME | OR_NULL},
                                          {"changed", NULL, TIME | OR_NULL},
                                          {0}};

const struct operation onboarding_operations[] = {
    {.name = "tenant consent-url",
     .once = OP_ONCE_SHOWN,
     .rest = "POST /api/v1/onboardings",
     .help = "make a link by which a tenant's administrator consents to an app",
     .role = ROLE_ADMIN,
     .place = OP_INSTALLATION,
     .reach = REACH_NAMED,
     .params = consent_params,
     .run = op_consent_url,
     .more = "The link is signed, good for one consent, and expires; opening it uses nothing up. The service asks for "
             "tokens of the tenant "
             "until the consent shows: after the administrator has come back to the redirect URI, and, where the "
             "tenant's id is "
             "given, also by itself, so that no port needs to be open to the outside."},
    {.name = "tenant import",
     .help = "add many tenants out of a file",
     .role = ROLE_ADMIN,
     .place = OP_ENGINE,
     .reach = REACH_SEEN,
     .params = import_params,
     .run = op_tenant_import,
     .list = "lines",
     .columns = import_view,
     .empty = "no line",
     .more = "Each line is tried by itself: a token is asked for, and a line whose credential the login refuses adds "
             "nothing. Run again, it "
             "goes on where it was; what is there already stays. A tenant of an account's app whose consent does not "
             "show yet is waited "
             "for, and its line has the link. Exit 3: some lines failed."},
    {.rest = "GET /api/v1/onboardings",
     .reach = REACH_SEEN,
     READS("onboarding list", "how the consents stand that were asked for", list_params, op_onboarding_list),
     .list = "onboardings",
     .columns = list_view,
     .empty = "no consent was asked for yet: portcullis tenant consent-url"},
    {.rest = "GET /api/v1/onboardings/{id}",
     .reach = REACH_SEEN,
     .shape = list_view,
     READS("onboarding show", "show one of them", one_params, op_onboarding_show)},
    {.name = "onboarding accept",
     .shape = list_view,
     .rest = "POST /api/v1/onboardings/{id}/accept",
     .help = "take a tenant that answered unexpectedly",
     .role = ROLE_ADMIN,
     .place = OP_INSTALLATION,
     .reach = REACH_SEEN,
     .params = one_params,
     .run = op_onboarding_accept},
    {.name = "onboarding reject",
     .shape = list_view,
     .rest = "POST /api/v1/onboardings/{id}/reject",
     .help = "do not take it; nothing is asked of it",
     .role = ROLE_ADMIN,
     .place = OP_INSTALLATION,
     .reach = REACH_SEEN,
     .params = one_params,
     .run = op_onboarding_reject},
    {.name = "onboarding check",
     .shape = list_view,
     .rest = "POST /api/v1/onboardings/{id}/check",
     .help = "ask for its tokens now, and for another hour",
     .role = ROLE_ADMIN,
     .place = OP_INSTALLATION,
     .reach = REACH_SEEN,
     .params = one_params,
     .run = op_onboarding_check},
    ROWS_END};
