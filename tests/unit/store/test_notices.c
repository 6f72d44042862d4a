/* state/store: people, channels, notices and their deliveries there and back. */
#include "state/store/notices.h"
#include "state/store/people.h"
#include "tests.h"

static struct notice_record a_notice(const char *incident)
{
    struct notice_record n = {.tenant_id = TENANT_A,
                              .organization = "Contoso",
                              .alert = "al-1",
                              .device = "dev-1",
                              .decision = "d-1",
                              .action = "a-1",
                              .kind = NOTICE_APPROVAL,
                              .severity = NOTICE_HIGH,
                              .wants = WANTS_APPROVAL,
                              .title = "Ransomware on pc-1",
                              .body = STR("first line\nsecond \xc3\xa4"),
                              .cause = "graph.denied",
                              .remedy = "grant it",
                              .group_key = "g-1",
                              .route = "night",
                              .expires = {900}};
    (void)str_copy(str_of(incident), n.incident, sizeof n.incident);
    return n;
}

static bool count_notice(void *arg, const struct notice_record *r)
{
    (void)r;
    ++*(unsigned *)arg;
    return true;
}

static unsigned listed(struct store *s, struct notice_query q)
{
    struct err e = {0};
    unsigned n = 0;
    must(store_notice_list(s, &q, count_notice, &n, &e), &e);
    return n;
}

static void same_notice(const struct notice_record *a, const struct notice_record *b)
{
    assert_int_equal(a->id, b->id);
    assert_int_equal(a->created.ticks, b->created.ticks);
    assert_string_equal(a->tenant_id, b->tenant_id);
    assert_string_equal(a->organization, b->organization);
    assert_string_equal(a->incident, b->incident);
    assert_string_equal(a->alert, b->alert);
    assert_string_equal(a->device, b->device);
    assert_string_equal(a->decision, b->decision);
    assert_string_equal(a->action, b->action);
    assert_true(a->kind == b->kind && a->severity == b->severity && a->wants == b->wants);
    assert_string_equal(a->title, b->title);
    assert_true(str_eq(a->body, b->body));
    assert_string_equal(a->cause, b->cause);
    assert_string_equal(a->remedy, b->remedy);
    assert_string_equal(a->group_key, b->group_key);
    assert_string_equal(a->route, b->route);
    assert_int_equal(a->expires.ticks, b->expires.ticks);
    assert_true(a->state == b->state && a->rung == b->rung && a->due.ticks == b->due.ticks && a->joined == b->joined);
    assert_string_equal(a->answered_by, b->answered_by);
    assert_string_equal(a->answer, b->answer);
    assert_int_equal(a->answered.ticks, b->answered.ticks);
}

