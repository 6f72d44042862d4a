/* The engine's ways one by one: questions and who answers them, lost answers, releases and what comes after them, leases,
 * ladders, orders that come twice, records as text. The world behind it checks its invariants after each step. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "respond_world.h"

enum { SECOND = 1000, MIN = 60000, HOUR = 3600000 };
#define SET(to, ...) (void)snprintf((to), sizeof(to), __VA_ARGS__)

static struct world w; /* large */

static struct rc_alert *begin(void)
{
    return world_usual(&w);
}

static void finish(void)
{
    if (w.broken[0]) fail_msg("%s", w.broken);
    world_done(&w);
}

static struct respond_order an_order(enum order_kind kind, uint64_t ref, const char *by)
{
    struct respond_order o = {.kind = kind, .ref = ref};
    SET(o.by, "%s", by);
    return o;
}

/* Given at once; what the person is told is in w.out. */
static bool give(const struct respond_order *o)
{
    struct respond_event ev = {.kind = EVENT_ORDER, .order = o};
    world_step(&w, &ev);
    return w.out->order_ok;
}

static bool say(enum order_kind kind, uint64_t ref, const char *by)
{
    struct respond_order o = an_order(kind, ref, by);
    return give(&o);
}

static bool let_go(const char *by)
{
    struct respond_order o = an_order(ORDER_ACT, 0, by);
    o.act = ACT_RELEASE;
    SET(o.tenant, "%s", w.cloud.tenants[0].id);
    SET(o.device, "%s", w.cloud.devices[0].id);
    return give(&o);
}

static void is_refused_as(int cause)
{
    assert_false(w.out->order_ok);
    assert_ptr_equal(w.out->order_error.cause, &respond_causes[cause]);
}

static const struct decision *newest(void)
{
    const struct decision *last = NULL;
    uint64_t cursor = 0;
    for (const struct decision *d; (d = responder_decisions(w.r, &cursor)) != NULL;) last = d;
    return last;
}

static const struct action *newest_action(void)
{
    const struct action *last = NULL;
    uint64_t cursor = 0;
    for (const struct action *a; (a = responder_actions(w.r, &cursor)) != NULL;) last = a;
    return last;
}

static const struct hold *held(void)
{
    return responder_hold_of(w.r, w.cloud.tenants[0].id, w.cloud.devices[0].id);
}

static struct rc_alert *asked(void)
{
    struct rc_alert *a = begin();
    w.settings[0].mode = MODE_APPROVE;
    world_settings(&w);
    world_deliver(&w, a, CAME_LIVE, 0);
    world_run(&w, 10 * SECOND);
    assert_int_equal(newest()->state, DECISION_ASKING);
    return a;
}

static struct rc_alert *isolated(void)
{
    struct rc_alert *a = begin();
    world_deliver(&w, a, CAME_LIVE, 0);
    world_run(&w, 2 * MIN);
    assert_string_equal(responder_outcome(w.r, newest()), "confirmed");
    assert_int_equal(newest_action()->proof, PROOF_STATUS | PROOF_PAIR);
    assert_int_equal(held()->state, HOLD_HELD);
    return a;
}

/* ---- questions ------------------------------------------------------------------------------------------------------------ */

static void one_approves(void **state)
{
    (void)state;
    (void)asked();
    assert_true(say(ORDER_APPROVE, newest()->id, "ann"));
    world_run(&w, 2 * MIN);
    assert_string_equal(responder_outcome(w.r, newest()), "confirmed");
    assert_false(newest_action()->is_unattended);
    assert_string_equal(newest_action()->by, "ann");
    assert_false(say(ORDER_APPROVE, newest()->id, "bob"));
    is_refused_as(RESPOND_NOT_OPEN);
    finish();
}

static void two_approve(void **state)
{
    (void)state;
    struct rc_alert *a = begin();
    w.settings[0].mode = MODE_APPROVE;
    w.settings[0].approval_people = 2;
    world_settings(&w);
    world_deliver(&w, a, CAME_LIVE, 0);
    world_run(&w, 10 * SECOND);
    assert_true(say(ORDER_APPROVE, newest()->id, "ann"));
    assert_int_equal(newest()->state, DECISION_ASKING);
    assert_false(say(ORDER_APPROVE, newest()->id, "ANN"));
    is_refused_as(RESPOND_TWICE);
    world_run(&w, MIN);
    assert_false(w.cloud.devices[0].is_isolated);
    assert_true(say(ORDER_APPROVE, newest()->id, "bob"));
    world_run(&w, 2 * MIN);
    assert_true(w.cloud.devices[0].is_isolated);
    finish();
}

