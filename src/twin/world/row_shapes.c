/* Columns nobody wrote a maker for: a believable value by the column's name and type. The first rule that fits the name
 * decides; a '*' in front of it or behind it stands for anything. */
#include <string.h>

#include "twin/world/row_int.h"

enum shape {
    SHAPE_WORDS, /* one of "a|b|c"; nothing between two bars: none */
    SHAPE_GUID,
    SHAPE_HEX,   /* n digits */
    SHAPE_PRINT, /* words: a format with one %u, of a number below n */
    SHAPE_ACCOUNT,
    SHAPE_DISPLAY,
    SHAPE_UPN,
    SHAPE_SID,
    SHAPE_OBJECT_ID,
    SHAPE_TENANT,
    SHAPE_DOMAIN,
    SHAPE_ADDRESS,
    SHAPE_HOST
};
struct shape_rule {
    const char *name;
    enum shape shape;
    unsigned n;
    const char *words;
};

/* clang-format off */
static const struct shape_rule text_rules[] = {
    {"Merged*", SHAPE_WORDS, 0, ""}, {"Aws*", SHAPE_WORDS, 0, ""}, {"Gcp*", SHAPE_WORDS, 0, ""}, {"HostDeviceId", SHAPE_WORDS, 0, ""},
    {"AlertId", SHAPE_PRINT, 99999, "da6390000000000000_%u"},
    {"BehaviorId", SHAPE_PRINT, 99999, "bh6390000000000000_%u"},
    {"CveId", SHAPE_PRINT, 40000, "CVE-2026-%u"},
    {"ConfigurationId", SHAPE_PRINT, 300, "scid-%u"},
    {"InternetMessageId", SHAPE_PRINT, 4000000000, "<%u.mail@relay.example>"},
    {"ResourceId", SHAPE_PRINT, 60, "/subscriptions/11111111-2222-4333-8444-555555555555/resourceGroups/rg/providers/Microsoft.Compute/virtualMachines/vm-%u"},
    {"AzureResourceId", SHAPE_PRINT, 60, "/subscriptions/11111111-2222-4333-8444-555555555555/resourceGroups/rg/providers/Microsoft.Compute/virtualMachines/vm-%u"},
    {"KubernetesResource", SHAPE_PRINT, 9, "/clusters/aks-%u/namespaces/default"},
    {"ProductCodeCpe", SHAPE_PRINT, 90, "cpe:2.3:a:vendor:product:%u.0:*:*:*:*:*:*:*"},
    {"MacAddress", SHAPE_HEX, 12, NULL},
    {"*TenantId", SHAPE_TENANT, 0, NULL},
    {"*AccountSid", SHAPE_SID, 0, NULL}, {"*UserSid", SHAPE_SID, 0, NULL}, {"Sid", SHAPE_SID, 0, NULL}, {"*PremSid", SHAPE_SID, 0, NULL}, {"CloudSid", SHAPE_SID, 0, NULL},
    {"*AccountObjectId", SHAPE_OBJECT_ID, 0, NULL}, {"*PremObjectId", SHAPE_OBJECT_ID, 0, NULL}, {"AccountId", SHAPE_OBJECT_ID, 0, NULL}, {"IdentityId", SHAPE_OBJECT_ID, 0, NULL},
    {"SenderObjectId", SHAPE_OBJECT_ID, 0, NULL}, {"RecipientObjectId", SHAPE_OBJECT_ID, 0, NULL},
    {"*Upn", SHAPE_UPN, 0, NULL}, {"*Upns", SHAPE_UPN, 0, NULL}, {"RecipientEmailAddress", SHAPE_UPN, 0, NULL}, {"EmailAddress", SHAPE_UPN, 0, NULL}, {"AccountEmail", SHAPE_UPN, 0, NULL},
    {"SipProxyAddress", SHAPE_UPN, 0, NULL}, {"AlternateSignInName", SHAPE_UPN, 0, NULL}, {"Manager", SHAPE_UPN, 0, NULL}, {"CreatedBy", SHAPE_UPN, 0, NULL}, {"LastUpdatedBy", SHAPE_UPN, 0, NULL},
    {"*FromAddress", SHAPE_PRINT, 400, "news%u@sender.example"}, {"SenderEmailAddress", SHAPE_PRINT, 400, "person%u@partner.example"},
    {"*FromDomain", SHAPE_WORDS, 0, "sender.example|partner.example|xn--bcher-kva.example"},
    {"*AccountName", SHAPE_ACCOUNT, 0, NULL}, {"*UserName", SHAPE_ACCOUNT, 0, NULL},
    {"*DisplayName", SHAPE_DISPLAY, 0, NULL}, {"Application", SHAPE_WORDS, 0, "Microsoft Teams|Office 365|Azure Portal|Active Directory|Microsoft Exchange Online"},
    {"GivenName", SHAPE_WORDS, 0, "Alice|Bruno|Chloé|山田"}, {"Surname", SHAPE_WORDS, 0, "Adams|Müller|Petit|O'Neill"},
    {"*DomainName", SHAPE_DOMAIN, 0, NULL}, {"AccountDomain", SHAPE_DOMAIN, 0, NULL}, {"RecipientDomain", SHAPE_DOMAIN, 0, NULL},
    {"*UrlDomain", SHAPE_WORDS, 0, "login.phish.example|cdn.example|www.example.org"}, {"*UrlDomains", SHAPE_WORDS, 0, "[\"www.example.org\"]||"},
    {"UrlChain", SHAPE_PRINT, 999, "[\"https://t.example/%u\",\"https://login.phish.example/a?b=1&c=%%20\"]"},
    {"*Url", SHAPE_PRINT, 9999, "https://login.phish.example/a/b?id=%u&next=%%2Fhome"}, {"*Uri", SHAPE_PRINT, 9999, "https://graph.microsoft.com/v1.0/users/%u/messages?$top=10"}, {"Url", SHAPE_PRINT, 9999, "https://www.example.org/p/%u"},
    {"IPv4Dhcp", SHAPE_ADDRESS, 0, NULL}, {"*IPv6", SHAPE_WORDS, 0, "2001:db8:60:c0c::116:55|"}, {"*IPv4", SHAPE_ADDRESS, 0, NULL}, {"*IPAddress", SHAPE_ADDRESS, 0, NULL}, {"IpAddress", SHAPE_ADDRESS, 0, NULL},
    {"IPAddresses", SHAPE_WORDS, 0, "[{\"IPAddress\":\"10.0.0.5\",\"SubnetPrefix\":24,\"AddressType\":\"Private\"},{\"IPAddress\":\"fe80::1\",\"SubnetPrefix\":64,\"AddressType\":\"Private\"}]|[]"},
    {"DnsAddresses", SHAPE_WORDS, 0, "[\"10.0.0.1\",\"10.0.0.2\"]|[]"}, {"DefaultGateways", SHAPE_WORDS, 0, "[\"10.0.0.254\"]|[]"},
    {"ConnectedNetworks", SHAPE_WORDS, 0, "[{\"Name\":\"corp.example\",\"Description\":\"corp\",\"IsConnectedToInternet\":true,\"Category\":\"Domain\"}]||"},
    {"*IP", SHAPE_ADDRESS, 0, NULL},
    {"IPCategory", SHAPE_WORDS, 0, "Corporate|VPN|Risky|"}, {"ISP", SHAPE_WORDS, 0, "KPN|Swisscom|Deutsche Telekom"}, {"Isp", SHAPE_WORDS, 0, "KPN|Swisscom"},
    {"Country*", SHAPE_WORDS, 0, "NL|DE|US|GB|JP|CH|"}, {"City*", SHAPE_WORDS, 0, "Amsterdam|Zürich|Köln|東京|"}, {"State", SHAPE_WORDS, 0, "Noord-Holland|Zürich|Nordrhein-Westfalen|"}, {"ProvinceName", SHAPE_WORDS, 0, "Utrecht|Bern"},
    {"Latitude", SHAPE_PRINT, 99, "52.%u"}, {"Longitude", SHAPE_PRINT, 99, "4.%u"}, {"Location", SHAPE_WORDS, 0, "NL|DE|westeurope|"}, {"Region", SHAPE_WORDS, 0, "westeurope|eastus"},
    {"UserAgent*", SHAPE_WORDS, 0, "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36|python-requests/2.32|Client=OWA;Action=ViaProxy|"},
    {"Browser*", SHAPE_WORDS, 0, "Edge 140.0|Chrome 140.0|Firefox 143.0|"}, {"ClientAppUsed", SHAPE_WORDS, 0, "Browser|Mobile Apps and Desktop clients|Exchange ActiveSync"},
    {"Severity", SHAPE_WORDS, 0, "Informational|Low|Medium|High"}, {"VulnerabilitySeverityLevel", SHAPE_WORDS, 0, "Low|Medium|High|Critical"}, {"CvssScore", SHAPE_PRINT, 10, "%u.5"},
    {"Categories", SHAPE_WORDS, 0, "[\"Execution\"]|[\"LateralMovement\",\"Persistence\"]"}, {"Category", SHAPE_WORDS, 0, "Execution|Persistence|InitialAccess|CommandAndControl|Malware"},
    {"AttackTechniques", SHAPE_WORDS, 0, "[\"Valid Accounts (T1078)\"]|[\"PowerShell (T1059.001)\",\"Obfuscated Files or Information (T1027)\"]|[]|"},
    {"ServiceSource", SHAPE_WORDS, 0, "Microsoft Defender for Endpoint|Microsoft Defender for Office 365|AAD Identity Protection|Microsoft Defender for Cloud Apps"},
    {"DetectionSource", SHAPE_WORDS, 0, "EDR|Antivirus|Custom detection|Microsoft Defender XDR"}, {"DataSources", SHAPE_WORDS, 0, "[\"Microsoft Defender for Endpoint\"]|"},
    {"Title", SHAPE_WORDS, 0, "Suspicious PowerShell command line|Email reported by user as malware or phish|Überprüfung nötig: \"Neue\" Regel"},
    {"EntityType", SHAPE_WORDS, 0, "Machine|User|Process|File|Ip|Url|MailMessage|CloudApplication"}, {"EntityRole", SHAPE_WORDS, 0, "Impacted|Related"}, {"EvidenceRole", SHAPE_WORDS, 0, "Impacted|Related"}, {"EvidenceDirection", SHAPE_WORDS, 0, "Source|Destination|"},
    {"ThreatFamily", SHAPE_WORDS, 0, "Emotet|Mimikatz||"}, {"ThreatTypes", SHAPE_WORDS, 0, "Phish|Malware|Spam||"}, {"ThreatNames", SHAPE_WORDS, 0, "ATP_MALWARE_DETONATION|EICAR||"},
    {"DetectionMethods", SHAPE_WORDS, 0, "{\"Phish\":[\"URL detonation reputation\"]}||"}, {"ConfidenceLevel", SHAPE_WORDS, 0, "{\"Phish\":\"High\"}|High|Normal|"},
    {"EmailDirection", SHAPE_WORDS, 0, "Inbound|Outbound|Intra-org"}, {"*DeliveryAction", SHAPE_WORDS, 0, "Delivered|Blocked|Junked|Replaced"}, {"*DeliveryLocation", SHAPE_WORDS, 0, "Inbox/folder|Junk folder|Quarantine|On-prem/external|Dropped"},
    {"AuthenticationDetails", SHAPE_WORDS, 0, "{\"SPF\":\"pass\",\"DKIM\":\"pass\",\"DMARC\":\"bestguesspass\",\"CompAuth\":\"pass\"}|"}, {"*Subject", SHAPE_WORDS, 0, "Re: Rechnung ✉ \"fällig\"|Your parcel/Ihr Paket|Weekly report|"},
    {"EmailLanguage", SHAPE_WORDS, 0, "en|de|ja"}, {"Workload", SHAPE_WORDS, 0, "Email|Teams|SharePoint|OneDrive"}, {"FileType", SHAPE_WORDS, 0, "Office;Word|Executable;PE|unknown"}, {"FileExtension", SHAPE_WORDS, 0, "docx|exe|pdf|"},
    {"SoftwareVendor", SHAPE_WORDS, 0, "microsoft|google|vendor_&_söhne"}, {"SoftwareName", SHAPE_WORDS, 0, "windows_11|chrome|office|agent"}, {"*Version", SHAPE_PRINT, 40, "10.0.%u.1"},
    {"EndOfSupportStatus", SHAPE_WORDS, 0, "EOS Version|EOS Software||"}, {"IsActivated", SHAPE_WORDS, 0, "true|false"}, {"IsPermissionRequired", SHAPE_WORDS, 0, "true|false"},
    {"LogonType", SHAPE_WORDS, 0, "[\"interactiveUser\"]|[\"nonInteractiveUser\"]"}, {"ConditionalAccessPolicies", SHAPE_WORDS, 0, "[]|[{\"displayName\":\"MFA\",\"result\":\"success\"}]"}, {"DeviceTrustType", SHAPE_WORDS, 0, "AzureAd|Workplace|ServerAd|"},
    {"RiskStatus", SHAPE_WORDS, 0, "None|AtRisk|Remediated|"}, {"*RiskLevel", SHAPE_WORDS, 0, "None|Low|Medium|High|"}, {"*RequestMethod", SHAPE_WORDS, 0, "GET|POST|PATCH|DELETE"}, {"ResponseStatusCode", SHAPE_WORDS, 0, "200|201|401|403|404|429"},
    {"Scopes", SHAPE_WORDS, 0, "Directory.Read.All Mail.Read|User.Read||"}, {"ActionResult", SHAPE_WORDS, 0, "Success|Failed|Error"}, {"CloudPlatform*", SHAPE_WORDS, 0, "Azure|AWS|GCP|"}, {"Signer", SHAPE_WORDS, 0, "Microsoft Windows|Vendor & Söhne GmbH|"},
    {"CrlDistributionPointUrls", SHAPE_WORDS, 0, "[\"http://crl.example/a.crl\"]|[]"}, {"Issuer", SHAPE_WORDS, 0, "Microsoft Windows Production PCA 2011|DigiCert Trusted G4"},
    {"EdgeLabel", SHAPE_WORDS, 0, "can authenticate to|has permissions to|contains"}, {"*NodeLabel", SHAPE_WORDS, 0, "device|user|microsoft.compute/virtualmachines"},
    {"*DeviceName", SHAPE_HOST, 0, NULL}, {"HostName", SHAPE_HOST, 0, NULL}, {"*NodeName", SHAPE_HOST, 0, NULL},
    {"*Hash", SHAPE_HEX, 40, NULL}, {"Thumbprint", SHAPE_HEX, 40, NULL}, {"*Digest", SHAPE_HEX, 64, NULL}, {"*SerialNumber", SHAPE_HEX, 32, NULL}, {"TransactionIdHex", SHAPE_HEX, 16, NULL},
    {"*Id", SHAPE_GUID, 0, NULL}, {"*ID", SHAPE_GUID, 0, NULL}, {"*Guid", SHAPE_GUID, 0, NULL}, {"*Identifier", SHAPE_GUID, 0, NULL},
    {"*Description", SHAPE_WORDS, 0, "What it is\\what it does: see https://docs.example/a|Beschreibung – \"kurz\"\nzweite Zeile|"}, {"*Rationale", SHAPE_WORDS, 0, "Because/therefore.|"}, {"RemediationOptions", SHAPE_WORDS, 0, "1. Set the policy\r\n2. Restart"},
    {"*Status", SHAPE_WORDS, 0, "Active|Enabled|Disabled|"}, {"*Level", SHAPE_WORDS, 0, "Low|Medium|High|"}, {"*Type", SHAPE_WORDS, 0, "Standard|Other|Unknown|"}, {"*Action", SHAPE_WORDS, 0, "Allow|Block|None|"},
    {"*Categor*", SHAPE_WORDS, 0, "OS|Network|Accounts|"}, {"Port", SHAPE_PRINT, 65000, "%u"}, {"Query", SHAPE_WORDS, 0, "dc-01|(&(objectClass=user)(adminCount=1))|"}, {"DnsQuery", SHAPE_WORDS, 0, "c2.badness.example|www.example.org"},
    {"*Name", SHAPE_PRINT, 30, "Contoso thing/%u"}, {"*", SHAPE_WORDS, 0, "||||Standard|Other|Größe \"L\""},
};
static const struct shape_rule number_rules[] = {
    {"RiskLevelAggregated", SHAPE_WORDS, 0, "0|1|10|50|100"}, {"ErrorCode", SHAPE_WORDS, 0, "0|0|0|50126|50074|700016"}, {"IsExternalUser", SHAPE_WORDS, 0, "-1|0|1"}, {"Is*", SHAPE_WORDS, 0, "0|1|1"},
    {"ApplicationId", SHAPE_WORDS, 0, "20892|11161|20893|28375"}, {"AppInstanceId", SHAPE_WORDS, 0, "0|0|1"}, {"DestinationPort", SHAPE_WORDS, 0, "389|88|443|445|53"}, {"Port", SHAPE_WORDS, 0, "389|88|443|445|53"}, {"*Port", SHAPE_PRINT, 65535, "%u"},
    {"BulkComplaintLevel", SHAPE_WORDS, 0, "0|1|5|9"}, {"*State", SHAPE_PRINT, 6, "%u"}, {"*Status", SHAPE_PRINT, 3, "%u"}, {"*Type", SHAPE_PRINT, 4, "%u"}, {"*Level", SHAPE_PRINT, 5, "%u"}, {"*Mode", SHAPE_PRINT, 3, "%u"},
    {"EmailClusterId", SHAPE_PRINT, 4000000000, "%u"}, {"*Size", SHAPE_PRINT, 9000000, "%u"}, {"*Length", SHAPE_PRINT, 9000000, "%u"}, {"SessionId", SHAPE_PRINT, 9000000, "%u"}, {"*", SHAPE_PRINT, 100, "%u"},
};
static const struct shape_rule json_rules[] = {
    {"RawEventData", SHAPE_PRINT, 99999, "{\"CreationTime\":\"2026-01-02T03:04:05\",\"Id\":\"8f3c-%u\",\"Operation\":\"MailItemsAccessed\",\"Workload\":\"Exchange\",\"Parameters\":[{\"Name\":\"Identity\",\"Value\":\"a\\\\b/c\"}],\"RecordType\":50}"},
    {"AdditionalFields", SHAPE_PRINT, 9999, "{\"ATTACK.TACTIC\":\"Discovery\",\"ACTOR.ACCOUNT\":\"alice\",\"Count\":\"%u\",\"nested\":{\"a\":[1,2.5,null,true],\"ü\":\"\\u00fc/\\\"\"}}"},
    {"To", SHAPE_WORDS, 0, "[\"alice@fabrikam.example\",\"bruno@fabrikam.example\"]|[]"}, {"Cc", SHAPE_WORDS, 0, "[]|[\"gwen@fabrikam.example\"]"},
    {"ActivityObjects", SHAPE_WORDS, 0, "[{\"Type\":\"User\",\"Role\":\"Actor\",\"Name\":\"Alice Adams\",\"Id\":\"1\"},{\"Type\":\"Structured object\",\"Role\":\"Parameter\",\"Name\":\"a\\\\b\"}]"},
    {"IPTags", SHAPE_WORDS, 0, "[]|[\"Tor\",\"Anonymous proxy\"]"}, {"UncommonForUser", SHAPE_WORDS, 0, "[]|[\"ISP\",\"CountryCode\"]"}, {"LastSeenForUser", SHAPE_WORDS, 0, "{\"ISP\":3,\"CountryCode\":0}|{}"},
    {"EntityIds", SHAPE_PRINT, 99, "[{\"type\":\"DeviceInventoryId\",\"id\":\"d-%u\"}]"}, {"*Properties", SHAPE_PRINT, 99, "{\"rawData\":{\"riskScore\":\"%u\",\"isCrownJewel\":false}}"}, {"*Paths", SHAPE_WORDS, 0, "[\"c:\\\\program files\\\\vendor\\\\agent.exe\"]|[]"},
    {"Context", SHAPE_PRINT, 99, "[[\"Policy\",\"%u\"]]"}, {"IssuedTo", SHAPE_WORDS, 0, "{\"CommonName\":\"srv.example\",\"Organization\":\"Contoso\"}"}, {"IssuedBy", SHAPE_WORDS, 0, "{\"CommonName\":\"Contoso CA\"}"},
    {"VerifiedPublisher", SHAPE_WORDS, 0, "{}|{\"displayName\":\"Vendor\"}"}, {"*s", SHAPE_PRINT, 50, "[\"one\",\"zwölf/%u\"]"}, {"*", SHAPE_PRINT, 50, "{\"Name\":\"thing %u\",\"Flag\":true}"},
};
/* clang-format on */

