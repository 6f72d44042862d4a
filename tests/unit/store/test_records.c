/* state/store: every kind of record there and back, over a closing and an opening. */
#include "state/store/drift.h"
#include "state/store/feeds.h"
#include "state/store/fingerprints.h"
#include "state/store/lake.h"
#include "state/store/revisions.h"
#include "state/store/tenants.h"
#include "tests.h"

static bool keep_org(void *arg, const struct org_record *r)
{
    struct org_record **next = arg;
    *(*next)++ = *r;
    return true;
}

static bool keep_tenant(void *arg, const struct tenant_record *r)
{
    struct tenant_record **next = arg;
    *(*next)++ = *r;
    return true;
}

static bool check_feed(void *arg, const struct feed_record *r)
{
    const struct feed_record *want = arg;
    assert_int_equal(r->id, want->id);
    assert_string_equal(r->tenant_id, want->tenant_id);
    assert_string_equal(r->feed, want->feed);
    assert_true(str_eq(r->state, want->state));
    assert_int_equal(r->last_synced.ticks, want->last_synced.ticks);
    assert_int_equal(r->newest_event.ticks, want->newest_event.ticks);
    assert_true(r->rows == want->rows && r->late_rows == want->late_rows);
    assert_true(r->dead == want->dead && r->refused == want->refused);
    assert_string_equal(r->status, want->status);
    assert_string_equal(r->error_code, want->error_code);
    assert_string_equal(r->error_text, want->error_text);
    assert_int_equal(r->error_since.ticks, want->error_since.ticks);
    return true;
}

static bool count_feed(void *arg, const struct feed_record *r)
{
    (void)r;
    ++*(int *)arg;
    return true;
}

static void fill(struct store *s, struct feed_record *feed)
{
    struct err e = {0};
    int64_t org = add_org(s, "Contoso"), other = add_org(s, "Adatum");
    struct tenant_record t = {.tenant_id = TENANT_A,
                              .org_id = org,
                              .name = "main",
                              .client_id = CLIENT,
                              .cloud = "gcc-high",
                              .overrides = {[OVER_LOGIN_URL] = "https://l.example",
                                            [OVER_TOKEN_URL] = "https://t.example",
                                            [OVER_GRAPH_URL] = "https://g.example",
                                            [OVER_ENDPOINT_VERSION] = "api/v1.0",
                                            [OVER_SIEM_AUDIENCE] = "https://a.example"},
                              .created = {12345}};
    must(store_tenant_put(s, &t, true, &e), &e);
    assert_false(store_tenant_put(s, &t, true, &e));
    assert_ptr_equal(e.cause, &store_causes[STORE_EXISTS]);
    t.is_enabled = true;
    must(store_tenant_put(s, &t, false, &e), &e);
    add_tenant(s, other, TENANT_B, "second");
    *feed = (struct feed_record){.tenant_id = TENANT_A,
                                 .feed = "alerts",
                                 .state = STR("{\"cursor\":\"x\"}"),
                                 .last_synced = {1},
                                 .newest_event = {2},
                                 .rows = UINT64_C(1) << 40,
                                 .late_rows = 3,
                                 .dead = 5,
                                 .status = "error",
                                 .error_code = "graph.throttled",
                                 .error_text = "slow down",
                                 .error_since = {4}};
    must(store_feed_put(s, feed, &e), &e);
    feed->rows++;
    must(store_feed_refused_add(s, feed->id, 3, &e) && store_feed_refused_add(s, feed->id, 4, &e), &e);
    must(store_feed_refused_add(s, feed->id + 1000, 1, &e), &e); /* of a feed that is gone */
    must(store_feed_put(s, feed, &e), &e);
    feed->refused = 7; /* putting the record leaves it alone */
    (void)add_feed(s, TENANT_B, "alerts");
    must(store_secret_put(s, "tenant.secret:" TENANT_A, STR("s3cret"), &e), &e);
    must(store_secret_put(s, "tenant.secret:" TENANT_B, STR("old"), &e) &&
             store_secret_put(s, "tenant.secret:" TENANT_B, STR("new"), &e),
         &e);
    must(store_offset_set(s, "lake", 77, &e) && store_log_end_set(s, 99, &e), &e);
}

