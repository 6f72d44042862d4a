/* Two tables. Gates: a situation, and what comes of it. Traps: histories that must end without an isolation that nobody asked
 * for. Both run the real engine with the built-in policy against a cloud without faults; everything that the simulation
 * checks after each step is checked here too. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "respond_world.h"

enum { MIN = 60000, HOUR = 3600000 };
#define WHY(w) (1u << (w))
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

static void order(enum order_kind kind, uint64_t ref, const char *by)
{
    struct respond_order o = {.kind = kind, .ref = ref, .act = kind == ORDER_ACT ? ACT_RELEASE : ACT_NONE};
    SET(o.by, "%s", by);
    world_order(&w, &o, 0);
    world_run(&w, 1000);
}

/* ---- gates ---------------------------------------------------------------------------------------------------------------- */

static void exclude(enum exclusion_kind kind, const char *value, int64_t expires_ms)
{
    struct respond_exclusion *x = &w.exclusions[w.exclusion_count++];
    *x = (struct respond_exclusion){.kind = kind};
    SET(x->value, "%s", value);
    if (expires_ms) x->expires = wall_add(w.now, expires_ms * WALL_TICKS_PER_MS);
}

static void as_it_is(struct rc_alert *a)
{
    (void)a;
}
static void mode_off(struct rc_alert *a)
{
    (void)a;
    w.settings[0].mode = MODE_OFF;
}
static void mode_shadow(struct rc_alert *a)
{
    (void)a;
    w.settings[0].mode = MODE_SHADOW;
}
static void mode_approve(struct rc_alert *a)
{
    (void)a;
    w.settings[0].mode = MODE_APPROVE;
}
static void switched_on_later(struct rc_alert *a)
{
    (void)a;
    w.settings[0].on_since = wall_add(w.now, 30 * WALL_TICKS_PER_S);
}
static void is_old(struct rc_alert *a)
{
    a->created = wall_add(w.now, -61 * WALL_TICKS_PER_MIN);
}
static void from_the_future(struct rc_alert *a)
{
    a->created = wall_add(w.now, 2 * WALL_TICKS_PER_HOUR);
}
static void medium(struct rc_alert *a)
{
    a->severity = SEVERITY_MEDIUM;
}
static void medium_ransomware(struct rc_alert *a)
{
    a->severity = SEVERITY_MEDIUM;
    SET(a->category, "Ransomware");
}
static void closed(struct rc_alert *a)
{
    a->status = STATUS_RESOLVED;
}
static void handled(struct rc_alert *a)
{
    a->handled = HANDLED_WHOLLY;
}
static void server(struct rc_alert *a)
{
    (void)a;
    SET(w.cloud.devices[0].os, "WindowsServer2022");
}
static void member_server(struct rc_alert *a)
{
    server(a);
    w.cloud.devices[0].role = MACHINE_ROLE_MEMBER;
}
static void member_server_unguarded(struct rc_alert *a)
{
    member_server(a);
    w.settings[0].guard_servers = false;
}
static void server_unguarded(struct rc_alert *a)
{
    server(a);
    w.settings[0].guard_servers = false;
}
static void controller_unguarded(struct rc_alert *a)
{
    server_unguarded(a);
    w.cloud.devices[0].role = MACHINE_ROLE_CONTROLLER;
}
static void unknown_os(struct rc_alert *a)
{
    (void)a;
    SET(w.cloud.devices[0].os, "Plan9");
}
static void no_os(struct rc_alert *a)
{
    (void)a;
    SET(w.cloud.devices[0].os, "%s", "");
}
static void high_value(struct rc_alert *a)
{
    (void)a;
    w.cloud.devices[0].worth = WORTH_HIGH;
}
static void own_host(struct rc_alert *a)
{
    (void)a;
    exclude(EXCLUDE_OWN, "PC1", 0);
}
static void excluded_device(struct rc_alert *a)
{
    (void)a;
    exclude(EXCLUDE_DEVICE, w.cloud.devices[0].id, 0);
}
static void excluded_tag(struct rc_alert *a)
{
    (void)a;
    SET(w.cloud.devices[0].tag, "Production");
    exclude(EXCLUDE_TAG, "production", HOUR);
}
static void excluded_group(struct rc_alert *a)
{
    (void)a;
    SET(w.cloud.devices[0].group, "Plant");
    exclude(EXCLUDE_GROUP, "Plant", 0);
}
static void excluded_user(struct rc_alert *a)
{
    SET(a->user, "ceo@example.com");
    exclude(EXCLUDE_USER, "CEO@example.com", 0);
}
static void expired(struct rc_alert *a)
{
    excluded_device(a);
    w.exclusions[0].expires = wall_add(w.now, -WALL_TICKS_PER_S);
}
static void expired_and_not(struct rc_alert *a)
{
    expired(a);
    exclude(EXCLUDE_DEVICE, "pc1.example", HOUR);
}
static void tunnel(struct rc_alert *a)
{
    (void)a;
    w.cloud.devices[0].is_tunnelled = true;
}
static void tunnel_selective(struct rc_alert *a)
{
    tunnel(a);
    w.cloud.devices[0].can_selective = true;
}
static void tunnel_tag(struct rc_alert *a)
{
    (void)a;
    SET(w.cloud.devices[0].tag, "vpn");
    exclude(EXCLUDE_TUNNEL_TAG, "vpn", 0);
}
static void four_devices(struct rc_alert *a)
{
    for (int i = 2; i <= 4; i++) {
        char host[R_NAME];
        SET(host, "pc%d.example", i);
        rc_name_device(a, rc_add_device(&w.cloud, 0, host, "Windows11"), ROLE_COMPROMISED);
    }
}
static void tenant_limit(struct rc_alert *a)
{
    (void)a;
    w.settings[0].limit_hour = 0;
}
static void another_isolated(struct rc_alert *a)
{
    (void)a;
    struct rc_alert *b = rc_add_alert(&w.cloud, 0, "6", SEVERITY_HIGH);
    rc_name_device(b, rc_add_device(&w.cloud, 0, "pc9.example", "Windows11"), ROLE_PRIMARY);
    world_deliver(&w, b, CAME_LIVE, 0);
    world_run(&w, 3 * MIN);
}
static void share_limit(struct rc_alert *a)
{
    w.settings[0].device_count = 39; /* five percent: one device */
    world_settings(&w);
    another_isolated(a);
    w.now = wall_add(w.now, 2 * WALL_TICKS_PER_HOUR);
    a->created = w.now;
}
static void share_of_forty(struct rc_alert *a)
{
    share_limit(a);
    w.settings[0].device_count = 40;
}
static void account_limit(struct rc_alert *a)
{
    responder_set_account_limit(w.r, 1);
    another_isolated(a);
}
static void stopped(struct rc_alert *a)
{
    (void)a;
    order(ORDER_STOP, 0, "ann");
}
static void resumed(struct rc_alert *a)
{
    stopped(a);
    order(ORDER_RESUME, 0, "ann");
}
static void only_mentioned(struct rc_alert *a)
{
    a->devices[0].roles = ROLE_CONTEXTUAL;
}
static void attacked(struct rc_alert *a)
{
    a->devices[0].roles = ROLE_PRIMARY | ROLE_ATTACKED;
}
static void by_name(struct rc_alert *a)
{
    a->devices[0].has_no_id = true;
}
static void by_name_of_two(struct rc_alert *a)
{
    by_name(a);
    (void)rc_add_device(&w.cloud, 0, "pc1.example", "Windows11");
}
static void no_device(struct rc_alert *a)
{
    a->device_count = 0;
}
static void mail(struct rc_alert *a)
{
    no_device(a);
    a->service = SERVICE_OFFICE;
    SET(a->category, "Ransomware"); /* which the built-in policy takes from anywhere */
}
static void unsupported(struct rc_alert *a)
{
    (void)a;
    w.cloud.devices[0].is_unsupported = true;
}
static void forbidden(struct rc_alert *a)
{
    (void)a;
    w.cloud.tenants[0].is_forbidden = true;
}
static void isolated_by_analyst(struct rc_alert *a)
{
    (void)a;
    rc_act(&w.cloud, 0, ACT_ISOLATE, "analyst@example", "by hand");
    world_run(&w, 2 * MIN);
}
static void analyst_isolates_now(struct rc_alert *a)
{
    (void)a;
    rc_act(&w.cloud, 0, ACT_ISOLATE, "analyst@example", "by hand");
}
static void released_by_analyst(struct rc_alert *a)
{
    isolated_by_analyst(a);
    rc_act(&w.cloud, 0, ACT_RELEASE, "analyst@example", "by hand");
    world_run(&w, 2 * MIN);
}
static void offline(struct rc_alert *a)
{
    (void)a;
    w.cloud.devices[0].is_offline = true;
}
/* What happens between the revision and our look. */
static void closed_meanwhile(struct rc_alert *a)
{
    a->status = STATUS_RESOLVED;
}
static void false_meanwhile(struct rc_alert *a)
{
    a->classification = CLASS_FALSE_POSITIVE;
}
static void expected_meanwhile(struct rc_alert *a)
{
    a->classification = CLASS_EXPECTED;
}
static void lowered_meanwhile(struct rc_alert *a)
{
    a->severity = SEVERITY_MEDIUM;
}
static void handled_meanwhile(struct rc_alert *a)
{
    a->handled = HANDLED_WHOLLY;
}
static void gone_meanwhile(struct rc_alert *a)
{
    a->is_gone = true;
}
static void switch_off(struct world *unused, uint64_t arg)
{
    (void)unused;
    (void)arg;
    w.settings[0].mode = MODE_OFF;
    world_settings(&w);
}
static void off_meanwhile(struct rc_alert *a)
{
    (void)a;
    world_script(&w, 1010, switch_off, 0); /* decided, and the look on its way */
}

