/* state/store: opening, transactions, threads; the rest in the files beside. */
#include "state/store/audit.h"
#include "state/store/feeds.h"
#include "state/store/lake.h"
#include "state/store/tenants.h"
#include "tests.h"

#include <pthread.h>

struct virtual_clock test_time = {.wall = {INT64_C(17953305010000000)}};

struct seal_key *test_key(int which)
{
    static struct seal_key *keys[2];
    static const char *const texts[] = {
        "portcullis-key-1 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
        "portcullis-key-1 ff0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"};
    if (keys[which] == NULL) assert_true(seal_key_load(str_of(texts[which]), &keys[which], NULL));
    return keys[which];
}

static int free_keys(void **state)
{
    (void)state;
    seal_key_free(test_key(0));
    seal_key_free(test_key(1));
    return 0;
}

void must(bool ok, const struct err *e)
{
    if (!ok) fail_msg("%s (%s)", e->text, e->cause->code);
}

bool try_open(struct fs fs, const char *path, bool create, int key, struct store **out, struct err *e)
{
    struct store_opts o = {
        .fs = fs, .path = path, .key = test_key(key), .clock = clock_virtual(&test_time), .create = create};
    return store_open(&o, out, e);
}

struct store *open_on(struct fake_disk *d, bool create)
{
    struct store *s = NULL;
    struct err e = {0};
    struct fs fs = fake_disk_fs(d);
    must(fs.ops->make_dirs(fs.ctx, "/d", &e) && fs.ops->sync_dir(fs.ctx, "/", &e), &e);
    must(try_open(fs, "/d/store.db", create, 0, &s, &e), &e);
    return s;
}

int64_t add_org(struct store *s, const char *name)
{
    struct org_record org = {.created = test_time.wall};
    struct err e = {0};
    assert_true(str_copy(str_of(name), org.name, sizeof org.name));
    must(store_org_put(s, &org, &e), &e);
    return org.id;
}

void add_tenant(struct store *s, int64_t org, const char *id, const char *name)
{
    struct tenant_record t = {
        .org_id = org, .client_id = CLIENT, .cloud = "global", .is_enabled = true, .created = test_time.wall};
    struct err e = {0};
    assert_true(str_copy(str_of(id), t.tenant_id, sizeof t.tenant_id) && str_copy(str_of(name), t.name, sizeof t.name));
    must(store_tenant_put(s, &t, true, &e), &e);
}

int64_t add_feed(struct store *s, const char *tenant_id, const char *feed)
{
    struct feed_record f = {.state = STR("{}"), .status = "ok"};
    struct err e = {0};
    assert_true(str_copy(str_of(tenant_id), f.tenant_id, sizeof f.tenant_id) &&
                str_copy(str_of(feed), f.feed, sizeof f.feed));
    must(store_feed_put(s, &f, &e), &e);
    return f.id;
}

static void opening_says_what_is_there(void **state)
{
    struct fake_disk *d = fake_disk_new(1);
    struct fs fs = fake_disk_fs(d);
    struct store *s = NULL;
    struct err e = {0};
    char id[GUID_BYTES];
    (void)state;
    must(fs.ops->make_dirs(fs.ctx, "/d", &e), &e);
    assert_false(try_open(fs, "/d/store.db", false, 0, &s, &e));
    assert_ptr_equal(e.cause, &store_causes[STORE_MISSING]);
    s = open_on(d, true);
    assert_true(str_is_guid(str_of(store_id(s))));
    memcpy(id, store_id(s), sizeof id);
    store_close(s);
    assert_false(try_open(fs, "/d/store.db", true, 0, &s, &e));
    assert_ptr_equal(e.cause, &store_causes[STORE_EXISTS]);
    assert_false(try_open(fs, "/d/store.db", false, 1, &s, &e));
    assert_ptr_equal(e.cause, &store_causes[STORE_WRONG_KEY]);
    s = open_on(d, false);
    assert_string_equal(store_id(s), id);
    must(store_check(s, &e), &e);
    store_close(s);
    store_close(NULL);
    fake_disk_free(d);
}

static void a_transaction_is_whole_or_nothing(void **state)
{
    struct fake_disk *d = fake_disk_new(2);
    struct store *s = open_on(d, true);
    struct org_record org;
    struct err e = {0};
    uint64_t end = 7;
    bool found = true;
    (void)state;
    must(store_begin(s, &e), &e);
    (void)add_org(s, "Contoso");
    must(store_log_end_set(s, 100, &e), &e);
    store_rollback(s);
    must(store_org_find(s, "Contoso", &org, &found, &e) && store_log_end_get(s, &end, &e), &e);
    assert_false(found);
    assert_int_equal(end, 0);
    must(store_begin(s, &e), &e);
    int64_t id = add_org(s, "Contoso");
    must(store_log_end_set(s, UINT64_MAX, &e) && store_commit(s, &e), &e);
    must(store_org_find(s, "contoso", &org, &found, &e) && store_log_end_get(s, &end, &e), &e);
    assert_true(found && org.id == id && end == UINT64_MAX);
    struct org_record again = {.name = "CONTOSO"};
    must(store_begin(s, &e), &e); /* a refused name does not spoil the rest */
    assert_false(store_org_put(s, &again, &e));
    assert_ptr_equal(e.cause, &store_causes[STORE_EXISTS]);
    assert_int_equal(again.id, 0);
    must(store_log_end_set(s, 5, &e) && store_commit(s, &e), &e);
    must(store_log_end_get(s, &end, &e), &e);
    assert_int_equal(end, 5);
    store_close(s);
    fake_disk_free(d);
}

