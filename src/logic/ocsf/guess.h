/* Inside the mapping engine: whose row is this, when nobody says? */
#ifndef LOGIC_OCSF_GUESS_H
#define LOGIC_OCSF_GUESS_H

#include "logic/ocsf/row.h"

/* The plan whose columns these are: everything it requires is there, most of the row is known to it, and no other plan fits
 * as well. NULL: none, or more than one. `likely` is tried first (rows come in runs); may be NULL. */
const struct plan *guess_plan(const struct ocsf *o, const struct plan *likely, struct str row);
/* Does any plan require this column? */
bool guess_requires(const struct ocsf *o, struct str key);
/* Does OData say what it is: "#microsoft.graph.security.alert", ".../$metadata#security/alerts_v2"? NULL: no. */
const struct plan *guess_odata(const struct ocsf *o, struct str text);
/* Is everything there that the plan requires? */
bool guess_has_required(const struct plan *p, struct str row);

#endif
