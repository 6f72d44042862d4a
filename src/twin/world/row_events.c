/* What a row of DeviceEvents has beside its action: the columns that such a row fills, and AdditionalFields as Defender writes
 * them for it. The first theme fits whose actions begin so. */
#include "twin/world/row_int.h"

enum {
    HAS_FILE = 1,
    HAS_PROCESS = 2,
    HAS_ACCOUNT = 4,
    HAS_ENDS = 8, /* addresses and ports */
    HAS_URL = 16,
    HAS_REGISTRY = 32,
    HAS_ORIGIN = 64,
};

struct theme {
    const char *actions; /* beginnings, | between */
    unsigned has;
    const char *fields; /* with at most one %u; NULL: null */
};

#define RULE(id) "{\"IsAudit\":\"false\",\"RuleId\":\"" id "\"}"
static const struct theme themes[] = {
    {"AntivirusScan", 0,
     "{\"ScanId\":\"{9F4A1C2E-0000-4000-8000-%u}\",\"ScanTypeIndex\":\"Quick\",\"ScanParametersIndex\":\"1\","
     "\"User\":\"SYSTEM\",\"Domain\":\"NT AUTHORITY\"}"},
    {"AntivirusDefinitions|AntivirusEmergency", 0, "{\"Version\":\"1.421.%u.0\"}"},
    {"AntivirusTroubleshoot", 0, NULL},
    {"Antivirus|AmsiScriptDetection", HAS_FILE | HAS_ORIGIN,
     "{\"ThreatName\":\"Trojan:Win32/Sample.%u\",\"WasRemediated\":true,\"WasExecutingWhileDetected\":false,"
     "\"ReportSource\":\"Windows Defender\"}"},
    {"NamedPipe", 0,
     "{\"FileOperation\":\"File created\",\"NamedPipeEnd\":\"Server\",\"PipeName\":\"\\\\Device\\\\NamedPipe\\\\"
     "mojo.%u\",\"RemoteClientsAccess\":\"AcceptRemote\",\"SessionId\":1}"},
    {"ShellLink", HAS_FILE,
     "{\"FileSizeInBytes\":%u,\"VolumeGuidPath\":\"\\\\\\\\?\\\\Volume{6f1c7bb5-0000-4000-8000-000000000001}\","
     "\"IsOnRemovableMedia\":false,\"ShellLinkRunAsAdmin\":false,\"ShellLinkShowCommand\":\"SW_SHOWNORMAL\"}"},
    {"NetworkShare", HAS_ACCOUNT, "{\"ShareName\":\"\\\\\\\\*\\\\share%u\",\"ShareLocalPath\":\"D:\\\\share\"}"},
    {"SensitiveFile|FilePrinted|DlpPoc|FileTimestamp|RemovableStorageFile", HAS_FILE, NULL},
    {"AsrRansomware|ControlledFolder", HAS_FILE, RULE("c1db55ab-c21a-4637-bb3f-a12568109d35")},
    {"ExploitGuardNetwork|NetworkProtection", HAS_URL,
     "{\"ResponseCategory\":\"Phishing\",\"IsAudit\":\"false\",\"Uri\":\"https://bad%u.example/login\"}"},
    {"SmartScreenApp", HAS_FILE | HAS_ORIGIN, "{\"Experience\":\"Untrusted\",\"ActivityId\":\"a-%u\"}"},
    {"SmartScreen", HAS_URL, "{\"Experience\":\"Phishing\",\"ActivityId\":\"a-%u\"}"},
    {"BrowserLaunched|AppGuardBrowse", HAS_URL, NULL},
    {"Firewall", HAS_ENDS, NULL},
    {"RemoteDesktop|UntrustedWifi", HAS_ENDS | HAS_ACCOUNT, NULL},
    {"LdapSearch", 0,
     "{\"AttributeList\":[\"objectClass\"],\"DistinguishedName\":\"DC=contoso,DC=example\",\"ScopeOfSearch\":"
     "\"SubTree\","
     "\"SearchFilter\":\"(uidNumber=%u)\"}"},
    {"DnsQueryRe", 0,
     "{\"DnsQueryString\":\"host%u.example.org\",\"DnsQueryResult\":\"[{\\\"DnsQueryType\\\":\\\"A\\\",\\\"Result\\\":"
     "\\\"198.51.100.7\\\"}]\"}"},
    {"NtAllocate|NtProtect|NtMapView|MemoryRemote", HAS_PROCESS | HAS_FILE,
     "{\"BaseAddress\":%u,\"RegionSize\":262144,\"ProtectionMask\":64}"},
    {"ReadProcessMemory|WriteProcess|WriteToLsass", HAS_PROCESS | HAS_FILE, "{\"TotalBytesCopied\":\"%u\"}"},
    {"OpenProcess", HAS_PROCESS | HAS_FILE, "{\"DesiredAccess\":%u}"},
    {"CreateRemoteThread|QueueUserApc|SetThreadContext|PTrace", HAS_PROCESS | HAS_FILE, NULL},
    {"ProcessPrimaryToken", HAS_PROCESS | HAS_FILE | HAS_ACCOUNT, "{\"CurrentTokenUserSid\":\"S-1-5-21-1-2-3-%u\"}"},
    {"ProcessCreatedUsingWmi", HAS_PROCESS | HAS_FILE | HAS_ACCOUNT,
     "{\"InitiatingProcess\":{},\"ClientMachine\":\"pc-%u\",\"IsRemoteMachine\":false}"},
    {"ScriptContent|AmsiScriptContent", 0, "{\"ScriptContent\":\"Get-Process -Id %u | Stop-Process\\n# ü\"}"},
    {"PowerShellCommand", 0, "{\"Command\":\"Get-Item%u\"}"},
    {"AsrVulnerable|AppControlCodeIntegrity", HAS_FILE,
     "{\"PolicyName\":\"Default\",\"PolicyID\":\"p-%u\",\"RequestedSigningLevel\":\"2\",\"ValidatedSigningLevel\":"
     "\"1\"}"},
    {"AppControlPolicy", 0, "{\"PolicyName\":\"Default\",\"PolicyGuid\":\"p-%u\"}"},
    {"ClrUnbacked", 0, "{\"ModuleILPathOrName\":\"Module%u\",\"ModuleFlags\":8}"},
    {"DriverLoad", HAS_FILE, NULL},
    {"Asr|AppControlExec|AppControlPackaged|AppLockerBlockEx|AppLockerBlockPackagedApp", HAS_FILE | HAS_PROCESS,
     RULE("d4f940ab-401b-4efc-aadc-ad5f3c50688a")},
    {"AppControlScript|AppControlCI|AppLockerBlockScript", HAS_FILE, NULL},
    {"ExploitGuard|ControlFlow", HAS_FILE | HAS_PROCESS, "{\"IsAudit\":\"false\"}"},
    {"ScheduledTask", 0,
     "{\"TaskName\":\"\\\\Contoso\\\\Update%u\",\"TaskContent\":\"<Task><Actions><Exec><Command>C:\\\\t\\\\u.exe</"
     "Command><Arguments>-q</Arguments></Exec></Actions></Task>\"}"},
    {"Pnp", 0,
     "{\"ClassName\":\"USB\",\"DeviceDescription\":\"USB Mass Storage Device\",\"DeviceId\":\"USB\\\\VID_0781&PID_%u\","
     "\"VendorIds\":\"[\\\"USB\\\\\\\\VID_0781\\\"]\"}"},
    {"UsbDrive", 0,
     "{\"BusType\":7,\"DriveLetter\":\"E:\",\"ProductName\":\"Stick\",\"ProductRevision\":\"1.00\",\"Manufacturer\":"
     "\"Contoso\",\"SerialNumber\":\"%u\",\"LoggedOnUsers\":[\"ann@contoso.example\"]}"},
    {"RemovableStoragePolicy|Bluetooth", 0,
     "{\"DeviceDescription\":\"Stick\",\"ClassName\":\"DiskDrive\",\"SerialNumberId\":\"%u\","
     "\"RemovableStorageAccess\":"
     "\"Write\",\"RemovableStoragePolicy\":\"No sticks\",\"RemovableStoragePolicyVerdict\":\"Deny\"}"},
    {"PrintJob", HAS_FILE, "{\"PrinterName\":\"Printer %u\"}"},
    {"ServiceInstalled|FirewallService", 0,
     "{\"ServiceName\":\"svc%u\",\"ServiceStartType\":2,\"ServiceAccount\":\"LocalSystem\",\"ServiceType\":16}"},
    {"UserAccountAdded|UserAccountRemoved", HAS_ACCOUNT,
     "{\"GroupName\":\"Administrators\",\"GroupDomainName\":\"Builtin\",\"GroupSid\":\"S-1-5-32-%u\"}"},
    {"UserAccount|PasswordChange|SecurityGroup|LocalGroup|AccountChecked|LogonRights", HAS_ACCOUNT, NULL},
    {"DirectoryService", HAS_ACCOUNT, "{\"ObjectClass\":\"user\",\"ObjectDN\":\"CN=user%u,DC=contoso,DC=example\"}"},
    {"Tampering", HAS_REGISTRY,
     "{\"Status\":\"Blocked\",\"TamperingAction\":\"RegistryModification\",\"OriginalValue\":\"0\","
     "\"TamperingAttemptedValue\":\"%u\"}"},
    {"BitLocker|DeviceBoot", 0, "{\"Status\":\"Passed\",\"Volume\":\"C:\"}"},
    {"AuditPolicy", HAS_ACCOUNT, "{\"SubcategoryGuid\":\"g-%u\",\"AuditPolicyChanges\":\"Success removed\"}"},
    {"OtherAlert", HAS_REGISTRY | HAS_FILE, NULL},
};

