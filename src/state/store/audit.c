/* The audit trail: append only, each entry's hash covers the entry before.
 *
 *   hash = SHA-256(previous hash (32 zero bytes at first) | seq | at (8 bytes each, high first) |
 *                  actor | operation | detail, each behind its length (8 bytes))
 *
 * The chain alone shows a change in the middle, but not that its end was cut off, or that someone wrote it anew from a place
 * on. So the last hash and its number are kept sealed under the key as well (meta "audit_head"). */
#include <string.h>

#include "state/store/store_int.h"

enum { HASH_BYTES = 32, HEAD_BYTES = 8 + HASH_BYTES };
static const char head_name[] = "audit_head"; /* and the seal's purpose */

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
    uint8_t before[HASH_BYTES] = {0}, hash[HASH_BYTES] = {0};
    struct entry entry = {.actor = str_of(actor), .operation = str_of(operation), .detail = detail_json};
    struct scope scope;
    if (!scope_begin(s, &scope, e)) return false;
    bool ok = last_entry(s, &entry.seq, before, e);
    entry.seq++;
    entry.at = clock_wall(&s->clock);
    ok = ok && hash_entry(before, &entry, hash, e) &&
         run_statement(s, SQL_AUDIT_ADD, NULL, e, "iittbb", (int64_t)entry.seq, entry.at.ticks, actor, operation,
                       detail_json, (struct str){(const char *)hash, HASH_BYTES}) &&
         seal_head(s, entry.seq, hash, e);
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

/* `hash` and `*seq_out`: of the last entry. */
static bool verify_chain(struct store *s, uint64_t *seq_out, uint8_t hash[HASH_BYTES], struct err *e)
{
    struct cursor c;
    struct entry entry;
    uint64_t seq = 0;
    bool ok = true;
    if (!cursor_open(s, SQL_AUDIT_LIST, &c, e, "")) return false;
    while (ok && cursor_next(&c)) {
        uint8_t want[HASH_BYTES];
        read_entry(&c, &entry);
        struct str got = column_bytes(&c, 5);
        if (entry.seq != ++seq)
            ok = broken(e, seq, "is missing");
        else if (!hash_entry(hash, &entry, want, e))
            ok = false;
        else if (!str_eq(got, (struct str){(const char *)want, HASH_BYTES}))
            ok = broken(e, seq, "does not match its hash");
        else
            memcpy(hash, want, HASH_BYTES);
    }
    if (!cursor_close(&c)) return false;
    *seq_out = seq;
    return ok;
}

static bool verify_head(struct store *s, uint64_t seq, const uint8_t hash[HASH_BYTES], struct err *e)
{
    struct buf sealed, head, want;
    bool found = false;
    buf_init(&sealed, 0);
    buf_init(&head, 0);
    buf_init(&want, 0);
    head_bytes(seq, hash, &want);
    bool ok = meta_get(s, head_name, &sealed, &found, e) &&
              (!found || seal_open(s->key, head_name, buf_str(&sealed), &head, e));
    if (ok && (found ? !str_eq(buf_str(&head), buf_str(&want)) : seq > 0))
        ok = broken(e, seq, "is the last, but the sealed end of the trail is another");
    buf_done(&sealed);
    buf_done(&head);
    buf_done(&want);
    return ok;
}

bool store_audit_verify(struct store *s, uint64_t *entries_out, struct err *e)
{
    uint8_t hash[HASH_BYTES] = {0};
    uint64_t seq = 0;
    store_lock(s); /* no entry may come between chain and head */
    bool ok = verify_chain(s, &seq, hash, e) && verify_head(s, seq, hash, e);
    store_unlock(s);
    if (ok) *entries_out = seq;
    return ok;
}

bool store_audit_list(struct store *s,
                      bool (*each)(void *arg, uint64_t seq, struct wall at, const char *actor, const char *operation,
                                   struct str detail),
                      void *arg, struct err *e)
{
    struct cursor c;
    struct entry entry;
    char actor[NAME_BYTES], operation[NAME_BYTES];
    if (!cursor_open(s, SQL_AUDIT_LIST, &c, e, "")) return false;
    while (cursor_next(&c)) {
        read_entry(&c, &entry);
        column_text(&c, 2, actor, sizeof actor);
        column_text(&c, 3, operation, sizeof operation);
        if (!each(arg, entry.seq, entry.at, actor, operation, entry.detail)) break;
    }
    return cursor_close(&c);
}
