/* What the lake promises while nothing fails. */
#include "sink_kit.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "flow/sink/gather.h"
#include "flow/sink/pack.h"
#include "kit/json/json.h"
#include "state/store/drift.h"
#include "state/store/feeds.h"
#include "state/store/lake.h"

static void keep_line(void *arg, struct str line)
{
    assert_true(buf_add_str(arg, line));
}

static void each_row_lands_once_in_its_partition(void **state)
{
    struct world w;
    char path[256];
    (void)state;
    kit_world(&w);
    kit_append_rows(&w, 0, 24);
    struct lake_fold_result r = kit_fold(&w);
    assert_int_equal(r.rows, 24);
    assert_int_equal(r.events, 24);
    assert_int_equal(r.dead, 0);
    assert_int_equal(r.files, 12); /* two tenants, two sources of different classes, three days */
    kit_expect_rows(&w, 24);
    kit_named_file(&w, 0, path);
    assert_non_null(strstr(path, "class="));
    assert_non_null(strstr(path, "/tenant=11111111-1111-4111-8111-111111111111/day=2026-11-22/"));
    kit_reopen(&w);
    assert_int_equal(lake_offset(w.lake), log_end(w.log));
    assert_int_equal(lake_orphans_found(w.lake), 0);
    kit_expect_rows(&w, 24);
    world_done(&w);
}

/* The time when they came, also when they are mapped long after: not 1970. */
static void rows_without_a_time_have_that_of_their_coming(void **state)
{
    struct world w;
    char path[256], full[400];
    struct buf text;
    struct wall came;
    bool sound;
    struct err e = {0};
    (void)state;
    kit_world(&w);
    came = w.time.wall;
    kit_append_text(&w, world_tenant[0], "DeviceTvmSoftwareEvidenceBeta", STR("{\"SoftwareName\":\"a\"}"));
    w.time.wall = wall_add(came, 3 * WALL_TICKS_PER_DAY);
    assert_int_equal(kit_fold(&w).events, 1);
    kit_named_file(&w, 0, path);
    assert_non_null(strstr(path, "/day=2026-11-22/"));
    (void)snprintf(full, sizeof full, "%s/%s", WORLD_LAKE, path);
    buf_init(&text, 0);
    assert_true(unpack_lines(w.fs, full, 1 << 20, keep_line, &text, &sound, &e) && sound);
    char time[64];
    (void)snprintf(time, sizeof time, ",\"time\":%" PRId64 ",", wall_ms(came));
    assert_non_null(strstr(buf_cstr(&text), time));
    buf_done(&text);
    world_done(&w);
}

static void small_files_are_extended(void **state)
{
    struct world w;
    (void)state;
    kit_world(&w);
    for (uint64_t i = 0; i < 5; i++) {
        kit_append_rows(&w, i * 24, 24);
        (void)kit_fold(&w);
        assert_int_equal(kit_named_count(&w), 12);
    }
    kit_expect_rows(&w, 120); /* the replaced ones are gone */
    assert_int_equal(world_files_in(&w, WORLD_LAKE "/.tmp"), 0);
    world_done(&w);
}

static void a_file_of_useful_size_is_left_alone(void **state)
{
    struct world w;
    (void)state;
    kit_world(&w);
    w.file_bytes = 100; /* every file is large enough */
    kit_reopen(&w);
    kit_append_rows(&w, 0, 12);
    (void)kit_fold(&w);
    size_t files = kit_named_count(&w);
    kit_append_rows(&w, 12, 12);
    (void)kit_fold(&w);
    assert_int_equal(kit_named_count(&w), 2 * files);
    kit_expect_rows(&w, 24);
    world_done(&w);
}