static void denied(void **state)
{
    (void)state;
    struct rc_alert *a = asked();
    assert_true(say(ORDER_DENY, newest()->id, "ann"));
    assert_int_equal(newest()->state, DECISION_DENIED);
    world_deliver(&w, a, CAME_LIVE, 0); /* touched, not risen: nobody is asked again */
    world_run(&w, 10 * MIN);
    assert_int_equal(world_told(&w, TELL_APPROVAL, "May I"), 1);
    assert_false(say(ORDER_APPROVE, newest()->id, "ann"));
    finish();
}

static void nobody_answers(void **state)
{
    (void)state;
    (void)asked();
    world_run(&w, 29 * MIN);
    assert_int_equal(newest()->state, DECISION_ASKING);
    world_run(&w, 2 * MIN);
    assert_int_equal(newest()->state, DECISION_EXPIRED);
    assert_int_equal(world_told(&w, TELL_UPDATE, "Question withdrawn"), 1);
    assert_false(w.cloud.devices[0].is_isolated);
    finish();
}

static void nobody_answers_and_it_escalates(void **state)
{
    (void)state;
    struct rc_alert *a = begin();
    w.settings[0].mode = MODE_APPROVE;
    w.settings[0].escalates = true;
    world_settings(&w);
    world_deliver(&w, a, CAME_LIVE, 0);
    world_run(&w, 89 * MIN);
    assert_int_equal(newest()->state, DECISION_ASKING);
    assert_int_equal(world_told(&w, TELL_APPROVAL, "Still waiting"), 2);
    world_run(&w, 2 * MIN);
    assert_int_equal(newest()->state, DECISION_EXPIRED);
    assert_false(w.cloud.devices[0].is_isolated);
    finish();
}

/* A yes covers the reasons that were told, and no others. */
static void a_new_reason_asks_again(void **state)
{
    (void)state;
    (void)asked();
    assert_true(say(ORDER_APPROVE, newest()->id, "ann"));
    w.cloud.devices[0].worth = WORTH_HIGH; /* read on the way */
    world_run(&w, MIN);
    assert_int_equal(newest()->state, DECISION_ASKING);
    assert_int_equal(newest()->why, 1u << WHY_MODE | 1u << WHY_VALUE);
    assert_true(say(ORDER_APPROVE, newest()->id, "ann"));
    world_run(&w, 2 * MIN);
    assert_true(w.cloud.devices[0].is_isolated);
    finish();
}

static void closed_while_asking(void **state)
{
    (void)state;
    struct rc_alert *a = asked();
    a->status = STATUS_RESOLVED;
    world_deliver(&w, a, CAME_LIVE, 0);
    world_run(&w, MIN);
    assert_int_equal(newest()->state, DECISION_DROPPED);
    a->status = STATUS_NEW; /* and opened again: decided anew */
    world_deliver(&w, a, CAME_LIVE, 0);
    world_run(&w, MIN);
    assert_int_equal(newest()->state, DECISION_ASKING);
    finish();
}

static void questions_have_a_bound(void **state)
{
    (void)state;
    (void)begin();
    w.settings[0].mode = MODE_APPROVE;
    world_settings(&w);
    for (int i = 0; i < RESPOND_ASKING_MAX + 6; i++) {
        char name[R_ID];
        SET(name, "%d", 1000 + i);
        struct rc_alert *a = rc_add_alert(&w.cloud, 0, name, SEVERITY_HIGH);
        rc_name_device(a, 0, ROLE_PRIMARY);
        world_deliver(&w, a, CAME_LIVE, i * 100);
    }
    world_run(&w, 5 * MIN);
    assert_int_equal(world_told(&w, TELL_APPROVAL, "May I"), RESPOND_ASKING_MAX);
    assert_int_equal(world_told(&w, TELL_DIGEST, "Not asked"), 6);
    finish();
}

/* ---- what rises ----------------------------------------------------------------------------------------------------------- */

static void an_alert_that_rises(void **state)
{
    (void)state;
    struct rc_alert *a = begin();
    a->severity = SEVERITY_LOW;
    world_deliver(&w, a, CAME_LIVE, 0);
    world_run(&w, 5 * MIN);
    assert_null(newest());
    a->severity = SEVERITY_HIGH;
    world_deliver(&w, a, CAME_LIVE, 0);
    world_run(&w, 5 * MIN);
    assert_true(w.cloud.devices[0].is_isolated);
    assert_int_equal(world_told(&w, TELL_ALERT, "Low alert"), 1);
    assert_int_equal(world_told(&w, TELL_UPDATE, "High alert"), 1);
    finish();
}

