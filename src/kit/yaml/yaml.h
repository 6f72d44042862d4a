/* YAML bytes to a tree that remembers line and column, so that an error can point at the place. A safe subset: one
 * document, no anchors, aliases, tags or merge keys (each refused by name); every scalar is text; duplicate keys are
 * refused. Bounds: 4 MiB, depth 64. libyaml behind it. Pure: no I/O, any thread. */
#ifndef KIT_YAML_YAML_H
#define KIT_YAML_YAML_H

#include "kit/base/arena.h"
#include "kit/base/err.h"
#include "kit/base/str.h"

enum yaml_type { YAML_SCALAR, YAML_LIST, YAML_MAP };

struct yaml {
    enum yaml_type type;
    bool is_quoted;     /* SCALAR in quotes, or a block of text: "null" is a word, null is nothing */
    struct str text;    /* SCALAR */
    struct yaml *items; /* LIST; values of a MAP */
    struct yaml *keys;  /* MAP: scalars, parallel to items */
    size_t count;
    unsigned line, column; /* 1-based, in characters */
};

/* The tree lives in `a`, copies included. `name` is for messages ("portcullis.yaml"). An empty document is an empty MAP.
 * Errors: YAML_BAD with "name:line:column: what"; YAML_TOO_LARGE (over 4 MiB, or the arena is full). No error quotes a value. */
const struct yaml *yaml_parse(struct arena *a, struct str bytes, const char *name, struct err *e);
const struct yaml *yaml_get(const struct yaml *map, const char *key); /* NULL when absent or not a map */
bool yaml_is_null(const struct yaml *v);                              /* absent, empty, ~ or null unquoted */
bool yaml_bool(const struct yaml *v, bool *out);                      /* true/false/yes/no/on/off unquoted */

enum { YAML_BAD, YAML_TOO_LARGE, YAML_CAUSE_COUNT };
extern const struct cause yaml_causes[YAML_CAUSE_COUNT];

#endif
