/* Which proxy a destination is reached through (state/conf/proxy.h): rules of a tenant, an organization, or the account (neither).
 * The password is sealed: store_secret_get of store_proxy_secret. Rules and passwords go with what they belong to. */
#ifndef STATE_STORE_PROXIES_H
#define STATE_STORE_PROXIES_H

#include "state/conf/proxy.h"
#include "state/store/store.h"

struct proxy_record {
    int64_t id;     /* 0: given by store_proxy_put */
    int64_t org_id; /* 0: not an organization's */
    char tenant_id[GUID_BYTES];
    char pattern[PROXY_PATTERN_BYTES], address[PROXY_ADDRESS_BYTES], user[PROXY_USER_BYTES];
    struct str ca_pem; /* borrowed; empty: none */
    struct wall created;
};
/* One rule for a pattern at its place: another one there takes over its id. STORE_GONE without its tenant or organization. */
bool store_proxy_put(struct store *s, struct proxy_record *r, struct err *e);
bool store_proxy_list(struct store *s, bool (*each)(void *arg, const struct proxy_record *r), void *arg, struct err *e);
bool store_proxy_remove(struct store *s, int64_t id, bool *removed_out, struct err *e);
enum { PROXY_SECRET_BYTES = 40 };
void store_proxy_secret(int64_t id, char name_out[PROXY_SECRET_BYTES]);

#endif
