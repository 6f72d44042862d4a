/* state/store: files that are not ours, damaged ones, a changed audit trail, secrets on disk. On the real disk, as another
 * program (SQLite itself) does the tampering. */
#include <sqlite3.h>
#include <unistd.h>

#include "state/store/apps.h"
#include "state/store/audit.h"
#include "state/store/feeds.h"
#include "state/store/lake.h"
#include "state/store/tenants.h"
#include "tests.h"

static char folder[64], path[96];

static void make_folder(void)
{
    (void)snprintf(folder, sizeof folder, "/tmp/test-store-XXXXXX");
    assert_non_null(mkdtemp(folder));
    (void)snprintf(path, sizeof path, "%s/store.db", folder);
}

static bool remove_one(void *arg, const char *name, bool is_dir)
{
    char whole[256];
    (void)arg, (void)is_dir;
    (void)snprintf(whole, sizeof whole, "%s/%s", folder, name);
    return unlink(whole) == 0;
}

static void remove_folder(void)
{
    assert_true(fs_real().ops->list(fs_real().ctx, folder, remove_one, NULL, NULL));
    assert_int_equal(rmdir(folder), 0);
}

static void write_file(const char *bytes, size_t n)
{
    FILE *f = fopen(path, "wb");
    assert_true(fwrite(bytes, 1, n, f) == n);
    assert_int_equal(fclose(f), 0);
}

static void add_number(struct buf *b, uint64_t v)
{
    for (int i = 0; i < 8; i++) assert_true(buf_add_char(b, (char)(v >> (56 - 8 * i))));
}

/* chained(hash before, seq, at, actor, operation, detail): an entry's hash, as anybody can compute it who knows how. */
static void chained(sqlite3_context *ctx, int count, sqlite3_value **v)
{
    struct buf b;
    uint8_t hash[32];
    buf_init(&b, 0);
    assert_true(buf_add(&b, sqlite3_value_blob(v[0]), 32));
    add_number(&b, (uint64_t)sqlite3_value_int64(v[1]));
    add_number(&b, (uint64_t)sqlite3_value_int64(v[2]));
    for (int i = 3; i < count; i++) {
        int n = sqlite3_value_bytes(v[i]);
        add_number(&b, (uint64_t)n);
        assert_true(buf_add(&b, sqlite3_value_blob(v[i]), (size_t)n));
    }
    sha256(b.p, b.n, hash);
    sqlite3_result_blob(ctx, hash, sizeof hash, SQLITE_TRANSIENT);
    buf_done(&b);
}

static void tamper(const char *sql)
{
    sqlite3 *db = NULL;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_create_function(db, "chained", 6, SQLITE_UTF8, NULL, chained, NULL, NULL), SQLITE_OK);
    if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK) fail_msg("%s: %s", sql, sqlite3_errmsg(db));
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static void make_store(void)
{
    struct store *s = NULL;
    struct err e = {0};
    must(try_open(fs_real(), path, true, 0, &s, &e), &e);
    add_tenant(s, add_org(s, "o"), TENANT_A, "t");
    for (int i = 0; i < 5; i++) must(store_audit_add(s, "me", "tenant.add", STR("{\"n\":1}"), &e), &e);
    store_close(s);
}

static void check_refused(int cause, const char *part)
{
    struct store *s = NULL;
    struct err e = {0};
    assert_false(try_open(fs_real(), path, false, 0, &s, &e));
    assert_string_equal(e.cause->code, store_causes[cause].code);
    if (strstr(e.text, part) == NULL) fail_msg("\"%s\" lacks \"%s\"", e.text, part);
}

void strangers_are_refused(void **state)
{
    struct store *s = NULL;
    struct err e = {0};
    struct buf before, after;
    (void)state;
    make_folder();
    write_file("", 0);
    check_refused(STORE_CORRUPT, "is empty");
    write_file("hello", 5);
    check_refused(STORE_CORRUPT, "not a database");
    assert_int_equal(unlink(path), 0);
    tamper("CREATE TABLE a (b); PRAGMA user_version = 1");
    buf_init(&before, 0);
    buf_init(&after, 0);
    must(fs_read_all(fs_real(), path, 1 << 20, &before, &e), &e);
    check_refused(STORE_CORRUPT, "not a Portcullis store");
    assert_false(try_open(fs_real(), path, true, 0, &s, &e)); /* nor is it built upon, nor touched */
    must(fs_read_all(fs_real(), path, 1 << 20, &after, &e), &e);
    assert_true(str_eq(buf_str(&before), buf_str(&after)));
    buf_done(&before);
    buf_done(&after);
    assert_int_equal(unlink(path), 0);
    make_store();
    tamper("PRAGMA user_version = 77");
    check_refused(STORE_NEWER, "version 77");
    remove_folder();
}

static bool keep_feed(void *arg, const struct feed_record *r)
{
    struct feed_record *out = arg;
    *out = *r;
    out->state = STR_NONE;
    return true;
}

