/* What exists in the twin's model: late rows, repeated rows, bursts, revisions; scenarios and faults as text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "client.h"
#include "kit/base/hash.h"
#include "twin/causes.h"
#include "twin/render.h"
#include "twin/world/generate.h"
#include "twin/world/schema.h"

/* ---- all rows of a feed ---------------------------------------------------------------------------------------------- */
struct lines {
    struct hash128 *hashes;
    struct wall *times;
    size_t count, cap;
    size_t without_extra; /* rows equal to the one before but for AdditionalFields */
    char last[65536];
};

static struct hash128 hash_but_extra(struct str json, struct arena *a)
{
    struct err e;
    struct siphash h;
    const struct json *row = json_parse(a, json, &e);
    assert_non_null(row);
    siphash_init(&h, 1, 2);
    for (size_t i = 0; i < row->count; i++) {
        if (str_eq(row->members[i].key, STR("AdditionalFields"))) continue;
        siphash_add(&h, row->members[i].value.raw.p, row->members[i].value.raw.n);
    }
    return siphash_end(&h);
}

static bool keep(void *arg, struct str json)
{
    struct lines *l = arg;
    struct arena a;
    struct err e;
    if (l->count == l->cap) {
        l->cap = l->cap ? 2 * l->cap : 1024;
        l->hashes = realloc(l->hashes, l->cap * sizeof *l->hashes);
        l->times = realloc(l->times, l->cap * sizeof *l->times);
    }
    arena_init(&a, 4 << 20);
    const struct json *row = json_parse(&a, json, &e);
    if (row == NULL) fail_msg("%s", e.text);
    assert_true(wall_parse(json_str(json_get(row, "Timestamp"), STR_NONE), &l->times[l->count]));
    l->hashes[l->count++] = hash128_of(json.p, json.n);
    if (l->last[0] && hash128_eq(hash_but_extra(json, &a), hash_but_extra(str_of(l->last), &a))) l->without_extra++;
    assert_true(str_copy(json, l->last, sizeof l->last));
    arena_done(&a);
    return true;
}

static int by_hash(const void *a, const void *b)
{
    return hash128_cmp(*(const struct hash128 *)a, *(const struct hash128 *)b);
}

static size_t doubled(struct lines *l)
{
    size_t n = 0;
    qsort(l->hashes, l->count, sizeof *l->hashes, by_hash);
    for (size_t i = 1; i < l->count; i++) n += hash128_eq(l->hashes[i - 1], l->hashes[i]);
    return n;
}

static void lines_done(struct lines *l)
{
    free(l->hashes);
    free(l->times);
}

static void rows_come_late_and_twice(void **state)
{
    static struct lines l;
    struct client c;
    (void)state;
    client_open(&c,
                "history: 1h\nrows_per_second: {DeviceProcessEvents: 1}\nlate_share: 0.1\nlate_up_to: "
                "47h\nequal_share: 0.1\ntwin_share: 0.1\n",
                1, 3);
    cloud_each(c.cloud, 0, TABLE_DeviceProcessEvents, c.now, keep, &l);
    assert_int_equal(l.count, 3600);
    size_t late = 0;
    for (size_t i = 0; i < l.count; i++) {
        if (i) assert_true(l.times[i - 1].ticks <= l.times[i].ticks);
        late += l.times[i].ticks < c.now.ticks - WALL_TICKS_PER_HOUR - 90 * WALL_TICKS_PER_S;
        assert_true(l.times[i].ticks >= c.now.ticks - 48 * WALL_TICKS_PER_HOUR && l.times[i].ticks <= c.now.ticks);
    }
    assert_in_range(late, 250, 450);
    assert_in_range(l.without_extra, 250, 470); /* neighbours by (Timestamp, number): equal ones and twins */
    size_t equal = doubled(&l);
    assert_in_range(equal, 120, 240);
    assert_true(l.without_extra > equal + 100);
    lines_done(&l);
    client_close(&c);
}

