/* Mapping anew: what changes, what stays, and that whatever stops it leaves the lake as it was or as it shall be. */
#include "sink_kit.h"

#include <stdio.h>
#include <string.h>

#include "flow/sink/pack.h"
#include "flow/sink/uid_set.h"

static const struct ocsf *other_ocsf; /* another mapping: the row itself is added to each event */

static void use(struct world *w, const struct ocsf *o)
{
    w->ocsf = o;
    kit_reopen(w);
}

struct count {
    const char *needle;
    uint64_t lines, with;
};

static void count_line(void *arg, struct str line)
{
    struct count *c = arg;
    c->lines++;
    c->with += str_find(line, str_of(c->needle), 0) != SIZE_MAX;
}

/* Lines of all named files, and those that hold `needle`. */
static struct count count_with(struct world *w, const char *needle)
{
    struct count c = {.needle = needle};
    struct err e = {0};
    char path[256], full[400];
    bool is_sound;
    for (size_t i = 0; i < kit_named_count(w); i++) {
        kit_named_file(w, i, path);
        (void)snprintf(full, sizeof full, "%s/%s", WORLD_LAKE, path);
        assert_true(unpack_lines(w->fs, full, 8 << 20, count_line, &c, &is_sound, &e) && is_sound);
    }
    return c;
}

static uint64_t mapped_anew(struct world *w)
{
    return count_with(w, "\"raw_data\":").with;
}

static struct lake_remap_result remap(struct world *w, const struct lake_remap_request *q)
{
    struct lake_remap_result r;
    struct err e = {0};
    if (!lake_remap(w->lake, q, &r, &e)) fail_msg("%s", e.text);
    return r;
}

static void rows_are_mapped_anew_and_keep_their_ids(void **state)
{
    struct world w;
    (void)state;
    kit_world(&w);
    kit_append_rows(&w, 0, 48);
    (void)kit_fold(&w);
    use(&w, other_ocsf);
    assert_int_equal(mapped_anew(&w), 0);
    struct lake_remap_result r = remap(&w, &(struct lake_remap_request){0});
    assert_int_equal(r.rows, 48);
    assert_int_equal(r.events, 48);
    assert_int_equal(r.kept, 0);
    assert_int_equal(r.files_before, 12);
    assert_int_equal(r.files_replaced, 12);
    assert_int_equal(r.files_written, 12);
    assert_int_equal(r.files_after, 12);
    kit_expect_rows(&w, 48);
    assert_int_equal(mapped_anew(&w), 48);
    kit_append_rows(&w, 48, 24); /* and folding goes on */
    (void)kit_fold(&w);
    kit_reopen(&w);
    kit_expect_rows(&w, 72);
    assert_int_equal(lake_orphans_found(w.lake), 0);
    assert_int_equal(world_files_in(&w, WORLD_LAKE "/.tmp"), 0);
    world_done(&w);
}

/* Rows 0, 2, 4 … are of the first tenant, and every four rows are of the other source, each of one of three days. */
static void only_what_is_asked_for_is_mapped_anew(void **state)
{
    static const struct {
        struct lake_remap_request q;
        uint64_t rows;
    } cases[] = {
        {{.tenant_id = "11111111-1111-4111-8111-111111111111"}, 24},
        {{.source = "nobodystable"}, 24},
        {{.source = "EmailEvents"}, 0},
        {{.tenant_id = "99999999-9999-4999-8999-999999999999"}, 0},
        {{.from = {INT64_MAX}}, 0},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct world w;
        kit_world(&w);
        kit_append_rows(&w, 0, 48);
        (void)kit_fold(&w);
        use(&w, other_ocsf);
        struct lake_remap_result r = remap(&w, &cases[i].q);
        assert_int_equal(r.rows, cases[i].rows);
        assert_int_equal(mapped_anew(&w), cases[i].rows);
        kit_expect_rows(&w, 48);
        world_done(&w);
    }
}

static void a_time_is_that_of_the_rows(void **state)
{
    struct world w;
    (void)state;
    kit_world(&w);
    kit_append_rows(&w, 0, 48);
    (void)kit_fold(&w);
    use(&w, other_ocsf);
    struct wall noon = wall_add(w.time.wall, WALL_TICKS_PER_DAY / 2);
    uint64_t after = remap(&w, &(struct lake_remap_request){.from = noon}).rows;
    assert_true(after > 0 && after < 48);
    assert_int_equal(mapped_anew(&w), after);
    assert_int_equal(remap(&w, &(struct lake_remap_request){.to = noon}).rows, 48 - after);
    assert_int_equal(mapped_anew(&w), 48);
    kit_expect_rows(&w, 48);
    world_done(&w);
}

