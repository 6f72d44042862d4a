/* Graph incidents: each gathers a few alerts and changes when one of them does (section 8 of the reference). Some are merged
 * into another after a while: status redirected, and their alerts are the other's from then on. */
#include "twin/world/made_alerts.h"

#define COUNT(a) (sizeof(a) / sizeof(a)[0])
#define FLURRY_BASE (UINT64_C(1) << 32)
enum { ALERTS_AN_INCIDENT = 3, MERGES_MAX = 8 };
enum { LOT_INCIDENT = 650, LOT_MERGES, LOT_MERGE_TIME };

struct str incident_id(struct estate t, uint64_t number, struct arena *a)
{
    return arena_print(
        a, "%lu", (unsigned long)(t.world->index * 100000ul + 14 + (number & 0xffffffff) + (number >> 32) * 50000));
}

struct str incident_object_id(struct estate t, const struct object *o, struct arena *a)
{
    return incident_id(t, o->number, a);
}

/* ---- merges ----------------------------------------------------------------------------------------------------------- */
/* By an event of the scenario, or by lot: an odd one into the one before it, some time after its first alert. */
static bool merged_into(struct estate t, uint64_t number, struct wall now, uint64_t *into, struct wall *at)
{
    const struct scenario *s = t.scenario;
    for (unsigned i = 0; i < s->event_count; i++) {
        const struct scenario_event *e = &s->events[i];
        if (e->what != EVENT_MERGE || e->incident != number || e->incident == e->into ||
            !tenant_range_has(&e->tenants, t.world->index))
            continue;
        *at = wall_add(t.world->start, e->at_ms * WALL_TICKS_PER_MS);
        *into = e->into;
        return at->ticks <= now.ticks;
    }
    for (size_t i = 0; t.made && i < t.made->merge_count; i++) {
        if (t.made->merges[i].incident != number) continue;
        *at = t.made->merges[i].at;
        *into = t.made->merges[i].into;
        return at->ticks <= now.ticks;
    }
    if (t.licence != LICENCE_XDR) return false; /* the other one may have no alert that is seen */
    uint64_t seed = draw(draw(t.world->seed, LOT_INCIDENT), number);
    if (number >= FLURRY_BASE || number % 2 == 0 || !draw_chance(seed, LOT_MERGES, s->merged_share)) return false;
    double after = (double)s->alert_revision_ms * WALL_TICKS_PER_MS * (0.1 + 0.8 * draw_unit(seed, LOT_MERGE_TIME));
    *at = wall_add(alert_created(t, number * ALERTS_AN_INCIDENT), (int64_t)after);
    *into = number - 1;
    return at->ticks <= now.ticks;
}

uint64_t incident_survivor(struct estate t, uint64_t number, struct wall now, struct wall *at_out)
{
    uint64_t into;
    struct wall at;
    for (unsigned i = 0; i < MERGES_MAX && merged_into(t, number, now, &into, &at); i++) {
        number = into;
        if (at.ticks > at_out->ticks) *at_out = at;
    }
    return number;
}

/* ---- which there are --------------------------------------------------------------------------------------------------- */
static struct object *by_number(struct object_list *list, uint64_t number)
{
    for (size_t i = list->count; i-- > 0;)
        if (list->items[i].number == number) return &list->items[i];
    return NULL;
}

/* A redirected one says where to, and stays as it was; the survivor counts the alerts. */
static void follow_merges(struct estate t, struct object_list *list, struct wall now)
{
    uint64_t into;
    struct wall at;
    for (size_t i = 0; i < list->count; i++) {
        struct object *o = &list->items[i];
        if (!merged_into(t, o->number, now, &into, &at)) continue;
        o->incident = into;
        o->updated = at;
        struct object *survivor = by_number(list, into);
        if (survivor && at.ticks > survivor->updated.ticks) survivor->updated = at;
    }
}

