/* Mapping rows of the log anew.
 *
 *   1  the identities of the rows asked for are gathered from the log, up to the lake's offset
 *   2  each file of the lake is looked through: one that has events of such rows will be replaced, and its other events,
 *      of rows that the log has no more or that were not asked for, are put among the new ones
 *   3  the rows are mapped
 *   4  what came about was staged file by file, and is swapped in at once (swap.c)
 *
 * Folds go on meanwhile; they only leave the files alone that are read here, and the log is not cut off below. */
#include <stdio.h>
#include <string.h>

#include "flow/sink/lake_int.h"
#include "flow/sink/pack.h"
#include "flow/sink/render.h"
#include "flow/sink/uid_set.h"
#include "kit/sys/killpoint.h"
#include "state/store/lake.h"

enum { LINE_BYTES_MAX = 64 << 20 };

struct remap {
    struct lake *lake;
    const struct lake_remap_request *q;
    struct lake_remap_result *result;
    uint64_t from, to;          /* of the log */
    struct buf files, replaced; /* paths, a NUL behind each */
    struct uid_set *rows;
    struct renderer render;
    char spill[LAKE_PATH_BYTES];
    bool is_unknown; /* the swap may have become durable */
};

static bool go_on(const struct remap *r, struct err *e)
{
    if (r->q->is_cancelled == NULL || !r->q->is_cancelled(r->q->ctx)) return true;
    return err_set(e, &lake_causes[LAKE_STOPPED], "it was asked to end");
}

/* ---- rows ------------------------------------------------------------------------------------------------------------------ */

static bool is_asked(const struct remap *r, const struct log_row *row)
{
    const struct lake_remap_request *q = r->q;
    return row->time.ticks >= q->from.ticks && (q->to.ticks == 0 || row->time.ticks < q->to.ticks);
}

static bool frame_is_asked(const struct remap *r, const struct log_frame *f)
{
    const struct lake_remap_request *q = r->q;
    return (q->tenant_id == NULL || strcmp(q->tenant_id, f->origin.tenant_id) == 0) &&
           (q->source == NULL || str_eq_nocase(str_of(q->source), str_of(f->origin.source)));
}

typedef bool frame_fn(struct remap *r, const struct log_frame *frame, struct err *e);

static bool each_frame(struct remap *r, frame_fn *fn, struct err *e)
{
    struct log_reader *reader;
    struct log_frame frame;
    bool has = true;
    if (!log_reader_new(r->lake->opts.log, r->from, &reader, e)) return false;
    bool ok = true;
    while (ok && has) {
        ok = go_on(r, e) && log_reader_next(reader, r->to, &frame, &has, e);
        if (ok && has && frame_is_asked(r, &frame)) ok = fn(r, &frame, e);
    }
    log_reader_free(reader);
    return ok;
}

static bool note_rows(struct remap *r, const struct log_frame *frame, struct err *e)
{
    for (size_t i = 0; i < frame->row_count; i++) {
        if (!is_asked(r, &frame->rows[i])) continue;
        if (!uid_set_add(r->rows, frame->rows[i].identity, e)) return false;
        r->result->rows++;
    }
    return true;
}

/* ---- what comes about ------------------------------------------------------------------------------------------------------ */

static bool begin_gather(struct remap *r, struct err *e)
{
    lake_path(r->lake, LAKE_TMP "/remap.events", r->spill);
    r->render.gather = gather_new(r->lake->opts.fs, r->spill);
    return r->render.gather || err_set(e, &base_causes[BASE_NO_MEMORY], "mapping rows anew");
}

static bool stage(struct remap *r, struct err *e)
{
    if (gather_count(r->render.gather) > 0 && !lake_stage(r->lake, r->render.gather, e)) return false;
    KILL_POINT("remap.staged");
    gather_free(r->render.gather);
    return begin_gather(r, e);
}

static bool stage_if_full(struct remap *r, struct err *e)
{
    return !gather_is_full(r->render.gather) || stage(r, e);
}

