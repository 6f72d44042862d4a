/* Records of one feed on their way from import.c (gathers them) through the loop (ingest_import.c) to a worker (parcel.c) and
 * back. Inside flow/ingest. */
#ifndef FLOW_INGEST_PARCEL_H
#define FLOW_INGEST_PARCEL_H

#include "flow/ingest/page/page.h"

struct parcel_row {
    size_t at, bytes;         /* of the record, in the parcel's text */
    size_t row_at, row_bytes; /* of its row, likewise */
    uint64_t byte, line;      /* in its file */
    const char *file;         /* borrowed from the import */
    const char *refused;      /* out: why it is no row of its feed; NULL: it is */
};
enum parcel_end { PARCEL_TAKEN, PARCEL_NO_TENANT, PARCEL_FAILED };
struct parcel {
    struct parcel *next;
    char tenant_id[GUID_BYTES];
    const struct feed_row *row;
    struct buf text;
    struct parcel_row *rows;
    size_t count, cap;
    struct parcel_load *load; /* the loop's: what it was handed over with */
    struct ing_feed *feed;    /* the loop's */
    /* out */
    enum parcel_end end;
    uint64_t taken, fresh;
    struct err err; /* PARCEL_FAILED */
};
struct parcel *parcel_new(const char *tenant_id, const struct feed_row *row); /* NULL: no memory */
/* `row` lies within `record`. Copies both. false: no memory. */
bool parcel_add(struct parcel *p, struct str record, struct str row, const char *file, uint64_t byte, uint64_t line);
void parcel_free(struct parcel *p);

void ingest_post(struct ingest *in, void (*fn)(void *arg), void *arg); /* from any thread */
/* The loop takes a list of parcels; `done` comes from it once all have an end. */
void ingest_take_parcels(struct ingest *in, struct parcel *parcels, void (*done)(void *ctx), void *ctx);

/* On a worker: `job` as for a page, without a transfer. Fills job->page, staged, newest; refuses rows one by one. */
void parcel_run(struct page_job *job, struct parcel *p);

#endif
