/* Power cuts and failing disks under journal, lake and SQLite at once (its own code, through the store's VFS), over one fake
 * disk: at every operation in turn the power goes, or that one operation fails; then everything is opened again, checked, the
 * work finished, and checked again. Nothing lost, nothing twice. TAP output.
 *
 *   powercut [SEEDS [FIRST_SEED]]    more seeds: other sectors and names survive, other second cuts */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lake_kit.h"
#include "state/log/journal_int.h"
#include "state/store/feeds.h"
#include "state/store/fingerprints.h"
#include "state/store/lake.h"

enum { COMMITS = 9, ROWS_PER_COMMIT = 4, ROWS = COMMITS * ROWS_PER_COMMIT, FOLD_EVERY = 3 };

static const struct ocsf *ocsf;
static struct map_scratch *scratch;

/* Which run this is, for the message of a failure: the seed and the operation make it happen again. */
static struct {
    uint64_t seed, nth;
    const char *mode, *stage;
    char last[512];
} now;

__attribute__((format(printf, 1, 2))) static _Noreturn void broken(const char *fmt, ...)
{
    va_list args;
    printf("not ok - %s, seed %" PRIu64 ", operation %" PRIu64 " (%s), %s: ", now.mode, now.seed, now.nth, now.last,
           now.stage);
    va_start(args, fmt);
    (void)vprintf(fmt, args);
    va_end(args);
    printf("\n");
    exit(1);
}

/* ---- the work -------------------------------------------------------------------------------------------------------------- */

static bool see_progress(void *arg, const struct feed_record *r)
{
    uint64_t done;
    if (!str_to_u64(r->state, &done)) broken("a feed's state is \"%.*s\"", STR_ARG(r->state));
    if (done > *(uint64_t *)arg) *(uint64_t *)arg = done;
    return true;
}

/* Rows committed so far: what the feeds remember. Both feeds move in each commit. */
static bool progress(struct world *w, uint64_t *rows_out, struct err *e)
{
    *rows_out = 0;
    return store_feed_list(w->store, NULL, see_progress, rows_out, e);
}

static struct log_batch *stage(struct world *w, uint64_t first, uint64_t tenant, struct err *e)
{
    struct world_row row;
    struct log_batch *b = NULL;
    bool ok = true;
    for (uint64_t i = first; ok && i < first + ROWS_PER_COMMIT; i++) {
        world_row(w, scratch, i, &row);
        if (row.feed_id != (int64_t)tenant + 1) continue;
        if (b == NULL) {
            struct log_origin o = {.feed_id = row.feed_id, .how = LOG_LIVE, .received = w->time.wall};
            INVARIANT(str_copy(str_of(row.tenant_id), o.tenant_id, sizeof o.tenant_id));
            INVARIANT(str_copy(str_of(row.source), o.source, sizeof o.source));
            b = log_batch_new(w->log, &o);
        }
        ok = log_batch_add(b, &row.row, e);
    }
    if (ok && log_batch_seal(b, e)) return b;
    log_batch_free(b);
    return NULL;
}

static int by_hash(const void *a, const void *b)
{
    return hash128_cmp(*(const struct hash128 *)a, *(const struct hash128 *)b);
}

/* One bucket a feed is enough here: what matters is that they move with the rest. */
static bool note_feed(struct world *w, uint64_t first, int64_t feed_id, struct err *e)
{
    struct world_row row;
    struct hash128 prints[ROWS_PER_COMMIT];
    char state[24];
    size_t count = 0;
    for (uint64_t i = first; i < first + ROWS_PER_COMMIT; i++) {
        world_row(w, scratch, i, &row);
        if (row.feed_id == feed_id) prints[count++] = row.row.identity;
    }
    qsort(prints, count, sizeof *prints, by_hash);
    int n = snprintf(state, sizeof state, "%" PRIu64, first + ROWS_PER_COMMIT);
    struct feed_record f = {
        .id = feed_id, .feed = "DeviceInfo", .state = {state, (size_t)n}, .status = "ok", .rows = count};
    INVARIANT(str_copy(str_of(world_tenant[feed_id - 1]), f.tenant_id, sizeof f.tenant_id));
    return store_fingerprints_put(w->store, feed_id, 0, prints, count, STR_NONE, e) && store_feed_put(w->store, &f, e);
}

