/* Whom a request comes from: its session's cookie, or its API token. */
#include <stdio.h>
#include <string.h>

#include "cloud/tenant/settings.h"
#include "face/api/installation.h"
#include "face/api/login/auth.h"
#include "state/store/people.h"

enum { SEEN_EVERY_S = 60 };

static int64_t seconds_between(struct wall from, struct wall to)
{
    return (to.ticks - from.ticks) / WALL_TICKS_PER_S;
}

/* ---- sessions ------------------------------------------------------------------------------------------------------------------ */

static bool is_alive(struct installation *i, const struct session_record *r, struct wall now, bool *out, struct err *e)
{
    struct settings all;
    if (!settings_resolve(i->store, &(struct setting_scope){0}, &all, e)) return false;
    *out = now.ticks < r->until.ticks && now.ticks >= r->created.ticks &&
           seconds_between(r->seen, now) * 1000 < all.values[SET_SESSION_IDLE].number &&
           seconds_between(r->created, now) * 1000 < all.values[SET_SESSION_LIFE].number;
    return true;
}

static bool is_own_origin(const struct web_sender *w, const char *origin)
{
    for (size_t k = 0; k < sizeof w->own_origin / sizeof *w->own_origin; k++)
        if (w->own_origin[k] && str_eq_nocase(str_of(origin), str_of(w->own_origin[k]))) return true;
    return false;
}

bool auth_check_origin(const struct web_sender *w, struct err *e)
{
    if (w->origin && !is_own_origin(w, w->origin))
        return err_set(e, &auth_causes[AUTH_ORIGIN], "the page that asks is of %.100s", w->origin);
    if (w->fetch_site && strcmp(w->fetch_site, "same-origin") != 0 && strcmp(w->fetch_site, "none") != 0)
        return err_set(e, &auth_causes[AUTH_ORIGIN], "the browser says that another site asks (%.20s)", w->fetch_site);
    return true;
}

static bool check_change(const struct web_sender *w, struct err *e)
{
    char want[SECRET_TEXT_BYTES];
    if (!w->is_change) return true;
    if (!auth_check_origin(w, e)) return false;
    session_csrf(w->session, want);
    if (w->csrf && strlen(w->csrf) == strlen(want) && bytes_equal_const_time(w->csrf, want, strlen(want))) return true;
    return err_set(e, &auth_causes[AUTH_CSRF],
                   w->csrf ? "the header X-CSRF-Token is not this session's" : "the header X-CSRF-Token is missing");
}

static bool person_of(struct installation *i, int64_t person_id, struct person_record *p, struct login_record *l,
                      const struct cause *absent, struct err *e)
{
    bool found = false;
    if (!store_person_by_id(i->store, person_id, p, &found, e)) return false;
    if (!found) return err_set(e, absent, "whoever it was given to is gone");
    return store_login_find(i->store, person_id, l, e);
}

static bool by_session(struct installation *i, const struct web_sender *w, struct arena *a, struct principal *out,
                       struct err *e)
{
    const struct wall now = clock_wall(&i->clock);
    struct session_record r;
    struct person_record p;
    struct login_record l;
    uint8_t hash[ACCESS_HASH_BYTES];
    bool found = false, alive = false;
    sha256(w->session, strlen(w->session), hash);
    if (!store_session_find(i->store, hash, &r, &found, e)) return false;
    if (found && !is_alive(i, &r, now, &alive, e)) return false;
    if (!alive) return err_set(e, &auth_causes[AUTH_NEEDED], "the session has ended");
    if (!check_change(w, e) || !person_of(i, r.person_id, &p, &l, &auth_causes[AUTH_NEEDED], e) ||
        !auth_principal(i, &p, &l, a, out, e))
        return false;
    /* who comes from the identity provider has his second factor there */
    if (strcmp(r.how, "password") == 0 && !auth_must_enrol(i, &p, &l, &out->must_enrol, e)) return false;
    return seconds_between(r.seen, now) < SEEN_EVERY_S || store_session_seen(i->store, hash, now, e);
}

/* ---- API tokens ------------------------------------------------------------------------------------------------------------------ */

struct narrowing {
    const struct principal *by;
    int64_t *ids;
    size_t count, room;
};