#define NO_DECISION ((enum decision_state)0)
static const struct gate_row {
    const char *name;
    void (*setup)(struct rc_alert *a), (*meanwhile)(struct rc_alert *a);
    enum respond_came came;
    enum decision_state state; /* of the newest decision */
    uint32_t why;
    const char *outcome, *code; /* code: of the decision's or action's error */
    enum tell_kind told;        /* and a notice of this kind */
    const char *title;
} rows[] = {
    {"a high alert of an endpoint", as_it_is, NULL, CAME_LIVE, DECISION_DONE, 0, "confirmed", NULL, TELL_OUTCOME,
     "Isolated"},
    {"tenant off", mode_off, NULL, CAME_LIVE, NO_DECISION, 0, NULL, NULL, TELL_ALERT, "High alert"},
    {"tenant in shadow", mode_shadow, NULL, CAME_LIVE, DECISION_SHADOW, 0, "shadow", NULL, TELL_ALERT, "High alert"},
    {"tenant asks", mode_approve, NULL, CAME_LIVE, DECISION_ASKING, WHY(WHY_MODE), "asking", NULL, TELL_APPROVAL,
     "May I"},
    {"came after an outage", as_it_is, NULL, CAME_CATCH_UP, DECISION_ASKING, WHY(WHY_CAME), "asking", NULL,
     TELL_APPROVAL, "May I"},
    {"came by look-back", as_it_is, NULL, CAME_LOOK_BACK, NO_DECISION, 0, NULL, NULL, TELL_DIGEST, "High alert"},
    {"came by pull", as_it_is, NULL, CAME_PULL, NO_DECISION, 0, NULL, NULL, TELL_DIGEST, "High alert"},
    {"came by file", as_it_is, NULL, CAME_FILE, NO_DECISION, 0, NULL, NULL, TELL_DIGEST, "High alert"},
    {"came by replay", as_it_is, NULL, CAME_REPLAY, NO_DECISION, 0, NULL, NULL, TELL_DIGEST, "High alert"},
    {"switched on later", switched_on_later, NULL, CAME_LIVE, DECISION_ASKING, WHY(WHY_BEFORE_ON), "asking", NULL,
     TELL_APPROVAL, "May I"},
    {"older than max_alert_age", is_old, NULL, CAME_LIVE, DECISION_ASKING, WHY(WHY_OLD), "asking", NULL, TELL_APPROVAL,
     "May I"},
    {"created in the future", from_the_future, NULL, CAME_LIVE, DECISION_ASKING, WHY(WHY_OLD), "asking", NULL,
     TELL_APPROVAL, "May I"},
    {"medium", medium, NULL, CAME_LIVE, NO_DECISION, 0, NULL, NULL, TELL_ALERT, "Medium alert"},
    {"medium, ransomware", medium_ransomware, NULL, CAME_LIVE, DECISION_DONE, 0, "confirmed", NULL, TELL_OUTCOME,
     "Isolated"},
    {"closed", closed, NULL, CAME_LIVE, NO_DECISION, 0, NULL, NULL, TELL_ALERT, NULL},
    {"wholly handled", handled, NULL, CAME_LIVE, NO_DECISION, 0, NULL, NULL, TELL_ALERT, "High alert"},
    {"closed meanwhile", as_it_is, closed_meanwhile, CAME_LIVE, DECISION_DROPPED, 0, "dropped", NULL, TELL_UPDATE,
     "Not done"},
    {"false meanwhile", as_it_is, false_meanwhile, CAME_LIVE, DECISION_DROPPED, 0, "dropped", NULL, TELL_UPDATE,
     "Not done"},
    {"expected meanwhile", as_it_is, expected_meanwhile, CAME_LIVE, DECISION_DROPPED, 0, "dropped", NULL, TELL_UPDATE,
     "Not done"},
    {"lowered meanwhile", as_it_is, lowered_meanwhile, CAME_LIVE, DECISION_DROPPED, 0, "dropped", NULL, TELL_UPDATE,
     "Not done"},
    {"handled meanwhile", as_it_is, handled_meanwhile, CAME_LIVE, DECISION_DROPPED, 0, "dropped", NULL, TELL_UPDATE,
     "Not done"},
    {"gone meanwhile", as_it_is, gone_meanwhile, CAME_LIVE, DECISION_DROPPED, 0, "dropped", NULL, TELL_UPDATE,
     "Not done"},
    {"switched off meanwhile", as_it_is, off_meanwhile, CAME_LIVE, DECISION_DROPPED, 0, "dropped", NULL, TELL_UPDATE,
     "Not done"},
    {"server of unknown role", server, NULL, CAME_LIVE, DECISION_ASKING, WHY(WHY_SERVER) | WHY(WHY_CONTROLLER),
     "asking", NULL, TELL_APPROVAL, "May I"},
    {"server, a member", member_server, NULL, CAME_LIVE, DECISION_ASKING, WHY(WHY_SERVER), "asking", NULL,
     TELL_APPROVAL, "May I"},
    {"server, a member, not guarded", member_server_unguarded, NULL, CAME_LIVE, DECISION_DONE, 0, "confirmed", NULL,
     TELL_OUTCOME, "Isolated"},
    {"server of unknown role, not guarded", server_unguarded, NULL, CAME_LIVE, DECISION_ASKING, WHY(WHY_CONTROLLER),
     "asking", NULL, TELL_APPROVAL, "May I"},
    {"domain controller, not guarded", controller_unguarded, NULL, CAME_LIVE, DECISION_ASKING, WHY(WHY_CONTROLLER),
     "asking", NULL, TELL_APPROVAL, "May I"},
    {"unknown operating system", unknown_os, NULL, CAME_LIVE, DECISION_ASKING,
     WHY(WHY_CONTROLLER) | WHY(WHY_OS_UNKNOWN), "asking", NULL, TELL_APPROVAL, "May I"},
    {"no operating system told", no_os, NULL, CAME_LIVE, DECISION_ASKING, WHY(WHY_CONTROLLER) | WHY(WHY_OS_UNKNOWN),
     "asking", NULL, TELL_APPROVAL, "May I"},
    {"high value", high_value, NULL, CAME_LIVE, DECISION_ASKING, WHY(WHY_VALUE), "asking", NULL, TELL_APPROVAL,
     "May I"},
    {"our own host", own_host, NULL, CAME_LIVE, DECISION_ASKING, WHY(WHY_OWN), "asking", NULL, TELL_APPROVAL, "May I"},
    {"excluded device", excluded_device, NULL, CAME_LIVE, DECISION_ASKING, WHY(WHY_EXCLUDED), "asking", NULL,
     TELL_APPROVAL, "May I"},
    {"excluded tag", excluded_tag, NULL, CAME_LIVE, DECISION_ASKING, WHY(WHY_EXCLUDED), "asking", NULL, TELL_APPROVAL,
     "May I"},
    {"excluded group", excluded_group, NULL, CAME_LIVE, DECISION_ASKING, WHY(WHY_EXCLUDED), "asking", NULL,
     TELL_APPROVAL, "May I"},
    {"excluded user", excluded_user, NULL, CAME_LIVE, DECISION_ASKING, WHY(WHY_EXCLUDED), "asking", NULL, TELL_APPROVAL,
     "May I"},
    {"exclusion has expired", expired, NULL, CAME_LIVE, DECISION_ASKING, WHY(WHY_EXPIRED), "asking", NULL,
     TELL_APPROVAL, "May I"},
    {"one has expired, one holds", expired_and_not, NULL, CAME_LIVE, DECISION_ASKING, WHY(WHY_EXCLUDED), "asking", NULL,
     TELL_APPROVAL, "May I"},
    {"behind a tunnel", tunnel, NULL, CAME_LIVE, DECISION_ASKING, WHY(WHY_TUNNEL), "asking", NULL, TELL_APPROVAL,
     "May I"},
    {"behind a tunnel by its tag", tunnel_tag, NULL, CAME_LIVE, DECISION_ASKING, WHY(WHY_TUNNEL), "asking", NULL,
     TELL_APPROVAL, "May I"},
    {"behind a tunnel, knows selective", tunnel_selective, NULL, CAME_LIVE, DECISION_DONE, 0, "confirmed", NULL,
     TELL_OUTCOME, "Isolated"},
    {"four devices of one incident", four_devices, NULL, CAME_LIVE, DECISION_ASKING, WHY(WHY_DEVICES), "asking", NULL,
     TELL_APPROVAL, "May I"},
    {"tenant's hour is used", tenant_limit, NULL, CAME_LIVE, DECISION_ASKING, WHY(WHY_TENANT_HOUR), "asking", NULL,
     TELL_APPROVAL, "May I"},
    {"tenant's share is used", share_limit, NULL, CAME_LIVE, DECISION_ASKING, WHY(WHY_TENANT_SHARE), "asking", NULL,
     TELL_APPROVAL, "May I"},
    {"two of forty are five percent", share_of_forty, NULL, CAME_LIVE, DECISION_DONE, 0, "confirmed", NULL,
     TELL_OUTCOME, "Isolated"},
    {"account's hour is used", account_limit, NULL, CAME_LIVE, DECISION_ASKING, WHY(WHY_ACCOUNT_HOUR), "asking", NULL,
     TELL_APPROVAL, "May I"},
    {"stopped", stopped, NULL, CAME_LIVE, DECISION_ASKING, WHY(WHY_STOPPED), "asking", NULL, TELL_APPROVAL, "May I"},
    {"stopped and resumed", resumed, NULL, CAME_LIVE, DECISION_DONE, 0, "confirmed", NULL, TELL_OUTCOME, "Isolated"},
    {"only mentioned", only_mentioned, NULL, CAME_LIVE, DECISION_REFUSED, 0, "refused", "respond.no_device",
     TELL_FAILURE, "NOT ISOLATED, no device"},
    {"attacked", attacked, NULL, CAME_LIVE, DECISION_REFUSED, 0, "refused", "respond.no_device", TELL_FAILURE,
     "NOT ISOLATED, no device"},
    {"by name, one answers", by_name, NULL, CAME_LIVE, DECISION_DONE, 0, "confirmed", NULL, TELL_OUTCOME, "Isolated"},
    {"by name, two answer", by_name_of_two, NULL, CAME_LIVE, DECISION_REFUSED, 0, "refused", "respond.ambiguous",
     TELL_FAILURE, "NOT DONE"},
    {"endpoint without a device", no_device, NULL, CAME_LIVE, DECISION_REFUSED, 0, "refused", "respond.no_device",
     TELL_FAILURE, "NOT ISOLATED, no device"},
    {"mail without a device", mail, NULL, CAME_LIVE, DECISION_REFUSED, 0, "refused", "respond.not_applicable",
     TELL_ALERT, "High alert"},
    {"cannot be isolated", unsupported, NULL, CAME_LIVE, DECISION_DONE, 0, "failed", "os.unsupported", TELL_FAILURE,
     "NOT ISOLATED"},
    {"may not isolate", forbidden, NULL, CAME_LIVE, DECISION_DONE, 0, "failed", "role.missing", TELL_FAILURE,
     "NOT ISOLATED"},
    {"offline", offline, NULL, CAME_LIVE, DECISION_ACTING, 0, "pending", NULL, TELL_FAILURE, "NOT CONFIRMED ISOLATED"},
    {"isolated by an analyst", isolated_by_analyst, NULL, CAME_LIVE, DECISION_DONE, 0, "adopted", NULL, TELL_OUTCOME,
     "Isolated"},
    {"being isolated by an analyst", analyst_isolates_now, NULL, CAME_LIVE, DECISION_DONE, 0, "adopted", NULL,
     TELL_OUTCOME, "Isolated"},
    {"released by an analyst today", released_by_analyst, NULL, CAME_LIVE, DECISION_ASKING, WHY(WHY_RELEASED), "asking",
     NULL, TELL_APPROVAL, "May I"},
};

