/* One hunting table of one tenant: which rows exist when, and a sorted index of them.
 *
 * Row n of the steady stream becomes visible at an instant that is plain arithmetic; its Timestamp lies a drawn lag before
 * that (seconds as a rule, up to two days for late rows). So nothing is kept of rows but (Timestamp, id), 16 bytes each,
 * and what was visible at an earlier instant can always be told. Every second row of a drawn share repeats its neighbour,
 * byte for byte or but for AdditionalFields. */
#ifndef TWIN_TABLE_H
#define TWIN_TABLE_H

#include "twin/kql/kql.h"
#include "twin/world/replay.h"
#include "twin/world/row.h"
#include "twin/world/scenario.h"

struct table {
    const struct world *world;
    const struct scenario *scenario;
    const struct replay *replays; /* parallel to the scenario's events */
    enum table_id id;
    uint64_t seed;
    double rate;              /* rows a second from the start on; 0: no stream */
    uint64_t history_count;   /* rows before the start */
    uint64_t per_alert;       /* the table tells alerts: so many rows each; else 0 */
    bool endpoint_only;       /* of alerts: those of Defender for Endpoint */
    uint64_t things;          /* a snapshot: row n is version n / things of thing n % things; else 0 */
    struct kql_row_ref *rows; /* by (ticks, id) */
    size_t count, cap;
    uint64_t stream_next; /* the first row of the stream not yet in the index */
    uint64_t events_done; /* bits */
    uint64_t generation;  /* grows with every change of the index */
};
/* `per_alert`: rows that the table has of each alert, if it tells alerts at all. */
void table_tells_alerts(struct table *t, uint64_t per_alert, bool endpoint_only);
void table_init(struct table *t, const struct world *w, const struct scenario *s, const struct replay *replays,
                enum table_id id, double rate);
void table_done(struct table *t);
void table_advance(struct table *t, struct wall now); /* takes in what has become visible; never goes back */
void table_row(const struct table *t, struct kql_row_ref ref, struct row *out);
struct wall table_visible_at(const struct table *t, uint64_t id);

/* A scan sees what was visible at `as_of`, also when rows arrive while it runs. */
struct table_scan;
struct table_scan *table_scan_new(const struct table *t, int64_t from, int64_t to, bool descending, struct wall as_of);
bool table_scan_next(struct table_scan *s, struct kql_row_ref *out);
void table_scan_free(struct table_scan *s);

#endif
