/* Evidence of the older APIs: flat items of Endpoint alerts, and the one item that a SIEM detection is. */
#include "flow/act/alert_facts_int.h"

enum slot {
    F_TYPE,
    F_SHA1,
    F_SHA256,
    F_NAME,
    F_IP,
    F_URL,
    F_ACCOUNT,
    F_DOMAIN,
    F_SID,
    F_ENTRA,
    F_UPN,
    F_DETECTION,
    F_SLOTS
};
static const struct key keys[F_SLOTS] = {
    [F_TYPE] = KEY("entityType"),       [F_SHA1] = KEY("sha1"),
    [F_SHA256] = KEY("sha256"),         [F_NAME] = KEY("fileName"),
    [F_IP] = KEY("ipAddress"),          [F_URL] = KEY("url"),
    [F_ACCOUNT] = KEY("accountName"),   [F_DOMAIN] = KEY("domainName"),
    [F_SID] = KEY("userSid"),           [F_ENTRA] = KEY("aadUserId"),
    [F_UPN] = KEY("userPrincipalName"), [F_DETECTION] = KEY("detectionStatus"),
};

/* This API tells no verdict: what it lists as a file or process of an alert is suspicious. */
static void read_item(struct reading *r, struct str object, const struct fact_device *device)
{
    struct str slots[F_SLOTS] = {0};
    enum fact_remedy remedy = REMEDY_UNKNOWN;
    pick(object, keys, F_SLOTS, slots);
    TAKE_WORD(r, "detectionStatus", slots[F_DETECTION], remedy_read, &remedy);
    struct str type = take_text(r, "entityType", slots[F_TYPE]);
    if (str_eq_nocase(type, STR("User")) || str_eq_nocase(type, STR("Mailbox"))) {
        struct fact_user u = {.name = take_text(r, "userPrincipalName", slots[F_UPN]),
                              .sid = take_text(r, "userSid", slots[F_SID]),
                              .entra_id = take_text(r, "aadUserId", slots[F_ENTRA])};
        if (u.name.n == 0)
            u.name = join_account(r, take_text(r, "domainName", slots[F_DOMAIN]),
                                  take_text(r, "accountName", slots[F_ACCOUNT]));
        add_user(r, &u);
        return;
    }
    struct fact_file f = {.sha1 = take_text(r, "sha1", slots[F_SHA1]),
                          .sha256 = take_text(r, "sha256", slots[F_SHA256]),
                          .name = take_text(r, "fileName", slots[F_NAME]),
                          .device = device ? device->id : STR_NONE,
                          .verdict = VERDICT_SUSPICIOUS,
                          .remedy = remedy};
    add_file(r, f, STR_NONE);
    add_value(r, VALUE_ADDRESS, take_text(r, "ipAddress", slots[F_IP]));
    add_value(r, VALUE_URL, take_text(r, "url", slots[F_URL]));
    if (!str_eq_nocase(type, STR("Machine")) && !str_eq_nocase(type, STR("Device"))) count_evidence(r, remedy);
}

void read_flat_evidence(struct reading *r, struct str list, const struct fact_device *device)
{
    struct json_cursor c;
    struct json_slice m;
    if (list.n == 0 || list.p[0] == 'n') return;
    if (list.p[0] != '[' || !json_cursor_open(&c, list)) {
        note_unread(r, "evidence", list);
        return;
    }
    while (json_cursor_next(&c, &m)) {
        r->evidence++;
        if (m.type == JSON_OBJECT)
            read_item(r, m.value, device);
        else
            note_unread(r, "itself", m.value);
    }
    r->evidence = 0;
}

void read_siem_evidence(struct reading *r, struct str row, const struct fact_device *device)
{
    enum { NAME, IP, MD5, OK, SHA1, SHA256, URL, DOMAIN, USER, SLOTS };
    static const struct key names[SLOTS] = {KEY("FileName"), KEY("IpAddress"), KEY("Md5"), KEY("RemediationIsSuccess"),
                                            KEY("Sha1"),     KEY("Sha256"),    KEY("Url"), KEY("UserDomain"),
                                            KEY("UserName")};
    struct str slots[SLOTS] = {0};
    pick(row, names, SLOTS, slots);
    enum json_type remedied = json_type_of(slots[OK]);
    struct fact_file f = {.sha1 = take_text(r, "Sha1", slots[SHA1]),
                          .sha256 = take_text(r, "Sha256", slots[SHA256]),
                          .name = take_text(r, "FileName", slots[NAME]),
                          .device = device ? device->id : STR_NONE,
                          .verdict = VERDICT_SUSPICIOUS,
                          .remedy = remedied == JSON_TRUE ? REMEDY_REMEDIATED : REMEDY_UNKNOWN};
    add_file(r, f, take_text(r, "Md5", slots[MD5]));
    add_value(r, VALUE_ADDRESS, take_text(r, "IpAddress", slots[IP]));
    add_value(r, VALUE_URL, take_text(r, "Url", slots[URL]));
    struct fact_user u = {
        .name = join_account(r, take_text(r, "UserDomain", slots[DOMAIN]), take_text(r, "UserName", slots[USER]))};
    add_user(r, &u);
    if (remedied == JSON_TRUE || remedied == JSON_FALSE) count_evidence(r, f.remedy);
}

struct str detection_word(struct str s)
{
    static const struct {
        const char *old, *word;
    } rows[] = {
        {"WindowsDefenderAtp", "microsoftDefenderForEndpoint"},
        {"EDR", "microsoftDefenderForEndpoint"},
        {"WindowsDefenderAv", "antivirus"},
        {"Antivirus", "antivirus"},
        {"WindowsDefenderSmartScreen", "smartScreen"},
        {"SmartScreen", "smartScreen"},
        {"CustomerTI", "customTi"},
        {"CustomDetection", "customDetection"},
        {"AutomatedInvestigation", "automatedInvestigation"},
        {"ThreatExperts", "microsoftThreatExperts"},
        {"OfficeATP", "microsoftDefenderForOffice365"},
        {"AzureATP", "microsoftDefenderForIdentity"},
        {"MCAS", "cloudAppSecurity"},
        {"MTP", "microsoft365Defender"},
        {"Manual", "manual"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (str_eq_nocase(s, str_of(rows[i].old))) return str_of(rows[i].word);
    }
    return s;
}
