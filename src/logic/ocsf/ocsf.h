/* Defender JSON to OCSF events: mapping files become plans (control path), rows become events (hot path), a checker says
 * whether an event obeys the schema. Pure: no files, no clock; app hands in bytes and times.
 *
 * An `ocsf` does not change once made and may be shared by threads; each thread brings its own `map_scratch`. */
#ifndef LOGIC_OCSF_OCSF_H
#define LOGIC_OCSF_OCSF_H

#include <stdbool.h>
#include <stdint.h>

#include "kit/base/err.h"
#include "kit/base/hash.h"
#include "kit/base/str.h"
#include "kit/base/wall.h"
#include "kit/json/json.h"

struct ocsf;
struct plan; /* one source's mapping, compiled */

struct ocsf_mapping_file {
    const char *name; /* for messages: "mappings/DeviceProcessEvents.yaml" */
    struct str bytes;
};
struct ocsf_opts {
    const char *version;                       /* "1.8.0" (NULL: this) or "1.3.0" */
    const char *classes;                       /* "mission" (NULL: this) or "best-fit" */
    const struct ocsf_mapping_file *overrides; /* a user's files; same `source:` replaces the built-in one */
    size_t override_count;
    bool raw_data;            /* add the row itself as raw_data */
    unsigned observables_max; /* of one event; 0: OCSF_OBSERVABLES */
    bool is_general;          /* without the fast form of plans: for tests, which hold the two against each other */
};
enum { OCSF_OBSERVABLES = 128, OCSF_ROW_SLACK = 128 };
/* Compiles the overrides; built-in mappings (embedded at build time from mappings/) are compiled when they are first asked for, unless
 * the overrides have fragments, which any of them may use. Nothing of `o` is borrowed.
 * Errors: OCSF_BAD_MAPPING with "file:line:column: what"; OCSF_NO_VERSION. */
bool ocsf_new(const struct ocsf_opts *o, struct ocsf **out, struct err *e);
/* All that are not yet. Errors: as ocsf_new. */
bool ocsf_compile_all(const struct ocsf *o, struct err *e);
/* Shared: each who keeps it has a reference, ocsf_free gives one back, the last one's ends it. Any thread. */
const struct ocsf *ocsf_ref(const struct ocsf *o);
void ocsf_free(const struct ocsf *o); /* accepts NULL */
/* By source name: a hunting table ("DeviceInfo"), or "alerts_v2", "incidents", "alerts_endpoint", "alerts_siem", "incidents_xdr",
 * "machines", "machine_actions". NULL: no mapping (its rows become base events through plan_base). Any case. */
const struct plan *ocsf_plan(const struct ocsf *o, struct str source);
const struct plan *ocsf_plan_base(const struct ocsf *o);
const char *plan_source(const struct plan *p);
bool plan_is_of_nothing(const struct plan *p); /* ocsf_plan_base */
/* Letter case ignored: does the mapping know the column; is it part of what makes a row itself? */
bool plan_knows(const struct plan *p, struct str column);
bool plan_identifies(const struct plan *p, struct str column);

/* What rows of a source become: all (`word` empty), those with a word in column `by`, those with any other ("*"). */
struct ocsf_class {
    const char *source;
    struct str by, word;
    uint32_t class_uid;
    struct str class_name;
    int64_t activity_id;
    struct str activity; /* p == NULL: the row's word */
    bool is_conditional; /* another condition must hold besides */
};
/* After ocsf_compile_all. In order of sources and words; what is told is borrowed for the call. */
void ocsf_classes(const struct ocsf *o, void (*each)(void *ctx, const struct ocsf_class *c), void *ctx);

/* A column that the mapping knows and has no place for, and why ("": not said). */
struct ocsf_homeless {
    const char *column, *reason;
};
size_t plan_homeless(const struct plan *p, const struct ocsf_homeless **out);

/* The built-in files, fragments ("common/…") included: NULL behind the last. */
const struct ocsf_mapping_file *ocsf_builtin(size_t i);

struct ocsf_example {
    const char *name, *version, *classes;
    struct str row;      /* JSON */
    const char *failure; /* NULL: as expected; else what is different, or what ocsf_check found */
};
/* Runs the `examples:` of one mapping file (a built-in one, or a user's beside `o`'s overrides), each with both versions
 * unless it names one; one with `by` and `events` counts once for each of these. Errors: as ocsf_new. */
bool ocsf_examples(const struct ocsf_opts *o, const struct ocsf_mapping_file *file,
                   void (*each)(void *ctx, const struct ocsf_example *example), void *ctx, struct err *e);

/* ---- what ingest needs of a row ------------------------------------------------------------------------------------- */
struct
    map_scratch; /* per thread: slots, arena, output pieces, what has been learned of plans; these must live as long */
struct map_scratch *map_scratch_new(void);
void map_scratch_free(struct map_scratch *s);
struct drift;
/* Rows mapped with this scratch note there what is unknown about them (see drift.h); NULL: they do not. */
void map_scratch_watch(struct map_scratch *s, struct drift *d);