/* What the log has no more stays as it was, though it shares files with what it has. */
static void rows_that_the_log_dropped_stay(void **state)
{
    struct world w;
    struct err e = {0};
    uint64_t dropped = 0;
    (void)state;
    kit_world(&w);
    w.segment_bytes = 4096;
    kit_reopen(&w);
    kit_append_rows(&w, 0, 72);
    (void)kit_fold(&w);
    use(&w, other_ocsf);
    struct wall later = wall_add(w.time.wall, WALL_TICKS_PER_DAY); /* the newest segment stays */
    assert_true(log_retain(w.log, later, 0, lake_log_needed(w.lake), &dropped, &e));
    assert_true(dropped > 0);
    struct lake_remap_result r = remap(&w, &(struct lake_remap_request){0});
    assert_true(r.rows > 0 && r.rows < 72);
    assert_true(r.kept > 0 && r.kept <= 72 - r.rows); /* of files that the remaining rows share */
    assert_int_equal(mapped_anew(&w), r.rows);
    kit_expect_rows(&w, 72);
    world_done(&w);
}

/* ---- beside others --------------------------------------------------------------------------------------------------------- */

struct beside {
    struct world *w;
    unsigned calls;
    uint64_t rows;
    bool gives_up;
};

/* Between the steps of a remap, as on another thread: rows come in, are folded, the log would be cut off, somebody else
 * begins another. */
static bool meanwhile(void *ctx)
{
    struct beside *b = ctx;
    struct lake_remap_result r;
    struct err e = {0};
    uint64_t dropped;
    if (b->calls++ % 5 == 0 && b->calls < 40) {
        kit_append_rows(b->w, b->rows, 12);
        b->rows += 12;
        (void)kit_fold(b->w);
    }
    assert_true(log_retain(b->w->log, wall_add(b->w->time.wall, WALL_TICKS_PER_DAY), 0, lake_log_needed(b->w->lake),
                           &dropped, &e));
    assert_int_equal(dropped, 0);
    assert_false(lake_remap(b->w->lake, &(struct lake_remap_request){0}, &r, &e));
    assert_ptr_equal(e.cause, &lake_causes[LAKE_BUSY]);
    return b->gives_up && b->calls > 60;
}

static void folds_go_on_beside_it(void **state)
{
    struct world w;
    (void)state;
    kit_world(&w);
    w.segment_bytes = 4096;
    kit_reopen(&w);
    kit_append_rows(&w, 0, 48);
    (void)kit_fold(&w);
    use(&w, other_ocsf);
    struct beside b = {.w = &w, .rows = 48};
    struct lake_remap_result r = remap(&w, &(struct lake_remap_request){.is_cancelled = meanwhile, .ctx = &b});
    assert_int_equal(r.rows, 48);
    assert_true(b.rows > 48);
    kit_expect_rows(&w, b.rows);
    assert_int_equal(mapped_anew(&w), b.rows);
    kit_reopen(&w);
    assert_int_equal(lake_orphans_found(w.lake), 0);
    kit_expect_rows(&w, b.rows);
    world_done(&w);
}

static void one_that_is_stopped_changes_nothing(void **state)
{
    struct world w;
    struct lake_remap_result r;
    struct err e = {0};
    (void)state;
    kit_world(&w);
    w.segment_bytes = 4096;
    kit_reopen(&w);
    kit_append_rows(&w, 0, 48);
    (void)kit_fold(&w);
    w.ocsf = other_ocsf;
    kit_reopen(&w);
    struct beside b = {.w = &w, .calls = 40, .rows = 48, .gives_up = true};
    assert_false(lake_remap(w.lake, &(struct lake_remap_request){.is_cancelled = meanwhile, .ctx = &b}, &r, &e));
    assert_ptr_equal(e.cause, &lake_causes[LAKE_STOPPED]);
    assert_int_equal(world_files_in(&w, WORLD_LAKE "/.tmp"), 0);
    assert_int_equal(mapped_anew(&w), 0);
    kit_expect_rows(&w, 48);
    world_done(&w);
}

/* ---- faults ---------------------------------------------------------------------------------------------------------------- */

