/* The alerts of Defender for Endpoint as its own API shows them: the same as Graph's, in other words (sections 10 and 22 of the reference). An object's number is the alert's. */
#include <stdlib.h>
#include <string.h>

#include "twin/world/objects_int.h"

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

static struct estate through_endpoint(struct estate t)
{
    t.api = API_ENDPOINT;
    return t;
}

bool endpoint_alerts_list(struct estate t, struct wall now, struct arena *a, struct object_list *out)
{
    size_t n = 0;
    t = through_endpoint(t);
    if (!alerts_list(t, now, a, out)) return false;
    for (size_t i = 0; i < out->count; i++)
        if (strcmp(alert_kind_of(t, out->items[i].number)->service, "microsoftDefenderForEndpoint") == 0)
            out->items[n++] = out->items[i];
    out->count = n;
    return true;
}

/* ---- words ----------------------------------------------------------------------------------------------------------- */
struct str capital(struct str word, struct arena *a)
{
    char *copy = arena_copy(a, word.p, word.n);
    if (copy == NULL || word.n == 0) return word;
    if (copy[0] >= 'a' && copy[0] <= 'z') copy[0] = (char)(copy[0] - 'a' + 'A');
    return (struct str){copy, word.n};
}

/* Where the APIs differ by more than the first letter. The pages that list alerts and the one that updates them spell four
 * determinations differently; answers use the former. */
static const struct endpoint_word {
    const char *graph, *endpoint;
} endpoint_words[] = {
    {"microsoftDefenderForEndpoint", "WindowsDefenderAtp"},
    {"antivirus", "WindowsDefenderAv"},
    {"smartScreen", "WindowsDefenderSmartScreen"},
    {"microsoft365Defender", "MTP"},
    {"customTi", "CustomerTI"},
    {"compromisedAccount", "CompromisedUser"},
    {"confirmedActivity", "ConfirmedUserActivity"},
    {"notMalicious", "Clean"},
    {"notEnoughDataToValidate", "InsufficientData"},
    {"confirmedActivity", "ConfirmedActivity"},
    {"notMalicious", "NotMalicious"},
};

struct str endpoint_word(struct str graph, struct arena *a)
{
    for (size_t i = 0; i < COUNT(endpoint_words); i++)
        if (str_eq(graph, str_of(endpoint_words[i].graph))) return str_of(endpoint_words[i].endpoint);
    return capital(graph, a);
}

struct str graph_word(struct str endpoint, struct arena *a)
{
    for (size_t i = 0; i < COUNT(endpoint_words); i++)
        if (str_eq(endpoint, str_of(endpoint_words[i].endpoint))) return str_of(endpoint_words[i].graph);
    char *copy = arena_copy(a, endpoint.p, endpoint.n);
    if (copy == NULL || endpoint.n == 0) return endpoint;
    if (copy[0] >= 'A' && copy[0] <= 'Z') copy[0] = (char)(copy[0] - 'A' + 'a');
    return (struct str){copy, endpoint.n};
}

struct odata_value told_in_capitals(struct estate t, enum object_kind kind, const struct object *o,
                                    const char *graph_field, struct arena *a)
{
    unsigned i = 0;
    while (strcmp(object_fields(kind).items[i].name, graph_field) != 0) i++;
    struct odata_value v = object_field(t, kind, o, i, a);
    if (v.type == ODATA_TEXT && strcmp(graph_field, "assignedTo") != 0) v.text = endpoint_word(v.text, a);
    return v;
}

static struct odata_value told(struct estate t, const struct object *o, const char *graph_field, struct arena *a)
{
    return told_in_capitals(through_endpoint(t), OBJECT_ALERT, o, graph_field, a);
}

static int64_t incident_number(struct estate t, const struct object *o, struct arena *a)
{
    int64_t n = 0;
    (void)str_to_i64(incident_id(t, o->incident, a), &n);
    return n;
}

static struct odata_value detection(struct estate t, const struct object *o, struct arena *a)
{
    return odata_text(endpoint_word(str_of(alert_kind_of(t, o->number)->detection), a));
}

enum {
    F_CREATED,
    F_UPDATED,
    F_INCIDENT,
    F_INVESTIGATION,
    F_ID,
    F_ASSIGNED,
    F_DETECTION,
    F_LAST_EVENT,
    F_STATUS,
    F_SEVERITY,
    F_CATEGORY
};
const struct odata_field endpoint_alert_fields[] = {
    [F_CREATED] = {"alertCreationTime", ODATA_TIME},
    [F_UPDATED] = {"lastUpdateTime", ODATA_TIME},
    [F_INCIDENT] = {"incidentId", ODATA_NUMBER},
    [F_INVESTIGATION] = {"investigationId", ODATA_NUMBER},
    [F_ID] = {"id", ODATA_TEXT},
    [F_ASSIGNED] = {"assignedTo", ODATA_TEXT},
    [F_DETECTION] = {"detectionSource", ODATA_TEXT},
    [F_LAST_EVENT] = {"lastEventTime", ODATA_TIME},
    [F_STATUS] = {"status", ODATA_TEXT},
    [F_SEVERITY] = {"severity", ODATA_TEXT},
    [F_CATEGORY] = {"category", ODATA_TEXT},
};
_Static_assert(COUNT(endpoint_alert_fields) == ENDPOINT_ALERT_FIELDS, "one row a field");

