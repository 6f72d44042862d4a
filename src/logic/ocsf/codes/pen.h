/* Inside the mapping engine: writing in strides. */
#ifndef LOGIC_OCSF_PEN_H
#define LOGIC_OCSF_PEN_H

#include "logic/ocsf/codes/code.h"

#define LIKELY(x) __builtin_expect(!!(x), 1)
#define UNLIKELY(x) __builtin_expect(!!(x), 0)

struct pen {
    struct map_scratch *s;
    char *w;
    const char
        *end; /* what begins before it may be written; behind it there is room for strides and closing brackets */
};

/* In registers: a compiler that takes a long text for unlikely would make a string instruction of one memcpy. */
static inline void pen_stride(char *w, const char *p)
{
#ifdef __AVX512F__
    typedef char whole __attribute__((vector_size(64), aligned(1), may_alias));
    whole x = *(const whole *)p;
    *(whole *)w = x;
    return;
#elif defined(__AVX2__)
    typedef char half __attribute__((vector_size(32), aligned(1), may_alias));
    half x = ((const half *)p)[0], y = ((const half *)p)[1];
    ((half *)w)[0] = x;
    ((half *)w)[1] = y;
    return;
#endif
    typedef char quarter __attribute__((vector_size(16), aligned(1), may_alias));
    quarter a = ((const quarter *)p)[0], b = ((const quarter *)p)[1], c = ((const quarter *)p)[2],
            d = ((const quarter *)p)[3];
    ((quarter *)w)[0] = a;
    ((quarter *)w)[1] = b;
    ((quarter *)w)[2] = c;
    ((quarter *)w)[3] = d;
}

static inline void pen_half(char *w, const char *p)
{
#ifdef __AVX2__
    typedef char half __attribute__((vector_size(32), aligned(1), may_alias));
    *(half *)w = *(const half *)p;
    return;
#endif
    typedef char quarter __attribute__((vector_size(16), aligned(1), may_alias));
    quarter a = ((const quarter *)p)[0], b = ((const quarter *)p)[1];
    ((quarter *)w)[0] = a;
    ((quarter *)w)[1] = b;
}

/* While a value is copied, what stands in its place in the next window is fetched into the second-level cache: evenly over the time that
 * copying takes; a CPU waits for but a few lines at once. When the walk did that, it stood still; worth 2 % of process rows. It is a
 * guess: there may be no such window, or it may be elsewhere. */
static inline void pen_fetch_ahead(const char *p)
{
    __builtin_prefetch((const void *)((uintptr_t)p + JSON_WINDOW), 0, 2);
}

/* What has STRIDE bytes behind it, to where there is room for as many more. */
static inline char *pen_copy(char *w, const char *p, size_t n)
{
    pen_stride(w, p);
    for (size_t i = STRIDE; i < n; i += STRIDE) pen_stride(w + i, p + i);
    return w + n;
}

/* The same of a literal: its length is the same each time, so the branch costs nothing, and a store of half a stride seldom crosses a line
 * of the cache, which costs twice. */
static inline char *pen_key(char *w, const char *p, size_t n)
{
    pen_half(w, p);
    if (n <= STRIDE / 2) return w + n;
    pen_half(w + STRIDE / 2, p + STRIDE / 2);
    for (size_t i = STRIDE; i < n; i += STRIDE) pen_stride(w + i, p + i);
    return w + n;
}

static inline void pen_take(struct pen *pen)
{
    pen->w = pen->s->out.p + pen->s->out.n;
    pen->end = pen->s->out.p + pen->s->out.cap - (size_t)3 * STRIDE;
}

static inline void pen_give(const struct pen *pen)
{
    pen->s->out.n = (size_t)(pen->w - pen->s->out.p);
}

/* Room for `n` bytes and some strides. False: the event is too large (s->out.failed). */
bool pen_more_room(struct pen *pen, size_t n);

static inline bool pen_has_room(struct pen *pen, size_t n)
{
    return LIKELY((ptrdiff_t)n < pen->end - pen->w) || pen_more_room(pen, n);
}

/* A literal or a slice of the row, if there is room. */
static inline bool pen_put(struct pen *pen, struct str text)
{
    if (!pen_has_room(pen, text.n)) return false;
    pen->w = pen_copy(pen->w, text.p, text.n);
    return true;
}

#endif
