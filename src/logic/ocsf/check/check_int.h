/* Inside the checker: one event under examination, where we stand in it, and what was found so far. */
#ifndef LOGIC_OCSF_CHECK_INT_H
#define LOGIC_OCSF_CHECK_INT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kit/json/json.h"
#include "logic/ocsf/check/schema_int.h"
#include "logic/ocsf/ocsf.h"

enum { CHECK_PATH_BYTES = 512 };

struct check {
    const struct schema *schema;
    const struct schema_item *class;
    const struct json *event;
    uint16_t active; /* profiles the event declares */
    void (*each)(void *ctx, const struct ocsf_finding *f);
    void *ctx;
    size_t errors;
    char path[CHECK_PATH_BYTES]; /* of the value being looked at; cut when longer */
    size_t path_bytes;
};

/* Enter "name" or, with name NULL, "[index]"; leave with what was returned. */
size_t check_enter(struct check *c, struct str name);
size_t check_enter_index(struct check *c, size_t index);
void check_leave(struct check *c, size_t mark);

void check_error(struct check *c, const char *rule, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
void check_warning(struct check *c, const char *rule, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* `v` is an integer as JSON writes one: digits, no point, no exponent. */
bool check_is_integer(const struct json *v, int64_t *out);
/* One class or object: its attributes, its captions, its constraints. Recursion ends with the tree, at JSON_DEPTH_MAX. */
void check_item(struct check *c, const struct schema_item *item, const struct json *object);
void check_observables(struct check *c);

#endif
