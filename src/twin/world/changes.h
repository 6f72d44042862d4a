/* What was written to a tenant's objects through the APIs: a log of changes, laid over what is drawn. Each has its instant,
 * so that an object can still be told as it was at any earlier one. */
#ifndef TWIN_CHANGES_H
#define TWIN_CHANGES_H

#include <stdbool.h>
#include <stddef.h>

#include "kit/base/wall.h"
#include "twin/login/permissions.h"

enum object_text { /* what can be written; TEXT_COMMENT adds, the others replace */
                   TEXT_STATUS,
                   TEXT_CLASSIFICATION,
                   TEXT_DETERMINATION,
                   TEXT_ASSIGNED,
                   TEXT_TAGS,           /* a JSON array of strings */
                   TEXT_CUSTOM_DETAILS, /* a JSON object */
                   TEXT_RESOLVING_COMMENT,
                   TEXT_NAME,
                   TEXT_SEVERITY,
                   TEXT_SUMMARY,
                   TEXT_COMMENT,
                   TEXT_COUNT
};
struct change {
    unsigned kind; /* enum object_kind */
    uint64_t number;
    struct wall at;
    enum cloud_api through;
    enum object_text what;
    bool touches; /* moves lastUpdateDateTime */
    char *text;   /* empty: set to null */
    char *author; /* of a comment */
};
struct changes {
    struct change *items; /* in order of time */
    size_t count, cap;
};
/* Copies the texts. */
void changes_add(struct changes *c, struct change change, struct str text, struct str author);
void changes_done(struct changes *c);
/* Is it to be seen at `now` through `api`? `echo`: how long a change takes to show in the other API. */
bool change_shows(const struct change *c, enum cloud_api api, int64_t echo, struct wall now);

#endif
