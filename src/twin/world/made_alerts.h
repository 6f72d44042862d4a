/* Alerts of one tenant that were made through the API out of a row, instead of drawn (section 10 of the reference). */
#ifndef TWIN_MADE_ALERTS_H
#define TWIN_MADE_ALERTS_H

#include "twin/world/objects_int.h"

#define MADE_ALERTS (UINT64_C(1) << 33) /* they are numbered from here */
enum { MADE_ALERTS_MAX = 1000 };
struct made_alert {
    struct alert_kind kind;
    unsigned device;
    struct wall at, event;    /* when it was made; what it is about */
    uint64_t incident;        /* the number of the first made alert of the same one; 0: one of its own */
    const char *remedy;       /* remediationStatus of its evidence; NULL: as drawn */
    const char *role;         /* of its device ("compromised"); NULL: as drawn */
    const char *investigated; /* its investigationState; NULL: as drawn */
};
struct made_merge { /* of incidents, ordered at run time */
    uint64_t incident, into;
    struct wall at;
};
struct made_alerts {
    struct arena texts;
    struct made_alert *items;
    size_t count, cap;
    struct made_merge *merges;
    size_t merge_count;
};
/* Copies the texts; *m is made when need be. false: there is no room. */
bool made_alerts_add(struct made_alerts **m, const struct made_alert *draft);
bool made_alerts_merge(struct made_alerts **m, const struct made_merge *merge);
void made_alerts_free(struct made_alerts *m);                             /* accepts NULL */
const struct made_alert *made_alert_of(struct estate t, uint64_t number); /* NULL: it is drawn */

#endif
