/* The feed's mind on its own: windows, ticks, shards, sweeps, what it learns, and its durable state. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "flow/ingest/ingest_int.h"
#include "table_model.h"

#define HOUR WALL_TICKS_PER_HOUR
#define MIN WALL_TICKS_PER_MIN

static struct wall start_of(void)
{
    struct wall t;
    assert_true(wall_parse(STR("2026-11-20T00:00:00Z"), &t));
    return t;
}

static void feed_at(struct feed *f, const char *name, struct wall now, int64_t lookback_ms)
{
    struct feed_state s;
    const struct feed_row *row = feed_row_find(name);
    assert_non_null(row);
    feed_state_init(&s, row, now, lookback_ms);
    feed_init(f, row, &s);
}

static void poll(struct table_model *m, struct feed *f, struct wall now)
{
    feed_want_poll(f);
    assert_true(model_run(m, f, now, 20000) < 20000);
}

static void poll_until(struct table_model *m, struct feed *f, struct wall *now, struct wall end, int64_t step)
{
    for (; now->ticks < end.ticks; now->ticks += step) poll(m, f, *now);
}

static void test_pages_follow_each_other(void **state)
{
    (void)state;
    struct table_model m;
    struct feed f;
    struct wall now = start_of();
    model_init(&m, wall_add(now, -80 * HOUR), wall_add(now, 80 * HOUR), 1);
    m.row_bytes = 25000; /* N = 1000 once learnt */
    for (uint32_t i = 0; i < 30000; i++) model_add(&m, now.ticks - 20 * HOUR + i * 20000000LL, 0, i);
    model_sort(&m);
    feed_at(&f, "DeviceProcessEvents", now, 24 * 3600000);
    poll(&m, &f, now);
    assert_int_equal(model_missing(&m, now), 0);
    assert_int_equal(m.fresh, 30000);
    assert_in_range(f.state.row_bytes, 25000, 25010);
    assert_true(f.state.head.ticks >= now.ticks - 15 * MIN);
    feed_done(&f);
    model_done(&m);
}

/* A quarter of a million rows on one timestamp, among others. */
static void test_one_timestamp(void **state)
{
    (void)state;
    struct table_model m;
    struct feed f;
    struct wall now = start_of();
    model_init(&m, wall_add(now, -80 * HOUR), wall_add(now, 80 * HOUR), 2);
    for (uint32_t i = 0; i < 250000; i++) model_add(&m, now.ticks - HOUR, 0, i);
    for (uint32_t i = 0; i < 3000; i++) model_add(&m, now.ticks - 2 * HOUR + i * 12345678LL, 0, 300000 + i);
    model_sort(&m);
    feed_at(&f, "DeviceFileEvents", now, 3 * 3600000);
    poll(&m, &f, now);
    assert_int_equal(model_missing(&m, now), 0);
    assert_true(m.questions < 120);
    feed_done(&f);
    model_done(&m);
}

/* Rows of one tick whose first columns are all the same: deeper columns tell them apart. */
static void test_one_timestamp_same_report(void **state)
{
    (void)state;
    struct table_model m;
    struct feed f;
    struct wall now = start_of();
    model_init(&m, wall_add(now, -80 * HOUR), wall_add(now, 80 * HOUR), 3);
    m.row_bytes = 50000; /* N = 500 */
    for (uint32_t i = 0; i < 6000; i++) model_add(&m, now.ticks - HOUR, 0, i);
    for (size_t i = 0; i < m.count; i++) m.rows[i].columns[0] = m.rows[i].columns[1] = 7;
    model_sort(&m);
    feed_at(&f, "DeviceFileEvents", now, 3 * 3600000);
    poll(&m, &f, now);
    assert_int_equal(model_missing(&m, now), 0);
    feed_done(&f);
    model_done(&m);
}

/* Columns that rows are told apart by are gone from the table: others do, and the rows of the tick are counted but once. */
static void test_split_columns_go(void **state)
{
    (void)state;
    struct wall now = start_of();
    for (unsigned lost = 1; lost < 32; lost++) {
        struct table_model m;
        struct feed f;
        model_init(&m, wall_add(now, -80 * HOUR), wall_add(now, 80 * HOUR), lost);
        m.row_bytes = 50000; /* N = 500 */
        for (uint32_t i = 0; i < 3000; i++) model_add(&m, now.ticks - HOUR, 0, i);
        for (uint32_t i = 0; i < 100; i++) model_add(&m, now.ticks - HOUR, now.ticks + MIN, 3000 + i); /* for a sweep */
        model_sort(&m);
        feed_at(&f, "DeviceFileEvents", now, 3 * 3600000);
        m.lost = lost;
        poll(&m, &f, now);
        feed_want_drain(&f, wall_add(now, 2 * MIN));
        assert_true(model_run(&m, &f, wall_add(now, 2 * MIN), 20000) < 20000);
        if (lost != 31) assert_int_equal(model_missing(&m, now), 0);
        assert_int_equal(f.asked_unproved > 0, lost == 31); /* nothing is left to tell them apart: that is told */
        feed_done(&f);
        model_done(&m);
    }
}

/* More byte-equal rows than a page holds: one row for us, and no endless loop. */
static void test_one_timestamp_all_equal(void **state)
{
    (void)state;
    struct table_model m;
    struct feed f;
    struct wall now = start_of();
    model_init(&m, wall_add(now, -80 * HOUR), wall_add(now, 80 * HOUR), 3);
    for (uint32_t i = 0; i < 25000; i++) model_add(&m, now.ticks - HOUR, 0, 1);
    model_sort(&m);
    feed_at(&f, "DeviceFileEvents", now, 3 * 3600000);
    poll(&m, &f, now);
    assert_int_equal(m.fresh, 1);
    poll_until(&m, &f, &now, wall_add(now, 50 * HOUR), HOUR);
    assert_true(f.state.unproved > 0); /* counts cannot agree, and that is told after the last sweep */
    feed_done(&f);
    model_done(&m);
}

