/* The mapping engine: converters and types one by one, what is taken back, what is kept, errors with their place, and the
 * identity of a row in all its clothes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kit/json/json.h"
#include "logic/ocsf/compile/compile.h"

#define HEAD                                                                                                      \
    "source: T\nidentity: content\ncursor: {column: Timestamp, kind: time}\nrequires: [Timestamp]\nclass: 2004\n" \
    "profiles: [security_control]\ntables: {t: {Low: 2, none: ~}, d: {a: 1, '*': 2}, w: {tcp: tcp-word}}\n"
#define EVENT                                                                                                     \
    "event:\n  activity_id: 1\n  time: Timestamp\n  metadata: {product: {name: = P}}\n  finding_info: {$always: " \
    "true, uid: = u, title: = t}\n"

#define RECEIVED_MS INT64_C(1784383254764)

/* ---- one mapping of our own ------------------------------------------------------------------------------------------- */
struct engine {
    struct ocsf o;
    struct plan plan, base;
    struct map_scratch *s;
    struct arena a;
};

static bool engine_compile(struct engine *g, const char *yaml, struct plan *out, struct err *e)
{
    static const struct ocsf_opts opts;
    struct expander *x = ARENA_NEW(&g->o.arena, struct expander);
    struct ocsf_mapping_file file = {"t.yaml", str_of(yaml)};
    *x = (struct expander){.a = &g->o.arena, .e = e, .opts = &opts, .schema = g->o.schema};
    return compile_plan(&g->o.arena, x, &file, out);
}

static void engine_init(struct engine *g)
{
    struct err e;
    struct str base = mapping_file(NULL, STR("base.yaml"))->bytes;
    *g = (struct engine){.o = {.schema = schema_of(NULL)}};
    arena_init(&g->o.arena, (size_t)64 << 20);
    arena_init(&g->a, (size_t)64 << 20);
    char *text = str_dup(base);
    assert_true(engine_compile(g, text, &g->base, &e));
    free(text);
    g->o.base = &g->base;
    g->s = map_scratch_new();
}

static void engine_done(struct engine *g)
{
    map_scratch_free(g->s);
    arena_done(&g->a);
    arena_done(&g->o.arena);
}

static void tell(void *ctx, const struct ocsf_finding *f)
{
    (void)ctx;
    if (f->is_error) print_message("# %s %s: %s\n", f->rule, f->path, f->text);
}

static const struct json *engine_map(struct engine *g, const char *row)
{
    const struct map_event *events;
    size_t count;
    struct err e = {0};
    struct map_input in = {
        .tenant_id = STR("T-1"), .source = STR("T"), .row = str_of(row), .received = wall_from_ms(RECEIVED_MS)};
    assert_true(json_check(in.row, NULL));
    assert_true(plan_map(&g->plan, &g->o, g->s, &in, &events, &count, &e));
    assert_int_equal(count, 1);
    assert_int_equal(ocsf_check(NULL, events->json, tell, NULL), 0);
    return json_parse(&g->a, arena_str(&g->a, events->json), &e);
}

static const char *at(struct engine *g, const struct json *event, const char *path)
{
    const struct json *v = json_path(event, path);
    if (v == NULL) return "(none)";
    struct str text = v->type == JSON_STRING ? v->text : v->raw;
    return arena_copy(&g->a, text.p, text.n);
}

