/* From an answer's bytes to the store: reading on a worker, and the commit, over real journal and SQLite on a disk in memory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include <isa-l/igzip_lib.h>

#include "fake_disk.h"
#include "flow/ingest/commit/commit.h"
#include "kit/seal/seal.h"
#include "state/store/drift.h"
#include "state/store/feeds.h"
#include "state/store/lake.h"
#include "state/store/tenants.h"

#define TENANT_A "11111111-1111-4111-8111-111111111111"
#define TENANT_B "22222222-2222-4222-8222-222222222222"

/* ---- an installation; work runs at once ---------------------------------------------------------------------------------- */

struct kit {
    struct fake_disk *disk;
    struct fs fs;
    struct seal_key *key;
    struct virtual_clock time;
    struct store *store;
    struct log *log;
    struct ocsf *ocsf;
    struct feed_record feeds[2];  /* of A and B: DeviceInfo */
    struct fetch_handler handler; /* of the transfer that is on its way */
    unsigned resumed;
    void (*delayed_run)(void *arg), (*delayed_done)(void *arg); /* held back when delays is set */
    void *delayed_arg;
    bool delays;
};

static void post_now(void *ctx, void (*fn)(void *arg), void *arg)
{
    (void)ctx;
    fn(arg);
}

static struct runtime_timer *timer_none(void *ctx, void (*fn)(void *arg), void *arg)
{
    (void)ctx, (void)fn, (void)arg;
    return NULL;
}

static void timer_ignore(void *ctx, struct runtime_timer *t, uint64_t ms)
{
    (void)ctx, (void)t, (void)ms;
}

static void timer_drop(void *ctx, struct runtime_timer *t)
{
    (void)ctx, (void)t;
}

static void work_now(void *ctx, void (*run)(void *arg), void (*done)(void *arg), void *arg)
{
    struct kit *k = ctx;
    if (k->delays) {
        k->delayed_run = run;
        k->delayed_done = done;
        k->delayed_arg = arg;
        return;
    }
    run(arg);
    done(arg);
}

static struct runtime runtime_of(struct kit *k)
{
    return (struct runtime){k, post_now, timer_none, timer_ignore, timer_drop, work_now};
}

static struct fetch_call *fetch_kept(void *ctx, struct tenant *t, const struct fetch *f, const struct fetch_handler *h)
{
    struct kit *k = ctx;
    (void)t, (void)f;
    k->handler = *h;
    return (struct fetch_call *)ctx; /* never looked into */
}

static void resume_counted(void *ctx, struct fetch_call *c)
{
    (void)c;
    ((struct kit *)ctx)->resumed++;
}

static void cancel_nothing(void *ctx, struct fetch_call *c)
{
    (void)ctx, (void)c;
}

static void add_tenant(struct kit *k, int64_t org, const char *id, struct feed_record *feed)
{
    struct err e;
    struct tenant_record t = {.org_id = org, .cloud = "global", .is_enabled = true};
    (void)snprintf(t.tenant_id, sizeof t.tenant_id, "%s", id);
    (void)snprintf(t.client_id, sizeof t.client_id, "%s", id);
    (void)snprintf(t.name, sizeof t.name, "%s", id);
    assert_true(store_tenant_put(k->store, &t, true, &e));
    *feed = (struct feed_record){.feed = "DeviceInfo", .state = STR("{}"), .status = "ok"};
    (void)snprintf(feed->tenant_id, sizeof feed->tenant_id, "%s", id);
    assert_true(store_feed_put(k->store, feed, &e));
}

static struct kit *kit_new(void)
{
    struct kit *k = calloc(1, sizeof *k);
    struct err e;
    struct buf key;
    struct org_record org = {.name = "contoso"};
    struct ocsf_opts ocsf = {0};
    assert_non_null(k);
    k->disk = fake_disk_new(1);
    k->fs = fake_disk_fs(k->disk);
    k->time.wall = wall_from_ms(INT64_C(1795330501999));
    k->time.mono.ms = 100000;
    buf_init(&key, 0);
    assert_true(seal_key_make(&key, &e) && seal_key_load(buf_str(&key), &k->key, &e));
    buf_done(&key);
    assert_true(k->fs.ops->make_dirs(k->fs.ctx, "/d/spool", &e) && k->fs.ops->make_dirs(k->fs.ctx, "/d/dead", &e));
    struct store_opts o = {
        .fs = k->fs, .path = "/d/store.db", .key = k->key, .clock = clock_virtual(&k->time), .create = true};
    assert_true(store_open(&o, &k->store, &e) && store_org_put(k->store, &org, &e));
    assert_true(log_open(k->fs, "/d/log", "/d/spool", 0, &k->log, &e) && ocsf_new(&ocsf, &k->ocsf, &e));
    add_tenant(k, org.id, TENANT_A, &k->feeds[0]);
    add_tenant(k, org.id, TENANT_B, &k->feeds[1]);
    return k;
}

