/* API tokens. */
#include <stdio.h>
#include <string.h>

#include "cloud/tenant/settings.h"
#include "face/api/login/auth.h"
#include "face/api/ops/people/access.h"
#include "state/store/people.h"

/* Who sees everybody's: admins of the whole account. Others: their own. */
static bool sees_all(const struct op_call *c)
{
    return principal_sees_account(c->by) && c->by->role >= ROLE_ADMIN;
}

static bool is_mine(const struct op_call *c, const struct api_token_record *t)
{
    return sees_all(c) || (c->by->person[0] && strcmp(t->person, c->by->person) == 0);
}

static bool write_token(struct json_writer *w, struct store *s, const struct api_token_record *t, const char *text,
                        struct wall now, struct err *e)
{
    json_object_begin(w);
    json_key(w, "id");
    json_write_i64(w, t->id);
    telling_member(w, "name", t->name);
    if (text) telling_member(w, "token", text);
    telling_member(w, "person", t->person[0] ? t->person : NULL);
    telling_member(w, "role", t->role);
    if (!access_write_scope(w, s, SCOPE_TOKEN, t->id, t->is_scoped, e)) return false;
    json_key(w, "created");
    write_time(w, t->created);
    json_key(w, "expires");
    write_time(w, t->expires);
    telling_member(w, "state", now.ticks >= t->expires.ticks ? "expired" : "valid");
    json_key(w, "used");
    write_time(w, t->used);
    telling_member(w, "used_from", t->used_from[0] ? t->used_from : NULL);
    json_object_end(w);
    return true;
}

/* ---- add -------------------------------------------------------------------------------------------------------------------------- */

static bool read_expiry(const struct op_call *c, struct api_token_record *t, struct err *e)
{
    struct settings all;
    int64_t ms = 0;
    if (!settings_resolve(c->installation->store, &(struct setting_scope){0}, &all, e)) return false;
    if (!duration_parse(op_text(c, "expires"), &ms) || ms <= 0)
        return telling_bad(c, e, "expires", "after how long: 8h, 90d");
    if (ms > all.values[SET_TOKEN_LIFE].number)
        return telling_bad(c, e, "expires", "it is longer than the setting token_life allows");
    t->created = clock_wall(&c->installation->clock);
    t->expires = wall_add(t->created, ms * WALL_TICKS_PER_MS);
    return true;
}

/* Whose it is: the caller's; from the command line anybody's, or nobody's. */
static bool read_person(const struct op_call *c, struct api_token_record *t, struct err *e)
{
    struct person_record p;
    bool found = false;
    const char *name = op_cstr(c, "person");
    if (c->by->kind == BY_TOKEN) return err_set(e, &auth_causes[AUTH_NO_PERSON], "a token makes no tokens");
    if (c->by->kind == BY_PERSON && name && strcmp(name, c->by->person) != 0)
        return err_set(e, &auth_causes[AUTH_TOKEN_TOO_MUCH], "only the command line makes tokens for others");
    if (name == NULL && c->by->kind == BY_LOCAL) return true;
    if (!store_person_find(c->installation->store, name ? name : c->by->person, &p, &found, e)) return false;
    if (!found) return telling_bad(c, e, "person", "there is nobody of that name (portcullis user list)");
    t->person_id = p.id;
    memcpy(t->person, p.name, sizeof t->person);
    return true;
}

static bool read_token(const struct op_call *c, struct api_token_record *t, struct access_scope *scope, struct err *e)
{
    enum role role = ROLE_VIEWER;
    bool is_given = false;
    (void)snprintf(t->role, sizeof t->role, "%s", role_names[ROLE_VIEWER]);
    if (!telling_copy(c, "name", t->name, sizeof t->name, e) || !telling_copy(c, "role", t->role, sizeof t->role, e))
        return false;
    if (t->name[0] == '\0') return telling_bad(c, e, "name", "a name is needed");
    if (!principal_role_read(t->role, &role))
        return telling_bad(c, e, "role", "viewer (default), analyst, responder, admin or owner");
    if (role > c->by->role)
        return err_set(e, &auth_causes[AUTH_TOKEN_TOO_MUCH], "%s has the role %s", c->by->name,
                       role_names[c->by->role]);
    if (!access_read_scope(c, &is_given, scope, e)) return false;
    t->is_scoped = scope->is_scoped;
    return read_person(c, t, e) && read_expiry(c, t, e);
}

bool op_token_add(struct op_call *c, struct err *e)
{
    struct store *s = c->installation->store;
    struct api_token_record t = {0};
    struct access_scope scope = {0};
    char text[TOKEN_TEXT_BYTES];
    if (!read_token(c, &t, &scope, e)) return false;
    token_make(text, t.hash);
    if (!store_begin(s, e)) return false;
    if (!store_api_token_add(s, &t, e) || !store_scope_set(s, SCOPE_TOKEN, t.id, scope.orgs, scope.count, e)) {
        store_rollback(s);
        return false;
    }
    bool ok = store_commit(s, e) && write_token(c->out, s, &t, text, t.created, e);
    seal_wipe(text, sizeof text);
    return ok;
}

/* ---- list, revoke ------------------------------------------------------------------------------------------------------------------ */

struct listing {
    struct op_call *c;
    struct err *e;
    bool failed;
};

static bool list_token(void *arg, const struct api_token_record *t)
{
    struct listing *l = arg;
    struct installation *i = l->c->installation;
    if (!is_mine(l->c, t)) return true;
    l->failed = !write_token(l->c->out, i->store, t, NULL, clock_wall(&i->clock), l->e);
    return !l->failed;
}

bool op_token_list(struct op_call *c, struct err *e)
{
    struct listing l = {.c = c, .e = e};
    json_object_begin(c->out);
    json_key(c->out, "tokens");
    json_array_begin(c->out);
    if (!store_api_token_list(c->installation->store, list_token, &l, e) || l.failed) return false;
    json_array_end(c->out);
    json_object_end(c->out);
    return true;
}

struct seek {
    const struct op_call *c;
    const char *name;
    struct api_token_record *out;
    bool found;
};

static bool seek_token(void *arg, const struct api_token_record *t)
{
    struct seek *s = arg;
    if (!str_eq_nocase(str_of(t->name), str_of(s->name)) || !is_mine(s->c, t)) return true;
    *s->out = *t;
    s->found = true;
    return false;
}

bool op_token_revoke(struct op_call *c, struct err *e)
{
    struct store *s = c->installation->store;
    struct api_token_record t;
    struct seek seek = {.c = c, .name = op_cstr(c, "name"), .out = &t};
    bool removed = false;
    if (!store_api_token_list(s, seek_token, &seek, e)) return false;
    if (!seek.found) return telling_bad(c, e, "name", "there is no token of that name (portcullis token list)");
    if (!store_api_token_remove(s, t.id, &removed, e)) return false;
    json_object_begin(c->out);
    telling_member(c->out, "revoked", t.name);
    json_object_end(c->out);
    return true;
}
