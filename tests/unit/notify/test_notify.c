/* flow/notify: stories from the outbox to a person and back, in virtual time. */
#include "kit.h"
#include "state/store/access.h"
#include "state/store/notices.h"
#include "state/store/people.h"
#include "state/store/tenants.h"

static const struct notice_record ransomware = {.tenant_id = TENANT_A,
                                                .organization = "Contoso",
                                                .incident = "77",
                                                .alert = "al-1",
                                                .device = "dev-1",
                                                .decision = "d-1",
                                                .action = "a-1",
                                                .kind = NOTICE_ALERT,
                                                .severity = NOTICE_HIGH,
                                                .wants = WANTS_ACK,
                                                .title = "Ransomware on pc-1",
                                                .body = STR("The device is being isolated."),
                                                .group_key = TENANT_A ":77"};

static struct kit k;

static int set_up(void **state)
{
    (void)state;
    kit_init(&k, 1);
    kit_open(&k, true);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    kit_done(&k);
    return 0;
}

static void manner(const char *to, const char *key, const char *pin, const char *status, const char *by,
                   int64_t after_ms)
{
    struct phone_manner *m = &k.manners[k.manner_count++];
    *m = (struct phone_manner){.status = status, .answered_by = by, .after_ms = after_ms};
    (void)snprintf(m->to, sizeof m->to, "%s", to);
    (void)snprintf(m->key, sizeof m->key, "%s", key);
    (void)snprintf(m->pin, sizeof m->pin, "%s", pin);
}

static void mail_first_then_phone_and_a_key(void **state)
{
    (void)state;
    kit_people(&k);
    manner("+15550101", "1", "", NULL, "human", 8000);
    kit_start(&k);
    struct wall start = sim_time_now(&k.time);
    int64_t id = kit_put(&k, ransomware);
    kit_run(&k, 5000);
    assert_int_equal(kit_told(&k, 'm'), 2); /* both on duty read it */
    assert_int_equal(kit_told(&k, 'w'), 1);
    assert_int_equal(kit_told(&k, 's'), 1);
    assert_int_equal(kit_told(&k, 'p'), 1);
    for (size_t i = 0; i < k.told_count; i++) assert_true(k.told[i].at.ticks - start.ticks < 10 * WALL_TICKS_PER_S);
    kit_run(&k, 15000);
    assert_int_equal(k.call_count, 1);
    assert_string_equal(k.calls[0].to, "+15550101");
    for (size_t i = 0; i < k.told_count && i < 5; i++) assert_true(k.calls[0].at.ticks >= k.told[i].at.ticks);
    assert_non_null(strstr(k.calls[0].say, "Ransomware on pc-1"));
    assert_non_null(strstr(k.calls[0].say, "Press 3 to release"));
    assert_null(strstr(k.calls[0].say, "Press 2"));
    struct notice_record n = kit_notice(&k, id);
    assert_int_equal(n.state, NOTICE_ANSWERED);
    assert_string_equal(n.answered_by, "ann");
    assert_int_equal(k.order_count, 1);
    assert_int_equal(k.orders[0].key, KEY_ACKNOWLEDGE);
    kit_run(&k, 3600 * 1000);
    assert_int_equal(k.call_count, 1); /* and bob sleeps on */
    assert_non_null(strstr(kit_last(&k, 'p')->id, "/acknowledge"));
    const struct told *update = kit_last(&k, 'm'); /* everybody reads who has it, in the same thread */
    assert_non_null(strstr(update->text, "ann: acknowledge"));
    assert_non_null(strstr(update->text, "Subject: Re: [HIGH] Contoso: Ransomware on pc-1\r\n"));
    char reference[200];
    const struct told *first = NULL;
    for (size_t i = 0; i < k.told_count && first == NULL; i++)
        if (k.told[i].kind == 'm' && strcmp(k.told[i].to, update->to) == 0) first = &k.told[i];
    assert_true(first && first != update);
    (void)snprintf(reference, sizeof reference, "References: <%s>\r\n", first->id);
    assert_non_null(strstr(update->text, reference));
}

