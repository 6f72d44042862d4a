/* One pass over a window of input: where strings begin and end, and up to where everything in it is sound.
 *
 * A *window* starts outside strings. Its index holds an entry for each quote that is not escaped, so that the entries are,
 * in pairs, the strings: where the quote stands and, of a closing one, whether a backslash is in the string.
 *
 *     bit 31 ............. 2   1     0
 *        offset of the quote odd escaped
 *
 * Strings are checked in the same pass: UTF-8, control characters, escapes. What is between the strings is left to the walk
 * (walk.h), which judges every byte there; so a backslash outside strings may confuse the index, but never the reader.
 *
 * There is one source (index_body.h) and a few primitives per level. The best level the CPU has is taken. */
#ifndef KIT_JSON_INDEX_H
#define KIT_JSON_INDEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    JSON_BLOCK = 64,
    JSON_PAD = 128 /* readable bytes behind a window, whatever they are */
};

enum {
    JSON_ENTRY_ESCAPED = 1, /* of a closing quote: the string has a backslash */
    JSON_ENTRY_ODD = 2,     /* ... and one of its escapes is \u or \/ */
    JSON_ENTRY_SHIFT = 2,
    JSON_WINDOW_MAX = 1 << 29, /* an offset leaves two bits for these; sentinels are beyond */
};
struct json_index {
    uint32_t *quotes; /* entries, then JSON_SENTINELS behind everything */
    size_t count;
    size_t sound; /* strings are sound up to here */
    size_t cap;   /* bytes of a window */
};
enum { JSON_SENTINELS = 4 };

static inline uint32_t json_entry_at(uint32_t entry)
{
    return entry >> JSON_ENTRY_SHIFT;
}

/* For windows of up to `cap` bytes. False: no memory. */
bool json_index_init(struct json_index *x, size_t cap);
void json_index_done(struct json_index *x);
/* Blocks are read whole: behind n, the last of them is filled with blanks. */
void json_index_make(struct json_index *x, const char *p, size_t n);

/* Levels, for tests; all give the same index. NULL behind the last; those that this CPU lacks are not named. */
const char *json_index_level(size_t i);
/* False: no such level here. NULL: the best again. Not while other threads read. PORTCULLIS_SIMD names one, too. */
bool json_index_use(const char *level);
const char *json_index_in_use(void); /* its name, for others that have forms by level */

#endif
