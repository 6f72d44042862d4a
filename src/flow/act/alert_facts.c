#include "flow/act/alert_facts_int.h"

/* Which of the two families an alert of a source belongs to, where the API itself does not say. */
static const struct {
    const char *detection;
    enum fact_service service;
} detection_services[] = {
    {"microsoftDefenderForOffice365", SERVICE_OFFICE},
    {"microsoftDefenderForIdentity", SERVICE_IDENTITY},
    {"cloudAppSecurity", SERVICE_CLOUD_APPS},
    {"microsoft365Defender", SERVICE_XDR},
};
/* The customer's own rules and indicators. */
static const char *const custom_detections[] = {"customDetection", "customTi", "scheduledAlerts", "nrtAlerts"};

static bool is_custom(struct str detection)
{
    for (size_t i = 0; i < sizeof custom_detections / sizeof *custom_detections; i++) {
        if (str_eq_nocase(detection, str_of(custom_detections[i]))) return true;
    }
    return false;
}

static enum fact_service service_of_detection(struct str detection)
{
    for (size_t i = 0; i < sizeof detection_services / sizeof *detection_services; i++) {
        if (str_eq_nocase(detection, str_of(detection_services[i].detection))) return detection_services[i].service;
    }
    return SERVICE_ENDPOINT;
}

static bool is_technique_char(char c)
{
    return (c >= '0' && c <= '9') || c == '.';
}

/* "T1003.001", or as hunting has it: "Valid Accounts (T1078)". */
static struct str technique_in(struct str s)
{
    for (size_t i = 0; i + 5 <= s.n; i++) {
        if (s.p[i] != 'T' && s.p[i] != 't') continue;
        size_t n = 1;
        while (i + n < s.n && is_technique_char(s.p[i + n])) n++;
        if (n >= 5) return str_sub(s, i, n);
    }
    return s;
}

static struct fact_texts take_techniques(struct reading *r, struct str value)
{
    struct fact_texts t = take_texts(r, "mitreTechniques", value);
    for (size_t i = 0; i < t.count; i++) ((struct str *)t.items)[i] = technique_in(t.items[i]);
    return t;
}

/* The main one first, and each once. */
static void take_categories(struct reading *r, struct str main, struct str all)
{
    struct str items[TEXTS_MAX + 1];
    size_t count = 0;
    struct str first = take_text(r, "category", main);
    struct fact_texts more = take_texts(r, "categories", all);
    if (first.n > 0) items[count++] = first;
    for (size_t i = 0; i < more.count; i++) {
        size_t k = 0;
        while (k < count && !str_eq_nocase(items[k], more.items[i])) k++;
        if (k == count) items[count++] = more.items[i];
    }
    struct str *kept = count ? arena_alloc(r->a, count * sizeof *kept) : NULL;
    if (kept == NULL) return;
    memcpy(kept, items, count * sizeof *kept);
    r->f->categories = (struct fact_texts){kept, count};
}

/* ---- Graph -------------------------------------------------------------------------------------------------------------------- */
enum {
    G_ASSIGNED,
    G_CATEGORIES,
    G_CATEGORY,
    G_CLASSIFICATION,
    G_CREATED,
    G_DETECTION,
    G_DETECTOR,
    G_DETERMINATION,
    G_EVIDENCE,
    G_FIRST,
    G_ID,
    G_INCIDENT,
    G_UPDATED,
    G_TECHNIQUES,
    G_SERVICE,
    G_SEVERITY,
    G_STATUS,
    G_THREAT,
    G_FAMILY,
    G_TITLE,
    G_NAME,
    G_REDIRECTED,
    G_SLOTS
};
static const struct key graph_keys[G_SLOTS] = {
    [G_ASSIGNED] = KEY("assignedTo"),
    [G_CATEGORIES] = KEY("categories"),
    [G_CATEGORY] = KEY("category"),
    [G_CLASSIFICATION] = KEY("classification"),
    [G_CREATED] = KEY("createdDateTime"),
    [G_DETECTION] = KEY("detectionSource"),
    [G_DETECTOR] = KEY("detectorId"),
    [G_DETERMINATION] = KEY("determination"),
    [G_EVIDENCE] = KEY("evidence"),
    [G_FIRST] = KEY("firstActivityDateTime"),
    [G_ID] = KEY("id"),
    [G_INCIDENT] = KEY("incidentId"),
    [G_UPDATED] = KEY("lastUpdateDateTime"),
    [G_TECHNIQUES] = KEY("mitreTechniques"),
    [G_SERVICE] = KEY("serviceSource"),
    [G_SEVERITY] = KEY("severity"),
    [G_STATUS] = KEY("status"),
    [G_THREAT] = KEY("threatDisplayName"),
    [G_FAMILY] = KEY("threatFamilyName"),
    [G_TITLE] = KEY("title"),
    [G_NAME] = KEY("displayName"),
    [G_REDIRECTED] = KEY("redirectIncidentId"),
};