static void nobody_answers_and_the_next_is_called(void **state)
{
    (void)state;
    static const struct {
        const char *key, *pin, *status, *by;
    } rows[] = {{"", "", "busy", ""},     {"", "", "no-answer", ""},    {"1", "", NULL, "machine_start"},
                {"", "", NULL, "human"},  {"2", "4711", NULL, "human"}, {"9", "0000", NULL, "human"},
                {"7", "", NULL, "human"}, {"", "", "failed", ""}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (i) tear_down(NULL), set_up(NULL);
        kit_people(&k);
        manner("+15550101", rows[i].key, rows[i].pin, rows[i].status, rows[i].by, 6000);
        manner("+15550102", "1", "", NULL, "human", 6000);
        kit_start(&k);
        int64_t id = kit_put(&k, ransomware);
        kit_run(&k, 60 * 1000); /* far below the rung's two minutes: who does not answer is not waited for */
        if (k.call_count != 2 || strcmp(k.calls[1].to, "+15550102") != 0)
            fail_msg("row %zu: %zu calls", i, k.call_count);
        struct notice_record n = kit_notice(&k, id);
        assert_string_equal(n.answered_by, "bob");
        assert_int_equal(k.order_count, 1);
    }
}

static void keys_that_act_need_the_pin(void **state)
{
    (void)state;
    struct notice_record n = ransomware;
    n.kind = NOTICE_APPROVAL;
    n.wants = WANTS_APPROVAL;
    kit_people(&k);
    manner("+15550101", "2", "4711", NULL, "human", 6000);
    kit_start(&k);
    k.orders_fail = true; /* the first attempt to give the order fails: it is given again */
    int64_t id = kit_put(&k, n);
    kit_run(&k, 60 * 1000);
    assert_int_equal(k.call_count, 1);
    assert_int_equal(k.order_count, 1);
    assert_int_equal(k.orders[0].key, KEY_APPROVE);
    assert_string_equal(kit_notice(&k, id).answer, "approve");
    assert_non_null(strstr(k.calls[0].say, "Press 2 to approve"));
}

static void two_have_to_approve(void **state)
{
    (void)state;
    struct notice_record n = ransomware;
    n.kind = NOTICE_APPROVAL;
    n.wants = WANTS_APPROVAL;
    kit_people(&k);
    k.needs_two = true;
    manner("+15550101", "2", "4711", NULL, "human", 6000);
    manner("+15550102", "2", "4711", NULL, "human", 6000);
    kit_start(&k);
    int64_t id = kit_put(&k, n);
    kit_run(&k, 40 * 1000);
    assert_int_equal(k.call_count, 2);
    assert_int_equal(k.order_count, 2);
    assert_int_equal(kit_notice(&k, id).state, NOTICE_RUNNING);
    struct err e;
    must(store_notice_expire(k.store, "d-1", "", &e), &e); /* the decision is made: nobody is called any more */
    kit_run(&k, 3600 * 1000);
    assert_int_equal(k.call_count, 2);
}

static void an_approval_ends_with_its_time(void **state)
{
    (void)state;
    struct notice_record n = ransomware;
    n.kind = NOTICE_APPROVAL;
    n.wants = WANTS_APPROVAL;
    n.expires = later_ms(sim_time_now(&k.time), 90 * 1000);
    kit_people(&k);
    kit_start(&k);
    int64_t id = kit_put(&k, n);
    kit_run(&k, 3600 * 1000);
    assert_int_equal(kit_notice(&k, id).state, NOTICE_EXPIRED);
    assert_true(k.call_count >= 2 && k.call_count <= 5);
}