static void it_waits_until_enough_has_gathered(void **state)
{
    struct world w;
    struct lake_fold_result r;
    struct err e = {0};
    (void)state;
    kit_world(&w);
    struct wall soon = wall_add(w.time.wall, 599 * WALL_TICKS_PER_S),
                late = wall_add(w.time.wall, 600 * WALL_TICKS_PER_S);
    assert_true(lake_fold(w.lake, log_end(w.log), late, true, &r, &e));
    assert_false(r.has_folded); /* nothing there */
    kit_append_rows(&w, 0, 4);
    assert_true(lake_fold(w.lake, log_end(w.log), soon, false, &r, &e));
    assert_false(r.has_folded);
    assert_true(lake_fold(w.lake, log_end(w.log), late, false, &r, &e));
    assert_true(r.has_folded && !r.has_more);
    w.file_bytes = 500;
    kit_reopen(&w);
    kit_append_rows(&w, 4, 8);
    assert_true(lake_fold(w.lake, log_end(w.log), w.time.wall, false, &r, &e)); /* large enough at once */
    assert_true(r.has_folded);
    kit_expect_rows(&w, 12);
    world_done(&w);
}

static void the_limit_is_kept(void **state)
{
    struct world w;
    struct lake_fold_result r;
    struct err e = {0};
    (void)state;
    kit_world(&w);
    kit_append_rows(&w, 0, 4);
    uint64_t limit = log_end(w.log);
    kit_append_rows(&w, 4, 4);
    assert_true(lake_fold(w.lake, limit, w.time.wall, true, &r, &e));
    assert_int_equal(r.offset, limit);
    kit_expect_rows(&w, 4);
    world_done(&w);
}

/* More partitions than one fold takes, more bytes than its memory holds. */
static void many_partitions_need_little_memory(void **state)
{
    enum { TENANTS = 90, DAYS = 100, ROWS = TENANTS * DAYS };
    struct world w;
    struct err e = {0};
    struct lake_fold_result r;
    char tenant[37], time[WALL_TEXT_BYTES];
    char *text = malloc(2048);
    uint64_t end;
    (void)state;
    kit_world(&w);
    for (int t = 0; t < TENANTS; t++) {
        (void)snprintf(tenant, sizeof tenant, "00000000-0000-4000-8000-%012d", t);
        struct log_origin o = {.feed_id = 1, .received = w.time.wall, .source = "NobodysTable"};
        memcpy(o.tenant_id, tenant, sizeof tenant);
        struct log_batch *b = log_batch_new(w.log, &o);
        for (int d = 0; d < DAYS; d++) {
            wall_format(wall_add(w.time.wall, d * WALL_TICKS_PER_DAY), time);
            int n = snprintf(text, 2048, "{\"Timestamp\":\"%s\",\"DeviceId\":\"%01200d\",\"ReportId\":%d}", time, d, t);
            assert_true(log_batch_add(b, &(struct log_row){.bytes = {text, (size_t)n}}, &e));
        }
        assert_true(log_batch_seal(b, &e) && log_append(w.log, &b, 1, &end, &e));
        log_batch_free(b);
    }
    assert_true(store_log_end_set(w.store, end, &e));
    assert_true(lake_fold(w.lake, end, w.time.wall, true, &r, &e));
    assert_true(r.has_more);
    struct lake_fold_result rest = kit_fold(&w);
    assert_int_equal(r.rows + rest.rows, ROWS);
    struct seen s = world_look(&w);
    assert_int_equal(s.count, ROWS);
    assert_int_equal(s.files, ROWS);
    for (size_t i = 1; i < s.count; i++) assert_false(hash128_eq(s.identities[i - 1], s.identities[i]));
    seen_done(&s);
    free(text);
    world_done(&w);
}

static bool collect(void *arg, struct str bytes, struct err *e)
{
    (void)e;
    return buf_add_str(arg, bytes);
}

