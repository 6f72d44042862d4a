/* face/health/readiness: what stands in the way, a row each; a cause is told once, and again only after it had gone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "face/health/readiness.h"
#include "fake_disk.h"
#include "state/store/notices.h"

#define COUNT(a) (sizeof(a) / sizeof(a)[0])
#define TENANT "aaaaaaaa-0000-4000-8000-00000000000a"

/* All is well; each row below spoils one thing. */
static struct readiness_facts good(void)
{
    struct readiness_facts f = {.mode = MODE_AUTO, .engine = {.is_known = true, .hour_limit = 3}};
    for (int i = 0; i < EP_COUNT; i++) f.access[i] = ACCESS_GRANTED;
    f.telling =
        (struct notify_state){.channels = 2, .has_phone = true, .has_keys = true, .on_duty = 1, .on_duty_phone = 1};
    return f;
}

typedef void spoil(struct readiness_facts *f);
#define SPOIL(name, what)                       \
    static void name(struct readiness_facts *f) \
    {                                           \
        (void)f;                                \
        what;                                   \
    }
SPOIL(nothing, )
SPOIL(no_login, (void)err_set(&f->login, &defender_causes[DEFENDER_SECRET_EXPIRED], "x");
      for (int i = 0; i < EP_COUNT; i++) f->access[i] = ACCESS_UNKNOWN)
SPOIL(no_machines, f->access[EP_MACHINES] = ACCESS_MISSING)
SPOIL(machines_fail, (void)err_set(&f->machines, &defender_causes[DEFENDER_SERVER], "x"))
SPOIL(no_isolate, f->access[EP_ISOLATE] = ACCESS_MISSING)
SPOIL(no_roles, for (int i = 0; i < EP_COUNT; i++) f->access[i] = ACCESS_NO_ROLES)
SPOIL(no_alerts, f->access[EP_ALERTS] = f->access[EP_ALERTS_ENDPOINT] = ACCESS_MISSING)
SPOIL(endpoint_alerts, f->access[EP_ALERTS] = ACCESS_MISSING)
SPOIL(used_up, f->quota_wait_ms = 1500)
SPOIL(off, f->mode = MODE_OFF)
SPOIL(shadow, f->mode = MODE_SHADOW)
SPOIL(asks, f->mode = MODE_APPROVE)
SPOIL(stopped, f->is_stopped = true)
SPOIL(unknown, f->engine.is_known = false)
SPOIL(limit, f->engine.why = 1u << WHY_TENANT_HOUR)
SPOIL(no_channel, f->telling.channels = 0; f->telling.has_phone = f->telling.has_keys = false)
SPOIL(no_phone, f->telling.has_phone = f->telling.has_keys = false)
SPOIL(call_only, f->telling.has_keys = false)
SPOIL(nobody, f->telling.on_duty = f->telling.on_duty_phone = 0)
SPOIL(no_number, f->telling.on_duty_phone = 0)
SPOIL(no_proof, f->access[EP_HUNTING] = ACCESS_MISSING)
SPOIL(no_sync, f->access[EP_ALERT_UPDATE] = f->access[EP_ALERT_ENDPOINT_UPDATE] = ACCESS_MISSING)
SPOIL(no_scan, f->access[EP_SCAN] = ACCESS_MISSING)
SPOIL(off_and_stopped, (f->mode = MODE_OFF, f->is_stopped = true))