static void test_equal_rows_settle(void **state)
{
    (void)state;
    struct table_model m;
    struct feed f;
    struct wall now = start_of(), end = wall_add(now, 3 * HOUR);
    model_init(&m, wall_add(now, -80 * HOUR), wall_add(now, 80 * HOUR), 4);
    for (uint32_t i = 0; i < 200; i++)
        model_add(&m, now.ticks + i * 10 * WALL_TICKS_PER_S, 0, i / 2); /* ids repeat, times not */
    for (uint32_t i = 0; i < 50; i++) {
        model_add(&m, now.ticks + i * MIN, 0, 1000 + i);
        model_add(&m, now.ticks + i * MIN, 0, 1000 + i); /* byte-equal */
    }
    model_sort(&m);
    feed_at(&f, "DeviceInfo", now, 3600000);
    poll_until(&m, &f, &now, end, 5 * MIN);
    assert_int_equal(model_missing(&m, now), 0);
    assert_int_equal(m.fresh, 250);
    assert_int_equal(f.state.unproved, 0);
    uint64_t before = m.again;
    poll_until(&m, &f, &now, wall_add(end, 50 * HOUR), 5 * MIN);
    assert_int_equal(m.again, before); /* settled: no later sweep reads them again */
    feed_done(&f);
    model_done(&m);
}

static void test_late_rows(void **state)
{
    (void)state;
    struct table_model m;
    struct feed f;
    struct wall now = start_of(), begin = now;
    model_init(&m, wall_add(now, -80 * HOUR), wall_add(now, 160 * HOUR), 5);
    for (uint32_t i = 0; i < 2000; i++) {
        int64_t at = begin.ticks + (int64_t)rng_below(&m.rng, 24 * HOUR);
        int64_t late =
            rng_chance(&m.rng, 0.2) ? (int64_t)rng_below(&m.rng, 47 * HOUR) : (int64_t)rng_below(&m.rng, 6 * MIN);
        model_add(&m, at, at + late, i);
    }
    model_sort(&m);
    feed_at(&f, "DeviceLogonEvents", now, 3600000);
    poll_until(&m, &f, &now, wall_add(begin, 24 * HOUR + 49 * HOUR), 5 * MIN);
    assert_int_equal(model_missing(&m, now), 0);
    assert_int_equal(m.fresh, 2000);
    assert_int_equal(f.state.unproved, 0);
    assert_true(f.state.swept[SWEEP_STAGES - 1].ticks >= begin.ticks + 23 * HOUR);
    feed_done(&f);
    model_done(&m);
}

/* A row just too late for the last sweep is not promised; one just in time is. */
static void test_last_sweep_is_the_limit(void **state)
{
    (void)state;
    struct table_model m;
    struct feed f;
    struct wall now = start_of(), begin = now;
    model_init(&m, wall_add(now, -80 * HOUR), wall_add(now, 160 * HOUR), 5);
    model_add(&m, begin.ticks + HOUR, begin.ticks + 48 * HOUR, 1);
    model_add(&m, begin.ticks + HOUR, begin.ticks + 60 * HOUR, 2);
    model_sort(&m);
    feed_at(&f, "DeviceLogonEvents", now, 3600000);
    poll_until(&m, &f, &now, wall_add(begin, 70 * HOUR), 5 * MIN);
    assert_int_equal(m.fresh, 1);
    /* ... and a pull of that time brings it. */
    feed_want_pull(&f, begin, wall_add(begin, 2 * HOUR));
    assert_true(model_run(&m, &f, now, 1000) < 1000);
    assert_int_equal(m.fresh, 2);
    assert_false(feed_wants_more(&f));
    feed_done(&f);
    model_done(&m);
}

static void test_drain_reads_everything_now(void **state)
{
    (void)state;
    struct table_model m;
    struct feed f;
    struct wall now = start_of(), begin = now;
    model_init(&m, wall_add(now, -80 * HOUR), wall_add(now, 80 * HOUR), 6);
    for (uint32_t i = 0; i < 500; i++) model_add(&m, now.ticks - 40 * HOUR + i * MIN, 0, i);
    model_sort(&m);
    feed_at(&f, "DeviceLogonEvents", now, 45 * 3600000);
    poll(&m, &f, now);
    for (uint32_t i = 0; i < 300; i++) model_add(&m, now.ticks - 40 * HOUR + i * MIN, now.ticks + MIN, 1000 + i);
    model_sort(&m);
    now.ticks += 2 * MIN;
    poll(&m, &f, now);
    assert_true(model_missing(&m, now) > 0); /* too young for a sweep to run again */
    struct wall swept[SWEEP_STAGES];
    memcpy(swept, f.state.swept, sizeof swept);
    feed_want_drain(&f, now);
    uint64_t asked = model_run(&m, &f, now, 1000);
    assert_true(asked < 100);
    assert_int_equal(model_missing(&m, now), 0);
    assert_memory_equal(swept, f.state.swept, sizeof swept); /* a drain promises nothing about later */
    assert_true(now.ticks > begin.ticks);
    feed_done(&f);
    model_done(&m);
}

/* A query that was too heavy is narrowed, not repeated; the width grows back. */
static void test_too_heavy_halves(void **state)
{
    (void)state;
    struct feed f;
    struct feed_effect effect;
    struct wall now = start_of();
    feed_at(&f, "DeviceLogonEvents", now, 24 * 3600000);
    feed_want_poll(&f);
    feed_next(&f, now, &effect);
    assert_int_equal(effect.kind, FEED_FETCH);
    int64_t width = f.fetch.to.ticks - f.fetch.from.ticks;
    feed_fail(&f, FAIL_HEAVY, now, &effect);
    assert_int_equal(effect.kind, FEED_FETCH);
    assert_int_equal(f.fetch.to.ticks - f.fetch.from.ticks, width / 2);
    feed_fail(&f, FAIL_WAIT, now, &effect);
    assert_int_equal(effect.kind, FEED_RETRY);
    for (int i = 0; i < 60; i++) feed_fail(&f, FAIL_HEAVY, now, &effect);
    assert_int_equal(effect.kind, FEED_RETRY); /* nothing left to halve: wait */
    assert_int_equal(f.fetch.take, 1);
    feed_done(&f);
}