void notices_there_and_back(void **state)
{
    (void)state;
    struct err e = {0};
    struct fake_disk *d = fake_disk_new(1);
    struct store *s = open_on(d, true);
    struct notice_record n = a_notice("in-1"), m = a_notice("in-2"), out;
    struct buf body;
    bool found = false, changed = false;
    buf_init(&body, 0);
    must(store_notice_put(s, &n, &e) && store_notice_put(s, &m, &e), &e);
    assert_true(n.id > 0 && m.id > n.id && n.created.ticks == test_time.wall.ticks);
    n.state = NOTICE_RUNNING, n.rung = 2, n.due.ticks = 50, n.joined = 7;
    must(store_notice_put(s, &n, &e), &e);
    store_close(s);
    s = open_on(d, false);
    must(store_notice_find(s, n.id, &body, &out, &found, &e), &e);
    assert_true(found);
    same_notice(&out, &n);

    assert_int_equal(listed(s, (struct notice_query){0}), 2);
    assert_int_equal(listed(s, (struct notice_query){.incident = "in-2"}), 1);
    assert_int_equal(listed(s, (struct notice_query){.group_key = "g-1", .tenant_id = TENANT_A}), 2);
    assert_int_equal(listed(s, (struct notice_query){.group_key = "g-1", .tenant_id = TENANT_B}), 0);
    assert_int_equal(listed(s, (struct notice_query){.is_open = true, .due_until = {49}}), 1);
    assert_int_equal(listed(s, (struct notice_query){.is_open = true, .due_until = {50}}), 2);
    assert_int_equal(listed(s, (struct notice_query){.newest = 1}), 1);
    assert_int_equal(listed(s, (struct notice_query){.from = {n.created.ticks + 1}}), 0);

    must(store_notice_answer(s, n.id, "ann", "approve", &changed, &e), &e);
    assert_true(changed);
    must(store_notice_answer(s, n.id, "bob", "deny", &changed, &e), &e);
    assert_false(changed);
    buf_reset(&body);
    must(store_notice_find(s, n.id, &body, &out, &found, &e), &e);
    assert_int_equal(out.state, NOTICE_ANSWERED);
    assert_string_equal(out.answered_by, "ann");
    assert_string_equal(out.answer, "approve");

    m.state = NOTICE_RUNNING;
    must(store_notice_put(s, &m, &e) && store_notice_expire(s, "other", "", &e), &e);
    assert_int_equal(listed(s, (struct notice_query){.is_open = true}), 1);
    must(store_notice_expire(s, "", "a-1", &e), &e);
    assert_int_equal(listed(s, (struct notice_query){.is_open = true}), 0);
    n.id = 999;
    assert_false(store_notice_put(s, &n, &e));
    assert_ptr_equal(e.cause, &store_causes[STORE_GONE]);
    must(store_notice_drop(s, (struct wall){INT64_MAX}, &e), &e);
    assert_int_equal(listed(s, (struct notice_query){0}), 0);
    buf_done(&body);
    store_close(s);
    fake_disk_free(d);
}

static bool keep_delivery(void *arg, const struct delivery_record *r)
{
    struct delivery_record **next = arg;
    *(*next)++ = *r;
    return true;
}

void deliveries_there_and_back(void **state)
{
    (void)state;
    struct err e = {0};
    struct fake_disk *d = fake_disk_new(1);
    struct store *s = open_on(d, true);
    struct notice_record n = a_notice("in-1");
    struct delivery_record out[4] = {0}, *next = out;
    must(store_notice_put(s, &n, &e), &e);
    struct delivery_record a = {.notice_id = n.id,
                                .rung = 1,
                                .channel = "mail",
                                .kind = "email",
                                .person = "ann",
                                .target = "ann@example.com",
                                .state = DELIVERY_FAILED,
                                .tries = 2,
                                .provider_id = "<1@x>",
                                .answer = "busy",
                                .error_code = "net.timeout",
                                .error_text = "no answer",
                                .created = {1},
                                .next_try = {2},
                                .sent = {3},
                                .settled = {4}};
    struct delivery_record b = a;
    must(store_delivery_put(s, &a, &e) && store_delivery_put(s, &b, &e), &e);
    b.state = DELIVERY_DEAD;
    must(store_delivery_put(s, &b, &e), &e);
    must(store_delivery_list(s, n.id, true, keep_delivery, &next, &e), &e);
    assert_ptr_equal(next, out + 1);
    assert_memory_equal(&out[0], &a, sizeof a);
    must(store_delivery_list(s, n.id, false, keep_delivery, &next, &e), &e);
    assert_ptr_equal(next, out + 3);
    assert_memory_equal(&out[2], &b, sizeof b);
    b.id = 0, b.notice_id = 77;
    assert_false(store_delivery_put(s, &b, &e));
    assert_ptr_equal(e.cause, &store_causes[STORE_GONE]);
    store_close(s);
    fake_disk_free(d);
}

static bool keep_duty(void *arg, const struct duty_record *r)
{
    struct duty_record **next = arg;
    *(*next)++ = *r;
    return true;
}

static bool keep_rung(void *arg, const struct rung_record *r)
{
    struct rung_record **next = arg;
    *(*next)++ = *r;
    return true;
}

