/* Graph alerts: when they come and change, and what they say (section 7 of the reference). */
#include <string.h>

#include "twin/world/made_alerts.h"

#define COUNT(a) (sizeof(a) / sizeof(a)[0])
#define FLURRY_BASE (UINT64_C(1) << 32) /* alerts of flurry events are numbered from here */
enum { ALERTS_AN_INCIDENT = 3 };
enum { LOT_ALERT = 500, LOT_ALERT_PHASE };
enum { LOT_KIND, LOT_REVISIONS, LOT_CUT, LOT_DEVICE, LOT_HASH, LOT_POLICY, LOT_GROWS, LOT_CHANGE };
#define EVIDENCE_AFTER (20 * WALL_TICKS_PER_S)

/* clang-format off */
static const struct alert_kind kinds[] = {
    {"Suspicious PowerShell command line", "Execution", "medium", "microsoftDefenderForEndpoint", "microsoftDefenderForEndpoint",
     "Microsoft Defender for Endpoint", NULL, "A suspicious PowerShell activity was observed on the machine.\n\nThis behaviour may indicate \"fileless\" malware.",
     {"T1059.001", "T1027"}, EVIDENCE_DEVICE | EVIDENCE_PROCESS | EVIDENCE_FILE | EVIDENCE_USER},
    {"'EICAR_Test_File' malware was prevented", "Malware", "informational", "microsoftDefenderForEndpoint", "antivirus",
     "Microsoft Defender for Endpoint", "EICAR_Test_File", "Malware and unwanted software are undesirable applications.",
     {NULL}, EVIDENCE_DEVICE | EVIDENCE_FILE | EVIDENCE_MALWARE},
    {"Hands-on keyboard attack involving multiple devices", "LateralMovement", "high", "microsoft365Defender", "microsoft365Defender",
     "Microsoft 365 Defender", NULL, "An attacker moved between devices/accounts.", {"T1021.001", "T1570", "T1003"},
     EVIDENCE_DEVICE | EVIDENCE_USER | EVIDENCE_IP | EVIDENCE_CONNECTION | EVIDENCE_PROCESS},
    {"Malicious IP address", "InitialAccess", "high", "azureAdIdentityProtection", "azureAdIdentityProtection", "AAD Identity Protection", NULL,
     "Sign-in from a malicious IP address", {"T1078"}, EVIDENCE_USER | EVIDENCE_IP | EVIDENCE_CLOUD_APP},
    {"Email reported by user as malware or phish", "InitialAccess", "low", "microsoftDefenderForOffice365", "microsoftDefenderForOffice365",
     "Microsoft Defender for Office 365", NULL, "This alert is triggered when any email message is reported as malware or phish -V1.0.0.2",
     {"T1566"}, EVIDENCE_MAILBOX | EVIDENCE_MESSAGE | EVIDENCE_USER | EVIDENCE_URL},
    {"Anomalous registry persistence", "Persistence", "medium", "microsoftDefenderForEndpoint", "customDetection", "Microsoft Defender for Endpoint", NULL,
     "An anomalous value was set under a Run key.", {"T1547.001"}, EVIDENCE_DEVICE | EVIDENCE_REGISTRY_KEY | EVIDENCE_REGISTRY_VALUE | EVIDENCE_PROCESS},
    {"Possible command-and-control over DNS", "CommandAndControl", "high", "microsoftDefenderForEndpoint", "microsoftDefenderForEndpoint",
     "Microsoft Defender for Endpoint", "Sliver", "Beaconing to a young domain.", {"T1071.004"}, EVIDENCE_DEVICE | EVIDENCE_DNS | EVIDENCE_CONNECTION | EVIDENCE_FILE},
    {"Risky OAuth app consent — Überprüfung nötig", "Persistence", "medium", "microsoftAppGovernance", "appGovernanceDetection", "Microsoft Defender for Cloud Apps", NULL,
     "An app with high privileges was granted consent.", {"T1098"}, EVIDENCE_OAUTH | EVIDENCE_USER},
    {"Sentinel rule matched", "Discovery", "low", "microsoftSentinel", "nrtAlerts", "Microsoft Sentinel", NULL, "A near-real-time rule matched.", {"T1087"},
     EVIDENCE_IP | EVIDENCE_FUTURE},
};
/* clang-format on */

/* ---- when ----------------------------------------------------------------------------------------------------------- */
uint64_t alert_seed(struct estate t, uint64_t number)
{
    return draw(draw(t.world->seed, LOT_ALERT), number);
}

