/* What the log promises while nothing fails: rows come back in order, from several readers, over many segments. */
#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "log_kit.h"

static void rows_come_back_as_they_went(void **state)
{
    struct kit_disk d = kit_disk_new(1);
    struct log *l;
    struct err e = {0};
    uint64_t end;
    (void)state;
    assert_true(kit_open(&d, 0, SEGMENT_BYTES, &l, &e));
    struct log_batch *batches[] = {
        kit_batch(l, &(struct kit_rows){0, 1, 10, false}),
        kit_batch(l, &(struct kit_rows){1, 0, 10, false}), /* nobody had anything to say */
        kit_batch(l, &(struct kit_rows){1, 5000, 300, true}),
        kit_batch(l, &(struct kit_rows){5001, 1, 3 << 20, true}), /* longer than a frame */
        kit_batch(l, &(struct kit_rows){5002, 10, 200000, false}),
    };
    assert_true(log_append(l, batches, 5, &end, &e));
    assert_int_equal(end, log_end(l));
    kit_expect(l, 0, end, 0, 5012);
    for (size_t i = 0; i < 5; i++) log_batch_free(batches[i]);
    log_close(l);
    assert_true(kit_open(&d, end, SEGMENT_BYTES, &l, &e));
    kit_expect(l, 0, end, 0, 5012);
    log_close(l);
    fake_disk_free(d.disk);
}

static bool count_name(void *arg, const char *name, bool is_dir)
{
    (void)name, (void)is_dir;
    ++*(int *)arg;
    return true;
}

static int files_in(struct kit_disk *d, const char *dir)
{
    int count = 0;
    struct err e;
    assert_true(d->fs.ops->list(d->fs.ctx, dir, count_name, &count, &e));
    return count;
}

static void a_large_batch_waits_in_the_spool(void **state)
{
    struct kit_disk d = kit_disk_new(1);
    struct log *l;
    struct err e = {0};
    uint64_t end;
    (void)state;
    assert_true(kit_open(&d, 0, SEGMENT_BYTES, &l, &e));
    struct log_batch *b = kit_batch(l, &(struct kit_rows){0, 20000, 300, true});
    assert_true(b->staged.n <= STAGED_BYTES_MAX && b->spool_bytes > 2 * STAGED_BYTES_MAX);
    struct log_batch *small = kit_batch(l, &(struct kit_rows){20000, 3, 300, true});
    assert_int_equal(files_in(&d, KIT_SPOOL), 1);
    assert_true(log_append(l, (struct log_batch *[]){b, small}, 2, &end, &e));
    kit_expect(l, 0, end, 0, 20003);
    log_batch_free(small);
    log_batch_free(b);
    assert_int_equal(files_in(&d, KIT_SPOOL), 0);
    b = kit_batch(l, &(struct kit_rows){0, 20000, 300, true});
    fake_disk_restart(d.disk); /* the process dies and leaves its spool file */
    struct log *second;
    assert_true(kit_open(&d, end, SEGMENT_BYTES, &second, &e));
    assert_int_equal(files_in(&d, KIT_SPOOL), 0);
    kit_expect(second, 0, end, 0, 20003);
    log_batch_free(b);
    log_close(l);
    log_close(second);
    fake_disk_free(d.disk);
}

static void an_append_without_rows_changes_nothing(void **state)
{
    struct kit_disk d = kit_disk_new(1);
    struct log *l;
    struct err e = {0};
    uint64_t end = 99;
    (void)state;
    assert_true(kit_open(&d, 0, SEGMENT_BYTES, &l, &e));
    struct log_batch *b = kit_batch(l, &(struct kit_rows){0, 0, 10, false});
    uint64_t before = fake_disk_operations(d.disk);
    assert_true(log_append(l, &b, 1, &end, &e));
    assert_int_equal(end, 0);
    assert_int_equal(fake_disk_operations(d.disk), before);
    log_batch_free(b);
    log_close(l);
    fake_disk_free(d.disk);
}

static void a_row_over_the_limit_is_refused_alone(void **state)
{
    struct kit_disk d = kit_disk_new(1);
    struct log *l;
    struct err e = {0};
    uint64_t end;
    struct log_origin origin = {.source = "DeviceInfo", .feed_id = 7, .how = LOG_CATCH_UP};
    char *bytes = calloc(1, LOG_ROW_BYTES_MAX + 1);
    struct log_row row = {.bytes = {bytes, LOG_ROW_BYTES_MAX + 1}};
    (void)state;
    assert_true(kit_open(&d, 0, SEGMENT_BYTES, &l, &e));
    struct log_batch *b = log_batch_new(l, &origin);
    assert_false(log_batch_add(b, &row, &e));
    assert_ptr_equal(e.cause, &log_causes[LOG_ROW_TOO_LONG]);
    row.bytes.n--; /* the longest that is allowed */
    assert_true(log_batch_add(b, &row, &e));
    assert_true(log_batch_seal(b, &e));
    assert_true(log_append(l, &b, 1, &end, &e));
    log_batch_free(b);
    struct log_reader *r;
    struct log_frame f;
    bool has;
    assert_true(log_reader_new(l, 0, &r, &e));
    assert_true(log_reader_next(r, end, &f, &has, &e) && has);
    assert_int_equal(f.rows[0].bytes.n, LOG_ROW_BYTES_MAX);
    log_reader_free(r);
    log_close(l);
    free(bytes);
    fake_disk_free(d.disk);
}

