/* The caller himself: who he is, his password, his second factor, his sessions. */
#include <stdio.h>
#include <string.h>

#include "face/api/login/auth.h"
#include "face/api/login/password.h"
#include "face/api/login/totp.h"
#include "face/api/ops/people/access.h"
#include "kit/sys/random.h"
#include "state/store/people.h"

enum { RECOVERY_CODES = 10, RECOVERY_BYTES = 10 };

struct me {
    struct person_record p;
    struct login_record l;
};

static bool find_me(const struct op_call *c, struct me *out, struct err *e)
{
    bool found = false;
    struct store *s = c->installation->store;
    if (c->by->kind != BY_PERSON) return err_set(e, &auth_causes[AUTH_NO_PERSON], "%s is no person", c->by->name);
    if (!store_person_find(s, c->by->person, &out->p, &found, e)) return false;
    if (!found) return err_set(e, &auth_causes[AUTH_NEEDED], "%s is not there any more", c->by->person);
    return store_login_find(s, out->p.id, &out->l, e);
}

static bool prove(const struct op_call *c, const struct me *me, const struct str *code, struct err *e)
{
    if (me->l.password_hash[0] == '\0')
        return err_set(e, &auth_causes[AUTH_NO_PERSON], "%s has no password here, but logs in elsewhere", me->p.name);
    return auth_prove(c->installation, c->by, access_line(op_text(c, "current-file")), code, e);
}

static bool write_orgs(const struct op_call *c, struct err *e)
{
    json_key(c->out, "organizations");
    if (!c->by->is_scoped) {
        json_write_null(c->out);
        return true;
    }
    json_array_begin(c->out);
    for (size_t i = 0; i < c->by->org_count; i++) json_write_i64(c->out, c->by->orgs[i]);
    json_array_end(c->out);
    (void)e;
    return true;
}

bool op_me_show(struct op_call *c, struct err *e)
{
    static const char *const kinds[] = {[BY_LOCAL] = "local", [BY_PERSON] = "person", [BY_TOKEN] = "token"};
    struct me me = {0};
    bool is_person = c->by->kind == BY_PERSON;
    if (is_person && !find_me(c, &me, e)) return false;
    json_object_begin(c->out);
    telling_member(c->out, "name", c->by->name);
    telling_member(c->out, "kind", kinds[c->by->kind]);
    telling_member(c->out, "role", role_names[c->by->role]);
    if (!write_orgs(c, e)) return false;
    json_key(c->out, "second_factor");
    json_write_bool(c->out, is_person && me.l.totp == TOTP_ON);
    json_key(c->out, "must_enrol");
    json_write_bool(c->out, c->by->must_enrol);
    json_object_end(c->out);
    return true;
}

static bool done(struct op_call *c, const char *what)
{
    json_object_begin(c->out);
    telling_member(c->out, "done", what);
    json_object_end(c->out);
    return true;
}

/* Ends `ok` and the transaction. */
static bool finish(struct op_call *c, bool ok, struct err *e)
{
    if (ok) return store_commit(c->installation->store, e);
    store_rollback(c->installation->store);
    return false;
}

bool op_me_passwd(struct op_call *c, struct err *e)
{
    struct store *s = c->installation->store;
    struct me me;
    char hash[PASSWORD_HASH_BYTES];
    struct str password = access_line(op_text(c, "password-file"));
    if (!find_me(c, &me, e) || !password_check(password, me.p.name, e) || !prove(c, &me, NULL, e) ||
        !password_hash(password, hash, e) || !store_begin(s, e))
        return false;
    bool ok = store_login_find(s, me.p.id, &me.l, e);
    memcpy(me.l.password_hash, hash, sizeof hash);
    me.l.password_set = clock_wall(&c->installation->clock);
    ok = ok && store_login_put(s, &me.l, e) && store_sessions_remove_of(s, me.p.id, NULL, e);
    return finish(c, ok, e) && done(c, "the password is another now, and all your sessions have ended: log in again");
}

bool op_me_logout(struct op_call *c, struct err *e)
{
    struct me me;
    return find_me(c, &me, e) && store_sessions_remove_of(c->installation->store, me.p.id, NULL, e) &&
           done(c, "all your sessions have ended");
}

/* ---- the second factor ----------------------------------------------------------------------------------------------------------- */

static void key_name(int64_t person_id, char out[48])
{
    (void)snprintf(out, 48, "person.totp:%lld", (long long)person_id);
}

