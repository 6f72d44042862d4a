/* Cells to the JSON of a hunting answer, with the dirt real answers have: bools as SByte 0 and 1 with an `@odata.type`
 * beside them, absent values as null, "" or {}, odd escapes, numbers as strings. The dirt of a row is drawn from its seed,
 * so a row is always written the same way. */
#ifndef TWIN_RENDER_H
#define TWIN_RENDER_H

#include "twin/kql/value.h"

enum {                         /* dirt of one row */
       DIRT_SLASH = 1,         /* "\/" */
       DIRT_UNICODE = 2,       /* non-ASCII as \uXXXX, pairs of surrogates */
       DIRT_LONG_TEXT = 4,     /* long numbers as strings */
       DIRT_NULL = 8,          /* absent strings are null instead of "" */
       DIRT_EMPTY = 16,        /* absent datetimes and dynamics are {} */
       DIRT_JSON_TEXT = 32,    /* dynamics are JSON inside a string */
       DIRT_LONG_SIDECAR = 64, /* long numbers have an @odata.type beside them */
       DIRT_NATIVE = 128,      /* as streaming has it: true and false, no @odata.type */
};
unsigned dirt_of(uint64_t row_seed);

/* `"name":value`, with a sidecar member before it where the type wants one; a comma first unless `first`. */
void render_member(struct buf *out, const char *name, struct kql_value v, unsigned dirt, bool first);
void render_text(struct buf *out, struct str s, unsigned dirt); /* with quotes */
void render_time(struct buf *out, struct wall t);               /* likewise; as many digits as it has */

#endif
