/* What the columns of identity, cloud app, sign-in and behaviour tables hold: as row_tables.c, by ActionType where that decides. */
#include "twin/world/row_int.h"

#define SERVER                                                                   \
    "\"DestinationComputerOperatingSystem\":\"windows server 2022 datacenter\"," \
    "\"DestinationComputerOperatingSystemVersion\":\"10.0 (20348)\","            \
    "\"DestinationComputerOperatingSystemType\":\"windows\",\"TO.DEVICE\":\"DC01\""
#define CLIENT                                                                                                     \
    "\"SourceComputerOperatingSystem\":\"windows 11 enterprise\",\"SourceComputerOperatingSystemVersion\":\"10.0 " \
    "(22631)\","                                                                                                   \
    "\"SourceComputerOperatingSystemType\":\"windows\",\"FROM.DEVICE\":\"PC-0007\""
#define ACTOR "\"ACTOR.ACCOUNT\":\"Alice Adams\",\"ACTOR.ENTITY_USER\":\"Alice Adams\""
#define TARGET "\"TARGET_OBJECT.USER\":\"Bruno Müller\""
#define ACTOR_OBJECT                                          \
    "{\"Type\":\"User\",\"Role\":\"Actor\",\"Name\":\"Alice " \
    "Adams\",\"Id\":\"0a0a\",\"ApplicationId\":11161,\"ApplicationInstance\":0}"
#define TARGET_OBJECT \
    "{\"Type\":\"User\",\"Role\":\"Target object\",\"Name\":\"bruno@fabrikam.example\",\"Id\":\"0b0b\"}"
#define HABITS(table)                                                                                               \
    {table, COL_UncommonForUser, COL_UncommonForUser, 0, "[]|[]|[\"ISP\",\"CountryCode\"]|[\"ActionType\"]", NULL}, \
    {                                                                                                               \
        table, COL_LastSeenForUser, COL_LastSeenForUser, 0, "{}|{\"ISP\":3,\"CountryCode\":0}|{\"UserAgent\":-1}",  \
            NULL                                                                                                    \
    }
#define SIGN_IN(table)                                                                                \
    {table,                                                                                           \
     COL_AuthenticationRequirement,                                                                   \
     COL_AuthenticationRequirement,                                                                   \
     0,                                                                                               \
     "multiFactorAuthentication|singleFactorAuthentication",                                          \
     NULL},                                                                                           \
        {table, COL_TokenIssuerType, COL_TokenIssuerType, 2, "%u", NULL},                             \
        {table, COL_ConditionalAccessStatus, COL_ErrorCode, 0, "0|2|0|0|1|2", NULL},                  \
        {table,                                                                                       \
         COL_ConditionalAccessPolicies,                                                               \
         COL_ErrorCode,                                                                               \
         0,                                                                                           \
         "[{\"id\":\"p1\",\"displayName\":\"Require "                                                 \
         "MFA\",\"result\":\"success\"}]|[]|[{\"id\":\"p2\",\"displayName\":"                         \
         "\"Block legacy\",\"result\":\"notApplied\"}]|[]|[{\"id\":\"p1\",\"displayName\":\"Require " \
         "MFA\",\"result\":\"failure\"}]|[]",                                                         \
         NULL},                                                                                       \
        {table,                                                                                       \
         COL_NetworkLocationDetails,                                                                  \
         COL_NetworkLocationDetails,                                                                  \
         0,                                                                                           \
         "[]|[{\"networkType\":\"trustedNamedLocation\",\"networkNames\":[\"Büro\"]}]",               \
         NULL},                                                                                       \
        {table,                                                                                       \
         COL_AuthenticationProcessingDetails,                                                         \
         COL_AuthenticationProcessingDetails,                                                         \
         0,                                                                                           \
         "[]|[{\"key\":\"Login Hint Present\",\"value\":\"True\"}]",                                  \
         NULL},                                                                                       \
        {table, COL_RiskState, COL_RiskLevelAggregated, 0, "0|0|4|4|5", NULL},                        \
        {table, COL_RiskDetails, COL_RiskDetails, 0, "0|0|0|4", NULL},                                \
        {table, COL_IsManaged, COL_IsManaged, 2, "%u", NULL},                                         \
    {                                                                                                 \
        table, COL_IsCompliant, COL_IsManaged, 2, "%u", NULL                                          \
    }