static void kit_free(struct kit *k)
{
    log_close(k->log);
    store_close(k->store);
    ocsf_free(k->ocsf);
    seal_key_free(k->key);
    fake_disk_free(k->disk);
    free(k);
}

/* ---- one answer ------------------------------------------------------------------------------------------------------------ */

struct arrival {
    bool has_ended;
    struct transfer_end end;
};

static void arrived(void *ctx, const struct transfer_end *end, const struct err *e)
{
    struct arrival *a = ctx;
    assert_null(e);
    a->has_ended = true;
    a->end = *end;
}

static struct transfer *receive(struct kit *k, const char *bytes, size_t n, size_t piece, bool is_gzip,
                                struct transfer_end *end_out)
{
    struct arrival a = {0};
    static uint64_t number;
    struct transfer_opts o = {.runtime = runtime_of(k),
                              .fs = k->fs,
                              .spool_dir = "/d/spool",
                              .number = number++,
                              .fetcher = {k, fetch_kept, resume_counted, cancel_nothing}};
    struct transfer *t = transfer_new(&o, arrived, &a);
    struct http_response r = {.status = 200, .is_gzip = is_gzip};
    assert_non_null(t);
    transfer_start(t, NULL, &(struct fetch){.endpoint = EP_HUNTING});
    for (size_t at = 0; at < n; at += piece)
        assert_true(k->handler.on_body(k->handler.ctx, bytes + at, n - at < piece ? n - at : piece, is_gzip));
    k->handler.on_done(k->handler.ctx, &r, NULL);
    assert_true(a.has_ended);
    assert_int_equal(a.end.wire_bytes, n);
    *end_out = a.end;
    return t;
}

static struct wall at_minute(int64_t minute)
{
    struct wall t;
    assert_true(wall_parse(STR("2026-11-21T10:00:00Z"), &t));
    return wall_add(t, minute * WALL_TICKS_PER_MIN);
}

static void job_init(struct page_job *j, struct kit *k, unsigned feed, enum feed_ask ask)
{
    *j = (struct page_job){.row = feed_row_find("DeviceInfo"),
                           .store = k->store,
                           .log = k->log,
                           .ocsf = k->ocsf,
                           .feed_id = k->feeds[feed].id,
                           .horizon_hour = INT64_MIN,
                           .received = k->time.wall};
    (void)snprintf(j->tenant_id, sizeof j->tenant_id, "%s", k->feeds[feed].tenant_id);
    j->fetch = (struct feed_fetch){.ask = ask,
                                   .from = at_minute(0),
                                   .to = at_minute(60),
                                   .take = 1000,
                                   .count_from = at_minute(0),
                                   .counts_bins = true};
}

static void read_answer(struct kit *k, struct page_job *j, unsigned feed, enum feed_ask ask, const char *bytes,
                        size_t n, bool is_gzip)
{
    job_init(j, k, feed, ask);
    j->transfer = receive(k, bytes, n, 10000, is_gzip, &j->end);
    page_run(j);
}

static void add_row(struct buf *b, unsigned i, int64_t minute)
{
    char time[WALL_TEXT_BYTES];
    (void)wall_format(at_minute(minute), time);
    (void)buf_addf(b, "%s{\"Timestamp\":\"%s\",\"DeviceId\":\"%040x\",\"ReportId\":%u}",
                   b->p && b->p[b->n - 1] != '[' ? "," : "", time, i, i);
}

static void answer(struct buf *b, unsigned rows)
{
    buf_init(b, 0);
    (void)buf_addf(b, "{\"@odata.context\":\"x\",\"schema\":[],\"results\":[");
    for (unsigned i = 0; i < rows; i++) add_row(b, i, i * 60 / rows);
    (void)buf_addf(b, "]}");
    assert_false(b->failed);
}

