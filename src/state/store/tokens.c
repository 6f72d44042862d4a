/* API tokens, wrong guesses, single sign-on. */
#include <string.h>

#include "state/store/access.h"
#include "state/store/store_int.h"

static struct str hash_str(const uint8_t hash[ACCESS_HASH_BYTES])
{
    return (struct str){(const char *)hash, ACCESS_HASH_BYTES};
}

static bool removed(struct store *s, bool ok, bool *removed_out)
{
    if (ok) *removed_out = changed_rows(s) > 0;
    store_unlock(s);
    return ok;
}

/* ---- tokens -------------------------------------------------------------------------------------------------------------------- */

bool store_api_token_add(struct store *s, struct api_token_record *r, struct err *e)
{
    bool conflict = false;
    store_lock(s);
    bool ok = run_statement(s, SQL_API_TOKEN_ADD, &conflict, e, "tbtiiii", r->name, hash_str(r->hash), r->role,
                            (int64_t)r->is_scoped, r->created.ticks, r->expires.ticks, r->person_id);
    if (ok && conflict)
        ok = err_set(e, &store_causes[STORE_EXISTS], "there is a token \"%s\" already", r->name);
    else if (ok && changed_rows(s) == 0)
        ok = err_set(e, &store_causes[STORE_GONE], "the person is not there any more");
    if (ok) r->id = added_row(s);
    store_unlock(s);
    return ok;
}

static void read_token(const struct cursor *c, struct api_token_record *r)
{
    struct str hash = column_bytes(c, 3);
    *r = (struct api_token_record){.id = column_i64(c, 0),
                                   .person_id = column_i64(c, 1),
                                   .is_scoped = column_i64(c, 5) != 0,
                                   .created = column_wall(c, 6),
                                   .expires = column_wall(c, 7),
                                   .used = column_wall(c, 8)};
    memcpy(r->hash, hash.p, hash.n < ACCESS_HASH_BYTES ? hash.n : ACCESS_HASH_BYTES);
    column_text(c, 2, r->name, sizeof r->name);
    column_text(c, 4, r->role, sizeof r->role);
    column_text(c, 9, r->used_from, sizeof r->used_from);
    column_text(c, 10, r->person, sizeof r->person);
}

bool store_api_token_find(struct store *s, const uint8_t hash[ACCESS_HASH_BYTES], struct api_token_record *out,
                          bool *found_out, struct err *e)
{
    struct cursor c;
    if (!cursor_open(s, SQL_API_TOKEN_FIND, &c, e, "b", hash_str(hash))) return false;
    *found_out = cursor_next(&c);
    if (*found_out) read_token(&c, out);
    return cursor_close(&c);
}

bool store_api_token_list(struct store *s, bool (*each)(void *arg, const struct api_token_record *r), void *arg,
                          struct err *e)
{
    struct cursor c;
    struct api_token_record r;
    if (!cursor_open(s, SQL_API_TOKEN_LIST, &c, e, "")) return false;
    while (cursor_next(&c)) {
        read_token(&c, &r);
        if (!each(arg, &r)) break;
    }
    return cursor_close(&c);
}

bool store_api_token_used(struct store *s, int64_t id, struct wall at, const char *address, struct err *e)
{
    return run_statement(s, SQL_API_TOKEN_USED, NULL, e, "iti", at.ticks, address, id);
}

bool store_api_token_remove(struct store *s, int64_t id, bool *removed_out, struct err *e)
{
    store_lock(s);
    return removed(s, run_statement(s, SQL_API_TOKEN_REMOVE, NULL, e, "i", id), removed_out);
}

/* ---- wrong guesses ------------------------------------------------------------------------------------------------------------- */

bool store_throttle_find(struct store *s, const char *key, struct throttle_record *out, bool *found_out, struct err *e)
{
    struct cursor c;
    if (!cursor_open(s, SQL_THROTTLE_FIND, &c, e, "t", key)) return false;
    *found_out = cursor_next(&c);
    if (*found_out) {
        *out = (struct throttle_record){
            .failures = column_i64(&c, 0), .last = column_wall(&c, 1), .until = column_wall(&c, 2)};
        (void)str_copy(str_of(key), out->key, sizeof out->key);
    }
    return cursor_close(&c);
}

