/* The hunting tables the twin knows: names, columns in their order, types, kinds of event. One list of distinct names of
 * columns, since most are shared between tables; a column's type may differ from table to table. schema.inc holds the
 * facts; tools/twin-schema makes it from the schema reference. */
#ifndef TWIN_SCHEMA_H
#define TWIN_SCHEMA_H

#include "kit/base/str.h"
#include "twin/kql/value.h"
#include "twin/world/schema.inc"

enum column {
#define X(name) COL_##name,
    TWIN_COLUMNS(X)
#undef X
        COL_ProcessFutureSignal, /* a column no schema reference knows yet */
    COL_COUNT
};
extern const char *const column_names[COL_COUNT];

enum table_id {
#define X(name, time_column, has_additional) TABLE_##name,
    TWIN_TABLES(X)
#undef X
        TABLE_COUNT
};
enum { TABLE_COLUMNS_MAX = 160 };
struct table_column {
    unsigned short column; /* enum column */
    unsigned char type;    /* enum kql_type */
};
struct table_schema {
    const char *name;
    const struct table_column *columns;
    unsigned count;
    int time_column; /* index of Timestamp, or what stands for it; -1: the table has none, it shows what is now */
    bool has_additional_fields;
    const char *const *actions; /* what its ActionType can say */
    unsigned action_count;
};
extern const struct table_schema table_schemas[TABLE_COUNT];

/* A snapshot's rows are about things that last: each is replaced now and then by one that differs a little. Where the table
 * has a Timestamp the old row stays, else it is gone. */
enum snapshot {
    SNAPSHOT_NONE,
    SNAPSHOT_DEVICES, /* a few rows a machine */
    SNAPSHOT_USERS,
    SNAPSHOT_THINGS /* two dozen of what the table is about */
};
enum snapshot table_snapshot(enum table_id t);

bool table_by_name(struct str name, enum table_id *out); /* exact case, as Kusto does */

#endif
