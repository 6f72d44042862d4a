/* With the vectors that every CPU of the kind has. */
#include "kit/json/walk_int.h"

typedef uint64_t half __attribute__((vector_size(16)));

static inline half load16(const void *p)
{
    half v;
    memcpy(&v, p, sizeof v);
    return v;
}

static const unsigned char masks[2 * JSON_KEY_TEXT] = {
#define X8 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF
    X8, X8, X8, X8, X8, X8, X8, X8,
#undef X8
};

static inline bool same(const char *p, const unsigned char *text, uint64_t bits)
{
    const unsigned char *mask = masks + __builtin_clzll(bits); /* bits: at least one, all at the low end */
    half d = ((load16(p) ^ load16(text)) & load16(mask)) | ((load16(p + 16) ^ load16(text + 16)) & load16(mask + 16)) |
             ((load16(p + 32) ^ load16(text + 32)) & load16(mask + 32));
    if (bits >> 48) d |= (load16(p + 48) ^ load16(text + 48)) & load16(mask + 48);
    return (d[0] | d[1]) == 0;
}

#define WALK_MEMBERS walk_members_plain
#include "kit/json/walk_body.h"