bool store_throttle_put(struct store *s, const struct throttle_record *r, struct err *e)
{
    struct scope scope;
    if (!scope_begin(s, &scope, e)) return false;
    bool ok = run_statement(s, SQL_THROTTLE_PUT, NULL, e, "tiii", r->key, r->failures, r->last.ticks, r->until.ticks) &&
              run_statement(s, SQL_THROTTLE_BOUND, NULL, e, "i", (int64_t)THROTTLE_KEPT);
    return scope_end(&scope, ok, e);
}

bool store_throttle_remove(struct store *s, const char *key, struct err *e)
{
    return run_statement(s, SQL_THROTTLE_REMOVE, NULL, e, "t", key);
}

bool store_throttle_drop(struct store *s, struct wall before, struct err *e)
{
    return run_statement(s, SQL_THROTTLE_DROP, NULL, e, "i", before.ticks);
}

/* ---- single sign-on ------------------------------------------------------------------------------------------------------------ */

bool store_oidc_get(struct store *s, struct oidc_record *out, bool *found_out, struct err *e)
{
    struct cursor c;
    if (!cursor_open(s, SQL_OIDC_GET, &c, e, "")) return false;
    *found_out = cursor_next(&c);
    if (*found_out) {
        *out = (struct oidc_record){0};
        column_text(&c, 0, out->issuer, sizeof out->issuer);
        column_text(&c, 1, out->client_id, sizeof out->client_id);
        column_text(&c, 2, out->scopes, sizeof out->scopes);
        column_text(&c, 3, out->name_claim, sizeof out->name_claim);
        column_text(&c, 4, out->redirect_url, sizeof out->redirect_url);
    }
    return cursor_close(&c);
}

bool store_oidc_set(struct store *s, const struct oidc_record *r, struct err *e)
{
    return run_statement(s, SQL_OIDC_SET, NULL, e, "ttttt", r->issuer, r->client_id, r->scopes, r->name_claim,
                         r->redirect_url);
}

bool store_oidc_remove(struct store *s, struct err *e)
{
    struct scope scope;
    if (!scope_begin(s, &scope, e)) return false;
    bool ok = run_statement(s, SQL_OIDC_REMOVE, NULL, e, "") && store_secret_remove(s, "oidc.client_secret", e);
    return scope_end(&scope, ok, e);
}

bool store_oidc_rule_add(struct store *s, struct oidc_rule_record *r, struct err *e)
{
    store_lock(s);
    bool ok = run_statement(s, SQL_OIDC_RULE_ADD, NULL, e, "ttti", r->claim, r->value, r->role, (int64_t)r->is_scoped);
    if (ok) r->id = added_row(s);
    store_unlock(s);
    return ok;
}

bool store_oidc_rule_list(struct store *s, bool (*each)(void *arg, const struct oidc_rule_record *r), void *arg,
                          struct err *e)
{
    struct cursor c;
    if (!cursor_open(s, SQL_OIDC_RULE_LIST, &c, e, "")) return false;
    while (cursor_next(&c)) {
        struct oidc_rule_record r = {.id = column_i64(&c, 0), .is_scoped = column_i64(&c, 4) != 0};
        column_text(&c, 1, r.claim, sizeof r.claim);
        column_text(&c, 2, r.value, sizeof r.value);
        column_text(&c, 3, r.role, sizeof r.role);
        if (!each(arg, &r)) break;
    }
    return cursor_close(&c);
}

bool store_oidc_rule_remove(struct store *s, int64_t id, bool *removed_out, struct err *e)
{
    store_lock(s);
    return removed(s, run_statement(s, SQL_OIDC_RULE_REMOVE, NULL, e, "i", id), removed_out);
}
