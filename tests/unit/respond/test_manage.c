/* logic/respond/manage: each exclusion a row, incidents as a whole, what counts as a change, which words fit. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "logic/respond/manage.h"

#define COUNT(a) (sizeof(a) / sizeof(a)[0])
#define MINUTE WALL_TICKS_PER_MIN

static const struct wall now = {INT64_C(17953305010000000)};

/* One that may be closed: every row below spoils one thing of it. */
static struct manage_alert good(void)
{
    return (struct manage_alert){.service = SERVICE_ENDPOINT,
                                 .severity = SEVERITY_MEDIUM,
                                 .status = STATUS_NEW,
                                 .handled = HANDLED_WHOLLY,
                                 .is_live = true,
                                 .isolation = ISOLATION_NO,
                                 .quiet_since = wall_add(now, -61 * MINUTE)};
}

static struct manage_rules usual(void)
{
    return (struct manage_rules){
        .endpoint = true, .resolve = true, .comment = true, .after_ms = 60 * 60 * 1000, .may_write = true};
}

typedef void spoil(struct manage_alert *a, struct manage_rules *r);
#define SPOIL(name, what)                                            \
    static void name(struct manage_alert *a, struct manage_rules *r) \
    {                                                                \
        (void)a, (void)r;                                            \
        what;                                                        \
    }
SPOIL(nothing, )
SPOIL(endpoint_off, r->endpoint = false)
SPOIL(resolve_off, r->resolve = false)
SPOIL(comment_off, r->comment = false)
SPOIL(both_off, r->resolve = r->comment = false)
SPOIL(is_done, a->is_done = true)
SPOIL(is_resolved, a->status = STATUS_RESOLVED)
SPOIL(was_reopened, a->was_reopened = true)
SPOIL(of_identity, a->service = SERVICE_IDENTITY)
SPOIL(of_xdr, a->service = SERVICE_XDR)
SPOIL(of_nobody, a->service = SERVICE_UNKNOWN)
SPOIL(has_unread, a->has_unread = true)
SPOIL(no_severity, a->severity = SEVERITY_UNKNOWN)
SPOIL(custom, a->is_custom_detection = true)
SPOIL(custom_closed, (a->is_custom_detection = true, a->is_closed_here = true))
SPOIL(not_live, a->is_live = false)
SPOIL(not_live_closed, (a->is_live = false, a->is_closed_here = true))
SPOIL(unhandled, a->handled = HANDLED_NO)
SPOIL(partly, a->handled = HANDLED_PARTLY)
SPOIL(handled_unknown, a->handled = HANDLED_UNKNOWN)
SPOIL(unhandled_closed, (a->handled = HANDLED_NO, a->is_closed_here = true))
SPOIL(assigned, a->is_assigned = true)
SPOIL(in_progress, a->status = STATUS_IN_PROGRESS)
SPOIL(assigned_closed, (a->is_assigned = true, a->is_closed_here = true))
SPOIL(judged, a->classification = CLASS_TRUE_POSITIVE)
SPOIL(high, a->severity = SEVERITY_HIGH)
SPOIL(high_heard, (a->severity = SEVERITY_HIGH, a->is_acknowledged = true))
SPOIL(high_closed, (a->severity = SEVERITY_HIGH, a->is_closed_here = true, a->handled = HANDLED_NO))
SPOIL(stopped, r->is_stopped = true)
SPOIL(no_role, r->may_write = false)
SPOIL(isolated, a->isolation = ISOLATION_YES)
SPOIL(isolated_closed, (a->isolation = ISOLATION_YES, a->is_closed_here = true))
SPOIL(held, a->is_held = true)
SPOIL(unread_isolation, a->isolation = ISOLATION_UNREAD)
SPOIL(soon, a->quiet_since = wall_add(now, -59 * MINUTE))
SPOIL(just_due, a->quiet_since = wall_add(now, -60 * MINUTE))
SPOIL(at_once, (a->quiet_since = now, r->after_ms = 0))
SPOIL(soon_closed, (a->quiet_since = now, a->is_closed_here = true))