static void medium_is_only_told_low_waits_informational_stays(void **state)
{
    (void)state;
    struct notice_record n = ransomware;
    n.wants = WANTS_NOTHING;
    n.group_key[0] = '\0';
    kit_people(&k);
    kit_start(&k);
    n.severity = NOTICE_MEDIUM;
    int64_t medium = kit_put(&k, n);
    n.severity = NOTICE_LOW;
    int64_t low = kit_put(&k, n), other = kit_put(&k, n);
    n.severity = NOTICE_INFORMATIONAL;
    int64_t quiet = kit_put(&k, n);
    kit_run(&k, 60 * 1000);
    assert_int_equal(kit_told(&k, 'm'), 2);
    assert_int_equal(k.call_count, 0);
    assert_int_equal(kit_notice(&k, medium).state, NOTICE_TOLD);
    assert_int_equal(kit_notice(&k, low).state, NOTICE_HELD);
    assert_int_equal(kit_notice(&k, quiet).state, NOTICE_STORED);
    kit_run(&k, 24 * 3600 * 1000); /* digest_at: 08:00 */
    assert_int_equal(kit_notice(&k, low).state, NOTICE_JOINED);
    assert_int_equal(kit_notice(&k, other).joined, kit_notice(&k, low).joined);
    assert_int_equal(kit_told(&k, 'm'), 4);
    assert_non_null(strstr(kit_last(&k, 'm')->text, "Daily digest: 2 notices"));
    assert_true(kit_last(&k, 'm')->at.ticks % WALL_TICKS_PER_DAY / WALL_TICKS_PER_HOUR == 8);
}

/* A rule may put off what is only told, never what has to be answered or what failed. */
static void a_route_puts_off_only_what_may_wait(void **state)
{
    (void)state;
    struct notice_record n = ransomware;
    kit_people(&k);
    manner("+15550101", "1", "", NULL, "human", 6000);
    kit_start(&k);
    n.wants = WANTS_NOTHING;
    (void)snprintf(n.route, sizeof n.route, "digest");
    int64_t held = kit_put(&k, n);
    (void)snprintf(n.route, sizeof n.route, "store");
    int64_t stored = kit_put(&k, n);
    (void)snprintf(n.route, sizeof n.route, "catch-up");
    int64_t late = kit_put(&k, n);
    n.kind = NOTICE_FAILURE;
    (void)snprintf(n.route, sizeof n.route, "digest");
    int64_t failed = kit_put(&k, n);
    n.wants = WANTS_ACK;
    (void)snprintf(n.route, sizeof n.route, "store");
    int64_t asked = kit_put(&k, n);
    kit_run(&k, 60 * 1000);
    assert_int_equal(kit_notice(&k, held).state, NOTICE_HELD);
    assert_int_equal(kit_notice(&k, stored).state, NOTICE_STORED);
    assert_int_equal(kit_notice(&k, late).state, NOTICE_HELD);
    assert_int_equal(kit_notice(&k, failed).state, NOTICE_TOLD);
    assert_int_equal(kit_notice(&k, asked).state, NOTICE_ANSWERED);
    kit_run(&k, 120 * 1000);
    assert_int_equal(kit_notice(&k, late).state, NOTICE_JOINED);
    assert_non_null(strstr(kit_last(&k, 'w')->text, "1 came late"));
}

static void one_shared_cause_is_one_notice(void **state)
{
    (void)state;
    kit_people(&k);
    kit_start(&k);
    struct notice_record n = {.kind = NOTICE_FAILURE,
                              .severity = NOTICE_HIGH,
                              .title = "Microsoft refuses our sign-in",
                              .cause = "login.expired",
                              .remedy = "Renew the secret.",
                              .group_key = "cause:login.expired"};
    int64_t ids[40];
    for (int i = 0; i < 40; i++) {
        (void)snprintf(n.organization, sizeof n.organization, "Customer %d", i);
        (void)snprintf(n.tenant_id, sizeof n.tenant_id, "aaaaaaaa-0000-4000-8000-%012d", i);
        ids[i] = kit_put(&k, n);
        kit_run(&k, 100);
    }
    kit_run(&k, 10 * 1000);
    assert_int_equal(kit_told(&k, 'm'), 2); /* one each to ann and bob */
    assert_non_null(strstr(kit_last(&k, 'm')->text, "The same cause concerns 40"));
    assert_non_null(strstr(kit_last(&k, 'm')->text, "Customer 13"));
    assert_int_equal(kit_notice(&k, ids[39]).joined, ids[0]);
    ids[1] = kit_put(&k, n); /* later: not at once again */
    kit_run(&k, 60 * 1000);
    assert_int_equal(kit_told(&k, 'm'), 2);
    kit_run(&k, 15 * 60 * 1000);
    assert_int_equal(kit_told(&k, 'm'), 4);
}