/* ---- expressions --------------------------------------------------------------------------------------------------------- */
static void expressions_give_what_the_page_says(void **state)
{
    static const struct {
        const char *attribute, *expression, *x, *expected; /* "-": absent, and X stays in unmapped */
    } cases[] = {
        {"message", "X", "\"a\\u00e9\\n\"", "a\xC3\xA9\n"},
        {"message", "X", "12", "12"},
        {"message", "X", "true", "true"},
        {"message", "X", "\"-\"", "-"},
        {"message", "X", "{\"a\":1}", "-"},
        {"message", "X | text", "{\"a\": 1}", "{\"a\":1}"},
        {"message", "X.k.l", "\"{\\\"K\\\":{\\\"l\\\":\\\"deep\\\"}}\"", "deep"},
        {"message", "X.\"a.b\"", "{\"a.b\":\"q\"}", "q"},
        {"message", "X.\"a b\" // Y", "{\"a b\":\"q\"}", "q"},
        {"message", "Y // X", "\"second\"", "second"},
        {"message", "Y // = const", "\"x\"", "const"},
        {"message", "X | lower", "\"AbC\"", "abc"},
        {"message", "X | upper", "\"AbC\"", "ABC"},
        {"message", "X | trim", "\" a \"", "a"},
        {"message", "X | first_label", "\"pc.contoso.com\"", "pc"},
        {"message", "X | first_label", "\"10.0.0.1\"", "10.0.0.1"},
        {"message", "X | domain", "\"pc.contoso.com\"", "contoso.com"},
        {"message", "X | domain", "\"pc\"", "-"},
        {"message", "X | file_name", "\"C:\\\\a\\\\b.exe\"", "b.exe"},
        {"message", "X | file_name", "\"/usr/bin/c\"", "c"},
        {"message", "X | file_name", "\"d\"", "d"},
        {"message", "X | folder", "\"C:\\\\a\\\\b.exe\"", "C:\\a"},
        {"message", "X | folder", "\"d\"", "-"},
        {"message", "X | extension", "\"a.tar.GZ\"", "gz"},
        {"message", "X | extension", "\"a\"", "-"},
        {"message", "X | but None n/a // = other", "\"a\"", "a"},
        {"message", "X | but None n/a // = other", "\"none\"", "other"},
        {"message", "X | before :", "\"a:b:c\"", "a"},
        {"message", "X | after :", "\"a:b:c\"", "b:c"},
        {"message", "X | after_last :", "\"a:b:c\"", "c"},
        {"message", "X | after_last :", "\"abc\"", "-"},
        {"message", "X | before \" | \"", "\"a | b\"", "a"},
        {"message", "X | address", "\"a@b.example\"", "a@b.example"},
        {"message", "X | address", "\"nobody\"", "-"},
        {"message", "X | matches a b", "\"B\"", "B"},
        {"message", "X | matches a b", "\"c\"", "-"},
        {"message", "X | has Malware Phish", "\"spam, phish,malware\"", "Malware"},
        {"message", "X | has Malware Phish", "\"Phish\"", "Phish"},
        {"message", "X | has Malware Phish", "\"Phishing, Spam\"", "-"},
        {"message", "X | join \", \"", "[\"a\",null,2]", "a, 2"},
        {"message", "X | join \"\\n\"", "\"[\\\"a\\\",\\\"b\\\"]\"", "a\nb"},
        {"message", "X[].c | join +", "[{\"c\":\"a\"},{},{\"C\":\"b\"}]", "a+b"},
        {"message", "X | split \"), \" | attack_name | join +", "\"A (T1078), B (T1078.002)\"", "A+B"},
        {"message", "X | split , | join +", "\" a, ,b\\\"c\"", "a+b\"c"},
        {"message", "X | split , | join +", "[\"a,b\",\"c\"]", "a,b+c"},
        {"message", "X | distinct | join +", "[\"a\",\"b\",\"a\",\"b\",\"c\"]", "a+b+c"},
        {"message", "X | first", "[\"a\",\"b\"]", "a"},
        {"message", "X | attack_technique", "\"PowerShell (T1059.001)\"", "T1059"},
        {"message", "X | attack_technique", "\"t1059\"", "T1059"},
        {"message", "X | attack_sub_technique", "\"PowerShell (T1059.001)\"", "T1059.001"},
        {"message", "X | attack_sub_technique", "\"T1059\"", "-"},
        {"message", "X | attack_name", "\"A (b) (T1059.001)\"", "A"},
        {"message", "X | attack_technique", "\"Malware\"", "-"},
        {"message", "X | attack_technique_name", "\"t1059.001\"", "Command and Scripting Interpreter"},
        {"message", "X | attack_technique_name", "\"New Thing (T1999)\"", "New Thing"},
        {"message", "X | attack_technique_name", "\"New Thing (T1999.001)\"", "-"},
        {"message", "X | attack_sub_technique_name", "\"T1059.001\"", "PowerShell"},
        {"message", "X | attack_sub_technique_name", "\"New Thing (T1999.001)\"", "New Thing"},
        {"message", "X | attack_sub_technique_name", "\"Masquerading (T1036)\"", "-"},
        {"message", "X | attack_tactic", "\"DefenseEvasion\"", "TA0005"},
        {"message", "X | attack_tactic", "\"Malware\"", "-"},
        {"message", "X | attack_tactic_name", "\"command-and-control\"", "Command and Control"},
        {"message", "X | url_scheme", "\"https://u@h.example:8/p?q#f\"", "https"},
        {"message", "X | url_host", "\"https://u@h.example:8/p?q#f\"", "h.example"},
        {"message", "X | url_port", "\"https://h:8/p\"", "8"},
        {"message", "X | url_path", "\"https://h:8/p?q#f\"", "/p"},
        {"message", "X | url_query", "\"https://h:8/p?q#f\"", "q"},
        {"message", "X | url_host", "\"h.example\"", "h.example"},
        {"message", "X | url_host", "\"https://[::1]:8/\"", "::1"},
        {"message", "X | is_url", "\"h.example\"", "-"},
        {"message", "X | is_url", "\"h.example/p\"", "h.example/p"},
        {"message", "X | country", "\"nl\"", "NL"},
        {"message", "X | country", "\"westeurope\"", "-"},
        {"message", "@source", "\"x\"", "T"},
        {"message", "X | table w", "\"TCP\"", "tcp-word"},
        {"count", "X", "\"12\"", "12"},
        {"count", "X", "\"12.0\"", "12"},
        {"count", "X", "12.5", "-"},
        {"count", "X", "2147483648", "-"},
        {"count", "X", "true", "-"},
        {"count", "X | nonzero", "5", "5"},
        {"duration", "X", "123456789012345678", "123456789012345678"},
        {"duration", "X", "12345678901234567890", "-"},
        {"start_time", "X", "\"2026-07-18T14:00:54.7649349Z\"", "1784383254764"},
        {"start_time", "X", "\"0001-01-01T00:00:00\"", "-"},
        {"start_time", "X", "\"soon\"", "-"},
        {"start_time", "X", "1784383254764", "1784383254764"},
        {"start_time", "Y // @received", "\"x\"", "1784383254764"},
        {"start_time", "X // @received", "\"2026-07-18T14:00:54.765Z\"", "1784383254765"},
        {"start_time", "X // @received", "\"0001-01-01T00:00:00\"", "1784383254764"},
        {"is_alert", "X", "1", "true"},
        {"is_alert", "X", "\"False\"", "false"},
        {"is_alert", "X | not", "\"0\"", "true"},
        {"is_alert", "X", "\"x\"", "-"},
        {"severity_id", "X | caption", "\"high\"", "4"},
        {"severity_id", "X | caption", "\"weird\"", "99"},
        {"severity_id", "X", "3", "3"},
        {"severity_id", "X | table t", "\"LOW\"", "2"},
        {"confidence_id", "X | table t", "\"none\"", "-"},
        {"severity_id", "X | table d", "\"zz\"", "2"},
        {"device.ip", "X", "\"10.0.0.1\"", "10.0.0.1"},
        {"device.ip", "X", "\"10.0.0.1 \"", "10.0.0.1"},
        {"device.ip", "X", "\"10.0.0\"", "-"},
        {"device.mac", "X", "\"000D3A9EC781\"", "00:0D:3A:9E:C7:81"},
        {"device.mac", "X", "\"000D3A9EC7\"", "-"},
        {"device.is_managed", "X", "\"1\"", "true"},
    };
    struct engine g;
    (void)state;
    engine_init(&g);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char yaml[1200], row[400], attribute[64];
        struct err e;
        bool in_device = strncmp(cases[i].attribute, "device.", 7) == 0;
        bool has_severity = strcmp(cases[i].attribute, "severity_id") == 0;
        (void)snprintf(attribute, sizeof attribute, in_device ? "device: {uid: Timestamp, type_id: 0, %s" : "%s",
                       cases[i].attribute + (in_device ? 7 : 0));
        (void)snprintf(yaml, sizeof yaml, HEAD EVENT "%s  %s: '%s'%s\n", has_severity ? "" : "  severity_id: 1\n",
                       attribute, cases[i].expression, in_device ? "}" : "");
        (void)snprintf(row, sizeof row, "{\"Timestamp\":\"2026-01-01T00:00:00Z\",\"X\":%s}", cases[i].x);
        if (!engine_compile(&g, yaml, &g.plan, &e))
            fail_msg("%s: %s: %s", cases[i].attribute, cases[i].expression, e.text);
        const struct json *event = engine_map(&g, row);
        bool is_absent = strcmp(cases[i].expected, "-") == 0;
        const char *expected = is_absent ? "(none)" : cases[i].expected;
        if (strcmp(at(&g, event, cases[i].attribute), expected) != 0)
            fail_msg("%s: %s of %s is %s", cases[i].attribute, cases[i].expression, cases[i].x,
                     at(&g, event, cases[i].attribute));
        if (is_absent) assert_string_not_equal(at(&g, event, "unmapped.X"), "(none)");
    }
    engine_done(&g);
}