static void add_sealed(struct buf *sql, const char *name, const char *secret)
{
    struct buf sealed;
    struct err e = {0};
    buf_init(&sealed, 0);
    must(seal_bytes(test_key(0), name, str_of(secret), &sealed, &e), &e);
    buf_addf(sql, "INSERT INTO secret VALUES ('%s', x'", name);
    for (size_t i = 0; i < sealed.n; i++) buf_addf(sql, "%02x", (unsigned char)sealed.p[i]);
    assert_true(buf_addf(sql, "', 5);"));
    buf_done(&sealed);
}

static bool opens_as_before(void *arg, const struct credential_record *r)
{
    struct buf plain;
    struct err e = {0};
    bool found = false;
    buf_init(&plain, 0);
    must(store_secret_get(arg, r->sealed_as, &plain, &found, &e), &e);
    assert_true(found && str_eq(buf_str(&plain), STR("pl4nted")));
    assert_true(r->state == CREDENTIAL_ACTIVE && r->kind == CREDENTIAL_SECRET && r->added.ticks == 5);
    buf_done(&plain);
    return true;
}

/* Every migration on a store that the first version made; what it did not know of yet is empty. */
void an_old_store_is_brought_up(void **state)
{
    struct store *s = NULL;
    struct tenant_record t = {0};
    struct feed_record feed = {0};
    struct err e = {0};
    struct buf sql;
    char key_id[17];
    bool found = false;
    (void)state;
    make_folder();
    buf_init(&sql, 0);
    must(fs_read_all(fs_real(), OLD_STORE, 1 << 20, &sql, &e), &e);
    seal_key_id(test_key(0), key_id);
    assert_true(buf_addf(&sql, "INSERT INTO meta VALUES ('key_id', '%s');", key_id));
    add_sealed(&sql, "tenant.secret:" TENANT_A, "pl4nted");
    tamper(buf_cstr(&sql));
    for (int again = 0; again < 2; again++) {
        must(try_open(fs_real(), path, false, 0, &s, &e), &e);
        must(store_check(s, &e), &e);
        must(store_tenant_find(s, TENANT_A, &t, &found, &e), &e);
        assert_true(found && t.is_enabled && t.created.ticks == INT64_C(17953305010000000));
        assert_string_equal(t.cloud, "gcc-high");
        assert_string_equal(t.overrides[OVER_LOGIN_URL], again ? "https://l2.example" : "https://l.example");
        assert_string_equal(t.overrides[OVER_ENDPOINT_URL], "https://e.example");
        assert_string_equal(t.overrides[OVER_TOKEN_URL], again ? "https://t.example" : "");
        assert_string_equal(t.overrides[OVER_SIEM_AUDIENCE], "");
        assert_string_equal(t.client_id, CLIENT); /* of an app of its own, whose secret is the tenant's of before */
        must(store_credential_list(s, 0, opens_as_before, s, &e), &e);
        must(store_feed_list(s, TENANT_A, keep_feed, &feed, &e), &e);
        assert_true(feed.rows == 7 && feed.late_rows == 1);
        (void)str_copy(STR("https://l2.example"), t.overrides[OVER_LOGIN_URL], HOST_BYTES);
        (void)str_copy(STR("https://t.example"), t.overrides[OVER_TOKEN_URL], HOST_BYTES);
        must(store_tenant_put(s, &t, false, &e), &e);
        store_close(s);
    }
    buf_done(&sql);
    remove_folder();
}

void damage_is_found(void **state)
{
    struct store *s = NULL;
    struct err e = {0};
    struct buf whole;
    (void)state;
    make_folder();
    make_store();
    buf_init(&whole, 0);
    must(fs_read_all(fs_real(), path, 1 << 24, &whole, &e), &e);
    write_file(whole.p, 100);
    check_refused(STORE_CORRUPT, path);
    write_file(whole.p, whole.n / 2 / 4096 * 4096);
    check_refused(STORE_CORRUPT, path);
    int found = 0, pages = (int)(whole.n / 4096);
    for (int page = 0; page < pages; page++) { /* a page overwritten: found at the opening or by the check */
        char kept[4096];
        memcpy(kept, whole.p + page * 4096, sizeof kept);
        memset(whole.p + page * 4096, 0x5a, sizeof kept);
        write_file(whole.p, whole.n);
        memcpy(whole.p + page * 4096, kept, sizeof kept);
        bool is_open = try_open(fs_real(), path, false, 0, &s, &e), is_well = is_open && store_check(s, &e);
        if (is_open) store_close(s);
        if (!is_well) assert_ptr_equal(e.cause, &store_causes[STORE_CORRUPT]);
        found += !is_well;
    }
    assert_int_equal(found, pages);
    buf_done(&whole);
    remove_folder();
}

/* Entry `seq`'s hash, right again after a change of it or of the one before. */
#define CHAIN_AGAIN(seq)                                                                                             \
    ";UPDATE audit SET hash = chained((SELECT hash FROM audit WHERE seq = " #seq " - 1), seq, at, actor, operation," \
    " detail) WHERE seq = " #seq