const struct alert_kind *alert_kind_of(struct estate t, uint64_t number)
{
    const struct made_alert *made = made_alert_of(t, number);
    return made ? &made->kind : &kinds[draw_below(alert_seed(t, number), LOT_KIND, COUNT(kinds))];
}

uint64_t alert_incident(struct estate t, uint64_t number)
{
    const struct made_alert *made = made_alert_of(t, number);
    if (made && made->incident) return made->incident;
    return number >= FLURRY_BASE ? number : number / ALERTS_AN_INCIDENT;
}

static int64_t cut(int64_t ticks, uint64_t lot)
{
    static const int64_t steps[] = {1, 1, 10, 100, 1000, 10000, 100000};
    return ticks - ticks % steps[lot % COUNT(steps)];
}

static int64_t created_at(struct estate t, uint64_t number)
{
    const struct scenario *s = t.scenario;
    int64_t at;
    if (number >= MADE_ALERTS) return made_alert_of(t, number)->at.ticks;
    if (number >= FLURRY_BASE) {
        at = wall_add(t.world->start, s->events[number - FLURRY_BASE].at_ms * WALL_TICKS_PER_MS).ticks;
    } else if (number < s->alerts_before) {
        int64_t history = (s->history_ms ? s->history_ms : 3600000) * WALL_TICKS_PER_MS;
        at = t.world->start.ticks - (int64_t)((double)history * (1 - ((double)number + 0.5) / s->alerts_before));
    } else {
        double phase = draw_unit(t.world->seed, LOT_ALERT_PHASE);
        at = t.world->start.ticks + (int64_t)(((double)(number - s->alerts_before) + phase) *
                                              (double)WALL_TICKS_PER_HOUR / s->alerts_per_hour);
    }
    return cut(at, draw(alert_seed(t, number), LOT_CUT));
}

bool alert_comes(struct estate t, uint64_t number)
{
    return number < t.scenario->alerts_before || t.scenario->alerts_per_hour > 0;
}

struct wall alert_created(struct estate t, uint64_t number)
{
    return (struct wall){created_at(t, number)};
}

static unsigned changes_of(struct estate t, uint64_t number)
{
    if (number >= MADE_ALERTS) return 0;
    if (number >= FLURRY_BASE) return t.scenario->events[number - FLURRY_BASE].changes;
    return (unsigned)draw_below(alert_seed(t, number), LOT_REVISIONS, t.scenario->alert_revisions + 1);
}

/* When change `r` (1 is the first) becomes visible, ticks after creation; strictly growing. */
static int64_t change_after(struct estate t, uint64_t number, unsigned r, unsigned changes)
{
    if (number >= FLURRY_BASE) return WALL_TICKS_PER_S * r / (changes + 1);
    double step = (double)t.scenario->alert_revision_ms * WALL_TICKS_PER_MS / changes;
    return (int64_t)(step * (r - 1 + 0.1 + 0.8 * draw_unit(alert_seed(t, number), LOT_CHANGE + r)));
}

bool object_service_is(struct estate t, enum object_kind kind, const struct object *o, const char *service)
{
    uint64_t number = kind == OBJECT_INCIDENT && o->number < FLURRY_BASE ? o->number * ALERTS_AN_INCIDENT : o->number;
    return strcmp(alert_kind_of(t, number)->service, service) == 0;
}

/* Endpoint licences know alerts of Defender for Endpoint alone. */
static bool has_service(struct estate t, const char *service)
{
    if (t.licence == LICENCE_NONE) return false;
    return t.licence == LICENCE_XDR || strcmp(service, "microsoftDefenderForEndpoint") == 0;
}

/* Every fourth alert learns of one more thing a while after it came. */
int64_t evidence_added_at(struct estate t, const struct object *alert)
{
    bool grows = alert->number < FLURRY_BASE && draw_below(alert_seed(t, alert->number), LOT_GROWS, 4) == 0;
    return grows ? alert->created.ticks + EVIDENCE_AFTER : INT64_MAX;
}

/* false: it does not exist yet, or never for this licence. */
static bool alert_at(struct estate t, uint64_t number, struct wall now, struct object *out)
{
    unsigned changes = changes_of(t, number);
    int64_t created = created_at(t, number), updated = created;
    if (created > now.ticks) return false;
    unsigned r = 0;
    for (; r < changes; r++) {
        int64_t visible =
            cut(created + change_after(t, number, r + 1, changes), draw(alert_seed(t, number), LOT_CHANGE + 100 + r));
        if (visible > now.ticks) break;
        bool shares_time = number >= FLURRY_BASE && changes > 1 && r + 1 == changes;
        if (!shares_time && visible > updated) updated = visible;
    }
    if (!has_service(t, alert_kind_of(t, number)->service)) return false;
    struct wall merged = {0};
    *out = (struct object){.number = number, .revision = r, .created = {created}, .as_of = now};
    out->incident = incident_survivor(t, alert_incident(t, number), now, &merged);
    if (out->incident != alert_incident(t, number) && merged.ticks > updated) updated = merged.ticks;
    int64_t evidence = evidence_added_at(t, out);
    if (evidence <= now.ticks && evidence > updated && variant_is(t.variants, VARIANT_ALERTS_EVIDENCE_TOUCHES, "yes"))
        updated = evidence;
    out->updated.ticks = updated;
    object_overlay(t, OBJECT_ALERT, out);
    return true;
}