static const struct decision *newest(void)
{
    const struct decision *last = NULL;
    uint64_t cursor = 0;
    for (const struct decision *d; (d = responder_decisions(w.r, &cursor)) != NULL;) last = d;
    return last;
}

/* For who looks at a failure. */
static void show(void)
{
    struct buf text;
    buf_init(&text, 0);
    for (size_t i = 0; i < w.record_count; i++)
        if (respond_record_format(&w.ledger[i], &text)) (void)fprintf(stderr, "# %.700s\n", buf_cstr(&text));
    buf_done(&text);
}

static void play(const struct gate_row *row)
{
    struct rc_alert *a = begin();
    row->setup(a);
    world_settings(&w);
    unsigned before = world_unattended(&w);
    world_deliver(&w, a, row->came, 1000);
    if (row->meanwhile) row->meanwhile(a);
    world_run(&w, 6 * MIN);
    const struct decision *d = newest();
    const struct action *act = d ? responder_action(w.r, d->action) : NULL;
    bool acts = row->outcome && strcmp(row->outcome, "adopted") != 0 &&
                (row->state == DECISION_DONE || row->state == DECISION_ACTING);
    if (row->state == NO_DECISION) {
        if (d) fail_msg("%s: decided (%s)", row->name, decision_state_name(d->state));
    } else {
        if (d == NULL) fail_msg("%s: not decided", row->name);
        if (d->state != row->state || d->why != row->why) show();
        if (d->state != row->state) fail_msg("%s: is %s", row->name, decision_state_name(d->state));
        if (d->why != row->why) fail_msg("%s: why is %x instead of %x", row->name, d->why, row->why);
        if (strcmp(responder_outcome(w.r, d), row->outcome) != 0)
            fail_msg("%s: outcome is %s", row->name, responder_outcome(w.r, d));
        const char *code = d->error.code[0] ? d->error.code : act ? act->error.code : "";
        if (row->code && strcmp(code, row->code) != 0) fail_msg("%s: code is %s", row->name, code);
    }
    if (world_unattended(&w) - before != (acts ? 1 : 0))
        fail_msg("%s: %u were isolated unattended", row->name, world_unattended(&w) - before);
    if (row->title && world_told(&w, row->told, row->title) == 0)
        fail_msg("%s: nobody was told \"%s\"", row->name, row->title);
    finish();
}

