#include "face/api/principal.h"
#include "state/store/tenants.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const role_names[ROLE_COUNT] = {[ROLE_VIEWER] = "viewer",
                                            [ROLE_ANALYST] = "analyst",
                                            [ROLE_RESPONDER] = "responder",
                                            [ROLE_ADMIN] = "admin",
                                            [ROLE_OWNER] = "owner"};

bool principal_role_read(const char *name, enum role *out)
{
    for (int i = 0; i < ROLE_COUNT; i++)
        if (strcmp(name, role_names[i]) == 0) {
            *out = (enum role)i;
            return true;
        }
    return false;
}

void principal_local(struct principal *out, const char *user)
{
    *out = (struct principal){.kind = BY_LOCAL, .role = ROLE_OWNER};
    (void)snprintf(out->name, sizeof out->name, "cli:%s", user);
}

struct gather {
    struct arena *arena;
    char (*ids)[GUID_BYTES];
    size_t count, room;
    bool is_out_of_memory;
};

static bool take_tenant(void *arg, const char *tenant_id)
{
    struct gather *g = arg;
    if (g->count == g->room) {
        size_t room = g->room ? 2 * g->room : 64;
        char(*ids)[GUID_BYTES] = arena_alloc(g->arena, room * sizeof *ids);
        g->is_out_of_memory = ids == NULL;
        if (g->is_out_of_memory) return false;
        if (g->count) memcpy(ids, g->ids, g->count * sizeof *ids);
        g->ids = ids;
        g->room = room;
    }
    return str_copy(str_of(tenant_id), g->ids[g->count++], GUID_BYTES);
}

static int by_text(const void *a, const void *b)
{
    return strcmp(a, b);
}

bool principal_prepare(struct principal *p, struct store *s, struct arena *a, struct err *e)
{
    struct gather g = {.arena = a};
    p->tenants = NULL;
    p->tenant_count = 0;
    if (!p->is_scoped) return true;
    for (size_t i = 0; i < p->org_count; i++)
        if (!store_tenants_of_org(s, p->orgs[i], take_tenant, &g, e)) return false;
    if (g.is_out_of_memory) return err_set(e, &base_causes[BASE_NO_MEMORY], "the tenants in scope");
    if (g.count) qsort(g.ids, g.count, sizeof *g.ids, by_text);
    p->tenants = (const char(*)[GUID_BYTES])g.ids;
    p->tenant_count = g.count;
    return true;
}

bool principal_sees_account(const struct principal *p)
{
    return !p->is_scoped;
}

bool principal_sees_org(const struct principal *p, int64_t org_id)
{
    for (size_t i = 0; i < p->org_count && p->is_scoped; i++)
        if (p->orgs[i] == org_id) return true;
    return !p->is_scoped;
}

bool principal_sees_tenant(const struct principal *p, const char *tenant_id)
{
    if (!p->is_scoped) return true;
    return tenant_id && p->tenant_count && bsearch(tenant_id, p->tenants, p->tenant_count, GUID_BYTES, by_text) != NULL;
}
