/* Prints the pages of docs/ that are made from tables in the code: errors.md, microsoft-errors.md, settings.md, policy-words.md
 * and roles.md. `make docs`
 * writes them; a test compares them with what the code says now. */
#include <stdio.h>
#include <string.h>

#include "cloud/defender/defender.h"
#include "cloud/net/http.h"
#include "cloud/tenant/import.h"
#include "cloud/tenant/onboarding.h"
#include "cloud/tenant/settings.h"
#include "cloud/tenant/tenant.h"
#include "face/api/login/auth.h"
#include "face/api/operation.h"
#include "face/app/app.h"
#include "face/health/capability.h"
#include "face/health/doctor.h"
#include "face/health/readiness.h"
#include "face/health/tenant_test.h"
#include "flow/act/act.h"
#include "flow/act/manage.h"
#include "flow/ingest/ingest.h"
#include "flow/notify/notify.h"
#include "flow/sink/lake.h"
#include "kit/json/json.h"
#include "kit/seal/seal.h"
#include "kit/sys/causes.h"
#include "kit/yaml/yaml.h"
#include "logic/ocsf/ocsf.h"
#include "logic/respond/policy.h"
#include "logic/respond/respond.h"
#include "state/conf/conf.h"
#include "state/log/log.h"
#include "state/store/store.h"

static const struct {
    const char *title;
    const struct cause *causes;
    unsigned count;
} tables[] = {
    {"Microsoft: sign-in and Defender", defender_causes, DEFENDER_CAUSE_COUNT},
    {"Network", net_causes, NET_CAUSE_COUNT},
    {"Tenants and credentials", tenant_causes, TENANT_CAUSE_COUNT},
    {"Onboarding", onboarding_causes, ONBOARDING_CAUSE_COUNT},
    {"Import of tenants", import_causes, IMPORT_CAUSE_COUNT},
    {"Feeds", ingest_causes, INGEST_CAUSE_COUNT},
    {"Notices", notify_causes, NOTIFY_CAUSE_COUNT},
    {"Readiness", readiness_causes, READINESS_CAUSE_COUNT},
    {"Doctor", doctor_causes, DOCTOR_CAUSE_COUNT},
    {"The Test", test_causes, TEST_CAUSE_COUNT},
    {"Capabilities", capability_causes, CAPABILITY_CAUSE_COUNT},
    {"Managed alerts", manage_causes, MANAGE_CAUSE_COUNT},
    {"Commands", api_causes, API_CAUSE_COUNT},
    {"Logins and API tokens", auth_causes, AUTH_CAUSE_COUNT},
    {"Response", respond_causes, RESPOND_CAUSE_COUNT},
    {"Response service", act_causes, ACT_CAUSE_COUNT},
    {"Settings", conf_causes, CONF_CAUSE_COUNT},
    {"YAML", yaml_causes, YAML_CAUSE_COUNT},
    {"JSON", json_causes, JSON_CAUSE_COUNT},
    {"Mappings", ocsf_causes, OCSF_CAUSE_COUNT},
    {"Policies", policy_causes, POLICY_CAUSE_COUNT},
    {"Store", store_causes, STORE_CAUSE_COUNT},
    {"Log", log_causes, LOG_CAUSE_COUNT},
    {"Lake", lake_causes, LAKE_CAUSE_COUNT},
    {"Keys and encryption", seal_causes, SEAL_CAUSE_COUNT},
    {"This machine", sys_causes, SYS_CAUSE_COUNT},
    {"Program", base_causes, BASE_CAUSE_COUNT},
    {"Demo", app_causes, APP_CAUSE_COUNT},
};

static const char *kind_means(enum err_kind kind)
{
    switch (kind) {
    case ERR_RETRY: return "is tried again by itself";
    case ERR_UNCERTAIN: return "it may or may not have happened; this is found out by itself";
    case ERR_AUTH: return "a person must act: at Microsoft (probed rarely), or whoever gives roles here";
    case ERR_INPUT: return "what was given is wrong";
    case ERR_LIMIT: return "a bound was reached";
    case ERR_STORAGE: return "disk or database refused";
    case ERR_CORRUPT: return "stored bytes are damaged or not ours";
    }
    return "";
}

static void print_errors(void)
{
    puts("# Errors\n\nEvery failure has a stable code, a cause and a remedy. This page is made from the program's own "
         "tables (`make docs`).");
    for (size_t t = 0; t < sizeof tables / sizeof tables[0]; t++) {
        printf("\n## %s\n\n| code | what happened | what to do | kind |\n| --- | --- | --- | --- |\n", tables[t].title);
        for (unsigned i = 0; i < tables[t].count; i++) {
            const struct cause *c = &tables[t].causes[i];
            printf("| `%s` | %s | %s | %s |\n", c->code, c->what, c->remedy, kind_means(c->kind));
        }
    }
}

static const char *is_retried(enum err_kind kind)
{
    return kind == ERR_RETRY ? "yes" : kind == ERR_LIMIT ? "yes, for less" : kind == ERR_AUTH ? "rarely" : "no";
}

static void print_cause(int which)
{
    const struct cause *c = &defender_causes[which];
    printf("`%s` | %s | %s | %s |\n", c->code, c->what, is_retried(c->kind), c->remedy);
}

/* Status and family in words; a column each. */
static void print_where(const struct api_error *row)
{
    const char *family = row->family == ANY_FAMILY         ? "any"
                         : row->family == HUNTING_FAMILIES ? "hunting"
                                                           : family_rows[row->family].name;
    if (row->status == 0)
        printf("| other | %s | ", family);
    else
        printf(row->status < 10 ? "| %dxx | %s | " : "| %d | %s | ", row->status, family);
}