static void test_gates(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) play(&rows[i]);
}

/* ---- traps ------------------------------------------------------------------------------------------------------------------ */

static void first_look_back(void)
{
    (void)begin();
    for (int i = 0; i < 200; i++) {
        struct rc_alert *a = rc_add_alert(&w.cloud, 0, "8", SEVERITY_HIGH);
        rc_name_device(a, 0, ROLE_PRIMARY);
        world_deliver(&w, a, CAME_LOOK_BACK, i * 10);
        world_deliver(&w, a, CAME_LIVE, 5 * MIN + i * 10); /* and each is touched later */
    }
    world_run(&w, 20 * MIN);
    assert_int_equal(world_told(&w, TELL_DIGEST, "High alert"), 200);
    assert_null(newest());
    const char *group = w.notices[0].group;
    for (size_t i = 0; i < w.notice_count; i++) assert_string_equal(w.notices[i].group, group); /* one digest */
}

static void six_hours_down(void)
{
    struct rc_alert *a = begin();
    world_run(&w, MIN);
    world_cut(&w, 6 * HOUR);
    for (int i = 0; i < 12; i++) world_deliver(&w, a, CAME_LIVE, i * 30 * MIN);
    a = rc_add_alert(&w.cloud, 0, "9", SEVERITY_HIGH);
    rc_name_device(a, 0, ROLE_PRIMARY);
    a->created = wall_add(w.now, 350 * WALL_TICKS_PER_MIN); /* ten minutes before we are back */
    world_deliver(&w, a, CAME_LIVE, 351 * MIN);
    world_run(&w, 6 * HOUR + 10 * MIN);
    assert_int_equal(newest()->state, DECISION_ASKING);
    assert_true(newest()->why & WHY(WHY_CAME));
}