/* ---- the commit ------------------------------------------------------------------------------------------------------------ */

struct landing {
    unsigned ok, failed;
    const struct cause *cause;
};

static void landed(void *ctx, struct commit_item *item, const struct err *e)
{
    struct landing *l = ctx;
    l->ok += e == NULL;
    l->failed += e != NULL;
    if (e) l->cause = e->cause;
    commit_item_free(item);
}

static struct commit_item *item_of(struct kit *k, unsigned feed, struct page_job *j, struct landing *l)
{
    struct commit_item *item = calloc(1, sizeof *item);
    assert_non_null(item);
    *item =
        (struct commit_item){.row = j->row, .record = k->feeds[feed], .staged = j->staged, .done = landed, .ctx = l};
    j->staged = (struct staged){0};
    buf_init(&item->state, 0);
    (void)buf_addf(&item->state, "{}");
    return item;
}

static struct committer *committer_of(struct kit *k)
{
    struct committer_opts o = {.runtime = runtime_of(k),
                               .clock = clock_virtual(&k->time),
                               .store = k->store,
                               .log = k->log,
                               .fs = k->fs,
                               .dead_dir = "/d/dead"};
    struct committer *c = committer_new(&o);
    assert_non_null(c);
    return c;
}

static void commit_now(struct kit *k, unsigned feed, struct page_job *j)
{
    struct landing l = {0};
    struct committer *c = committer_of(k);
    committer_put(c, item_of(k, feed, j, &l));
    assert_int_equal(l.ok, 1);
    committer_free(c);
}

static uint64_t rows_in_log(struct kit *k)
{
    struct log_reader *r = NULL;
    struct log_frame frame;
    struct err e;
    uint64_t end = 0, rows = 0;
    bool has_frame = true;
    assert_true(store_log_end_get(k->store, &end, &e) && log_reader_new(k->log, 0, &r, &e));
    while (log_reader_next(r, end, &frame, &has_frame, &e) && has_frame) rows += frame.row_count;
    log_reader_free(r);
    return rows;
}

/* ---- tests ------------------------------------------------------------------------------------------------------------------ */

static void test_known_rows_are_dropped(void **state)
{
    (void)state;
    struct kit *k = kit_new();
    struct page_job j;
    struct buf b;
    answer(&b, 500);
    for (unsigned round = 0; round < 3; round++) {
        read_answer(k, &j, 0, ASK_ROWS, b.p, b.n, false);
        assert_true(j.ok);
        assert_int_equal(j.page.rows, 500);
        assert_int_equal(j.page.fresh, round ? 0 : 500);
        if (round == 0) commit_now(k, 0, &j);
        page_job_done(&j);
    }
    read_answer(k, &j, 1, ASK_ROWS, b.p, b.n, false); /* another tenant's same bytes are other rows */
    assert_int_equal(j.page.fresh, 500);
    commit_now(k, 1, &j);
    page_job_done(&j);
    assert_int_equal(rows_in_log(k), 1000);
    buf_done(&b);
    kit_free(k);
}

/* Alerts that one API gave are not taken again from the other, but a later state of them is. */
static void test_alerts_of_the_other_source_are_known(void **state)
{
    static const char graph[] =
        "{\"value\":[{\"id\":\"da1\",\"title\":\"t\",\"severity\":\"low\",\"status\":\"new\","
        "\"createdDateTime\":\"2026-11-21T10:00:00Z\",\"lastUpdateDateTime\":\"2026-11-21T10:01:00.5Z\"}]}";
    static const char endpoint[] =
        "{\"value\":[{\"id\":\"da1\",\"title\":\"t\",\"severity\":\"Low\",\"status\":\"New\",\"alertCreationTime\":"
        "\"2026-11-21T10:00:00Z\",\"lastUpdateTime\":\"2026-11-21T10:01:00.5000000Z\"},{\"id\":\"da1\",\"title\":\"t\","
        "\"severity\":\"Low\",\"status\":\"Resolved\",\"alertCreationTime\":\"2026-11-21T10:00:00Z\","
        "\"lastUpdateTime\":"
        "\"2026-11-21T10:02:00Z\"}]}";
    struct page_job j;
    (void)state;
    for (int64_t other = 0; other < 2; other++) {
        struct kit *k = kit_new();
        job_init(&j, k, 0, ASK_ROWS);
        j.row = feed_row_find("alerts");
        j.transfer = receive(k, graph, sizeof graph - 1, 10000, false, &j.end);
        page_run(&j);
        assert_true(j.ok);
        assert_int_equal(j.page.fresh, 1);
        commit_now(k, 0, &j);
        page_job_done(&j);
        job_init(&j, k, 1, ASK_ROWS);
        j.row = feed_row_find("alerts_endpoint");
        j.other_feed_id = other ? k->feeds[0].id : 0;
        j.transfer = receive(k, endpoint, sizeof endpoint - 1, 10000, false, &j.end);
        page_run(&j);
        assert_true(j.ok);
        assert_int_equal(j.page.rows, 2);
        assert_int_equal(j.page.fresh, other ? 1 : 2);
        staged_done(&j.staged);
        page_job_done(&j);
        kit_free(k);
    }
}