static void test_too_large_takes_less(void **state)
{
    (void)state;
    struct table_model m;
    struct feed f;
    struct wall now = start_of();
    model_init(&m, wall_add(now, -80 * HOUR), wall_add(now, 80 * HOUR), 7);
    m.max_answer_bytes = 4000000;
    m.row_bytes = 40000;
    for (uint32_t i = 0; i < 5000; i++) model_add(&m, now.ticks - 20 * HOUR + i * 100000000LL, 0, i);
    model_sort(&m);
    feed_at(&f, "DeviceProcessEvents", now, 24 * 3600000);
    feed_want_poll(&f);
    assert_true(model_run(&m, &f, now, 2000) < 2000);
    assert_int_equal(model_missing(&m, now), 0);
    feed_done(&f);
    model_done(&m);
}

/* Answers that are cut silently at a hundred rows or so: a bound so small grows again with every full page, and must not grow
 * past what is known to be cut. */
static void test_cut_at_few_rows(void **state)
{
    (void)state;
    for (uint64_t cap = 80; cap < 130; cap += 10) {
        struct table_model m;
        struct feed f;
        struct wall now = start_of();
        model_init(&m, wall_add(now, -80 * HOUR), wall_add(now, 80 * HOUR), cap);
        m.row_bytes = 3000;
        m.byte_cap = cap * m.row_bytes;
        for (uint32_t i = 0; i < 1600; i++) model_add(&m, now.ticks - 20 * HOUR + (i % 7 ? 0 : i * MIN / 2), 0, i);
        model_sort(&m);
        feed_at(&f, "DeviceProcessEvents", now, 24 * 3600000);
        feed_want_drain(&f, now);
        assert_true(model_run(&m, &f, now, 5000) < 5000);
        assert_int_equal(model_missing(&m, now), 0);
        feed_done(&f);
        model_done(&m);
    }
}

/* Bursts on single ticks, far larger than what is cut silently: the bound grows with the full page before the tick is read in
 * shards, and so many of them look cut that it would be believed no more. Shards are small enough for what was learnt. */
static void test_burst_cut_at_few_rows(void **state)
{
    (void)state;
    for (uint64_t cap = 20; cap < 130; cap += 10) {
        struct table_model m;
        struct feed f;
        struct wall now = start_of();
        model_init(&m, wall_add(now, -80 * HOUR), wall_add(now, 80 * HOUR), cap);
        m.row_bytes = 3000;
        m.byte_cap = cap * m.row_bytes;
        for (uint32_t i = 0; i < 7700; i++) model_add(&m, now.ticks - (i < 4571 ? 20 : 19) * HOUR, 0, i);
        for (size_t i = 0; i < m.count; i++) m.rows[i].columns[1] = 7; /* of one machine */
        model_sort(&m);
        feed_at(&f, "DeviceFileEvents", now, 24 * 3600000);
        feed_want_drain(&f, now);
        assert_true(model_run(&m, &f, now, 3000) < 3000);
        if (model_missing(&m, now)) print_error("cap %llu\n", (unsigned long long)cap);
        assert_int_equal(model_missing(&m, now), 0);
        assert_int_equal(f.asked_unproved, 0);
        feed_done(&f);
        model_done(&m);
    }
}

/* A proxy gives the answer of one shard for another: its rows count twice. That must not make up for a row which is counted and
 * not given, or nobody would ever look for it again. */
static void test_a_shard_answered_twice_settles_nothing(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 100; seed++) {
        struct table_model m;
        struct feed f;
        struct wall now = start_of();
        model_init(&m, wall_add(now, -80 * HOUR), wall_add(now, 80 * HOUR), seed);
        m.row_cap = 1;
        m.repeat_chance = 0.3;
        model_add(&m, now.ticks - 20 * HOUR, 0, 1);
        model_add(&m, now.ticks - 20 * HOUR + 1, 0, 2);
        m.rows[1].is_withheld = true;
        feed_at(&f, "DeviceFileEvents", now, 24 * 3600000);
        feed_want_drain(&f, now);
        assert_true(model_run(&m, &f, now, 3000) < 3000);
        if (!f.asked_unproved) print_error("seed %llu\n", (unsigned long long)seed);
        assert_true(f.asked_unproved);
        feed_done(&f);
        model_done(&m);
    }
}

static void test_histories_at_random(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 40; seed++) {
        struct table_model m;
        struct feed f;
        struct wall now = start_of(), begin = now;
        model_init(&m, wall_add(now, -80 * HOUR), wall_add(now, 160 * HOUR), seed);
        m.row_bytes = 1000 + (uint32_t)rng_below(&m.rng, 60000);
        m.byte_cap = 2000000 + rng_below(&m.rng, 50000000);
        m.cut_chance = rng_chance(&m.rng, 0.5) ? 0.2 : 0;
        m.fail_chance = rng_chance(&m.rng, 0.5) ? 0.2 : 0;
        uint32_t count = (uint32_t)rng_below(&m.rng, 6000);
        for (uint32_t i = 0; i < count; i++) {
            int64_t at = begin.ticks + (int64_t)rng_below(&m.rng, 12 * HOUR);
            if (rng_chance(&m.rng, 0.3)) at -= at % (10 * MIN); /* many share a tick */
            int64_t late = rng_chance(&m.rng, 0.1) ? (int64_t)rng_below(&m.rng, 47 * HOUR) : 0;
            model_add(&m, at, at + late, i - (rng_chance(&m.rng, 0.05) && i > 0));
        }
        model_sort(&m);
        feed_at(&f, "DeviceImageLoadEvents", now, 3600000);
        poll_until(&m, &f, &now, wall_add(begin, 61 * HOUR), 5 * MIN);
        m.cut_chance = m.fail_chance = 0;
        feed_want_drain(&f, now);
        assert_true(model_run(&m, &f, now, 5000) < 5000);
        if (model_missing(&m, now)) print_error("seed %llu\n", (unsigned long long)seed);
        assert_int_equal(model_missing(&m, now), 0);
        feed_done(&f);
        model_done(&m);
    }
}

