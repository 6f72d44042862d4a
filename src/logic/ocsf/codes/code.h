/* Inside the mapping engine: the fast form of a variant.
 *
 * Ops are general: each can hold any expression. Most say no more than "this column, as text, under that key". Such an op
 * becomes a *code*: what it writes is a literal made when the mapping was compiled (key and all), one column's slice behind it, and the
 * brackets and the comma that follow. Of alternatives each is a code, which goes on to the next. Whatever does not look as a
 * code expects, an escape where none was thought of, a number as text with blanks around it, is left to the op: run.c has the last word on every value, and both ways write the
 * same bytes (test_code.c). Objects of constants are one literal; neighbouring constants are merged; an object that stands or falls with
 * one leaf is that leaf, its brackets in the literals.
 *
 * Every member is written with a comma behind it: that needs no thought of who is first. What ends a block steps back over it.
 *
 * Copies go in strides of 64 bytes: there is always room behind the output, and there are OCSF_ROW_SLACK bytes behind a row and behind
 * each literal that may be read. */
#ifndef LOGIC_OCSF_CODE_H
#define LOGIC_OCSF_CODE_H

#include <assert.h>

#include "logic/ocsf/rows/row.h"

enum { STRIDE = 64, CODE_DEPTH_MAX = 40, CODE_TAIL_MAX = 8, NO_OP = 0xFFFF, JOINED_MAX = 8 };
static_assert((int)STRIDE <= (int)OCSF_ROW_SLACK, "a stride may be read behind a row");

enum code_kind {
    CODE_TEXT,    /* text as it stands: no doubt about it but its length and a lone dash */
    CODE_NUMBER,  /* a few digits */
    CODE_TIME,    /* a time in the usual form, of a day that is known */
    CODE_JSON,    /* any value but a text that may hold JSON */
    CODE_NONZERO, /* TEXT, of which zero is nothing */
    CODE_TOLD,    /* TEXT or NUMBER, with more to tell: an observable, an element to count, a profile, where to go on */
    CODE_OPEN, /* an object begins, and the constants that come first in it; or an array whose elements need no count */
    CODE_CLOSE,    /* and ends: written for good if a value came about and what is required, or taken back */
    CODE_LITERAL,  /* constants */
    CODE_MEMBER,   /* any leaf, of an object in a column: enum leaf_kind */
    CODE_LEAF,     /* any other, with care */
    CODE_BLOCK,    /* what variants share: codes of its own */
    CODE_STOP,     /* the end of a block */
    CODE_WHEN,     /* what follows is only for some rows */
    CODE_END,      /* an object ends about which there is more to think */
    CODE_LIST,     /* an array begins */
    CODE_LIST_END, /* and ends */
    CODE_OP,       /* the op, as run.c does it */
    CODE_INNER,    /* a member of an object in a column: looked for, the rest is the op's */
};
enum leaf_kind {
    LEAF_TEXT,  /* any text */
    LEAF_TYPED, /* a text that must look like something: an address, a name of a host */
    LEAF_NUMBER,
    LEAF_BOOL,
    LEAF_TIME,
    LEAF_WORD,    /* a word by a table: an enum, or what fits the attribute */
    LEAF_SID,     /* a user's type by its SID */
    LEAF_IP,      /* an address's version */
    LEAF_JOIN,    /* texts of columns one behind the other */
    LEAF_CONVERT, /* text converters that only take a part of the text: into a text, one of a type, or a number */
    LEAF_JSON,    /* any value */
};

struct word_code { /* an enum's word of at most 16 bytes, folded, as two words that may overlap */
    uint64_t head, tail;
    size_t length;
    struct str text; /* the token and, behind it, the caption; p == NULL: left out */
};
struct word_codes {
    const struct word_code *items; /* by hash; length 0: free */
    uint32_t mask;
    bool else_nothing; /* what is none of them says nothing */
};

/* In `bit`, above those of a frame: what has come about in a block. */
#define CODE_VALUE (UINT64_C(1) << 63)
#define CODE_CONSTANT (UINT64_C(1) << 62)
#define CODE_CAME (CODE_VALUE | CODE_CONSTANT)

/* What is looked at for every row: half a line of the cache. */
struct code {
    union {
        const char *key;   /* the literal in front of the value */
        uint64_t required; /* CLOSE, END: all of these must have come about inside */
        const struct block *block;
    };
    uint64_t bit; /* what it means for the block around it, or, of OPEN, inside, that it came about */
    union {
        struct {
            uint32_t key_n;
            union {
                uint32_t limit;   /* TEXT: length_max less two */
                uint32_t is_time; /* TIME: the event's */
            };
        };
        uint64_t any; /* CLOSE: and one of these */
    };
    union {
        uint16_t slot;    /* of the row */
        uint16_t profile; /* CLOSE, LITERAL */
    };
    uint16_t next,
        done;     /* where to go when it did not come about, and when it did; of the kinds before TOLD: behind it */
    uint8_t kind; /* enum code_kind */
    union {
        uint8_t tail;    /* bytes behind the value: closing brackets and a comma */
        uint8_t bracket; /* CLOSE */
    };
};
static_assert(sizeof(struct code) == 32, "two to a line of the cache");

/* The rest, at the same place in an array of its own. */
struct code_more {
    uint16_t op;         /* that does the same */
    uint16_t observable; /* the leaf's op if its value is one of the event's observables; else NO_OP */
    uint16_t profile;
    uint16_t shape;      /* leaves, INNER: whose slot it is; 0: the row's */
    uint32_t length_max; /* of a text, in bytes */
    uint8_t leaf;        /* enum leaf_kind */
    bool is_element;     /* stands in an array: counts */
    bool is_constant;    /* END: constants are enough */
    bool is_nonzero;     /* 0 is nothing */
    bool has_silent;     /* TEXT, JSON: some words are nothing, see `silent` */
    bool is_time;        /* the event's time */
    bool is_long;        /* NUMBER: of 64 bits */
    union {
        const struct schema_type *type; /* TYPED, NUMBER, CONVERT */
        const struct chain *parts;      /* WORD: the steps in front of the table; NULL: none */
    };
    union {
        const struct frame *frame;      /* END: with constraints, else NULL */
        const struct condition *when;   /* WHEN */
        const struct word_codes *words; /* WORD */
        const struct word_code *two;    /* SID: User, System; IP: 4, 6 */
        const struct expr *join;        /* JOIN */
        const struct chain *chain;      /* CONVERT */
        const struct str *silent;       /* as `but` has them */
    };
};
struct code_block {
    const struct code *codes;
    const struct code_more *more;
    size_t marks;   /* as many as it can set, with those of the blocks in it */
    size_t key_max; /* of the literals in front of values, with those of the blocks in it */
};

/* The ops of a block as code. False: no memory. */
struct compiler;
bool code_make(struct compiler *c, struct block *b);
/* As run_block. */
uint64_t code_run(struct map_scratch *s, const struct block *b);

/* A text that stands in JSON as it is. */
static inline bool stands_in_json(struct str text)
{
    for (size_t i = 0; i < text.n; i++)
        if ((unsigned char)text.p[i] < ' ' || text.p[i] == '"' || text.p[i] == '\\') return false;
    return true;
}

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
text_function *convert_text(enum converter c); /* whatever its result; NULL: no text converter */

#endif
