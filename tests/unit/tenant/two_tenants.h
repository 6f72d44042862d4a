/* A store on a fake disk with two customers of one tenant each, Contoso's "main" and Fabrikam's "fab", made anew for each case. */
#ifndef TESTS_TWO_TENANTS_H
#define TESTS_TWO_TENANTS_H

#include "cloud/tenant/settings.h"
#include "cloud/tenant/tenant.h"
#include "fake_disk.h"

#define TENANT "aaaaaaaa-0000-4000-8000-00000000000a"
#define OTHER "bbbbbbbb-0000-4000-8000-00000000000b"
#define CLIENT "cccccccc-0000-4000-8000-00000000000c"

extern struct store *store;
extern struct virtual_clock now;
extern struct conf conf;
extern struct setting_scope account, org, tenant, other; /* org: Contoso */

void add_tenant(const char *id, const char *of, const char *name);
int set_up(void **state); /* cmocka's */
int tear_down(void **state);

#endif
