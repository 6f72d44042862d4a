/* twin/kql: query to rows, over a small table held in memory; what it does not know is refused by name and place. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "kit/base/err.h"
#include "twin/kql/kql.h"

#define T(text) at(text)
static int64_t at(const char *text)
{
    struct wall t;
    INVARIANT(wall_parse(str_of(text), &t));
    return t.ticks;
}

struct record {
    const char *time;
    int64_t n; /* -1: null */
    const char *word;
    int flag; /* -1: null */
};
static const struct record records[] = {
    /* in order of time */
    {"2026-01-01T00:00:01Z", 5, "alpha beta", 1},
    {"2026-01-01T00:04:59.9999999Z", 3, "Beta", 0},
    {"2026-01-01T00:05:00Z", 9, "gamma/delta", 1},
    {"2026-01-01T00:05:00Z", 7, "alphabet", -1},
    {"2026-01-01T00:05:00Z", 8, "", 0},
    {"2026-01-01T01:00:00Z", -1, "say \"hi\"", 1},
    {"2026-01-02T00:00:00Z", 100000000000000001, "last", 0},
};
enum { RECORDS = sizeof records / sizeof records[0] };
static const struct kql_column columns[] = {
    {"Timestamp", KQL_DATETIME}, {"N", KQL_LONG}, {"Word", KQL_STRING}, {"Flag", KQL_BOOL}};

struct scan {
    int64_t from, to;
    bool descending;
    unsigned seen;
};
static unsigned scanned; /* rows the source handed out */

static bool find(void *ctx, struct str name, struct kql_table *out)
{
    (void)ctx;
    *out = (struct kql_table){columns, 4, 0, NULL};
    return str_eq(name, STR("T")) || str_eq(name, STR("U")); /* two names for one table */
}
static void *open_scan(void *ctx, void *handle, int64_t from, int64_t to, bool descending)
{
    struct scan *s = test_calloc(1, sizeof *s);
    (void)ctx, (void)handle;
    *s = (struct scan){from, to, descending, 0};
    return s;
}
static bool next(void *scan, struct kql_row_ref *out)
{
    struct scan *s = scan;
    while (s->seen < RECORDS) {
        unsigned i = s->descending ? RECORDS - 1 - s->seen : s->seen;
        int64_t t = at(records[i].time);
        s->seen++;
        if (t < s->from || t > s->to) continue;
        scanned++;
        *out = (struct kql_row_ref){t, i};
        return true;
    }
    return false;
}
static void close_scan(void *scan)
{
    test_free(scan);
}
static struct kql_value cell(void *ctx, void *handle, struct kql_row_ref row, unsigned column, struct arena *a)
{
    const struct record *r = &records[row.id];
    (void)ctx, (void)handle, (void)a;
    switch (column) {
    case 0: return kql_int(KQL_DATETIME, row.ticks);
    case 1: return r->n < 0 ? kql_null(KQL_LONG) : kql_int(KQL_LONG, r->n);
    case 2: return kql_str(str_of(r->word));
    default: return r->flag < 0 ? kql_null(KQL_BOOL) : kql_bool(r->flag);
    }
}
static const struct kql_source source = {NULL, find, open_scan, next, close_scan, cell};

/* The answer as "a,b|c,d", or "! message". */
static void run(const char *query, struct buf *out)
{
    struct kql_env env = {&source, {T("2026-01-02T01:00:00Z")}, INT64_MIN, INT64_MAX};
    struct kql_query *q;
    struct kql_error e;
    const struct kql_value *values;
    struct kql_row_ref ref;
    struct arena a;
    scanned = 0;
    buf_reset(out);
    if (!kql_compile(str_of(query), &env, &q, &e)) {
        buf_addf(out, "! %s", e.text);
        return;
    }
    arena_init(&a, 1 << 20);
    while (kql_next(q, &values, &ref) == KQL_ROW) {
        if (out->n) buf_add_char(out, '|');
        for (unsigned i = 0; i < kql_output_count(q); i++) {
            if (i) buf_add_char(out, ',');
            if (values[i].is_null)
                buf_add_str(out, STR("null"));
            else
                buf_add_str(out, kql_to_text(values[i], &a));
        }
    }
    arena_done(&a);
    kql_free(q);
}

