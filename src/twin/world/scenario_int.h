/* Inside the twin: reading a scenario file. */
#ifndef TWIN_SCENARIO_INT_H
#define TWIN_SCENARIO_INT_H

#include "kit/yaml/yaml.h"
#include "twin/world/scenario.h"

struct scenario_reader {
    const char *name; /* of the file */
    struct scenario *s;
    struct err *e;
};
/* Says "name:line:column: what"; returns false. */
bool scenario_wrong(const struct scenario_reader *r, const struct yaml *at, const char *what);
bool scenario_wrong_of(const struct scenario_reader *r, const struct yaml *at, const char *what, const char *of);

enum field_kind {
    FIELD_UNSIGNED,
    FIELD_U64,
    FIELD_DURATION,
    FIELD_SHARE,
    FIELD_DOUBLE,
    FIELD_BOOL,
    FIELD_RANGE,
    FIELD_TABLE,
    FIELD_FAULTS,
    FIELD_VARIANTS,
    FIELD_FILE,
    FIELD_NAME,
    FIELD_WORD /* an enum: the words' places */
};
struct scenario_field {
    const char *name;
    enum field_kind kind;
    size_t offset;
    double max;
    const char *const *words; /* WORD: ends with NULL */
};
/* Ended by a row without a name. */
extern const struct scenario_field scenario_top_fields[], scenario_event_fields[], scenario_rule_fields[];
const struct scenario_field *scenario_field_find(const struct scenario_field *fields, struct str name); /* NULL: none */
bool scenario_set(const struct scenario_reader *r, const struct scenario_field *f, void *base, const struct yaml *v);
bool scenario_double(const struct yaml *v, double max, double *out);
bool scenario_duration(const struct yaml *v, int64_t *ms_out);

extern const char *const licence_words[]; /* by enum licence, "" for none said; ends with NULL */

#endif
