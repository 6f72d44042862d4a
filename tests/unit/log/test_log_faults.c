/* What the log promises when something fails: restart, damage, full and failing disks, power cuts. */
#include <inttypes.h>
#include <string.h>

#include "kit/sys/causes.h"
#include "log_kit.h"

static const char *const first_segment = KIT_DIR "/00000000000000000000.seg";

/* A log of three appends of ten rows; ends_out[i] is the end after append i. */
static struct log *three_appends(struct kit_disk *d, uint64_t segment_bytes, uint64_t ends_out[3])
{
    struct log *l;
    struct err e = {0};
    assert_true(kit_open(d, 0, segment_bytes, &l, &e));
    for (uint64_t i = 0; i < 3; i++)
        assert_true(kit_append(l, &(struct kit_rows){i * 10, 10, 100, true}, &ends_out[i], &e));
    return l;
}

void an_unnamed_append_never_was(void **state)
{
    (void)state;
    for (uint64_t segment_bytes = 1; segment_bytes < 100000;
         segment_bytes += 99998) { /* one frame each, then all in one */
        struct kit_disk d = kit_disk_new(1);
        struct err e = {0};
        uint64_t ends[3], end;
        struct log *l = three_appends(&d, segment_bytes, ends);
        log_close(l);
        assert_true(kit_open(&d, ends[1], segment_bytes, &l, &e));
        assert_int_equal(log_end(l), ends[1]);
        kit_expect(l, 0, ends[1], 0, 20);
        assert_true(kit_append(l, &(struct kit_rows){20, 3, 50, false}, &end, &e)); /* shorter than what was there */
        kit_expect(l, ends[1], end, 20, 3);
        log_close(l);
        assert_true(kit_open(&d, end, segment_bytes, &l, &e));
        kit_expect(l, 0, end, 0, 23);
        log_close(l);
        assert_true(kit_open(&d, 0, segment_bytes, &l, &e)); /* nothing named at all */
        assert_int_equal(log_begin(l), 0);
        log_close(l);
        fake_disk_free(d.disk);
    }
}

void a_cut_forgets_the_last_append(void **state)
{
    struct kit_disk d = kit_disk_new(1);
    struct err e = {0};
    uint64_t ends[3], end;
    struct log *l = three_appends(&d, 1, ends);
    (void)state;
    assert_false(log_cut(l, ends[2] + 1, &e));
    assert_ptr_equal(e.cause, &log_causes[LOG_CORRUPT]);
    assert_true(log_cut(l, ends[0], &e));
    assert_int_equal(log_end(l), ends[0]);
    assert_true(kit_append(l, &(struct kit_rows){10, 2, 10, false}, &end, &e));
    kit_expect(l, 0, end, 0, 12);
    log_close(l);
    fake_disk_free(d.disk);
}

static void expect_corrupt(const struct err *e, const char *segment)
{
    assert_ptr_equal(e->cause, &log_causes[LOG_CORRUPT]);
    if (strstr(e->text, segment) == NULL) fail_msg("does not name %s: %s", segment, e->text);
}

void damage_anywhere_is_found_and_named(void **state)
{
    struct kit_disk d = kit_disk_new(1);
    struct err e = {0};
    uint64_t ends[3];
    struct log *l = three_appends(&d, SEGMENT_BYTES, ends);
    (void)state;
    log_close(l);
    for (uint64_t at = 0; at < ends[2]; at++) {
        char place[64];
        assert_true(fake_disk_damage(d.disk, first_segment, at));
        assert_false(kit_open(&d, ends[2], SEGMENT_BYTES, &l, &e));
        expect_corrupt(&e, first_segment);
        uint64_t frame = at < ends[0] ? 0 : at < ends[1] ? ends[0] : ends[1];
        (void)snprintf(place, sizeof place, "at byte %" PRIu64 ":", frame);
        assert_non_null(strstr(e.text, place));
        assert_true(fake_disk_damage(d.disk, first_segment, at)); /* a second time: whole again */
    }
    assert_true(kit_open(&d, ends[2], SEGMENT_BYTES, &l, &e));
    kit_expect(l, 0, ends[2], 0, 30);
    log_close(l);
    fake_disk_free(d.disk);
}

