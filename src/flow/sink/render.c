/* Rows to events. */
#include "flow/sink/render.h"

#include <string.h>

#include "kit/json/json.h"

enum { DAY_FIRST = -719162, DAY_LAST = 2932896 }; /* years 1 to 9999, what a day's name can say */
#define MS_PER_DAY INT64_C(86400000)

static int32_t day_of(int64_t ms)
{
    int64_t day = ms / MS_PER_DAY - (ms % MS_PER_DAY < 0);
    return (int32_t)(day < DAY_FIRST ? DAY_FIRST : day > DAY_LAST ? DAY_LAST : day);
}

static struct partition_key key_of(const struct log_origin *origin, const struct map_event *event)
{
    struct partition_key k = {.class_uid = event->class_uid, .day = day_of(event->time_ms)};
    INVARIANT(memchr(origin->tenant_id, '/', sizeof origin->tenant_id) == NULL);
    memcpy(k.tenant_id, origin->tenant_id, sizeof k.tenant_id);
    return k;
}

/* A row may have been written over several lines; between tokens a blank means the same. */
static void add_in_one_line(struct buf *out, struct str json)
{
    size_t from = out->n;
    if (!buf_add_str(out, json)) return;
    for (size_t i = from; i < out->n; i++)
        if (out->p[i] == '\n' || out->p[i] == '\r') out->p[i] = ' ';
}

static bool bury(struct renderer *r, const struct log_frame *frame, const struct log_row *row, const struct err *why,
                 struct err *e)
{
    struct partition_key key = {.is_dead = true};
    struct json_writer w;
    char uid[33];
    hash128_hex(row->identity, uid);
    buf_reset(&r->letter);
    json_writer_init(&w, &r->letter);
    json_object_begin(&w);
    json_key(&w, "reason");
    json_write_cstr(&w, why->text);
    json_key(&w, "code");
    json_write_cstr(&w, why->cause->code);
    json_key(&w, "tenant");
    json_write_cstr(&w, frame->origin.tenant_id);
    json_key(&w, "source");
    json_write_cstr(&w, frame->origin.source);
    json_key(&w, "position");
    json_write_u64(&w, frame->begin);
    json_key(&w, "uid");
    json_write_cstr(&w, uid);
    buf_addf(&r->letter, ",\"record\":");
    add_in_one_line(&r->letter, row->bytes);
    buf_add_char(&r->letter, '}');
    if (r->letter.failed) return err_set(e, &base_causes[BASE_NO_MEMORY], "writing a dead letter");
    r->dead_rows++;
    return gather_add(r->gather, &key, buf_str(&r->letter), e);
}

bool render_row(struct renderer *r, const struct plan *plan, const struct log_frame *frame, const struct log_row *row,
                struct err *e)
{
    const struct map_event *events;
    size_t count;
    struct err why;
    struct map_input in = {.tenant_id = str_of(frame->origin.tenant_id),
                           .source = str_of(frame->origin.source),
                           .row = row->bytes,
                           .processed = r->processed,
                           .received = row->time.ticks > 0 ? row->time : frame->origin.received};
    r->rows++;
    if (!plan_map(plan, r->ocsf, r->scratch, &in, &events, &count, &why)) return bury(r, frame, row, &why, e);
    for (size_t i = 0; i < count; i++) {
        struct partition_key key = key_of(&frame->origin, &events[i]);
        if (!gather_add(r->gather, &key, events[i].json, e)) return false;
    }
    r->events += count;
    return true;
}

const struct plan *render_plan(const struct renderer *r, const struct log_frame *frame)
{
    const struct plan *plan = ocsf_plan(r->ocsf, str_of(frame->origin.source));
    return plan ? plan : ocsf_plan_base(r->ocsf);
}

bool renderer_init(struct renderer *r, const struct ocsf *o, struct gather *g, struct wall processed, struct err *e)
{
    *r = (struct renderer){.ocsf = o, .gather = g, .processed = processed, .scratch = map_scratch_new()};
    buf_init(&r->letter, 0);
    return r->scratch || err_set(e, &base_causes[BASE_NO_MEMORY], "mapping rows of the log");
}

void renderer_done(struct renderer *r)
{
    buf_done(&r->letter);
    map_scratch_free(r->scratch);
}
