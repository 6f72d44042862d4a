/* The audit trail: append only, each entry's hash covers the entry before.
 *
 *   hash = SHA-256(previous hash (32 zero bytes at first) | seq | at (8 bytes each, high first) |
 *                  actor | operation | detail, each behind its length (8 bytes))
 *
 * The chain alone shows a change in the middle, but not that its end was cut off, or that someone who can write to the file
 * wrote it anew from a place on. So each hash has a mac beside it, whose key is sealed (meta "audit_mac"; entries of before
 * there were macs have none), and the last hash and its number are kept sealed as well (meta "audit_head"). */
#include <stdlib.h>
#include <string.h>

#include "kit/sys/random.h"
#include "state/store/audit.h"
#include "state/store/store_int.h"
#include "state/store/witness_int.h"

enum { HASH_BYTES = 32 };
static const char head_name[] = "audit_head", mac_name[] = "audit_mac"; /* and the seals' purposes */

struct entry {
    uint64_t seq;
    struct wall at;
    struct str actor, operation, detail;
};

static void add_u64(struct buf *b, uint64_t v)
{
    char bytes[8];
    for (int i = 0; i < 8; i++) bytes[i] = (char)(v >> (56 - 8 * i));
    (void)buf_add(b, bytes, sizeof bytes);
}

static bool hash_entry(const uint8_t before[HASH_BYTES], const struct entry *entry, uint8_t out[HASH_BYTES],
                       struct err *e)
{
    const struct str texts[] = {entry->actor, entry->operation, entry->detail};
    struct buf bytes;
    buf_init(&bytes, 0);
    (void)buf_add(&bytes, before, HASH_BYTES);
    add_u64(&bytes, entry->seq);
    add_u64(&bytes, (uint64_t)entry->at.ticks);
    for (int i = 0; i < 3; i++) {
        add_u64(&bytes, texts[i].n);
        (void)buf_add_str(&bytes, texts[i]);
    }
    bool ok = !bytes.failed;
    if (ok) sha256(bytes.p, bytes.n, out);
    buf_done(&bytes);
    return ok || err_set(e, &base_causes[BASE_NO_MEMORY], "the audit trail");
}

static struct str hash_str(const uint8_t hash[HASH_BYTES])
{
    return (struct str){(const char *)hash, HASH_BYTES};
}

/* The key of the macs, made when it is first needed. */
static bool mac_key(struct store *s, struct buf *key_out, bool *found_out, bool make, struct err *e)
{
    struct buf sealed;
    uint8_t fresh[HASH_BYTES];
    buf_init(&sealed, 0);
    bool ok = meta_get(s, mac_name, &sealed, found_out, e);
    if (ok && *found_out) {
        ok = seal_open(s->key, mac_name, buf_str(&sealed), key_out, e);
    } else if (ok && make) {
        random_bytes(fresh, sizeof fresh);
        ok = (buf_add(key_out, fresh, sizeof fresh) || err_set(e, &base_causes[BASE_NO_MEMORY], "the audit trail")) &&
             seal_bytes(s->key, mac_name, buf_str(key_out), &sealed, e) && meta_set(s, mac_name, buf_str(&sealed), e);
        seal_wipe(fresh, sizeof fresh);
    }
    buf_done(&sealed);
    return ok;
}

static bool mac_of(struct store *s, const uint8_t hash[HASH_BYTES], uint8_t out[HASH_BYTES], struct err *e)
{
    struct buf key;
    bool found = false;
    buf_init(&key, 0);
    bool ok = mac_key(s, &key, &found, true, e);
    if (ok) hmac_sha256(buf_str(&key), hash_str(hash), out);
    if (key.p) seal_wipe(key.p, key.cap);
    buf_done(&key);
    return ok;
}

static void head_bytes(uint64_t seq, const uint8_t hash[HASH_BYTES], struct buf *out)
{
    add_u64(out, seq);
    (void)buf_add(out, hash, HASH_BYTES);
}

static bool seal_head(struct store *s, uint64_t seq, const uint8_t hash[HASH_BYTES], struct err *e)
{
    struct buf plain, sealed;
    buf_init(&plain, 0);
    buf_init(&sealed, 0);
    head_bytes(seq, hash, &plain);
    bool ok = !plain.failed || err_set(e, &base_causes[BASE_NO_MEMORY], "the audit trail");
    ok =
        ok && seal_bytes(s->key, head_name, buf_str(&plain), &sealed, e) && meta_set(s, head_name, buf_str(&sealed), e);
    buf_done(&plain);
    buf_done(&sealed);
    return ok;
}