static void an_old_one_that_rises_only_asks(void **state)
{
    (void)state;
    struct rc_alert *a = begin();
    a->severity = SEVERITY_LOW;
    world_deliver(&w, a, CAME_LIVE, 0);
    world_run(&w, 90 * MIN);
    a->severity = SEVERITY_HIGH;
    world_deliver(&w, a, CAME_LIVE, 0);
    world_run(&w, 5 * MIN);
    assert_int_equal(newest()->why, 1u << WHY_OLD);
    finish();
}

static void looked_back_and_risen_asks(void **state)
{
    (void)state;
    struct rc_alert *a = begin();
    a->severity = SEVERITY_MEDIUM;
    world_deliver(&w, a, CAME_LOOK_BACK, 0);
    world_run(&w, MIN);
    a->severity = SEVERITY_HIGH;
    world_deliver(&w, a, CAME_LIVE, 0);
    world_run(&w, MIN);
    assert_int_equal(newest()->why, 1u << WHY_CAME);
    finish();
}

static void the_same_revision_is_told_once(void **state)
{
    (void)state;
    struct rc_alert *a = begin();
    for (int i = 0; i < 20; i++) world_deliver(&w, a, CAME_LIVE, i * MIN);
    world_run(&w, 30 * MIN);
    assert_int_equal(world_told(&w, TELL_ALERT, "High alert"), 1);
    assert_int_equal(world_told(&w, TELL_OUTCOME, "Isolated"), 1);
    assert_int_equal(w.notice_count, 2);
    assert_int_equal(w.notices[0].wants, TELL_ACK);
    assert_true(w.notices[0].phone);
    assert_string_equal(w.notices[0].group, w.notices[1].group);
    finish();
}

/* ---- lost answers ------------------------------------------------------------------------------------------------------------ */

static unsigned steps_of(uint64_t action, const char *step)
{
    unsigned n = 0;
    for (size_t i = 0; i < w.record_count; i++)
        n +=
            w.ledger[i].kind == RECORD_ACTION && w.ledger[i].action.id == action && strcmp(w.ledger[i].step, step) == 0;
    return n;
}

static void lost_and_taken(void **state)
{
    (void)state;
    struct rc_alert *a = begin();
    w.cloud.faults.lost_after = 1;
    world_deliver(&w, a, CAME_LIVE, 0);
    world_run(&w, 5 * MIN);
    assert_int_equal(newest_action()->attempts, 1);
    assert_int_equal(steps_of(newest_action()->id, "lost"), 1);
    assert_string_equal(responder_outcome(w.r, newest()), "confirmed");
    assert_int_equal(w.cloud.action_count, 1);
    finish();
}

static void lost_for_good(void **state)
{
    (void)state;
    struct rc_alert *a = begin();
    w.cloud.faults.lost_before = 1;
    world_deliver(&w, a, CAME_LIVE, 0);
    world_run(&w, 10 * MIN);
    assert_int_equal(newest_action()->attempts, 2); /* one more, and no more */
    assert_int_equal(steps_of(newest_action()->id, "looked"), 4);
    assert_string_equal(responder_outcome(w.r, newest()), "unknown");
    assert_int_equal(world_told(&w, TELL_UPDATE, "Not known whether isolated"), 1);
    assert_int_equal(world_told(&w, TELL_FAILURE, "NOT ISOLATED"), 1);
    assert_int_equal(w.cloud.action_count, 0);
    finish();
}

static void heal(struct world *unused, uint64_t arg)
{
    (void)unused;
    (void)arg;
    w.cloud.faults = (struct rc_faults){0};
}

static void lost_once(void **state)
{
    (void)state;
    struct rc_alert *a = begin();
    w.cloud.faults.lost_before = 1;
    world_deliver(&w, a, CAME_LIVE, 0);
    world_script(&w, MIN, heal, 0);
    world_run(&w, 6 * MIN);
    assert_int_equal(newest_action()->attempts, 2);
    assert_string_equal(responder_outcome(w.r, newest()), "confirmed");
    finish();
}

/* Not sent again where the ground is gone in the meantime. */
static void lost_and_closed(void **state)
{
    (void)state;
    struct rc_alert *a = begin();
    w.cloud.faults.lost_before = 1;
    world_deliver(&w, a, CAME_LIVE, 0);
    world_run(&w, MIN);
    a->status = STATUS_RESOLVED;
    world_run(&w, 10 * MIN);
    assert_int_equal(newest_action()->attempts, 1);
    assert_int_equal(newest_action()->state, ACTION_UNKNOWN);
    finish();
}