static void each_exclusion_holds(void **state)
{
    static const struct {
        const char *what;
        spoil *spoil;
        enum manage_keep keep;
    } rows[] = {
        {"handled by Defender, quiet", nothing, KEEP_NONE},
        {"endpoint off", endpoint_off, KEEP_ENDPOINT_OFF},
        {"resolve off: the comment alone", resolve_off, KEEP_NONE},
        {"comment off: the resolve alone", comment_off, KEEP_NONE},
        {"both off", both_off, KEEP_NOTHING_WANTED},
        {"done before", is_done, KEEP_DONE},
        {"resolved by somebody", is_resolved, KEEP_RESOLVED},
        {"re-opened", was_reopened, KEEP_REOPENED},
        {"an identity alert", of_identity, KEEP_NOT_ENDPOINT},
        {"an alert of XDR", of_xdr, KEEP_NOT_ENDPOINT},
        {"an alert of an unknown service", of_nobody, KEEP_NOT_ENDPOINT},
        {"not all understood", has_unread, KEEP_UNREADABLE},
        {"no severity we know", no_severity, KEEP_UNREADABLE},
        {"custom detection", custom, KEEP_CUSTOM_DETECTION},
        {"custom detection, closed here", custom_closed, KEEP_CUSTOM_DETECTION},
        {"look-back", not_live, KEEP_BEFORE},
        {"look-back, closed here", not_live_closed, KEEP_NONE},
        {"nothing handled", unhandled, KEEP_NOT_HANDLED},
        {"partly handled", partly, KEEP_NOT_HANDLED},
        {"no evidence told", handled_unknown, KEEP_NOT_HANDLED},
        {"not handled, closed here", unhandled_closed, KEEP_NONE},
        {"assigned", assigned, KEEP_TAKEN},
        {"in progress", in_progress, KEEP_TAKEN},
        {"assigned, closed here", assigned_closed, KEEP_TAKEN},
        {"classified", judged, KEEP_CLASSIFIED},
        {"high, nobody acknowledged", high, KEEP_HIGH_UNSEEN},
        {"high, acknowledged", high_heard, KEEP_NONE},
        {"high, closed here", high_closed, KEEP_NONE},
        {"stopped", stopped, KEEP_STOPPED},
        {"no role", no_role, KEEP_NO_ROLE},
        {"isolated", isolated, KEEP_ISOLATED},
        {"isolated, closed here", isolated_closed, KEEP_ISOLATED},
        {"leased", held, KEEP_HELD},
        {"isolation not known", unread_isolation, KEEP_ISOLATION_UNKNOWN},
        {"59 minutes", soon, KEEP_SOON},
        {"60 minutes", just_due, KEEP_NONE},
        {"no delay", at_once, KEEP_NONE},
        {"closed here just now", soon_closed, KEEP_SOON},
    };
    bool seen[KEEP_COUNT] = {[KEEP_OTHERS_OPEN] = true, [KEEP_CHANGED] = true}; /* below */
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct manage_alert a = good();
        struct manage_rules r = usual();
        rows[i].spoil(&a, &r);
        enum manage_keep keep = manage_judge(&a, &r, now);
        if (keep != rows[i].keep)
            fail_msg("%s: %s instead of %s", rows[i].what, manage_rows[keep].name, manage_rows[rows[i].keep].name);
        seen[keep] = true;
    }
    for (size_t i = 0; i < KEEP_COUNT; i++)
        if (!seen[i] || !manage_rows[i].name || !manage_rows[i].text) fail_msg("exclusion %zu has no row", i);
}

/* Before the devices were read they do not speak: only then is it worth reading them. */
static void devices_are_asked_last(void **state)
{
    struct manage_alert a = good();
    struct manage_rules r = usual();
    (void)state;
    a.isolation = ISOLATION_UNREAD;
    assert_int_equal(manage_judge_unread(&a, &r, now), KEEP_NONE);
    a.quiet_since = now;
    assert_int_equal(manage_judge_unread(&a, &r, now), KEEP_SOON);
    assert_int_equal(manage_due(&a, &r).ticks, wall_add(now, 60 * MINUTE).ticks);
}