static void put_customer(const char *org, const char *tenant_id)
{
    struct err e;
    struct org_record o = {.created = {1}};
    struct tenant_record t = {.is_enabled = true, .created = {1}};
    (void)snprintf(o.name, sizeof o.name, "%s", org);
    must(store_org_put(k.store, &o, &e), &e);
    t.org_id = o.id;
    (void)snprintf(t.tenant_id, sizeof t.tenant_id, "%s", tenant_id);
    (void)snprintf(t.name, sizeof t.name, "%s", org);
    must(store_tenant_put(k.store, &t, true, &e), &e);
}

/* A person sees one organization, a channel is one tenant's. */
static void confine(const char *person, const char *org, const char *channel, const char *tenant_id)
{
    struct err e;
    struct org_record o;
    struct person_record p;
    struct channel_record c;
    struct login_record login = {.is_scoped = true};
    bool found = false;
    must(store_org_find(k.store, org, &o, &found, &e) && store_person_find(k.store, person, &p, &found, &e) &&
             store_channel_find(k.store, channel, &c, &found, &e),
         &e);
    login.person_id = p.id;
    (void)snprintf(c.tenant_id, sizeof c.tenant_id, "%s", tenant_id);
    must(store_login_put(k.store, &login, &e) && store_scope_set(k.store, SCOPE_PERSON, p.id, &o.id, 1, &e) &&
             store_channel_put(k.store, &c, false, &e),
         &e);
}

static const struct told *told_to(char kind, const char *to)
{
    for (size_t i = 0; i < k.told_count; i++)
        if (k.told[i].kind == kind && strstr(k.told[i].to, to)) return &k.told[i];
    return NULL;
}

static void a_shared_cause_names_to_each_his_own(void **state)
{
    (void)state;
    static const char *const customers[][2] = {{"Contoso", TENANT_A}, {"Fabrikam", TENANT_B}};
    struct notice_record n = {.kind = NOTICE_READINESS,
                              .severity = NOTICE_HIGH,
                              .title = "Consent is gone",
                              .body = STR("Nothing is read."),
                              .group_key = "cause:consent_lost:"};
    int64_t ids[2];
    kit_people(&k);
    for (size_t i = 0; i < 2; i++) put_customer(customers[i][0], customers[i][1]);
    confine("ann", "Contoso", "chat", TENANT_A);
    kit_start(&k);
    for (size_t i = 0; i < 2; i++) {
        (void)snprintf(n.organization, sizeof n.organization, "%s", customers[i][0]);
        (void)snprintf(n.tenant_id, sizeof n.tenant_id, "%s", customers[i][1]);
        ids[i] = kit_put(&k, n);
    }
    kit_run(&k, 30 * 1000);
    assert_int_equal(kit_notice(&k, ids[1]).joined, ids[0]);
    assert_int_equal(kit_told(&k, 'm'), 2);
    const struct told *confined[] = {told_to('m', "ann@"), kit_last(&k, 's')};
    const struct told *others[] = {told_to('m', "bob@"), kit_last(&k, 'w')}; /* they see every customer */
    for (size_t i = 0; i < 2; i++) {
        assert_non_null(strstr(confined[i]->text, "Nothing is read."));
        assert_null(strstr(confined[i]->text, "Fabrikam"));
        assert_null(strstr(confined[i]->text, "The same cause concerns"));
        assert_non_null(strstr(others[i]->text, "The same cause concerns 2"));
        assert_non_null(strstr(others[i]->text, "Contoso: "));
        assert_non_null(strstr(others[i]->text, "Fabrikam: "));
    }
}