struct row {
    const char *query, *want;
};

static void check(const struct row *rows, size_t n)
{
    struct buf out;
    buf_init(&out, 1 << 20);
    for (size_t i = 0; i < n; i++) {
        run(rows[i].query, &out);
        if (strcmp(buf_cstr(&out), rows[i].want) != 0) print_error("query: %s\n", rows[i].query);
        assert_string_equal(buf_cstr(&out), rows[i].want);
    }
    buf_done(&out);
}
#define CHECK(rows) check(rows, sizeof(rows) / sizeof(rows)[0])

static void queries_give_their_rows(void **state)
{
    static const struct row rows[] = {
        {"T | project N", "5|3|9|7|8|null|100000000000000001"},
        {"T | where N > 5 | project N", "9|7|8|100000000000000001"},
        {"T | where N >= 7 and N < 9 | project N", "7|8"},
        {"T | where N == 3 or N == 5 | project N", "5|3"},
        {"T | where N == 3 or N == 5 and Flag == 0 | project N", "3"},
        {"T | where (N == 3 or N == 5) and Flag == true | project N", "5"},
        {"T | where not(N == 5) | project N", "3|9|7|8|100000000000000001"},
        {"T | where N in (3, 9, 11) | project N", "3|9"},
        {"T | where N !in (3, 9, 5) | project N", "7|8|null|100000000000000001"},
        {"T | where Word in~ (\"BETA\", 'LAST') | project N", "3|100000000000000001"},
        {"T | where N between (7 .. 9) | project N", "9|7|8"},
        {"T | where N !between (7 .. 9) | project N", "5|3|100000000000000001"},
        {"T | where Word has 'beta' | project N", "5|3"},
        {"T | where Word has 'alpha' | project N", "5"},
        {"T | where Word !has 'beta' | project N | take 1", "9"},
        {"T | where Word contains 'ALPHA' | project N", "5|7"},
        {"T | where Word contains_cs 'beta' | project N", "5"},
        {"T | where Word startswith 'Alpha' | project N", "5|7"},
        {"T | where Word endswith 'DELTA' | project N", "9"},
        {"T | where Word =~ 'beta' | project N", "3"},
        {"T | where Word == 'beta' | project N", ""},
        {"T | where Word == \"say \\\"hi\\\"\" | project Word", "say \"hi\""},
        {"T | where Word == @\"say \"\"hi\"\"\" | project Word", "say \"hi\""},
        {"T | where isempty(Word) | project N", "8"},
        {"T | where isnull(N) | project Word", "say \"hi\""},
        {"T | where isnull(Flag) | project N", "7"},
        {"T | where Timestamp >= datetime(2026-01-01T00:05:00Z) and Timestamp < datetime(2026-01-01T01:00:00Z) | "
         "project N",
         "9|7|8"},
        {"T | where Timestamp between (datetime(2026-01-01T00:04:59.9999999Z) .. 1s) | project N", "3|9|7|8"},
        {"T | where Timestamp > ago(1h) | project N", ""},
        {"T | where Timestamp >= ago(1h) | project N", "100000000000000001"},
        {"T | where Timestamp > ago(2h) and Timestamp <= now() | project N", "100000000000000001"},
        {"T | where datetime(2026-01-01T01:00:00) <= Timestamp | project N", "null|100000000000000001"},
        {"T | take 2 | project N", "5|3"},
        {"T | limit 0", ""},
        {"T | order by Timestamp desc | take 2 | project N", "100000000000000001|null"},
        {"T | sort by N | project N", "100000000000000001|9|8|7|5|3|null"},
        {"T | sort by N asc | project N", "null|3|5|7|8|9|100000000000000001"},
        {"T | sort by N asc nulls last | take 1 | project N", "3"},
        {"T | order by Timestamp asc, N asc | project N", "5|3|7|8|9|null|100000000000000001"},
        {"T | order by Timestamp desc, N asc | project N", "100000000000000001|null|7|8|9|3|5"},
        {"T | order by Flag asc, N desc | project N", "7|100000000000000001|8|3|9|5|null"},
        {"T | top 2 by N | project N", "100000000000000001|9"},
        {"T | count", "7"},
        {"T | where N > 1000000000000000000 | count", "0"},
        {"T | summarize count() by bin(Timestamp, 5m)",
         "2026-01-01T00:00:00.0000000Z,2|2026-01-01T00:05:00.0000000Z,3|2026-01-01T01:00:00.0000000Z,1|2026-01-02T00:"
         "00:00.0000000Z,1"},
        {"T | summarize c = count(), m = max(N) by Flag | where c > 1 | project Flag, c, m",
         "true,3,9|false,3,100000000000000001"},
        {"T | summarize min(N), max(Timestamp), dcount(Flag), countif(N > 5), sum(N) | project min_N, dcount_Flag, "
         "countif_, sum_N",
         "3,3,4,100000000000000033"},
        {"T | summarize by Flag", "true|false|null"},
        {"T | distinct Flag", "true|false|null"},
        {"T | where N > 1000 | where N < 5 | summarize count()", "0"},
        {"T | where N < 0 | summarize count() by Flag", ""},
        {"T | extend M = N * 2 + 1 | where M > 15 | project M", "19|17|200000000000000003"},
        {"T | extend N = tostring(N) | project N | take 1", "5"},
        {"T | extend Word = strcat(Word, '-', N, \"-\", Flag) | project Word | take 2",
         "alpha beta-5-true|Beta-3-false"},
        {"T | project-away Word, Timestamp | take 1", "5,true"},
        {"T | project a = N % 4, b = N / 2, c = -N, d = 1.5 * N | take 1", "1,2,-5,7.5"},
        {"T | project tolong('12'), tolong('x'), toint(3), tolower('ÄB'), toupper('ab') | take 1", "12,null,3,Äb,AB"},
        {"T | project strlen('äöü'), iff(N > 4, 'big', 'small'), coalesce('', Word) | take 1", "3,big,alpha beta"},
        {"T | project Timestamp - datetime(2026-01-01) | take 1", "00:00:01"},
        {"T | project Timestamp + 1d | take 1", "2026-01-02T00:00:01.0000000Z"},
        {"let n = 5; let w = 'last'; T | where N == n or Word == w | project N", "5|100000000000000001"},
        {"let from = datetime(2026-01-02); T | where Timestamp >= from | count", "1"},
        {"let Big = T | where N > 7; Big | where Flag == 1 | project N", "9"},
        {"(T | where N > 7) | count", "3"},
        {"// a comment\nT // another\n| count // last", "7"},
        {"T\r\n|where N==5|project N;", "5"},
    };
    (void)state;
    CHECK(rows);
}