static void take_states(struct reading *r, struct str severity, struct str status, struct str classification)
{
    TAKE_WORD(r, "severity", severity, severity_read, &r->f->severity);
    TAKE_WORD(r, "status", status, status_read, &r->f->status);
    TAKE_WORD(r, "classification", classification, class_read, &r->f->classification);
}

static void read_graph(struct reading *r, struct str row, bool is_incident)
{
    struct alert_facts *f = r->f;
    struct str s[G_SLOTS] = {0};
    if (row.n == 0 || row.p[0] != '{') return;
    (void)pick_at(r, row.p, row.p + row.n, graph_keys, G_SLOTS, s, is_incident ? SIZE_MAX : G_EVIDENCE,
                  read_graph_evidence);
    f->id = take_text(r, "id", s[G_ID]);
    f->title = take_text(r, "title", is_incident ? s[G_NAME] : s[G_TITLE]);
    take_states(r, s[G_SEVERITY], s[G_STATUS], s[G_CLASSIFICATION]);
    f->determination = take_text(r, "determination", s[G_DETERMINATION]);
    f->assigned = take_text(r, "assignedTo", s[G_ASSIGNED]);
    f->created = take_time(r, "createdDateTime", s[G_CREATED]);
    f->updated = take_time(r, "lastUpdateDateTime", s[G_UPDATED]);
    if (is_incident) {
        f->incident = f->id;
        f->redirected = take_text(r, "redirectIncidentId", s[G_REDIRECTED]);
        return;
    }
    f->incident = take_text(r, "incidentId", s[G_INCIDENT]);
    f->first_activity = take_time(r, "firstActivityDateTime", s[G_FIRST]);
    f->service_text = take_text(r, "serviceSource", s[G_SERVICE]);
    if (f->service_text.n > 0 && !service_read(f->service_text, &f->service)) f->service = SERVICE_OTHER;
    f->detection = take_text(r, "detectionSource", s[G_DETECTION]);
    f->detector = take_text(r, "detectorId", s[G_DETECTOR]);
    f->techniques = take_techniques(r, s[G_TECHNIQUES]);
    f->threat = take_text(r, "threatDisplayName", s[G_THREAT]);
    f->family = take_text(r, "threatFamilyName", s[G_FAMILY]);
    take_categories(r, s[G_CATEGORY], s[G_CATEGORIES]);
    if (s[G_EVIDENCE].n > 0 && s[G_EVIDENCE].p[0] != '[' && s[G_EVIDENCE].p[0] != 'n')
        note_unread(r, "evidence", s[G_EVIDENCE]);
}

static void read_graph_alert(struct reading *r, struct str row)
{
    read_graph(r, row, false);
}

static void read_graph_incident(struct reading *r, struct str row)
{
    read_graph(r, row, true);
}

