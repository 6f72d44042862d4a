/* Any bytes as a mapping file: it compiles or is refused with a place; what compiles maps a row to valid JSON. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "logic/ocsf/compile/compile.h"

static const char row[] =
    "{\"Timestamp\":\"2026-07-18T14:00:54.7649349Z\",\"DeviceId\":\"5844d4a3\",\"DeviceName\":\"pc1.contoso.com\","
    "\"ActionType\":\"FileCreated\",\"FileName\":\"a.exe\",\"FolderPath\":\"C:\\\\x\\\\a.exe\",\"id\":\"7\","
    "\"FileSize\":12,"
    "\"Tags\":[\"a\",\"b\"],\"AdditionalFields\":\"{\\\"RuleId\\\":\\\"r\\\"}\",\"evidence\":[{\"a\":{\"b\":1}},{\"a\":"
    "null}],"
    "\"Techniques\":\"[\\\"PowerShell "
    "(T1059.001)\\\"]\",\"RemoteIP\":\"10.0.0.1\",\"RemoteUrl\":\"https://x.example/a?b\"}";

static void map_row(struct ocsf *o, struct plan *plan)
{
    struct map_scratch *s = map_scratch_new();
    const struct map_event *events;
    size_t count;
    struct err e;
    struct map_input in = {.tenant_id = STR("t"), .row = STR(row)};
    INVARIANT(s != NULL);
    if (plan_map(plan, o, s, &in, &events, &count, &e)) INVARIANT(json_check(events[0].json, NULL));
    map_scratch_free(s);
}

static bool compile(struct ocsf *o, const struct ocsf_mapping_file *file, struct plan *out, struct err *e)
{
    static const struct ocsf_opts opts;
    struct expander *x = ARENA_NEW(&o->arena, struct expander);
    INVARIANT(x != NULL);
    *x = (struct expander){.a = &o->arena, .e = e, .opts = &opts, .schema = o->schema};
    return compile_plan(&o->arena, x, file, out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ocsf o = {.schema = schema_of(NULL)};
    struct ocsf_mapping_file file = {"fuzz.yaml", {(const char *)data, size}};
    struct plan plan, base;
    struct err e = {0};
    arena_init(&o.arena, (size_t)64 << 20);
    if (!compile(&o, &file, &plan, &e)) {
        INVARIANT(e.cause != NULL && e.text[0] != '\0');
    } else {
        INVARIANT(compile(&o, mapping_file(NULL, STR("base.yaml")), &base, &e));
        o.base = &base;
        map_row(&o, &plan);
    }
    arena_done(&o.arena);
    return 0;
}