/* ---- objects --------------------------------------------------------------------------------------------------------------- */
static void what_is_incomplete_is_taken_back(void **state)
{
    struct engine g;
    struct err e;
    const struct json *event;
    (void)state;
    engine_init(&g);
    const char *yaml = HEAD EVENT
        "  severity_id: Severity | table t\n"
        "  device: {type_id: 0, hostname: DeviceName, $when: {differs: {DeviceName: skip}}}\n"
        "  evidences:\n"
        "    - {$each: E, data: ., file: {$in: f, name: n, type_id: 1, hashes: [{algorithm_id: 3, value: h}]}}\n"
        "    - $first:\n"
        "        - process: {pid: Pid | nonzero, name: PName}\n"
        "        - url: {url_string: Url}\n";
    if (!engine_compile(&g, yaml, &g.plan, &e)) fail_msg("%s", e.text);
    event = engine_map(&g, "{\"Timestamp\":\"2026-01-01T00:00:00Z\",\"Severity\":\"odd\",\"DeviceName\":\"pc\","
                           "\"PName\":\"a\",\"Url\":\"https://x/\","
                           "\"E\":\"[{\\\"f\\\":{\\\"n\\\":\\\"x\\\",\\\"h\\\":\\\"aa\\\"}},{\\\"f\\\":{\\\"h\\\":"
                           "\\\"bb\\\"}}]\",\"Z\":{},\"Q@odata.type\":\"#x\"}");
    assert_string_equal(at(&g, event, "severity"), "odd");
    assert_string_equal(at(&g, event, "device.type"), "Unknown");
    const struct json *evidences = json_get(event, "evidences");
    assert_int_equal(evidences->count, 3);
    assert_string_equal(at(&g, &evidences->items[0], "file.name"), "x");
    assert_null(json_get(&evidences->items[1], "file")); /* a name is required: the hash alone is taken back */
    assert_string_equal(at(&g, &evidences->items[1], "data.f.h"), "bb");
    assert_null(json_get(&evidences->items[2], "process")); /* no pid */
    assert_string_equal(at(&g, &evidences->items[2], "url.url_string"), "https://x/");
    assert_string_equal(at(&g, event, "unmapped.PName"), "a");
    assert_string_equal(at(&g, event, "unmapped.E"), "(none)");
    assert_null(json_path(event, "unmapped.Z"));
    assert_int_equal(json_get(event, "unmapped")->count, 1);
    event = engine_map(
        &g, "{\"Timestamp\":\"2026-01-01T00:00:00Z\",\"Severity\":\"low\",\"DeviceName\":\"skip\",\"E\":null}");
    assert_null(json_get(event, "device"));
    assert_string_equal(at(&g, event, "unmapped.DeviceName"), "skip");
    engine_done(&g);
}

