/* One answer on its way from the network to a worker. Bytes are copied into a chunk of 64 KiB; full chunks go to a spool
 * file, written on a worker while the next fills; when both are full the transfer is held, so a slow disk slows the network
 * and memory stays at two chunks. A small answer never touches the disk. The spool needs no sync: after a crash its files
 * are thrown away.
 *
 * Loop thread, but for transfer_read and transfer_free_on_worker. */
#ifndef FLOW_INGEST_TRANSFER_H
#define FLOW_INGEST_TRANSFER_H

#include "flow/ingest/ingest.h"

struct transfer;
struct transfer_opts {
    struct runtime runtime;
    struct fs fs;
    const char *spool_dir;
    uint64_t number; /* names the file */
    struct fetcher fetcher;
};
struct transfer_end {
    int status; /* 200, 206 */
    bool is_gzip;
    uint64_t wire_bytes;
    char lacks[sizeof(((struct err *)0)->text)]; /* of a 206: what is missing, in words */
};
/* `done` comes once, later, unless cancelled: e == NULL means a complete answer, to be read and freed; after an error the
 * transfer is to be freed too. */
struct transfer *transfer_new(const struct transfer_opts *o,
                              void (*done)(void *ctx, const struct transfer_end *end, const struct err *e), void *ctx);
void transfer_start(struct transfer *t, struct tenant *tenant, const struct fetch *f);
/* Stops it wherever it is and frees it; no `done`. */
void transfer_cancel(struct transfer *t);
size_t transfer_memory(const struct transfer *t); /* what it holds in memory, once complete */
void transfer_free(struct transfer *t);           /* after done; any thread that may block */
/* As transfer_free, from the loop: the file is removed on a worker. */
void transfer_drop(struct transfer *t);
/* Worker, after a complete end. Bytes from `at` on; *got_out == 0 at the end. */
bool transfer_read(struct transfer *t, uint64_t at, void *p, size_t n, size_t *got_out, struct err *e);

#endif
