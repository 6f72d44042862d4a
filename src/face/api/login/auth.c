#include "face/api/login/auth.h"

#include <stdio.h>
#include <string.h>

#include "cloud/tenant/settings.h"
#include "face/api/installation.h"
#include "face/api/login/password.h"
#include "face/api/login/throttle.h"
#include "face/api/login/totp.h"
#include "kit/sys/random.h"
#include "state/store/people.h"

enum { SESSIONS_OF_PERSON_MAX = 50 };

/* ---- texts of random bits -------------------------------------------------------------------------------------------------- */

static void text_of(const void *p, size_t n, char *out, size_t out_size)
{
    struct buf text;
    buf_init(&text, 256);
    base64url_encode(p, n, &text);
    INVARIANT(str_copy(buf_str(&text), out, out_size));
    if (text.p) seal_wipe(text.p, text.cap);
    buf_done(&text);
}

static void random_text(char out[SECRET_TEXT_BYTES])
{
    uint8_t bytes[32];
    random_bytes(bytes, sizeof bytes);
    text_of(bytes, sizeof bytes, out, SECRET_TEXT_BYTES);
    seal_wipe(bytes, sizeof bytes);
}

void session_csrf(const char *id, char out[SECRET_TEXT_BYTES])
{
    uint8_t mac[32];
    hmac_sha256(str_of(id), STR("portcullis csrf"), mac);
    text_of(mac, sizeof mac, out, SECRET_TEXT_BYTES);
}

static const char token_prefix[] = "pct_";
enum { TOKEN_PREFIX_BYTES = 4, TOKEN_SECRET_BYTES = 43, TOKEN_CHECK_BYTES = 6 };
_Static_assert(TOKEN_PREFIX_BYTES + TOKEN_SECRET_BYTES + TOKEN_CHECK_BYTES < TOKEN_TEXT_BYTES, "it has to fit");

static void token_check(const char *secret, char out[TOKEN_CHECK_BYTES + 1])
{
    uint8_t hash[32];
    char text[SECRET_TEXT_BYTES];
    sha256(secret, TOKEN_SECRET_BYTES, hash);
    text_of(hash, sizeof hash, text, sizeof text);
    (void)snprintf(out, TOKEN_CHECK_BYTES + 1, "%.*s", TOKEN_CHECK_BYTES, text);
}

void token_make(char out[TOKEN_TEXT_BYTES], uint8_t hash_out[ACCESS_HASH_BYTES])
{
    char secret[SECRET_TEXT_BYTES], check[TOKEN_CHECK_BYTES + 1];
    random_text(secret);
    token_check(secret, check);
    (void)snprintf(out, TOKEN_TEXT_BYTES, "%s%s%s", token_prefix, secret, check);
    sha256(out, strlen(out), hash_out);
    seal_wipe(secret, sizeof secret);
}

bool token_hash(struct str text, uint8_t hash_out[ACCESS_HASH_BYTES])
{
    char check[TOKEN_CHECK_BYTES + 1];
    if (text.n != TOKEN_PREFIX_BYTES + TOKEN_SECRET_BYTES + TOKEN_CHECK_BYTES ||
        !str_starts(text, str_of(token_prefix)))
        return false;
    token_check(text.p + TOKEN_PREFIX_BYTES, check);
    sha256(text.p, text.n, hash_out);
    return memcmp(check, text.p + TOKEN_PREFIX_BYTES + TOKEN_SECRET_BYTES, TOKEN_CHECK_BYTES) == 0;
}

/* ---- people and what they may ------------------------------------------------------------------------------------------------- */

struct orgs {
    struct arena *arena;
    int64_t *ids;
    size_t count, room;
    bool failed;
};

static bool take_org(void *arg, int64_t org_id, const char *name)
{
    struct orgs *o = arg;
    (void)name;
    if (o->count == o->room) {
        size_t room = o->room ? 2 * o->room : 16;
        int64_t *ids = arena_alloc(o->arena, room * sizeof *ids);
        o->failed = ids == NULL;
        if (o->failed) return false;
        if (o->count) memcpy(ids, o->ids, o->count * sizeof *ids);
        o->ids = ids;
        o->room = room;
    }
    o->ids[o->count++] = org_id;
    return true;
}

static bool read_orgs(struct store *s, enum scope_owner kind, int64_t id, struct arena *a, struct orgs *out,
                      struct err *e)
{
    *out = (struct orgs){.arena = a};
    return store_scope_list(s, kind, id, take_org, out, e) &&
           (!out->failed || err_set(e, &base_causes[BASE_NO_MEMORY], "a person's organizations"));
}

bool auth_principal(struct installation *i, const struct person_record *p, const struct login_record *l,
                    struct arena *a, struct principal *out, struct err *e)
{
    struct orgs orgs;
    struct principal by = {.kind = BY_PERSON, .id = p->id, .is_scoped = l->is_scoped};
    if (l->is_disabled) return err_set(e, &auth_causes[AUTH_NEEDED], "%s is switched off", p->name);
    if (!principal_role_read(p->role, &by.role)) by.role = ROLE_VIEWER; /* of a newer version */
    if (!read_orgs(i->store, SCOPE_PERSON, p->id, a, &orgs, e)) return false;
    by.orgs = orgs.ids;
    by.org_count = orgs.count;
    memcpy(by.name, p->name, sizeof by.name);
    memcpy(by.person, p->name, sizeof by.person);
    *out = by;
    return true;
}