/* clang-format off */
const struct row_choice row_identity_choices[] = {
    {TABLE_IdentityLogonEvents, COL_Application, COL_LogonType, 0, "Active Directory|Active Directory|Active Directory|Microsoft 365", NULL},
    {TABLE_IdentityLogonEvents, COL_LogonType, COL_LogonType, 0, "Credentials validation|Resource access|Interactive|OAuth2:Authorize", "LogonSuccess"},
    {TABLE_IdentityLogonEvents, COL_LogonType, COL_LogonType, 0, "Failed logon|Failed logon with certificate|LDAP cleartext|Login:reprocess", NULL},
    {TABLE_IdentityLogonEvents, COL_Protocol, COL_LogonType, 0, "Ntlm|Kerberos|Kerberos|", "LogonSuccess"},
    {TABLE_IdentityLogonEvents, COL_Protocol, COL_LogonType, 0, "Ntlm|Kerberos|Ldap|", NULL},
    {TABLE_IdentityLogonEvents, COL_FailureReason, COL_FailureReason, 0, "", "LogonSuccess"},
    {TABLE_IdentityLogonEvents, COL_FailureReason, COL_FailureReason, 0, "UnknownUser|WrongPassword|AccountDisabled|Generic", NULL},
    {TABLE_IdentityLogonEvents, COL_DeviceType, COL_DeviceType, 0, "Desktop|Mobile||Other", NULL},
    {TABLE_IdentityLogonEvents, COL_OSPlatform, COL_DeviceType, 0, "Windows 11|iOS||Unknown", NULL},
    {TABLE_IdentityLogonEvents, COL_Location, COL_Location, 0, "NL|DE||", NULL},
    {TABLE_IdentityLogonEvents, COL_AdditionalFields, COL_LogonType, 0,
        "{\"Count\":\"3\",\"Category\":\"Initial Access\",\"AttackTechniques\":\"Valid Accounts (T1078), Domain Accounts (T1078.002)\",\"SourceAccountName\":\"FABRIKAM\\\\alice\"," CLIENT "," SERVER "}"
        "|{\"ActionTypeInner\":\"certificatefailedlogon\",\"Error\":\"PadataTypeNotSupported\",\"KdcOptions\":\"renewableok, canonicalize\",\"Count\":\"1\"," CLIENT "," SERVER "}"
        "|{\"Count\":\"1\",\"ACTOR.DEVICE\":\"\"," SERVER "}|{" ACTOR ",\"ARG.CLOUD_SERVICE\":\"Microsoft 365\",\"Pass-through authentication\":\"false\",\"Request ID\":\"22222222-2222-4222-8222-222222222222\"}", NULL},
    HABITS(TABLE_IdentityLogonEvents),

    {TABLE_IdentityQueryEvents, COL_Application, COL_Application, 0, "Active Directory", NULL}, {TABLE_IdentityQueryEvents, COL_Location, COL_Location, 0, "", NULL},
    {TABLE_IdentityQueryEvents, COL_QueryType, COL_QueryType, 0, "Text|Axfr|A|Aaaa", "DNS"}, {TABLE_IdentityQueryEvents, COL_QueryType, COL_QueryType, 0, "AllUsers|EnumerateUsers|QueryGroup", NULL},
    {TABLE_IdentityQueryEvents, COL_QueryTarget, COL_QueryTarget, 0, "fabrikam.example|dc01.fabrikam.example|_ldap._tcp.fabrikam.example", "DNS"},
    {TABLE_IdentityQueryEvents, COL_QueryTarget, COL_QueryTarget, 0, "Domain Admins|Enterprise Admins|", NULL},
    {TABLE_IdentityQueryEvents, COL_Query, COL_Query, 0, "(&(objectClass=user)(adminCount=1))|(servicePrincipalName=*)", "L"}, {TABLE_IdentityQueryEvents, COL_Query, COL_Query, 0, "", NULL},
    {TABLE_IdentityQueryEvents, COL_Protocol, COL_Protocol, 0, "Dns", "DNS"}, {TABLE_IdentityQueryEvents, COL_Protocol, COL_Protocol, 0, "Samr", "SAMR"}, {TABLE_IdentityQueryEvents, COL_Protocol, COL_Protocol, 0, "Ldap", NULL},
    {TABLE_IdentityQueryEvents, COL_AdditionalFields, COL_AdditionalFields, 0, "{\"Count\":\"1\",\"ARG.TASK\":\"DNS query\"," SERVER "}", "DNS"},
    {TABLE_IdentityQueryEvents, COL_AdditionalFields, COL_AdditionalFields, 0, "{\"Count\":\"7\",\"Category\":\"Discovery\",\"AttackTechniques\":\"Account Discovery (T1087), Domain Account (T1087.002)\"," ACTOR "," CLIENT "," SERVER "}", NULL},

    {TABLE_IdentityDirectoryEvents, COL_Application, COL_Application, 0, "Active Directory", NULL}, {TABLE_IdentityDirectoryEvents, COL_Protocol, COL_Protocol, 0, "Drsr", "Directory Service"},
    {TABLE_IdentityDirectoryEvents, COL_Protocol, COL_Protocol, 0, "Smb", "SM"}, {TABLE_IdentityDirectoryEvents, COL_Protocol, COL_Protocol, 0, "Ldap|", NULL}, {TABLE_IdentityDirectoryEvents, COL_Location, COL_Location, 0, "", NULL},
    {TABLE_IdentityDirectoryEvents, COL_AdditionalFields, COL_AdditionalFields, 0, "{\"TO.GROUP\":\"Domain Admins\"," TARGET "," ACTOR ",\"Count\":\"1\"}|{\"FROM.GROUP\":\"Backup Operators\"," TARGET "," ACTOR "}|{" ACTOR "}", "Group"},
    {TABLE_IdentityDirectoryEvents, COL_AdditionalFields, COL_AdditionalFields, 0, "{" TARGET "," ACTOR "}|{" TARGET ",\"TO Account Disabled\":\"False\"}", "Account Disabled"},
    {TABLE_IdentityDirectoryEvents, COL_AdditionalFields, COL_AdditionalFields, 0, "{\"ARG.TASK\":\"Directory Services replication\"," ACTOR ",\"Count\":\"1\"," CLIENT "," SERVER "}", "Directory Service"},
    {TABLE_IdentityDirectoryEvents, COL_AdditionalFields, COL_AdditionalFields, 0, "{" ACTOR ",\"Count\":\"1\"," CLIENT "," SERVER "}|{" TARGET "," ACTOR ",\"Category\":\"Persistence\",\"AttackTechniques\":\"Account Manipulation (T1098)\"}", NULL},
    {TABLE_IdentityInfo, COL_Type, COL_Type, 0, "User|User|User|ServiceAccount", NULL}, {TABLE_IdentityInfo, COL_SourceProvider, COL_SourceProvider, 0, "ActiveDirectory|AzureActiveDirectory", NULL},
    {TABLE_IdentityInfo, COL_AssignedRoles, COL_AssignedRoles, 0, "[]|[]|[\"Global Reader\"]|[\"Security Administrator\",\"Global Reader\"]", NULL}, {TABLE_IdentityInfo, COL_Tags, COL_Tags, 0, "[]|[\"VIP\"]", NULL},
    {TABLE_IdentityInfo, COL_OtherMailAddresses, COL_OtherMailAddresses, 0, "[]|[\"a.adams@fabrikam.example\"]", NULL}, {TABLE_IdentityInfo, COL_IdentityEnvironment, COL_IdentityEnvironment, 0, "Hybrid|CloudOnly|On-premises", NULL},
    {TABLE_IdentityInfo, COL_GroupMembership, COL_GroupMembership, 0, "[]|[\"Finance\",\"All staff\"]", NULL}, {TABLE_IdentityInfo, COL_TenantMembershipType, COL_TenantMembershipType, 0, "Member|Guest", NULL},

    {TABLE_IdentityEvents, COL_Application, COL_Application, 0, "Okta", NULL}, {TABLE_IdentityEvents, COL_ApplicationInstanceId, COL_Application, 0, "fabrikam.okta.example", NULL},
    {TABLE_IdentityEvents, COL_ActionType, COL_ActionType, 0, "user.session.start|user.authentication.sso|user.lifecycle.create|group.user_membership.add|policy.rule.update", NULL},
    {TABLE_IdentityEvents, COL_ActionResult, COL_ActionResult, 0, "SUCCESS|SUCCESS|FAILURE", NULL}, {TABLE_IdentityEvents, COL_ActionFailureReason, COL_ActionResult, 0, "||INVALID_CREDENTIALS", NULL}, {TABLE_IdentityEvents, COL_AccountType, COL_AccountType, 0, "User|SystemPrincipal", NULL},
    {TABLE_IdentityEvents, COL_TargetObjects, COL_TargetObjects, 0, "[{\"Type\":\"User\",\"Id\":\"00u2\",\"alternateId\":\"bruno@fabrikam.example\",\"displayName\":\"Bruno Müller\"},{\"Type\":\"UserGroup\",\"Id\":\"00g1\",\"displayName\":\"Admins\"}]|[]", NULL},

    {TABLE_CloudAppEvents, COL_AccountType, COL_AccountType, 0, "Regular|Regular|Admin|Application|System", NULL}, {TABLE_CloudAppEvents, COL_ActivityType, COL_ActivityType, 0, "Basic|Run|Create|Edit|Delete", NULL},
    {TABLE_CloudAppEvents, COL_DeviceType, COL_DeviceType, 0, "Desktop|Mobile|Other|", NULL}, {TABLE_CloudAppEvents, COL_OSPlatform, COL_DeviceType, 0, "Windows 11|iOS|Unknown|", NULL},
    {TABLE_CloudAppEvents, COL_UserAgentTags, COL_UserAgentTags, 0, "[]|[]|[\"Outdated browser\"]|[\"Robot\"]", NULL}, {TABLE_CloudAppEvents, COL_AuditSource, COL_AuditSource, 0, "Defender for Cloud Apps app connector|Defender for Cloud Apps access control|", NULL},
    {TABLE_CloudAppEvents, COL_ObjectType, COL_ObjectType, 0, "File|Folder|Task|", NULL}, {TABLE_CloudAppEvents, COL_ObjectName, COL_ObjectType, 0, "https://fabrikam.sharepoint.example/Größe 1.xlsx|Shared Documents|MailItemsAccessed|", NULL}, {TABLE_CloudAppEvents, COL_SessionData, COL_SessionData, 0, "||{\"InLineSessionId\":\"s1\"}", NULL},
    {TABLE_CloudAppEvents, COL_ActivityObjects, COL_ActivityObjects, 0, "[" ACTOR_OBJECT ",{\"Type\":\"Group\",\"Role\":\"Parameter\",\"Name\":\"Finance\",\"Id\":\"0c0c\"}," TARGET_OBJECT "]|[" ACTOR_OBJECT "]", "Add member"},
    {TABLE_CloudAppEvents, COL_ActivityObjects, COL_ActivityObjects, 0, "[" ACTOR_OBJECT "," TARGET_OBJECT "]", "Reset user"}, {TABLE_CloudAppEvents, COL_ActivityObjects, COL_ActivityObjects, 0, "[" ACTOR_OBJECT "," TARGET_OBJECT "]", "Update user"},
    {TABLE_CloudAppEvents, COL_ActivityObjects, COL_ActivityObjects, 0, "[" ACTOR_OBJECT ",{\"Type\":\"File\",\"Role\":\"Target object\",\"Name\":\"Größe 1.xlsx\",\"Id\":\"f1\"},{\"Type\":\"Structured object\",\"Role\":\"Parameter\",\"ServiceObjectType\":\"Session ID\"}]|[" ACTOR_OBJECT "]", NULL},
    {TABLE_CloudAppEvents, COL_RawEventData, COL_RawEventData, 999, "{\"CreationTime\":\"2026-01-02T03:04:05\",\"Id\":\"8f3c-%u\",\"Operation\":\"UserLoginFailed\",\"Workload\":\"AzureActiveDirectory\",\"ResultStatus\":\"Failed\",\"LogonError\":\"InvalidUserNameOrPassword\",\"RecordType\":15}", "UserLoginFailed"},
    {TABLE_CloudAppEvents, COL_RawEventData, COL_RawEventData, 999, "{\"CreationTime\":\"2026-01-02T03:04:05\",\"Id\":\"8f3c-%u\",\"Operation\":\"Add member to role.\",\"Workload\":\"AzureActiveDirectory\",\"ResultStatus\":\"Success\",\"ObjectId\":\"bruno@fabrikam.example\",\"ModifiedProperties\":[{\"Name\":\"Role.DisplayName\",\"NewValue\":\"Global Administrator\"}],\"RecordType\":8}", "Add member to role"},
    {TABLE_CloudAppEvents, COL_RawEventData, COL_RawEventData, 999, "{\"CreationTime\":\"2026-01-02T03:04:05\",\"Id\":\"8f3c-%u\",\"Operation\":\"MemberAdded\",\"Workload\":\"MicrosoftTeams\",\"TeamName\":\"Halle 3\",\"AADGroupId\":\"0d0d\",\"Members\":[{\"UPN\":\"bruno@fabrikam.example\",\"DisplayName\":\"Bruno Müller\",\"Role\":1}],\"RecordType\":25}", "MemberAdded"},
    {TABLE_CloudAppEvents, COL_RawEventData, COL_RawEventData, 999, "{\"CreationTime\":\"2026-01-02T03:04:05\",\"Id\":\"8f3c-%u\",\"Workload\":\"Exchange\",\"ResultStatus\":\"Succeeded\",\"Parameters\":[{\"Name\":\"Identity\",\"Value\":\"a\\\\b/c\"}],\"RecordType\":50}", NULL},
    HABITS(TABLE_CloudAppEvents),

    SIGN_IN(TABLE_AADSignInEventsBeta), SIGN_IN(TABLE_EntraIdSignInEvents), {TABLE_EntraIdSignInEvents, COL_EndpointCall, COL_EndpointCall, 0, "Login:login|OAuth2:Token|Cmsi:Cmsi", NULL},

    {TABLE_BehaviorEntities, COL_DataSources, COL_DataSources, 0, "[\"Microsoft Cloud App Security\"]|CloudApps, UEBA|", NULL}, {TABLE_BehaviorInfo, COL_DataSources, COL_DataSources, 0, "[\"Microsoft Cloud App Security\"]|", NULL},
    {TABLE_BehaviorEntities, COL_EntityType, COL_EntityType, 0, "User|Ip|CloudApplication|Process", NULL}, {TABLE_BehaviorEntities, COL_DetailedEntityRole, COL_DetailedEntityRole, 0, "||PrimaryUser", NULL},
    {TABLE_BehaviorEntities, COL_AdditionalFields, COL_EntityType, 0, "{\"Type\":\"account\",\"Name\":\"alice\",\"Role\":0}|{\"Type\":\"ip\",\"Location\":{\"CountryCode\":\"NL\",\"City\":\"Utrecht\",\"Latitude\":52.1,\"Longitude\":5.1,\"Asn\":1103}}|{\"Type\":\"cloud-application\",\"AppId\":11161}|{\"Type\":\"process\",\"ProcessId\":\"4711\",\"CreationTimeUtc\":\"2026-01-02T03:04:05.67Z\"}", NULL},
    {TABLE_AlertEvidence, COL_EntityType, COL_EntityType, 0, "Machine|User|Process|File|Ip|MailMessage|CloudApplication", NULL},
    {TABLE_AlertEvidence, COL_AdditionalFields, COL_EntityType, 0, ROW_HOST "|" ROW_ACCOUNT "|" ROW_PROCESS "|{\"Type\":\"file\",\"Host\":" ROW_HOST ",\"LastVerdict\":\"Malicious\"}"
        "|{\"Type\":\"ip\",\"Location\":{\"CountryCode\":\"NL\",\"State\":\"Utrecht\",\"City\":\"Utrecht\",\"Latitude\":52.1,\"Longitude\":5.1,\"Asn\":1103}}"
        "|{\"Type\":\"mailMessage\",\"P2Sender\":\"eve@other.example\",\"Recipient\":\"alice@fabrikam.example\",\"SenderIP\":\"198.51.100.7\",\"InternetMessageId\":\"<a@b.example>\"}|{\"Type\":\"cloud-application\",\"AppId\":11161}", NULL},
    {TABLE_OAuthAppInfo, COL_AppStatus, COL_AppStatus, 0, "Enabled|Enabled|DisabledByMicrosoft|DisabledByUser|Deleted", NULL}, {TABLE_OAuthAppInfo, COL_PrivilegeLevel, COL_PrivilegeLevel, 0, "Low|Medium|High", NULL}, {TABLE_OAuthAppInfo, COL_AppOrigin, COL_AppOrigin, 0, "Internal|External", NULL},
    {TABLE_OAuthAppInfo, COL_Permissions, COL_Permissions, 0, "[]|[{\"targetAppId\":\"00000003-0000-0000-c000-000000000000\",\"permissionValue\":\"Mail.Read\",\"permissionType\":\"Delegated\"}]", NULL},
};
/* clang-format on */
const size_t row_identity_choice_count = sizeof row_identity_choices / sizeof row_identity_choices[0];