static void lost_by_a_crash(void **state)
{
    (void)state;
    struct rc_alert *a = begin();
    world_deliver(&w, a, CAME_LIVE, 0);
    while (newest_action() == NULL) world_run(&w, 10);
    world_cut(&w, 5 * SECOND); /* the intent is durable; nobody knows whether it was sent */
    world_run(&w, 10 * MIN);
    assert_int_equal(steps_of(newest_action()->id, "lost"), 1);
    assert_string_equal(responder_outcome(w.r, newest()), "confirmed");
    finish();
}

static void throttled(void **state)
{
    (void)state;
    struct rc_alert *a = begin();
    w.cloud.faults.throttle = 1;
    world_deliver(&w, a, CAME_LIVE, 0);
    world_run(&w, 3 * MIN);
    assert_int_equal(newest_action()->state, ACTION_WAITING);
    a->classification = CLASS_FALSE_POSITIVE;
    heal(NULL, 0);
    world_run(&w, 3 * MIN); /* looked at again before it is posted again */
    assert_int_equal(newest_action()->state, ACTION_CANCELLED);
    assert_int_equal(newest()->state, DECISION_DROPPED);
    assert_int_equal(w.cloud.action_count, 0);
    finish();
}

static void not_answering(void **state)
{
    (void)state;
    struct rc_alert *a = begin();
    w.cloud.faults.look_fails = 1;
    world_deliver(&w, a, CAME_LIVE, 0);
    world_run(&w, 10 * MIN);
    assert_int_equal(world_told(&w, TELL_FAILURE, "NOT DONE YET"), 1);
    assert_int_equal(newest()->state, DECISION_CHECKING);
    heal(NULL, 0);
    world_run(&w, 5 * MIN);
    assert_true(w.cloud.devices[0].is_isolated);
    finish();
}

/* ---- the ladder of a rule ----------------------------------------------------------------------------------------------------- */

static void falls_back(void **state)
{
    (void)state;
    struct err e = {0};
    struct rc_alert *a = begin();
    struct policy *p = policy_compile(STR("policy: 1\n"
                                          "rules:\n"
                                          "  - name: steps\n"
                                          "    when: {severity: high}\n"
                                          "    then: isolate full\n"
                                          "    fallback: {unsupported: [restrict, scan full]}\n"),
                                      "steps", NULL, &e);
    if (p == NULL) fail_msg("%s", e.text);
    policy_free(w.policy);
    w.cloud.policy = w.policy = p;
    w.cloud.devices[0].is_unsupported = true;
    world_deliver(&w, a, CAME_LIVE, 0);
    world_run(&w, 5 * MIN);
    assert_int_equal(newest_action()->kind, ACT_SCAN);
    assert_int_equal(world_told(&w, TELL_FAILURE, "NOT ISOLATED"), 1);
    assert_int_equal(world_told(&w, TELL_FAILURE, "FAILED"), 2);
    assert_string_equal(responder_outcome(w.r, newest()), "failed");
    finish();
}

static void a_shared_cause_is_one(void **state)
{
    (void)state;
    struct rc_alert *a = begin();
    w.cloud.tenants[0].is_forbidden = true;
    rc_name_device(a, rc_add_device(&w.cloud, 0, "pc2.example", "Windows11"), ROLE_COMPROMISED);
    world_deliver(&w, a, CAME_LIVE, 0);
    world_run(&w, 5 * MIN);
    unsigned n = 0;
    for (size_t i = 0; i < w.notice_count; i++) {
        if (w.notices[i].kind != TELL_FAILURE) continue;
        assert_string_equal(w.notices[i].group, "cause:role.missing");
        assert_string_equal(w.notices[i].code, "role.missing");
        assert_true(w.notices[i].remedy[0]);
        n++;
    }
    assert_int_equal(n, 2);
    finish();
}

/* ---- releases -------------------------------------------------------------------------------------------------------------------- */

static void released(void **state)
{
    (void)state;
    (void)isolated();
    assert_true(let_go("ann"));
    world_run(&w, 2 * MIN);
    assert_false(w.cloud.devices[0].is_isolated);
    assert_int_equal(held()->state, HOLD_WATCHED);
    assert_int_equal(world_told(&w, TELL_OUTCOME, "Released"), 1);
    world_run(&w, 71 * (int64_t)HOUR);
    assert_int_equal(held()->state, HOLD_WATCHED);
    world_run(&w, 2 * HOUR);
    assert_null(held());
    finish();
}

