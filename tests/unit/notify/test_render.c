/* flow/notify: what each channel is sent, compared with files (golden/); what comes from outside stays text. With the argument
 * "write" the files are made anew. */
#include "kit.h"

#include <stdio.h>

#include "kit/sys/fs.h"
#include "state/store/notices.h"
#include "state/store/people.h"

static bool writes;

static const struct notice_record failure = {
    .id = 12,
    .created = {INT64_C(17954280410000000)},
    .tenant_id = TENANT_A,
    .organization = "J\xc3\xb6rg & S\xc3\xb6hne",
    .incident = "77",
    .alert = "al-1",
    .device = "dev-1",
    .decision = "d-1",
    .action = "a-1",
    .kind = NOTICE_FAILURE,
    .severity = NOTICE_HIGH,
    .wants = WANTS_ACK,
    .title = "Isolating <b>pc-1</b> failed\r\nBcc: spy@evil.example [link](https://evil.example) *x* {{y}}",
    .body = STR("The device pc-1 is NOT isolated.\n.A line that begins with a dot, and one that is long: "
                "0123456789 0123456789 0123456789 0123456789 0123456789 0123456789 \xc3\xa4\xc3\xb6\xc3\xbc = end "
                "\n</pre><script>alert(1)</script>"),
    .cause = "graph.denied",
    .remedy = "Grant the app the role Machine.Isolate.",
    .group_key = "g-1"};
static const struct delivery_record delivery = {.id = 31, .notice_id = 12, .rung = 1, .target = "ann@guard.example"};
static const struct channel_record channel = {.name = "c", .sender = "gate@guard.example"};

static struct message message_of(const struct notice_record *n, bool is_reply)
{
    return (struct message){.notice = n,
                            .delivery = &delivery,
                            .channel = &channel,
                            .store_id = "0a1b2c3d-0000-4000-8000-000000000000",
                            .first_notice = is_reply ? 11 : n->id,
                            .first_title = is_reply ? "Ransomware on pc-1" : n->title,
                            .first_severity = NOTICE_HIGH,
                            .is_reply = is_reply,
                            .now = {INT64_C(17954280420000000)}};
}

static void same(const char *name, const struct buf *got)
{
    char path[300];
    struct err e;
    struct buf want;
    (void)snprintf(path, sizeof path, "%s/%s", GOLDEN, name);
    assert_false(got->failed);
    if (writes) must(fs_replace(fs_real(), path, buf_str(got), &e), &e);
    buf_init(&want, 0);
    must(fs_read_all(fs_real(), path, 1 << 20, &want, &e), &e);
    if (!str_eq(buf_str(&want), buf_str(got))) fail_msg("%s is now:\n%.*s", name, STR_ARG(buf_str(got)));
    buf_done(&want);
}

static void every_channel(void **state)
{
    (void)state;
    struct message m = message_of(&failure, false), reply = message_of(&failure, true);
    struct buf out;
    buf_init(&out, 0);
    render_mail(&m, &out);
    same("mail.eml", &out);
    buf_reset(&out);
    render_mail(&reply, &out);
    same("reply.eml", &out);
    buf_reset(&out);
    render_webhook(&m, &out);
    same("webhook.json", &out);
    buf_reset(&out);
    render_slack(&m, &out);
    same("slack.json", &out);
    buf_reset(&out);
    render_teams(&m, &out);
    same("teams.json", &out);
    buf_reset(&out);
    render_pagerduty(&m, "trigger", STR("R0UT"), &out);
    same("pagerduty.json", &out);
    buf_reset(&out);
    render_execution(&m, &out);
    same("execution.form", &out);
    buf_reset(&out);
    render_call(&m, &out);
    same("call.form", &out);
    buf_reset(&out);
    render_spoken(&m, true, &out);
    same("spoken.txt", &out);
    buf_done(&out);
}

/* Three hundred names: all in a mail, twenty in a chat, three by phone. */
static void long_lists(void **state)
{
    (void)state;
    struct notice_record n = failure;
    struct buf body, out;
    buf_init(&body, 0);
    buf_init(&out, 0);
    buf_addf(&body, "It concerns:\n");
    for (int i = 0; i < 300; i++) buf_addf(&body, "- Customer %d (00000000-0000-4000-8000-%012d)\n", i, i);
    buf_addf(&body, "That is all.");
    n.body = buf_str(&body);
    struct message m = message_of(&n, false);
    render_text(&m, &out);
    assert_non_null(strstr(buf_cstr(&out), "- Customer 299 ("));
    buf_reset(&out);
    render_brief(&m, &out);
    assert_non_null(strstr(buf_cstr(&out), "- Customer 19 (00000000-0000-4000-8000-000000000019)\n- and 280 more: "
                                           "portcullis notice show 12\nThat is all.\n"));
    buf_reset(&out);
    render_teams(&m, &out);
    assert_true(out.n < 28000); /* what Teams takes */
    buf_reset(&out);
    render_spoken(&m, true, &out);
    assert_non_null(strstr(buf_cstr(&out),
                           "It concerns: Customer 0, Customer 1, Customer 2, and 297 more. That is all. Error code"));
    buf_done(&body);
    buf_done(&out);
}