static bool read_settings(struct installation *i, struct settings *out, struct err *e)
{
    return settings_resolve(i->store, &(struct setting_scope){0}, out, e);
}

bool auth_must_enrol(struct installation *i, const struct person_record *p, const struct login_record *l, bool *out,
                     struct err *e)
{
    static const enum role from[] = {[SECOND_FACTOR_OWNER] = ROLE_OWNER,
                                     [SECOND_FACTOR_ADMIN] = ROLE_ADMIN,
                                     [SECOND_FACTOR_RESPONDER] = ROLE_RESPONDER,
                                     [SECOND_FACTOR_ANALYST] = ROLE_ANALYST,
                                     [SECOND_FACTOR_VIEWER] = ROLE_VIEWER};
    struct settings all;
    enum role role = ROLE_OWNER;
    if (!read_settings(i, &all, e)) return false;
    int64_t wanted = all.values[SET_SECOND_FACTOR].number;
    (void)principal_role_read(p->role, &role);
    *out = wanted != SECOND_FACTOR_NOBODY && role >= from[wanted] && l->totp != TOTP_ON;
    return true;
}

struct owners {
    struct store *store;
    int64_t but;
    bool found;
    struct err *e;
    bool failed;
};

static bool look_for_owner(void *arg, const struct person_record *p)
{
    struct owners *o = arg;
    struct login_record l;
    if (p->id == o->but || strcmp(p->role, role_names[ROLE_OWNER]) != 0) return true;
    o->failed = !store_login_find(o->store, p->id, &l, o->e);
    o->found = !o->failed && !l.is_disabled && !l.is_scoped;
    return !o->failed && !o->found;
}

bool auth_leaves_owner(struct store *s, int64_t person_id, struct err *e)
{
    struct person_record p;
    struct login_record l;
    bool found = false;
    struct owners o = {.store = s, .but = person_id, .e = e};
    if (!store_person_by_id(s, person_id, &p, &found, e)) return false;
    if (!found || strcmp(p.role, role_names[ROLE_OWNER]) != 0) return true;
    if (!store_login_find(s, person_id, &l, e)) return false;
    if (l.is_disabled || l.is_scoped) return true;
    if (!store_person_list(s, look_for_owner, &o, e) || o.failed) return false;
    return o.found || err_set(e, &auth_causes[AUTH_LAST_OWNER], "%s is the last owner of everything", p.name);
}

/* ---- sessions ----------------------------------------------------------------------------------------------------------------- */

static void session_hash(const char *id, uint8_t out[ACCESS_HASH_BYTES])
{
    sha256(id, strlen(id), out);
}

static struct wall later(struct wall t, int64_t ms)
{
    return (struct wall){t.ticks + ms * (WALL_TICKS_PER_S / 1000)};
}

static bool bound_sessions(struct installation *i, int64_t person_id, struct err *e)
{
    uint64_t count = 0;
    return store_sessions_count(i->store, person_id, &count, e) &&
           (count < SESSIONS_OF_PERSON_MAX || store_sessions_remove_of(i->store, person_id, NULL, e));
}

bool session_begin(struct installation *i, int64_t person_id, const char *how, const char *address, const char *old,
                   struct session *out, struct err *e)
{
    struct settings all;
    struct session_record r = {.person_id = person_id, .created = clock_wall(&i->clock), .seen = clock_wall(&i->clock)};
    if (!read_settings(i, &all, e)) return false;
    r.until = later(r.created, all.values[SET_SESSION_LIFE].number);
    (void)snprintf(r.how, sizeof r.how, "%s", how);
    (void)snprintf(r.address, sizeof r.address, "%s", address);
    random_text(out->id);
    session_csrf(out->id, out->csrf);
    session_hash(out->id, r.hash);
    return (old == NULL || session_end(i, old, e)) &&
           store_sessions_drop(i->store, r.created, later(r.created, -all.values[SET_SESSION_IDLE].number), e) &&
           bound_sessions(i, person_id, e) && store_session_add(i->store, &r, e);
}

bool session_end(struct installation *i, const char *id, struct err *e)
{
    uint8_t hash[ACCESS_HASH_BYTES];
    session_hash(id, hash);
    return store_session_remove(i->store, hash, e);
}

/* ---- logging in ----------------------------------------------------------------------------------------------------------------- */

static bool wrong(struct err *e)
{
    return err_set(e, &auth_causes[AUTH_WRONG], "the login was refused");
}

/* Many people stand behind this machine's own address when a proxy does. */
static const char *throttled_address(const char *address)
{
    return str_starts(str_of(address), STR("127.")) || strcmp(address, "::1") == 0 ? "" : address;
}