static bool last_entry(struct store *s, uint64_t *seq_out, uint8_t hash_out[HASH_BYTES], struct err *e)
{
    struct cursor c;
    if (!cursor_open(s, SQL_AUDIT_LAST, &c, e, "")) return false;
    if (cursor_next(&c)) {
        struct str hash = column_bytes(&c, 1);
        *seq_out = (uint64_t)column_i64(&c, 0);
        memcpy(hash_out, hash.p, hash.n < HASH_BYTES ? hash.n : HASH_BYTES);
    }
    return cursor_close(&c);
}

bool store_audit_add(struct store *s, const char *actor, const char *operation, struct str detail_json, struct err *e)
{
    uint8_t before[HASH_BYTES] = {0}, hash[HASH_BYTES] = {0}, mac[HASH_BYTES] = {0};
    struct entry entry = {.actor = str_of(actor), .operation = str_of(operation), .detail = detail_json};
    struct scope scope;
    if (!scope_begin(s, &scope, e)) return false;
    bool ok = last_entry(s, &entry.seq, before, e);
    entry.seq++;
    entry.at = clock_wall(&s->clock);
    ok = ok && hash_entry(before, &entry, hash, e) && mac_of(s, hash, mac, e) &&
         run_statement(s, SQL_AUDIT_ADD, NULL, e, "iittbbb", (int64_t)entry.seq, entry.at.ticks, actor, operation,
                       detail_json, hash_str(hash), hash_str(mac)) &&
         seal_head(s, entry.seq, hash, e);
    if (ok) witness_has_entry(s);
    if (ok) s->has_entry = true;
    return scope_end(&scope, ok, e);
}

static void read_entry(const struct cursor *c, struct entry *out)
{
    *out = (struct entry){.seq = (uint64_t)column_i64(c, 0),
                          .at = column_wall(c, 1),
                          .actor = column_bytes(c, 2),
                          .operation = column_bytes(c, 3),
                          .detail = column_bytes(c, 4)};
}

static bool broken(struct err *e, uint64_t seq, const char *what)
{
    return err_set(e, &store_causes[STORE_AUDIT_BROKEN], "audit entry %llu %s", (unsigned long long)seq, what);
}

struct checking {
    uint64_t seq;             /* of the last good entry */
    uint8_t hash[HASH_BYTES]; /* its */
    struct str key;           /* of the macs; none: there are none yet */
    bool has_macs;            /* one had a mac: all that follow must */
};

static bool check_entry(struct checking *k, const struct entry *entry, struct str hash, struct str mac, struct err *e)
{
    uint8_t want[HASH_BYTES], want_mac[HASH_BYTES];
    if (entry->seq != k->seq + 1) return broken(e, k->seq + 1, "is missing");
    if (!hash_entry(k->hash, entry, want, e)) return false;
    if (!str_eq(hash, hash_str(want))) return broken(e, entry->seq, "does not match its hash");
    hmac_sha256(k->key, hash_str(want), want_mac);
    if ((mac.n || k->has_macs) && !str_eq(mac, hash_str(want_mac)))
        return broken(e, entry->seq, "was written anew by somebody without the key");
    k->has_macs = mac.n > 0;
    k->seq = entry->seq;
    memcpy(k->hash, want, HASH_BYTES);
    return true;
}

static bool verify_chain(struct store *s, struct checking *k, struct err *e)
{
    struct cursor c;
    struct entry entry;
    bool ok = true;
    if (!cursor_open(s, SQL_AUDIT_LIST, &c, e, "")) return false;
    while (ok && cursor_next(&c)) {
        read_entry(&c, &entry);
        ok = check_entry(k, &entry, column_bytes(&c, 5), column_bytes(&c, 6), e);
    }
    return cursor_close(&c) && ok;
}

static uint64_t read_u64(struct str bytes)
{
    uint64_t v = 0;
    for (size_t i = 0; i < 8 && i < bytes.n; i++) v = v << 8 | (uint8_t)bytes.p[i];
    return v;
}

/* The sealed end must be the end that is there. */
static bool compare_head(const struct checking *k, struct str head, struct err *e)
{
    uint64_t sealed = read_u64(head);
    if (sealed > k->seq) return broken(e, k->seq + 1, "is missing: the end of the trail was cut off");
    if (sealed < k->seq) return broken(e, sealed + 1, "was added by somebody without the key");
    return str_eq(str_sub(head, 8, HASH_BYTES), hash_str(k->hash)) ||
           broken(e, sealed, "is not the one that the sealed end of the trail names");
}