static size_t count(struct str text, const char *what)
{
    size_t n = 0;
    for (size_t at = str_find(text, str_of(what), 0); at != SIZE_MAX; at = str_find(text, str_of(what), at + 1)) n++;
    return n;
}

/* Any bytes in title and body: the mail keeps its headers, its parts, and its lines. */
static void nothing_is_injected(void **state)
{
    (void)state;
    struct rng rng;
    struct buf out;
    rng_seed(&rng, 5);
    buf_init(&out, 0);
    for (int round = 0; round < 3000; round++) {
        static const char odd[] = "\r\n.=?_<>&\"'ab \t\xc3\xa4\x80-:";
        struct notice_record n = failure;
        char body[400];
        size_t length = rng_below(&rng, sizeof n.title - 1);
        for (size_t i = 0; i < length; i++) n.title[i] = odd[rng_below(&rng, sizeof odd - 1)];
        n.title[length] = '\0';
        for (size_t i = 0; i < sizeof body; i++) body[i] = odd[rng_below(&rng, sizeof odd - 1)];
        n.body = (struct str){body, sizeof body};
        struct message m = message_of(&n, false);
        buf_reset(&out);
        render_mail(&m, &out);
        struct str mail = buf_str(&out);
        size_t end = str_find(mail, STR("\r\n\r\n"), 0);
        struct str head = str_sub(mail, 0, end + 2);
        assert_int_equal(count(head, "\r\nSubject: "), 1);
        for (struct str rest = head; rest.n;) {
            struct str line = str_cut(&rest, '\n');
            assert_true(line.n && line.p[line.n - 1] == '\r' && line.n < 998);
            bool is_known = line.p[0] == ' ' || str_starts(line, STR("From:")) || str_starts(line, STR("To:")) ||
                            str_starts(line, STR("Subject:")) || str_starts(line, STR("Date:")) ||
                            str_starts(line, STR("Message-ID:")) || str_starts(line, STR("Auto-Submitted:")) ||
                            str_starts(line, STR("MIME-Version:")) || str_starts(line, STR("Content-Type:"));
            if (!is_known) fail_msg("a header of somebody else: %.*s", STR_ARG(line));
        }
        assert_int_equal(count(mail, "--=_p0a1b2c3d-31"), 3); /* two parts and an end */
        assert_int_equal(count(mail, "\r\n."), 0);            /* nothing for SMTP to read as its end */
        for (struct str rest = mail; rest.n;) {
            struct str line = str_cut(&rest, '\n');
            assert_true(line.n <= 998);
        }
    }
    buf_done(&out);
}