static bool map_rows(struct remap *r, const struct log_frame *frame, struct err *e)
{
    const struct plan *plan = render_plan(&r->render, frame);
    for (size_t i = 0; i < frame->row_count; i++)
        if (is_asked(r, &frame->rows[i]) && !render_row(&r->render, plan, frame, &frame->rows[i], e)) return false;
    return stage_if_full(r, e);
}

/* ---- files ----------------------------------------------------------------------------------------------------------------- */

struct sifting {
    struct remap *remap;
    struct partition_key key;
    bool keeps; /* the others are gathered; else all are only counted */
    uint64_t asked, others;
    bool has_failed;
    struct err *e;
};

static bool sift(struct sifting *s, struct str line)
{
    struct hash128 id;
    bool has = false;
    bool is_named = lake_line_identity(line, s->key.is_dead, &id);
    if (is_named && !uid_set_has(s->remap->rows, id, &has, s->e)) return false;
    s->asked += has;
    s->others += !has;
    return has || !s->keeps || gather_add(s->remap->render.gather, &s->key, line, s->e);
}

static void sift_line(void *arg, struct str line)
{
    struct sifting *s = arg;
    if (!s->has_failed) s->has_failed = !sift(s, line);
}

static bool read_file(struct remap *r, struct sifting *s, const char *below, struct err *e)
{
    char path[LAKE_PATH_BYTES];
    bool is_sound;
    s->asked = s->others = 0;
    lake_path(r->lake, below, path);
    if (!unpack_lines(r->lake->opts.fs, path, LINE_BYTES_MAX, sift_line, s, &is_sound, e) || s->has_failed)
        return false;
    return is_sound || err_set(e, &lake_causes[LAKE_DAMAGED], "%s", path);
}

/* "class=…/tenant=…/day=YYYY-MM-DD/…", or .dead/… */
static bool read_key(const char *below, struct partition_key *out)
{
    struct str rest = str_of(below), class = str_cut(&rest, '/'), tenant = str_cut(&rest, '/'),
               day = str_cut(&rest, '/');
    struct wall t;
    uint64_t n;
    *out = (struct partition_key){.is_dead = str_eq(class, STR(LAKE_DEAD))};
    if (out->is_dead) return true;
    if (!str_to_u64(str_sub(class, 6, class.n), &n) || n > UINT32_MAX || !wall_parse(str_sub(day, 4, day.n), &t))
        return false;
    out->class_uid = (uint32_t)n;
    out->day = (int32_t)(t.ticks / WALL_TICKS_PER_DAY - (t.ticks % WALL_TICKS_PER_DAY < 0));
    return str_copy(str_sub(tenant, 7, tenant.n), out->tenant_id, sizeof out->tenant_id);
}

static bool sift_file(struct remap *r, const char *below, struct err *e)
{
    struct sifting s = {.remap = r, .e = e};
    if (!read_key(below, &s.key)) return true; /* nothing of ours is named so */
    if (!go_on(r, e) || !read_file(r, &s, below, e)) return false;
    if (s.asked == 0) return true;
    if (!buf_add(&r->replaced, below, strlen(below) + 1))
        return err_set(e, &base_causes[BASE_NO_MEMORY], "noting files to replace");
    r->result->files_replaced++;
    r->result->kept += s.others;
    s.keeps = true;
    return s.others == 0 || (read_file(r, &s, below, e) && stage_if_full(r, e));
}

static bool sift_files(struct remap *r, struct err *e)
{
    for (const char *p = r->files.p; p < r->files.p + r->files.n; p += strlen(p) + 1)
        if (!sift_file(r, p, e)) return false;
    return true;
}

/* ---- beginning and end ----------------------------------------------------------------------------------------------------- */

static bool count_file(void *arg, const struct lake_file_record *f)
{
    (void)f;
    ++*(uint64_t *)arg;
    return true;
}

static bool list_file(void *arg, const struct lake_file_record *f)
{
    struct remap *r = arg;
    struct partition_key key;
    r->result->files_before++;
    bool may_have = read_key(f->path, &key) &&
                    (key.is_dead || r->q->tenant_id == NULL || strcmp(r->q->tenant_id, key.tenant_id) == 0);
    return !may_have || buf_add(&r->files, f->path, strlen(f->path) + 1);
}