/* What was visible at an instant stays told the same later: a row that comes late is not in the earlier view. */
static void the_past_does_not_change(void **state)
{
    struct client c;
    (void)state;
    client_open(&c, "history: 1h\nrows_per_second: {DeviceProcessEvents: 5}\nlate_share: 0.5\n", 1, 3);
    uint64_t at_start = cloud_count(c.cloud, 0, TABLE_DeviceProcessEvents, c.start);
    uint64_t later = cloud_count(c.cloud, 0, TABLE_DeviceProcessEvents, wall_add(c.start, 100 * WALL_TICKS_PER_S));
    assert_int_equal(later - at_start, 500);
    assert_int_equal(cloud_count(c.cloud, 0, TABLE_DeviceProcessEvents, c.start), at_start);
    client_close(&c);
}

/* An answer being read while rows arrive gives exactly what was there when it was asked. */
static void answers_see_one_instant(void **state)
{
    struct client c;
    struct buf body;
    (void)state;
    client_open(&c, "history: 1h\nrows_per_second: {DeviceProcessEvents: 1}\nlate_share: 0.5\nlate_up_to: 1h\n", 1, 3);
    struct cloud_request q = {.method = STR("POST"),
                              .path = STR("/v1.0/security/runHuntingQuery"),
                              .authorization = str_of(c.graph),
                              .body = STR("{\"Query\":\"DeviceProcessEvents | order by Timestamp asc\"}")};
    struct cloud_response r;
    cloud_handle(c.cloud, &q, c.now, &r);
    buf_init(&body, 64 << 20);
    char piece[30000];
    ssize_t n;
    for (int i = 1; (n = cloud_body_read(r.body, piece, sizeof piece)) > 0; i++) {
        buf_add(&body, piece, (size_t)n);
        (void)cloud_count(c.cloud, 0, TABLE_DeviceProcessEvents,
                          wall_add(c.now, i * WALL_TICKS_PER_S)); /* takes in new rows, late ones too */
    }
    assert_int_equal(n, 0);
    cloud_body_free(r.body);
    struct err e;
    const struct json *answer = json_parse(&c.arena, buf_str(&body), &e);
    assert_non_null(answer);
    assert_int_equal(json_get(answer, "results")->count, 3600);
    buf_done(&body);
    client_close(&c);
}

static void a_burst_is_split_by_hash(void **state)
{
    struct client c;
    char query[200];
    int64_t total = 0;
    (void)state;
    client_open(
        &c, "hunting_per_minute: 1000\nevents:\n  - {what: burst, at: 1s, table: DeviceNetworkEvents, rows: 250000}\n",
        1, 3);
    client_wait(&c, 2000);
    assert_int_equal(client_hunt(&c, "DeviceNetworkEvents | summarize count() by bin(Timestamp, 5m)"), 200);
    assert_int_equal(json_i64(json_get(&json_get(c.json, "results")->items[0], "count_"), 0), 250000);
    assert_int_equal(client_hunt(&c, "DeviceNetworkEvents | order by Timestamp asc | take 1000"), 200);
    assert_int_equal(client_count(&c, "results"), 1000);
    for (int i = 0; i < 4; i++) {
        (void)snprintf(query, sizeof query,
                       "DeviceNetworkEvents | where Timestamp == datetime(2026-06-01T12:00:01Z) and hash(ReportId, 4) "
                       "== %d | count",
                       i);
        assert_int_equal(client_hunt(&c, query), 200);
        total += json_i64(json_get(&json_get(c.json, "results")->items[0], "Count"), 0);
    }
    assert_int_equal(total, 250000);
    client_close(&c);
}

