/* The list of tables: the installation's operations by subject, in the order in which --help shows them. */
#include <string.h>

#include "face/api/ops/ops_rows.h"

const struct op_table operation_tables[] = {
    {"installation", install_operations},
    {"organizations and tenants", tenant_operations},
    {"onboarding", onboarding_operations},
    {"apps and their credentials", credential_operations},
    {"settings", settings_operations},
    {"clouds and proxies", reach_operations},
    {"feeds", feed_operations},
    {"alerts and incidents", alert_operations},
    {"devices", device_operations},
    {"response", response_operations},
    {"policies", policy_operations},
    {"people and duty", people_operations},
    {"Logins, API tokens, audit", access_operations},
    {"channels, ladders and notices", telling_operations},
    {"OCSF", ocsf_operations},
    {0},
};

const struct operation *operation_find(const char *name)
{
    for (const struct op_table *t = operation_tables; t->rows; t++)
        for (const struct operation *op = t->rows; op->name; op++)
            if (strcmp(op->name, name) == 0) return op;
    return NULL;
}
