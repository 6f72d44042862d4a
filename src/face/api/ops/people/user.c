/* People: who they are, what they may, how they log in. */
#include "face/api/ops/people/access.h"

#include "cloud/net/mail.h"
#include "face/api/login/auth.h"
#include "face/api/login/password.h"
#include "kit/seal/seal.h"
#include "state/store/people.h"

enum { PIN_DIGITS_MIN = 4, PIN_DIGITS_MAX = 12, PHONE_DIGITS_MIN = 7 };

/* One person with all that may be changed of him. */
struct person {
    struct person_record p;
    struct login_record l;
    struct access_scope scope;
    bool sets_password, sets_scope;
};

static bool is_phone(struct str s)
{
    uint64_t digits;
    return s.n > PHONE_DIGITS_MIN && s.n <= 16 && s.p[0] == '+' && s.p[1] != '0' &&
           str_to_u64(str_sub(s, 1, s.n - 1), &digits);
}

static bool read_pin(const struct op_call *c, struct person_record *p, struct err *e)
{
    struct str pin = str_trim(op_text(c, "pin-file"));
    uint64_t number;
    if (op_cstr(c, "pin-file") == NULL) return true;
    if (pin.n < PIN_DIGITS_MIN || pin.n > PIN_DIGITS_MAX || !str_to_u64(pin, &number))
        return telling_bad(c, e, "pin-file", "a PIN is 4 to 12 digits, as a phone can type them");
    return password_hash(pin, p->pin_hash, e);
}

static bool read_record(const struct op_call *c, struct person_record *p, struct err *e)
{
    enum role role;
    if (!telling_copy(c, "mail", p->mail, sizeof p->mail, e) ||
        !telling_copy(c, "phone", p->phone, sizeof p->phone, e) ||
        !telling_copy(c, "role", p->role, sizeof p->role, e) || !read_pin(c, p, e))
        return false;
    if (p->mail[0] && !mail_address_ok(str_of(p->mail)))
        return telling_bad(c, e, "mail", "write it as name@example.com");
    if (p->phone[0] && !is_phone(str_of(p->phone)))
        return telling_bad(c, e, "phone", "write it with its country: +4930123456");
    return principal_role_read(p->role, &role) ||
           telling_bad(c, e, "role", "viewer, analyst, responder, admin or owner");
}

static bool read_password(const struct op_call *c, struct person *who, struct err *e)
{
    struct str password = access_line(op_text(c, "password-file"));
    if (op_cstr(c, "password-file") == NULL) return true;
    who->sets_password = true;
    who->l.password_set = clock_wall(&c->installation->clock);
    return password_check(password, who->p.name, e) && password_hash(password, who->l.password_hash, e);
}

static bool read_login(const struct op_call *c, struct person *who, struct err *e)
{
    struct str disabled = op_text(c, "disabled");
    if (disabled.n && !str_eq_nocase(disabled, STR("yes")) && !str_eq_nocase(disabled, STR("no")))
        return telling_bad(c, e, "disabled", "yes or no");
    if (disabled.n) who->l.is_disabled = str_eq_nocase(disabled, STR("yes"));
    if (!telling_copy(c, "subject", who->l.subject, sizeof who->l.subject, e) || !read_password(c, who, e))
        return false;
    if (!access_read_scope(c, &who->sets_scope, &who->scope, e)) return false;
    if (who->sets_scope) who->l.is_scoped = who->scope.is_scoped;
    return true;
}

/* ---- showing ------------------------------------------------------------------------------------------------------------------- */

static bool write_person(struct json_writer *w, struct store *s, const struct person_record *p, struct err *e)
{
    struct login_record l;
    if (!store_login_find(s, p->id, &l, e)) return false;
    json_object_begin(w);
    telling_member(w, "name", p->name);
    telling_member(w, "mail", p->mail);
    telling_member(w, "phone", p->phone);
    telling_member(w, "role", p->role);
    if (!access_write_scope(w, s, SCOPE_PERSON, p->id, l.is_scoped, e)) return false;
    json_key(w, "has_pin");
    json_write_bool(w, p->pin_hash[0] != '\0');
    json_key(w, "has_password");
    json_write_bool(w, l.password_hash[0] != '\0');
    json_key(w, "second_factor");
    json_write_bool(w, l.totp == TOTP_ON);
    telling_member(w, "subject", l.subject[0] ? l.subject : NULL);
    json_key(w, "disabled");
    json_write_bool(w, l.is_disabled);
    json_key(w, "created");
    write_time(w, p->created);
    json_object_end(w);
    return true;
}

/* As the audit trail keeps him. */
static bool describe(const struct op_call *c, const struct person_record *p, struct buf *out, struct err *e)
{
    struct json_writer w;
    buf_init(out, 64 << 10);
    json_writer_init(&w, out);
    return write_person(&w, c->installation->store, p, e);
}

static bool note(struct op_call *c, const struct person_record *p, void (*into)(struct op_call *c, struct str json),
                 struct err *e)
{
    struct buf text;
    bool ok = describe(c, p, &text, e);
    if (ok) into(c, buf_str(&text));
    buf_done(&text);
    return ok;
}

