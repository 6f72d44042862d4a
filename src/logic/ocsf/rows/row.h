/* Inside the mapping engine: one object read once, each known member's slice in its slot. */
#ifndef LOGIC_OCSF_ROW_H
#define LOGIC_OCSF_ROW_H

#include <string.h>

#include "kit/json/outline.h"
#include "kit/json/walk.h"
#include "logic/ocsf/drift.h"
#include "logic/ocsf/plan_int.h"
#include "logic/ocsf/values/digits.h"
#include "logic/ocsf/values/url.h"

static inline char row_lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

/* Of a name, letter case ignored: by its first, middle and last bytes. */
static inline uint32_t row_name_hash(struct str name)
{
    static const uint64_t lower = UINT64_C(0x2020202020202020);
    uint64_t head = 0, middle = 0, tail = 0;
    size_t n = name.n < sizeof head ? name.n : sizeof head;
    if (n) {
        memcpy(&head, name.p, n);
        memcpy(&middle, name.p + (name.n - n) / 2, n);
        memcpy(&tail, name.p + name.n - n, n);
    }
    uint64_t h = (head | lower) * UINT64_C(0x9E3779B97F4A7C15);
    h = (h ^ h >> 32 ^ (middle | lower)) * UINT64_C(0xC2B2AE3D27D4EB4F);
    h = (h ^ h >> 32 ^ (tail | lower) ^ name.n << 56) * UINT64_C(0x165667B19E3779F9);
    return (uint32_t)(h >> 32);
}

struct slot {
    struct str raw;     /* as it stands; p == NULL: not there */
    uint8_t type;       /* enum json_type */
    uint8_t flags;      /* JSON_ESCAPED, JSON_ODD, JSON_COMPACT: see kit/json/field.h */
    uint8_t is_blank;   /* null, "", {} or []: JSON_BLANK or 0 */
    bool has_strangers; /* of a shape's own slot: a filled member that the mapping does not name */
    bool is_used;       /* became an attribute, or nothing for good; of a column of the row see row_is_used */
};
/* What a member's key is, besides a column; sidecars of OData first, these by themselves. */
enum row_kind {
    ROW_COLUMN,
    ROW_SIDECAR,
    ROW_ODATA_TYPE,
    ROW_ODATA_CONTEXT,
    ROW_CATEGORY,
    ROW_PROPERTIES,
    ROW_TENANT,
    ROW_TIME,
    ROW_LIST,
    ROW_TIMESTAMP,
};
enum row_kind row_kind_of(struct str key);

static inline bool row_is_about_another(const struct json_field *m)
{
    return m->flags & JSON_APART;
}

/* Whether members go to unmapped, as far as that is known beforehand, and in this row: a bit each, of 64. */
struct row_batch {
    uint64_t known;  /* the plan has a slot for it */
    uint64_t open;   /* it may go: about no other member, not dropped, the last of its name */
    uint64_t kept;   /* though it is used */
    uint64_t doubts; /* not if it says nothing, or if all that is in it is used */
    uint64_t used;   /* in the row at hand */
};
enum { ROW_BATCH = 64 };

/* Where the members of a row go in a plan. Rows of one track (kit/json/walk.h) are laid out alike. */
struct row_layout {
    uint64_t plan;             /* its serial */
    uint32_t track;            /* 0: of a row that has none; found anew each time */
    uint32_t *places;          /* by slot: where the last member that goes there stands, see row_member */
    uint16_t *slots;           /* by member; what the plan does not know goes to one behind all others */
    size_t cap;                /* bytes of both, which share their memory */
    struct row_batch *batches; /* of the members */
    size_t batch_cap;
    size_t known_count, sidecar_count; /* of the members */
};
enum { ROW_LAYOUTS = 256, ROW_LAYOUT_PROBES = 4 };

/* Where the members with each key of a book go in a plan. */
enum { TARGET_KNOWN = 1, TARGET_OPEN = 2, TARGET_KEPT = 4, TARGET_DOUBTFUL = 8, TARGET_ABOUT = 16, TARGET_FOUND = 32 };
struct row_target {
    uint16_t slot; /* as in row_layout */
    uint8_t marks; /* as in row_batch; 0: not looked up yet */
};
struct row_view {
    uint64_t plan;              /* its serial; 0: free */
    struct row_target *targets; /* by the key's number */
};
enum { ROW_VIEWS = 256 };

enum { DOUBTS_MAX = 16 };
struct doubt { /* a word that a table of the mapping does not have */
    uint16_t slot;
    struct str word;
};

