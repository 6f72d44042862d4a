#include "twin/world/schema.h"

#include <stddef.h>

const char *const column_names[COL_COUNT] = {
#define X(name) [COL_##name] = #name,
    TWIN_COLUMNS(X)
#undef X
        [COL_ProcessFutureSignal] = "ProcessFutureSignal",
};

/* Each table's columns and actions, then the tables over them. */
#define CELL(name, type) {COL_##name, KQL_##type},
#define ACTION(name) name,
#define X(table, time_column, has_additional)                                                       \
    static const struct table_column table##_columns[] = {TWIN_TABLE_##table(CELL)};                \
    _Static_assert(sizeof table##_columns / sizeof table##_columns[0] < TABLE_COLUMNS_MAX, #table); \
    static const char *const table##_actions[] = {TWIN_ACTIONS_##table(ACTION) NULL};
TWIN_TABLES(X)
#undef X

#define X(table, time_column, has_additional)                                                                          \
    [TABLE_##                                                                                                          \
        table] = {#table,         table##_columns, sizeof table##_columns / sizeof table##_columns[0],    time_column, \
                  has_additional, table##_actions, sizeof table##_actions / sizeof table##_actions[0] - 1},
const struct table_schema table_schemas[TABLE_COUNT] = {TWIN_TABLES(X)};
#undef X

enum snapshot table_snapshot(enum table_id t)
{
    static const unsigned char snapshots[TABLE_COUNT] = {
        [TABLE_AgentsInfo] = SNAPSHOT_THINGS,
        [TABLE_AIAgentsInfo] = SNAPSHOT_THINGS,
        [TABLE_DeviceBaselineComplianceAssessment] = SNAPSHOT_DEVICES,
        [TABLE_DeviceBaselineComplianceAssessmentKB] = SNAPSHOT_THINGS,
        [TABLE_DeviceBaselineComplianceProfiles] = SNAPSHOT_THINGS,
        [TABLE_DeviceTvmBrowserExtensions] = SNAPSHOT_DEVICES,
        [TABLE_DeviceTvmBrowserExtensionsKB] = SNAPSHOT_THINGS,
        [TABLE_DeviceTvmCertificateInfo] = SNAPSHOT_DEVICES,
        [TABLE_DeviceTvmHardwareFirmware] = SNAPSHOT_DEVICES,
        [TABLE_DeviceTvmInfoGathering] = SNAPSHOT_DEVICES,
        [TABLE_DeviceTvmInfoGatheringKB] = SNAPSHOT_THINGS,
        [TABLE_DeviceTvmSecureConfigurationAssessment] = SNAPSHOT_DEVICES,
        [TABLE_DeviceTvmSecureConfigurationAssessmentKB] = SNAPSHOT_THINGS,
        [TABLE_DeviceTvmSoftwareEvidenceBeta] = SNAPSHOT_DEVICES,
        [TABLE_DeviceTvmSoftwareInventory] = SNAPSHOT_DEVICES,
        [TABLE_DeviceTvmSoftwareVulnerabilities] = SNAPSHOT_DEVICES,
        [TABLE_DeviceTvmSoftwareVulnerabilitiesKB] = SNAPSHOT_THINGS,
        [TABLE_ExposureGraphEdges] = SNAPSHOT_DEVICES,
        [TABLE_ExposureGraphNodes] = SNAPSHOT_DEVICES,
        [TABLE_IdentityAccountInfo] = SNAPSHOT_USERS,
        [TABLE_IdentityInfo] = SNAPSHOT_USERS,
        [TABLE_OAuthAppInfo] = SNAPSHOT_THINGS,
    };
    return (enum snapshot)snapshots[t];
}

bool table_by_name(struct str name, enum table_id *out)
{
    for (unsigned i = 0; i < TABLE_COUNT; i++) {
        if (!str_eq(name, str_of(table_schemas[i].name))) continue;
        *out = (enum table_id)i;
        return true;
    }
    return false;
}
