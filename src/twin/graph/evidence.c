/* Evidence of alerts, one writer a kind (section 7.3 of the reference). */
#include "twin/world/made_alerts.h"

/* What part a thing played: the device an alert is about was attacked, others are mentioned, or nothing is said. */
static const char *role_of(const struct scene *s, const char *kind)
{
    const struct made_alert *made = made_alert_of(s->estate, s->alert->number);
    if (made && made->role && str_eq(str_of(kind), STR("deviceEvidence"))) return made->role;
    static const char *const others[] = {NULL, NULL, "contextual", "suspicious", "attacker", "source"};
    uint64_t lot = draw(s->seed, 400 + str_of(kind).n);
    if (str_eq(str_of(kind), STR("deviceEvidence"))) return lot % 4 == 0 ? "contextual" : "attacked";
    return others[lot % (sizeof others / sizeof others[0])];
}

static const char *remedy_of(const struct object_writer *o, const struct scene *s)
{
    const struct made_alert *made = made_alert_of(s->estate, s->alert->number);
    if (made && made->remedy) return evolving(o, made->remedy);
    return s->alert->revision > 1 ? "remediated" : s->seed % 5 == 0 ? evolving(o, "active") : "none";
}

void evidence_begin(struct object_writer *o, const struct scene *s, const char *kind)
{
    const char *role = role_of(s, kind);
    bool is_primary = role && (str_eq(str_of(role), STR("attacked")) || str_eq(str_of(role), STR("compromised")));
    const char *const roles[] = {role, NULL}, *const details[] = {is_primary ? "PrimaryDevice" : NULL, NULL};
    json_object_begin(&o->w);
    put_text(o, "@odata.type", arena_print(&o->arena, "#microsoft.graph.security.%s", kind));
    put_time(o, "createdDateTime", s->alert->created);
    put_texts(o, "detailedRoles", details);
    put_cstr(o, "remediationStatus", remedy_of(o, s));
    put_null(o, "remediationStatusDetails");
    put_texts(o, "roles", roles);
    put_empty_array(o, "tags");
    put_cstr(o, "verdict", s->seed % 3 ? "suspicious" : "malicious");
}

void evidence_put_account(struct object_writer *o, const struct scene *s, const char *key)
{
    const struct world *w = s->estate.world;
    json_key(&o->w, key);
    json_object_begin(&o->w);
    put_cstr(o, "accountName", user_of(s->user).account);
    put_null(o, "activeDirectoryObjectGuid");
    put_text(o, "azureAdUserId", user_object_id(w, s->user, &o->arena));
    put_cstr(o, "displayName", user_of(s->user).display);
    put_cstr(o, "domainName", w->name);
    put_empty_array(o, "resourceAccessEvents");
    put_cstr(o, "tenantId", w->tenant_id);
    put_text(o, "userPrincipalName", user_upn(w, s->user, &o->arena));
    put_text(o, "userSid", user_sid(w, s->user, &o->arena));
    json_object_end(&o->w);
}

/* A program is the same everywhere, but for alerts that were made to order: each of them found a file of its own. */
static uint64_t file_seed(const struct scene *s)
{
    return made_alert_of(s->estate, s->alert->number) ? s->seed : (uint64_t)s->program->bytes;
}

static void put_file(struct object_writer *o, const struct scene *s, const char *key)
{
    const struct program *p = s->program;
    json_key(&o->w, key);
    json_object_begin(&o->w);
    put_cstr(o, "fileName", p->file);
    put_cstr(o, "filePath", p->folder);
    put_cstr(o, "filePublisher", p->company);
    put_i64(o, "fileSize", p->bytes);
    put_null(o, "issuer");
    put_text(o, "md5", draw_hex_str(file_seed(s), 32, 32, &o->arena));
    put_text(o, "sha1", draw_hex_str(file_seed(s), 40, 40, &o->arena));
    put_text(o, "sha256", draw_hex_str(file_seed(s), 64, 64, &o->arena));
    put_null(o, "sha256Ac");
    put_null(o, "signer");
    json_object_end(&o->w);
}

static void put_device_id(struct object_writer *o, const struct scene *s)
{
    put_text(o, "mdeDeviceId", device_id(s->estate.world, s->device, &o->arena));
}