static void each_obstacle_is_told(void **state)
{
#define R(c) &readiness_causes[READINESS_##c]
    const struct {
        const char *what;
        spoil *spoil;
        enum readiness_answer isolates;
        bool is_heard;
        enum readiness_check check;
        enum readiness_state state;
        const struct cause *cause; /* of that check */
    } rows[] = {
        {"all is well", nothing, ISOLATES_YES, true, CHECK_LOGIN, READY_OK, NULL},
        {"no token", no_login, ISOLATES_NO, true, CHECK_LOGIN, READY_MISSING,
         &defender_causes[DEFENDER_SECRET_EXPIRED]},
        {"Machine.Isolate alone", no_machines, ISOLATES_NO, true, CHECK_MACHINES, READY_MISSING, R(ROLE_MACHINES)},
        {"machines fail", machines_fail, ISOLATES_NO, true, CHECK_MACHINES, READY_MISSING,
         &defender_causes[DEFENDER_SERVER]},
        {"no Machine.Isolate", no_isolate, ISOLATES_NO, true, CHECK_ISOLATE, READY_MISSING, R(ROLE_ISOLATE)},
        {"no roles at all", no_roles, ISOLATES_NO, true, CHECK_ISOLATE, READY_MISSING, R(ROLE_ISOLATE)},
        {"no alerts", no_alerts, ISOLATES_NO, true, CHECK_ALERTS, READY_MISSING, R(ROLE_ALERTS)},
        {"alerts of one API", endpoint_alerts, ISOLATES_YES, true, CHECK_ALERTS, READY_OK, NULL},
        {"calls used up", used_up, ISOLATES_YES, true, CHECK_QUOTA, READY_LIMITED, R(QUOTA)},
        {"off", off, ISOLATES_OFF, true, CHECK_REMEDIATION, READY_OFF, R(OFF)},
        {"shadow", shadow, ISOLATES_OFF, true, CHECK_REMEDIATION, READY_OFF, R(SHADOW)},
        {"approve", asks, ISOLATES_ASKS, true, CHECK_REMEDIATION, READY_LIMITED, R(ASKS)},
        {"stopped", stopped, ISOLATES_NO, true, CHECK_STOP, READY_MISSING, R(STOPPED)},
        {"engine not loaded", unknown, ISOLATES_NO, true, CHECK_STOP, READY_MISSING, R(ENGINE)},
        {"a limit is reached", limit, ISOLATES_ASKS, true, CHECK_LIMITS, READY_LIMITED, R(LIMIT)},
        {"no channel", no_channel, ISOLATES_YES, false, CHECK_CHANNEL, READY_MISSING, R(NO_CHANNEL)},
        {"no phone", no_phone, ISOLATES_YES, false, CHECK_PHONE, READY_MISSING, R(NO_PHONE)},
        {"a phone without keys", call_only, ISOLATES_YES, true, CHECK_PHONE, READY_LIMITED, R(CALL_ONLY)},
        {"nobody on duty", nobody, ISOLATES_YES, false, CHECK_DUTY, READY_MISSING, R(NOBODY)},
        {"nobody with a number", no_number, ISOLATES_YES, false, CHECK_DUTY, READY_MISSING, R(NO_NUMBER)},
        {"no hunting", no_proof, ISOLATES_YES, true, CHECK_PROOF, READY_LIMITED, R(NO_PROOF)},
        {"no writing to alerts", no_sync, ISOLATES_YES, true, CHECK_SYNC, READY_LIMITED, R(NO_SYNC)},
        {"no scans", no_scan, ISOLATES_YES, true, CHECK_SCAN, READY_LIMITED, R(NO_ROLE)},
        {"off and stopped", off_and_stopped, ISOLATES_NO, true, CHECK_STOP, READY_MISSING, R(STOPPED)},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct readiness_facts f = good();
        struct readiness r;
        rows[i].spoil(&f);
        readiness_judge(&f, &r);
        const struct readiness_finding *found = &r.checks[rows[i].check];
        if (r.isolates != rows[i].isolates || r.is_heard != rows[i].is_heard || found->state != rows[i].state ||
            found->cause != rows[i].cause)
            fail_msg("%s: isolates %s, heard %d, %s %s %s", rows[i].what, readiness_answer_names[r.isolates],
                     r.is_heard, readiness_rows[rows[i].check].name, readiness_state_names[found->state],
                     found->cause ? found->cause->code : "-");
        bool is_free = r.isolates == ISOLATES_YES && r.is_heard;
        assert_true((r.first == CHECK_COUNT) == is_free);
        if (!is_free) assert_non_null(r.checks[r.first].cause);
    }
    for (int i = 0; i < READINESS_CAUSE_COUNT; i++) assert_true(readiness_causes[i].code && readiness_causes[i].remedy);
}

/* ---- telling -------------------------------------------------------------------------------------------------------------------- */

static bool append(void *arg, const struct notice_record *n)
{
    return buf_addf(arg, "%s ", n->cause);
}

static const char *told(struct store *s, struct tenant *t, spoil *spoils, enum policy_mode mode, struct buf *out)
{
    struct readiness_facts f = good();
    struct readiness r;
    struct err e = {0};
    static int64_t last;
    struct notice_query q = {.tenant_id = t->record.tenant_id};
    bool is_told = false;
    struct buf all;
    f.mode = mode;
    spoils(&f);
    readiness_judge(&f, &r);
    buf_init(&all, 0);
    if (!readiness_tell(s, t, &r, &is_told, &e) || !store_notice_list(s, &q, append, &all, &e)) fail_msg("%s", e.text);
    buf_reset(out);
    buf_add_str(out, str_sub(buf_str(&all), (size_t)last, all.n)); /* what is new */
    assert_int_equal(is_told, out->n > 0);
    last = (int64_t)all.n;
    buf_done(&all);
    return buf_cstr(out);
}

static void a_cause_is_told_once(void **state)
{
    struct fake_disk *d = fake_disk_new(1);
    struct virtual_clock now = {.wall = {INT64_C(17953305010000000)}};
    struct seal_key *key = NULL;
    struct store *s = NULL;
    struct err e = {0};
    struct conf conf;
    struct tenant *t = NULL;
    struct buf out;
    (void)state;
    buf_init(&out, 0);
    conf_defaults(&conf);
    assert_true(seal_key_load(STR("portcullis-key-1 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"),
                              &key, NULL));
    struct store_opts o = {
        .fs = fake_disk_fs(d), .path = "/store.db", .key = key, .clock = clock_virtual(&now), .create = true};
    struct tenant_input in = {.name = "c",
                              .tenant_id = TENANT,
                              .client_id = "cccccccc-0000-4000-8000-00000000000c",
                              .credential = {.secret = STR("q8Q~pl4nted.s3cret")}};
    if (!store_open(&o, &s, &e) || !tenant_add(s, &conf, &in, true, NULL, &e) || !tenant_find(s, &conf, TENANT, &t, &e))
        fail_msg("%s", e.text);
    assert_string_equal(told(s, t, nothing, MODE_AUTO, &out), "");
    assert_string_equal(told(s, t, no_isolate, MODE_OFF, &out), ""); /* who does not want to act is told nothing */
    assert_string_equal(told(s, t, no_isolate, MODE_AUTO, &out), "readiness.role_isolate ");
    assert_string_equal(told(s, t, no_isolate, MODE_AUTO, &out), ""); /* an hour later */
    assert_string_equal(told(s, t, nobody, MODE_AUTO, &out), "readiness.nobody ");
    assert_string_equal(told(s, t, no_proof, MODE_AUTO, &out), ""); /* what is extra is no alarm */
    assert_string_equal(told(s, t, no_isolate, MODE_APPROVE, &out), "readiness.role_isolate "); /* it had been gone */
    tenant_unref(t);
    store_close(s);
    seal_key_free(key);
    fake_disk_free(d);
    buf_done(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_obstacle_is_told),
        cmocka_unit_test(a_cause_is_told_once),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