/* Alerts come in order of their number, so those that came in one incident are neighbours. */
static size_t gather(struct estate t, const struct object_list *alerts, struct object *items, struct wall now)
{
    size_t n = 0;
    for (size_t i = 0; i < alerts->count; i++) {
        const struct object *alert = &alerts->items[i];
        uint64_t number = alert_incident(t, alert->number);
        bool is_earlier = number >= FLURRY_BASE && number != alert->number; /* of made ones, others may lie between */
        struct object *known = is_earlier ? by_number(&(struct object_list){items, n}, number) : NULL;
        if (known) {
            if (alert->updated.ticks > known->updated.ticks) known->updated = alert->updated;
        } else if (n == 0 || items[n - 1].number != number)
            items[n++] = (struct object){.number = number,
                                         .created = alert->created,
                                         .updated = alert->updated,
                                         .as_of = now,
                                         .incident = number};
        else if (alert->updated.ticks > items[n - 1].updated.ticks)
            items[n - 1].updated = alert->updated;
    }
    return n;
}

bool incidents_list(struct estate t, struct wall now, struct arena *a, struct object_list *out)
{
    struct object_list alerts;
    if (!alerts_list(t, now, a, &alerts)) return false;
    struct object *items = arena_alloc(a, (alerts.count + 1) * sizeof *items);
    if (items == NULL) return false;
    *out = (struct object_list){items, gather(t, &alerts, items, now)};
    follow_merges(t, out, now);
    for (size_t i = 0; i < alerts.count; i++) { /* the revision counts the alerts behind the first */
        struct object *o = by_number(out, alerts.items[i].incident);
        if (o) o->revision++;
        if (o && alerts.items[i].updated.ticks > o->updated.ticks) o->updated = alerts.items[i].updated;
    }
    for (size_t i = 0; i < out->count; i++) {
        if (items[i].revision) items[i].revision--;
        object_overlay(t, OBJECT_INCIDENT, &items[i]);
    }
    return true;
}

bool objects_of_incident(struct estate t, const struct object *incident, struct arena *a, struct object_list *out)
{
    size_t n = 0;
    if (!alerts_list(t, incident->as_of, a, out)) return false;
    for (size_t i = 0; i < out->count; i++)
        if (out->items[i].incident == incident->number) out->items[n++] = out->items[i];
    out->count = n;
    return true;
}

/* ---- what they say ------------------------------------------------------------------------------------------------------ */
/* An incident is as severe as its first alert. */
static const struct alert_kind *first_alert(struct estate t, const struct object *o)
{
    return alert_kind_of(t, o->number >= FLURRY_BASE ? o->number : o->number * ALERTS_AN_INCIDENT);
}

static const char *drawn_status(const struct object *o)
{
    int64_t age = o->updated.ticks - o->created.ticks;
    return age > 120 * WALL_TICKS_PER_S ? "resolved" : age > 0 ? "inProgress" : "active";
}

static const char *status_of(const struct object *o)
{
    return o->incident != o->number ? "redirected" : text_of(o, TEXT_STATUS, drawn_status(o));
}

static const char *severity_of(struct estate t, const struct object *o)
{
    return text_of(o, TEXT_SEVERITY, extended(t, o, EXTENDS_SEVERITY, first_alert(t, o)->severity));
}

enum { F_ASSIGNED, F_CLASSIFICATION, F_CREATED, F_DETERMINATION, F_UPDATED, F_SEVERITY, F_STATUS };
const struct odata_field incident_fields[] = {
    [F_ASSIGNED] = {"assignedTo", ODATA_TEXT},
    [F_CLASSIFICATION] = {"classification", ODATA_TEXT},
    [F_CREATED] = {"createdDateTime", ODATA_TIME},
    [F_DETERMINATION] = {"determination", ODATA_TEXT},
    [F_UPDATED] = {"lastUpdateDateTime", ODATA_TIME},
    [F_SEVERITY] = {"severity", ODATA_TEXT},
    [F_STATUS] = {"status", ODATA_TEXT},
};
_Static_assert(COUNT(incident_fields) == INCIDENT_FIELDS, "one row a field");

