/* Alerts of one tenant that were made through the API out of a row, instead of drawn (section 10 of the reference). */
#ifndef TWIN_MADE_ALERTS_H
#define TWIN_MADE_ALERTS_H

#include "twin/objects_int.h"

#define MADE_ALERTS (UINT64_C(1) << 33) /* they are numbered from here */
enum { MADE_ALERTS_MAX = 1000 };
struct made_alert {
    struct alert_kind kind;
    unsigned device;
    struct wall at, event; /* when it was made; what it is about */
};
struct made_alerts {
    struct arena texts;
    struct made_alert *items;
    size_t count, cap;
};
/* Copies the texts; *m is made when need be. false: there is no room. */
bool made_alerts_add(struct made_alerts **m, const struct made_alert *draft);
void made_alerts_free(struct made_alerts *m);                             /* accepts NULL */
const struct made_alert *made_alert_of(struct estate t, uint64_t number); /* NULL: it is drawn */

#endif
