/* What the files of cloud/tenant share. */
#ifndef CLOUD_TENANT_TENANT_INT_H
#define CLOUD_TENANT_TENANT_INT_H

#include "cloud/tenant/tenant.h"
#include "state/store/apps.h"
#include "state/store/settings.h"
#include "state/store/tenants.h"

const struct cloud_profile *cloud_find(struct str name); /* NULL: no such cloud; without regard to case */

/* All organizations, tenants and apps as read at once (directory.c). */
struct directory_app {
    struct app_record record;
    struct app *opened; /* NULL: not needed yet */
};
struct directory_use {
    char tenant_id[GUID_BYTES];
    int64_t app_id;
};
struct directory {
    struct org_record *orgs;
    struct tenant_record *tenants;
    struct directory_app *apps;            /* by id */
    struct credential_record *credentials; /* by app and id; without retired ones */
    struct directory_use *uses;            /* by tenant, then in their order */
    struct proxy_book *proxies;
    struct setting_record *endpoint; /* where that is set, by level, then scope */
    size_t org_count, tenant_count, app_count, credential_count, use_count, endpoint_count;
    bool has_no_memory;
    uint64_t reading; /* its number: later ones are higher */
    bool is_closed;   /* apps are built without their secrets */
};
bool directory_read(struct store *s, struct directory *out, struct err *e);
void directory_done(struct directory *d);
bool directory_is_endpoint_off(const struct directory *d, const struct tenant_record *r);
struct directory_app *directory_app(const struct directory *d, int64_t id); /* NULL: none */
const struct directory_use *directory_uses(const struct directory *d, const char *tenant_id);
bool directory_is_use_of(const struct directory *d, const struct directory_use *u, const char *tenant_id);
const struct credential_record *directory_credentials(const struct directory *d, int64_t app_id, size_t *count_out);
bool app_build(struct store *s, const struct directory *d, const struct app_record *r, struct app **out, struct err *e);

const char *bundle_of_role(enum audience audience, struct str role); /* NULL: of none */
bool bundles_have(const char *bundles, const char *bundle);
/* As app_add and credential_add, within the caller's transaction. */
bool app_put(struct store *s, const struct app_input *in, struct app_record *out, struct err *e);
bool credential_put(struct store *s, const struct app_record *app, const struct credential_input *in, bool at_once,
                    struct credential_record *out, struct err *e);
bool credential_input_check(struct store *s, const struct credential_input *in, struct err *e);

/* Checks one text of a person's and gives it trimmed. `what` names it in messages ("the tenant's name"). */
bool input_name(const char *text, const char *what, char out[NAME_BYTES], struct err *e);
bool input_tenant_id(const char *text, char out[GUID_BYTES], struct err *e);
bool input_client_id(const char *text, const char *tenant_id, char out[GUID_BYTES], struct err *e);
bool input_cloud(const char *text, char *out, size_t out_size, struct err *e); /* "": global */
/* Without a name a tenant is called by its id. */
bool input_tenant_name(const char *text, struct tenant_record *r, struct err *e);
/* Empty takes the override away. The record's ids must be there. */
bool input_override(const char *text, enum tenant_override which, struct tenant_record *r, struct err *e);
bool input_guid(const char *text, const char *what, const struct cause *bad, char out[GUID_BYTES], struct err *e);
/* Fills all but org_id and created; without an app of its own no client id. */
bool input_record(const struct tenant_input *in, bool has_app, struct tenant_record *out, struct err *e);
/* The secret without what editors and shells put around it; borrowed from `secret`. */
bool input_secret(struct str secret, struct str *out, struct err *e);

/* Where a tenant of that cloud signs in: its own overrides (of `known`, if it is there already), else portcullis.yaml, else the cloud. */
struct tenant_hosts {
    char login_url[HOST_BYTES], graph_audience[HOST_BYTES];
};
/* One that need not be in the store, with this app alone; takes a reference of it. */
struct tenant *tenant_trial(struct store *s, const struct conf *c, const struct tenant_record *r, struct app *app,
                            struct err *e);
void tenant_hosts_of(const struct conf *c, const char *cloud, const struct tenant_record *known /* or NULL */,
                     struct tenant_hosts *out);

#endif