/* At least as many as may exist at `now`; alert_at looks closer. */
static uint64_t stream_count(struct estate t, struct wall now)
{
    const struct scenario *s = t.scenario;
    double seconds = (double)(now.ticks - t.world->start.ticks) / WALL_TICKS_PER_S;
    return s->alerts_before +
           (seconds > 0 && s->alerts_per_hour > 0 ? (uint64_t)(seconds * s->alerts_per_hour / 3600) + 2 : 0);
}

bool alerts_list(struct estate t, struct wall now, struct arena *a, struct object_list *out)
{
    uint64_t stream = stream_count(t, now);
    size_t made = t.made ? t.made->count : 0, n = 0;
    struct object *items = arena_alloc(a, (stream + SCENARIO_EVENTS_MAX + made) * sizeof *items);
    if (items == NULL) return false;
    for (uint64_t i = 0; i < stream; i++)
        if (alert_at(t, i, now, &items[n])) n++;
    for (unsigned i = 0; i < t.scenario->event_count; i++) {
        const struct scenario_event *e = &t.scenario->events[i];
        if (e->what == EVENT_FLURRY && tenant_range_has(&e->tenants, t.world->index) &&
            alert_at(t, FLURRY_BASE + i, now, &items[n]))
            n++;
    }
    for (size_t i = 0; i < made; i++)
        if (alert_at(t, MADE_ALERTS + i, now, &items[n])) n++;
    *out = (struct object_list){items, n};
    return true;
}

/* ---- what ----------------------------------------------------------------------------------------------------------- */
struct str alert_id(struct estate t, const struct object *o, struct arena *a)
{
    uint64_t seed = alert_seed(t, o->number);
    switch (seed % 3) {
    case 0:
        return arena_print(a, "da%lu_%d", (unsigned long)(637000000000000000u + seed % 900000000000000u),
                           (int)(int32_t)(seed >> 32));
    case 1: {
        struct str guid = draw_guid_str(seed, LOT_HASH, a);
        return arena_print(a, "da%.*s_1", STR_ARG(guid));
    }
    default: {
        struct str hex = draw_hex_str(seed, LOT_HASH, 40, a);
        return arena_print(a, "ad%.*s", STR_ARG(hex));
    }
    }
}

struct str provider_alert_id(struct estate t, const struct object *o, struct arena *a)
{
    bool is_own = variant_is(t.variants, VARIANT_ALERTS_IDS, "provider_only");
    return is_own ? arena_print(a, "%016llx_1", (unsigned long long)draw(alert_seed(t, o->number), LOT_POLICY))
                  : alert_id(t, o, a);
}

struct str alert_detector(struct estate t, const struct object *o, struct arena *a)
{
    bool is_made = o->number >= MADE_ALERTS;
    uint64_t detector = is_made ? alert_seed(t, o->number) : (uint64_t)(alert_kind_of(t, o->number) - kinds);
    return draw_guid_str(detector, LOT_HASH, a);
}

struct wall alert_first_activity(struct estate t, const struct object *o)
{
    const struct made_alert *made = made_alert_of(t, o->number);
    return made ? made->event : wall_add(o->created, -(int64_t)(alert_seed(t, o->number) % (600 * WALL_TICKS_PER_S)));
}

struct wall alert_resolved(const struct object *o)
{
    return o->resolved.ticks ? o->resolved : o->updated;
}

const char *extended(struct estate t, const struct object *o, enum extended_enum field, const char *drawn)
{
    const struct scenario *s = t.scenario;
    for (unsigned i = 0; i < s->event_count; i++) {
        const struct scenario_event *e = &s->events[i];
        int64_t at = t.world->start.ticks + e->at_ms * WALL_TICKS_PER_MS;
        if (e->what == EVENT_EXTEND_ENUM && e->field == field && o->created.ticks >= at && o->number % 2 == 0 &&
            tenant_range_has(&e->tenants, t.world->index))
            return e->name;
    }
    return drawn;
}

