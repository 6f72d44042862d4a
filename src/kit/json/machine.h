/* Private to kit/json: the one place that knows the grammar. A checker of one value that can stop after any byte and go on
 * with the next, so that whole texts (json_check) and streams (json_split) are judged by the same code.
 *
 * Lone surrogates in \u escapes are grammatical (RFC 8259, section 8.2) and pass; json_unescape makes U+FFFD of them. */
#ifndef KIT_JSON_MACHINE_H
#define KIT_JSON_MACHINE_H

#include "kit/json/json.h"

enum machine_state {
    MS_VALUE,        /* a value must begin */
    MS_VALUE_OR_END, /* behind '[' */
    MS_KEY_OR_END,   /* behind '{' */
    MS_KEY,          /* behind ',' in an object */
    MS_COLON,
    MS_AFTER, /* behind a value inside a container */
    MS_STRING,
    MS_ESCAPE,
    MS_HEX,     /* `left` digits to come */
    MS_UTF8,    /* `left` continuation bytes to come, the next between utf8_lo and utf8_hi */
    MS_LITERAL, /* the rest of true, false or null */
    MS_MINUS,
    MS_ZERO,
    MS_INT,
    MS_POINT,
    MS_FRACTION,
    MS_EXP,
    MS_EXP_SIGN,
    MS_EXP_DIGITS,
};

enum machine_result { MACHINE_MORE, MACHINE_DONE, MACHINE_FAULT };

struct machine {
    enum machine_state state;
    bool is_key;                           /* the string in progress is a key */
    unsigned depth;                        /* open containers, those around the value (see machine_start) included */
    unsigned floor;                        /* depth at which the value itself ends */
    uint64_t objects[JSON_DEPTH_MAX / 64]; /* bit per depth: object, else array */
    const char *literal;
    unsigned left;
    unsigned char utf8_lo, utf8_hi;
    uint64_t line; /* grows with each line end passed; the owner sets where it starts */
    const char *what;
};

/* Begin one value that stands inside `depth` containers already. `line` is kept. */
void machine_start(struct machine *m, unsigned depth);
/* Reads from *p: DONE leaves *p behind the value (a number ends at the byte after it, which is not taken), FAULT on the
 * byte that is wrong, MORE at the end. */
enum machine_result machine_run(struct machine *m, const char **p, const char *end);
/* The input ends here: DONE when the value is whole (numbers cannot know before). */
enum machine_result machine_finish(struct machine *m);
bool machine_in_string(const struct machine *m);
bool machine_is_object(const struct machine *m, unsigned depth); /* what is open at depth 1.. */

#endif