static bool fits(const char *rule, const char *name)
{
    size_t n = strlen(rule), m = strlen(name);
    if (rule[0] == '*') {
        if (n > 2 && rule[n - 1] == '*') return str_find(str_of(name), (struct str){rule + 1, n - 2}, 0) != SIZE_MAX;
        return m >= n - 1 && memcmp(name + m - (n - 1), rule + 1, n - 1) == 0;
    }
    if (rule[n - 1] == '*') return strncmp(name, rule, n - 1) == 0;
    return strcmp(name, rule) == 0;
}

struct str row_word(const char *words, uint64_t lot)
{
    struct str rest = str_of(words), word = STR("");
    unsigned count = 1;
    for (const char *p = words; *p; p++) count += *p == '|';
    for (uint64_t i = lot % count + 1; i > 0; i--) word = str_cut(&rest, '|');
    return word;
}

struct str row_print(const char *format, unsigned number, struct arena *a)
{
    struct buf text;
    buf_init(&text, 4096);
    for (const char *p = format; *p; p++) {
        if (*p != '%') {
            buf_add_char(&text, *p);
        } else if (*++p == 'u') {
            buf_addf(&text, "%u", number);
        } else {
            buf_add_char(&text, '%');
        }
    }
    struct str kept = arena_str(a, buf_str(&text));
    buf_done(&text);
    return kept.p ? kept : STR("");
}