static void write_enrolment(struct op_call *c, const struct me *me, struct str key)
{
    struct buf text, uri;
    buf_init(&text, 256);
    buf_init(&uri, 4096);
    base32_encode(key.p, key.n, &text);
    buf_addf(&uri, "otpauth://totp/Portcullis:");
    for (const char *p = me->p.name; *p; p++)
        if ((*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') || (*p >= '0' && *p <= '9'))
            (void)buf_add_char(&uri, *p);
        else
            buf_addf(&uri, "%%%02X", (unsigned char)*p);
    buf_addf(&uri, "?secret=%s&issuer=Portcullis&algorithm=SHA1&digits=%d&period=%d", buf_cstr(&text), TOTP_DIGITS,
             TOTP_STEP_S);
    json_object_begin(c->out);
    telling_member(c->out, "secret", buf_cstr(&text));
    telling_member(c->out, "uri", buf_cstr(&uri));
    telling_member(c->out, "next",
                   "type it into an authenticator app, then confirm with the code it shows: me totp-confirm");
    json_object_end(c->out);
    buf_done(&text);
    buf_done(&uri);
}

/* A factor that is on stays on until the new one is confirmed: this is refused then, off comes first. */
bool op_me_totp_enrol(struct op_call *c, struct err *e)
{
    struct store *s = c->installation->store;
    struct me me;
    char name[48];
    uint8_t key[TOTP_KEY_BYTES];
    struct str fresh = {(const char *)key, sizeof key};
    if (!find_me(c, &me, e) || !prove(c, &me, NULL, e)) return false;
    if (me.l.totp == TOTP_ON)
        return telling_bad(c, e, "current-file", "there is a second factor already; take it off first: me totp-off");
    random_bytes(key, sizeof key);
    key_name(me.p.id, name);
    if (!store_begin(s, e)) return false;
    bool ok = store_login_find(s, me.p.id, &me.l, e);
    me.l.totp = TOTP_PENDING;
    me.l.totp_step = 0;
    ok = ok && store_secret_put(s, name, fresh, e) && store_login_put(s, &me.l, e);
    if (!finish(c, ok, e)) return false;
    write_enrolment(c, &me, fresh);
    seal_wipe(key, sizeof key);
    return true;
}

static void make_codes(char texts[RECOVERY_CODES][24], uint8_t hashes[RECOVERY_CODES][ACCESS_HASH_BYTES])
{
    for (int i = 0; i < RECOVERY_CODES; i++) {
        uint8_t bytes[RECOVERY_BYTES];
        struct buf text;
        buf_init(&text, 64);
        random_bytes(bytes, sizeof bytes);
        base32_encode(bytes, sizeof bytes, &text);
        const char *t = buf_cstr(&text);
        (void)snprintf(texts[i], 24, "%.4s-%.4s-%.4s-%.4s", t, t + 4, t + 8, t + 12);
        recovery_hash(str_of(texts[i]), hashes[i]);
        buf_done(&text);
    }
}

static bool matches_pending(struct op_call *c, struct me *me, struct err *e)
{
    struct buf key;
    char name[48];
    bool found = false;
    buf_init(&key, 0);
    key_name(me->p.id, name);
    bool ok = store_secret_get(c->installation->store, name, &key, &found, e);
    if (ok && (!found || me->l.totp != TOTP_PENDING))
        ok = err_set(e, &auth_causes[AUTH_NOT_ENROLLING], "%s has begun no second factor", me->p.name);
    if (ok)
        me->l.totp_step =
            totp_match(buf_str(&key), access_line(op_text(c, "code-file")), clock_wall(&c->installation->clock), 0);
    if (ok && me->l.totp_step == 0) ok = err_set(e, &auth_causes[AUTH_WRONG_CODE], "the code does not fit");
    if (key.p) seal_wipe(key.p, key.cap);
    buf_done(&key);
    return ok;
}

bool op_me_totp_confirm(struct op_call *c, struct err *e)
{
    struct store *s = c->installation->store;
    struct me me;
    char texts[RECOVERY_CODES][24];
    uint8_t hashes[RECOVERY_CODES][ACCESS_HASH_BYTES];
    make_codes(texts, hashes);
    if (!store_begin(s, e)) return false;
    bool ok = find_me(c, &me, e) && matches_pending(c, &me, e);
    me.l.totp = TOTP_ON;
    ok = ok && store_login_put(s, &me.l, e) &&
         store_recovery_set(s, me.p.id, (const uint8_t(*)[ACCESS_HASH_BYTES])hashes, RECOVERY_CODES, e);
    if (!finish(c, ok, e)) return false;
    json_object_begin(c->out);
    json_key(c->out, "recovery_codes");
    json_array_begin(c->out);
    for (int i = 0; i < RECOVERY_CODES; i++) json_write_cstr(c->out, texts[i]);
    json_array_end(c->out);
    telling_member(c->out, "next",
                   "keep these codes apart from the phone; each works once, and they are not shown again");
    json_object_end(c->out);
    seal_wipe(texts, sizeof texts);
    return true;
}

bool op_me_totp_off(struct op_call *c, struct err *e)
{
    struct store *s = c->installation->store;
    struct me me;
    struct str code = access_line(op_text(c, "code-file"));
    if (!find_me(c, &me, e) || !prove(c, &me, &code, e)) return false;
    if (!store_begin(s, e)) return false;
    bool ok = store_login_find(s, me.p.id, &me.l, e) && access_totp_off(s, &me.l, e);
    return finish(c, ok, e) && done(c, "the second factor is off");
}