/* Each thread reads a number, adds one and writes it, and with it an audit entry: an interleaving would lose a step. */
enum { THREADS = 4, STEPS = 50 };

static void *count_up(void *arg)
{
    struct store *s = arg;
    struct err e;
    for (int i = 0; i < STEPS; i++) {
        uint64_t n = 0;
        bool ok = store_begin(s, &e) && store_offset_get(s, "lake", &n, &e) && store_offset_set(s, "lake", n + 1, &e) &&
                  store_audit_add(s, "test", "count", STR("{}"), &e);
        if (!ok) return NULL;
        if (i % 5 == 4) {
            store_rollback(s);
            if (!store_audit_add(s, "test", "gave up", STR("{}"), &e)) return NULL;
        } else if (!store_commit(s, &e)) {
            return NULL;
        }
    }
    return s;
}

static bool count_entry(void *arg, const struct audit_view *entry)
{
    (void)entry;
    ++*(int *)arg;
    return true;
}

static void threads_take_turns(void **state)
{
    struct fake_disk *d = fake_disk_new(3);
    struct store *s = open_on(d, true);
    pthread_t threads[THREADS];
    struct err e;
    uint64_t n = 0, entries = 0;
    int listed = 0;
    (void)state;
    for (int i = 0; i < THREADS; i++) assert_int_equal(pthread_create(&threads[i], NULL, count_up, s), 0);
    for (int i = 0; i < THREADS; i++) {
        void *result = NULL;
        assert_int_equal(pthread_join(threads[i], &result), 0);
        assert_ptr_equal(result, s);
    }
    must(store_offset_get(s, "lake", &n, &e) && store_audit_verify(s, &entries, &e) &&
             store_audit_page(s, 0, count_entry, &listed, &e),
         &e);
    assert_int_equal(n, THREADS * STEPS / 5 * 4);
    assert_int_equal(entries, THREADS * STEPS);
    assert_int_equal(listed, THREADS * STEPS);
    store_close(s);
    fake_disk_free(d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(opening_says_what_is_there),
        cmocka_unit_test(a_transaction_is_whole_or_nothing),
        cmocka_unit_test(threads_take_turns),
        cmocka_unit_test(everything_there_and_back),
        cmocka_unit_test(fingerprints_are_merged),
        cmocka_unit_test(verdicts_are_kept_while_they_say_something),
        cmocka_unit_test(drift_adds_up_within_bounds),
        cmocka_unit_test(a_quarter_million_fingerprints),
        cmocka_unit_test(what_is_gone_is_said),
        cmocka_unit_test(lake_files_are_superseded),
        cmocka_unit_test(revisions_are_stored_once),
        cmocka_unit_test(notices_there_and_back),
        cmocka_unit_test(deliveries_there_and_back),
        cmocka_unit_test(people_there_and_back),
        cmocka_unit_test(the_inbox_is_read_in_order),
        cmocka_unit_test(the_ledger_keeps_its_order),
        cmocka_unit_test(exclusions_there_and_back),
        cmocka_unit_test(managed_alerts_there_and_back),
        cmocka_unit_test(revisions_are_taken_in_once),
        cmocka_unit_test(how_tenants_are_there_and_back),
        cmocka_unit_test(requests_are_done_once),
        cmocka_unit_test(apps_there_and_back),
        cmocka_unit_test(one_credential_is_active),
        cmocka_unit_test(a_tenants_own_app_goes_with_it),
        cmocka_unit_test(disk_errors_keep_their_cause),
        cmocka_unit_test(every_operation_failing_in_turn),
        cmocka_unit_test(power_lost_at_every_operation),
        cmocka_unit_test(power_lost_while_it_is_made),
        cmocka_unit_test(another_key_seals_everything),
        cmocka_unit_test(power_lost_while_the_key_changes),
        cmocka_unit_test(strangers_are_refused),
        cmocka_unit_test(damage_is_found),
        cmocka_unit_test(an_old_store_is_brought_up),
        cmocka_unit_test(audit_tampering_is_found),
        cmocka_unit_test(no_secret_in_any_file),
        cmocka_unit_test(another_program_looking_in_does_no_harm),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, free_keys);
}