static void check_secret(struct store *s, const char *name, const char *want)
{
    struct err e = {0};
    struct buf plain;
    bool found = false;
    buf_init(&plain, 0);
    must(store_secret_get(s, name, &plain, &found, &e), &e);
    assert_int_equal(found, want != NULL);
    if (want) assert_true(str_eq(buf_str(&plain), str_of(want)));
    buf_done(&plain);
}

static void check_filled(struct store *s, struct feed_record *feed)
{
    struct err e = {0};
    struct org_record orgs[4], *org_end = orgs;
    struct tenant_record tenants[4], *tenant_end = tenants, one;
    bool found = false;
    int feeds = 0;
    uint64_t n = 0;
    must(store_org_list(s, keep_org, &org_end, &e) && store_tenant_list(s, keep_tenant, &tenant_end, &e), &e);
    assert_int_equal(org_end - orgs, 2);
    assert_string_equal(orgs[0].name, "Adatum");
    assert_int_equal(orgs[0].created.ticks, test_time.wall.ticks);
    assert_int_equal(tenant_end - tenants, 2);
    must(store_tenant_find(s, TENANT_A, &one, &found, &e), &e);
    assert_true(found && one.is_enabled && one.org_id == orgs[1].id && one.created.ticks == 12345);
    assert_string_equal(one.cloud, "gcc-high");
    assert_string_equal(one.client_id, ""); /* it has no app */
    assert_string_equal(one.overrides[OVER_LOGIN_URL], "https://l.example");
    assert_string_equal(one.overrides[OVER_TOKEN_URL], "https://t.example");
    assert_string_equal(one.overrides[OVER_GRAPH_URL], "https://g.example");
    assert_string_equal(one.overrides[OVER_GRAPH_VERSION], "");
    assert_string_equal(one.overrides[OVER_ENDPOINT_VERSION], "api/v1.0");
    assert_string_equal(one.overrides[OVER_SIEM_AUDIENCE], "https://a.example");
    assert_memory_equal(&one, &tenants[0], sizeof one);
    must(store_tenant_find(s, CLIENT, &one, &found, &e), &e);
    assert_false(found);
    must(store_feed_list(s, TENANT_A, check_feed, feed, &e) && store_feed_list(s, NULL, count_feed, &feeds, &e), &e);
    assert_int_equal(feeds, 2);
    check_secret(s, "tenant.secret:" TENANT_A, "s3cret");
    check_secret(s, "tenant.secret:" TENANT_B, "new");
    check_secret(s, "tenant.secret:x", NULL);
    must(store_offset_get(s, "lake", &n, &e), &e);
    assert_int_equal(n, 77);
    must(store_log_end_get(s, &n, &e), &e);
    assert_int_equal(n, 99);
    must(store_check(s, &e), &e);
}

void everything_there_and_back(void **state)
{
    struct fake_disk *d = fake_disk_new(4);
    struct feed_record feed;
    struct err e = {0};
    int feeds = 0;
    (void)state;
    struct store *s = open_on(d, true);
    fill(s, &feed);
    check_filled(s, &feed);
    store_close(s);
    s = open_on(d, false);
    check_filled(s, &feed);
    must(store_tenant_remove(s, TENANT_A, &e) && store_feed_list(s, NULL, count_feed, &feeds, &e), &e);
    assert_int_equal(feeds, 1);
    check_secret(s, "tenant.secret:" TENANT_A, NULL);
    check_secret(s, "tenant.secret:" TENANT_B, "new");
    add_tenant(s, 1, TENANT_A, "again");
    assert_true(add_feed(s, TENANT_A, "alerts") > feed.id + 1); /* never given twice */
    must(store_secret_remove(s, "tenant.secret:" TENANT_B, &e), &e);
    check_secret(s, "tenant.secret:" TENANT_B, NULL);
    store_close(s);
    fake_disk_free(d);
}

