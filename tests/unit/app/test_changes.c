/* What the service tells of its feeds, and what it keeps to itself. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "face/app/engine/changes.h"
#include "kit/base/str.h"

static void hear(void *ctx, const char *line)
{
    assert_true(buf_addf(ctx, "%s\n", line));
}

static void note(struct changes *c, const char *tenant, const char *feed, enum ingest_state from, enum ingest_state to,
                 int64_t ms)
{
    const struct cause *cause = to == INGEST_OK ? NULL : &ingest_causes[INGEST_BAD_ANSWER];
    const struct ingest_change change = {.tenant_id = tenant,
                                         .tenant_name = tenant,
                                         .feed = feed,
                                         .from = from,
                                         .to = to,
                                         .cause = cause,
                                         .text = cause ? "cut short" : NULL};
    changes_note(c, &change, (struct mono){ms});
}

static void a_change_is_told_once_it_has_lasted(void **state)
{
    struct buf heard;
    struct changes *c = changes_new(hear, &heard);
    (void)state;
    buf_init(&heard, 0);
    note(c, "Contoso", "alerts", INGEST_OK, INGEST_ERROR, 0);
    assert_true(changes_tell(c, (struct mono){14000}));
    assert_int_equal(heard.n, 0);
    assert_false(changes_tell(c, (struct mono){16000}));
    assert_string_equal(buf_cstr(&heard),
                        "Contoso: alerts: ok -> error, Defender's answer is not what was asked for, or was cut short "
                        "(ingest.bad_answer): cut short\n");
    buf_reset(&heard);
    note(c, "Contoso", "alerts", INGEST_ERROR, INGEST_OK, 60000);
    assert_false(changes_tell(c, (struct mono){90000}));
    assert_string_equal(buf_cstr(&heard), "Contoso: alerts: error -> ok\n");
    buf_done(&heard);
    changes_free(c);
}

static void what_passes_by_itself_is_not_told(void **state)
{
    struct buf heard;
    struct changes *c = changes_new(hear, &heard);
    (void)state;
    buf_init(&heard, 0);
    note(c, "A", "alerts", INGEST_OK, INGEST_ERROR, 0); /* and back before it lasted */
    note(c, "A", "alerts", INGEST_ERROR, INGEST_OK, 5000);
    note(c, "A", "incidents", INGEST_WAITING, INGEST_OK, 0);
    note(c, "A", "machines", INGEST_WAITING, INGEST_NOT_LICENSED, 0);
    note(c, "A", "DeviceInfo", INGEST_OK, INGEST_THROTTLED, 0);
    assert_true(changes_tell(c, (struct mono){16000})); /* alerts, since its last change */
    assert_false(changes_tell(c, (struct mono){40000}));
    assert_int_equal(heard.n, 0);
    buf_done(&heard);
    changes_free(c);
}

static void feeds_that_changed_alike_share_a_line(void **state)
{
    static const char *const feeds[] = {"a", "b", "c", "d", "e", "f"};
    struct buf heard;
    struct changes *c = changes_new(hear, &heard);
    (void)state;
    buf_init(&heard, 0);
    for (size_t i = 0; i < 6; i++) note(c, "A", feeds[i], INGEST_OK, INGEST_BLIND, (int64_t)i);
    note(c, "B", "a", INGEST_OK, INGEST_BLIND, 0);
    note(c, "A", "late", INGEST_OK, INGEST_BLIND, 10000);
    assert_true(changes_tell(c, (struct mono){16000}));
    struct str text = buf_str(&heard);
    assert_true(str_starts(text, STR("A: a, b, c, d and 2 more: ok -> blind, ")));
    assert_true(str_find(text, STR("\nB: a: ok -> blind, "), 0) != SIZE_MAX);
    buf_reset(&heard);
    assert_false(changes_tell(c, (struct mono){30000}));
    assert_true(str_starts(buf_str(&heard), STR("A: late: ok -> blind, ")));
    buf_done(&heard);
    changes_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_change_is_told_once_it_has_lasted),
        cmocka_unit_test(what_passes_by_itself_is_not_told),
        cmocka_unit_test(feeds_that_changed_alike_share_a_line),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