static void test_state_there_and_back(void **state)
{
    (void)state;
    struct feed_state s, back;
    struct buf b;
    struct err e;
    struct wall now = start_of();
    feed_state_init(&s, feed_row_find("DeviceInfo"), now, 3600000);
    s.head.ticks += 1234567;
    s.swept[2].ticks += 3 * BIN_TICKS;
    s.synced = now;
    s.width_ticks = 90 * MIN;
    s.row_bytes = 777;
    s.page_rows = 31;
    s.calm = 7;
    s.floor = wall_add(now, -3 * HOUR);
    s.open = wall_add(now, -30 * HOUR);
    s.unproved = 5;
    buf_init(&b, 0);
    feed_state_write(&s, &b);
    assert_true(feed_state_read(buf_str(&b), &back, &e));
    assert_memory_equal(&s, &back, sizeof s);
    for (size_t n = 0; n < b.n; n++) assert_false(feed_state_read((struct str){b.p, n}, &back, &e)); /* no half */
    assert_ptr_equal(e.cause, &ingest_causes[INGEST_STATE_BAD]);
    buf_done(&b);
    struct str newer = STR("{\"version\":2,\"head\":\"2026-11-20T00:00:00Z\"}");
    assert_false(feed_state_read(newer, &back, &e));
    assert_ptr_equal(e.cause, &ingest_causes[INGEST_STATE_NEWER]);
}

static void test_facts_there_and_back(void **state)
{
    (void)state;
    struct facts a = {0}, back;
    struct buf b;
    a.held[0] = 250000;
    a.held[11] = 3;
    facts_settle(&a, 11, 7);
    assert_int_equal(a.surplus[11], 4);
    buf_init(&b, 0);
    facts_write(&a, &b);
    assert_true(facts_read(buf_str(&b), &back));
    assert_memory_equal(&a, &back, sizeof a);
    assert_false(facts_read(STR("{}"), &back));
    assert_false(facts_read(STR(""), &back));
    buf_done(&b);
}

static void test_queries(void **state)
{
    (void)state;
    struct feed f;
    struct feed_effect effect;
    struct buf query, kql;
    struct wall now = start_of();
    buf_init(&query, 0);
    buf_init(&kql, 0);
    feed_at(&f, "DeviceLogonEvents", now, 3600000);
    feed_want_poll(&f);
    feed_next(&f, now, &effect);
    feed_query(&f, &query, &kql);
    assert_string_equal(buf_cstr(&kql),
                        "DeviceLogonEvents | where Timestamp >= datetime(2026-11-19T23:00:00.0000000Z) and Timestamp < "
                        "datetime(2026-11-20T00:00:00.0000000Z) | order by Timestamp asc | take 10000");
    assert_int_equal(query.n, 0);
    f.fetch.depth = 2;
    f.fetch.modulus[0] = 38;
    f.fetch.shard[0] = 5;
    f.fetch.modulus[1] = 16;
    f.fetch.column[1] = 1;
    feed_query(&f, &query, &kql);
    assert_non_null(strstr(buf_cstr(&kql), " and hash(ReportId, 38) == 5 and hash(DeviceId, 16) == 0 | order by"));
    feed_done(&f);
    feed_at(&f, "alerts", now, 3600000);
    feed_want_poll(&f);
    feed_next(&f, now, &effect);
    feed_query(&f, &query, &kql);
    assert_string_equal(
        buf_cstr(&query),
        "$filter=lastUpdateDateTime%20ge%202026-11-19T22:45:00.0000000Z&$orderby=lastUpdateDateTime%20asc&$top=1000");
    feed_done(&f);
    feed_at(&f, "machines", now, 3600000);
    feed_want_poll(&f);
    feed_next(&f, now, &effect);
    feed_take_page(&f, &(struct feed_page){.rows = 10000, .is_sorted = true}, now, &effect);
    feed_query(&f, &query, &kql);
    assert_string_equal(buf_cstr(&query), "$top=10000&$skip=10000");
    feed_done(&f);
    buf_done(&query);
    buf_done(&kql);
}

static struct feed_page page_of(uint64_t rows, struct wall last, const char *link)
{
    return (struct feed_page){
        .rows = rows, .fresh = rows, .last = last, .last_rows = 1, .is_sorted = true, .link = str_of(link)};
}

/* ---- the other lists ------------------------------------------------------------------------------------------------------ */

static void query_of(const struct feed *f, char out[512])
{
    struct buf query, kql;
    buf_init(&query, 0);
    buf_init(&kql, 0);
    feed_query(f, &query, &kql);
    (void)snprintf(out, 512, "%s", buf_cstr(&query));
    buf_done(&query);
    buf_done(&kql);
}

/* No link after $top: the list goes on by $skip, whatever its order. */
static void test_endpoint_alerts_page_by_skip(void **state)
{
    (void)state;
    struct feed f;
    struct feed_effect effect;
    struct wall now = start_of();
    char query[512];
    feed_at(&f, "alerts_endpoint", now, 3600000);
    feed_want_poll(&f);
    feed_next(&f, now, &effect);
    query_of(&f, query);
    assert_string_equal(query, "$expand=evidence&$filter=lastUpdateTime%20ge%202026-11-19T22:45:00.0000000Z&$top=1000");
    struct feed_page p = page_of(1000, wall_add(now, -MIN), NULL);
    p.is_sorted = false;
    for (unsigned skip = 1000; skip <= 9000; skip += 1000) {
        feed_take_page(&f, &p, now, &effect);
        assert_int_equal(f.fetch.skip, skip);
        assert_false(f.fetch.use_link);
    }
    p.rows = 999;
    feed_take_page(&f, &p, now, &effect);
    assert_true(effect.completed_poll);
    assert_int_equal(f.state.head.ticks, now.ticks - MIN);
    feed_done(&f);
}

