/* What the lake promises when something fails; power cuts are in tests/sim/powercut.c. */
#include "sink_kit.h"

#include <stdlib.h>
#include <string.h>

static void expect_open_fails(struct world *w, const struct cause *cause, const char *says)
{
    struct err e = {0};
    world_close(w);
    assert_false(world_open(w, &e));
    assert_ptr_equal(e.cause, cause);
    if (strstr(e.text, says) == NULL) fail_msg("does not say \"%s\": %s", says, e.text);
}

void a_lake_of_another_store_is_refused(void **state)
{
    struct world w;
    (void)state;
    kit_world(&w);
    kit_append_rows(&w, 0, 6);
    (void)kit_fold(&w);
    uint64_t before = fake_disk_operations(w.disk);
    kit_put_file(&w, WORLD_LAKE "/.lake-id", "99999999-9999-4999-8999-999999999999\n");
    expect_open_fails(&w, &lake_causes[LAKE_FOREIGN], "99999999-9999-4999-8999-999999999999");
    assert_true(fake_disk_operations(w.disk) > before);
    struct seen s = world_look(&w); /* nothing in it was touched */
    assert_int_equal(s.count, 6);
    assert_int_equal(s.orphans, 0);
    seen_done(&s);
    world_done(&w);
}

void a_lake_without_id_but_with_events_is_refused(void **state)
{
    struct world w;
    struct err e;
    (void)state;
    kit_world(&w);
    kit_append_rows(&w, 0, 6);
    (void)kit_fold(&w);
    assert_true(w.fs.ops->remove(w.fs.ctx, WORLD_LAKE "/.lake-id", &e));
    expect_open_fails(&w, &lake_causes[LAKE_FOREIGN], "no id");
    world_done(&w);
}

static bool take_path(void *arg, const char *path)
{
    return buf_addf(arg, "%s ", path);
}

void unnamed_files_are_put_aside_and_kept(void **state)
{
    struct world w;
    struct err e = {0};
    struct buf paths;
    (void)state;
    kit_world(&w);
    kit_append_rows(&w, 0, 6);
    (void)kit_fold(&w);
    for (int round = 0; round < 2; round++) {
        kit_put_file(&w, WORLD_LAKE "/class=1007/tenant=x/day=2026-01-01/77.ndjson.zst", "not ours");
        kit_put_file(&w, WORLD_LAKE "/.dead/78.ndjson.zst", "not ours either");
        kit_put_file(&w, WORLD_LAKE "/.tmp/79.ndjson.zst", "a leftover");
        kit_reopen(&w);
        assert_int_equal(lake_orphans_found(w.lake), 2);
        assert_int_equal(world_files_in(&w, WORLD_LAKE "/.tmp"), 0);
        kit_expect_rows(&w, 6);
    }
    buf_init(&paths, 0);
    assert_true(lake_orphan_list(w.lake, take_path, &paths, &e));
    assert_string_equal(buf_cstr(&paths),
                        ".dead/78.ndjson.zst .dead/78.ndjson.zst.1 class=1007/tenant=x/day=2026-01-01/77.ndjson.zst "
                        "class=1007/tenant=x/day=2026-01-01/77.ndjson.zst.1 ");
    buf_done(&paths);
    kit_reopen(&w);
    assert_int_equal(lake_orphans_found(w.lake), 0);
    world_done(&w);
}

void a_missing_or_shorter_file_is_named(void **state)
{
    struct world w;
    struct err e = {0};
    char path[256], full[400];
    (void)state;
    kit_world(&w);
    kit_append_rows(&w, 0, 6);
    (void)kit_fold(&w);
    kit_named_file(&w, 2, path);
    (void)snprintf(full, sizeof full, "%s/%s", WORLD_LAKE, path);
    kit_put_file(&w, full, "short");
    expect_open_fails(&w, &lake_causes[LAKE_MISSING], path);
    assert_true(w.fs.ops->remove(w.fs.ctx, full, &e));
    expect_open_fails(&w, &lake_causes[LAKE_MISSING], path);
    world_done(&w);
}