/* Five changes within one second: each is served to who asks in between, the last two under one lastUpdateDateTime. */
static void an_alert_in_a_flurry(void **state)
{
    struct client c;
    char last[64] = "";
    size_t revisions = 0, same_time = 0, comments = 0;
    (void)state;
    client_open(&c,
                "alerts_before: 0\nalerts_per_hour: 0\nsecurity_per_minute: 10000\nevents:\n  - {what: flurry, at: 1s, "
                "changes: 5}\n",
                1, 3);
    for (int ms = 0; ms < 2500; ms += 10, client_wait(&c, 10)) {
        assert_int_equal(client_get(&c, "/v1.0/security/alerts_v2"), 200);
        if (client_count(&c, "value") == 0) continue;
        const struct json *alert = &json_get(c.json, "value")->items[0];
        size_t n = json_get(alert, "comments")->count;
        char text[64];
        assert_true(str_copy(json_str(json_get(alert, "lastUpdateDateTime"), STR_NONE), text, sizeof text));
        if (revisions && n == comments) continue;
        same_time += revisions && strcmp(text, last) == 0;
        revisions++;
        comments = n;
        memcpy(last, text, sizeof last);
    }
    assert_int_equal(revisions, 6); /* as made, and five changes */
    assert_int_equal(comments, 5);
    assert_int_equal(same_time, 1);
    client_close(&c);
}

/* No alert changes without its lastUpdateDateTime growing to that very instant, and its incident with it. */
static void changes_move_the_last_update(void **state)
{
    struct client c;
    struct wall seen = {0};
    (void)state;
    client_open(
        &c,
        "alerts_before: 2\nalerts_per_hour: 1200\nalert_revision_time: 30s\nsecurity_per_minute: 10000\nhistory: 1m\n",
        1, 5);
    for (int i = 0; i < 200; i++, client_wait(&c, 250)) {
        static const char *const targets[] = {"/v1.0/security/alerts_v2?$orderby=lastUpdateDateTime%20desc&$top=1",
                                              "/v1.0/security/incidents?$orderby=lastUpdateDateTime%20desc&$top=1"};
        struct wall t[2];
        for (int k = 0; k < 2; k++) {
            assert_int_equal(client_get(&c, targets[k]), 200);
            const struct json *newest = &json_get(c.json, "value")->items[0];
            assert_true(wall_parse(json_str(json_get(newest, "lastUpdateDateTime"), STR_NONE), &t[k]));
        }
        assert_int_equal(t[0].ticks, t[1].ticks);
        assert_true(t[0].ticks >= seen.ticks && t[0].ticks <= c.now.ticks);
        seen = t[0];
    }
    client_close(&c);
}

static void every_row_is_json_of_its_table(void **state)
{
    struct client c;
    struct buf query;
    (void)state;
    client_open(&c, "history: 1h\nalerts_before: 40\nhunting_per_minute: 1000\nrows_per_second: {others: 6}\n", 4, 3);
    client_become(&c, 3); /* one whose table has a column nobody knows */
    buf_init(&query, 200);
    for (unsigned t = 0; t < TABLE_COUNT; t++) {
        buf_reset(&query);
        buf_add_str(&query, str_of(table_schemas[t].name));
        assert_int_equal(client_hunt(&c, buf_cstr(&query)), 200);
        const struct json *schema = json_get(c.json, "schema"), *rows = json_get(c.json, "results");
        assert_int_equal(schema->count, table_schemas[t].count + (t == TABLE_DeviceProcessEvents));
        assert_true(rows->count > 20);
        for (size_t i = 0; i < rows->count; i++)
            for (size_t k = 0; k < schema->count; k++) {
                char name[80];
                assert_true(str_copy(json_str(json_get(&schema->items[k], "name"), STR_NONE), name, sizeof name));
                assert_non_null(json_get(&rows->items[i], name));
            }
    }
    buf_done(&query);
    client_close(&c);
}