static size_t gzip(const struct buf *b, uint8_t *out, size_t out_size)
{
    struct isal_zstream z;
    isal_deflate_stateless_init(&z);
    z.gzip_flag = IGZIP_GZIP;
    z.end_of_stream = 1;
    z.next_in = (uint8_t *)b->p;
    z.avail_in = (uint32_t)b->n;
    z.next_out = out;
    z.avail_out = (uint32_t)out_size;
    assert_int_equal(isal_deflate_stateless(&z), COMP_OK);
    return out_size - z.avail_out;
}

/* An answer that ends early is no answer, wherever the end falls: nothing of it counts. */
static void test_cut_answers_do_not_count(void **state)
{
    (void)state;
    struct kit *k = kit_new();
    struct page_job j;
    struct buf b;
    static uint8_t packed[1 << 20];
    answer(&b, 200);
    size_t n = gzip(&b, packed, sizeof packed);
    read_answer(k, &j, 0, ASK_ROWS, (char *)packed, n, true);
    assert_true(j.ok);
    assert_int_equal(j.page.fresh, 200);
    page_job_done(&j);
    for (size_t cut = 0; cut < n; cut += 1 + n / 60) {
        read_answer(k, &j, 0, ASK_ROWS, (char *)packed, cut, true);
        assert_false(j.ok);
        assert_ptr_equal(j.err.cause, &ingest_causes[INGEST_BAD_ANSWER]);
        assert_null(j.staged.batch);
        page_job_done(&j);
    }
    for (size_t cut = 0; cut < b.n; cut += 1 + b.n / 200) {
        read_answer(k, &j, 0, ASK_ROWS, b.p, cut, false);
        assert_false(j.ok);
        page_job_done(&j);
    }
    packed[n / 2] ^= 0x55;
    read_answer(k, &j, 0, ASK_ROWS, (char *)packed, n, true);
    assert_false(j.ok);
    page_job_done(&j);
    assert_int_equal(rows_in_log(k), 0);
    buf_done(&b);
    kit_free(k);
}

static void test_strange_answers_do_not_count(void **state)
{
    (void)state;
    static const char *const strange[] = {
        "",
        "{}",
        "[]",
        "<html>sorry</html>",
        "{\"error\":{\"code\":\"x\"}}",
        "{\"value\":1}",
        "{\"@odata.context\":\"x\",\"results\":[]}{\"@odata.context\":\"x\",\"results\":[]}",
        /* of another time; out of order */
        "{\"schema\":[],\"results\":[{\"Timestamp\":\"2026-11-21T09:59:59.9999999Z\",\"DeviceId\":\"a\"}]}",
        "{\"schema\":[],\"results\":[{\"Timestamp\":\"2026-11-21T11:00:00Z\",\"DeviceId\":\"a\"}]}",
        ("{\"schema\":[],\"results\":[{\"Timestamp\":\"2026-11-21T10:20:00Z\"},{\"Timestamp\":\"2026-11-21T10:10:00Z\"}"
         "]"
         "}"),
    };
    struct kit *k = kit_new();
    for (size_t i = 0; i < sizeof strange / sizeof *strange; i++) {
        struct page_job j;
        read_answer(k, &j, 0, ASK_ROWS, strange[i], strlen(strange[i]), false);
        if (j.ok) print_error("taken: %s\n", strange[i]);
        assert_false(j.ok);
        page_job_done(&j);
    }
    kit_free(k);
}