static void an_incident_goes_as_a_whole(void **state)
{
    static const struct {
        const char *what;
        struct {
            enum manage_keep keep;
            enum fact_status status;
        } alerts[3];
        enum manage_keep first; /* what becomes of the first */
    } rows[] = {
        {"all may go", {{KEEP_NONE, STATUS_NEW}, {KEEP_NONE, STATUS_NEW}, {KEEP_NONE, STATUS_NEW}}, KEEP_NONE},
        {"one is open",
         {{KEEP_NONE, STATUS_NEW}, {KEEP_NONE, STATUS_NEW}, {KEEP_NOT_HANDLED, STATUS_NEW}},
         KEEP_OTHERS_OPEN},
        {"one was just touched",
         {{KEEP_NONE, STATUS_NEW}, {KEEP_SOON, STATUS_NEW}, {KEEP_NONE, STATUS_NEW}},
         KEEP_OTHERS_OPEN},
        {"the others are resolved",
         {{KEEP_NONE, STATUS_NEW}, {KEEP_RESOLVED, STATUS_RESOLVED}, {KEEP_NOT_ENDPOINT, STATUS_RESOLVED}},
         KEEP_NONE},
        {"an identity alert is open",
         {{KEEP_NONE, STATUS_NEW}, {KEEP_NOT_ENDPOINT, STATUS_NEW}, {KEEP_RESOLVED, STATUS_RESOLVED}},
         KEEP_OTHERS_OPEN},
        {"one was commented by us",
         {{KEEP_NONE, STATUS_NEW}, {KEEP_DONE, STATUS_NEW}, {KEEP_NONE, STATUS_NEW}},
         KEEP_NONE},
        {"its own reason stays",
         {{KEEP_HELD, STATUS_NEW}, {KEEP_NOT_HANDLED, STATUS_NEW}, {KEEP_NONE, STATUS_NEW}},
         KEEP_HELD},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct manage_alert alerts[3];
        enum manage_keep keeps[3];
        for (size_t k = 0; k < 3; k++) {
            alerts[k] = good();
            alerts[k].status = rows[i].alerts[k].status;
            keeps[k] = rows[i].alerts[k].keep;
        }
        manage_judge_incident(alerts, keeps, 3);
        if (keeps[0] != rows[i].first) fail_msg("%s: %s", rows[i].what, manage_rows[keeps[0]].name);
    }
}

static void a_person_s_order_needs_less(void **state)
{
    struct manage_alert a = good();
    (void)state;
    a.severity = SEVERITY_HIGH;
    a.handled = HANDLED_NO;
    a.service = SERVICE_IDENTITY;
    a.isolation = ISOLATION_YES;
    assert_int_equal(manage_judge_order(&a, true), KEEP_NONE);
    a.is_assigned = true;
    assert_int_equal(manage_judge_order(&a, true), KEEP_TAKEN);
    assert_int_equal(manage_judge_order(&a, false), KEEP_NONE);
    a.status = STATUS_RESOLVED;
    assert_int_equal(manage_judge_order(&a, true), KEEP_RESOLVED);
}

static struct manage_view seen(void)
{
    struct alert_facts f = {.status = STATUS_NEW,
                            .severity = SEVERITY_LOW,
                            .incident = STR("14"),
                            .handled = HANDLED_WHOLLY,
                            .updated = now};
    struct manage_view v;
    manage_view_of(&f, 1, &v);
    return v;
}