/* Of a list, the one that a single object wants; words that share a row of choose; how a word begins. */
static void the_first_element_that_comes_about(void **state)
{
    struct engine g;
    struct err e;
    const struct json *event;
    (void)state;
    engine_init(&g);
    const char *yaml = HEAD "choose:\n  by: Kind\n  rows:\n    A x | B: {activity_id: 1}\n"
                            "    '*': [{$when: {starts: {Kind: [del, rem]}}, activity_id: 3}, {activity_id: 99}]\n"
                            "event:\n  time: Timestamp\n  severity_id: 1\n  metadata: {product: {name: = P}}\n"
                            "  finding_info: {$always: true, uid: = u, title: = t}\n"
                            "  device: {type_id: 0, $each: 'E | split ;', name: .}\n"
                            "  comment: {$first: [{$from: Kind, $when: {equals: {Kind: A}}}, {$from: = other}]}\n"
                            "  evidences:\n"
                            "    - {user: {$each: L, $when: {equals: {Role: Target}}, uid: Id}}\n"
                            "    - {data: Kind}\n";
    if (!engine_compile(&g, yaml, &g.plan, &e)) fail_msg("%s", e.text);
    event =
        engine_map(&g, "{\"Timestamp\":\"2026-01-01T00:00:00Z\",\"Kind\":\"a X\",\"E\":\"one;two\","
                       "\"L\":[{\"Role\":\"Actor\",\"Id\":1},{\"Role\":\"Target\"},{\"Role\":\"Target\",\"Id\":\"2\"},"
                       "{\"Role\":\"Target\",\"Id\":\"3\"}]}");
    assert_string_equal(at(&g, event, "activity_name"), "Create");
    assert_string_equal(at(&g, event, "device.name"), "one");
    assert_string_equal(at(&g, &json_get(event, "evidences")->items[0], "user.uid"), "2");
    assert_int_equal(json_get(event, "evidences")->count, 2);
    assert_string_not_equal(at(&g, event, "unmapped.L"), "(none)"); /* only a part of them was read */
    assert_string_not_equal(at(&g, event, "unmapped.E"), "(none)");
    event = engine_map(&g, "{\"Timestamp\":\"2026-01-01T00:00:00Z\",\"Kind\":\"Delete it\"}");
    assert_string_equal(at(&g, event, "activity_name"), "Close");
    assert_string_equal(at(&g, event, "comment"), "other");
    event = engine_map(&g, "{\"Timestamp\":\"2026-01-01T00:00:00Z\",\"Kind\":\"A\"}");
    assert_string_equal(at(&g, event, "activity_name"), "A");
    assert_string_equal(at(&g, event, "comment"), "A");
    engine_done(&g);
}

/* Rows of choose are tried in turn: what one of them read is forgotten when its event does not come about. */
static void a_row_of_choose_that_fails_leaves_it_to_the_next(void **state)
{
    struct engine g;
    struct err e;
    (void)state;
    engine_init(&g);
    const char *yaml = HEAD
        "choose:\n  by: Kind\n  rows:\n"
        "    A: [{activity_id: 1, finding_info: {uid: Id, desc: X}}, {activity_id: 2, finding_info: {uid: Other}}]\n"
        "    '*': {activity_id: 3, finding_info: {uid: Last}}\n"
        "event:\n  time: Timestamp\n  severity_id: 1\n  metadata: {product: {name: = P}}\n"
        "  finding_info: {title: = t}\n";
    if (!engine_compile(&g, yaml, &g.plan, &e)) fail_msg("%s", e.text);
#define ROW(members) "{\"Timestamp\":\"2026-01-01T00:00:00Z\",\"Kind\":\"A\",\"X\":\"x\"," members "}"
    const struct json *event = engine_map(&g, ROW("\"Id\":\"1\",\"Other\":\"2\",\"Last\":\"3\""));
    assert_string_equal(at(&g, event, "activity_name"), "Create");
    event = engine_map(&g, ROW("\"Other\":\"2\",\"Last\":\"3\""));
    assert_string_equal(at(&g, event, "activity_name"), "Update");
    assert_string_equal(at(&g, event, "finding_info.uid"), "2");
    assert_string_equal(at(&g, event, "unmapped.X"), "x");
    event = engine_map(&g, ROW("\"Last\":\"3\",\"Z\":1"));
    assert_string_equal(at(&g, event, "activity_name"), "Close");
    event = engine_map(&g, ROW("\"Q\":\"3\",\"Z\":1"));
    assert_string_equal(at(&g, event, "class_uid"), "0");
#undef ROW
    engine_done(&g);
}

