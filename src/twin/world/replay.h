/* Rows out of a file instead of the generators: one JSON object a line, bare hunting rows or streaming records. Their
 * Timestamps are moved together so that the newest one is that of the event; all else is served as it stands, through the
 * table's columns. Pure: bytes in. */
#ifndef TWIN_REPLAY_H
#define TWIN_REPLAY_H

#include "kit/base/err.h"
#include "twin/world/schema.h"

struct replay_row {
    struct str json; /* the row's object */
    int64_t before;  /* ticks before the newest row */
};
struct replay {
    struct replay_row *rows;
    size_t count;
};
/* `text` is borrowed for the replay's life. `name` is for messages. Error: TWIN_BAD_REPLAY with name and line. */
bool replay_read(struct str text, const char *name, struct replay *out, struct err *e);
void replay_done(struct replay *r);
struct kql_value replay_cell(struct str json, struct table_column column, struct arena *a);

#endif
