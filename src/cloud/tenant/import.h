/* A file of many tenants: CSV (as spreadsheets write it, with commas or semicolons) or YAML (a list of maps), one row a tenant, columns by
 * name. A broken row is its own fault, never its neighbours'. Pure; no message quotes a value of a row. */
#ifndef CLOUD_TENANT_IMPORT_H
#define CLOUD_TENANT_IMPORT_H

#include "kit/base/arena.h"
#include "kit/base/err.h"
#include "kit/base/str.h"

enum import_field {
    IMPORT_ORG,
    IMPORT_TENANT_ID,
    IMPORT_NAME,
    IMPORT_CLIENT_ID,
    IMPORT_SECRET,
    IMPORT_SECRET_FILE,
    IMPORT_CERTIFICATE_FILE,
    IMPORT_EXPIRES,
    IMPORT_APPS,
    IMPORT_CLOUD,
    IMPORT_LOOKBACK,
    IMPORT_LOOKBACK_HUNTING,
    IMPORT_FIELDS
};
struct import_column {
    const char *name, *help;
};
extern const struct import_column import_columns[IMPORT_FIELDS];

struct import_row {
    unsigned line;                    /* where it begins in the file */
    struct str fields[IMPORT_FIELDS]; /* empty: not given */
    struct err fault;                 /* cause NULL: none so far */
};
struct import_rows {
    struct import_row *rows;
    size_t count;
};
enum { IMPORT_ROWS_MAX = 20000 };
/* `name` decides: .yaml and .yml are YAML, anything else CSV. Rows and texts live in `a` or in `bytes`. What is wrong with the file as a
 * whole fails: IMPORT_BAD_FILE, IMPORT_BAD_COLUMN, YAML_BAD. Rows are checked for what can be seen in them and in the rows
 * before them: what is missing or does not go together, and tenants named twice. */
bool import_parse(struct arena *a, struct str bytes, const char *name, struct import_rows *out, struct err *e);

enum {
    IMPORT_BAD_FILE,
    IMPORT_BAD_COLUMN,
    IMPORT_BAD_ROW,
    IMPORT_MISSING,
    IMPORT_CONFLICT,
    IMPORT_TWICE,
    IMPORT_BAD_LOOKBACK,
    IMPORT_NO_FILE,
    IMPORT_DIFFERS,
    IMPORT_LOCAL_ONLY,
    IMPORT_CAUSE_COUNT
};
extern const struct cause import_causes[IMPORT_CAUSE_COUNT];

#endif
