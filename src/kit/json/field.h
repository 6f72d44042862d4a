/* The members of one object, found once and listed in their order: where they stand, of what type they are, and what can be
 * told of them without looking again. Offsets are from `base`, where the object or the window around it begins; both are far
 * below 4 GB. */
#ifndef KIT_JSON_FIELD_H
#define KIT_JSON_FIELD_H

#include <string.h>

#include "kit/json/json.h"

enum {
    JSON_ESCAPED = 1, /* of a string: it has a backslash */
    JSON_ODD = 2,     /* ... and one of its escapes is \u or \/: more than what JSON asks for. Only with JSON_ESCAPED */
    JSON_BLANK = 4,   /* null, "", {} or [] (blanks inside allowed) */
    JSON_TIGHT = 8,   /* key, colon and value stand together: the text from `at` to `end` can be copied as it is */
    JSON_COMPACT = 16, /* of a container: no blanks between its tokens, at most JSON_COMPACT_DEPTH deep */
    JSON_APART = 32,   /* its key is of a kind that the owner of the walk told apart (walk.h) */
};
enum { JSON_COMPACT_DEPTH = 48 };

struct json_field {
    uint32_t at;         /* of the key's opening quote */
    uint32_t value, end; /* the value is [value, end), strings with their quotes */
    uint16_t key;        /* the key's number in the book of the walk; UINT16_MAX: none */
    uint8_t type;        /* enum json_type */
    uint8_t flags;
};
/* All but the offsets, as it stands in memory behind them, so that a member is written in two words. */
static inline uint64_t json_field_rest(uint16_t key, uint8_t type, uint8_t flags)
{
    return (uint64_t)key << 32 | (uint64_t)type << 48 | (uint64_t)flags << 56;
}
static inline void json_field_put(struct json_field *f, uint32_t at, uint32_t value, uint32_t end, uint64_t rest)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    uint64_t words[2] = {at | (uint64_t)value << 32, rest | end};
    memcpy(f, words, sizeof words);
#else
    *f = (struct json_field){at, value, end, (uint16_t)(rest >> 32), (uint8_t)(rest >> 48), (uint8_t)(rest >> 56)};
#endif
}

struct json_fields {
    const char *base;
    struct json_field *items; /* once there is room for any, items[-1] is one that says nothing: blank, of no bytes */
    size_t count, cap;
    uint32_t track; /* objects with the same one have the same keys in the same order; 0: not known (walk.h) */
};

static inline struct str json_field_value(const struct json_fields *f, const struct json_field *m)
{
    return (struct str){f->base + m->value, m->end - m->value};
}

/* Between its quotes, still escaped. */
static inline struct str json_field_key(const struct json_fields *f, const struct json_field *m)
{
    const char *p = f->base + m->at + 1, *q = f->base + m->value - 2;
    if (!(m->flags & JSON_TIGHT)) { /* nothing but blanks and a colon up to the quote */
        while (*q != '"') q--;
    }
    return (struct str){p, (size_t)(q - p)};
}

/* False: no memory. */
bool json_fields_grow(struct json_fields *f);

/* One more, not yet filled; NULL: no memory. */
static inline struct json_field *json_fields_add(struct json_fields *f)
{
    return f->count < f->cap || json_fields_grow(f) ? &f->items[f->count++] : NULL;
}

/* Reads the members of an object that has been checked, byte by byte. False: no memory, or no object. */
bool json_fields_read(struct json_fields *f, struct str object);
void json_fields_done(struct json_fields *f);
/* BLANK, ESCAPED, ODD and COMPACT of a value that stands alone. */
uint8_t json_value_flags(struct str value, enum json_type type);

#endif
