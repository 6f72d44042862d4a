/* JSON: full RFC 8259 grammar, checked (UTF-8, escapes, numbers, control characters, nesting), in three readings:
 *
 *   json_check    is this text one valid value, and where does it end or break
 *   json_parse    small documents: a tree in an arena (control path)
 *   json_split    a stream of any size, fed in pieces: hands out whole records, never holds the document
 *   json_cursor   members of one checked object or array, as slices, without a tree (hot path)
 *
 * and one writer. Slices are borrowed from the input. Duplicate keys: the last one wins in the tree; cursors show all.
 * Depth is bounded by JSON_DEPTH_MAX. Numbers stay text until asked for: 18-digit ids never pass through a double. */
#ifndef KIT_JSON_JSON_H
#define KIT_JSON_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kit/base/arena.h"
#include "kit/base/err.h"
#include "kit/base/str.h"

enum { JSON_DEPTH_MAX = 128 };

enum json_type { JSON_NULL, JSON_FALSE, JSON_TRUE, JSON_NUMBER, JSON_STRING, JSON_ARRAY, JSON_OBJECT };

/* What is wrong, and where. */
struct json_fault {
    const char *what; /* static: "unterminated string", "control character in string", "trailing comma" ... */
    uint64_t byte;    /* offset in the text or stream */
    uint64_t line;    /* 1-based */
};

/* Is `text` exactly one value, blanks around it allowed? */
bool json_check(struct str text, struct json_fault *fault_out);

/* ---- tree ------------------------------------------------------------------------------------------------------- */
struct json {
    enum json_type type;
    struct str text;             /* STRING: unescaped; NUMBER: as written */
    struct str raw;              /* the value as it stood in the input */
    struct json_member *members; /* OBJECT, in input order */
    struct json *items;          /* ARRAY */
    size_t count;
};
struct json_member {
    struct str key; /* unescaped */
    struct json value;
};

/* The tree lives in `a` and borrows from `text`. Errors: JSON_BAD (see fault, also told in the text), BASE_NO_MEMORY. */
const struct json *json_parse(struct arena *a, struct str text, struct err *e);
/* Lookups accept NULL and wrong types, and answer NULL or the fallback. */
const struct json *json_get(const struct json *object, const char *key);
const struct json *json_get_nocase(const struct json *object, const char *key);
const struct json *json_path(const struct json *v, const char *dotted); /* "error.innerError.date" */
struct str json_str(const struct json *v, struct str fallback);         /* STRING or NUMBER text */
int64_t json_i64(const struct json *v, int64_t fallback);               /* NUMBER or a STRING of digits */
bool json_bool(const struct json *v, bool fallback);

extern const struct cause json_causes[];
enum { JSON_BAD, JSON_CAUSE_COUNT };

/* ---- cursor: members of a value already checked ------------------------------------------------------------------- */
struct json_cursor {
    const char *p, *end;
    bool is_object;
    bool started;
};
struct json_slice {
    enum json_type type;
    struct str key;   /* between the quotes, still escaped; empty in arrays */
    struct str value; /* as it stands: strings with their quotes */
};
/* `value` must have passed json_check (or come from json_split or a tree's raw). */
bool json_cursor_open(struct json_cursor *c, struct str value); /* false: neither object nor array */
bool json_cursor_next(struct json_cursor *c, struct json_slice *out);
/* Behind the value that begins at p, in text that has been checked. */
const char *json_value_end(const char *p, const char *end);
/* Text of a string slice with its quotes: borrowed when it has no escapes, else unescaped into `a`. */
struct str json_unescape(struct arena *a, struct str quoted);
enum json_type json_type_of(struct str value); /* by its first byte */

/* ---- stream --------------------------------------------------------------------------------------------------------
 * Feed bytes as they come. Each record is a slice of the window, valid during the callback only. A record is a top-level
 * value; if that is an array, its elements; if that is an object in which a member named in `lists` (exact, at depth one)
 * holds an array, that array's elements. Everything else of such an object is the envelope: its members (outside the
 * listed arrays) are handed to `on_envelope` one by one, when they end. Values may span lines; values of one stream
 * follow one another with or without line ends.
 * A bad value is reported and skipped: inside a list up to where the list's next element begins when the damage is plainly
 * bounded, else the rest of that line (top level), and reading goes on. */
