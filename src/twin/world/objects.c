#include "twin/world/objects_int.h"

/* One row a kind. */
static const struct object_ops {
    bool (*list)(struct estate t, struct wall now, struct arena *a, struct object_list *out);
    struct str (*id)(struct estate t, const struct object *o, struct arena *a);
    struct odata_value (*field)(struct estate t, const struct object *o, unsigned field, struct arena *a);
    void (*write)(struct object_writer *o, struct estate t, const struct object *object);
    struct odata_fields fields;
} kinds[OBJECT_KINDS] = {
    [OBJECT_ALERT] = {alerts_list, alert_id, alert_field, alert_write, {alert_fields, ALERT_FIELDS}},
    [OBJECT_INCIDENT] =
        {incidents_list, incident_object_id, incident_field, incident_write, {incident_fields, INCIDENT_FIELDS}},
    [OBJECT_ACTION] =
        {action_objects_list, action_object_id, action_field, action_write, {action_fields, ACTION_FIELDS}},
    [OBJECT_INDICATOR] =
        {indicators_list, indicator_id, indicator_field, indicator_write, {indicator_fields, INDICATOR_FIELDS}},
    [OBJECT_ENDPOINT_ALERT] = {endpoint_alerts_list,
                               endpoint_alert_id,
                               endpoint_alert_field,
                               endpoint_alert_write,
                               {endpoint_alert_fields, ENDPOINT_ALERT_FIELDS}},
    [OBJECT_XDR_INCIDENT] = {xdr_incidents_list,
                             xdr_incident_id,
                             xdr_incident_field,
                             xdr_incident_write,
                             {xdr_incident_fields, XDR_INCIDENT_FIELDS}},
    [OBJECT_SIEM_ALERT] = {siem_list, siem_id, siem_field, siem_write, {NULL, 0}},
    [OBJECT_MACHINE] = {machines_list, machine_id, machine_field, machine_write, {machine_fields, MACHINE_FIELDS}},
};

struct odata_fields object_fields(enum object_kind kind)
{
    return kinds[kind].fields;
}

bool objects_list(struct estate t, enum object_kind kind, struct wall now, struct arena *a, struct object_list *out)
{
    return kinds[kind].list(t, now, a, out);
}

struct str object_id(struct estate t, enum object_kind kind, const struct object *o, struct arena *a)
{
    return kinds[kind].id(t, o, a);
}

struct odata_value object_field(struct estate t, enum object_kind kind, const struct object *o, unsigned field,
                                struct arena *a)
{
    return kinds[kind].field(t, o, field, a);
}

void object_writer_open(struct object_writer *w, uint64_t dirt_seed, struct buf *out)
{
    *w = (struct object_writer){.dirt = dirt_seed ? dirt_of(dirt_seed) : 0};
    json_writer_init(&w->w, out);
    buf_init(&w->scratch, 1 << 20);
    arena_init(&w->arena, 64 << 20);
}

static void writer_init(struct object_writer *w, struct estate t, const struct object *o, unsigned view,
                        struct buf *out)
{
    object_writer_open(w, t.scenario->has_dirt ? draw(t.world->seed, 7000 + o->number) : 0, out);
    w->view = view;
}

void object_writer_close(struct object_writer *w)
{
    arena_done(&w->arena);
    buf_done(&w->scratch);
}

void object_write(struct estate t, enum object_kind kind, const struct object *o, unsigned view, struct buf *out)
{
    struct object_writer w;
    writer_init(&w, t, o, view, out);
    kinds[kind].write(&w, t, o);
    object_writer_close(&w);
}

void object_write_comments(struct estate t, enum object_kind kind, const struct object *o, struct buf *out)
{
    struct object_writer w;
    writer_init(&w, t, o, 0, out);
    comments_write(&w, t, kind, o);
    object_writer_close(&w);
}

/* ---- what was written through the APIs -------------------------------------------------------------------------------- */
static bool is_shown(struct estate t, enum object_kind kind, const struct object *o, const struct change *c)
{
    bool is_late = variant_is(t.variants, VARIANT_ALERTS_ECHO, "after_a_minute");
    return c->kind == (unsigned)kind && c->number == o->number &&
           change_shows(c, t.api, is_late ? WALL_TICKS_PER_MIN : 0, o->as_of);
}

void object_overlay(struct estate t, enum object_kind kind, struct object *o)
{
    for (size_t i = 0; i < t.changes->count; i++) {
        const struct change *c = &t.changes->items[i];
        if (!is_shown(t, kind, o, c)) continue;
        if (c->what != TEXT_COMMENT) o->texts[c->what] = c->text;
        if (c->what == TEXT_STATUS && str_eq(str_of(c->text), STR("resolved"))) o->resolved = c->at;
        if (c->touches && c->at.ticks > o->updated.ticks) o->updated = c->at;
    }
}

const struct change *object_comment(struct estate t, enum object_kind kind, const struct object *o, unsigned n)
{
    for (size_t i = 0; i < t.changes->count; i++) {
        const struct change *c = &t.changes->items[i];
        if (c->what == TEXT_COMMENT && is_shown(t, kind, o, c) && n-- == 0) return c;
    }
    return NULL;
}

/* ---- members -------------------------------------------------------------------------------------------------------- */
void put_text(struct object_writer *o, const char *key, struct str text)
{
    if (key) json_key(&o->w, key);
    buf_reset(&o->scratch);
    render_text(&o->scratch, text, o->dirt);
    json_write_raw(&o->w, buf_str(&o->scratch));
}

void put_cstr(struct object_writer *o, const char *key, const char *text)
{
    if (text)
        put_text(o, key, str_of(text));
    else
        put_null(o, key);
}

void put_null(struct object_writer *o, const char *key)
{
    json_key(&o->w, key);
    json_write_null(&o->w);
}

/* What was written, else what was drawn; NULL and empty are null. */
const char *text_of(const struct object *o, enum object_text what, const char *drawn)
{
    const char *text = o->texts[what] ? o->texts[what] : drawn;
    return text && *text ? text : NULL;
}

void put_raw(struct object_writer *o, const char *key, const char *json)
{
    json_key(&o->w, key);
    json_write_raw(&o->w, str_of(json));
}

void put_value(struct object_writer *o, const char *key, struct odata_value v)
{
    switch (v.type) {
    case ODATA_NULL: put_null(o, key); break;
    case ODATA_TEXT: put_text(o, key, v.text); break;
    case ODATA_TIME: put_time(o, key, (struct wall){v.number}); break;
    case ODATA_NUMBER: put_i64(o, key, v.number); break;
    case ODATA_BOOL:
        json_key(&o->w, key);
        json_write_bool(&o->w, v.number != 0);
        break;
    }
}

void put_i64(struct object_writer *o, const char *key, int64_t v)
{
    json_key(&o->w, key);
    json_write_i64(&o->w, v);
}

void put_time(struct object_writer *o, const char *key, struct wall t)
{
    json_key(&o->w, key);
    buf_reset(&o->scratch);
    render_time(&o->scratch, t);
    json_write_raw(&o->w, buf_str(&o->scratch));
}

void put_empty_array(struct object_writer *o, const char *key)
{
    json_key(&o->w, key);
    json_array_begin(&o->w);
    json_array_end(&o->w);
}

void put_texts(struct object_writer *o, const char *key, const char *const *texts)
{
    json_key(&o->w, key);
    json_array_begin(&o->w);
    for (; *texts; texts++) put_text(o, NULL, str_of(*texts));
    json_array_end(&o->w);
}