/* From here on no fold changes the files that are listed, and the log keeps what lies behind `from`. */
static bool begin_locked(struct remap *r, struct err *e)
{
    struct lake *l = r->lake;
    struct store *s = l->opts.store;
    if (l->remap.is_on) return err_set(e, &lake_causes[LAKE_BUSY], "%s", l->dir);
    if (!store_offset_get(s, LAKE_SINK, &l->offset, e) || !lake_drop_superseded(l, e) || !lake_drop_staged(l, e) ||
        !store_lake_file_list(s, list_file, r, e))
        return false;
    if (r->files.failed) return err_set(e, &base_causes[BASE_NO_MEMORY], "listing the lake");
    r->from = log_begin(l->opts.log);
    r->to = l->offset;
    l->remap.is_on = true;
    l->remap.log_from = r->from;
    l->remap.fence = l->next_number;
    return true;
}

static bool begin(struct remap *r, struct err *e)
{
    pthread_mutex_lock(&r->lake->mutex);
    bool ok = begin_locked(r, e);
    pthread_mutex_unlock(&r->lake->mutex);
    return ok;
}

static bool swap(struct remap *r, struct err *e)
{
    struct lake_remap_result *out = r->result;
    struct store *s = r->lake->opts.store;
    KILL_POINT("remap.before_swap");
    pthread_mutex_lock(&r->lake->mutex);
    bool ok = store_lake_staged_list(s, count_file, &out->files_written, e) &&
              lake_swap(r->lake, buf_str(&r->replaced), &r->is_unknown, e) &&
              store_lake_file_list(s, count_file, &out->files_after, e);
    pthread_mutex_unlock(&r->lake->mutex);
    return ok;
}

static bool run(struct remap *r, struct err *e)
{
    char spill[LAKE_PATH_BYTES], sorted[LAKE_PATH_BYTES];
    const struct ocsf *ocsf = lake_mappings(r->lake); /* these to the end, though others be loaded meanwhile */
    lake_path(r->lake, LAKE_TMP "/remap.buckets", spill);
    lake_path(r->lake, LAKE_TMP "/remap.rows", sorted);
    r->rows = uid_set_new(r->lake->opts.fs, spill, sorted);
    bool ok = (r->rows || err_set(e, &base_causes[BASE_NO_MEMORY], "mapping rows anew")) && begin_gather(r, e) &&
              renderer_init(&r->render, ocsf, r->render.gather, clock_wall(&r->lake->opts.clock), e) &&
              each_frame(r, note_rows, e) && uid_set_seal(r->rows, e) && sift_files(r, e) &&
              each_frame(r, map_rows, e) && stage(r, e) && swap(r, e);
    r->result->events = r->render.events;
    r->result->dead = r->render.dead_rows;
    uid_set_free(r->rows);
    gather_free(r->render.gather);
    renderer_done(&r->render);
    ocsf_free(ocsf);
    return ok;
}

static void end(struct remap *r, bool ok)
{
    struct err ignored; /* what stays is removed by the next remap, or when the lake is opened */
    pthread_mutex_lock(&r->lake->mutex);
    if (!ok && !r->is_unknown) (void)lake_drop_staged(r->lake, &ignored);
    r->lake->remap.is_on = false;
    pthread_mutex_unlock(&r->lake->mutex);
}

bool lake_remap(struct lake *l, const struct lake_remap_request *q, struct lake_remap_result *out, struct err *e)
{
    struct lake_remap_result result = {0};
    struct remap r = {.lake = l, .q = q, .result = &result};
    buf_init(&r.files, 0);
    buf_init(&r.replaced, 0);
    bool ok = begin(&r, e);
    if (ok) {
        ok = run(&r, e);
        end(&r, ok);
    }
    buf_done(&r.files);
    buf_done(&r.replaced);
    if (ok) *out = result;
    return ok || err_context(e, "mapping the log anew");
}
