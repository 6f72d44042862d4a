/* The master key: what a program that hands it over may do wrong; and its change, cut off at every operation of the disk, in the store
 * and in the key's own files, and again while the next opening puts it right. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "face/api/installation_key.h"
#include "face/api/operation.h"
#include "fake_disk.h"
#include "kit/sys/causes.h"
#include "state/store/audit.h"

static struct virtual_clock test_time = {.wall = {INT64_C(17953305010000000)}};

static void must(bool ok, const struct err *e)
{
    if (!ok) fail_msg("%s (%s)", e->text, e->cause->code);
}

/* ---- a program ------------------------------------------------------------------------------------------------------------------ */

#define GOOD_KEY "portcullis-key-1 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"

static bool load_from(const char *script, uint32_t ms, struct seal_key **out, struct err *e)
{
    char path[] = "/tmp/portcullis-key-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0 && write(fd, "#!/bin/sh\n", 10) == 10);
    assert_true(write(fd, script, strlen(script)) == (ssize_t)strlen(script) && fchmod(fd, 0700) == 0 &&
                close(fd) == 0);
    *out = NULL;
    bool ok = key_load_command(path, ms, out, e);
    (void)unlink(path);
    return ok;
}

static void programs_that_hand_the_key_over(void **state)
{
    enum { PATIENT_MS = 60 * 1000 };
    static const char *const scripts[] = {
        "echo '" GOOD_KEY "'",         "printf %s '" GOOD_KEY "'", /* no line end */
        "echo '" GOOD_KEY "'; exit 3", "echo '" GOOD_KEY "'; sleep 100", "echo '" GOOD_KEY "'; yes",
    };
    struct seal_key *key;
    struct err e;
    char id[17];
    (void)state;
    for (size_t i = 0; i < sizeof scripts / sizeof *scripts; i++) {
        must(load_from(scripts[i], PATIENT_MS, &key, &e), &e);
        seal_key_id(key, id);
        assert_int_equal(strlen(id), 16);
        seal_key_free(key);
    }
}

static void programs_that_do_not(void **state)
{
    static const struct {
        const char *script, *says;
        uint32_t ms;
    } rows[] = {
        {"exit 0", "printed nothing", 60000},
        {"exit 3", "ended with status 3", 60000},
        {"echo", "", 60000},
        {"sleep 100", "no line within 1 s", 100},
        {"printf x; sleep 100", "no line within 1 s", 100},
        {"yes | tr -d '\\n'", "more than", 60000},
        {"head -c 100000 /dev/zero", "more than", 60000},
        {"echo 'portcullis-key-1 0102'", "key_command", 60000},
        {"echo '" GOOD_KEY "00'", "key_command", 60000},
        {"echo 'portcullis-key-1 zz0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f'", "key_command",
         60000},
        {"echo >&2 'the vault is sealed'; echo; echo '" GOOD_KEY "'", "key_command", 60000},
    };
    struct seal_key *key;
    struct err e;
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_false(load_from(rows[i].script, rows[i].ms, &key, &e));
        assert_null(key);
        if (!strstr(e.text, rows[i].says) || strstr(e.text, "0102"))
            fail_msg("row %zu: %s", i, e.text); /* never what was printed */
    }
}

/* ---- cuts ------------------------------------------------------------------------------------------------------------------------- */

enum { SECRETS = 2 };

static void prepare(struct fake_disk *d, struct installation *out)
{
    *out = (struct installation){.fs = fake_disk_fs(d), .clock = clock_virtual(&test_time)};
    (void)snprintf(out->conf.data_dir, sizeof out->conf.data_dir, "/d");
    (void)snprintf(out->conf.key_file, sizeof out->conf.key_file, "/k/portcullis.key");
}

static void make(struct fake_disk *d)
{
    struct installation i;
    struct err e;
    struct fs fs = fake_disk_fs(d);
    prepare(d, &i);
    must(fs.ops->make_dirs(fs.ctx, "/d", &e) && fs.ops->make_dirs(fs.ctx, "/k", &e) &&
             fs.ops->sync_dir(fs.ctx, "/", &e) && key_make_file(fs, i.conf.key_file, &e) &&
             fs.ops->sync_dir(fs.ctx, "/k", &e) && key_load_file(fs, i.conf.key_file, &i.key, &e),
         &e);
    struct store_opts o = {.fs = fs, .path = "/d/store.db", .key = i.key, .clock = i.clock, .create = true};
    must(store_open(&o, &i.store, &e) && store_secret_put(i.store, "a", STR("secret a"), &e) &&
             store_secret_put(i.store, "b", STR("secret b"), &e),
         &e);
    installation_close(&i);
}

static void holds_all(struct installation *i)
{
    uint64_t sealed = 0, entries = 0;
    struct buf a;
    struct err e;
    bool found = false;
    buf_init(&a, 0);
    must(store_sealed_count(i->store, &sealed, &e) && store_audit_verify(i->store, &entries, &e) &&
             store_secret_get(i->store, "a", &a, &found, &e),
         &e);
    assert_true(found && str_eq(buf_str(&a), STR("secret a")));
    assert_int_equal(sealed, SECRETS);
    assert_true(entries <= 1);
    buf_done(&a);
}