/* Order within a partition, across the spill, with events larger than the block. */
static void gathered_events_come_back_in_order(void **state)
{
    struct fake_disk *d = fake_disk_new(1);
    struct gather *g = gather_new(fake_disk_fs(d), "/spill");
    struct err e = {0};
    struct buf want[3], got;
    char *big = malloc(GATHER_BLOCK_BYTES + 10);
    (void)state;
    memset(big, 'x', GATHER_BLOCK_BYTES + 10);
    for (int k = 0; k < 3; k++) buf_init(&want[k], 0);
    for (uint64_t i = 0; i < 300; i++) {
        struct partition_key key = {.class_uid = (uint32_t)(i % 3), .tenant_id = "t"};
        struct str event = {big, i == 150 ? GATHER_BLOCK_BYTES + 10 : i == 200 ? GATHER_BLOCK_BYTES - 1 : i * 700 + 10};
        (void)snprintf(big, 10, "%08" PRIu64, i);
        assert_true(gather_add(g, &key, event, &e));
        buf_add_str(&want[i % 3], event);
        buf_add_char(&want[i % 3], '\n');
    }
    assert_int_equal(gather_count(g), 3);
    for (size_t k = 0; k < 3; k++) {
        const struct partition *p = gather_partition(g, k);
        buf_init(&got, 0);
        assert_true(gather_read(g, p, collect, &got, &e));
        assert_int_equal(p->bytes, got.n);
        assert_int_equal(p->events, 100);
        assert_true(str_eq(buf_str(&got), buf_str(&want[p->key.class_uid])));
        buf_done(&got);
    }
    gather_free(g);
    assert_false(fs_exists(fake_disk_fs(d), "/spill"));
    for (int k = 0; k < 3; k++) buf_done(&want[k]);
    free(big);
    fake_disk_free(d);
}

static void count_line(void *arg, struct str line)
{
    *(uint64_t *)arg += line.n + 1;
}

/* Frames one after another, lines across every border, and each way a file can be cut short. */
static void packed_files_read_back(void **state)
{
    struct fake_disk *d = fake_disk_new(1);
    struct fs fs = fake_disk_fs(d);
    struct packer *p = packer_new(fs);
    struct err e = {0};
    uint64_t bytes, told = 0;
    bool whole, sound;
    char line[1000];
    struct fs_file *f;
    (void)state;
    for (size_t i = 0; i < sizeof line; i++) line[i] = (char)('a' + i * i % 23);
    line[sizeof line - 1] = '\n';
    assert_true(packer_begin(p, "/a", &e));
    for (int i = 0; i < 1311; i++) assert_true(packer_add(p, (struct str){line, sizeof line}, &e));
    assert_true(packer_end(p, &bytes, &e));
    assert_true(packer_begin(p, "/b", &e) && packer_copy(p, "/a", bytes, &whole, &e) && whole);
    assert_true(packer_add(p, (struct str){line, sizeof line}, &e) && packer_end(p, &bytes, &e));
    packer_free(p);
    assert_true(unpack_lines(fs, "/b", 1000, count_line, &told, &sound, &e) && sound);
    assert_int_equal(told, 1312 * sizeof line);
    assert_true(unpack_lines(fs, "/b", 998, count_line, &told, &sound, &e) && !sound); /* too long a line */
    assert_true(fs.ops->open(fs.ctx, "/b", FS_WRITE, &f, &e));
    while (bytes-- > 1) {
        assert_true(fs.ops->truncate(fs.ctx, f, bytes, &e));
        told = 0;
        assert_true(unpack_lines(fs, "/b", 1000, count_line, &told, &sound, &e));
        assert_true(!sound || told == 1311 * sizeof line); /* whole again where the first frame ends */
    }
    fs.ops->close(fs.ctx, f);
    fake_disk_free(d);
}

struct told {
    struct hash128 all[64];
    size_t count;
};

static void tell(void *arg, struct hash128 identity, struct wall time)
{
    struct told *t = arg;
    (void)time;
    assert_true(t->count < 64);
    t->all[t->count++] = identity;
}

