/* Organizations and their tenants. Removing one takes with it what was set for it. */
#ifndef STATE_STORE_TENANTS_H
#define STATE_STORE_TENANTS_H

#include "state/store/store.h"

struct org_record {
    int64_t id; /* 0 when new */
    char name[NAME_BYTES];
    struct wall created;
};
/* What may be set for one tenant alone. */
enum tenant_override {
    OVER_LOGIN_URL,
    OVER_TOKEN_URL,
    OVER_GRAPH_URL,
    OVER_GRAPH_AUDIENCE,
    OVER_GRAPH_VERSION,
    OVER_ENDPOINT_URL,
    OVER_ENDPOINT_AUDIENCE,
    OVER_ENDPOINT_VERSION,
    OVER_SIEM_URL,
    OVER_SIEM_AUDIENCE,
    TENANT_OVERRIDES
};
struct tenant_record {
    char tenant_id[GUID_BYTES]; /* the Entra tenant, lower case */
    int64_t org_id;
    char name[NAME_BYTES];
    char client_id[GUID_BYTES]; /* of its first app; only read: see app_record */
    char cloud[16];             /* "global", "gcc", ... */
    bool is_enabled;
    char overrides[TENANT_OVERRIDES][HOST_BYTES]; /* empty: as its cloud has it */
    struct wall created;
};
/* A new record with no time in `created` has the time of the store's clock. */
bool store_org_put(struct store *s, struct org_record *r,
                   struct err *e); /* sets r->id when new; STORE_EXISTS by name */
/* With what was set for it. Not while it has tenants. */
bool store_org_remove(struct store *s, int64_t id, bool *removed_out, struct err *e);
bool store_org_list(struct store *s, bool (*each)(void *arg, const struct org_record *r), void *arg, struct err *e);
bool store_org_find(struct store *s, const char *name, struct org_record *out, bool *found_out, struct err *e);
/* STORE_EXISTS when the tenant is there already and `is_new`; STORE_GONE when it is not and not `is_new`, or without its
 * organization. Organizations are found and unique without regard to ASCII case. */
bool store_tenant_put(struct store *s, const struct tenant_record *r, bool is_new, struct err *e);
bool store_tenant_find(struct store *s, const char *tenant_id, struct tenant_record *out, bool *found_out,
                       struct err *e);
bool store_tenant_list(struct store *s, bool (*each)(void *arg, const struct tenant_record *r), void *arg,
                       struct err *e);
/* Ids alone. */
bool store_tenants_of_org(struct store *s, int64_t org_id, bool (*each)(void *arg, const char *tenant_id), void *arg,
                          struct err *e);
/* With its feeds' state, and those of its apps that are its own and no other tenant's, with their secrets; events stay. */
bool store_tenant_remove(struct store *s, const char *tenant_id, struct err *e);
/* Whose a tenant was when it was last removed, kept until somebody may forget it. Ids of organizations are never used twice. */
bool store_former_find(struct store *s, const char *tenant_id, int64_t *org_id_out, bool *found_out, struct err *e);
bool store_former_forget(struct store *s, const char *tenant_id, struct err *e);

#endif