static bool verify_head(struct store *s, const struct checking *k, struct err *e)
{
    struct buf sealed, head;
    bool found = false;
    buf_init(&sealed, 0);
    buf_init(&head, 0);
    bool ok = meta_get(s, head_name, &sealed, &found, e) &&
              (!found || seal_open(s->key, head_name, buf_str(&sealed), &head, e));
    if (ok && found) ok = compare_head(k, buf_str(&head), e);
    if (ok && !found && k->seq > 0) ok = broken(e, k->seq, "is the last, but the sealed end of the trail is gone");
    buf_done(&sealed);
    buf_done(&head);
    return ok;
}

bool store_audit_verify(struct store *s, uint64_t *entries_out, struct err *e)
{
    struct checking k = {0};
    struct buf key;
    bool found = false;
    buf_init(&key, 0);
    store_lock(s); /* no entry may come between chain and head */
    bool ok = mac_key(s, &key, &found, false, e);
    k.key = buf_str(&key);
    ok = ok && verify_chain(s, &k, e) && verify_head(s, &k, e);
    store_unlock(s);
    if (key.p) seal_wipe(key.p, key.cap);
    buf_done(&key);
    if (ok) *entries_out = k.seq;
    return ok;
}

static void read_view(const struct cursor *c, struct audit_view *out)
{
    struct entry entry;
    read_entry(c, &entry);
    *out = (struct audit_view){.seq = entry.seq, .at = entry.at, .detail = entry.detail};
    column_text(c, 2, out->actor, sizeof out->actor);
    column_text(c, 3, out->operation, sizeof out->operation);
}

bool store_audit_page(struct store *s, uint64_t before, bool (*each)(void *arg, const struct audit_view *entry),
                      void *arg, struct err *e)
{
    struct cursor c;
    struct audit_view entry;
    if (!cursor_open(s, SQL_AUDIT_PAGE, &c, e, "i", before ? (int64_t)before : INT64_MAX)) return false;
    while (cursor_next(&c)) {
        read_view(&c, &entry);
        if (!each(arg, &entry)) break;
    }
    return cursor_close(&c);
}

/* ---- another key: what a mac proves hangs on it ------------------------------------------------------------------------------- */

enum { REMAC_AT_ONCE = 500 }; /* as the statement has it */
struct remac {
    int64_t seq[REMAC_AT_ONCE];
    uint8_t hash[REMAC_AT_ONCE][HASH_BYTES];
    size_t count;
};

static bool read_hashes(struct store *s, int64_t after, struct remac *out, struct err *e)
{
    struct cursor c;
    out->count = 0;
    if (!cursor_open(s, SQL_AUDIT_HASHES, &c, e, "i", after)) return false;
    while (cursor_next(&c)) {
        struct str hash = column_bytes(&c, 1);
        out->seq[out->count] = column_i64(&c, 0);
        memcpy(out->hash[out->count++], hash.p, hash.n < HASH_BYTES ? hash.n : HASH_BYTES);
    }
    return cursor_close(&c);
}

static bool remac_all(struct store *s, struct str key, struct err *e)
{
    struct remac *r = calloc(1, sizeof *r);
    uint8_t mac[HASH_BYTES];
    bool ok = r != NULL || err_set(e, &base_causes[BASE_NO_MEMORY], "the audit trail");
    for (int64_t after = 0; ok;) {
        ok = read_hashes(s, after, r, e);
        if (!ok || r->count == 0) break;
        for (size_t i = 0; ok && i < r->count; i++) {
            hmac_sha256(key, hash_str(r->hash[i]), mac);
            ok = run_statement(s, SQL_AUDIT_MAC, NULL, e, "bi", hash_str(mac), r->seq[i]);
        }
        after = r->seq[r->count - 1];
    }
    free(r);
    return ok;
}

bool audit_rekey(struct store *s, struct err *e)
{
    uint8_t fresh[HASH_BYTES], hash[HASH_BYTES] = {0};
    struct buf sealed;
    uint64_t seq = 0;
    random_bytes(fresh, sizeof fresh);
    buf_init(&sealed, 0);
    bool ok = seal_bytes(s->key, mac_name, hash_str(fresh), &sealed, e) && meta_set(s, mac_name, buf_str(&sealed), e) &&
              remac_all(s, hash_str(fresh), e) && last_entry(s, &seq, hash, e) &&
              (seq == 0 || seal_head(s, seq, hash, e));
    seal_wipe(fresh, sizeof fresh);
    buf_done(&sealed);
    return ok;
}