static void print_microsoft_errors(void)
{
    puts(
        "# Microsoft's errors and ours\n\nWhat Microsoft's login service and APIs answer, and what Portcullis makes of "
        "it. "
        "*Again*: yes, by itself and soon; rarely,\nevery 15 to 60 minutes until a person has acted. This page is made "
        "from the program's own tables (`make docs`);\n`tests/integration/errors.py` provokes each row.\n\n"
        "## Login (AADSTS codes)\n\nA code that is not listed is `defender.login_refused`, or `defender.login_down` "
        "when "
        "the answer says that it will pass.\n\n"
        "| AADSTS | code | what happened | again | what to do |\n| --- | --- | --- | --- | --- |");
    for (unsigned i = 0; defender_login_code(i); i++) {
        printf("| %lld | ", (long long)defender_login_code(i)->code);
        print_cause(defender_login_code(i)->cause);
    }
    puts("\n## APIs (Graph, Defender for Endpoint, SIEM)\n\nThe first row that fits holds. *Says* is part of the "
         "message.\n\n"
         "| status | API | its code | says | code | what happened | again | what to do |\n"
         "| --- | --- | --- | --- | --- | --- | --- | --- |");
    for (unsigned i = 0; defender_api_error(i); i++) {
        const struct api_error *row = defender_api_error(i);
        print_where(row);
        printf("%s | %s | ", row->code ? row->code : "", row->contains ? row->contains : "");
        print_cause(row->cause);
    }
}

static void print_settings(void)
{
    struct buf page;
    buf_init(&page, 1 << 20);
    conf_describe(&page);
    settings_describe(&page);
    printf("%.*s", STR_ARG(buf_str(&page)));
    buf_done(&page);
}

static void print_policy_words(void)
{
    struct buf page;
    buf_init(&page, 1 << 20);
    policy_describe(&page);
    printf("%.*s", STR_ARG(buf_str(&page)));
    buf_done(&page);
}

/* Those that ask more than their operation's row says. */
static void print_account_params(void)
{
    printf("\n## What the account alone says\n\nWhere the account's secrets are sent, and which certificates are "
           "believed there. "
           "These parameters are refused to those who see some\norganizations, whatever the row above says:\n\n");
    for (const struct op_table *t = operation_tables; t->rows; t++)
        for (const struct operation *op = t->rows; op->name; op++)
            for (const struct param *p = op->params; p && p->name; p++)
                if (p->is_account) printf("- `%s --%s`\n", op->name, p->name);
}

static void print_roles(void)
{
    static const char *const reaches[] = {[REACH_ACCOUNT] = "no",
                                          [REACH_NAMED] = "for a tenant or organization of theirs",
                                          [REACH_SEEN] = "of theirs",
                                          [REACH_ALL] = "yes",
                                          [REACH_OWN] = "yes"};
    puts(
        "# Roles\n\nWho may run which operation, over REST and the dashboard. Each role may all that the ones before "
        "it "
        "may: viewer, analyst, responder, admin, owner. A\nperson or an API token sees all organizations, or some: the "
        "third column says what those who see some may do. What is not theirs is\nanswered as if it were not there. "
        "The "
        "command line on the machine itself may everything: whoever reads the data folder is owner.\n*Audited*: each "
        "call "
        "that changes something is an entry in the audit trail, with who, what, before and after.\n\nThis page is made "
        "from "
        "the program's own table (`make docs`); `tests/integration/roles.py` calls every operation as every role, in "
        "scope "
        "and\nout of it, and holds the answers against it. [People](people.md) tells how to give roles.\n\n"
        "| operation | least role | who sees some organizations | audited | REST |\n| --- | --- | --- | --- | --- |");
    for (const struct op_table *t = operation_tables; t->rows; t++)
        for (const struct operation *op = t->rows; op->name; op++)
            if (op->place != OP_LOCAL)
                printf("| `%s` | %s | %s | %s | %s%s%s |\n", op->name, role_names[op->role], reaches[op->reach],
                       operation_is_read(op) ? "" : "yes", op->rest ? "`" : "", op->rest ? op->rest : "",
                       op->rest ? "`" : "");
    print_account_params();
}

/* Codes must be one of a kind, and every cause complete. */
static int check_tables(void)
{
    int faults = 0;
    for (size_t t = 0; t < sizeof tables / sizeof tables[0]; t++)
        for (unsigned i = 0; i < tables[t].count; i++) {
            const struct cause *c = &tables[t].causes[i];
            bool is_whole = c->code && c->what && c->remedy && c->kind && strchr(c->code, '.');
            if (!is_whole) faults++, fprintf(stderr, "%s, row %u is not complete\n", tables[t].title, i);
            for (size_t u = 0; is_whole && u <= t; u++)
                for (unsigned k = 0; k < (u == t ? i : tables[u].count); k++)
                    if (tables[u].causes[k].code && strcmp(tables[u].causes[k].code, c->code) == 0)
                        faults++, fprintf(stderr, "%s stands twice\n", c->code);
        }
    return faults;
}

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "errors") == 0)
        print_errors();
    else if (argc == 2 && strcmp(argv[1], "settings") == 0)
        print_settings();
    else if (argc == 2 && strcmp(argv[1], "policy-words") == 0)
        print_policy_words();
    else if (argc == 2 && strcmp(argv[1], "microsoft-errors") == 0)
        print_microsoft_errors();
    else if (argc == 2 && strcmp(argv[1], "roles") == 0)
        print_roles();
    else if (argc == 2 && strcmp(argv[1], "check") == 0)
        return check_tables() ? 1 : 0;
    else
        return fprintf(stderr, "gen-docs errors | microsoft-errors | settings | policy-words | roles | check\n"), 2;
    return 0;
}