void damage_in_an_old_segment_is_found_by_its_reader(void **state)
{
    struct kit_disk d = kit_disk_new(1);
    struct err e = {0};
    uint64_t ends[3];
    struct log *l = three_appends(&d, 1, ends);
    struct log_reader *r;
    struct log_frame f;
    bool has;
    (void)state;
    log_close(l);
    assert_true(fake_disk_damage(d.disk, first_segment, FRAME_HEADER_BYTES + 5));
    assert_true(kit_open(&d, ends[2], 1, &l, &e));
    assert_true(log_reader_new(l, 0, &r, &e));
    assert_false(log_reader_next(r, ends[2], &f, &has, &e));
    expect_corrupt(&e, first_segment);
    assert_false(log_reader_next(r, ends[2], &f, &has, &e)); /* and it does not step over it */
    log_reader_free(r);
    kit_expect(l, ends[0], ends[2], 10, 20);
    log_close(l);
    fake_disk_free(d.disk);
}

static void shorten(struct kit_disk *d, const char *path, uint64_t bytes)
{
    struct fs_file *f;
    struct err e;
    assert_true(d->fs.ops->open(d->fs.ctx, path, FS_WRITE, &f, &e));
    assert_true(d->fs.ops->truncate(d->fs.ctx, f, bytes, &e));
    d->fs.ops->close(d->fs.ctx, f);
}

void missing_bytes_are_found_and_named(void **state)
{
    struct kit_disk d = kit_disk_new(1);
    struct err e = {0};
    uint64_t ends[3];
    char middle[128], last[128];
    struct log *l = three_appends(&d, 1, ends);
    (void)state;
    log_close(l);
    (void)snprintf(middle, sizeof middle, "%s/%020" PRIu64 ".seg", KIT_DIR, ends[0]);
    (void)snprintf(last, sizeof last, "%s/%020" PRIu64 ".seg", KIT_DIR, ends[1]);
    shorten(&d, last, ends[2] - ends[1] - 1);
    assert_false(kit_open(&d, ends[2], 1, &l, &e));
    expect_corrupt(&e, last);
    assert_true(kit_open(&d, ends[1], 1, &l, &e)); /* what is missing was never named */
    log_close(l);
    assert_true(d.fs.ops->remove(d.fs.ctx, middle, &e));
    assert_false(kit_open(&d, ends[1], 1, &l, &e));
    expect_corrupt(&e, first_segment); /* the chain breaks behind it */
    assert_true(d.fs.ops->remove(d.fs.ctx, first_segment, &e));
    assert_false(kit_open(&d, ends[0], 1, &l, &e));
    expect_corrupt(&e, KIT_DIR);
    fake_disk_free(d.disk);
}

void an_end_inside_a_frame_is_refused(void **state)
{
    struct kit_disk d = kit_disk_new(1);
    struct err e = {0};
    uint64_t ends[3];
    struct log *l = three_appends(&d, SEGMENT_BYTES, ends);
    (void)state;
    log_close(l);
    assert_false(kit_open(&d, ends[2] - 1, SEGMENT_BYTES, &l, &e));
    expect_corrupt(&e, first_segment);
    fake_disk_free(d.disk);
}

void a_full_disk_costs_one_append(void **state)
{
    struct kit_disk d = kit_disk_new(1);
    struct err e = {0};
    uint64_t ends[3], end;
    struct log *l = three_appends(&d, 4096, ends);
    (void)state;
    fake_disk_set_capacity(d.disk, ends[2] + 5000);
    assert_false(kit_append(l, &(struct kit_rows){30, 100, 300, true}, &end, &e));
    assert_ptr_equal(e.cause, &sys_causes[SYS_DISK_FULL]);
    assert_int_equal(log_end(l), ends[2]);
    assert_true(kit_append(l, &(struct kit_rows){30, 10, 100, true}, &end, &e)); /* what fits goes */
    fake_disk_set_capacity(d.disk, 0);
    assert_true(kit_append(l, &(struct kit_rows){40, 100, 300, true}, &end, &e));
    kit_expect(l, 0, end, 0, 140);
    log_close(l);
    fake_disk_free(d.disk);
}