static bool name_end(struct world *w, uint64_t first, uint64_t end, struct err *e)
{
    if (!store_begin(w->store, e)) return false;
    if (!store_log_end_set(w->store, end, e) || !note_feed(w, first, 1, e) || !note_feed(w, first, 2, e)) {
        store_rollback(w->store);
        return false;
    }
    return store_commit(w->store, e);
}

static bool commit_rows(struct world *w, uint64_t first, struct err *e)
{
    struct log_batch *batches[WORLD_TENANTS] = {0};
    uint64_t end;
    bool ok = true;
    for (uint64_t t = 0; ok && t < WORLD_TENANTS; t++) ok = (batches[t] = stage(w, first, t, e)) != NULL;
    ok = ok && log_append(w->log, batches, WORLD_TENANTS, &end, e);
    for (size_t t = 0; t < WORLD_TENANTS; t++) log_batch_free(batches[t]);
    return ok && name_end(w, first, end, e);
}

/* Numbers of files that counted once: none of them may ever lie among the orphans. */
enum { NUMBERS_MAX = 4096 };
static bool has_counted[NUMBERS_MAX];

static uint64_t number_of(const char *path)
{
    uint64_t number = strtoull(strrchr(path, '/') + 1, NULL, 10);
    if (number >= NUMBERS_MAX) broken("the file %s has an odd number", path);
    return number;
}

static bool note_file(void *arg, const struct lake_file_record *r)
{
    (void)arg;
    has_counted[number_of(r->path)] = true;
    return true;
}

static bool fold(struct world *w, struct err *e)
{
    struct lake_fold_result r;
    return lake_fold(w->lake, log_end(w->log), w->time.wall, true, &r, e) &&
           store_lake_file_list(w->store, note_file, NULL, e);
}

static bool work(struct world *w, struct err *e)
{
    uint64_t rows;
    if (!progress(w, &rows, e)) return false;
    while (rows < ROWS) {
        if (!commit_rows(w, rows, e)) return false;
        rows += ROWS_PER_COMMIT;
        if (rows / ROWS_PER_COMMIT % FOLD_EVERY == 0 && !fold(w, e)) return false;
    }
    return fold(w, e);
}

/* A service that meets an error and stays: it asks the store where the log ends, cuts there, and goes on. */
static bool settle(struct world *w)
{
    struct err e;
    uint64_t end;
    return store_log_end_get(w->store, &end, &e) && log_cut(w->log, end, &e);
}

/* ---- checks ---------------------------------------------------------------------------------------------------------------- */

static void check_log(struct world *w, uint64_t rows, uint64_t *folded_out)
{
    struct log_reader *r;
    struct log_frame f;
    struct err e = {0};
    bool has = true, seen[ROWS] = {0};
    uint64_t count = 0, folded = 0, offset = lake_offset(w->lake);
    if (!log_reader_new(w->log, 0, &r, &e)) broken("%s", e.text);
    while (has) {
        if (!log_reader_next(r, log_end(w->log), &f, &has, &e)) broken("%s", e.text);
        for (size_t i = 0; has && i < f.row_count; i++, count++) {
            uint64_t number = UINT64_MAX;
            struct world_row want;
            size_t at = str_find(f.rows[i].bytes, STR("\"ReportId\":"), 0);
            (void)str_to_u64(str_sub(f.rows[i].bytes, at + 11, f.rows[i].bytes.n - at - 12), &number);
            if (number >= rows || seen[number]) broken("the log has row %" PRIu64 " twice or too early", number);
            seen[number] = true;
            world_row(w, scratch, number, &want);
            if (!str_eq(want.row.bytes, f.rows[i].bytes)) broken("row %" PRIu64 " has changed", number);
            if (f.end <= offset) folded++;
        }
    }
    log_reader_free(r);
    if (count != rows) broken("the log has %" PRIu64 " rows, the feeds say %" PRIu64, count, rows);
    *folded_out = folded;
}

