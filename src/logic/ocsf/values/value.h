/* Inside the mapping engine: values on their way from a slot to an attribute. A value is always a JSON token. */
#ifndef LOGIC_OCSF_VALUE_H
#define LOGIC_OCSF_VALUE_H

#include "logic/ocsf/rows/row.h"

struct value {
    struct str raw; /* token; p == NULL: absent */
    enum json_type type;
    struct str caption; /* token, of a value out of a table; p == NULL: none */
    bool is_nothing;    /* absent, and what the column holds says nothing either (a 0 for "not known") */
    bool is_partial;    /* elements were left out: the column stays in unmapped */
};

#define VALUE_NONE ((struct value){0})

/* Text of a string (unescaped), number or boolean; p == NULL: it has none. */
struct str value_text(struct map_scratch *s, const struct value *v);
struct value value_of_text(struct map_scratch *s, struct str text); /* empty text is absent */
struct value value_of_token(struct str token);
struct value value_of_number(struct map_scratch *s, int64_t n);
/* One converter on one value (or on each element of an array). */
struct value value_convert(struct map_scratch *s, const struct step *step, struct value v);
/* As the attribute wants it, arrays included; absent when it cannot be. */
struct value value_fit(struct map_scratch *s, const struct schema_attr *attr, enum fit fit, struct value v);
/* The list that was begun in s->text behind `from`, closed and taken out of there; absent when nothing stands behind it. */
struct value value_take_list(struct map_scratch *s, size_t from, bool is_whole);
/* A container without blanks between its tokens (one line); over RAW_DEPTH_MAX as text. */
struct str value_compact(struct map_scratch *s, struct str raw);
/* Calls for each element of an array, or of the array in a text; a single value is its own element. Takes at most
 * LIST_ITEMS_MAX; false when there were more, or a call gave false. */
bool value_each(struct map_scratch *s, struct value v, bool (*each)(void *ctx, struct value element), void *ctx);

struct value chain_value(struct map_scratch *s, const struct chain *c);
struct value expr_value(struct map_scratch *s, const struct expr *e, const struct schema_attr *attr, enum fit fit);
bool condition_holds(struct map_scratch *s, const struct condition *c);
/* The columns behind an expression that was written: they do not go to unmapped. */
void mark_used(struct map_scratch *s, const struct chain *c);
bool mark_room(struct map_scratch *s); /* for one more; false: no memory */

#endif
