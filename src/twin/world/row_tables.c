/* Columns that mean something else, or something more, in one table than their name says elsewhere: mail, messages, clouds,
 * vulnerabilities. A value is chosen by the draw of a column, its own or another's, so that columns of a row agree. */
#include "twin/world/row_int.h"

#define THREAT_TYPES "|||||Phish|Malware|Spam|Phish, Malware"
#define THREAT_NAMES "||||||Trojan_Win32_Emotet||Downloader_X"
#define THREAT_METHODS                                                                                  \
    "|||||{\"Phish\":[\"URL detonation reputation\"]}|{\"Malware\":[\"File detonation\",\"Antimalware " \
    "engine\"]}|{\"Spam\":[\"Fingerprint matching\"]}"                                                  \
    "|{\"Phish\":[\"Impersonation user\"],\"Malware\":[\"File reputation\"]}"
#define THREAT_CONFIDENCE                                                                                       \
    "|||||{\"Phish\":\"High\"}|{\"Malware\":\"High\"}|{\"Spam\":\"Normal\"}|{\"Phish\":\"Normal\",\"Malware\":" \
    "\"High\"}"
#define THREATS(table)                                                  \
    {table, COL_ThreatTypes, COL_ThreatTypes, 0, THREAT_TYPES},         \
    {                                                                   \
        table, COL_DetectionMethods, COL_ThreatTypes, 0, THREAT_METHODS \
    }
#define LINK(table)                                                                                             \
    {table, COL_Url, COL_UrlDomain, 0,                                                                          \
     "https://login.phish.example/a/b?id=7&next=%2Fhome|https://cdn.example:8443/x.png|http://www.example.org/" \
     "|https://198.51.100.7/ü"},                                                                                \
    {                                                                                                           \
        table, COL_UrlDomain, COL_UrlDomain, 0, "login.phish.example|cdn.example|www.example.org|198.51.100.7"  \
    }
#define TEAMS_MESSAGE(table)                                        \
    {                                                               \
        table, COL_TeamsMessageId, COL_TeamsMessageId, 4000000000U, \
            "/chats/19:meeting_%u@thread.v2/messages/1784797608461" \
    }
#define TEAMS_RECIPIENTS(table)                                                                                  \
    {                                                                                                            \
        table, COL_RecipientDetails, COL_RecipientDetails, 0,                                                    \
            "[{\"RecipientSmtpAddress\":\"jane@partner.example\",\"RecipientDisplayName\":\"DOE, "               \
            "Jane\",\"RecipientObjectId\":\"1bcfc3c5-0b93-4135-9ef9-18477a9fb504\",\"RecipientType\":\"User\"}]" \
            "|[{\"RecipientSmtpAddress\":\"a@fabrikam.example\",\"RecipientType\":\"User\"},{"                   \
            "\"RecipientSmtpAddress\":\"b@fabrikam.example\",\"RecipientType\":\"User\"}]|[]"                    \
    }
#define RESOURCE(table)                                                                                            \
    {table, COL_AzureResourceId, COL_AzureResourceId, 0,                                                           \
     "/subscriptions/11111111-2222-4333-8444-555555555555/resourceGroups/rg/providers/Microsoft.ContainerService/" \
     "managedClusters/aks||"},                                                                                     \
        {table, COL_AwsResourceName, COL_AzureResourceId, 0, "|arn:aws:eks:eu-west-1:111122223333:cluster/c1|"},   \
    {                                                                                                              \
        table, COL_GcpFullResourceName, COL_AzureResourceId, 0,                                                    \
            "||//container.googleapis.com/projects/p/locations/eu/clusters/c"                                      \
    }
#define POD(table)                                                                          \
    {table, COL_KubernetesNamespace, COL_KubernetesPodName, 0, "kube-system|shop|"},        \
        {table, COL_KubernetesPodName, COL_KubernetesPodName, 0, "coredns-7d5|shop-6b4f|"}, \
        {table, COL_KubernetesResource, COL_KubernetesPodName, 0,                           \
         "kube-system/Pod/coredns-7d5|shop/Deployment/shop|"},                              \
        {table, COL_ContainerName, COL_KubernetesPodName, 0, "coredns|web|host"},           \
    {                                                                                       \
        table, COL_ContainerId, COL_KubernetesPodName, 0, "9f86d081884c|60303ae22b99|"      \
    }