static bool find_person(struct store *s, const char *name, struct person_record *p, struct login_record *l,
                        struct err *e)
{
    bool found = false;
    *p = (struct person_record){0};
    *l = (struct login_record){0};
    if (name[0] == '\0' || strlen(name) >= NAME_BYTES) return true;
    if (!store_person_find(s, name, p, &found, e)) return false;
    return !found || store_login_find(s, p->id, l, e);
}

static bool totp_key(struct store *s, int64_t person_id, struct buf *out, struct err *e)
{
    char name[48];
    bool found = false;
    (void)snprintf(name, sizeof name, "person.totp:%lld", (long long)person_id);
    return store_secret_get(s, name, out, &found, e) &&
           (found || err_set(e, &store_causes[STORE_GONE], "the key of the second factor is gone"));
}

/* In one transaction with taking note of it, so that a code is used once whoever comes at the same time. */
static bool use_app_code(struct store *s, int64_t person_id, struct str code, struct wall now, bool *fits_out,
                         struct err *e)
{
    struct login_record l;
    struct buf key;
    buf_init(&key, 0);
    bool ok = store_login_find(s, person_id, &l, e) && totp_key(s, person_id, &key, e);
    if (ok) {
        int64_t step = totp_match(buf_str(&key), code, now, l.totp_step);
        *fits_out = step != 0;
        l.totp_step = step;
        ok = step == 0 || store_login_put(s, &l, e);
    }
    if (key.p) seal_wipe(key.p, key.cap);
    buf_done(&key);
    return ok;
}

static bool use_recovery_code(struct store *s, int64_t person_id, struct str code, bool *fits_out, struct err *e)
{
    uint8_t hash[ACCESS_HASH_BYTES];
    recovery_hash(code, hash);
    return store_recovery_use(s, person_id, hash, fits_out, e);
}

bool auth_use_code(struct installation *i, int64_t person_id, struct str code, bool *fits_out, struct err *e)
{
    *fits_out = false;
    if (!store_begin(i->store, e)) return false;
    bool ok = use_app_code(i->store, person_id, code, clock_wall(&i->clock), fits_out, e) &&
              (*fits_out || use_recovery_code(i->store, person_id, code, fits_out, e));
    if (ok) return store_commit(i->store, e);
    store_rollback(i->store);
    return false;
}

enum verdict { LOGIN_WRONG, LOGIN_CODE_NEEDED, LOGIN_RIGHT };

static bool judge(struct installation *i, const struct login_try *t, const struct login_record *l, enum verdict *out,
                  struct err *e)
{
    bool fits = false;
    *out = LOGIN_WRONG;
    if (!password_compare(l->password_hash, t->password, &fits, e)) return false;
    if (!fits || l->is_disabled) return true;
    *out = l->totp != TOTP_ON ? LOGIN_RIGHT : t->code.n == 0 ? LOGIN_CODE_NEEDED : LOGIN_WRONG;
    if (*out != LOGIN_WRONG) return true;
    if (!auth_use_code(i, l->person_id, t->code, &fits, e)) return false;
    if (fits) *out = LOGIN_RIGHT;
    return true;
}

bool auth_login(struct installation *i, const struct login_try *t, struct person_record *who_out, struct session *out,
                struct err *e)
{
    struct throttle throttle;
    struct login_record l;
    enum verdict verdict;
    if (!throttle_begin(&throttle, i->store, t->name, throttled_address(t->address), clock_wall(&i->clock), e) ||
        !find_person(i->store, t->name, who_out, &l, e) || !judge(i, t, &l, &verdict, e))
        return false;
    if (verdict == LOGIN_WRONG) return wrong(e);
    if (verdict == LOGIN_CODE_NEEDED)
        return throttle_undo(&throttle, e) && err_set(e, &auth_causes[AUTH_CODE_NEEDED], "a code is needed too");
    return throttle_forgive(&throttle, e) &&
           session_begin(i, who_out->id, "password", t->address, t->old_session, out, e);
}

bool auth_prove(struct installation *i, const struct principal *by, struct str password, const struct str *code,
                struct err *e)
{
    struct throttle throttle;
    struct person_record p;
    struct login_record l;
    bool fits = false;
    if (!throttle_begin(&throttle, i->store, by->person, throttled_address(by->address), clock_wall(&i->clock), e) ||
        !find_person(i->store, by->person, &p, &l, e) || !password_compare(l.password_hash, password, &fits, e))
        return false;
    if (!fits) return wrong(e);
    if (code && !auth_use_code(i, p.id, *code, &fits, e)) return false;
    if (!fits) return err_set(e, &auth_causes[AUTH_WRONG_CODE], "the code does not fit");
    return throttle_forgive(&throttle, e);
}

void recovery_hash(struct str code, uint8_t out[ACCESS_HASH_BYTES])
{
    char plain[64];
    size_t n = 0;
    for (size_t i = 0; i < code.n && n < sizeof plain; i++) {
        char c = code.p[i];
        if (c == '-' || c == ' ') continue;
        plain[n++] = (char)(c >= 'a' && c <= 'z' ? c + 'A' - 'a' : c);
    }
    sha256(plain, n, out);
    seal_wipe(plain, sizeof plain);
}
