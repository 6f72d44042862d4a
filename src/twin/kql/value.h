/* A value of a query: typed, possibly null. Strings are borrowed; Kusto has no null strings, they are empty instead. */
#ifndef TWIN_KQL_VALUE_H
#define TWIN_KQL_VALUE_H

#include <stdbool.h>
#include <stdint.h>

#include "kit/base/arena.h"
#include "kit/base/str.h"
#include "kit/base/wall.h"

enum kql_type {
    KQL_STRING,
    KQL_LONG,
    KQL_INT,
    KQL_REAL,
    KQL_BOOL,
    KQL_DATETIME,
    KQL_TIMESPAN,
    KQL_DYNAMIC, /* the text of a JSON value; a null is empty */
    KQL_GUID     /* text too */
};
struct kql_value {
    enum kql_type type;
    bool is_null;
    union {
        int64_t i; /* LONG, INT, BOOL, DATETIME and TIMESPAN in ticks of 100 ns */
        double d;
        struct str s;
    };
};

/* Of strings, dynamics and guids the text is in .s. */
static inline bool kql_is_text(enum kql_type t)
{
    return t == KQL_STRING || t == KQL_DYNAMIC || t == KQL_GUID;
}
static inline struct kql_value kql_null(enum kql_type t)
{
    return kql_is_text(t) ? (struct kql_value){.type = t, .is_null = t != KQL_STRING, .s = {"", 0}}
                          : (struct kql_value){.type = t, .is_null = true};
}
static inline struct kql_value kql_text(enum kql_type t, struct str s)
{
    return s.n ? (struct kql_value){.type = t, .s = s} : kql_null(t);
}
static inline struct kql_value kql_int(enum kql_type t, int64_t i)
{
    return (struct kql_value){.type = t, .i = i};
}
static inline struct kql_value kql_bool(bool b)
{
    return (struct kql_value){.type = KQL_BOOL, .i = b};
}
static inline struct kql_value kql_real(double d)
{
    return (struct kql_value){.type = KQL_REAL, .d = d};
}
static inline struct kql_value kql_str(struct str s)
{
    return (struct kql_value){.type = KQL_STRING, .s = s};
}

const char *kql_type_name(enum kql_type t); /* "String", "DateTime", ...: as an answer's schema spells them */
const char *kql_type_kusto_name(enum kql_type t);
/* Order within one type (numbers of different types compare as numbers); nulls come first. */
int kql_compare(struct kql_value a, struct kql_value b);
double kql_number(struct kql_value v);                       /* of any type but string */
bool kql_is_number(enum kql_type t);                         /* long, int, real */
struct str kql_to_text(struct kql_value v, struct arena *a); /* tostring(): empty for null */
void kql_to_json(struct kql_value v, struct buf *out);
/* "5m", "1.5h", "100ms" to ticks. false: not a timespan. */
bool kql_timespan_parse(struct str s, int64_t *ticks_out);

#endif
