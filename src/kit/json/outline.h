/* All values of a small text at once: where each stands, in order, and where what is in it ends. Checked and listed in one pass, for texts that are
 * looked into more than once (JSON inside a string). */
#ifndef KIT_JSON_OUTLINE_H
#define KIT_JSON_OUTLINE_H

#include "kit/json/field.h"

struct json_node {
    uint32_t key, key_bytes; /* of a member: between the quotes; nothing in it is escaped */
    uint32_t value, end;     /* the value is [value, end), strings with their quotes */
    uint16_t next;           /* the node behind it and all that is in it */
    uint8_t type;            /* enum json_type */
    uint8_t flags;           /* ESCAPED (by two characters, never \u), BLANK (field.h); of no others anything is said */
};
struct json_outline { /* the first node is the whole */
    const char *base;
    const struct json_node *nodes;
    size_t count; /* 0: none */
};
enum { JSON_OUTLINE_DEPTH = 32 };

static inline struct str json_node_key(const struct json_outline *o, const struct json_node *n)
{
    return (struct str){o->base + n->key, n->key_bytes};
}
static inline struct str json_node_value(const struct json_outline *o, const struct json_node *n)
{
    return (struct str){o->base + n->value, n->end - n->value};
}

/* `text` is valid UTF-8. False: it is no JSON, or not as plain as that: deeper, of more values than `cap` (at most UINT16_MAX), with a name that has
 * an escape or a \u anywhere. Then json_check is to say. */
bool json_outline_make(struct json_outline *o, struct json_node *room, size_t cap, struct str text);

#endif