/* An action that is not over is read again, however long ago it began; once it is over, no more. */
static void test_open_actions_are_read_again(void **state)
{
    (void)state;
    struct feed f;
    struct feed_effect effect;
    struct wall now = start_of(), began = wall_add(now, -10 * HOUR);
    char query[512];
    feed_at(&f, "machine_actions", now, 24 * 3600000);
    feed_want_poll(&f);
    feed_next(&f, now, &effect);
    struct feed_page p = page_of(7, wall_add(now, -MIN), NULL);
    p.open = began;
    feed_take_page(&f, &p, now, &effect);
    assert_true(effect.completed_poll);
    assert_int_equal(f.state.open.ticks, began.ticks);
    assert_true(feed_horizon_hour(f.row, &f.state) <= wall_hour(began));
    feed_want_poll(&f);
    now.ticks += 15 * MIN;
    feed_next(&f, now, &effect);
    query_of(&f, query);
    assert_string_equal(query, "$filter=creationDateTimeUtc%20ge%202026-11-19T14:00:00.0000000Z&$top=10000");
    p.open = (struct wall){0};
    feed_take_page(&f, &p, now, &effect);
    assert_int_equal(f.state.open.ticks, 0);
    feed_want_poll(&f);
    feed_next(&f, now, &effect);
    assert_int_equal(f.fetch.from.ticks, f.state.head.ticks - 15 * MIN);
    feed_done(&f);
}

/* Windows of time one behind the other; less time at once when an answer is too much. */
static void test_siem_windows(void **state)
{
    (void)state;
    struct feed f;
    struct feed_effect effect;
    struct wall now = start_of(), from;
    char query[512];
    unsigned windows = 0;
    feed_at(&f, "alerts_siem", now, 72 * 3600000);
    feed_want_poll(&f);
    feed_next(&f, now, &effect);
    query_of(&f, query);
    assert_string_equal(query, "sinceTimeUtc=2026-11-16T23:45:00.0000000Z&untilTimeUtc=2026-11-17T23:45:00.0000000Z");
    feed_fail(&f, FAIL_LARGE, now, &effect);
    assert_int_equal(effect.kind, FEED_FETCH);
    assert_int_equal(f.fetch.to.ticks - f.fetch.from.ticks, 12 * HOUR);
    for (from = f.fetch.from; effect.kind == FEED_FETCH && !effect.completed_poll; windows++) {
        assert_int_equal(f.fetch.from.ticks, from.ticks);
        from = f.fetch.to;
        struct feed_page p = page_of(3, f.fetch.from, NULL);
        feed_take_page(&f, &p, now, &effect);
    }
    assert_int_equal(from.ticks, now.ticks);
    assert_in_range(windows, 4, 5);
    assert_int_equal(f.state.head.ticks, now.ticks); /* nothing is processed in the past, so that is behind us */
    for (int i = 0; i < 40; i++) feed_fail(&f, FAIL_LARGE, now, &effect);
    feed_done(&f);
}

/* An incident that was merged is followed to the one that lives on, once each, also through several, never for ever. */
static void test_merged_incidents_are_followed(void **state)
{
    (void)state;
    struct feed f;
    struct feed_effect effect;
    struct wall now = start_of();
    unsigned asked = 0;
    feed_at(&f, "incidents", now, 3600000);
    feed_want_poll(&f);
    feed_next(&f, now, &effect);
    struct feed_page p = page_of(3, wall_add(now, -MIN), NULL);
    p.merged = STR("17\n4\n");
    feed_take_page(&f, &p, now, &effect);
    assert_true(effect.completed_poll && effect.kind == FEED_FETCH);
    assert_int_equal(f.fetch.ask, ASK_OBJECT);
    assert_string_equal(f.object, "17");
    feed_fail(&f, FAIL_WAIT, now, &effect);
    assert_int_equal(effect.kind, FEED_RETRY);
    feed_fail(&f, FAIL_EMPTY, now, &effect); /* gone altogether */
    assert_string_equal(f.object, "4");
    p = page_of(1, wall_add(now, -2 * HOUR), NULL);
    p.merged = STR("5\n");
    for (; effect.kind == FEED_FETCH && asked < 1000; asked++) feed_take_page(&f, &p, now, &effect);
    assert_int_equal(effect.kind, FEED_IDLE);
    assert_in_range(asked, 2, 300);
    assert_int_equal(f.state.head.ticks, now.ticks - MIN); /* it says nothing about the list */
    feed_done(&f);
}

/* What another feed has read is not read again, by polls, looks back or pulls. */
static void test_nothing_below_the_floor(void **state)
{
    (void)state;
    struct feed f;
    struct feed_effect effect;
    struct wall now = start_of(), floor = wall_add(now, -5 * MIN);
    feed_at(&f, "alerts", now, 3 * 3600000);
    f.state.floor = f.state.head = floor;
    f.state.deep = wall_add(now, -2 * HOUR);
    feed_want_poll(&f);
    feed_want_pull(&f, wall_add(now, -20 * HOUR), now);
    feed_next(&f, now, &effect);
    for (unsigned i = 0; effect.kind == FEED_FETCH && i < 10; i++) {
        assert_true(f.fetch.from.ticks >= floor.ticks);
        struct feed_page p = page_of(0, (struct wall){0}, NULL);
        feed_take_page(&f, &p, now, &effect);
    }
    assert_int_equal(effect.kind, FEED_IDLE);
    feed_done(&f);
}

/* ---- tables without times ------------------------------------------------------------------------------------------------- */