/* ---- Endpoint ------------------------------------------------------------------------------------------------------------------ */
enum {
    P_CREATED,
    P_ASSIGNED,
    P_CATEGORY,
    P_CLASSIFICATION,
    P_NAME,
    P_DETECTION,
    P_DETECTOR,
    P_DETERMINATION,
    P_EVIDENCE,
    P_FIRST,
    P_ID,
    P_INCIDENT,
    P_INVESTIGATION,
    P_UPDATED,
    P_MACHINE,
    P_TECHNIQUES,
    P_GROUP,
    P_USER,
    P_SEVERITY,
    P_STATUS,
    P_FAMILY,
    P_THREAT,
    P_TITLE,
    P_SLOTS
};
static const struct key endpoint_keys[P_SLOTS] = {
    [P_CREATED] = KEY("alertCreationTime"),
    [P_ASSIGNED] = KEY("assignedTo"),
    [P_CATEGORY] = KEY("category"),
    [P_CLASSIFICATION] = KEY("classification"),
    [P_NAME] = KEY("computerDnsName"),
    [P_DETECTION] = KEY("detectionSource"),
    [P_DETECTOR] = KEY("detectorId"),
    [P_DETERMINATION] = KEY("determination"),
    [P_EVIDENCE] = KEY("evidence"),
    [P_FIRST] = KEY("firstEventTime"),
    [P_ID] = KEY("id"),
    [P_INCIDENT] = KEY("incidentId"),
    [P_INVESTIGATION] = KEY("investigationState"),
    [P_UPDATED] = KEY("lastUpdateTime"),
    [P_MACHINE] = KEY("machineId"),
    [P_TECHNIQUES] = KEY("mitreTechniques"),
    [P_GROUP] = KEY("rbacGroupName"),
    [P_USER] = KEY("relatedUser"),
    [P_SEVERITY] = KEY("severity"),
    [P_STATUS] = KEY("status"),
    [P_FAMILY] = KEY("threatFamilyName"),
    [P_THREAT] = KEY("threatName"),
    [P_TITLE] = KEY("title"),
};

static void read_related_user(struct reading *r, struct str object)
{
    static const struct key names[] = {KEY("domainName"), KEY("userName")};
    struct str s[2] = {0};
    pick(object, names, 2, s);
    struct fact_user u = {.name = join_account(r, take_text(r, "relatedUser.domainName", s[0]),
                                               take_text(r, "relatedUser.userName", s[1])),
                          .roles = ROLE_PRIMARY};
    add_user(r, &u);
}

static void read_endpoint_alert(struct reading *r, struct str row)
{
    struct alert_facts *f = r->f;
    struct str s[P_SLOTS] = {0};
    pick(row, endpoint_keys, P_SLOTS, s);
    f->id = take_text(r, "id", s[P_ID]);
    f->incident = take_text(r, "incidentId", s[P_INCIDENT]);
    f->title = take_text(r, "title", s[P_TITLE]);
    take_states(r, s[P_SEVERITY], s[P_STATUS], s[P_CLASSIFICATION]);
    f->determination = take_text(r, "determination", s[P_DETERMINATION]);
    f->assigned = take_text(r, "assignedTo", s[P_ASSIGNED]);
    f->detection = detection_word(take_text(r, "detectionSource", s[P_DETECTION]));
    f->service = service_of_detection(f->detection);
    f->detector = take_text(r, "detectorId", s[P_DETECTOR]);
    f->techniques = take_techniques(r, s[P_TECHNIQUES]);
    f->threat = take_text(r, "threatName", s[P_THREAT]);
    f->family = take_text(r, "threatFamilyName", s[P_FAMILY]);
    f->created = take_time(r, "alertCreationTime", s[P_CREATED]);
    f->updated = take_time(r, "lastUpdateTime", s[P_UPDATED]);
    f->first_activity = take_time(r, "firstEventTime", s[P_FIRST]);
    take_categories(r, s[P_CATEGORY], STR_NONE);
    struct fact_device d = {.id = take_text(r, "machineId", s[P_MACHINE]),
                            .name = take_text(r, "computerDnsName", s[P_NAME]),
                            .group = take_text(r, "rbacGroupName", s[P_GROUP]),
                            .roles = ROLE_PRIMARY};
    const struct fact_device *device = d.id.n > 0 || d.name.n > 0 ? add_device(r, &d) : NULL;
    read_related_user(r, s[P_USER]);
    read_flat_evidence(r, s[P_EVIDENCE], device);
    if (str_eq_nocase(take_text(r, "investigationState", s[P_INVESTIGATION]), STR("SuccessfullyRemediated"))) {
        r->counting = r->counting ? r->counting : 1;
        r->handled = r->counting;
    }
}

