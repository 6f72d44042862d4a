/* The lean mappings that the bench compares tools by: they compile, map the golden rows without error, and write neither an
 * identity nor observables. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kit/base/str.h"
#include "logic/ocsf/ocsf.h"

static struct str whole_file(const char *folder, const char *table, const char *end)
{
    static char bytes[1 << 16];
    char path[512];
    (void)snprintf(path, sizeof path, "%s/tests/%s/%s%s", SOURCE_ROOT, folder, table, end);
    FILE *f = fopen(path, "rb");
    assert_non_null(f);
    size_t n = fread(bytes, 1, sizeof bytes, f);
    assert_int_equal(fclose(f), 0);
    return (struct str){bytes, n};
}

static void tell(void *ctx, const struct ocsf_finding *f)
{
    (void)ctx;
    if (f->is_error) print_message("# %s %s: %s\n", f->rule, f->path, f->text);
}

struct seen {
    size_t mapped;
};

static bool on_event(void *ctx, const struct map_event *event)
{
    struct seen *seen = ctx;
    assert_int_equal(ocsf_check(NULL, event->json, tell, NULL), 0);
    assert_true(str_find(event->json, STR("\"observables\":"), 0) == SIZE_MAX);
    assert_true(str_find(event->json, STR("\"version\":\"1.8.0\",\"log_name\""), 0) != SIZE_MAX);
    seen->mapped += event->class_uid != 0;
    return true;
}

static void every_table_of_the_mix_maps(void **state)
{
    static const char *const tables[] = {
        "DeviceProcessEvents",  "DeviceFileEvents",  "DeviceNetworkEvents", "DeviceImageLoadEvents",
        "DeviceRegistryEvents", "DeviceLogonEvents", "DeviceInfo"};
    (void)state;
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
        struct ocsf_mapping_file file = {tables[i], whole_file("bench/mappings", tables[i], ".yaml")};
        struct ocsf_opts opts = {.overrides = &file, .override_count = 1};
        struct ocsf *o;
        struct err e = {0};
        if (!ocsf_new(&opts, &o, &e)) fail_msg("%s", e.text);
        struct seen seen = {0};
        struct ocsf_stream_opts stream = {.ocsf = o, .ctx = &seen, .on_event = on_event};
        struct ocsf_stream *s = ocsf_stream_new(&stream);
        struct str rows = whole_file("golden/cases", tables[i], ".in.ndjson");
        ocsf_stream_feed(s, rows.p, rows.n);
        ocsf_stream_end(s);
        assert_true(seen.mapped > 0);
        ocsf_stream_free(s);
        ocsf_free(o);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_table_of_the_mix_maps)};
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests_name("lean", tests, NULL, NULL);
}