struct bag { /* a table whose rows spread evenly over the shards of its first column */
    uint64_t total, cap;
    unsigned questions, totals;
};

static uint64_t rows_of(const struct bag *b, const struct feed_fetch *q)
{
    uint64_t n = b->total;
    for (unsigned i = 0; i < q->depth; i++) n = n / q->modulus[i] + (q->shard[i] < n % q->modulus[i]);
    if (n > q->take) n = q->take;
    return n > b->cap ? b->cap : n;
}

static uint64_t read_bag(struct bag *b, struct feed *f, struct wall now, bool *completed)
{
    struct feed_effect effect;
    uint64_t rows = 0;
    *completed = false;
    b->questions = b->totals = 0;
    feed_want_poll(f);
    feed_next(f, now, &effect);
    while (effect.kind == FEED_FETCH && b->questions++ < 10000) {
        if (f->fetch.ask == ASK_TOTAL) {
            b->totals++;
            rows = 0;
            feed_take_counts(f, &(struct feed_counts){.total = b->total}, now, &effect);
        } else {
            struct feed_page p = {.rows = rows_of(b, &f->fetch)};
            p.fresh = p.rows;
            p.bytes = p.rows * 2500;
            rows += p.rows;
            feed_take_page(f, &p, now, &effect);
        }
        *completed |= effect.completed_poll;
    }
    return rows;
}

static void test_table_is_read_whole(void **state)
{
    (void)state;
    struct feed f;
    struct wall now = start_of();
    bool completed;
    struct buf query, kql;
    buf_init(&query, 0);
    buf_init(&kql, 0);
    feed_at(&f, "DeviceTvmSoftwareVulnerabilities", now, 3600000);
    struct bag small = {.total = 3000, .cap = 100000}, large = {.total = 250000, .cap = 100000};
    assert_int_equal(read_bag(&small, &f, now, &completed), 3000);
    assert_true(completed);
    assert_int_equal(small.questions, 2); /* the count, and one answer */
    feed_query(&f, &query, &kql);
    assert_string_equal(buf_cstr(&kql), "DeviceTvmSoftwareVulnerabilities | take 10000");
    assert_int_equal(read_bag(&large, &f, now, &completed), 250000);
    assert_true(completed && large.totals == 1);
    assert_in_range(large.questions, 30, 60);
    feed_query(&f, &query, &kql);
    assert_non_null(strstr(buf_cstr(&kql), "Vulnerabilities | where hash(DeviceId, 38) == 37 | take"));
    assert_int_equal(f.state.unproved, 0);
    feed_done(&f);
    buf_done(&query);
    buf_done(&kql);
}

/* A cut at a size nobody told us is found by the count; what can never agree is told, and ends. */
static void test_table_that_is_cut(void **state)
{
    (void)state;
    struct feed f;
    struct wall now = start_of();
    bool completed;
    feed_at(&f, "ExposureGraphNodes", now, 3600000);
    struct bag b = {.total = 20000, .cap = 1500};
    assert_int_equal(read_bag(&b, &f, now, &completed), 20000);
    assert_true(completed && b.totals > 1);
    assert_in_range(f.state.page_rows, 1, 1500);
    assert_int_equal(f.state.unproved, 0);
    b = (struct bag){.total = 20000, .cap = 0};
    (void)read_bag(&b, &f, now, &completed);
    assert_true(completed && f.state.unproved == 1);
    feed_done(&f);
}

/* An empty table is asked less and less often, and all its sweeps become one question; a row brings it back. */
static void test_empty_tables_grow_calm(void **state)
{
    (void)state;
    struct table_model m;
    struct feed f;
    struct wall now = start_of(), begin = now;
    model_init(&m, wall_add(now, -80 * HOUR), wall_add(now, 160 * HOUR), 9);
    model_add(&m, begin.ticks + 20 * HOUR, begin.ticks + 30 * HOUR, 1); /* ten hours late */
    model_add(&m, begin.ticks + 40 * HOUR + MIN, 0, 2);
    model_sort(&m);
    feed_at(&f, "EmailEvents", now, 3600000);
    unsigned polls = 0;
    for (; now.ticks < begin.ticks + 40 * HOUR; polls++) {
        poll(&m, &f, now);
        now.ticks += 5 * MIN * feed_calm_factor(&f.state);
    }
    assert_int_equal(feed_calm_factor(&f.state), 12);
    assert_in_range(polls, 40, 50);
    assert_in_range(m.questions, polls, 3 * polls);
    assert_int_equal(m.fresh, 1); /* the late one, by a sweep */
    now = wall_add(begin, 40 * HOUR + 5 * MIN);
    poll(&m, &f, now);
    assert_int_equal(m.fresh, 2);
    assert_int_equal(feed_calm_factor(&f.state), 1);
    feed_done(&f);
    model_done(&m);
}

/* Polled at its interval though nothing comes: counted once an hour, and late rows are found nevertheless. */
static void test_calm_tables_are_counted_hourly(void **state)
{
    (void)state;
    struct table_model m;
    struct feed f;
    struct wall now = start_of(), begin = now;
    model_init(&m, wall_add(now, -80 * HOUR), wall_add(now, 160 * HOUR), 9);
    model_add(&m, begin.ticks + 20 * HOUR, begin.ticks + 30 * HOUR, 1);
    model_sort(&m);
    feed_at(&f, "EmailEvents", now, 3600000);
    unsigned polls = 0;
    for (; now.ticks < begin.ticks + 48 * HOUR; polls++) {
        poll(&m, &f, now);
        assert_true(f.state.synced.ticks == now.ticks);
        now.ticks += 5 * MIN;
    }
    assert_in_range(m.questions, polls + 40, polls + 70); /* two or three of them read the late row */
    assert_int_equal(m.fresh, 1);
    feed_done(&f);
    model_done(&m);
}