/* ---- fingerprints ------------------------------------------------------------------------------------------------------- */

struct verdicts {
    unsigned count;
    uint64_t repaired;
    char differing[32];
};

static bool note_verdict(void *arg, const struct verdict_record *r)
{
    struct verdicts *v = arg;
    v->count++;
    v->repaired += r->repaired;
    (void)str_copy(r->differing, v->differing, sizeof v->differing);
    return true;
}

void verdicts_are_kept_while_they_say_something(void **state)
{
    struct fake_disk *d = fake_disk_new(11);
    struct store *s = open_on(d, true);
    struct err e = {0};
    (void)state;
    add_tenant(s, add_org(s, "o"), TENANT_A, "t");
    int64_t feed = add_feed(s, TENANT_A, "DeviceInfo");
    struct verdict_record r = {.hour = 500, .repaired = 3};
    struct verdicts seen = {0};
    must(store_verdict_put(s, feed, &r, &e), &e);
    r.differing = STR("[[1,2,1]]");
    must(store_verdict_put(s, feed, &r, &e), &e);
    r.hour = 501;
    must(store_verdict_put(s, feed, &r, &e) && store_verdict_list(s, feed, 0, 501, note_verdict, &seen, &e), &e);
    assert_true(seen.count == 1 && seen.repaired == 3);
    assert_string_equal(seen.differing, "[[1,2,1]]");
    r = (struct verdict_record){.hour = 501};
    seen = (struct verdicts){0};
    must(store_verdict_put(s, feed, &r, &e) && store_verdict_list(s, feed, 0, 600, note_verdict, &seen, &e), &e);
    assert_int_equal(seen.count, 1);
    seen = (struct verdicts){0};
    must(store_verdict_drop(s, feed, 501, &e) && store_verdict_list(s, feed, 0, 600, note_verdict, &seen, &e), &e);
    assert_int_equal(seen.count, 0);
    store_close(s);
    fake_disk_free(d);
}

struct runs {
    size_t runs, hashes;
    uint64_t last_hi;
    bool is_sorted;
};

static bool note_run(void *arg, const struct hash128 *sorted, size_t count)
{
    struct runs *r = arg;
    r->runs++;
    r->hashes += count;
    for (size_t i = 1; i < count; i++) r->is_sorted &= hash128_cmp(sorted[i - 1], sorted[i]) < 0;
    if (count) r->last_hi = sorted[count - 1].hi;
    return true;
}

static struct runs read_runs(struct store *s, int64_t feed, int64_t bucket, const char *want_facts)
{
    struct runs r = {.is_sorted = true};
    struct err e = {0};
    struct buf facts;
    buf_init(&facts, 0);
    must(store_fingerprints_get(s, feed, bucket, note_run, &r, &facts, &e), &e);
    assert_string_equal(buf_cstr(&facts), want_facts);
    buf_done(&facts);
    return r;
}

static bool sum_bucket(void *arg, int64_t bucket, struct str facts)
{
    *(int64_t *)arg += bucket * (int64_t)facts.n;
    return true;
}