/* A bad record goes to the dead letters, once; its neighbours pass; and it counts, so that a sweep can agree. */
static void test_dead_letters(void **state)
{
    (void)state;
    struct kit *k = kit_new();
    struct page_job j;
    struct buf b, letters;
    struct err e;
    buf_init(&b, 0);
    (void)buf_addf(&b, "{\"schema\":[],\"results\":[");
    add_row(&b, 1, 1);
    (void)buf_addf(&b, ",17,{\"Timestamp\":\"2026-11-21T10:02:00Z\",\"DeviceId\":\"\x01\"}");
    add_row(&b, 2, 3);
    (void)buf_addf(&b, "]}");
    for (unsigned round = 0; round < 2; round++) {
        read_answer(k, &j, 0, ASK_ROWS, b.p, b.n, false);
        assert_true(j.ok);
        assert_int_equal(j.page.rows, 4);
        assert_int_equal(j.page.fresh, round ? 0 : 2);
        assert_int_equal(j.staged.dead_count, round ? 0 : 2);
        if (round == 0) commit_now(k, 0, &j);
        page_job_done(&j);
    }
    char path[64], day[11];
    wall_format_day(k->time.wall, day);
    (void)snprintf(path, sizeof path, "/d/dead/%s.ndjson", day);
    buf_init(&letters, 0);
    assert_true(fs_read_all(k->fs, path, 1 << 20, &letters, &e));
    assert_non_null(strstr(buf_cstr(&letters), "\"reason\":\"not an object\""));
    assert_non_null(strstr(buf_cstr(&letters), "\"feed\":\"DeviceInfo\""));
    buf_done(&letters);
    buf_done(&b);
    kit_free(k);
}

struct drifted {
    char names[512]; /* "kind name," */
};

static bool keep_drift(void *arg, const struct drift_record *r)
{
    struct drifted *d = arg;
    size_t n = strlen(d->names);
    (void)snprintf(d->names + n, sizeof d->names - n, "%s %s,", r->kind, r->name);
    return true;
}

/* One answer with these columns and a row of each minute given, read and committed. */
static uint64_t columns_told(struct kit *k, const char *schema, const char *more, unsigned rows)
{
    struct page_job j;
    struct buf b;
    char time[WALL_TEXT_BYTES];
    buf_init(&b, 0);
    (void)buf_addf(&b, "{\"schema\":[%s],\"results\":[", schema);
    for (unsigned i = 0; i < rows; i++) {
        (void)wall_format(at_minute(i), time);
        (void)buf_addf(&b, "%s{\"Timestamp\":\"%s\",\"DeviceId\":\"d\",\"ReportId\":%u%s}", i ? "," : "", time, i,
                       more);
    }
    (void)buf_addf(&b, "]}");
    read_answer(k, &j, 0, ASK_ROWS, b.p, b.n, false);
    if (!j.ok) fail_msg("%s", j.err.text);
    uint64_t fresh = j.page.fresh;
    commit_now(k, 0, &j);
    page_job_done(&j);
    buf_done(&b);
    return fresh;
}

static void expect_drift(struct kit *k, const char *expected)
{
    struct drifted d = {.names = ""};
    struct err e;
    assert_true(store_drift_list(k->store, TENANT_A, NULL, keep_drift, &d, &e));
    assert_string_equal(d.names, expected);
}

#define COLUMN(name) "{\"name\":\"" name "\",\"type\":\"String\"}"
#define COLUMNS COLUMN("Timestamp") "," COLUMN("DeviceId") "," COLUMN("ReportId")

/* A column goes that makes a row itself: the rows read before are still known, and it is said that it is gone, until it is
 * back. */
static void test_columns_come_and_go(void **state)
{
    (void)state;
    struct kit *k = kit_new();
    assert_int_equal(columns_told(k, COLUMNS "," COLUMN("OSPlatform"), ",\"OSPlatform\":\"Windows11\"", 20), 20);
    expect_drift(k, "");
    assert_int_equal(columns_told(k, COLUMNS "," COLUMN("Mood"), "", 22), 2);
    expect_drift(k, "column Mood,gone OSPlatform,");
    assert_int_equal(columns_told(k, COLUMNS "," COLUMN("Mood"), "", 22), 0);
    assert_int_equal(
        columns_told(k, COLUMNS "," COLUMN("OSPlatform") "," COLUMN("Mood"), ",\"OSPlatform\":\"Windows11\"", 20), 0);
    expect_drift(k, "column Mood,");
    assert_int_equal(columns_told(k, "{\"name\":7}", "", 1), 0); /* says nothing */
    assert_int_equal(rows_in_log(k), 22);
    kit_free(k);
}

