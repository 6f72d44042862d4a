/* One row of a hunting table, drawn from its seed, cell by cell. */
#ifndef TWIN_ROW_H
#define TWIN_ROW_H

#include "twin/world/schema.h"
#include "twin/world/world.h"

struct row {
    const struct world *world;
    enum table_id table;
    struct wall time;
    struct wall base; /* what its other times are told from: its own, or for a thing the start */
    uint64_t seed;
    uint64_t thing, version;         /* of a snapshot; thing: an alert's number too */
    const struct scenario *scenario; /* not NULL: the row is about an alert */
    uint64_t part;                   /* of the alert: which of its rows */
    struct str replayed;             /* not empty: the row is this JSON object, nothing is drawn */
    bool is_twin;                    /* differs from the row of the same seed in AdditionalFields alone */
    /* drawn by row_init */
    unsigned device, user;
    enum os os;
    const struct program *program; /* the initiating one */
    const struct program *parent;
    const struct program *subject; /* what was started, loaded, written */
};
void row_init(struct row *r, const struct world *w, enum table_id table, struct wall time, uint64_t seed, bool is_twin);
/* A row of a snapshot: version 0, 1, ... of its n-th thing. */
void row_init_thing(struct row *r, const struct world *w, enum table_id table, struct wall time, uint64_t seed,
                    uint64_t thing, uint64_t version);
/* A row of AlertInfo or AlertEvidence: the part-th one about an alert. */
struct scenario;
void row_init_alert(struct row *r, const struct world *w, const struct scenario *s, enum table_id table,
                    struct wall time, uint64_t alert, uint64_t part);
/* Strings live in `a` or for ever. */
struct kql_value row_cell(const struct row *r, struct table_column column, struct arena *a);

#endif
