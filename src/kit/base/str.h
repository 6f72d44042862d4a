/* Borrowed text and a growable buffer with a hard maximum.
 *
 * `struct str` is borrowed: it lives as long as the function that gave it says. It may hold NUL bytes and is not
 * terminated. `struct buf` owns its bytes; a failed append (the maximum, or no memory) sets `failed` and changes nothing
 * else, so a writer appends freely and checks once at the end. */
#ifndef KIT_BASE_STR_H
#define KIT_BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct str {
    const char *p;
    size_t n;
};

#define STR(literal) ((struct str){(literal), sizeof(literal) - 1})
#define STR_NONE ((struct str){0})
/* For printf: printf("%.*s", STR_ARG(s)). */
#define STR_ARG(s) (int)((s).n > 2000000000u ? 2000000000u : (s).n), ((s).p ? (s).p : "")

struct str str_of(const char *c_string); /* NULL gives the empty text */
bool str_eq(struct str a, struct str b);
bool str_eq_nocase(struct str a, struct str b); /* ASCII */
int str_cmp(struct str a, struct str b);        /* bytewise, shorter first */
bool str_starts(struct str s, struct str prefix);
bool str_ends(struct str s, struct str suffix);
struct str str_trim(struct str s);                       /* ASCII blanks, tabs, line ends at both sides */
struct str str_sub(struct str s, size_t from, size_t n); /* clipped to s */
/* Position of the first `needle` at or after `from`, or SIZE_MAX. */
size_t str_find(struct str s, struct str needle, size_t from);
/* Split at the first `sep`: the head is returned, `*rest` moves behind it (empty, p == NULL, when there is no more). */
struct str str_cut(struct str *rest, char sep);
bool str_to_u64(struct str s, uint64_t *out); /* decimal digits only, the whole text */
bool str_to_i64(struct str s, int64_t *out);
bool str_is_guid(struct str s);
/* A NUL-terminated copy in caller's memory; false if it does not fit or s holds a NUL. */
bool str_copy(struct str s, char *out, size_t out_size);
/* A heap copy, NUL-terminated; NULL when memory is out. The caller frees. */
char *str_dup(struct str s);
/* Bytes of the character at i, 1 where it is no UTF-8. *is_plain_out: it may be shown on a terminal and stand in one line of a log;
 * not so control characters (those of 0x80 to 0x9f, too), line separators, what turns the direction of writing, broken UTF-8. */
size_t str_char(struct str s, size_t i, bool *is_plain_out);
void str_make_plain(char *p, size_t n); /* in place: a '?' for each byte that is not */

struct buf {
    char *p;
    size_t n;
    size_t cap;
    size_t max; /* bytes; 0 stands for BUF_MAX_DEFAULT */
    bool failed;
};

#define BUF_MAX_DEFAULT ((size_t)256 << 20)

void buf_init(struct buf *b, size_t max);
void buf_done(struct buf *b);                              /* accepts a zeroed one */
void buf_reset(struct buf *b);                             /* empty, memory kept, `failed` cleared */
bool buf_reserve(struct buf *b, size_t more);              /* room for `more` bytes behind n */
bool buf_add_slow(struct buf *b, const void *p, size_t n); /* when there is no room yet */
static inline bool buf_add(struct buf *b, const void *p, size_t n)
{
    if (n == 0 || n > b->cap - b->n || b->failed) return buf_add_slow(b, p, n);
    memcpy(b->p + b->n, p, n);
    b->n += n;
    return true;
}
static inline bool buf_add_str(struct buf *b, struct str s)
{
    return buf_add(b, s.p, s.n);
}
static inline bool buf_add_char(struct buf *b, char c)
{
    return buf_add(b, &c, 1);
}
bool buf_addf(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
struct str buf_str(const struct buf *b);
/* NUL-terminates (the NUL is not counted in n); "" when the buffer has failed. */
const char *buf_cstr(struct buf *b);

#endif