enum { OPENED_MAX = 4, OPENED_NODES = 512 };
struct opened { /* a column whose text has been looked at for JSON; text.p == NULL: it holds none */
    const char *raw;
    struct str text;
    struct json_outline outline; /* of it, if it is short and plain */
};

/* A word of `choose.by` and what it chose before. */
struct row_choice {
    uint64_t plan; /* its serial */
    const struct choice_list *list;
    size_t bytes;
    char raw[40];
};
enum { ROW_CHOICES = 128 }; /* seven bits of a hash */

/* The end of metadata as it was written last for events of a kind, and what it depends on. */
enum { TAILS = 128 };
struct event_tail {
    struct buf text, source, tenant;
    const struct schema_item *class;
    uint16_t profiles;
    bool has_uid;
    int64_t processed;
    size_t uid_at; /* in the text */
};

struct row_alone {
    struct json_walk walk;
    char *window; /* a copy of the row, and JSON_PAD bytes; NULL: not yet */
    unsigned rows;
    bool is_walked; /* the slots are of the copy */
};

/* What the canonical form of a row begins with. */
struct identity_head {
    struct buf text, tenant;
    uint64_t plan; /* its serial; 0: none */
};
enum { IDENTITY_HEADS = 16 };

struct map_scratch {
    const struct plan *plan;
    struct arena arena;
    struct slot *slots; /* of shapes inside, and the row as a whole; its columns: row_slot */
    size_t slot_cap;
    unsigned char *loaded; /* by shape */
    size_t shape_cap;
    struct json_keys keys;           /* rows that are read by a walk; the fields here are its (see stream.c) */
    struct json_fields outer, inner; /* what a walk has listed */
    struct row_alone alone;          /* rows that come one by one */
    struct row_view *views;          /* a hash table by plan */
    struct row_layout *layouts;      /* ... by plan and track */
    struct row_layout loose;         /* of a row without a track */
    struct json_fields members;      /* of the row, in its order */
    struct row_layout *layout;       /* of these */
    bool is_out_of_memory;
    struct opened opened[OPENED_MAX]; /* of this row, see row_forget */
    size_t opened_count, node_count;
    struct json_node *nodes; /* of their outlines: OPENED_NODES */
    struct str url_text;     /* of this row, too: a URL and what it consists of */
    struct url url;

    struct buf out;
    size_t from;     /* where in it the event begins: in front of it are others, if it is where they are gathered */
    struct buf text; /* canonical forms, tokens in the making */

    /* the event in progress, see run.c */
    const struct map_input *in;
    struct buf row;       /* a copy, where the row has no slack behind it */
    struct map_input own; /* and what points to it */
    struct str source;
    char uid[33];
    struct identity_head heads[IDENTITY_HEADS];
    struct event_tail tails[TAILS]; /* by a hash of the kind */
    struct row_choice choices[ROW_CHOICES];
    uint16_t *marks; /* slots used so far, in order: so that an object taken back gives its columns back */
    size_t mark_count, mark_cap;
    uint16_t profiles;
    unsigned indexes[ARRAY_NEST_MAX];
    unsigned index_depth;
    struct {
        const struct op *op;
        size_t at, bytes; /* of the value in `out` */
        unsigned indexes[ARRAY_NEST_MAX];
    } observables[OBSERVABLES_MAX];
    size_t observable_count, observables_max;
    bool seen[TWINS_MAX]; /* observables by op.twin; [0]: whatever */
    int64_t time_ms;
    struct digits_day days[DIGITS_DAYS];
    struct map_event event;

    struct drift *drift;       /* what is unknown is noted here; NULL: nowhere */
    const struct chain *chain; /* being read */
    struct doubt doubts[DOUBTS_MAX];
    size_t doubt_count;
};

/* The row's members by slot: a column's stands `places` bytes behind items[-1], which is what a row without the column has. */
struct row_members {
    const char *before; /* items - 1 */
    const uint32_t *places;
    const char *base; /* of the input */
};
static inline struct row_members row_members(const struct map_scratch *s)
{
    return (struct row_members){(const char *)(s->members.items - 1), s->layout->places, s->members.base};
}
static inline const struct json_field *row_member(struct row_members m, uint16_t slot)
{
    return (const struct json_field *)(const void *)(m.before + m.places[slot]);
}
/* raw.p == NULL: absent, and blank. */
static inline struct slot row_column(struct row_members m, uint16_t slot)
{
    const struct json_field *f = row_member(m, slot);
    return (struct slot){.raw = {f->end ? m.base + f->value : NULL, f->end - f->value},
                         .type = f->type,
                         .flags = f->flags,
                         .is_blank = f->flags & JSON_BLANK};
}
static inline struct slot row_slot(const struct map_scratch *s, uint16_t slot)
{
    return row_column(row_members(s), slot);
}

