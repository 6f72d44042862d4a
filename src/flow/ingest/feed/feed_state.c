/* A feed's durable state as JSON, in the store's feed record. Version 1. Readers ignore members they do not know, but
 * refuse a newer version: an older program must not move a cursor that it does not understand. */
#include "flow/ingest/feed/feed_int.h"
#include "flow/ingest/ingest.h"
#include "kit/json/json.h"

#define STATE_VERSION 1
#define ROW_BYTES_GUESS 2500
#define KEEP_TICKS (50 * WALL_TICKS_PER_HOUR) /* longer than the deepest look back of revisions */

void feed_state_init(struct feed_state *s, const struct feed_row *row, struct wall now, int64_t lookback_ms)
{
    struct wall begin = bin_floor(wall_add(now, -lookback_ms * WALL_TICKS_PER_MS));
    *s = (struct feed_state){
        .head = begin, .since = begin, .width_ticks = WALL_TICKS_PER_DAY, .row_bytes = ROW_BYTES_GUESS};
    if (row->kind == FEED_HUNTING)
        for (unsigned k = 0; k < SWEEP_STAGES; k++) s->swept[k] = begin;
}

/* Detections of the SIEM API may be processed anew at any time: like machines, one bucket. */
static int64_t revisions_horizon(const struct feed_row *row, const struct feed_state *s)
{
    if (s->deep.ticks == 0 || row->words == WORDS_SIEM) return INT64_MIN;
    struct wall oldest = wall_earlier(wall_add(s->head, -WALL_TICKS_PER_HOUR), wall_add(s->deep, -KEEP_TICKS));
    return wall_hour(s->open.ticks ? wall_earlier(oldest, s->open) : oldest);
}

int64_t feed_horizon_hour(const struct feed_row *row, const struct feed_state *s)
{
    switch (row->kind) {
    case FEED_HUNTING: return wall_hour(s->swept[SWEEP_STAGES - 1]);
    case FEED_REVISIONS: return revisions_horizon(row, s);
    case FEED_SNAPSHOT:
    case FEED_TABLE: break;
    }
    return INT64_MIN; /* machines and tables without times: one bucket, for ever */
}

static void write_time(struct json_writer *w, struct wall t)
{
    char text[WALL_TEXT_BYTES];
    (void)wall_format(t, text);
    if (t.ticks)
        json_write_cstr(w, text);
    else
        json_write_null(w);
}

void feed_state_write(const struct feed_state *s, struct buf *out)
{
    struct json_writer w;
    json_writer_init(&w, out);
    json_object_begin(&w);
    json_key(&w, "version");
    json_write_i64(&w, STATE_VERSION);
    json_key(&w, "head");
    write_time(&w, s->head);
    json_key(&w, "swept");
    json_array_begin(&w);
    for (unsigned k = 0; k < SWEEP_STAGES; k++) write_time(&w, s->swept[k]);
    json_array_end(&w);
    json_key(&w, "deep");
    write_time(&w, s->deep);
    json_key(&w, "synced");
    write_time(&w, s->synced);
    json_key(&w, "floor");
    write_time(&w, s->floor);
    json_key(&w, "open");
    write_time(&w, s->open);
    json_key(&w, "gone");
    write_time(&w, s->gone);
    json_key(&w, "width_ms");
    json_write_i64(&w, s->width_ticks / WALL_TICKS_PER_MS);
    json_key(&w, "row_bytes");
    json_write_u64(&w, s->row_bytes);
    json_key(&w, "page_rows");
    json_write_u64(&w, s->page_rows);
    json_key(&w, "unproved");
    json_write_u64(&w, s->unproved);
    json_key(&w, "calm");
    json_write_u64(&w, s->calm);
    json_key(&w, "since");
    write_time(&w, s->since);
    json_key(&w, "unordered");
    json_write_bool(&w, s->is_unordered != 0);
    json_object_end(&w);
}

static bool read_time(const struct json *v, struct wall *out)
{
    if (v && v->type == JSON_NULL) {
        *out = (struct wall){0};
        return true;
    }
    return v && v->type == JSON_STRING && wall_parse(v->text, out);
}

/* Members that states from before they were known do not have. */
static bool read_newer_time(const struct json *v, struct wall *out)
{
    return !v || read_time(v, out);
}

static bool read_u32(const struct json *doc, const char *name, uint32_t *out)
{
    int64_t n = json_i64(json_get(doc, name), 0);
    *out = (uint32_t)n;
    return n >= 0 && n <= UINT32_MAX;
}

static bool read_members(const struct json *doc, struct feed_state *s)
{
    const struct json *swept = json_get(doc, "swept");
    if (!swept || swept->type != JSON_ARRAY || swept->count != SWEEP_STAGES) return false;
    for (unsigned k = 0; k < SWEEP_STAGES; k++)
        if (!read_time(&swept->items[k], &s->swept[k])) return false;
    if (!read_time(json_get(doc, "head"), &s->head) || !read_time(json_get(doc, "deep"), &s->deep) ||
        !read_time(json_get(doc, "synced"), &s->synced))
        return false;
    if (!read_newer_time(json_get(doc, "floor"), &s->floor) || !read_newer_time(json_get(doc, "open"), &s->open))
        return false;
    if (!read_newer_time(json_get(doc, "gone"), &s->gone)) return false;
    int64_t width_ms = json_i64(json_get(doc, "width_ms"), 0), unproved = json_i64(json_get(doc, "unproved"), -1);
    int64_t calm = json_i64(json_get(doc, "calm"), 0);
    const struct json *since = json_get(doc, "since");
    s->since = s->swept[SWEEP_STAGES - 1]; /* states from before it was noted */
    if (since && !read_time(since, &s->since)) return false;
    if (width_ms <= 0 || width_ms > 86400000 || unproved < 0 || calm < 0) return false;
    s->calm = (uint64_t)calm;
    const struct json *unordered = json_get(doc, "unordered");
    s->is_unordered = unordered && unordered->type == JSON_TRUE;
    s->width_ticks = width_ms * WALL_TICKS_PER_MS;
    s->unproved = (uint64_t)unproved;
    return read_u32(doc, "row_bytes", &s->row_bytes) && s->row_bytes > 0 && read_u32(doc, "page_rows", &s->page_rows);
}

bool feed_state_read(struct str json, struct feed_state *out, struct err *e)
{
    struct arena a;
    struct feed_state s = {0};
    arena_init(&a, 256 << 10);
    const struct json *doc = json_parse(&a, json, e);
    int64_t version = json_i64(json_get(doc, "version"), 0);
    bool ok = doc != NULL;
    if (ok && version > STATE_VERSION)
        ok = err_set(e, &ingest_causes[INGEST_STATE_NEWER], "feed state of version %lld, we know up to %d",
                     (long long)version, STATE_VERSION);
    else if (!ok || version < 1 || !read_members(doc, &s))
        ok = err_set(e, &ingest_causes[INGEST_STATE_BAD], "feed state \"%.*s\" is not complete",
                     STR_ARG(str_sub(json, 0, 80)));
    if (ok) *out = s;
    arena_done(&a);
    return ok;
}
