#include "face/api/login/throttle.h"

#include <stdio.h>
#include <string.h>

#include "face/api/login/auth.h"

static const int64_t forgotten_after = WALL_TICKS_PER_DAY;

int64_t throttle_wait_s(int64_t failures, int64_t free)
{
    int64_t over = failures - free;
    if (over <= 0) return 0;
    return over > 10 ? THROTTLE_MOST_S : over > 9 ? 512 : (int64_t)1 << (over - 1);
}

/* Names are counted in small letters, and by a digest: what somebody types into the field may be a password. */
static void account_key(const char *account, char out[THROTTLE_KEY_BYTES])
{
    uint8_t hash[32];
    char small[NAME_BYTES] = "";
    size_t n = 0;
    for (const char *p = account; *p && n < sizeof small - 1; p++)
        small[n++] = (char)(*p >= 'A' && *p <= 'Z' ? *p + 'a' - 'A' : *p);
    sha256(small, n, hash);
    n = (size_t)snprintf(out, THROTTLE_KEY_BYTES, "account:");
    for (size_t i = 0; i < 16; i++) n += (size_t)snprintf(out + n, THROTTLE_KEY_BYTES - n, "%02x", hash[i]);
}

static bool load(struct throttle *t, size_t i, const char *key, struct wall now, struct err *e)
{
    struct throttle_record r = {0};
    bool found = false;
    if (!store_throttle_find(t->store, key, &r, &found, e)) return false;
    if (!found || now.ticks - r.last.ticks > forgotten_after) r = (struct throttle_record){0};
    (void)snprintf(r.key, sizeof r.key, "%s", key);
    t->keys[i] = r;
    return true;
}

static bool refuse(const struct throttle_record *r, struct wall now, struct err *e)
{
    int64_t seconds = (r->until.ticks - now.ticks + WALL_TICKS_PER_S - 1) / WALL_TICKS_PER_S;
    (void)err_set(e, &auth_causes[AUTH_THROTTLED], "too many wrong logins; the next one is looked at in %lld s",
                  (long long)seconds);
    e->retry_after_ms = (uint32_t)(seconds * 1000);
    return false;
}

static bool is_account(const struct throttle_record *r)
{
    return strncmp(r->key, "account:", 8) == 0;
}

static void set_until(struct throttle_record *r)
{
    int64_t wait = throttle_wait_s(r->failures, is_account(r) ? THROTTLE_ACCOUNT_FREE : THROTTLE_ADDRESS_FREE);
    r->until = (struct wall){r->last.ticks + wait * WALL_TICKS_PER_S};
}

static bool count_one(struct throttle *t, size_t i, struct wall now, struct err *e)
{
    t->keys[i].failures++;
    t->keys[i].last = now;
    set_until(&t->keys[i]);
    return store_throttle_put(t->store, &t->keys[i], e);
}

bool throttle_begin(struct throttle *t, struct store *s, const char *account, const char *address, struct wall now,
                    struct err *e)
{
    char key[THROTTLE_KEY_BYTES];
    *t = (struct throttle){.store = s};
    if (!store_begin(s, e)) return false;
    bool ok = true;
    if (account[0]) {
        account_key(account, key);
        ok = load(t, t->count++, key, now, e);
    }
    if (ok && address[0]) {
        (void)snprintf(key, sizeof key, "address:%.80s", address);
        ok = load(t, t->count++, key, now, e);
    }
    for (size_t i = 0; ok && i < t->count; i++)
        if (t->keys[i].until.ticks > now.ticks) ok = refuse(&t->keys[i], now, e);
    for (size_t i = 0; ok && i < t->count; i++) ok = count_one(t, i, now, e);
    if (ok) return store_commit(s, e);
    store_rollback(s);
    return false;
}

/* Others may have counted meanwhile: what is there now is one less. */
static bool take_back(struct throttle *t, size_t i, struct err *e)
{
    struct throttle_record r;
    bool found = false;
    if (!store_throttle_find(t->store, t->keys[i].key, &r, &found, e) || !found) return !found;
    r.failures -= r.failures > 0;
    set_until(&r);
    return r.failures ? store_throttle_put(t->store, &r, e) : store_throttle_remove(t->store, r.key, e);
}

static bool settle(struct throttle *t, bool forgives, struct err *e)
{
    if (!store_begin(t->store, e)) return false;
    bool ok = true;
    for (size_t i = 0; ok && i < t->count; i++)
        ok = forgives && is_account(&t->keys[i]) ? store_throttle_remove(t->store, t->keys[i].key, e)
                                                 : take_back(t, i, e);
    if (ok) return store_commit(t->store, e);
    store_rollback(t->store);
    return false;
}

bool throttle_forgive(struct throttle *t, struct err *e)
{
    return settle(t, true, e);
}

bool throttle_undo(struct throttle *t, struct err *e)
{
    return settle(t, false, e);
}
