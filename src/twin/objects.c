#include "twin/objects_int.h"

const struct odata_fields object_fields[OBJECT_KINDS] = {
    [OBJECT_ALERT] = {alert_fields, ALERT_FIELDS},
    [OBJECT_INCIDENT] = {incident_fields, INCIDENT_FIELDS},
    [OBJECT_MACHINE] = {machine_fields, MACHINE_FIELDS},
};

bool objects_list(struct estate t, enum object_kind kind, struct wall now, struct arena *a, struct object_list *out)
{
    switch (kind) {
    case OBJECT_ALERT: return alerts_list(t, now, a, out);
    case OBJECT_INCIDENT: return incidents_list(t, now, a, out);
    default: return machines_list(t, now, a, out);
    }
}

struct str object_id(struct estate t, enum object_kind kind, const struct object *o, struct arena *a)
{
    switch (kind) {
    case OBJECT_ALERT: return alert_id(t, o, a);
    case OBJECT_INCIDENT: return incident_id(t, o->number, a);
    default: return device_id(t.world, (unsigned)o->number, a);
    }
}

struct odata_value object_field(struct estate t, enum object_kind kind, const struct object *o, unsigned field,
                                struct arena *a)
{
    switch (kind) {
    case OBJECT_ALERT: return alert_field(t, o, field, a);
    case OBJECT_INCIDENT: return incident_field(t, o, field, a);
    default: return machine_field(t, o, field, a);
    }
}

void object_write(struct estate t, enum object_kind kind, const struct object *o, bool evolved, struct buf *out)
{
    struct object_writer ow = {.evolved = evolved,
                               .dirt = t.scenario->has_dirt ? dirt_of(draw(t.world->seed, 7000 + o->number)) : 0};
    json_writer_init(&ow.w, out);
    buf_init(&ow.scratch, 1 << 20);
    arena_init(&ow.arena, 1 << 20);
    switch (kind) {
    case OBJECT_ALERT: alert_write(&ow, t, o); break;
    case OBJECT_INCIDENT: incident_write(&ow, t, o); break;
    default: machine_write(&ow, t, o); break;
    }
    arena_done(&ow.arena);
    buf_done(&ow.scratch);
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