void a_failed_sync_makes_the_log_read_only(void **state)
{
    struct kit_disk d = kit_disk_new(1);
    struct err e = {0};
    uint64_t ends[3], end;
    struct log *l = three_appends(&d, SEGMENT_BYTES, ends);
    (void)state;
    fake_disk_fail_at(d.disk, 2, FAKE_IO); /* write, sync */
    assert_false(kit_append(l, &(struct kit_rows){30, 10, 100, true}, &end, &e));
    assert_ptr_equal(e.cause, &sys_causes[SYS_IO]);
    assert_non_null(strstr(e.text, "read-only from now on"));
    assert_false(kit_append(l, &(struct kit_rows){30, 10, 100, true}, &end, &e));
    assert_ptr_equal(e.cause, &log_causes[LOG_READ_ONLY]);
    assert_false(log_cut(l, ends[2], &e));
    assert_ptr_equal(e.cause, &log_causes[LOG_READ_ONLY]);
    kit_expect(l, 0, ends[2], 0, 30); /* reading goes on */
    log_close(l);
    assert_true(kit_open(&d, ends[2], SEGMENT_BYTES, &l, &e));
    assert_true(kit_append(l, &(struct kit_rows){30, 10, 100, true}, &end, &e));
    log_close(l);
    fake_disk_restart(d.disk);
    assert_true(kit_open(&d, end, SEGMENT_BYTES, &l, &e));
    kit_expect(l, 0, end, 0, 40);
    log_close(l);
    fake_disk_free(d.disk);
}

void a_read_only_folder_is_told(void **state)
{
    struct kit_disk d = kit_disk_new(1);
    struct log *l;
    struct err e = {0};
    (void)state;
    fake_disk_set_read_only(d.disk, true);
    assert_false(kit_open(&d, 0, SEGMENT_BYTES, &l, &e));
    assert_ptr_equal(e.cause, &sys_causes[SYS_READ_ONLY]);
    fake_disk_free(d.disk);
}

/* ---- power cuts ------------------------------------------------------------------------------------------------------ */

/* The part of the store is played by *named: it moves only when an append has succeeded. True: all 12 appends are in. */
static bool append_all(struct kit_disk *d, uint64_t *named, uint64_t *done)
{
    struct log *l;
    struct err e = {0};
    if (!kit_open(d, *named, 1500, &l, &e)) {
        if (e.cause == &log_causes[LOG_CORRUPT]) fail_msg("%s", e.text);
        return false;
    }
    bool ok = true;
    while (ok && *done < 12) {
        ok = kit_append(l, &(struct kit_rows){*done * 10, 10, 100, true}, named, &e);
        if (ok) ++*done;
    }
    log_close(l);
    return ok;
}

static void check_whole(struct kit_disk *d, uint64_t named, uint64_t appends)
{
    struct log *l;
    struct err e = {0};
    if (!kit_open(d, named, 1500, &l, &e)) fail_msg("%s", e.text);
    kit_expect(l, 0, named, 0, appends * 10);
    log_close(l);
}

/* The power goes at operation nth; a second time soon after it is back; then the work is finished. */
static bool cut_at(uint64_t nth, uint64_t seed)
{
    struct kit_disk d = kit_disk_new(seed * 1000003 + nth);
    uint64_t named = 0, done = 0;
    fake_disk_fail_at(d.disk, nth, FAKE_POWER);
    bool finished = append_all(&d, &named, &done);
    fake_disk_restart(d.disk);
    check_whole(&d, named, done);
    fake_disk_fail_at(d.disk, 1 + (nth * 7 + seed) % 23, FAKE_POWER);
    (void)append_all(&d, &named, &done);
    fake_disk_restart(d.disk);
    assert_true(append_all(&d, &named, &done));
    fake_disk_restart(d.disk);
    check_whole(&d, named, 12);
    fake_disk_free(d.disk);
    return finished;
}

void power_may_go_at_any_operation(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        uint64_t nth = 1;
        while (!cut_at(nth, seed)) nth++;
        assert_true(nth > 40);
    }
}

void power_may_go_while_old_segments_go(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        bool finished = false;
        for (uint64_t nth = 1; !finished; nth++) {
            struct kit_disk d = kit_disk_new(seed * 7919 + nth);
            struct log *l;
            struct err e = {0};
            uint64_t named = 0, done = 0, dropped;
            assert_true(append_all(&d, &named, &done));
            assert_true(kit_open(&d, named, 1500, &l, &e));
            fake_disk_fail_at(d.disk, nth, FAKE_POWER);
            finished = log_retain(l, wall_from_ms(1000000000), 1, named, &dropped, &e);
            log_close(l);
            fake_disk_restart(d.disk);
            if (!kit_open(&d, named, 1500, &l, &e)) fail_msg("%s", e.text);
            uint64_t begin = log_begin(l);
            struct log_reader *r;
            struct log_frame f;
            bool has;
            assert_true(log_reader_new(l, begin, &r, &e));
            assert_true(log_reader_next(r, named, &f, &has, &e) && has);
            log_reader_free(r);
            log_close(l);
            fake_disk_free(d.disk);
        }
    }
}
