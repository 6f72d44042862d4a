/* One row of a hunting table, drawn from its seed, cell by cell. */
#ifndef TWIN_ROW_H
#define TWIN_ROW_H

#include "twin/schema.h"
#include "twin/world.h"

struct row {
    const struct world *world;
    enum table_id table;
    struct wall time;
    uint64_t seed;
    struct str replayed; /* not empty: the row is this JSON object, nothing is drawn */
    bool is_twin;        /* differs from the row of the same seed in AdditionalFields alone */
    /* drawn by row_init */
    unsigned device, user;
    enum os os;
    const struct program *program; /* the initiating one */
    const struct program *parent;
    const struct program *subject; /* what was started, loaded, written */
};
void row_init(struct row *r, const struct world *w, enum table_id table, struct wall time, uint64_t seed, bool is_twin);
/* Strings live in `a` or for ever. */
struct kql_value row_cell(const struct row *r, enum column column, struct arena *a);

#endif
