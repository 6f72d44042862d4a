/* The built-in mappings: compiled for every version and class set, and the examples in them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "logic/ocsf/ocsf.h"
#include "logic/ocsf/plan_int.h"

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

static void assert_same_slots(const uint16_t *a, size_t a_count, const uint16_t *b, size_t b_count)
{
    assert_int_equal(a_count, b_count);
    assert_memory_equal(a, b, a_count * sizeof *a);
}

/* A guess goes by plans that have only their columns: they are those of the whole plans, in every target. */
static void columns_alone_are_those_of_the_plan(void **state)
{
    static const char *const versions[] = {"1.8.0", "1.3.0"}, *const sets[] = {"mission", "best-fit"};
    (void)state;
    for (int i = 0; i < 4; i++) {
        struct ocsf_opts opts = {.version = versions[i / 2], .classes = sets[i % 2]};
        struct ocsf *o;
        struct err e = {0};
        assert_true(ocsf_new(&opts, &o, &e));
        for (size_t at = 0; at < o->entry_count; at++) {
            const struct plan *columns = ocsf_columns_at(o, at), *plan = ocsf_plan_at(o, at);
            const struct shape *some = &columns->shapes[0], *all = &plan->shapes[0];
            assert_ptr_equal(ocsf_columns_at(o, at), plan); /* once it is there */
            assert_string_equal(columns->source, plan->source);
            assert_true(plan == o->base || columns != plan);
            assert_same_slots(some->slots, some->name_count, all->slots, all->name_count);
            for (size_t k = 0; k < all->name_count; k++) assert_true(str_eq(some->names[k], all->names[k]));
            assert_same_slots(columns->required, columns->required_count, plan->required, plan->required_count);
            assert_same_slots(columns->cursor_slots, columns->cursor_count, plan->cursor_slots, plan->cursor_count);
            assert_int_equal(columns->id_slot, plan->id_slot);
        }
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
        cmocka_unit_test(columns_alone_are_those_of_the_plan),
        cmocka_unit_test(every_example_holds),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests_name("mappings", tests, NULL, NULL);
}
