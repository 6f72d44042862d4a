/* Between page.c (the answer), page_rows.c (rows), page_counts.c (counts) and parcel.c (rows that are no answer). */
#ifndef FLOW_INGEST_PAGE_INT_H
#define FLOW_INGEST_PAGE_INT_H

#include "flow/ingest/bytes/inflate.h"
#include "flow/ingest/page/page.h"
#include "kit/json/json.h"

struct page {
    struct page_job *job;
    const struct plan *plan;
    struct map_scratch *scratch;
    struct json_split *split;
    struct fingers fingers;
    struct fingers former; /* of the table under its old name */
    unsigned documents;
    char head[256]; /* the answer's first bytes, decoded */
    size_t head_bytes;
    char last;           /* byte that is no blank */
    bool has_failed;     /* job->err says why */
    uint64_t count_rows; /* rows of counts */
    uint64_t *remote;    /* counts per bin from fetch.from on */
};
/* For a job's rows, wherever they come from: begin, take them, finish; end it in any case. */
bool page_begin(struct page *p, struct page_job *j);
bool page_finish(struct page *p);
void page_end(struct page *p); /* job->ok has been set */
struct page_found {            /* of a row: what makes it itself, and its time */
    struct row_facts facts;
    struct wall at;
};
bool page_find(struct page *p, struct str record, struct page_found *out); /* false: it has no time */
void page_take(struct page *p, const struct page_found *found, struct str record);

struct str page_unquoted(struct str value);      /* a JSON string without its quotes */
bool page_fail(struct page *p, const char *why); /* false */
void page_row(struct page *p, struct str record, uint64_t byte);
void page_dead(struct page *p, const struct json_fault *fault, struct str piece);
void page_columns(struct page *p, struct str schema); /* of a hunting answer */
void page_total_row(struct page *p, struct str record);
void page_count_row(struct page *p, struct str record);
bool page_compare(struct page *p);
void page_counts_done(struct page *p);

#endif
