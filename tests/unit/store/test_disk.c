/* state/store on a disk that fails: each changing operation in turn, then the power. What was said to have failed never
 * comes back, what was said to have worked never goes. */
#include "state/store/audit.h"
#include "state/store/lake.h"
#include "tests.h"

void disk_errors_keep_their_cause(void **state)
{
    struct fake_disk *d = fake_disk_new(10);
    struct store *s = open_on(d, true), *none = NULL;
    struct err e = {0};
    uint64_t end = 0;
    char padding[20000];
    (void)state;
    memset(padding, 'x', sizeof padding);
    must(store_log_end_set(s, 1, &e), &e);
    fake_disk_set_capacity(d, 1);
    assert_false(store_secret_put(s, "big", (struct str){padding, sizeof padding}, &e));
    assert_ptr_equal(e.cause, &sys_causes[SYS_DISK_FULL]);
    must(store_begin(s, &e), &e);
    must(store_log_end_set(s, 2, &e), &e);
    bool wrote = store_secret_put(s, "big", (struct str){padding, sizeof padding}, &e) && store_commit(s, &e);
    assert_false(wrote);
    assert_ptr_equal(e.cause, &sys_causes[SYS_DISK_FULL]);
    must(store_log_end_get(s, &end, &e), &e);
    assert_int_equal(end, 1);
    fake_disk_set_capacity(d, 0); /* space again: work goes on */
    must(store_log_end_set(s, 3, &e), &e);
    fake_disk_set_read_only(d, true);
    assert_false(store_log_end_set(s, 4, &e));
    assert_ptr_equal(e.cause, &sys_causes[SYS_READ_ONLY]);
    must(store_log_end_get(s, &end, &e), &e);
    assert_int_equal(end, 3);
    store_close(s);
    assert_false(try_open(fake_disk_fs(d), "/d/store.db", false, 0, &none, &e));
    assert_ptr_equal(e.cause, &sys_causes[SYS_READ_ONLY]);
    fake_disk_set_read_only(d, false);
    s = open_on(d, false);
    must(store_log_end_get(s, &end, &e) && store_check(s, &e), &e);
    assert_int_equal(end, 3);
    store_close(s);
    fake_disk_free(d);
}

/* ---- a history of commits, and what must hold after it ------------------------------------------------------------------- */

enum { COMMITS = 15, FILL_BYTES = 400 << 10, FILLS = 9 };

/* Every number up to the returned one was committed; `*maybe` is one whose fate was left open. */
struct history {
    uint64_t committed, maybe;
};

static bool commit_number(struct store *s, uint64_t n, struct err *e)
{
    char padding[9000]; /* several pages, so that commits fold the log now and then */
    memset(padding, (int)('a' + n % 26), sizeof padding);
    if (!store_begin(s, e)) return false;
    bool ok = store_log_end_set(s, n, e) &&
              store_secret_put(s, "padding", (struct str){padding, sizeof padding - n * 64}, e) &&
              store_audit_add(s, "test", "step", STR("{}"), e) && store_offset_set(s, "lake", n, e);
    if (ok) return store_commit(s, e);
    store_rollback(s);
    return false;
}

static void check(struct store *s, const struct history *h)
{
    struct err e = {0};
    uint64_t end = 0, lake = 0, entries = 0;
    must(store_log_end_get(s, &end, &e) && store_offset_get(s, "lake", &lake, &e), &e);
    must(store_audit_verify(s, &entries, &e) && store_check(s, &e), &e);
    assert_true(end == lake);
    if (end != h->committed && end != h->maybe)
        fail_msg("the store holds %llu, committed was %llu", (unsigned long long)end, (unsigned long long)h->committed);
}

/* So much into the write-ahead log that it is folded into the database in the middle of the history. */
static void fill_log(struct store *s)
{
    struct err e = {0};
    char *filling = calloc(1, FILL_BYTES);
    for (int i = 0; i < FILLS; i++) must(store_secret_put(s, "filling", (struct str){filling, FILL_BYTES}, &e), &e);
    free(filling);
}