static bool change(struct fake_disk *d, struct rekeyed *out, struct err *e)
{
    struct installation i;
    struct err left;
    prepare(d, &i);
    bool ok = installation_open_sealed(&i, &left, e) && installation_rekey(&i, STR_NONE, "cli:test", out, e);
    installation_close(&i);
    return ok;
}

/* Nothing of a change lies about, and what the key file holds opens the store. */
static void is_tidy(struct fake_disk *d, const char *id)
{
    struct fs fs = fake_disk_fs(d);
    struct seal_key *key = NULL;
    struct err e;
    char of_file[17];
    must(key_load_file(fs, "/k/portcullis.key", &key, &e), &e);
    seal_key_id(key, of_file);
    seal_key_free(key);
    assert_string_equal(of_file, id);
    assert_false(fs_exists(fs, "/k/portcullis.key.rotating") || fs_exists(fs, "/d/store.db.next"));
}

static void opens(struct fake_disk *d, char id[17])
{
    struct installation i;
    struct err e, left;
    prepare(d, &i);
    must(installation_open_sealed(&i, &left, &e), &e);
    assert_null(left.cause);
    holds_all(&i);
    seal_key_id(i.key, id);
    installation_close(&i);
    is_tidy(d, id);
}

/* The change meets `first` at its nth operation; the opening after it `second` at its mth. True: both came. */
static bool cut_at(uint64_t nth, enum fake_fault first, uint64_t mth, enum fake_fault second, bool *has_first,
                   bool *has_changed)
{
    struct fake_disk *d = fake_disk_new(nth * 1000 + mth);
    struct rekeyed r = {.sealed = 0};
    struct installation i;
    struct err e, left;
    char id[17], before[17];
    make(d);
    opens(d, before);
    fake_disk_fail_at(d, nth, first);
    bool is_done = change(d, &r, &e);
    *has_first = fake_disk_has_failed(d);
    if (first == FAKE_POWER) fake_disk_restart(d);
    fake_disk_fail_at(d, mth, second);
    prepare(d, &i);
    (void)installation_open_sealed(&i, &left, &e);
    installation_close(&i);
    bool has_second = fake_disk_has_failed(d);
    fake_disk_restart(d);
    opens(d, id);
    *has_changed = strcmp(id, before) != 0;
    assert_true(!is_done || *has_changed);
    fake_disk_free(d);
    return *has_first && has_second;
}

static void the_change_is_cut_off_anywhere(void **state)
{
    int kept = 0, changed = 0;
    (void)state;
    for (int is_power = 0; is_power <= 1; is_power++) {
        bool has_first = true, has_changed;
        for (uint64_t nth = 1; has_first; nth++) {
            enum fake_fault fault = is_power ? FAKE_POWER : nth % 2 ? FAKE_IO : FAKE_FULL;
            /* The opening after it is cut off anywhere where it has something to follow up. */
            bool goes_on = true;
            for (uint64_t mth = 1; goes_on; mth++) {
                goes_on = cut_at(nth, fault, mth, FAKE_POWER, &has_first, &has_changed) && is_power && has_changed;
                kept += !has_changed;
                changed += has_changed;
            }
        }
    }
    printf("# %d changes cut off before, %d behind the rename\n", kept, changed);
    assert_true(kept > 50 && changed > 20);
}

/* ---- what cannot be removed ---------------------------------------------------------------------------------------------------- */

static void leave(struct fs fs, const char *path)
{
    struct err e;
    must(fs_replace(fs, path, STR(GOOD_KEY), &e), &e);
}

/* Each removal fails in turn: an opening without leftovers tells how many operations come before the first. */
static void leftovers_keep_nothing_closed(void **state)
{
    struct fake_disk *d = fake_disk_new(1);
    struct installation i;
    struct err e, left;
    char id[17];
    (void)state;
    make(d);
    opens(d, id);
    uint64_t before = fake_disk_operations(d);
    prepare(d, &i);
    must(installation_open_sealed(&i, &left, &e), &e);
    before = fake_disk_operations(d) - before;
    installation_close(&i);
    for (uint64_t removal = 1; removal <= 2; removal++) {
        leave(fake_disk_fs(d), "/d/store.db.next");
        leave(fake_disk_fs(d), "/k/portcullis.key.rotating");
        fake_disk_fail_at(d, before + removal, FAKE_IO);
        prepare(d, &i);
        must(installation_open_sealed(&i, &left, &e), &e);
        assert_true(fake_disk_has_failed(d));
        assert_ptr_equal(left.cause, &sys_causes[SYS_IO]);
        assert_non_null(strstr(left.text, "master key"));
        holds_all(&i);
        installation_close(&i);
        opens(d, id);
    }
    fake_disk_free(d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(programs_that_hand_the_key_over),
        cmocka_unit_test(programs_that_do_not),
        cmocka_unit_test(the_change_is_cut_off_anywhere),
        cmocka_unit_test(leftovers_keep_nothing_closed),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