static struct str address(const struct row *r, uint64_t lot, struct arena *a)
{
    switch (lot % 4) {
    case 0: return device_ip(r->world, r->device, a);
    case 1: return arena_print(a, "2001:db8:%x::%x", (unsigned)(lot >> 8 & 0xffff), (unsigned)(lot >> 24 & 0xffff));
    default: return arena_print(a, "198.51.100.%u", (unsigned)(lot >> 8) % 254 + 1);
    }
}

static struct str shaped(const struct row *r, const struct shape_rule *rule, uint64_t lot, struct arena *a)
{
    switch (rule->shape) {
    case SHAPE_WORDS: return row_word(rule->words, lot);
    case SHAPE_GUID: return draw_guid_str(lot, 1, a);
    case SHAPE_HEX: return draw_hex_str(lot, 1, rule->n, a);
    case SHAPE_PRINT: return row_print(rule->words, (unsigned)(lot % rule->n), a);
    case SHAPE_ACCOUNT: return str_of(user_of(r->user).account);
    case SHAPE_DISPLAY: return str_of(user_of(r->user).display);
    case SHAPE_UPN: return user_upn(r->world, r->user, a);
    case SHAPE_SID: return user_sid(r->world, r->user, a);
    case SHAPE_OBJECT_ID: return user_object_id(r->world, r->user, a);
    case SHAPE_TENANT: return str_of(r->world->tenant_id);
    case SHAPE_DOMAIN: return str_of(r->world->domain);
    case SHAPE_ADDRESS: return address(r, lot, a);
    case SHAPE_HOST: return device_name(r->world, r->device, a);
    }
    return STR("");
}