/* Where this member of the row goes; NO_SLOT: unknown. */
static inline uint16_t row_place(const struct map_scratch *s, const struct json_field *m)
{
    uint16_t slot = s->layout->slots[m - s->members.items];
    return slot < s->plan->slot_count ? slot : NO_SLOT;
}

/* Decimal digits, without printf: this is the hot path. */
void row_add_number(struct buf *b, int64_t n);
/* Is it one of the forms of "nothing": null, "", {}, [] (blanks inside allowed)? */
bool row_is_blank(struct str raw, enum json_type type);
/* Makes ready for rows that are listed by a walk with `keys`. False: no memory. */
bool row_reader_init(struct map_scratch *s);
void row_reader_done(struct map_scratch *s);
/* A sidecar of OData ("IsAdmin@odata.type", "@odata.context"): about a member, not one. */
bool row_is_sidecar(struct str key);

/* The slot of a member's name, letter case ignored; NO_SLOT: not known. */
uint16_t shape_find(const struct shape *shape, struct str key);
/* What a slot is called: a column as the row writes it, else in lower case. For messages. */
struct str row_slot_name(const struct map_scratch *s, uint16_t shape, uint16_t slot);
/* Read the row into the slots of shape 0, or a copy of it that has slack (`alone.is_walked`). False: no memory. */
bool row_read(struct map_scratch *s, const struct plan *p, struct str row);
/* The row's members have been listed, in `members`: finds where they go in this plan, whatever plan they were read for before. */
bool row_fill(struct map_scratch *s, const struct plan *p, struct str row);
/* plan_map of a row that is in the slots of `p` already, and behind which OCSF_ROW_SLACK bytes may be read. */
bool row_map(const struct plan *p, const struct ocsf *o, struct map_scratch *s, const struct map_input *in,
             const struct map_event **events_out, size_t *count_out, struct err *e);
/* Make `value` the object (or scalar) of a shape: reads its members, forgets those of shapes inside it. */
void shape_read(struct map_scratch *s, uint16_t shape, struct str value);
/* Was every filled member of the object in this column of the row written? Of one never looked into: false. */
bool shape_is_used_up(const struct map_scratch *s, uint16_t column);
/* The slot a chain starts at; reads the object around it first if need be. raw.p == NULL: absent. */
struct slot slot_get(struct map_scratch *s, uint16_t shape, uint16_t slot);
/* JSON inside: an object or array as it stands, or the one that a string holds (unescaped and checked). p == NULL: none. */
struct str row_slot_json(struct map_scratch *s, const struct slot *slot); /* of a column of the row; kept for the row */
/* The outline of what such a text holds, and the node of this value in it; NULL: it has none. */
const struct json_node *row_node(const struct map_scratch *s, struct str value, const struct json_outline **outline);
/* Another row, or other slots: what was kept is gone. */
static inline void row_forget(struct map_scratch *s)
{
    s->opened_count = s->node_count = 0;
    s->url_text = STR_NONE;
}
/* The bit of a column's member among those used, in its batch; NULL: it has none. */
static inline uint64_t *row_used(const struct map_scratch *s, uint16_t slot, uint64_t *bit)
{
    uint32_t place = s->layout->places[slot];
    size_t member = place / sizeof(struct json_field) - 1;
    *bit = UINT64_C(1) << member % ROW_BATCH;
    return place ? &s->layout->batches[member / ROW_BATCH].used : NULL;
}
/* Did what the slot holds become an attribute? Known when marks are settled. */
static inline bool row_is_used(const struct map_scratch *s, uint16_t slot)
{
    uint64_t bit, *used = row_used(s, slot, &bit);
    return used ? *used & bit : s->slots[slot].is_used;
}
/* It became an attribute; or what it holds says nothing: then it does not go to unmapped either. */
static inline void row_use(struct map_scratch *s, uint16_t slot)
{
    uint64_t bit, *used = row_used(s, slot, &bit);
    if (used)
        *used |= bit;
    else
        s->slots[slot].is_used = true;
}
struct str row_inner_json(struct map_scratch *s, struct str raw, enum json_type type);

#endif