/* ---- SIEM ------------------------------------------------------------------------------------------------------------------------ */
enum {
    S_ID,
    S_TIME,
    S_TITLE,
    S_CATEGORY,
    S_CLOUD_TAGS,
    S_NAME,
    S_TAGS,
    S_DEVICE,
    S_INCIDENT_LINK,
    S_DETECTOR,
    S_PROCESSED,
    S_GROUP,
    S_SHORT_NAME,
    S_SEVERITY,
    S_SOURCE,
    S_THREAT_CATEGORY,
    S_FAMILY,
    S_THREAT,
    S_SLOTS
};
static const struct key siem_keys[S_SLOTS] = {
    [S_ID] = KEY("AlertId"),
    [S_TIME] = KEY("AlertTime"),
    [S_TITLE] = KEY("AlertTitle"),
    [S_CATEGORY] = KEY("Category"),
    [S_CLOUD_TAGS] = KEY("CloudCreatedMachineTags"),
    [S_NAME] = KEY("ComputerDnsName"),
    [S_TAGS] = KEY("DeviceCreatedMachineTags"),
    [S_DEVICE] = KEY("DeviceID"),
    [S_INCIDENT_LINK] = KEY("IncidentLinkToMTP"),
    [S_DETECTOR] = KEY("IoaDefinitionId"),
    [S_PROCESSED] = KEY("LastProcessedTimeUtc"),
    [S_GROUP] = KEY("MachineGroup"),
    [S_SHORT_NAME] = KEY("MachineName"),
    [S_SEVERITY] = KEY("Severity"),
    [S_SOURCE] = KEY("Source"),
    [S_THREAT_CATEGORY] = KEY("ThreatCategory"),
    [S_FAMILY] = KEY("ThreatFamily"),
    [S_THREAT] = KEY("ThreatName"),
};

/* ".../incidents/924521?tid=...": 924521 */
static struct str incident_of_link(struct str link)
{
    size_t at = str_find(link, STR("/incident"), 0);
    if (at == SIZE_MAX) return STR_NONE;
    size_t from = at + sizeof "/incident" - 1, n = 0;
    while (from < link.n && (link.p[from] < '0' || link.p[from] > '9') && link.p[from] != '?') from++;
    while (from + n < link.n && link.p[from + n] >= '0' && link.p[from + n] <= '9') n++;
    return str_sub(link, from, n);
}

static struct fact_texts split_tags(struct reading *r, struct str a, struct str b)
{
    struct str items[TEXTS_MAX];
    size_t count = 0;
    struct str lists[2] = {a, b};
    for (size_t i = 0; i < 2; i++) {
        while (lists[i].n > 0 && count < TEXTS_MAX) {
            char separator = str_find(lists[i], STR(";"), 0) != SIZE_MAX ? ';' : ',';
            items[count] = str_trim(str_cut(&lists[i], separator));
            count += items[count].n > 0;
        }
    }
    struct str *kept = count ? arena_alloc(r->a, count * sizeof *kept) : NULL;
    if (kept == NULL) return (struct fact_texts){0};
    memcpy(kept, items, count * sizeof *kept);
    return (struct fact_texts){kept, count};
}

