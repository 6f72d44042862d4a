/* The small OData of both APIs: $filter (eq ne gt ge lt le, and or not, parentheses, startswith) and $orderby, over named
 * fields. Pure. Property names are matched without regard to case, as both services do; text compares likewise. */
#ifndef TWIN_ODATA_H
#define TWIN_ODATA_H

#include "kit/base/arena.h"
#include "kit/base/str.h"
#include "kit/base/wall.h"

enum odata_type { ODATA_NULL, ODATA_TEXT, ODATA_TIME, ODATA_NUMBER, ODATA_BOOL };
struct odata_value {
    enum odata_type type;
    struct str text;
    int64_t number; /* NUMBER, BOOL; TIME in ticks */
};
struct odata_field {
    const char *name;
    enum odata_type type;
};
struct odata_fields {
    const struct odata_field *items;
    unsigned count;
};
/* What an object's field says; `field` is an index into the fields. Text lives in `a` or longer. */
typedef struct odata_value (*odata_get)(void *ctx, unsigned field, struct arena *a);

struct odata_filter;
struct odata_order {
    unsigned field;
    bool descending;
};
enum { ODATA_ORDERS_MAX = 4 };
struct odata_error {
    char text[200];
};
/* The filter lives in `a` and borrows from `text`. */
bool odata_filter_parse(struct arena *a, struct str text, struct odata_fields fields, const struct odata_filter **out,
                        struct odata_error *e);
bool odata_matches(const struct odata_filter *f, odata_get get, void *ctx, struct arena *a);
bool odata_orderby_parse(struct str text, struct odata_fields fields, struct odata_order *orders, unsigned *count_out,
                         struct odata_error *e);
int odata_compare(struct odata_value a, struct odata_value b); /* null first */

#endif
