/* Inside the mapping engine: what every event carries besides the mapping's own attributes; observables and unmapped: code_level.h. All into
 * s->out. */
#ifndef LOGIC_OCSF_AROUND_H
#define LOGIC_OCSF_AROUND_H

#include "logic/ocsf/rows/row.h"

void around_pair(struct map_scratch *s, const char *key, struct str token);
void around_text(struct map_scratch *s, const char *key, struct str text);
/* The mapping's metadata and the engine's own. False: a product or the like is missing. */
bool around_metadata(struct map_scratch *s, const struct schema *schema, const struct variant *v);

#endif
