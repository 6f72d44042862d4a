/* The hunting tables the twin knows: names, columns in their order, types. One list of distinct columns, since most are
 * shared between tables; a table is a list of them. Names and order as in the published schema reference. */
#ifndef TWIN_SCHEMA_H
#define TWIN_SCHEMA_H

#include "kit/base/str.h"
#include "twin/kql/value.h"

/* Every distinct column: X(name, type). */
/* clang-format off */
#define TWIN_COLUMNS(X) \
    X(Timestamp, KQL_DATETIME) \
    X(DeviceId, KQL_STRING) \
    X(DeviceName, KQL_STRING) \
    X(ActionType, KQL_STRING) \
    X(FileName, KQL_STRING) \
    X(FolderPath, KQL_STRING) \
    X(SHA1, KQL_STRING) \
    X(SHA256, KQL_STRING) \
    X(MD5, KQL_STRING) \
    X(FileOriginUrl, KQL_STRING) \
    X(FileOriginReferrerUrl, KQL_STRING) \
    X(FileOriginIP, KQL_STRING) \
    X(PreviousFolderPath, KQL_STRING) \
    X(PreviousFileName, KQL_STRING) \
    X(FileSize, KQL_LONG) \
    X(InitiatingProcessAccountDomain, KQL_STRING) \
    X(InitiatingProcessAccountName, KQL_STRING) \
    X(InitiatingProcessAccountSid, KQL_STRING) \
    X(InitiatingProcessAccountUpn, KQL_STRING) \
    X(InitiatingProcessAccountObjectId, KQL_STRING) \
    X(InitiatingProcessMD5, KQL_STRING) \
    X(InitiatingProcessSHA1, KQL_STRING) \
    X(InitiatingProcessSHA256, KQL_STRING) \
    X(InitiatingProcessFolderPath, KQL_STRING) \
    X(InitiatingProcessFileName, KQL_STRING) \
    X(InitiatingProcessFileSize, KQL_LONG) \
    X(InitiatingProcessVersionInfoCompanyName, KQL_STRING) \
    X(InitiatingProcessVersionInfoProductName, KQL_STRING) \
    X(InitiatingProcessVersionInfoProductVersion, KQL_STRING) \
    X(InitiatingProcessVersionInfoInternalFileName, KQL_STRING) \
    X(InitiatingProcessVersionInfoOriginalFileName, KQL_STRING) \
    X(InitiatingProcessVersionInfoFileDescription, KQL_STRING) \
    X(InitiatingProcessId, KQL_LONG) \
    X(InitiatingProcessCommandLine, KQL_STRING) \
    X(InitiatingProcessCreationTime, KQL_DATETIME) \
    X(InitiatingProcessIntegrityLevel, KQL_STRING) \
    X(InitiatingProcessTokenElevation, KQL_STRING) \
    X(InitiatingProcessParentId, KQL_LONG) \
    X(InitiatingProcessParentFileName, KQL_STRING) \
    X(InitiatingProcessParentCreationTime, KQL_DATETIME) \
    X(RequestProtocol, KQL_STRING) \
    X(RequestSourceIP, KQL_STRING) \
    X(RequestSourcePort, KQL_INT) \
    X(RequestAccountName, KQL_STRING) \
    X(RequestAccountDomain, KQL_STRING) \
    X(RequestAccountSid, KQL_STRING) \
    X(ShareName, KQL_STRING) \
    X(SensitivityLabel, KQL_STRING) \
    X(SensitivitySubLabel, KQL_STRING) \
    X(IsAzureInfoProtectionApplied, KQL_BOOL) \
    X(ReportId, KQL_LONG) \
    X(AppGuardContainerId, KQL_STRING) \
    X(AdditionalFields, KQL_STRING) \
    X(InitiatingProcessSessionId, KQL_LONG) \
    X(IsInitiatingProcessRemoteSession, KQL_BOOL) \
    X(InitiatingProcessRemoteSessionDeviceName, KQL_STRING) \
    X(InitiatingProcessRemoteSessionIP, KQL_STRING) \
    X(InitiatingProcessUniqueId, KQL_STRING) \
    X(MachineGroup, KQL_STRING) \
    X(ClientVersion, KQL_STRING) \
    X(PublicIP, KQL_STRING) \
    X(OSArchitecture, KQL_STRING) \
    X(OSPlatform, KQL_STRING) \
    X(OSBuild, KQL_LONG) \
    X(IsAzureADJoined, KQL_BOOL) \
    X(JoinType, KQL_STRING) \
    X(AadDeviceId, KQL_STRING) \
    X(LoggedOnUsers, KQL_STRING) \
    X(RegistryDeviceTag, KQL_STRING) \
    X(OSVersion, KQL_STRING) \
    X(OnboardingStatus, KQL_STRING) \
    X(DeviceCategory, KQL_STRING) \
    X(DeviceType, KQL_STRING) \
    X(DeviceSubtype, KQL_STRING) \
    X(Model, KQL_STRING) \
    X(Vendor, KQL_STRING) \
    X(OSDistribution, KQL_STRING) \
    X(OSVersionInfo, KQL_STRING) \
    X(MergedDeviceIds, KQL_STRING) \
    X(MergedToDeviceId, KQL_STRING) \
    X(IsInternetFacing, KQL_BOOL) \
    X(SensorHealthState, KQL_STRING) \
    X(IsExcluded, KQL_BOOL) \
    X(ExclusionReason, KQL_STRING) \
    X(ExposureLevel, KQL_STRING) \
    X(AssetValue, KQL_STRING) \
    X(DeviceManualTags, KQL_STRING) \
    X(DeviceDynamicTags, KQL_STRING) \
    X(ConnectivityType, KQL_STRING) \
    X(HostDeviceId, KQL_STRING) \
    X(AzureResourceId, KQL_STRING) \
    X(AwsResourceName, KQL_STRING) \
    X(GcpFullResourceName, KQL_STRING) \
    X(IsTransient, KQL_BOOL) \
    X(OsBuildRevision, KQL_STRING) \
    X(HardwareUuid, KQL_STRING) \
    X(AzureVmId, KQL_STRING) \
    X(AzureVmSubscriptionId, KQL_STRING) \
    X(CloudPlatforms, KQL_STRING) \
    X(MitigationStatus, KQL_STRING) \
    X(LogonType, KQL_STRING) \
    X(AccountDomain, KQL_STRING) \
    X(AccountName, KQL_STRING) \
    X(AccountSid, KQL_STRING) \
    X(Protocol, KQL_STRING) \
    X(FailureReason, KQL_STRING) \
    X(IsLocalAdmin, KQL_BOOL) \
    X(LogonId, KQL_LONG) \
    X(RemoteDeviceName, KQL_STRING) \
    X(RemoteIP, KQL_STRING) \
    X(RemoteIPType, KQL_STRING) \
    X(RemotePort, KQL_INT) \
    X(RemoteUrl, KQL_STRING) \
    X(LocalIP, KQL_STRING) \
    X(LocalPort, KQL_INT) \
    X(LocalIPType, KQL_STRING) \
    X(ProcessVersionInfoCompanyName, KQL_STRING) \
    X(ProcessVersionInfoProductName, KQL_STRING) \
    X(ProcessVersionInfoProductVersion, KQL_STRING) \
    X(ProcessVersionInfoInternalFileName, KQL_STRING) \
    X(ProcessVersionInfoOriginalFileName, KQL_STRING) \
    X(ProcessVersionInfoFileDescription, KQL_STRING) \
    X(ProcessId, KQL_LONG) \
    X(ProcessCommandLine, KQL_STRING) \
    X(ProcessIntegrityLevel, KQL_STRING) \
    X(ProcessTokenElevation, KQL_STRING) \
    X(ProcessCreationTime, KQL_DATETIME) \
    X(AccountUpn, KQL_STRING) \
    X(AccountObjectId, KQL_STRING) \
    X(InitiatingProcessLogonId, KQL_LONG) \
    X(InitiatingProcessSignerType, KQL_STRING) \
    X(InitiatingProcessSignatureStatus, KQL_STRING) \
    X(CreatedProcessSessionId, KQL_LONG) \
    X(IsProcessRemoteSession, KQL_BOOL) \
    X(ProcessRemoteSessionDeviceName, KQL_STRING) \
    X(ProcessRemoteSessionIP, KQL_STRING) \
    X(ProcessUniqueId, KQL_STRING) \
    X(RegistryKey, KQL_STRING) \
    X(RegistryValueType, KQL_STRING) \
    X(RegistryValueName, KQL_STRING) \
    X(RegistryValueData, KQL_STRING) \
    X(PreviousRegistryKey, KQL_STRING) \
    X(PreviousRegistryValueName, KQL_STRING) \
    X(PreviousRegistryValueData, KQL_STRING) \
    X(ProcessFutureSignal, KQL_STRING)

/* clang-format on */
enum column {
#define X(name, type) COL_##name,
    TWIN_COLUMNS(X)
#undef X
        COL_COUNT
};
struct column_row {
    const char *name;
    enum kql_type type;
};
extern const struct column_row column_rows[COL_COUNT];

enum table_id {
    TABLE_PROCESS,
    TABLE_NETWORK,
    TABLE_FILE,
    TABLE_LOGON,
    TABLE_REGISTRY,
    TABLE_IMAGE,
    TABLE_INFO,
    TABLE_COUNT
};
struct table_schema {
    const char *name;
    const enum column *columns; /* Timestamp first */
    unsigned count;
    bool has_additional_fields;
};
extern const struct table_schema table_schemas[TABLE_COUNT];

bool table_by_name(struct str name, enum table_id *out); /* exact case, as Kusto does */

#endif