static void switched_on_in_mid_incident(void)
{
    struct rc_alert *a = begin();
    w.settings[0].mode = MODE_OFF;
    world_settings(&w);
    world_deliver(&w, a, CAME_LIVE, 0);
    world_run(&w, 5 * MIN);
    w.settings[0].mode = MODE_AUTO;
    w.settings[0].on_since = w.now;
    world_settings(&w);
    world_deliver(&w, a, CAME_LIVE, MIN);
    world_run(&w, 5 * MIN);
    assert_true(newest()->why & WHY(WHY_BEFORE_ON));
}

static void controller_as_destination(void)
{
    struct rc_alert *a = begin();
    size_t dc = rc_add_device(&w.cloud, 0, "dc1.example", "WindowsServer2022");
    w.cloud.devices[dc].role = MACHINE_ROLE_CONTROLLER;
    a->device_count = 0;
    rc_name_device(a, dc, ROLE_DESTINATION | ROLE_ATTACKED);
    world_deliver(&w, a, CAME_LIVE, 0);
    world_run(&w, 10 * MIN);
    assert_false(w.cloud.devices[dc].is_isolated);
}

static void a_server(void)
{
    struct rc_alert *a = begin();
    server(a);
    world_deliver(&w, a, CAME_LIVE, 0);
    world_run(&w, 45 * MIN); /* and silence never acts */
    assert_int_equal(newest()->state, DECISION_EXPIRED);
}

