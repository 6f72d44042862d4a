/* Objects read out of an indexed window, once: grammar checked, end found and members listed in the same walk.
 *
 * The walk says yes or nothing: what it does not like, for whatever reason, is left to the machine (machine.h), which knows
 * exactly what is wrong and where. So there is one judge of faults, and this is its quick clerk.
 *
 * Keys come in the same order from row to row. A *book* holds the keys seen, and the orders seen as a tree of *steps*:
 *
 *     (start) - "Timestamp": - "DeviceId": - "FileName": - ...            rows of one table
 *                                    \ other
 *                                     "LocalIP": - ...                    rows of another, which begin alike
 *
 * The text of the next step is compared in one go; only where orders part is the key hashed. The step at a row's end says
 * which keys it has, all of them and in order: that is its *track*. Where the order changes all the time, guessing is given up
 * for a while. A tree that is full is begun anew when too many rows find no place in it. */
#ifndef KIT_JSON_WALK_H
#define KIT_JSON_WALK_H

#include "kit/json/field.h"
#include "kit/json/index.h"

enum {
    JSON_KEYS_MAX = 1024, /* what comes behind is not kept */
    JSON_KEY_TEXT = 64,   /* with quotes and colon; longer keys are not kept */
    JSON_NO_KEY = UINT16_MAX,
    JSON_NOTES_MAX = 16,
};
struct json_key {
    uint64_t mask; /* a bit for each of `bytes` */
    uint16_t home; /* the first step with this key: where to go on when an order is lost; 0: none */
    uint8_t bytes; /* of its text: "Key": */
    uint8_t kind;  /* its owner's; 0: nothing special */
};
struct json_step { /* a key in its place behind others; of its own line, with all that is needed when it is met */
    _Alignas(JSON_KEY_TEXT) unsigned char text[JSON_KEY_TEXT]; /* the key's; so are the next three */
    uint64_t mask;
    uint64_t rest;                    /* of a member with that key, a string that is nothing special: json_field_rest */
    const struct json_step *expected; /* the step behind; step 0, which no text of the input is: none yet */
    uint8_t bytes, kind;
    uint16_t key;
    uint16_t next;  /* the same, as a number; 0: none yet */
    uint16_t other; /* another key in the same place; 0: no more */
};
struct json_keys {
    /* Keys and steps count from 1 on: 0 stands for none; steps 1 and 2 stand before the first key, of outer and inner objects. */
    unsigned char (*texts)[JSON_KEY_TEXT]; /* by key, then zeros */
    struct json_key *items;
    struct json_step *steps;
    uint16_t *table;
    size_t count, step_count;
    uint16_t epoch;    /* of the tree */
    unsigned lost;     /* objects that found no place in it */
    unsigned trust;    /* objects in which most guesses may still fail */
    unsigned distrust; /* objects to come in which nothing is guessed */
    unsigned rest;     /* how many the next time */
    /* These are set by the owner. */
    uint8_t (*kind_of)(const void *ctx, struct str key);
    const void *ctx;
    uint8_t apart; /* members of the kinds from 1 to this one are JSON_APART */
    uint8_t noted; /* members of the kinds from this one on are noted, see below */
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
struct json_note {  /* a member of a kind worth it */
    uint16_t place; /* in outer */
    uint8_t kind;
};
struct json_walk_object {
    struct json_fields *outer, *inner; /* inner.base NULL: there was none; of several the last */
    struct json_note notes[JSON_NOTES_MAX];
    unsigned note_count;
    bool takes_lists; /* a member of kind `list` may be an array */
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