/* More than the two chunks hold, and a disk that is slow: the transfer is held, not memory filled. */
static void test_a_slow_disk_holds_the_transfer(void **state)
{
    (void)state;
    struct kit *k = kit_new();
    struct arrival a = {0};
    struct page_job j;
    struct buf b;
    answer(&b, 5000);
    assert_true(b.n > 300000);
    struct transfer_opts o = {.runtime = runtime_of(k),
                              .fs = k->fs,
                              .spool_dir = "/d/spool",
                              .number = 7,
                              .fetcher = {k, fetch_kept, resume_counted, cancel_nothing}};
    job_init(&j, k, 0, ASK_ROWS);
    j.transfer = transfer_new(&o, arrived, &a);
    transfer_start(j.transfer, NULL, &(struct fetch){.endpoint = EP_HUNTING});
    k->delays = true;
    unsigned held = 0;
    for (size_t at = 0; at < b.n;) {
        size_t piece = b.n - at < 16384 ? b.n - at : 16384;
        if (k->handler.on_body(k->handler.ctx, b.p + at, piece, false)) {
            at += piece;
            continue;
        }
        held++;
        k->delayed_run(k->delayed_arg);
        k->delayed_done(k->delayed_arg);
        assert_int_equal(k->resumed, held);
    }
    struct http_response r = {.status = 200};
    k->handler.on_done(k->handler.ctx, &r, NULL);
    assert_false(a.has_ended); /* a write is still out */
    k->delays = false;
    k->delayed_run(k->delayed_arg);
    k->delayed_done(k->delayed_arg);
    assert_true(a.has_ended);
    assert_true(held >= 3);
    j.end = a.end;
    page_run(&j);
    assert_true(j.ok);
    assert_int_equal(j.page.fresh, 5000);
    page_job_done(&j);
    assert_false(fs_exists(k->fs, "/d/spool/answer-7"));
    buf_done(&b);
    kit_free(k);
}

static void test_counts_are_compared(void **state)
{
    (void)state;
    struct kit *k = kit_new();
    struct page_job j;
    struct buf b;
    answer(&b, 60); /* one a minute: five a bin */
    read_answer(k, &j, 0, ASK_ROWS, b.p, b.n, false);
    assert_int_equal(j.page.received[3], 5);
    commit_now(k, 0, &j);
    page_job_done(&j);
    buf_reset(&b);
    (void)buf_addf(&b, "{\"schema\":[],\"results\":[");
    for (int bin = 0; bin < 12; bin++)
        (void)buf_addf(&b, "%s{\"Timestamp\":\"2026-11-21T10:%02d:00Z\",\"count_\":%s}", bin ? "," : "", bin * 5,
                       bin == 4   ? "\"6\""
                       : bin == 5 ? "7"
                                  : "5");
    (void)buf_addf(&b, "]}");
    read_answer(k, &j, 0, ASK_COUNTS, b.p, b.n, false);
    assert_true(j.ok);
    assert_int_equal(j.counts.total, 63);
    assert_int_equal(j.counts.run_count, 1);
    assert_int_equal(j.counts.runs[0].first, bin_of(at_minute(20)));
    assert_int_equal(j.counts.runs[0].count, 2);
    /* Read again and settled at what came: they agree. */
    struct landing l = {0};
    struct committer *c = committer_of(k);
    struct commit_item *item = item_of(k, 0, &j, &l);
    item->is_settled = true;
    item->settle = (struct feed_settle){.first_bin = bin_of(at_minute(20)), .count = 2, .received = {6, 7}};
    committer_put(c, item);
    assert_int_equal(l.ok, 1);
    committer_free(c);
    page_job_done(&j);
    read_answer(k, &j, 0, ASK_COUNTS, b.p, b.n, false);
    assert_int_equal(j.counts.run_count, 0);
    page_job_done(&j);
    buf_done(&b);
    kit_free(k);
}

