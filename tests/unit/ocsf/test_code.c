/* The fast form of plans against the ops it stands for: every golden row, and thousands of damaged ones, give the same bytes
 * both ways, for every version and class set, in pieces of any size. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kit/base/str.h"
#include "logic/ocsf/ocsf.h"

enum { MUTANTS = 40, FILE_BYTES_MAX = 1 << 20 };

static const struct ocsf *made[4][2]; /* by target; fast, general */

static int make_all(void **state)
{
    static const char *const versions[] = {"1.8.0", "1.3.0"}, *const sets[] = {"mission", "best-fit"};
    (void)state;
    for (int i = 0; i < 8; i++) {
        struct ocsf_opts opts = {.version = versions[i / 4], .classes = sets[i / 2 % 2], .is_general = i % 2};
        struct ocsf *o;
        struct err e = {0};
        if (!ocsf_new(&opts, &o, &e)) fail_msg("%s", e.text);
        made[i / 2][i % 2] = o;
    }
    return 0;
}

static int free_all(void **state)
{
    (void)state;
    for (int i = 0; i < 8; i++) ocsf_free((struct ocsf *)made[i / 2][i % 2]);
    return 0;
}

static bool on_event(void *ctx, const struct map_event *event)
{
    char head[64];
    (void)snprintf(head, sizeof head, "%u %lld ", event->class_uid, (long long)event->time_ms);
    (void)buf_add_str(ctx, str_of(head));
    (void)buf_add_str(ctx, event->json);
    (void)buf_add_char(ctx, '\n');
    return true;
}

static void on_dead(void *ctx, struct str letter)
{
    (void)buf_add_str(ctx, letter);
    (void)buf_add_char(ctx, '\n');
}

static void map(const struct ocsf *o, const char *table, struct str input, size_t piece, struct buf *out)
{
    struct ocsf_stream_opts opts = {.ocsf = o, .table = table, .ctx = out, .on_event = on_event, .on_dead = on_dead};
    struct ocsf_stream *s = ocsf_stream_new(&opts);
    assert_non_null(s);
    buf_reset(out);
    for (size_t i = 0; i < input.n; i += piece)
        ocsf_stream_feed(s, input.p + i, input.n - i < piece ? input.n - i : piece);
    ocsf_stream_end(s);
    ocsf_stream_free(s);
}

static void compare(const char *name, struct str input, size_t piece)
{
    static struct buf fast, general;
    for (int target = 0; target < 4; target++) {
        map(made[target][0], NULL, input, piece, &fast);
        map(made[target][1], NULL, input, piece, &general);
        if (str_eq(buf_str(&fast), buf_str(&general))) continue;
        size_t at = 0;
        while (at < fast.n && at < general.n && fast.p[at] == general.p[at]) at++;
        size_t from = at > 100 ? at - 100 : 0;
        fail_msg("%s, target %d, byte %zu:\nfast    %.*s\ngeneral %.*s", name, target, at,
                 STR_ARG(str_sub(buf_str(&fast), from, 200)), STR_ARG(str_sub(buf_str(&general), from, 200)));
    }
    buf_done(&fast);
    buf_done(&general);
}

/* xorshift: the same damage every time. */
static uint64_t chance(void)
{
    static uint64_t x = UINT64_C(88172645463325252);
    x ^= x << 13;
    x ^= x >> 7;
    return x ^= x << 17;
}

/* Values that are near what codes expect, in place of others. */
static const char *const words[] = {
    "null",
    "\"\"",
    "0",
    "\"0\"",
    "\"-\"",
    "\"\\u002d\"",
    "true",
    "false",
    "\"true\"",
    "1",
    "-1",
    "12.0",
    "\"12.50\"",
    "1e3",
    "99999999999",
    "\" 7 \"",
    "{}",
    "[]",
    "[\"a\"]",
    "{\"a\":1}",
    "\"{\\\"a\\\":1}\"",
    "\"10.0.0.1 \"",
    "\"fe80::1%2\"",
    "\"a\\\\b\\\"c\"",
    "\"C:\\\\x\\\\y.EXE\"",
    "\"\\/usr\\/bin\"",
    "\"/\"",
    "\"\\\\\"",
    "\"S-1-5-18\"",
    "\"S-1-5-2\\u0030\"",
    "\"2026-02-30T00:00:00Z\"",
    "\"2026-02-03t04:05:06.7Z\"",
    "\"0001-01-01T00:00:00Z\"",
    "\"1999-01-01T00:00:00Z\"",
    "\"SYSTEM\"",
    "\"system \"",
    "\"Hi\\u0067h\"",
    "\"a@b.c\"",
    "\" a@b.c\"",
    "\"\\u00e9\"",
    "\"\xC3\xA9.x\"",
    "1234567890123456789",
    "\"h.example\"",
    "\"https:\\/\\/u@h.example:8443\\/p?q=1#f\"",
    "\"https://h.example:0443/a b\"",
    "\"http://[::1]:70000?x=\\\"\"",
    "\"Tcp\"",
    "\"ICMPv6\"",
    "\"Reserved\"",
    "\"neither of these words\"",
    ("\"{\\\"Direction\\\":\\\"Out\\\",\\\"uid\\\":\\\"a\\\\u002f\\\",\\\"FileType\\\":\\\"Zip\\\",\\\"Terminal\\\":-0}"
     "\""),
};

