/* Another key: everything is there under the new one, nothing of the old one is left, and no power cut leaves anything between. */
#include <stdio.h>
#include <string.h>

#include "kit/sys/fs.h"
#include "state/store/audit.h"
#include "tests.h"

enum { SECRETS = 1203, ENTRIES = 1107, ID_BYTES = 8 }; /* more than are listed at once */

static void name_of(int i, char out[24])
{
    (void)snprintf(out, 24, "credential:%04d", i);
}

static void fill(struct store *s, int secrets, int entries)
{
    struct err e;
    char name[24];
    must(store_begin(s, &e), &e);
    for (int i = 0; i < secrets; i++) {
        name_of(i, name);
        must(store_secret_put(s, name, str_of(name), &e), &e);
    }
    for (int i = 0; i < entries; i++) must(store_audit_add(s, "cli:test", "tenant add", STR("{}"), &e), &e);
    must(store_commit(s, &e), &e);
}

static void look(struct store *s, int secrets, uint64_t entries)
{
    struct err e;
    struct buf plain;
    uint64_t count = 0, verified = 0;
    char name[24];
    buf_init(&plain, 0);
    must(store_sealed_count(s, &count, &e) && store_audit_verify(s, &verified, &e) && store_check(s, &e), &e);
    assert_int_equal(count, secrets);
    assert_int_equal(verified, entries);
    for (int i = 0; i < secrets; i++) {
        bool found = false;
        name_of(i, name);
        buf_reset(&plain);
        must(store_secret_get(s, name, &plain, &found, &e), &e);
        assert_true(found && str_eq(buf_str(&plain), str_of(name)));
    }
    buf_done(&plain);
}

/* Sealed bytes name their key. */
static bool has_sealed_by(struct fs fs, const char *path, int key)
{
    struct buf file;
    struct err e;
    unsigned id[ID_BYTES];
    char hex[17], mark[1 + ID_BYTES] = {1};
    seal_key_id(test_key(key), hex);
    for (int i = 0; i < ID_BYTES; i++) {
        assert_int_equal(sscanf(hex + 2 * i, "%2x", &id[i]), 1);
        mark[i + 1] = (char)id[i];
    }
    buf_init(&file, 0);
    must(fs_read_all(fs, path, 64 << 20, &file, &e), &e);
    bool found = str_find(buf_str(&file), (struct str){mark, sizeof mark}, 0) != SIZE_MAX;
    buf_done(&file);
    return found;
}

void another_key_seals_everything(void **state)
{
    struct fake_disk *d = fake_disk_new(1);
    struct fs fs = fake_disk_fs(d);
    struct store *s = open_on(d, true), *copy = NULL;
    struct err e;
    uint64_t sealed = 0;
    (void)state;
    fill(s, SECRETS, ENTRIES);
    must(store_secret_put(s, "credential:gone", STR("was here"), &e), &e);
    must(store_secret_remove(s, "credential:gone", &e), &e);
    must(store_copy(s, "/d/copy.db", &e), &e);
    store_close(s);
    assert_true(has_sealed_by(fs, "/d/store.db", 0));
    must(try_open(fs, "/d/copy.db", false, 0, &copy, &e), &e);
    must(store_rekey(copy, test_key(1), "cli:test", &sealed, &e), &e);
    assert_int_equal(sealed, SECRETS);
    look(copy, SECRETS, ENTRIES + 1);
    fill(copy, SECRETS, 1); /* it goes on */
    store_close(copy);
    assert_true(has_sealed_by(fs, "/d/copy.db", 1));
    assert_false(has_sealed_by(fs, "/d/copy.db", 0));
    assert_false(try_open(fs, "/d/copy.db", false, 0, &copy, &e));
    assert_ptr_equal(e.cause, &store_causes[STORE_WRONG_KEY]);
    must(try_open(fs, "/d/copy.db", false, 1, &copy, &e), &e);
    look(copy, SECRETS, ENTRIES + 2);
    store_close(copy);
    fake_disk_free(d);
}

/* Copy, seal anew, rename: the way of the change. */
static bool change(struct fs fs, struct store *s, struct err *e)
{
    struct store *copy = NULL;
    uint64_t sealed;
    bool ok = store_copy(s, "/d/copy.db", e) && try_open(fs, "/d/copy.db", false, 0, &copy, e) &&
              store_rekey(copy, test_key(1), "cli:test", &sealed, e);
    store_close(copy);
    store_close(s);
    return ok && fs.ops->rename(fs.ctx, "/d/copy.db", "/d/store.db", e) && fs.ops->sync_dir(fs.ctx, "/d", e);
}

void power_lost_while_the_key_changes(void **state)
{
    enum { FEW = 3 };
    bool has_failed = true;
    int kept = 0, changed = 0;
    (void)state;
    for (uint64_t nth = 1; has_failed; nth++) {
        struct fake_disk *d = fake_disk_new(nth);
        struct fs fs = fake_disk_fs(d);
        struct store *s = open_on(d, true);
        struct err e;
        fill(s, FEW, FEW);
        fake_disk_fail_at(d, nth, FAKE_POWER);
        bool is_done = change(fs, s, &e);
        has_failed = fake_disk_has_failed(d);
        fake_disk_cut_power(d);
        fake_disk_restart(d);
        bool is_old = try_open(fs, "/d/store.db", false, 0, &s, &e);
        if (!is_old) must(try_open(fs, "/d/store.db", false, 1, &s, &e), &e);
        assert_true(!is_done || !is_old);
        look(s, FEW, is_old ? FEW : FEW + 1);
        kept += is_old;
        changed += !is_old;
        store_close(s);
        fake_disk_free(d);
    }
    assert_true(kept > 10 && changed > 0);
}