static void tables_are_combined(void **state)
{
    static const struct row rows[] = {
        {"union T, U | count", "14"},
        {"union withsource=Of T, U | summarize c = count() by Of", "T,7|U,7"},
        {"union isfuzzy=true withsource=Of T, Nope | summarize c = count() by Of", "T,7"},
        {"T | where N == 5 | union (U | where N == 3) | project N", "5|3"},
        {"T | where N == 5 | union withsource=Of U | where N == 5 | project Of", "union_arg0|U"},
        {"union (T | project a = N | take 1), (U | project b = Word | take 1)", "5,|null,alpha beta"},
        {"union (T | project a = N | take 1), (U | project a = Word | take 1)", "5,|null,alpha beta"},
        {"union kind=inner (T | project a = N, b = Word | take 1), (U | project b = Word | take 1)",
         "alpha beta|alpha beta"},
        {"union T, U | where N in (3, 9) | order by N asc, Timestamp asc | project N", "3|3|9|9"},
        {"let V = T | where N > 7; union V, (V | take 1) | count", "4"},
        {"union (union T, U), T | count", "21"},
        {"T | where N > 100 | union (T | count)",
         "2026-01-02T00:00:00.0000000Z,100000000000000001,last,false,null|null,null,,null,7"},
        {"T | where N in (3, 9) | join kind=inner (U | project N, Word) on N | project N, Word1",
         "3,Beta|9,gamma/delta"},
        {"T | where N == 7 | join kind=inner (U | project n = N + 1, w = Word) on $left.N == $right.n", ""},
        {"T | where N == 9 | project N | join kind=inner (U | project n = N + 1, w = N) on $left.N == $right.n",
         "9,9,8"},
        {"T | where N in (3, 5) | project N | join kind=leftouter (U | where N == 3 | project N, Flag) on N",
         "5,null,null|3,3,false"},
        {"T | where isnotnull(Flag) | project Flag, N | join (U | where N in (3, 9) | project Flag, w = Word) on Flag",
         "true,5,true,gamma/delta|false,3,false,Beta"},
        {"T | join kind=inner U on Timestamp | count", "13"},
        {"T | project N, Flag | getschema | project ColumnName, ColumnOrdinal, DataType, ColumnType",
         "N,0,System.Int64,long|Flag,1,System.SByte,bool"},
        {"T | getschema | where ColumnType == 'datetime' | project ColumnName", "Timestamp"},
    };
    (void)state;
    CHECK(rows);
}