static void device(struct object_writer *o, const struct scene *s)
{
    const struct world *w = s->estate.world;
    put_text(o, "azureAdDeviceId", draw_guid_str(w->seed, 5000 + s->device, &o->arena));
    put_cstr(o, "defenderAvStatus", "updated");
    put_text(o, "deviceDnsName", device_name(w, s->device, &o->arena));
    put_cstr(o, "dnsDomain", w->domain);
    put_time(o, "firstSeenDateTime", wall_add(w->start, -90 * WALL_TICKS_PER_DAY));
    put_cstr(o, "healthStatus", "active");
    put_text(o, "hostName", device_host(w, s->device, &o->arena));
    put_empty_array(o, "ipInterfaces");
    put_text(o, "lastExternalIpAddress", device_public_ip(w, s->device, &o->arena));
    put_text(o, "lastIpAddress", device_ip(w, s->device, &o->arena));
    put_empty_array(o, "loggedOnUsers");
    put_device_id(o, s);
    put_null(o, "ntDomain");
    put_cstr(o, "onboardingStatus", "onboarded");
    if (device_build(w, s->device))
        put_i64(o, "osBuild", device_build(w, s->device));
    else
        put_null(o, "osBuild");
    put_text(o, "osPlatform", device_platform(w, s->device));
    put_i64(o, "rbacGroupId", 75);
    put_text(o, "rbacGroupName", device_group(w, s->device));
    put_empty_array(o, "resourceAccessEvents");
    put_cstr(o, "riskScore", "high");
    put_cstr(o, "version", "23H2");
    put_null(o, "vmMetadata");
}

static void user(struct object_writer *o, const struct scene *s)
{
    put_null(o, "stream");
    evidence_put_account(o, s, "userAccount");
}

static void file(struct object_writer *o, const struct scene *s)
{
    put_cstr(o, "detectionStatus", "prevented");
    put_file(o, s, "fileDetails");
    put_device_id(o, s);
}

static void process(struct object_writer *o, const struct scene *s)
{
    put_cstr(o, "detectionStatus", "detected");
    put_file(o, s, "imageFile");
    put_device_id(o, s);
    put_time(o, "parentProcessCreationDateTime", wall_add(s->alert->created, -3600 * WALL_TICKS_PER_S));
    put_i64(o, "parentProcessId", 744);
    put_null(o, "parentProcessImageFile");
    put_cstr(o, "processCommandLine", s->program->command ? s->program->command : s->program->file);
    put_time(o, "processCreationDateTime", wall_add(s->alert->created, -60 * WALL_TICKS_PER_S));
    put_i64(o, "processId", (int64_t)(s->seed % 40000));
    evidence_put_account(o, s, "userAccount");
}

static void ip_members(struct object_writer *o, const struct scene *s)
{
    put_cstr(o, "countryLetterCode", "NL");
    put_cstr(o, "ipAddress", s->seed % 2 ? "2001:db8:60:c0c::116:55" : "198.51.100.23");
    put_null(o, "location");
    put_null(o, "stream");
}

static void url(struct object_writer *o, const struct scene *s)
{
    put_text(o, "url",
             arena_print(&o->arena, "https://phish%u.example/login?u=%%40&next=/a/b", (unsigned)(s->seed % 99)));
}

static void dns(struct object_writer *o, const struct scene *s)
{
    put_cstr(o, "domainName", "c2.badness.example");
    json_key(&o->w, "dnsServerIp"); /* nested evidence is a whole evidence object */
    evidence_begin(o, s, "ipEvidence");
    ip_members(o, s);
    json_object_end(&o->w);
    put_null(o, "hostIpAddress");
    put_empty_array(o, "ipAddresses");
}

static void connection(struct object_writer *o, const struct scene *s)
{
    put_null(o, "destinationAddress");
    put_i64(o, "destinationPort", 443);
    put_cstr(o, "protocol", "tcp");
    json_key(&o->w, "sourceAddress");
    evidence_begin(o, s, "ipEvidence");
    ip_members(o, s);
    json_object_end(&o->w);
    put_i64(o, "sourcePort", 50123);
}

static void registry_key(struct object_writer *o, const struct scene *s)
{
    (void)s;
    put_cstr(o, "registryHive", "HKEY_LOCAL_MACHINE");
    put_cstr(o, "registryKey", "SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Run");
}

static void registry_value(struct object_writer *o, const struct scene *s)
{
    put_device_id(o, s);
    registry_key(o, s);
    put_cstr(o, "registryValue", "\"C:\\Users\\Public\\a b.exe\" /s");
    put_cstr(o, "registryValueName", "Updater");
    put_cstr(o, "registryValueType", "String");
}

static void mailbox(struct object_writer *o, const struct scene *s)
{
    put_cstr(o, "displayName", user_of(s->user).display);
    put_text(o, "primaryAddress", user_upn(s->estate.world, s->user, &o->arena));
    put_text(o, "upn", user_upn(s->estate.world, s->user, &o->arena));
    evidence_put_account(o, s, "userAccount");
}