static void read_siem_alert(struct reading *r, struct str row)
{
    struct alert_facts *f = r->f;
    struct str s[S_SLOTS] = {0};
    pick(row, siem_keys, S_SLOTS, s);
    f->id = take_text(r, "AlertId", s[S_ID]);
    f->incident = incident_of_link(take_text(r, "IncidentLinkToMTP", s[S_INCIDENT_LINK]));
    f->title = take_text(r, "AlertTitle", s[S_TITLE]);
    take_states(r, s[S_SEVERITY], STR_NONE, STR_NONE);
    f->detection = detection_word(take_text(r, "Source", s[S_SOURCE]));
    f->service = SERVICE_ENDPOINT; /* this API has no others */
    f->detector = take_text(r, "IoaDefinitionId", s[S_DETECTOR]);
    f->threat = take_text(r, "ThreatName", s[S_THREAT]);
    f->family = take_text(r, "ThreatFamily", s[S_FAMILY]);
    f->created = take_time(r, "AlertTime", s[S_TIME]);
    f->updated = take_time(r, "LastProcessedTimeUtc", s[S_PROCESSED]);
    take_categories(r, s[S_CATEGORY], s[S_THREAT_CATEGORY]);
    struct str name = take_text(r, "ComputerDnsName", s[S_NAME]);
    struct fact_device d = {
        .id = take_text(r, "DeviceID", s[S_DEVICE]),
        .name = name.n > 0 ? name : take_text(r, "MachineName", s[S_SHORT_NAME]),
        .group = take_text(r, "MachineGroup", s[S_GROUP]),
        .tags = split_tags(r, take_text(r, "DeviceCreatedMachineTags", s[S_TAGS]),
                           take_text(r, "CloudCreatedMachineTags", s[S_CLOUD_TAGS])),
        .roles = ROLE_PRIMARY,
    };
    const struct fact_device *device = d.id.n > 0 || d.name.n > 0 ? add_device(r, &d) : NULL;
    read_siem_evidence(r, row, device);
}

/* ---- XDR incidents ----------------------------------------------------------------------------------------------------------------- */
static void read_xdr_incident(struct reading *r, struct str row)
{
    enum { ASSIGNED, CLASS, CREATED, DETERMINATION, ID, NAME, UPDATED, REDIRECTED, SEVERITY, STATUS, SLOTS };
    static const struct key names[SLOTS] = {
        KEY("assignedTo"),   KEY("classification"), KEY("createdTime"),        KEY("determination"), KEY("incidentId"),
        KEY("incidentName"), KEY("lastUpdateTime"), KEY("redirectIncidentId"), KEY("severity"),      KEY("status")};
    struct alert_facts *f = r->f;
    struct str s[SLOTS] = {0};
    pick(row, names, SLOTS, s);
    f->id = f->incident = take_text(r, "incidentId", s[ID]);
    f->title = take_text(r, "incidentName", s[NAME]);
    take_states(r, s[SEVERITY], s[STATUS], s[CLASS]);
    f->determination = take_text(r, "determination", s[DETERMINATION]);
    f->assigned = take_text(r, "assignedTo", s[ASSIGNED]);
    f->redirected = take_text(r, "redirectIncidentId", s[REDIRECTED]);
    f->created = take_time(r, "createdTime", s[CREATED]);
    f->updated = take_time(r, "lastUpdateTime", s[UPDATED]);
}

/* ---- all ---------------------------------------------------------------------------------------------------------------------------- */
/* `sign`: members that a row of this source has and, of those listed before it, none. */
static const struct {
    const char *feed;
    void (*read)(struct reading *r, struct str row);
    enum fact_object object;
    struct key sign[2];
} sources[FACTS_SOURCES] = {
    [FACTS_GRAPH_ALERT] = {"alerts", read_graph_alert, FACT_ALERT, {KEY("serviceSource"), KEY("id")}},
    [FACTS_GRAPH_INCIDENT] = {"incidents", read_graph_incident, FACT_INCIDENT, {KEY("displayName"), KEY("id")}},
    [FACTS_ENDPOINT_ALERT] = {"alerts_endpoint",
                              read_endpoint_alert,
                              FACT_ALERT,
                              {KEY("alertCreationTime"), KEY("id")}},
    [FACTS_SIEM_ALERT] = {"alerts_siem", read_siem_alert, FACT_ALERT, {KEY("AlertId"), KEY("AlertTime")}},
    [FACTS_XDR_INCIDENT] = {"incidents_xdr",
                            read_xdr_incident,
                            FACT_INCIDENT,
                            {KEY("incidentId"), KEY("incidentName")}},
};