static bool begins_with_one(struct str action, const char *words)
{
    for (struct str rest = str_of(words); rest.p;) {
        if (str_starts(action, str_cut(&rest, '|'))) return true;
    }
    return false;
}

static const struct theme *theme_of(const struct row *r)
{
    static const struct theme other = {"", 0, NULL};
    struct str action = str_of(row_action(r));
    for (size_t i = 0; i < sizeof themes / sizeof *themes; i++) {
        if (begins_with_one(action, themes[i].actions)) return &themes[i];
    }
    return &other;
}

/* What a column belongs to; 0: every row may fill it. */
static unsigned part_of(enum column c)
{
    static const struct {
        enum column column;
        unsigned part;
    } parts[] = {
        {COL_FileName, HAS_FILE | HAS_PROCESS},
        {COL_FolderPath, HAS_FILE | HAS_PROCESS},
        {COL_SHA1, HAS_FILE | HAS_PROCESS},
        {COL_SHA256, HAS_FILE | HAS_PROCESS},
        {COL_MD5, HAS_FILE | HAS_PROCESS},
        {COL_FileSize, HAS_FILE | HAS_PROCESS},
        {COL_ProcessId, HAS_PROCESS},
        {COL_ProcessCommandLine, HAS_PROCESS},
        {COL_ProcessCreationTime, HAS_PROCESS},
        {COL_ProcessTokenElevation, HAS_PROCESS},
        {COL_LogonId, HAS_PROCESS | HAS_ACCOUNT},
        {COL_CreatedProcessSessionId, HAS_PROCESS},
        {COL_ProcessRemoteSessionDeviceName, HAS_PROCESS},
        {COL_ProcessRemoteSessionIP, HAS_PROCESS},
        {COL_AccountName, HAS_ACCOUNT | HAS_PROCESS},
        {COL_AccountDomain, HAS_ACCOUNT | HAS_PROCESS},
        {COL_AccountSid, HAS_ACCOUNT | HAS_PROCESS},
        {COL_LocalIP, HAS_ENDS},
        {COL_LocalPort, HAS_ENDS},
        {COL_RemoteIP, HAS_ENDS},
        {COL_RemotePort, HAS_ENDS},
        {COL_RemoteDeviceName, HAS_ENDS},
        {COL_RemoteUrl, HAS_URL},
        {COL_RegistryKey, HAS_REGISTRY},
        {COL_RegistryValueName, HAS_REGISTRY},
        {COL_RegistryValueData, HAS_REGISTRY},
        {COL_FileOriginUrl, HAS_ORIGIN},
        {COL_FileOriginIP, HAS_ORIGIN},
    };
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        if (parts[i].column == c) return parts[i].part;
    }
    return 0;
}

bool row_leaves_empty(const struct row *r, enum column c)
{
    unsigned part = r->table == TABLE_DeviceEvents ? part_of(c) : 0;
    return part != 0 && (theme_of(r)->has & part) == 0;
}

struct kql_value row_event_fields(const struct row *r, uint64_t lot, struct arena *a)
{
    const char *fields = theme_of(r)->fields;
    return fields ? kql_str(row_print(fields, (unsigned)(lot >> 40) % 1000000, a)) : kql_null(KQL_STRING);
}
