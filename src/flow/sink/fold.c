/* Folding: is it time, and rows to events. */
#include <inttypes.h>
#include <string.h>

#include "flow/sink/lake_int.h"
#include "kit/json/json.h"
#include "logic/ocsf/ocsf.h"
#include "state/log/log.h"

/* Bounds what one fold keeps in .tmp, and how long it takes. */
#define FOLD_BYTES ((uint64_t)128 << 20)

struct fold {
    struct lake *lake;
    struct gather *gather;
    struct map_scratch *scratch;
    struct buf dead; /* a dead letter being written */
    struct refused refused;
    struct drift *drift;
    struct wall processed;
    struct lake_fold_result *result;
};

/* ---- is it time ---------------------------------------------------------------------------------------------------------- */

static bool learn_oldest(struct lake *l, uint64_t limit, struct err *e)
{
    struct log_reader *r;
    struct log_frame f;
    bool has;
    if (l->oldest_of == l->offset) return true;
    if (!log_reader_new(l->opts.log, l->offset, &r, e)) return false;
    bool ok = log_reader_next(r, limit, &f, &has, e);
    if (ok && has) {
        l->oldest = f.origin.received;
        l->oldest_of = l->offset;
    }
    log_reader_free(r);
    return ok;
}

static bool is_time(struct lake *l, uint64_t limit, struct wall now, bool force, bool *out, struct err *e)
{
    *out = limit > l->offset && (force || limit - l->offset >= l->opts.file_bytes);
    if (*out || limit <= l->offset) return true;
    if (!learn_oldest(l, limit, e)) return false;
    *out = wall_ms(now) - wall_ms(l->oldest) >= l->opts.fold_ms;
    return true;
}

/* ---- rows to events -------------------------------------------------------------------------------------------------------- */

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

/* A fold ends before this is full (fold_frames); a frame is of one feed. */
static void count_refused(struct refused *r, int64_t feed_id)
{
    size_t i = 0;
    while (i < r->count && r->feeds[i].feed_id != feed_id) i++;
    INVARIANT(i < REFUSED_FEEDS_MAX);
    if (i == r->count) r->feeds[r->count++].feed_id = feed_id;
    r->feeds[i].rows++;
}

static bool bury(struct fold *f, const struct log_frame *frame, const struct log_row *row, const struct err *why,
                 struct err *e)
{
    struct partition_key key = {.is_dead = true};
    struct json_writer w;
    buf_reset(&f->dead);
    json_writer_init(&w, &f->dead);
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
    buf_addf(&f->dead, ",\"record\":");
    add_in_one_line(&f->dead, row->bytes);
    buf_add_char(&f->dead, '}');
    if (f->dead.failed) return err_set(e, &base_causes[BASE_NO_MEMORY], "writing a dead letter");
    f->result->dead++;
    count_refused(&f->refused, frame->origin.feed_id);
    return gather_add(f->gather, &key, buf_str(&f->dead), e);
}

static bool fold_row(struct fold *f, const struct plan *plan, const struct log_frame *frame, const struct log_row *row,
                     struct err *e)
{
    const struct map_event *events;
    size_t count;
    struct err why;
    struct map_input in = {.tenant_id = str_of(frame->origin.tenant_id),
                           .source = str_of(frame->origin.source),
                           .row = row->bytes,
                           .processed = f->processed,
                           .received = row->time.ticks > 0 ? row->time : frame->origin.received};
    f->result->rows++;
    if (!plan_map(plan, f->lake->opts.ocsf, f->scratch, &in, &events, &count, &why))
        return bury(f, frame, row, &why, e);
    for (size_t i = 0; i < count; i++) {
        struct partition_key key = key_of(&frame->origin, &events[i]);
        if (!gather_add(f->gather, &key, events[i].json, e)) return false;
    }
    f->result->events += count;
    return true;
}

static bool fold_frame(struct fold *f, const struct log_frame *frame, struct err *e)
{
    const struct ocsf *o = f->lake->opts.ocsf;
    const struct plan *plan = ocsf_plan(o, str_of(frame->origin.source));
    if (plan == NULL) plan = ocsf_plan_base(o);
    drift_of(f->drift, frame->origin.feed_id, str_of(frame->origin.source));
    for (size_t i = 0; i < frame->row_count; i++) {
        if (!fold_row(f, plan, frame, &frame->rows[i], e)) return false;
        drift_row(f->drift, frame->rows[i].time);
    }
    return true;
}

static bool fold_frames(struct fold *f, struct log_reader *r, uint64_t limit, uint64_t *offset, struct err *e)
{
    struct log_frame frame;
    bool has = true;
    while (gather_bytes(f->gather) < FOLD_BYTES && gather_count(f->gather) < GATHER_PARTITIONS_FULL &&
           f->refused.count < REFUSED_FEEDS_MAX && !drift_is_full(f->drift)) {
        if (!log_reader_next(r, limit, &frame, &has, e)) return false;
        if (!has) break;
        if (!fold_frame(f, &frame, e)) return false;
        *offset = frame.end;
    }
    return true;
}

static bool gather_rows(struct fold *f, uint64_t limit, uint64_t *offset, struct err *e)
{
    struct log_reader *r;
    if (!log_reader_new(f->lake->opts.log, f->lake->offset, &r, e)) return false;
    bool ok = fold_frames(f, r, limit, offset, e);
    log_reader_free(r);
    return ok;
}

static bool fold_locked(struct lake *l, uint64_t limit, struct lake_fold_result *result, struct err *e)
{
    char spill[LAKE_PATH_BYTES];
    uint64_t offset = l->offset;
    lake_path(l, LAKE_TMP "/events", spill);
    struct fold f = {.lake = l,
                     .gather = gather_new(l->opts.fs, spill),
                     .scratch = map_scratch_new(),
                     .drift = drift_new(),
                     .result = result,
                     .processed = clock_wall(&l->opts.clock)};
    buf_init(&f.dead, 0);
    struct fold_notes notes = {&f.refused, f.drift};
    bool ok = f.gather != NULL && f.scratch != NULL && f.drift != NULL;
    if (!ok) (void)err_set(e, &base_causes[BASE_NO_MEMORY], "folding the lake");
    if (f.scratch) map_scratch_watch(f.scratch, f.drift);
    ok = ok && gather_rows(&f, limit, &offset, e) && lake_publish(l, f.gather, offset, &notes, result, e);
    buf_done(&f.dead);
    map_scratch_free(f.scratch);
    drift_free(f.drift);
    gather_free(f.gather);
    result->has_folded = ok;
    result->has_more = offset < limit;
    return ok;
}

/* The store's word counts, not our memory: the last commit may have been STORE_UNCERTAIN and become durable all the same. */
static bool prepare(struct lake *l, struct err *e)
{
    return store_offset_get(l->opts.store, LAKE_SINK, &l->offset, e) &&
           (!l->has_superseded || lake_drop_superseded(l, e));
}

bool lake_fold(struct lake *l, uint64_t limit, struct wall now, bool force, struct lake_fold_result *out, struct err *e)
{
    struct lake_fold_result result = {0};
    bool time = false;
    pthread_mutex_lock(&l->mutex);
    bool ok = prepare(l, e) && is_time(l, limit, now, force, &time, e);
    result.offset = l->offset;
    if (ok && time) ok = fold_locked(l, limit, &result, e);
    pthread_mutex_unlock(&l->mutex);
    if (!ok) return err_context(e, "folding the lake");
    *out = result;
    return true;
}