static void nobody_on_duty_is_an_alarm(void **state)
{
    (void)state;
    kit_person(&k, "bob", "admin", "+15550102", false);
    kit_person(&k, "eve", "viewer", "+15550103", false);
    kit_channel(&k, "mail", "email", "");
    kit_channel(&k, "chat", "slack", "");
    kit_channel(&k, "voice", "phone", "FW1");
    manner("+15550102", "1", "", NULL, "human", 6000);
    kit_start(&k);
    (void)kit_put(&k, ransomware);
    kit_run(&k, 40 * 1000);
    bool is_said = false;
    for (size_t i = 0; i < k.told_count; i++)
        is_said = is_said || (k.told[i].kind == 'm' && strcmp(k.told[i].to, "bob@guard.example") == 0 &&
                              strstr(k.told[i].text, "Nobody is on duty on the list on-call"));
    assert_true(is_said);
    assert_int_equal(kit_told(&k, 's') >= 2, true); /* the alert and the alarm */
    assert_true(k.call_count >= 1);
    assert_string_equal(k.calls[0].to, "+15550102"); /* who has to see to it, whoever is on duty */
}

static void unheard_is_an_alarm(void **state)
{
    (void)state;
    kit_people(&k); /* and nobody ever picks up */
    kit_start(&k);
    int64_t id = kit_put(&k, ransomware);
    kit_run(&k, 3600 * 1000);
    assert_int_equal(kit_notice(&k, id).state, NOTICE_UNHEARD);
    assert_true(k.call_count >= 6);
    bool is_said = false;
    for (size_t i = 0; i < k.told_count; i++)
        is_said = is_said || strstr(k.told[i].text, "Nobody answered: Ransomware");
    assert_true(is_said);
}

static void a_lost_answer_is_looked_up_before_a_second_call(void **state)
{
    (void)state;
    kit_person(&k, "ann", "admin", "+15550101", true);
    kit_channel(&k, "voice", "phone", "FW1");
    manner("+15550101", "1", "", NULL, "human", 30 * 1000);
    kit_start(&k);
    k.lose_next = 1;
    int64_t id = kit_put(&k, ransomware);
    kit_run(&k, 90 * 1000);
    assert_int_equal(k.call_count, 1);
    assert_int_equal(kit_notice(&k, id).state, NOTICE_ANSWERED);
}

static void a_call_never_placed_is_placed_again(void **state)
{
    (void)state;
    kit_person(&k, "ann", "admin", "+15550101", true);
    kit_channel(&k, "voice", "phone", "FW1");
    manner("+15550101", "1", "", NULL, "human", 5000);
    kit_start(&k);
    k.next_status = 503;
    int64_t id = kit_put(&k, ransomware);
    kit_run(&k, 60 * 1000);
    assert_int_equal(k.call_count, 1);
    assert_int_equal(kit_notice(&k, id).state, NOTICE_ANSWERED);
}

static bool keep(void *arg, const struct delivery_record *d)
{
    *(struct delivery_record *)arg = *d;
    return true;
}