static void what_does_not_fit_becomes_a_base_event(void **state)
{
    struct engine g;
    struct err e;
    const struct json *event;
    (void)state;
    engine_init(&g);
    if (!engine_compile(&g, HEAD EVENT "  severity_id: Severity | table t\n", &g.plan, &e)) fail_msg("%s", e.text);
    event =
        engine_map(&g, "{\"Timestamp\":\"2026-01-01T00:00:00Z\",\"Severity\":\"none\",\"A\":1,\"B\":{\"c\":[ 1 ]}}");
    assert_string_equal(at(&g, event, "class_uid"), "0");
    assert_string_equal(at(&g, event, "status_detail"),
                        "severity_id, which detection_finding requires, did not come about");
    assert_string_equal(at(&g, event, "unmapped.Severity"), "none");
    assert_string_equal(at(&g, event, "unmapped.B"), "{\"c\":[1]}");
    assert_string_equal(at(&g, event, "metadata.log_name"), "T");
    event = engine_map(&g, "{\"Severity\":\"low\"}");
    assert_string_equal(at(&g, event, "status_detail"), "a column that every row of the table has is missing");
    event = engine_map(&g, "{\"Timestamp\":\"2026-01-01T00:00:00Z\",\"Severity\":\"low\",\"A\":1,\"B\":2,\"C\":3}");
    assert_string_equal(at(&g, event, "status_detail"), "most of its columns are not those of the table");
    engine_done(&g);
}

/* A column that holds an object is kept whole unless all of it was written; what takes any keys takes any names. */
static void a_column_read_to_the_end_is_not_kept(void **state)
{
    struct engine g;
    struct err e;
    (void)state;
    engine_init(&g);
    const char *yaml = HEAD EVENT
        "  severity_id: 1\n"
        "  message: AF.a\n"
        "  evidences:\n"
        "    - {process: {pid: 1, xattributes: {Elevation: AF.b | but None, Flag: AF.c | not}}, data: AF.d}\n";
    if (!engine_compile(&g, yaml, &g.plan, &e)) fail_msg("%s", e.text);
    const struct json *event = engine_map(&g, "{\"Timestamp\":\"2026-01-01T00:00:00Z\","
                                              "\"AF\":\"{\\\"a\\\":\\\"m\\\",\\\"b\\\":\\\"Full\\\",\\\"c\\\":1,"
                                              "\\\"d\\\":{},\\\"e\\\":null}\"}");
    assert_string_equal(at(&g, event, "message"), "m");
    const struct json *process = json_path(&json_get(event, "evidences")->items[0], "process");
    assert_string_equal(at(&g, process, "xattributes.Elevation"), "Full");
    assert_string_equal(at(&g, process, "xattributes.Flag"), "false");
    assert_null(json_get(event, "unmapped"));
    event = engine_map(&g, "{\"Timestamp\":\"2026-01-01T00:00:00Z\",\"AF\":{\"a\":\"m\",\"b\":\"None\",\"f\":1}}");
    assert_null(json_get(event, "evidences"));
    assert_string_equal(at(&g, event, "unmapped.AF.f"), "1");
    event = engine_map(&g, "{\"Timestamp\":\"2026-01-01T00:00:00Z\",\"AF\":{\"b\":\"None\"}}");
    assert_null(json_get(event, "unmapped"));
    event = engine_map(&g, "{\"Timestamp\":\"2026-01-01T00:00:00Z\",\"AF\":\"[]\"}");
    assert_string_equal(at(&g, event, "unmapped.AF"), "[]");
    engine_done(&g);
}