static void released_while_stopped_and_full(void **state)
{
    (void)state;
    (void)isolated();
    assert_true(say(ORDER_STOP, 0, "ann"));
    w.settings[0].limit_hour = 0;
    w.settings[0].mode = MODE_OFF;
    world_settings(&w);
    assert_true(let_go("ann"));
    world_run(&w, 2 * MIN);
    assert_false(w.cloud.devices[0].is_isolated);
    finish();
}

static void release_cancels_what_is_pending(void **state)
{
    (void)state;
    struct rc_alert *a = begin();
    w.cloud.devices[0].is_offline = true;
    world_deliver(&w, a, CAME_LIVE, 0);
    world_run(&w, 10 * MIN);
    assert_int_equal(newest_action()->state, ACTION_PENDING);
    assert_true(let_go("ann"));
    world_run(&w, 2 * MIN);
    assert_int_equal(w.cloud.actions[0].x.state, REMOTE_CANCELLED);
    assert_int_equal(newest_action()->state, ACTION_CANCELLED); /* the isolation: nothing had to be released */
    world_run(&w, 10 * MIN);
    assert_false(w.cloud.devices[0].is_isolated);
    finish();
}

/* An isolation that hangs at Defender comes true after the release: it is released again, and people are told. */
static void a_stray_is_released_again(void **state)
{
    (void)state;
    (void)isolated();
    char mark[R_TEXT];
    SET(mark, "%s", w.cloud.actions[0].x.comment);
    assert_true(let_go("ann"));
    world_run(&w, 10 * MIN);
    w.cloud.faults.uncancellable = 1;
    rc_act(&w.cloud, 0, ACT_ISOLATE, "app:portcullis", mark);
    w.cloud.faults.uncancellable = 0;
    world_run(&w, 2 * HOUR);
    assert_int_equal(held()->strays, 1);
    assert_false(w.cloud.devices[0].is_isolated);
    assert_int_equal(world_told(&w, TELL_FAILURE, "Isolated again"), 1);
    finish();
}

static void isolated_by_others_after_release(void **state)
{
    (void)state;
    (void)isolated();
    assert_true(let_go("ann"));
    world_run(&w, 10 * MIN);
    rc_act(&w.cloud, 0, ACT_ISOLATE, "MicrosoftDefender", "attack disruption");
    world_run(&w, 2 * HOUR);
    assert_true(w.cloud.devices[0].is_isolated);
    assert_int_equal(held()->state, HOLD_HELD);
    assert_false(held()->is_owned);
    finish();
}

static void released_by_others(void **state)
{
    (void)state;
    (void)isolated();
    rc_act(&w.cloud, 0, ACT_RELEASE, "analyst@example", "by hand");
    world_run(&w, 30 * MIN);
    assert_int_equal(held()->state, HOLD_WATCHED);
    assert_string_equal(held()->released_by, "analyst@example");
    assert_true(newest()->released.ticks != 0);
    finish();
}

static void nothing_to_release(void **state)
{
    (void)state;
    (void)isolated();
    assert_true(let_go("ann"));
    world_run(&w, 2 * MIN);
    size_t calls = w.cloud.action_count;
    assert_true(let_go("ann"));
    world_run(&w, 2 * MIN);
    assert_int_equal(w.cloud.action_count, calls);
    assert_int_equal(world_told(&w, TELL_OUTCOME, "Not isolated"), 1);
    finish();
}

/* ---- leases -------------------------------------------------------------------------------------------------------------------------- */

static void a_lease_reminds(void **state)
{
    (void)state;
    (void)isolated();
    world_run(&w, 23 * (int64_t)HOUR);
    assert_int_equal(world_told(&w, TELL_UPDATE, "Isolation ends soon"), 1);
    world_run(&w, 26 * (int64_t)HOUR);
    assert_int_equal(world_told(&w, TELL_UPDATE, "Still isolated, lease over"), 2);
    assert_true(w.cloud.devices[0].is_isolated); /* by itself only where that is wanted */
    struct respond_order o = an_order(ORDER_EXTEND, held()->id, "bob");
    assert_false(give(&o));
    is_refused_as(RESPOND_ORDER);
    o.until = wall_add(w.now, 5 * WALL_TICKS_PER_HOUR);
    assert_true(give(&o));
    assert_string_equal(held()->owner, "bob");
    assert_int_equal(held()->reminders, 0);
    finish();
}

static void automatic_release(void **state)
{
    (void)state;
    struct rc_alert *a = begin();
    w.settings[0].auto_release = true;
    world_settings(&w);
    world_deliver(&w, a, CAME_LIVE, 0);
    world_run(&w, 25 * (int64_t)HOUR);
    assert_true(w.cloud.devices[0].is_isolated); /* its alert is open still */
    a->status = STATUS_RESOLVED;
    world_run(&w, HOUR);
    assert_false(w.cloud.devices[0].is_isolated);
    assert_string_equal(held()->released_by, "lease");
    assert_false(held()->by_person);
    finish();
}

