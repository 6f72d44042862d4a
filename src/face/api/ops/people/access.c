/* What operations about who may come in share. */
#include "face/api/ops/people/access.h"

#include <stdio.h>

#include "cloud/tenant/tenant.h"
#include "state/store/tenants.h"

static bool read_org(const struct op_call *c, struct str wanted, int64_t *out, struct err *e)
{
    struct org_record r;
    char name[NAME_BYTES] = "";
    bool found = false;
    wanted = str_trim(wanted);
    (void)str_copy(str_sub(wanted, 0, sizeof name - 1), name, sizeof name);
    if (!store_org_find(c->installation->store, name, &r, &found, e)) return false;
    if (!found || !principal_sees_org(c->by, r.id))
        return err_set(e, &tenant_causes[TENANT_NO_ORG], "there is no organization \"%s\"", name);
    *out = r.id;
    return true;
}

bool access_read_scope(const struct op_call *c, bool *is_given_out, struct access_scope *out, struct err *e)
{
    const struct json *list = json_get(c->params, "org");
    bool all = op_flag(c, "all-orgs");
    *out = (struct access_scope){0};
    *is_given_out = list != NULL || all;
    if (list == NULL) return true;
    if (all) return telling_bad(c, e, "org", "give organizations, or --all-orgs, not both");
    out->is_scoped = true;
    out->orgs = arena_alloc(c->arena, (list->count + 1) * sizeof *out->orgs);
    if (out->orgs == NULL) return err_set(e, &base_causes[BASE_NO_MEMORY], "the organizations");
    for (size_t i = 0; i < list->count; i++)
        if (!read_org(c, json_str(&list->items[i], STR("")), &out->orgs[out->count++], e)) return false;
    return true;
}

static bool write_org(void *arg, int64_t org_id, const char *name)
{
    (void)org_id;
    json_write_cstr(arg, name);
    return true;
}

bool access_write_scope(struct json_writer *w, struct store *s, enum scope_owner kind, int64_t id, bool is_scoped,
                        struct err *e)
{
    json_key(w, "organizations");
    if (!is_scoped) {
        json_write_null(w);
        return true;
    }
    json_array_begin(w);
    bool ok = store_scope_list(s, kind, id, write_org, w, e);
    json_array_end(w);
    return ok;
}

struct str access_line(struct str file)
{
    while (file.n && (file.p[file.n - 1] == '\n' || file.p[file.n - 1] == '\r')) file.n--;
    return file;
}

bool access_totp_off(struct store *s, struct login_record *l, struct err *e)
{
    char name[48];
    (void)snprintf(name, sizeof name, "person.totp:%lld", (long long)l->person_id);
    l->totp = TOTP_OFF;
    return store_login_put(s, l, e) && store_secret_remove(s, name, e) &&
           store_recovery_set(s, l->person_id, NULL, 0, e);
}