static void identities_of_an_hour_come_back(void **state)
{
    struct world w;
    struct err e = {0};
    struct told t = {0};
    size_t want = 0;
    (void)state;
    kit_world(&w);
    kit_append_rows(&w, 0, 36);
    (void)kit_fold(&w);
    struct wall from = wall_add(w.time.wall, WALL_TICKS_PER_DAY - WALL_TICKS_PER_HOUR),
                to = wall_add(from, 2 * WALL_TICKS_PER_HOUR);
    assert_true(lake_identities(w.lake, world_tenant[0], "NobodysTable", from, to, tell, &t, &e));
    for (uint64_t i = 0; i < 36; i++) {
        struct world_row row;
        world_row(&w, kit_scratch, i, &row);
        if (i % 2 != 0 || i % 3 != 1 || strcmp(row.source, "NobodysTable") != 0) continue;
        bool found = false;
        for (size_t k = 0; k < t.count; k++) found = found || hash128_eq(t.all[k], row.row.identity);
        assert_true(found);
        want++;
    }
    assert_true(want > 0);
    assert_int_equal(t.count, want);
    t.count = 0;
    assert_true(
        lake_identities(w.lake, world_tenant[0], "NobodysTable", to, wall_add(to, WALL_TICKS_PER_HOUR), tell, &t, &e));
    assert_int_equal(t.count, 0);
    world_done(&w);
}

/* One line, whole: {"reason":…,"record":{…}}. */
static void count_dead(void *arg, struct str line)
{
    assert_true(json_check(line, NULL));
    assert_true(str_starts(line, STR("{\"reason\":")));
    assert_true(str_find(line, STR("\"code\":\"ocsf."), 0) != SIZE_MAX);
    assert_true(str_find(line, STR("\"Deep\":[["), 0) != SIZE_MAX);
    ++*(uint64_t *)arg;
}

/* A row that grows past what an event may be: quotes so deep that the mapping writes them as text, and once more in raw_data. */
static void write_swelling_row(struct buf *row)
{
    buf_addf(row, "{\"Timestamp\":\n\"2026-11-22T00:00:00Z\",\r\n\"Deep\":");
    for (int i = 0; i < 80; i++) buf_add_char(row, '[');
    buf_add_char(row, '"');
    while (row->n < LOG_ROW_BYTES_MAX - 100) buf_add(row, "\\\"", 2);
    buf_add_char(row, '"');
    for (int i = 0; i < 80; i++) buf_add_char(row, ']');
    buf_add_char(row, '}');
    assert_false(row->failed);
}

static bool add_refused(void *arg, const struct feed_record *r)
{
    uint64_t *of_feed = arg;
    of_feed[r->id == 1] += r->refused;
    return true;
}

/* What the mapping refuses is kept, named, counted to its feed, and in one line whatever it looked like. */
static void refused_rows_become_dead_letters(void **state)
{
    struct world w;
    struct err e = {0};
    uint64_t told = 0, of_feed[2] = {0};
    bool sound;
    char path[256], full[400];
    struct buf row;
    (void)state;
    kit_world(&w);
    buf_init(&row, LOG_ROW_BYTES_MAX);
    write_swelling_row(&row);
    kit_append_text(&w, world_tenant[0], "NobodysTable", buf_str(&row));
    struct lake_fold_result r = kit_fold(&w);
    assert_int_equal(r.dead, 1);
    assert_int_equal(r.rows, 1);
    kit_named_file(&w, 0, path);
    assert_true(str_starts(str_of(path), STR(".dead/")));
    (void)snprintf(full, sizeof full, "%s/%s", WORLD_LAKE, path);
    assert_true(unpack_lines(w.fs, full, 8 << 20, count_dead, &told, &sound, &e) && sound);
    assert_int_equal(told, 1);
    assert_true(store_feed_list(w.store, NULL, add_refused, of_feed, &e));
    assert_true(of_feed[true] == 1 && of_feed[false] == 0);
    kit_reopen(&w);
    assert_int_equal(lake_orphans_found(w.lake), 0);
    buf_done(&row);
    world_done(&w);
}

static bool keep_drift(void *arg, const struct drift_record *r)
{
    *(struct drift_record *)arg = *r;
    return true;
}