static void an_unknown_os(void)
{
    struct rc_alert *a = begin();
    no_os(a);
    world_deliver(&w, a, CAME_LIVE, 0);
    world_run(&w, 45 * MIN);
    assert_int_equal(newest()->state, DECISION_EXPIRED);
}

static void mail_alert(void)
{
    struct rc_alert *a = begin();
    a->service = SERVICE_OFFICE;
    world_deliver(&w, a, CAME_LIVE, 0);
    world_run(&w, 10 * MIN);
    assert_null(newest());
    assert_int_equal(world_told(&w, TELL_ALERT, "High alert"), 1);
}

static void identity_alert(void)
{
    struct rc_alert *a = begin();
    a->service = SERVICE_IDENTITY;
    a->devices[0].roles = ROLE_CONTEXTUAL;
    world_deliver(&w, a, CAME_LIVE, 0);
    world_run(&w, 10 * MIN);
    assert_null(newest());
}

static void wholly_prevented(void)
{
    struct rc_alert *a = begin();
    a->handled = HANDLED_WHOLLY;
    SET(a->category, "Ransomware");
    world_deliver(&w, a, CAME_LIVE, 0);
    world_run(&w, 10 * MIN);
    assert_null(newest());
}

/* The one isolation was right; after the release nothing further is. */
static void then_more_of_it(struct rc_alert *a)
{
    world_deliver(&w, a, CAME_LIVE, 0);
    for (int i = 0; i < 3; i++) {
        struct rc_alert *b = rc_add_alert(&w.cloud, 0, a->incident, SEVERITY_HIGH);
        b->created = wall_add(w.now, (int64_t)i * 5 * WALL_TICKS_PER_HOUR);
        rc_name_device(b, 0, ROLE_PRIMARY);
        world_deliver(&w, b, CAME_LIVE, (int64_t)i * 5 * HOUR + MIN);
    }
    world_run(&w, 20 * (int64_t)HOUR);
    assert_false(w.cloud.devices[0].is_isolated);
}

