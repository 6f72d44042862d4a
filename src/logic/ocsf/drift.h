/* What rows bring that the mappings do not know: tables, columns, values of the column that a table's rows are told apart by
 * (ActionType), words that no value table has, rows that do not fit the table they claim. Noted while rows are mapped: only what
 * is unknown costs anything. Bounded in names, lengths and memory.
 *
 * Use: hand it to a scratch (map_scratch_watch), say whose the rows are (drift_of), and after each row when it happened
 * (drift_row). Not for several threads at once. */
#ifndef LOGIC_OCSF_DRIFT_H
#define LOGIC_OCSF_DRIFT_H

#include <stdbool.h>
#include <stdint.h>

#include "kit/base/str.h"
#include "kit/base/wall.h"

enum drift_kind {
    DRIFT_TABLE,  /* "table": no mapping for this source */
    DRIFT_ACTION, /* "action": `name` is the column, `value` what no row of `choose` is for */
    DRIFT_COLUMN, /* "column" */
    DRIFT_VALUE,  /* "value": `value` of column `name` is in no table of the mapping */
    DRIFT_MISFIT, /* "row": does not fit its table; `value` says why */
    DRIFT_GONE,   /* "gone": a column that the feed had and has no more; told by ingest, not by rows */
    DRIFT_KIND_COUNT
};
const char *drift_kind_name(enum drift_kind k);
bool drift_kind_named(const char *name, enum drift_kind *out);

enum {
    DRIFT_NAME_BYTES = 96,
    DRIFT_VALUE_BYTES = 160,
    DRIFT_EXAMPLE_BYTES = 200,
    DRIFT_NAMES_MAX = 64, /* of one kind, feed and source; those beyond are counted together, under no name */
};
struct drift_found {
    int64_t feed;
    const char *source;
    enum drift_kind kind;
    char name[DRIFT_NAME_BYTES], value[DRIFT_VALUE_BYTES]; /* both empty: further ones, all together */
    char example[DRIFT_EXAMPLE_BYTES];                     /* of a column its value, else the row, both cut */
    uint64_t rows;
    struct wall since, last;
};

struct drift;
struct drift *drift_new(void); /* NULL: no memory */
void drift_free(struct drift *d);
/* The rows that come now are of this feed (0: of none) and source. */
void drift_of(struct drift *d, int64_t feed, struct str source);
/* Of the row in progress; the same thing counts once a row. */
void drift_note(struct drift *d, enum drift_kind kind, struct str name, struct str value, struct str example);
void drift_row(struct drift *d, struct wall at); /* the row is over */
/* There may not be room for all that one feed's rows can bring: take what there is, and begin a new one. */
bool drift_is_full(const struct drift *d);
size_t drift_count(const struct drift *d);
const struct drift_found *drift_at(const struct drift *d, size_t i);

/* As names, values and examples are kept: cut between characters, with blanks for control characters. */
void drift_text(struct str text, char *out, size_t out_bytes);

#endif