static size_t value_end(const char *p, size_t at, size_t n)
{
    if (p[at] != '"') {
        while (at < n && p[at] != ',' && p[at] != '}' && p[at] != '\n') at++;
        return at;
    }
    for (at++; at < n && p[at] != '"'; at++) at += p[at] == '\\';
    return at < n ? at + 1 : n;
}

/* Some values replaced, and now and then a byte. */
static struct str damage(struct str in, struct buf *out)
{
    buf_reset(out);
    for (size_t i = 0; i < in.n;) {
        bool is_value = i > 1 && in.p[i - 1] == ':' && in.p[i - 2] == '"';
        is_value = is_value || (i > 2 && in.p[i - 1] == ' ' && in.p[i - 2] == ':' && in.p[i - 3] == '"');
        if (is_value && in.p[i] != '{' && in.p[i] != '[' && chance() % 8 == 0) {
            (void)buf_add_str(out, str_of(words[chance() % (sizeof words / sizeof *words)]));
            i = value_end(in.p, i, in.n);
        } else {
            (void)buf_add_char(out, chance() % 20000 == 0 ? (char)chance() : in.p[i]);
            i++;
        }
    }
    return buf_str(out);
}

static struct str whole_file(const char *table, char *bytes)
{
    char path[512];
    (void)snprintf(path, sizeof path, "%s/tests/golden/cases/%s.in.ndjson", SOURCE_ROOT, table);
    FILE *f = fopen(path, "rb");
    assert_non_null(f);
    size_t n = fread(bytes, 1, FILE_BYTES_MAX, f);
    assert_int_equal(fclose(f), 0);
    return (struct str){bytes, n};
}

static void both_ways_write_the_same(void **state)
{
    static const char *const tables[] = {"DeviceProcessEvents",
                                         "DeviceFileEvents",
                                         "DeviceNetworkEvents",
                                         "DeviceImageLoadEvents",
                                         "DeviceRegistryEvents",
                                         "DeviceLogonEvents",
                                         "DeviceInfo",
                                         "DeviceEvents",
                                         "DeviceNetworkInfo",
                                         "DeviceFileCertificateInfo",
                                         "alerts_v2",
                                         "alerts_endpoint",
                                         "alerts_siem",
                                         "incidents",
                                         "incidents_xdr",
                                         "machines",
                                         "machine_actions"};
    static char bytes[FILE_BYTES_MAX];
    struct buf damaged = {0};
    (void)state;
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
        struct str input = whole_file(tables[i], bytes);
        compare(tables[i], input, input.n);
        for (int k = 0; k < MUTANTS; k++) compare(tables[i], damage(input, &damaged), 1 + chance() % 5000);
    }
    buf_done(&damaged);
}

/* ---- rows by themselves ------------------------------------------------------------------------------------------------------ */
static void facts_of(struct map_scratch *s, const char *table, struct str row, struct buf *out)
{
    static const struct str tenant = {"t", 1};
    const struct ocsf *o = made[0][0];
    const struct plan *plan = ocsf_plan(o, str_of(table));
    struct map_input in = {.tenant_id = tenant, .source = str_of(table), .row = row};
    const struct map_event *events;
    struct row_facts f;
    char identity[33];
    size_t count;
    struct err e;
    plan_facts(plan, s, tenant, str_of(table), row, &f);
    hash128_hex(f.identity, identity);
    buf_reset(out);
    (void)buf_addf(out, "%s %lld %.*s\n", identity, f.has_time ? (long long)f.time.ticks : 0, STR_ARG(f.object_id));
    if (plan_map(plan, o, s, &in, &events, &count, &e)) (void)on_event(out, events);
}

/* A scratch that has had some rows reads by the walk, a new one byte by byte. */
static void rows_alone_are_read_alike(void **state)
{
    static const char *const tables[] = {"DeviceProcessEvents", "DeviceNetworkEvents", "alerts_v2", "machines"};
    static char bytes[FILE_BYTES_MAX];
    struct map_scratch *used = map_scratch_new();
    struct buf damaged = {0}, by_walk = {0}, by_bytes = {0};
    size_t rows = 0;
    (void)state;
    for (size_t i = 0; i < 8 * sizeof tables / sizeof *tables; i++) {
        const char *table = tables[i / 8];
        struct str input = whole_file(table, bytes);
        for (struct str rest = i % 8 ? damage(input, &damaged) : input, row; (row = str_cut(&rest, '\n')).n > 0;
             rows++) {
            struct map_scratch *fresh = map_scratch_new();
            if (!json_check(row, NULL) || json_type_of(row) != JSON_OBJECT) {
                map_scratch_free(fresh);
                continue;
            }
            facts_of(used, table, row, &by_walk);
            facts_of(fresh, table, row, &by_bytes);
            map_scratch_free(fresh);
            if (!str_eq(buf_str(&by_walk), buf_str(&by_bytes)))
                fail_msg("%s\nwalk  %.*s\nbytes %.*s", table, STR_ARG(buf_str(&by_walk)), STR_ARG(buf_str(&by_bytes)));
        }
    }
    assert_true(rows > 100);
    map_scratch_free(used);
    buf_done(&damaged);
    buf_done(&by_walk);
    buf_done(&by_bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(both_ways_write_the_same),
                                       cmocka_unit_test(rows_alone_are_read_alike)};
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests_name("code", tests, make_all, free_all);
}
