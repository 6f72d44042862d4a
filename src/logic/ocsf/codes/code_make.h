/* Inside the mapping engine: ops to code, in three parts: what leaves need of value tables (code_words.c), leaves (code_make_leaf.c), and
 * all around them (code_make.c). */
#ifndef LOGIC_OCSF_CODE_MAKE_H
#define LOGIC_OCSF_CODE_MAKE_H

#include "logic/ocsf/codes/code.h"
#include "logic/ocsf/compile/compile.h"

struct maker {
    struct compiler *c;
    struct arena *a;
    const char *source;   /* NULL: not known before the row is */
    uint16_t self_slot;   /* of the row */
    unsigned depth, nest; /* of blocks; of arrays among them */
    const struct op *ops;
    struct code *codes;     /* heap */
    struct code_more *more; /* heap, parallel */
    size_t count, cap;
    size_t marks; /* of blocks in this one */
    bool failed;
};

struct role { /* what it means for the block around it that something came about */
    uint64_t bit;
    uint16_t profile;
    bool is_element;
    bool is_alternative; /* of OP_FIRST: goes on somewhere else */
};

size_t maker_add(struct maker *m, struct code c, struct code_more more); /* its place */
/* What comes next is only for some rows; where it ends is told later. */
size_t maker_when(struct maker *m, const struct condition *when);
void maker_when_ends(struct maker *m, size_t at);
/* The three together, kept with the plan. */
struct str maker_literal(struct maker *m, struct str a, struct str b, struct str c);
void maker_set_key(struct code *c, struct str key);

/* A table's words as they are written for this op; NULL: no memory. */
const struct word_codes *maker_words(struct maker *m, const struct op *op, const struct word_table *t);
/* Two of a table's words by their ids; NULL: it has not got both. */
const struct word_code *maker_two(struct maker *m, const struct op *op, const struct word_table *t,
                                  const char *const *ids);
/* A leaf with all its alternatives. */
void maker_leaf(struct maker *m, uint32_t i, struct role role);
/* One that the loop does by itself, if it is as most are. */
enum code_kind maker_leaf_kind(const struct code_more *c, struct role role);

#endif