static struct str by_rules(const struct row *r, const struct shape_rule *rules, size_t count, enum column c,
                           struct arena *a)
{
    for (size_t i = 0; i < count; i++)
        if (fits(rules[i].name, column_names[c])) return shaped(r, &rules[i], row_lot(r, c), a);
    return STR("");
}
#define BY_RULES(rules) by_rules(r, rules, sizeof rules / sizeof rules[0], c, a)

struct kql_value row_shape(const struct row *r, struct table_column column, struct arena *a)
{
    enum column c = (enum column)column.column;
    enum kql_type type = (enum kql_type)column.type;
    uint64_t lot = row_lot(r, c);
    int64_t number;
    switch (type) {
    case KQL_BOOL: return lot % 10 == 0 ? kql_null(type) : kql_bool(lot % 3 == 0);
    case KQL_REAL: return kql_real((double)(lot % 1000) / 100);
    case KQL_DATETIME:
        if (lot % 8 == 0) return kql_null(type);
        return kql_int(type, r->base.ticks - (int64_t)(lot % (30 * (uint64_t)WALL_TICKS_PER_DAY)));
    case KQL_DYNAMIC: return lot % 9 == 0 ? kql_null(type) : kql_text(type, BY_RULES(json_rules));
    case KQL_GUID: return kql_text(type, draw_guid_str(lot, 1, a));
    case KQL_LONG:
    case KQL_INT: return str_to_i64(BY_RULES(number_rules), &number) ? kql_int(type, number) : kql_null(type);
    default: return kql_text(type, BY_RULES(text_rules));
    }
}