void audit_tampering_is_found(void **state)
{
    static const struct {
        const char *sql, *want;
    } rows[] = {
        {"UPDATE audit SET detail = '{\"n\":2}' WHERE seq = 3", "audit entry 3 does not match its hash"},
        {"UPDATE audit SET at = at + 1 WHERE seq = 5", "audit entry 5 does not match its hash"},
        {"UPDATE audit SET actor = 'you' WHERE seq = 1", "audit entry 1 does not match its hash"},
        {"UPDATE audit SET actor = 'metenant', operation = '.add' WHERE seq = 1",
         "audit entry 1 does not match its hash"},
        {"DELETE FROM audit WHERE seq = 2", "audit entry 2 is missing"},
        {"DELETE FROM audit WHERE seq = 5", "audit entry 5 is missing: the end of the trail was cut off"},
        {"DELETE FROM audit", "audit entry 1 is missing: the end of the trail was cut off"},
        {"DELETE FROM meta WHERE name = 'audit_head'",
         "audit entry 5 is the last, but the sealed end of the trail is gone"},
        {"UPDATE audit SET actor = 'you' WHERE seq = 3" CHAIN_AGAIN(3) CHAIN_AGAIN(4) CHAIN_AGAIN(5),
         "audit entry 3 was written anew by somebody without the key"},
        {"UPDATE audit SET actor = 'you', mac = NULL WHERE seq >= 4" CHAIN_AGAIN(4) CHAIN_AGAIN(5),
         "audit entry 4 was written anew by somebody without the key"},
        {"UPDATE audit SET mac = NULL WHERE seq = 3", "audit entry 3 was written anew by somebody without the key"},
        {"UPDATE audit SET hash = (SELECT hash FROM audit WHERE seq = 4) WHERE seq = 5",
         "audit entry 5 does not match its hash"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct store *s = NULL;
        struct err e = {0};
        uint64_t entries = 0;
        make_folder();
        make_store();
        must(try_open(fs_real(), path, false, 0, &s, &e) && store_audit_verify(s, &entries, &e), &e);
        assert_int_equal(entries, 5);
        store_close(s);
        tamper(rows[i].sql);
        must(try_open(fs_real(), path, false, 0, &s, &e), &e);
        assert_false(store_audit_verify(s, &entries, &e));
        assert_ptr_equal(e.cause, &store_causes[STORE_AUDIT_BROKEN]);
        assert_string_equal(e.text, rows[i].want);
        store_close(s);
        remove_folder();
    }
}

static bool lacks_secret(void *arg, const char *name, bool is_dir)
{
    struct buf bytes;
    char whole[256];
    (void)is_dir;
    (void)snprintf(whole, sizeof whole, "%s/%s", folder, name);
    buf_init(&bytes, 0);
    assert_true(fs_read_all(fs_real(), whole, 1 << 24, &bytes, NULL));
    *(size_t *)arg += bytes.n;
    if (str_find(buf_str(&bytes), STR("pl4nted-s3cret"), 0) != SIZE_MAX) fail_msg("the secret stands in %s", name);
    buf_done(&bytes);
    return true;
}

void no_secret_in_any_file(void **state)
{
    struct store *s = NULL;
    struct err e = {0};
    size_t seen = 0;
    (void)state;
    make_folder();
    make_store();
    must(try_open(fs_real(), path, false, 0, &s, &e), &e);
    must(store_secret_put(s, "tenant.secret:" TENANT_A, STR("pl4nted-s3cret"), &e), &e);
    must(fs_real().ops->list(fs_real().ctx, folder, lacks_secret, &seen, &e), &e); /* the write-ahead log too */
    assert_false(store_tenant_put(s, &(struct tenant_record){.tenant_id = TENANT_B, .org_id = 77}, true, &e));
    assert_null(strstr(e.text, "pl4nted"));
    store_close(s);
    must(fs_real().ops->list(fs_real().ctx, folder, lacks_secret, &seen, &e), &e);
    assert_true(seen > 40000);
    remove_folder();
}

/* `sqlite3 store.db` while we run: it takes itself for the only user and tidies up after itself. */
void another_program_looking_in_does_no_harm(void **state)
{
    struct store *s = NULL, *successor = NULL;
    struct err e = {0};
    uint64_t end = 0;
    (void)state;
    make_folder();
    make_store();
    must(try_open(fs_real(), path, false, 0, &s, &e) && store_log_end_set(s, 1, &e), &e);
    tamper("SELECT count(*) FROM org");
    must(store_log_end_set(s, 2, &e), &e);
    tamper("SELECT count(*) FROM org");
    must(try_open(fs_real(), path, false, 0, &successor, &e) && store_log_end_get(successor, &end, &e),
         &e); /* as after kill -9 */
    assert_int_equal(end, 2);
    store_close(successor);
    store_close(s);
    remove_folder();
}