struct odata_value endpoint_alert_field(struct estate t, const struct object *o, unsigned field, struct arena *a)
{
    switch (field) {
    case F_CREATED:
    case F_LAST_EVENT: return odata_time(o->created);
    case F_UPDATED: return odata_time(o->updated);
    case F_INCIDENT: return (struct odata_value){.type = ODATA_NUMBER, .number = incident_number(t, o, a)};
    case F_INVESTIGATION: return (struct odata_value){.type = ODATA_NULL};
    case F_ID: return odata_text(endpoint_alert_id(t, o, a));
    case F_ASSIGNED: return told(t, o, "assignedTo", a);
    case F_DETECTION: return detection(t, o, a);
    case F_STATUS: return told(t, o, "status", a);
    case F_SEVERITY: return told(t, o, "severity", a);
    default: return odata_text(str_of(alert_kind_of(t, o->number)->category));
    }
}

/* The document samples show one form of id in both APIs; that they are always equal is not settled. */
struct str endpoint_alert_id(struct estate t, const struct object *o, struct arena *a)
{
    struct str id = alert_id(t, o, a);
    if (variant_is(t.variants, VARIANT_ALERTS_IDS, "provider_only")) return provider_alert_id(t, o, a);
    return id;
}

/* ---- the object ------------------------------------------------------------------------------------------------------ */
void said_write(struct object_writer *o, const struct said *said)
{
    json_object_begin(&o->w);
    put_text(o, "comment", said->text);
    put_cstr(o, "createdBy", said->author);
    put_time(o, "createdTime", said->at);
    json_object_end(&o->w);
}

static void write_comments(struct object_writer *o, struct estate t, const struct object *alert)
{
    struct said said;
    json_key(&o->w, "comments");
    json_array_begin(&o->w);
    for (unsigned i = 0; comment_at(t, OBJECT_ALERT, alert, alert->revision, i, &o->arena, &said); i++)
        said_write(o, &said);
    json_array_end(&o->w);
}

static void write_user(struct object_writer *o, const struct scene *s)
{
    if (!(alert_kind_of(s->estate, s->alert->number)->evidence & EVIDENCE_USER)) {
        put_null(o, "relatedUser");
        return;
    }
    json_key(&o->w, "relatedUser");
    json_object_begin(&o->w);
    put_cstr(o, "userName", user_of(s->user).account);
    put_cstr(o, "domainName", s->estate.world->name);
    json_object_end(&o->w);
}

static void write_evidence(struct object_writer *o, const struct scene *s)
{
    static const char *const members[] = {"entityType",
                                          "evidenceCreationTime",
                                          "sha1",
                                          "sha256",
                                          "fileName",
                                          "filePath",
                                          "processId",
                                          "processCommandLine",
                                          "processCreationTime",
                                          "parentProcessId",
                                          "parentProcessCreationTime",
                                          "parentProcessFileName",
                                          "parentProcessFilePath",
                                          "ipAddress",
                                          "url",
                                          "registryKey",
                                          "registryHive",
                                          "registryValueType",
                                          "registryValue",
                                          "accountName",
                                          "domainName",
                                          "userSid",
                                          "aadUserId",
                                          "userPrincipalName",
                                          "detectionStatus",
                                          NULL};
    if (!(o->view & (VIEW_ALONE | VIEW_EXPANDED))) {
        put_empty_array(o, "evidence");
        return;
    }
    json_key(&o->w, "evidence");
    flat_evidence_write(o, s, members);
}

/* Every member, always, in the documents' order. */
void endpoint_alert_write(struct object_writer *o, struct estate t, const struct object *alert)
{
    t = through_endpoint(t);
    const struct alert_kind *k = alert_kind_of(t, alert->number);
    struct scene s = scene_of(t, alert);
    struct odata_value status = told(t, alert, "status", &o->arena);
    bool is_resolved = str_eq(status.text, STR("Resolved"));
    struct odata_value family = odata_text_or_null(k->family), null = {.type = ODATA_NULL};
    json_object_begin(&o->w);
    put_text(o, "id", endpoint_alert_id(t, alert, &o->arena));
    put_i64(o, "incidentId", incident_number(t, alert, &o->arena));
    put_null(o, "investigationId");
    put_value(o, "assignedTo", told(t, alert, "assignedTo", &o->arena));
    put_value(o, "severity", told(t, alert, "severity", &o->arena));
    put_value(o, "status", status);
    put_value(o, "classification", told(t, alert, "classification", &o->arena));
    put_value(o, "determination", told(t, alert, "determination", &o->arena));
    put_text(o, "investigationState", capital(str_of(investigation_of(t, alert)), &o->arena));
    put_value(o, "detectionSource", detection(t, alert, &o->arena));
    put_text(o, "detectorId", alert_detector(t, alert, &o->arena));
    put_cstr(o, "category", k->category);
    put_value(o, "threatFamilyName", family);
    put_cstr(o, "title", k->title);
    put_cstr(o, "description", k->description);
    put_time(o, "alertCreationTime", alert->created);
    put_time(o, "firstEventTime", alert_first_activity(t, alert));
    put_time(o, "lastEventTime", alert->created);
    put_time(o, "lastUpdateTime", alert->updated);
    put_value(o, "resolvedTime", is_resolved ? odata_time(alert_resolved(alert)) : null);
    put_text(o, "machineId", device_id(t.world, s.device, &o->arena));
    put_text(o, "computerDnsName", device_name(t.world, s.device, &o->arena));
    put_text(o, "rbacGroupName", device_group(t.world, s.device));
    put_cstr(o, "aadTenantId", t.world->tenant_id);
    put_value(o, "threatName", family);
    put_texts(o, "mitreTechniques", k->techniques);
    write_user(o, &s);
    write_comments(o, t, alert);
    write_evidence(o, &s);
    json_object_end(&o->w);
}
