/* Incidents as the older Defender XDR API shows them, with their alerts inside (section 16 of the reference). An object is
 * Graph's incident. */
#include <string.h>

#include "twin/world/objects_int.h"

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

static struct estate through_xdr(struct estate t)
{
    t.api = API_XDR;
    return t;
}

bool xdr_incidents_list(struct estate t, struct wall now, struct arena *a, struct object_list *out)
{
    return incidents_list(through_xdr(t), now, a, out);
}

/* Older names of products; the rest only with a capital. */
static struct str product_word(const char *graph, struct arena *a)
{
    static const char *const words[][2] = {{"microsoftDefenderForEndpoint", "MicrosoftDefenderATP"},
                                           {"microsoftDefenderForOffice365", "OfficeATP"},
                                           {"microsoftDefenderForCloudApps", "MicrosoftCloudAppSecurity"},
                                           {"microsoftDefenderForIdentity", "AzureATP"},
                                           {"azureAdIdentityProtection", "AadIdentityProtection"}};
    for (size_t i = 0; i < COUNT(words); i++)
        if (strcmp(graph, words[i][0]) == 0) return str_of(words[i][1]);
    return endpoint_word(str_of(graph), a);
}

enum { F_UPDATED, F_CREATED, F_STATUS, F_ASSIGNED };
const struct odata_field xdr_incident_fields[] = {
    [F_UPDATED] = {"lastUpdateTime", ODATA_TIME},
    [F_CREATED] = {"createdTime", ODATA_TIME},
    [F_STATUS] = {"status", ODATA_TEXT},
    [F_ASSIGNED] = {"assignedTo", ODATA_TEXT},
};
_Static_assert(COUNT(xdr_incident_fields) == XDR_INCIDENT_FIELDS, "one row a field");

static struct odata_value told(struct estate t, enum object_kind kind, const struct object *o, const char *field,
                               struct arena *a)
{
    return told_in_capitals(through_xdr(t), kind, o, field, a);
}

struct odata_value xdr_incident_field(struct estate t, const struct object *o, unsigned field, struct arena *a)
{
    switch (field) {
    case F_UPDATED: return odata_time(o->updated);
    case F_CREATED: return odata_time(o->created);
    case F_STATUS: return told(t, OBJECT_INCIDENT, o, "status", a);
    default: return told(t, OBJECT_INCIDENT, o, "assignedTo", a);
    }
}

/* ---- alerts inside --------------------------------------------------------------------------------------------------------- */
static void write_device(struct object_writer *o, const struct scene *s)
{
    const struct world *w = s->estate.world;
    json_object_begin(&o->w);
    put_text(o, "mdatpDeviceId", device_id(w, s->device, &o->arena));
    put_text(o, "aadDeviceId", draw_guid_str(w->seed, 5000 + s->device, &o->arena));
    put_text(o, "deviceDnsName", device_name(w, s->device, &o->arena));
    put_text(o, "osPlatform", device_platform(w, s->device));
    put_cstr(o, "version", "23H2");
    put_cstr(o, "osProcessor", "x64");
    put_i64(o, "osBuild", device_build(w, s->device));
    put_cstr(o, "healthStatus", "Active");
    put_cstr(o, "riskScore", "High");
    put_text(o, "rbacGroupName", device_group(w, s->device));
    put_time(o, "firstSeen", wall_add(w->start, -90 * WALL_TICKS_PER_DAY));
    put_empty_array(o, "tags");
    put_cstr(o, "defenderAvStatus", "Updated");
    put_cstr(o, "onboardingStatus", "Onboarded");
    put_null(o, "vmMetadata");
    put_empty_array(o, "loggedOnUsers");
    json_object_end(&o->w);
}

static void write_things(struct object_writer *o, const struct scene *s)
{
    static const char *const members[] = {"entityType",
                                          "sha1",
                                          "sha256",
                                          "fileName",
                                          "filePath",
                                          "processId",
                                          "processCommandLine",
                                          "processCreationTime",
                                          "parentProcessId",
                                          "parentProcessCreationTime",
                                          "ipAddress",
                                          "url",
                                          "accountName",
                                          "domainName",
                                          "userSid",
                                          "aadUserId",
                                          "userPrincipalName",
                                          "mailboxDisplayName",
                                          "mailboxAddress",
                                          "clusterBy",
                                          "sender",
                                          "recipient",
                                          "subject",
                                          "deliveryAction",
                                          "securityGroupId",
                                          "securityGroupName",
                                          "registryHive",
                                          "registryKey",
                                          "registryValueType",
                                          "registryValue",
                                          "deviceId",
                                          NULL};
    json_key(&o->w, "devices");
    json_array_begin(&o->w);
    if (alert_kind_of(s->estate, s->alert->number)->evidence & EVIDENCE_DEVICE) write_device(o, s);
    json_array_end(&o->w);
    json_key(&o->w, "entities");
    flat_evidence_write(o, s, members);
}

