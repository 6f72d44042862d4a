/* Who somebody is here that the identity provider vouches for. */
#include <stdio.h>
#include <string.h>

#include "face/api/installation.h"
#include "face/api/login/oidc.h"
#include "state/store/people.h"

enum { ORGS_MAX = 1024 };

/* What the rules give: the highest role, and the organizations of those that give it. */
struct grant {
    struct store *store;
    const struct json *claims;
    struct err *e;
    bool failed, has_role, is_scoped;
    enum role role;
    int64_t orgs[ORGS_MAX];
    size_t count;
};

static bool has_value(const struct json *claim, const char *value)
{
    if (claim && claim->type == JSON_ARRAY) {
        for (size_t i = 0; i < claim->count; i++)
            if (str_eq(json_str(&claim->items[i], STR("")), str_of(value))) return true;
        return false;
    }
    return claim && str_eq(json_str(claim, STR("")), str_of(value)) && value[0];
}

static bool take_org(void *arg, int64_t org_id, const char *name)
{
    struct grant *g = arg;
    (void)name;
    if (g->count < ORGS_MAX) g->orgs[g->count++] = org_id;
    return true;
}

static bool apply_rule(void *arg, const struct oidc_rule_record *r)
{
    struct grant *g = arg;
    enum role role;
    if (!principal_role_read(r->role, &role) || !has_value(json_get(g->claims, r->claim), r->value)) return true;
    if (g->has_role && role < g->role) return true;
    if (!g->has_role || role > g->role) g->count = 0, g->is_scoped = true;
    g->has_role = true;
    g->role = role;
    if (!r->is_scoped) g->is_scoped = false;
    g->failed = !store_scope_list(g->store, SCOPE_RULE, r->id, take_org, g, g->e);
    return !g->failed;
}

static void read_name(const struct oidc_record *o, const struct json *claims, char out[NAME_BYTES])
{
    static const char *const others[] = {"preferred_username", "email", "sub"};
    struct str name = json_str(json_get(claims, o->name_claim), STR(""));
    for (size_t i = 0; name.n == 0 && i < 3; i++) name = json_str(json_get(claims, others[i]), STR(""));
    name = str_sub(name, 0, NAME_BYTES - 1);
    (void)str_copy(name, out, NAME_BYTES);
    for (char *p = out; *p; p++)
        if ((unsigned char)*p < ' ' || *p == ':' || (*p == '@' && p == out)) *p = '_';
}

/* A new person, unless somebody else has that name. */
static bool make_person(struct store *s, const char *name, const char *subject, struct person_record *p, struct err *e)
{
    bool found = false;
    if (!store_person_find(s, name, p, &found, e)) return false;
    if (found)
        return err_set(e, &auth_causes[AUTH_OIDC_NAME_TAKEN], "there is a %s already; the subject is \"%s\"", name,
                       subject);
    *p = (struct person_record){0};
    (void)snprintf(p->name, sizeof p->name, "%s", name);
    return true;
}

static bool keep(struct store *s, struct person_record *p, const char *subject, const struct grant *g, struct err *e)
{
    struct login_record l;
    bool is_new = p->id == 0, stays_owner = g->role == ROLE_OWNER && !g->is_scoped;
    if (!is_new && !stays_owner && !auth_leaves_owner(s, p->id, e)) return false;
    (void)snprintf(p->role, sizeof p->role, "%s", role_names[g->role]);
    if (!store_person_put(s, p, e) || !store_login_find(s, p->id, &l, e)) return false;
    if (l.is_disabled) return err_set(e, &auth_causes[AUTH_NEEDED], "%s is switched off", p->name);
    l.is_scoped = g->is_scoped;
    (void)snprintf(l.subject, sizeof l.subject, "%s", subject);
    return store_login_put(s, &l, e) && store_scope_set(s, SCOPE_PERSON, p->id, g->orgs, g->count, e);
}

static bool find_and_keep(struct store *s, const char *name, const char *subject, const struct grant *g,
                          struct person_record *out, struct err *e)
{
    bool found = false;
    return store_person_by_subject(s, subject, out, &found, e) && (found || make_person(s, name, subject, out, e)) &&
           keep(s, out, subject, g, e);
}

bool oidc_person(struct installation *i, const struct oidc_record *o, const struct json *claims, struct arena *a,
                 struct person_record *out, struct err *e)
{
    struct grant *g = ARENA_NEW(a, struct grant);
    char subject[SUBJECT_BYTES], name[NAME_BYTES];
    if (g == NULL) return err_set(e, &base_causes[BASE_NO_MEMORY], "a sign-in");
    *g = (struct grant){.store = i->store, .claims = claims, .e = e};
    read_name(o, claims, name);
    struct str sub = json_str(json_get(claims, "sub"), STR(""));
    int n = snprintf(subject, sizeof subject, "%s %.*s", o->issuer, STR_ARG(sub));
    if (n < 0 || (size_t)n >= sizeof subject)
        return err_set(e, &auth_causes[AUTH_OIDC_TOKEN], "the subject is longer than %d bytes", SUBJECT_BYTES);
    if (!store_oidc_rule_list(i->store, apply_rule, g, e) || g->failed) return false;
    if (!g->has_role) return err_set(e, &auth_causes[AUTH_OIDC_NO_ROLE], "no rule fits %s (%s)", name, subject);
    if (!store_begin(i->store, e)) return false;
    if (find_and_keep(i->store, name, subject, g, out, e)) return store_commit(i->store, e);
    store_rollback(i->store);
    return false;
}