static bool count_org(void *arg, int64_t org_id, const char *name)
{
    (void)org_id, (void)name;
    ++*(size_t *)arg;
    return true;
}

static bool keep_org(void *arg, int64_t org_id, const char *name)
{
    struct narrowing *n = arg;
    (void)name;
    if (principal_sees_org(n->by, org_id) && n->count < n->room) n->ids[n->count++] = org_id;
    return true;
}

/* Those of its organizations that its owner sees, too. */
static bool narrow(struct installation *i, const struct api_token_record *t, struct arena *a, struct principal *by,
                   struct err *e)
{
    struct narrowing n = {.by = by};
    if (!t->is_scoped) return true;
    if (!store_scope_list(i->store, SCOPE_TOKEN, t->id, count_org, &n.room, e)) return false;
    n.ids = arena_alloc(a, (n.room + 1) * sizeof *n.ids);
    if (n.ids == NULL) return err_set(e, &base_causes[BASE_NO_MEMORY], "a token's organizations");
    if (!store_scope_list(i->store, SCOPE_TOKEN, t->id, keep_org, &n, e)) return false;
    by->is_scoped = true;
    by->orgs = n.ids;
    by->org_count = n.count;
    return true;
}

static bool bad_token(struct err *e, const char *why)
{
    return err_set(e, &auth_causes[AUTH_BAD_TOKEN], "the API token %s", why);
}

/* Never more than its owner may now. */
static bool owner_of(struct installation *i, const struct api_token_record *t, struct arena *a, struct principal *out,
                     struct err *e)
{
    struct person_record p;
    struct login_record l;
    *out = (struct principal){.role = ROLE_OWNER};
    if (t->person_id == 0) return true;
    return person_of(i, t->person_id, &p, &l, &auth_causes[AUTH_BAD_TOKEN], e) &&
           (!l.is_disabled || bad_token(e, "belongs to somebody who is switched off")) &&
           auth_principal(i, &p, &l, a, out, e);
}

static bool by_token(struct installation *i, const struct web_sender *w, struct str text, struct arena *a,
                     struct principal *out, struct err *e)
{
    const struct wall now = clock_wall(&i->clock);
    struct api_token_record t;
    uint8_t hash[ACCESS_HASH_BYTES];
    enum role role = ROLE_VIEWER;
    bool found = false;
    if (!token_hash(text, hash)) return bad_token(e, "is none, or not whole");
    if (!store_api_token_find(i->store, hash, &t, &found, e)) return false;
    if (!found) return bad_token(e, "is not known");
    if (now.ticks >= t.expires.ticks) return bad_token(e, "has expired");
    if (!owner_of(i, &t, a, out, e) || !narrow(i, &t, a, out, e)) return false;
    (void)principal_role_read(t.role, &role);
    if (role < out->role) out->role = role;
    out->kind = BY_TOKEN;
    out->id = t.id;
    (void)snprintf(out->name, sizeof out->name, "token:%.120s", t.name);
    return seconds_between(t.used, now) < SEEN_EVERY_S || store_api_token_used(i->store, t.id, now, w->address, e);
}

/* ---- either --------------------------------------------------------------------------------------------------------------------- */

bool auth_who(struct installation *i, const struct web_sender *w, struct arena *a, struct principal *out,
              bool *is_absent_out, struct err *e)
{
    struct str bearer = w->authorization ? str_of(w->authorization) : STR_NONE;
    bool ok;
    *is_absent_out = false;
    if (bearer.n > 7 && str_eq_nocase(str_sub(bearer, 0, 7), STR("Bearer "))) {
        ok = by_token(i, w, str_trim(str_sub(bearer, 7, bearer.n - 7)), a, out, e);
    } else if (w->session && w->session[0]) {
        ok = by_session(i, w, a, out, e);
        *is_absent_out = !ok && auth_status(e->cause) != 0; /* a session that has ended is none */
    } else {
        *is_absent_out = true;
        return err_set(e, &auth_causes[AUTH_NEEDED], "there is neither a session nor an API token");
    }
    if (ok) (void)snprintf(out->address, sizeof out->address, "%s", w->address);
    return ok;
}