struct row_facts {
    struct hash128 identity; /* by the mapping's `identity:`, tenant and source included; metadata.uid is its hex */
    struct wall time;        /* by the mapping's `cursor:`, the first column that holds one */
    bool has_time;           /* false: absent or not a time */
    struct str object_id;    /* of alerts, incidents, machines; borrowed from the row; empty for events */
};
/* `row` must be one JSON object that has passed json_check. `source` names the table when `p` is the base plan. */
void plan_facts(const struct plan *p, struct map_scratch *s, struct str tenant_id, struct str source, struct str row,
                struct row_facts *out);

/* ---- row to events --------------------------------------------------------------------------------------------------- */
struct map_event {
    struct str json; /* one line without its end; borrowed from the scratch until the next call */
    uint32_t class_uid;
    int64_t time_ms;
};
struct map_input {
    struct str tenant_id;
    struct str source;     /* as the row claims it; used for base events and log_name */
    struct str row;        /* one checked JSON object */
    bool has_slack;        /* OCSF_ROW_SLACK bytes behind the row may be read, whatever they are; else it is copied */
    struct wall processed; /* metadata.processed_time; 0: left out, so that output is reproducible */
    struct str
        sent; /* the envelope's time as it stands: `@received`, the time of rows that hold none; if it is one, else */
    struct wall received; /* this; 0: not known, `processed` then */
};
/* Gives at least one event (today always one). A row that does not fit the plan becomes a base event (class 0) with everything kept.
 * false only when the row is over the output bound (ERR_LIMIT). */
bool plan_map(const struct plan *p, const struct ocsf *o, struct map_scratch *s, const struct map_input *in,
              const struct map_event **events_out, size_t *count_out, struct err *e);

/* ---- any of Defender's shapes, found out by itself ---------------------------------------------------------------------
 * Feed documents as bytes: the streaming envelope {"records":[…]} and its lines, hunting answers in both spellings, bare
 * rows (with `table`), alerts and incidents of Graph and of the older APIs, machines, machine actions: one, a collection or
 * a bare array, in any mixture, and arrays of such documents. */
struct ocsf_stream;
struct ocsf_stream_stats {
    uint64_t in, mapped, base, dead, events, bytes_in, bytes_out; /* in = mapped + base + dead */
};
struct ocsf_stream_opts {
    const struct ocsf *ocsf;
    const char *table;    /* of bare rows; NULL: none */
    struct wall received; /* of rows that hold no time, nor the envelope around them; 0: not known */
    struct drift *drift;  /* what is unknown is noted there, under its source; NULL: nowhere */
    void *ctx;
    bool (*on_event)(void *ctx, const struct map_event *event); /* false: stop */
    /* Instead of on_event, sparing a copy: where the next event is to be appended, with a line end. NULL: stop. */
    struct buf *(*lines)(void *ctx);
    /* NDJSON text of one dead letter: {"reason","file","byte","line","record"} without its line end. */
    void (*on_dead)(void *ctx, struct str dead_letter);
    int lane;      /* for tests: as in json_split_opts; all lanes give the same */
    size_t window; /* likewise */
};
struct ocsf_stream *ocsf_stream_new(const struct ocsf_stream_opts *o);
void ocsf_stream_file(struct ocsf_stream *s, const char *name); /* a new input begins (ends the one before) */
void ocsf_stream_feed(struct ocsf_stream *s, const void *p, size_t n);
void ocsf_stream_end(struct ocsf_stream *s);
const struct ocsf_stream_stats *ocsf_stream_stats(const struct ocsf_stream *s);
void ocsf_stream_free(struct ocsf_stream *s);

/* Where it stands between two records: another stream can go on there (so that blocks of one input are mapped at once). */
struct ocsf_stream_state {
    struct json_split_state split;
    const void *around;
};
/* False: in the midst of a record or worse; then `beginning` is what there is of an element of a list. */
bool ocsf_stream_state(const struct ocsf_stream *s, struct ocsf_stream_state *out, struct str *beginning);
/* Drops what is in progress, without a word, and goes on there, in the file of this name. */
void ocsf_stream_resume(struct ocsf_stream *s, const struct ocsf_stream_state *from, const char *file);

/* A streaming record by itself: what table it is of, whose, and the row. */
struct ocsf_envelope {
    struct str table, tenant_id, row; /* borrowed from the record; a table is what `category` names behind its prefix */
};
/* False: it is none. `record` must have passed json_check. */
bool ocsf_envelope(struct str record, struct ocsf_envelope *out);
/* The records of a message {"records": [...]}, as an object within an array may be one. False: it is none. */
bool ocsf_message(struct str object, struct str *records_out);

/* ---- checker: the rules of the official validator, regex and caption mismatch counting as errors ------------------------- */
struct ocsf_finding {
    bool is_error; /* else a warning (deprecated things) */
    const char
        *rule; /* "required", "unknown_attribute", "type", "enum", "caption", "regex", "range", "constraint", … */
    const char *path; /* "actor.process.pid" */
    const char *text;
};
/* Checks one event (any JSON text). Calls `each` per finding; returns the number of errors. `version` NULL: 1.8.0. */
size_t ocsf_check(const char *version, struct str event, void (*each)(void *ctx, const struct ocsf_finding *f),
                  void *ctx);

enum { OCSF_BAD_MAPPING, OCSF_NO_VERSION, OCSF_ROW_TOO_LARGE, OCSF_CAUSE_COUNT };
extern const struct cause ocsf_causes[];

#endif
