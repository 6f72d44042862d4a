#include "twin/schema.h"

const struct column_row column_rows[COL_COUNT] = {
#define X(name, type) {#name, type},
    TWIN_COLUMNS(X)
#undef X
};

static const enum column process_columns[] = {
    COL_Timestamp, COL_DeviceId, COL_DeviceName, COL_ActionType, COL_FileName, COL_FolderPath, COL_SHA1, COL_SHA256,
    COL_MD5, COL_FileSize, COL_ProcessVersionInfoCompanyName, COL_ProcessVersionInfoProductName,
    COL_ProcessVersionInfoProductVersion, COL_ProcessVersionInfoInternalFileName,
    COL_ProcessVersionInfoOriginalFileName, COL_ProcessVersionInfoFileDescription, COL_ProcessId,
    COL_ProcessCommandLine, COL_ProcessIntegrityLevel, COL_ProcessTokenElevation, COL_ProcessCreationTime,
    COL_AccountDomain, COL_AccountName, COL_AccountSid, COL_AccountUpn, COL_AccountObjectId, COL_LogonId,
    COL_InitiatingProcessAccountDomain, COL_InitiatingProcessAccountName, COL_InitiatingProcessAccountSid,
    COL_InitiatingProcessAccountUpn, COL_InitiatingProcessAccountObjectId, COL_InitiatingProcessLogonId,
    COL_InitiatingProcessIntegrityLevel, COL_InitiatingProcessTokenElevation, COL_InitiatingProcessSHA1,
    COL_InitiatingProcessSHA256, COL_InitiatingProcessMD5, COL_InitiatingProcessFileName,
    COL_InitiatingProcessFileSize, COL_InitiatingProcessVersionInfoCompanyName,
    COL_InitiatingProcessVersionInfoProductName, COL_InitiatingProcessVersionInfoProductVersion,
    COL_InitiatingProcessVersionInfoInternalFileName, COL_InitiatingProcessVersionInfoOriginalFileName,
    COL_InitiatingProcessVersionInfoFileDescription, COL_InitiatingProcessId, COL_InitiatingProcessCommandLine,
    COL_InitiatingProcessCreationTime, COL_InitiatingProcessFolderPath, COL_InitiatingProcessParentId,
    COL_InitiatingProcessParentFileName, COL_InitiatingProcessParentCreationTime, COL_InitiatingProcessSignerType,
    COL_InitiatingProcessSignatureStatus, COL_ReportId, COL_AppGuardContainerId, COL_AdditionalFields,
    COL_InitiatingProcessSessionId, COL_IsInitiatingProcessRemoteSession,
    COL_InitiatingProcessRemoteSessionDeviceName, COL_InitiatingProcessRemoteSessionIP, COL_CreatedProcessSessionId,
    COL_IsProcessRemoteSession, COL_ProcessRemoteSessionDeviceName, COL_ProcessRemoteSessionIP, COL_ProcessUniqueId,
    COL_InitiatingProcessUniqueId, COL_MachineGroup,
};
static const enum column network_columns[] = {
    COL_Timestamp, COL_DeviceId, COL_DeviceName, COL_ActionType, COL_RemoteIP, COL_RemotePort, COL_RemoteUrl,
    COL_LocalIP, COL_LocalPort, COL_Protocol, COL_LocalIPType, COL_RemoteIPType, COL_InitiatingProcessSHA1,
    COL_InitiatingProcessSHA256, COL_InitiatingProcessMD5, COL_InitiatingProcessFileName,
    COL_InitiatingProcessFileSize, COL_InitiatingProcessVersionInfoCompanyName,
    COL_InitiatingProcessVersionInfoProductName, COL_InitiatingProcessVersionInfoProductVersion,
    COL_InitiatingProcessVersionInfoInternalFileName, COL_InitiatingProcessVersionInfoOriginalFileName,
    COL_InitiatingProcessVersionInfoFileDescription, COL_InitiatingProcessId, COL_InitiatingProcessCommandLine,
    COL_InitiatingProcessCreationTime, COL_InitiatingProcessFolderPath, COL_InitiatingProcessParentFileName,
    COL_InitiatingProcessParentId, COL_InitiatingProcessParentCreationTime, COL_InitiatingProcessAccountDomain,
    COL_InitiatingProcessAccountName, COL_InitiatingProcessAccountSid, COL_InitiatingProcessAccountUpn,
    COL_InitiatingProcessAccountObjectId, COL_InitiatingProcessIntegrityLevel, COL_InitiatingProcessTokenElevation,
    COL_ReportId, COL_AppGuardContainerId, COL_AdditionalFields, COL_InitiatingProcessSessionId,
    COL_IsInitiatingProcessRemoteSession, COL_InitiatingProcessRemoteSessionDeviceName,
    COL_InitiatingProcessRemoteSessionIP, COL_InitiatingProcessUniqueId, COL_MachineGroup,
};
static const enum column file_columns[] = {
    COL_Timestamp, COL_DeviceId, COL_DeviceName, COL_ActionType, COL_FileName, COL_FolderPath, COL_SHA1, COL_SHA256,
    COL_MD5, COL_FileOriginUrl, COL_FileOriginReferrerUrl, COL_FileOriginIP, COL_PreviousFolderPath,
    COL_PreviousFileName, COL_FileSize, COL_InitiatingProcessAccountDomain, COL_InitiatingProcessAccountName,
    COL_InitiatingProcessAccountSid, COL_InitiatingProcessAccountUpn, COL_InitiatingProcessAccountObjectId,
    COL_InitiatingProcessMD5, COL_InitiatingProcessSHA1, COL_InitiatingProcessSHA256,
    COL_InitiatingProcessFolderPath, COL_InitiatingProcessFileName, COL_InitiatingProcessFileSize,
    COL_InitiatingProcessVersionInfoCompanyName, COL_InitiatingProcessVersionInfoProductName,
    COL_InitiatingProcessVersionInfoProductVersion, COL_InitiatingProcessVersionInfoInternalFileName,
    COL_InitiatingProcessVersionInfoOriginalFileName, COL_InitiatingProcessVersionInfoFileDescription,
    COL_InitiatingProcessId, COL_InitiatingProcessCommandLine, COL_InitiatingProcessCreationTime,
    COL_InitiatingProcessIntegrityLevel, COL_InitiatingProcessTokenElevation, COL_InitiatingProcessParentId,
    COL_InitiatingProcessParentFileName, COL_InitiatingProcessParentCreationTime, COL_RequestProtocol,
    COL_RequestSourceIP, COL_RequestSourcePort, COL_RequestAccountName, COL_RequestAccountDomain,
    COL_RequestAccountSid, COL_ShareName, COL_SensitivityLabel, COL_SensitivitySubLabel,
    COL_IsAzureInfoProtectionApplied, COL_ReportId, COL_AppGuardContainerId, COL_AdditionalFields,
    COL_InitiatingProcessSessionId, COL_IsInitiatingProcessRemoteSession,
    COL_InitiatingProcessRemoteSessionDeviceName, COL_InitiatingProcessRemoteSessionIP,
    COL_InitiatingProcessUniqueId, COL_MachineGroup,
};
static const enum column logon_columns[] = {
    COL_Timestamp, COL_DeviceId, COL_DeviceName, COL_ActionType, COL_LogonType, COL_AccountDomain, COL_AccountName,
    COL_AccountSid, COL_Protocol, COL_FailureReason, COL_IsLocalAdmin, COL_LogonId, COL_RemoteDeviceName,
    COL_RemoteIP, COL_RemoteIPType, COL_RemotePort, COL_InitiatingProcessAccountDomain,
    COL_InitiatingProcessAccountName, COL_InitiatingProcessAccountSid, COL_InitiatingProcessAccountUpn,
    COL_InitiatingProcessAccountObjectId, COL_InitiatingProcessIntegrityLevel, COL_InitiatingProcessTokenElevation,
    COL_InitiatingProcessSHA1, COL_InitiatingProcessSHA256, COL_InitiatingProcessMD5, COL_InitiatingProcessFileName,
    COL_InitiatingProcessFileSize, COL_InitiatingProcessVersionInfoCompanyName,
    COL_InitiatingProcessVersionInfoProductName, COL_InitiatingProcessVersionInfoProductVersion,
    COL_InitiatingProcessVersionInfoInternalFileName, COL_InitiatingProcessVersionInfoOriginalFileName,
    COL_InitiatingProcessVersionInfoFileDescription, COL_InitiatingProcessId, COL_InitiatingProcessCommandLine,
    COL_InitiatingProcessCreationTime, COL_InitiatingProcessFolderPath, COL_InitiatingProcessParentId,
    COL_InitiatingProcessParentFileName, COL_InitiatingProcessParentCreationTime, COL_ReportId,
    COL_AppGuardContainerId, COL_AdditionalFields, COL_InitiatingProcessSessionId,
    COL_IsInitiatingProcessRemoteSession, COL_InitiatingProcessRemoteSessionDeviceName,
    COL_InitiatingProcessRemoteSessionIP, COL_InitiatingProcessUniqueId, COL_MachineGroup,
};
static const enum column registry_columns[] = {
    COL_Timestamp, COL_DeviceId, COL_DeviceName, COL_ActionType, COL_RegistryKey, COL_RegistryValueType,
    COL_RegistryValueName, COL_RegistryValueData, COL_PreviousRegistryKey, COL_PreviousRegistryValueName,
    COL_PreviousRegistryValueData, COL_InitiatingProcessAccountDomain, COL_InitiatingProcessAccountName,
    COL_InitiatingProcessAccountSid, COL_InitiatingProcessAccountUpn, COL_InitiatingProcessAccountObjectId,
    COL_InitiatingProcessSHA1, COL_InitiatingProcessSHA256, COL_InitiatingProcessMD5, COL_InitiatingProcessFileName,
    COL_InitiatingProcessFileSize, COL_InitiatingProcessVersionInfoCompanyName,
    COL_InitiatingProcessVersionInfoProductName, COL_InitiatingProcessVersionInfoProductVersion,
    COL_InitiatingProcessVersionInfoInternalFileName, COL_InitiatingProcessVersionInfoOriginalFileName,
    COL_InitiatingProcessVersionInfoFileDescription, COL_InitiatingProcessId, COL_InitiatingProcessCommandLine,
    COL_InitiatingProcessCreationTime, COL_InitiatingProcessFolderPath, COL_InitiatingProcessParentId,
    COL_InitiatingProcessParentFileName, COL_InitiatingProcessParentCreationTime,
    COL_InitiatingProcessIntegrityLevel, COL_InitiatingProcessTokenElevation, COL_ReportId, COL_AppGuardContainerId,
    COL_InitiatingProcessSessionId, COL_IsInitiatingProcessRemoteSession,
    COL_InitiatingProcessRemoteSessionDeviceName, COL_InitiatingProcessRemoteSessionIP, COL_MachineGroup,
};
static const enum column image_columns[] = {
    COL_Timestamp, COL_DeviceId, COL_DeviceName, COL_ActionType, COL_FileName, COL_FolderPath, COL_SHA1, COL_SHA256,
    COL_MD5, COL_FileSize, COL_InitiatingProcessAccountDomain, COL_InitiatingProcessAccountName,
    COL_InitiatingProcessAccountSid, COL_InitiatingProcessAccountUpn, COL_InitiatingProcessAccountObjectId,
    COL_InitiatingProcessIntegrityLevel, COL_InitiatingProcessTokenElevation, COL_InitiatingProcessSHA1,
    COL_InitiatingProcessSHA256, COL_InitiatingProcessMD5, COL_InitiatingProcessFileName,
    COL_InitiatingProcessFileSize, COL_InitiatingProcessVersionInfoCompanyName,
    COL_InitiatingProcessVersionInfoProductName, COL_InitiatingProcessVersionInfoProductVersion,
    COL_InitiatingProcessVersionInfoInternalFileName, COL_InitiatingProcessVersionInfoOriginalFileName,
    COL_InitiatingProcessVersionInfoFileDescription, COL_InitiatingProcessId, COL_InitiatingProcessCommandLine,
    COL_InitiatingProcessCreationTime, COL_InitiatingProcessFolderPath, COL_InitiatingProcessParentId,
    COL_InitiatingProcessParentFileName, COL_InitiatingProcessParentCreationTime, COL_ReportId,
    COL_AppGuardContainerId, COL_InitiatingProcessSessionId, COL_IsInitiatingProcessRemoteSession,
    COL_InitiatingProcessRemoteSessionDeviceName, COL_InitiatingProcessRemoteSessionIP,
    COL_InitiatingProcessUniqueId, COL_MachineGroup,
};
static const enum column info_columns[] = {
    COL_Timestamp, COL_DeviceId, COL_DeviceName, COL_ClientVersion, COL_PublicIP, COL_OSArchitecture, COL_OSPlatform,
    COL_OSBuild, COL_IsAzureADJoined, COL_JoinType, COL_AadDeviceId, COL_LoggedOnUsers, COL_RegistryDeviceTag,
    COL_OSVersion, COL_MachineGroup, COL_ReportId, COL_OnboardingStatus, COL_AdditionalFields, COL_DeviceCategory,
    COL_DeviceType, COL_DeviceSubtype, COL_Model, COL_Vendor, COL_OSDistribution, COL_OSVersionInfo,
    COL_MergedDeviceIds, COL_MergedToDeviceId, COL_IsInternetFacing, COL_SensorHealthState, COL_IsExcluded,
    COL_ExclusionReason, COL_ExposureLevel, COL_AssetValue, COL_DeviceManualTags, COL_DeviceDynamicTags,
    COL_ConnectivityType, COL_HostDeviceId, COL_AzureResourceId, COL_AwsResourceName, COL_GcpFullResourceName,
    COL_IsTransient, COL_OsBuildRevision, COL_HardwareUuid, COL_AzureVmId, COL_AzureVmSubscriptionId,
    COL_CloudPlatforms, COL_MitigationStatus,
};

#define TABLE(name, columns, extra) {name, columns, sizeof columns / sizeof columns[0], extra}
const struct table_schema table_schemas[TABLE_COUNT] = {
    [TABLE_PROCESS] = TABLE("DeviceProcessEvents", process_columns, true),
    [TABLE_NETWORK] = TABLE("DeviceNetworkEvents", network_columns, true),
    [TABLE_FILE] = TABLE("DeviceFileEvents", file_columns, true),
    [TABLE_LOGON] = TABLE("DeviceLogonEvents", logon_columns, true),
    [TABLE_REGISTRY] = TABLE("DeviceRegistryEvents", registry_columns, false),
    [TABLE_IMAGE] = TABLE("DeviceImageLoadEvents", image_columns, false),
    [TABLE_INFO] = TABLE("DeviceInfo", info_columns, true),
};

bool table_by_name(struct str name, enum table_id *out)
{
    for (unsigned i = 0; i < TABLE_COUNT; i++) {
        if (!str_eq(name, str_of(table_schemas[i].name))) continue;
        *out = (enum table_id)i;
        return true;
    }
    return false;
}