static void groups_are_told_in_many_ways(void **state)
{
    static const struct row rows[] = {
        {"T | summarize arg_max(N, Word)", "100000000000000001,last"},
        {"T | summarize arg_min(Timestamp, *) by Flag | project Flag, Timestamp, N, Word",
         "true,2026-01-01T00:00:01.0000000Z,5,alpha "
         "beta|false,2026-01-01T00:04:59.9999999Z,3,Beta|null,2026-01-01T00:05:"
         "00.0000000Z,7,alphabet"},
        {"T | summarize last = arg_max(Timestamp, N), n = count() by Flag | project n, N",
         "3,null|3,100000000000000001|1,7"},
        {"T | where N < 6 | summarize make_set(Flag), make_list(Word)", "[true,false],[\"alpha beta\",\"Beta\"]"},
        {"T | summarize s = make_set(Flag, 100) | project array_length(s), s[0]", "2,true"},
        {"T | where N < 10 | summarize avg(N), take_any(N)", "6.4,5"},
        {"T | where N < 0 | summarize avg(N), make_set(N)", "null,[]"},
    };
    (void)state;
    CHECK(rows);
}

static void dynamics_can_be_looked_into(void **state)
{
    static const struct row rows[] = {
        {"T | take 1 | project d = parse_json('{\"a\":{\"b\":[1,\"zwei\",null]},\"c d\":true}') | project d.a.b[1], "
         "d['c d'], tolong(d.a.b[0]), isnull(d.a.b[2]), isnull(d.nope)",
         "zwei,true,1,true,true"},
        {"T | where parse_json('{\"w\":\"last\"}').w == Word | project N", "100000000000000001"},
        {"T | take 1 | project todynamic('no json'), array_length(dynamic([1,2,3]))", "no json,3"},
        {"T | where Word in (dynamic(['last'])) | project N", "! Syntax error: '['last']' is not a valid dynamic "
                                                              "literal. [line:position=1:27]"},
        {"T | where Word in (dynamic([\"last\", \"Beta\"])) | project N", "3|100000000000000001"},
        {"T | where Word has_any ('beta', 'gamma') | project N", "5|3|9"},
        {"T | where Word has_all ('alpha', 'beta') | project N", "5"},
        {"T | where Word has_any (dynamic([\"delta\"])) | project N", "9"},
        {"T | where Word matches regex '^al.*t$' | project N", "7"},
        {"T | where Word matches regex '(?i)^beta' | project N", "3"},
        {"T | where tostring(N) matches regex @'^\\d$' | count", "5"},
        {"T | project case(N < 4, 'few', N < 8, 'some', 'many') | take 3", "some|few|many"},
        {"T | project format_datetime(Timestamp, 'yyyy-MM-dd HH:mm:ss.fff') | take 2",
         "2026-01-01 00:00:01.000|2026-01-01 00:04:59.999"},
        {"T | project toreal('1.5'), tobool('true'), substring(Word, 1, 3), startofday(Timestamp) | take 1",
         "1.5,true,lph,2026-01-01T00:00:00.0000000Z"},
    };
    (void)state;
    CHECK(rows);
}