static void test_room_for_calm_tables(void **state)
{
    (void)state;
    enum { MS = 60000 };
    const struct feed_state calm = {.calm = 100}, quiet = {.calm = 1}, busy = {.calm = 0};
    const struct hunting_room one = {1, 22}, many = {1000, 22}, most = {10000, 22}, little = {1, 2}, none = {1, 0};
    assert_int_equal(feed_hunting_interval_ms(&calm, 5 * MS, &one), 5 * MS);
    assert_int_equal(feed_hunting_interval_ms(&calm, 5 * MS, &many), 5 * MS);
    assert_in_range(feed_hunting_interval_ms(&calm, 5 * MS, &most), 20 * MS, 30 * MS);
    assert_int_equal(feed_hunting_interval_ms(&quiet, 5 * MS, &most), 10 * MS); /* one empty poll says little */
    assert_int_equal(feed_hunting_interval_ms(&busy, 5 * MS, &most), 5 * MS);
    assert_in_range(feed_hunting_interval_ms(&calm, 5 * MS, &little), 40 * MS, 60 * MS);
    assert_int_equal(feed_hunting_interval_ms(&calm, 5 * MS, &none), 60 * MS);
    assert_int_equal(feed_hunting_interval_ms(&calm, 120 * MS, &none), 120 * MS);
    assert_in_range(feed_hunting_interval_ms(&calm, MS, &one), 3 * MS,
                    5 * MS); /* all tables each minute: too much for the share */
}

static void test_registry(void **state)
{
    (void)state;
    for (size_t i = 0; i < FEED_ROW_COUNT; i++) {
        assert_ptr_equal(feed_row_find(feed_rows[i].name), &feed_rows[i]);
        assert_int_equal(feed_rows[i].time != NULL,
                         feed_rows[i].kind == FEED_HUNTING || feed_rows[i].kind == FEED_REVISIONS);
        assert_true(i < FEED_FIRST_TABLE || feed_rows[i].split[0]);
    }
    assert_true(sizeof(struct ing_feed) <= 320); /* tens of thousands of them: DESIGN, promise 5 */
}

/* ---- alerts ------------------------------------------------------------------------------------------------------------- */

static void test_walk_ties_follow_the_link(void **state)
{
    (void)state;
    struct feed f;
    struct feed_effect effect;
    struct wall now = start_of(), tie = wall_add(now, -30 * MIN);
    feed_at(&f, "incidents", now, 3600000);
    feed_want_poll(&f);
    feed_next(&f, now, &effect);
    struct feed_page p = page_of(50, tie, NULL);
    feed_take_page(&f, &p, now, &effect);
    assert_int_equal(f.fetch.from.ticks, tie.ticks); /* on from the last time, inclusive */
    p = page_of(50, tie, "https://graph/next?x=1");
    feed_take_page(&f, &p, now, &effect);
    assert_true(f.fetch.use_link); /* all of one time: the link */
    p = page_of(50, tie, NULL);
    feed_take_page(&f, &p, now, &effect);
    assert_false(f.fetch.use_link);
    assert_int_equal(f.fetch.skip, 50); /* no link: $skip */
    p = page_of(10, wall_add(tie, MIN), NULL);
    feed_take_page(&f, &p, now, &effect);
    assert_true(effect.completed_poll);
    assert_int_equal(f.state.head.ticks, tie.ticks + MIN);
    feed_done(&f);
}

/* A server that gives the newest first may begin with a page of one time: nothing older may be skipped. */
static void test_walk_newest_first(void **state)
{
    (void)state;
    struct feed f;
    struct feed_effect effect;
    struct wall now = start_of(), newest = wall_add(now, -MIN);
    feed_at(&f, "incidents", now, 3600000);
    feed_want_poll(&f);
    feed_next(&f, now, &effect);
    struct wall from = f.fetch.from;
    struct feed_page p = page_of(50, newest, "https://graph/next?page=2");
    p.last_rows = 50;
    feed_take_page(&f, &p, now, &effect);
    assert_true(f.fetch.use_link);
    p = page_of(50, wall_add(newest, -MIN), "https://graph/next?page=3");
    p.last_rows = 50;
    feed_take_page(&f, &p, now, &effect);
    assert_true(f.fetch.use_link);
    p = page_of(50, wall_add(newest, -MIN), "https://graph/next?page=4"); /* looks sorted, but the walk is not */
    feed_take_page(&f, &p, now, &effect);
    assert_true(f.fetch.use_link);
    assert_int_equal(f.fetch.from.ticks, from.ticks);
    p = page_of(7, wall_add(newest, -2 * MIN), NULL);
    feed_take_page(&f, &p, now, &effect);
    assert_true(effect.completed_poll);
    assert_int_equal(f.state.head.ticks, newest.ticks);
    feed_done(&f);
}

static bool asks_in_order(const struct feed *f)
{
    struct buf query, kql;
    buf_init(&query, 4096);
    buf_init(&kql, 4096);
    feed_query(f, &query, &kql);
    bool does = str_find(buf_str(&query), STR("$orderby"), 0) != SIZE_MAX;
    buf_done(&query);
    buf_done(&kql);
    return does;
}

/* Where the order is refused the list is walked as it comes, and what changed meanwhile is looked for again. */
static void test_walk_without_order(void **state)
{
    (void)state;
    struct feed f;
    struct feed_effect effect;
    struct wall now = start_of();
    feed_at(&f, "alerts", now, 3600000);
    feed_want_poll(&f);
    feed_next(&f, now, &effect);
    assert_true(asks_in_order(&f) && feed_asks_for_order(&f));
    struct wall from = f.fetch.from;
    feed_fail(&f, FAIL_ORDER, now, &effect);
    assert_int_equal(effect.kind, FEED_FETCH);
    assert_true(!asks_in_order(&f) && !feed_asks_for_order(&f));
    struct feed_page p = page_of(f.fetch.take, wall_add(now, -MIN), "https://graph/next?page=2"); /* sorted by chance */
    feed_take_page(&f, &p, now, &effect);
    assert_true(f.fetch.use_link && f.fetch.from.ticks == from.ticks);
    p = page_of(7, wall_add(now, 5 * MIN), NULL); /* changed while we walked */
    feed_take_page(&f, &p, wall_add(now, 6 * MIN), &effect);
    assert_true(effect.completed_poll);
    assert_int_equal(f.state.head.ticks, now.ticks);
    for (unsigned poll = 0; poll < 2; poll++) { /* after a long look back, once an hour, it is tried again */
        now = wall_add(now, 2 * 60 * MIN);
        feed_want_poll(&f);
        feed_next(&f, now, &effect);
        assert_true(asks_in_order(&f) == (poll > 0));
        p = page_of(0, now, NULL);
        for (unsigned i = 0; i < 3 && effect.kind == FEED_FETCH; i++) feed_take_page(&f, &p, now, &effect);
        assert_int_equal(effect.kind, FEED_IDLE);
    }
    feed_done(&f);
}

