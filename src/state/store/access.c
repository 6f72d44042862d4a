/* Logins, scopes, recovery codes, sessions. */
#include "state/store/access.h"
#include "state/store/people.h"

#include <string.h>

#include "state/store/store_int.h"

static struct str hash_str(const uint8_t hash[ACCESS_HASH_BYTES])
{
    return (struct str){(const char *)hash, ACCESS_HASH_BYTES};
}

/* ---- logins ------------------------------------------------------------------------------------------------------------------ */

bool store_login_find(struct store *s, int64_t person_id, struct login_record *out, struct err *e)
{
    struct cursor c;
    struct login_record r = {.person_id = person_id};
    if (!cursor_open(s, SQL_LOGIN_FIND, &c, e, "i", person_id)) return false;
    if (cursor_next(&c)) {
        column_text(&c, 0, r.password_hash, sizeof r.password_hash);
        r.is_disabled = column_i64(&c, 1) != 0;
        r.is_scoped = column_i64(&c, 2) != 0;
        column_text(&c, 3, r.subject, sizeof r.subject);
        r.totp = (enum totp_state)column_i64(&c, 4);
        r.totp_step = column_i64(&c, 5);
        r.password_set = column_wall(&c, 6);
    }
    if (!cursor_close(&c)) return false;
    *out = r;
    return true;
}

bool store_login_put(struct store *s, const struct login_record *r, struct err *e)
{
    bool conflict = false;
    store_lock(s);
    bool ok = run_statement(s, SQL_LOGIN_PUT, &conflict, e, "tiitiiii", r->password_hash, (int64_t)r->is_disabled,
                            (int64_t)r->is_scoped, r->subject, (int64_t)r->totp, r->totp_step, r->password_set.ticks,
                            r->person_id);
    if (ok && conflict)
        ok = err_set(e, &store_causes[STORE_EXISTS], "somebody else has this identity at the provider already");
    else if (ok && changed_rows(s) == 0)
        ok = err_set(e, &store_causes[STORE_GONE], "the person is not there any more");
    store_unlock(s);
    return ok;
}

static void read_person(const struct cursor *c, struct person_record *r)
{
    *r = (struct person_record){.id = column_i64(c, 0), .created = column_wall(c, 6)};
    column_text(c, 1, r->name, sizeof r->name);
    column_text(c, 2, r->mail, sizeof r->mail);
    column_text(c, 3, r->phone, sizeof r->phone);
    column_text(c, 4, r->role, sizeof r->role);
    column_text(c, 5, r->pin_hash, sizeof r->pin_hash);
}

static bool take_person(struct cursor *c, struct person_record *out, bool *found_out)
{
    *found_out = cursor_next(c);
    if (*found_out) read_person(c, out);
    return cursor_close(c);
}

bool store_person_by_subject(struct store *s, const char *subject, struct person_record *out, bool *found_out,
                             struct err *e)
{
    struct cursor c;
    return cursor_open(s, SQL_PERSON_BY_SUBJECT, &c, e, "t", subject) && take_person(&c, out, found_out);
}

bool store_person_by_id(struct store *s, int64_t id, struct person_record *out, bool *found_out, struct err *e)
{
    struct cursor c;
    return cursor_open(s, SQL_PERSON_BY_ID, &c, e, "i", id) && take_person(&c, out, found_out);
}

/* ---- scopes ------------------------------------------------------------------------------------------------------------------ */

bool store_scope_set(struct store *s, enum scope_owner kind, int64_t id, const int64_t *orgs, size_t count,
                     struct err *e)
{
    struct scope scope;
    if (!scope_begin(s, &scope, e)) return false;
    bool ok = run_statement(s, SQL_SCOPE_CLEAR, NULL, e, "ii", (int64_t)kind, id);
    for (size_t i = 0; ok && i < count; i++)
        ok = run_statement(s, SQL_SCOPE_ADD, NULL, e, "iii", (int64_t)kind, id, orgs[i]);
    return scope_end(&scope, ok, e);
}

bool store_scope_list(struct store *s, enum scope_owner kind, int64_t id,
                      bool (*each)(void *arg, int64_t org_id, const char *org_name), void *arg, struct err *e)
{
    struct cursor c;
    char name[NAME_BYTES];
    if (!cursor_open(s, SQL_SCOPE_LIST, &c, e, "ii", (int64_t)kind, id)) return false;
    while (cursor_next(&c)) {
        column_text(&c, 1, name, sizeof name);
        if (!each(arg, column_i64(&c, 0), name)) break;
    }
    return cursor_close(&c);
}

