/* logic/respond/able: which system takes which order, and what is not certain is not claimed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "logic/respond/able.h"

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

/* isolate, isolate selective, restrict, scan, collect, quarantine: y, n, or ? */
static void systems_take_what_microsoft_says(void **state)
{
    static const char letters[ABLE_ANSWERS] = {[ABLE_YES] = 'y', [ABLE_NO] = 'n', [ABLE_UNSURE] = '?'};
    static const struct {
        const char *os;
        int64_t build;
        const char *wanted;
    } rows[] = {
        {"Windows11", 22631, "yyyyyy"},
        {"Windows11", 0, "yyyyyy"},
        {"Windows10", 16299, "yyyyyy"},
        {"Windows10", 16298, "ynnnyy"},
        {"Windows10", 15063, "ynnnyy"},
        {"Windows10", 15062, "nnnnnn"},
        {"Windows10", 0, "??????"},
        {"Windows 10", 19045, "yyyyyy"},
        {"WINDOWS10WVD", 19045, "yyyyyy"},
        {"WindowsServer2022", 20348, "y?yyyy"},
        {"WindowsServer2019", 0, "y?yyyy"},
        {"WindowsServer2016", 14393, "y?nyyy"},
        {"WindowsServer2012R2", 9600, "y?nyyy"},
        {"WindowsServer2012", 9200, "n?nnnn"},
        {"WindowsServer2008R2", 7601, "nnnnnn"},
        {"WindowsServer", 17763, "y?yyyy"},
        {"WindowsServer", 0,
         "?"
         "?????"},
        {"AzureStackHCI", 25398, "y?????"},
        {"AzureStackHCI", 20349, "n?????"},
        {"Windows7", 7601, "nnnnnn"},
        {"Windows8.1", 9600, "nnnnnn"},
        {"macOS", 0, "??n??n"},
        {"Linux", 0, "ynn??n"},
        {"Ubuntu", 0, "ynn??n"},
        {"iOS", 0, "nnnnnn"},
        {"Android", 0, "nnnnnn"},
        {"Other", 0, "??????"},
        {"", 0, "??????"},
        {"Windows", 0, "??????"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++)
        for (unsigned d = 0; d < DEEDS; d++) {
            const char *why = "unset";
            enum able a = able_by_system((enum able_deed)d, str_of(rows[i].os), rows[i].build, &why);
            if (letters[a] != rows[i].wanted[d])
                fail_msg("%s (%lld): %s is %s", rows[i].os, (long long)rows[i].build, able_deed_names[d],
                         able_names[a]);
            assert_true((why == NULL) == (a == ABLE_YES));
        }
}

static void without_a_sensor_nothing_is_done(void **state)
{
    struct able_machine m = {.os = STR("Windows11"), .build = 22631};
    const char *why;
    (void)state;
    for (unsigned d = 0; d < DEEDS; d++) {
        m.is_onboarded = false;
        assert_int_equal(able_judge((enum able_deed)d, &m, &why), ABLE_NO);
        assert_string_equal(why, "not onboarded");
        m.is_onboarded = true;
        assert_int_equal(able_judge((enum able_deed)d, &m, &why), ABLE_YES);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(systems_take_what_microsoft_says),
        cmocka_unit_test(without_a_sensor_nothing_is_done),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
