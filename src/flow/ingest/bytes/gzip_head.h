/* The header of a gzip member (RFC 1952), read byte by byte however it is cut. ISA-L's own reading of one is left aside: in two pieces
 * it takes a valid header with a checksum for a damaged one. */
#ifndef FLOW_INGEST_GZIP_HEAD_H
#define FLOW_INGEST_GZIP_HEAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct gzip_head {
    unsigned part, at; /* which part comes next, and how much of it has been seen */
    unsigned flags, extra;
    uint32_t crc, told; /* of the header so far; what it says itself */
    bool is_whole;
};
/* Takes what belongs to the header from *p, *n. false: this is no gzip, or its header is damaged. */
bool gzip_head_read(struct gzip_head *h, const uint8_t **p, size_t *n);

#endif
