/* Inside the mapping engine: identity and time of the row just read. */
#ifndef LOGIC_OCSF_FACTS_H
#define LOGIC_OCSF_FACTS_H

#include "logic/ocsf/rows/row.h"

/* Of the row that row_read has put into the slots; uses s->text and the arena. `has_slack`: OCSF_ROW_SLACK bytes behind it may be
 * read; the identity is the same either way. */
struct hash128 row_identity(struct map_scratch *s, struct str tenant_id, struct str source, struct str row,
                            bool has_slack);
bool row_is_outside_identity(const struct plan *p, struct str key);
bool row_time(struct map_scratch *s, const struct plan *p, struct wall *out);

#endif