void fingerprints_are_merged(void **state)
{
    struct fake_disk *d = fake_disk_new(5);
    struct store *s = open_on(d, true);
    struct err e = {0};
    (void)state;
    add_tenant(s, add_org(s, "o"), TENANT_A, "t");
    int64_t feed = add_feed(s, TENANT_A, "DeviceInfo"), sum = 0;
    for (uint64_t i = 0; i < 8; i++) { /* 0,1 1,2 2,3 ...: each number but the outer ones twice */
        struct hash128 pair[2] = {{UINT64_MAX - 20 + i, i}, {UINT64_MAX - 20 + i + 1, i + 1}};
        must(store_fingerprints_put(s, feed, 500, pair, 2, STR("f"), &e), &e);
    }
    struct runs r = read_runs(s, feed, 500, "f");
    assert_true(r.runs == 8 && r.hashes == 16);
    struct hash128 ninth = {UINT64_MAX, 0};
    must(store_fingerprints_put(s, feed, 500, &ninth, 1, STR("last"), &e), &e);
    r = read_runs(s, feed, 500, "last");
    assert_true(r.runs == 1 && r.hashes == 10 && r.is_sorted && r.last_hi == UINT64_MAX);
    must(store_fingerprints_put(s, feed, 501, NULL, 0, STR("ab"), &e), &e); /* facts alone */
    assert_int_equal(read_runs(s, feed, 501, "ab").runs, 0);
    assert_int_equal(read_runs(s, feed, 502, "").runs, 0);
    must(store_fingerprint_facts(s, feed, 500, 502, sum_bucket, &sum, &e), &e);
    assert_int_equal(sum, 500 * 4 + 501 * 2);
    must(store_fingerprints_drop(s, feed, 501, &e), &e);
    assert_int_equal(read_runs(s, feed, 500, "").runs, 0);
    assert_int_equal(read_runs(s, feed, 501, "ab").runs, 0);
    store_close(s);
    fake_disk_free(d);
}

struct told_drift {
    struct drift_record last;
    int count;
};

static bool keep_drift(void *arg, const struct drift_record *r)
{
    struct told_drift *t = arg;
    t->last = *r;
    t->count++;
    return true;
}

static struct told_drift drift_of_feed(struct store *s, const char *tenant_id, const char *feed)
{
    struct told_drift t = {.count = 0};
    struct err e = {0};
    must(store_drift_list(s, tenant_id, feed, keep_drift, &t, &e), &e);
    return t;
}

static bool keep_drift_count(void *arg, const struct feed_record *r)
{
    *(uint64_t *)arg += r->drift;
    return true;
}

void drift_adds_up_within_bounds(void **state)
{
    struct fake_disk *d = fake_disk_new(1);
    struct store *s = open_on(d, true);
    struct err e = {0};
    struct buf columns;
    uint64_t names = 0;
    (void)state;
    add_tenant(s, add_org(s, "Contoso"), TENANT_A, "main");
    struct drift_record r = {.feed_id = add_feed(s, TENANT_A, "DeviceInfo"),
                             .kind = "column",
                             .name = "Mood",
                             .rows = 3,
                             .since = {50},
                             .last = {60}};
    must(store_drift_add(s, &r, &e), &e);
    r.rows = 2;
    r.since.ticks = 40;
    r.last.ticks = 55;
    memcpy(r.example, "1", 2);
    must(store_drift_add(s, &r, &e), &e);
    struct told_drift told = drift_of_feed(s, TENANT_A, "DeviceInfo");
    assert_int_equal(told.count, 1);
    assert_true(told.last.rows == 5 && told.last.since.ticks == 40 && told.last.last.ticks == 60);
    assert_string_equal(told.last.example, "1");
    assert_string_equal(told.last.feed, "DeviceInfo");
    for (int i = 0; i < 2 * DRIFT_KEPT_MAX; i++) {
        (void)snprintf(r.name, sizeof r.name, "C%d", i);
        must(store_drift_add(s, &r, &e), &e);
    }
    told = drift_of_feed(s, NULL, NULL);
    assert_int_equal(told.count, DRIFT_KEPT_MAX + 1);
    assert_string_equal(told.last.name, ""); /* the further ones come last */
    assert_int_equal(told.last.rows, 2 * (DRIFT_KEPT_MAX + 1));
    must(store_feed_list(s, NULL, keep_drift_count, &names, &e), &e);
    assert_int_equal(names, DRIFT_KEPT_MAX + 1);
    must(store_drift_remove(s, r.feed_id, "column", "Mood", &e), &e);
    assert_int_equal(drift_of_feed(s, NULL, NULL).count, DRIFT_KEPT_MAX);
    assert_int_equal(drift_of_feed(s, TENANT_B, NULL).count, 0);
    must(store_drift_forget(s, NULL, "alerts", &e), &e);
    assert_int_equal(drift_of_feed(s, NULL, NULL).count, DRIFT_KEPT_MAX);
    must(store_drift_forget(s, TENANT_A, NULL, &e), &e);
    assert_int_equal(drift_of_feed(s, NULL, NULL).count, 0);
    buf_init(&columns, 0);
    must(store_columns_get(s, r.feed_id, &columns, &e), &e);
    assert_int_equal(columns.n, 0);
    must(store_columns_set(s, r.feed_id, STR("A\nB"), &e) && store_columns_set(s, r.feed_id, STR("A"), &e) &&
             store_columns_set(s, r.feed_id, STR("A\nB"), &e) && store_columns_get(s, r.feed_id, &columns, &e),
         &e);
    assert_true(str_eq(buf_str(&columns), STR("A\nB")));
    buf_done(&columns);
    must(store_tenant_remove(s, TENANT_A, &e), &e);
    must(store_drift_add(s, &r, &e), &e); /* of a feed that is gone: nothing */
    assert_int_equal(drift_of_feed(s, NULL, NULL).count, 0);
    store_close(s);
    fake_disk_free(d);
}