static void a_deep_value_becomes_text_and_a_silent_one_nothing(void **state)
{
    struct engine g;
    struct err e;
    char row[600] = "{\"Timestamp\":\"2026-01-01T00:00:00Z\",\"Severity\":\"low\",\"D\":";
    (void)state;
    engine_init(&g);
    if (!engine_compile(&g,
                        HEAD "columns: [D]\nsilent: {S: [none, 'false']}\n" EVENT "  severity_id: Severity | table t\n",
                        &g.plan, &e))
        fail_msg("%s", e.text);
    size_t n = strlen(row);
    memset(row + n, '[', 120);
    row[n + 120] = '1';
    memset(row + n + 121, ']', 120);
    row[n + 241] = '}';
    const struct json *event = engine_map(&g, row);
    assert_int_equal(json_path(event, "unmapped.D")->type, JSON_STRING);
    event = engine_map(&g, "{\"Timestamp\":\"2026-01-01T00:00:00Z\",\"Severity\":\"low\",\"S\":false,\"D\":1}");
    assert_string_equal(at(&g, event, "unmapped.S"), "(none)");
    event = engine_map(&g, "{\"Timestamp\":\"2026-01-01T00:00:00Z\",\"Severity\":\"low\",\"S\":\"some\"}");
    assert_string_equal(at(&g, event, "unmapped.S"), "some");
    engine_done(&g);
}

/* ---- mistakes in files -------------------------------------------------------------------------------------------------------- */
static void mistakes_have_a_place(void **state)
{
    static const struct {
        const char *yaml, *error;
    } cases[] = {
        {HEAD EVENT "  severity_id: 1\n  nonsense: X\n",
         "t.yaml:14:3: detection_finding has no attribute nonsense in OCSF 1.8.0"},
        {HEAD EVENT "  severity_id: 98\n", "t.yaml:13:16: 98 is no value of severity_id"},
        {HEAD EVENT, "severity_id is required in detection_finding and nothing writes it"},
        {HEAD EVENT "  severity_id: 1\n  count: = many\n", "t.yaml:14:10: count wants a number, and one that fits"},
        {HEAD EVENT "  severity_id: 1\n  start_time: A // 0\n", "t.yaml:14:15: a constant is no time (of a row that "
                                                                "holds none: @received)"},
        {HEAD EVENT "  severity_id: 1\n  message: '@received'\n", "t.yaml:14:12: @received is a time, message is none"},
        {HEAD EVENT "  severity_id: 1\n  device: DeviceName\n",
         "t.yaml:14:11: device is an object: its attributes were expected"},
        {HEAD EVENT "  severity_id: 1\n  device: {hostname: X}\n",
         "type_id is required in device and nothing writes it"},
        {HEAD EVENT "  severity_id: 1\n  message: [A, B]\n", "t.yaml:14:12: message is one value, not a list"},
        {HEAD EVENT "  severity_id: 1\n  message: {a: B}\n", "message is no object: it has no a"},
        {HEAD EVENT "  severity_id: 1\n  message: A | twist\n", "t.yaml:14:12: unknown converter twist"},
        {HEAD EVENT "  severity_id: 1\n  message: A | table none\n", "there is no table none"},
        {HEAD EVENT "  severity_id: 1\n  message: some words\n", "not a column: some words"},
        {HEAD EVENT "  severity_id: 1\n  $use: nothing_here\n", "there is no fragment common/nothing_here.yaml"},
        {HEAD EVENT "  severity_id: 1\n  $uses: x\n", "unknown instruction $uses"},
        {HEAD EVENT "  severity_id: 1\n  class_uid: 2004\n", "class_uid is written by itself"},
        {HEAD EVENT "  severity_id: 1\n  cloud: {provider: X}\n",
         "cloud needs a profile that this file does not declare"},
        {HEAD EVENT "  severity_id: 1\nchoices: {}\n", "t.yaml:14:1: unknown key choices"},
        {HEAD "choose: {by: K, rows: {a: {activity_id: 1}, 'B | A': {activity_id: 1}}}\n" EVENT "  severity_id: 1\n",
         "a stands twice"},
        {HEAD EVENT "  severity_id: 1\n  evidences: {$each: = x, data: .}\n", "not a column: = x"},
        {HEAD EVENT "  severity_id: 1\ncolumns: {A: a reason, B: ~}\n", "t.yaml:14:24: columns: say why B has no home"},
        {HEAD EVENT "  severity_id: 1\ncolumns: A\n", "columns wants a list, or a map of columns to reasons"},
        {HEAD EVENT "  severity_id: 1\nsilent: {A: b}\n", "silent wants a map of columns to lists of words"},
        {"source: T\n", "identity is missing"},
        {"source: [\n", "t.yaml:"},
    };
    struct engine g;
    (void)state;
    engine_init(&g);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct err e = {0};
        if (engine_compile(&g, cases[i].yaml, &g.plan, &e)) fail_msg("compiles: %s", cases[i].yaml);
        if (strstr(e.text, cases[i].error) == NULL) fail_msg("says: %s, not: %s", e.text, cases[i].error);
        assert_ptr_equal(e.cause, &ocsf_causes[OCSF_BAD_MAPPING]);
    }
    engine_done(&g);
}

