#include "lake_kit.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <zstd.h>

#include "kit/json/json.h"
#include "kit/seal/seal.h"
#include "state/log/journal_int.h"
#include "state/store/feeds.h"
#include "state/store/lake.h"
#include "state/store/tenants.h"

const char *const world_tenant[WORLD_TENANTS] = {"11111111-1111-4111-8111-111111111111",
                                                 "22222222-2222-4222-8222-222222222222"};
static const char *const sources[] = {"DeviceInfo", "NobodysTable"}; /* of different classes, whatever is mapped */

static void must(bool ok, const struct err *e)
{
    if (ok) return;
    (void)fprintf(stderr, "%s\n", e->text);
    INVARIANT(ok);
}

/* ---- life ---------------------------------------------------------------------------------------------------------------- */

static bool open_store(struct world *w, bool create, struct err *e)
{
    struct store_opts o = {
        .fs = w->fs, .path = WORLD_STORE, .key = w->key, .clock = clock_virtual(&w->time), .create = create};
    return store_open(&o, &w->store, e);
}

static void found(struct world *w)
{
    struct err e = {0};
    struct org_record org = {.name = "contoso"};
    must(open_store(w, true, &e), &e);
    must(store_org_put(w->store, &org, &e), &e);
    for (int i = 0; i < WORLD_TENANTS; i++) {
        struct tenant_record t = {.org_id = org.id, .cloud = "global", .is_enabled = true};
        struct feed_record f = {.feed = "DeviceInfo", .state = STR("0"), .status = "ok"};
        INVARIANT(str_copy(str_of(world_tenant[i]), t.tenant_id, sizeof t.tenant_id));
        INVARIANT(str_copy(str_of(world_tenant[i]), t.client_id, sizeof t.client_id));
        INVARIANT(str_copy(str_of(world_tenant[i]), f.tenant_id, sizeof f.tenant_id));
        (void)snprintf(t.name, sizeof t.name, "tenant %d", i);
        must(store_tenant_put(w->store, &t, true, &e), &e);
        must(store_feed_put(w->store, &f, &e), &e);
        INVARIANT(f.id == i + 1);
    }
    store_close(w->store);
    w->store = NULL;
}

struct world world_new(uint64_t seed, const struct ocsf *ocsf)
{
    struct world w = {.disk = fake_disk_new(seed), .ocsf = ocsf, .file_bytes = 8 << 20, .segment_bytes = SEGMENT_BYTES};
    struct err e = {0};
    struct buf key;
    w.fs = fake_disk_fs(w.disk);
    w.time.wall = wall_from_ms(INT64_C(1795330501999));
    buf_init(&key, 0);
    must(seal_key_make(&key, &e) && seal_key_load(buf_str(&key), &w.key, &e), &e);
    buf_done(&key);
    must(w.fs.ops->make_dirs(w.fs.ctx, "/d", &e) && w.fs.ops->sync_dir(w.fs.ctx, "/", &e), &e);
    found(&w);
    must(w.fs.ops->sync_dir(w.fs.ctx, "/d", &e), &e);
    return w;
}

void world_done(struct world *w)
{
    world_close(w);
    seal_key_free(w->key);
    fake_disk_free(w->disk);
}

static bool open_all(struct world *w, struct err *e)
{
    uint64_t end;
    if (!open_store(w, false, e) || !store_log_end_get(w->store, &end, e)) return false;
    if (!journal_open(w->fs, WORLD_LOG, WORLD_SPOOL, end, w->segment_bytes, &w->log, e)) return false;
    struct lake_opts o = {.fs = w->fs,
                          .dir = WORLD_LAKE,
                          .store = w->store,
                          .log = w->log,
                          .ocsf = w->ocsf,
                          .clock = clock_virtual(&w->time),
                          .file_bytes = w->file_bytes,
                          .fold_ms = 600000};
    return lake_open(&o, &w->lake, e);
}

bool world_open(struct world *w, struct err *e)
{
    if (open_all(w, e)) return true;
    world_close(w);
    return false;
}

void world_close(struct world *w)
{
    lake_close(w->lake);
    log_close(w->log);
    store_close(w->store);
    w->lake = NULL;
    w->log = NULL;
    w->store = NULL;
}

/* ---- rows ---------------------------------------------------------------------------------------------------------------- */