/* At each write, sync, rename and removal in turn. */
static void a_fault_leaves_the_old_or_the_new(enum fake_fault fault)
{
    bool is_over = false;
    unsigned before = 0, after = 0;
    for (uint64_t nth = 1; !is_over; nth++) {
        struct world w;
        struct lake_remap_result r;
        struct err e = {0};
        kit_world(&w);
        kit_append_rows(&w, 0, 12);
        (void)kit_fold(&w);
        use(&w, other_ocsf);
        fake_disk_fail_at(w.disk, nth, fault);
        bool ok = lake_remap(w.lake, &(struct lake_remap_request){0}, &r, &e);
        is_over = !fake_disk_has_failed(w.disk);
        fake_disk_fail_at(w.disk, 0, FAKE_NONE);
        if (fault == FAKE_POWER) {
            world_close(&w);
            fake_disk_restart(w.disk);
        }
        kit_reopen(&w);
        assert_int_equal(lake_orphans_found(w.lake), 0);
        assert_int_equal(world_files_in(&w, WORLD_LAKE "/.tmp"), 0);
        kit_expect_rows(&w, 12);
        uint64_t anew = mapped_anew(&w);
        assert_true(anew == 12 || (!ok && anew == 0)); /* never some of them */
        before += anew == 0;
        after += anew == 12;
        assert_int_equal(remap(&w, &(struct lake_remap_request){0}).rows, 12); /* and it can be begun again */
        kit_expect_rows(&w, 12);
        world_done(&w);
    }
    assert_true(before > 20 && after > 1);
}

static void a_power_cut_leaves_the_old_or_the_new(void **state)
{
    (void)state;
    a_fault_leaves_the_old_or_the_new(FAKE_POWER);
}

static void a_failing_disk_leaves_the_old_or_the_new(void **state)
{
    (void)state;
    a_fault_leaves_the_old_or_the_new(FAKE_IO);
}

/* ---- the set --------------------------------------------------------------------------------------------------------------- */

static void a_set_of_many_rows_answers_right(void **state)
{
    enum { IDS = 200000 };
    struct fake_disk *d = fake_disk_new(1);
    struct uid_set *s = uid_set_new(fake_disk_fs(d), "/buckets", "/rows");
    struct err e = {0};
    bool has;
    (void)state;
    for (uint64_t i = 0; i < IDS; i++) assert_true(uid_set_add(s, hash128_of(&i, sizeof i), &e));
    for (uint64_t i = 0; i < 3000; i++) /* all in one bucket */
        assert_true(uid_set_add(s, (struct hash128){UINT64_MAX, i * 2}, &e));
    assert_true(uid_set_seal(s, &e));
    for (uint64_t i = 0; i < 2 * IDS; i += 97) {
        assert_true(uid_set_has(s, hash128_of(&i, sizeof i), &has, &e));
        assert_true(has == (i < IDS));
    }
    for (uint64_t i = 0; i < 6002; i++) {
        assert_true(uid_set_has(s, (struct hash128){UINT64_MAX, i}, &has, &e));
        assert_true(has == (i % 2 == 0 && i < 6000));
    }
    uid_set_free(s);
    assert_false(fs_exists(fake_disk_fs(d), "/rows") || fs_exists(fake_disk_fs(d), "/buckets"));
    fake_disk_free(d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_are_mapped_anew_and_keep_their_ids),
        cmocka_unit_test(only_what_is_asked_for_is_mapped_anew),
        cmocka_unit_test(a_time_is_that_of_the_rows),
        cmocka_unit_test(rows_that_the_log_dropped_stay),
        cmocka_unit_test(folds_go_on_beside_it),
        cmocka_unit_test(one_that_is_stopped_changes_nothing),
        cmocka_unit_test(a_power_cut_leaves_the_old_or_the_new),
        cmocka_unit_test(a_failing_disk_leaves_the_old_or_the_new),
        cmocka_unit_test(a_set_of_many_rows_answers_right),
    };
    struct ocsf *plain, *raw;
    struct err e = {0};
    if (!ocsf_new(NULL, &plain, &e) || !ocsf_new(&(struct ocsf_opts){.raw_data = true}, &raw, &e)) return 1;
    kit_ocsf = plain;
    other_ocsf = raw;
    kit_scratch = map_scratch_new();
    cmocka_set_message_output(CM_OUTPUT_TAP);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    map_scratch_free(kit_scratch);
    ocsf_free(plain);
    ocsf_free(raw);
    return failed;
}
