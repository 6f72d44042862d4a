/* What ingest's readers need to run within a fuzz target: store and log on a disk in memory, all mappings, work done at once.
 * Nothing is committed, so one input leaves nothing to the next. */
#ifndef TESTS_FUZZ_INGEST_KIT_H
#define TESTS_FUZZ_INGEST_KIT_H

#include "flow/ingest/page/page.h"

#define KIT_TENANT "11111111-1111-4111-8111-111111111111"
void kit_open(void); /* once; again: nothing */
struct runtime kit_runtime(void);
/* A job of the tenant's feed `row`, to be completed by `fetch`. */
void kit_job(struct page_job *j, const struct feed_row *row);
/* A complete answer, as the network would bring it in pieces. */
struct transfer *kit_receive(struct str bytes, bool is_gzip, struct transfer_end *end_out);
/* What holds of any job that has ended; frees what it staged. */
void kit_check_end(struct page_job *j);

#endif