static uint64_t fill_segments(struct log *l, uint64_t appends)
{
    struct err e = {0};
    uint64_t end = 0;
    for (uint64_t i = 0; i < appends; i++)
        if (!kit_append(l, &(struct kit_rows){i * 10, 10, 100, true}, &end, &e)) fail_msg("%s", e.text);
    return end;
}

static void a_chain_of_segments_reads_as_one(void **state)
{
    struct kit_disk d = kit_disk_new(1);
    struct log *l;
    struct err e = {0};
    (void)state;
    assert_true(kit_open(&d, 0, 4096, &l, &e));
    uint64_t end = fill_segments(l, 40);
    assert_true(l->segment_count > 4);
    kit_expect(l, 0, end, 0, 400);
    log_close(l);
    assert_true(kit_open(&d, end, 4096, &l, &e));
    kit_expect(l, 0, end, 0, 400);
    log_close(l);
    fake_disk_free(d.disk);
}

static void retention_drops_whole_old_consumed_segments(void **state)
{
    struct kit_disk d = kit_disk_new(1);
    struct log *l;
    struct err e = {0};
    uint64_t dropped;
    (void)state;
    assert_true(kit_open(&d, 0, 4096, &l, &e));
    uint64_t end = fill_segments(l, 40); /* append i came at second 10 i */
    uint64_t second = l->begins[1], third = l->begins[2];
    assert_true(log_retain(l, wall_from_ms(1000000000), 1000, second - 1, &dropped, &e));
    assert_int_equal(dropped, 0); /* not consumed */
    assert_true(log_retain(l, wall_from_ms(10000), 10000000, end, &dropped, &e));
    assert_int_equal(dropped, 0); /* not old */
    assert_true(log_retain(l, wall_from_ms(1000000000), 1000, third, &dropped, &e));
    assert_int_equal(dropped, third);
    assert_int_equal(log_begin(l), third);
    struct log_reader *r;
    assert_false(log_reader_new(l, 0, &r, &e));
    assert_ptr_equal(e.cause, &log_causes[LOG_CORRUPT]);
    assert_true(log_retain(l, wall_from_ms(1000000000), 1000, end, &dropped, &e));
    assert_int_equal(l->segment_count, 1); /* the newest stays */
    log_close(l);
    assert_true(kit_open(&d, end, 4096, &l, &e));
    log_close(l);
    fake_disk_free(d.disk);
}

struct tail_reader {
    struct log *log;
    uint64_t rows;
    bool failed;
};

static void *read_along(void *arg)
{
    struct tail_reader *t = arg;
    struct log_reader *r;
    struct log_frame f;
    struct err e;
    bool has;
    t->failed = !log_reader_new(t->log, 0, &r, &e);
    while (!t->failed && t->rows < 2000) {
        t->failed = !log_reader_next(r, log_end(t->log), &f, &has, &e);
        if (!t->failed && has) t->rows += f.row_count;
    }
    if (!t->failed) log_reader_free(r);
    return NULL;
}

static void two_readers_follow_an_appender(void **state)
{
    struct kit_disk d = kit_disk_new(1);
    struct log *l;
    struct err e = {0};
    pthread_t threads[2];
    struct tail_reader readers[2];
    (void)state;
    assert_true(kit_open(&d, 0, 4096, &l, &e));
    for (int i = 0; i < 2; i++) {
        readers[i] = (struct tail_reader){.log = l};
        assert_int_equal(pthread_create(&threads[i], NULL, read_along, &readers[i]), 0);
    }
    fill_segments(l, 200);
    for (int i = 0; i < 2; i++) {
        (void)pthread_join(threads[i], NULL);
        assert_false(readers[i].failed);
        assert_int_equal(readers[i].rows, 2000);
    }
    log_close(l);
    fake_disk_free(d.disk);
}

static void every_cause_has_a_remedy(void **state)
{
    (void)state;
    for (int i = 0; i < LOG_CAUSE_COUNT; i++) {
        assert_true(str_starts(str_of(log_causes[i].code), STR("log.")));
        assert_non_null(log_causes[i].remedy);
    }
    assert_string_equal(log_how_name(LOG_LOOK_BACK), "look-back");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_come_back_as_they_went),
        cmocka_unit_test(a_large_batch_waits_in_the_spool),
        cmocka_unit_test(an_append_without_rows_changes_nothing),
        cmocka_unit_test(a_row_over_the_limit_is_refused_alone),
        cmocka_unit_test(a_chain_of_segments_reads_as_one),
        cmocka_unit_test(retention_drops_whole_old_consumed_segments),
        cmocka_unit_test(two_readers_follow_an_appender),
        cmocka_unit_test(every_cause_has_a_remedy),
        cmocka_unit_test(an_unnamed_append_never_was),
        cmocka_unit_test(a_cut_forgets_the_last_append),
        cmocka_unit_test(damage_anywhere_is_found_and_named),
        cmocka_unit_test(damage_in_an_old_segment_is_found_by_its_reader),
        cmocka_unit_test(missing_bytes_are_found_and_named),
        cmocka_unit_test(an_end_inside_a_frame_is_refused),
        cmocka_unit_test(a_full_disk_costs_one_append),
        cmocka_unit_test(a_failed_sync_makes_the_log_read_only),
        cmocka_unit_test(a_read_only_folder_is_told),
        cmocka_unit_test(power_may_go_at_any_operation),
        cmocka_unit_test(power_may_go_while_old_segments_go),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