/* A file's rows, bare or streaming records, moved so that the newest has the event's time; all else as it stands. */
static void files_are_replayed(void **state)
{
    static const char text[] = "{\"Timestamp\":\"2022-01-01T00:00:00.5Z\",\"DeviceId\":\"d\\u0031\",\"ReportId\":"
                               "123456789012345678,\"IsLocalAdmin\":true,\"Other\":1}\n\n"
                               "{\"category\":\"AdvancedHunting-DeviceLogonEvents\",\"properties\":{\"Timestamp\":"
                               "\"2022-01-01T01:00:00Z\",\"ReportId\":\"7\",\"AdditionalFields\":{\"a\":[1]}}}\n";
    struct client c;
    struct scenario s;
    struct err e;
    struct str texts[SCENARIO_EVENTS_MAX] = {STR(text)};
    struct cloud *replaying;
    (void)state;
    client_open(&c, "tenants: 1\n", 1, 3);
    assert_true(scenario_parse(
        STR("events:\n  - {what: replay, at: 1s, table: DeviceLogonEvents, file: rows.ndjson}\n"), "s", &s, &e));
    struct cloud_opts o = {.seed = 3, .tenants = 1, .scenario = &s, .start = c.start, .replay_texts = texts};
    assert_true(cloud_new(&o, &replaying, &e));
    cloud_free(c.cloud);
    c.cloud = replaying;
    client_wait(&c, 2000);
    client_become(&c, 0);
    assert_int_equal(client_hunt(&c, "DeviceLogonEvents | where ReportId > 0 | project t = tostring(Timestamp), "
                                     "DeviceId, r = tostring(ReportId), IsLocalAdmin, AdditionalFields"),
                     200);
    const struct json *rows = json_get(c.json, "results");
    assert_int_equal(rows->count, 2);
    assert_true(str_eq(json_str(json_get(&rows->items[0], "t"), STR_NONE), STR("2026-06-01T11:00:01.5000000Z")));
    assert_true(str_eq(json_str(json_get(&rows->items[1], "t"), STR_NONE), STR("2026-06-01T12:00:01.0000000Z")));
    assert_true(str_eq(json_str(json_get(&rows->items[0], "DeviceId"), STR_NONE), STR("d1")));
    assert_true(str_eq(json_str(json_get(&rows->items[0], "r"), STR_NONE), STR("123456789012345678")));
    assert_int_equal(json_i64(json_get(&rows->items[0], "IsLocalAdmin"), 0), 1);
    assert_true(str_eq(json_str(json_get(&rows->items[1], "AdditionalFields"), STR_NONE), STR("{\"a\":[1]}")));
    texts[0] = STR("{\"Timestamp\":\"2022-01-01T00:00:00Z\"}\n{\"no\":1}\n");
    assert_false(cloud_new(&o, &replaying, &e));
    assert_string_equal(e.text, "rows.ndjson:2: not a JSON object with a Timestamp");
    client_close(&c);
}

static void dirt_is_written(void **state)
{
    static const struct {
        const char *text;
        unsigned dirt;
        const char *want;
    } rows[] = {
        {"a/b\"c\\d\n", 0, "\"a/b\\\"c\\\\d\\n\""},
        {"a/b", DIRT_SLASH, "\"a\\/b\""},
        {"é😀", DIRT_UNICODE, "\"\\u00e9\\ud83d\\ude00\""},
        {"é😀", 0, "\"é😀\""},
        {"\x01", 0, "\"\\u0001\""},
    };
    struct buf out;
    (void)state;
    buf_init(&out, 1000);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        buf_reset(&out);
        render_text(&out, str_of(rows[i].text), rows[i].dirt);
        assert_string_equal(buf_cstr(&out), rows[i].want);
    }
    buf_reset(&out);
    render_member(&out, "A", kql_null(KQL_DATETIME), DIRT_EMPTY, true);
    render_member(&out, "B", kql_int(KQL_LONG, INT64_C(123456789012345678)), DIRT_LONG_TEXT, false);
    render_member(&out, "C", kql_bool(true), 0, false);
    render_member(&out, "D", kql_null(KQL_STRING), DIRT_NULL, false);
    render_member(&out, "E", kql_int(KQL_DATETIME, 17000000000000000), 0, false);
    assert_string_equal(buf_cstr(&out), "\"A\":{},\"B\":\"123456789012345678\",\"C@odata.type\":\"#SByte\",\"C\":1,"
                                        "\"D\":null,\"E\":\"2023-11-14T22:13:20Z\"");
    buf_done(&out);
}

