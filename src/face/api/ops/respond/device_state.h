/* Which devices are isolated, as far as we know it: from the response's own memory, and from the machine actions that the
 * feeds bring (other people's, too): of each device the newest isolate or release that succeeded. */
#ifndef FACE_API_DEVICE_STATE_H
#define FACE_API_DEVICE_STATE_H

#include "logic/respond/respond.h"
#include "state/store/store.h"

struct device_state {
    char tenant[R_GUID], device[R_ID], host[R_NAME];
    bool is_isolated, is_ours;
    char state[16]; /* of the hold: "held", "releasing", ...; empty: not in our memory */
    char by[R_NAME], reason[R_TEXT];
    struct wall since, until;
    uint64_t hold; /* 0: none */
};
struct device_states {
    struct device_state *items; /* by tenant and device */
    size_t count, cap;
};
/* `tenant_id` NULL: all. */
bool device_states_read(struct store *s, const struct responder *r, const char *tenant_id, struct device_states *out,
                        struct err *e);
void device_states_done(struct device_states *d);
const struct device_state *device_state_of(const struct device_states *d, const char *tenant_id, const char *device);

#endif
