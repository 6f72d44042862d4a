/* Private to the splitter: what stepping through the levels (split.c) and reading windows (split_window.c) share. */
#ifndef KIT_JSON_SPLIT_INT_H
#define KIT_JSON_SPLIT_INT_H

#include "kit/json/machine.h"
#include "kit/json/walk.h"

enum {
    PIECE_BYTES = 4096,
    WALK_MIN = 2048, /* a piece is worth a window from here on */
};

enum split_state {
    SP_TOP,
    SP_TOP_SCALAR,
    SP_OBJECT_FIRST, /* behind '{' */
    SP_OBJECT_KEY,   /* behind ',' */
    SP_KEY,
    SP_COLON,
    SP_MEMBER,
    SP_MEMBER_VALUE,
    SP_OBJECT_AFTER,
    SP_LIST_FIRST, /* behind '[' */
    SP_LIST_NEXT,  /* behind ',' */
    SP_ELEMENT,
    SP_LIST_AFTER,
    SP_SKIP_ELEMENT, /* damage inside an element: to where its brackets close */
    SP_SKIP_LINE,
    SP_SKIP_LINES, /* to a line that begins with a bracket */
};

struct json_split {
    struct json_split_opts o;
    enum split_state state;
    struct machine m;  /* m.line is the line being read */
    uint64_t base;     /* stream offset of the piece being fed */
    size_t mark_bytes; /* of a byte order mark, passed over */
    const char *piece, *end;
    char last; /* byte before the piece */

    struct buf held;  /* the unit's bytes of earlier pieces */
    const char *from; /* where the unit goes on in this piece; NULL: no unit */
    uint64_t unit_byte, unit_line;
    size_t key_at, key_bytes; /* in the unit: the member's key, between its quotes */
    size_t value_at;

    const char *list;      /* name of the list being read; NULL: a top-level array */
    bool is_in_object;     /* that list is a member */
    bool is_envelope;      /* this object has shown a list: it is no record itself */
    bool is_lost;          /* a part of this object was dropped */
    bool is_too_long;      /* the unit is over the bound, only its head is held */
    struct json_fault bad; /* what is being skipped and why */
    bool skip_in_string, skip_escaped, skip_line_start;

    char *window;
    size_t window_bytes;
    struct json_walk walk;
    bool is_indexed;       /* the walk has the window's index, and its quotes are where the walk thinks */
    size_t index_left;     /* bytes that may still be indexed for this window: damage makes us do it again */
    struct json_keys keys; /* of top-level objects, when nobody listens to on_window */
    struct json_fields fields;
};

/* Reads on, carefully. */
void split_feed(struct json_split *s, const char *p, size_t n, uint64_t base);
void split_step(struct json_split *s, const char **p);
/* The piece ends inside a unit: keep what there is of it, or no more than its head. */
void split_keep_unit(struct json_split *s);
void split_drop_unit(struct json_split *s);
bool split_is_list_name(const struct json_split *s, struct str key, const char **name_out);
/* How many bytes of a byte order mark begin here: they are passed over. */
size_t split_skip_mark(struct json_split *s, const char *p, size_t n);
/* What is left in the window, carefully. */
void split_drain_window(struct json_split *s);

static inline uint64_t split_offset(const struct json_split *s, const char *p)
{
    return s->base + (uint64_t)(p - s->piece);
}

#endif