static const char *status_of(struct estate t, const struct object *o)
{
    if (o->texts[TEXT_STATUS] == NULL) {
        const char *unheard = extended(t, o, EXTENDS_STATUS, NULL);
        if (unheard) return unheard;
    }
    return text_of(o, TEXT_STATUS, o->revision == 0 ? "new" : o->revision % 3 == 0 ? "resolved" : "inProgress");
}

static const char *assigned_to(const struct object *o)
{
    return text_of(o, TEXT_ASSIGNED, o->revision ? "analyst@soc.example" : NULL);
}

static const char *severity_of(struct estate t, const struct object *o)
{
    return extended(t, o, EXTENDS_SEVERITY, alert_kind_of(t, o->number)->severity);
}

static const char *service_of(struct estate t, const struct object *o)
{
    return extended(t, o, EXTENDS_SERVICE, alert_kind_of(t, o->number)->service);
}

/* A member that came by a scenario's event is younger than any. */
static const char *evolving_extended(const struct object_writer *o, struct estate t, const struct object *alert,
                                     enum extended_enum field, const char *value)
{
    bool is_unheard = extended(t, alert, field, NULL) == value;
    return is_unheard && !(o->view & VIEW_EVOLVED) ? "unknownFutureValue" : evolving(o, value);
}

const char *evolving(const struct object_writer *o, const char *value)
{
    static const char *const young[] = {"microsoftSentinel",
                                        "microsoftDefenderForCloud",
                                        "microsoftInsiderRiskManagement",
                                        "microsoftThreatIntelligence",
                                        "microsoftSecurityForAI",
                                        "nrtAlerts",
                                        "scheduledAlerts",
                                        "builtInMl",
                                        "awaitingAction",
                                        "active",
                                        "pendingApproval",
                                        "declined",
                                        "unremediated",
                                        "running",
                                        "partiallyRemediated"};
    for (size_t i = 0; !(o->view & VIEW_EVOLVED) && i < COUNT(young); i++)
        if (strcmp(value, young[i]) == 0) return "unknownFutureValue";
    return value;
}

enum { F_ASSIGNED, F_CLASSIFICATION, F_DETERMINATION, F_CREATED, F_UPDATED, F_SEVERITY, F_SERVICE, F_STATUS };
const struct odata_field alert_fields[] = {
    [F_ASSIGNED] = {"assignedTo", ODATA_TEXT},         [F_CLASSIFICATION] = {"classification", ODATA_TEXT},
    [F_DETERMINATION] = {"determination", ODATA_TEXT}, [F_CREATED] = {"createdDateTime", ODATA_TIME},
    [F_UPDATED] = {"lastUpdateDateTime", ODATA_TIME},  [F_SEVERITY] = {"severity", ODATA_TEXT},
    [F_SERVICE] = {"serviceSource", ODATA_TEXT},       [F_STATUS] = {"status", ODATA_TEXT},
};
_Static_assert(COUNT(alert_fields) == ALERT_FIELDS, "one row a field");

static const char *classification_of(const struct object *o)
{
    return text_of(o, TEXT_CLASSIFICATION, o->revision >= 3 ? "truePositive" : NULL);
}

static const char *determination_of(const struct object *o)
{
    return text_of(o, TEXT_DETERMINATION, o->revision >= 3 ? "malware" : NULL);
}

const char *investigation_of(struct estate t, const struct object *o)
{
    const struct made_alert *made = made_alert_of(t, o->number);
    return made && made->investigated ? made->investigated : o->revision ? "running" : "queued";
}

struct odata_value alert_field(struct estate t, const struct object *o, unsigned field, struct arena *a)
{
    (void)a;
    switch (field) {
    case F_ASSIGNED: return odata_text_or_null(assigned_to(o));
    case F_CLASSIFICATION: return odata_text_or_null(classification_of(o));
    case F_DETERMINATION: return odata_text_or_null(determination_of(o));
    case F_CREATED: return odata_time(o->created);
    case F_UPDATED: return odata_time(o->updated);
    case F_SEVERITY: return odata_text(str_of(severity_of(t, o)));
    case F_SERVICE: return odata_text(str_of(service_of(t, o)));
    default: return odata_text(str_of(status_of(t, o)));
    }
}

static void write_comment(struct object_writer *o, struct str text, const char *author, struct wall at)
{
    json_object_begin(&o->w);
    put_cstr(o, "@odata.type", "#microsoft.graph.security.alertComment");
    put_text(o, "comment", text);
    put_cstr(o, "createdByDisplayName", author);
    put_time(o, "createdDateTime", at);
    json_object_end(&o->w);
}

