/* Folding: is it time, and rows to events. */
#include "flow/sink/lake_int.h"
#include "flow/sink/render.h"
#include "state/store/lake.h"

struct fold {
    struct lake *lake;
    struct renderer render;
    struct refused refused;
    struct drift *drift;
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

/* A fold ends before this is full (fold_frames); a frame is of one feed. */
static void count_refused(struct refused *r, int64_t feed_id)
{
    size_t i = 0;
    while (i < r->count && r->feeds[i].feed_id != feed_id) i++;
    INVARIANT(i < REFUSED_FEEDS_MAX);
    if (i == r->count) r->feeds[r->count++].feed_id = feed_id;
    r->feeds[i].rows++;
}

static bool fold_frame(struct fold *f, const struct log_frame *frame, struct err *e)
{
    const struct plan *plan = render_plan(&f->render, frame);
    drift_of(f->drift, frame->origin.feed_id, str_of(frame->origin.source));
    for (size_t i = 0; i < frame->row_count; i++) {
        uint64_t dead_rows = f->render.dead_rows;
        if (!render_row(&f->render, plan, frame, &frame->rows[i], e)) return false;
        if (f->render.dead_rows > dead_rows) count_refused(&f->refused, frame->origin.feed_id);
        drift_row(f->drift, frame->rows[i].time);
    }
    return true;
}

static bool fold_frames(struct fold *f, struct log_reader *r, uint64_t limit, uint64_t *offset, struct err *e)
{
    struct log_frame frame;
    bool has = true;
    while (!gather_is_full(f->render.gather) && f->refused.count < REFUSED_FEEDS_MAX && !drift_is_full(f->drift)) {
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

static bool fold_gathered(struct fold *f, uint64_t limit, struct lake_fold_result *result, struct err *e)
{
    struct lake *l = f->lake;
    uint64_t offset = l->offset;
    struct fold_notes notes = {&f->refused, f->drift};
    map_scratch_watch(f->render.scratch, f->drift);
    if (!gather_rows(f, limit, &offset, e) || !lake_publish(l, f->render.gather, offset, &notes, result, e))
        return false;
    result->rows = f->render.rows;
    result->events = f->render.events;
    result->dead = f->render.dead_rows;
    result->has_folded = true;
    result->has_more = offset < limit;
    return true;
}

static bool fold_locked(struct lake *l, uint64_t limit, struct lake_fold_result *result, struct err *e)
{
    char spill[LAKE_PATH_BYTES];
    lake_path(l, LAKE_TMP "/events", spill);
    struct gather *gather = gather_new(l->opts.fs, spill);
    struct fold f = {.lake = l, .drift = drift_new()};
    bool ok = gather && f.drift;
    if (!ok) (void)err_set(e, &base_causes[BASE_NO_MEMORY], "folding the lake");
    ok = ok && renderer_init(&f.render, l->opts.ocsf, gather, clock_wall(&l->opts.clock), e) &&
         fold_gathered(&f, limit, result, e);
    renderer_done(&f.render);
    drift_free(f.drift);
    gather_free(gather);
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
