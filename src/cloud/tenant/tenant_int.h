/* What the files of cloud/tenant share. */
#ifndef CLOUD_TENANT_TENANT_INT_H
#define CLOUD_TENANT_TENANT_INT_H

#include "cloud/tenant/tenant.h"

const struct cloud_profile *cloud_find(struct str name); /* NULL: no such cloud; without regard to case */

/* Checks one text of a person's and gives it trimmed. `what` names it in messages ("the tenant's name"). */
bool input_name(const char *text, const char *what, char out[NAME_BYTES], struct err *e);
bool input_tenant_id(const char *text, char out[GUID_BYTES], struct err *e);
bool input_client_id(const char *text, const char *tenant_id, char out[GUID_BYTES], struct err *e);
bool input_cloud(const char *text, char *out, size_t out_size, struct err *e); /* "": global */
/* Without a name a tenant is called by its id. */
bool input_tenant_name(const char *text, struct tenant_record *r, struct err *e);
/* Empty takes the override away. The record's ids must be there. */
bool input_override(const char *text, enum tenant_override which, struct tenant_record *r, struct err *e);
/* `input_record` fills all but org_id and created. */
bool input_record(const struct tenant_input *in, struct tenant_record *out, struct err *e);
/* The secret without what editors and shells put around it; borrowed from `secret`. */
bool input_secret(struct str secret, struct str *out, struct err *e);

/* Where a tenant of that cloud signs in: its own overrides (of `known`, if it is there already), else portcullis.yaml, else the cloud. */
struct tenant_hosts {
    char login_url[HOST_BYTES], graph_audience[HOST_BYTES];
};
void tenant_hosts_of(const struct conf *c, const char *cloud, const struct tenant_record *known /* or NULL */,
                     struct tenant_hosts *out);

#endif
