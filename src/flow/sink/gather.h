/* Events on their way into files, grouped by partition, in bounded memory: they gather in one block; when it is full it is
 * written to a file, partition by partition, and begun again. So thousands of partitions cost no more than one, and each
 * partition's events come back in the order they went. Inside flow/sink. */
#ifndef FLOW_SINK_GATHER_H
#define FLOW_SINK_GATHER_H

#include "kit/base/err.h"
#include "kit/base/str.h"
#include "kit/sys/fs.h"

enum { GATHER_BLOCK_BYTES = 1 << 20, GATHER_PARTITIONS_FULL = 8192, GATHER_BYTES_FULL = 128 << 20 };

struct partition_key {
    uint32_t class_uid;
    int32_t day;  /* since the epoch */
    bool is_dead; /* the dead letters; the rest is zero then */
    char tenant_id[37];
};
struct partition {
    struct partition_key key;
    uint32_t first_entry, last_entry; /* in the block; NO_INDEX: none */
    uint32_t first_chunk, last_chunk; /* in the spill file */
    uint64_t events, bytes;
    /* publish's own */
    uint64_t number, file_bytes, old_number, old_events, old_bytes;
    bool has_old, is_published;
};

struct gather;
/* `spill_path` is made when the block first overflows, and removed by gather_free. Both are borrowed. */
struct gather *gather_new(struct fs fs, const char *spill_path); /* NULL: no memory */
void gather_free(struct gather *g);                              /* accepts NULL */
/* One event and a line end behind it. */
bool gather_add(struct gather *g, const struct partition_key *key, struct str event, struct err *e);
size_t gather_count(const struct gather *g);
struct partition *gather_partition(struct gather *g, size_t i);
bool gather_is_full(
    const struct gather *g); /* time to write files: bounds what is kept in .tmp, and how long it takes */
/* Hands out a partition's lines in order, in pieces of any length. */
bool gather_read(struct gather *g, const struct partition *p, bool (*piece)(void *arg, struct str bytes, struct err *e),
                 void *arg, struct err *e);

#endif