static uint64_t store_bytes(struct fake_disk *d)
{
    struct fs_stat st = {0};
    struct fs fs = fake_disk_fs(d);
    assert_true(fs.ops->stat(fs.ctx, "/d/store.db", &st, NULL));
    return st.bytes;
}

/* Runs the history with `fault` at the nth operation. After a failed commit it may stop, as if killed: then what another
 * process finds at once must hold too. */
static bool run_with_fault(uint64_t nth, enum fake_fault fault, bool stop_at_failure)
{
    struct fake_disk *d = fake_disk_new(nth * 7919 + (uint64_t)fault);
    struct store *s = open_on(d, true), *successor;
    struct history h = {0};
    struct err e = {0};
    fill_log(s);
    fake_disk_fail_at(d, nth, fault);
    for (uint64_t n = 1; n <= COMMITS; n++) {
        bool ok = commit_number(s, n, &e);
        if (ok)
            h = (struct history){.committed = n};
        else if (e.cause == &store_causes[STORE_UNCERTAIN] || fault == FAKE_POWER)
            h.maybe = n;
        if (!ok && fault == FAKE_POWER) break;
        if (!ok && stop_at_failure) break;
    }
    bool has_failed = fake_disk_has_failed(d);
    fake_disk_fail_at(d, UINT64_MAX / 2, FAKE_NONE);           /* not later, if it has not come yet */
    if (!has_failed) assert_true(store_bytes(d) > FILL_BYTES); /* folded in while the history ran */
    if (fault != FAKE_POWER && !stop_at_failure) check(s, &h);
    if (fault != FAKE_POWER && stop_at_failure) {
        successor = open_on(d, false);
        check(successor, &h);
        store_close(successor);
    }
    fake_disk_cut_power(d);
    store_close(s); /* of a process long dead: its files do not reach the disk any more */
    fake_disk_restart(d);
    s = open_on(d, false);
    check(s, &h);
    must(commit_number(s, COMMITS + 1, &e), &e);
    store_close(s);
    fake_disk_free(d);
    return has_failed;
}

void every_operation_failing_in_turn(void **state)
{
    uint64_t nth = 1;
    (void)state;
    for (bool more = true; more; nth += 3) {
        more = run_with_fault(nth, FAKE_FULL, nth % 2);
        more = run_with_fault(nth + 1, FAKE_IO, nth % 2) && more;
        more = run_with_fault(nth + 2, FAKE_IO, true) && more;
    }
    assert_true(nth > 250);
}

void power_lost_at_every_operation(void **state)
{
    uint64_t nth = 1;
    (void)state;
    while (run_with_fault(nth, FAKE_POWER, true)) nth++;
    assert_true(nth > 250);
}

/* `init` cut off anywhere: what is there then is a whole store, or can be made anew. */
void power_lost_while_it_is_made(void **state)
{
    bool has_failed = true;
    (void)state;
    for (uint64_t nth = 1; has_failed; nth++) {
        struct fake_disk *d = fake_disk_new(nth);
        struct fs fs = fake_disk_fs(d);
        struct store *s = NULL;
        struct err e = {0};
        must(fs.ops->make_dirs(fs.ctx, "/d", &e) && fs.ops->sync_dir(fs.ctx, "/", &e), &e);
        fake_disk_fail_at(d, nth, FAKE_POWER);
        bool was_made = try_open(fs, "/d/store.db", true, 0, &s, &e);
        has_failed = fake_disk_has_failed(d);
        fake_disk_cut_power(d);
        store_close(s);
        fake_disk_restart(d);
        if (!try_open(fs, "/d/store.db", false, 0, &s, &e)) {
            assert_false(was_made);
            must(try_open(fs, "/d/store.db", true, 0, &s, &e), &e);
        }
        must(commit_number(s, 1, &e) && store_check(s, &e), &e);
        store_close(s);
        fake_disk_free(d);
    }
}