static void changes_are_told_apart(void **state)
{
    const struct manage_view before = seen();
    struct manage_view v;
    (void)state;
    assert_int_equal(manage_diff(&before, &before), 0);
#define CHANGED(what, bits) \
    v = before;             \
    what;                   \
    assert_int_equal(manage_diff(&before, &v), (bits))
    CHANGED(v.updated.ticks++, 1u << CHANGE_OTHER);
    CHANGED((v.updated.ticks++, v.status = STATUS_RESOLVED), 1u << CHANGE_STATUS);
    CHANGED(memcpy(v.owner, "bob", 4), 1u << CHANGE_OWNER);
    CHANGED(v.classification = CLASS_EXPECTED, 1u << CHANGE_CLASSIFICATION);
    CHANGED(memcpy(v.determination, "malware", 8), 1u << CHANGE_CLASSIFICATION);
    CHANGED(v.comments = 2, 1u << CHANGE_COMMENT);
    CHANGED(v.severity = SEVERITY_HIGH, 1u << CHANGE_SEVERITY);
    CHANGED(memcpy(v.incident, "15", 3), 1u << CHANGE_INCIDENT);
    CHANGED(v.handled = HANDLED_PARTLY, 1u << CHANGE_HANDLED);
    struct manage_view closed = before;
    closed.status = STATUS_RESOLVED;
    assert_int_equal(manage_diff(&closed, &before), 1u << CHANGE_STATUS | 1u << CHANGE_REOPENED);
    for (int c = 0; c < CHANGE_COUNT; c++) assert_non_null(manage_change_name((enum manage_change)c));
}

static void our_own_writes_are_no_news(void **state)
{
    const struct manage_view before = seen();
    struct manage_view written = before, n;
    (void)state;
    written.status = STATUS_RESOLVED;
    n = written;
    n.updated.ticks += 5;
    assert_int_equal(manage_foreign(manage_diff(&before, &n), &written, &n), 0);
    memcpy(n.owner, "bob", 4); /* at the same time somebody took it */
    n.comments++;
    assert_int_equal(manage_foreign(manage_diff(&before, &n), &written, &n), 1u << CHANGE_OWNER | 1u << CHANGE_COMMENT);
    n = before; /* and re-opened */
    n.updated.ticks += 9;
    assert_int_equal(manage_foreign(manage_diff(&written, &n), &written, &n),
                     1u << CHANGE_STATUS | 1u << CHANGE_REOPENED);
}

static void pairs_are_checked(void **state)
{
    static const struct {
        const char *classification, *determination;
        const char *graph, *endpoint; /* the determination's word; NULL classification of the answer: refused */
        bool is_pair;
    } rows[] = {
        {"truePositive", "malware", "malware", "Malware", true},
        {"TruePositive", "CompromisedUser", "compromisedAccount", "CompromisedUser", true},
        {"truePositive", "compromisedAccount", "compromisedAccount", "CompromisedUser", true},
        {"informationalExpectedActivity", "confirmedUserActivity", "confirmedActivity", "ConfirmedUserActivity", true},
        {"falsePositive", "clean", "notMalicious", "Clean", true},
        {"falsePositive", "insufficientData", "notEnoughDataToValidate", "InsufficientData", true},
        {"falsePositive", "", NULL, NULL, true},
        {"truePositive", "none", NULL, NULL, true},
        {"falsePositive", "malware", NULL, NULL, false}, /* the documents' own example */
        {"truePositive", "clean", NULL, NULL, false},
        {"truePositive", "apt", NULL, NULL, false}, /* withdrawn */
        {"none", "malware", NULL, NULL, false},
        {"", "", NULL, NULL, false},
        {"benign", "", NULL, NULL, false},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct manage_pair *p = manage_pair_find(str_of(rows[i].classification), str_of(rows[i].determination));
        if ((p != NULL) != rows[i].is_pair) fail_msg("%s, %s", rows[i].classification, rows[i].determination);
        if (p == NULL) continue;
        assert_true(str_eq(str_of(p->words[MANAGE_GRAPH][1]), str_of(rows[i].graph)));
        assert_true(str_eq(str_of(p->words[MANAGE_ENDPOINT][1]), str_of(rows[i].endpoint)));
        assert_true(str_eq_nocase(str_of(p->words[MANAGE_GRAPH][0]), str_of(p->words[MANAGE_ENDPOINT][0])));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_exclusion_holds),        cmocka_unit_test(devices_are_asked_last),
        cmocka_unit_test(an_incident_goes_as_a_whole), cmocka_unit_test(a_person_s_order_needs_less),
        cmocka_unit_test(changes_are_told_apart),      cmocka_unit_test(our_own_writes_are_no_news),
        cmocka_unit_test(pairs_are_checked),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