void people_there_and_back(void **state)
{
    (void)state;
    struct err e = {0};
    struct fake_disk *d = fake_disk_new(1);
    struct store *s = open_on(d, true);
    struct person_record ann = {.name = "Ann",
                                .mail = "a@example.com",
                                .phone = "+15550100",
                                .role = "responder",
                                .pin_hash = "$argon2id$x",
                                .created = {9}},
                         again = {.name = "ANN"}, out = {0};
    struct duty_record duty = {.list = "on-call",
                               .tenant_id = TENANT_A,
                               .person = "ann",
                               .position = 3,
                               .days = 31,
                               .from_minute = 480,
                               .to_minute = 60,
                               .since = {1},
                               .until = {2}};
    struct duty_record nobody = {.list = "on-call", .person = "bob"}, duties[3] = {0}, *next = duties;
    bool found = false, removed = false;
    must(store_person_put(s, &ann, &e), &e);
    assert_false(store_person_put(s, &again, &e));
    assert_ptr_equal(e.cause, &store_causes[STORE_EXISTS]);
    must(store_person_find(s, "aNN", &out, &found, &e), &e);
    assert_true(found);
    assert_memory_equal(&out, &ann, sizeof ann);
    must(store_duty_add(s, &duty, &e), &e);
    assert_false(store_duty_add(s, &nobody, &e));
    assert_ptr_equal(e.cause, &store_causes[STORE_GONE]);
    must(store_duty_list(s, "on-call", TENANT_A, keep_duty, &next, &e), &e);
    must(store_duty_list(s, "on-call", "", keep_duty, &next, &e), &e);
    assert_ptr_equal(next, duties + 1);
    assert_string_equal(duties[0].person, "Ann");
    assert_true(duties[0].position == 3 && duties[0].days == 31 && duties[0].from_minute == 480 &&
                duties[0].to_minute == 60 && duties[0].since.ticks == 1 && duties[0].until.ticks == 2);
    must(store_person_remove(s, "ann", &removed, &e), &e);
    assert_true(removed);
    next = duties;
    must(store_duty_list(s, NULL, NULL, keep_duty, &next, &e), &e);
    assert_ptr_equal(next, duties);

    struct rung_record rungs[2] = {{.ladder = "night", .channel = "email", .target = "on-call"},
                                   {.ladder = "night", .rung = 1, .channel = "phone", .target = "Ann", .wait_ms = 5}};
    struct rung_record got[3] = {0}, *rung = got;
    must(store_ladder_set(s, "night", rungs, 2, &e) && store_ladder_list(s, NULL, keep_rung, &rung, &e), &e);
    assert_memory_equal(got, rungs, sizeof rungs);
    must(store_ladder_set(s, "Night", rungs, 0, &e), &e);
    must(store_ladder_list(s, "night", keep_rung, &rung, &e), &e);
    assert_ptr_equal(rung, got + 2);

    struct channel_record c = {.name = "mail",
                               .kind = "email",
                               .address = "smtp://h:25",
                               .account = "u",
                               .sender = "p@x",
                               .recipients = "soc@x",
                               .flow = "FW1",
                               .tenant_id = TENANT_A,
                               .is_enabled = true,
                               .created = {4}},
                          back = {0};
    struct buf secret;
    buf_init(&secret, 0);
    must(store_channel_put(s, &c, true, &e) && store_secret_put(s, "channel.secret:mail", STR("pw"), &e), &e);
    must(store_channel_find(s, "MAIL", &back, &found, &e), &e);
    assert_true(found);
    assert_memory_equal(&back, &c, sizeof c);
    must(store_channel_remove(s, "mail", &removed, &e), &e);
    assert_true(removed);
    must(store_secret_get(s, "channel.secret:mail", &secret, &found, &e), &e);
    assert_false(found);
    buf_done(&secret);
    store_close(s);
    fake_disk_free(d);
}