/* ---- recovery codes ------------------------------------------------------------------------------------------------------------ */

bool store_recovery_set(struct store *s, int64_t person_id, const uint8_t (*hashes)[ACCESS_HASH_BYTES], size_t count,
                        struct err *e)
{
    struct scope scope;
    if (!scope_begin(s, &scope, e)) return false;
    bool ok = run_statement(s, SQL_RECOVERY_CLEAR, NULL, e, "i", person_id);
    for (size_t i = 0; ok && i < count; i++)
        ok = run_statement(s, SQL_RECOVERY_ADD, NULL, e, "ib", person_id, hash_str(hashes[i]));
    return scope_end(&scope, ok, e);
}

bool store_recovery_use(struct store *s, int64_t person_id, const uint8_t hash[ACCESS_HASH_BYTES], bool *was_there_out,
                        struct err *e)
{
    store_lock(s);
    bool ok = run_statement(s, SQL_RECOVERY_USE, NULL, e, "ib", person_id, hash_str(hash));
    if (ok) *was_there_out = changed_rows(s) > 0;
    store_unlock(s);
    return ok;
}

static bool count_of(struct store *s, enum statement id, int64_t person_id, uint64_t *out, struct err *e)
{
    struct cursor c;
    if (!cursor_open(s, id, &c, e, "i", person_id)) return false;
    uint64_t n = cursor_next(&c) ? (uint64_t)column_i64(&c, 0) : 0;
    if (!cursor_close(&c)) return false;
    *out = n;
    return true;
}

bool store_recovery_count(struct store *s, int64_t person_id, uint64_t *out, struct err *e)
{
    return count_of(s, SQL_RECOVERY_COUNT, person_id, out, e);
}

/* ---- sessions ------------------------------------------------------------------------------------------------------------------ */

bool store_session_add(struct store *s, const struct session_record *r, struct err *e)
{
    store_lock(s);
    bool ok = run_statement(s, SQL_SESSION_ADD, NULL, e, "bttiiii", hash_str(r->hash), r->how, r->address,
                            r->created.ticks, r->seen.ticks, r->until.ticks, r->person_id);
    if (ok && changed_rows(s) == 0) ok = err_set(e, &store_causes[STORE_GONE], "the person is not there any more");
    store_unlock(s);
    return ok;
}

bool store_session_find(struct store *s, const uint8_t hash[ACCESS_HASH_BYTES], struct session_record *out,
                        bool *found_out, struct err *e)
{
    struct cursor c;
    if (!cursor_open(s, SQL_SESSION_FIND, &c, e, "b", hash_str(hash))) return false;
    *found_out = cursor_next(&c);
    if (*found_out) {
        *out = (struct session_record){.person_id = column_i64(&c, 0),
                                       .created = column_wall(&c, 3),
                                       .seen = column_wall(&c, 4),
                                       .until = column_wall(&c, 5)};
        memcpy(out->hash, hash, sizeof out->hash);
        column_text(&c, 1, out->how, sizeof out->how);
        column_text(&c, 2, out->address, sizeof out->address);
    }
    return cursor_close(&c);
}

bool store_session_seen(struct store *s, const uint8_t hash[ACCESS_HASH_BYTES], struct wall at, struct err *e)
{
    return run_statement(s, SQL_SESSION_SEEN, NULL, e, "ib", at.ticks, hash_str(hash));
}

bool store_session_remove(struct store *s, const uint8_t hash[ACCESS_HASH_BYTES], struct err *e)
{
    return run_statement(s, SQL_SESSION_REMOVE, NULL, e, "b", hash_str(hash));
}

bool store_sessions_remove_of(struct store *s, int64_t person_id, const uint8_t *keep, struct err *e)
{
    return run_statement(s, SQL_SESSIONS_REMOVE_OF, NULL, e, "ib", person_id, keep ? hash_str(keep) : STR("-"));
}

bool store_sessions_drop(struct store *s, struct wall now, struct wall seen_before, struct err *e)
{
    return run_statement(s, SQL_SESSIONS_DROP, NULL, e, "ii", now.ticks, seen_before.ticks);
}

bool store_sessions_count(struct store *s, int64_t person_id, uint64_t *out, struct err *e)
{
    return count_of(s, SQL_SESSIONS_COUNT, person_id, out, e);
}