/* The lake holds exactly the rows before its offset in the log: as both were written in order, the first so many. */
static void check_lake(struct world *w, uint64_t folded)
{
    struct hash128 want[ROWS];
    struct seen s = world_look(w);
    for (uint64_t i = 0; i < folded; i++) {
        struct world_row row;
        world_row(w, scratch, i, &row);
        want[i] = row.row.identity;
    }
    qsort(want, folded, sizeof *want, by_hash);
    if (s.count != folded) broken("the lake has %zu events for %" PRIu64 " rows", s.count, folded);
    if (folded > 0 && memcmp(want, s.identities, folded * sizeof *want) != 0)
        broken("the lake has other rows than the log");
    seen_done(&s);
}

struct prints {
    struct hash128 all[ROWS];
    size_t count;
};

static bool add_prints(void *arg, const struct hash128 *sorted, size_t count)
{
    struct prints *p = arg;
    if (p->count + count > ROWS) broken("too many fingerprints");
    memcpy(p->all + p->count, sorted, count * sizeof *sorted);
    p->count += count;
    return true;
}

static void check_fingerprints(struct world *w, uint64_t rows)
{
    struct prints got = {0};
    struct hash128 want[ROWS];
    struct err e = {0};
    for (int64_t feed = 1; feed <= WORLD_TENANTS; feed++)
        if (!store_fingerprints_get(w->store, feed, 0, add_prints, &got, NULL, &e)) broken("%s", e.text);
    for (uint64_t i = 0; i < rows; i++) {
        struct world_row row;
        world_row(w, scratch, i, &row);
        want[i] = row.row.identity;
    }
    qsort(want, rows, sizeof *want, by_hash);
    qsort(got.all, got.count, sizeof *got.all, by_hash);
    if (got.count != rows || (rows > 0 && memcmp(want, got.all, rows * sizeof *want) != 0))
        broken("fingerprints are not those of the log");
}

static bool refuse_superseded(void *arg, const char *path)
{
    (void)arg;
    broken("%s is superseded and still noted", path);
}

static bool check_orphan(void *arg, const char *path)
{
    (void)arg;
    if (has_counted[number_of(path)]) broken("%s was a file of the lake and lies among the orphans", path);
    return true;
}

static void check_leftovers(struct world *w)
{
    struct err e = {0};
    if (world_files_in(w, WORLD_LAKE "/.tmp") != 0) broken("temporary files are left");
    if (!store_lake_superseded_list(w->store, refuse_superseded, NULL, &e)) broken("%s", e.text);
    if (!store_lake_file_list(w->store, note_file, NULL, &e)) broken("%s", e.text);
    if (!lake_orphan_list(w->lake, check_orphan, NULL, &e)) broken("%s", e.text);
}

static void check(struct world *w)
{
    struct err e = {0};
    uint64_t rows, folded;
    if (!store_check(w->store, &e)) broken("%s", e.text);
    if (!progress(w, &rows, &e)) broken("%s", e.text);
    check_log(w, rows, &folded);
    check_lake(w, folded);
    check_fingerprints(w, rows);
    check_leftovers(w);
}

static void open_or_break(struct world *w)
{
    struct err e = {0};
    if (!world_open(w, &e)) broken("%s: %s", e.cause->code, e.text);
}

/* ---- runs ------------------------------------------------------------------------------------------------------------------ */

enum mode { POWER, FULL_AND_RESTART, IO_AND_RESTART, FULL_AND_STAY, IO_AND_STAY, MODES };
static const struct {
    const char *name;
    enum fake_fault fault;
    bool stays;
} modes[MODES] = {
    [POWER] = {"power cut", FAKE_POWER, false},
    [FULL_AND_RESTART] = {"disk full, process restarts", FAKE_FULL, false},
    [IO_AND_RESTART] = {"i/o error, process restarts", FAKE_IO, false},
    [FULL_AND_STAY] = {"disk full, process stays", FAKE_FULL, true},
    [IO_AND_STAY] = {"i/o error, process stays", FAKE_IO, true},
};