static void write_alert(struct object_writer *o, struct estate t, const struct object *alert, int64_t incident)
{
    const struct alert_kind *k = alert_kind_of(t, alert->number);
    struct scene s = scene_of(t, alert);
    struct odata_value status = told(t, OBJECT_ALERT, alert, "status", &o->arena), null = {.type = ODATA_NULL};
    bool is_resolved = str_eq(status.text, STR("Resolved"));
    json_object_begin(&o->w);
    put_text(o, "alertId", alert_id(t, alert, &o->arena));
    put_text(o, "providerAlertId", provider_alert_id(t, alert, &o->arena));
    put_i64(o, "incidentId", incident);
    put_text(o, "serviceSource", product_word(k->service, &o->arena));
    put_time(o, "creationTime", alert->created);
    put_time(o, "lastUpdatedTime", alert->updated);
    put_value(o, "resolvedTime", is_resolved ? odata_time(alert_resolved(alert)) : null);
    put_time(o, "firstActivity", alert_first_activity(t, alert));
    put_time(o, "lastActivity", alert->created);
    put_cstr(o, "title", k->title);
    put_cstr(o, "description", k->description);
    put_cstr(o, "category", k->category);
    put_value(o, "status", status);
    put_value(o, "severity", told(t, OBJECT_ALERT, alert, "severity", &o->arena));
    put_null(o, "investigationId");
    put_text(o, "investigationState", capital(str_of(investigation_of(t, alert)), &o->arena));
    put_value(o, "classification", told(t, OBJECT_ALERT, alert, "classification", &o->arena));
    put_value(o, "determination", told(t, OBJECT_ALERT, alert, "determination", &o->arena));
    put_text(o, "detectionSource", endpoint_word(str_of(k->detection), &o->arena));
    put_text(o, "detectorId", alert_detector(t, alert, &o->arena));
    put_value(o, "assignedTo", told(t, OBJECT_ALERT, alert, "assignedTo", &o->arena));
    put_null(o, "actorName");
    put_cstr(o, "threatFamilyName", k->family);
    put_texts(o, "mitreTechniques", k->techniques);
    write_things(o, &s);
    json_object_end(&o->w);
}

/* ---- the incident ------------------------------------------------------------------------------------------------------------ */
static int64_t number_of(struct estate t, uint64_t incident, struct arena *a)
{
    int64_t n = 0;
    (void)str_to_i64(incident_id(t, incident, a), &n);
    return n;
}

static void write_comments(struct object_writer *o, struct estate t, const struct object *incident)
{
    struct said said;
    json_key(&o->w, "comments");
    json_array_begin(&o->w);
    for (unsigned i = 0; comment_at(t, OBJECT_INCIDENT, incident, 0, i, &o->arena, &said); i++) said_write(o, &said);
    json_array_end(&o->w);
}

void xdr_incident_write(struct object_writer *o, struct estate t, const struct object *incident)
{
    struct object_list alerts = {NULL, 0};
    t = through_xdr(t);
    int64_t id = number_of(t, incident->number, &o->arena);
    struct odata_value determination = told(t, OBJECT_INCIDENT, incident, "determination", &o->arena);
    if (str_eq(determination.text, STR("Unknown"))) determination.text = STR("NotAvailable");
    json_object_begin(&o->w);
    put_i64(o, "incidentId", id);
    if (incident->incident != incident->number)
        put_i64(o, "redirectIncidentId", number_of(t, incident->incident, &o->arena));
    else
        put_null(o, "redirectIncidentId");
    put_text(o, "incidentName", incident_name(o, t, incident));
    put_time(o, "createdTime", incident->created);
    put_time(o, "lastUpdateTime", incident->updated);
    put_value(o, "assignedTo", told(t, OBJECT_INCIDENT, incident, "assignedTo", &o->arena));
    put_value(o, "classification", told(t, OBJECT_INCIDENT, incident, "classification", &o->arena));
    put_value(o, "determination", determination);
    put_value(o, "status", told(t, OBJECT_INCIDENT, incident, "status", &o->arena));
    put_value(o, "severity", told(t, OBJECT_INCIDENT, incident, "severity", &o->arena));
    put_raw(o, "tags", incident->texts[TEXT_TAGS] ? incident->texts[TEXT_TAGS] : "[]");
    write_comments(o, t, incident);
    json_key(&o->w, "alerts");
    json_array_begin(&o->w);
    if (objects_of_incident(t, incident, &o->arena, &alerts))
        for (size_t i = 0; i < alerts.count; i++) write_alert(o, t, &alerts.items[i], id);
    json_array_end(&o->w);
    json_object_end(&o->w);
}

struct str xdr_incident_id(struct estate t, const struct object *o, struct arena *a)
{
    return incident_id(t, o->number, a);
}