void a_quarter_million_fingerprints(void **state)
{
    enum { COUNT = 250000 };
    struct fake_disk *d = fake_disk_new(6);
    struct store *s = open_on(d, true);
    struct hash128 *hashes = calloc(COUNT, sizeof *hashes);
    struct err e = {0};
    (void)state;
    add_tenant(s, add_org(s, "o"), TENANT_A, "t");
    int64_t feed = add_feed(s, TENANT_A, "DeviceInfo");
    for (uint64_t i = 0; i < COUNT; i++) hashes[i] = (struct hash128){i << 8, ~i};
    for (int i = 0; i < 9; i++) must(store_fingerprints_put(s, feed, 1, hashes, COUNT, STR(""), &e), &e);
    store_close(s);
    s = open_on(d, false);
    struct runs r = read_runs(s, feed, 1, "");
    assert_true(r.runs == 1 && r.hashes == COUNT && r.is_sorted && r.last_hi == (COUNT - 1) << 8);
    store_close(s);
    free(hashes);
    fake_disk_free(d);
}

/* ---- what belongs to something removed ------------------------------------------------------------------------------------ */

void what_is_gone_is_said(void **state)
{
    struct fake_disk *d = fake_disk_new(7);
    struct store *s = open_on(d, true);
    struct err e = {0};
    uint64_t end = 0;
    (void)state;
    add_tenant(s, add_org(s, "o"), TENANT_A, "t");
    struct feed_record f = {.id = add_feed(s, TENANT_A, "alerts"), .tenant_id = TENANT_A, .feed = "alerts"};
    must(store_tenant_remove(s, TENANT_A, &e), &e);
    struct revision_record r = {.feed_id = f.id, .object_id = "a", .how = "live", .row = STR("{}")};
    struct hash128 hash = {1, 2};
    struct tenant_record orphan = {.tenant_id = TENANT_B, .org_id = 99};
    must(store_begin(s, &e), &e); /* a group commit in which one tenant was removed meanwhile goes on for the others */
    assert_false(store_feed_put(s, &f, &e));
    assert_ptr_equal(e.cause, &store_causes[STORE_GONE]);
    assert_false(store_revision_put(s, &r, true, &e));
    assert_ptr_equal(e.cause, &store_causes[STORE_GONE]);
    assert_false(store_fingerprints_put(s, f.id, 1, &hash, 1, STR(""), &e));
    assert_ptr_equal(e.cause, &store_causes[STORE_GONE]);
    assert_false(store_tenant_put(s, &orphan, true, &e));
    assert_ptr_equal(e.cause, &store_causes[STORE_GONE]);
    assert_false(store_tenant_put(s, &orphan, false, &e));
    assert_ptr_equal(e.cause, &store_causes[STORE_GONE]);
    must(store_log_end_set(s, 5, &e) && store_commit(s, &e), &e);
    f.id = 0;
    assert_false(store_feed_put(s, &f, &e));
    assert_ptr_equal(e.cause, &store_causes[STORE_GONE]);
    must(store_log_end_get(s, &end, &e) && store_check(s, &e), &e);
    assert_int_equal(end, 5);
    store_close(s);
    fake_disk_free(d);
}