bool facts_source_of(const char *feed, enum facts_source *out)
{
    for (size_t i = 0; i < FACTS_SOURCES; i++) {
        if (strcmp(feed, sources[i].feed) != 0) continue;
        *out = (enum facts_source)i;
        return true;
    }
    return false;
}

static enum fact_handled handled_of(const struct reading *r)
{
    if (r->counting == 0) return HANDLED_UNKNOWN;
    if (r->handled == 0) return HANDLED_NO;
    return r->handled == r->counting ? HANDLED_WHOLLY : HANDLED_PARTLY;
}

static void *keep(struct arena *a, const void *items, size_t *count, size_t size)
{
    void *kept = *count ? arena_alloc(a, *count * size) : NULL;
    if (kept == NULL) {
        *count = 0;
        return NULL;
    }
    memcpy(kept, items, *count * size);
    return kept;
}

void alert_facts_read(struct arena *a, enum facts_source source, struct str row, struct alert_facts *out)
{
    struct reading r; /* its arrays are large and filled as far as counted */
    *out = (struct alert_facts){.object = sources[source].object};
    r.a = a;
    r.f = out;
    r.device_count = r.user_count = r.value_count = r.file_count = r.evidence = 0;
    r.counting = r.handled = 0;
    sources[source].read(&r, str_trim(row));
    out->is_custom_detection = is_custom(out->detection);
    out->handled = handled_of(&r);
    out->devices = keep(a, r.devices, &r.device_count, sizeof *r.devices);
    out->users = keep(a, r.users, &r.user_count, sizeof *r.users);
    out->values = keep(a, r.values, &r.value_count, sizeof *r.values);
    out->files = keep(a, r.files, &r.file_count, sizeof *r.files);
    out->device_count = r.device_count;
    out->user_count = r.user_count;
    out->value_count = r.value_count;
    out->file_count = r.file_count;
}

bool alert_facts_read_any(struct arena *a, struct str json, struct alert_facts *out)
{
    struct json_fault fault;
    json = str_trim(json);
    if (json.n == 0 || json.p[0] != '{' || !json_check(json, &fault)) return false;
    for (size_t i = 0; i < FACTS_SOURCES; i++) {
        struct str s[2] = {0};
        pick(json, sources[i].sign, 2, s);
        if (s[0].n == 0 || s[1].n == 0) continue;
        alert_facts_read(a, (enum facts_source)i, json, out);
        return true;
    }
    return false;
}

void machine_facts_read(struct arena *a, struct str machine, struct fact_device *device)
{
    enum { ENTRA, NAME, VALUE, ID, TAGS, OS, GROUP, SLOTS };
    static const struct key names[SLOTS] = {KEY("aadDeviceId"), KEY("computerDnsName"), KEY("deviceValue"),  KEY("id"),
                                            KEY("machineTags"), KEY("osPlatform"),      KEY("rbacGroupName")};
    struct alert_facts unused = {0};
    struct reading r;
    struct str s[SLOTS] = {0};
    r.a = a;
    r.f = &unused;
    r.evidence = 0;
    pick(str_trim(machine), names, SLOTS, s);
    struct {
        struct str *to, value;
    } texts[] = {{&device->id, take_text(&r, "id", s[ID])},
                 {&device->entra_id, take_text(&r, "aadDeviceId", s[ENTRA])},
                 {&device->name, take_text(&r, "computerDnsName", s[NAME])},
                 {&device->os, take_text(&r, "osPlatform", s[OS])},
                 {&device->group, take_text(&r, "rbacGroupName", s[GROUP])}};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        if (texts[i].value.n > 0) *texts[i].to = texts[i].value;
    }
    TAKE_WORD(&r, "deviceValue", s[VALUE], worth_read, &device->worth);
    struct fact_texts tags = take_texts(&r, "machineTags", s[TAGS]);
    if (tags.count > 0) device->tags = tags;
    device->is_read = true;
}
