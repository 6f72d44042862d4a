/* The behaviours that Microsoft's texts leave open, each with a name and choices (variants.inc is the list): a scenario
 * (`variants: {name: choice}`, also inside a rule, for some tenants) or `--variant name=choice` says which one is lived.
 *
 * Where the twin behaves so or so, it asks: variant_is(exchange_variants(x), VARIANT_ALERTS_TOP, "refuse"), or takes the
 * wire text itself: variant_text(exchange_variants(x), VARIANT_GRAPH_404_CODE). Pure. */
#ifndef TWIN_VARIANTS_H
#define TWIN_VARIANTS_H

#include <stdbool.h>
#include <stdint.h>

#include "kit/base/err.h"
#include "kit/base/str.h"

enum variant {
#define VARIANT(id, name, meaning, ...) VARIANT_##id,
#include "twin/variants.inc"
#undef VARIANT
    VARIANT_COUNT
};
enum { VARIANT_CHOICES_MAX = 4 };
extern const struct variant_row {
    const char *name, *meaning, *choices[VARIANT_CHOICES_MAX]; /* the first is the default; NULL behind the last */
} variant_rows[VARIANT_COUNT];

/* What was chosen: 0 nothing, else the choice's index + 1. */
struct variants {
    uint8_t chosen[VARIANT_COUNT];
};
/* Error: TWIN_BAD_VARIANT, naming the choices there are. */
bool variants_set(struct variants *v, struct str name, struct str choice, struct err *e);
bool variants_parse(struct variants *v, struct str name_is_choice, struct err *e); /* "name=choice,name=choice" */
void variants_lay_over(struct variants *v, const struct variants *over);           /* what `over` chose wins */

const char *variant_text(const struct variants *v, enum variant which);
/* `choice` must be one of its choices: a word that is none is a mistake in the program. */
bool variant_is(const struct variants *v, enum variant which, const char *choice);
unsigned variant_number(const struct variants *v, enum variant which); /* of choices that begin with digits */
/* Status and `error` of an AADSTS code that are open ("login.<code>"); false: that code is not open. */
bool variant_login(const struct variants *v, unsigned code, int *status_out, const char **error_out);

#endif