bool comment_at(struct estate t, enum object_kind kind, const struct object *o, unsigned drawn, unsigned n,
                struct arena *a, struct said *out)
{
    if (n < drawn) {
        *out =
            (struct said){arena_print(a, "Look %u: \"checked\" – naïve/✓", n + 1), "analyst@soc.example", o->created};
        return true;
    }
    const struct change *c = object_comment(t, kind, o, n - drawn);
    if (c) *out = (struct said){str_of(c->text), c->author, c->at};
    return c != NULL;
}

void comments_write(struct object_writer *o, struct estate t, enum object_kind kind, const struct object *object)
{
    struct said said;
    unsigned drawn = kind == OBJECT_ALERT ? object->revision : 0; /* an analyst's, one a change */
    json_array_begin(&o->w);
    for (unsigned i = 0; comment_at(t, kind, object, drawn, i, &o->arena, &said); i++)
        write_comment(o, said.text, said.author, said.at);
    json_array_end(&o->w);
}

static void write_empty_object(struct object_writer *o, const char *key)
{
    json_key(&o->w, key);
    json_object_begin(&o->w);
    json_object_end(&o->w);
}

/* Every property, null or empty ones too, in alphabetical order. */
void alert_write(struct object_writer *o, struct estate t, const struct object *alert)
{
    const struct alert_kind *k = alert_kind_of(t, alert->number);
    uint64_t seed = alert_seed(t, alert->number);
    struct str id = alert_id(t, alert, &o->arena), incident = incident_id(t, alert->incident, &o->arena);
    bool is_resolved = str_eq(str_of(status_of(t, alert)), STR("resolved"));
    const char *categories[] = {k->category, NULL};
    json_object_begin(&o->w);
    put_null(o, "actorDisplayName");
    write_empty_object(o, "additionalData");
    put_text(o, "alertPolicyId", draw_guid_str(seed, LOT_POLICY, &o->arena));
    put_text(
        o, "alertWebUrl",
        arena_print(&o->arena, "https://security.microsoft.com/alerts/%.*s?tid=%s", STR_ARG(id), t.world->tenant_id));
    put_cstr(o, "assignedTo", assigned_to(alert));
    put_texts(o, "categories", categories);
    put_cstr(o, "category", k->category);
    put_cstr(o, "classification", classification_of(alert));
    json_key(&o->w, "comments");
    comments_write(o, t, OBJECT_ALERT, alert);
    put_time(o, "createdDateTime", alert->created);
    put_raw(o, "customDetails", alert->texts[TEXT_CUSTOM_DETAILS] ? alert->texts[TEXT_CUSTOM_DETAILS] : "{}");
    put_cstr(o, "description", k->description);
    put_cstr(o, "detectionSource", evolving(o, k->detection));
    put_text(o, "detectorId", alert_detector(t, alert, &o->arena));
    put_cstr(o, "determination", determination_of(alert));
    evidence_write(o, t, alert);
    put_time(o, "firstActivityDateTime", alert_first_activity(t, alert));
    put_text(o, "id", id);
    put_text(o, "incidentId", incident);
    put_text(o, "incidentWebUrl",
             arena_print(&o->arena, "https://security.microsoft.com/incidents/%.*s?tid=%s", STR_ARG(incident),
                         t.world->tenant_id));
    put_cstr(o, "investigationState", investigation_of(t, alert));
    put_time(o, "lastActivityDateTime", alert->created);
    put_time(o, "lastUpdateDateTime", alert->updated);
    put_texts(o, "mitreTechniques", k->techniques);
    put_cstr(o, "productName", k->product);
    put_text(o, "providerAlertId", provider_alert_id(t, alert, &o->arena));
    put_cstr(o, "recommendedActions",
             k->advice  ? k->advice
             : seed % 4 ? "1. Validate the alert.\r\n2. Isolate the device."
                        : "");
    if (is_resolved)
        put_time(o, "resolvedDateTime", alert_resolved(alert));
    else
        put_null(o, "resolvedDateTime");
    put_cstr(o, "serviceSource", evolving_extended(o, t, alert, EXTENDS_SERVICE, service_of(t, alert)));
    put_cstr(o, "severity", evolving_extended(o, t, alert, EXTENDS_SEVERITY, severity_of(t, alert)));
    put_cstr(o, "status", evolving_extended(o, t, alert, EXTENDS_STATUS, status_of(t, alert)));
    put_empty_array(o, "systemTags");
    put_cstr(o, "tenantId", t.world->tenant_id);
    put_cstr(o, "threatDisplayName", k->family);
    put_cstr(o, "threatFamilyName", k->family);
    put_cstr(o, "title", k->title);
    json_object_end(&o->w);
}
