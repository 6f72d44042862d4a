/* Inside the twin: a listing of objects, and what its caller may ask for. */
#ifndef TWIN_LISTING_H
#define TWIN_LISTING_H

#include "twin/calls.h"

struct collection_rules {
    const char *context; /* after $metadata# */
    unsigned top_default, top_max;
    bool clamps_top;   /* more is clamped; else refused */
    unsigned skip_max; /* deeper is refused */
    enum cloud_api api;
    const char *expands; /* what $expand may name; NULL: there is no $expand */
    const char *noun;    /* what is not found; NULL: in Graph's words */
};
extern const struct collection_rules collection_rules[OBJECT_KINDS];

struct listing {
    struct arena arena; /* items, filter */
    struct estate estate;
    enum object_kind kind;
    struct object_list objects;
    struct odata_order orders[ODATA_ORDERS_MAX];
    unsigned order_count;
    const struct odata_filter *filter;
    struct str select; /* names with commas; empty: everything */
    unsigned top, skip;
    unsigned view; /* VIEW_ bits */
    bool has_top, has_count, has_token;
    struct wall as_of; /* of the first page */
    /* while it is read */
    size_t at, end, total;
    struct buf piece;
    size_t piece_at;
    bool is_first, is_done;
};
/* false: an option is refused, and was answered. */
bool listing_read_options(struct exchange *x, struct listing *l);
const char *listing_bad_option(const struct exchange *x); /* the code of an option's refusal */

#endif
