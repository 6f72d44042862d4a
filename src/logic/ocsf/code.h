/* Inside the mapping engine: the fast form of a variant.
 *
 * Ops are general: each can hold any expression. Most say no more than "this column, as text, under that key". Such an op
 * becomes a *code*: what it writes is a literal made when the mapping was compiled (comma, key and all), and one column's
 * slice behind it. Whatever does not look as a code expects, an escape where none was thought of, a number as text with
 * blanks around it, a second alternative, is left to the op: run.c has the last word on every value, and both ways write the
 * same bytes (test_code.c). Objects of constants are one literal; neighbouring constants are merged.
 *
 * Copies go in strides of 64 bytes: there is always room behind the output, and there are OCSF_ROW_SLACK bytes behind a row and behind
 * each literal that may be read. */
#ifndef LOGIC_OCSF_CODE_H
#define LOGIC_OCSF_CODE_H

#include <assert.h>

#include "logic/ocsf/row.h"

enum { STRIDE = 64, CODE_DEPTH_MAX = 40 };
static_assert((int)STRIDE <= (int)OCSF_ROW_SLACK, "a stride may be read behind a row");

enum code_kind {
    CODE_STOP,     /* the end of a block */
    CODE_OP,       /* the op, as run.c does it */
    CODE_BLOCK,    /* what variants share: codes of its own */
    CODE_LITERAL,  /* constants */
    CODE_OPEN,     /* an object begins, and the constants that come first in it */
    CODE_CLOSE,    /* and ends: written for good, or taken back */
    CODE_LIST,     /* an array begins */
    CODE_LIST_END, /* and ends */
    CODE_TEXT,     /* any text */
    CODE_TYPED,    /* a text that must look like something: an address, a name of a host */
    CODE_NUMBER,
    CODE_BOOL,
    CODE_TIME,
    CODE_WORD,    /* an enum: by a table */
    CODE_SID,     /* a user's type by its SID */
    CODE_CONVERT, /* text converters that only take a part of the text */
    CODE_JSON,    /* any value */
    CODE_INNER    /* a member of an object in a column: looked for, the rest is the op's */
};

struct word_code { /* an enum's word of at most 16 bytes, folded, as two words that may overlap */
    uint64_t head, tail;
    size_t length;
    struct str text; /* the token and, behind it, the caption; p == NULL: left out */
};
struct word_codes {
    const struct word_code *items; /* by hash; length 0: free */
    uint32_t mask;
};

struct code {
    uint8_t kind;        /* enum code_kind */
    uint8_t came;        /* LITERAL, OPEN: enum came */
    uint8_t is_element;  /* stands in an array: counts. OPEN: constants stand behind its bracket already */
    uint8_t is_nonzero;  /* 0 is nothing. CLOSE: the object has nothing but constants */
    uint8_t has_others;  /* further alternatives: the op knows them */
    uint8_t is_time;     /* the event's time */
    uint8_t is_long;     /* NUMBER: of 64 bits */
    uint8_t is_always;   /* CLOSE: written though only constants are in it, and counts as a value */
    uint8_t is_observed; /* what it writes is an observable */
    uint16_t shape;      /* INNER */
    uint16_t slot;       /* of the row */
    uint16_t next, done; /* where to go when it did not come about, and when it did */
    uint16_t op;
    uint16_t profile;
    uint32_t length_max; /* of a text, in bytes; beyond, characters must be counted */
    uint64_t bit;
    struct str key; /* the whole literal in front of the value, its comma first */
    const struct condition *when;
    struct str silent; /* words that are nothing, as `but` has them */
    union {
        const struct frame *frame;       /* CLOSE */
        const struct block *block;       /* BLOCK */
        const struct schema_type *type;  /* TYPED, NUMBER */
        const struct word_codes *words;  /* WORD */
        const struct word_code *persons; /* SID: User, System */
        const struct chain *chain;       /* CONVERT */
    };
};

/* The ops of a block as code. False: no memory. */
struct compiler;
bool code_make(struct compiler *c, struct block *b);
/* As run_block. */
uint64_t code_run(struct map_scratch *s, const struct block *b);

/* The folded form of a word; false: not one of 1 to 16 bytes. */
static inline bool word_code_of(struct str word, struct word_code *out)
{
    static const uint64_t lower = UINT64_C(0x2020202020202020);
    uint64_t head = 0, tail = 0, used = UINT64_MAX;
    if (word.n == 0 || word.n > 16) return false;
    if (word.n >= 8) {
        memcpy(&head, word.p, 8);
        memcpy(&tail, word.p + word.n - 8, 8);
    } else {
        memcpy(&head, word.p, word.n);
        used = (UINT64_C(1) << 8 * word.n) - 1;
    }
    *out = (struct word_code){.head = head | (lower & used), .tail = tail | lower, .length = word.n};
    return true;
}
static inline uint32_t word_code_hash(const struct word_code *w)
{
    return (uint32_t)(((w->head * UINT64_C(0x9E3779B97F4A7C15)) ^ (w->tail * UINT64_C(0xC2B2AE3D27D4EB4F)) ^
                       (w->length * UINT64_C(0x165667B19E3779F9))) >>
                      40);
}

/* Text converters whose result is a part of the text; p == NULL: it says nothing (convert.c). */
typedef struct str text_function(struct map_scratch *s, const struct step *step, struct str text);
text_function *convert_part(enum converter c); /* NULL: not one of them */

#endif