/* hash(x, n) splits: every row falls into one of the n, the same each time. */
static void hash_partitions(void **state)
{
    struct buf out;
    char query[80];
    int total = 0;
    (void)state;
    buf_init(&out, 4096);
    for (int i = 0; i < 4; i++) {
        (void)snprintf(query, sizeof query, "T | where hash(Word, 4) == %d | count", i);
        run(query, &out);
        total += buf_cstr(&out)[0] - '0';
    }
    assert_int_equal(total, RECORDS);
    buf_done(&out);
}

/* Only what the range of Timestamp and take allow is asked of the table. */
static void scans_read_no_more_than_needed(void **state)
{
    struct buf out;
    (void)state;
    buf_init(&out, 4096);
    run("T | where Timestamp >= datetime(2026-01-01T01:00:00Z) | order by Timestamp asc | count", &out);
    assert_int_equal(scanned, 2);
    run("T | order by Timestamp asc | take 2", &out);
    assert_int_equal(scanned, 2);
    run("T | order by Timestamp desc, N asc | take 1", &out); /* one look ahead, to see where the ties end */
    assert_int_equal(scanned, 2);
    run("T | where Word == 'last' | where Timestamp > datetime(2026-01-01T01:00:00Z)", &out);
    assert_int_equal(scanned, 1);
    buf_done(&out);
}

static void what_is_unknown_is_named(void **state)
{
    static const struct row rows[] = {
        {"X | take 1", "! '' operator: Failed to resolve table or column expression named 'X' [line:position=1:0]"},
        {"T | where Nope == 1",
         "! 'where' operator: Failed to resolve column or scalar expression named 'Nope' [line:position=1:10]"},
        {"T\n| take 1\n| project N, Zz",
         "! 'project' operator: Failed to resolve column or scalar expression named 'Zz' [line:position=3:13]"},
        {"T | evaluate bag_unpack(N)", "! Syntax error: 'evaluate' is not a known query operator. [line:position=1:4]"},
        {"T | mv-expand N", "! Syntax error: 'mv' is not a known query operator. [line:position=1:4]"},
        {"T | join X on N",
         "! 'join' operator: Failed to resolve table or column expression named 'X' [line:position=1:9]"},
        {"T | join kind=fullouter U on N",
         "! 'join' operator: the kind 'fullouter' is not known. [line:position=1:14]"},
        {"T | join kind=inner U on Nope",
         "! 'join' operator: Failed to resolve column named 'Nope' [line:position=1:25]"},
        {"union T, X",
         "! 'union' operator: Failed to resolve table or column expression named 'X' [line:position=1:9]"},
        {"union isfuzzy=true X, Y", "! 'union' operator: none of the tables could be resolved. [line:position=1:6]"},
        {"T | where Word matches regex '(?<n>a)'",
         "! 'matches regex' operator: the pattern '(?<n>a)' is not understood. [line:position=1:29]"},
        {"T | extend x = Word.a", "! A path expression needs a dynamic value, not String. [line:position=1:19]"},
        {"T | extend x = dynamic({a:1})",
         "! Syntax error: '{a:1}' is not a valid dynamic literal. [line:position=1:23]"},
        {"T | where frob(N) == 1", "! Unknown function: 'frob'. [line:position=1:10]"},
        {"T | where ingestion_time() > ago(1h)", "! Unknown function: 'ingestion_time'. [line:position=1:10]"},
        {"T | where N ==",
         "! Syntax error: A recognition error occurred at the end of the query. [line:position=1:14]"},
        {"T | where N == )", "! Syntax error: A recognition error occurred near ')'. [line:position=1:15]"},
        {"T | where Word == 'abc", "! Syntax error: unterminated string [line:position=1:18]"},
        {"T | where Word == '\\q'", "! Syntax error: unknown escape in a string [line:position=1:19]"},
        {"T | where N == 5x", "! Syntax error: not a number or timespan [line:position=1:15]"},
        {"T | where Timestamp > '2026'",
         "! Cannot compare values of types DateTime and String. Try adding explicit casts [line:position=1:20]"},
        {"T | where Timestamp > datetime(yesterday)",
         "! Syntax error: 'yesterday' is not a valid datetime literal. [line:position=1:31]"},
        {"T | where N has 'x'",
         "! Cannot compare values of types Int64 and String. Try adding explicit casts [line:position=1:12]"},
        {"T | where N", "! 'where' operator: the condition is Int64, not a bool. [line:position=1:10]"},
        {"T | take N", "! 'take' operator: the number of rows must be a constant. [line:position=1:9]"},
        {"T | project N, N", "! 'project' operator: a column named 'N' already exists [line:position=1:15]"},
        {"T | summarize percentile(N, 5)",
         "! 'summarize' operator: 'percentile' is not a known aggregate function. [line:position=1:14]"},
        {"T | extend x = Word + 1", "! Operator '+' cannot be used on String and Int64. [line:position=1:20]"},
        {"T | project bin(N)", "! bin(): function expects 2 argument(s). [line:position=1:12]"},
        {"T | count | project N",
         "! 'project' operator: Failed to resolve column or scalar expression named 'N' [line:position=1:20]"},
        {"", "! Syntax error: A recognition error occurred at the end of the query. [line:position=1:0]"},
        {"T | where N == #", "! Syntax error: unexpected character [line:position=1:15]"},
        {"T T", "! Syntax error: A recognition error occurred near 'T'. [line:position=1:2]"},
    };
    (void)state;
    CHECK(rows);
}

