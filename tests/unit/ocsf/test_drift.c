/* What rows bring that no mapping knows: each kind of it is noted with its name, how often, since when and an example, once a
 * row; bounded in names and lengths. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "logic/ocsf/drift.h"
#include "logic/ocsf/ocsf.h"

static const char mapping[] =
    "source: T\nidentity: content\ncursor: {column: Timestamp, kind: time}\nrequires: [Timestamp]\nclass: 2004\n"
    "tables: {level: {Low: 2, '*': 99}, any: {'*': 99}, chosen: {a: 1, '*': 2}}\n"
    "choose:\n  by: ActionType\n  rows:\n    Known: {activity_id: 1}\n    '*': {activity_id: 99}\n"
    "event:\n  time: Timestamp\n  metadata: {product: {name: = P}}\n  severity_id: Level | table level\n"
    "  impact_id: Level | table level\n  confidence_id: Sure | table chosen\n"
    "  finding_info: {$always: true, uid: = u, title: = t}\n"
    "  evidences:\n    $each: Things\n    data: .\n    verdict_id: Verdict | table level\n";

struct kit {
    struct ocsf *ocsf;
    struct map_scratch *s;
    struct drift *d;
};

static void kit_init(struct kit *k)
{
    struct ocsf_mapping_file file = {"t.yaml", str_of(mapping)};
    struct ocsf_opts o = {.overrides = &file, .override_count = 1};
    struct err e = {0};
    if (!ocsf_new(&o, &k->ocsf, &e)) fail_msg("%s", e.text);
    k->s = map_scratch_new();
    k->d = drift_new();
    map_scratch_watch(k->s, k->d);
}

static void kit_done(struct kit *k)
{
    drift_free(k->d);
    map_scratch_free(k->s);
    ocsf_free(k->ocsf);
}

static void map(struct kit *k, const char *source, const char *row, int64_t second)
{
    const struct map_event *events;
    size_t count;
    struct err e;
    struct map_input in = {.tenant_id = STR("t"), .source = str_of(source), .row = str_of(row)};
    const struct plan *p = ocsf_plan(k->ocsf, in.source);
    drift_of(k->d, 7, in.source);
    assert_true(plan_map(p ? p : ocsf_plan_base(k->ocsf), k->ocsf, k->s, &in, &events, &count, &e));
    drift_row(k->d, (struct wall){second * WALL_TICKS_PER_S});
}

static const struct drift_found *find(const struct kit *k, enum drift_kind kind, const char *name, const char *value)
{
    for (size_t i = 0; i < drift_count(k->d); i++) {
        const struct drift_found *f = drift_at(k->d, i);
        if (f->kind == kind && strcmp(f->name, name) == 0 && strcmp(f->value, value) == 0) return f;
    }
    fail_msg("no %s %s %s", drift_kind_name(kind), name, value);
    return NULL;
}

static void what_is_known_is_not_noted(void **state)
{
    struct kit k;
    (void)state;
    kit_init(&k);
    map(&k, "T",
        "{\"Timestamp\":\"2026-01-01T00:00:00Z\",\"ActionType\":\"known\",\"Level\":\"low\",\"Sure\":\"whatever\","
        "\"Things\":[{\"Verdict\":\"Low\"}],\"Level@odata.type\":\"#String\"}",
        1);
    map(&k, "T", "{\"Timestamp\":\"2026-01-01T00:00:00Z\",\"Level\":\"Low\",\"New\":null,\"Newer\":\"\"}", 2);
    assert_int_equal(drift_count(k.d), 0);
    kit_done(&k);
}

static void each_kind_is_noted(void **state)
{
    struct kit k;
    (void)state;
    kit_init(&k);
    static const char row[] =
        "{\"Timestamp\":\"2026-01-01T00:00:00Z\",\"ActionType\":\"Dance\",\"Level\":\"Apocalyptic\",\"Mood\":\"merry\","
        "\"Things\":[{\"Verdict\":\"odd\"},{\"Verdict\":\"odd\"}]}";
    map(&k, "T", row, 20);
    map(&k, "T", row, 10);
    map(&k, "T", "{\"Sure\":\"a\"}", 30);
    map(&k, "NoSuchTable", "{\"Timestamp\":\"2026-01-01T00:00:00Z\",\"A\":1}", 40);
    const struct drift_found *column = find(&k, DRIFT_COLUMN, "Mood", "");
    assert_int_equal(column->rows, 2);
    assert_string_equal(column->example, "\"merry\"");
    assert_string_equal(column->source, "T");
    assert_int_equal(column->feed, 7);
    assert_int_equal(column->since.ticks, 10 * WALL_TICKS_PER_S);
    assert_int_equal(column->last.ticks, 20 * WALL_TICKS_PER_S);
    assert_int_equal(find(&k, DRIFT_ACTION, "ActionType", "Dance")->rows, 2);
    assert_int_equal(find(&k, DRIFT_VALUE, "Level", "Apocalyptic")->rows, 2); /* though two attributes ask */
    assert_int_equal(find(&k, DRIFT_VALUE, "verdict", "odd")->rows, 2);
    assert_int_equal(find(&k, DRIFT_MISFIT, "", "a column that every row of the table has is missing")->rows, 1);
    const struct drift_found *table = find(&k, DRIFT_TABLE, "NoSuchTable", "");
    assert_int_equal(table->rows, 1);
    assert_string_equal(table->source, "NoSuchTable");
    assert_string_equal(table->example, "{\"Timestamp\":\"2026-01-01T00:00:00Z\",\"A\":1}");
    assert_int_equal(drift_count(k.d), 6);
    kit_done(&k);
}

static void names_are_bounded(void **state)
{
    struct kit k;
    char row[256];
    (void)state;
    kit_init(&k);
    for (int i = 0; i < 3 * DRIFT_NAMES_MAX; i++) {
        (void)snprintf(row, sizeof row,
                       "{\"Timestamp\":\"2026-01-01T00:00:00Z\",\"Level\":\"Low\",\"New%d\":1,\"And%d\":2}", i, i);
        map(&k, "T", row, i);
    }
    assert_int_equal(drift_count(k.d), DRIFT_NAMES_MAX + 1);
    assert_int_equal(find(&k, DRIFT_COLUMN, "New0", "")->rows, 1);
    assert_int_equal(find(&k, DRIFT_COLUMN, "", "")->rows, 3 * DRIFT_NAMES_MAX - DRIFT_NAMES_MAX / 2);
    for (int i = 0; i < 100 && !drift_is_full(k.d); i++) {
        for (int j = 0; j < 2 * DRIFT_NAMES_MAX; j++) {
            drift_of(k.d, 100 + i, STR("T"));
            (void)snprintf(row, sizeof row, "C%d", j);
            for (int kind = 0; kind < DRIFT_KIND_COUNT; kind++)
                drift_note(k.d, (enum drift_kind)kind, str_of(row), STR("v"), STR_NONE);
            drift_row(k.d, (struct wall){1});
        }
    }
    assert_true(drift_is_full(k.d));
    kit_done(&k);
}

static void texts_are_cut_between_characters(void **state)
{
    char out[6];
    (void)state;
    drift_text(STR("abcd\xC3\xA9"), out, sizeof out);
    assert_string_equal(out, "abcd");
    drift_text(STR("a\nb\x1B"), out, sizeof out);
    assert_string_equal(out, "a b ");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_known_is_not_noted),
        cmocka_unit_test(each_kind_is_noted),
        cmocka_unit_test(names_are_bounded),
        cmocka_unit_test(texts_are_cut_between_characters),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests_name("drift", tests, NULL, NULL);
}