void world_row(const struct world *w, struct map_scratch *s, uint64_t i, struct world_row *out)
{
    char time[WALL_TEXT_BYTES];
    struct row_facts facts;
    wall_format((struct wall){w->time.wall.ticks + (int64_t)(i % 3) * WALL_TICKS_PER_DAY + (int64_t)i * 7919}, time);
    out->tenant_id = world_tenant[i % 2];
    out->feed_id = (int64_t)(i % 2) + 1;
    out->source = sources[i / 4 % 2];
    int n = snprintf(out->text, sizeof out->text,
                     "{\"Timestamp\":\"%s\",\"DeviceId\":\"%040" PRIx64 "\",\"DeviceName\":\"host-%" PRIu64
                     "\",\"ReportId\":%" PRIu64 "}",
                     time, i * UINT64_C(0x9e3779b97f4a7c15), i, i);
    INVARIANT(n > 0 && n < ROW_TEXT_BYTES);
    struct str text = {out->text, (size_t)n};
    const struct plan *plan = ocsf_plan(w->ocsf, str_of(out->source));
    plan_facts(plan != NULL ? plan : ocsf_plan_base(w->ocsf), s, str_of(out->tenant_id), str_of(out->source), text,
               &facts);
    out->row = (struct log_row){facts.identity, facts.has_time ? facts.time : w->time.wall, text};
}

/* ---- the lake from outside ------------------------------------------------------------------------------------------------- */

struct look {
    struct world *w;
    struct seen *seen;
    char path[600];
    size_t files; /* counted only, when `seen` is NULL */
};

static void unpack(struct world *w, const char *path, struct buf *out)
{
    struct buf packed;
    struct err e = {0};
    ZSTD_DCtx *context = ZSTD_createDCtx();
    size_t left = 1;
    buf_init(&packed, 0);
    must(fs_read_all(w->fs, path, 1 << 28, &packed, &e), &e);
    ZSTD_inBuffer in = {packed.p, packed.n, 0};
    while (in.pos < in.size) {
        INVARIANT(buf_reserve(out, 1 << 16));
        ZSTD_outBuffer piece = {out->p + out->n, 1 << 16, 0};
        left = ZSTD_decompressStream(context, &piece, &in);
        INVARIANT(!ZSTD_isError(left));
        out->n += piece.pos;
        while (left > 0 && piece.pos == piece.size) {
            INVARIANT(buf_reserve(out, 1 << 16));
            piece = (ZSTD_outBuffer){out->p + out->n, 1 << 16, 0};
            left = ZSTD_decompressStream(context, &piece, &in);
            INVARIANT(!ZSTD_isError(left));
            out->n += piece.pos;
        }
    }
    INVARIANT(left == 0); /* the last frame is whole */
    (void)ZSTD_freeDCtx(context);
    buf_done(&packed);
}

static void see_line(struct seen *s, struct str line)
{
    struct arena a;
    struct err e = {0};
    arena_init(&a, 16 << 20);
    const struct json *event = json_parse(&a, line, &e);
    must(event != NULL, &e);
    struct str uid = str_sub(json_str(json_path(event, "metadata.uid"), STR_NONE), 0, 32);
    s->identities = realloc(s->identities, (s->count + 1) * sizeof *s->identities);
    INVARIANT(s->identities != NULL && hash128_from_hex(uid.p, uid.n, &s->identities[s->count]));
    s->count++;
    arena_done(&a);
}

static void see_file(struct look *k)
{
    struct buf text;
    buf_init(&text, 0);
    unpack(k->w, k->path, &text);
    struct str rest = buf_str(&text);
    INVARIANT(rest.n > 0 && rest.p[rest.n - 1] == '\n');
    for (rest.n--; rest.p != NULL;) see_line(k->seen, str_cut(&rest, '\n'));
    k->seen->files++;
    buf_done(&text);
}

static bool look_at(void *arg, const char *name, bool is_dir)
{
    struct look *k = arg;
    struct err e = {0};
    size_t n = strlen(k->path);
    (void)snprintf(k->path + n, sizeof k->path - n, "/%s", name);
    if (is_dir) {
        must(k->w->fs.ops->list(k->w->fs.ctx, k->path, look_at, k, &e), &e);
    } else {
        k->files++;
        if (k->seen != NULL) see_file(k);
    }
    k->path[n] = '\0';
    return true;
}

static bool look_at_top(void *arg, const char *name, bool is_dir)
{
    return name[0] == '.' || look_at(arg, name, is_dir);
}

static int by_hash(const void *a, const void *b)
{
    return hash128_cmp(*(const struct hash128 *)a, *(const struct hash128 *)b);
}

struct seen world_look(struct world *w)
{
    struct seen s = {0};
    struct err e = {0};
    struct look k = {.w = w, .seen = &s, .path = WORLD_LAKE};
    must(w->fs.ops->list(w->fs.ctx, WORLD_LAKE, look_at_top, &k, &e), &e);
    if (s.count > 0) qsort(s.identities, s.count, sizeof *s.identities, by_hash);
    s.orphans = world_files_in(w, WORLD_LAKE "/.orphans");
    return s;
}

void seen_done(struct seen *s)
{
    free(s->identities);
    *s = (struct seen){0};
}

size_t world_files_in(struct world *w, const char *dir)
{
    struct look k = {.w = w};
    struct err e = {0};
    if (!fs_exists(w->fs, dir)) return 0;
    (void)snprintf(k.path, sizeof k.path, "%s", dir);
    must(w->fs.ops->list(w->fs.ctx, dir, look_at, &k, &e), &e);
    return k.files;
}