static void message(struct object_writer *o, const struct scene *s)
{
    put_i64(o, "attachmentsCount", 1);
    put_cstr(o, "deliveryAction", "delivered");
    put_cstr(o, "deliveryLocation", "inbox");
    put_cstr(o, "internetMessageId", "<a1b2@mail.example>");
    put_text(o, "networkMessageId", draw_guid_str(s->seed, 77, &o->arena));
    put_time(o, "receivedDateTime", s->alert->created);
    put_text(o, "recipientEmailAddress", user_upn(s->estate.world, s->user, &o->arena));
    put_cstr(o, "senderIp", "");
    put_cstr(o, "subject", "Re: Rechnung ✉ \"fällig\"");
    put_empty_array(o, "threats");
    put_i64(o, "urlCount", 0);
    put_empty_array(o, "urls");
    put_null(o, "urn");
}

static void oauth(struct object_writer *o, const struct scene *s)
{
    put_text(o, "appId", draw_guid_str(s->seed, 78, &o->arena));
    put_cstr(o, "displayName", "Mail Merge Pro");
    put_text(o, "objectId", draw_guid_str(s->seed, 79, &o->arena));
    put_cstr(o, "publisher", "Unverified Ltd");
}

static void cloud_app(struct object_writer *o, const struct scene *s)
{
    (void)s;
    put_i64(o, "appId", 20892);
    put_cstr(o, "displayName", "Office 365");
    put_i64(o, "instanceId", 0);
    put_cstr(o, "instanceName", "Microsoft 365");
    put_i64(o, "saasAppId", 11161);
    put_null(o, "stream");
}

static void malware(struct object_writer *o, const struct scene *s)
{
    (void)s;
    put_cstr(o, "category", "Virus");
    put_empty_array(o, "files");
    put_cstr(o, "name", "EICAR_Test_File");
    put_empty_array(o, "processes");
}

/* A kind nobody knows yet: clients must keep it. */
static void future(struct object_writer *o, const struct scene *s)
{
    put_text(o, "quantumId", draw_guid_str(s->seed, 80, &o->arena));
    put_i64(o, "entangledWith", 2);
}

static const struct {
    unsigned bit;
    const char *kind;
    void (*write)(struct object_writer *o, const struct scene *s);
} writers[EVIDENCE_KINDS] = {
    {EVIDENCE_DEVICE, "deviceEvidence", device},
    {EVIDENCE_USER, "userEvidence", user},
    {EVIDENCE_FILE, "fileEvidence", file},
    {EVIDENCE_PROCESS, "processEvidence", process},
    {EVIDENCE_IP, "ipEvidence", ip_members},
    {EVIDENCE_URL, "urlEvidence", url},
    {EVIDENCE_DNS, "dnsEvidence", dns},
    {EVIDENCE_CONNECTION, "networkConnectionEvidence", connection},
    {EVIDENCE_REGISTRY_KEY, "registryKeyEvidence", registry_key},
    {EVIDENCE_REGISTRY_VALUE, "registryValueEvidence", registry_value},
    {EVIDENCE_MAILBOX, "mailboxEvidence", mailbox},
    {EVIDENCE_MESSAGE, "analyzedMessageEvidence", message},
    {EVIDENCE_OAUTH, "oauthApplicationEvidence", oauth},
    {EVIDENCE_CLOUD_APP, "cloudApplicationEvidence", cloud_app},
    {EVIDENCE_MALWARE, "malwareEvidence", malware},
    {EVIDENCE_FUTURE, "quantumEntanglementEvidence", future},
};

struct scene scene_of(struct estate t, const struct object *alert)
{
    struct scene s = {.estate = t, .alert = alert, .seed = alert_seed(t, alert->number)};
    const struct made_alert *made = made_alert_of(t, alert->number);
    s.device = made ? made->device : (unsigned)(s.seed % (t.world->machines ? t.world->machines : 1));
    s.user = (unsigned)(s.seed / 7 % WORLD_USERS);
    s.program = program_of(device_os(t.world, s.device), s.seed / 11);
    return s;
}

void evidence_write(struct object_writer *o, struct estate t, const struct object *alert)
{
    struct scene s = scene_of(t, alert);
    unsigned kinds = alert_kind_of(t, alert->number)->evidence;
    json_key(&o->w, "evidence");
    json_array_begin(&o->w);
    for (unsigned i = 0; i < EVIDENCE_KINDS; i++) {
        if (!(kinds & writers[i].bit)) continue;
        evidence_begin(o, &s, writers[i].kind);
        writers[i].write(o, &s);
        json_object_end(&o->w);
    }
    /* every second alert has another kind, every fourth learns of one more a while later */
    uint64_t lot = draw(s.seed, 410);
    if (lot % 2) drawn_evidence_write(o, &s, lot / 2);
    if (evidence_added_at(t, alert) <= alert->as_of.ticks) drawn_evidence_write(o, &s, lot / 128);
    const char *unheard = extended(t, alert, EXTENDS_EVIDENCE, NULL);
    if (unheard) {
        evidence_begin(o, &s, unheard);
        future(o, &s);
        json_object_end(&o->w);
    }
    json_array_end(&o->w);
}