static struct rc_alert *isolated_once(void)
{
    struct rc_alert *a = begin();
    world_deliver(&w, a, CAME_LIVE, 0);
    world_run(&w, 5 * MIN);
    assert_true(w.cloud.devices[0].is_isolated);
    return a;
}

static void released_by_an_analyst(void)
{
    struct rc_alert *a = isolated_once();
    rc_act(&w.cloud, 0, ACT_RELEASE, "analyst@example", "by hand");
    world_run(&w, 30 * MIN);
    then_more_of_it(a);
}

static void released_by_order(void)
{
    struct rc_alert *a = isolated_once();
    order(ORDER_ACT, newest()->id, "ann");
    world_run(&w, 30 * MIN);
    then_more_of_it(a);
}

static void released_then_merged(void)
{
    struct rc_alert *a = isolated_once();
    order(ORDER_ACT, newest()->id, "ann");
    world_run(&w, 30 * MIN);
    world_merge(&w, 0, "7", "3", 0);
    SET(a->incident, "3");
    then_more_of_it(a);
}

static void released_then_policy_edited(void)
{
    struct err e;
    struct rc_alert *a = isolated_once();
    struct policy *edited =
        policy_compile(STR("policy: 1\nrules:\n  - {name: another name, when: {severity: high}, then: isolate}\n"),
                       "edited", NULL, &e);
    assert_non_null(edited);
    order(ORDER_ACT, newest()->id, "ann");
    world_run(&w, 30 * MIN);
    policy_free(w.policy);
    w.cloud.policy = w.policy = edited;
    then_more_of_it(a);
}

static void restarted_after_release(void)
{
    struct rc_alert *a = isolated_once();
    order(ORDER_ACT, newest()->id, "ann");
    world_run(&w, 30 * MIN);
    world_cut(&w, MIN);
    world_run(&w, 2 * MIN);
    then_more_of_it(a);
}