static bool note_stored(struct op_call *c, int64_t id, struct err *e)
{
    struct person_record p;
    bool found = false;
    return store_person_by_id(c->installation->store, id, &p, &found, e) && (!found || note(c, &p, op_before, e));
}

/* ---- changing -------------------------------------------------------------------------------------------------------------------- */

/* What he could do he may be able to no more: whoever is in on his name starts anew. */
static bool apply(struct op_call *c, struct person *who, struct err *e)
{
    struct store *s = c->installation->store;
    bool is_new = who->p.id == 0,
         weakens = who->l.is_disabled || who->l.is_scoped || strcmp(who->p.role, role_names[ROLE_OWNER]) != 0;
    if (!is_new && !note_stored(c, who->p.id, e)) return false;
    if (!is_new && weakens && !auth_leaves_owner(s, who->p.id, e)) return false;
    if (!store_person_put(s, &who->p, e)) return false;
    who->l.person_id = who->p.id;
    return store_login_put(s, &who->l, e) &&
           (!who->sets_scope || store_scope_set(s, SCOPE_PERSON, who->p.id, who->scope.orgs, who->scope.count, e)) &&
           ((!who->sets_password && !who->l.is_disabled) || store_sessions_remove_of(s, who->p.id, NULL, e)) &&
           note(c, &who->p, op_after, e);
}

static bool change_person(struct op_call *c, struct person *who, struct err *e)
{
    struct store *s = c->installation->store;
    if (!read_record(c, &who->p, e) || !read_login(c, who, e) || !store_begin(s, e)) return false;
    if (!apply(c, who, e)) {
        store_rollback(s);
        return false;
    }
    return store_commit(s, e) && write_person(c->out, s, &who->p, e);
}

bool op_user_add(struct op_call *c, struct err *e)
{
    struct person who = {.p = {.role = "responder", .created = clock_wall(&c->installation->clock)}};
    if (!telling_copy(c, "name", who.p.name, sizeof who.p.name, e)) return false;
    if (who.p.name[0] == '\0' || who.p.name[0] == '@' || str_find(str_of(who.p.name), STR(":"), 0) != SIZE_MAX)
        return telling_bad(c, e, "name", "a name is needed, not beginning with @, without a colon");
    return change_person(c, &who, e);
}

static bool find(const struct op_call *c, struct person *out, struct err *e)
{
    bool found = false;
    if (!store_person_find(c->installation->store, op_cstr(c, "name"), &out->p, &found, e)) return false;
    if (!found) return telling_bad(c, e, "name", "there is nobody of that name (portcullis user list)");
    return store_login_find(c->installation->store, out->p.id, &out->l, e);
}

/* Both `user set` and `user passwd`. */
bool op_user_set(struct op_call *c, struct err *e)
{
    struct person who = {0};
    return find(c, &who, e) && change_person(c, &who, e);
}

bool op_user_passwd(struct op_call *c, struct err *e)
{
    if (op_cstr(c, "password-file") == NULL && op_cstr(c, "pin-file") == NULL)
        return telling_bad(c, e, "password-file", "give a new password, a new PIN or both");
    return op_user_set(c, e);
}

struct listing {
    struct op_call *c;
    struct err *e;
    bool failed;
};

static bool list_person(void *arg, const struct person_record *p)
{
    struct listing *l = arg;
    l->failed = !write_person(l->c->out, l->c->installation->store, p, l->e);
    return !l->failed;
}

bool op_user_list(struct op_call *c, struct err *e)
{
    struct listing l = {.c = c, .e = e};
    json_object_begin(c->out);
    json_key(c->out, "people");
    json_array_begin(c->out);
    if (!store_person_list(c->installation->store, list_person, &l, e) || l.failed) return false;
    json_array_end(c->out);
    json_object_end(c->out);
    return true;
}

bool op_user_remove(struct op_call *c, struct err *e)
{
    struct store *s = c->installation->store;
    struct person who = {0};
    bool removed = false;
    if (!find(c, &who, e) || !store_begin(s, e)) return false;
    if (!note(c, &who.p, op_before, e) || !auth_leaves_owner(s, who.p.id, e) ||
        !store_person_remove(s, who.p.name, &removed, e)) {
        store_rollback(s);
        return false;
    }
    if (!store_commit(s, e)) return false;
    json_object_begin(c->out);
    telling_member(c->out, "removed", who.p.name);
    json_object_end(c->out);
    return true;
}

/* ---- what an owner takes from somebody -------------------------------------------------------------------------------------------- */

bool op_user_totp_off(struct op_call *c, struct err *e)
{
    struct store *s = c->installation->store;
    struct person who = {0};
    if (!find(c, &who, e) || !store_begin(s, e)) return false;
    if (!note(c, &who.p, op_before, e) || !access_totp_off(s, &who.l, e) || !note(c, &who.p, op_after, e)) {
        store_rollback(s);
        return false;
    }
    return store_commit(s, e) && write_person(c->out, s, &who.p, e);
}

bool op_user_logout(struct op_call *c, struct err *e)
{
    struct store *s = c->installation->store;
    struct person who = {0};
    if (!find(c, &who, e) || !store_sessions_remove_of(s, who.p.id, NULL, e)) return false;
    json_object_begin(c->out);
    telling_member(c->out, "logged_out", who.p.name);
    json_object_end(c->out);
    return true;
}
