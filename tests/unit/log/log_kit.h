/* What the tests of the log share: rows that tell what they are, and a log over a fake disk. */
#ifndef TESTS_UNIT_LOG_KIT_H
#define TESTS_UNIT_LOG_KIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fake_disk.h"
#include "state/log/journal_int.h"

#define KIT_DIR "/d/log"
#define KIT_SPOOL "/d/spool"

struct kit_disk {
    struct fake_disk *disk;
    struct fs fs;
};
struct kit_disk kit_disk_new(uint64_t seed); /* with a durable folder /d */

bool kit_open(struct kit_disk *d, uint64_t named_end, uint64_t segment_bytes, struct log **out, struct err *e);
/* Row number i: its bytes say so; `bytes` long at least; hard to compress when `noisy`. */
struct kit_rows {
    uint64_t first, count;
    size_t bytes;
    bool noisy;
};
struct log_batch *kit_batch(struct log *l, const struct kit_rows *rows);                    /* sealed; asserts */
struct log_batch *kit_try_batch(struct log *l, const struct kit_rows *rows, struct err *e); /* NULL on failure */
bool kit_append(struct log *l, const struct kit_rows *rows, uint64_t *end_out, struct err *e);
/* Reads [from, limit) and asserts it holds rows first … first + count - 1 in order. */
void kit_expect(struct log *l, uint64_t from, uint64_t limit, uint64_t first, uint64_t count);

/* test_log_faults.c */
void an_unnamed_append_never_was(void **state);
void a_cut_forgets_the_last_append(void **state);
void damage_anywhere_is_found_and_named(void **state);
void damage_in_an_old_segment_is_found_by_its_reader(void **state);
void missing_bytes_are_found_and_named(void **state);
void an_end_inside_a_frame_is_refused(void **state);
void a_full_disk_costs_one_append(void **state);
void a_failed_sync_makes_the_log_read_only(void **state);
void a_read_only_folder_is_told(void **state);
void power_may_go_at_any_operation(void **state);
void power_may_go_while_old_segments_go(void **state);

#endif