struct json_split;
struct json_walk; /* walk.h */
enum json_walked {
    JSON_WALKED,
    JSON_WALK_CUT, /* the window ends first */
    JSON_WALK_ODD, /* for the machine to judge */
};
enum { JSON_WINDOW = 128 << 10 };
/* Large pieces are read in windows, quickly; what is odd there, and small pieces, carefully. Both say the same. */
enum json_lane { JSON_LANE_BOTH, JSON_LANE_CAREFUL, JSON_LANE_QUICK /* for tests: small pieces, too */ };
struct json_split_opts {
    const char *const *lists; /* NULL-terminated: {"value", "results", "Results", "records", NULL}; NULL: none */
    size_t record_max;        /* bytes; a longer record is a fault ("record too long"), skipped without being held */
    void *ctx;
    void (*on_record)(void *ctx, struct str record, uint64_t byte, uint64_t line,
                      const char *list);                              /* list: NULL at top */
    void (*on_envelope)(void *ctx, struct str key, struct str value); /* may be NULL */
    /* `piece` is at most the first 4 KiB of what was skipped. */
    void (*on_fault)(void *ctx, const struct json_fault *fault, struct str piece);
    /* A top-level object has ended: its lists and envelope are complete (an answer cut in the middle never gets here). */
    void (*on_document_end)(void *ctx); /* may be NULL */
    /* May be NULL. A record, an object, begins at *p in a window: read it there, and move *p behind it. JSON_WALKED: it is
     * dealt with, on_record is not called. `list` as above; its line is w->lines. */
    enum json_walked (*on_window)(void *ctx, struct json_walk *w, const char **p, uint64_t byte, const char *list);
    enum json_lane lane;
    size_t window; /* bytes; 0: JSON_WINDOW */
};
struct json_split *json_split_new(const struct json_split_opts *opts);
void json_split_free(struct json_split *s);
void json_split_feed(struct json_split *s, const void *p, size_t n);
/* The same without a copy: read up to *n bytes to where `room` says, then `take` as many as came. NULL: no memory. */
char *json_split_room(struct json_split *s, size_t *n);
void json_split_take(struct json_split *s, size_t n);
/* The input ends here: reports what is incomplete ("unexpected end") and forgets it. */
void json_split_end(struct json_split *s);

/* Where a stream stands between two records, so that another splitter can go on there. */
struct json_split_state {
    int state;
    const char *list; /* of the splitter's `lists` */
    bool is_in_object, is_envelope, is_lost;
    char last; /* byte before */
    uint64_t byte, line;
};
/* False: in the midst of a record or worse; then `beginning` (may be NULL) is what there is of an element of a list. */
bool json_split_state(const struct json_split *s, struct json_split_state *out, struct str *beginning);
/* Drops what is in progress and goes on from there. */
void json_split_resume(struct json_split *s, const struct json_split_state *from);

/* ---- writer: appends to a buf, commas by itself ---------------------------------------------------------------------- */
struct json_writer {
    struct buf *out;
    uint64_t comma_bits[(JSON_DEPTH_MAX + 63) / 64]; /* bit per depth: something stands there already */
    unsigned depth;
    bool after_key;
};
void json_writer_init(struct json_writer *w, struct buf *out);
void json_object_begin(struct json_writer *w);
void json_object_end(struct json_writer *w);
void json_array_begin(struct json_writer *w);
void json_array_end(struct json_writer *w);
void json_key(struct json_writer *w, const char *key);
void json_key_str(struct json_writer *w, struct str key);
void json_write_str(struct json_writer *w, struct str text);   /* escaped; invalid UTF-8 becomes U+FFFD */
void json_write_cstr(struct json_writer *w, const char *text); /* NULL: null */
void json_write_i64(struct json_writer *w, int64_t v);
void json_write_u64(struct json_writer *w, uint64_t v);
void json_write_double(struct json_writer *w, double v);
void json_write_bool(struct json_writer *w, bool v);
void json_write_null(struct json_writer *w);
void json_write_raw(struct json_writer *w, struct str json); /* trusted: one valid value */
void json_escape(struct buf *out, struct str text);          /* without quotes */

#endif