static void a_user_file_replaces_and_says_where_it_is_wrong(void **state)
{
    struct ocsf_mapping_file mine = {
        "mine/DeviceInfo.yaml",
        STR("source: deviceinfo\nidentity: [DeviceId]\ncursor: {column: Timestamp, kind: time}\nclass: 5001\n"
            "event: {activity_id: 2, severity_id: 1, time: Timestamp, metadata: {product: {name: = Mine}},\n"
            "  device: {uid: DeviceId, type_id: 0}}\n")};
    struct ocsf_opts opts = {.overrides = &mine, .override_count = 1};
    struct ocsf *o;
    struct err e = {0};
    (void)state;
    assert_true(ocsf_new(&opts, &o, &e));
    assert_string_equal(plan_source(ocsf_plan(o, STR("DEVICEINFO"))), "deviceinfo");
    assert_non_null(ocsf_plan(o, STR("machines")));
    assert_null(ocsf_plan(o, STR("machine")));
    ocsf_free(o);
    mine.bytes = STR("source: DeviceInfo\nidentity: 7\n");
    assert_false(ocsf_new(&opts, &o, &e));
    assert_non_null(strstr(e.text, "mine/DeviceInfo.yaml:2:11: identity is"));
    opts = (struct ocsf_opts){.version = "9.9.9"};
    assert_false(ocsf_new(&opts, &o, &e));
    assert_ptr_equal(e.cause, &ocsf_causes[OCSF_NO_VERSION]);
}

/* ---- identity ------------------------------------------------------------------------------------------------------------------- */
static struct row_facts facts(struct ocsf *o, struct map_scratch *s, const char *source, const char *row)
{
    struct row_facts f;
    assert_true(json_check(str_of(row), NULL));
    plan_facts(ocsf_plan(o, str_of(source)), s, STR("AbC"), str_of(source), str_of(row), &f);
    return f;
}

static void a_row_is_itself_in_all_clothes(void **state)
{
    static const char *const same[] = {
        ("{\"Timestamp\":\"2026-07-18T14:00:54.1234567Z\",\"DeviceId\":\"d\",\"ProcessId\":12,"
         "\"IsProcessRemoteSession\":false,"
         "\"AdditionalFields\":\"{\\\"a\\\":\\\"1\\\",\\\"b\\\":[true,null,{\\\"x\\\":\\\"2026-01-01T00:00:00.5Z\\\"}],"
         "\\\"c\\\":\\\"\\\"}\",\"SHA1\":null}"),
        ("{\"AdditionalFields\":{\"b\":[1,null,{\"x\":\"2026-01-01T00:00:00.5000000Z\",\"e\":[]}],\"a\":1,\"d\":{}},"
         "\"ProcessId\":\"12\", \"SHA1\":\"\","
         "\"ProcessId@odata.type\":\"#Int64\",\"IsProcessRemoteSession\":0,\"deviceid\":\"d\",\"Timestamp\":\"2026-07-"
         "18T14:00:54.1234567\"}"),
        ("{\"DeviceId\":\"\\u0064\",\"Timestamp\":\"2026-07-18 "
         "14:00:54.1234567Z\",\"IsProcessRemoteSession\":\"False\",\"ProcessId\":12.0,"
         "\"AdditionalFields\":\"{ \\\"b\\\" : "
         "[\\\"true\\\",\\\"\\\",\\\"{\\\\\\\"x\\\\\\\":\\\\\\\"2026-01-01T00:00:00.50Z\\\\\\\"}\\\"], \\\"a\\\":1.0 "
         "}\"}"),
    };
    static const char *const others[] = {
        ("{\"Timestamp\":\"2026-07-18T14:00:54.1234568Z\",\"DeviceId\":\"d\",\"ProcessId\":12,"
         "\"IsProcessRemoteSession\":false,\"AdditionalFields\":{\"a\":1,\"b\":[true,null,{\"x\":\"2026-01-01T00:00:00."
         "5Z\"}]}}"),
        ("{\"Timestamp\":\"2026-07-18T14:00:54.1234567Z\",\"DeviceId\":\"d\",\"ProcessId\":12,"
         "\"IsProcessRemoteSession\":false,\"AdditionalFields\":{\"a\":1,\"b\":[null,true,{\"x\":\"2026-01-01T00:00:00."
         "5Z\"}]}}"),
        ("{\"Timestamp\":\"2026-07-18T14:00:54.1234567Z\",\"DeviceId\":\"d\",\"ProcessId\":12,"
         "\"IsProcessRemoteSession\":true,\"AdditionalFields\":{\"a\":1,\"b\":[true,null,{\"x\":\"2026-01-01T00:00:00."
         "5Z\"}]}}"),
        ("{\"Timestamp\":\"2026-07-18T14:00:54.1234567Z\",\"DeviceId\":\"d\",\"IsProcessRemoteSession\":false,"
         "\"AdditionalFields\":{\"a\":1,\"b\":[true,null,{\"x\":\"2026-01-01T00:00:00.5Z\"}]},\"AccountName\":\"12\"}"),
    };
    struct ocsf *o, *older;
    struct ocsf_opts opts = {.version = "1.3.0", .classes = "best-fit"};
    struct err e;
    struct map_scratch *s = map_scratch_new();
    (void)state;
    assert_true(ocsf_new(NULL, &o, &e) && ocsf_new(&opts, &older, &e));
    struct row_facts first = facts(o, s, "DeviceProcessEvents", same[0]);
    assert_true(first.has_time);
    assert_true(first.time.ticks % WALL_TICKS_PER_S == 1234567);
    for (size_t i = 1; i < sizeof same / sizeof *same; i++) {
        if (!hash128_eq(first.identity, facts(o, s, "DeviceProcessEvents", same[i]).identity)) fail_msg("%s", same[i]);
    }
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        if (hash128_eq(first.identity, facts(o, s, "DeviceProcessEvents", others[i]).identity))
            fail_msg("%s", others[i]);
    }
    assert_false(hash128_eq(first.identity, facts(o, s, "DeviceFileEvents", same[0]).identity));
    /* whatever the target */
    assert_true(hash128_eq(first.identity, facts(older, s, "DeviceProcessEvents", same[1]).identity));
    /* the tenant counts, its case does not */
    struct row_facts f;
    plan_facts(ocsf_plan(o, STR("DeviceProcessEvents")), s, STR("abc"), STR("deviceprocessevents"), str_of(same[0]),
               &f);
    assert_true(hash128_eq(first.identity, f.identity));
    plan_facts(ocsf_plan(o, STR("DeviceProcessEvents")), s, STR("abd"), STR("DeviceProcessEvents"), str_of(same[0]),
               &f);
    assert_false(hash128_eq(first.identity, f.identity));
    /* metadata.uid is the identity */
    const struct map_event *events;
    size_t count;
    char hex[33];
    struct map_input in = {.tenant_id = STR("abc"), .row = str_of(same[1])};
    assert_true(plan_map(ocsf_plan(o, STR("DeviceProcessEvents")), o, s, &in, &events, &count, &e));
    hash128_hex(first.identity, hex);
    assert_true(str_find(events->json, str_of(hex), 0) != SIZE_MAX);
    map_scratch_free(s);
    ocsf_free(o);
    ocsf_free(older);
}

