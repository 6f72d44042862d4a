/* Streaming records that were saved as files: blobs of a storage account (a record a line) and messages of Event Hubs
 * ({"records": [...]}, one or many), also gzip or zstd. They go the way of polled rows: to the feed of their tenant and table,
 * whose fingerprints tell which are known, into the log, committed with the store. So it does not matter which way a row came
 * first, nor how often a file is read.
 *
 * The reading side is one thread's, never the loop's; bytes come from whoever opened the file. Records gather in parcels,
 * one for each feed; a few MiB of them are handed to the loop together, and reading goes on when they are durable. */
#ifndef FLOW_INGEST_IMPORT_H
#define FLOW_INGEST_IMPORT_H

#include "flow/ingest/ingest.h"

struct import_line { /* of one tenant and table */
    char tenant_id[GUID_BYTES];
    const char *table;
    uint64_t records; /* = fresh + known + dead + failed */
    uint64_t fresh, known, dead;
    uint64_t failed; /* not taken, though nothing is wrong with them: see first_error */
};
struct import_totals {
    uint64_t files, bytes; /* bytes as read, before unpacking */
    uint64_t records, fresh, known, dead, failed;
};

struct import;
struct import_opts {
    struct ingest *ingest; /* started; borrowed */
    const char *tenant_id; /* only this tenant's records, others are dead letters; NULL: all. Copied */
    void *ctx;
    /* One dead letter: {"reason","file","byte","line","tenant","table","record"} without its line end. */
    void (*on_dead)(void *ctx, struct str letter);
    /* Something has become durable, and now and then in between. May be NULL. */
    void (*on_progress)(void *ctx, const struct import_totals *totals);
};
struct import *import_new(const struct import_opts *o); /* NULL: no memory */
void import_free(struct import *im);                    /* accepts NULL */
/* A new file: its name is for dead letters and copied. */
bool import_begin(struct import *im, const char *name, struct err *e);
/* A file that cannot be unpacked is a dead letter from there on. Each of these blocks while records are made durable. false: nothing more can be taken (the disk, or ingest is stopping);
 * what was durable before stays so. */
bool import_feed(struct import *im, const void *p, size_t n, struct err *e);
bool import_end(struct import *im, struct err *e);    /* of the file */
bool import_finish(struct import *im, struct err *e); /* of all: nothing is on its way any more */

const struct import_totals *import_totals(const struct import *im);
void import_each_line(const struct import *im, void (*each)(void *arg, const struct import_line *line), void *arg);
/* Why records were not taken though nothing is wrong with them; NULL: none were. */
const struct err *import_first_error(const struct import *im);

#endif