/* ---- lake, revisions ------------------------------------------------------------------------------------------------------ */

static bool append_path(void *arg, const char *path)
{
    return buf_addf(arg, "%s;", path);
}

static bool append_file(void *arg, const struct lake_file_record *r)
{
    return buf_addf(arg, "%s %llu %llu;", r->path, (unsigned long long)r->bytes, (unsigned long long)r->events);
}

void lake_files_are_superseded(void **state)
{
    struct fake_disk *d = fake_disk_new(8);
    struct store *s = open_on(d, true);
    struct lake_file_record one = {.path = "class=1/tenant=t/day=d/9.x", .bytes = 5, .events = 2, .written = {1}},
                            newest;
    struct lake_file_record two = {.path = "class=1/tenant=t/day=d/10.x", .bytes = 6, .events = 3},
                            other = {.path = "class=1/tenant=u/day=d/11.x"};
    struct buf text;
    struct err e = {0};
    bool found = false;
    (void)state;
    buf_init(&text, 0);
    must(store_lake_file_add(s, &one, &e) && store_lake_file_add(s, &other, &e) && store_lake_file_add(s, &two, &e),
         &e);
    assert_false(store_lake_file_add(s, &one, &e));
    assert_ptr_equal(e.cause, &store_causes[STORE_EXISTS]);
    must(store_lake_file_newest(s, "class=1/tenant=t/day=d", &newest, &found, &e), &e);
    assert_true(found);
    assert_memory_equal(&newest, &two, sizeof two);
    must(store_lake_file_newest(s, "class=1/tenant=t", &newest, &found, &e), &e);
    assert_false(found);
    must(store_lake_file_supersede(s, two.path, &e), &e);
    assert_false(store_lake_file_supersede(s, two.path, &e));
    assert_ptr_equal(e.cause, &store_causes[STORE_GONE]);
    must(store_lake_file_newest(s, "class=1/tenant=t/day=d", &newest, &found, &e), &e);
    assert_memory_equal(&newest, &one, sizeof one);
    must(store_lake_file_list(s, append_file, &text, &e) && store_lake_superseded_list(s, append_path, &text, &e), &e);
    assert_string_equal(buf_cstr(&text),
                        "class=1/tenant=t/day=d/9.x 5 2;class=1/tenant=u/day=d/11.x 0 0;class=1/tenant=t/day=d/10.x;");
    must(store_lake_superseded_forget(s, two.path, &e), &e);
    buf_reset(&text);
    must(store_lake_superseded_list(s, append_path, &text, &e), &e);
    assert_int_equal(text.n, 0);
    buf_done(&text);
    store_close(s);
    fake_disk_free(d);
}

void revisions_are_stored_once(void **state)
{
    struct fake_disk *d = fake_disk_new(9);
    struct store *s = open_on(d, true);
    struct err e = {0};
    uint64_t n = 0;
    (void)state;
    add_tenant(s, add_org(s, "o"), TENANT_A, "t");
    struct revision_record r = {.feed_id = add_feed(s, TENANT_A, "alerts"),
                                .object_id = "a",
                                .identity = {1, 2},
                                .how = "live",
                                .row = STR("{}")};
    must(store_revision_put(s, &r, true, &e) && store_revision_put(s, &r, true, &e), &e);
    r.identity.lo = 3;
    must(store_revision_put(s, &r, true, &e), &e);
    r.identity.lo = 4;
    must(store_revision_put(s, &r, false, &e) && store_inbox_count(s, &n, &e), &e);
    assert_int_equal(n, 2);
    must(store_tenant_remove(s, TENANT_A, &e) && store_inbox_count(s, &n, &e), &e);
    assert_int_equal(n, 0);
    store_close(s);
    fake_disk_free(d);
}