static void objects_have_revisions(void **state)
{
    struct ocsf *o;
    struct err e;
    struct map_scratch *s = map_scratch_new();
    (void)state;
    assert_true(ocsf_new(NULL, &o, &e));
    struct row_facts a =
        facts(o, s, "alerts_v2", "{\"id\":\"da1\",\"lastUpdateDateTime\":\"2026-01-01T00:00:00Z\",\"status\":\"new\"}");
    struct row_facts b = facts(
        o, s, "alerts_v2", "{\"id\":\"da1\",\"lastUpdateDateTime\":\"2026-01-01T00:00:00Z\",\"status\":\"resolved\"}");
    struct row_facts c = facts(o, s, "alerts_v2",
                               "{\"status\":\"new\",\"@odata.etag\":\"x\",\"lastUpdateDateTime\":\"2026-01-01T00:00:00."
                               "0Z\",\"id\":\"da1\",\"x\":null}");
    assert_true(str_eq(a.object_id, STR("da1")));
    assert_true(a.has_time);
    assert_false(hash128_eq(a.identity, b.identity));
    assert_true(hash128_eq(a.identity, c.identity));
    a = facts(o, s, "machines", "{\"id\":\"m\",\"lastSeen\":\"2026-01-01T00:00:00Z\",\"riskScore\":\"Low\"}");
    b = facts(o, s, "machines", "{\"id\":\"m\",\"lastSeen\":\"2026-01-02T00:00:00Z\",\"riskScore\":\"Low\"}");
    c = facts(o, s, "machines", "{\"id\":\"m\",\"lastSeen\":\"2026-01-01T00:00:00Z\",\"riskScore\":\"High\"}");
    assert_true(hash128_eq(a.identity, b.identity));
    assert_false(hash128_eq(a.identity, c.identity));
    struct row_facts none;
    plan_facts(ocsf_plan_base(o), s, STR("t"), STR("EmailEvents"), STR("{\"Timestamp\":\"x\"}"), &none);
    assert_false(none.has_time);
    map_scratch_free(s);
    ocsf_free(o);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(expressions_give_what_the_page_says),
        cmocka_unit_test(what_is_incomplete_is_taken_back),
        cmocka_unit_test(the_first_element_that_comes_about),
        cmocka_unit_test(a_row_of_choose_that_fails_leaves_it_to_the_next),
        cmocka_unit_test(what_does_not_fit_becomes_a_base_event),
        cmocka_unit_test(a_column_read_to_the_end_is_not_kept),
        cmocka_unit_test(a_deep_value_becomes_text_and_a_silent_one_nothing),
        cmocka_unit_test(mistakes_have_a_place),
        cmocka_unit_test(a_user_file_replaces_and_says_where_it_is_wrong),
        cmocka_unit_test(a_row_is_itself_in_all_clothes),
        cmocka_unit_test(objects_have_revisions),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests_name("engine", tests, NULL, NULL);
}
