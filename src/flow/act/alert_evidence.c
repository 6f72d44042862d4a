/* Evidence of Graph alerts: a kind per item, nested objects. */
#include "flow/act/alert_facts_int.h"

enum slot {
    E_TYPE,
    E_DETAILED,
    E_REMEDIATION,
    E_ROLES,
    E_TAGS,
    E_VERDICT,
    E_DETECTION,
    E_MDE_ID,
    E_ENTRA_ID,
    E_DNS_NAME,
    E_HOST_NAME,
    E_OS,
    E_GROUP,
    E_FILE,
    E_IMAGE,
    E_USER,
    E_IP,
    E_URL,
    E_DOMAIN,
    E_IPS,
    E_SOURCE,
    E_DESTINATION,
    E_VALUE,
    E_URLS,
    E_SENDER_IP,
    E_FILES,
    E_UPN,
    E_SLOTS
};
static const struct key keys[E_SLOTS] = {
    [E_TYPE] = KEY("@odata.type"),
    [E_DETAILED] = KEY("detailedRoles"),
    [E_REMEDIATION] = KEY("remediationStatus"),
    [E_ROLES] = KEY("roles"),
    [E_TAGS] = KEY("tags"),
    [E_VERDICT] = KEY("verdict"),
    [E_DETECTION] = KEY("detectionStatus"),
    [E_MDE_ID] = KEY("mdeDeviceId"),
    [E_ENTRA_ID] = KEY("azureAdDeviceId"),
    [E_DNS_NAME] = KEY("deviceDnsName"),
    [E_HOST_NAME] = KEY("hostName"),
    [E_OS] = KEY("osPlatform"),
    [E_GROUP] = KEY("rbacGroupName"),
    [E_FILE] = KEY("fileDetails"),
    [E_IMAGE] = KEY("imageFile"),
    [E_USER] = KEY("userAccount"),
    [E_IP] = KEY("ipAddress"),
    [E_URL] = KEY("url"),
    [E_DOMAIN] = KEY("domainName"),
    [E_IPS] = KEY("ipAddresses"),
    [E_SOURCE] = KEY("sourceAddress"),
    [E_DESTINATION] = KEY("destinationAddress"),
    [E_VALUE] = KEY("value"),
    [E_URLS] = KEY("urls"),
    [E_SENDER_IP] = KEY("senderIp"),
    [E_FILES] = KEY("files"),
    [E_UPN] = KEY("upn"),
};
struct item {
    struct str slots[E_SLOTS];
    uint32_t roles;
    enum fact_verdict verdict;
    enum fact_remedy remedy;
};

static void read_roles(struct reading *r, struct item *x)
{
    struct json_cursor c;
    struct json_slice m;
    static const enum slot lists[] = {E_ROLES, E_DETAILED};
    for (size_t i = 0; i < 2; i++) {
        struct str list = x->slots[lists[i]];
        if (list.n == 0 || list.p[0] == 'n') continue;
        if (list.p[0] != '[' || !json_cursor_open(&c, list)) {
            note_unread(r, keys[lists[i]].text, list);
            continue;
        }
        while (json_cursor_next(&c, &m)) {
            uint32_t bit;
            struct str word = take_text(r, keys[lists[i]].text, m.value);
            if (role_read(word, &bit))
                x->roles |= bit;
            else if (lists[i] == E_ROLES && word.n > 0 && !str_eq_nocase(word, STR("unknown")))
                x->roles |= ROLE_OTHER;
        }
    }
}

static void read_common(struct reading *r, struct item *x)
{
    enum fact_remedy detection = REMEDY_UNKNOWN;
    read_roles(r, x);
    TAKE_WORD(r, "verdict", x->slots[E_VERDICT], verdict_read, &x->verdict);
    TAKE_WORD(r, "remediationStatus", x->slots[E_REMEDIATION], remedy_read, &x->remedy);
    TAKE_WORD(r, "detectionStatus", x->slots[E_DETECTION], remedy_read, &detection);
    if (x->remedy <= REMEDY_NONE && is_handled_remedy(detection)) x->remedy = detection;
}

/* ---- kinds ------------------------------------------------------------------------------------------------------------------ */
typedef void read_fn(struct reading *r, const struct item *x);

