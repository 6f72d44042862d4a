/* What the tests of the lake share, over the world of lake_kit.h. */
#ifndef TESTS_UNIT_SINK_KIT_H
#define TESTS_UNIT_SINK_KIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "kit/sys/causes.h"
#include "lake_kit.h"

extern const struct ocsf *kit_ocsf;
extern struct map_scratch *kit_scratch;

void kit_world(struct world *w); /* made and opened, in place: what is open borrows its clock */
void kit_reopen(struct world *w);
void kit_append_rows(struct world *w, uint64_t first, uint64_t count); /* committed: the store names the end */
/* One row as it is, committed. */
void kit_append_text(struct world *w, const char *tenant_id, const char *source, struct str text);
struct lake_fold_result kit_fold(struct world *w); /* forced, until nothing is left; the sum */
/* The lake has exactly rows 0 … count - 1. */
void kit_expect_rows(struct world *w, uint64_t count);
void kit_put_file(struct world *w, const char *path, const char *text);
/* The path of some named file, the nth, below the lake. */
void kit_named_file(struct world *w, size_t nth, char out[256]);
size_t kit_named_count(struct world *w);

/* test_sink_faults.c */
void a_lake_of_another_store_is_refused(void **state);
void a_lake_without_id_but_with_events_is_refused(void **state);
void unnamed_files_are_put_aside_and_kept(void **state);
void a_missing_or_shorter_file_is_named(void **state);
void a_full_disk_costs_one_fold(void **state);
void a_read_only_folder_is_told(void **state);
void a_damaged_log_is_told(void **state);
void numbers_are_never_used_twice(void **state);

#endif
