/* Graph incidents: each gathers a few alerts and changes when one of them does (section 8 of the reference). */
#include "twin/objects_int.h"

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

struct str incident_id(struct estate t, uint64_t number, struct arena *a)
{
    return arena_print(
        a, "%lu", (unsigned long)(t.world->index * 100000ul + 14 + (number & 0xffffffff) + (number >> 32) * 50000));
}

struct str incident_object_id(struct estate t, const struct object *o, struct arena *a)
{
    return incident_id(t, o->number, a);
}

bool incidents_list(struct estate t, struct wall now, struct arena *a, struct object_list *out)
{
    struct object_list alerts;
    if (!alerts_list(t, now, a, &alerts)) return false;
    struct object *items = arena_alloc(a, (alerts.count + 1) * sizeof *items);
    size_t n = 0;
    if (items == NULL) return false;
    for (size_t i = 0; i < alerts.count; i++) { /* alerts come in order of number, so an incident's are neighbours */
        const struct object *alert = &alerts.items[i];
        uint64_t number = alert_incident(alert->number);
        if (n == 0 || items[n - 1].number != number) {
            items[n++] = (struct object){number, 0, alert->created, alert->updated};
            continue;
        }
        struct object *incident = &items[n - 1];
        incident->revision++;
        if (alert->updated.ticks > incident->updated.ticks) incident->updated = alert->updated;
    }
    *out = (struct object_list){items, n};
    return true;
}

/* An incident is as severe as its first alert. */
static const struct alert_kind *first_alert(struct estate t, const struct object *o)
{
    return alert_kind_of(t, o->number >= UINT64_C(1) << 32 ? o->number : o->number * 3);
}

static const char *status_of(const struct object *o)
{
    return o->updated.ticks > o->created.ticks + 120 * WALL_TICKS_PER_S ? "resolved"
           : o->updated.ticks > o->created.ticks                        ? "inProgress"
                                                                        : "active";
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
    case F_ASSIGNED: return (struct odata_value){.type = ODATA_NULL};
    case F_CLASSIFICATION:
    case F_DETERMINATION: return odata_text(STR("unknown"));
    case F_CREATED: return odata_time(o->created);
    case F_UPDATED: return odata_time(o->updated);
    case F_SEVERITY: return odata_text(str_of(first_alert(t, o)->severity));
    default: return odata_text(str_of(status_of(o)));
    }
}

void incident_write(struct object_writer *o, struct estate t, const struct object *i)
{
    const struct alert_kind *k = first_alert(t, i);
    struct str id = incident_id(t, i->number, &o->arena);
    const char *tags[] = {i->number % 4 == 0 ? "Security Testing" : NULL, NULL};
    json_object_begin(&o->w);
    put_null(o, "assignedTo");
    put_cstr(o, "classification", "unknown");
    put_empty_array(o, "comments");
    put_time(o, "createdDateTime", i->created);
    put_empty_array(o, "customTags");
    put_cstr(o, "description", k->description);
    put_cstr(o, "determination", "unknown");
    put_text(o, "displayName",
             arena_print(&o->arena, i->revision ? "%s (%u alerts)" : "%s", k->title, i->revision + 1));
    put_text(o, "id", id);
    put_text(o, "incidentWebUrl",
             arena_print(&o->arena, "https://security.microsoft.com/incident2/%.*s/overview?tid=%s", STR_ARG(id),
                         t.world->tenant_id));
    put_cstr(o, "lastModifiedBy", "Microsoft 365 Defender-IncidentCreation");
    put_time(o, "lastUpdateDateTime", i->updated);
    put_i64(o, "priorityScore", (int64_t)draw_below(t.world->seed, 9000 + i->number, 100));
    put_null(o, "redirectIncidentId");
    put_null(o, "resolvingComment");
    put_cstr(o, "severity", k->severity);
    put_cstr(o, "status", status_of(i));
    put_null(o, "summary");
    put_texts(o, "systemTags", tags);
    put_cstr(o, "tenantId", t.world->tenant_id);
    json_object_end(&o->w);
}