static void retried_as_told_and_dead_in_the_end(void **state)
{
    (void)state;
    struct delivery_record d = {0};
    struct err e;
    struct notice_record n = ransomware;
    n.wants = WANTS_NOTHING;
    kit_channel(&k, "hook", "webhook", "");
    kit_start(&k);
    k.next_status = 429;
    k.next_retry_after_ms = 120 * 1000;
    int64_t id = kit_put(&k, n);
    kit_run(&k, 100 * 1000);
    must(store_delivery_list(k.store, id, false, keep, &d, &e), &e);
    assert_int_equal(d.state, DELIVERY_FAILED);
    assert_string_equal(d.error_code, "notify.unavailable");
    assert_int_equal(k.sends, 1); /* not before its time */
    kit_run(&k, 30 * 1000);
    assert_int_equal(kit_told(&k, 'w'), 1);
    assert_int_equal(kit_notice(&k, id).state, NOTICE_TOLD);
    k.refuses = 1;
    id = kit_put(&k, n);
    kit_run(&k, 3 * 3600 * 1000);
    must(store_delivery_list(k.store, id, false, keep, &d, &e), &e);
    assert_int_equal(d.state, DELIVERY_DEAD);
    assert_int_equal(d.tries, 12);
    assert_int_equal(kit_notice(&k, id).state, NOTICE_UNHEARD);
    k.refuses = 0;
    k.next_status = 410; /* never: not tried again */
    id = kit_put(&k, n);
    kit_run(&k, 60 * 1000);
    must(store_delivery_list(k.store, id, false, keep, &d, &e), &e);
    assert_int_equal(d.state, DELIVERY_DEAD);
    assert_int_equal(d.tries, 1);
    assert_string_equal(d.error_code, "notify.refused");
}

static void a_ladder_of_ones_own(void **state)
{
    (void)state;
    struct err e;
    struct rung_record rungs[] = {{.channel = "chat"},
                                  {.rung = 1, .channel = "phone", .target = "bob", .wait_ms = 1000},
                                  {.rung = 2, .channel = "phone", .target = "ann", .wait_ms = 1000}};
    struct notice_record n = ransomware;
    kit_people(&k);
    manner("+15550101", "1", "", NULL, "human", 5000);
    must(store_ladder_set(k.store, "night", rungs, 3, &e), &e);
    (void)snprintf(n.route, sizeof n.route, "night");
    kit_start(&k);
    (void)kit_put(&k, n);
    kit_run(&k, 120 * 1000);
    assert_int_equal(kit_told(&k, 'm'), 0);
    assert_int_equal(k.call_count, 2);
    assert_string_equal(k.calls[0].to, "+15550102");
    assert_string_equal(k.calls[1].to, "+15550101");
}

static void one_acknowledgement_serves_the_case(void **state)
{
    (void)state;
    struct notice_record n = ransomware;
    kit_people(&k);
    manner("+15550101", "1", "", NULL, "human", 6000);
    kit_start(&k);
    int64_t first = kit_put(&k, n);
    (void)snprintf(n.title, sizeof n.title, "Ransomware on pc-2");
    int64_t second = kit_put(&k, n);
    kit_run(&k, 60 * 1000);
    assert_int_equal(kit_notice(&k, first).state, NOTICE_ANSWERED);
    assert_int_equal(kit_notice(&k, second).state, NOTICE_ANSWERED);
    assert_int_equal(k.call_count, 1); /* never two calls to one person at once */
}

int main(void)
{
#define STORY(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        STORY(mail_first_then_phone_and_a_key),
        STORY(nobody_answers_and_the_next_is_called),
        STORY(keys_that_act_need_the_pin),
        STORY(two_have_to_approve),
        STORY(an_approval_ends_with_its_time),
        STORY(medium_is_only_told_low_waits_informational_stays),
        STORY(a_route_puts_off_only_what_may_wait),
        STORY(one_shared_cause_is_one_notice),
        STORY(a_shared_cause_names_to_each_his_own),
        STORY(nobody_on_duty_is_an_alarm),
        STORY(unheard_is_an_alarm),
        STORY(a_lost_answer_is_looked_up_before_a_second_call),
        STORY(a_call_never_placed_is_placed_again),
        STORY(retried_as_told_and_dead_in_the_end),
        STORY(a_ladder_of_ones_own),
        STORY(one_acknowledgement_serves_the_case),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
