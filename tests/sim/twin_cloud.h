/* The twin's pure model as a simulation's cloud: what ingest asks goes to it as the KQL and OData that the service would send,
 * with tokens from its login; what comes back, errors included, is read as the service reads it. Only the sockets are missing,
 * and the way is short: it takes a while, it breaks, it hangs, as the model says. */
#ifndef TESTS_SIM_TWIN_CLOUD_H
#define TESTS_SIM_TWIN_CLOUD_H

#include "sim_install.h"

struct twin_cloud;
struct twin_cloud_opts {
    struct sim_time *time; /* borrowed; the scenario begins now */
    uint64_t seed;
    unsigned tenants;
    const char *scenario; /* YAML */
    int64_t latency_ms_max;
};
struct twin_cloud *twin_cloud_new(const struct twin_cloud_opts *o);
void twin_cloud_free(struct twin_cloud *c); /* nothing may be on its way */
struct sim_world twin_cloud_world(struct twin_cloud *c);
void twin_cloud_freeze(
    struct twin_cloud *c); /* from now on nothing new comes into being, and nothing goes wrong by chance */
/* One of the twin's own calls (/twin/...), which nothing goes wrong with; what it answers. */
void twin_cloud_admin(struct twin_cloud *c, const char *method, const char *target, struct str body, struct buf *out);
uint64_t twin_cloud_calls(const struct twin_cloud *c);
size_t twin_cloud_in_flight(const struct twin_cloud *c);

#endif