static void depth_has_a_bound(void **state)
{
    struct buf query, out;
    (void)state;
    buf_init(&query, 1 << 20);
    buf_init(&out, 4096);
    buf_add_str(&query, STR("T"));
    for (int i = 0; i < 5000; i++) buf_add_str(&query, STR("|union T"));
    run(buf_cstr(&query), &out);
    assert_non_null(strstr(buf_cstr(&out), "too many tables"));
    buf_reset(&query);
    buf_add_str(&query, STR("T | where "));
    for (int i = 0; i < 5000; i++) buf_add_char(&query, '(');
    run(buf_cstr(&query), &out);
    assert_non_null(strstr(buf_cstr(&out), "nested too deeply"));
    buf_reset(&query);
    buf_add_str(&query, STR("T | where N == "));
    for (int i = 0; i < 5000; i++) buf_add_char(&query, '-');
    run(buf_cstr(&query), &out);
    assert_non_null(strstr(buf_cstr(&out), "nested too deeply"));
    buf_reset(&query);
    buf_add_str(&query, STR("T | extend x = N"));
    for (int i = 0; i < 5000; i++) buf_add_str(&query, STR("+N"));
    run(buf_cstr(&query), &out);
    assert_non_null(strstr(buf_cstr(&out), "nested too deeply"));
    buf_reset(&query);
    buf_add_str(&query, STR("T | extend x = N"));
    for (int i = 0; i < 60; i++) buf_add_str(&query, STR("| extend x = strcat(x, x)"));
    run(buf_cstr(&query), &out);
    assert_non_null(strstr(buf_cstr(&out), "nested too deeply"));
    buf_done(&query);
    buf_done(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(queries_give_their_rows),
        cmocka_unit_test(tables_are_combined),
        cmocka_unit_test(groups_are_told_in_many_ways),
        cmocka_unit_test(dynamics_can_be_looked_into),
        cmocka_unit_test(hash_partitions),
        cmocka_unit_test(scans_read_no_more_than_needed),
        cmocka_unit_test(what_is_unknown_is_named),
        cmocka_unit_test(depth_has_a_bound),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