struct odata_value incident_field(struct estate t, const struct object *o, unsigned field, struct arena *a)
{
    (void)a;
    switch (field) {
    case F_ASSIGNED: return odata_text_or_null(text_of(o, TEXT_ASSIGNED, NULL));
    case F_CLASSIFICATION: return odata_text_or_null(text_of(o, TEXT_CLASSIFICATION, "unknown"));
    case F_DETERMINATION: return odata_text_or_null(text_of(o, TEXT_DETERMINATION, "unknown"));
    case F_CREATED: return odata_time(o->created);
    case F_UPDATED: return odata_time(o->updated);
    case F_SEVERITY: return odata_text(str_of(severity_of(t, o)));
    default: return odata_text(str_of(status_of(o)));
    }
}

static void write_alerts(struct object_writer *o, struct estate t, const struct object *incident)
{
    struct object_list alerts;
    json_key(&o->w, "alerts");
    json_array_begin(&o->w);
    if (objects_of_incident(t, incident, &o->arena, &alerts))
        for (size_t i = 0; i < alerts.count; i++) alert_write(o, t, &alerts.items[i]);
    json_array_end(&o->w);
}

struct str incident_name(struct object_writer *o, struct estate t, const struct object *i)
{
    const char *given = text_of(i, TEXT_NAME, NULL);
    const char *title = first_alert(t, i)->title;
    if (given || i->revision == 0) return str_of(given ? given : title);
    return arena_print(&o->arena, "%s (%u alerts)", title, i->revision + 1);
}

void incident_write(struct object_writer *o, struct estate t, const struct object *i)
{
    struct str id = incident_id(t, i->number, &o->arena);
    const char *tags[] = {i->number % 4 == 0 ? "Security Testing" : NULL, NULL};
    const char *custom_tags = i->texts[TEXT_TAGS];
    json_object_begin(&o->w);
    if (o->view & VIEW_EXPANDED) write_alerts(o, t, i);
    put_cstr(o, "assignedTo", text_of(i, TEXT_ASSIGNED, NULL));
    put_cstr(o, "classification", text_of(i, TEXT_CLASSIFICATION, "unknown"));
    json_key(&o->w, "comments");
    comments_write(o, t, OBJECT_INCIDENT, i);
    put_time(o, "createdDateTime", i->created);
    put_raw(o, "customTags", custom_tags ? custom_tags : "[]");
    put_cstr(o, "description", first_alert(t, i)->description);
    put_cstr(o, "determination", text_of(i, TEXT_DETERMINATION, "unknown"));
    put_text(o, "displayName", incident_name(o, t, i));
    put_text(o, "id", id);
    put_text(o, "incidentWebUrl",
             arena_print(&o->arena, "https://security.microsoft.com/incidents/%.*s?tid=%s", STR_ARG(id),
                         t.world->tenant_id));
    put_cstr(o, "lastModifiedBy", "Microsoft 365 Defender-IncidentCreation");
    put_time(o, "lastUpdateDateTime", i->updated);
    put_i64(o, "priorityScore", (int64_t)draw_below(t.world->seed, 9000 + i->number, 100));
    if (i->incident != i->number)
        put_text(o, "redirectIncidentId", incident_id(t, i->incident, &o->arena));
    else
        put_null(o, "redirectIncidentId");
    put_cstr(o, "resolvingComment", text_of(i, TEXT_RESOLVING_COMMENT, NULL));
    put_cstr(o, "severity", severity_of(t, i));
    put_cstr(o, "status", status_of(i));
    put_cstr(o, "summary", text_of(i, TEXT_SUMMARY, NULL));
    put_texts(o, "systemTags", tags);
    put_cstr(o, "tenantId", t.world->tenant_id);
    json_object_end(&o->w);
}