static void no_automatic_release_of_others(void **state)
{
    (void)state;
    struct rc_alert *a = begin();
    w.settings[0].auto_release = true;
    world_settings(&w);
    rc_act(&w.cloud, 0, ACT_ISOLATE, "analyst@example", "by hand");
    world_run(&w, MIN);
    world_deliver(&w, a, CAME_LIVE, 0);
    world_run(&w, 5 * MIN);
    assert_string_equal(responder_outcome(w.r, newest()), "adopted");
    assert_int_equal(held()->until.ticks, 0);
    a->status = STATUS_RESOLVED;
    world_run(&w, 60 * (int64_t)HOUR);
    assert_true(w.cloud.devices[0].is_isolated);
    finish();
}

static void second_proof(void **state)
{
    (void)state;
    struct rc_alert *a = begin();
    w.settings[0].has_hunting = true;
    world_settings(&w);
    world_deliver(&w, a, CAME_LIVE, 0);
    world_run(&w, 10 * MIN);
    assert_int_equal(newest_action()->proof, PROOF_STATUS | PROOF_PAIR | PROOF_MITIGATION);
    finish();
}

/* ---- orders ------------------------------------------------------------------------------------------------------------------------------ */

static void an_order_comes_twice(void **state)
{
    (void)state;
    (void)isolated();
    struct respond_order o = an_order(ORDER_ACT, held()->id, "ann");
    o.act = ACT_RELEASE;
    SET(o.id, "delivery-12-3");
    assert_true(give(&o));
    world_run(&w, 5 * MIN);
    struct respond_order again = an_order(ORDER_RETRY, newest()->id, "ann");
    assert_true(give(&again)); /* isolated once more, because a person says so */
    world_run(&w, 5 * MIN);
    assert_true(w.cloud.devices[0].is_isolated);
    assert_true(give(&o)); /* the first key press arrives again */
    assert_int_equal(w.out->record_count, 0);
    world_run(&w, 5 * MIN);
    assert_true(w.cloud.devices[0].is_isolated);
    finish();
}

static void orders_that_cannot_be(void **state)
{
    (void)state;
    (void)begin();
    assert_false(say(ORDER_APPROVE, 99, "ann"));
    is_refused_as(RESPOND_NOT_FOUND);
    assert_false(say(ORDER_RESUME, 0, "ann"));
    is_refused_as(RESPOND_NOTHING);
    assert_false(say(ORDER_STOP, 0, ""));
    is_refused_as(RESPOND_ORDER);
    assert_true(say(ORDER_STOP, 0, "ann"));
    assert_false(say(ORDER_STOP, 0, "ann"));
    is_refused_as(RESPOND_NOTHING);
    struct respond_order o = an_order(ORDER_ACT, 0, "ann");
    o.act = ACT_ISOLATE;
    assert_false(give(&o));
    is_refused_as(RESPOND_ORDER);
    o.act = ACT_QUARANTINE;
    SET(o.tenant, "%s", w.cloud.tenants[0].id);
    SET(o.device, "%s", w.cloud.devices[0].id);
    assert_false(give(&o));
    is_refused_as(RESPOND_ORDER);
    assert_false(say(ORDER_CANCEL, 99, "ann"));
    is_refused_as(RESPOND_NOT_FOUND);
    assert_false(say(ORDER_EXTEND, 99, "ann"));
    is_refused_as(RESPOND_NOT_FOUND);
    finish();
}

static void a_person_isolates(void **state)
{
    (void)state;
    (void)begin();
    struct respond_order o = an_order(ORDER_ACT, 0, "ann");
    o.act = ACT_ISOLATE;
    SET(o.tenant, "%s", w.cloud.tenants[0].id);
    SET(o.host, "pc1.example");
    w.settings[0].mode = MODE_OFF; /* a person needs no automatic remediation */
    world_settings(&w);
    assert_true(say(ORDER_STOP, 0, "bob"));
    assert_true(give(&o));
    world_run(&w, 2 * MIN);
    assert_true(w.cloud.devices[0].is_isolated);
    assert_string_equal(held()->owner, "ann");
    finish();
}