/* clang-format off */
static const struct row_choice choices[] = {
    THREATS(TABLE_EmailEvents), {TABLE_EmailEvents, COL_ThreatNames, COL_ThreatTypes, 0, THREAT_NAMES}, {TABLE_EmailEvents, COL_ConfidenceLevel, COL_ThreatTypes, 0, THREAT_CONFIDENCE},
    {TABLE_EmailEvents, COL_ThreatClassification, COL_ThreatTypes, 0, "|||||Business email compromise|||Invoice fraud"},
    {TABLE_EmailEvents, COL_EmailAction, COL_ThreatTypes, 0, "|||||Send to quarantine|Send to quarantine|Move to junk mail folder|Replace attachment"},
    {TABLE_EmailEvents, COL_EmailActionPolicy, COL_ThreatTypes, 0, "|||||Anti-phishing user impersonation|Antimalware default|Antispam bulk mail|Antimalware block by file type"},
    {TABLE_EmailEvents, COL_DeliveryAction, COL_DeliveryAction, 0, "Delivered|Delivered|Delivered|Junked|Blocked|Blocked|Blocked|Replaced"},
    {TABLE_EmailEvents, COL_DeliveryLocation, COL_DeliveryAction, 0, "Inbox/folder|Inbox/folder|On-premises/External|Junk folder|Quarantine|Dropped|Failed|Inbox/folder"},
    {TABLE_EmailEvents, COL_OrgLevelAction, COL_OrgLevelAction, 0, "|||Allow|Block"}, {TABLE_EmailEvents, COL_OrgLevelPolicy, COL_OrgLevelAction, 0, "|||Connection policy|Tenant Allow/Block List: sender email address or domain"},
    {TABLE_EmailEvents, COL_UserLevelAction, COL_UserLevelAction, 0, "|||Allow|Block"}, {TABLE_EmailEvents, COL_UserLevelPolicy, COL_UserLevelAction, 0, "|||Safe sender list|Blocked sender list"},
    {TABLE_EmailEvents, COL_AttachmentCount, COL_AttachmentCount, 4, "%u"}, {TABLE_EmailEvents, COL_UrlCount, COL_UrlCount, 30, "%u"},
    {TABLE_EmailEvents, COL_Connectors, COL_Connectors, 0, "|||Relay to on-premises, Partner"}, {TABLE_EmailEvents, COL_ExchangeTransportRule, COL_ExchangeTransportRule, 0, "|||Banner on external mail"},
    {TABLE_EmailEvents, COL_SenderDisplayName, COL_SenderDisplayName, 0, "News|\"Billing\" dept|山田 太郎|"}, {TABLE_EmailEvents, COL_SenderObjectId, COL_SenderDisplayName, 0, "|||4b8c18bd-2f9f-4227-af55-9f1061cf9c32"},
    {TABLE_EmailEvents, COL_DistributionList, COL_DistributionList, 0, "||||staff@fabrikam.example"}, {TABLE_EmailEvents, COL_ForwardingInformation, COL_ForwardingInformation, 0, "|||||Forwarded by inbox rule"},
    {TABLE_EmailEvents, COL_Context, COL_Context, 0, "||||Priority account"},

    THREATS(TABLE_EmailAttachmentInfo), {TABLE_EmailAttachmentInfo, COL_ThreatNames, COL_ThreatTypes, 0, THREAT_NAMES},
    {TABLE_EmailAttachmentInfo, COL_FileName, COL_FileName, 0, "invoice.docm|notes.txt|Größe 1.pdf|scan|report \"Q3\".xlsx"},
    {TABLE_EmailAttachmentInfo, COL_FileType, COL_FileName, 0, "Office;Word|txt;text|PDF|unknown|Office;Excel"}, {TABLE_EmailAttachmentInfo, COL_FileExtension, COL_FileName, 0, ".docm|.txt|.pdf||.xlsx"},

    LINK(TABLE_EmailUrlInfo), {TABLE_EmailUrlInfo, COL_UrlLocation, COL_UrlLocation, 0, "Body|Body|Subject|Header|Attachment|QRCode|CloudAttachment"}, {TABLE_EmailUrlInfo, COL_UrlChainPosition, COL_UrlChainPosition, 3, "%u"},
    {TABLE_EmailUrlInfo, COL_UrlChainId, COL_UrlChainId, 0, "|||0d8e0a5e-8b7e-4f5e-9b0b-5b6c3e2a1f00"},

    THREATS(TABLE_EmailPostDeliveryEvents), {TABLE_EmailPostDeliveryEvents, COL_Action, COL_Action, 0, "Moved to quarantine|Soft deleted|Moved to junk folder|Hard deleted|Moved to inbox"},
    {TABLE_EmailPostDeliveryEvents, COL_DeliveryLocation, COL_Action, 0, "Quarantine|Deleted items|Junk folder|Failed|Inbox/folder"}, {TABLE_EmailPostDeliveryEvents, COL_ActionTrigger, COL_ActionTrigger, 0, "SpecialAction|AdminAction|UserAction"},
    {TABLE_EmailPostDeliveryEvents, COL_ActionResult, COL_ActionResult, 0, "Success|Success|Success|Error"},

    THREATS(TABLE_UrlClickEvents), {TABLE_UrlClickEvents, COL_Workload, COL_Workload, 0, "Email|Email|Teams|Office"}, {TABLE_UrlClickEvents, COL_AppName, COL_Workload, 0, "Outlook|Outlook on the web|Teams|Word"},
    {TABLE_UrlClickEvents, COL_NetworkMessageId, COL_Workload, 0, "9e2cb1d9-2e63-4f0a-8d4e-08dee4ee4935|651a93e7-7d92-4c7f-801b-08dee4ee4935||"}, {TABLE_UrlClickEvents, COL_AppVersion, COL_AppVersion, 90, "16.0.%u"},
    {TABLE_UrlClickEvents, COL_UrlChain, COL_UrlChain, 999, "[\"https://t.example/%u\",\"https://login.phish.example/a?b=1&c=%%20\"]"},

    TEAMS_MESSAGE(TABLE_MessageEvents), TEAMS_RECIPIENTS(TABLE_MessageEvents), THREATS(TABLE_MessageEvents), {TABLE_MessageEvents, COL_ConfidenceLevel, COL_ThreatTypes, 0, THREAT_CONFIDENCE},
    {TABLE_MessageEvents, COL_SenderType, COL_SenderType, 0, "User|User|Group|Anonymous"}, {TABLE_MessageEvents, COL_ThreadType, COL_ThreadType, 0, "chat|channel|meeting"}, {TABLE_MessageEvents, COL_ThreadSubtype, COL_ThreadSubtype, 0, "None|PrivateChannel"},
    {TABLE_MessageEvents, COL_MessageFormatType, COL_MessageFormatType, 0, "RichText|Text"}, {TABLE_MessageEvents, COL_MessageFormatSubtype, COL_MessageFormatType, 0, "HTML|"}, {TABLE_MessageEvents, COL_SafetyTip, COL_ThreatTypes, 0, "|||||This link is suspicious|||"},
    {TABLE_MessageEvents, COL_DeliveryAction, COL_DeliveryAction, 0, "Delivered|Delivered|Blocked"}, {TABLE_MessageEvents, COL_DeliveryLocation, COL_DeliveryAction, 0, "Teams|Teams|Quarantine"},
    TEAMS_MESSAGE(TABLE_MessagePostDeliveryEvents), TEAMS_RECIPIENTS(TABLE_MessagePostDeliveryEvents), THREATS(TABLE_MessagePostDeliveryEvents), {TABLE_MessagePostDeliveryEvents, COL_ConfidenceLevel, COL_ThreatTypes, 0, THREAT_CONFIDENCE},
    {TABLE_MessagePostDeliveryEvents, COL_Action, COL_Action, 0, "Moved to quarantine|Blocked"}, {TABLE_MessagePostDeliveryEvents, COL_ActionTrigger, COL_ActionTrigger, 0, "SpecialAction|AdminAction"}, {TABLE_MessagePostDeliveryEvents, COL_LatestDeliveryLocation, COL_Action, 0, "Quarantine|Failed"},
    {TABLE_MessagePostDeliveryEvents, COL_SafetyTip, COL_ThreatTypes, 0, "|||||This link is suspicious|||"},
    TEAMS_MESSAGE(TABLE_MessageUrlInfo), LINK(TABLE_MessageUrlInfo), {TABLE_MessageUrlInfo, COL_ThreatTypes, COL_ThreatTypes, 0, "|||Phish|Malware"},

    {TABLE_CampaignInfo, COL_CampaignName, COL_CampaignType, 0, "Fabrikam.Phish.Aa|Trojan.Emotet.Bb|Pharma.Spam"}, {TABLE_CampaignInfo, COL_CampaignType, COL_CampaignType, 0, "Phish|Malware|Spam"}, {TABLE_CampaignInfo, COL_CampaignSubtype, COL_CampaignType, 0, "Fabrikam||"},
    {TABLE_FileMaliciousContentInfo, COL_Workload, COL_Workload, 0, "SharePoint|OneDrive|Teams"}, {TABLE_FileMaliciousContentInfo, COL_ThreatTypes, COL_ThreatTypes, 0, "[\"Malware\"]|[\"Malware\",\"Phish\"]"},
    {TABLE_FileMaliciousContentInfo, COL_ThreatNames, COL_ThreatTypes, 0, "Downloader_X|Trojan_Win32_Emotet"}, {TABLE_FileMaliciousContentInfo, COL_DetectionMethods, COL_ThreatTypes, 0, "{\"Malware\":[\"File detonation\"]}|{\"Malware\":[\"Antimalware engine\"],\"Phish\":[\"URL detonation\"]}"},
    {TABLE_CallActivityEvents, COL_ActivityType, COL_ActivityType, 0, "CallStarted|ParticipantJoined|ParticipantLeft|CallEnded"}, {TABLE_CallActivityEvents, COL_CallSchedulingType, COL_CallSchedulingType, 0, "Adhoc|Scheduled|Recurring"},

    {TABLE_CloudAuditEvents, COL_DataSource, COL_DataSource, 0, "Azure Kubernetes Service|Azure Resource Manager|AWS CloudTrail|GCP Audit Logs"}, {TABLE_CloudAuditEvents, COL_OperationName, COL_DataSource, 0, "watch|Microsoft.Compute/virtualMachines/write|AssumeRole|storage.objects.get"},
    {TABLE_CloudAuditEvents, COL_IPAddress, COL_IPAddress, 0, "198.51.100.7|198.51.100.1,198.51.100.2|2001:db8::7|"}, {TABLE_CloudAuditEvents, COL_UserAgent, COL_UserAgent, 0, "kubectl/v1.31 (linux/amd64)|aws-cli/2.17|"},
    {TABLE_CloudAuditEvents, COL_RawEventData, COL_DataSource, 0, "{\"User\":{\"username\":\"system:serviceaccount:cert-manager:cert-manager\",\"uid\":\"u-1\"},\"Verb\":\"watch\",\"Level\":\"Metadata\"}|{\"caller\":\"alice@fabrikam.example\"}|{\"eventName\":\"AssumeRole\",\"userIdentity\":{\"type\":\"AWSService\"}}|{\"methodName\":\"storage.objects.get\"}"},
    {TABLE_CloudAuditEvents, COL_AdditionalFields, COL_AdditionalFields, 0, "||{\"Region\":\"westeurope\"}"},
    RESOURCE(TABLE_CloudDnsEvents), POD(TABLE_CloudDnsEvents), {TABLE_CloudDnsEvents, COL_ActionType, COL_ActionType, 0, "DnsQuery"}, {TABLE_CloudDnsEvents, COL_DnsEventType, COL_DnsEventType, 0, "Query"}, {TABLE_CloudDnsEvents, COL_DnsEventSubType, COL_DnsEventSubType, 0, "request|response"},
    {TABLE_CloudDnsEvents, COL_DnsResponseCodeName, COL_DnsEventSubType, 0, "|NOERROR"}, {TABLE_CloudDnsEvents, COL_DnsQueryTypeName, COL_DnsQueryTypeName, 0, "A|AAAA|TXT|CNAME"}, {TABLE_CloudDnsEvents, COL_ImageName, COL_KubernetesPodName, 0, "coredns/coredns:1.11|contoso.example/shop:4|"},
    {TABLE_CloudDnsEvents, COL_ProcessName, COL_ProcessName, 0, "curl|node|python3"}, {TABLE_CloudDnsEvents, COL_AdditionalFields, COL_AdditionalFields, 0, "|{\"NodeName\":\"aks-1\"}"},
    RESOURCE(TABLE_CloudPolicyEnforcementEvents), {TABLE_CloudPolicyEnforcementEvents, COL_DataSource, COL_AzureResourceId, 0, "AKS|EKS|GKE"}, {TABLE_CloudPolicyEnforcementEvents, COL_ResourceKind, COL_ResourceKind, 0, "Pod|Deployment|DaemonSet"},
    {TABLE_CloudPolicyEnforcementEvents, COL_ResourceName, COL_ResourceName, 20, "shop-%u"}, {TABLE_CloudPolicyEnforcementEvents, COL_KubernetesNamespace, COL_KubernetesNamespace, 0, "shop|prod"}, {TABLE_CloudPolicyEnforcementEvents, COL_Reason, COL_Reason, 0, "Image has critical vulnerabilities|Image is not from a trusted registry"},
    RESOURCE(TABLE_CloudProcessEvents), POD(TABLE_CloudProcessEvents), {TABLE_CloudProcessEvents, COL_ActionType, COL_ActionType, 0, "ProcessCreated"}, {TABLE_CloudProcessEvents, COL_ContainerImageName, COL_KubernetesPodName, 0, "coredns/coredns:1.11|contoso.example/shop:4|:"},
    {TABLE_CloudProcessEvents, COL_FileName, COL_FileName, 0, "/usr/bin/bash|/usr/bin/curl|/usr/local/bin/node"}, {TABLE_CloudProcessEvents, COL_FolderPath, COL_FileName, 0, "/usr/bin/bash|/usr/bin/curl|/usr/local/bin/node"}, {TABLE_CloudProcessEvents, COL_ProcessName, COL_FileName, 0, "bash|curl|node"},
    {TABLE_CloudProcessEvents, COL_ProcessCommandLine, COL_FileName, 0, "bash -c \"id; uname -a\"|curl -s http://169.254.169.254/metadata|node server.js"}, {TABLE_CloudProcessEvents, COL_ParentProcessName, COL_ParentProcessName, 0, "containerd-shim|bash|systemd"},
    {TABLE_CloudProcessEvents, COL_ParentProcessId, COL_ParentProcessId, 32000, "%u"}, {TABLE_CloudProcessEvents, COL_InitiatingProcessId, COL_ParentProcessId, 32000, "%u"}, {TABLE_CloudProcessEvents, COL_ProcessCurrentWorkingDirectory, COL_FileName, 0, "/|/tmp|/app"},
    {TABLE_CloudProcessEvents, COL_AccountName, COL_AccountName, 0, "root|www-data|node"}, {TABLE_CloudProcessEvents, COL_AdditionalFields, COL_AccountName, 0, "{\"uid\":\"0\",\"gid\":\"0\",\"group\":\"root\",\"UpperLayer\":\"False\"}|{\"uid\":\"33\",\"gid\":\"33\",\"Memfd\":\"False\"}|"},
    {TABLE_CloudStorageAggregatedEvents, COL_ActionType, COL_ActionType, 0, "Data Aggregation"}, {TABLE_CloudStorageAggregatedEvents, COL_DataSource, COL_DataSource, 0, "Azure Storage"}, {TABLE_CloudStorageAggregatedEvents, COL_ServiceType, COL_ServiceType, 0, "Blob|ADLS Gen2|Files.REST|Files.SMB"},
    {TABLE_CloudStorageAggregatedEvents, COL_AzureResourceId, COL_StorageAccount, 0, "/subscriptions/11111111-2222-4333-8444-555555555555/resourceGroups/rg/providers/Microsoft.Storage/storageAccounts/acc1|/subscriptions/11111111-2222-4333-8444-555555555555/resourceGroups/rg/providers/Microsoft.Storage/storageAccounts/logs2"},
    {TABLE_CloudStorageAggregatedEvents, COL_StorageAccount, COL_StorageAccount, 0, "acc1|logs2"}, {TABLE_CloudStorageAggregatedEvents, COL_ResourceGroup, COL_ResourceGroup, 0, "rg"}, {TABLE_CloudStorageAggregatedEvents, COL_StorageContainer, COL_ServiceType, 0, "docs|lake||"},
    {TABLE_CloudStorageAggregatedEvents, COL_StorageFileShare, COL_ServiceType, 0, "||share|share"}, {TABLE_CloudStorageAggregatedEvents, COL_AuthenticationType, COL_AuthenticationType, 0, "AccountKey|SAS|Oauth|Anonymous"}, {TABLE_CloudStorageAggregatedEvents, COL_OperationNamesList, COL_ServiceType, 0, "[\"GetBlob\",\"ListBlobs\"]|[\"ReadFile\"]|[\"GetFile\"]|[\"SessionSetup\"]"},
    {TABLE_CloudStorageAggregatedEvents, COL_ClientCloudPlatformName, COL_ClientCloudPlatformName, 0, "Azure|AWS|N/A"}, {TABLE_CloudStorageAggregatedEvents, COL_ClientSystemServiceName, COL_ClientSystemServiceName, 0, "AzureCloud|"}, {TABLE_CloudStorageAggregatedEvents, COL_SuspiciousUserAgentName, COL_SuspiciousUserAgentName, 0, "|||AzureHound"},
    {TABLE_CloudStorageAggregatedEvents, COL_HashReputationMd5List, COL_HashReputationMd5List, 0, "[]|[]|[{\"Md5\":\"2b98391555d04d85bd2fd7ff3c8536e7\",\"Reputation\":\"Malicious\"}]"}, {TABLE_CloudStorageAggregatedEvents, COL_Location, COL_StorageAccount, 0, "westeurope|eastus"}, {TABLE_CloudStorageAggregatedEvents, COL_AdditionalFields, COL_AdditionalFields, 0, "{}"},
    {TABLE_GraphApiAuditEvents, COL_RequestDuration, COL_RequestDuration, 900000, "%u"}, {TABLE_GraphApiAuditEvents, COL_EntityType, COL_EntityType, 0, "app|user"}, {TABLE_GraphApiAuditEvents, COL_ApiVersion, COL_ApiVersion, 0, "v1.0|beta"}, {TABLE_GraphApiAuditEvents, COL_Location, COL_Location, 0, "West Europe|East US"},
    {TABLE_GraphApiAuditEvents, COL_TargetWorkload, COL_TargetWorkload, 0, "Microsoft.Exchange|Microsoft.DirectoryServices|Microsoft.SharePoint"}, {TABLE_GraphApiAuditEvents, COL_IdentityProvider, COL_IdentityProvider, 0, "https://sts.windows.net/05d5b9e8-81e8-4aa0-89fc-b50247cc0e0f/"},

    {TABLE_DeviceTvmSoftwareVulnerabilities, COL_RecommendedSecurityUpdate, COL_RecommendedSecurityUpdate, 0, "July 2026 Security Updates|KB5039212|"}, {TABLE_DeviceTvmSoftwareVulnerabilities, COL_RecommendedSecurityUpdateId, COL_RecommendedSecurityUpdate, 0, "5040442|5039212|"},
    {TABLE_DeviceTvmSoftwareVulnerabilities, COL_CveTags, COL_CveTags, 0, "[]|[]|[\"ZeroDay\"]|[\"NoSecurityUpdate\"]"}, {TABLE_DeviceTvmSoftwareVulnerabilities, COL_CveMitigationStatus, COL_CveMitigationStatus, 0, "||Applied|Not applied|Pending reboot"},
    {TABLE_DeviceTvmSoftwareEvidenceBeta, COL_LastSeenTime, COL_LastSeenTime, 9, "2026-01-1%uT10:20:30Z"}, {TABLE_DeviceTvmSoftwareEvidenceBeta, COL_RegistryPaths, COL_RegistryPaths, 0, "[\"HKEY_LOCAL_MACHINE\\\\SOFTWARE\\\\Vendor\"]|[]"},
    {TABLE_DeviceTvmSecureConfigurationAssessment, COL_ConfigurationSubcategory, COL_ConfigurationSubcategory, 0, "Firewall|Antivirus|"}, {TABLE_DeviceTvmBrowserExtensions, COL_BrowserName, COL_BrowserName, 0, "chrome|edge|firefox"}, {TABLE_DeviceTvmBrowserExtensions, COL_ExtensionRisk, COL_ExtensionRisk, 0, "Low|Medium|High|Critical"},
    {TABLE_DeviceTvmHardwareFirmware, COL_ComponentType, COL_ComponentType, 0, "Bios|Processor|Hardware"}, {TABLE_DeviceTvmHardwareFirmware, COL_Manufacturer, COL_ComponentType, 0, "Dell Inc.|Intel|Dell Inc."}, {TABLE_DeviceTvmHardwareFirmware, COL_ComponentName, COL_ComponentType, 0, "1.24.0|Intel(R) Core(TM) i7-1365U|Latitude 7440"},
    {TABLE_DeviceTvmInfoGathering, COL_AdditionalFields, COL_AdditionalFields, 0, "{\"AvEngineVersion\":\"1.1.25060.6\",\"AvMode\":\"0\",\"AvIsSignatureUptoDate\":true}|{\"EDRBlockMode\":\"On\"}"}, {TABLE_DeviceTvmCertificateInfo, COL_ExpirationDate, COL_ExpirationDate, 9, "2027-01-1%u"}, {TABLE_DeviceTvmCertificateInfo, COL_IssueDate, COL_IssueDate, 9, "2025-01-1%u"},
    {TABLE_DeviceTvmCertificateInfo, COL_SignatureAlgorithm, COL_SignatureAlgorithm, 0, "SHA256RSA|SHA1RSA"}, {TABLE_DeviceTvmCertificateInfo, COL_KeySize, COL_KeySize, 0, "2048|4096"}, {TABLE_DeviceTvmCertificateInfo, COL_Path, COL_Path, 0, "LocalMachine\\My|LocalMachine\\Root"},
    {TABLE_DeviceBaselineComplianceAssessment, COL_CurrentValue, COL_CurrentValue, 0, "[\"0\"]|[\"1\"]"}, {TABLE_DeviceBaselineComplianceAssessment, COL_RecommendedValue, COL_RecommendedValue, 0, "[\"1\"]"}, {TABLE_DeviceBaselineComplianceAssessment, COL_Source, COL_Source, 0, "[\"HKLM\\\\SOFTWARE\\\\Policies\\\\x\"]"},

    {TABLE_DisruptionAndResponseEvents, COL_ReportType, COL_ReportType, 0, "Prevented|Blocked|PolicyUpdated"}, {TABLE_DisruptionAndResponseEvents, COL_AuthenticationProtocol, COL_AuthenticationProtocol, 0, "Undefined|NTLM|Kerberos"}, {TABLE_DisruptionAndResponseEvents, COL_Service, COL_Service, 0, "SMB|ldap|krbtgt"},
    {TABLE_DisruptionAndResponseEvents, COL_PolicyName, COL_PolicyName, 0, "Contain user|Safe Boot Guard|GPO hardening"}, {TABLE_DisruptionAndResponseEvents, COL_DataSources, COL_DataSources, 0, "[\"Microsoft Defender for Endpoint\"]|[\"Microsoft Defender for Endpoint\",\"Microsoft Defender for Identity\"]"},
    {TABLE_AIAgentsInfo, COL_AgentStatus, COL_AgentStatus, 0, "Created|Published|Deleted"}, {TABLE_AIAgentsInfo, COL_Platform, COL_Platform, 0, "Copilot Studio"}, {TABLE_AIAgentsInfo, COL_UserAuthenticationType, COL_UserAuthenticationType, 0, "None|Microsoft|Custom"},
    {TABLE_AgentsInfo, COL_LifecycleStatus, COL_LifecycleStatus, 0, "Active|Active|Blocked|Uninstalled|Deleted"}, {TABLE_AgentsInfo, COL_PublishedStatus, COL_PublishedStatus, 0, "Draft|Published"}, {TABLE_AgentsInfo, COL_Platform, COL_Platform, 0, "Microsoft 365 Copilot|Copilot Studio|Foundry"}, {TABLE_AgentsInfo, COL_Model, COL_Model, 0, "gpt-5|"},
    {TABLE_DataSecurityEvents, COL_ActionType, COL_ActionType, 0, "FileCopiedToRemovableMedia|FileUploadedToCloud|FilePrinted|FileRenamed"}, {TABLE_DataSecurityEvents, COL_DlpPolicyEnforcementMode, COL_DlpPolicyEnforcementMode, 6, "%u"}, {TABLE_DataSecurityEvents, COL_Workload, COL_Workload, 0, "Endpoint|SharePoint|OneDrive|Exchange"},
    {TABLE_DataSecurityEvents, COL_DlpPolicyMatchInfo, COL_DlpPolicyEnforcementMode, 0, "|[{\"PolicyName\":\"Personal data\"}]|[{\"PolicyName\":\"Personal data\"}]|||"}, {TABLE_DataSecurityEvents, COL_TargetFilePath, COL_TargetFilePath, 0, "E:\\a.docx||"}, {TABLE_DataSecurityEvents, COL_ApplicationNames, COL_ApplicationNames, 0, "explorer.exe|chrome.exe"},
    {TABLE_DataSecurityBehaviors, COL_ActionType, COL_ActionType, 0, "UnusualVolumeOfDownloads|SequenceOfExfiltration"}, {TABLE_DataSecurityBehaviors, COL_Categories, COL_Categories, 0, "[\"Exfiltration\"]|[\"Collection\",\"Exfiltration\"]"},
};
/* clang-format on */