/* What is unknown is noted in the fold's own transaction: a fold that fails notes nothing, and nothing is noted twice. */
static void drift_counts_with_the_fold(void **state)
{
    struct world w;
    struct err e = {0};
    struct drift_record r = {.rows = 0};
    struct lake_fold_result folded;
    static const char row[] = "{\"Timestamp\":\"2026-11-22T00:00:00Z\",\"DeviceId\":\"d\",\"DeviceName\":\"n\","
                              "\"ActionType\":\"RegistryKeyCreated\",\"RegistryKey\":\"HKLM\\\\A\",\"ReportId\":1,"
                              "\"InitiatingProcessFileName\":\"a.exe\",\"NewThing\":\"x\"}";
    (void)state;
    kit_world(&w);
    for (int i = 0; i < 3; i++) kit_append_text(&w, world_tenant[0], "DeviceRegistryEvents", STR(row));
    fake_disk_fail_at(w.disk, 3, FAKE_FULL);
    assert_false(lake_fold(w.lake, log_end(w.log), w.time.wall, true, &folded, &e));
    assert_true(store_drift_list(w.store, NULL, NULL, keep_drift, &r, &e));
    assert_int_equal(r.rows, 0);
    (void)kit_fold(&w);
    (void)kit_fold(&w);
    kit_append_text(&w, world_tenant[0], "DeviceRegistryEvents", STR(row));
    (void)kit_fold(&w);
    assert_true(store_drift_list(w.store, NULL, NULL, keep_drift, &r, &e));
    assert_string_equal(r.kind, "column");
    assert_string_equal(r.name, "NewThing");
    assert_string_equal(r.example, "\"x\"");
    assert_int_equal(r.rows, 4);
    world_done(&w);
}

static void every_cause_has_a_remedy(void **state)
{
    (void)state;
    for (int i = 0; i < LAKE_CAUSE_COUNT; i++) {
        assert_true(str_starts(str_of(lake_causes[i].code), STR("lake.")));
        assert_non_null(lake_causes[i].remedy);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_row_lands_once_in_its_partition),
        cmocka_unit_test(rows_without_a_time_have_that_of_their_coming),
        cmocka_unit_test(small_files_are_extended),
        cmocka_unit_test(a_file_of_useful_size_is_left_alone),
        cmocka_unit_test(it_waits_until_enough_has_gathered),
        cmocka_unit_test(the_limit_is_kept),
        cmocka_unit_test(many_partitions_need_little_memory),
        cmocka_unit_test(gathered_events_come_back_in_order),
        cmocka_unit_test(packed_files_read_back),
        cmocka_unit_test(identities_of_an_hour_come_back),
        cmocka_unit_test(refused_rows_become_dead_letters),
        cmocka_unit_test(drift_counts_with_the_fold),
        cmocka_unit_test(every_cause_has_a_remedy),
        cmocka_unit_test(a_lake_of_another_store_is_refused),
        cmocka_unit_test(a_lake_without_id_but_with_events_is_refused),
        cmocka_unit_test(unnamed_files_are_put_aside_and_kept),
        cmocka_unit_test(a_missing_or_shorter_file_is_named),
        cmocka_unit_test(a_full_disk_costs_one_fold),
        cmocka_unit_test(a_read_only_folder_is_told),
        cmocka_unit_test(a_damaged_log_is_told),
        cmocka_unit_test(numbers_are_never_used_twice),
    };
    struct err e = {0};
    struct ocsf_opts o = {.raw_data = true}; /* for write_swelling_row */
    struct ocsf *made;
    cmocka_set_message_output(CM_OUTPUT_TAP);
    if (!ocsf_new(&o, &made, &e)) {
        printf("Bail out! %s\n", e.text);
        return 1;
    }
    kit_ocsf = made;
    kit_scratch = map_scratch_new();
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    map_scratch_free(kit_scratch);
    ocsf_free(made);
    return failed;
}
