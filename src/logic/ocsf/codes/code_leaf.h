/* Inside the mapping engine: the values of codes. */
#ifndef LOGIC_OCSF_CODE_LEAF_H
#define LOGIC_OCSF_CODE_LEAF_H

#include "logic/ocsf/codes/code_level.h"
#include "logic/ocsf/codes/pen.h"
#include "logic/ocsf/values/digits.h"

enum answer { ABSENT, WRITTEN, ASK /* the op is to say */ };

/* Key, value and tail of a leaf (enum leaf_kind), if it is as expected. */
enum answer AT_LEVEL(code_leaf)(struct pen *pen, const struct code *c, const struct code_more *more);

/* The brackets and the comma behind a value. */
static inline char *put_tail(char *w, const struct code *c)
{
    static const char tails[2 * CODE_TAIL_MAX] = "}}}}}}},";
    memcpy(w, tails + CODE_TAIL_MAX - c->tail, CODE_TAIL_MAX);
    return w + c->tail;
}

#endif