static void read_device(struct reading *r, const struct item *x)
{
    struct str name = take_text(r, "deviceDnsName", x->slots[E_DNS_NAME]);
    struct fact_device d = {
        .id = take_text(r, "mdeDeviceId", x->slots[E_MDE_ID]),
        .entra_id = take_text(r, "azureAdDeviceId", x->slots[E_ENTRA_ID]),
        .name = name.n > 0 ? name : take_text(r, "hostName", x->slots[E_HOST_NAME]),
        .os = take_text(r, "osPlatform", x->slots[E_OS]),
        .group = take_text(r, "rbacGroupName", x->slots[E_GROUP]),
        .tags = take_texts(r, "tags", x->slots[E_TAGS]),
        .roles = x->roles,
        .verdict = x->verdict,
        .remedy = x->remedy,
    };
    (void)add_device(r, &d);
}

static void read_file_details(struct reading *r, const struct item *x, struct str details)
{
    enum { NAME, MD5, SHA1, SHA256, SLOTS };
    static const struct key names[SLOTS] = {KEY("fileName"), KEY("md5"), KEY("sha1"), KEY("sha256")};
    struct str slots[SLOTS] = {0};
    if (details.n == 0 || details.p[0] == 'n') return;
    if (details.p[0] != '{') {
        note_unread(r, "fileDetails", details);
        return;
    }
    pick(details, names, SLOTS, slots);
    struct fact_file f = {.sha1 = take_text(r, "sha1", slots[SHA1]),
                          .sha256 = take_text(r, "sha256", slots[SHA256]),
                          .name = take_text(r, "fileName", slots[NAME]),
                          .device = take_text(r, "mdeDeviceId", x->slots[E_MDE_ID]),
                          .verdict = x->verdict,
                          .remedy = x->remedy};
    add_file(r, f, take_text(r, "md5", slots[MD5]));
}

static void read_file(struct reading *r, const struct item *x)
{
    read_file_details(r, x, x->slots[E_FILE]);
}

/* imageFile is the details themselves, or (as some products write it) an object with fileDetails. */
static void read_process(struct reading *r, const struct item *x)
{
    static const struct key names[] = {KEY("fileDetails")};
    struct str inner = {0};
    pick(x->slots[E_IMAGE], names, 1, &inner);
    read_file_details(r, x, inner.n > 0 && inner.p[0] == '{' ? inner : x->slots[E_IMAGE]);
}

static void read_user(struct reading *r, const struct item *x)
{
    enum { ACCOUNT, ENTRA, DOMAIN, UPN, SID, SLOTS };
    static const struct key names[SLOTS] = {KEY("accountName"), KEY("azureAdUserId"), KEY("domainName"),
                                            KEY("userPrincipalName"), KEY("userSid")};
    struct str slots[SLOTS] = {0};
    pick(x->slots[E_USER], names, SLOTS, slots);
    struct str upn = take_text(r, "userPrincipalName", slots[UPN]);
    if (upn.n == 0) upn = take_text(r, "upn", x->slots[E_UPN]);
    struct fact_user u = {.name = upn,
                          .sid = take_text(r, "userSid", slots[SID]),
                          .entra_id = take_text(r, "azureAdUserId", slots[ENTRA]),
                          .roles = x->roles};
    if (u.name.n == 0)
        u.name =
            join_account(r, take_text(r, "domainName", slots[DOMAIN]), take_text(r, "accountName", slots[ACCOUNT]));
    add_user(r, &u);
}

static void read_ip(struct reading *r, const struct item *x)
{
    add_value(r, VALUE_ADDRESS, take_text(r, "ipAddress", x->slots[E_IP]));
}

static void read_url(struct reading *r, const struct item *x)
{
    add_value(r, VALUE_URL, take_text(r, "url", x->slots[E_URL]));
}

/* An address that is evidence itself, or plain text. */
static void read_address(struct reading *r, struct str v)
{
    static const struct key names[] = {KEY("ipAddress")};
    struct str inner = {0};
    if (v.n > 0 && v.p[0] == '{') {
        pick(v, names, 1, &inner);
        v = inner;
    }
    add_value(r, VALUE_ADDRESS, take_text(r, "ipAddress", v));
}

static void read_dns(struct reading *r, const struct item *x)
{
    struct json_cursor c;
    struct json_slice m;
    add_value(r, VALUE_DOMAIN, take_text(r, "domainName", x->slots[E_DOMAIN]));
    if (!json_cursor_open(&c, x->slots[E_IPS])) return;
    while (json_cursor_next(&c, &m)) read_address(r, m.value);
}