static void begin_with_tenants(size_t count)
{
    (void)begin();
    for (size_t t = 1; t < count; t++) {
        (void)rc_add_tenant(&w.cloud, MODE_AUTO);
        (void)rc_add_device(&w.cloud, t, "pc1.example", "Windows11");
    }
    for (size_t t = 1; t < count; t++) {
        respond_tenant_defaults(&w.settings[t], w.cloud.tenants[t].id);
        w.settings[t].mode = MODE_AUTO;
        w.settings[t].on_since = wall_add(w.now, -WALL_TICKS_PER_DAY);
    }
    world_settings(&w);
}

static void vendors_storm(void)
{
    begin_with_tenants(40);
    for (size_t t = 0; t < 40; t++) {
        struct rc_alert *a = rc_add_alert(&w.cloud, t, "1", SEVERITY_HIGH);
        SET(a->title, "The vendor's mistake");
        rc_name_device(a, t, ROLE_PRIMARY);
        world_deliver(&w, a, CAME_LIVE, (int64_t)t * 20000);
    }
    world_run(&w, 20 * MIN);
    assert_int_equal(world_told(&w, TELL_ALARM, "stopped everywhere"), 1);
    assert_int_equal(world_told(&w, TELL_APPROVAL, "May I"), 38);
}

/* What alerts of five tenants, 25 minutes apart or ten, have in common: each of the three alone trips it, and only within an hour. */
static void test_breaker(void **state)
{
    static const struct {
        const char *name;
        bool title, detector, hash;
        int64_t apart;
        unsigned isolations;
    } alike[] = {
        {"nothing in common", false, false, false, 10 * MIN, 5}, {"the title", true, false, false, 10 * MIN, 2},
        {"the detector", false, true, false, 10 * MIN, 2},       {"the hash", false, false, true, 10 * MIN, 2},
        {"the title, slowly", true, false, false, 31 * MIN, 5},
    };
    (void)state;
    for (size_t i = 0; i < sizeof alike / sizeof *alike; i++) {
        begin_with_tenants(5);
        for (size_t t = 0; t < 5; t++) {
            struct rc_alert *a = rc_add_alert(&w.cloud, t, "1", SEVERITY_HIGH);
            SET(a->title, "Title %zu", alike[i].title ? 9 : t);
            SET(a->detector, "detector-%zu", alike[i].detector ? 9 : t);
            SET(a->hash, "%040zu", alike[i].hash ? 9 : t);
            rc_name_device(a, t, ROLE_PRIMARY);
            world_deliver(&w, a, CAME_LIVE, 0);
            world_run(&w, alike[i].apart);
        }
        if (world_unattended(&w) != alike[i].isolations)
            fail_msg("%s: %u isolations", alike[i].name, world_unattended(&w));
        assert_int_equal(world_told(&w, TELL_ALARM, "stopped everywhere"), alike[i].isolations < 5);
        finish();
    }
}

static const struct trap {
    const char *name;
    void (*play)(void);
    unsigned isolations; /* unattended, in all */
} traps[] = {
    {"first look-back with 200 open high alerts", first_look_back, 0},
    {"restart after six hours down", six_hours_down, 0},
    {"remediation switched on in mid-incident", switched_on_in_mid_incident, 0},
    {"domain controller as destination", controller_as_destination, 0},
    {"server", a_server, 0},
    {"unknown operating system", an_unknown_os, 0},
    {"mail alert", mail_alert, 0},
    {"identity alert", identity_alert, 0},
    {"wholly prevented threat", wholly_prevented, 0},
    {"released by an analyst, then updated", released_by_an_analyst, 1},
    {"released by a person's order, then updated", released_by_order, 1},
    {"released, then merged", released_then_merged, 1},
    {"released, then the policy was edited", released_then_policy_edited, 1},
    {"released, then a restart", restarted_after_release, 1},
    {"vendor's false alarm in forty tenants", vendors_storm, 2},
};

static void test_traps(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof traps / sizeof *traps; i++) {
        traps[i].play();
        if (world_unattended(&w) != traps[i].isolations)
            fail_msg("%s: %u isolations", traps[i].name, world_unattended(&w));
        finish();
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_gates), cmocka_unit_test(test_traps),
                                       cmocka_unit_test(test_breaker)};
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests_name("respond gates", tests, NULL, NULL);
}
