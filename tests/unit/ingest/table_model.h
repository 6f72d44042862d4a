/* A hunting table as the feed's mind sees it: rows with a time and an hour at which they become visible. Answers questions
 * (struct feed_fetch) and keeps what "we" hold, so that a test can play the other side and the store at once. */
#ifndef TESTS_INGEST_TABLE_MODEL_H
#define TESTS_INGEST_TABLE_MODEL_H

#include "flow/ingest/feed/facts.h"
#include "kit/sys/random.h"

struct model_row {
    int64_t at, visible; /* ticks */
    uint32_t id;         /* equal ids at one time: byte-equal rows */
    uint32_t columns[SPLIT_COLUMNS_MAX];
    bool is_held;     /* this one or its byte-equal twin */
    bool is_withheld; /* counted, never given */
};
struct table_model {
    struct model_row *rows; /* in order of at, id once sorted */
    size_t count, cap;
    uint32_t row_bytes;
    uint64_t row_cap, byte_cap; /* silent */
    struct rng rng;
    double cut_chance; /* of an answer of rows: cut silently at any place */
    double fail_chance;
    double repeat_chance; /* of an answer of a shard: the answer before it once more */
    struct feed_page repeated;
    uint64_t max_answer_bytes; /* over it: FAIL_LARGE; 0: never */
    int64_t surplus_first;     /* bin of surplus[0] */
    int64_t *surplus, *held;
    size_t bins;
    uint64_t questions, fresh, again;
    unsigned lost; /* bits: split columns that the table does not have */
};
void model_init(struct table_model *m, struct wall begin, struct wall end, uint64_t seed);
void model_done(struct table_model *m);
void model_add(struct table_model *m, int64_t at, int64_t visible, uint32_t id);
void model_sort(struct table_model *m);
/* Runs the feed until it is idle; a failed question is asked again. Returns the questions asked, or gives up at `max`. */
uint64_t model_run(struct table_model *m, struct feed *f, struct wall now, uint64_t max);
size_t model_missing(const struct table_model *m, struct wall before); /* rows visible and not held */

#endif