static void read_connection(struct reading *r, const struct item *x)
{
    read_address(r, x->slots[E_SOURCE]);
    read_address(r, x->slots[E_DESTINATION]);
}

static void read_hash(struct reading *r, const struct item *x)
{
    add_value(r, VALUE_HASH, take_text(r, "value", x->slots[E_VALUE]));
}

static void read_message(struct reading *r, const struct item *x)
{
    struct fact_texts urls = take_texts(r, "urls", x->slots[E_URLS]);
    add_value(r, VALUE_ADDRESS, take_text(r, "senderIp", x->slots[E_SENDER_IP]));
    for (size_t i = 0; i < urls.count; i++) add_value(r, VALUE_URL, urls.items[i]);
}

static void read_malware(struct reading *r, const struct item *x)
{
    struct json_cursor c;
    struct json_slice m;
    if (x->slots[E_FILES].n == 0 || !json_cursor_open(&c, x->slots[E_FILES])) return;
    while (json_cursor_next(&c, &m)) {
        struct item file = {.verdict = x->verdict, .remedy = x->remedy};
        pick(m.value, keys, E_SLOTS, file.slots);
        read_file_details(r, &file, file.slots[E_FILE]);
    }
}

/* What an alert is about, rather than what was found, has `is_asset`. Kinds not listed are found things without values. */
static const struct {
    const char *kind;
    read_fn *read;
    bool is_asset;
} kinds[] = {
    {"device", read_device, true},
    {"process", read_process, false},
    {"file", read_file, false},
    {"user", read_user, true},
    {"ip", read_ip, false},
    {"url", read_url, false},
    {"fileHash", read_hash, false},
    {"dns", read_dns, false},
    {"networkConnection", read_connection, false},
    {"malware", read_malware, false},
    {"mailbox", read_user, true},
    {"analyzedMessage", read_message, false},
    {"mailboxConfiguration", NULL, true},
    {"securityGroup", NULL, true},
    {"activeDirectoryDomain", NULL, true},
    {"cloudApplication", NULL, true},
    {"azureResource", NULL, true},
    {"amazonResource", NULL, true},
    {"googleCloudResource", NULL, true},
    {"hostLogonSession", NULL, true},
    {"cloudLogonSession", NULL, true},
    {"cloudLogonRequest", NULL, true},
    {"nic", NULL, true},
    {"ioTDevice", NULL, true},
};

/* "#microsoft.graph.security.fileEvidence": file */
static struct str kind_of(struct reading *r, struct str type)
{
    struct str s = take_text(r, "@odata.type", type);
    for (size_t i = s.n; i > 0; i--) {
        if (s.p[i - 1] != '.') continue;
        s = str_sub(s, i, s.n);
        break;
    }
    return str_ends(s, STR("Evidence")) ? str_sub(s, 0, s.n - (sizeof "Evidence" - 1)) : s;
}

static bool counts(const struct item *x, bool is_asset)
{
    if (x->verdict == VERDICT_CLEAN || x->roles == ROLE_CONTEXTUAL) return false;
    return !is_asset || x->verdict >= VERDICT_SUSPICIOUS;
}

static const char *read_item(struct reading *r, const char *p, const char *end)
{
    struct item x = {0};
    bool is_asset = false;
    p = pick_at(r, p, end, keys, E_SLOTS, x.slots, SIZE_MAX, NULL);
    read_common(r, &x);
    struct str kind = kind_of(r, x.slots[E_TYPE]);
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (!str_eq_nocase(kind, str_of(kinds[i].kind))) continue;
        if (kinds[i].read) kinds[i].read(r, &x);
        is_asset = kinds[i].is_asset;
        break;
    }
    if (counts(&x, is_asset)) count_evidence(r, x.remedy);
    return p;
}

const char *read_graph_evidence(struct reading *r, const char *p, const char *end)
{
    for (p++; p < end && *p != ']';) {
        if (*p == ',' || *p == ' ' || *p == '\n' || *p == '\t' || *p == '\r') {
            p++;
            continue;
        }
        r->evidence++;
        if (*p == '{') {
            p = read_item(r, p, end);
            continue;
        }
        const char *behind = json_value_end(p, end);
        note_unread(r, "itself", (struct str){p, (size_t)(behind - p)});
        p = behind;
    }
    r->evidence = 0;
    return p < end ? p + 1 : end;
}