static void a_person_isolates_what_is_guarded(void **state)
{
    (void)state;
    (void)begin();
    SET(w.cloud.devices[0].os, "WindowsServer2022");
    struct respond_order o = an_order(ORDER_ACT, 0, "ann");
    o.act = ACT_ISOLATE;
    SET(o.tenant, "%s", w.cloud.tenants[0].id);
    SET(o.device, "%s", w.cloud.devices[0].id);
    assert_true(give(&o));
    world_run(&w, MIN);
    assert_int_equal(newest()->state, DECISION_ASKING);
    assert_true(say(ORDER_DENY, newest()->id, "ann"));
    o.anyway = true;
    assert_true(give(&o));
    world_run(&w, 2 * MIN);
    assert_true(w.cloud.devices[0].is_isolated);
    finish();
}

static void acknowledged(void **state)
{
    (void)state;
    (void)isolated();
    assert_true(say(ORDER_ACK, newest()->id, "ann"));
    assert_true(say(ORDER_ACK, newest_action()->id, "bob"));
    assert_string_equal(newest()->acked_by, "ann"); /* who was first */
    finish();
}

static void stopped_over_a_restart(void **state)
{
    (void)state;
    struct rc_alert *a = begin();
    struct respond_order o = an_order(ORDER_STOP, 0, "ann");
    SET(o.tenant, "%s", w.cloud.tenants[0].id);
    assert_true(give(&o));
    world_cut(&w, SECOND);
    world_run(&w, 5 * SECOND);
    assert_non_null(responder_stop_of(w.r, w.cloud.tenants[0].id));
    world_deliver(&w, a, CAME_LIVE, 0);
    world_run(&w, MIN);
    assert_int_equal(newest()->why, 1u << WHY_STOPPED);
    struct respond_readiness ready;
    responder_readiness(w.r, w.cloud.tenants[0].id, w.now, &ready);
    assert_int_equal(ready.why, 1u << WHY_STOPPED);
    finish();
}

static void readiness(void **state)
{
    struct respond_readiness x;
    (void)state;
    (void)isolated();
    w.settings[0].limit_hour = 1;
    world_settings(&w);
    responder_readiness(w.r, w.cloud.tenants[0].id, w.now, &x);
    assert_true(x.is_known);
    assert_int_equal(x.why, 1u << WHY_TENANT_HOUR);
    assert_int_equal(x.hour_used, 1);
    assert_int_equal(x.share_used, 1);
    assert_int_equal(x.share_limit, 5);
    assert_int_equal(x.account_used, 1);
    responder_readiness(w.r, "another", w.now, &x);
    assert_false(x.is_known);
    assert_true(x.why & 1u << WHY_MODE);
    finish();
}

/* ---- records ------------------------------------------------------------------------------------------------------------------------------ */

static void records_as_text(void **state)
{
    struct respond_record r = {.kind = RECORD_DECISION, .at = {INT64_C(17637984000000123)}}, back;
    struct buf text;
    struct err e;
    char id[RECORD_ID_BYTES];
    (void)state;
    buf_init(&text, 0);
    SET(r.step, "asked");
    SET(r.note, "100 %% sure = \"yes\"\tä");
    r.decision.id = 18;
    r.decision.state = DECISION_ASKING;
    r.decision.why = 5;
    r.decision.fallback[2][1] = WISH_SCAN_FULL;
    r.decision.phone = true;
    SET(r.decision.title, "a b");
    assert_true(respond_record_format(&r, &text));
    assert_null(strchr(buf_cstr(&text), '\t'));
    assert_true(respond_record_parse(buf_str(&text), &back, &e));
    assert_memory_equal(&r, &back, sizeof r);
    respond_record_id(&back, id);
    assert_string_equal(id, "18");
    assert_true(
        respond_record_parse(STR("kind=stop newer=thing when=2026-01-01T00:00:00Z state=on tenant=t"), &back, &e));
    assert_int_equal(back.stop.state, STOP_ON);
    static const char too_long[] = "kind=order order=01234567890123456789012345678901234567890123456789"
                                   "01234567890123456789012345678901234567890123456789";
    static const char *const bad[] = {"",
                                      "kind=",
                                      "kind=none",
                                      "kind=wish id=1",
                                      "step=x",
                                      "kind=decision id=-1",
                                      "kind=decision id=1 state=sideways",
                                      "kind=decision fallback=zz",
                                      "kind=hold since=soon",
                                      "kind=action late=2",
                                      "kind=action looks=4294967296",
                                      "kind=stop by=%0",
                                      "kind=stop by=%00",
                                      too_long};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        if (respond_record_parse(str_of(bad[i]), &back, &e)) fail_msg("was read: %s", bad[i]);
        assert_ptr_equal(e.cause, &respond_causes[RESPOND_RECORD]);
    }
    buf_done(&text);
}

