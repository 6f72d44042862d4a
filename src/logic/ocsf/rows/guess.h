/* Inside the mapping engine: whose row is this, when nobody says? */
#ifndef LOGIC_OCSF_GUESS_H
#define LOGIC_OCSF_GUESS_H

#include "logic/ocsf/rows/row.h"

/* The plan whose columns these are: everything it requires is there, most of the row is known to it, and no other plan fits
 * as well. NULL: none, or more than one. `likely` is tried first (rows come in runs); may be NULL. */
const struct plan *guess_plan(const struct ocsf *o, const struct plan *likely, struct str row);
/* Rows with the keys of this one differ, for the guess, in nothing but which of some columns are empty: gives where in the row
 * these stand, and how many they are (they may be more than `max`). `around`: a plan in question anyway; may be NULL. */
size_t guess_deciding(const struct ocsf *o, const struct plan *around, const struct json_fields *row, uint8_t *places,
                      size_t max);
/* Does OData say what it is: "#microsoft.graph.security.alert", ".../$metadata#security/alerts_v2"? NULL: no. */
const struct plan *guess_odata(const struct ocsf *o, struct str text);
/* Is everything there that the plan requires? */
bool guess_has_required(const struct plan *p, struct str row);

/* What is kept of rows with these keys (they are numbered by a walk); NULL: nothing can be. *plan: what was kept of those in which
 * the same is empty, too; NULL: nothing yet. */
struct guess_book;
struct guess;
struct guess *guess_kept(struct guess_book *book, const struct ocsf *o, const struct plan *around,
                         const struct json_fields *row, const struct plan **plan);
void guess_keep(struct guess *g, const struct json_fields *row, const struct plan *plan);
struct guess_book *guess_book_new(void); /* NULL: no memory */
void guess_book_free(struct guess_book *book);

#endif