/* From hardly any room to enough: each fold that fails leaves the lake as it was, and the first that can, does. */
void a_full_disk_costs_one_fold(void **state)
{
    struct world w;
    struct err e = {0};
    struct lake_fold_result r = {.rows = 4711};
    uint64_t capacity = 1, refused = 0;
    (void)state;
    kit_world(&w);
    kit_append_rows(&w, 0, 24);
    (void)kit_fold(&w);
    kit_append_rows(&w, 24, 24);
    size_t files = world_files_in(&w, WORLD_LAKE);
    fake_disk_set_capacity(w.disk, capacity);
    while (!lake_fold(w.lake, log_end(w.log), w.time.wall, true, &r, &e)) {
        if (e.cause->kind != ERR_STORAGE) fail_msg("%s: %s", e.cause->code, e.text);
        assert_int_equal(r.rows, 4711); /* untouched */
        assert_int_equal(world_files_in(&w, WORLD_LAKE), files);
        refused++;
        capacity += capacity < 30000 ? 30000 : 500;
        fake_disk_set_capacity(w.disk, capacity);
    }
    assert_true(refused > 2);
    fake_disk_set_capacity(w.disk, 0);
    kit_expect_rows(&w, 48);
    kit_reopen(&w);
    kit_expect_rows(&w, 48);
    world_done(&w);
}

void a_read_only_folder_is_told(void **state)
{
    struct world w;
    struct err e = {0};
    struct lake_fold_result r;
    (void)state;
    kit_world(&w);
    kit_append_rows(&w, 0, 6);
    fake_disk_set_read_only(w.disk, true);
    assert_false(lake_fold(w.lake, log_end(w.log), w.time.wall, true, &r, &e));
    fake_disk_set_read_only(w.disk, false);
    (void)kit_fold(&w);
    kit_expect_rows(&w, 6);
    world_done(&w);
}

void a_damaged_log_is_told(void **state)
{
    struct world w;
    struct err e = {0};
    struct lake_fold_result r;
    (void)state;
    kit_world(&w);
    kit_append_rows(&w, 0, 6);
    assert_true(fake_disk_damage(w.disk, WORLD_LOG "/00000000000000000000.seg", log_end(w.log) - 1));
    assert_false(lake_fold(w.lake, log_end(w.log), w.time.wall, true, &r, &e));
    assert_ptr_equal(e.cause, &log_causes[LOG_CORRUPT]);
    assert_non_null(strstr(e.text, "00000000000000000000.seg"));
    assert_int_equal(lake_offset(w.lake), 0); /* all or nothing */
    struct seen s = world_look(&w);
    assert_int_equal(s.count, 0);
    seen_done(&s);
    world_done(&w);
}

void numbers_are_never_used_twice(void **state)
{
    struct world w;
    struct err e = {0};
    struct lake_fold_result r;
    char path[256];
    uint64_t highest = 0, number;
    (void)state;
    kit_world(&w);
    for (uint64_t round = 0; round < 4; round++) {
        kit_append_rows(&w, round, 1);
        uint64_t before = fake_disk_operations(w.disk);
        fake_disk_fail_at(w.disk, 6 + round, FAKE_IO);
        (void)lake_fold(w.lake, log_end(w.log), w.time.wall, true, &r, &e);
        assert_true(fake_disk_operations(w.disk) > before);
        kit_reopen(&w);
        (void)kit_fold(&w);
        number = 0; /* the newest: files are extended, so it is this round's */
        for (size_t i = 0; i < kit_named_count(&w); i++) {
            kit_named_file(&w, i, path);
            uint64_t n = strtoull(strrchr(path, '/') + 1, NULL, 10);
            if (n > number) number = n;
        }
        assert_true(number > highest + (round > 0)); /* the fold that failed has used one, too */
        highest = number;
    }
    kit_expect_rows(&w, 4);
    world_done(&w);
}