/* ---- texts people write ---------------------------------------------------------------------------------------------- */
static void scenarios_say_where_they_are_wrong(void **state)
{
    static const struct {
        const char *yaml, *want;
    } rows[] = {
        {"tenant: 3", "s.yaml:1:1: a scenario has no such field"},
        {"tenants: many", "s.yaml:1:10: not a number, or out of range"},
        {"late_share: 2", "s.yaml:1:13: not a number, or out of range"},
        {"history: 5", "s.yaml:1:10: not a duration (500ms, 30s, 15m, 6h, 2d)"},
        {"rows_per_second: {DeviceNope: 1}", "s.yaml:1:19: not a table the twin has"},
        {"events:\n  - {at: 1s}", "s.yaml:2:5: an event needs: what"},
        {"events:\n  - {what: quake, at: 1s}",
         "s.yaml:2:12: it can be burst, throttle, outage, partial, hang, flurry, replay, merge, add_column, "
         "drop_column, rename_table, extend_enum, late"},
        {"events:\n  - {what: add_column, table: DeviceInfo}", "s.yaml:2:5: this event needs a name"},
        {"events:\n  - {what: burst, tenants: 5-1}", "s.yaml:2:28: tenants are: all, N, N-M, every N"},
        {"rules:\n  - {lacks: [luck]}",
         "s.yaml:2:14: a tenant can lack hunting, alerts, incidents, machines, consent, tables, live_response"},
        {"- a", "s.yaml:1:1: a scenario is a map"},
    };
    struct scenario s;
    struct err e;
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_false(scenario_parse(str_of(rows[i].yaml), "s.yaml", &s, &e));
        assert_string_equal(e.text, rows[i].want);
        assert_ptr_equal(e.cause, &twin_causes[TWIN_BAD_SCENARIO]);
    }
}

static void scenarios_that_come_along_are_sound(void **state)
{
    struct scenario s;
    struct err e;
    unsigned n = 0;
    (void)state;
    for (; scenario_builtin_name(n); n++) {
        if (!scenario_builtin(str_of(scenario_builtin_name(n)), &s, &e)) fail_msg("%s", e.text);
        assert_string_equal(s.name, scenario_builtin_name(n));
    }
    assert_true(n >= 5);
    assert_false(scenario_builtin(STR("nosuch"), &s, &e));
    assert_true(scenario_builtin(STR("lively"), &s, &e));
    double total = 0;
    for (unsigned i = 0; i < TABLE_COUNT; i++) {
        assert_true(s.rows_per_s[i] > 0);
        total += s.rows_per_s[i];
    }
    assert_true(total >= 800);
}

static void tenant_ranges(void **state)
{
    struct scenario s;
    struct err e;
    (void)state;
    assert_true(scenario_parse(
        STR("events:\n  - {what: outage, tenants: 2-4}\n  - {what: outage, tenants: every 3}\n  - {what: outage}\n"),
        "s", &s, &e));
    assert_false(tenant_range_has(&s.events[0].tenants, 1));
    assert_true(tenant_range_has(&s.events[0].tenants, 4));
    assert_false(tenant_range_has(&s.events[0].tenants, 5));
    assert_true(tenant_range_has(&s.events[1].tenants, 6));
    assert_false(tenant_range_has(&s.events[1].tenants, 7));
    assert_true(tenant_range_has(&s.events[2].tenants, 4999));
}

static void faults_as_text(void **state)
{
    static const char *const wrong[] = {"429", "429=", "429=x", "429=1.5", "429=-1", "418=0.1", "=1"};
    struct fault_rates f;
    struct err e;
    struct rng r;
    unsigned drawn[FAULT_COUNT] = {0};
    (void)state;
    assert_true(fault_rates_parse(STR(" 429=0.25, cut=0.5 "), &f, &e));
    rng_seed(&r, 1);
    for (int i = 0; i < 4000; i++) drawn[fault_draw(&f, &r)]++;
    assert_in_range(drawn[FAULT_THROTTLE], 900, 1100);
    assert_in_range(drawn[FAULT_CUT], 1880, 2120);
    assert_in_range(drawn[FAULT_NONE], 900, 1100);
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        assert_false(fault_rates_parse(str_of(wrong[i]), &f, &e));
        assert_ptr_equal(e.cause, &twin_causes[TWIN_BAD_FAULTS]);
    }
}