static void duty_hours(void **state)
{
    (void)state;
    static const struct {
        unsigned days, from, to, weekday, minute;
        bool holds;
    } rows[] = {
        {0, 0, 0, DAY_MONDAY, 0, true},          /* always */
        {0, 480, 1080, DAY_MONDAY, 480, true},   /* 08:00-18:00 */
        {0, 480, 1080, DAY_MONDAY, 1080, false}, /* its end is not of it */
        {0, 1320, 360, DAY_MONDAY, 1330, true},  /* over midnight */
        {0, 1320, 360, DAY_MONDAY, 100, true},
        {0, 1320, 360, DAY_MONDAY, 600, false},
        {1U << DAY_FRIDAY, 1320, 360, DAY_FRIDAY, 1330, true},
        {1U << DAY_FRIDAY, 1320, 360, DAY_SATURDAY, 100, true}, /* the turn began on Friday */
        {1U << DAY_FRIDAY, 1320, 360, DAY_FRIDAY, 100, false},
        {1U << DAY_SUNDAY, 1320, 360, DAY_MONDAY, 100, true},
        {1U << DAY_FRIDAY, 0, 0, DAY_FRIDAY, 100, true},
        {1U << DAY_FRIDAY, 0, 0, DAY_SATURDAY, 0, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct duty_record d = {.days = rows[i].days, .from_minute = rows[i].from, .to_minute = rows[i].to};
        struct zone_time local = {.weekday = rows[i].weekday, .minute_of_day = rows[i].minute};
        if (duty_holds(&d, local, (struct wall){1000}) != rows[i].holds) fail_msg("row %zu", i);
    }
    struct duty_record d = {.since = {1000}, .until = {2000}};
    assert_false(duty_holds(&d, (struct zone_time){0}, (struct wall){999}));
    assert_true(duty_holds(&d, (struct zone_time){0}, (struct wall){1000}));
    assert_false(duty_holds(&d, (struct zone_time){0}, (struct wall){2000}));
}

/* Where a notice stands, and what it does next. */
static void climbing(void **state)
{
    (void)state;
    const struct wall now = {1000 * WALL_TICKS_PER_S};
    static const struct {
        bool wants;
        int64_t taken;
        size_t steps;
        int64_t wait_s, told_s; /* the latter: ago */
        unsigned untried, open, calls_open, calls, delivered;
        enum climb next;
        size_t index;
    } rows[] = {
        {true, 0, 2, 0, 0, 0, 0, 0, 0, 0, CLIMB_STEP, 0},       /* the first, at once */
        {true, 0, 0, 0, 0, 0, 0, 0, 0, 0, CLIMB_UNHEARD, 0},    /* no way at all */
        {true, 1, 2, 0, 1, 1, 1, 0, 0, 0, CLIMB_WAIT, 0},       /* mail is not out yet */
        {true, 1, 2, 0, 6, 1, 1, 0, 0, 0, CLIMB_STEP, 1},       /* but a call does not wait for a slow mail server */
        {true, 1, 2, 60, 6, 0, 0, 0, 0, 1, CLIMB_WAIT, 0},      /* somebody may be reading it */
        {true, 1, 2, 60, 6, 0, 0, 0, 0, 0, CLIMB_STEP, 1},      /* nobody is: all of it is dead */
        {true, 2, 3, 600, 6, 0, 1, 1, 1, 0, CLIMB_WAIT, 0},     /* the phone rings */
        {true, 2, 3, 600, 6, 0, 0, 0, 1, 0, CLIMB_STEP, 2},     /* it was not taken: the next, whatever the wait */
        {true, 2, 2, 600, 6, 0, 0, 0, 1, 0, CLIMB_WAIT, 0},     /* the round is over: a minute's rest */
        {true, 2, 2, 600, 61, 0, 0, 0, 1, 0, CLIMB_STEP, 0},    /* and again */
        {true, 6, 2, 600, 61, 0, 0, 0, 1, 0, CLIMB_UNHEARD, 0}, /* three rounds are enough */
        {false, 1, 1, 0, 1, 0, 1, 0, 0, 0, CLIMB_WAIT, 0},      {false, 1, 1, 0, 1, 0, 0, 0, 0, 1, CLIMB_TOLD, 0},
        {false, 1, 1, 0, 1, 0, 0, 0, 0, 0, CLIMB_UNHEARD, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct climb_state c = {.wants_answer = rows[i].wants,
                                .taken = rows[i].taken,
                                .steps = rows[i].steps,
                                .wait_ms = rows[i].wait_s * 1000,
                                .told = wall_add(now, -rows[i].told_s * WALL_TICKS_PER_S),
                                .now = now,
                                .untried = rows[i].untried,
                                .open = rows[i].open,
                                .calls_open = rows[i].calls_open,
                                .calls = rows[i].calls,
                                .delivered = rows[i].delivered};
        struct wall until;
        size_t index;
        enum climb next = climb_next(&c, &index, &until);
        if (next != rows[i].next || (next == CLIMB_STEP && index != rows[i].index))
            fail_msg("row %zu: %d", i, (int)next);
        if (next == CLIMB_WAIT) assert_true(until.ticks > now.ticks);
        c.expires = now;
        next = climb_next(&c, &index, &until);
        if ((next == CLIMB_EXPIRED) != (rows[i].wants && !rows[i].calls_open))
            fail_msg("row %zu, expired: %d", i, (int)next);
    }
}

/* What the voice provider may say of a call. */
static void calls_are_understood(void **state)
{
    (void)state;
    static const struct {
        const char *widgets;
        bool is_ended;
        enum call_end end;
        char key;
    } rows[] = {
        {"{}", false, CALL_UNDER_WAY, 0},
        {"{}", true, CALL_FAILED, 0},
        {"{\"call\":{\"CallStatus\":\"busy\"}}", true, CALL_BUSY, 0},
        {"{\"call\":{\"CallStatus\":\"no-answer\"}}", true, CALL_NO_ANSWER, 0},
        {"{\"call\":{\"CallStatus\":\"canceled\"}}", true, CALL_FAILED, 0},
        {"{\"call\":{\"CallStatus\":\"in-progress\",\"AnsweredBy\":\"human\"}}", false, CALL_UNDER_WAY, 0},
        {"{\"call\":{\"CallStatus\":\"in-progress\",\"AnsweredBy\":\"machine_start\"}}", false, CALL_MACHINE, 0},
        {"{\"call\":{\"AnsweredBy\":\"fax\"}}", true, CALL_MACHINE, 0},
        {"{\"call\":{\"AnsweredBy\":\"machine_end_beep\"},\"choice\":{\"Digits\":\"1\"}}", true, CALL_MACHINE, 0},
        {"{\"call\":{\"CallStatus\":\"completed\"}}", false, CALL_UNDER_WAY, 0},
        {"{\"call\":{\"CallStatus\":\"completed\"}}", true, CALL_NO_KEY, 0},
        {"{\"call\":{\"CallStatus\":\"in-progress\"},\"choice\":{\"Digits\":\"1\"}}", false, CALL_KEY, '1'},
        {"{\"call\":{\"CallStatus\":\"in-progress\"},\"choice\":{\"Digits\":\"2\"}}", false, CALL_UNDER_WAY, 0},
        {"{\"call\":{\"CallStatus\":\"completed\"},\"choice\":{\"Digits\":\"2\"}}", true, CALL_NO_KEY, 0},
        {"{\"choice\":{\"Digits\":\"2\"},\"pin\":{\"Digits\":\"4711\"}}", false, CALL_KEY, '2'},
        {"{\"choice\":{\"Digits\":\"9\"},\"pin\":{\"Digits\":\"4711\"}}", false, CALL_KEY, '9'},
        {"{\"call\":{\"CallStatus\":\"completed\"},\"choice\":{\"Digits\":\"5\"},\"pin\":{\"Digits\":\"4711\"}}", true,
         CALL_NO_KEY, 0},
        {"{\"call\":{\"CallStatus\":\"completed\"},\"choice\":{\"Digits\":\"11\"}}", true, CALL_NO_KEY, 0},
        {"{\"choice\":{\"Digits\":\"2\"},\"pin\":{\"Digits\":\"11111111111111111111\"}}", true, CALL_FAILED, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct call_seen seen;
        struct buf text;
        buf_init(&text, 0);
        buf_addf(&text, "{\"context\":{\"flow\":{\"data\":{\"delivery\":\"p1-2\"}},\"widgets\":%s}}", rows[i].widgets);
        assert_true(phone_read_context(buf_str(&text), "p1-2", rows[i].is_ended, &seen));
        if (seen.end != rows[i].end || seen.key != rows[i].key) fail_msg("row %zu: %s", i, call_end_names[seen.end]);
        assert_true(phone_read_context(buf_str(&text), "p1-3", rows[i].is_ended, &seen));
        assert_int_equal(seen.end, CALL_NOT_OURS);
        buf_done(&text);
    }
    struct call_seen seen;
    char sid[SID_BYTES];
    bool is_ended;
    assert_false(phone_read_context(STR("{\"context\":null}"), NULL, true, &seen));
    assert_false(phone_read_execution(STR("{\"status\":\"odd\"}"), &is_ended));
    assert_false(phone_read_sid(STR("{\"sid\":\"../../x\"}"), sid));
    assert_true(phone_read_call(STR("{\"status\":\"completed\",\"answered_by\":\"machine_start\"}"), &seen) &&
                seen.end == CALL_MACHINE);
    assert_true(phone_find(
        STR("{\"calls\":[{\"sid\":\"CA00000001\",\"to\":\"+1\",\"date_created\":\"Sun, 22 Nov 2026 10:06:34 +0000\"},"
            "{\"sid\":\"CA00000002\",\"to\":\"+1\",\"date_created\":\"Sun, 22 Nov 2026 10:06:36 +0000\"}]}"),
        "calls", STR("+1"), (struct wall){0}, sid));
    assert_string_equal(sid, "CA00000002");
}

int main(int argc, char **argv)
{
    writes = argc > 1 && strcmp(argv[1], "write") == 0;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_channel), cmocka_unit_test(long_lists), cmocka_unit_test(nothing_is_injected),
        cmocka_unit_test(duty_hours),    cmocka_unit_test(climbing),   cmocka_unit_test(calls_are_understood),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
