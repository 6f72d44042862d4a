/* Inside the mapping engine: converters that take a list as a whole, or make one. */
#ifndef LOGIC_OCSF_CONVERT_LIST_H
#define LOGIC_OCSF_CONVERT_LIST_H

#include "logic/ocsf/values/value.h"

struct value list_first(struct map_scratch *s, const struct step *step, struct value v);
struct value list_joined(struct map_scratch *s, const struct step *step, struct value v);
struct value list_split(struct map_scratch *s, const struct step *step, struct value v);
struct value list_distinct(struct map_scratch *s, const struct step *step, struct value v);

#endif