static struct respond_record a_decision(uint64_t id, enum decision_state state, int64_t day)
{
    struct respond_record r = {.kind = RECORD_DECISION, .at = {(20000 + day) * WALL_TICKS_PER_DAY}};
    r.decision.id = id;
    r.decision.state = state;
    r.decision.decided = r.at;
    if (state >= DECISION_DONE) r.decision.settled = r.at;
    return r;
}

/* What is open is never dropped; what is settled goes when its room is needed, but not before eight days. */
static void memory_is_bounded(void **state)
{
    struct responder_opts o = {.installation = "x"};
    struct responder *r = NULL;
    struct err e;
    (void)state;
    assert_true(responder_new(&o, &r, &e));
    struct respond_record open = a_decision(1, DECISION_ASKING, 0), x;
    assert_true(responder_apply(r, &open, &e));
    for (uint64_t id = 2; id <= RESPOND_DECISIONS_MAX; id++) {
        x = a_decision(id, DECISION_DENIED, 0);
        assert_true(responder_apply(r, &x, &e));
    }
    x = a_decision(RESPOND_DECISIONS_MAX + 1, DECISION_DENIED, 7);
    assert_false(responder_apply(r, &x, &e));
    assert_ptr_equal(e.cause, &respond_causes[RESPOND_FULL]);
    x = a_decision(RESPOND_DECISIONS_MAX + 1, DECISION_DENIED, 9);
    assert_true(responder_apply(r, &x, &e));
    assert_true(responder_knows(r, &x));
    assert_true(responder_knows(r, &open));
    x = a_decision(2, DECISION_DENIED, 0);
    assert_false(responder_knows(r, &x)); /* the oldest made way */
    x = a_decision(RESPOND_DECISIONS_MAX, DECISION_DENIED, 0);
    assert_true(responder_knows(r, &x));
    responder_free(r);
}

static void causes_are_whole(void **state)
{
    (void)state;
    for (int i = 0; i < RESPOND_CAUSE_COUNT; i++) {
        assert_non_null(respond_causes[i].code);
        assert_true(respond_causes[i].remedy[0]);
        for (int k = 0; k < i; k++) assert_string_not_equal(respond_causes[i].code, respond_causes[k].code);
    }
    for (unsigned i = 0; i < WHY_KINDS; i++) {
        assert_true(respond_reason_name(i)[0]);
        assert_true(respond_reason_text(i)[0]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_approves),
        cmocka_unit_test(two_approve),
        cmocka_unit_test(denied),
        cmocka_unit_test(nobody_answers),
        cmocka_unit_test(nobody_answers_and_it_escalates),
        cmocka_unit_test(a_new_reason_asks_again),
        cmocka_unit_test(closed_while_asking),
        cmocka_unit_test(questions_have_a_bound),
        cmocka_unit_test(an_alert_that_rises),
        cmocka_unit_test(an_old_one_that_rises_only_asks),
        cmocka_unit_test(looked_back_and_risen_asks),
        cmocka_unit_test(the_same_revision_is_told_once),
        cmocka_unit_test(lost_and_taken),
        cmocka_unit_test(lost_for_good),
        cmocka_unit_test(lost_once),
        cmocka_unit_test(lost_and_closed),
        cmocka_unit_test(lost_by_a_crash),
        cmocka_unit_test(throttled),
        cmocka_unit_test(not_answering),
        cmocka_unit_test(falls_back),
        cmocka_unit_test(a_shared_cause_is_one),
        cmocka_unit_test(released),
        cmocka_unit_test(released_while_stopped_and_full),
        cmocka_unit_test(release_cancels_what_is_pending),
        cmocka_unit_test(a_stray_is_released_again),
        cmocka_unit_test(isolated_by_others_after_release),
        cmocka_unit_test(released_by_others),
        cmocka_unit_test(nothing_to_release),
        cmocka_unit_test(a_lease_reminds),
        cmocka_unit_test(automatic_release),
        cmocka_unit_test(no_automatic_release_of_others),
        cmocka_unit_test(second_proof),
        cmocka_unit_test(an_order_comes_twice),
        cmocka_unit_test(orders_that_cannot_be),
        cmocka_unit_test(a_person_isolates),
        cmocka_unit_test(a_person_isolates_what_is_guarded),
        cmocka_unit_test(acknowledged),
        cmocka_unit_test(stopped_over_a_restart),
        cmocka_unit_test(readiness),
        cmocka_unit_test(records_as_text),
        cmocka_unit_test(memory_is_bounded),
        cmocka_unit_test(causes_are_whole),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests_name("respond", tests, NULL, NULL);
}