static bool add_piece(void *ctx, struct str piece)
{
    return buf_add_str(ctx, piece);
}

static void generate_makes_lines(void **state)
{
    struct buf a, b;
    struct err e;
    struct json_fault fault;
    struct generate_opts o = {.table = "DeviceProcessEvents", .bytes = 200000, .seed = 4, .until = {17700000000000000}};
    (void)state;
    buf_init(&a, 1 << 20);
    buf_init(&b, 1 << 20);
    assert_true(generate(&o, add_piece, &a, &e));
    assert_true(generate(&o, add_piece, &b, &e));
    assert_true(str_eq(buf_str(&a), buf_str(&b)));
    assert_in_range(a.n, 200000, 220000);
    for (struct str rest = buf_str(&a); rest.n;) assert_true(json_check(str_cut(&rest, '\n'), &fault));
    o.table = "Nope";
    assert_false(generate(&o, add_piece, &a, &e));
    o.table = "mix"; /* bare rows of several tables would say nothing about themselves */
    assert_false(generate(&o, add_piece, &a, &e));
    o.shape = "square";
    assert_false(generate(&o, add_piece, &a, &e));
    buf_done(&a);
    buf_done(&b);
}

static void generate_makes_every_shape(void **state)
{
    static const struct {
        const char *shape, *begins, *holds;
        const char *list; /* of rows; NULL: the line is one */
        size_t rows_max;
    } rows[] = {
        {"graph", "{\"@odata.context\"", "\"schema\":[{\"name\":\"Timestamp\",\"type\":\"DateTime\"}", "results",
         10000},
        {"endpoint", "{\"Schema\"", "\"Name\":\"Timestamp\",\"Type\":\"DateTime\"", "Results", 10000},
        {"records", "{\"time\":", "\"category\":\"AdvancedHunting-DeviceNetworkEvents\"", NULL, 1},
        {"eventhub", "{\"records\":[{\"time\":", "\"category\":\"AdvancedHunting-DeviceRegistryEvents\"", "records",
         100},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct generate_opts o = {.table = "mix", .shape = rows[i].shape, .bytes = 900000, .seed = 4};
        struct buf out = {0};
        struct err e;
        o.until.ticks = 17700000000000000;
        for (int shuffled = 0; shuffled < 2; shuffled++) {
            buf_reset(&out);
            o.shuffles_keys = shuffled == 1;
            assert_true(generate(&o, add_piece, &out, &e));
            assert_in_range(out.n, 900000, 920000);
            assert_true(str_starts(buf_str(&out), str_of(rows[i].begins)));
            assert_true(str_find(buf_str(&out), str_of(rows[i].holds), 0) != SIZE_MAX);
            bool is_native = str_find(buf_str(&out), STR("@odata.type"), 0) == SIZE_MAX;
            assert_int_equal(is_native, i >= 2);
            for (struct str rest = buf_str(&out); rest.n;) {
                struct arena a;
                arena_init(&a, 64 << 20);
                const struct json *v = json_parse(&a, str_cut(&rest, '\n'), &e);
                assert_non_null(v);
                if (rows[i].list) assert_in_range(json_get(v, rows[i].list)->count, 1, rows[i].rows_max);
                arena_done(&a);
            }
        }
        buf_done(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_come_late_and_twice),
        cmocka_unit_test(the_past_does_not_change),
        cmocka_unit_test(answers_see_one_instant),
        cmocka_unit_test(a_burst_is_split_by_hash),
        cmocka_unit_test(an_alert_in_a_flurry),
        cmocka_unit_test(changes_move_the_last_update),
        cmocka_unit_test(every_row_is_json_of_its_table),
        cmocka_unit_test(files_are_replayed),
        cmocka_unit_test(dirt_is_written),
        cmocka_unit_test(scenarios_say_where_they_are_wrong),
        cmocka_unit_test(scenarios_that_come_along_are_sound),
        cmocka_unit_test(tenant_ranges),
        cmocka_unit_test(faults_as_text),
        cmocka_unit_test(generate_makes_lines),
        cmocka_unit_test(generate_makes_every_shape),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