static const struct row_choice *find_choice(const struct row *r, enum column column, const struct row_choice *list,
                                            size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (list[i].table != r->table || list[i].column != column) continue;
        if (list[i].action == NULL || str_starts(str_of(row_action(r)), str_of(list[i].action))) return &list[i];
    }
    return NULL;
}

bool row_table_cell(const struct row *r, struct table_column column, struct arena *a, struct kql_value *out)
{
    bool is_busy = str_starts(str_of(table_schemas[r->table].name), STR("Device")) && !table_snapshot(r->table);
    if (is_busy) return false; /* devices' events have makers of their own */
    const struct row_choice *choice =
        find_choice(r, (enum column)column.column, choices, sizeof choices / sizeof choices[0]);
    if (choice == NULL)
        choice = find_choice(r, (enum column)column.column, row_identity_choices, row_identity_choice_count);
    if (choice == NULL) return false;
    uint64_t lot = row_lot(r, choice->by);
    struct str text =
        choice->below ? row_print(choice->words, (unsigned)(lot % choice->below), a) : row_word(choice->words, lot);
    int64_t number;
    if (column.type == KQL_LONG || column.type == KQL_INT) {
        *out = str_to_i64(text, &number) ? kql_int((enum kql_type)column.type, number)
                                         : kql_null((enum kql_type)column.type);
    } else {
        bool is_null = text.n == 0 && column.type == KQL_DYNAMIC;
        *out = is_null ? kql_null(KQL_DYNAMIC) : kql_text((enum kql_type)column.type, text);
    }
    return true;
}
