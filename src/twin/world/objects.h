/* Alerts, incidents and machines of one tenant: which exist at an instant, in which revision, and their JSON. Nothing is
 * kept: an object's moments of change are drawn from its number. A change is visible from its lastUpdateDateTime on, except
 * the last one of a flurry, which shares the time of the one before it. */
#ifndef TWIN_OBJECTS_H
#define TWIN_OBJECTS_H

#include "kit/base/wall.h"
#include "twin/endpoint/actions.h"
#include "twin/endpoint/indicators.h"
#include "twin/odata.h"
#include "twin/world/changes.h"
#include "twin/world/scenario.h"
#include "twin/world/world.h"

enum object_kind {
    OBJECT_ALERT,
    OBJECT_INCIDENT,
    OBJECT_MACHINE,
    OBJECT_ACTION,
    OBJECT_INDICATOR,
    OBJECT_ENDPOINT_ALERT,
    OBJECT_XDR_INCIDENT,
    OBJECT_SIEM_ALERT,
    OBJECT_KINDS
};
struct made_alerts; /* made_alerts.h */
struct object {
    uint64_t number;
    unsigned revision;
    unsigned part; /* of an alert, as the SIEM API tells it */
    struct wall created, updated;
    struct wall as_of;    /* told as it was then */
    struct wall resolved; /* when an API's caller set its status to resolved */
    uint64_t incident;    /* an alert's: the one it is in now; an incident's: the one it was merged into, else itself */
    const char *texts[TEXT_COUNT]; /* as written through an API; NULL: as drawn; "": null */
};
struct object_list {
    struct object *items;
    size_t count;
};
struct estate { /* whose objects */
    const struct world *world;
    const struct scenario *scenario;
    const struct variants *variants;
    const struct indicator_book *indicators; /* NULL: none was posted */
    const struct made_alerts *made;          /* likewise */
    const struct changes *changes;           /* what was written to alerts and incidents */
    enum cloud_api api;                      /* through which they are looked at */
    enum licence licence;
};
static inline struct action_world actions_of(struct estate t)
{
    return *t.world->actions;
}

/* Those that exist at `now`, in order of creation, in the arena. false: no memory. */
bool objects_list(struct estate t, enum object_kind kind, struct wall now, struct arena *a, struct object_list *out);
struct str object_id(struct estate t, enum object_kind kind, const struct object *o, struct arena *a);
/* The fields $filter and $orderby may name, and what an object says for one. */
struct odata_fields object_fields(enum object_kind kind);
struct odata_value object_field(struct estate t, enum object_kind kind, const struct object *o, unsigned field,
                                struct arena *a);
enum {                    /* how it is shown */
       VIEW_EVOLVED = 1,  /* the caller understands enum members younger than unknownFutureValue */
       VIEW_ALONE = 2,    /* by its id, not in a list */
       VIEW_EXPANDED = 4, /* with what $expand adds */
};
void object_write(struct estate t, enum object_kind kind, const struct object *o, unsigned view, struct buf *out);
/* Alerts that are in this incident now. */
bool objects_of_incident(struct estate t, const struct object *incident, struct arena *a, struct object_list *out);
/* Its comments as a JSON array. */
void object_write_comments(struct estate t, enum object_kind kind, const struct object *o, struct buf *out);
/* Whose product an alert is, or an incident's first alert. */
bool object_service_is(struct estate t, enum object_kind kind, const struct object *o, const char *service);
/* Lays over it what was written; alerts_list and incidents_list do so themselves. */
void object_overlay(struct estate t, enum object_kind kind, struct object *o);
/* The n-th comment written to it through an API, from 0; NULL past the last. */
const struct change *object_comment(struct estate t, enum object_kind kind, const struct object *o, unsigned n);

#endif