/* True: everything was done in one go. */
static bool first_go(struct world *w, enum mode mode)
{
    struct err e = {0};
    now.stage = "at the fault";
    bool ok = world_open(w, &e);
    if (ok) {
        ok = work(w, &e);
        if (!ok && modes[mode].stays && settle(w))
            ok = work(w, &e); /* the fault came once: now it must go, or need a restart */
    }
    (void)snprintf(now.last, sizeof now.last, "%s", fake_disk_last_operation(w->disk));
    world_close(w);
    return ok;
}

static void after_the_fault(struct world *w, enum mode mode, uint64_t salt)
{
    struct err e = {0};
    if (mode == POWER) fake_disk_restart(w->disk);
    now.stage = "opened again";
    open_or_break(w);
    check(w);
    world_close(w);
    if (mode == POWER && salt % 2 == 0) { /* and once more, soon: also while recovering */
        now.stage = "cut a second time";
        fake_disk_fail_at(w->disk, 1 + salt % 61, FAKE_POWER);
        if (world_open(w, &e)) (void)work(w, &e);
        world_close(w);
        fake_disk_restart(w->disk);
        open_or_break(w);
        check(w);
        world_close(w);
    }
}

static void finish(struct world *w)
{
    struct err e = {0};
    uint64_t rows;
    now.stage = "finishing";
    open_or_break(w);
    if (!work(w, &e)) broken("%s", e.text);
    world_close(w);
    fake_disk_restart(w->disk); /* what is committed survives this without any goodbye */
    now.stage = "at the end";
    open_or_break(w);
    check(w);
    if (!progress(w, &rows, &e) || rows != ROWS || lake_offset(w->lake) != log_end(w->log))
        broken("the work is not done");
    world_close(w);
}

/* True: the fault was never met, so every operation has had its turn. */
static bool run(enum mode mode, uint64_t seed, uint64_t nth)
{
    now.seed = seed;
    now.nth = nth;
    now.mode = modes[mode].name;
    now.stage = "founding";
    memset(has_counted, 0, sizeof has_counted);
    struct world w = world_new(seed * UINT64_C(1000003) + nth, ocsf);
    w.segment_bytes = 2000; /* a few commits a segment */
    fake_disk_fail_at(w.disk, nth, modes[mode].fault);
    (void)first_go(&w, mode);
    bool met = fake_disk_has_failed(w.disk);
    fake_disk_fail_at(w.disk, 0, FAKE_NONE);
    if (met) after_the_fault(&w, mode, seed * 31 + nth);
    finish(&w);
    world_done(&w);
    return !met;
}

int main(int argc, char **argv)
{
    struct err e = {0};
    struct ocsf_opts o = {0};
    struct ocsf *made;
    uint64_t seeds = 2, first = 1;
    if (argc > 1 && !str_to_u64(str_of(argv[1]), &seeds)) return 2;
    if (argc > 2 && !str_to_u64(str_of(argv[2]), &first)) return 2;
    if (!ocsf_new(&o, &made, &e)) {
        printf("Bail out! %s\n", e.text);
        return 1;
    }
    ocsf = made;
    scratch = map_scratch_new();
    int number = 0;
    for (enum mode mode = 0; mode < MODES; mode++) {
        uint64_t runs = 0;
        for (uint64_t seed = first; seed < first + (mode == POWER ? seeds : 1); seed++) {
            uint64_t nth = 1;
            while (!run(mode, seed, nth)) nth++;
            runs += nth;
        }
        printf("ok %d - %s: %" PRIu64 " runs\n", ++number, modes[mode].name, runs);
        (void)fflush(stdout);
    }
    printf("1..%d\n", number);
    map_scratch_free(scratch);
    ocsf_free(made);
    return 0;
}