/* A tenant that is removed while its rows wait drops out alone. */
static void test_a_removed_tenant_hurts_nobody(void **state)
{
    (void)state;
    struct kit *k = kit_new();
    struct page_job j[2];
    struct buf b;
    struct err e;
    struct landing l[2] = {0};
    answer(&b, 50);
    struct committer *c = committer_of(k);
    for (unsigned i = 0; i < 2; i++) read_answer(k, &j[i], i, ASK_ROWS, b.p, b.n, false);
    assert_true(store_tenant_remove(k->store, TENANT_A, &e));
    struct commit_item *first = item_of(k, 0, &j[0], &l[0]), *second = item_of(k, 1, &j[1], &l[1]);
    k->delays = true; /* the first group is on its way while both are put: one group of two follows */
    struct commit_item *opener = calloc(1, sizeof *opener);
    struct landing opened = {0};
    assert_non_null(opener);
    *opener = (struct commit_item){.row = j[1].row, .record = k->feeds[1], .done = landed, .ctx = &opened};
    buf_init(&opener->state, 0);
    (void)buf_addf(&opener->state, "{}");
    committer_put(c, opener);
    committer_put(c, first);
    committer_put(c, second);
    k->delays = false;
    k->time.mono.ms += 5000;
    k->delayed_run(k->delayed_arg);
    k->delayed_done(k->delayed_arg);
    assert_int_equal(opened.ok, 1);
    assert_int_equal(l[0].failed, 1);
    assert_ptr_equal(l[0].cause, &store_causes[STORE_GONE]);
    assert_int_equal(l[1].ok, 1);
    assert_int_equal(rows_in_log(k), 50);
    committer_free(c);
    for (unsigned i = 0; i < 2; i++) page_job_done(&j[i]);
    buf_done(&b);
    kit_free(k);
}

static struct committer *reopened(struct kit *k, struct committer *c)
{
    struct err e;
    uint64_t end;
    committer_free(c);
    log_close(k->log);
    assert_true(store_log_end_get(k->store, &end, &e));
    assert_true(log_open(k->fs, "/d/log", "/d/spool", end, &k->log, &e));
    return committer_of(k);
}

/* The disk fails at each operation of a commit in turn: what is then in the log is all of it or nothing, and trying again
 * makes it all, once. */
static void test_a_failed_commit_leaves_nothing(void **state)
{
    (void)state;
    for (uint64_t nth = 1;; nth++) {
        struct kit *k = kit_new();
        struct page_job j;
        struct buf b;
        struct landing l = {0};
        answer(&b, 100);
        read_answer(k, &j, 0, ASK_ROWS, b.p, b.n, false);
        struct committer *c = committer_of(k);
        struct commit_item *item = item_of(k, 0, &j, &l);
        fake_disk_fail_at(k->disk, nth, FAKE_FULL);
        committer_put(c, item);
        bool is_over = !fake_disk_has_failed(k->disk);
        page_job_done(&j);
        assert_int_equal(rows_in_log(k), l.ok ? 100 : 0);
        fake_disk_fail_at(k->disk, 0, FAKE_NONE);
        k->time.mono.ms += 5000;
        c = reopened(k, c); /* after a failed sync the log takes nothing until then */
        read_answer(k, &j, 0, ASK_ROWS, b.p, b.n, false);
        committer_put(c, item_of(k, 0, &j, &l));
        page_job_done(&j);
        assert_true(l.ok >= 1);
        assert_int_equal(rows_in_log(k), 100);
        committer_free(c);
        buf_done(&b);
        kit_free(k);
        if (is_over) return;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_known_rows_are_dropped),
        cmocka_unit_test(test_alerts_of_the_other_source_are_known),
        cmocka_unit_test(test_cut_answers_do_not_count),
        cmocka_unit_test(test_strange_answers_do_not_count),
        cmocka_unit_test(test_dead_letters),
        cmocka_unit_test(test_columns_come_and_go),
        cmocka_unit_test(test_a_slow_disk_holds_the_transfer),
        cmocka_unit_test(test_counts_are_compared),
        cmocka_unit_test(test_a_removed_tenant_hurts_nobody),
        cmocka_unit_test(test_a_failed_commit_leaves_nothing),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
