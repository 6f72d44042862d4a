/* The built-in mappings: compiled for every version and class set, and the examples in them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "logic/ocsf/ocsf.h"

static void every_target_compiles(void **state)
{
    static const char *const versions[] = {"1.8.0", "1.3.0"}, *const sets[] = {"mission", "best-fit"};
    (void)state;
    for (int i = 0; i < 4; i++) {
        struct ocsf_opts opts = {.version = versions[i / 2], .classes = sets[i % 2]};
        struct ocsf *o;
        struct err e = {0};
        if (!ocsf_new(&opts, &o, &e) || !ocsf_compile_all(o, &e))
            fail_msg("OCSF %s, %s: %s", versions[i / 2], sets[i % 2], e.text);
        ocsf_free(o);
    }
}

struct tally {
    const char *file;
    size_t run, failed;
};

static void note(void *ctx, const struct ocsf_example *example)
{
    struct tally *t = ctx;
    t->run++;
    if (example->failure == NULL) return;
    t->failed++;
    print_message("# %s (%s, %s), %s: %s\n", t->file, example->version, example->classes, example->name,
                  example->failure);
}

static void every_example_holds(void **state)
{
    const struct ocsf_mapping_file *file;
    struct tally all = {0};
    (void)state;
    for (size_t i = 0; (file = ocsf_builtin(i)) != NULL; i++) {
        struct tally t = {.file = file->name};
        struct err e = {0};
        if (strncmp(file->name, "common/", 7) == 0) continue;
        if (!ocsf_examples(NULL, file, note, &t, &e)) fail_msg("%s", e.text);
        if (t.run == 0) fail_msg("%s has no examples", file->name);
        all.run += t.run;
        all.failed += t.failed;
    }
    print_message("# %zu examples, %zu failed\n", all.run, all.failed);
    assert_int_equal(all.failed, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_target_compiles),
        cmocka_unit_test(every_example_holds),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests_name("mappings", tests, NULL, NULL);
}
