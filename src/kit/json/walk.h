/* Objects read out of an indexed window, once: grammar checked, end found and members listed in the same walk.
 *
 * The walk says yes or nothing: what it does not like, for whatever reason, is left to the machine (machine.h), which knows
 * exactly what is wrong and where. So there is one judge of faults, and this is its quick clerk.
 *
 * Keys come in the same order from row to row. A *book* holds the keys seen, each with the ones that followed it last: the
 * text expected is compared in one go, and hashed only where it is another. Where the order changes all the time, guessing is
 * given up for a while. */
#ifndef KIT_JSON_WALK_H
#define KIT_JSON_WALK_H

#include "kit/json/field.h"
#include "kit/json/index.h"

enum {
    JSON_KEYS_MAX = 1024, /* what comes behind is not kept */
    JSON_KEY_TEXT = 64,   /* with quotes and colon; longer keys are not kept */
    JSON_NO_KEY = UINT16_MAX,
};
struct json_key {
    _Alignas(JSON_KEY_TEXT) unsigned char text[JSON_KEY_TEXT]; /* "Key": and zeros */
    uint64_t mask;                                             /* a bit for each of `bytes` */
    uint8_t bytes;
    uint8_t kind;     /* its owner's, below 32 */
    uint16_t next[2]; /* the keys that followed it, the last first */
};
struct json_keys {
    /* From 1 on: 0 stands for none; 1 and 2 stand before the first key, of outer and inner objects. */
    struct json_key *items;
    size_t count;
    uint16_t *table;
    unsigned distrust;                                   /* objects to come in which nothing is guessed */
    uint8_t (*kind_of)(const void *ctx, struct str key); /* these four are set by the owner */
    const void *ctx;
    uint8_t inner; /* kind of the member whose object is listed, too */
    uint8_t list;  /* kind of members that are no business of the walk when they are arrays */
};
/* False: no memory. */
bool json_keys_init(struct json_keys *k);
void json_keys_done(struct json_keys *k);
struct json_walk {
    struct json_index index;
    const char *p; /* the window */
    size_t n;
    const uint32_t *next; /* the first quote not walked over */
    uint64_t lines;       /* line ends walked over */
};
struct json_walk_object {
    struct json_fields *outer, *inner; /* inner.base NULL: there was none; of several the last */
    uint32_t kinds;                    /* seen in outer: bit by kind */
    bool takes_lists;                  /* a member of kind `list` may be an array */
};
/* *p at '{' moves behind '}'. */
enum json_walked json_walk_object(struct json_walk *w, struct json_keys *k, const char **p, struct json_walk_object *o);
/* Any value; *p at its first byte moves behind it. */
enum json_walked json_walk_value(struct json_walk *w, const char **p);
/* A window begins: at its first byte, outside strings. Behind it, JSON_PAD bytes can be read. */
void json_walk_begin(struct json_walk *w, const char *p, size_t n);
/* Moves to p, outside strings: the quotes before are walked over. */
void json_walk_to(struct json_walk *w, const char *p);

#endif