static void test_walk_partial_keeps_its_head(void **state)
{
    (void)state;
    struct feed f;
    struct feed_effect effect;
    struct wall now = start_of();
    feed_at(&f, "alerts", now, 72 * 3600000);
    struct wall head = f.state.head;
    feed_want_poll(&f);
    feed_next(&f, now, &effect);
    struct feed_page p = page_of(3, wall_add(now, -MIN), NULL);
    p.is_partial = true;
    feed_take_page(&f, &p, now, &effect);
    assert_int_equal(effect.kind, FEED_IDLE);
    assert_false(effect.completed_poll);
    assert_int_equal(f.state.head.ticks, head.ticks);
    feed_done(&f);
}

/* After the first hour, a long look back once an hour; its rows never count as live. */
static void test_walk_looks_back(void **state)
{
    (void)state;
    struct feed f;
    struct feed_effect effect;
    struct wall now = start_of();
    unsigned deep = 0, polls = 0;
    feed_at(&f, "alerts", now, 3600000);
    for (unsigned minute = 0; minute < 240; minute++, now.ticks += MIN) {
        feed_want_poll(&f);
        feed_next(&f, now, &effect);
        while (effect.kind == FEED_FETCH) {
            bool is_deep = f.fetch.to.ticks != 0;
            deep += is_deep;
            polls += !is_deep;
            if (is_deep)
                assert_int_equal(f.fetch.how, LOG_LOOK_BACK);
            else
                assert_int_equal(f.fetch.how, minute ? LOG_LIVE : LOG_CATCH_UP);
            struct feed_page p = page_of(1, wall_add(now, is_deep ? -40 * HOUR : -MIN), NULL);
            feed_take_page(&f, &p, now, &effect);
        }
    }
    assert_int_equal(polls, 240);
    assert_in_range(deep, 3, 4);
    feed_done(&f);
}

static void test_walk_learns_the_page_size(void **state)
{
    (void)state;
    struct feed f;
    struct feed_effect effect;
    struct wall now = start_of();
    feed_at(&f, "incidents", now, 3600000);
    feed_want_poll(&f);
    feed_next(&f, now, &effect);
    assert_int_equal(f.fetch.take, 50);
    feed_fail(&f, FAIL_LARGE, now, &effect);
    assert_int_equal(effect.kind, FEED_FETCH);
    assert_int_equal(f.fetch.take, 25);
    assert_int_equal(f.state.page_rows, 25);
    feed_done(&f);
}

static void test_no_machines_is_an_answer(void **state)
{
    (void)state;
    struct feed f;
    struct feed_effect effect;
    struct wall now = start_of();
    feed_at(&f, "machines", now, 3600000);
    feed_want_poll(&f);
    feed_next(&f, now, &effect);
    feed_fail(&f, FAIL_EMPTY, now, &effect);
    assert_int_equal(effect.kind, FEED_IDLE);
    assert_true(effect.completed_poll);
    feed_done(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pages_follow_each_other),
        cmocka_unit_test(test_one_timestamp),
        cmocka_unit_test(test_one_timestamp_same_report),
        cmocka_unit_test(test_split_columns_go),
        cmocka_unit_test(test_one_timestamp_all_equal),
        cmocka_unit_test(test_equal_rows_settle),
        cmocka_unit_test(test_late_rows),
        cmocka_unit_test(test_last_sweep_is_the_limit),
        cmocka_unit_test(test_drain_reads_everything_now),
        cmocka_unit_test(test_too_heavy_halves),
        cmocka_unit_test(test_too_large_takes_less),
        cmocka_unit_test(test_cut_at_few_rows),
        cmocka_unit_test(test_burst_cut_at_few_rows),
        cmocka_unit_test(test_a_shard_answered_twice_settles_nothing),
        cmocka_unit_test(test_histories_at_random),
        cmocka_unit_test(test_state_there_and_back),
        cmocka_unit_test(test_facts_there_and_back),
        cmocka_unit_test(test_queries),
        cmocka_unit_test(test_walk_ties_follow_the_link),
        cmocka_unit_test(test_walk_partial_keeps_its_head),
        cmocka_unit_test(test_walk_newest_first),
        cmocka_unit_test(test_walk_without_order),
        cmocka_unit_test(test_walk_looks_back),
        cmocka_unit_test(test_walk_learns_the_page_size),
        cmocka_unit_test(test_no_machines_is_an_answer),
        cmocka_unit_test(test_endpoint_alerts_page_by_skip),
        cmocka_unit_test(test_open_actions_are_read_again),
        cmocka_unit_test(test_siem_windows),
        cmocka_unit_test(test_merged_incidents_are_followed),
        cmocka_unit_test(test_nothing_below_the_floor),
        cmocka_unit_test(test_table_is_read_whole),
        cmocka_unit_test(test_table_that_is_cut),
        cmocka_unit_test(test_empty_tables_grow_calm),
        cmocka_unit_test(test_calm_tables_are_counted_hourly),
        cmocka_unit_test(test_room_for_calm_tables),
        cmocka_unit_test(test_registry),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
