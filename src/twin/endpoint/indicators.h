/* Indicators of one tenant (section 15 of the reference): only what was posted, within bounds. */
#ifndef TWIN_INDICATORS_H
#define TWIN_INDICATORS_H

#include "kit/base/arena.h"
#include "kit/base/wall.h"
#include "kit/json/json.h"

enum indicator_text {
    INDICATOR_VALUE,
    INDICATOR_TYPE,
    INDICATOR_ACTION,
    INDICATOR_TITLE,
    INDICATOR_DESCRIPTION,
    INDICATOR_APPLICATION,
    INDICATOR_SEVERITY,
    INDICATOR_EXPIRES,
    INDICATOR_RECOMMENDED,
    INDICATOR_TEXTS
};
extern const char *const indicator_text_names[INDICATOR_TEXTS];
struct indicator {
    uint64_t id; /* never given twice */
    const char *texts[INDICATOR_TEXTS];
    struct str groups; /* rbacGroupNames as JSON */
    bool makes_alert;
    struct wall created, updated, expires; /* expires: WALL_NEVER as a rule */
    const char *author;
};
enum { INDICATORS_MAX = 15000 };

struct indicator_book;
void indicator_book_free(struct indicator_book *b); /* accepts NULL */
/* Those not expired by `now`; *b NULL: none. */
size_t indicator_count(const struct indicator_book *b);
const struct indicator *indicator_at(const struct indicator_book *b, size_t index);
const struct indicator *indicator_by_id(const struct indicator_book *b, uint64_t id); /* NULL: none */

struct indicator_fault {
    const char *code; /* of section 9.1 */
    char message[200];
};
/* Creates it, or changes the one of the same type and value. `*b` is made when need be. NULL: refused, see the fault. */
const struct indicator *indicator_put(struct indicator_book **b, const struct json *fields, const char *author,
                                      struct wall now, struct indicator_fault *fault);
bool indicator_delete(struct indicator_book *b, uint64_t id); /* false: there is none */

#endif
